// Flags as bits of a word (include/linux/bitops.h): each bit is a cell of its own, named after its constant. What exchanges a value does so in one step.
import { push } from "./code.ts";
import { at, fieldInfo } from "./context.ts";
import { evaluate } from "./expressions.ts";
import { give, resultRegister } from "./meanings.ts";
import { c, expression, r, toE } from "./values.ts";
import type { Bare } from "./code.ts";
import type { Frame } from "./context.ts";
import type { Call } from "./meanings.ts";
import type { Value } from "../../facts/facts.ts";
import type { E, FieldId } from "../../model/unplug/skeleton.ts";
import type { Meaning } from "../../model/unplug/vocabulary.ts";

interface Cell {
  readonly f: FieldId;
  readonly o: E;
}

/** What separates a bit's name from its word's: "tag.flags.GONE". */
export const wordOf = (f: FieldId): FieldId => f.split(".").slice(0, 2).join(".");

/** set_bit(), clear_bit(), test_bit(), and those that do two of these at once. */
export function bit(frame: Frame, e: Call, m: Meaning & { readonly m: "bit" }, name: string): void {
  const where = at(frame, e.span, name);
  const cell = bitCell(frame, e.args[m.nr], e.args[m.arg]);
  if (cell === undefined) return give(frame, e, { v: { k: "any" }, type: undefined });
  const old: E = { k: "f", ...cell };
  const stores: Bare[] = m.to === undefined ? [] : [{ op: "store", ...cell, e: c(m.to) }];
  if (!m.old) {
    for (const i of stores) push(frame.code, i, where);
    return;
  }
  if (stores.length === 0) return give(frame, e, expression(old, undefined), where);
  const reg = resultRegister(frame, e);
  inOneStep(frame, e, name, cell, [{ op: "let", r: reg, e: old }, ...stores]);
  give(frame, e, expression(r(reg), undefined));
}

/** xchg(): the old value, and a new one in its place. */
export function exchange(frame: Frame, e: Call, m: Meaning & { readonly m: "exchange" }, name: string): void {
  const v = evaluate(frame, e.args[m.arg] ?? { k: "unknown", why: "no argument" });
  const value = toE(evaluate(frame, e.args[m.value] ?? { k: "unknown", why: "no argument" }));
  if (v.v.k !== "at" || v.v.place.k !== "cell" || v.v.place.o.k === "any")
    return give(frame, e, { v: { k: "any" }, type: undefined });
  const { tag, field, outer, o, type } = v.v.place;
  const kind = frame.world.types.kind(type, frame.fn.file);
  const info = fieldInfo(frame.world, tag, field, kind === "pointer" ? "pointer" : "value", outer);
  if (kind === "pointer") info.to ??= frame.world.types.tag(type, frame.fn.file);
  frame.world.stored.add(info.id);
  const reg = resultRegister(frame, e);
  const cell = { f: info.id, o };
  inOneStep(frame, e, name, cell, [
    { op: "let", r: reg, e: { k: "f", ...cell } },
    { op: "store", ...cell, e: value },
  ]);
  give(frame, e, expression(r(reg), type));
}

/** Two looks at a cell with nobody in between who does the same: under a lock that only these take. */
function inOneStep(frame: Frame, e: Call, name: string, { f, o }: Cell, code: readonly Bare[]): void {
  const where = at(frame, e.span, name);
  const [tag = "", ...rest] = f.split(".");
  const lock = fieldInfo(frame.world, tag, `${rest.join(".")}!`, "lock", tag).id;
  push(frame.code, { op: "lock", f: lock, o, mode: "write", how: "wait" }, where);
  for (const i of code) push(frame.code, i, where);
  push(frame.code, { op: "unlock", f: lock, o, mode: "write" }, where);
}

/** The cell of a bit whose number is a constant. Of a word whose bits are not told apart nothing is known. */
function bitCell(frame: Frame, nr: Value | undefined, word: Value | undefined): Cell | undefined {
  if (nr === undefined || word === undefined) return undefined;
  const v = evaluate(frame, word);
  if (v.v.k !== "at" || v.v.place.k !== "cell" || v.v.place.o.k === "any") return undefined;
  const { tag, field, outer, o } = v.v.place;
  const n = evaluate(frame, nr);
  // The word itself, read as a number, is anything.
  fieldInfo(frame.world, tag, field, "value", outer).array = true;
  if (n.v.k !== "num") {
    frame.world.unseen.push({ span: frame.fn.span, why: "a bit whose number is not known", about: `${tag}.${field}` });
    return undefined;
  }
  const name = nr.k === "name" ? nr.name : String(n.v.n);
  const info = fieldInfo(frame.world, tag, `${field}.${name}`, "value", outer);
  frame.world.stored.add(info.id);
  return { f: info.id, o };
}
