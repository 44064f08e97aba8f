// What type a value has, and which (struct, field) it is: from locals, parameters, globals, fields in headers, and what calls give back.
import type { FunctionFacts, Effect, Value } from "../facts/facts.ts";
import type { FieldDecl, TypeRef } from "../syntax/ast.ts";
import { fieldIn } from "./declarations.ts";
import type { Program } from "./program.ts";

/** A field as the whole program knows it. An anonymous struct's fields belong to the struct around it. */
export interface FieldOf {
  readonly struct: string;
  readonly field: string;
}

/** Typedefs of typedefs, macros that call macros, values inside values: deeper than this nothing is known. */
const MAX_DEPTH = 40;

interface Typed {
  readonly type: TypeRef;
  /** The struct around, where the type is an anonymous struct or union. */
  readonly owner: string;
}

/** The type of a value in `fn`; undefined where it cannot be told. Array types keep their element's pointers (`T *x[]`: one pointer). */
export function typeOf(value: Value, fn: FunctionFacts, program: Program): TypeRef | undefined {
  return typed(value, fn, program, 0)?.type;
}

/** The struct and field that a place ends in, through & and elements: ("vm_area_struct", "vm_flags") for &vma->vm_flags. */
export function fieldOf(value: Value, fn: FunctionFacts, program: Program): FieldOf | undefined {
  if (value.k === "addr" || value.k === "cast") return fieldOf(value.e, fn, program);
  if (value.k === "index") return fieldOf(value.base, fn, program);
  if (value.k !== "field") return undefined;
  const base = typed(value.base, fn, program, 0);
  const struct = base === undefined ? undefined : structOf(base, fn.file, program);
  return struct === undefined || struct.tag === "" ? undefined : { struct: struct.tag, field: value.name };
}

function typed(value: Value, fn: FunctionFacts, program: Program, depth: number): Typed | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const of = (part: Value): Typed | undefined => typed(part, fn, program, depth + 1);
  switch (value.k) {
    case "num":
    case "sizeof":
      return plain({
        kind: "name",
        name: value.k === "num" ? "int" : "size_t",
        pointers: 0,
        array: false,
        func: false,
      });
    case "str":
      return plain({ kind: "name", name: "char", pointers: 1, array: false, func: false });
    case "name":
      return named(value.name, fn, program);
    case "temp":
      return temp(value.id, fn, program, depth + 1);
    case "field": {
      const base = of(value.base);
      const struct = base === undefined ? undefined : structOf(base, fn.file, program);
      const field = struct === undefined ? undefined : fieldIn(struct.fields, value.name);
      return field === undefined || struct === undefined ? undefined : { type: field.type, owner: struct.tag };
    }
    case "index":
    case "deref": {
      const base = of(value.k === "index" ? value.base : value.e);
      return base === undefined ? undefined : pointed(base, fn.file, program);
    }
    case "addr": {
      const inner = of(value.e);
      if (inner === undefined || inner.type.func) return inner;
      const { type } = inner;
      return { ...inner, type: { ...type, array: false, pointers: type.pointers + 1 } };
    }
    case "cast":
    case "type":
      return plain(value.type);
    case "un":
      return value.op === "!"
        ? plain({ kind: "name", name: "int", pointers: 0, array: false, func: false })
        : of(value.e);
    case "bin": {
      if (/^(==|!=|<|>|<=|>=)$/.test(value.op))
        return plain({ kind: "name", name: "int", pointers: 0, array: false, func: false });
      const l = of(value.l);
      if (l !== undefined && isPointer(l.type)) return l;
      const r = of(value.r);
      return r !== undefined && isPointer(r.type) ? r : (l ?? r);
    }
    case "init":
      return value.type === undefined ? undefined : plain(value.type);
    case "unknown":
      return undefined;
  }
}

function plain(type: TypeRef): Typed {
  return { type, owner: "" };
}

function isPointer(type: TypeRef): boolean {
  return type.pointers > 0 || type.array;
}

