// Files as far as the hunks of a series show them, for a series without a tree: known lines stand where the hunks say, all others are empty.
import type { Diff, Hunk } from "./diff.ts";
import { refusePath } from "./paths.ts";

export interface Sketch {
  /** Texts before the first patch, by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Files of which only parts are known. */
  readonly partial: ReadonlySet<string>;
}

/** A line of a file: its text where some hunk shows it, and its place in the text before the series; lines that the series adds have none. */
interface Line {
  text: string | undefined;
  readonly base: number | undefined;
}

/** Longer files are not sketched: the line numbers of a hunk are what it says, not what there is. */
const MAX_LINES = 1_000_000;
/** Lines of all files together. */
const MAX_ALL = 3_000_000;
/** How far from where it should be a hunk is looked for. */
const NEAR = 300;

/** What the hunks show of the files before the series. A hunk that contradicts what is known already is left out: its patch will then be refused. */
export function sketch(diffs: readonly Diff[]): Sketch {
  const before = new Map<string, string[]>();
  const now = new Map<string, Line[]>();
  let room = MAX_ALL;
  for (const diff of diffs) {
    for (const { kind, oldPath, newPath, hunks, binary } of diff.changes) {
      if (binary || [oldPath, newPath].some((path) => path !== undefined && refusePath(path) !== undefined)) continue;
      if (oldPath === undefined) {
        if (newPath !== undefined) now.set(newPath, created(hunks));
        continue;
      }
      if (!now.has(oldPath)) {
        before.set(oldPath, []);
        now.set(oldPath, []);
      }
      const lines = now.get(oldPath) ?? [];
      const base = before.get(oldPath) ?? [];
      const changed = kind === "copy" ? lines.map((line) => ({ ...line })) : lines;
      let shift = 0;
      for (const hunk of hunks) {
        const size = changed.length;
        shift = place(changed, base, hunk, shift, room) ?? shift;
        room -= changed.length - size;
      }
      if (kind === "rename" || kind === "delete") now.delete(oldPath);
      if (newPath !== undefined) now.set(newPath, changed);
      if ((kind === "rename" || kind === "copy") && newPath !== undefined && !before.has(newPath))
        before.set(newPath, base);
    }
  }
  const texts = new Map<string, string>();
  for (const [path, lines] of before) {
    const created = diffs.some(({ changes }) =>
      changes.some((c) => (c.kind === "rename" || c.kind === "copy") && c.newPath === path),
    );
    // A renamed file shares its lines with what it was before.
    if (!created) texts.set(path, lines.length === 0 ? "" : `${Array.from(lines, (line) => line ?? "").join("\n")}\n`);
  }
  return { texts, partial: new Set(texts.keys()) };
}

const created = (hunks: readonly Hunk[]): Line[] =>
  hunks.flatMap(({ lines }) =>
    lines.filter((line) => line[0] !== "-").map((line) => ({ text: line.slice(1), base: undefined })),
  );

/** Writes what a hunk shows into the lines, and then applies it. Gives back how far the lines behind it have shifted; undefined where it fits nowhere. */
function place(lines: Line[], base: string[], hunk: Hunk, shift: number, room: number): number | undefined {
  const old = hunk.lines.filter((line) => line[0] !== "+").map((line) => line.slice(1));
  const wanted = (hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1) + shift;
  if (wanted < 0 || wanted + old.length > MAX_LINES) return undefined;
  const at = find(lines, old, wanted);
  if (at === undefined || at + hunk.newLines + old.length - lines.length > room) return undefined;
  while (lines.length < at + old.length) {
    const next: number = (lines.findLast((line) => line.base !== undefined)?.base ?? -1) + 1;
    lines.push({ text: undefined, base: next });
  }
  for (const [i, text] of old.entries()) {
    const line = lines[at + i];
    if (line === undefined || line.text !== undefined) continue;
    line.text = text;
    if (line.base !== undefined) base[line.base] = text;
  }
  let from = at;
  for (const line of hunk.lines) {
    if (line[0] === "+") lines.splice(from++, 0, { text: line.slice(1), base: undefined });
    else if (line[0] === "-") lines.splice(from, 1);
    else from++;
  }
  return shift + hunk.newLines - hunk.oldLines + (at - wanted);
}

function find(lines: readonly Line[], old: readonly string[], wanted: number): number | undefined {
  const fits = (at: number): boolean =>
    at >= 0 && old.every((text, i) => lines[at + i]?.text === undefined || lines[at + i]?.text === text);
  if (fits(wanted)) return wanted;
  const known = (at: number): boolean => old.some((text, i) => text.trim() !== "" && lines[at + i]?.text === text);
  for (let offset = 1; offset <= NEAR; offset++)
    for (const at of [wanted + offset, wanted - offset]) if (fits(at) && known(at)) return at;
  return undefined;
}
