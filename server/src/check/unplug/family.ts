// Finds exporters: every table of exporter callbacks, what exports with it, and the driver's private struct behind a buffer.
import { scan } from "./scan.ts";
import type { Types } from "./types.ts";
import type { FunctionFacts, TableFacts, Value } from "../../facts/facts.ts";
import type { Framework, Slot } from "../../model/unplug/vocabulary.ts";
import type { FunctionRef } from "../../program/program.ts";
import type { FileId } from "../../base/span.ts";

/** One exporter as found in the text. */
export interface Family {
  readonly ops: TableFacts;
  readonly exporters: readonly FunctionFacts[];
  /** The struct behind a buffer. */
  readonly private: string;
  readonly framework: Framework;
  /** Folder prefixes of the driver and of its framework: bodies are followed there. */
  readonly folders: readonly string[];
  /** Is the file the driver's own, or its framework's? Other drivers' callers of a library are not this family's. */
  readonly home: (file: FileId) => boolean;
}

export const isFunction = (ref: FunctionRef | { readonly file: FileId }): ref is FunctionRef => "name" in ref;

export const folderOf = (file: FileId): FileId => file.slice(0, file.lastIndexOf("/") + 1);

/** The functions of the table, by slot. */
export function callbacks(types: Types, table: TableFacts): ReadonlyMap<string, FunctionFacts> {
  const out = new Map<string, FunctionFacts>();
  for (const e of table.entries) {
    const name = functionName(e.value);
    const slot = e.path.at(-1);
    const fn = name === undefined ? undefined : types.program.fn(name, table.file);
    if (fn !== undefined && slot !== undefined) out.set(slot, fn);
  }
  return out;
}

function functionName(v: Value): string | undefined {
  if (v.k === "name") return v.name;
  return v.k === "addr" || v.k === "cast" ? functionName(v.e) : undefined;
}

export function findFamilies(
  types: Types,
  wanted: (file: FileId) => boolean,
  folders: readonly string[],
): readonly Family[] {
  const { program, vocabulary } = types;
  const { exporter } = vocabulary;
  const out: Family[] = [];
  for (const ops of program.tables(exporter.table, folders)) {
    if (!wanted(ops.file)) continue;
    const exporters = program
      .mentions(ops.name, ops.static ? ops.file : undefined)
      .filter(isFunction)
      .filter((ref) => !ops.static || ref.file === ops.file)
      .map((ref) => program.facts(ref))
      .filter((fn) => fn !== undefined)
      .filter((fn) => exports(types, fn, ops.name));
    const tag = privateStruct(types, ops, exporters);
    if (exporters.length === 0 || tag === undefined) continue;
    const framework = frameworkOf(types, ops.file);
    const followed = foldersOf(types, ops.file, framework);
    const home = homeOf(types, ops.file, framework);
    out.push({ ops, exporters, private: tag, framework, folders: followed, home });
  }
  return out.sort((a, b) => (a.ops.file + a.ops.name < b.ops.file + b.ops.name ? -1 : 1));
}

/** Where bodies are followed: the exporter's folder, the framework's, and those of the drivers behind it that have something driver-bound to give out. */
function foldersOf(types: Types, file: FileId, framework: Framework): readonly string[] {
  const { program, vocabulary } = types;
  const providers = vocabulary.origins
    .flatMap((name) => program.mentions(name))
    .filter(isFunction)
    .map((ref) => folderOf(ref.file))
    .filter((folder) => framework.folders.some((f) => folder.startsWith(f)));
  return [...new Set([folderOf(file), ...framework.core, ...framework.headers, ...providers])];
}

/** The files of the driver: its module's, and under a framework its folder's, where the bus driver stands beside the library; and the framework's own. */
function homeOf(types: Types, file: FileId, framework: Framework): Family["home"] {
  const { program } = types;
  const modules = program.kbuild(file).modules;
  const core = new Set(framework.core);
  const known = new Map<FileId, boolean>();
  const own = (other: FileId): boolean => {
    if (other === file || core.has(folderOf(other))) return true;
    const theirs = program.kbuild(other).modules;
    if (theirs.some((m) => modules.includes(m))) return true;
    if (folderOf(other) !== folderOf(file)) return false;
    // Where no Makefile speaks of the file, its folder's other files of that kind may belong to it.
    return core.size > 0 || other.endsWith(".h") || (modules.length === 0 && theirs.length === 0);
  };
  return (other) => {
    let is = known.get(other);
    if (is === undefined) known.set(other, (is = own(other)));
    return is;
  };
}

