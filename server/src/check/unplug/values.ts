// Values while compiling: what is known now (a constant, an address, a function, a table) and what the machine will know (an expression).
import { ERR, MANY } from "../../model/unplug/skeleton.ts";
import type { TableFacts } from "../../facts/facts.ts";
import type { E } from "../../model/unplug/skeleton.ts";
import type { TypeRef } from "../../syntax/ast.ts";
import type { FileId } from "../../base/span.ts";

/** Where something stands. Objects are numbers, so an embedded struct is a place with its owner's number. */
export type Place =
  /** A local of simple type. */
  | { readonly k: "reg"; readonly reg: string; readonly type: TypeRef | undefined }
  /** A local struct or part of one: its members are registers `base.member`. */
  | { readonly k: "parts"; readonly base: string; readonly type: TypeRef | undefined }
  /** A field of an object that is a cell of its own. `outer`: the struct that the pointer pointed to. */
  | {
      readonly k: "cell";
      readonly o: E;
      readonly tag: string;
      readonly field: string;
      readonly outer: string;
      readonly type: TypeRef;
    }
  /** A whole object, or a struct inside it. */
  | { readonly k: "object"; readonly o: E; readonly tag: string; readonly outer: string; readonly type: TypeRef }
  | { readonly k: "table"; readonly table: TableFacts; readonly path: readonly string[] }
  /** A variable at file scope. */
  | { readonly k: "global"; readonly name: string; readonly type: TypeRef | undefined }
  | { readonly k: "nowhere" };

export type Known =
  | { readonly k: "num"; readonly n: number }
  | { readonly k: "e"; readonly e: E }
  | { readonly k: "at"; readonly place: Place }
  | { readonly k: "fn"; readonly name: string; readonly file: FileId }
  | { readonly k: "any" };

/** A value with its C type, and the object that it was loaded from (for what an unknown function might reach through it). */
export interface Val {
  readonly v: Known;
  readonly type: TypeRef | undefined;
  readonly from?: { readonly o: E; readonly tag: string; readonly field: string };
}

export const any: E = { k: "any" };
export const c = (v: number): E => ({ k: "c", v });
export const r = (name: string): E => ({ k: "r", r: name });

export const unknown: Val = { v: { k: "any" }, type: undefined };
export const number = (n: number, type?: TypeRef): Val => ({ v: { k: "num", n }, type });
export const expression = (e: E, type: TypeRef | undefined): Val => ({ v: { k: "e", e }, type });
export const address = (place: Place, type: TypeRef | undefined): Val => ({ v: { k: "at", place }, type });

/** Largest integer that a byte stands for itself. */
export const LAST_SMALL = 199;

/** A C integer as a value of the machine: negative ones are errors, large ones "some value". */
export function byteOf(n: number): number {
  if (n < 0) return ERR;
  return n <= LAST_SMALL ? Math.trunc(n) : MANY;
}

/** The expression for a value. An address is the number of its object, or some value. */
export function toE(v: Val): E {
  switch (v.v.k) {
    case "num":
      return c(byteOf(v.v.n));
    case "e":
      return v.v.e;
    case "at":
      return v.v.place.k === "object" ? v.v.place.o : v.v.place.k === "nowhere" ? any : c(MANY);
    case "fn":
      return c(MANY);
    case "any":
      return any;
  }
}

/** Is the expression one that later instructions cannot change: a constant? */
export const isConstant = (e: E): boolean => e.k === "c";

/** The truth of a value where it is known now. */
export function truth(v: Val): boolean | undefined {
  switch (v.v.k) {
    case "num":
      return v.v.n !== 0;
    case "at":
      return v.v.place.k === "nowhere" || v.v.place.k === "object" ? undefined : true;
    case "fn":
      return true;
    case "e":
      return v.v.e.k === "c" && v.v.e.v < ERR ? v.v.e.v !== 0 : undefined;
    case "any":
      return undefined;
  }
}

/** C's integer operators on numbers; undefined for what is not folded. */
export function fold(op: string, l: number, right: number): number | undefined {
  switch (op) {
    case "+":
      return l + right;
    case "-":
      return l - right;
    case "*":
      return l * right;
    case "/":
      return right === 0 ? undefined : Math.trunc(l / right);
    case "%":
      return right === 0 ? undefined : l % right;
    case "<<":
      return l * 2 ** right;
    case ">>":
      return Math.floor(l / 2 ** right);
    case "&":
      return Number(BigInt(l) & BigInt(right));
    case "|":
      return Number(BigInt(l) | BigInt(right));
    case "^":
      return Number(BigInt(l) ^ BigInt(right));
    case "==":
      return Number(l === right);
    case "!=":
      return Number(l !== right);
    case "<":
      return Number(l < right);
    case "<=":
      return Number(l <= right);
    case ">":
      return Number(l > right);
    case ">=":
      return Number(l >= right);
    case "&&":
      return Number(l !== 0 && right !== 0);
    case "||":
      return Number(l !== 0 || right !== 0);
    default:
      return undefined;
  }
}
