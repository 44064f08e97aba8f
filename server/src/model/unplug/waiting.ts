// Who waits for what in a state that never ends, who holds it, and who could provide it but cannot be counted on.
import type { At, E, Ins } from "./skeleton.ts";
import type { Graph } from "./graph.ts";
import type { Machine } from "./machine.ts";
import { Moved } from "./machine.ts";
import type { Hang } from "./progress.ts";
import { wayOut } from "./progress.ts";
import { WILL } from "./core.ts";
import type { Will } from "./scenario.ts";
import { printE } from "./print.ts";
import { cellName, holders, peek, position } from "./witness.ts";
import { object } from "./expression.ts";
import { BLOCKED } from "./core.ts";

export interface Waiting {
  readonly actor: string;
  /** The start that waits. */
  readonly thread: string;
  /** What it waits for, e.g. "lock buffer.resv". */
  readonly waitsFor: string;
  /** The starts or threads that hold it. */
  readonly holders: readonly string[];
  /** Who will not provide it, or undefined where it is a holder that is listed itself. */
  readonly notProvidedBy?: string;
  /** All of it in a sentence. */
  readonly text: string;
  readonly at?: At;
}

/** The waits that make up a hang: the goal's thread, then those who hold what it waits for, each once. */
export function waiting(m: Machine, g: Graph, h: Hang, goal: number, counting: readonly Will[]): Waiting[] {
  const out: Waiting[] = [];
  const seen = new Set<number>();
  const work = [goal];
  for (const t of work) {
    if (seen.has(t)) continue;
    seen.add(t);
    g.states.load(h.state, m.core.words);
    const start = m.startOf(t);
    const thread = m.linked.threads[t]!;
    if (start === undefined) continue;
    const i = thread.named[position(m, t)]!;
    const code = thread.code[position(m, t)]!;
    m.choices.first();
    const isBlocked = m.step(t, false) === 0;
    g.states.load(h.state, m.core.words);
    const base = {
      actor: start.start.actor ?? thread.thread.actor,
      thread: start.start.name,
      ...(i.at ? { at: i.at } : {}),
    };
    if (!isBlocked && t !== goal) continue;
    const what = waitText(m, i, code, t);
    const held = holderThreads(m, code, t);
    work.push(...held);
    if (held.length > 0) {
      const names = held.map((n) => m.startOf(n)?.start.name ?? m.linked.threads[n]!.thread.name);
      const text = `${start.start.name} waits for ${what}, held by ${names.join(", ")}`;
      out.push({ ...base, waitsFor: what, holders: names, text });
      continue;
    }
    const exit = wayOut(g, h.state, t, counting);
    const missing = exit === undefined ? undefined : blame(m, g, exit);
    const text =
      missing === undefined
        ? `${start.start.name} waits for ${what}, and nothing that may still happen ends that`
        : `${start.start.name} waits for ${what}; only ${missing} could end that, and nobody may count on it`;
    out.push({
      ...base,
      waitsFor: what,
      holders: [],
      ...(missing === undefined ? {} : { notProvidedBy: missing }),
      text,
    });
  }
  return out;
}

/** `i` has the registers' names, `code` their slots. */
function waitText(m: Machine, i: Ins, code: Ins, t: number): string {
  const cell = (x: { readonly f: string; readonly o: E }): string =>
    cellName(m.linked, x.f, peek(m.linked, t, m.core.bytes, x.o));
  switch (code.op) {
    case "lock":
      return `lock ${cell(code)}`;
    case "grace":
      return `the readers of ${cell(code)}`;
    case "waitDone":
      return cell(code);
    case "await":
      return i.op === "await" ? printE(i.e) : "";
    default:
      return i.at?.text ?? (i.op === "act" ? i.act : i.op);
  }
}

/** The threads that hold the lock (or are inside as readers) that the instruction waits for. */
function holderThreads(m: Machine, i: Ins, t: number): number[] {
  if (i.op !== "lock" && i.op !== "grace") return [];
  const field = m.linked.layout.fields.get(i.f);
  const cls = field && m.linked.layout.classes.get(field.cls);
  if (field === undefined || cls === undefined) return [];
  const base = object(m.core, cls, i.o, { registers: m.linked.layout.threads[t]!.registers, observer: true }, i.f)();
  if (base === BLOCKED) return [];
  const names = holders(m, field, base + field.at);
  return [...m.linked.threads.keys()].filter((n) => n !== t && names.includes(m.linked.threads[n]!.thread.name));
}

/** What the edge is, for people: which start would begin or go on, and why it is not counted. */
function blame(m: Machine, g: Graph, exit: { readonly from: number; readonly by: number }): string {
  const t = exit.by >> 8;
  const { words } = m.core;
  g.states.load(exit.from, words);
  const running = m.startOf(t);
  if (running !== undefined) {
    const signal = (exit.by & WILL.voluntary) !== 0;
    return signal ? `a signal (or a failure) in ${running.start.name}` : running.start.name;
  }
  // An idle thread begins something: which of its starts needs such wills.
  const names = new Set<string>();
  m.choices.first();
  do {
    g.states.load(exit.from, words);
    m.log = [];
    const how = m.step(t, false);
    const start = m.log[0]?.start.start;
    if (how === Moved && start !== undefined && m.core.will === (exit.by & 0xff))
      names.add(`${start.name} (${start.will})`);
  } while (m.choices.next());
  m.log = undefined;
  return [...names].join(" or ") || m.linked.threads[t]!.thread.name;
}
