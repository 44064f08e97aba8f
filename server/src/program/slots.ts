// Tables of functions: file-scope variables with initialisers, written out or made by macros, and which (struct, slot) each entry fills.
import type { FileId } from "../base/span.ts";
import type { TableFacts, Value } from "../facts/facts.ts";
import { lowerTables } from "../facts/tables.ts";
import type { FieldDecl, TypeRef } from "../syntax/ast.ts";
import { expandInvocation } from "../syntax/expand.ts";
import { isTaken, lineOf } from "./core.ts";
import type { Core, Under } from "./core.ts";
import { fieldIn } from "./declarations.ts";
import type { Declarations } from "./declarations.ts";
import type { Lookup } from "./lookup.ts";
import { INITIALISED, INVOCATION, VARIABLE } from "./units.ts";
import type { Unit } from "./view.ts";

/** An entry of a table that names something, by the struct that it stands in. */
export interface SlotEntry {
  /** The struct's tag; undefined where its declaration was not found. An anonymous struct counts as the one around it. */
  readonly struct: string | undefined;
  readonly slot: string;
  readonly value: Value;
}

export interface Tables {
  /** The tables that a unit makes: one for a variable, any number for a macro's invocation. */
  of(unit: Unit): readonly TableFacts[];
  /** A table by the variable's name, as `from` sees it. */
  named(name: string, from: FileId): TableFacts | undefined;
  entries(table: TableFacts): readonly SlotEntry[];
}

/** Structs in structs in a table's type. */
const MAX_DEPTH = 20;

