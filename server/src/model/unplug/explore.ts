// Exploring a scenario: every interleaving, nearest violation first. Nothing but an exhausted search is safe; a budget that was hit is said.
import type { Step } from "../../base/trace.ts";
import { search, survey } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { link } from "./link.ts";
import { machine } from "./machine.ts";
import type { Machine, Ran } from "./machine.ts";
import { hang } from "./progress.ts";
import type { Hang } from "./progress.ts";
import type { Scenario } from "./scenario.ts";
import type { Ins } from "./skeleton.ts";
import { waiting } from "./waiting.ts";
import type { Waiting } from "./waiting.ts";
import { dump, lastActor, replay, steps } from "./witness.ts";
import type { Move } from "./witness.ts";

/** States of one exploration unless the caller says otherwise: about 10 s and 500 MB. */
export const STATE_BUDGET = 2_000_000;

export interface ExploreOptions {
  /** States at most. */
  readonly budget?: number;
  /** false: every instruction is a step of its own, and nothing is simplified; "local": only steps on registers are fused. For comparing. */
  readonly reduce?: boolean | "local";
  /** Goes on after the first violation and collects the names of all, in `found`. For comparing. */
  readonly all?: boolean;
  /** After how many states what the reduction assumed is mended on the way instead of beginning again. For comparing. */
  readonly few?: number;
}

/** One instruction of a violation's path. `start`: the name of the start that ran it. */
export interface Executed {
  readonly thread: number;
  readonly start: string;
  readonly ins: Ins | undefined;
}

export interface ModelViolation {
  /**
   * The rule-neutral name: an instruction's, an action's own, an invariant's, a check's, or "cannot-finish". Instructions have: null-deref, use-after-free,
   * use-before-birth, double-free, free-locked, lock-recursion, unlock-not-held, lock-not-held, return-holding-lock, get-on-zero, put-below-zero,
   * reinit-of-live-count, unlink-unlinked.
   */
  readonly what: string;
  readonly detail: string;
  /** From the first state to the violation; the last step is the violation itself. The fewest instructions of all ways that the reduction left. */
  readonly trace: readonly Step[];
  /** The shared state at the end, one line per object and per running start. */
  readonly final: readonly string[];
  /** The instructions that ran, in order: by which start, and which one (undefined where a start begins). For diagnosis. */
  readonly ran: readonly Executed[];
  /** For "cannot-finish": who waits for what, the goal's thread first. */
  readonly blocked?: readonly Waiting[];
}

export interface Exploration {
  readonly verdict: "safe" | "violated" | "incomplete";
  readonly states: number;
  readonly transitions: number;
  /** Why it is incomplete. */
  readonly reason?: string;
  readonly violation?: ModelViolation;
  /** Abilities that the witness needs; without a violation, those that were ever used. */
  readonly abilitiesUsed: readonly string[];
  /** Names of all violations, with `all`. */
  readonly found?: readonly string[];
}

/** Explores a scenario. Deterministic: same scenario, same answer, same numbers. */
export function explore(scenario: Scenario, options: ExploreOptions = {}): Exploration {
  const reduce = options.reduce !== false;
  const linked = link(scenario, { simplify: reduce });
  const fuse = !reduce ? "none" : options.reduce === "local" ? "local" : "locks";
  const m = machine(linked, { fuse, rests: options.all === true });
  if (m.problems.length > 0)
    return { verdict: "incomplete", states: 0, transitions: 0, reason: m.problems.join("; "), abilitiesUsed: [] };
  const goals = scenario.progress.map((p) => ({
    ...p,
    number: linked.starts.findIndex(
      (s) => s.start.name === p.start && linked.threads[s.thread]!.thread.name === p.thread,
    ),
  }));
  const asked = {
    budget: options.budget ?? STATE_BUDGET,
    goals: goals.map((x) => x.number),
    all: options.all === true,
    ...(options.few === undefined ? {} : { few: options.few }),
  };
  const hangs = (g: Graph): (Hang | undefined)[] =>
    goals.map((goal, n) => hang(g, n, linked.starts[goal.number]!.thread, goal.counting));
  if (fuse === "locks" && !asked.all) {
    const g = survey(m, asked);
    if (g.end.kind === "exhausted" && hangs(g).every((h) => h === undefined))
      return { verdict: "safe", states: g.states.count(), transitions: g.transitions, abilitiesUsed: g.abilities };
  }
  const g = search(m, asked);
  const base = { states: g.states.count(), transitions: g.transitions, abilitiesUsed: g.abilities };
  const found = new Set(g.faults);
  let violated: Exploration | undefined;
  if (g.end.kind === "fault") violated = { ...base, verdict: "violated", ...broken(m, g.end.moves, g.end.fault) };
  else if (g.end.kind === "budget" || g.end.kind === "trouble")
    return { ...base, verdict: "incomplete", reason: g.end.why };
  else
    for (const [n, h] of hangs(g).entries()) {
      if (h === undefined) continue;
      const goal = goals[n]!;
      const { thread } = linked.starts[goal.number]!;
      found.add("cannot-finish");
      const moves = g.path(h.state);
      const who = waiting(m, g, h, thread, goal.counting);
      const detail = h.stuck
        ? `${goal.start} waits and is never let go: ${who.map((w) => w.text).join("; ")}`
        : `${goal.start} runs on and never finishes`;
      violated ??= { ...base, verdict: "violated", ...broken(m, moves, { what: "cannot-finish", detail }, who) };
    }
  if (options.all === true) {
    const names = [...found].sort();
    return violated
      ? { ...violated, found: names }
      : { ...base, verdict: names.length > 0 ? "violated" : "safe", found: names };
  }
  return violated ?? { ...base, verdict: "safe" };
}

