// Whether a replayed witness has arrived at the violation that it claims.
import type { Step } from "../../../server/src/base/trace.ts";
import type { Will } from "../../../server/src/model/unplug/scenario.ts";
import { advance, asked, begin, current } from "./run.ts";
import type { Universe, World } from "./world.ts";
import { everyWay, keyOf, runOn, truth } from "./world.ts";

/** Worlds that are looked at for a way out of a wait, and of what runs on. */
const WAY_OUT = 1_500;
const RUNS_ON = 60_000;
/** Worlds into which the last one may have grown unseen. */
const UNSEEN = 200;

/** Why the world is not the end of a witness of `claimed`; undefined where it is. `step` is the violation itself. */
export function ends(u: Universe, w: World, step: Step, claimed: string): string | undefined {
  if (step.kind !== "violation") return "the last step is not the violation";
  if (claimed === "cannot-finish") return hangs(u, w, step);
  const invariant = u.scenario.invariants.find((i) => i.name === claimed);
  if (invariant !== undefined) {
    const quiet = Object.values(w.locks).every((l) => l.writer < 0);
    if (invariant.quiet === true && !quiet) return `${claimed} is only asked for where no lock is held`;
    const fails = everyWay((choose) => !truth(runOn(u, w, -1, {}, choose), invariant.holds)).includes(true);
    return fails ? undefined : `${claimed} holds`;
  }
  return unseen(u, w, step, claimed) ? undefined : `${claimed} does not happen`;
}

/** Does a thread break it with what a trace does not show? */
function unseen(u: Universe, w: World, step: Step, claimed: string): boolean {
  const t = w.threads.findIndex((r) => r !== undefined && isLabelOf(step.thread, r.start.name));
  return w.threads.some((_, n) => (t < 0 || n === t) && breaks(u, w, n, claimed, 200));
}

function breaks(u: Universe, w: World, t: number, claimed: string, depth: number): boolean {
  const micro = current(u, w, t);
  if (depth === 0 || micro === undefined || !(micro.local || micro.hidden)) return false;
  return advance(u, w, t).some((o) =>
    o.fault === undefined ? breaks(u, o.world, t, claimed, depth - 1) : o.fault === claimed,
  );
}

const isLabelOf = (label: string | undefined, name: string): boolean =>
  label === name || (label?.startsWith(`${name} #`) ?? false);

/**
 * The goal's thread must be blocked, or at least have no way to its end: nobody who may be counted on lets it go. Each thread may have gone on already with what a
 * trace does not show (a choice of its own, say): one such world is enough.
 */
function hangs(u: Universe, first: World, step: Step): string | undefined {
  const goals = u.scenario.progress.filter((g) => {
    const t = u.scenario.threads.findIndex((x) => x.name === g.thread);
    return first.threads[t]?.start.name === g.start && isLabelOf(step.thread, g.start);
  });
  if (goals.length === 0) return `${step.thread ?? "nobody"} is not one that must finish`;
  let why = "";
  for (const [n, w] of goneOn(u, first).entries())
    for (const g of goals) {
      const t = u.scenario.threads.findIndex((x) => x.name === g.thread);
      const waits = blocked(u, w, t);
      const way = finishes(u, w, t, g.counting, waits || n > 0 ? WAY_OUT : RUNS_ON);
      if (way === "no" || (way === "unknown" && waits)) return undefined;
      why ||=
        way === "yes" ? `${g.start} can finish` : `${g.start} is not blocked, and whether it can finish is not known`;
    }
  return why;
}

/** The world and what it may have become without anything that a trace shows. */
function goneOn(u: Universe, first: World): World[] {
  const seen = new Set([keyOf(first)]);
  const out = [first];
  const push = (w: World): void => {
    const key = keyOf(w);
    if (seen.has(key) || out.length >= UNSEEN) return;
    seen.add(key);
    out.push(w);
  };
  for (const w of out)
    for (const t of w.threads.keys()) {
      const micro = current(u, w, t);
      if (micro?.local === true || micro?.hidden === true)
        for (const o of advance(u, w, t)) if (o.fault === undefined) push(o.world);
      if (w.threads[t] === undefined)
        for (const s of u.scenario.threads[t]?.starts ?? []) for (const known of asked(u, w, t, s)) push(known);
    }
  // What has gone on furthest is nearest to what the explorer saw.
  return out.reverse();
}

/** Can the thread not make a move that others see, except by a signal? */
function blocked(u: Universe, w: World, t: number, depth = 200): boolean {
  const micro = current(u, w, t);
  if (micro === undefined || depth === 0) return false;
  const outcomes = advance(u, w, t).filter((o) => !o.signal && o.fault === undefined);
  if (!micro.local && !micro.hidden) return outcomes.length === 0;
  return outcomes.every((o) => blocked(u, o.world, t, depth - 1));
}

/** Can thread `t` end what it runs, counting only moves of these wills? Every order is tried, up to a number of worlds. */
function finishes(
  u: Universe,
  first: World,
  t: number,
  counting: readonly Will[],
  budget: number,
): "yes" | "no" | "unknown" {
  const counts = (will: Will): boolean => counting.includes(will);
  const seen = new Set<string>();
  const work = [first];
  const push = (w: World): void => {
    const key = keyOf(w);
    if (seen.has(key)) return;
    seen.add(key);
    work.push(w);
  };
  // Depth first, the goal's own thread first of all: where there is a way, that is nearly always one.
  for (let w = work.pop(); w !== undefined; w = work.pop()) {
    if (w.threads[t] === undefined) return "yes";
    if (seen.size > budget) return "unknown";
    const world = w;
    const others = [...w.threads.keys()].filter((n) => n !== t);
    // What nobody else sees may as well run first.
    const local = [t, ...others].find((n) => current(u, world, n)?.local === true);
    for (const n of local === undefined ? [...others, t] : [local]) {
      const running = w.threads[n];
      if (running === undefined) {
        for (const s of u.scenario.threads[n]?.starts ?? [])
          if (counts(s.will)) for (const next of begin(u, w, n, s)) push(next);
        continue;
      }
      const will = running.start.will === "voluntary" ? "promised" : running.start.will;
      // Moves between registers belong to the step before them.
      if (!counts(will) && local === undefined) continue;
      for (const o of advance(u, w, n)) if (o.fault === undefined && (!o.signal || counts("voluntary"))) push(o.world);
    }
  }
  return "no";
}
