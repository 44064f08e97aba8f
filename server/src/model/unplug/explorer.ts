// An explorer that remembers scenarios which were explored to the end and are safe, by everything that decides them. Most edits of a skeleton leave most scenarios as they were, and what
// was safe then need not be explored again. Violations are not remembered: their traces speak of places in C, which do not decide anything.
import { digest } from "../../base/hash.ts";
import { explore, STATE_BUDGET } from "./explore.ts";
import type { Exploration, ExploreOptions } from "./explore.ts";
import { joinClasses } from "./layout.ts";
import type { Action, Scenario } from "./scenario.ts";
import type { Proc } from "./skeleton.ts";

export type Explore = (scenario: Scenario, options?: ExploreOptions) => Exploration;

export interface Explorer {
  readonly explore: Explore;
  /** Scenarios that need not be explored any more, oldest first. They may be kept for another run of the very same program. */
  entries(): readonly Entry[];
  /** Whether something was remembered since it was made. */
  grown(): boolean;
}

/** The key of a safe scenario and its numbers. */
export type Entry = readonly [key: string, states: number, transitions: number, abilities: readonly string[]];

/** Scenarios remembered at most; the oldest go. One exporter has some 50, and evidence for its proof explores some 500. */
const LIMIT = 50_000;

/** `entries`: what an earlier run of the same program has left. */
export function newExplorer(entries: readonly Entry[] = []): Explorer {
  const safe = new Map<string, Entry>(entries.map((e) => [e[0], e]));
  let grown = false;
  return {
    explore(scenario, options = {}) {
      const key = `${keyOf(scenario)} ${options.budget ?? STATE_BUDGET}`;
      const had = safe.get(key);
      if (had !== undefined) {
        const [, states, transitions, abilitiesUsed] = had;
        return { verdict: "safe", states, transitions, abilitiesUsed };
      }
      const e = explore(scenario, options);
      if (e.verdict !== "safe") return e;
      grown = true;
      safe.set(key, [key, e.states, e.transitions, e.abilitiesUsed]);
      for (const oldest of safe.keys()) {
        if (safe.size <= LIMIT) break;
        safe.delete(oldest);
      }
      return e;
    },
    entries: () => [...safe.values()],
    grown: () => grown,
  };
}

const texts = new WeakMap<Proc, string>();

/** What the procedure does; where it comes from does not count. */
function textOf(p: Proc): string {
  let text = texts.get(p);
  if (text === undefined) {
    text = digest(JSON.stringify([p.params, p.code], (key, value: unknown) => (key === "at" ? undefined : value)));
    texts.set(p, text);
  }
  return text;
}

const numbers = new WeakMap<Action, string>();
const used = new Map<string, number>();

/** Actions are told apart by their text, and those of one text by which came first: two may close over different things. */
function numberOf(action: Action): string {
  let number = numbers.get(action);
  if (number === undefined) {
    const text = digest(String(action));
    const n = used.get(text) ?? 0;
    used.set(text, n + 1);
    numbers.set(action, (number = `${text} ${n}`));
  }
  return number;
}

/** Everything of a scenario that its exploration depends on. */
export function keyOf(scenario: Scenario): string {
  const { set } = scenario;
  const procs: Readonly<Record<string, Proc>> = { ...set.procs, ...scenario.procs };
  const reached = new Set<string>();
  const slots = new Set<string>();
  const acts = new Set<string>();
  const work = scenario.threads.flatMap((t) => t.starts.map((s) => s.proc));
  for (let name = work.pop(); name !== undefined; name = work.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const i of procs[name]?.code ?? []) {
      if (i.op === "act") acts.add(i.act);
      if (i.op !== "call") continue;
      if (i.slot !== undefined) slots.add(i.slot);
      const to = i.proc ?? (i.slot === undefined ? undefined : set.slots[i.slot]);
      if (to !== undefined) work.push(to);
    }
  }
  const parts = [
    [...reached].sort().map((name) => [name, procs[name] === undefined ? "" : textOf(procs[name])]),
    [...slots].sort().map((slot) => [slot, set.slots[slot] ?? ""]),
    [...acts].sort().map((act) => [act, scenario.actions[act] === undefined ? "" : numberOf(scenario.actions[act])]),
    joinClasses(scenario),
    set.preds,
    scenario.threads,
    scenario.abilities,
    scenario.invariants,
    scenario.progress,
    scenario.initial,
  ];
  return digest(JSON.stringify(parts));
}
