// Function pointers: which functions are stored in a (struct, slot) anywhere in the tree, and where a function is stored or passed on.
//
// Only files that see the struct's declaration can do so: tables are found there by the struct's name and by the macros that mention it,
// assignments by the slot's.
// Not seen: pointers copied from one slot to another (the function is then in the first slot), and casts between structs.
import type { FileId } from "../base/span.ts";
import type { Effect, TableFacts, Value } from "../facts/facts.ts";
import { lastField } from "../facts/place.ts";
import type { FieldDecl } from "../syntax/ast.ts";
import { isTaken } from "./core.ts";
import type { Core } from "./core.ts";
import type { Declarations } from "./declarations.ts";
import type { Functions } from "./functions.ts";
import { FIELD, STORED, USE_BITS, VALUE, WRITTEN } from "./lex.ts";
import type { FunctionRef, Program, SlotUse, Target } from "./program.ts";
import type { Tables } from "./slots.ts";
import { fieldOf } from "./types.ts";
import { FUNCTION, INITIALISED, INVOCATION, MACRO, STRUCT, VARIABLE, usesFrom, usesTo } from "./units.ts";
import type { Uses } from "./uses.ts";
import { byPlace, extraOf } from "./view.ts";
import type { Unit } from "./view.ts";
import { spell } from "./words.ts";

export interface Targets {
  tables(struct: string, within?: readonly string[]): readonly TableFacts[];
  targets(struct: string, slot: string, within?: readonly string[]): readonly Target[];
  slots(of: FunctionRef): readonly SlotUse[];
}

/** Functions that are parsed for one (struct, slot) because they may store something in it. */
const MAX_STORES = 2000;
/** Stands for all headers where folders are named. */
const HEADERS: readonly string[] = ["*.h"];
/** Macros that mention a struct, directly or not. */
const MAX_RELATED = 400;
/** Structs within structs. */
const MAX_DEPTH = 20;

