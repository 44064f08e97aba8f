// The flow graph of a function while it is built, and what turns it into tidy blocks: no block that cannot be reached,
// no empty block in between, numbered in the order in which the source comes to them.
import type { Block, Effect, FunctionFacts, Terminator } from "./facts.ts";

interface Draft {
  readonly effects: Effect[];
  end: Terminator | undefined;
  entered: boolean;
}

/** Blocks under construction. `at` is the block that effects go to; NOWHERE after a jump, until a block is entered. */
export interface Graph {
  readonly drafts: Draft[];
  at: number;
  /** Blocks in the order in which they were first entered. */
  readonly order: number[];
}

/** The place after a jump: what is emitted there can't run and is dropped. */
export const NOWHERE = -1;

/** A graph whose block 0 is entered. */
export function newGraph(): Graph {
  return { drafts: [{ effects: [], end: undefined, entered: true }], at: 0, order: [0] };
}

/** A new block that nothing leads to yet. */
export function newBlock(graph: Graph): number {
  return graph.drafts.push({ effects: [], end: undefined, entered: false }) - 1;
}

/** From here on, effects go to `block`. */
export function enter(graph: Graph, block: number): void {
  graph.at = block;
  const draft = graph.drafts[block];
  if (draft === undefined || draft.entered) return;
  draft.entered = true;
  graph.order.push(block);
}

/** Adds an effect where we are. */
export function emit(graph: Graph, effect: Effect): void {
  graph.drafts[graph.at]?.effects.push(effect);
}

/** Ends the block where we are; afterwards we are nowhere. */
export function end(graph: Graph, terminator: Terminator): void {
  const draft = graph.drafts[graph.at];
  if (draft !== undefined) draft.end = terminator;
  graph.at = NOWHERE;
}

/** Ends the block where we are with a jump. */
export function go(graph: Graph, to: number): void {
  end(graph, { kind: "goto", to });
}

/** The blocks that a terminator leads to, in written order. */
export function successors(end: Terminator): readonly number[] {
  switch (end.kind) {
    case "goto":
      return [end.to];
    case "branch":
      return [end.then, end.else];
    case "each":
      return [end.body, end.done];
    case "switch":
      return [...end.cases.map((c) => c.to), end.default];
    case "return":
      return [];
  }
}

/** The blocks that may follow a block; none where there is no such block. */
export function following(fn: FunctionFacts, block: number): readonly number[] {
  const end = fn.blocks[block]?.end;
  return end === undefined ? [] : successors(end);
}

/** The same terminator with every target replaced. A branch whose two ways are one is a jump. */
export function retarget(end: Terminator, to: (block: number) => number): Terminator {
  switch (end.kind) {
    case "goto":
      return { kind: "goto", to: to(end.to) };
    case "branch": {
      const yes = to(end.then);
      const no = to(end.else);
      return yes === no ? { kind: "goto", to: yes } : { ...end, then: yes, else: no };
    }
    case "each":
      return { ...end, body: to(end.body), done: to(end.done) };
    case "switch":
      return { ...end, cases: end.cases.map((c) => ({ ...c, to: to(c.to) })), default: to(end.default) };
    case "return":
      return end;
  }
}

/** The finished blocks. A block without an end (which lowering does not leave behind where it can be reached) returns. */
export function finish(graph: Graph, fallback: Terminator): readonly Block[] {
  const ends = graph.drafts.map((draft) => draft.end ?? fallback);
  const past = (block: number): number => skipEmpty(graph.drafts, ends, block);
  for (let i = 0; i < ends.length; i++) ends[i] = retarget(ends[i] ?? fallback, past);
  const reachable = reach(ends, fallback);
  const order = graph.order.filter((block) => reachable.has(block));
  const merged = mergeChains(graph.drafts, ends, order, fallback);
  const numbers = new Map(merged.map((block, n) => [block, n]));
  return merged.map((block) => ({
    effects: graph.drafts[block]?.effects ?? [],
    end: retarget(ends[block] ?? fallback, (to) => numbers.get(to) ?? 0),
  }));
}

function skipEmpty(drafts: readonly Draft[], ends: readonly Terminator[], block: number): number {
  let at = block;
  for (let hops = 0; hops < drafts.length; hops++) {
    const end = ends[at];
    if (end?.kind !== "goto" || (drafts[at]?.effects.length ?? 1) > 0 || end.to === at) return at;
    at = end.to;
  }
  return at;
}

function reach(ends: readonly Terminator[], fallback: Terminator): ReadonlySet<number> {
  const seen = new Set<number>([0]);
  const work = [0];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    for (const to of successors(ends[block] ?? fallback)) {
      if (seen.has(to)) continue;
      seen.add(to);
      work.push(to);
    }
  }
  return seen;
}

/** Joins a block with the one it jumps to where nothing else leads there. Returns the blocks that are left, in order. */
function mergeChains(
  drafts: readonly Draft[],
  ends: Terminator[],
  order: readonly number[],
  fallback: Terminator,
): readonly number[] {
  const before = new Map<number, number>([[0, 1]]);
  for (const block of order) {
    for (const to of successors(ends[block] ?? fallback)) before.set(to, (before.get(to) ?? 0) + 1);
  }
  const absorbed = new Set<number>();
  for (const block of order) {
    if (absorbed.has(block)) continue;
    for (let end = ends[block]; end?.kind === "goto" && before.get(end.to) === 1 && end.to !== block;) {
      const next = end.to;
      // A loop over a few thousand effects; spreading them as arguments could overflow the stack.
      for (const effect of drafts[next]?.effects ?? []) drafts[block]?.effects.push(effect);
      absorbed.add(next);
      end = ends[next] ?? fallback;
      ends[block] = end;
    }
  }
  return order.filter((block) => !absorbed.has(block));
}
