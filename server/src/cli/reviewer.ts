// The analysis as a scan of patches wants it: over states of one tree that differ in a few files, each state's program built on the one before where that is possible.
import type { FileId } from "../base/span.ts";
import type { Kept } from "../check/check.ts";
import { safeScenarios, storedIndex } from "../check/kept.ts";
import { newCheck } from "../check/pipeline.ts";
import type { Engine } from "../check/pipeline.ts";
import type { Memory } from "../check/unplug/remember.ts";
import { scoped } from "../check/unplug/reach.ts";
import { newExplorer } from "../model/unplug/explorer.ts";
import { overlaySource } from "../project/memory.ts";
import type { Program, Source } from "../program/program.ts";
import { createProgram } from "../program/create.ts";
import type { Edits, Read } from "../review/apply.ts";
import type { Checker } from "../review/scan.ts";
import type { CParser } from "../syntax/parser.ts";

/** Code that works with DMA mappings: what rules along paths look at. */
const ALONG_PATHS = /\bdma_|\bpci_p2pdma_|\biova/;

/** Files that the analysis reads. */
const READ = /\.[ch]$|(?:^|\/)(?:Makefile|Kbuild)$/;

/** A program that others are laid over, with the edits that its source has over the tree. */
interface Anchor {
  readonly source: Source;
  readonly program: Program;
  readonly edits: Edits;
}

/** What may be shared by several checkers, and outlive a run. */
export interface Remembered {
  readonly memory?: Memory;
  /** What earlier runs on this tree have left; only what is found of the tree as it is goes into it. */
  readonly cache?: Kept;
}

/** A checker of a tree. Not to be used once `parser` is deleted. */
export function newReviewer(tree: Source, engine: Engine, parser: CParser, kept: Remembered = {}): Checker {
  const { vocabulary } = engine;
  const { cache, memory = new Map() } = kept;
  const explorer = engine.explorer ?? newExplorer(safeScenarios(engine.stamp, cache));
  const all = new Set<FileId>();
  const wanted = new Set<FileId>();
  let listed: readonly FileId[] | undefined;
  let anchor: Anchor | undefined;
  const exportersBelow = new Map<string, readonly FileId[]>();
  const exports = (text: string | undefined): boolean => text?.includes(vocabulary.exporter.table) === true;
  const folder = (file: FileId): string => file.slice(0, file.lastIndexOf("/") + 1);

  /** Files of the tree right in a folder, or anywhere below it, that have a table of exporter callbacks. */
  const exportersIn = (prefix: string, deep: boolean): readonly FileId[] => {
    const key = `${prefix}${deep ? "**" : "*"}`;
    const known = exportersBelow.get(key);
    if (known !== undefined) return known;
    listed ??= tree.files();
    const files = listed.filter(
      (file) => file.endsWith(".c") && file.startsWith(prefix) && (deep || folder(file) === prefix),
    );
    const found = files.filter((file) => exports(tree.read(file)));
    exportersBelow.set(key, found);
    return found;
  };

  /** The exporters whose families a file may be part of: those beside it, those of its framework, and for an interface those of all frameworks. */
  const near = (file: FileId): readonly FileId[] => {
    const inside = (prefixes: readonly string[]): boolean => prefixes.some((prefix) => file.startsWith(prefix));
    const own = exportersIn(folder(file), false);
    const theirs = vocabulary.frameworks
      .filter((f) => inside(vocabulary.headers) || inside([...f.folders, ...f.core, ...f.headers]))
      .flatMap((f) => f.folders.flatMap((prefix) => exportersIn(prefix, true)));
    return [...own, ...theirs];
  };

  let latest: { readonly edits: Edits; readonly program: Program } | undefined;
  const programOf = (edits: Edits): Program => {
    if (latest?.edits !== edits) latest = { edits, program: build(edits) };
    return latest.program;
  };

  const build = (edits: Edits): Program => {
    const base = (anchor ??= first());
    const changes = difference(base.edits, edits, (file) => tree.read(file));
    if (changes.size === 0) return base.program;
    const source = overlaySource(base.source, Object.fromEntries(changes));
    const program = createProgram(source, parser, { over: base.program });
    const light = [...changes.keys()].every(
      (file) => file.endsWith(".c") && base.source.read(file) !== undefined && source.read(file) !== undefined,
    );
    // Headers and files that come or go cost a program of its own: the next states are laid over that one.
    if (!light) anchor = { source, program, edits };
    return program;
  };

  const first = (): Anchor => {
    const source = scoped(tree, vocabulary, [...wanted]);
    const stored = storedIndex(tree, cache);
    const options = stored === undefined ? {} : { stored };
    return { source, program: createProgram(source, parser, options), edits: new Map() };
  };

  return {
    read: (file) => tree.read(file),
    affected(files, now) {
      const found = new Set<FileId>();
      for (const file of files) {
        const text: ReturnType<Read> = now(file);
        if (exports(text) || (file.endsWith(".c") && text !== undefined && ALONG_PATHS.test(text))) found.add(file);
        for (const exporter of near(file)) if (exports(now(exporter))) found.add(exporter);
        // An exporter that a patch of the series brought stands in no list of the tree.
        for (const other of all) if (folder(other) === folder(file) && exports(now(other))) found.add(other);
        all.add(file);
      }
      for (const file of found) wanted.add(file);
      return [...found];
    },
    check(edits, paths, proofs) {
      const program = programOf(edits);
      const check = newCheck({ ...engine, memory, explorer, program: () => program });
      // The index of a state is only that of what it changes: not to be kept.
      const whole = cache !== undefined && program === anchor?.program && anchor.edits.size === 0 ? { cache } : {};
      return check({ tree: program.source, paths, proofs, ...whole, progress: () => undefined });
    },
  };
}

/** What turns one state into another, by file; files that are the tree's again get the tree's text. */
function difference(from: Edits, to: Edits, read: Read): Edits {
  const changes = new Map<string, string | undefined>();
  const matters = ([file]: readonly [string, string | undefined]): boolean => READ.test(file);
  for (const [file, text] of [...to].filter(matters))
    if (!from.has(file) || from.get(file) !== text) changes.set(file, text);
  for (const file of from.keys()) if (!to.has(file) && READ.test(file)) changes.set(file, read(file));
  for (const [file, text] of changes) if (!from.has(file) && read(file) === text) changes.delete(file);
  return changes;
}