/** Does the function put the table's address in an export info and export? */
function exports(types: Types, fn: FunctionFacts, table: string): boolean {
  const { exporter } = types.vocabulary;
  const called = scan(types, fn).calls;
  if (!exporter.call.some((name) => called.has(name))) return false;
  return fn.blocks.some((b) =>
    b.effects.some(
      (e) =>
        e.kind === "assign" &&
        mentionsAddress(e.value, table) &&
        (e.value.k === "init" || lastName(e.to) === exporter.ops),
    ),
  );
}

const lastName = (v: Value): string | undefined => (v.k === "field" ? v.name : undefined);

function mentionsAddress(v: Value, name: string): boolean {
  if (v.k === "addr") return v.e.k === "name" && v.e.name === name;
  if (v.k === "init") return v.entries.some((e) => mentionsAddress(e.value, name));
  return v.k === "cast" ? mentionsAddress(v.e, name) : false;
}

/** The struct that callbacks take the buffer's private pointer for, or that the exporter stores there. */
function privateStruct(types: Types, ops: TableFacts, exporters: readonly FunctionFacts[]): string | undefined {
  const { exporter } = types.vocabulary;
  const votes = new Map<string, number>();
  const vote = (tag: string | undefined): void => {
    if (tag !== undefined) votes.set(tag, (votes.get(tag) ?? 0) + 1);
  };
  for (const fn of callbacks(types, ops).values()) {
    for (const b of fn.blocks)
      for (const e of b.effects)
        if (e.kind === "assign" && e.to.k === "name" && isPrivate(types, e.value, fn))
          vote(types.tag(types.of(e.to, fn), fn.file));
  }
  for (const fn of exporters)
    for (const b of fn.blocks)
      for (const e of b.effects)
        if (e.kind === "assign" && lastName(e.to) === exporter.priv) vote(types.tag(types.of(e.value, fn), fn.file));
  return [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}

function isPrivate(types: Types, v: Value, fn: FunctionFacts): boolean {
  if (v.k === "cast") return isPrivate(types, v.e, fn);
  if (v.k !== "field") return false;
  const m = types.member(types.of(v.base, fn), v.name, fn.file);
  return m !== undefined && `${m.tag}.${v.name}` === types.vocabulary.exporter.privField;
}

/** The framework whose tables stand in the exporter's folder, or whose folder it is. */
function frameworkOf(types: Types, file: FileId): Framework {
  const { program, vocabulary } = types;
  for (const f of vocabulary.frameworks) if (f.folders.some((x) => file.startsWith(x))) return f;
  for (const f of vocabulary.frameworks)
    if (f.tables.some((t) => program.tables(t, [folderOf(file)]).some((x) => folderOf(x.file) === folderOf(file))))
      return f;
  return vocabulary.plain;
}

/** How far a file is from another: 0 the same, 1 the same folder, then one more for each folder up and down. */
export function distance(a: FileId, b: FileId): number {
  if (a === b) return 0;
  const [x, y] = [folderOf(a).split("/"), folderOf(b).split("/")];
  let same = 0;
  while (same < x.length && same < y.length && x[same] === y[same]) same++;
  return 1 + (x.length - same) + (y.length - same);
}

/** The functions that stand in a slot, nearest to the exporter; those of other drivers are left out. */
export function nearest(
  types: Types,
  family: Pick<Family, "ops" | "folders" | "home" | "framework">,
  slot: Slot,
): { readonly fns: readonly FunctionRef[]; readonly left: readonly FunctionRef[] } {
  const framed = family.framework !== types.vocabulary.plain;
  const all = types.program
    .targets(slot.struct, slot.slot, [...family.folders, ...family.framework.core])
    .filter((t) => family.home(t.file) || (framed && family.folders.some((f) => t.file.startsWith(f))));
  // The driver's own tables, if it has any; else, behind a framework, those of the nearest driver that the framework serves.
  const far = (file: FileId): number => (family.home(file) ? 0 : distance(file, family.ops.file));
  const best = Math.min(...all.map((t) => far(t.file)));
  const fns = new Map<string, FunctionRef>();
  const left = new Map<string, FunctionRef>();
  for (const t of all) (far(t.file) === best ? fns : left).set(`${t.fn.file}:${t.fn.name}`, t.fn);
  return { fns: [...fns.values()], left: [...left].filter(([k]) => !fns.has(k)).map(([, f]) => f) };
}
