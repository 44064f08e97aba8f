// Types of C as extraction needs them: through typedefs to a struct tag, what kind of cell a field is, and the type of a value as written.
import { typeOf } from "../../program/types.ts";
import type { FunctionFacts, Value } from "../../facts/facts.ts";
import type { FieldKind } from "../../model/unplug/skeleton.ts";
import type { Vocabulary } from "../../model/unplug/vocabulary.ts";
import type { Program } from "../../program/program.ts";
import type { FieldDecl, TypeRef } from "../../syntax/ast.ts";
import type { FileId } from "../../base/span.ts";

/** Typedefs of typedefs are followed at most this far; in the kernel three is deep. */
const TYPEDEF_DEPTH = 8;

/** What stands in a field: a cell of its own, a struct that is part of its owner, or something that is not tracked. */
export type CellKind = FieldKind | "struct" | "function" | "array";

export interface Types {
  readonly program: Program;
  readonly vocabulary: Vocabulary;
  /** The type with its typedefs resolved, except those that the vocabulary knows by name. */
  resolve(type: TypeRef, from: FileId): TypeRef;
  /** The struct or union that the type is, or points to (once). */
  tag(type: TypeRef | undefined, from: FileId): string | undefined;
  kind(type: TypeRef, from: FileId): CellKind;
  /** A member of a type that is a struct or points to one. */
  member(
    type: TypeRef | undefined,
    name: string,
    from: FileId,
  ): { readonly tag: string; readonly decl: FieldDecl } | undefined;
  /** The type of a variable at file scope that points to what is bound to the driver; undefined for any other name. */
  keeps(name: string, from: FileId): TypeRef | undefined;
  /** The type of a value in a function's body. */
  of(value: Value, fn: FunctionFacts): TypeRef | undefined;
}

export const pointerTo = (type: TypeRef): TypeRef => ({ ...type, pointers: type.pointers + 1, array: false });
export const structType = (tag: string, pointers = 0): TypeRef => ({
  kind: "struct",
  name: tag,
  pointers,
  array: false,
  func: false,
});

/** The type services over a program, with what they looked up kept. */
export function newTypes(program: Program, vocabulary: Vocabulary): Types {
  const members = new Map<string, FieldDecl | undefined>();

  function resolve(type: TypeRef, from: FileId): TypeRef {
    let now = type;
    for (let i = 0; i < TYPEDEF_DEPTH; i++) {
      if (now.kind !== "name" || vocabulary.kinds.has(now.name)) return now;
      const to = program.typedef(now.name, from);
      if (to === undefined) return now;
      now = {
        ...to,
        pointers: to.pointers + now.pointers,
        array: to.array || now.array,
        func: to.func || now.func,
      };
    }
    return now;
  }

  function tag(type: TypeRef | undefined, from: FileId): string | undefined {
    if (type === undefined) return undefined;
    const t = resolve(type, from);
    if (t.pointers > 1 || t.func || (t.kind !== "struct" && t.kind !== "union")) return undefined;
    return t.name === "" ? undefined : t.name;
  }

  function kind(type: TypeRef, from: FileId): CellKind {
    const t = resolve(type, from);
    if (t.func) return "function";
    if (t.array) return "array";
    if (t.pointers > 0) return "pointer";
    const known = vocabulary.kinds.get(t.name);
    if (known !== undefined) return known;
    return t.kind === "struct" || t.kind === "union" ? "struct" : "value";
  }

  function member(type: TypeRef | undefined, name: string, from: FileId): ReturnType<Types["member"]> {
    if (type === undefined) return undefined;
    const t = resolve(type, from);
    if (t.fields !== undefined) {
      const own = within(t.fields, name);
      if (own !== undefined) return { tag: t.name, decl: own };
    }
    if ((t.kind !== "struct" && t.kind !== "union") || t.name === "") return undefined;
    const key = `${t.name}\0${name}\0${from}`;
    if (!members.has(key)) members.set(key, program.field(t.name, name, from) ?? known(t.name, name));
    const decl = members.get(key);
    return decl === undefined ? undefined : { tag: t.name, decl };
  }

  /** A member that the vocabulary knows, where the header that declares it is not at hand. */
  function known(tag: string, name: string): FieldDecl | undefined {
    const to = vocabulary.members.get(`${tag}.${name}`);
    if (to === undefined) return undefined;
    const type: TypeRef =
      to === ""
        ? { kind: "name", name: "bool", pointers: 0, array: false, func: false }
        : { kind: to === "void" ? "name" : "struct", name: to, pointers: 1, array: false, func: false };
    return { name, type, range: [0, 0] };
  }

  function keeps(name: string, from: FileId): TypeRef | undefined {
    const type = program.variable(name, from);
    return type?.pointers === 1 && tag(type, from) === vocabulary.bound ? type : undefined;
  }

  const of = (v: Value, fn: FunctionFacts): TypeRef | undefined => typeOf(v, fn, program);

  return { program, vocabulary, resolve, tag, kind, member, keeps, of };
}

/** A member of fields declared in place, looking through anonymous ones. */
function within(fields: readonly FieldDecl[], name: string): FieldDecl | undefined {
  for (const f of fields) {
    if (f.name === name) return f;
    if (f.name === "" && f.type.fields !== undefined) {
      const inner = within(f.type.fields, name);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}