function broken(
  m: Machine,
  moves: readonly Move[],
  fault: { readonly what: string; readonly detail: string },
  blocked?: readonly Waiting[],
): { readonly violation: ModelViolation; readonly abilitiesUsed: readonly string[] } {
  const { ran, abilities } = replay(m, moves);
  const trace = steps(m.linked, ran);
  const last = ran.at(-1);
  const first = blocked?.[0];
  const who = first ?? lastActor(m.linked, ran);
  const where = first?.at ?? (last && m.linked.threads[last.thread]!.named[last.pc]?.at);
  trace.push({
    actor: who?.actor ?? "environment",
    ...(who === undefined ? {} : { thread: who.thread }),
    kind: "violation",
    text: fault.detail,
    ...(where?.span ? { span: where.span } : {}),
    ...(where?.fn === undefined ? {} : { fn: where.fn }),
    ...(where?.claim === undefined ? {} : { claim: where.claim }),
  });
  return {
    violation: {
      what: fault.what,
      detail: fault.detail,
      trace,
      final: dump(m),
      ran: executed(m, ran),
      ...(blocked ? { blocked } : {}),
    },
    abilitiesUsed: abilities,
  };
}

const executed = (m: Machine, ran: readonly Ran[]): Executed[] =>
  ran.map((r) => ({
    thread: r.thread,
    start: r.start.start.name,
    ins: r.pc === 0 ? undefined : m.linked.threads[r.thread]!.named[r.pc],
  }));

export interface MinimalExploration {
  readonly exploration: Exploration;
  /** Abilities without which this violation is not found; empty where none is needed or nothing is violated. */
  readonly needed: readonly string[];
  /** Explorations that were made. */
  readonly runs: number;
}

/** Explorations at most, so that twenty abilities don't mean a million subsets. */
const MINIMAL_RUNS = 64;

/**
 * Explores with all of the scenario's abilities on; where that is violated, finds a violation that needs as few of them as possible: none, then one,
 * then all with one after another taken out.
 */
export function exploreMinimal(scenario: Scenario, options: ExploreOptions = {}): MinimalExploration {
  let runs = 0;
  const run = (abilities: readonly string[]): Exploration => {
    runs++;
    return explore({ ...scenario, abilities }, options);
  };
  const all = run(scenario.abilities);
  if (all.verdict !== "violated" || all.abilitiesUsed.length === 0) return { exploration: all, needed: [], runs };
  for (const few of [[], ...scenario.abilities.map((a) => [a])]) {
    if (runs >= MINIMAL_RUNS) break;
    const e = run(few);
    if (e.verdict === "violated") return { exploration: e, needed: few, runs };
  }
  let kept: readonly string[] = all.abilitiesUsed;
  let best = all;
  for (const a of all.abilitiesUsed) {
    if (runs >= MINIMAL_RUNS) break;
    const without = kept.filter((k) => k !== a);
    const e = run(without);
    if (e.verdict !== "violated") continue;
    kept = without;
    best = e;
  }
  return { exploration: best, needed: kept, runs };
}
