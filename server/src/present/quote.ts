// A patch quoted in an answer: only hunks that are spoken of, at most five lines of them before each comment, and "> [...]" for what is left out.
import type { ReviewedPatch } from "../findings/review.ts";

/** Lines of the patch before a comment. */
export const CONTEXT = 5;

export interface Comment {
  /** The line of the mail that it stands below, 1-based; 0 for none. */
  readonly line: number;
  readonly text: readonly string[];
}

/** The head of an answer and the quoted lines with comments below them, which must be sorted by line. Without comments the subject alone is quoted. */
export function quote(patch: ReviewedPatch, comments: readonly Comment[]): readonly string[] {
  const { body } = patch;
  const out: string[] = [attribution(patch)];
  if (comments.length === 0) return [...out, `> ${patch.subject}`];
  let quoted = 0;
  let head = "";
  for (const { line, text } of comments) {
    if (line === 0) {
      out.push(...(quoted === 0 ? [`> ${patch.subject}`, ""] : [""]), ...text);
      continue;
    }
    const hunk = lastBefore(body, line, /^@@ /);
    const file = lastBefore(body, line, /^diff --git /) || lastBefore(body, line, /^--- /);
    const first = Math.max(quoted + 1, line - CONTEXT + 1, hunk + 1, file + 1);
    const title = file === 0 ? "" : (body[file - 1] ?? "");
    if (title !== head && file > quoted) {
      if (quoted > 0) out.push("> [...]");
      out.push(`> ${title}`);
      head = title;
      quoted = file;
    }
    if (hunk > quoted) {
      // Between the file's name and its first hunk nothing is missed.
      if (quoted > 0 && body.slice(quoted, hunk - 1).some((each) => each.startsWith("@@"))) out.push("> [...]");
      out.push(`> ${body[hunk - 1]}`);
      quoted = hunk;
    }
    if (first > quoted + 1) out.push("> [...]");
    for (let i = first; i <= line; i++) out.push(`> ${body[i - 1] ?? ""}`.trimEnd());
    quoted = Math.max(quoted, line);
    out.push("", ...text);
  }
  if (quoted > 0) out.push("> [...]", "");
  return out;
}

/** "On DATE, NAME wrote:". */
function attribution({ date, from }: ReviewedPatch): string {
  const name = from.replace(/\s*<[^>]*>$/, "").replace(/^"(.*)"$/, "$1");
  const when = date === "" ? "" : `On ${date}, `;
  const line = `${when}${name === "" ? "it was sent" : `${name} wrote`}:`;
  return line.length <= 78 ? line : `${name} wrote:`;
}

/** The number of the last line up to `line` that fits; 0 for none. */
function lastBefore(body: readonly string[], line: number, pattern: RegExp): number {
  for (let i = line; i > 0; i--) if (pattern.test(body[i - 1] ?? "")) return i;
  return 0;
}
