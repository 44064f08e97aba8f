// Walks over the call graph: what a function calls, who calls a function in the end, and the set of code that belongs to one driver.
import type { FunctionFacts, Effect, TableFacts, Value } from "../facts/facts.ts";
import { walk } from "../facts/place.ts";
import type { FileId } from "../base/span.ts";
import type { FunctionRef, Program } from "./program.ts";
import { fieldOf } from "./types.ts";

/** One call and what it may run. */
export interface CallSite {
  readonly call: Effect & { readonly kind: "call" };
  /** "direct": by name. "slot": through a function pointer in a field. "unknown": through anything else, or a name without a definition. */
  readonly how: "direct" | "slot" | "unknown";
  readonly targets: readonly FunctionRef[];
}

/** Functions that one walk may visit; past that its answer is incomplete. The driver with the most in a 7.x tree has some 20,000. */
export const MAX_REACHED = 25_000;

export interface Reached {
  /** Sorted by file and place. */
  readonly functions: readonly FunctionRef[];
  readonly complete: boolean;
}

/**
 * The calls of a function in the order of its blocks. A call through a field runs what the whole tree stores in that (struct, slot), unless
 * `slot` narrows it (to one driver's tables).
 */
export function callees(
  fn: FunctionFacts,
  program: Program,
  slot: (struct: string, name: string) => readonly FunctionRef[] = (struct, name) =>
    program.targets(struct, name).map((target) => target.fn),
): readonly CallSite[] {
  const locals = new Set([...fn.params, ...fn.locals].map((local) => local.name));
  return fn.blocks
    .flatMap((block) => block.effects)
    .flatMap((call): CallSite[] => {
      if (call.kind !== "call") return [];
      const { callee } = call;
      if (callee.k === "name" && !locals.has(callee.name)) {
        const target = program.resolve(callee.name, fn.file);
        return [
          target === undefined ? { call, how: "unknown", targets: [] } : { call, how: "direct", targets: [target] },
        ];
      }
      const field = fieldOf(callee.k === "deref" ? callee.e : callee, fn, program);
      if (field === undefined) return [{ call, how: "unknown", targets: [] }];
      return [{ call, how: "slot", targets: unique(slot(field.struct, field.field)) }];
    });
}

/** Everything from which a call chain by name leads to one of `to`, these included. Calls through pointers end the chain. */
export function callersClosure(to: readonly FunctionRef[], program: Program, budget: number = MAX_REACHED): Reached {
  return closure(to, (ref) => program.callers(ref), budget);
}

/** Everything that call chains from `from` lead to, these included, as far as `inside` lets them. */
export function calleesClosure(
  from: readonly FunctionRef[],
  program: Program,
  inside: (ref: FunctionRef) => boolean,
  budget: number = MAX_REACHED,
): Reached {
  const next = (ref: FunctionRef): readonly FunctionRef[] => {
    const facts = program.facts(ref);
    return facts === undefined
      ? []
      : callees(facts, program)
          .flatMap((site) => site.targets)
          .filter(inside);
  };
  return closure(from, next, budget);
}

function closure(
  from: readonly FunctionRef[],
  next: (ref: FunctionRef) => readonly FunctionRef[],
  budget: number,
): Reached {
  const seen = new Map(from.map((ref) => [key(ref), ref]));
  const queue = [...from];
  for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
    for (const other of next(ref)) {
      if (seen.has(key(other))) continue;
      if (seen.size >= budget) return { functions: sorted([...seen.values()]), complete: false };
      seen.set(key(other), other);
      queue.push(other);
    }
  }
  return { functions: sorted([...seen.values()]), complete: true };
}

/** What belongs to one registered bus driver struct: found from its callbacks through calls and the tables that they name. */
export interface Driver {
  readonly root: TableFacts;
  readonly functions: readonly FunctionRef[];
  readonly tables: readonly TableFacts[];
  readonly files: readonly FileId[];
  /** The functions that the driver's own tables store in a (struct, slot); empty where it stores none: the slot is NULL in this driver. */
  targets(struct: string, slot: string): readonly FunctionRef[];
  readonly complete: boolean;
}

