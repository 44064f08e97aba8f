// Comments that silence a finding: /* lifebound: ignore rule reason */ on its line or the line above it. A reason is required.
import { lineStarts, positionAt } from "../base/span.ts";

export interface Suppression {
  readonly rule: string;
  /** Empty where the comment gives none: it silences nothing then, and says so. */
  readonly reason: string;
  /** The line of the comment's beginning, and the two lines that it speaks of: that of its end, and the next. */
  readonly line: number;
  readonly covers: readonly [number, number];
}

/** Comments and literals: what looks like a comment inside a string is none. */
const LEXEME = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/g;
const IGNORE = /^\/\*[\s*]*lifebound:\s*ignore\b\s*([^\s*]*)([\s\S]*)\*\/$/;

/** The suppressions of one file, in order. */
export function suppressions(text: string): readonly Suppression[] {
  if (!text.includes("lifebound:")) return [];
  const starts = lineStarts(text);
  const found: Suppression[] = [];
  for (const match of text.matchAll(LEXEME)) {
    const ignore = IGNORE.exec(match[0]);
    if (ignore === null) continue;
    const reason = (ignore[2] ?? "").replace(/\n\s*\*/g, " ").replace(/\s+/g, " ");
    const end = positionAt(starts, match.index + match[0].length).line;
    found.push({
      rule: ignore[1] ?? "",
      reason: reason.replace(/^\s*[:,-]*\s*/, "").trim(),
      line: positionAt(starts, match.index).line,
      covers: [end, end + 1],
    });
  }
  return found;
}

/** The suppression that silences that rule on that line, if one does. */
export function silences(all: readonly Suppression[], rule: string, line: number): Suppression | undefined {
  return all.find((each) => each.reason !== "" && each.rule === rule && each.covers.includes(line));
}
