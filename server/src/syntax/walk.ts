// Visits every statement and expression of a body, outermost first, in the order of the text.
import type { Expr, Initializer, Stmt } from "./ast.ts";
import { never } from "../base/result.ts";

export interface Visitor {
  readonly stmt?: (stmt: Stmt) => void;
  readonly expr?: (expr: Expr) => void;
}

export function visitAll(body: readonly Stmt[], visitor: Visitor): void {
  for (const stmt of body) visitStmt(stmt, visitor);
}

export function visitStmt(stmt: Stmt, visitor: Visitor): void {
  visitor.stmt?.(stmt);
  const e = (expr: Expr | undefined): void => {
    if (expr !== undefined) visitExpr(expr, visitor);
  };
  const s = (inner: Stmt | undefined): void => {
    if (inner !== undefined) visitStmt(inner, visitor);
  };
  switch (stmt.k) {
    case "expr":
      return e(stmt.e);
    case "decl":
      for (const v of stmt.vars) e(v.init);
      return;
    case "block":
      return visitAll(stmt.body, visitor);
    case "if":
      e(stmt.c);
      s(stmt.then);
      return s(stmt.else);
    case "while":
      e(stmt.c);
      return s(stmt.body);
    case "do":
      s(stmt.body);
      return e(stmt.c);
    case "for":
      s(stmt.init);
      e(stmt.c);
      e(stmt.step);
      return s(stmt.body);
    case "each":
    case "scoped":
      stmt.args.forEach(e);
      return s(stmt.body);
    case "switch":
      e(stmt.e);
      return s(stmt.body);
    case "case":
      e(stmt.low);
      return e(stmt.high);
    case "return":
      return e(stmt.e);
    case "pp":
      for (const arm of stmt.arms) visitAll(arm.body, visitor);
      return;
    case "label":
    case "goto":
    case "break":
    case "continue":
    case "empty":
    case "gap":
      return;
    default:
      never(stmt);
  }
}

export function visitExpr(expr: Expr, visitor: Visitor): void {
  visitor.expr?.(expr);
  const e = (inner: Expr | undefined): void => {
    if (inner !== undefined) visitExpr(inner, visitor);
  };
  switch (expr.k) {
    case "num":
    case "str":
    case "name":
    case "type":
    case "gap":
      return;
    case "field":
      return e(expr.base);
    case "index":
      e(expr.base);
      return e(expr.index);
    case "un":
    case "incdec":
    case "cast":
    case "sizeof":
      return e(expr.e);
    case "bin":
    case "assign":
      e(expr.l);
      return e(expr.r);
    case "cond":
      e(expr.c);
      e(expr.t);
      return e(expr.e);
    case "call":
      e(expr.callee);
      return expr.args.forEach(e);
    case "compound":
    case "init":
      return visitInitializer(expr.init, visitor);
    case "stmtexpr":
      return visitAll(expr.body, visitor);
    case "comma":
      return expr.es.forEach(e);
    default:
      never(expr);
  }
}

export function visitInitializer(init: Initializer, visitor: Visitor): void {
  for (const entry of init.entries) visitExpr(entry.value, visitor);
}
