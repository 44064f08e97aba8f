// Linking: a scenario becomes per-thread flat code over a packed state. Names are resolved here, so that running needs no look-ups.
import { digest } from "../../base/hash.ts";
import type { E, Ins, Proc } from "./skeleton.ts";
import type { Scenario, Start, Thread } from "./scenario.ts";
import { inline, TRAP } from "./inline.ts";
import type { Flat, Sources } from "./inline.ts";
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

/** The code of one start, before it has a place in its thread. */
interface Piece {
  readonly flat: Flat;
  readonly small: readonly Ins[];
  readonly packed: ReturnType<typeof packRegisters>;
  readonly live: readonly ReadonlySet<string>[];
}

function made(sources: Sources, proc: string, simplifies: boolean): Piece {
  const flat = inline(sources, proc);
  const small = simplifies ? simplify(flat.code) : flat.code;
  const packed = packRegisters(small, flat.params);
  return { flat, small, packed, live: liveness(packed.code).before };
}

/** Pieces kept at once: the oldest go. One exporter's scenarios have some 100, and each edit of it makes a few more. */
const PIECES = 1000;
const pieces = new Map<string, Piece>();

/** The piece of a start. Scenarios of one set, and of its edits, share most of theirs. */
function piece(sources: Sources, own: Sources["procs"], proc: string): Piece {
  const key = pieceKey(sources, own, proc);
  let had = pieces.get(key);
  if (had !== undefined) return had;
  had = made(sources, proc, true);
  const [oldest] = pieces.keys();
  if (pieces.size >= PIECES && oldest !== undefined) pieces.delete(oldest);
  pieces.set(key, had);
  return had;
}

/** What a procedure is, with its places, and whom it calls. */
interface Known {
  text: string | undefined;
  readonly number: string;
  readonly calls: readonly (Ins & { readonly op: "call" })[];
}

const known = new WeakMap<Proc, Known>();
let numbered = 0;

function knownOf(p: Proc): Known {
  let k = known.get(p);
  if (k === undefined) {
    known.set(p, (k = { text: undefined, number: `${++numbered}`, calls: p.code.filter((i) => i.op === "call") }));
  }
  return k;
}

/**
 * All that inlining a procedure comes to. The set's own procedures count as themselves, so that what ran can be found again in the set that it is of; those of
 * the environment, which are made anew for each scenario, by what they say.
 */
function pieceKey({ procs, slots }: Sources, own: Sources["procs"], proc: string): string {
  const seen = new Set<string>([proc]);
  const parts: string[] = [];
  for (const name of seen) {
    const p = procs[name];
    const k = p === undefined ? undefined : knownOf(p);
    if (p === undefined || k === undefined) parts.push(name, "");
    else if (own[name] === p) parts.push(name, k.number);
    else parts.push(name, (k.text ??= digest(JSON.stringify([p.params, p.code, p.fn]))));
    for (const i of k?.calls ?? []) {
      const to = i.proc ?? (i.slot === undefined ? undefined : slots[i.slot]);
      if (i.proc === undefined) parts.push(i.slot ?? "", to ?? "");
      if (to !== undefined) seen.add(to);
    }
  }
  return parts.join("\n");
}

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
      const { flat, small, packed, live } =
        options.simplify === false ? made(sources, start.proc, false) : piece(sources, scenario.set.procs, start.proc);
      const entry = code.length;
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
