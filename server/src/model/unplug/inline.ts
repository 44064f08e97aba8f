// One start's code as one flat list: calls are replaced by the bodies they name, and instructions are split until each touches shared state at most once.
import type { E, Ins, Proc } from "./skeleton.ts";
import { mapExpressions, readsShared, renameRegisters, retarget } from "./walk.ts";

/** Calls nest at most this deep; the deepest chain walked by hand (ioctl → reset → move → put → done) has 9. */
export const CALL_DEPTH = 24;
/** One procedure may stand at most this often in a chain of calls; deeper is unknown code. */
export const RECURSION = 2;
/** Instructions of one start after inlining. */
export const CODE_BUDGET = 20_000;

/** The act that stands where the code is not known; running into it makes the exploration incomplete. */
export const TRAP = "$trap";

export interface Sources {
  readonly procs: Readonly<Record<string, Proc>>;
  readonly slots: Readonly<Record<string, string>>;
}

export interface Flat {
  /** Without calls. `return` leaves the start. Registers are unique to their call. */
  readonly code: readonly Ins[];
  /** The registers that get the start's arguments. */
  readonly params: readonly string[];
}

/** Inlines everything that `proc` calls. What cannot be inlined (unknown procedure, recursion, budget) becomes a trap that says why. */
export function inline(sources: Sources, proc: string): Flat {
  const out: Ins[] = [];
  // Targets are label numbers until the end; labels[n] is the position of label n.
  const labels: number[] = [];
  let fresh = 0;
  const label = (): number => labels.push(-1) - 1;
  const place = (l: number): void => void (labels[l] = out.length);
  const temporary = (): string => `$${fresh++}`;
  const trap = (why: string, at: Ins["at"]): void =>
    void out.push({ ...(at ? { at } : {}), op: "act", act: TRAP, args: [], opt: { why } });

  /** An expression that reads shared state at most once, after the instructions that read the rest. */
  function atom(e: E, at: Ins["at"]): E {
    if (!readsShared(e)) return e;
    if ("o" in e) return { ...e, o: simple(e.o, at) };
    if (e.k === "not" || e.k === "err") return { ...e, e: atom(e.e, at) };
    if (e.k !== "bin") return e;
    if ((e.op === "&&" || e.op === "||") && readsShared(e.r)) {
      const r = temporary();
      const [yes, no, end] = [label(), label(), label()];
      branch(e, yes, no, at);
      place(yes);
      push({ op: "let", r, e: { k: "c", v: 1 } }, undefined);
      push({ op: "jmp", to: end }, undefined);
      place(no);
      push({ op: "let", r, e: { k: "c", v: 0 } }, undefined);
      place(end);
      return { k: "r", r };
    }
    if (!readsShared(e.l)) return { ...e, r: atom(e.r, at) };
    if (!readsShared(e.r)) return { ...e, l: atom(e.l, at) };
    return { ...e, l: simple(e.l, at), r: atom(e.r, at) };
  }

  /** An expression over registers only. */
  function simple(e: E, at: Ins["at"]): E {
    const a = atom(e, at);
    if (!readsShared(a)) return a;
    const r = temporary();
    // One C expression is one line of a trace: the reads before it have no text of their own.
    push({ op: "let", r, e: a }, at && { ...at, text: "" });
    return { k: "r", r };
  }

  function branch(e: E, then: number, otherwise: number, at: Ins["at"]): void {
    if (e.k === "not") return branch(e.e, otherwise, then, at);
    if (e.k === "bin" && (e.op === "&&" || e.op === "||") && readsShared(e.r)) {
      const more = label();
      if (e.op === "&&") branch(e.l, more, otherwise, at);
      else branch(e.l, then, more, at);
      place(more);
      return branch(e.r, then, otherwise, at);
    }
    push({ op: "br", e: atom(e, at), then, else: otherwise }, at);
  }

  function push(i: Ins, at: Ins["at"]): void {
    out.push(at ? { ...i, at } : i);
  }

  /** Emits one instruction whose registers and targets are already those of the flat code. */
  function emit(i: Ins): void {
    switch (i.op) {
      case "br":
        return branch(i.e, i.then, i.else, i.at);
      case "let":
      case "switch":
      case "check":
        return push(
          mapExpressions(i, (e) => atom(e, i.at)),
          i.at,
        );
      case "await":
        return push(i, i.at);
      default:
        return push(
          mapExpressions(i, (e) => simple(e, i.at)),
          i.at,
        );
    }
  }

  function call(i: Ins & { readonly op: "call" }, stack: readonly string[]): void {
    const name = i.proc ?? (i.slot === undefined ? undefined : sources.slots[i.slot]);
    if (name === undefined) {
      if (i.r !== undefined) push({ op: "let", r: i.r, e: { k: "c", v: i.absent ?? 0 } }, i.at);
      return;
    }
    expand(name, i.args, i.r, stack, i.at);
  }

  function expand(name: string, args: readonly E[], r: string | undefined, stack: readonly string[], at: Ins["at"]) {
    const body = sources.procs[name];
    if (body === undefined) return trap(`procedure ${name} is not known`, at);
    if (stack.length >= CALL_DEPTH) return trap(`calls nest deeper than ${CALL_DEPTH} at ${name}`, at);
    if (stack.filter((s) => s === name).length >= RECURSION) return trap(`${name} recurs`, at);
    if (out.length > CODE_BUDGET) return trap(`more than ${CODE_BUDGET} instructions at ${name}`, at);
    const instance = fresh++;
    const rename = (x: string): string => `${x}.${instance}`;
    const first = labels.length;
    for (let i = 0; i <= body.code.length; i++) label();
    const end = first + body.code.length;
    for (const [i, p] of body.params.entries())
      push({ op: "let", r: rename(p), e: atom(args[i] ?? { k: "any" }, at) }, at);
    // Falling off the end returns 0.
    if (r !== undefined) push({ op: "let", r, e: { k: "c", v: 0 } }, at);
    for (const [index, original] of body.code.entries()) {
      place(first + index);
      let i = retarget(renameRegisters(original, rename), (t) => first + Math.max(0, Math.min(t, body.code.length)));
      if (i.at && i.at.fn === undefined && body.fn !== undefined) i = { ...i, at: { ...i.at, fn: body.fn } };
      if (i.op === "call") call(i, [...stack, name]);
      else if (i.op === "return") {
        if (r !== undefined) push({ op: "let", r, e: atom(i.e ?? { k: "c", v: 0 }, i.at) }, i.at);
        push({ op: "jmp", to: end }, i.at);
      } else emit(i);
    }
    place(end);
  }

  const body = sources.procs[proc];
  const params = (body?.params ?? []).map((p) => `arg.${p}`);
  expand(
    proc,
    params.map((r) => ({ k: "r", r })),
    undefined,
    [],
    undefined,
  );
  out.push({ op: "return" });
  return { code: out.map((i) => retarget(i, (l) => labels[l] ?? out.length - 1)), params };
}
