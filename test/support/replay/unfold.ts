// A procedure as the replayer runs it: each instruction taken apart so that it looks at shared state once, in the order in which C evaluates. Written from the
// comments of skeleton.ts alone; shares nothing with the machine that it checks.
import type { StepKind } from "../../../server/src/base/trace.ts";
import type { At, E, Ins, Proc } from "../../../server/src/model/unplug/skeleton.ts";

/** One instruction of an unfolded procedure; its targets are positions in the unfolded code. */
export interface Micro {
  readonly ins: Ins;
  readonly at: At | undefined;
  /** It touches registers only: nobody can tell when it runs, and a trace may leave it out. */
  readonly local: boolean;
  /** It reads shared state for a larger expression: it happens, but a trace does not show it. */
  readonly hidden: boolean;
  /** What a trace calls it; undefined where a trace never shows it. */
  readonly kind: StepKind | undefined;
}

/** The register in which a procedure leaves what it returns. */
export const RESULT = "(result)";

export interface Code {
  readonly procs: Readonly<Record<string, Proc>>;
  readonly slots: Readonly<Record<string, string>>;
}

export function readsShared(e: E): boolean {
  if ("o" in e) return true;
  if (e.k === "not" || e.k === "err") return readsShared(e.e);
  return e.k === "bin" && (readsShared(e.l) || readsShared(e.r));
}

/** What a trace calls an instruction. */
function kindOf(i: Ins, at: At | undefined): StepKind | undefined {
  const shown = at?.text !== undefined;
  switch (i.op) {
    case "let":
      return readsShared(i.e) ? "test" : shown ? "store" : undefined;
    case "br":
    case "switch":
    case "check":
      return readsShared(i.e) || at !== undefined ? "test" : undefined;
    case "jmp":
    case "choose":
    case "return":
      return shown ? "call" : undefined;
    case "call":
      return undefined;
    case "assertHeld":
      return "test";
    case "lock":
    case "unlock":
      return i.op;
    case "grace":
    case "waitDone":
    case "await":
      return "wait";
    case "next":
    case "alloc":
    case "free":
      return "call";
    case "act":
      return at?.span === undefined ? "environment" : "call";
    default:
      return "store";
  }
}

/** The procedure that a call runs; undefined where the slot is empty. */
export const calleeOf = (code: Code, i: Ins & { readonly op: "call" }): string | undefined =>
  i.proc ?? (i.slot === undefined ? undefined : code.slots[i.slot]);

