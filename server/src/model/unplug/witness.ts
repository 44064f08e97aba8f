// From what the machine did to what people read: a path through the state graph is run again and each instruction on it becomes a step of a trace.
import type { Step, StepKind } from "../../base/trace.ts";
import type { E, Ins } from "./skeleton.ts";
import type { Machine, Ran } from "./machine.ts";
import { lockCells } from "./lock-cells.ts";
import type { Linked } from "./link.ts";
import { FREED, isLive } from "./layout.ts";
import { member, printE, printIns, printValue } from "./print.ts";
import { hasReaders, reads } from "./core.ts";
import { readsShared } from "./walk.ts";

/** One move of a path: thread, and which of the thread's runs from that state it was. */
export interface Move {
  readonly thread: number;
  readonly run: number;
}

/** Runs the moves again from the first state. Leaves the last state in the machine's core. */
export function replay(
  m: Machine,
  moves: readonly Move[],
): { readonly ran: readonly Ran[]; readonly abilities: string[] } {
  const ran: Ran[] = [];
  let abilities = 0;
  m.reset();
  for (const move of moves) {
    const before = m.core.bytes.slice();
    m.choices.first();
    for (let run = 0; run < move.run; run++) {
      m.step(move.thread, false);
      m.core.bytes.set(before);
      m.choices.next();
    }
    m.log = [];
    m.step(move.thread, false);
    ran.push(...m.log);
    m.log = undefined;
    abilities |= m.core.abilities;
  }
  return { ran, abilities: m.linked.scenario.abilities.filter((_, n) => (abilities & (1 << n)) !== 0) };
}

/** The steps of a trace, for what ran. */
export function steps(linked: Linked, ran: readonly Ran[]): Step[] {
  const out: Step[] = [];
  const seen = new Map<string, number>();
  const labels: (string | undefined)[] = linked.threads.map(() => undefined);
  for (const r of ran) {
    const { start, thread } = r;
    const actor = start.start.actor ?? linked.threads[thread]!.thread.actor;
    if (r.pc === 0) {
      const n = (seen.get(start.start.name) ?? 0) + 1;
      seen.set(start.start.name, n);
      labels[thread] = n === 1 ? start.start.name : `${start.start.name} #${n}`;
    }
    const label = labels[thread] ?? start.start.name;
    if (r.pc === 0) {
      out.push({ actor, thread: label, kind: "call", text: `${label} begins` });
      continue;
    }
    const i = linked.threads[thread]!.named[r.pc]!;
    const kind = kindOf(i);
    if (kind === undefined || i.at?.text === "") continue;
    out.push({
      actor,
      thread: label,
      kind,
      text: r.note ?? i.at?.text ?? textOf(linked, linked.threads[thread]!.code[r.pc]!, i, r),
      ...(i.at?.span ? { span: i.at.span } : {}),
      ...(i.at?.fn === undefined ? {} : { fn: i.at.fn }),
      ...(i.at?.claim === undefined ? {} : { claim: i.at.claim }),
    });
  }
  return out;
}

/** Who ran last, and under which label: also where what it did is not shown. */
export function lastActor(
  linked: Linked,
  ran: readonly Ran[],
): { readonly actor: string; readonly thread: string } | undefined {
  const last = ran.at(-1);
  if (last === undefined) return undefined;
  const { name, actor } = last.start.start;
  const begun = ran.findLastIndex((r) => r.thread === last.thread && r.pc === 0);
  const n = ran.filter((r, at) => at <= begun && r.pc === 0 && r.start.start.name === name).length;
  return { actor: actor ?? linked.threads[last.thread]!.thread.actor, thread: n <= 1 ? name : `${name} #${n}` };
}

/** Local steps without a text of their own are not shown. */
function kindOf(i: Ins): StepKind | undefined {
  switch (i.op) {
    case "let":
      return readsShared(i.e) ? "test" : i.at?.text === undefined ? undefined : "store";
    case "br":
    case "switch":
    case "check":
      return readsShared(i.e) || i.at !== undefined ? "test" : undefined;
    case "jmp":
    case "choose":
    case "return":
      return i.at?.text === undefined ? undefined : "call";
    case "assertHeld":
      return "test";
    case "store":
    case "count":
    case "complete":
    case "reinit":
    case "link":
    case "unlink":
    case "disturb":
      return "store";
    case "lock":
      return "lock";
    case "unlock":
      return "unlock";
    case "grace":
    case "waitDone":
    case "await":
      return "wait";
    case "next":
    case "alloc":
    case "free":
    case "call":
      return "call";
    case "act":
      return i.at?.span === undefined ? "environment" : "call";
  }
}

