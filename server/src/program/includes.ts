// Which files a file sees: #include lines resolved without a build, and everything reached through them, nearest first.
import type { FileId } from "../base/span.ts";
import type { Under } from "./core.ts";
import { folderOf, join, normal } from "./kbuild.ts";
import type { Kbuild } from "./kbuild.ts";
import type { View } from "./view.ts";

/** A file and all it includes, breadth first; grows as it is asked. */
export interface Closure {
  /** Indexes some more files in order; false where there are no more. */
  grow(): boolean;
  /** The position of a file among those indexed so far, 0 being the file itself; undefined where it is not among them. */
  position(file: FileId): number | undefined;
}

export interface Includes {
  /** The file that an include (with its delimiters) in `from` means; `unit` is the .c file that is being compiled. */
  resolve(from: FileId, spec: string, unit: FileId): FileId | undefined;
  closure(file: FileId): Closure;
  exists(file: FileId): boolean;
}

/** Files in one closure: a driver sees about 1,500 headers of a 7.x tree. Past that, includes are no longer followed. */
const MAX_CLOSURE = 6000;
/** How many files are indexed before a name is looked for again. */
const STEP = 8;

/**
 * `arch` is the architecture whose headers <asm/...> means. `under`: the includes of an overlay's base, where the overlay changes the text
 * of .c files only, so that every other file sees what it saw.
 */
export function openIncludes(view: View, kbuild: Kbuild, arch: string, under?: Under<Includes>): Includes {
  const { source } = view;
  const present = new Map<FileId, boolean>();
  const closures = new Map<FileId, Closure>();
  const resolved = new Map<string, FileId | undefined>();
  const roots = [`arch/${arch}/include`, "include", `arch/${arch}/include/uapi`, "include/uapi"];

  function exists(file: FileId): boolean {
    if (under !== undefined) return under.base.exists(file);
    const known = present.get(file);
    if (known !== undefined) return known;
    const found = (source.stamp === undefined ? source.read(file) : source.stamp(file)) !== undefined;
    present.set(file, found);
    return found;
  }

  /** What does not depend on the file being compiled. */
  function usual(from: FileId, spec: string): FileId | undefined {
    const path = spec.slice(1, -1);
    const key = spec.startsWith('"') ? `${folderOf(from)} ${spec}` : spec;
    if (resolved.has(key)) return resolved.get(key);
    const generic = /^asm\/(.+)$/.exec(path)?.[1];
    const candidates = [
      ...(spec.startsWith('"') ? [join(folderOf(from), path)] : []),
      ...roots.map((root) => `${root}/${path}`),
      ...(generic === undefined ? [] : [`include/asm-generic/${generic}`, `include/uapi/asm-generic/${generic}`]),
    ];
    const found = candidates.map(normal).find(exists);
    resolved.set(key, found);
    return found;
  }

  function resolve(from: FileId, spec: string, unit: FileId): FileId | undefined {
    if (under !== undefined) return under.base.resolve(from, spec, unit);
    const found = usual(from, spec);
    if (found !== undefined) return found;
    const path = spec.slice(1, -1);
    const folder = folderOf(unit);
    // A folder that is its own tree has no include/: what it holds is looked for beside the file.
    const candidates = [...kbuild.includeFolders(folder), folder].map((at) => normal(join(at, path)));
    return candidates.find((file) => !file.startsWith("..") && exists(file));
  }

  function closure(file: FileId): Closure {
    if (under !== undefined && !under.changed.has(file)) return under.base.closure(file);
    const known = closures.get(file);
    if (known !== undefined) return known;
    const order: FileId[] = [file];
    const positions = new Map<FileId, number>([[file, 0]]);
    let indexed = 0;
    const made: Closure = {
      grow() {
        const from = indexed;
        for (; indexed < Math.min(order.length, from + STEP); indexed++) {
          const next = order[indexed] as FileId;
          for (const spec of view.entry(next)?.includes ?? []) {
            const found = order.length < MAX_CLOSURE ? resolve(next, spec, file) : undefined;
            if (found === undefined || positions.has(found)) continue;
            positions.set(found, order.length);
            order.push(found);
          }
        }
        return indexed > from;
      },
      position(of) {
        const position = positions.get(of);
        return position !== undefined && position < indexed ? position : undefined;
      },
    };
    closures.set(file, made);
    return made;
  }

  return { resolve, closure, exists };
}
