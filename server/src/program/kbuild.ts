// What a folder's Makefile or Kbuild says of a file: which configuration symbols it needs, which modules it is part of, where its includes are looked for.
// Reads lines, not make: conditionals (ifeq, ifdef) are taken as if they held.
import type { FileId } from "../base/span.ts";

export interface Kbuild {
  /** The CONFIG_ symbols that must be on for this .c file to be built, sorted; empty where nothing is known. */
  implied(file: FileId): readonly string[];
  /** The modules (or built-in objects) that the file is linked into, as folder/name, sorted. */
  modules(file: FileId): readonly string[];
  /** The .c files of a module, as far as they stand in its own folder, sorted. */
  filesOf(module: string): readonly FileId[];
  /** Folders named by -I, relative to the tree, in order. */
  includeFolders(folder: string): readonly string[];
}

interface Line {
  /** "obj" or the name of a composite object. */
  readonly target: string;
  /** CONFIG_X, or undefined for -y, -m and -objs. */
  readonly symbol: string | undefined;
  /** Objects without .o; folders with their slash. */
  readonly parts: ReadonlySet<string>;
}

interface Makefile {
  readonly lines: readonly Line[];
  readonly includes: readonly string[];
  readonly inherited: readonly string[];
}

/** Composite objects within composite objects, and folders within folders. */
const MAX_NESTING = 16;

/** Reads Makefiles through `read`, each once. */
export function openKbuild(read: (file: FileId) => string | undefined): Kbuild {
  const makefiles = new Map<string, Makefile>();

  function makefile(folder: string): Makefile {
    const known = makefiles.get(folder);
    if (known !== undefined) return known;
    const text = read(join(folder, "Kbuild")) ?? read(join(folder, "Makefile")) ?? "";
    const parsed = parseMakefile(text, folder);
    makefiles.set(folder, parsed);
    return parsed;
  }

  /** What every line that builds `part` needs, or undefined where no line does. */
  function needs(folder: string, part: string, depth: number): ReadonlySet<string> | undefined {
    if (depth > MAX_NESTING) return undefined;
    let common: ReadonlySet<string> | undefined;
    for (const line of makefile(folder).lines) {
      if (!line.parts.has(part)) continue;
      const own = line.target === "obj" ? folderNeeds(folder, depth + 1) : needs(folder, line.target, depth + 1);
      // A composite that no line builds (its own obj line is in a part that was not understood) still names its symbol.
      const all = new Set([...(own ?? []), ...(line.symbol === undefined ? [] : [line.symbol])]);
      common = common === undefined ? all : new Set([...common].filter((symbol) => all.has(symbol)));
    }
    return common;
  }

  function folderNeeds(folder: string, depth: number): ReadonlySet<string> {
    if (folder === "" || depth > MAX_NESTING) return new Set();
    const names = folder.split("/");
    for (let up = names.length - 1; up >= 0; up--) {
      const parent = names.slice(0, up).join("/");
      const found = needs(parent, `${names.slice(up).join("/")}/`, depth + 1);
      if (found !== undefined) return found;
    }
    return new Set();
  }

  function tops(folder: string, part: string, depth: number): readonly string[] {
    if (depth > MAX_NESTING) return [];
    const found = makefile(folder)
      .lines.filter((line) => line.parts.has(part))
      .flatMap((line) => (line.target === "obj" ? [join(folder, part)] : tops(folder, line.target, depth + 1)));
    return found.length > 0 || depth === 0 ? found : [join(folder, part)];
  }

  function partsOf(folder: string, target: string, depth: number): readonly string[] {
    const lines = depth > MAX_NESTING ? [] : makefile(folder).lines.filter((line) => line.target === target);
    const parts = lines.flatMap((line) => [...line.parts]).filter((part) => !part.endsWith("/"));
    return parts.length === 0 ? [target] : parts.flatMap((part) => partsOf(folder, part, depth + 1));
  }

  return {
    implied: (file) => [...(needs(folderOf(file), objectOf(file), 0) ?? [])].sort(),
    modules: (file) => [...new Set(tops(folderOf(file), objectOf(file), 0))].sort(),
    filesOf(module) {
      const folder = folderOf(module);
      const parts = new Set(partsOf(folder, module.slice(folder === "" ? 0 : folder.length + 1), 0));
      return [...parts].map((part) => join(folder, `${part}.c`)).sort();
    },
    includeFolders(folder) {
      const own = makefile(folder).includes;
      const names = folder.split("/");
      const above = names.map((_, i) => makefile(names.slice(0, i + 1).join("/")).inherited).reverse();
      return [...new Set([...own, ...above.flat()])];
    },
  };
}

function parseMakefile(text: string, folder: string): Makefile {
  const lines: Line[] = [];
  const includes: string[] = [];
  const inherited: string[] = [];
  for (const line of text.replace(/\\\r?\n/g, " ").split("\n")) {
    const plain = line.replace(/#.*/, "");
    const flags = /^\s*(subdir-)?(?:ccflags|cppflags|CFLAGS_[\w.-]+|EXTRA_CFLAGS)(?:-\S+)?\s*[:+?]?=\s*(.*)$/.exec(
      plain,
    );
    if (flags !== null) {
      const into = flags[1] === undefined ? includes : inherited;
      for (const flag of (flags[2] ?? "").matchAll(/-I\s*(\S+)/g)) into.push(includeFolder(flag[1] ?? "", folder));
      continue;
    }
    const match = /^\s*([\w./+-]+?)-(\$[({]CONFIG_\w+[)}]|y|m|objs)\s*[:+?]?=\s*(.*)$/.exec(plain);
    if (match === null) continue;
    const symbol = /CONFIG_\w+/.exec(match[2] ?? "")?.[0];
    const parts = new Set(
      (match[3] ?? "")
        .split(/\s+/)
        .map(partName)
        .filter((part) => part !== ""),
    );
    lines.push({ target: match[1] ?? "", symbol, parts });
  }
  return { lines, includes, inherited };
}

/** `a.o` → a, `sub/` → sub/, `$(name-y)` → name (what its lines add to); anything else is nothing. */
function partName(token: string): string {
  if (token.endsWith(".o")) return token.slice(0, -2);
  if (token.endsWith("/")) return token;
  return /^\$[({]([\w-]+?)-(y|m|objs)[)}]$/.exec(token)?.[1] ?? "";
}

function includeFolder(path: string, folder: string): string {
  const at = path
    .replace(/^\$[({](srctree|objtree)[)}]\/\$[({](src|obj)[)}]/, `/${folder}`)
    .replace(/^\$[({](srctree|objtree)[)}]/, "")
    .replace(/^\$[({](src|obj)[)}]/, `/${folder}`);
  return normal(at.startsWith("/") ? at.slice(1) : at);
}

/** A path without "." and "..", or with leading ".." where it leaves the tree. */
export function normal(path: string): string {
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && out.length > 0 && out.at(-1) !== "..") out.pop();
    else out.push(part);
  }
  return out.join("/");
}

export function folderOf(file: FileId): string {
  const slash = file.lastIndexOf("/");
  return slash < 0 ? "" : file.slice(0, slash);
}

function objectOf(file: FileId): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/\.c$/, "");
}

export function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
