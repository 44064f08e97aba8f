// Types and constants by name: the one declaration that is asked for is cut out of its file, parsed and kept.
import type { FileId } from "../base/span.ts";
import type { StructFacts } from "../facts/facts.ts";
import { lowerTables } from "../facts/tables.ts";
import type { FieldDecl, FileScope, MacroDef, TypeRef } from "../syntax/ast.ts";
import { MAX_FILES_PER_QUESTION } from "./core.ts";
import type { Core, Under } from "./core.ts";
import { evaluate } from "./evaluate.ts";
import type { Lookup } from "./lookup.ts";
import { matching } from "./members.ts";
import { ENUMERATOR, MACRO, STRUCT, TYPEDEF } from "./units.ts";
import type { Unit } from "./view.ts";

export interface Declarations {
  struct(tag: string, from: FileId): StructFacts | undefined;
  /** The file that declares the struct that `from` sees. */
  structUnit(tag: string, from: FileId): Unit | undefined;
  typedef(name: string, from: FileId): TypeRef | undefined;
  field(tag: string, name: string, from: FileId): FieldDecl | undefined;
  constant(name: string, from: FileId): number | undefined;
  macro(name: string, from: FileId): (MacroDef & { readonly file: FileId }) | undefined;
}

/** Constants that are written with constants, and structs inside structs inside structs. */
const MAX_NESTING = 40;

