// Silent misparses: trees without an error that C would hardly mean. A parse without ERROR is not yet right.
import type { FunctionDef, Gap, Stmt } from "./ast.ts";

/** What in `fn` looks like a misparse, by its form: a declaration that declares nothing or has a macro's name for its type. */
export function suspicions(fn: FunctionDef): Gap[] {
  const out: Gap[] = [];
  const visit = (stmt: Stmt): void => {
    switch (stmt.k) {
      case "decl":
        for (const v of stmt.vars)
          if (v.type.kind === "name" && /^[A-Z][A-Z0-9_]{3,}$/.test(v.type.name) && v.init === undefined)
            out.push({ range: stmt.range, why: `a declaration of type ${v.type.name}` });
        return;
      case "block":
        stmt.body.forEach(visit);
        return;
      case "pp":
        for (const arm of stmt.arms) arm.body.forEach(visit);
        return;
      case "if":
        visit(stmt.then);
        if (stmt.else !== undefined) visit(stmt.else);
        return;
      case "while":
      case "do":
      case "for":
      case "each":
      case "scoped":
      case "switch":
        visit(stmt.body);
        return;
      default:
        return;
    }
  };
  fn.body.forEach(visit);
  return out;
}
