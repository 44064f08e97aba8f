// How much of a tree the extraction of some paths may need: their folders, the frameworks behind them, and the headers of the interfaces. A program over no more
// than that answers every question about tables and names from what it holds, without a look through the whole tree.
import type { Vocabulary } from "../../model/unplug/vocabulary.ts";
import type { Source } from "../../program/program.ts";
import type { FileId } from "../../base/span.ts";

/** Files of a folder that are looked into for the tables of a framework; folders with more belong to a framework anyway. */
const LOOKED_INTO = 200;

const folderOf = (file: FileId): FileId => file.slice(0, file.lastIndexOf("/") + 1);

/** The files that matter to `paths` (files, or folder prefixes that end in "/"). Others can still be read, but are not asked for. */
export function reach(source: Source, vocabulary: Vocabulary, paths: readonly string[]): (file: FileId) => boolean {
  const own = paths.map((p) => (p.endsWith("/") ? p : folderOf(p)));
  const prefixes = new Set([...own, ...vocabulary.headers]);
  for (const f of vocabulary.frameworks) {
    const inside = f.folders.some((x) => own.some((p) => p.startsWith(x) || x.startsWith(p)));
    if (inside || usesTables(source, own, f.tables))
      for (const x of [...f.folders, ...f.core, ...f.headers]) prefixes.add(x);
  }
  const list = [...prefixes];
  return (file) => list.some((p) => file.startsWith(p));
}

/** The same source with only those files listed. */
export function scoped(source: Source, vocabulary: Vocabulary, paths: readonly string[]): Source {
  const within = reach(source, vocabulary, paths);
  let listed: readonly FileId[] | undefined;
  return { ...source, files: () => (listed ??= source.files().filter(within)) };
}

/** Does a file of the folders speak of a struct that a framework is entered through? */
function usesTables(source: Source, folders: readonly string[], tables: readonly string[]): boolean {
  if (tables.length === 0) return false;
  const files = source.files().filter((f) => folders.some((p) => f.startsWith(p)) && /\.[ch]$/.test(f));
  return files.slice(0, LOOKED_INTO).some((f) => {
    const text = source.read(f) ?? "";
    return tables.some((t) => text.includes(`struct ${t} `));
  });
}