function named(name: string, fn: FunctionFacts, program: Program): Typed | undefined {
  const own = fn.locals.find((local) => local.name === name) ?? fn.params.find((param) => param.name === name);
  if (own !== undefined) {
    if (own.type.kind !== "unknown") return plain(own.type);
    return guessed(own.name, own.type, fn, program);
  }
  const variable = program.variable(name, fn.file);
  if (variable !== undefined) return plain(variable);
  const returns = program.returns(name, fn.file);
  if (returns !== undefined) return plain({ ...returns, func: true });
  // A macro that stands for a call, as `current` does.
  const made = /^\(*\s*(\w+)\s*\(/.exec(program.macro(name, fn.file)?.body ?? "")?.[1];
  return made === undefined ? undefined : returned(made, fn.file, program, 0);
}

/** `auto x = ...` and `__auto_type x = ...` have the type of what is assigned to them first. */
function guessed(name: string, type: TypeRef, fn: FunctionFacts, program: Program): Typed | undefined {
  const of = /^typeof\s*\(\s*&?\s*(\w+)\s*\)$/.exec(type.name)?.[1];
  if (of !== undefined && of !== name) {
    const inner = named(of, fn, program);
    return inner === undefined
      ? undefined
      : { ...inner, type: { ...inner.type, pointers: inner.type.pointers + type.pointers } };
  }
  const first = assignments(fn).names.get(name);
  return first === undefined || first.k === "name" ? undefined : typed(first, fn, program, 1);
}

interface Assigned {
  readonly calls: ReadonlyMap<number, Effect & { readonly kind: "call" }>;
  readonly temps: ReadonlyMap<number, readonly Value[]>;
  readonly names: ReadonlyMap<string, Value>;
}

const assignedIn = new WeakMap<FunctionFacts, Assigned>();

/** What gives each temp its value, and the first value of each name. Kept for as long as the facts are. */
function assignments(fn: FunctionFacts): Assigned {
  const known = assignedIn.get(fn);
  if (known !== undefined) return known;
  const calls = new Map<number, Effect & { readonly kind: "call" }>();
  const temps = new Map<number, Value[]>();
  const names = new Map<string, Value>();
  for (const effect of fn.blocks.flatMap((block) => block.effects)) {
    if (effect.kind === "call" && effect.result !== undefined) calls.set(effect.result, effect);
    if (effect.kind !== "assign") continue;
    if (effect.to.k === "temp") temps.set(effect.to.id, [...(temps.get(effect.to.id) ?? []), effect.value]);
    if (effect.to.k === "name" && !names.has(effect.to.name)) names.set(effect.to.name, effect.value);
  }
  const made = { calls, temps, names };
  assignedIn.set(fn, made);
  return made;
}

function temp(id: number, fn: FunctionFacts, program: Program, depth: number): Typed | undefined {
  const { calls, temps } = assignments(fn);
  const call = calls.get(id);
  if (call !== undefined) return result(call, fn, program, depth);
  for (const value of temps.get(id) ?? []) {
    const found = typed(value, fn, program, depth);
    if (found !== undefined && !(value.k === "num" && value.value === 0)) return found;
  }
  return undefined;
}

/** What a call gives back: a type among its arguments where it is container_of() or an allocator, else what the callee returns. */
function result(
  call: Effect & { readonly kind: "call" },
  fn: FunctionFacts,
  program: Program,
  depth: number,
): Typed | undefined {
  const { callee, args } = call;
  if (callee.k !== "name") {
    const type = typed(callee, fn, program, depth)?.type;
    return type?.func === true ? plain({ ...type, func: false, array: false }) : undefined;
  }
  const name = callee.name;
  const type = args.find((arg) => arg.k === "type");
  if (
    type?.k === "type" &&
    /(^|_)(entry|entry_safe|entry_rcu|container_of\w*|entry_or_null|alloc_\w*|alloc|obj|obj_\w+)$/.test(name)
  )
    return plain({ ...type.type, pointers: type.type.pointers + 1 });
  if (/^list_(next|prev)_entry(_circular)?$/.test(name)) return args[0] && typed(args[0], fn, program, depth);
  if (/^k[a-z]*alloc_(obj|objs|flex)$/.test(name)) {
    const made = args[0] && typed(args[0], fn, program, depth);
    return made === undefined ? undefined : { ...made, type: { ...made.type, pointers: made.type.pointers + 1 } };
  }
  if (/^(ERR_CAST|rcu_dereference\w*|READ_ONCE|min|max|clamp|xchg|no_free_ptr|kmemdup)$/.test(name))
    return args[0] && typed(args[0], fn, program, depth);
  const local = fn.locals.find((l) => l.name === name) ?? fn.params.find((p) => p.name === name);
  if (local !== undefined) return local.type.func ? plain({ ...local.type, func: false, array: false }) : undefined;
  return returned(name, fn.file, program, depth);
}

/** What a function or a function-like macro gives back. */
function returned(name: string, file: string, program: Program, depth: number): Typed | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const type = program.returns(name, file);
  if (type !== undefined) return plain(type);
  const body = program.macro(name, file)?.body ?? "";
  const contained = /^\(*\s*(?:\w+_entry\w*|container_of\w*)\s*\([^]*?,\s*(struct|union)\s+(\w+)\s*,/.exec(body);
  if (contained !== null) {
    const kind = contained[1] === "union" ? "union" : "struct";
    return plain({ kind, name: contained[2] ?? "", pointers: 1, array: false, func: false });
  }
  const cast = /^\(*\s*(\*?)\s*\(\s*(struct|union)\s+(\w+)\s*(\*+)\s*\)/.exec(body);
  if (cast !== null) {
    const kind = cast[2] === "union" ? "union" : "struct";
    const pointers = (cast[4]?.length ?? 0) - (cast[1]?.length ?? 0);
    return plain({ kind, name: cast[3] ?? "", pointers, array: false, func: false });
  }
  const other = /^\(*\s*(\w+)\s*\(/.exec(body)?.[1];
  return other === undefined || other === name ? undefined : returned(other, file, program, depth + 1);
}

/** One element or what is pointed to. */
function pointed(base: Typed, file: string, program: Program): Typed | undefined {
  const type = base.type.array || base.type.pointers > 0 ? base.type : resolved(base.type, file, program);
  if (type.array) return { ...base, type: { ...type, array: false } };
  if (type.pointers > 0) return { ...base, type: { ...type, pointers: type.pointers - 1 } };
  return type.func ? base : undefined;
}

/** The type behind typedefs. */
export function resolved(type: TypeRef, file: string, program: Program): TypeRef {
  let at = type;
  for (let depth = 0; depth < MAX_DEPTH && at.kind === "name"; depth++) {
    const next = program.typedef(at.name, file);
    if (next === undefined) break;
    at = { ...next, pointers: next.pointers + at.pointers, array: next.array || at.array, func: next.func || at.func };
  }
  return at;
}

/** The struct that a type is, or points to. */
function structOf(
  base: Typed,
  file: string,
  program: Program,
): { readonly tag: string; readonly fields: readonly FieldDecl[] } | undefined {
  const type = resolved(base.type, file, program);
  if (type.kind !== "struct" && type.kind !== "union") return undefined;
  if (type.fields !== undefined) return { tag: type.name === "" ? base.owner : type.name, fields: type.fields };
  const struct = program.struct(type.name, file);
  return struct === undefined ? undefined : { tag: struct.tag, fields: struct.fields };
}
