// Editing skeletons: evidence by deletion and repairs explore the same set with one instruction less or some more. Jump targets are kept right.
import type { Ins, Proc, SkeletonSet } from "./skeleton.ts";
import { ANY } from "./skeleton.ts";
import { retarget } from "./walk.ts";

/** What an instruction leaves in its result register where it is cut out: the value that it returns when all is well. */
export function successValue(i: Ins): number | undefined {
  switch (i.op) {
    case "lock":
      return i.how === "try" ? 1 : 0;
    case "count":
      return i.do === "put" ? 0 : 1;
    case "waitDone":
    case "await":
      return i.how === "interruptible" ? 0 : 0xfd;
    case "alloc":
      return 0;
    default:
      return undefined;
  }
}

/** The set with instruction `index` of procedure `proc` made a no-op: a result register gets `success`, by default what the instruction returns when all is well (0 for actions and calls). */
export function without(set: SkeletonSet, proc: string, index: number, success?: number): SkeletonSet {
  return editProc(set, proc, (p) => ({ ...p, code: p.code.map((i, n) => (n === index ? noop(i, n, success) : i)) }));
}

function noop(i: Ins, index: number, success: number | undefined): Ins {
  switch (i.op) {
    case "br":
      // A test that is cut out always passes: it goes where it would go if the expression were false.
      return { op: "jmp", to: i.else };
    case "jmp":
    case "choose":
    case "switch":
    case "return":
      return i;
    case "next":
      return { op: "let", r: i.r, e: { k: "c", v: 0 } };
    case "let":
      return { op: "let", r: i.r, e: { k: "c", v: success ?? ANY } };
    default: {
      const r = "r" in i ? i.r : undefined;
      if (r === undefined) return { op: "jmp", to: index + 1 };
      return { op: "let", r, e: { k: "c", v: success ?? successValue(i) ?? 0 } };
    }
  }
}

/** The set with one procedure replaced; the same set where there is no such procedure. */
export function editProc(set: SkeletonSet, proc: string, f: (p: Proc) => Proc): SkeletonSet {
  const p = set.procs[proc];
  return p === undefined ? set : { ...set, procs: { ...set.procs, [proc]: f(p) } };
}

/**
 * The procedure with `added` before the instruction that stands at `index` (the code's length: at the end). Jumps to `index` run the added code too unless
 * `skip`. Targets inside `added` count from its own beginning; its length means "on to what stood there".
 */
export function insert(p: Proc, index: number, added: readonly Ins[], skip = false): Proc {
  const shift = (t: number): number => (t > index || (skip && t === index) ? t + added.length : t);
  const code = p.code.map((i) => retarget(i, shift));
  const fresh = added.map((i) => retarget(i, (t) => t + index));
  return { ...p, code: [...code.slice(0, index), ...fresh, ...code.slice(index)] };
}

/** The procedure with the instruction at `from` moved to stand before the one now at `to`. Jumps to its old place go to what followed it. */
export function move(p: Proc, from: number, to: number): Proc {
  const i = p.code[from];
  if (i === undefined) return p;
  return remove(insert(p, to, [i]), from < to ? from : from + 1);
}

/** The procedure without the instruction at `index`; jumps to it go to the next one. */
export function remove(p: Proc, index: number): Proc {
  return {
    ...p,
    code: p.code.filter((_, n) => n !== index).map((i) => retarget(i, (t) => (t > index ? t - 1 : t))),
  };
}

/** The procedure with `added` before every return (and the end that falls off): for what must be undone on each way out. */
export function beforeReturns(p: Proc, added: readonly Ins[]): Proc {
  const last = p.code.at(-1);
  let out = p;
  if (last === undefined || last.op !== "return") out = insert(out, out.code.length, added);
  for (let n = p.code.length - 1; n >= 0; n--) if (p.code[n]?.op === "return") out = insert(out, n, added);
  return out;
}
