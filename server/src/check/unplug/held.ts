// Which locks a thread holds where: for the locks that guard a predicate, which nobody may disturb without them. Follows what tests of single registers say,
// because code takes a lock on one way and drops it on the same way again.
import { successors } from "../../model/unplug/walk.ts";
import { lookAt } from "./look.ts";
import type { E, FieldId, Ins, Proc } from "../../model/unplug/skeleton.ts";

/** Rounds over all procedures; states only grow, and real sets settle in under ten. */
const ROUNDS = 60;
/** States told apart at one instruction; past it, what is known of registers is given up. */
const STATES = 48;

/** Locks held ("w lock" or "r lock"), sorted. */
export type Locks = readonly string[];

/** One way of being at an instruction: the locks, and which registers are zero (false) or not (true). */
interface Way {
  readonly locks: Locks;
  readonly known: ReadonlyMap<string, boolean>;
}

interface Summary {
  /** What the procedure may return with, beyond what it came with. */
  readonly takes: readonly Locks[];
  /** What it drops without having taken it. */
  readonly drops: ReadonlySet<FieldId>;
}

export interface Held {
  /** What may be held before an instruction: one entry for each combination. Empty where nobody gets there. */
  before(proc: string, index: number): readonly Locks[];
}

export const holds = (locks: Locks, f: FieldId): boolean => locks.includes(`w ${f}`) || locks.includes(`r ${f}`);
export const writes = (locks: Locks, f: FieldId): boolean => locks.includes(`w ${f}`);

const plus = (locks: Locks, lock: string): Locks => (locks.includes(lock) ? locks : [...locks, lock].sort());
const minus = (locks: Locks, f: FieldId): Locks => locks.filter((l) => l !== `w ${f}` && l !== `r ${f}`);
const keyOf = (w: Way): string =>
  `${w.locks.join(",")}|${[...w.known]
    .map(([r, v]) => `${r}=${v ? 1 : 0}`)
    .sort()
    .join(",")}`;

/**
 * `entries`: procedures that are entered from outside, with nothing held. `single`: is there one object on lists of that link field only. Locks of different
 * objects of a class count as one.
 */
export function held(
  procs: ReadonlyMap<string, Proc>,
  entries: ReadonlySet<string>,
  single: (link: FieldId) => boolean,
): Held {
  const summaries = new Map<string, Summary>();
  for (const name of procs.keys()) summaries.set(name, { takes: [], drops: new Set() });
  for (let changed = true, round = 0; changed && round < ROUNDS; round++) {
    changed = false;
    for (const [name, p] of procs) {
      const next = summarise(p, summaries, single);
      const had = summaries.get(name)!;
      if (next.takes.length === had.takes.length && next.drops.size === had.drops.size) continue;
      summaries.set(name, next);
      changed = true;
    }
  }
  const entry = new Map<string, Map<string, Locks>>();
  for (const name of entries) entry.set(name, new Map([["", []]]));
  const states = new Map<string, readonly ReadonlyMap<string, Way>[]>();
  for (let changed = true, round = 0; changed && round < ROUNDS; round++) {
    changed = false;
    for (const [name, p] of procs) {
      const start = entry.get(name);
      if (start === undefined) continue;
      const all = flow(p, [...start.values()], summaries, single).ways;
      states.set(name, all);
      for (const [index, i] of p.code.entries()) {
        if (i.op !== "call" || i.proc === undefined || !procs.has(i.proc)) continue;
        const into = entry.get(i.proc) ?? new Map<string, Locks>();
        const size = into.size;
        for (const w of all[index]?.values() ?? []) into.set(w.locks.join(","), w.locks);
        entry.set(i.proc, into);
        if (into.size !== size) changed = true;
      }
    }
  }
  return {
    before: (proc, index) => [
      ...new Map([...(states.get(proc)?.[index]?.values() ?? [])].map((w) => [w.locks.join(","), w.locks])).values(),
    ],
  };
}

function summarise(p: Proc, summaries: ReadonlyMap<string, Summary>, single: (link: FieldId) => boolean): Summary {
  const { ways, drops } = flow(p, [[]], summaries, single);
  const takes = new Map<string, Locks>();
  for (const [index, i] of p.code.entries())
    if (i.op === "return") for (const w of ways[index]?.values() ?? []) takes.set(w.locks.join(","), w.locks);
  return { takes: [...takes.values()], drops };
}

