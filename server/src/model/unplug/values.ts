// Arithmetic of model values: bytes of which MANY, ERR and ANY stand for many. Where a result is not decided, the caller's `choose` decides.
import { ANY, ERR, MANY } from "./skeleton.ts";
import type { E } from "./skeleton.ts";

export type Choose = (n: number) => number;
export type Operator = (E & { readonly k: "bin" })["op"];

/** The largest number that stands for itself. */
export const LARGEST = 199;

/** What an unknown value without further knowledge may be. */
export const EVERYTHING: readonly number[] = [0, MANY, ERR];

/** A number as a model value. */
export const clamp = (n: number): number => (n < 0 ? ERR : n > LARGEST ? MANY : n);

/** Whether l == r; undefined where it is not decided. Neither is ANY. */
export function equal(l: number, r: number): boolean | undefined {
  if (l === r) return l === MANY || l === ERR ? undefined : true;
  if (l === MANY) return r === 0 || r === ERR ? false : undefined;
  if (r === MANY) return l === 0 || l === ERR ? false : undefined;
  return false;
}

/** Whether l < r; undefined where it is not decided. Neither is ANY. Errors are below 0, MANY is at least 1. */
export function less(l: number, r: number): boolean | undefined {
  if (l === ERR) return r === ERR ? undefined : true;
  if (r === ERR) return false;
  if (l === MANY) return r === MANY || r > 1 ? undefined : false;
  if (r === MANY) return l === 0 ? true : undefined;
  return l < r;
}

/** The value of a binary operator other than && and ||, on values of which neither is ANY. */
export function apply(op: Exclude<Operator, "&&" | "||">, l: number, r: number, choose: Choose): number {
  const bit = (b: boolean | undefined): number => (b === undefined ? 1 - choose(2) : b ? 1 : 0);
  const nor = (b: boolean | undefined): number => (b === undefined ? choose(2) : b ? 0 : 1);
  switch (op) {
    case "==":
      return bit(equal(l, r));
    case "!=":
      return nor(equal(l, r));
    case "<":
      return bit(less(l, r));
    case ">=":
      return nor(less(l, r));
    case ">":
      return bit(less(r, l));
    case "<=":
      return nor(less(r, l));
    case "+":
      if (l <= LARGEST && r <= LARGEST) return clamp(l + r);
      if (l === 0) return r;
      if (r === 0) return l;
      return l === ERR || r === ERR ? ANY : MANY;
    case "-":
      if (l <= LARGEST && r <= LARGEST) return clamp(l - r);
      if (r === 0) return l;
      return ANY;
    case "&":
      if (l <= LARGEST && r <= LARGEST) return l & r;
      if (l === 0 || r === 0) return 0;
      return choose(2) === 0 ? 0 : singleBit(l) ? l : singleBit(r) ? r : MANY;
    case "|":
      if (l <= LARGEST && r <= LARGEST) return clamp(l | r);
      return l === ERR || r === ERR ? ERR : MANY;
  }
}

const singleBit = (v: number): boolean => v <= LARGEST && (v & (v - 1)) === 0;
