// Unified diffs, as git and diff(1) write them and mail carries them, as plain data. Own code, since no library keeps what is needed here at once: the line of
// each hunk in the mail, blob ids, what stands after the last hunk (signatures, list footers), and a bad hunk as a value instead of an exception.
import { unquote } from "./quoted.ts";

export interface Hunk {
  /** 1-based first line, and how many lines, before and after. A count of 0 has the line before as its start. */
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** Each with " ", "+" or "-" in front. */
  readonly lines: readonly string[];
  /** The last line of that side has no newline. */
  readonly oldNoNewline: boolean;
  readonly newNoNewline: boolean;
  /** What stands behind the second @@: most often the function. */
  readonly section: string;
  /** The line of its @@ in the text that was parsed, 1-based. */
  readonly at: number;
}

export interface FileChange {
  readonly kind: "modify" | "create" | "delete" | "rename" | "copy";
  /** Undefined for a new file. */
  readonly oldPath: string | undefined;
  /** Undefined for a deleted file. */
  readonly newPath: string | undefined;
  readonly oldMode?: string;
  readonly newMode?: string;
  /** Abbreviated blob ids of the `index` line; all zeros for no file. */
  readonly oldBlob?: string;
  readonly newBlob?: string;
  readonly binary: boolean;
  readonly hunks: readonly Hunk[];
  /** The line of its header in the text that was parsed, 1-based. */
  readonly at: number;
}

export interface Diff {
  readonly changes: readonly FileChange[];
  /** What looked like a diff and could not be read, each with its line. A change with such a hunk is not to be applied. */
  readonly problems: readonly { readonly line: number; readonly why: string }[];
  /** The line on which the first diff starts, 1-based; undefined without one. */
  readonly start: number | undefined;
}

/** Line counts and numbers above this are no header of a file that anybody has. */
const MAX_LINE = 50_000_000;
const HUNK = /^@@ -(\d{1,12})(?:,(\d{1,12}))? \+(\d{1,12})(?:,(\d{1,12}))? @@ ?(.*)$/;

type Fields = { -readonly [K in keyof FileChange]?: FileChange[K] } & { at: number };

/** Reads every diff of a text, whatever stands around them. Quoted ones ("> diff") are none. Never fails. */
export function parseDiff(text: string): Diff {
  const lines = text.split("\n");
  const changes: FileChange[] = [];
  const problems: { line: number; why: string }[] = [];
  let i = 0;
  while (i < lines.length) {
    const line = lines[i] ?? "";
    if (line.startsWith("diff --git ")) i = gitChange(i);
    else if (isPlainHeader(lines, i)) i = plainChange(i);
    else i++;
  }
  const start = changes[0]?.at;
  return { changes, problems, start };

  function gitChange(at: number): number {
    const fields: Fields = { at: at + 1, binary: false };
    const names = gitNames((lines[at] ?? "").slice("diff --git ".length));
    let k = at + 1;
    for (; k < lines.length; k++) {
      const line = lines[k] ?? "";
      if (line.startsWith("--- ") || line.startsWith("@@ ") || line.startsWith("diff --git ")) break;
      if (!extended(line, fields)) break;
    }
    if (lines[k] === "GIT binary patch" || /^Binary files .* differ$/.test(lines[k] ?? "")) {
      fields.binary = true;
      k = afterBinary(k);
    }
    let old = names?.[0];
    let now = names?.[1];
    if ((lines[k] ?? "").startsWith("--- ") && (lines[k + 1] ?? "").startsWith("+++ ")) {
      old = headerName(lines[k] ?? "");
      now = headerName(lines[k + 1] ?? "");
      k += 2;
    }
    const { hunks, next } = readHunks(k);
    finish(fields, old, now, hunks);
    return Math.max(next, at + 1);
  }

  function plainChange(at: number): number {
    const { hunks, next } = readHunks(at + 2);
    finish({ at: at + 1, binary: false }, headerName(lines[at] ?? ""), headerName(lines[at + 1] ?? ""), hunks);
    return next;
  }

  function finish(fields: Fields, old: string | undefined, now: string | undefined, hunks: readonly Hunk[]): void {
    const renamed = fields.kind === "rename" || fields.kind === "copy";
    const [a, b] = renamed ? [fields.oldPath, fields.newPath] : stripped(old, now);
    if (a === undefined && b === undefined) {
      problems.push({ line: fields.at, why: "a diff without a file name" });
      return;
    }
    const kind = fields.kind ?? (a === undefined ? "create" : b === undefined ? "delete" : "modify");
    changes.push({
      ...fields,
      binary: fields.binary === true,
      kind,
      oldPath: kind === "create" ? undefined : (a ?? b),
      newPath: kind === "delete" ? undefined : (b ?? a),
      hunks,
    });
  }

  function readHunks(from: number): { readonly hunks: readonly Hunk[]; readonly next: number } {
    const hunks: Hunk[] = [];
    let k = from;
    while ((lines[k] ?? "").startsWith("@@ ")) {
      const read = readHunk(k);
      if (typeof read === "string") {
        problems.push({ line: k + 1, why: read });
        k++;
        // What is left of a broken hunk is skipped, up to whatever begins anew.
        while (k < lines.length && !/^(?:@@ |diff --git )/.test(lines[k] ?? "") && !isPlainHeader(lines, k)) k++;
        continue;
      }
      hunks.push(read.hunk);
      k = read.next;
    }
    return { hunks, next: k };
  }

  function readHunk(at: number): { readonly hunk: Hunk; readonly next: number } | string {
    const head = HUNK.exec(lines[at] ?? "");
    if (head === null) return "a hunk header that can't be read";
    const [oldStart, newStart] = [Number(head[1]), Number(head[3])];
    const [oldLines, newLines] = [Number(head[2] ?? 1), Number(head[4] ?? 1)];
    if ([oldStart, newStart, oldLines, newLines].some((n) => n > MAX_LINE)) return "a hunk header with absurd numbers";
    const body: string[] = [];
    let [old, now] = [oldLines, newLines];
    let [oldNoNewline, newNoNewline] = [false, false];
    let k = at + 1;
    for (; k < lines.length; k++) {
      const line = lines[k] ?? "";
      if (line.startsWith("\\")) {
        const last = body.at(-1)?.[0];
        oldNoNewline ||= last === "-" || last === " ";
        newNoNewline ||= last === "+" || last === " ";
        continue;
      }
      if (old === 0 && now === 0) break;
      // Some mailers take the blank off an empty context line.
      const kind = line === "" ? " " : line[0];
      if (kind === "-" && old > 0) old--;
      else if (kind === "+" && now > 0) now--;
      else if (kind === " " && old > 0 && now > 0) {
        old--;
        now--;
      } else return `a hunk that is cut off or damaged: ${old} old and ${now} new lines are missing at line ${k + 1}`;
      body.push(line === "" ? " " : line);
    }
    if (old > 0 || now > 0) return `a hunk that is cut off: ${old} old and ${now} new lines are missing`;
    const hunk = { oldStart, oldLines, newStart, newLines, lines: body, oldNoNewline, newNoNewline };
    return { hunk: { ...hunk, section: head[5] ?? "", at: at + 1 }, next: k };
  }

  function afterBinary(from: number): number {
    let k = from + 1;
    if (lines[from] !== "GIT binary patch") return k;
    while (k < lines.length && /^(?:literal \d+|delta \d+|[A-Za-z][!-~]*|)$/.test(lines[k] ?? "")) {
      if ((lines[k] ?? "").startsWith("diff ")) break;
      k++;
    }
    return k;
  }
}

