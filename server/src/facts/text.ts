// Values and types as C-like text, for people: one line, no guarantee that a compiler would take it.
import type { Value } from "./facts.ts";
import type { TypeRef } from "../syntax/ast.ts";

/** A type as written, without a declarator's name: "struct foo *", "int []", "void (*)()". */
export function printType(type: TypeRef): string {
  const tag = type.kind === "struct" || type.kind === "union" || type.kind === "enum" ? `${type.kind} ` : "";
  const base = type.kind === "unknown" ? "?" : tag + (type.name === "" ? "{...}" : type.name);
  const stars = type.pointers > 0 ? ` ${"*".repeat(type.pointers)}` : "";
  return `${base}${stars}${type.array ? " []" : ""}${type.func ? " ()" : ""}`;
}

/** A declaration of `name`: "struct foo *p", "int x []". */
export function printDeclaration(type: TypeRef, name: string): string {
  const text = printType({ ...type, array: false, func: false });
  const suffix = `${type.array ? " []" : ""}${type.func ? " ()" : ""}`;
  return `${text}${text.endsWith("*") || name === "" ? "" : " "}${name}${suffix}`;
}

const BINARY: Readonly<Record<string, number>> = {
  "*": 10,
  "/": 10,
  "%": 10,
  "+": 9,
  "-": 9,
  "<<": 8,
  ">>": 8,
  "<": 7,
  ">": 7,
  "<=": 7,
  ">=": 7,
  "==": 6,
  "!=": 6,
  "&": 5,
  "^": 4,
  "|": 3,
};
const UNARY = 11;
const POSTFIX = 12;

/** A value as C-like text: temps are t1, t2; what is unknown is ?. */
export function printValue(v: Value): string {
  return print(v, 0);
}

function print(v: Value, around: number): string {
  switch (v.k) {
    case "num":
      return v.value < 0 && around >= UNARY ? `(${v.value})` : String(v.value);
    case "str":
      return '"..."';
    case "name":
      return v.name;
    case "temp":
      return `t${v.id}`;
    case "field":
      return `${print(v.base, POSTFIX)}${v.arrow ? "->" : "."}${v.name}`;
    case "index":
      return `${print(v.base, POSTFIX)}[${print(v.index, 0)}]`;
    case "deref":
      return wrap(`*${print(v.e, UNARY)}`, UNARY, around);
    case "addr":
      return wrap(`&${print(v.e, UNARY)}`, UNARY, around);
    case "un":
      return wrap(`${v.op}${print(v.e, UNARY)}`, UNARY, around);
    case "cast":
      return wrap(`(${printType(v.type)})${print(v.e, UNARY)}`, UNARY, around);
    case "bin": {
      const own = BINARY[v.op] ?? 1;
      return wrap(`${print(v.l, own)} ${v.op} ${print(v.r, own + 1)}`, own, around);
    }
    case "sizeof":
      return `sizeof(${v.text})`;
    case "type":
      return printType(v.type);
    case "init": {
      const entries = v.entries.map((e) => `${printPath(e.path)} = ${print(e.value, 0)}`).join(", ");
      return `${v.type === undefined ? "" : `(${printType(v.type)})`}{ ${entries}${entries === "" ? "" : " "}}`;
    }
    case "unknown":
      return "?";
  }
}

function wrap(text: string, own: number, around: number): string {
  return own < around ? `(${text})` : text;
}

/** Designators as in C: .driver.pm, [0].cleanup. */
export function printPath(path: readonly string[]): string {
  return path.map((step) => (step.startsWith("[") ? step : `.${step}`)).join("");
}
