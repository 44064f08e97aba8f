// Are two values known to be different? Where they can't be compared, the answer is no: nothing is said then.
import type { PathVocabulary } from "../../model/paths.ts";
import { maskOf } from "./knowledge.ts";
import type { Facts } from "./knowledge.ts";
import { contains, linear } from "./term.ts";
import type { Term } from "./term.ts";

/** True where role `role` was `was` and is now provably something else. */
export function differ(v: PathVocabulary, facts: Facts, role: string, was: Term, is: Term): boolean {
  if (was === is) return false;
  if (role === "direction") {
    const [a, b] = [directionOf(v, was), directionOf(v, is)];
    return a !== undefined && b !== undefined && a !== b;
  }
  if (role === "cpu" || role === "handle") return isBeside(was, is);
  const [a, b] = [linear(was), linear(is)];
  if (a.base === undefined && b.base === undefined) return a.offset !== b.offset;
  if (a.base === b.base) return a.offset !== b.offset;
  // A constant against a value that is known to be zero, or a factor more or less.
  if (a.base === undefined || b.base === undefined) return false;
  return (
    (was.k === "bin" && isMultiple(was, is)) ||
    (is.k === "bin" && isMultiple(is, was)) ||
    (maskOf(facts, was) & maskOf(facts, is)) === 0
  );
}

/** `n * 8` against `n`. */
function isMultiple(t: Term & { readonly k: "bin" }, of: Term): boolean {
  return t.op === "*" && t.l === of && t.r.k === "num" && t.r.value > 1;
}

/** The value of a direction that is written as a constant. */
export function directionOf(v: PathVocabulary, t: Term): number | undefined {
  return t.k === "num" ? t.value : t.k === "sym" ? v.directions[t.name] : undefined;
}

/** An address made from the other one by adding to it or by aligning it: not the one that was returned. */
function isBeside(was: Term, is: Term): boolean {
  const [a, b] = [linear(was), linear(is)];
  if (a.base !== undefined && a.base === b.base) return a.offset !== b.offset;
  return is.k === "pure" && /ALIGN|round/i.test(is.name) && contains(is, was);
}

/** The direction that leaves everything open. */
export const isBoth = (v: PathVocabulary, t: Term): boolean => directionOf(v, t) === v.directions[v.both];
