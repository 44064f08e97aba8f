// The replayer: follows a witness through a scenario step by step, with an interpreter of its own, and says whether it leads where it claims. It shares types with
// the model that made the witness and no code, so that one bug cannot hide in both.
import type { Span } from "../../server/src/base/span.ts";
import type { Step } from "../../server/src/base/trace.ts";
import type { Scenario } from "../../server/src/model/unplug/scenario.ts";
import type { E, Ins } from "../../server/src/model/unplug/skeleton.ts";
import { ends } from "./replay/end.ts";
import type { Outcome } from "./replay/run.ts";
import { advance, begin, current } from "./replay/run.ts";
import type { Micro } from "./replay/unfold.ts";
import type { Universe, World } from "./replay/world.ts";
import { firstWorld, keyOf, universe } from "./replay/world.ts";

/** Worlds that one replay may look at. A witness that holds needs a few per step; what is not followed within this many is refused, and says so. */
export const REPLAY_BUDGET = 50_000;

export type Replayed = { readonly ok: true } | { readonly ok: false; readonly at: number; readonly why: string };

/** A point of a replay: `step` is the first step that has not happened yet. */
interface Point {
  readonly step: number;
  readonly world: World;
  /** Which thread runs under which label, and how often each name has begun. */
  readonly labels: Readonly<Record<string, number>>;
  readonly names: Readonly<Record<string, number>>;
  /** What the last step broke. */
  readonly fault?: string | undefined;
}

/** Does the trace, step by step, happen in the scenario, and does it end in what is claimed (`violation.what`)? */
export function replay(
  scenario: Scenario,
  trace: readonly Step[],
  claimed: string,
  budget: number = REPLAY_BUDGET,
): Replayed {
  const u = universe(scenario);
  let at = -1;
  let why = "the trace is empty";
  const refuse = (step: number, reason: string): void => {
    if (step > at) [at, why] = [step, reason];
  };
  const seen = new Set<string>();
  const work: Point[] = [{ step: 0, world: firstWorld(u), labels: {}, names: {} }];
  for (let point = work.pop(); point !== undefined; point = work.pop()) {
    const key = `${point.step} ${point.fault ?? ""} ${keyOf(point.world)} ${JSON.stringify(point.labels)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > budget) return { ok: false, at, why: `not followed within ${budget} worlds: ${why}` };
    const step = trace[point.step];
    if (step === undefined) continue;
    if (point.step === trace.length - 1) {
      const no =
        point.fault === undefined ? ends(u, point.world, step, claimed) : sameFault(point.fault, claimed, step);
      if (no === undefined) return { ok: true };
      refuse(point.step, no);
      continue;
    }
    if (point.fault !== undefined) {
      refuse(point.step, `${point.fault} has happened, and this comes after it`);
      continue;
    }
    // The last one pushed is tried first.
    work.push(...before(u, point, step), ...follow(u, point, step, refuse).reverse());
  }
  return { ok: false, at: Math.max(0, at), why };
}

function sameFault(fault: string, claimed: string, step: Step): string | undefined {
  if (step.kind !== "violation") return "the last step is not the violation";
  return fault === claimed ? undefined : `what breaks is ${fault}`;
}

/** The points after the step's thread has run: one instruction that a trace may leave out, or the one that the step shows. */
function follow(u: Universe, p: Point, step: Step, refuse: (at: number, why: string) => void): Point[] {
  const no = (why: string): Point[] => {
    refuse(p.step, why);
    return [];
  };
  if (step.kind === "violation") return no("a violation that is not the last step");
  const label = step.thread;
  if (label === undefined) return no("no thread");
  const t = p.labels[label];
  if (t === undefined) {
    const begun = begins(u, p, step, label);
    return begun.length > 0 ? begun : no(`${label} does not begin here`);
  }
  const micro = current(u, p.world, t);
  const running = p.world.threads[t];
  if (micro === undefined || running === undefined) return no(`${label} does not run any more`);
  const actor = running.start.actor ?? u.scenario.threads[t]?.actor;
  if (step.actor !== actor) return no(`${label} is run by ${actor ?? "nobody"}`);
  const out: Point[] = [];
  const outcomes = advance(u, p.world, t);
  const differs = mismatch(step, micro);
  for (const o of outcomes) {
    const lies = differs ?? contradicts(step, micro, o, () => armsMeet(u, p.world, t, micro));
    if (lies === undefined) out.push({ ...p, step: p.step + 1, world: o.world, fault: o.fault });
    else if (!micro.local && !micro.hidden) refuse(p.step, lies ?? "cannot happen");
    if ((micro.local || micro.hidden) && o.fault === undefined) out.push({ ...p, world: o.world });
  }
  if (outcomes.length === 0) refuse(p.step, `${label} is blocked`);
  return out;
}

/** Every start that the step may mean. Its thread must be idle, or have nothing left to do that a trace would show. */
function begins(u: Universe, p: Point, step: Step, label: string): Point[] {
  if (step.kind !== "call" || step.fn !== undefined || step.span !== undefined) return [];
  if (step.text !== `${label} begins`) return [];
  const out: Point[] = [];
  for (const [t, thread] of u.scenario.threads.entries())
    for (const start of thread.starts) {
      const n = (p.names[start.name] ?? 0) + 1;
      if (label !== (n === 1 ? start.name : `${start.name} #${n}`)) continue;
      if (step.actor !== (start.actor ?? thread.actor)) continue;
      const labels = Object.fromEntries(Object.entries(p.labels).filter(([, other]) => other !== t));
      for (const idle of finished(u, p.world, t))
        for (const world of begin(u, idle, t, start))
          out.push({
            step: p.step + 1,
            world,
            labels: { ...labels, [label]: t },
            names: { ...p.names, [start.name]: n },
          });
    }
  return out;
}

