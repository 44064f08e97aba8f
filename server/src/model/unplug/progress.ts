// Progress (M13): from every state in which a start runs, can it finish, counting only moves of the given wills? On the full graph, after the search.
import { WILL } from "./core.ts";
import type { Graph } from "./graph.ts";
import type { Will } from "./scenario.ts";

/** A state in which a goal can no longer finish. `stuck`: its thread is blocked there and stays so; otherwise it runs for ever. */
export interface Hang {
  readonly state: number;
  readonly stuck: boolean;
}

/** The edges backwards: those into state n are from[first[n]..first[n + 1]]. */
interface Reversed {
  readonly first: Int32Array;
  readonly from: Int32Array;
  readonly by: Int32Array;
}

function reverse(g: Graph): Reversed {
  const n = g.states.count();
  const first = new Int32Array(n + 1);
  // States that were looked at again have left edges behind.
  for (let s = 0; s < n; s++) for (let e = g.firstEdge.at(s); e < g.endEdge.at(s); e++) first[g.edgeTo.at(e) + 1]!++;
  for (let s = 0; s < n; s++) first[s + 1]! += first[s]!;
  const at = first.slice(0, n);
  const from = new Int32Array(first[n]!);
  const by = new Int32Array(first[n]!);
  for (let s = 0; s < n; s++)
    for (let e = g.firstEdge.at(s); e < g.endEdge.at(s); e++) {
      const slot = at[g.edgeTo.at(e)]!++;
      from[slot] = s;
      by[slot] = g.edgeBy.at(e);
    }
  return { first, from, by };
}

/** Wills as bits. */
export const wills = (counting: readonly Will[]): number => counting.reduce((bits, w) => bits | WILL[w], 0);

/** Marks every state from which a marked one is reachable over counted edges that start in `within`. */
function closeBackwards(r: Reversed, marked: Uint8Array, counted: number, within: (s: number) => boolean): void {
  const work: number[] = [];
  for (let s = 0; s < marked.length; s++) if (marked[s] === 1) work.push(s);
  while (work.length > 0) {
    const s = work.pop()!;
    for (let e = r.first[s]!; e < r.first[s + 1]!; e++) {
      const p = r.from[e]!;
      if (marked[p] === 1 || (r.by[e]! & 0xff & ~counted) !== 0 || !within(p)) continue;
      marked[p] = 1;
      work.push(p);
    }
  }
}

/**
 * The nearest state (by moves from the first) in which goal `g`, a start of `thread`, is stuck; where there is none, the nearest from which it never finishes.
 * Undefined: it can always finish. The graph must be complete.
 */
export function hang(graph: Graph, g: number, thread: number, counting: readonly Will[]): Hang | undefined {
  const counted = wills(counting);
  const n = graph.states.count();
  const inside = (s: number): boolean => (graph.running.at(s) & (1 << g)) !== 0;
  const r = reverse(graph);
  const can = new Uint8Array(n);
  for (let s = 0; s < n; s++) if (!inside(s)) can[s] = 1;
  closeBackwards(r, can, counted, inside);
  let nearestBad = -1;
  const moves = new Uint8Array(n);
  for (let s = 0; s < n; s++) {
    if (can[s] === 1) continue;
    if (nearestBad < 0 || graph.cost.at(s) < graph.cost.at(nearestBad)) nearestBad = s;
    for (let e = graph.firstEdge.at(s); e < graph.endEdge.at(s); e++)
      if (graph.edgeBy.at(e) >> 8 === thread && (graph.edgeBy.at(e) & 0xff & ~counted) === 0) moves[s] = 1;
  }
  if (nearestBad < 0) return undefined;
  closeBackwards(r, moves, counted, (s) => can[s] === 0);
  let stuck = -1;
  for (let s = 0; s < n; s++)
    if (can[s] === 0 && moves[s] === 0 && (stuck < 0 || graph.cost.at(s) < graph.cost.at(stuck))) stuck = s;
  return stuck < 0 ? { state: nearestBad, stuck: false } : { state: stuck, stuck: true };
}

/** The first uncounted edge on the shortest way from `state` to one where `thread` makes a move: who could end the wait if they chose to. */
export function wayOut(
  graph: Graph,
  state: number,
  thread: number,
  counting: readonly Will[],
): { readonly from: number; readonly by: number } | undefined {
  const counted = wills(counting);
  const origin = new Map<number, { readonly from: number; readonly by: number } | undefined>([[state, undefined]]);
  const queue = [state];
  for (const s of queue)
    for (let e = graph.firstEdge.at(s); e < graph.endEdge.at(s); e++) {
      const by = graph.edgeBy.at(e);
      const blame = origin.get(s) ?? ((by & 0xff & ~counted) === 0 ? undefined : { from: s, by });
      if (by >> 8 === thread && blame !== undefined) return blame;
      const to = graph.edgeTo.at(e);
      if (origin.has(to)) continue;
      origin.set(to, blame);
      queue.push(to);
    }
  return undefined;
}