/** A line of git's extended header; false where it is none. */
function extended(line: string, fields: Fields): boolean {
  const m = /^(old mode|new mode|new file mode|deleted file mode|rename from|rename to|copy from|copy to|index|similarity index|dissimilarity index) (.+)$/.exec(line); // prettier-ignore
  if (m === null) return false;
  const value = m[2] ?? "";
  switch (m[1]) {
    case "old mode":
      fields.oldMode = value;
      break;
    case "new mode":
      fields.newMode = value;
      break;
    case "new file mode":
      fields.kind = "create";
      fields.newMode = value;
      break;
    case "deleted file mode":
      fields.kind = "delete";
      fields.oldMode = value;
      break;
    case "rename from":
    case "copy from":
      fields.kind = m[1] === "rename from" ? "rename" : "copy";
      fields.oldPath = unquote(value);
      break;
    case "rename to":
    case "copy to":
      fields.newPath = unquote(value);
      break;
    case "index": {
      const blobs = /^([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: (\d+))?$/.exec(value);
      if (blobs?.[1] !== undefined && blobs[2] !== undefined) {
        fields.oldBlob = blobs[1];
        fields.newBlob = blobs[2];
      }
      break;
    }
    default:
  }
  return true;
}

const isPlainHeader = (lines: readonly string[], i: number): boolean =>
  (lines[i] ?? "").startsWith("--- ") &&
  (lines[i + 1] ?? "").startsWith("+++ ") &&
  (lines[i + 2] ?? "").startsWith("@@ ");

/** The name in a --- or +++ line, without the time that diff(1) writes behind a tab. */
function headerName(line: string): string {
  const name = line.slice(4);
  if (name.startsWith('"')) return unquote(name);
  return (name.split("\t")[0] ?? "").trimEnd();
}

/** The two names of a `diff --git` line: quoted, or the middle of two equal ones. */
function gitNames(rest: string): readonly [string, string] | undefined {
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)$/.exec(rest);
  if (quoted?.[1] !== undefined && quoted[2] !== undefined) return [unquote(quoted[1]), unquote(quoted[2])];
  const middle = (rest.length - 1) / 2;
  if (Number.isInteger(middle) && rest[middle] === " ") return [rest.slice(0, middle), rest.slice(middle + 1)];
  return undefined;
}

/** Takes a/ and b/ (or the first folder of `diff -r old new`) off; undefined for /dev/null. */
function stripped(old: string | undefined, now: string | undefined): readonly [string | undefined, string | undefined] {
  const a = old === "/dev/null" ? undefined : old;
  const b = now === "/dev/null" ? undefined : now;
  const head = (name: string | undefined): string | undefined => name?.split("/")[0];
  const rest = (name: string | undefined): string | undefined => name?.slice((head(name) ?? "").length + 1);
  const letter = (name: string | undefined): boolean => name === undefined || /^[abciow12]\//.test(name);
  if (letter(a) && letter(b)) return [rest(a), rest(b)];
  // `diff -ru linux.orig linux`: the first folders differ and the rest is the same.
  if (a !== undefined && b !== undefined && head(a) !== head(b) && rest(a) === rest(b) && !a.startsWith("/"))
    return [rest(a), rest(b)];
  return [a, b];
}
