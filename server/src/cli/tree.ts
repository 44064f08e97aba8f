// From what somebody typed to a tree and files in it.
import { realpathSync, statSync } from "node:fs";
import path from "node:path";
import type { Incomplete } from "../base/result.ts";
import type { FileId } from "../base/span.ts";
import { openCache } from "../project/cache.ts";
import { findTree, openTree } from "../project/tree.ts";
import type { Opened } from "./deps.ts";

/**
 * Opens the tree at `dir`, or the one that holds the first path. Paths count from `cwd`, or from the tree's root where there is no such file.
 * A folder stands for the C files below it. What can't be read is listed; a string says why there is no tree.
 */
export function openPaths(dir: string | undefined, paths: readonly string[], cwd: string): Opened | string {
  const root = dir === undefined ? findTree(path.resolve(cwd, paths[0] ?? ".")) : path.resolve(cwd, dir);
  const opened = openTree(root);
  if ("why" in opened) return opened.why;
  const { source } = opened;
  const found = new Set<string>();
  const unread: Incomplete[] = [];
  const named: FileId[] = [];
  const miss = (file: string, why: string): void => void unread.push({ file, line: 0, why });
  for (const asked of paths) {
    const place = locate(source.root, asked, cwd);
    if (place === undefined) miss(asked, "no such file or folder");
    else if (place === null) miss(asked, `outside the tree ${source.root}`);
    else if (place.folder) {
      const below = source.files().filter((file) => place.file === "" || file.startsWith(`${place.file}/`));
      if (below.length === 0) miss(asked, "holds no C files");
      for (const file of below) found.add(file);
    } else if (source.read(place.file) === undefined) {
      miss(asked, source.problems().find(({ file }) => file === place.file)?.why ?? "can't be read");
    } else {
      found.add(place.file);
      named.push(place.file);
    }
  }
  if (dir !== undefined && !source.kernel)
    miss(dir, "is no kernel tree: taken for a folder of C, with frameworks as their contracts say");
  return { tree: source, paths: [...found].sort(), unread, named, cache: openCache(source.root, process.env) };
}

/** Where a path leads in the tree: undefined where it leads nowhere, null where it leads out. */
function locate(
  root: string,
  asked: string,
  cwd: string,
): { readonly file: string; readonly folder: boolean } | undefined | null {
  const absolute = [path.resolve(cwd, asked), path.resolve(root, asked)].find(
    (each) => statSync(each, { throwIfNoEntry: false }) !== undefined,
  );
  if (absolute === undefined) return undefined;
  const real = realpathSync(absolute);
  const relative = path.relative(root, real).split(path.sep).join("/");
  if (relative === ".." || relative.startsWith("../") || path.isAbsolute(relative)) return null;
  return { file: relative, folder: statSync(real).isDirectory() };
}