/**
 * The driver of `root` (a struct pci_driver, platform_driver, auxiliary_driver...). Only code that `inside` accepts is followed: by default
 * the folder of the driver's file and the folders below it.
 */
export function driverOf(
  root: TableFacts,
  program: Program,
  inside: (file: FileId) => boolean = inFolderOf(root.file),
  budget: number = MAX_REACHED,
): Driver {
  const functions = new Map<string, FunctionRef>();
  const tables = new Map<string, TableFacts>();
  const stored = new Map<string, Map<string, FunctionRef>>();
  const queue: FunctionRef[] = [];
  let complete = true;

  const addFunction = (ref: FunctionRef): void => {
    if (functions.has(key(ref)) || !inside(ref.file)) return;
    if (functions.size >= budget) complete = false;
    else {
      functions.set(key(ref), ref);
      queue.push(ref);
    }
  };
  const addStored = (struct: string | undefined, slot: string, ref: FunctionRef): void => {
    const slotKey = `${struct ?? ""}.${slot}`;
    let refs = stored.get(slotKey);
    if (refs === undefined) stored.set(slotKey, (refs = new Map<string, FunctionRef>()));
    refs.set(key(ref), ref);
    addFunction(ref);
  };
  const addTable = (table: TableFacts): void => {
    const tableKey = `${table.file}:${table.span.start}:${table.name}`;
    if (tables.has(tableKey) || !inside(table.file)) return;
    tables.set(tableKey, table);
    for (const { struct, slot, fn } of program.entries(table)) addStored(struct, slot, fn);
    for (const { value } of table.entries) addNames(value, table.file, new Set());
  };
  /** Functions and tables that a value names. */
  const addNames = (value: Value, from: FileId, locals: ReadonlySet<string>): void => {
    walk(value, (part) => {
      if (part.k !== "name" || locals.has(part.name)) return;
      const table = program.table(part.name, from);
      if (table !== undefined) return addTable(table);
      const ref = program.resolve(part.name, from);
      if (ref !== undefined) addFunction(ref);
    });
  };

  addTable(root);
  for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
    const facts = program.facts(ref);
    if (facts === undefined) continue;
    const locals = new Set([...facts.params, ...facts.locals].map((local) => local.name));
    for (const effect of facts.blocks.flatMap((block) => block.effects)) {
      if (effect.kind === "call")
        for (const value of [effect.callee, ...effect.args]) addNames(value, ref.file, locals);
      if (effect.kind !== "assign") continue;
      addNames(effect.value, ref.file, locals);
      const target =
        effect.value.k === "name" && !locals.has(effect.value.name)
          ? program.resolve(effect.value.name, ref.file)
          : undefined;
      const field = target === undefined ? undefined : fieldOf(effect.to, facts, program);
      if (target !== undefined && field !== undefined) addStored(field.struct, field.field, target);
    }
  }
  const all = sorted([...functions.values()]);
  return {
    root,
    functions: all,
    tables: [...tables.values()].sort(
      (a, b) => compare(a.file, b.file) || a.span.start - b.span.start || compare(a.name, b.name),
    ),
    files: [...new Set([...all.map((ref) => ref.file), ...[...tables.values()].map((table) => table.file)])].sort(),
    targets: (struct, slot) => sorted([...(stored.get(`${struct}.${slot}`)?.values() ?? [])]),
    complete,
  };
}

function inFolderOf(file: FileId): (file: FileId) => boolean {
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  return (other) => other.startsWith(folder);
}

function key(ref: FunctionRef): string {
  return `${ref.file}:${ref.start}`;
}

function unique(refs: readonly FunctionRef[]): readonly FunctionRef[] {
  return [...new Map(refs.map((ref) => [key(ref), ref])).values()];
}

function sorted(refs: readonly FunctionRef[]): readonly FunctionRef[] {
  return [...refs].sort((a, b) => compare(a.file, b.file) || a.start - b.start);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