function flow(
  p: Proc,
  start: readonly Locks[],
  summaries: ReadonlyMap<string, Summary>,
  single: (link: FieldId) => boolean,
): { readonly ways: readonly ReadonlyMap<string, Way>[]; readonly drops: ReadonlySet<FieldId> } {
  const ways: Map<string, Way>[] = p.code.map(() => new Map());
  const followed = telling(p.code, p.params);
  const drops = new Set<FieldId>();
  const work: { readonly index: number; readonly way: Way }[] = [];
  const arrive = (index: number, way: Way): void => {
    const here = ways[index];
    if (here === undefined) return;
    const known = new Map(here.size >= STATES ? [] : [...way.known].filter(([r]) => followed.has(r)));
    const w = { locks: way.locks, known };
    const key = keyOf(w);
    if (here.has(key)) return;
    here.set(key, w);
    work.push({ index, way: w });
  };
  for (const locks of start) arrive(0, { locks, known: new Map() });
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    const i = p.code[at.index];
    if (i !== undefined)
      for (const [to, way] of step(p.code, at.index, i, at.way, summaries, single, drops)) arrive(to, way);
  }
  return { ways, drops };
}

/**
 * What may tell whether a lock is held: results of trylocks, cursors of loops, copies of those, and tests of what the caller passed that are made more than once.
 */
function telling(code: readonly Ins[], params: readonly string[]): ReadonlySet<string> {
  const out = new Set<string>();
  const set = new Set(code.flatMap((i) => lookAt(i).writes ?? []));
  const tests = new Map<string, number>();
  for (const i of code) {
    if (i.op !== "br" || lookAt(i).cells.length > 0 || lookAt(i).preds.length > 0) continue;
    if (!lookAt(i).reads.every((r) => params.includes(r) && !set.has(r)) || lookAt(i).reads.length === 0) continue;
    const test = testOf(i.e);
    tests.set(test, (tests.get(test) ?? 0) + 1);
  }
  for (const [test, n] of tests) if (n > 1) out.add(test);
  for (const i of code) if ((i.op === "lock" || i.op === "next") && i.r !== undefined) out.add(i.r);
  for (let size = -1; size !== out.size;) {
    size = out.size;
    for (const i of code) if (i.op === "let" && i.e.k === "r" && out.has(i.e.r)) out.add(i.r);
  }
  return out;
}

/** A test's name: the register that it tests alone, or its text. */
function testOf(e: E): string {
  const bare = e.k === "not" ? e.e : e;
  return bare.k === "r" ? bare.r : `test ${JSON.stringify(bare)}`;
}

/** Where an instruction leads from one way of being at it. */
function step(
  code: readonly Ins[],
  index: number,
  i: Ins,
  way: Way,
  summaries: ReadonlyMap<string, Summary>,
  single: (link: FieldId) => boolean,
  drops: Set<FieldId>,
): readonly (readonly [number, Way])[] {
  const next = index + 1;
  const knowing = (r: string, v: boolean | undefined, locks = way.locks): Way => {
    const known = new Map(way.known);
    if (v === undefined) known.delete(r);
    else known.set(r, v);
    return { locks, known };
  };
  switch (i.op) {
    case "lock": {
      const got = plus(way.locks, `${i.mode === "write" ? "w" : "r"} ${i.f}`);
      if (i.how === "wait") return [[next, { ...way, locks: got }]];
      if (i.r === undefined)
        return [
          [next, { ...way, locks: got }],
          [next, way],
        ];
      const success = i.how === "try";
      return [
        [next, knowing(i.r, success, got)],
        [next, knowing(i.r, !success)],
      ];
    }
    case "unlock":
      if (!holds(way.locks, i.f)) drops.add(i.f);
      return [[next, { ...way, locks: minus(way.locks, i.f) }]];
    case "assertHeld":
      return [
        [
          next,
          holds(way.locks, i.f) ? way : { ...way, locks: plus(way.locks, `${i.mode === "write" ? "w" : "r"} ${i.f}`) },
        ],
      ];
    case "call": {
      const after = i.r === undefined ? way : knowing(i.r, undefined);
      const s = i.proc === undefined ? undefined : summaries.get(i.proc);
      if (s === undefined) return [[next, after]];
      let left = after.locks;
      for (const f of s.drops) {
        if (!holds(left, f)) drops.add(f);
        left = minus(left, f);
      }
      return s.takes.map((t) => [next, { ...after, locks: t.reduce(plus, left) }] as const);
    }
    case "let":
      return [[next, knowing(i.r, i.e.k === "c" ? i.e.v !== 0 : i.e.k === "r" ? way.known.get(i.e.r) : undefined)]];
    case "next": {
      const known = way.known.get(i.r);
      const over = [i.done, knowing(i.r, false)] as const;
      // One object, and it is on the list: without it nothing of what follows would be of interest.
      if (single(i.f) && known !== undefined) return [known ? over : [next, knowing(i.r, true)]];
      return [[next, knowing(i.r, true)], over];
    }
    case "br": {
      const test = testOf(i.e);
      const yes = (v: boolean): number => (v === (i.e.k !== "not") ? i.then : i.else);
      const known = way.known.get(test);
      if (known !== undefined) return [[yes(known), way]];
      return [
        [yes(true), knowing(test, true)],
        [yes(false), knowing(test, false)],
      ];
    }
    default: {
      const after = "r" in i && i.r !== undefined ? knowing(i.r, undefined) : way;
      return successors(code, index).map((s) => [s, after] as const);
    }
  }
}
