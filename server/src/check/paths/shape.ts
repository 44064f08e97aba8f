// The shape of a function: its loops, and where a release stands behind a condition that the rest of the path does not share.
import { following } from "../../facts/graph.ts";
import type { FunctionFacts } from "../../facts/facts.ts";

export interface Shape {
  /** Blocks that a path comes back to. */
  readonly heads: ReadonlySet<number>;
  inLoop(block: number): boolean;
  /** Kinds that are released in a loop which the edge leaves. */
  leaves(from: number, to: number): ReadonlySet<string>;
  /** Kinds that are released in the arm `to` of a branch, where the path comes together with the other arm again. */
  guarded(to: number, other: number): ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** `releases`: the kinds of which a block releases something, itself or through what it calls. */
export function shapeOf(fn: FunctionFacts, releases: (block: number) => ReadonlySet<string>): Shape {
  const count = fn.blocks.length;
  const next = fn.blocks.map((_, b) => following(fn, b));
  const prev: number[][] = fn.blocks.map(() => []);
  next.forEach((list, b) => list.forEach((to) => prev[to]?.push(b)));
  const { heads, back, order } = depthFirst(next, count);
  const loops = [...back].map(([from, head]) => ({ head, body: bodyOf(prev, from, head) }));
  const any = fn.blocks.some((_, b) => releases(b).size > 0);
  const guards = new Map<string, ReadonlySet<string>>();
  const inside = loops.map(({ body }) => union([...body].map(releases)));

  /** Blocks reachable without going back. */
  function forward(from: number, without: number): ReadonlySet<number> {
    const seen = new Set<number>([from]);
    const stack = [from];
    for (let b = stack.pop(); b !== undefined; b = stack.pop())
      for (const to of next[b] ?? []) {
        if (to === without || seen.has(to) || (order[to] ?? 0) <= (order[b] ?? 0)) continue;
        seen.add(to);
        stack.push(to);
      }
    return seen;
  }

  return {
    heads,
    inLoop: (block) => loops.some(({ body }) => body.has(block)),
    leaves(from, to) {
      if (!any) return NONE;
      const left = loops.flatMap(({ body }, i) => (body.has(from) && !body.has(to) ? [inside[i] ?? NONE] : []));
      return left.length === 0 ? NONE : union(left);
    },
    guarded(to, other) {
      if (!any) return NONE;
      const key = `${to} ${other}`;
      const known = guards.get(key);
      if (known !== undefined) return known;
      const reach = forward(to, -1);
      let found = NONE;
      if (reach.has(other)) found = union([...forward(to, other)].filter((b) => !isShared(b)).map(releases));
      guards.set(key, found);
      return found;

      function isShared(b: number): boolean {
        return forward(other, -1).has(b);
      }
    },
  };
}

function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const all = new Set<string>();
  for (const set of sets) for (const x of set) all.add(x);
  return all;
}

/** The blocks of the loop that the edge `from` → `head` closes. */
function bodyOf(prev: readonly (readonly number[])[], from: number, head: number): ReadonlySet<number> {
  const body = new Set<number>([head, from]);
  const stack = from === head ? [] : [from];
  for (let b = stack.pop(); b !== undefined; b = stack.pop())
    for (const p of prev[b] ?? []) {
      if (body.has(p)) continue;
      body.add(p);
      stack.push(p);
    }
  return body;
}

function depthFirst(
  next: readonly (readonly number[])[],
  count: number,
): { heads: ReadonlySet<number>; back: readonly (readonly [number, number])[]; order: readonly number[] } {
  const heads = new Set<number>();
  const back: (readonly [number, number])[] = [];
  const state = new Uint8Array(count);
  const order = new Array<number>(count).fill(0);
  let left = count;
  const stack: { block: number; at: number }[] = count > 0 ? [{ block: 0, at: 0 }] : [];
  if (count > 0) state[0] = 1;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const to = next[top.block]?.[top.at++];
    if (to === undefined) {
      state[top.block] = 2;
      order[top.block] = left--;
      stack.pop();
    } else if (state[to] === 1) {
      heads.add(to);
      back.push([top.block, to]);
    } else if (state[to] === 0) {
      state[to] = 1;
      stack.push({ block: to, at: 0 });
    }
  }
  return { heads, back, order };
}
