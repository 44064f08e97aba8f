// What a path knows of values: whether they are negative (or an error pointer), zero (or NULL), or positive (or a valid pointer).
import type { Term } from "./term.ts";

export const ZERO = 2;
export const POS = 4;
/** An error that is one, and an error that says that the work goes on by itself. */
export const FAILED = 1;
export const PENDING = 8;
export const NEG = FAILED | PENDING;
export const ANY = NEG | ZERO | POS;
/** What nothing is known of; that it says "goes on" must be written somewhere. */
const UNKNOWN = FAILED | ZERO | POS;

/** Errors that mean that what was asked for goes on by itself. */
const GOES_ON = new Set(["EINPROGRESS", "EIOCBQUEUED"]);

/** Term → what it may be. A term that is not there may be anything. */
export type Facts = Map<Term, number>;

const invert = (mask: number): number => (mask & ZERO ? NEG | POS : 0) | (mask & (NEG | POS) ? ZERO : 0);

/** What `t` may be, given the facts. Never empty on a path that can be. */
export function maskOf(facts: Facts, t: Term): number {
  const own = facts.get(t) ?? UNKNOWN;
  switch (t.k) {
    case "num":
      return t.value < 0 ? FAILED : t.value === 0 ? ZERO : POS;
    case "str":
    case "var":
      return POS;
    case "faddr":
    case "iaddr":
      return own & (t.k === "faddr" && maskOf(facts, t.base) === POS ? POS : own);
    case "sym":
      return /^E[A-Z0-9]+$/.test(t.name) ? POS : own;
    case "un": {
      const e = maskOf(facts, t.e);
      if (t.op === "!") return own & toTruth(invert(e));
      if (t.op === "-") {
        if (t.e.k === "sym" && GOES_ON.has(t.e.name)) return PENDING;
        return own & ((e & NEG ? POS : 0) | (e & ZERO ? ZERO : 0) | (e & POS ? FAILED : 0));
      }
      if (t.op === "errno") return (facts.get(t) ?? ANY) & ((e & NEG) | (e & (ZERO | POS) ? ZERO : 0));
      // Who gives error pointers gives no NULL: what is no error is valid.
      if (t.op === "iserr") return own & ((e & NEG ? POS : 0) | (e & (ZERO | POS) ? ZERO : 0));
      return own;
    }
    case "bin":
      return own & binary(facts, t);
    case "param":
    case "op":
    case "load":
    case "pure":
      return own;
  }
}

/** A truth is 0 or 1. */
const toTruth = (mask: number): number => (mask & ZERO) | (mask & (NEG | POS) ? POS : 0);

function binary(facts: Facts, t: Term & { readonly k: "bin" }): number {
  if (t.op === "<") {
    const sides = comparison(t);
    if (sides === undefined) return ZERO | POS;
    const mask = maskOf(facts, sides.of);
    return (mask & sides.yes ? POS : 0) | (mask & sides.no ? ZERO : 0);
  }
  if (t.op === "==") {
    const [l, r] = [maskOf(facts, t.l), maskOf(facts, t.r)];
    if ((l & r) === 0) return ZERO;
    for (const [a, b] of [
      [t.l, t.r],
      [t.r, t.l],
    ] as const) {
      if (a.k !== "num") continue;
      // Known to be another number.
      for (const [fact, mask] of facts)
        if (mask === POS && fact.k === "bin" && fact.op === "==" && fact !== t && isOther(fact, b, a.value))
          return ZERO;
    }
    return ZERO | POS;
  }
  if (t.op === "+" && t.r.k === "num") {
    const l = maskOf(facts, t.l);
    if (t.r.value > 0 && (l & NEG) === 0) return POS;
    return UNKNOWN;
  }
  if (t.op === "*") {
    const [l, r] = [maskOf(facts, t.l), maskOf(facts, t.r)];
    if (((l | r) & NEG) === 0) return ((l | r) & ZERO ? ZERO : 0) | (l & r & POS ? POS : 0);
  }
  return UNKNOWN;
}

const isOther = (fact: Term & { readonly k: "bin" }, of: Term, value: number): boolean =>
  (fact.l === of && fact.r.k === "num" && fact.r.value !== value) ||
  (fact.r === of && fact.l.k === "num" && fact.l.value !== value);

/** What `x < c` or `c < x` says of x where it holds and where it does not; undefined where neither side is a number. */
function comparison(t: Term & { readonly k: "bin" }): { of: Term; yes: number; no: number } | undefined {
  if (t.r.k === "num") {
    const n = t.r.value;
    return { of: t.l, yes: n <= 0 ? NEG : n === 1 ? NEG | ZERO : ANY, no: n < 0 ? ANY : n === 0 ? ZERO | POS : POS };
  }
  if (t.l.k === "num") {
    const n = t.l.value;
    return { of: t.r, yes: n >= 0 ? POS : n === -1 ? ZERO | POS : ANY, no: n > 0 ? ANY : n === 0 ? NEG | ZERO : NEG };
  }
  return undefined;
}

/** Learns that `t` is one of `mask`. False where that can't be: the path is not taken. */
export function learn(facts: Facts, t: Term, mask: number): boolean {
  const now = maskOf(facts, t) & mask;
  if (now === 0) return false;
  if (now === maskOf(facts, t)) return true;
  switch (t.k) {
    case "num":
    case "str":
    case "var":
      return true;
    case "un":
      if (t.op === "!") return learn(facts, t.e, invert(now));
      if (t.op === "-") return learn(facts, t.e, (now & NEG ? POS : 0) | (now & ZERO) | (now & POS ? NEG : 0));
      if (t.op === "iserr" && now === POS) return learn(facts, t.e, NEG);
      if (t.op === "iserr" && now === ZERO) {
        const valid = maskOf(facts, t.e) & ~NEG;
        return learn(facts, t.e, valid & POS || valid);
      }
      if (t.op === "errno") return learn(facts, t.e, (now & NEG) | (now & ZERO ? ZERO | POS : 0));
      break;
    case "bin":
      if (t.op === "<") {
        const sides = comparison(t);
        if (sides !== undefined && now !== (ZERO | POS)) {
          if (!learn(facts, sides.of, now === POS ? sides.yes : sides.no)) return false;
        }
      }
      if (t.op === "==" && now === POS) {
        const both = maskOf(facts, t.l) & maskOf(facts, t.r);
        if (!learn(facts, t.l, both) || !learn(facts, t.r, both)) return false;
      }
      break;
    case "sym":
    case "param":
    case "op":
    case "faddr":
    case "iaddr":
    case "load":
    case "pure":
      break;
  }
  facts.set(t, now);
  return true;
}

/** True or false where the facts say so. */
export function truth(facts: Facts, t: Term): boolean | undefined {
  const mask = maskOf(facts, t);
  return (mask & ZERO) === 0 ? true : mask === ZERO ? false : undefined;
}
