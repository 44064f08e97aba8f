// Who may know a name, and who uses it: the closed world around a field, a function or a type.
//
// Complete: names private to one .c file; names that a header declares, among all files that may include it, directly or not, however the
// include is written. Not seen: uses through pasted identifiers (a ## b), assembler, Rust, and a declaration repeated by hand elsewhere.
import type { FileId } from "../base/span.ts";
import { FEW, MAX_FILES_PER_QUESTION, isTaken } from "./core.ts";
import type { Core } from "./core.ts";
import type { Functions } from "./functions.ts";
import { CALLED, FIELD, STORED, VALUE, WRITTEN } from "./lex.ts";
import type { Lookup } from "./lookup.ts";
import type { FieldUse, FunctionRef } from "./program.ts";
import { FUNCTION, INVOCATION, MACRO, PROTOTYPE, VARIABLE } from "./units.ts";
import { byPlace } from "./view.ts";
import type { UnitUse } from "./view.ts";

export interface Uses {
  knowers(file: FileId): readonly FileId[];
  /** Files that can mean the function `of` by its name. */
  knowersOf(of: FunctionRef): readonly FileId[];
  /** Units of `files` that use `name` (`field`: as a field); files that do not hold it so are not indexed for it. */
  usersIn(files: readonly FileId[], name: string, field?: boolean): readonly UnitUse[];
  callers(of: FunctionRef): readonly FunctionRef[];
  mentions(identifier: string, declaredIn?: FileId): readonly (FunctionRef | { readonly file: FileId })[];
  fieldUses(name: string, declaredIn: FileId): readonly FieldUse[];
}

/** Macros that call macros that call the function. */
const MAX_MACROS = 50;

export function openUses(core: Core, lookup: Lookup, functions: Functions): Uses {
  const known = new Map<FileId, readonly FileId[]>();

  function knowers(file: FileId): readonly FileId[] {
    const before = known.get(file);
    if (before !== undefined) return before;
    const others = file.endsWith(".h") ? core.skim.includers(file) : core.skim.siblings(file);
    const found = [...others, file].sort();
    known.set(file, found);
    return found;
  }

  function knowersOf(of: FunctionRef): readonly FileId[] {
    if (of.static || of.file.endsWith(".h")) return knowers(of.file);
    const declared = lookup.visible(of.name, of.file, [PROTOTYPE]);
    if (declared === undefined || !declared.file.endsWith(".h")) return core.skim.holding(of.name);
    return [...new Set([...knowers(declared.file), of.file])].sort();
  }

  function usersIn(files: readonly FileId[], name: string, field = false): readonly UnitUse[] {
    let among = files.length > FEW ? core.skim.holding(name, files, field) : files;
    if (among.length > MAX_FILES_PER_QUESTION) {
      core.missed("", 0, `uses of ${name}: ${among.length} files hold it, ${MAX_FILES_PER_QUESTION} were looked at`);
      among = among.slice(0, MAX_FILES_PER_QUESTION);
    }
    for (const file of among) core.view.entry(file);
    const within = new Set(among);
    return core.view.uses(name).filter((use) => within.has(use.unit.file));
  }

  function callers(of: FunctionRef): readonly FunctionRef[] {
    const found = new Map<string, FunctionRef>();
    const names: { readonly name: string; readonly files: readonly FileId[] }[] = [
      { name: of.name, files: knowersOf(of) },
    ];
    const macros = new Set<string>();
    for (let next = names.pop(); next !== undefined; next = names.pop()) {
      for (const { unit, bits } of usersIn(next.files, next.name)) {
        if ((bits & (CALLED | VALUE | STORED)) === 0 || !isTaken(core, unit) || meansAnother(of, unit.file)) continue;
        if (unit.kind === FUNCTION && (bits & CALLED) !== 0)
          found.set(`${unit.file}:${unit.start}`, functions.ref(unit));
        // A macro that calls it: whoever uses the macro calls it.
        if (unit.kind !== MACRO || macros.has(unit.name)) continue;
        macros.add(unit.name);
        if (macros.size <= MAX_MACROS) names.push({ name: unit.name, files: knowers(unit.file) });
        else core.missed(of.file, 0, `callers of ${of.name}: more than ${MAX_MACROS} macros call it`);
      }
    }
    return [...found.values()].sort(byPlace);
  }

  /** True where the file has a function of its own by that name. */
  function meansAnother(of: FunctionRef, file: FileId): boolean {
    if (file === of.file) return false;
    return core.view.named(of.name, FUNCTION).some((unit) => unit.file === file && isTaken(core, unit));
  }

  function mentions(identifier: string, declaredIn?: FileId): readonly (FunctionRef | { readonly file: FileId })[] {
    const files = declaredIn === undefined ? core.skim.holding(identifier) : knowers(declaredIn);
    const refs: FunctionRef[] = [];
    const scopes = new Set<FileId>();
    for (const { unit } of usersIn(files, identifier)) {
      if (!isTaken(core, unit)) continue;
      if (unit.kind === FUNCTION) refs.push(functions.ref(unit));
      else if (unit.kind === VARIABLE || unit.kind === INVOCATION || unit.kind === MACRO) scopes.add(unit.file);
    }
    return [...refs.sort(byPlace), ...[...scopes].sort().map((file) => ({ file }))];
  }

  function fieldUses(name: string, declaredIn: FileId): readonly FieldUse[] {
    return usersIn(knowers(declaredIn), name, true)
      .filter(({ unit, bits }) => unit.kind === FUNCTION && (bits & FIELD) !== 0 && isTaken(core, unit))
      .map(({ unit, bits }) => ({ fn: functions.ref(unit), written: (bits & WRITTEN) !== 0 }));
  }

  return { knowers, knowersOf, usersIn, callers, mentions, fieldUses };
}
