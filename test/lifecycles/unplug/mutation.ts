// The table of defects as numbers that can be asked again in no time: of each row the cheapest scenario that shows it, and what is found there. A mutated model is
// noticed by a row where that changes, or where an exporter that is right becomes wrong. For scripts/mutate-models.ts and for the tests.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Exploration } from "../../../server/src/model/unplug/explore.ts";
import { explore } from "../../../server/src/model/unplug/explore.ts";
import type { Scenario } from "../../../server/src/model/unplug/scenario.ts";
import { kits } from "./kits.ts";
import type { Mutant } from "./mutants.ts";
import { plainSet } from "../../../server/src/lifecycles/unplug/exemplar.ts";
import type { Probe } from "./probes.ts";
import { probes } from "./probes.ts";
import { mendedRdmaSet } from "./rdma-set.ts";
import { table } from "./table.ts";
import { vfioSet } from "./vfio-set.ts";

const first = vfioSet();

/** Every row: the exporters that are right first, the quickest of them first. */
export const rows: readonly Probe[] = [
  { name: "foo", kit: "plain", set: () => plainSet(), safe: true },
  {
    name: "vfio-pci",
    kit: "vfio",
    set: () => ({
      ...first,
      roots: first.roots.filter((x) => x.kind !== "revoke" || x.proc === "vfio_pci_ioctl_reset"),
    }),
    safe: true,
  },
  { name: "uverbs, mended", kit: "rdma", set: () => mendedRdmaSet(), safe: true },
  ...probes.filter((p) => p.safe === true),
  ...probes.filter((p) => p.safe !== true),
  // What the table says is silent differs from the exporters above only by steps that carry nothing.
  ...table.filter((d) => d.rule !== "silent").map((d): Probe => ({ name: d.set().name, kit: d.family, set: d.set })),
];

const built = new Map<string, ReadonlyMap<string, Scenario>>();

/** The scenarios of a row by the names of their views. */
export function views(row: Probe): ReadonlyMap<string, Scenario> {
  let found = built.get(row.name);
  if (found === undefined) {
    const set = row.set();
    const named = new Map<string, Scenario>();
    for (const s of kits[row.kit].scenarios(set)) {
      const name = s.name.slice(set.name.length + 2);
      if (row.views?.test(name) === false) continue;
      // Endings that a contract explores alone and together may be the same.
      const unique = named.has(name) ? `${name} (again)` : name;
      named.set(unique, s);
    }
    found = named;
    built.set(row.name, found);
  }
  return found;
}

/** What an exploration says, in a line: what breaks, who hangs, and which abilities that takes. */
export function said(e: Exploration): string {
  const hangs = e.violation?.blocked?.[0]?.thread;
  if (e.violation === undefined) return e.verdict;
  const able = e.abilitiesUsed.length === 0 ? "" : `, if it ${e.abilitiesUsed.join(", ")}`;
  return `${e.violation.what}${hangs === undefined ? "" : ` (${hangs})`}${able}`;
}

/** Where a row shows what it has. */
export interface Shown {
  readonly row: string;
  readonly view: string;
  readonly said: string;
}

/** Looks for the scenario of a row that shows a violation in the fewest states; undefined where there is none. Slow. */
export function cheapest(row: Probe): Shown | undefined {
  for (const budget of [400, 4_000, 40_000, 400_000]) {
    let best: { readonly view: string; readonly scenario: Scenario; readonly states: number } | undefined;
    for (const [view, scenario] of views(row)) {
      const e = explore(scenario, { budget: best?.states ?? budget });
      if (e.violation !== undefined) best = { view, scenario, states: e.states };
    }
    // A budget may change which violation is met first.
    if (best !== undefined) return { row: row.name, view: best.view, said: said(explore(best.scenario)) };
  }
  return undefined;
}

export const SHOWN = path.join(import.meta.dirname, "table.shown.txt");
const SEPARATOR = " | ";

export const printShown = (list: readonly Shown[]): string =>
  list.map((x) => [x.row, x.view, x.said].join(SEPARATOR)).join("\n") + "\n";

/** What table.shown.txt says of each row that is wrong. */
export const readShown = (): readonly Shown[] =>
  lines(SHOWN).map(([row = "", view = "", what = ""]) => ({ row, view, said: what }));

/** Who notices a mutant, and how. */
export interface Killed {
  readonly row: string;
  readonly view: string;
  /** Empty: it was safe. */
  readonly was: string;
  readonly is: string;
}

export const KILLED = path.join(import.meta.dirname, "mutants.killed.txt");
/** Mutants that nothing notices, with the reasons why. */
export const SURVIVORS = path.join(import.meta.dirname, "../../../scripts/mutate-models.survivors.json");

export const printKilled = (list: readonly (Killed & { readonly id: string })[]): string =>
  list.map((x) => [x.id, x.row, x.view, x.was].join(SEPARATOR)).join("\n") + "\n";

/** Where each mutant was noticed. */
export const readKilled = (): readonly Omit<Killed & { readonly id: string }, "is">[] =>
  lines(KILLED).map(([id = "", row = "", view = "", was = ""]) => ({ id, row, view, was }));

const lines = (file: string): readonly (readonly string[])[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((l) => l !== "")
    .map((l) => l.split(SEPARATOR));

/** What the view of the row says under the mutant; undefined where nothing changes. */
export function ask(mutant: Mutant, row: Probe, view: string, was: string): Killed | undefined {
  const s = views(row).get(view);
  if (s === undefined) return { row: row.name, view, was, is: "no such view" };
  const changed = mutant.apply(s);
  if (changed === s) return undefined;
  const is = said(explore(changed));
  // What is wrong without any mutation says nothing.
  return is === was || said(explore(s)) !== was ? undefined : { row: row.name, view, was, is };
}

/** Views of exporters that are right and that are looked at before any defect, by position: what breaks them breaks the first ones, mostly. */
const EARLY = 12;

/** The first row that notices, or undefined. */
export function noticed(mutant: Mutant, shown: readonly Shown[]): Killed | undefined {
  const safe = mutant.friendly ? [] : rows.filter((r) => r.safe === true);
  const among = (early: boolean): Killed | undefined => {
    for (const row of safe)
      for (const [n, view] of [...views(row).keys()].entries()) {
        const k = n < EARLY === early ? ask(mutant, row, view, "safe") : undefined;
        if (k !== undefined) return k;
      }
    return undefined;
  };
  const wrong = (): Killed | undefined => {
    for (const x of shown) {
      const row = rows.find((r) => r.name === x.row);
      const k = row && ask(mutant, row, x.view, x.said);
      if (k !== undefined) return k;
    }
    return undefined;
  };
  return among(true) ?? wrong() ?? among(false);
}
