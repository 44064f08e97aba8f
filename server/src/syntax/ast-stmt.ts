// Statements: tree → Stmt. Labels and cases become statements of their own, before what they label; what is not understood becomes a gap.
import type { Expr, Range, Stmt, VarDecl } from "./ast.ts";
import { readArguments, readExpr } from "./ast-expr.ts";
import { readAnnotations, readCleanup, readDeclarator, readType } from "./ast-type.ts";
import { elseSymbol, readDirective, symbolOf } from "./conditions.ts";
import { RUN_ONCE_BLOCK } from "./dialect.ts";
import type { Source } from "./source.ts";
import { field, namedKids, noteGap, rangeOf, textOf, wordAt } from "./source.ts";
import type { TreeNode } from "./tree.ts";

/** The statements of a block's kids, in order. */
export function readBlock(source: Source, kids: readonly TreeNode[]): Stmt[] {
  const out: Stmt[] = [];
  for (const kid of kids) readStatement(source, kid, out);
  return out;
}

/** One statement where the AST wants exactly one: labels with what they label, or nothing at all, become a block. */
function readOne(source: Source, node: TreeNode | undefined, parent: TreeNode): Stmt {
  if (node === undefined) return { k: "gap", why: "no statement", range: rangeOf(source, parent) };
  const out: Stmt[] = [];
  readStatement(source, node, out);
  const only = out[0];
  return out.length === 1 && only !== undefined ? only : { k: "block", body: out, range: rangeOf(source, node) };
}

function readStatement(source: Source, node: TreeNode, out: Stmt[]): void {
  const range = rangeOf(source, node);
  const condition = (): Expr => {
    const kid = field(node, "condition");
    return kid === undefined ? { k: "gap", why: "no condition", range } : readExpr(source, kid);
  };
  const body = (name: string): Stmt => readOne(source, field(node, name), node);
  if (node.type === "ERROR" || node.missing) {
    // A token that was invented (a semicolon) is a gap of the function; the statement around it stands.
    if (node.type === "ERROR") out.push({ k: "gap", why: "not understood", range });
    return;
  }
  switch (node.type) {
    case "compound_statement":
      out.push({ k: "block", body: readBlock(source, node.kids), range });
      return;
    case "expression_statement":
      out.push(readExpressionStatement(source, node, range));
      return;
    case "declaration":
      readDeclaration(source, node, out);
      return;
    case "if_statement": {
      const otherwise = field(node, "alternative");
      const last = otherwise === undefined ? undefined : namedKids(otherwise)[0];
      out.push({
        k: "if",
        c: condition(),
        then: body("consequence"),
        else: otherwise === undefined ? undefined : readOne(source, last, otherwise),
        range,
      });
      return;
    }
    case "while_statement":
      out.push({ k: "while", c: condition(), body: body("body"), range });
      return;
    case "do_statement":
      out.push({ k: "do", c: doCondition(source, node, condition()), body: body("body"), range });
      return;
    case "for_statement":
      out.push(readFor(source, node, range));
      return;
    case "macro_loop_statement":
    case "macro_block_statement":
    case "guard_statement":
      out.push(readMacroStatement(source, node, range));
      return;
    case "switch_statement":
      out.push({ k: "switch", e: condition(), body: body("body"), range });
      return;
    case "case_statement":
      readCase(source, node, out);
      return;
    case "labeled_statement": {
      const label = field(node, "label");
      if (label !== undefined)
        out.push({ k: "label", name: textOf(source, label), range: [range[0], rangeOf(source, label)[1]] });
      for (const kid of node.kids) if (kid !== label && (kid.named || kid.missing)) readStatement(source, kid, out);
      return;
    }
    case "goto_statement":
    case "return_statement":
    case "break_statement":
    case "continue_statement":
      out.push(readJump(source, node));
      return;
    case "attributed_statement":
      for (const kid of node.kids) if (kid.type !== "attribute_declaration") readStatement(source, kid, out);
      return;
    case "preproc_if":
    case "preproc_ifdef":
      out.push({ k: "pp", arms: readArms(source, node), range });
      return;
    case "type_definition":
      readTypedef(source, node);
      return;
    case "struct_specifier":
    case "union_specifier":
    case "enum_specifier":
      readType(source, node, readDeclarator(source, undefined));
      return;
    case "label_declaration":
    case "preproc_call":
    case "preproc_def":
    case "preproc_function_def":
      return;
    case "function_definition":
      out.push({ k: "gap", why: "a function in a function", range: noteGap(source, node, "a function in a function") });
      return;
    default:
      if (!node.named) return;
      out.push({ k: "gap", why: node.type, range: noteGap(source, node, `a statement of kind ${node.type}`) });
  }
}

