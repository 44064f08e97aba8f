// Breadth-first search over a machine's states: the graph of everything that may happen, in an order that depends on nothing but the scenario.
import type { Fault } from "./core.ts";
import type { Machine } from "./machine.ts";
import { Blocked, Faulted, Moved } from "./machine.ts";
import type { Numbers, Store } from "./store.ts";
import { numbers, store } from "./store.ts";
import type { Move } from "./witness.ts";

/** Why the search ended. */
export type End =
  | { readonly kind: "exhausted" }
  | { readonly kind: "budget" | "trouble"; readonly why: string }
  /** `moves` leads to the fault; its last move is the one that faults, unless an invariant broke. */
  | { readonly kind: "fault"; readonly fault: Fault; readonly moves: readonly Move[] };

export interface Graph {
  readonly end: End;
  readonly states: Store;
  readonly transitions: number;
  /** Edges in the order of the states that they leave; state n's begin at firstEdge n. */
  readonly firstEdge: Numbers;
  readonly edgeTo: Numbers;
  /** thread << 8 | wills. */
  readonly edgeBy: Numbers;
  /** Per state: bit g is set where goal g's start is running. */
  readonly running: Numbers;
  readonly abilities: readonly string[];
  /** Every fault that was met: only with `all`. */
  readonly faults: readonly string[];
  path(state: number): Move[];
}

export interface SearchOptions {
  /** States at most. */
  readonly budget: number;
  /** Keeps edges, for progress. `goals`: numbers of the starts. */
  readonly goals: readonly number[];
  /** Goes on after a fault (on other paths) and collects the names. */
  readonly all: boolean;
}

const RUN_BITS = 20;

/** Explores everything reachable, or up to the first fault. */
export function search(m: Machine, options: SearchOptions): Graph {
  const { core, choices } = m;
  const { words } = core;
  const states = store(words.length);
  const parent = numbers();
  const moved = numbers();
  const firstEdge = numbers();
  const edgeTo = numbers();
  const edgeBy = numbers();
  const running = numbers();
  const abilities = new Set<string>();
  const faults = new Set<string>();
  const keep = options.goals.length > 0;
  const threads = m.linked.threads.length;
  let transitions = 0;

  const path = (state: number): Move[] => {
    const out: Move[] = [];
    for (let n = state; n > 0; n = parent.at(n)) {
      const move = moved.at(n);
      out.push({ thread: move >>> RUN_BITS, run: move & ((1 << RUN_BITS) - 1) });
    }
    return out.reverse();
  };
  const done = (end: End): Graph => ({
    end,
    states,
    transitions,
    firstEdge,
    edgeTo,
    edgeBy,
    running,
    abilities: [...abilities].sort(),
    faults: [...faults].sort(),
    path,
  });

  /** Adds the state in the core; a broken invariant ends the search. */
  const add = (from: number, move: number): { readonly state: number; readonly end: End | undefined } => {
    const n = states.intern(words);
    if (n < 0) return { state: ~n, end: undefined };
    parent.push(from);
    moved.push(move);
    const fault = m.broken();
    if (fault === undefined) return { state: n, end: undefined };
    faults.add(fault.what);
    return { state: n, end: { kind: "fault", fault, moves: path(n) } };
  };

  m.reset();
  const first = add(-1, 0);
  if (first.end && !options.all) return done(first.end);
  for (let n = 0; n < states.count(); n++) {
    if (n >= options.budget) return done({ kind: "budget", why: `more than ${options.budget} states` });
    states.load(n, words);
    firstEdge.push(edgeTo.length());
    if (keep) {
      let bits = 0;
      for (const [g, start] of options.goals.entries())
        if (m.startOf(m.linked.starts[start]!.thread)?.number === start) bits |= 1 << g;
      running.push(bits);
    }
    let dirty = false;
    for (let t = 0; t < threads; t++) {
      choices.first();
      let run = 0;
      do {
        if (dirty) states.load(n, words);
        const how = m.step(t);
        dirty = true;
        if (how === Blocked) {
          run++;
          continue;
        }
        transitions++;
        const move = (t << RUN_BITS) | run;
        run++;
        // Others may still break something else while this thread stands just before its own fault.
        const rests = how === Faulted && options.all && !core.first;
        if (rests) faults.add(core.fault!.what);
        if (how === Moved || rests) {
          for (const a of core.abilities) abilities.add(a);
          const by = (t << 8) | core.will;
          const { state, end } = add(n, move);
          if (keep) {
            edgeTo.push(state);
            edgeBy.push(by);
          }
          if (end && !options.all) return done(end);
          continue;
        }
        if (how === Faulted) {
          const fault = core.fault!;
          faults.add(fault.what);
          if (options.all) continue;
          for (const a of core.abilities) abilities.add(a);
          return done({ kind: "fault", fault, moves: [...path(n), { thread: t, run: move & ((1 << RUN_BITS) - 1) }] });
        }
        return done({ kind: "trouble", why: core.trouble ?? "unknown code" });
      } while (choices.next());
    }
  }
  firstEdge.push(edgeTo.length());
  return done({ kind: "exhausted" });
}
