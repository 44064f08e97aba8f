// A kernel tree, or a plain folder of C files, as a Source: lists and reads files under one root and nothing outside it.
// What cannot be read is a value in problems(), never an exception.
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import type { Incomplete } from "../base/result.ts";
import type { FileId } from "../base/span.ts";
import type { Source } from "../program/program.ts";
import { decode } from "./decode.ts";

/** Files above this are not read: the largest generated register header of a 7.x tree has 24 MB. */
export const MAX_FILE_BYTES = 32 << 20;
/** A tree with more C files than this is cut off: a 7.x tree has 64,000. */
export const MAX_FILES = 400_000;
/** Folders nested deeper than this are not listed. */
export const MAX_DEPTH = 64;

export interface TreeSource extends Required<Omit<Source, "overlay">> {
  /** The root as an absolute path with symbolic links resolved. */
  readonly root: string;
  /** Whether the root looks like a kernel tree; otherwise it is a plain folder. */
  readonly kernel: boolean;
}

export type OpenedTree = { readonly source: TreeSource } | { readonly why: string };

/** True for the top of a kernel tree, whatever its version. */
export function isKernelTree(folder: string): boolean {
  const has = (name: string): boolean => statSync(path.join(folder, name), { throwIfNoEntry: false }) !== undefined;
  return (has("Kbuild") && has("MAINTAINERS")) || (has("drivers") && has("include/linux"));
}

/** The kernel tree that holds `start` (a file or folder), or else the folder itself (a file's own folder). */
export function findTree(start: string): string {
  const absolute = path.resolve(start);
  const isFile = statSync(absolute, { throwIfNoEntry: false })?.isFile() ?? false;
  const own = isFile ? path.dirname(absolute) : absolute;
  for (let folder = own; ; folder = path.dirname(folder)) {
    if (isKernelTree(folder)) return folder;
    if (path.dirname(folder) === folder) return own;
  }
}

/** Opens the tree at `root`. Errors: no such folder, not a folder, not readable. */
export function openTree(root: string): OpenedTree {
  let real: string;
  try {
    real = realpathSync(root);
    if (!statSync(real).isDirectory()) return { why: `${root}: not a folder` };
    readdirSync(real);
  } catch (error) {
    return { why: `${root}: ${reason(error)}` };
  }
  return { source: treeSource(real) };
}

function treeSource(root: string): TreeSource {
  const problems = new Map<FileId, Incomplete>();
  const report = (file: FileId, why: string): undefined => {
    if (!problems.has(file)) problems.set(file, { file, line: 0, why });
    return undefined;
  };
  let listed: readonly FileId[] | undefined;
  let shared = Buffer.allocUnsafe(1 << 20);

  /** The bytes of a file whose path is known to stay in the tree. They are valid until the next call. */
  function load(file: FileId, absolute: string, limit = Infinity): Buffer | undefined {
    let fd: number | undefined;
    try {
      // Without O_NONBLOCK a FIFO with the name of a C file would stop us here for ever.
      fd = openSync(absolute, constants.O_RDONLY | constants.O_NONBLOCK);
      const stat = fstatSync(fd);
      if (!stat.isFile()) return report(file, "not a regular file");
      if (stat.size > limit) return undefined;
      if (stat.size > MAX_FILE_BYTES) return report(file, `larger than ${MAX_FILE_BYTES >> 20} MiB: not read`);
      if (stat.size > shared.length) shared = Buffer.allocUnsafe(stat.size * 2);
      let length = 0;
      for (let n = 1; n > 0 && length < stat.size; length += n)
        n = readSync(fd, shared, length, stat.size - length, null);
      return shared.subarray(0, length);
    } catch (error) {
      return report(file, reason(error));
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** The bytes of a listed file, in one read where it fits: looking through a tree is mostly this. */
  function glance(file: FileId, limit: number): Buffer | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(`${root}/${file}`, constants.O_RDONLY | constants.O_NONBLOCK);
      const length = readSync(fd, shared, 0, shared.length, null);
      if (length > limit) return undefined;
      return length < shared.length ? shared.subarray(0, length) : load(file, path.join(root, file), limit);
    } catch (error) {
      return report(file, reason(error));
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** The absolute path of a file inside the tree; undefined where there is none or where a symbolic link leaves the tree. */
  function locate(file: FileId): string | undefined {
    if (file === "" || path.posix.normalize(file) !== file || file.startsWith("/") || file.startsWith(".."))
      return undefined;
    try {
      const real = realpathSync.native(path.join(root, file));
      if (inside(root, real)) return real;
    } catch {
      return undefined; // No such file: an ordinary answer while an include is being looked for.
    }
    return report(file, "a symbolic link that leaves the tree: not followed");
  }

  return {
    root,
    kernel: isKernelTree(root),
    files: () => (listed ??= list(root, report)),
    read(file) {
      const absolute = locate(file);
      const bytes = absolute === undefined ? undefined : load(file, absolute);
      if (bytes === undefined) return undefined;
      const decoded = decode(bytes);
      return "text" in decoded ? decoded.text : report(file, decoded.why);
    },
    stamp(file) {
      const stat = statSync(path.join(root, file), { throwIfNoEntry: false });
      return stat?.isFile() === true ? `${stat.size}:${stat.mtimeMs}` : undefined;
    },
    scan(files, visit, headerLimit) {
      for (const file of files) {
        const bytes = glance(file, file.endsWith(".h") ? (headerLimit ?? Infinity) : Infinity);
        if (bytes !== undefined) visit(file, bytes);
      }
    },
    problems: () => [...problems.values()].sort((a, b) => (a.file < b.file ? -1 : 1)),
  };
}

/** Every .c and .h file under `root`, sorted by code unit. Hidden folders, build products and linked folders are left out. */
function list(root: string, report: (file: FileId, why: string) => void): readonly FileId[] {
  const found: FileId[] = [];
  const walk = (folder: FileId, depth: number): void => {
    if (depth > MAX_DEPTH) return report(folder, `more than ${MAX_DEPTH} folders deep: not listed`);
    let entries;
    try {
      entries = readdirSync(path.join(root, folder), { withFileTypes: true });
    } catch (error) {
      return report(folder, reason(error));
    }
    for (const entry of entries) {
      const name = entry.name;
      const file = folder === "" ? name : `${folder}/${name}`;
      if (entry.isDirectory()) {
        if (!name.startsWith(".")) walk(file, depth + 1);
        continue;
      }
      if (!/\.[ch]$/.test(name) || name.endsWith(".mod.c")) continue;
      if (entry.isSymbolicLink() && !linksInside(root, file, report)) continue;
      if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      if (found.length < MAX_FILES) found.push(file);
      else return report("", `more than ${MAX_FILES} C files: the rest is not listed`);
    }
  };
  walk("", 0);
  return found.sort();
}

function linksInside(root: string, file: FileId, report: (file: FileId, why: string) => void): boolean {
  try {
    if (inside(root, realpathSync.native(path.join(root, file)))) return true;
    report(file, "a symbolic link that leaves the tree: not followed");
  } catch {
    report(file, "a symbolic link to nothing");
  }
  return false;
}

function inside(root: string, real: string): boolean {
  return real === root || real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Readonly<Record<string, string>> = {
    ENOENT: "no such file or folder",
    ENOTDIR: "not a folder",
    EACCES: "not permitted to read it",
    EISDIR: "is a folder",
    ELOOP: "too many symbolic links",
  };
  return known[code] ?? (error instanceof Error ? error.message : String(error));
}
