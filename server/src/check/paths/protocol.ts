// The lifecycles by the names of the functions that their events show in, and what an event does in a phase.
import type { Binds, CallPattern, Pattern } from "../../model/lifecycle.ts";
import { patternsOf } from "../../model/lifecycle.ts";
import type { PathSpec, PathVocabulary } from "../../model/paths.ts";
import { NEG, POS, ZERO } from "./knowledge.ts";

/** A function of the API: which event of which lifecycle its call is. */
export interface Act {
  readonly spec: PathSpec;
  readonly event: string;
  readonly binds: Binds;
  readonly name: string;
  /** The event happens only where the call's value is one of these. */
  readonly only?: number;
}

/** A test that moves a resource on: of what the acquiring call returned (`returns`), or by a function of its own. */
export interface Test {
  readonly event: string;
  /** What the tested value is where the event happens. */
  readonly mask: number;
  /** The name under which the test is known as a pure function; undefined where it is the acquiring call's own value. */
  readonly by: string | undefined;
  readonly role: string;
}

export interface Protocol {
  readonly vocabulary: PathVocabulary;
  readonly acts: ReadonlyMap<string, readonly Act[]>;
  /** Testing function → the one name by which its value is known, and the argument that it is about. */
  readonly testers: ReadonlyMap<string, { readonly known: string; readonly at: number }>;
  readonly tests: ReadonlyMap<PathSpec, readonly Test[]>;
  /** Every name of the API. */
  readonly names: ReadonlySet<string>;
  next(spec: PathSpec, phase: string, event: string): { readonly to: string; readonly rule?: string } | undefined;
}

const MASKS = { zero: ZERO, nonzero: NEG | POS, negative: NEG, null: ZERO, valid: POS, "error-pointer": NEG } as const;

export function openProtocol(vocabulary: PathVocabulary): Protocol {
  const acts = new Map<string, Act[]>();
  const testers = new Map<string, { known: string; at: number }>();
  const tests = new Map<PathSpec, Test[]>();
  const rows = new Map<string, { to: string; rule?: string }>();
  for (const spec of vocabulary.specs) {
    const { events, order, forbidden, id } = spec.model;
    const acquired = new Set(
      callsOf(events[spec.acquire]?.at === undefined ? [] : patternsOf(events[spec.acquire] ?? {})).flatMap(namesOf),
    );
    const found: Test[] = [];
    for (const [event, about] of Object.entries(events)) {
      for (const pattern of patternsOf(about)) {
        if (pattern.kind === "call")
          for (const name of namesOf(pattern)) add(acts, name, { spec, event, binds: pattern.binds, name });
        if (pattern.kind !== "branch") continue;
        const [first = ""] = namesOf(pattern.of);
        const mask = MASKS[pattern.result];
        if (acquired.has(first)) {
          const role = Object.entries(pattern.of.binds).find(([, at]) => at === "returns")?.[0];
          if (role !== undefined) found.push({ event, mask, by: undefined, role });
          continue;
        }
        // An event that is nothing but a call that succeeds: the call is the act, its result the test.
        const [role, at] = Object.entries(pattern.of.binds)[0] ?? [];
        if (event === spec.acquire || Object.values(pattern.of.binds).includes("returns")) {
          for (const name of namesOf(pattern.of))
            add(acts, name, { spec, event, binds: pattern.of.binds, name, only: mask });
        } else if (role !== undefined && typeof at === "number") {
          found.push({ event, mask, by: first, role });
          for (const name of namesOf(pattern.of)) testers.set(name, { known: first, at });
        }
      }
    }
    tests.set(spec, found);
    for (const [from, on, to] of order) rows.set(`${id} ${from} ${on}`, { to: to === "=" ? from : to });
    for (const [phases, on, to, rule] of forbidden)
      for (const from of phases) rows.set(`${id} ${from} ${on}`, { to: to === "=" ? from : to, rule });
  }
  return {
    vocabulary,
    acts,
    testers,
    tests,
    names: new Set([...acts.keys(), ...testers.keys()]),
    next: (spec, phase, event) => rows.get(`${spec.model.id} ${phase} ${event}`),
  };
}

const callsOf = (patterns: readonly Pattern[]): readonly CallPattern[] =>
  patterns.flatMap((p) => (p.kind === "call" ? [p] : []));
const namesOf = (p: CallPattern): readonly string[] => p.names.map((n) => (typeof n === "string" ? n : n.name));

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Does a name fit one of the patterns: whole, or with a "*" at an end or both? */
export function fits(name: string, patterns: ReadonlySet<string> | readonly string[]): boolean {
  const list = "has" in patterns ? patterns : new Set(patterns);
  if (list.has(name)) return true;
  for (const p of list) {
    const head = p.startsWith("*");
    const tail = p.endsWith("*");
    if (!head && !tail) continue;
    const word = p.slice(head ? 1 : 0, tail ? -1 : undefined);
    if (head && tail ? name.includes(word) : head ? name.endsWith(word) : name.startsWith(word)) return true;
  }
  return false;
}
