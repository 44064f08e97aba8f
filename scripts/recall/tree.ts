// Reads a family's files from a kernel tree, and works out which names are private to it. With recall.ts the only part that touches files.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Files } from "./checker.ts";
import type { Context } from "./disguise.ts";
import type { Family } from "./families.ts";

export interface Loaded {
  /** Own files, framework files and the Makefile, as the tree has them. */
  readonly files: Files;
  readonly context: Context;
}

/** Reads what mutants and disguises of the family need. Throws where one of its own files is missing: then the tree is too old for it. */
export function loadFamily(tree: string, family: Family): Loaded {
  const files: Record<string, string> = {};
  for (const path of family.own) files[path] = readFileSync(join(tree, path), "utf8");
  for (const path of [...family.framework, family.merge.makefile]) {
    if (existsSync(join(tree, path))) files[path] = readFileSync(join(tree, path), "utf8");
  }
  const headers: Record<string, string> = {};
  for (const path of family.headers)
    if (existsSync(join(tree, path))) headers[path] = readFileSync(join(tree, path), "utf8");
  return { files, context: { family, foreign: foreignWords(tree, family), headers } };
}

/** Identifiers of the neighbouring files, the family's own left out. */
function foreignWords(tree: string, family: Family): Set<string> {
  const own = new Set(family.own);
  const words = new Set<string>();
  for (const path of family.neighbours) {
    const full = join(tree, path);
    if (!existsSync(full)) continue;
    const names = statSync(full).isDirectory() ? readdirSync(full).map((name) => join(path, name)) : [path];
    for (const name of names) {
      if (own.has(name) || !/\.[chS]$/.test(name)) continue;
      for (const word of readFileSync(join(tree, name), "utf8").match(/[A-Za-z_]\w*/g) ?? []) words.add(word);
    }
  }
  return words;
}

/** VERSION.PATCHLEVEL.SUBLEVEL of the tree's Makefile, or "unknown". */
export function treeVersion(tree: string): string {
  const path = join(tree, "Makefile");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const part = (name: string): string => new RegExp(`^${name} *= *(\\S+)`, "m").exec(text)?.[1] ?? "";
  const version = [part("VERSION"), part("PATCHLEVEL"), part("SUBLEVEL")].filter((p) => p !== "").join(".");
  return version === "" ? "unknown" : `${version}${part("EXTRAVERSION")}`;
}