/** `i`: the instruction with register slots, for looking things up; `named`: with their names, for printing. */
function textOf(linked: Linked, i: Ins, named: Ins, r: Ran): string {
  const before = (e: E): number | undefined => peek(linked, r.thread, r.before, e);
  const name = (f: string, o: E): string => cellName(linked, f, before(o));
  switch (i.op) {
    case "br":
      // Where both answers lead to the same, there is none to tell.
      return `${named.op === "br" ? printE(named.e) : ""}${i.then === i.else ? "" : r.to === i.then ? ": yes" : ": no"}`;
    case "let":
      return i.e.k === "f" ? `${name(i.e.f, i.e.o)} is ${show(before(i.e))}` : printIns(named);
    case "store":
      return `${name(i.f, i.o)} = ${show(before(i.e))}`;
    case "lock": {
      const field = linked.layout.fields.get(i.f);
      const o = before(i.o);
      const cls = field && linked.layout.classes.get(field.cls);
      if (field === undefined || cls === undefined || o === undefined) return printIns(named);
      const at = cls.base + (o - 1) * cls.stride + field.at;
      const { bytes } = field;
      const got = r.after.subarray(at, at + bytes).some((b, n) => b !== r.before[at + n]);
      return `${got ? "takes" : "does not get"} ${name(i.f, i.o)}${i.mode === "read" ? " (read)" : ""}`;
    }
    case "unlock":
      return `drops ${name(i.f, i.o)}`;
    case "count":
      return `${COUNTS[i.do]} ${name(i.f, i.o)}`;
    case "complete":
      return `completes ${name(i.f, i.o)}`;
    case "reinit":
      return `re-arms ${name(i.f, i.o)}`;
    case "link":
      return `links ${name(i.f, i.o)}`;
    case "next":
      return `looks for the next on the list of ${i.f}`;
    case "alloc":
      return `allocates a ${i.cls}`;
    case "free":
      return `frees ${objectName(linked, i.cls, before(i.o))}`;
    case "waitDone":
      return `waits for ${name(i.f, i.o)}`;
    case "unlink":
      return `unlinks ${name(i.f, i.o)}`;
    default:
      return printIns(named);
  }
}

const show = (v: number | undefined): string => (v === undefined ? "?" : printValue(v));

const COUNTS = { get: "gets", getUnlessZero: "gets, unless it is 0,", put: "puts", init: "sets up" } as const;

/** "buffer#2"; without the number where there is one such object. */
const objectName = (linked: Linked, cls: string, object: number | undefined): string =>
  linked.layout.classes.get(cls)?.count === 1 ? cls : `${cls}#${object ?? "?"}`;

/** "buffer#2.revoked"; without the number where there is one such object. */
export function cellName(linked: Linked, f: string, object: number | undefined): string {
  const cls = linked.layout.classes.get(linked.layout.fields.get(f)?.cls ?? "");
  if (cls === undefined) return f;
  return `${cls.name}${cls.count === 1 ? "" : `#${object ?? "?"}`}.${member(f)}`;
}

/** What a simple expression of thread `t` is in a state; undefined where that takes more than looking. Registers by slot or not at all. */
export function peek(linked: Linked, t: number, bytes: Uint8Array, e: E): number | undefined {
  const { layout } = linked;
  if (e.k === "c") return e.v;
  if (e.k === "r") {
    const slot = Number(e.r);
    return Number.isInteger(slot) ? bytes[layout.threads[t]!.registers + slot] : undefined;
  }
  if (e.k !== "f") return undefined;
  const o = peek(linked, t, bytes, e.o);
  const field = layout.fields.get(e.f);
  const cls = field && layout.classes.get(field.cls);
  if (o === undefined || field === undefined || cls === undefined || o < 1 || o > cls.count) return undefined;
  return bytes[cls.base + (o - 1) * cls.stride + field.at];
}

/** The shared state that the machine holds, one line per object that is or was alive, and one per running start. */
export function dump(m: Machine): string[] {
  const { linked, core } = m;
  const { bytes } = core;
  const out: string[] = [];
  const locks = new Map(lockCells(linked).map((l) => [l.cell, l.field]));
  for (const cls of linked.layout.classes.values())
    for (let n = 0; n < cls.count; n++) {
      const base = cls.base + n * cls.stride;
      const title = cls.count === 1 ? cls.name : `${cls.name}#${n + 1}`;
      if (bytes[base] === FREED) out.push(`${title}: freed`);
      if (!isLive(bytes[base])) continue;
      const parts: string[] = [];
      for (const f of cls.fields) {
        const at = base + f.at;
        const lock = locks.get(at);
        if (lock !== undefined) {
          if (bytes[at] !== 0 || hasReaders(core, lock, at))
            parts.push(`${member(f.id)} held by ${holders(m, lock, at).join(", ")}`);
        } else if (bytes[at] !== 0) parts.push(`${member(f.id)} = ${printValue(bytes[at]!)}`);
      }
      out.push(`${title}: ${parts.join(", ") || "all 0"}`);
    }
  for (const [t, thread] of linked.threads.entries()) {
    const start = m.startOf(t);
    if (start === undefined) continue;
    out.push(`${thread.thread.name}: in ${start.start.name}, at: ${printIns(thread.named[position(m, t)]!)}`);
  }
  return out;
}

/** Where thread `t` is; 0 when idle. */
export function position(m: Machine, t: number): number {
  const at = m.linked.layout.threads[t]!.pc;
  return m.core.bytes[at]! | (m.core.bytes[at + 1]! << 8);
}

/** The names of the threads that hold the lock at `cell`. */
export function holders(m: Machine, field: Parameters<typeof reads>[1], cell: number): string[] {
  return m.linked.threads
    .filter((_, t) => m.core.bytes[cell] === t + 1 || reads(m.core, field, cell, t))
    .map((t) => t.thread.name);
}
