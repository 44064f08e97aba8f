// Linking: a scenario becomes per-thread flat code over a packed state. Names are resolved here, so that running needs no look-ups.
import type { E, Ins } from "./skeleton.ts";
import type { Scenario, Start, Thread } from "./scenario.ts";
import { inline, TRAP } from "./inline.ts";
import { layOut } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { liveness, packRegisters, simplify } from "./simplify.ts";
import { nodes, retarget } from "./walk.ts";

export interface LinkedStart {
  readonly start: Start;
  /** Its number in the scenario, over all threads. */
  readonly number: number;
  readonly thread: number;
  /** Its code is that of its thread from `entry` up to (not including) `end`. */
  readonly entry: number;
  readonly end: number;
  /** The register slot of each argument; -1 where nobody reads it. */
  readonly slots: readonly number[];
}

export interface LinkedThread {
  readonly thread: Thread;
  readonly starts: readonly LinkedStart[];
  /** Position p stands for code[p]; position 0 is idle, and code[0] is never run. */
  readonly code: readonly Ins[];
  /** The same with the registers' own names, for people. */
  readonly named: readonly Ins[];
  /** The start that each position belongs to. */
  readonly owner: readonly (LinkedStart | undefined)[];
  /** The register slots that hold nothing of use at each position. */
  readonly dead: readonly (readonly number[])[];
}

export interface Linked {
  readonly scenario: Scenario;
  readonly layout: Layout;
  readonly threads: readonly LinkedThread[];
  readonly starts: readonly LinkedStart[];
  /** Locks that somebody tries to take without waiting. */
  readonly tried: ReadonlySet<string>;
  /** What makes the scenario unusable: unknown names. Nothing may be concluded where there are any. */
  readonly problems: readonly string[];
}

interface Options {
  /** Leaves the code as written, for comparing (tests). */
  readonly simplify?: boolean;
}

/** Positions have two bytes. */
const MAX_CODE = 0xffff;

/** Links a scenario. Unknown procedures and fields inside code become traps (reaching one makes an exploration incomplete); in the scenario itself they are problems. */
export function link(scenario: Scenario, options: Options = {}): Linked {
  const problems: string[] = [];
  const sources = { procs: { ...scenario.set.procs, ...scenario.procs }, slots: scenario.set.slots };
  const starts: LinkedStart[] = [];
  const registers: number[] = [];
  const threads = scenario.threads.map((thread, t): LinkedThread => {
    const code: Ins[] = [{ op: "return" }];
    const named: Ins[] = [{ op: "return" }];
    const owner: (LinkedStart | undefined)[] = [undefined];
    const dead: (readonly number[])[] = [[]];
    const mine: LinkedStart[] = [];
    const lives: ReadonlySet<string>[] = [];
    let size = 0;
    for (const start of thread.starts) {
      if (sources.procs[start.proc] === undefined)
        problems.push(`${thread.name}: start ${start.name}: procedure ${start.proc} is not known`);
      const flat = inline(sources, start.proc);
      const small = options.simplify === false ? flat.code : simplify(flat.code);
      const packed = packRegisters(small, flat.params);
      const entry = code.length;
      const live = liveness(packed.code).before;
      const linked: LinkedStart = {
        start,
        number: starts.length,
        thread: t,
        entry,
        end: entry + packed.code.length,
        slots: flat.params.map((p) => {
          const slot = packed.slots.get(p) ?? -1;
          return live[0]?.has(String(slot)) ? slot : -1;
        }),
      };
      for (const [index, i] of packed.code.entries()) {
        code.push(retarget(i, (target) => target + entry));
        named.push(small[index]!);
        owner.push(linked);
        lives.push(live[index]!);
      }
      starts.push(linked);
      mine.push(linked);
      size = Math.max(size, packed.size);
    }
    const slots = Array.from({ length: size }, (_, i) => i);
    dead[0] = slots;
    for (const live of lives) dead.push(slots.filter((s) => !live.has(String(s))));
    if (code.length > MAX_CODE) problems.push(`${thread.name}: more than ${MAX_CODE} instructions`);
    registers.push(size);
    return { thread, starts: mine, code, named, owner, dead };
  });
  const written = new Set<string>();
  const tried = new Set<string>();
  for (const t of threads)
    for (const i of t.code) {
      if ((i.op === "lock" || i.op === "unlock") && i.mode === "write") written.add(i.f);
      if (i.op === "lock" && i.how === "try") tried.add(i.f);
    }
  const laid = layOut(scenario, registers, written);
  problems.push(...laid.problems, ...unknownNames(scenario, laid.layout));
  if (threads.length > 100) problems.push("more than 100 threads");
  if (scenario.abilities.length > 31) problems.push("more than 31 abilities");
  if (scenario.progress.length > 31) problems.push("more than 31 progress goals");
  return { scenario, layout: laid.layout, threads, starts, tried, problems };
}

/** Names in the scenario's own expressions and progress goals that mean nothing. */
function unknownNames(scenario: Scenario, layout: Layout): string[] {
  const out: string[] = [];
  const look = (e: E, where: string): void => {
    for (const n of nodes(e)) {
      if (n.k === "r") out.push(`${where}: register ${n.r} in an expression of the scenario`);
      if (n.k === "pred" && !layout.preds.has(n.p)) out.push(`${where}: predicate ${n.p} is not known`);
      if (n.k === "live" && !layout.classes.has(n.cls)) out.push(`${where}: class ${n.cls} is not known`);
      if ((n.k === "f" || n.k === "count" || n.k === "empty" || n.k === "linked") && !layout.fields.has(n.f))
        out.push(`${where}: field ${n.f} is not known`);
    }
  };
  for (const i of scenario.invariants) look(i.holds, `invariant ${i.name}`);
  for (const t of scenario.threads)
    for (const s of t.starts) for (const e of [s.when, ...s.args]) look(e, `${t.name}: start ${s.name}`);
  for (const p of scenario.progress)
    if (!scenario.threads.some((t) => t.name === p.thread && t.starts.some((s) => s.name === p.start)))
      out.push(`progress: there is no start ${p.start} of thread ${p.thread}`);
  return out;
}

/** Why the instruction is unknown code, or undefined. */
export function trapOf(i: Ins): string | undefined {
  return i.op === "act" && i.act === TRAP ? String(i.opt?.["why"] ?? "unknown code") : undefined;
}
