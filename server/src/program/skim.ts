// One quick look through a whole tree for what an index of a part cannot know: who exports a symbol, who includes a header, who contains a word.
// Works on bytes and reads no C, so it takes a fraction of a second where the index would take many.
import type { FileId } from "../base/span.ts";
import { folderOf, join, normal } from "./kbuild.ts";
import type { Source } from "./program.ts";

export interface Skim {
  /** Files with an EXPORT_SYMBOL* of that name, sorted. */
  exporters(name: string): readonly FileId[];
  /**
   * Files that may include `file`, directly or through others, and the local files that these include beside it, sorted: everything whose
   * include could mean it. A superset; a name that is declared in `file` is known to no other C file, unless one declares it again by hand.
   */
  includers(file: FileId): readonly FileId[];
  /** C files of the same folder that include the .c file `file`, sorted. Reads only that folder. */
  siblings(file: FileId): readonly FileId[];
  /** Headers that define `struct tag {`, sorted; where none does, the C files that do. */
  definers(tag: string): readonly FileId[];
  /**
   * The files of `among` (all, where absent) that hold `word`, in their order; with `field`, only where it stands after . or -> somewhere.
   * Comments and literals count. `among` is taken to be the same files whenever it is the same list.
   */
  holding(word: string, among?: readonly FileId[], field?: boolean): readonly FileId[];
  /** The C files of the kernel proper: without the parts of a tree that are not linked into it. */
  files(): readonly FileId[];
}

/** Top folders that hold C but none of the kernel's: programs for its users and for its build. */
const OUTSIDE = /^(tools|scripts|Documentation|usr)\//;
/** Headers above this hold nothing but generated register lists (156 files, 487 of the 704 MB of headers in a 7.x tree): not looked through. */
export const SKIMMED_HEADER_BYTES = 512 << 10;

interface Graph {
  readonly exporters: ReadonlyMap<string, readonly FileId[]>;
  /** Of structs in headers. */
  readonly definers: ReadonlyMap<string, readonly FileId[]>;
  /** Last part of an include's path → the includes that end so, as written, each with the files that have it. */
  readonly byName: ReadonlyMap<string, readonly { readonly spec: string; readonly files: readonly FileId[] }[]>;
}

/** Nothing is read before the first question. Over the skim of an overlay's base, which may differ in .c files only, just those are read. */
export function openSkim(source: Source, base?: Skim): Skim {
  const { overlay } = source;
  if (base !== undefined && overlay !== undefined)
    return overlaid(base, openSkim(onlyChanged(source, overlay.changed)), overlay.changed);
  return fullSkim(source);
}

/** The part of a source that an overlay changes. Existence is asked of the whole. */
function onlyChanged(source: Source, changed: ReadonlySet<FileId>): Source {
  const files = source.files().filter((file) => changed.has(file));
  return { files: () => files, read: source.read };
}

/** What `base` says of unchanged files, and `own` of changed ones. */
function overlaid(base: Skim, own: Skim, changed: ReadonlySet<FileId>): Skim {
  const both = (below: readonly FileId[], above: readonly FileId[]): readonly FileId[] =>
    [...new Set([...below.filter((file) => !changed.has(file)), ...above])].sort();
  return {
    files: () => both(base.files(), own.files()),
    exporters: (name) => both(base.exporters(name), own.exporters(name)),
    definers(tag) {
      const all = both(base.definers(tag), own.definers(tag));
      const headers = all.filter((file) => file.endsWith(".h"));
      return headers.length > 0 ? headers : all;
    },
    siblings: (file) => both(base.siblings(file), own.siblings(file)),
    // Whatever a changed file includes now: a superset.
    includers: (file) => both(base.includers(file), own.files()),
    holding(word, among, field) {
      if (among === undefined) return both(base.holding(word, undefined, field), own.holding(word, undefined, field));
      return both(
        base.holding(word, among, field),
        own.holding(
          word,
          among.filter((file) => changed.has(file)),
          field,
        ),
      );
    },
  };
}

