// The value of a constant expression as parsed: what enumerators, object-like macros and array sizes are written as. Knows no types.
import { constantOf, num } from "../facts/place.ts";
import { parseNumber } from "../facts/number.ts";
import type { Expr } from "../syntax/ast.ts";

/** Macros that make a constant of constants. */
const FUNCTIONS: Readonly<Record<string, (args: readonly number[]) => number | undefined>> = {
  BIT: ([n = 0]) => 2 ** n,
  BIT_ULL: ([n = 0]) => 2 ** n,
  _BITUL: ([n = 0]) => 2 ** n,
  _BITULL: ([n = 0]) => 2 ** n,
  GENMASK: ([high = 0, low = 0]) => 2 ** (high + 1) - 2 ** low,
  GENMASK_ULL: ([high = 0, low = 0]) => 2 ** (high + 1) - 2 ** low,
  _AC: ([n]) => n,
  UL: ([n]) => n,
  ULL: ([n]) => n,
};

/** The value, names being looked up by `constant`; undefined where something is not known to be constant, or not exact in a double. */
export function evaluate(e: Expr, constant: (name: string) => number | undefined): number | undefined {
  const of = (part: Expr): number | undefined => evaluate(part, constant);
  switch (e.k) {
    case "num":
      return e.value ?? parseNumber(e.text);
    case "name":
      return constant(e.name);
    case "cast":
      return e.type.pointers > 0 ? undefined : of(e.e);
    case "un": {
      const value = of(e.e);
      if (value === undefined) return undefined;
      if (e.op === "-") return -value;
      if (e.op === "~") return -value - 1;
      if (e.op === "!") return Number(value === 0);
      return e.op === "+" ? value : undefined;
    }
    case "bin": {
      const l = of(e.l);
      if (e.op === "&&" && l === 0) return 0;
      if (e.op === "||" && l !== undefined && l !== 0) return 1;
      const r = of(e.r);
      if (l === undefined || r === undefined) return undefined;
      if (e.op === "&&" || e.op === "||") return Number(r !== 0);
      return constantOf({ k: "bin", op: e.op, l: num(l), r: num(r) });
    }
    case "cond": {
      const c = of(e.c);
      if (c === undefined) return undefined;
      if (c === 0) return of(e.e);
      return e.t === undefined ? c : of(e.t);
    }
    case "call": {
      const known = e.callee.k === "name" ? FUNCTIONS[e.callee.name] : undefined;
      const args = e.args.map(of);
      if (known === undefined || args.some((arg) => arg === undefined)) return undefined;
      const value = known(args.map((arg) => arg ?? 0));
      return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
    }
    case "stmtexpr":
    case "comma":
    case "str":
    case "field":
    case "index":
    case "incdec":
    case "assign":
    case "sizeof":
    case "compound":
    case "type":
    case "init":
    case "gap":
      return undefined;
  }
}