export function openTargets(
  core: Core,
  declarations: Declarations,
  functions: Functions,
  tables: Tables,
  uses: Uses,
  program: () => Program,
): Targets {
  const known = new Map<string, readonly TableFacts[]>();
  const insidersOf = new Map<string, readonly FileId[]>();
  const macroUsersOf = new Map<string, readonly FileId[]>();
  const nested = new Map<string, boolean>();
  const answers = new Map<string, readonly Target[]>();

  /** The declarations of a struct that are read, of which there are several where drivers use a name for structs of their own. */
  function declaring(struct: string): readonly Unit[] {
    const files = new Set(core.skim.definers(struct));
    for (const file of files) core.view.entry(file);
    return core.view.named(struct, STRUCT).filter((unit) => files.has(unit.file) && isTaken(core, unit));
  }

  /** Files that can know the struct from inside, in the folders: only they can initialise one or select a field of it. */
  function insiders(struct: string, within: readonly string[] | undefined): readonly FileId[] {
    const key = keyOf([struct], within);
    const known = insidersOf.get(key);
    if (known !== undefined) return known;
    const found =
      within === undefined
        ? allInsiders(struct)
        : insiders(struct, undefined).filter((file) =>
            within === HEADERS ? file.endsWith(".h") : isWithin(file, within),
          );
    insidersOf.set(key, found);
    return found;
  }

  function allInsiders(struct: string): readonly FileId[] {
    const declared = declaring(struct);
    // A folder without the kernel's headers: whoever names the struct is taken to see it.
    if (declared.length === 0) return core.skim.holding(struct);
    return [...new Set(declared.flatMap((unit) => uses.knowers(unit.file)))].sort();
  }

  function tablesOf(struct: string, within?: readonly string[]): readonly TableFacts[] {
    const key = keyOf([struct], within);
    const before = known.get(key);
    if (before !== undefined) return before;
    const units = tableUnits(struct, within);
    const found = units.flatMap((unit) => tables.of(unit)).filter((table) => holds(table, struct));
    known.set(key, found);
    return found;
  }

  function holds(table: TableFacts, struct: string): boolean {
    if (table.type.name === struct && table.type.kind !== "name") return true;
    return table.entries.some(({ value }) => value.k === "init" && value.type?.name === struct);
  }

  /** Variables of the type, and what macros that mention it make at file scope. */
  function tableUnits(struct: string, within: readonly string[] | undefined): readonly Unit[] {
    const users = uses.usersIn(insiders(struct, within), struct).map((use) => use.unit);
    const found = users.filter((unit) => unit.kind === VARIABLE && (unit.flags & INITIALISED) !== 0);
    // The macros may stand in headers elsewhere.
    const inHeaders =
      within === undefined ? [] : uses.usersIn(insiders(struct, HEADERS), struct).map((use) => use.unit);
    const macros = [...users, ...inHeaders].filter((unit) => unit.kind === MACRO);
    return unique([...found, ...madeBy(macros, within)]).filter((unit) => isTaken(core, unit));
  }

  /** The invocations and initialisers in which one of the macros, or a macro that uses one, stands. */
  function madeBy(macros: readonly Unit[], within: readonly string[] | undefined): readonly Unit[] {
    const found: Unit[] = [];
    const names = new Set<string>();
    const queue = [...macros];
    for (let macro = queue.pop(); macro !== undefined; macro = queue.pop()) {
      if (names.has(macro.name)) continue;
      names.add(macro.name);
      if (names.size > MAX_RELATED) {
        core.missed(
          macro.file,
          0,
          `more than ${MAX_RELATED} macros mention one struct: some tables were not looked for`,
        );
        break;
      }
      for (const { unit } of uses.usersIn(macroUsers(macro.file, within), macro.name)) {
        if (unit.kind === MACRO) queue.push(unit);
        else if (unit.kind === INVOCATION || (unit.kind === VARIABLE && (unit.flags & INITIALISED) !== 0))
          found.push(unit);
      }
      found.push(
        ...core.view
          .named(macro.name, INVOCATION)
          .filter((unit) => within === undefined || isWithin(unit.file, within)),
      );
    }
    return found;
  }

  /** Who can use a macro: in the folders, or in a header, whose macros may in turn be used there. */
  function macroUsers(file: FileId, within: readonly string[] | undefined): readonly FileId[] {
    const all = uses.knowers(file);
    if (within === undefined) return all;
    const key = keyOf([file], within);
    let found = macroUsersOf.get(key);
    if (found === undefined)
      macroUsersOf.set(key, (found = all.filter((user) => user.endsWith(".h") || isWithin(user, within))));
    return found;
  }

  function targets(struct: string, slot: string, within?: readonly string[]): readonly Target[] {
    const key = keyOf([struct, slot], within);
    const before = answers.get(key);
    if (before !== undefined) return before;
    const found = [...inTables(struct, slot, within), ...stored(struct, slot, within)];
    found.sort((a, b) => byPlace(a.fn, b.fn) || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
    answers.set(key, found);
    return found;
  }

  function inTables(struct: string, slot: string, within: readonly string[] | undefined): Target[] {
    const found: Target[] = [];
    for (const table of new Set([...tablesOf(struct, within), ...nestedTables(struct, slot, within)])) {
      for (const entry of tables.entries(table)) {
        if (entry.slot !== slot || entry.struct !== struct) continue;
        const fn = functionIn(entry.value, table.file);
        if (fn !== undefined) found.push({ fn, table: table.name, file: table.file });
      }
    }
    return found;
  }

  /** Tables of other structs that hold one by value and name the slot: `.driver = { .pm = ... }`. */
  function nestedTables(struct: string, slot: string, within: readonly string[] | undefined): readonly TableFacts[] {
    return uses
      .usersIn(insiders(struct, within), slot, true)
      .filter(({ unit, bits }) => (bits & FIELD) !== 0 && unit.kind === VARIABLE && (unit.flags & INITIALISED) !== 0)
      .map((use) => use.unit)
      .filter(
        (unit) => isTaken(core, unit) && extraOf(unit) !== struct && contains(extraOf(unit), struct, unit.file, 0),
      )
      .flatMap((unit) => tables.of(unit));
  }

  /** Whether a struct (by tag or typedef) holds another by value, directly or not. */
  function contains(outer: string, inner: string, from: string, depth: number): boolean {
    if (outer === "" || depth > MAX_DEPTH) return false;
    const key = `${outer}\n${inner}`;
    const before = nested.get(key);
    if (before !== undefined) return before;
    nested.set(key, false);
    const fields = declarations.struct(outer, from)?.fields ?? declarations.typedef(outer, from)?.fields ?? [];
    const found = holdsField(fields, inner, from, depth);
    nested.set(key, found);
    return found;
  }

  function holdsField(fields: readonly FieldDecl[], inner: string, from: string, depth: number): boolean {
    return fields.some(({ type }) => {
      if (type.pointers > 0 || type.func) return false;
      if (type.fields !== undefined) return holdsField(type.fields, inner, from, depth + 1);
      return (
        (type.kind === "struct" || type.kind === "union") &&
        (type.name === inner || contains(type.name, inner, from, depth + 1))
      );
    });
  }

  function functionIn(value: Value, from: string): FunctionRef | undefined {
    if (value.k === "cast") return functionIn(value.e, from);
    const name =
      value.k === "addr" && value.e.k === "name" ? value.e.name : value.k === "name" ? value.name : undefined;
    return name === undefined ? undefined : functions.resolve(name, from);
  }

  /** Functions that are assigned to the field at run time. */
  function stored(struct: string, slot: string, within: readonly string[] | undefined): readonly Target[] {
    const candidates = uses
      .usersIn(insiders(struct, within), slot, true)
      .filter(({ unit, bits }) => unit.kind === FUNCTION && (bits & WRITTEN) !== 0 && isTaken(core, unit))
      .map((use) => use.unit)
      .filter(storesFunction);
    if (candidates.length > MAX_STORES)
      core.missed("", 0, `${struct}.${slot}: ${candidates.length} functions may store to it, ${MAX_STORES} were read`);
    return candidates.slice(0, MAX_STORES).flatMap((unit) => {
      const by = functions.ref(unit);
      const facts = functions.facts(by);
      if (facts === undefined) return [];
      return facts.blocks
        .flatMap((block) => block.effects)
        .flatMap((effect): Target[] => {
          if (effect.kind !== "assign" || lastField(effect.to) !== slot || effect.to.k !== "field") return [];
          const fn = functionIn(effect.value, by.file);
          if (fn === undefined || fieldOf(effect.to, facts, program())?.struct !== struct) return [];
          return [{ fn, table: undefined, file: by.file, by }];
        });
    });
  }

  /** Whether the body assigns a name to some field that is a function's somewhere. */
  function storesFunction(unit: Unit): boolean {
    const { units, words } = unit.index;
    for (let i = usesFrom(units, unit.at); i < usesTo(units, unit.at); i++) {
      const use = units.uses.list[i] as number;
      if ((use & STORED) === 0) continue;
      if (functions.resolve(spell(words, use >>> USE_BITS), unit.file) !== undefined) return true;
    }
    return false;
  }

  function slots(of: FunctionRef): readonly SlotUse[] {
    const found: SlotUse[] = [];
    for (const { unit, bits } of uses.usersIn(uses.knowersOf(of), of.name)) {
      if ((bits & (VALUE | STORED | FIELD)) === 0 || !isTaken(core, unit)) continue;
      if (unit.kind === VARIABLE || unit.kind === INVOCATION) found.push(...inTable(of, unit));
      else if (unit.kind === FUNCTION && (bits & (VALUE | STORED)) !== 0) found.push(...inBody(of, unit));
    }
    return found.sort((a, b) => byPlace({ file: a.file, start: a.span.start }, { file: b.file, start: b.span.start }));
  }

  function isOf(of: FunctionRef, value: Value, from: string): boolean {
    const fn = functionIn(value, from);
    return fn !== undefined && fn.file === of.file && fn.start === of.start;
  }

  function inTable(of: FunctionRef, unit: Unit): readonly SlotUse[] {
    return tables.of(unit).flatMap((table) =>
      tables
        .entries(table)
        .filter((entry) => mentionsName(entry.value, of.name) && isOf(of, entry.value, table.file))
        .map(({ struct, slot }) => ({ struct, slot, table: table.name, file: table.file, span: table.span })),
    );
  }

  function inBody(of: FunctionRef, unit: Unit): readonly SlotUse[] {
    const by = functions.ref(unit);
    const facts = functions.facts(by);
    if (facts === undefined) return [];
    const use = (effect: Effect): readonly SlotUse[] => {
      const { span } = effect;
      if (effect.kind === "call" && effect.callee.k === "name") {
        const callee = effect.callee.name;
        return effect.args.flatMap((arg, index) =>
          isOf(of, arg, by.file)
            ? [{ struct: undefined, slot: "", argument: { callee, index }, table: undefined, file: by.file, span }]
            : [],
        );
      }
      if (effect.kind !== "assign") return [];
      if (effect.value.k === "init") return inLiteral(of, effect, by);
      if (!isOf(of, effect.value, by.file)) return [];
      const place = fieldOf(effect.to, facts, program());
      const slot = lastField(effect.to) ?? "";
      return slot === "" ? [] : [{ struct: place?.struct, slot, table: undefined, file: by.file, span }];
    };
    return facts.blocks.flatMap((block) => block.effects).flatMap(use);
  }

  /** A local table: `struct x ops = { .f = fn }`, `*p = (struct x){ .f = fn }`. */
  function inLiteral(
    of: FunctionRef,
    effect: Effect & { readonly kind: "assign" },
    by: FunctionRef,
  ): readonly SlotUse[] {
    if (effect.value.k !== "init") return [];
    const type = effect.value.type ?? localType(effect.to, by);
    return effect.value.entries
      .filter((entry) => isOf(of, entry.value, by.file))
      .map(({ path }) => ({
        struct: path.length === 1 ? type?.name : undefined,
        slot: path.at(-1) ?? "",
        table: undefined,
        file: by.file,
        span: effect.span,
      }));
  }

  function localType(to: Value, by: FunctionRef): { readonly name: string } | undefined {
    const facts = functions.facts(by);
    return to.k === "name" ? facts?.locals.find((local) => local.name === to.name)?.type : undefined;
  }

  return { tables: tablesOf, targets, slots };
}

function mentionsName(value: Value, name: string): boolean {
  if (value.k === "name") return value.name === name;
  return value.k === "addr" || value.k === "cast" ? mentionsName(value.e, name) : false;
}

function keyOf(names: readonly string[], within: readonly string[] | undefined): string {
  return [...names, ...(within === undefined ? [] : ["", ...within])].join("\n");
}

function isWithin(file: FileId, folders: readonly string[]): boolean {
  return folders.some((folder) => file.startsWith(folder));
}

function unique(units: readonly Unit[]): readonly Unit[] {
  const seen = new Map(units.map((unit) => [`${unit.file}:${unit.start}:${unit.end}`, unit]));
  return [...seen.values()].sort(byPlace);
}
