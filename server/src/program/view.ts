// What one program sees of the index: the files of its source, indexed when they are first asked for. An overlay sees its base's index
// but for the files that it changes.
import type { FileId } from "../base/span.ts";
import { addFile, entryFor, entryOf, newIndex, unitsNamed, usesOf, wordAt } from "./index.ts";
import type { FileEntry, Index } from "./index.ts";
import type { Source } from "./program.ts";
import { CONFIG, END, EXTRA, FLAGS, KIND, NAME, START, column } from "./units.ts";

/** A row of the index, read. */
export interface Unit {
  readonly index: Index;
  readonly at: number;
  readonly file: FileId;
  readonly kind: number;
  readonly flags: number;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface UnitUse {
  readonly unit: Unit;
  readonly bits: number;
}

export interface View {
  readonly source: Source;
  /** Indexes the file if that has not been done; undefined where it can't be read. */
  entry(file: FileId): FileEntry | undefined;
  /** The units of a file, in its order. */
  units(file: FileId): readonly Unit[];
  /** The units of that name and one of the kinds in indexed files, sorted by file and place. */
  named(name: string, ...kinds: readonly number[]): readonly Unit[];
  /** The units that use the identifier in indexed files, sorted by file and place. */
  uses(name: string): readonly UnitUse[];
  /** The text of a file; the most recent ones are kept. */
  text(file: FileId): string | undefined;
  /** Files indexed so far, sorted. */
  indexed(): readonly FileId[];
  readonly own: Index;
}

/** Texts kept for repeated reading, in UTF-16 code units: enough for the files of one driver and the headers it includes. */
const KEPT_TEXT = 48 << 20;

/** A view of `source`. With `over`, the view of `source.overlay.base`, only changed files are indexed anew. */
export function openView(source: Source, over?: View, stored?: Index): View {
  const changed = over !== undefined && source.overlay?.base === over.source ? source.overlay.changed : undefined;
  const base = changed === undefined ? undefined : over;
  const own = stored ?? newIndex(base?.own.words);
  const unreadable = new Set<FileId>();
  const texts = new Map<FileId, string>();
  let kept = 0;

  function text(file: FileId): string | undefined {
    if (base !== undefined && changed?.has(file) !== true) return base.text(file);
    const known = texts.get(file);
    if (known !== undefined) return known;
    const read = source.read(file);
    if (read === undefined) return undefined;
    for (const [old, oldText] of texts) {
      if (kept + read.length <= KEPT_TEXT) break;
      texts.delete(old);
      kept -= oldText.length;
    }
    texts.set(file, read);
    kept += read.length;
    return read;
  }

  function entry(file: FileId): FileEntry | undefined {
    if (base !== undefined && changed?.has(file) !== true) return base.entry(file);
    const known = entryFor(own, file);
    if (known !== undefined) return known;
    if (unreadable.has(file)) return undefined;
    const content = text(file);
    if (content !== undefined) return addFile(own, file, content, source.stamp?.(file));
    unreadable.add(file);
    return undefined;
  }

  const visible = (unit: Unit): boolean => changed?.has(unit.file) !== true;

  return {
    source,
    own,
    entry,
    text,
    units(file) {
      if (base !== undefined && changed?.has(file) !== true) return base.units(file);
      const found = entry(file);
      if (found === undefined) return [];
      return Array.from({ length: found.to - found.from }, (_, i) => readUnit(own, found.from + i, file));
    },
    named(name, ...kinds) {
      const found = unitsNamed(own, name)
        .filter((at) => kinds.length === 0 || kinds.includes(column(own.units, at, KIND)))
        .map((at) => readUnit(own, at));
      return [...found, ...(base?.named(name, ...kinds).filter(visible) ?? [])].sort(byPlace);
    },
    uses(name) {
      const found = usesOf(own, name).map((use) => ({ unit: readUnit(own, use.unit), bits: use.bits }));
      const below = base?.uses(name).filter((use) => visible(use.unit)) ?? [];
      return [...found, ...below].sort((a, b) => byPlace(a.unit, b.unit));
    },
    indexed() {
      const below = base?.indexed().filter((file) => changed?.has(file) !== true) ?? [];
      return [...own.files.map((f) => f.file), ...below].sort();
    },
  };
}

export function byPlace(a: { file: FileId; start: number }, b: { file: FileId; start: number }): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.start - b.start;
}

function readUnit(index: Index, at: number, file?: FileId): Unit {
  return {
    index,
    at,
    file: file ?? entryOf(index, at).file,
    kind: column(index.units, at, KIND),
    flags: column(index.units, at, FLAGS),
    name: wordAt(index, at, NAME),
    start: column(index.units, at, START),
    end: column(index.units, at, END),
  };
}

/** The struct tag or typedef name of a variable, the first argument of an invocation, the tag of a typedef; empty where there is none. */
export function extraOf(unit: Unit): string {
  return wordAt(unit.index, unit.at, EXTRA);
}

/** The conditions of the #if arms around a unit, outermost first. */
export function configOf(unit: Unit): readonly string[] {
  const joined = wordAt(unit.index, unit.at, CONFIG);
  return joined === "" ? [] : joined.split("\n");
}
