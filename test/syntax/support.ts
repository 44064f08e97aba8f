// What the syntax tests share: one parser for all of them, and the AST as one-line text.
import path from "node:path";
import type { Expr, Initializer, Stmt, TypeRef, VarDecl } from "../../server/src/syntax/ast.ts";
import { loadParser } from "../../server/src/syntax/parser.ts";
import type { CParser } from "../../server/src/syntax/parser.ts";

export const root = path.resolve(import.meta.dirname, "../..");

let loaded: Promise<CParser> | undefined;

export function parser(): Promise<CParser> {
  loaded ??= loadParser({
    runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
    // grammars/kernel-c/build.sh check runs the corpus on a wasm that it has just built.
    grammar: process.env["KERNEL_C_WASM"] ?? path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
  });
  return loaded;
}

export function showType(t: TypeRef): string {
  const tag = t.kind === "name" ? t.name : `${t.kind} ${t.name}`.trim();
  const fields = t.fields === undefined ? "" : `{${t.fields.map((f) => `${f.name}:${showType(f.type)}`).join(", ")}}`;
  return `${tag}${fields}${"*".repeat(t.pointers)}${t.array ? "[]" : ""}${t.func ? "()" : ""}`;
}

export function showInit(i: Initializer): string {
  return `{${i.entries.map((e) => (e.path.length > 0 ? `${e.path.join(".")}=` : "") + showExpr(e.value)).join(", ")}}`;
}

/** Fully bracketed, so that precedence can be seen. */
export function showExpr(e: Expr): string {
  switch (e.k) {
    case "num":
    case "str":
      return e.text;
    case "name":
      return e.name;
    case "field":
      return `${showExpr(e.base)}${e.arrow ? "->" : "."}${e.name}`;
    case "index":
      return `${showExpr(e.base)}[${showExpr(e.index)}]`;
    case "un":
      return `(${e.op}${showExpr(e.e)})`;
    case "incdec":
      return e.prefix ? `(${e.op}${showExpr(e.e)})` : `(${showExpr(e.e)}${e.op})`;
    case "bin":
    case "assign":
      return `(${showExpr(e.l)} ${e.op} ${showExpr(e.r)})`;
    case "cond":
      return `(${showExpr(e.c)} ? ${e.t === undefined ? "" : showExpr(e.t)} : ${showExpr(e.e)})`;
    case "call":
      return `${showExpr(e.callee)}(${e.args.map(showExpr).join(", ")})`;
    case "cast":
      return `<${showType(e.type)}>${showExpr(e.e)}`;
    case "sizeof":
      return `sizeof(${e.type === undefined ? "" : `type ${showType(e.type)}`}${e.e === undefined ? "" : showExpr(e.e)})`;
    case "compound":
      return `<${showType(e.type)}>${showInit(e.init)}`;
    case "stmtexpr":
      return `({ ${e.body.map(showStmt).join(" ")} })`;
    case "comma":
      return `(${e.es.map(showExpr).join(", ")})`;
    case "type":
      return `type ${showType(e.type)}`;
    case "init":
      return showInit(e.init);
    case "gap":
      return `GAP`;
  }
}

export function showVar(v: VarDecl): string {
  const cleanup = v.cleanup === undefined ? "" : ` cleanup ${v.cleanup}`;
  const init = v.init === undefined ? "" : ` = ${showExpr(v.init)}`;
  return `${v.static ? "static " : ""}${v.name}:${showType(v.type)}${cleanup}${init}`;
}

export function showStmt(s: Stmt): string {
  const all = (body: readonly Stmt[]): string => body.map(showStmt).join(" ");
  switch (s.k) {
    case "expr":
      return `${showExpr(s.e)};`;
    case "decl":
      return `let ${s.vars.map(showVar).join(", ")};`;
    case "block":
      return `{ ${all(s.body)} }`;
    case "if":
      return `if ${showExpr(s.c)} ${showStmt(s.then)}${s.else === undefined ? "" : ` else ${showStmt(s.else)}`}`;
    case "while":
      return `while ${showExpr(s.c)} ${showStmt(s.body)}`;
    case "do":
      return `do ${showStmt(s.body)} while ${showExpr(s.c)};`;
    case "for": {
      const head = [s.init && showStmt(s.init), s.c && showExpr(s.c), s.step && showExpr(s.step)];
      return `for [${head.map((h) => h ?? "").join(" | ")}] ${showStmt(s.body)}`;
    }
    case "each":
    case "scoped":
      return `${s.k} ${s.macro}(${s.args.map(showExpr).join(", ")}) ${showStmt(s.body)}`;
    case "switch":
      return `switch ${showExpr(s.e)} ${showStmt(s.body)}`;
    case "case":
      return s.low === undefined
        ? "default:"
        : `case ${showExpr(s.low)}${s.high === undefined ? "" : ` ... ${showExpr(s.high)}`}:`;
    case "label":
      return `${s.name}:`;
    case "goto":
      return `goto ${s.label};`;
    case "return":
      return s.e === undefined ? "return;" : `return ${showExpr(s.e)};`;
    case "pp":
      return `#[${s.arms.map((arm) => `${arm.symbol}: ${all(arm.body)}`).join(" | ")}]`;
    case "gap":
      return "GAP";
    default:
      return `${s.k};`;
  }
}

/** The body of the only function of `text`, as one line. Fails where there are gaps, unless `gaps` says so. */
export async function body(text: string): Promise<string> {
  const c = await parser();
  const { functions } = c.parseFile(`void f(void)\n{\n${text}\n}\n`);
  const fn = functions[0];
  if (fn === undefined) throw new Error("no function");
  const gaps = fn.gaps.map((gap) => ` GAP[${gap.why}]`).join("");
  return fn.body.map(showStmt).join(" ") + gaps;
}