function readExpressionStatement(source: Source, node: TreeNode, range: Range): Stmt {
  const kid = namedKids(node)[0];
  if (kid === undefined) return { k: "empty", range };
  if (kid.type === "identifier" && textOf(source, kid) === "fallthrough") return { k: "empty", range };
  return { k: "expr", e: readExpr(source, kid), range };
}

/** `do { ... } while_each_thread(a, b);` is parsed with `while` in the macro's place; its condition is the macro. */
function doCondition(source: Source, node: TreeNode, c: Expr): Expr {
  const keyword = node.kids.find((kid) => kid.type === "while");
  const name = keyword === undefined ? "while" : wordAt(source, keyword);
  if (keyword === undefined || name === "while") return c;
  const callee: Expr = { k: "name", name, range: rangeOf(source, keyword) };
  return { k: "call", callee, args: c.k === "comma" ? c.es : [c], range: c.range };
}

function readFor(source: Source, node: TreeNode, range: Range): Stmt {
  const init = field(node, "initializer");
  const c = field(node, "condition");
  const step = field(node, "update");
  let first: Stmt | undefined;
  if (init?.type === "declaration") first = readOne(source, init, node);
  else if (init !== undefined) first = { k: "expr", e: readExpr(source, init), range: rangeOf(source, init) };
  return {
    k: "for",
    init: first,
    c: c === undefined ? undefined : readExpr(source, c),
    step: step === undefined ? undefined : readExpr(source, step),
    body: readOne(source, field(node, "body"), node),
    range,
  };
}

/** Loops and scopes that are macros. `device_for_each_child(dev, data, fn);` only looks like a loop: it is a call. */
function readMacroStatement(source: Source, node: TreeNode, range: Range): Stmt {
  const name = field(node, "macro");
  const list = field(node, "arguments");
  const bodyNode = field(node, "body");
  if (name === undefined || list === undefined) return { k: "gap", why: "an incomplete macro loop", range };
  const macro = wordAt(source, name);
  const args = readArguments(source, list);
  const empty = bodyNode?.type === "expression_statement" && namedKids(bodyNode).length === 0;
  if (empty && bodyNode.end - bodyNode.start === 1 && bodyNode.start === list.end) {
    const callRange: Range = source.at ?? [range[0], rangeOf(source, list)[1]];
    const callee: Expr = { k: "name", name: macro, range: rangeOf(source, name) };
    return { k: "expr", e: { k: "call", callee, args, range: callRange }, range };
  }
  const k = RUN_ONCE_BLOCK.test(macro) ? "scoped" : "each";
  return { k, macro, args, body: readOne(source, bodyNode, node), range };
}

function readCase(source: Source, node: TreeNode, out: Stmt[]): void {
  const value = field(node, "value");
  const bound = (name: string): Expr | undefined => {
    const kid = value === undefined ? undefined : field(value, name);
    return kid === undefined ? undefined : readExpr(source, kid);
  };
  const [start] = rangeOf(source, node);
  const end = value === undefined ? start + "default".length : rangeOf(source, value)[1];
  const range: Range = source.at ?? [start, end];
  if (value?.type === "case_range") out.push({ k: "case", low: bound("low"), high: bound("high"), range });
  else out.push({ k: "case", low: value === undefined ? undefined : readExpr(source, value), high: undefined, range });
  for (const kid of node.kids) if (kid !== value && (kid.named || kid.missing)) readStatement(source, kid, out);
}