/** `under`: as for the lookup. */
export function openDeclarations(core: Core, lookup: Lookup, under?: Under<Declarations>): Declarations {
  const scopes = new Map<string, FileScope>();
  const structs = new Map<string, StructFacts | undefined>();
  const opaque = new Map<string, Unit | undefined>();
  const constants = new Map<string, number | undefined>();

  /** What a unit says, parsed alone. */
  function scopeOf(unit: Unit): FileScope {
    const key = `${unit.file}:${unit.start}:${unit.end}`;
    let scope = scopes.get(key);
    if (scope === undefined) {
      const text = core.view.text(unit.file)?.slice(unit.start, unit.end) ?? "";
      const group = groupsIn(text)[0];
      if (group !== undefined && text.startsWith("struct_group_tagged"))
        scope = core.parser.parseSynthetic(`struct ${group.tag} {${group.members}};`, [unit.start, unit.end]).scope;
      else scope = core.parser.parseText(unit.kind === TYPEDEF ? text : `${text};`, unit.start).scope;
      scopes.set(key, scope);
    }
    return scope;
  }

  function unitOf(name: string, from: FileId, kind: number): Unit | undefined {
    return lookup.visible(name, from, [kind]) ?? (kind === STRUCT ? hidden(name, from) : undefined);
  }

  /** A struct that `from` knows by pointer only: its definition nearest to `from`, wherever it is. */
  function hidden(tag: string, from: FileId): Unit | undefined {
    const key = `${tag}\n${from}`;
    if (opaque.has(key)) return opaque.get(key);
    const files = core.maySearch(tag) ? core.skim.definers(tag) : [];
    for (const file of files.slice(0, MAX_FILES_PER_QUESTION)) core.view.entry(file);
    const within = new Set(files);
    const found = lookup.near(tag, from, [STRUCT], (unit) => within.has(unit.file));
    opaque.set(key, found);
    return found;
  }

  /** The base's part, where what it says of `from` still holds. */
  const baseFor = (from: FileId): Declarations | undefined =>
    under === undefined || under.changed.has(from) ? undefined : under.base;

  function struct(tag: string, from: FileId): StructFacts | undefined {
    const before = baseFor(from)?.struct(tag, from);
    if (before !== undefined && under?.changed.has(before.file) !== true) return before;
    const unit = unitOf(tag, from, STRUCT);
    if (unit === undefined) return undefined;
    const key = `${unit.file}:${unit.start}`;
    if (structs.has(key)) return structs.get(key);
    const text = core.view.text(unit.file) ?? "";
    const plain = lowerTables(scopeOf(unit), unit.file, text).structs.find((s) => s.tag === tag);
    const groups = text.startsWith("struct_group", unit.start) ? [] : groupsIn(text.slice(unit.start, unit.end));
    const found =
      plain === undefined || groups.length === 0
        ? plain
        : { ...plain, fields: [...plain.fields, ...groups.map(groupField(unit))] };
    structs.set(key, found);
    return found;
  }

  /** The member that a struct_group() makes besides those that it holds, which are reached directly as well. */
  function groupField(unit: Unit): (group: Group) => FieldDecl {
    const range = [unit.start, unit.end] as const;
    return ({ tag, name, members }) => {
      const base = { kind: "struct", pointers: 0, array: false, func: false } as const;
      if (tag !== "") return { name, type: { ...base, name: tag }, range };
      const made = core.parser.parseSynthetic(`struct lifebound {${members}};`, range).scope.structs[0]?.fields ?? [];
      return { name, type: { ...base, name: "", fields: made }, range };
    };
  }

  function field(tag: string, name: string, from: FileId): FieldDecl | undefined {
    const known = struct(tag, from);
    return known === undefined ? undefined : fieldIn(known.fields, name);
  }

  function typedef(name: string, from: FileId): TypeRef | undefined {
    const base = baseFor(from);
    if (base !== undefined) return base.typedef(name, from);
    const unit = unitOf(name, from, TYPEDEF);
    return unit === undefined ? undefined : scopeOf(unit).typedefs.find((t) => t.name === name)?.type;
  }

  function constant(name: string, from: FileId, depth = 0): number | undefined {
    if (depth > MAX_NESTING) return undefined;
    const base = baseFor(from);
    if (base !== undefined) return base.constant(name, from);
    const unit = lookup.visible(name, from, [ENUMERATOR, MACRO]);
    if (unit === undefined) return undefined;
    const key = `${unit.file}:${unit.start}:${name}`;
    if (constants.has(key)) return constants.get(key);
    constants.set(key, undefined); // A constant that is written with itself has no value.
    const value = unit.kind === ENUMERATOR ? enumerator(unit, name, depth) : objectMacro(unit, from, depth);
    constants.set(key, value);
    return value;
  }

  function enumerator(unit: Unit, name: string, depth: number): number | undefined {
    const members = scopeOf(unit).enums.find((e) => e.members.some((m) => m.name === name))?.members ?? [];
    let value: number | undefined = -1;
    for (const member of members) {
      if (member.value !== undefined) value = evaluate(member.value, (other) => constant(other, unit.file, depth + 1));
      else if (value !== undefined) value++;
      const key = `${unit.file}:${unit.start}:${member.name}`;
      if (constants.get(key) === undefined) constants.set(key, value);
      if (member.name === name) return value;
    }
    return undefined;
  }

  function objectMacro(unit: Unit, from: FileId, depth: number): number | undefined {
    const definition = definitionOf(unit);
    if (definition.params !== undefined || definition.body === "") return undefined;
    const plain = Number(/^\(?\s*(-?(?:0[xX][0-9a-fA-F]+|\d+))[uUlL]*\s*\)?$/.exec(definition.body)?.[1] ?? NaN);
    if (!Number.isNaN(plain) && !/^\(?-?0\d/.test(definition.body)) return plain;
    const made = core.parser.parseSynthetic(`int lifebound = (${definition.body});`, [unit.start, unit.end]);
    const init = made.scope.vars[0]?.init;
    // What a macro's body names is looked up where the macro is used.
    return init === undefined ? undefined : evaluate(init, (other) => constant(other, from, depth + 1));
  }

  function definitionOf(unit: Unit): MacroDef & { readonly file: FileId } {
    const text = core.view.text(unit.file)?.slice(unit.start, unit.end) ?? "";
    const match = /^\w+(\([^)]*\))?([\s\S]*)$/.exec(text);
    const params = match?.[1]
      ?.slice(1, -1)
      .split(",")
      .map((p) => p.replace(/\\\r?\n/g, " ").trim())
      .filter((p) => p !== "");
    const body = (match?.[2] ?? "")
      .replace(/\/\*[\s\S]*?\*\//g, " ")
      .replace(/\/\/.*/g, " ")
      .replace(/\\\r?\n/g, " ")
      .trim();
    return { name: unit.name, params, body, range: [unit.start, unit.end], file: unit.file };
  }

  return {
    struct,
    structUnit: (tag, from) => unitOf(tag, from, STRUCT),
    typedef,
    field,
    constant: (name, from) => constant(name, from),
    macro(name, from) {
      const unit = lookup.visible(name, from, [MACRO]);
      return unit === undefined ? undefined : definitionOf(unit);
    },
  };
}

interface Group {
  /** Empty where the group has none. */
  readonly tag: string;
  readonly name: string;
  readonly members: string;
}

/** struct_group(name, members), struct_group_attr(name, attributes, members) and struct_group_tagged(tag, name, members) in a struct's text. */
function groupsIn(text: string): readonly Group[] {
  const found: Group[] = [];
  for (const m of text.matchAll(/\bstruct_group(_attr|_tagged)?\(\s*(\w+)\s*,(?:\s*([\w()]*)\s*,)?/g)) {
    const end = matching(text, m.index, text.length, 40);
    const inside = m[1] === undefined ? m[0].slice(0, m[0].indexOf(",") + 1) : m[0];
    const members = text.slice(m.index + inside.length, end - 1);
    found.push({
      tag: m[1] === "_tagged" ? (m[2] ?? "") : "",
      name: (m[1] === "_tagged" ? m[3] : m[2]) ?? "",
      members,
    });
  }
  return found;
}

/** A field by name, looking through members that have none. */
export function fieldIn(fields: readonly FieldDecl[], name: string): FieldDecl | undefined {
  for (const field of fields) {
    if (field.name === name) return field;
    const inner = field.name === "" && field.type.fields !== undefined ? fieldIn(field.type.fields, name) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}