/** The worlds in which thread `t` has returned, without anything that others could see. */
function finished(u: Universe, w: World, t: number, depth = 200): World[] {
  if (w.threads[t] === undefined) return [w];
  if (depth === 0 || current(u, w, t)?.local !== true) return [];
  return advance(u, w, t).flatMap((o) => (o.fault === undefined ? finished(u, o.world, t, depth - 1) : []));
}

/**
 * The points in which another thread has already made a read that its trace does not show. Only where that matters: the step changes what is read.
 */
function before(u: Universe, p: Point, step: Step): Point[] {
  const t = p.labels[step.thread ?? ""];
  if (t === undefined) return [];
  const micro = current(u, p.world, t);
  if (micro === undefined || micro.local || micro.hidden || mismatch(step, micro) !== undefined) return [];
  const after = advance(u, p.world, t).filter((o) => o.fault === undefined);
  const out: Point[] = [];
  for (const other of Object.values(p.labels)) {
    if (other === t) continue;
    const now = reads(u, p.world, other);
    const results = (list: readonly Outcome[]): string =>
      list.map((o) => o.fault ?? JSON.stringify(o.world.threads[other])).join();
    if (after.every((o) => results(reads(u, o.world, other)) === results(now))) continue;
    for (const o of now) if (o.fault === undefined) out.push({ ...p, world: o.world });
  }
  return out;
}

/** Every way in which thread `t` may come to have made its next unseen read. */
function reads(u: Universe, w: World, t: number, depth = 200): Outcome[] {
  const micro = current(u, w, t);
  if (micro?.hidden === true) return advance(u, w, t);
  if (depth === 0 || micro?.local !== true) return [];
  return advance(u, w, t).flatMap((o) => (o.fault === undefined ? reads(u, o.world, t, depth - 1) : [o]));
}

const same = (a: Span | undefined, b: Span | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.file === b.file && a.start === b.start && a.end === b.end);

/** Why the step cannot mean the instruction, whatever comes of it. */
function mismatch(step: Step, { at, kind, ins }: Micro): string | undefined {
  const here = `${ins.op} in ${at?.fn ?? "code without a name"}`;
  if (kind !== step.kind) return `it is a ${kind ?? "step that is not shown"}: ${here}`;
  if (at?.fn !== step.fn) return `it is ${here}`;
  if (!same(at?.span, step.span)) return `it stands elsewhere: ${here}`;
  if (at?.claim !== step.claim) return `it claims ${at?.claim ?? "nothing"}: ${here}`;
  return undefined;
}

/** The member, class or action that a sentence about the instruction must name. */
function touched(i: Ins): string | undefined {
  if ("f" in i) return i.f.slice(i.f.indexOf(".") + 1);
  if (i.op === "act") return i.act;
  if (i.op === "alloc" || i.op === "free") return i.cls;
  return i.op === "br" || i.op === "let" ? memberRead(i.e) : undefined;
}

/** The member, predicate or class that an expression looks at; the linker has left it one at most. */
function memberRead(e: E): string | undefined {
  switch (e.k) {
    case "f":
    case "count":
    case "linked":
    case "empty":
      return e.f.slice(e.f.indexOf(".") + 1);
    case "pred":
      return e.p;
    case "live":
      return e.cls;
    case "not":
    case "err":
      return memberRead(e.e);
    case "bin":
      return memberRead(e.l) ?? memberRead(e.r);
    default:
      return undefined;
  }
}

/** Do both answers of a test lead to the same instruction with nothing but moves between registers on the way? Then a trace need not tell. */
function armsMeet(u: Universe, w: World, t: number, { ins }: Micro): boolean {
  if (ins.op !== "br") return false;
  const [yes, no] = [ins.then, ins.else].map((pc) => {
    const running = w.threads[t]!;
    const frames = running.frames.with(-1, { ...running.frames.at(-1)!, pc });
    let at: World | undefined = { ...w, threads: w.threads.with(t, { ...running, frames }) };
    for (let n = 0; n < 100 && at !== undefined; n++) {
      const op = current(u, at, t)?.ins.op;
      if (op !== "jmp" && op !== "call" && op !== "return" && !(op === "let" && current(u, at, t)?.local)) break;
      at = advance(u, at, t)[0]?.world;
    }
    return at?.threads[t]?.frames.map((f) => `${f.proc} ${f.pc}`).join();
  });
  return yes === no;
}

/** Why what the step says is not what has happened. */
function contradicts(step: Step, { at, ins }: Micro, o: Outcome, either: () => boolean): string | undefined {
  const said = o.text ?? at?.text;
  if (said !== undefined) return said === step.text ? undefined : `what happens is: ${said}`;
  const name = touched(ins);
  if (name !== undefined && !step.text.includes(name)) return `what is touched is ${name}`;
  const answer = /: (yes|no)$/.exec(step.text)?.[1];
  if (ins.op === "br" && answer === undefined) return either() ? undefined : "its answer matters";
  if (ins.op === "br" && (o.yes === true) !== (answer === "yes"))
    return `the answer is ${o.yes === true ? "yes" : "no"}`;
  if (ins.op === "lock" && o.yes === step.text.startsWith("does not get ")) return `got: ${String(o.yes)}`;
  return undefined;
}