/** return, goto, break, continue: as statements, and as arguments of a macro. */
export function readJump(source: Source, node: TreeNode): Stmt {
  const range = rangeOf(source, node);
  const word = /^\w+/.exec(textOf(source, node))?.[0];
  const operand = namedKids(node)[0];
  if (word === "break" || word === "continue") return { k: word, range };
  if (word === "goto") return { k: "goto", label: operand === undefined ? "" : textOf(source, operand), range };
  return { k: "return", e: operand === undefined ? undefined : readExpr(source, operand), range };
}

/** The arms of an #if, with the symbol under which each is compiled. */
function readArms(source: Source, node: TreeNode): { symbol: string; body: Stmt[] }[] {
  const arms: { symbol: string; body: Stmt[] }[] = [];
  for (let at: TreeNode | undefined = node; at !== undefined; at = field(at, "alternative")) {
    const head: TreeNode = at;
    const read = readDirective(directiveLine(source, head));
    const symbol = read.keyword === "else" ? elseSymbol(arms.map((arm) => arm.symbol)) : symbolOf(read);
    const kids = head.kids.filter((kid) => !/^(name|condition|alternative)$/.test(kid.field ?? ""));
    arms.push({ symbol, body: readBlock(source, kids) });
  }
  return arms;
}

/** The directive that begins a preproc node, continued lines included. */
function directiveLine(source: Source, node: TreeNode): string {
  return /^([^\\\n]|\\[^])*/.exec(source.text.slice(node.start, node.end))?.[0] ?? "";
}

function readTypedef(source: Source, node: TreeNode): void {
  for (const declarator of node.kids.filter((kid) => kid.field === "declarator")) {
    const declared = readDeclarator(source, declarator);
    const type = readType(source, field(node, "type"), declared);
    source.scope.typedefs.push({ name: declared.name, type, range: rangeOf(source, node) });
  }
}

/** A declaration inside a function: its variables. Prototypes declare none. */
function readDeclaration(source: Source, node: TreeNode, out: Stmt[]): void {
  out.push({ k: "decl", vars: readVars(source, node), range: rangeOf(source, node) });
}

/** The variables of a declaration. */
export function readVars(source: Source, node: TreeNode): VarDecl[] {
  const specifier = field(node, "type");
  readAnnotations(source, node);
  const isStatic = node.kids.some((kid) => kid.type === "storage_class_specifier" && kid.kids[0]?.type === "static");
  const cleanup = readCleanup(source, node);
  const vars: VarDecl[] = [];
  for (const kid of node.kids) {
    if (kid.field !== "declarator" || kid.type === "gnu_asm_expression") continue; // int r asm("r8")
    const value = kid.type === "init_declarator" ? field(kid, "value") : undefined;
    const declared = readDeclarator(source, kid.type === "init_declarator" ? field(kid, "declarator") : kid);
    // The type is read for each name: that notes a struct defined in place once only, with the first.
    const type = readType(source, vars.length === 0 ? specifier : shallow(specifier), declared);
    if (declared.params !== undefined) continue;
    const init = value === undefined ? undefined : readExpr(source, value);
    vars.push({
      name: declared.name,
      type,
      init,
      static: isStatic,
      cleanup: declared.cleanup ?? cleanup,
      range: rangeOf(source, kid),
    });
  }
  if (vars.length === 0 && specifier !== undefined && !node.kids.some((kid) => kid.field === "declarator"))
    readType(source, specifier, readDeclarator(source, undefined));
  return vars;
}

function shallow(specifier: TreeNode | undefined): TreeNode | undefined {
  if (specifier === undefined || field(specifier, "body") === undefined || field(specifier, "name") === undefined)
    return specifier;
  return { ...specifier, kids: specifier.kids.filter((kid) => kid.field !== "body") };
}
