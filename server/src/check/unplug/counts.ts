// Calls that count: references of every kind, and what is called with the last of them.
import { branch, jump, label, place, push } from "./code.ts";
import { contract, follow } from "./calls.ts";
import { cellOf } from "./cells.ts";
import { evaluate } from "./expressions.ts";
import { give, resultRegister } from "./meanings.ts";
import { c, expression, number, r, unknown } from "./values.ts";
import type { Val } from "./values.ts";
import type { Cell } from "./cells.ts";
import type { Frame } from "./context.ts";
import type { Call } from "./meanings.ts";
import type { At, E, FieldId } from "../../model/unplug/skeleton.ts";
import type { Meaning } from "../../model/unplug/vocabulary.ts";

/** A call that counts. */
export function count(frame: Frame, e: Call, m: Meaning & { readonly m: "count" }, where: At): void {
  const { code } = frame;
  const arg = e.args[m.arg] ?? { k: "unknown", why: "no argument" };
  const cell = cellOf(frame, arg, "count");
  if (cell === undefined) {
    give(frame, e, m.result === "pointer" ? evaluate(frame, arg) : unknown);
    return;
  }
  const loose = m.loose === true ? { loose: true as const } : {};
  if (m.do === "init") {
    const v = m.value === undefined ? number(1) : evaluate(frame, e.args[m.value] ?? arg);
    const n = v.v.k === "num" ? v.v.n : undefined;
    if (n === undefined || n < 0)
      frame.world.unseen.push({ span: e.span, why: "a count is set to a value that is not known", about: cell.f });
    push(code, { op: "count", do: "init", ...cell, ...loose, value: Math.max(0, n ?? 1) }, where);
    if (e.result !== undefined) give(frame, e, unknown);
    return;
  }
  if (m.do === "getUnlessZero") {
    const reg = resultRegister(frame, e);
    push(code, { op: "count", do: m.do, ...cell, ...loose, r: reg }, where);
    give(frame, e, expression(r(reg), undefined));
    return;
  }
  if (m.do === "get") {
    push(code, { op: "count", do: "get", ...cell, ...loose }, where);
    give(frame, e, m.result === "pointer" ? evaluate(frame, arg) : unknown);
    return;
  }
  const release = m.release === undefined ? releaseOf(frame, m, cell.f) : evaluate(frame, e.args[m.release] ?? arg);
  const lock = m.lock === undefined ? undefined : cellOf(frame, e.args[m.lock] ?? arg, "lock");
  const needed = e.result !== undefined || release !== undefined || lock !== undefined;
  const reg = needed ? resultRegister(frame, e) : undefined;
  if (reg === undefined || lock === undefined)
    push(code, { op: "count", do: "put", ...cell, ...loose, ...(reg === undefined ? {} : { r: reg }) }, where);
  else putUnderLock(frame, { ...cell, ...loose }, lock, reg, where);
  if (reg === undefined) return;
  give(frame, e, expression(m.result === "left" ? { k: "not", e: r(reg) } : r(reg), undefined));
  if (release === undefined) return;
  const [last, end] = [label(code), label(code)];
  branch(code, r(reg), last, end, where);
  place(code, last);
  const callback = release.v.k === "fn" ? release.v : undefined;
  if (callback === undefined || !contract(frame, { ...e, result: undefined }, callback.name, [arg])) {
    const fn = callback === undefined ? undefined : frame.world.callee(callback.name, callback.file);
    if (fn === undefined)
      frame.world.unseen.push({ span: e.span, why: "a release function that is not known", about: cell.f });
    else follow(frame, { ...e, result: undefined }, fn, [evaluate(frame, arg)]);
  }
  place(code, end);
}

/** The function that the count was given when it was set up, whoever did that. */
function releaseOf(
  frame: Frame,
  { releaseOf: given }: Meaning & { readonly m: "count" },
  field: FieldId,
): Val | undefined {
  if (given === undefined) return undefined;
  const { types, program } = frame.world;
  for (const ref of program.mentions(given.call)) {
    const fn = "name" in ref ? program.facts(ref) : undefined;
    for (const call of fn?.blocks.flatMap((b) => b.effects) ?? []) {
      if (fn === undefined || call.kind !== "call" || call.callee.k !== "name" || call.callee.name !== given.call)
        continue;
      const [counted, release] = [call.args[0], call.args[given.arg]];
      if (counted?.k !== "addr" || counted.e.k !== "field" || release?.k !== "name") continue;
      const m = types.member(types.of(counted.e.base, fn), counted.e.name, fn.file);
      if (`${m?.tag ?? ""}.${counted.e.name}` === field)
        return { v: { k: "fn", name: release.name, file: fn.file }, type: undefined };
    }
  }
  frame.world.unseen.push({
    span: frame.fn.span,
    why: `what ${field} was set up to release is not known`,
    about: field,
  });
  return undefined;
}

/**
 * refcount_dec_and_mutex_lock() and its like (lib/refcount.c): with one reference left they take the lock first, and keep it if theirs was the last.
 * Whoever finds more left and is the last all the same, because others were faster, takes the lock after that.
 */
function putUnderLock(frame: Frame, cell: Cell & { readonly loose?: true }, lock: Cell, reg: string, where: At): void {
  const { code } = frame;
  const [one, more, keep, drop, end] = [label(code), label(code), label(code), label(code), label(code)];
  const left: E = { k: "count", f: cell.f, o: cell.o };
  branch(code, { k: "bin", op: "==", l: left, r: c(1) }, one, more, where);
  place(code, one);
  push(code, { op: "lock", ...lock, mode: "write", how: "wait" }, where);
  push(code, { op: "count", do: "put", ...cell, r: reg }, where);
  branch(code, r(reg), end, drop, where);
  place(code, drop);
  push(code, { op: "unlock", ...lock, mode: "write" }, where);
  jump(code, end);
  place(code, more);
  push(code, { op: "count", do: "put", ...cell, r: reg }, where);
  branch(code, r(reg), keep, end, where);
  place(code, keep);
  push(code, { op: "lock", ...lock, mode: "write", how: "wait" }, where);
  place(code, end);
}
