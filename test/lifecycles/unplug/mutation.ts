// Runs the table of defects on a mutated model: does any row notice? A row notices when a whole exporter is violated or no longer finished, or when a defect is not named
// by its rule any more. Used by scripts/mutate-models.ts for everything and by the tests for what is quick.
import type { Kit } from "../../../server/src/check/unplug/diagnose.ts";
import { diagnose } from "../../../server/src/check/unplug/diagnose.ts";
import { explore } from "../../../server/src/model/unplug/explore.ts";
import type { Scenario } from "../../../server/src/model/unplug/scenario.ts";
import type { SkeletonSet } from "../../../server/src/model/unplug/skeleton.ts";
import { kits } from "./kits.ts";
import type { Mutant } from "./mutants.ts";
import { plainSet } from "./plain-set.ts";
import { probes } from "./probes.ts";
import { mendedRdmaSet } from "./rdma-set.ts";
import { table } from "./table.ts";
import { vfioSet } from "./vfio-set.ts";

export interface Row {
  readonly name: string;
  readonly kit: Kit;
  readonly set: () => SkeletonSet;
  /** The rule that is named first; "silent" where nothing is wrong. */
  readonly rule: string;
}

const only = (set: SkeletonSet, ...revokers: readonly string[]): SkeletonSet => ({
  ...set,
  roots: set.roots.filter((x) => x.kind !== "revoke" || revokers.includes(x.proc)),
});

/** Every row: the whole exporters first, the quickest of them first. */
export const rows: readonly Row[] = [
  { name: "foo", kit: kits.plain, set: () => plainSet(), rule: "silent" },
  { name: "vfio-pci", kit: kits.vfio, set: () => only(vfioSet(), "vfio_pci_ioctl_reset"), rule: "silent" },
  { name: "uverbs, mended", kit: kits.rdma, set: () => mendedRdmaSet(), rule: "silent" },
  ...probes,
  ...table.map((d) => ({ name: `${d.family}: ${d.name}`, kit: kits[d.family], set: d.set, rule: d.rule })),
];

const built = new Map<string, readonly Scenario[]>();

function scenariosOf(row: Row): readonly Scenario[] {
  let list = built.get(row.name);
  if (list === undefined) built.set(row.name, (list = row.kit.scenarios(row.set())));
  return list;
}

/** Where a row's answer comes from without any mutation: the first violated scenario; -1 where there is none. */
export interface Answer {
  readonly first: number;
  readonly what: string | undefined;
  /** States of each scenario up to that one. */
  readonly states: readonly number[];
}

export function answer(row: Row): Answer {
  const states: number[] = [];
  for (const [n, s] of scenariosOf(row).entries()) {
    const e = explore(s);
    states.push(e.states);
    if (e.verdict !== "safe") return { first: n, what: e.violation?.what ?? e.reason, states };
  }
  return { first: -1, what: undefined, states };
}

export interface Killed {
  readonly row: string;
  readonly scenario: string;
  readonly how: string;
}

/** Scenarios of whole exporters that are looked at before any defect: what breaks them breaks the small ones too, mostly. */
const SMALL = 3_000;

/** The first row that notices, or undefined. `answers`: by name of the row. */
export function noticed(mutant: Mutant, answers: ReadonlyMap<string, Answer>): Killed | undefined {
  const silent = rows.filter((r) => r.rule === "silent" && !mutant.friendly);
  const small = (a: Answer | undefined, n: number): boolean => (a?.states[n] ?? 0) < SMALL;
  for (const row of silent.filter((r) => !r.name.includes(":"))) {
    const k = disturbed(row, mutant, (n) => small(answers.get(row.name), n));
    if (k !== undefined) return k;
  }
  for (const row of rows) {
    const a = answers.get(row.name);
    const k = row.rule === "silent" || a === undefined ? undefined : lost(row, mutant, a);
    if (k !== undefined) return k;
  }
  for (const row of silent) {
    const k = disturbed(row, mutant, (n) => row.name.includes(":") || !small(answers.get(row.name), n));
    if (k !== undefined) return k;
  }
  return undefined;
}

/** A scenario of an exporter that is right and is not safe any more. */
function disturbed(row: Row, mutant: Mutant, among: (n: number) => boolean): Killed | undefined {
  for (const [n, s] of scenariosOf(row).entries()) {
    const changed = among(n) ? mutant.apply(s) : s;
    if (changed === s) continue;
    const e = explore(changed);
    if (e.verdict !== "safe")
      return { row: row.name, scenario: s.name, how: `${e.verdict}: ${e.violation?.what ?? e.reason ?? ""}` };
  }
  return undefined;
}

/** A defect that is not named by its rule any more. */
function lost(row: Row, mutant: Mutant, a: Answer): Killed | undefined {
  const s = scenariosOf(row)[a.first];
  if (s === undefined) return undefined;
  const changed = mutant.apply(s);
  if (changed === s) return undefined;
  const e = explore(changed);
  if (e.violation?.what === a.what) return undefined;
  const kit: Kit = {
    ...row.kit,
    scenarios: (set): readonly Scenario[] => row.kit.scenarios(set).map((x) => mutant.apply(x)),
  };
  const { verdict, findings, incomplete } = diagnose(row.set(), kit, { findings: 1 });
  const named = findings[0]?.rule ?? (verdict === "safe" ? "silent" : verdict);
  if (named === row.rule && incomplete.length === 0) return undefined;
  return { row: row.name, scenario: s.name, how: `${row.rule} → ${incomplete[0] ?? named}` };
}
