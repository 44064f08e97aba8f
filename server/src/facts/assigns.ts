// Whether statements assign a variable: by its name alone, not through a pointer.
import { boundArguments } from "./macros.ts";
import { visitAll } from "../syntax/walk.ts";
import type { Expr, Stmt } from "../syntax/ast.ts";

/** True where one of `body` assigns, steps, iterates over or declares the variable `name`. */
export function assigns(body: readonly Stmt[], name: string): boolean {
  let found = false;
  const isName = (e: Expr | undefined): boolean => e?.k === "name" && e.name === name;
  visitAll(body, {
    stmt: (s) => {
      if (s.k === "decl") found ||= s.vars.some((v) => v.name === name);
      else if (s.k === "each") found ||= boundArguments(s.macro).some((at) => isName(s.args[at]));
    },
    expr: (e) => {
      if (e.k === "assign") found ||= isName(e.l);
      else if (e.k === "incdec") found ||= isName(e.e);
    },
  });
  return found;
}