function fullSkim(source: Source): Skim {
  let listed: readonly FileId[] | undefined;
  let known: Graph | undefined;
  let present: ReadonlySet<FileId> | undefined;
  const answers = new WeakMap<readonly FileId[], Map<string, readonly FileId[]>>();
  const including = new Map<FileId, readonly FileId[]>();
  const folders = new Map<string, ReadonlyMap<string, readonly FileId[]>>();
  const files = (): readonly FileId[] => (listed ??= source.files().filter((file) => !OUTSIDE.test(file)));
  const graph = (): Graph => (known ??= readGraph(source, files()));
  const exists = (file: FileId): boolean => (present ??= new Set(source.files())).has(file);

  return {
    files,
    exporters: (name) => graph().exporters.get(name) ?? [],
    definers(tag) {
      // A struct of one .c file, and a header's that does not begin its line, take another look through the tree.
      return graph().definers.get(tag) ?? textHolding(`struct ${tag} {`);
    },
    includers(file) {
      const before = including.get(file);
      if (before !== undefined) return before;
      const seen = new Set<FileId>([file]);
      const queue = [file];
      for (let header = queue.pop(); header !== undefined; header = queue.pop()) {
        for (const { spec, files } of graph().byName.get(lastPart(header)) ?? []) {
          for (const from of files) {
            if (seen.has(from) || !couldMean(from, spec, header, exists)) continue;
            seen.add(from);
            queue.push(from);
          }
        }
      }
      addParts(seen, graph(), exists);
      seen.delete(file);
      const found = [...seen].sort();
      including.set(file, found);
      return found;
    },
    siblings(file) {
      const folder = folderOf(file);
      let map = folders.get(folder);
      if (map === undefined) folders.set(folder, (map = cIncludes(source, folder)));
      return map.get(lastPart(file)) ?? [];
    },
    holding(word, among, field = false) {
      const list = among ?? files();
      const key = field ? `.${word}` : word;
      let known = answers.get(list);
      if (known === undefined) answers.set(list, (known = new Map<string, readonly FileId[]>()));
      let found = known.get(key);
      if (found === undefined) known.set(key, (found = look(list, Buffer.from(word), field)));
      return found;
    },
  };

  function look(among: readonly FileId[], word: Buffer, field: boolean): readonly FileId[] {
    const found: FileId[] = [];
    each(source, among, (file, bytes) => {
      if (holdsWord(bytes, word, field)) found.push(file);
    });
    return found;
  }

  function textHolding(text: string): readonly FileId[] {
    const found: FileId[] = [];
    const pattern = Buffer.from(text);
    each(source, files(), (file, bytes) => {
      if (bytes.includes(pattern)) found.push(file);
    });
    return found;
  }
}

/** Whether the word stands in the text, with nothing of a word on either side; as a field, after . or ->. */
function holdsWord(bytes: Buffer, word: Buffer, field: boolean): boolean {
  for (let i = bytes.indexOf(word); i >= 0; i = bytes.indexOf(word, i + 1)) {
    if (isWordByte(bytes[i + word.length])) continue;
    const before = bytes[i - 1];
    if (field ? before === 46 || (before === 62 && bytes[i - 2] === 45) : !isWordByte(before)) return true;
  }
  return false;
}

/**
 * Adds the files that those in `files` include from beside them: a driver's own header, or a .c file that is a part of another, need not
 * include what it uses where its includer does.
 */
function addParts(files: Set<FileId>, graph: Graph, exists: (file: FileId) => boolean): void {
  for (let before = -1; before !== files.size;) {
    before = files.size;
    for (const specs of graph.byName.values()) {
      for (const { spec, files: holders } of specs) {
        if (!spec.startsWith('"')) continue;
        for (const from of holders) {
          if (!files.has(from) || from.startsWith("include/")) continue;
          const part = normal(join(folderOf(from), spec.slice(1, -1)));
          if (!files.has(part) && exists(part)) files.add(part);
        }
      }
    }
  }
}

