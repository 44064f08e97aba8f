// The shape of a function's flow graph: which blocks every path to a block goes through.
import { following } from "../../facts/graph.ts";
import type { FunctionFacts } from "../../facts/facts.ts";

const known = new WeakMap<FunctionFacts, readonly ReadonlySet<number>[]>();

/** For each block the blocks that are on every way from the entry to it, itself included. Unreachable blocks have none. */
export function dominators(fn: FunctionFacts): readonly ReadonlySet<number>[] {
  const had = known.get(fn);
  if (had !== undefined) return had;
  const count = fn.blocks.length;
  const before: number[][] = fn.blocks.map(() => []);
  for (let b = 0; b < count; b++) for (const n of following(fn, b)) before[n]?.push(b);
  const dom: (Set<number> | undefined)[] = fn.blocks.map(() => undefined);
  dom[0] = new Set([0]);
  for (let changed = true; changed;) {
    changed = false;
    for (let b = 1; b < count; b++) {
      let meet: Set<number> | undefined;
      for (const p of before[b] ?? []) {
        const d = dom[p];
        if (d === undefined) continue;
        meet = meet === undefined ? new Set(d) : new Set([...meet].filter((x) => d.has(x)));
      }
      if (meet === undefined) continue;
      meet.add(b);
      if (dom[b]?.size === meet.size) continue;
      dom[b] = meet;
      changed = true;
    }
  }
  const out = dom.map((d) => d ?? new Set<number>());
  known.set(fn, out);
  return out;
}

/** Does the jump from `from` to the loop head `head` begin another round of its loop? */
export const isBack = (fn: FunctionFacts, from: number, head: number): boolean =>
  dominators(fn)[from]?.has(head) === true;
