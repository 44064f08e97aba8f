// What an expression would need if its value were wanted: effects, or flow.
import type { Expr } from "../syntax/ast.ts";

/** True where evaluating `e` may do anything: a call, a store, a statement, or text that was not understood. */
export function acts(e: Expr): boolean {
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
      return acts(e.base);
    case "index":
      return acts(e.base) || acts(e.index);
    case "un":
    case "cast":
      return acts(e.e);
    case "bin":
      return acts(e.l) || acts(e.r);
    case "cond":
      return acts(e.c) || (e.t !== undefined && acts(e.t)) || acts(e.e);
    case "comma":
      return e.es.some(acts);
    case "compound":
    case "init":
      return e.init.entries.some((entry) => acts(entry.value));
  }
}

/** True where a value of `e` would need flow. */
export function flows(e: Expr): boolean {
  switch (e.k) {
    case "cond":
      return true;
    case "bin":
      return e.op === "&&" || e.op === "||" || flows(e.l) || flows(e.r);
    case "un":
    case "cast":
      return flows(e.e);
    case "field":
      return flows(e.base);
    case "index":
      return flows(e.base) || flows(e.index);
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