/** `wanted`: somebody looks at what the procedure returns; otherwise a returned expression is not even evaluated. */
export function unfold(code: Code, proc: Proc, wanted: boolean): readonly Micro[] {
  const out: Micro[] = [];
  // Targets are labels until the end: label n < length + 1 is original instruction n, others are made here.
  const labels: number[] = proc.code.map(() => -1).concat(-1);
  let temporaries = 0;
  const fresh = (): string => `(${temporaries++})`;
  const label = (): number => labels.push(-1) - 1;
  const place = (l: number): void => void (labels[l] = out.length);

  function push(ins: Ins, at: At | undefined, hidden = false): void {
    const touches =
      ins.op === "let" || ins.op === "br" || ins.op === "switch" || ins.op === "check" ? readsShared(ins.e) : undefined;
    const local = touches === undefined ? ["jmp", "choose", "return", "call"].includes(ins.op) : !touches;
    const unseen = hidden || at?.text === "";
    out.push({ ins, at, local, hidden: unseen && !local, kind: unseen ? undefined : kindOf(ins, at) });
  }

  /** An equivalent expression over registers. Reads that a trace does not show where the instruction stands in C. */
  function flat(e: E, at: At | undefined): E {
    const last = once(e, at);
    if (!readsShared(last)) return last;
    const r = fresh();
    push({ op: "let", r, e: last }, at, at !== undefined);
    return { k: "r", r };
  }

  /** An equivalent expression that reads shared state at most once. */
  function once(e: E, at: At | undefined): E {
    if (!readsShared(e)) return e;
    if ("o" in e) return { ...e, o: flat(e.o, at) };
    if (e.k === "not" || e.k === "err") return { ...e, e: once(e.e, at) };
    if (e.k !== "bin") return e;
    if ((e.op === "&&" || e.op === "||") && readsShared(e.r)) {
      const r = fresh();
      const yes = label();
      const no = label();
      const end = label();
      test(e, yes, no, at);
      place(yes);
      push({ op: "let", r, e: { k: "c", v: 1 } }, undefined);
      push({ op: "jmp", to: end }, undefined);
      place(no);
      push({ op: "let", r, e: { k: "c", v: 0 } }, undefined);
      place(end);
      return { k: "r", r };
    }
    if (!readsShared(e.r)) return { ...e, l: once(e.l, at) };
    if (!readsShared(e.l)) return { ...e, r: once(e.r, at) };
    const l = flat(e.l, at);
    return { ...e, l, r: once(e.r, at) };
  }

  /** Goes to one of two labels; the right side of && and || is looked at only where the left side leaves it open. */
  function test(e: E, yes: number, no: number, at: At | undefined): void {
    if (e.k === "not") return test(e.e, no, yes, at);
    if (e.k === "bin" && (e.op === "&&" || e.op === "||") && readsShared(e.r)) {
      const more = label();
      if (e.op === "&&") test(e.l, more, no, at);
      else test(e.l, yes, more, at);
      place(more);
      return test(e.r, yes, no, at);
    }
    push({ op: "br", e: once(e, at), then: yes, else: no }, at);
  }

  function call(i: Ins & { readonly op: "call" }, at: At | undefined): void {
    const name = calleeOf(code, i);
    if (name === undefined) {
      if (i.r !== undefined) push({ op: "let", r: i.r, e: { k: "c", v: i.absent ?? 0 } }, at);
      return;
    }
    // What the procedure has no parameter for is not evaluated.
    const args = (code.procs[name]?.params ?? []).map((_, n): E => {
      const r = fresh();
      push({ op: "let", r, e: once(i.args[n] ?? { k: "any" }, at) }, at);
      return { k: "r", r };
    });
    if (i.r !== undefined) push({ op: "let", r: i.r, e: { k: "c", v: 0 } }, at);
    push({ ...i, args }, at);
  }

  function one(i: Ins, at: At | undefined): void {
    switch (i.op) {
      case "br":
        return test(i.e, i.then, i.else, at);
      case "let":
      case "switch":
      case "check":
        return push({ ...i, e: once(i.e, at) }, at);
      case "await":
      case "jmp":
      case "choose":
      case "alloc":
        return push(i, at);
      case "call":
        return call(i, at);
      case "return":
        if (wanted) push({ op: "let", r: RESULT, e: once(i.e ?? { k: "c", v: 0 }, at) }, at);
        return push({ op: "return" }, at);
      case "store": {
        const o = flat(i.o, at);
        return push({ ...i, o, e: flat(i.e, at) }, at);
      }
      case "link": {
        const o = flat(i.o, at);
        return push({ ...i, o, owner: flat(i.owner, at) }, at);
      }
      case "next":
        return push({ ...i, owner: flat(i.owner, at) }, at);
      case "act":
        return push({ ...i, args: i.args.map((e) => flat(e, at)) }, at);
      default:
        return push({ ...i, o: flat(i.o, at) }, at);
    }
  }

  for (const [n, i] of proc.code.entries()) {
    place(n);
    const fn = i.at?.fn ?? proc.fn;
    one(i, i.at && (fn === undefined ? i.at : { ...i.at, fn }));
  }
  place(proc.code.length);
  if (wanted) push({ op: "let", r: RESULT, e: { k: "c", v: 0 } }, undefined);
  push({ op: "return" }, undefined);
  const to = (l: number): number => labels[Math.max(0, l)] ?? out.length - 1;
  return out.map((m) => ({ ...m, ins: aimed(m.ins, to) }));
}

function aimed(i: Ins, to: (l: number) => number): Ins {
  switch (i.op) {
    case "jmp":
      return { ...i, to: to(i.to) };
    case "choose":
      return { ...i, to: i.to.map(to) };
    case "br":
      return { ...i, then: to(i.then), else: to(i.else) };
    case "switch":
      return { ...i, cases: i.cases.map(([v, t]) => [v, to(t)] as const), default: to(i.default) };
    case "next":
      return { ...i, done: to(i.done) };
    default:
      return i;
  }
}
