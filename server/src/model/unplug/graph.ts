// Searching a machine's states, nearest first: the graph of everything that may happen, in an order that depends on nothing but the scenario.
import type { Fault } from "./core.ts";
import type { Machine } from "./machine.ts";
import { Blocked, Faulted, Moved } from "./machine.ts";
import type { Numbers, Store } from "./store.ts";
import { numbers, store } from "./store.ts";
import type { Move } from "./witness.ts";

/** Why the search ended. */
export type End =
  | { readonly kind: "exhausted" }
  /** The reduction assumed something that is not so: search again. */
  | { readonly kind: "again" }
  | { readonly kind: "budget" | "trouble"; readonly why: string }
  /** `moves` leads to the fault; its last move is the one that faults, unless an invariant broke. */
  | { readonly kind: "fault"; readonly fault: Fault; readonly moves: readonly Move[] };

export interface Graph {
  readonly end: End;
  readonly states: Store;
  readonly transitions: number;
  /** The edges that leave state n are firstEdge n up to (not including) endEdge n. Only with goals. */
  readonly firstEdge: Numbers;
  readonly endEdge: Numbers;
  readonly edgeTo: Numbers;
  /** thread << 8 | wills. */
  readonly edgeBy: Numbers;
  /** Per state: bit g is set where goal g's start is running. */
  readonly running: Numbers;
  /** Per state: how many instructions lead to it. */
  readonly cost: Numbers;
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
  /** After how many states a survey mends instead of beginning again; for comparing. */
  readonly few?: number;
  /** Goes on after a fault (on other paths) and collects the names. */
  readonly all: boolean;
}

const RUN_BITS = 20;
const RUN_MASK = (1 << RUN_BITS) - 1;

/** A round that must be repeated looks at this many more states, and at as many again as it has seen. */
const AGAIN = 200;

/** A search that has looked at fewer states begins again rather than mend: what it did is cheap to do anew, and leaves no states behind that are not needed. */
const FEW = 1000;

/**
 * Explores everything reachable, or up to the nearest fault. What the reduction assumes is mended on the way: states from which steps were taken that relied on
 * what turned out wrong are looked at again. So it may hold some states more than are needed, and its moves can't be run again: for paths, use `search`.
 */
export function survey(m: Machine, options: SearchOptions): Graph {
  for (;;) {
    const g = round(m, options, true);
    if (g.end.kind !== "again") return g;
    m.core.watch?.next();
  }
}

/**
 * The same without states that are not needed: again from the start until the reduction's assumptions hold throughout. A fault is one in any round: what the
 * machine ran has happened.
 */
export function search(m: Machine, options: SearchOptions): Graph {
  for (;;) {
    const g = round(m, options, false);
    if (g.end.kind !== "again") return g;
    m.core.watch?.next();
  }
}

