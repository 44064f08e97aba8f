// Disguises of layout and age: the two main files merged, functions and members in another order, names of Linux 6.18.
import type { Files } from "./checker.ts";
import {
  eachFile,
  plain,
  privateStructs,
  type Context,
  type Disguise,
  type Disguised,
  type FileChange,
} from "./disguise.ts";
import { applyEdits, type Edit } from "./edit.ts";
import { read, type Fn, type Source } from "./source.ts";
import { closing } from "./tokens.ts";

function merge(files: Files, { family }: Context): Disguised {
  const { from, into, makefile, symbol } = family.merge;
  const [exporter, core] = [files[from], files[into]];
  if (exporter === undefined || core === undefined) return plain(files, 0, [`${from} or ${into} is not there`]);
  const a = read(core);
  const b = read(exporter);
  const clash = b.functions.filter((f) => a.functions.some((g) => g.name === f.name)).map((f) => f.name);
  if (clash.length > 0) return plain(files, 0, [`both files define ${clash.join(", ")}`]);
  const includes = b.tokens.filter((t) => t.kind === "directive" && /^#\s*include/.test(t.text));
  const known = new Set(a.tokens.filter((t) => t.kind === "directive").map((t) => t.text));
  const added = includes.filter((t) => !known.has(t.text)).map((t) => t.text);
  const lastInclude = a.tokens.filter((t) => t.kind === "directive" && /^#\s*include/.test(t.text)).at(-1);
  const at = lastInclude?.end ?? 0;
  const rest = applyEdits(
    exporter,
    includes.map((t) => ({ start: t.start, end: t.end, text: "" })),
  );
  const guarded = symbol === undefined ? rest : `#ifdef ${symbol}\n${rest.trim()}\n#endif\n`;
  const merged = `${core.slice(0, at)}${added.map((i) => `\n${i}`).join("")}${core.slice(at)}\n${guarded}`;
  const object = (from.split("/").at(-1) ?? "").replace(/\.c$/, ".o");
  const kbuild = files[makefile];
  const next: Record<string, string> = { ...files, [into]: merged, [from]: "" };
  if (kbuild !== undefined) {
    next[makefile] = kbuild
      .split("\n")
      .flatMap((line) => {
        if (!line.includes(object)) return [line];
        const left = line.replace(new RegExp(`\\s*${object.replace(".", "\\.")}`), "");
        return /[+:]?=\s*$|^\s*\\?$/.test(left) ? [] : [left];
      })
      .join("\n");
  }
  return { files: next, changes: 1, functions: {}, moved: { [into]: [from] }, skipped: [] };
}

// --- another order

/** Type names that the file itself makes, other than struct tags: a signature with one of them cannot move up. */
function ownTypeNames({ tokens }: Source): Set<string> {
  const names = new Set<string>();
  tokens.forEach((token, i) => {
    if (token.text === "enum" && tokens[i + 2]?.text === "{") names.add(tokens[i + 1]?.text ?? "");
    if (token.text !== "typedef") return;
    for (let k = i + 1; k < tokens.length && tokens[k]?.text !== ";"; k++) {
      const text = tokens[k]?.text ?? "";
      if (text === "{") k = closing(tokens, k);
      else if (tokens[k]?.kind === "ident") names.add(text);
    }
  });
  return names;
}

const reorderFunctions: FileChange = (text, path) => {
  if (!path.endsWith(".c")) return [text, 0];
  const source = read(text);
  const { tokens } = source;
  const typeNames = ownTypeNames(source);
  const undefinedMacros = tokens.flatMap((t) =>
    t.kind === "directive" ? (/^#\s*undef\s+(\w+)/.exec(t.text)?.[1] ?? []) : [],
  );
  const words = (fn: Fn, to: number): string[] => tokens.slice(fn.first, to).map((t) => t.text);
  const free = source.functions.filter((fn) => {
    if (fn.conditional || words(fn, fn.bodyOpen).some((w) => typeNames.has(w))) return false;
    return !words(fn, fn.bodyClose).some((w) => undefinedMacros.includes(w));
  });
  const [first] = source.functions;
  if (free.length < 2 || !first || first.conditional) return [text, 0];
  const signature = (fn: Fn): string => text.slice(fn.start, tokens[fn.bodyOpen - 1]?.end ?? fn.start);
  const tags = new Set(
    free.flatMap((fn) => {
      const inside = words(fn, fn.bodyOpen);
      return inside.flatMap((w, i) => (w === "struct" ? [inside[i + 1] ?? ""] : []));
    }),
  );
  const prototypes = [...[...tags].map((t) => `struct ${t};`), ...free.map((fn) => `${signature(fn)};`)].join("\n");
  const edits: Edit[] = free.map((fn) => ({ start: fn.start, end: fn.end, text: "" }));
  edits.push({ start: first.start, end: first.start, text: `${prototypes}\n\n` });
  const moved = [...free].reverse().map((fn) => text.slice(fn.start, fn.end));
  return [`${applyEdits(text, edits)}\n${moved.join("\n\n")}\n`, free.length];
};

function reorder(files: Files, context: Context): Disguised {
  const functions = orderFunctions(files, context);
  const edits = new Map<string, Edit[]>();
  let changes = functions.changes;
  for (const { path, source, decl } of privateStructs(functions.files, context)) {
    const groups = new Map<number, { first: number; last: number; odd: boolean }>();
    for (const m of decl.members) groups.set(m.first, { first: m.first, last: m.last, odd: m.odd });
    const all = [...groups.values()];
    const [head] = decl.members;
    const embedded = head?.tag !== undefined && head.pointers === 0;
    const fixed = embedded ? all.slice(1) : all;
    if (decl.odd || fixed.length < 2 || all.some((g) => g.odd)) continue;
    const { tokens, text } = source;
    const at = (g: { first: number; last: number }): readonly [number, number] => [
      tokens[g.first]?.start ?? 0,
      tokens[g.last]?.end ?? 0,
    ];
    const texts = fixed.map((g) => text.slice(...at(g))).reverse();
    fixed.forEach((g, i) => {
      const [start, end] = at(g);
      edits.set(path, [...(edits.get(path) ?? []), { start, end, text: texts[i] ?? "" }]);
    });
    changes++;
  }
  const next: Record<string, string> = { ...functions.files };
  for (const [path, list] of edits) next[path] = applyEdits(next[path] ?? "", list);
  return plain(next, changes);
}

const orderFunctions = eachFile(reorderFunctions);

// --- names of 6.18

const OLD_NAMES: Readonly<Record<string, string>> = {
  dma_buf_invalidate_mappings: "dma_buf_move_notify",
  invalidate_mappings: "move_notify",
  zap_special_vma_range: "zap_vma_ptes",
};

function oldNames(files: Files): Disguised {
  const next: Record<string, string> = { ...files };
  let changes = 0;
  for (const [path, text] of Object.entries(files)) {
    if (!/\.[ch]$/.test(path)) continue;
    const edits = read(text).tokens.flatMap((t) => {
      const old = t.kind === "ident" ? OLD_NAMES[t.text] : undefined;
      return old === undefined ? [] : [{ start: t.start, end: t.end, text: old }];
    });
    next[path] = applyEdits(text, edits);
    changes += edits.length;
  }
  return plain(next, changes);
}

export const MERGE: Disguise = { id: "merge", title: "exporter's file merged into the core file", apply: merge };
export const REORDER: Disguise = {
  id: "reorder",
  title: "functions and members in another order, with prototypes",
  apply: reorder,
};
export const OLD: Disguise = { id: "old-names", title: "names of Linux 6.18", apply: oldNames };