/** `under`: as for the lookup. */
export function openTables(core: Core, lookup: Lookup, declarations: Declarations, under?: Under<Tables>): Tables {
  const made = new Map<string, readonly TableFacts[]>();
  const entryMacros = new Map<string, boolean>();
  const slots = new WeakMap<TableFacts, readonly SlotEntry[]>();

  function of(unit: Unit): readonly TableFacts[] {
    if (under !== undefined && !under.changed.has(unit.file)) return under.base.of(unit);
    const key = `${unit.file}:${unit.start}:${unit.end}`;
    let tables = made.get(key);
    if (tables === undefined) made.set(key, (tables = read(unit)));
    return tables;
  }

  function read(unit: Unit): readonly TableFacts[] {
    const text = core.view.text(unit.file);
    if (text === undefined) return [];
    const own = text.slice(unit.start, unit.end);
    const expansion = expandInvocation(own, (name) => macroAt(name, unit));
    if (!expansion.complete)
      core.missed(unit.file, lineOf(text, unit.start), `${unit.name}: its macros make too much text`);
    const made = expansion.expanded.some((name) => name !== "THIS_MODULE");
    if (unit.kind === INVOCATION && !made) return [];
    const parsed = made
      ? core.parser.parseSynthetic(expansion.text.endsWith(";") ? expansion.text : `${expansion.text};`, [
          unit.start,
          unit.end,
        ])
      : core.parser.parseText(own, unit.start);
    if (parsed.gaps.length > 0)
      core.missed(unit.file, lineOf(text, unit.start), `${unit.name}: a table that was not understood whole`);
    return lowerTables(parsed.scope, unit.file, text).tables;
  }

  /** The macros that are expanded: all of an invocation; of an initialiser those that make entries or braces. Constants stay names. */
  function macroAt(name: string, unit: Unit): { params: readonly string[] | undefined; body: string } | undefined {
    const found = declarations.macro(name, unit.file);
    if (found === undefined || unit.kind === INVOCATION) return found;
    return makesEntries(name, found.body, unit.file, 0) ? found : undefined;
  }

  function makesEntries(name: string, body: string, from: FileId, depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    const key = `${name}\n${from}`;
    const before = entryMacros.get(key);
    if (before !== undefined) return before;
    entryMacros.set(key, false);
    const found =
      /\{|(^|[,\s(])\.\s*\w+\s*=/.test(body) ||
      (body.match(/[A-Za-z_]\w*/g) ?? []).some((word) => {
        const inner = declarations.macro(word, from);
        return inner !== undefined && makesEntries(word, inner.body, from, depth + 1);
      });
    entryMacros.set(key, found);
    return found;
  }

  function named(name: string, from: FileId): TableFacts | undefined {
    const unit = variableUnit(core, lookup, name, from);
    return unit === undefined ? undefined : of(unit).find((table) => table.name === name);
  }

  function entries(table: TableFacts): readonly SlotEntry[] {
    if (under !== undefined && !under.changed.has(table.file)) return under.base.entries(table);
    const known = slots.get(table);
    if (known !== undefined) return known;
    const found: SlotEntry[] = [];
    // A compound literal's type stands as an entry of its own, before what it holds.
    const literals = new Map<string, TypeRef>();
    for (const { path, value } of table.entries) {
      if (value.k === "init" && value.type !== undefined && value.entries.length === 0) {
        literals.set(path.join("\n"), value.type);
        continue;
      }
      const place = placeOf(table, path, literals);
      if (place !== undefined) found.push({ ...place, value });
    }
    slots.set(table, found);
    return found;
  }

  /** The struct and field that a path of designators ends in. */
  function placeOf(
    table: TableFacts,
    path: readonly string[],
    literals: ReadonlyMap<string, TypeRef>,
  ): { readonly struct: string | undefined; readonly slot: string } | undefined {
    let type: TypeRef | undefined = literals.get("") ?? table.type;
    let owner: string | undefined;
    let slot = "";
    for (const [i, step] of path.entries()) {
      if (i > MAX_DEPTH) return undefined;
      if (step.startsWith("[") && type?.array === true && !/^\[[A-Za-z_]\w*\+/.test(step)) {
        type = { ...type, array: false };
        continue;
      }
      const struct: ReturnType<typeof fieldsOf> = type === undefined ? undefined : fieldsOf(type, owner, table.file);
      const named: string | undefined = step.startsWith("[") ? positional(struct?.fields, step) : step;
      const only = i === path.length - 1 && i === 0 && table.type.kind !== "name" && table.type.fields === undefined;
      owner = struct?.tag ?? (only ? table.type.name : undefined);
      slot = named ?? step;
      const literal = literals.get(path.slice(0, i + 1).join("\n"));
      type = literal ?? (named === undefined ? undefined : fieldIn(struct?.fields ?? [], named)?.type);
    }
    return slot === "" ? undefined : { struct: owner === "" ? undefined : owner, slot };
  }

  function fieldsOf(
    type: TypeRef,
    around: string | undefined,
    from: FileId,
  ): { readonly tag: string | undefined; readonly fields: readonly FieldDecl[] } | undefined {
    let at = type;
    for (let depth = 0; depth < MAX_DEPTH && at.kind === "name"; depth++) {
      const next = declarations.typedef(at.name, from);
      if (next === undefined) return undefined;
      at = next;
    }
    if (at.fields !== undefined) return { tag: at.name === "" ? around : at.name, fields: at.fields };
    if (at.kind !== "struct" && at.kind !== "union") return undefined;
    const struct = declarations.struct(at.name, from);
    return struct === undefined ? undefined : { tag: struct.tag, fields: struct.fields };
  }

  return { of, named, entries };
}

/** The field that `[2]` or `[name+1]` means in a struct. */
function positional(fields: readonly FieldDecl[] | undefined, step: string): string | undefined {
  const match = /^\[(?:(\w+)\+)?(\d+)\]$/.exec(step);
  if (fields === undefined || match === null) return undefined;
  const base =
    match[1] === undefined || /^\d/.test(match[1])
      ? Number(match[1] ?? 0)
      : fields.findIndex((f) => f.name === match[1]);
  return fields[base + Number(match[2])]?.name;
}

/** The unit of a file-scope variable that `from` sees: its own or an included one with a value first, then a declaration, then its module's. */
export function variableUnit(core: Core, lookup: Lookup, name: string, from: FileId): Unit | undefined {
  const seen = lookup.visible(name, from, [VARIABLE]);
  const own = core.view
    .named(name, VARIABLE)
    .filter((unit) => unit.file === from && (unit.flags & INITIALISED) !== 0 && isTaken(core, unit))[0];
  if (own !== undefined) return own;
  if (seen !== undefined && (seen.flags & INITIALISED) !== 0) return seen;
  const files = core.kbuild.modules(from).flatMap((module) => core.kbuild.filesOf(module));
  for (const file of files) core.view.entry(file);
  const within = new Set([...files, ...(seen === undefined ? [] : core.skim.exporters(name))]);
  for (const file of within) core.view.entry(file);
  const found = lookup.near(
    name,
    from,
    [VARIABLE],
    (unit) => within.has(unit.file) && (unit.flags & INITIALISED) !== 0,
  );
  return found ?? seen;
}
