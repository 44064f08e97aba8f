// Puts hunks into a text the way patch(1) does: at the line they name or the nearest place where they fit, and then with less of their context ("fuzz").
// The order of tries is that of GNU patch, pch.c and patch.c: locate_hunk(), so that what it takes is taken here and what it refuses is refused.
import type { Hunk } from "./diff.ts";

/** Lines of context at either end that need not fit; patch(1) allows as many. */
export const MAX_FUZZ = 2;

export type Applied =
  | { readonly ok: true; readonly text: string; readonly fuzz: number; readonly offset: number }
  /** `hunk` is an index. */
  | { readonly ok: false; readonly hunk: number };

/** Applies all hunks or none. `fuzz` 0 wants all context. Offsets are always allowed, unless a hunk's context says that it stands at an end of the file. */
export function applyHunks(text: string, hunks: readonly Hunk[], fuzz: number): Applied {
  const crlf = text.includes("\r\n");
  const lines = text === "" ? [] : text.split("\n");
  const unended = lines.length > 0 && lines.at(-1) !== "";
  if (lines.length > 0 && !unended) lines.pop();
  const same = crlf ? (a: string | undefined, b: string): boolean => a?.replace(/\r$/, "") === b.replace(/\r$/, "") : (a: string | undefined, b: string): boolean => a === b; // prettier-ignore
  const out: string[] = [];
  let frozen = 0;
  let shift = 0;
  let worst = 0;
  let furthest = 0;
  let ended = !unended;
  for (const [index, hunk] of hunks.entries()) {
    const old = hunk.lines.filter((line) => line[0] !== "+").map((line) => line.slice(1));
    const { prefix, suffix } = contextOf(hunk);
    const first = hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1;
    let found: number | undefined;
    let used = 0;
    for (; used <= Math.min(fuzz, Math.max(prefix, suffix)); used++) {
      found = locate({
        lines,
        old,
        first: first + shift,
        frozen,
        prefix,
        suffix,
        fuzz: used,
        topmost: hunk.oldStart <= 1,
        same,
      });
      if (found !== undefined) break;
    }
    if (found === undefined) return { ok: false, hunk: index };
    worst = Math.max(worst, used);
    furthest = Math.max(furthest, Math.abs(found - first));
    shift = found - first;
    out.push(...lines.slice(frozen, found));
    // Context is taken from the text, for under fuzz it differs from the hunk's.
    let at = found;
    for (const line of hunk.lines) {
      if (line[0] === "+") out.push(line.slice(1) + (crlf && !line.endsWith("\r") ? "\r" : ""));
      else {
        if (line[0] === " ") out.push(lines[at] ?? "");
        at++;
      }
    }
    frozen = at;
    if (at >= lines.length) ended = hunk.newNoNewline ? false : hunk.oldNoNewline ? true : ended || endsAdded(hunk);
  }
  out.push(...lines.slice(frozen));
  const joined = out.join("\n");
  return { ok: true, text: joined + (ended && out.length > 0 ? "\n" : ""), fuzz: worst, offset: furthest };
}

const endsAdded = (hunk: Hunk): boolean => hunk.lines.at(-1)?.[0] === "+";

function contextOf(hunk: Hunk): { readonly prefix: number; readonly suffix: number } {
  const changed = hunk.lines.findIndex((line) => line[0] !== " ");
  const last = hunk.lines.findLastIndex((line) => line[0] !== " ");
  return changed < 0
    ? { prefix: hunk.lines.length, suffix: hunk.lines.length }
    : { prefix: changed, suffix: hunk.lines.length - 1 - last };
}

interface Search {
  readonly lines: readonly string[];
  readonly old: readonly string[];
  /** Where it should be, as an index. */
  readonly first: number;
  /** Lines before this one are behind an earlier hunk. */
  readonly frozen: number;
  readonly prefix: number;
  readonly suffix: number;
  readonly fuzz: number;
  /** The hunk names the first line of the file. */
  readonly topmost: boolean;
  readonly same: (a: string | undefined, b: string) => boolean;
}

/** The index of the line where the hunk fits with that fuzz, the nearest to where it should be. */
function locate(s: Search): number | undefined {
  const context = Math.max(s.prefix, s.suffix);
  const top = s.fuzz + s.prefix - context;
  const bottom = s.fuzz + s.suffix - context;
  const size = s.old.length;
  if (size === 0)
    return s.first <= s.lines.length && s.first >= s.frozen ? s.first : s.lines.length === 0 ? 0 : undefined;
  const fits = (at: number, skipTop: number, skipBottom: number): boolean => {
    if (at < s.frozen || at + size - skipBottom > s.lines.length) return false;
    for (let i = skipTop; i < size - skipBottom; i++) if (!s.same(s.lines[at + i], s.old[i] ?? "")) return false;
    return true;
  };
  // Less context in front than behind: it stood at the beginning of the file.
  if (top < 0 && s.topmost) {
    if (bottom < 0 && size !== s.lines.length) return undefined;
    return fits(0, 0, Math.max(0, bottom)) ? 0 : undefined;
  }
  const skipTop = Math.max(0, top);
  // And the other way round for the end.
  if (bottom < 0) {
    const at = s.lines.length - size;
    return fits(at, skipTop, 0) ? at : undefined;
  }
  // From the nearest line that there is: a hunk may name any number.
  const from = Math.min(Math.max(s.first, s.frozen), s.lines.length);
  const most = Math.max(s.lines.length - from, from - s.frozen);
  for (let offset = 0; offset <= most; offset++) {
    if (fits(from + offset, skipTop, bottom)) return from + offset;
    if (offset > 0 && fits(from - offset, skipTop, bottom)) return from - offset;
  }
  return undefined;
}

/** The hunk that takes this one back. */
export function reversed(hunk: Hunk): Hunk {
  const swap = (line: string): string =>
    line[0] === "+" ? `-${line.slice(1)}` : line[0] === "-" ? `+${line.slice(1)}` : line;
  return {
    ...hunk,
    oldStart: hunk.newStart,
    oldLines: hunk.newLines,
    newStart: hunk.oldStart,
    newLines: hunk.oldLines,
    oldNoNewline: hunk.newNoNewline,
    newNoNewline: hunk.oldNoNewline,
    lines: hunk.lines.map(swap),
  };
}
