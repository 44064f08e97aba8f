// Sources that are not on disk: files in memory, and a source with some files replaced, for patch series and scratch mutants.
import type { FileId } from "../base/span.ts";
import { hash } from "../base/hash.ts";
import type { Source } from "../program/program.ts";

/** A tree that consists of the given files. Any name may be a key; `files()` lists the .c and .h among them. */
export function memorySource(texts: Readonly<Record<FileId, string>>): Source {
  const map = new Map(Object.entries(texts));
  const listed = [...map.keys()].filter(isC).sort();
  return { files: () => listed, read: (file) => map.get(file), stamp: (file) => stampOf(map.get(file)) };
}

/** `base` with some files replaced, added, or (undefined) deleted. The base is not changed. */
export function overlaySource(base: Source, changes: Readonly<Record<FileId, string | undefined>>): Source {
  const map = new Map(Object.entries(changes));
  const changed = new Set(map.keys());
  const { scan } = base;
  let listed: readonly FileId[] | undefined;
  const list = (): readonly FileId[] => {
    const kept = base.files().filter((file) => !changed.has(file));
    return [...kept, ...[...changed].filter((file) => isC(file) && map.get(file) !== undefined)].sort();
  };
  return {
    overlay: { base, changed },
    files: () => (listed ??= list()),
    read: (file) => (changed.has(file) ? map.get(file) : base.read(file)),
    stamp: (file) => (changed.has(file) ? stampOf(map.get(file)) : base.stamp?.(file)),
    ...(scan === undefined
      ? {}
      : {
          scan: (files, visit, headerLimit) => {
            scan(
              files.filter((file) => !changed.has(file)),
              visit,
              headerLimit,
            );
            for (const file of files) {
              const text = map.get(file);
              if (text !== undefined) visit(file, Buffer.from(text));
            }
          },
        }),
    problems: () => base.problems?.() ?? [],
  };
}

function isC(file: FileId): boolean {
  return /\.[ch]$/.test(file);
}

function stampOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : hash(text);
}
