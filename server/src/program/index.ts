// The index of many files: the units of each, found by name and by the identifiers they use. Grows file by file and is never rebuilt.
import type { FileId } from "../base/span.ts";
import { KEYWORD_COUNT, USE_BITS, internKeywords } from "./lex.ts";
import { outline } from "./outline.ts";
import { NAME, column, newUnits, usesFrom, usesTo } from "./units.ts";
import type { Units } from "./units.ts";
import { find, grown, newWords, spell } from "./words.ts";
import type { Words } from "./words.ts";

export interface FileEntry {
  readonly file: FileId;
  /** Its units are [from, to). */
  readonly from: number;
  readonly to: number;
  /** As written, with delimiters, in order. */
  readonly includes: readonly string[];
  readonly stamp: string | undefined;
}

export interface Index {
  readonly words: Words;
  readonly units: Units;
  /** In the order in which they were asked for. */
  readonly files: FileEntry[];
  readonly numbers: Map<FileId, number>;
  /** From an earlier run and not asked for yet: of these nothing is known by name or by use, so that an index from the cache answers as a new one. */
  readonly stored: Map<FileId, FileEntry>;
  /** Files that were read because no earlier run had. */
  fresh: number;
  /** Unit → the number of its file. */
  unitFile: Int32Array;
  /** Word → the last unit of that name (+ 1); unit → the one before it (+ 1). */
  nameHead: Int32Array;
  nameNext: Int32Array;
  /** Word → the last link (+ 1) of the files that use it; link → file, and the link before it (+ 1). */
  useHead: Int32Array;
  useFile: Int32Array;
  useNext: Int32Array;
  useLinks: number;
}

/** An empty index. Overlays pass the words of their base, so that a word has one number in both. */
export function newIndex(words?: Words): Index {
  const own = words ?? newWords();
  if (own.count === 0) internKeywords(own);
  return emptyIndex(own, newUnits());
}

export function emptyIndex(words: Words, units: Units): Index {
  return {
    words,
    units,
    files: [],
    numbers: new Map(),
    stored: new Map(),
    fresh: 0,
    unitFile: new Int32Array(1 << 10),
    nameHead: new Int32Array(1 << 12),
    nameNext: new Int32Array(1 << 10),
    useHead: new Int32Array(1 << 12),
    useFile: new Int32Array(1 << 12),
    useNext: new Int32Array(1 << 12),
    useLinks: 0,
  };
}

/** Indexes a file that is not in the index yet. */
export function addFile(index: Index, file: FileId, text: string, stamp: string | undefined): FileEntry {
  const from = index.units.count;
  const includes = outline(text, index.words, index.units);
  const entry = { file, from, to: index.units.count, includes, stamp };
  index.fresh++;
  link(index, entry);
  return entry;
}

/** The entry of a file that is in the index, or that an earlier run has left. */
export function entryFor(index: Index, file: FileId): FileEntry | undefined {
  const number = index.numbers.get(file);
  if (number !== undefined) return index.files[number];
  const stored = index.stored.get(file);
  if (stored === undefined) return undefined;
  index.stored.delete(file);
  link(index, stored);
  return stored;
}

/** Makes the units of a file known by name and by use. */
function link(index: Index, entry: FileEntry): void {
  const { units, words } = index;
  const number = index.files.push(entry) - 1;
  index.numbers.set(entry.file, number);
  index.nameHead = roomFor(index.nameHead, words.count);
  index.useHead = roomFor(index.useHead, words.count);
  index.nameNext = roomFor(index.nameNext, entry.to);
  index.unitFile = roomFor(index.unitFile, entry.to);
  index.unitFile.fill(number, entry.from, entry.to);
  for (let unit = entry.from; unit < entry.to; unit++) {
    const name = column(units, unit, NAME);
    if (name < KEYWORD_COUNT) continue;
    index.nameNext[unit] = index.nameHead[name] as number;
    index.nameHead[name] = unit + 1;
  }
  const end = entry.to > entry.from ? usesTo(units, entry.to - 1) : 0;
  for (let i = entry.to > entry.from ? usesFrom(units, entry.from) : 0; i < end; i++) {
    const word = (units.uses.list[i] as number) >>> USE_BITS;
    const head = index.useHead[word] as number;
    if (head > 0 && index.useFile[head - 1] === number) continue;
    const at = index.useLinks++;
    if (at >= index.useFile.length) {
      index.useFile = roomFor(index.useFile, at + 1);
      index.useNext = roomFor(index.useNext, at + 1);
    }
    index.useFile[at] = number;
    index.useNext[at] = head;
    index.useHead[word] = at + 1;
  }
}

function roomFor(array: Int32Array, length: number): Int32Array {
  return length <= array.length ? array : grown(array, new Int32Array(Math.max(array.length * 2, length)));
}

/** The units of that name, in no particular order. */
export function unitsNamed(index: Index, name: string): readonly number[] {
  const word = find(index.words, name);
  const found: number[] = [];
  if (word < KEYWORD_COUNT || word >= index.nameHead.length) return found;
  for (let u = (index.nameHead[word] as number) - 1; u >= 0; u = (index.nameNext[u] as number) - 1) found.push(u);
  return found;
}

/** A use of an identifier: the unit that holds it and what it is there, as bits. */
export interface Use {
  readonly unit: number;
  readonly bits: number;
}

/** The units that use the identifier, by file in no particular order. */
export function usesOf(index: Index, name: string): readonly Use[] {
  const word = find(index.words, name);
  const found: Use[] = [];
  if (word < KEYWORD_COUNT || word >= index.useHead.length) return found;
  for (let l = (index.useHead[word] as number) - 1; l >= 0; l = (index.useNext[l] as number) - 1) {
    const entry = index.files[index.useFile[l] as number] as FileEntry;
    usesInFile(index, entry, word, found);
  }
  return found;
}

function usesInFile(index: Index, entry: FileEntry, word: number, found: Use[]): void {
  const { list } = index.units.uses;
  for (let unit = entry.from; unit < entry.to; unit++) {
    const end = usesTo(index.units, unit);
    for (let i = usesFrom(index.units, unit); i < end; i++) {
      const use = list[i] as number;
      if (use >>> USE_BITS !== word) continue;
      const bits = use & ((1 << USE_BITS) - 1);
      if (bits !== 0) found.push({ unit, bits });
      break;
    }
  }
}

/** The file that a unit stands in. */
export function entryOf(index: Index, unit: number): FileEntry {
  return index.files[index.unitFile[unit] as number] as FileEntry;
}

/** A unit's column as text; empty where there is none. */
export function wordAt(index: Index, unit: number, which: number): string {
  const word = column(index.units, unit, which);
  return word < KEYWORD_COUNT ? "" : spell(index.words, word);
}