function round(m: Machine, options: SearchOptions, mends: boolean): Graph {
  const { core, choices, linked } = m;
  const { words } = core;
  const states = store(words.length);
  const parent = numbers();
  const moved = numbers();
  const cost = numbers();
  const done = numbers();
  const firstEdge = numbers();
  const endEdge = numbers();
  const edgeTo = numbers();
  const edgeBy = numbers();
  const running = numbers();
  const faults = new Set<string>();
  const goals = options.goals.map((n) => linked.starts[n]!);
  const keep = goals.length > 0;
  const threads = linked.threads.length;
  /** States that are to be looked at, by how many instructions lead to them. */
  const queue: number[][] = [];
  let nearest: (End & { readonly kind: "fault" }) | undefined;
  let nearestCost = Infinity;
  let abilities = 0;
  /** Why some path was not followed: what it would do is not known. A violation elsewhere is still one. */
  let trouble: string | undefined;
  let transitions = 0;
  let looked = 0;
  let again = 0;
  /** What the steps from each state have relied on, as bits of cells. */
  const relied = core.watch?.relied;
  let reliances = new Int32Array(mends && relied !== undefined ? relied.length << 10 : 0);

  const path = (state: number): Move[] => {
    const out: Move[] = [];
    for (let n = state; n > 0; n = parent.at(n)) {
      const move = moved.at(n);
      out.push({ thread: move >>> RUN_BITS, run: move & RUN_MASK });
    }
    return out.reverse();
  };
  const ended = (end: End): Graph => ({
    end,
    states,
    transitions,
    firstEdge,
    endEdge,
    edgeTo,
    edgeBy,
    running,
    cost,
    abilities: linked.scenario.abilities.filter((_, n) => (abilities & (1 << n)) !== 0),
    faults: [...faults].sort(),
    path,
  });

  /** Keeps the fault that the move from state `from` (-1: none) ran into, if it is the nearest. */
  const fail = (fault: Fault, at: number, from: number, move: number): void => {
    faults.add(fault.what);
    if (options.all || at >= nearestCost) return;
    const moves = from < 0 ? [] : [...path(from), { thread: move >>> RUN_BITS, run: move & RUN_MASK }];
    nearest = { kind: "fault", fault, moves };
    nearestCost = at;
  };

  /** Adds the state in the core, or finds that it is nearer than was known. */
  const add = (from: number, move: number, at: number): number => {
    let n = states.intern(words);
    if (n < 0) {
      n = ~n;
      if (at >= cost.at(n)) return n;
    } else {
      const fault = m.broken();
      if (fault !== undefined) fail(fault, at, from, move);
    }
    parent.set(n, from);
    moved.set(n, move);
    cost.set(n, at);
    (queue[at] ??= []).push(n);
    return n;
  };

  /** Everything that may happen next in state n. */
  const look = (n: number): void => {
    const here = cost.at(n);
    states.load(n, words);
    firstEdge.set(n, edgeTo.length());
    if (keep) {
      let bits = 0;
      for (let g = 0; g < goals.length; g++) if (m.startOf(goals[g]!.thread) === goals[g]) bits |= 1 << g;
      running.set(n, bits);
    }
    const movers = m.movers();
    relied?.fill(0);
    const solo = movers !== -1 && (movers & (movers - 1)) === 0;
    let touched = false;
    for (let t = 0; t < threads; t++) {
      if (movers !== -1 && (movers & (1 << t)) === 0) continue;
      choices.first();
      let run = -1;
      do {
        run++;
        if (touched) states.load(n, words);
        const how = m.step(t, solo, true);
        if (how === Blocked) continue;
        touched = true;
        transitions++;
        const move = (t << RUN_BITS) | run;
        const at = here + core.length;
        if (how === Faulted) fail(core.fault!, at, n, move);
        // With `all`, others may still break something else while this thread stands just before its own fault.
        if (how === Moved || (how === Faulted && options.all && !core.first)) {
          abilities |= core.abilities;
          const by = (t << 8) | core.will;
          const to = add(n, move, at);
          if (!keep) continue;
          edgeTo.push(to);
          edgeBy.push(by);
        } else if (how !== Faulted) trouble ??= core.trouble ?? "unknown code";
      } while (choices.next());
    }
    endEdge.set(n, edgeTo.length());
    if (!mends || relied === undefined) return;
    const row = n * relied.length;
    if (row + relied.length > reliances.length) {
      const more = new Int32Array(Math.max(reliances.length * 2, row + relied.length));
      more.set(reliances);
      reliances = more;
    }
    reliances.set(relied, row);
  };

  /** Puts states whose steps relied on what was wrong back into the queue; the least cost of one. */
  const mend = (wrong: Int32Array): number => {
    let least = Infinity;
    const width = wrong.length;
    for (let n = 0; n < done.length(); n++) {
      if (done.at(n) === 0) continue;
      let hit = 0;
      for (let i = 0, row = n * width; i < width; i++) hit |= wrong[i]! & reliances[row + i]!;
      if (hit === 0) continue;
      done.set(n, 0);
      (queue[cost.at(n)] ??= []).push(n);
      least = Math.min(least, cost.at(n));
    }
    return least;
  };

  m.reset();
  add(-1, 0, 0);
  for (let at = 0; ; at++) {
    if (at >= queue.length || at >= nearestCost) {
      if (!mends || again > 0 || nearest !== undefined || core.watch?.dirty !== true) break;
      at = Math.min(mend(core.watch.correct()), queue.length) - 1;
      continue;
    }
    for (const n of queue[at] ?? []) {
      if (done.at(n) === 1) continue;
      if (states.count() > options.budget)
        return ended(nearest ?? { kind: "budget", why: `more than ${options.budget} states` });
      if (core.watch?.dirty === true && mends && again === 0 && looked >= (options.few ?? FEW)) {
        const least = mend(core.watch.correct());
        if (least < at) {
          at = least - 1;
          break;
        }
      } else if (again > 0 ? looked >= again : core.watch?.dirty === true) {
        // What this round assumed was wrong. It goes on for a while, to find more of the kind, and is then thrown away.
        if (again > 0) return ended({ kind: "again" });
        again = 2 * looked + AGAIN;
      }
      done.set(n, 1);
      looked++;
      look(n);
    }
  }
  if (nearest !== undefined) return ended(nearest);
  if (core.watch?.dirty === true) return ended({ kind: "again" });
  return ended(trouble === undefined ? { kind: "exhausted" } : { kind: "trouble", why: trouble });
}