/** Name of a .c file → the C files of the folder that include it. */
function cIncludes(source: Source, folder: string): ReadonlyMap<string, readonly FileId[]> {
  const map = new Map<string, FileId[]>();
  const files = source.files().filter((file) => file.endsWith(".c") && folderOf(file) === folder);
  each(source, files, (file, bytes) => {
    const text = bytes.includes('.c"') ? bytes.toString("latin1") : "";
    for (const m of text.matchAll(/^[ \t]*#[ \t]*include[ \t]+"(?:\.\/)?([^"/]+\.c)"/gm)) push(map, m[1] ?? "", file);
  });
  return map;
}

/** Hands each file's bytes to `visit`, by the quickest way that the source has. */
function each(source: Source, files: readonly FileId[], visit: (file: FileId, bytes: Buffer) => void): void {
  if (source.scan !== undefined) return source.scan(files, visit, SKIMMED_HEADER_BYTES);
  for (const file of files) {
    const text = source.read(file);
    if (text !== undefined) visit(file, Buffer.from(text));
  }
}

const EXPORT = Buffer.from("EXPORT_SYMBOL");
const INCLUDE = Buffer.from("include");
const STRUCT = Buffer.from("\nstruct ");

function readGraph(source: Source, files: readonly FileId[]): Graph {
  const exporters = new Map<string, FileId[]>();
  const definers = new Map<string, FileId[]>();
  const bySpec = new Map<string, FileId[]>();
  each(source, files, (file, bytes) => {
    if (file.endsWith(".c")) {
      for (let i = bytes.indexOf(EXPORT); i >= 0; i = bytes.indexOf(EXPORT, i + 13)) {
        const name = /^\w*\(\s*(\w+)/.exec(bytes.toString("latin1", i, i + 160))?.[1];
        if (name !== undefined) push(exporters, name, file);
      }
    } else {
      for (let i = bytes.indexOf(STRUCT); i >= 0; i = bytes.indexOf(STRUCT, i + 8)) {
        const tag = definedAt(bytes, i + 8);
        if (tag !== undefined) push(definers, tag, file);
      }
    }
    for (let i = bytes.indexOf(INCLUDE); i >= 0; i = bytes.indexOf(INCLUDE, i + 7)) {
      let hash = i - 1;
      while (bytes[hash] === 32 || bytes[hash] === 9) hash--;
      if (bytes[hash] !== 35) continue;
      const spec = includeAt(bytes, i + 7);
      if (spec !== undefined) push(bySpec, spec, file);
    }
  });
  const byName = new Map<string, { spec: string; files: readonly FileId[] }[]>();
  for (const [spec, including] of bySpec) push(byName, lastPart(spec.slice(1, -1)), { spec, files: including });
  return { exporters, definers, byName };
}

/** The tag of a struct definition, from what stands after the keyword: the last word before the brace. */
function definedAt(bytes: Buffer, from: number): string | undefined {
  let end = from;
  while (isWordByte(bytes[end])) end++;
  let p = end;
  while (isBlankByte(bytes[p])) p++;
  if (bytes[p] === 123) return bytes.toString("latin1", from, end); // {
  const second = p;
  while (isWordByte(bytes[p])) p++;
  const secondEnd = p;
  while (isBlankByte(bytes[p])) p++;
  return bytes[p] === 123 && secondEnd > second ? bytes.toString("latin1", second, secondEnd) : undefined;
}

function isWordByte(c: number | undefined): boolean {
  return c !== undefined && ((c >= 97 && c <= 122) || c === 95 || (c >= 48 && c <= 57) || (c >= 65 && c <= 90));
}

function isBlankByte(c: number | undefined): boolean {
  return c === 32 || c === 10 || c === 9 || c === 13;
}

/** The path of an include with its delimiters, from what stands after the word. */
function includeAt(bytes: Buffer, after: number): string | undefined {
  let start = after;
  while (bytes[start] === 32 || bytes[start] === 9) start++;
  const close = bytes[start] === 60 ? 62 : bytes[start] === 34 ? 34 : 0; // < > or quotes
  if (close === 0) return undefined;
  let end = start + 1;
  while (end < bytes.length && bytes[end] !== close && bytes[end] !== 10) end++;
  return bytes[end] === close ? bytes.toString("latin1", start, end + 1) : undefined;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else if (list.at(-1) !== value) list.push(value);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether an include, as written in `from`, may mean `header`: exactly where it names a file that is there, else by its path's end. */
function couldMean(from: FileId, spec: string, header: FileId, exists: (file: FileId) => boolean): boolean {
  const path = spec.slice(1, -1);
  if (spec.startsWith('"')) {
    const beside = normal(join(folderOf(from), path));
    if (beside === header || exists(beside)) return beside === header;
  } else {
    const usual = `include/${path}`;
    if (usual === header || exists(usual)) return usual === header;
  }
  const tail = normal(path).replace(/^(\.\.\/)+/, "");
  return header === tail || header.endsWith(`/${tail}`);
}
