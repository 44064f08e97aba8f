// Whether statements assign a variable: by its name alone, not through a pointer.
import { boundArguments } from "./macros.ts";
import type { Expr, Initializer, Stmt } from "../syntax/ast.ts";

/** True where one of `body` assigns, steps, iterates over or declares the variable `name`. */
export function assigns(body: readonly Stmt[], name: string): boolean {
  return body.some((s) => inStmt(s, name));
}

function inStmt(s: Stmt, name: string): boolean {
  switch (s.k) {
    case "expr":
      return inExpr(s.e, name);
    case "decl":
      return s.vars.some((v) => v.name === name || inExpr(v.init, name));
    case "block":
      return assigns(s.body, name);
    case "if":
      return inExpr(s.c, name) || inStmt(s.then, name) || (s.else !== undefined && inStmt(s.else, name));
    case "while":
    case "do":
      return inExpr(s.c, name) || inStmt(s.body, name);
    case "for":
      return (
        (s.init !== undefined && inStmt(s.init, name)) ||
        inExpr(s.c, name) ||
        inExpr(s.step, name) ||
        inStmt(s.body, name)
      );
    case "each":
      return (
        boundArguments(s.macro).some((at) => isName(s.args[at], name)) ||
        s.args.some((arg) => inExpr(arg, name)) ||
        inStmt(s.body, name)
      );
    case "scoped":
      return s.args.some((arg) => inExpr(arg, name)) || inStmt(s.body, name);
    case "switch":
      return inExpr(s.e, name) || inStmt(s.body, name);
    case "return":
      return inExpr(s.e, name);
    case "pp":
      return s.arms.some((arm) => assigns(arm.body, name));
    case "case":
    case "label":
    case "goto":
    case "break":
    case "continue":
    case "empty":
    case "gap":
      return false;
  }
}

function isName(e: Expr | undefined, name: string): boolean {
  return e?.k === "name" && e.name === name;
}

function inExpr(e: Expr | undefined, name: string): boolean {
  if (e === undefined) return false;
  switch (e.k) {
    case "assign":
      return isName(e.l, name) || inExpr(e.l, name) || inExpr(e.r, name);
    case "incdec":
      return isName(e.e, name) || inExpr(e.e, name);
    case "field":
      return inExpr(e.base, name);
    case "index":
      return inExpr(e.base, name) || inExpr(e.index, name);
    case "un":
    case "cast":
      return inExpr(e.e, name);
    case "bin":
      return inExpr(e.l, name) || inExpr(e.r, name);
    case "cond":
      return inExpr(e.c, name) || inExpr(e.t, name) || inExpr(e.e, name);
    case "call":
      return inExpr(e.callee, name) || e.args.some((arg) => inExpr(arg, name));
    case "stmtexpr":
      return assigns(e.body, name);
    case "comma":
      return e.es.some((part) => inExpr(part, name));
    case "compound":
    case "init":
      return inInitializer(e.init, name);
    case "num":
    case "str":
    case "name":
    case "sizeof":
    case "type":
    case "gap":
      return false;
  }
}

function inInitializer(init: Initializer, name: string): boolean {
  return init.entries.some((entry) => inExpr(entry.value, name));
}
