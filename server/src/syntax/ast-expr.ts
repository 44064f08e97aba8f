// Expressions and initialisers: tree → Expr. A node that is not understood becomes a gap.
import type { Expr, Initializer, Range } from "./ast.ts";
import { readBlock, readJump } from "./ast-stmt.ts";
import { readTypeName } from "./ast-type.ts";
import { isTypeName } from "./dialect.ts";
import { charValue, numberValue } from "./literal.ts";
import type { Source } from "./source.ts";
import { field, namedKids, noteGap, rangeOf, textOf } from "./source.ts";
import type { TreeNode } from "./tree.ts";

/** Reads an expression node. Its brackets are left out; ranges are those of the expression as written. */
export function readExpr(source: Source, node: TreeNode): Expr {
  const range = rangeOf(source, node);
  if (node.missing) return { k: "gap", why: `missing ${node.type}`, range };
  switch (node.type) {
    case "identifier":
    case "field_identifier":
    case "type_identifier":
    case "iterator_name":
    case "true":
    case "false":
    case "null":
      return { k: "name", name: textOf(source, node), range };
    case "number_literal": {
      const text = textOf(source, node);
      return { k: "num", text, value: numberValue(text), range };
    }
    case "char_literal": {
      const text = textOf(source, node);
      return { k: "num", text, value: charValue(text), range };
    }
    case "string_literal":
    case "concatenated_string":
    case "system_lib_string":
      return { k: "str", text: textOf(source, node), range };
    case "parenthesized_expression":
      return inner(source, node, range);
    case "extension_expression":
      return inner(source, node, range);
    case "compound_statement":
      return { k: "stmtexpr", body: readBlock(source, node.kids), range };
    case "jump_argument":
      return { k: "stmtexpr", body: [readJump(source, node)], range };
    case "comma_expression":
      return { k: "comma", es: commaParts(source, node), range };
    case "field_expression": {
      const name = field(node, "field");
      const arrow = field(node, "operator")?.type === "->";
      return {
        k: "field",
        base: part(source, node, "argument"),
        name: name === undefined ? "" : textOf(source, name),
        arrow,
        range,
      };
    }
    case "subscript_expression":
      return { k: "index", base: part(source, node, "argument"), index: part(source, node, "index"), range };
    case "unary_expression":
    case "pointer_expression": {
      const op = unaryOperator(field(node, "operator")?.type);
      if (op === undefined) return gap(source, node, "an unknown unary operator");
      return { k: "un", op, e: part(source, node, "argument"), range };
    }
    case "update_expression": {
      const operator = field(node, "operator");
      const operand = field(node, "argument");
      const prefix = operator !== undefined && operand !== undefined && operator.start < operand.start;
      return {
        k: "incdec",
        op: operator?.type === "--" ? "--" : "++",
        prefix,
        e: part(source, node, "argument"),
        range,
      };
    }
    case "binary_expression":
      return readBinary(source, node, range);
    case "assignment_expression": {
      const op = field(node, "operator")?.type ?? "";
      return { k: "assign", op, l: part(source, node, "left"), r: part(source, node, "right"), range };
    }
    case "conditional_expression": {
      const t = field(node, "consequence");
      return {
        k: "cond",
        c: part(source, node, "condition"),
        t: t === undefined ? undefined : readExpr(source, t),
        e: part(source, node, "alternative"),
        range,
      };
    }
    case "call_expression":
      return readCall(source, node, range);
    case "string_macro": {
      const [callee, list] = node.kids;
      if (callee === undefined || list === undefined) return gap(source, node, "an incomplete call");
      return { k: "call", callee: readExpr(source, callee), args: readArguments(source, list), range };
    }
    case "cast_expression":
      return readCast(source, node, range);
    case "sizeof_expression": {
      const type = field(node, "type");
      const value = field(node, "value");
      return {
        k: "sizeof",
        type: type === undefined ? undefined : readTypeName(source, type),
        e: value === undefined ? undefined : readExpr(source, value),
        range,
      };
    }
    case "compound_literal_expression": {
      const type = field(node, "type");
      const value = field(node, "value");
      if (type === undefined || value === undefined) return gap(source, node, "an incomplete compound literal");
      return { k: "compound", type: readTypeName(source, type), init: readInitializer(source, value), range };
    }
    case "initializer_list":
      return { k: "init", init: readInitializer(source, node), range };
    case "initializer_pair":
      return { k: "init", init: { entries: [readPair(source, node)] }, range };
    case "type_argument":
    case "type_descriptor":
      return { k: "type", type: readTypeName(source, node), range };
    case "offsetof_expression":
    case "alignof_expression":
    case "generic_expression":
    case "gnu_asm_expression":
      return readBuiltin(source, node, range);
    case "operator_argument":
      return { k: "str", text: textOf(source, node), range };
    case "label_address":
      return { k: "str", text: textOf(source, node), range };
    case "ERROR":
      return { k: "gap", why: "not understood", range };
    default:
      return gap(source, node, `an expression of kind ${node.type}`);
  }
}

function gap(source: Source, node: TreeNode, why: string): Expr {
  return { k: "gap", why, range: noteGap(source, node, why) };
}

/** The kid in a field, or a gap where the parser lost it. */
function part(source: Source, node: TreeNode, name: string): Expr {
  const kid = field(node, name);
  return kid === undefined ? { k: "gap", why: `no ${name}`, range: rangeOf(source, node) } : readExpr(source, kid);
}

function inner(source: Source, node: TreeNode, range: Range): Expr {
  const kid = namedKids(node)[0];
  if (kid === undefined) return { k: "gap", why: "empty brackets", range };
  if (kid.type === "compound_statement") return { k: "stmtexpr", body: readBlock(source, kid.kids), range };
  return readExpr(source, kid);
}

