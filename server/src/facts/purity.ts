// What an expression would need if its value were wanted: effects, or flow.
import { MAX_DEPTH } from "./limits.ts";
import type { Expr } from "../syntax/ast.ts";

/** True where evaluating `e` may do anything: a call, a store, a statement, or text that was not understood. */
export function acts(e: Expr, depth = 0): boolean {
  if (depth > MAX_DEPTH) return true;
  const inner = (part: Expr): boolean => acts(part, depth + 1);
  switch (e.k) {
    case "num":
    case "str":
    case "name":
    case "sizeof":
    case "type":
      return false;
    case "call":
    case "assign":
    case "incdec":
    case "stmtexpr":
    case "gap":
      return true;
    case "field":
      return inner(e.base);
    case "index":
      return inner(e.base) || inner(e.index);
    case "un":
    case "cast":
      return inner(e.e);
    case "bin":
      return inner(e.l) || inner(e.r);
    case "cond":
      return inner(e.c) || (e.t !== undefined && inner(e.t)) || inner(e.e);
    case "comma":
      return e.es.some(inner);
    case "compound":
    case "init":
      return e.init.entries.some((entry) => inner(entry.value));
  }
}

/** True where a value of `e` would need flow. */
export function flows(e: Expr, depth = 0): boolean {
  if (depth > MAX_DEPTH) return true;
  const inner = (part: Expr): boolean => flows(part, depth + 1);
  switch (e.k) {
    case "cond":
      return true;
    case "bin":
      return e.op === "&&" || e.op === "||" || inner(e.l) || inner(e.r);
    case "un":
    case "cast":
      return inner(e.e);
    case "field":
      return inner(e.base);
    case "index":
      return inner(e.base) || inner(e.index);
    case "num":
    case "str":
    case "name":
    case "incdec":
    case "assign":
    case "call":
    case "sizeof":
    case "compound":
    case "stmtexpr":
    case "comma":
    case "type":
    case "init":
    case "gap":
      return false;
  }
}
