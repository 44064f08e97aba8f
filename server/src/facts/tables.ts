// What a file says at file scope, as facts: tables (variables with their initialisers flattened) and structs with their fields.
import { addr, name as nameValue, num } from "./place.ts";
import { flattenEntries } from "./initializer.ts";
import { parseNumber } from "./number.ts";
import { printType } from "./text.ts";
import { visitAll } from "../syntax/walk.ts";
import type { Entry } from "./initializer.ts";
import type { StructFacts, TableFacts, Value } from "./facts.ts";
import type { Expr, FileScope, FunctionDef, Initializer, TypeRef, VarDecl } from "../syntax/ast.ts";
import type { FileId } from "../base/span.ts";

export interface ScopeFacts {
  readonly tables: readonly TableFacts[];
  readonly structs: readonly StructFacts[];
}

/**
 * The tables and structs of a file. `text` is what the scope's ranges count in. In a table, function names and addresses of variables
 * stand bare (casts dropped); `&((const struct x){ ... })` has its entries under its own path, where an empty "init" names its type.
 */
export function lowerTables(scope: FileScope, file: FileId, text: string): ScopeFacts {
  const tables = scope.vars.flatMap((v) => (v.init === undefined ? [] : [lowerTable(v, v.init, file, text)]));
  const structs = scope.structs.map((s) => ({ tag: s.name, file, fields: s.fields }));
  return { tables, structs };
}

/** The static tables inside a function: ops structs that no file-scope name has. */
export function localTables(def: FunctionDef, file: FileId, text: string): readonly TableFacts[] {
  const tables: TableFacts[] = [];
  visitAll(def.body, {
    stmt: (s) => {
      if (s.k !== "decl") return;
      for (const v of s.vars) if (v.static && v.init !== undefined) tables.push(lowerTable(v, v.init, file, text));
    },
  });
  return tables;
}

/** One variable with its initialiser. A scalar's value is an entry with an empty path. */
export function lowerTable(v: VarDecl, init: Expr, file: FileId, text: string): TableFacts {
  const entries: Entry[] = [];
  addEntries([], init, text, entries);
  return {
    name: v.name,
    file,
    type: v.type,
    static: v.static,
    entries,
    span: { file, start: v.range[0], end: v.range[1] },
  };
}

function addEntries(prefix: readonly string[], e: Expr, text: string, into: Entry[]): void {
  const literal = literalOf(e);
  if (literal !== undefined) {
    if (literal.type !== undefined) into.push({ path: prefix, value: { k: "init", type: literal.type, entries: [] } });
    const inner: Entry[] = [];
    addInitializer(prefix, literal.init, text, inner);
    into.push(...inner);
    // `&(struct x){ ... }.base`: the pointer is to the member, so what the member holds is also found without its name.
    const { member } = literal;
    if (member.length === 0) return;
    const within = [...prefix, ...member];
    for (const entry of inner) {
      if (within.every((step, i) => entry.path[i] === step))
        into.push({ path: [...prefix, ...entry.path.slice(within.length)], value: entry.value });
    }
    return;
  }
  into.push({ path: prefix, value: constant(e, text) });
}

function addInitializer(prefix: readonly string[], init: Initializer, text: string, into: Entry[]): void {
  // Order matters where an entry is written twice, so a nested literal's entries take its place in the list.
  const found: { readonly path: readonly string[]; readonly e: Expr }[] = [];
  flattenEntries(init, (e, path) => {
    found.push({ path, e });
    return NOTHING;
  });
  for (const { path, e } of found) addEntries([...prefix, ...path], e, text, into);
}

const NOTHING: Value = { k: "unknown", why: "" };

interface Literal {
  readonly init: Initializer;
  /** Undefined for bare braces, whose type is the field's. */
  readonly type: TypeRef | undefined;
  /** The members selected from the literal. */
  readonly member: readonly string[];
}

/** The braces of `{ ... }`, `(struct x){ ... }`, `&(struct x){ ... }` and `&((struct x){ ... }).member`. */
function literalOf(e: Expr): Literal | undefined {
  switch (e.k) {
    case "init":
      return { init: e.init, type: undefined, member: [] };
    case "compound":
      return { init: e.init, type: e.type, member: [] };
    case "cast":
      return literalOf(e.e);
    case "un":
      return e.op === "&" ? literalOf(e.e) : undefined;
    case "field": {
      const base = literalOf(e.base);
      return base === undefined ? undefined : { ...base, member: [...base.member, e.name] };
    }
    case "num":
    case "str":
    case "name":
    case "index":
    case "incdec":
    case "bin":
    case "assign":
    case "cond":
    case "call":
    case "sizeof":
    case "stmtexpr":
    case "comma":
    case "type":
    case "gap":
      return undefined;
  }
}

/** Macros that pass one argument on, or nothing, by configuration: what they hold where the option is on. */
const PASSES_ON = new Map<string, number>([
  ["pm_ptr", 0],
  ["pm_sleep_ptr", 0],
  ["of_match_ptr", 0],
  ["of_ptr", 0],
  ["ACPI_PTR", 0],
  ["PTR_IF", 1],
  ["__exit_p", 0],
  ["RCU_INITIALIZER", 0],
  ["cpu_to_le16", 0],
  ["cpu_to_le32", 0],
  ["cpu_to_be16", 0],
  ["cpu_to_be32", 0],
]);

/** A constant expression as a value: no flow, no effects. What needs either is unknown, with its text as the reason. */
function constant(e: Expr, text: string): Value {
  const unknown = (): Value => ({ k: "unknown", why: text.slice(e.range[0], e.range[1]).replace(/\s+/g, " ") });
  switch (e.k) {
    case "num": {
      const value = parseNumber(e.text) ?? e.value;
      return value === undefined ? unknown() : num(value);
    }
    case "str":
      return { k: "str" };
    case "name":
      return nameValue(e.name);
    case "cast":
      return constant(e.e, text);
    case "un": {
      const inner = constant(e.e, text);
      if (inner.k === "unknown") return unknown();
      if (e.op === "&") return addr(inner);
      if (e.op === "-" && inner.k === "num") return num(-inner.value);
      if (e.op === "+") return inner;
      return e.op === "*" ? unknown() : { k: "un", op: e.op, e: inner };
    }
    case "bin": {
      if (e.op === "&&" || e.op === "||") return unknown();
      const l = constant(e.l, text);
      const r = constant(e.r, text);
      return l.k === "unknown" || r.k === "unknown" ? unknown() : { k: "bin", op: e.op, l, r };
    }
    case "field": {
      const base = constant(e.base, text);
      return base.k === "unknown" ? base : { k: "field", base, name: e.name, arrow: e.arrow };
    }
    case "index": {
      const base = constant(e.base, text);
      const index = constant(e.index, text);
      return base.k === "unknown" ? base : { k: "index", base, index };
    }
    case "sizeof":
      return { k: "sizeof", text: e.type === undefined ? text.slice(e.range[0], e.range[1]) : printType(e.type) };
    case "type":
      return { k: "type", type: e.type };
    case "call": {
      const at = e.callee.k === "name" ? PASSES_ON.get(e.callee.name) : undefined;
      const arg = at === undefined ? undefined : e.args[at];
      return arg === undefined ? unknown() : constant(arg, text);
    }
    case "incdec":
    case "assign":
    case "cond":
    case "compound":
    case "stmtexpr":
    case "comma":
    case "init":
    case "gap":
      return unknown();
  }
}