function unaryOperator(text: string | undefined): "!" | "-" | "~" | "+" | "*" | "&" | undefined {
  switch (text) {
    case "!":
    case "-":
    case "~":
    case "+":
    case "*":
    case "&":
      return text;
    default:
      return undefined;
  }
}

function commaParts(source: Source, node: TreeNode): Expr[] {
  const left = field(node, "left");
  const right = field(node, "right");
  const out = left === undefined ? [] : [readExpr(source, left)];
  if (right?.type === "comma_expression") out.push(...commaParts(source, right));
  else if (right !== undefined) out.push(readExpr(source, right));
  return out;
}

function readCall(source: Source, node: TreeNode, range: Range): Expr {
  const callee = field(node, "function");
  const list = field(node, "arguments");
  if (callee === undefined || list === undefined) return gap(source, node, "an incomplete call");
  const args = readArguments(source, list);
  // `(u32)(x)` has a call's form: a name in brackets that can only be a type makes it a cast.
  const named = callee.type === "parenthesized_expression" ? namedKids(callee)[0] : undefined;
  const operand = args[0];
  if (named?.type === "identifier" && operand !== undefined && args.length === 1 && isTypeName(textOf(source, named))) {
    const type = { kind: "name", name: textOf(source, named), pointers: 0, array: false, func: false } as const;
    return { k: "cast", type, e: operand, range };
  }
  return { k: "call", callee: readExpr(source, callee), args, range };
}

/** A call's arguments. An empty one, as in `FOO(a, , b)`, is left out. */
export function readArguments(source: Source, list: TreeNode): Expr[] {
  return list.kids.filter((kid) => kid.named || kid.missing).map((kid) => readExpr(source, kid));
}

/** `(u32)-1` has a difference's form: a name in brackets that can only be a type, before an operator that can be unary, makes it a cast. */
function readBinary(source: Source, node: TreeNode, range: Range): Expr {
  const op = field(node, "operator")?.type ?? "";
  const left = field(node, "left");
  const named = left?.type === "parenthesized_expression" ? namedKids(left)[0] : undefined;
  const unary = /^[-+*&]$/.test(op) ? unaryOperator(op) : undefined;
  if (unary !== undefined && named?.type === "identifier" && isTypeName(textOf(source, named))) {
    const type = { kind: "name", name: textOf(source, named), pointers: 0, array: false, func: false } as const;
    const operand = part(source, node, "right");
    const start = field(node, "operator") ?? node;
    const inner: Range = source.at ?? [rangeOf(source, start)[0], operand.range[1]];
    return { k: "cast", type, e: { k: "un", op: unary, e: operand, range: inner }, range };
  }
  return { k: "bin", op, l: part(source, node, "left"), r: part(source, node, "right"), range };
}

/** `(a) & b` has a cast's form as well: a name in brackets that is no known type, before an operator that can be binary, is an operand. */
function readCast(source: Source, node: TreeNode, range: Range): Expr {
  const type = field(node, "type");
  if (type === undefined) return gap(source, node, "an incomplete cast");
  const specifier = field(type, "type");
  const e = part(source, node, "value");
  const bare = type.kids.length === 1 && specifier?.type === "type_identifier";
  if (
    bare &&
    specifier !== undefined &&
    e.k === "un" &&
    /[-+*&]/.test(e.op) &&
    !isTypeName(textOf(source, specifier))
  ) {
    const l: Expr = { k: "name", name: textOf(source, specifier), range: rangeOf(source, specifier) };
    return { k: "bin", op: e.op, l, r: e.e, range };
  }
  return { k: "cast", type: readTypeName(source, type), e, range };
}

/** What looks like a call but has a syntax of its own: offsetof, alignof, _Generic, asm. Given as a call by that name. */
function readBuiltin(source: Source, node: TreeNode, range: Range): Expr {
  const name = node.type === "gnu_asm_expression" ? "asm" : (/^\w+/.exec(textOf(source, node))?.[0] ?? node.type);
  const callee: Expr = { k: "name", name, range };
  if (node.type === "gnu_asm_expression") return { k: "call", callee, args: asmOperands(source, node), range };
  return { k: "call", callee, args: namedKids(node).map((kid) => readExpr(source, kid)), range };
}

/** The C expressions among an asm's operands, outputs first; outputs are given as `&place`, since the asm writes them. */
function asmOperands(source: Source, node: TreeNode): Expr[] {
  const out: Expr[] = [];
  for (const list of node.kids) {
    if (!/_operand_list$/.test(list.type)) continue;
    for (const operand of list.kids) {
      const value = field(operand, "value");
      if (value === undefined) continue;
      const e = readExpr(source, value);
      const written = list.type === "gnu_asm_output_operand_list";
      out.push(written ? { k: "un", op: "&", e, range: e.range } : e);
    }
  }
  return out;
}

/** An initializer_list: its entries with their designators. */
export function readInitializer(source: Source, node: TreeNode): Initializer {
  const entries: { path: string[]; value: Expr }[] = [];
  for (const kid of namedKids(node)) {
    if (kid.type !== "initializer_pair") {
      entries.push({ path: [], value: readExpr(source, kid) });
      continue;
    }
    entries.push(readPair(source, kid));
  }
  return { entries };
}

function readPair(source: Source, node: TreeNode): { path: string[]; value: Expr } {
  const path = node.kids.filter((kid) => kid.field === "designator").map((kid) => designator(source, kid));
  return { path, value: part(source, node, "value") };
}

function designator(source: Source, node: TreeNode): string {
  const text = textOf(source, node).replace(/\s+/g, "");
  return text.startsWith(".") ? text.slice(1) : text;
}
