// Text edits on C files, and the few ways in which the harness removes, moves and replaces statements.
import { children, type Stmt } from "./source.ts";

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies edits that must not overlap; insertions at one place keep their order. Throws on overlap: that is a fault of the harness. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const sorted = edits.map((e, i) => ({ ...e, i })).sort((x, y) => x.start - y.start || x.end - y.end || x.i - y.i);
  let result = "";
  let at = 0;
  for (const edit of sorted) {
    if (edit.start < at) throw new Error(`edits overlap at ${edit.start}: ${JSON.stringify(edit.text.slice(0, 40))}`);
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** The blanks that open the line of `at`. */
export function indentAt(text: string, at: number): string {
  const line = text.lastIndexOf("\n", at - 1) + 1;
  return /^[ \t]*/.exec(text.slice(line, at))?.[0] ?? "";
}

/** The whole lines of [start, end) where nothing else stands on them, else the range itself. */
export function wholeLines(text: string, start: number, end: number): readonly [number, number] {
  const line = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", end);
  if (next < 0 || text.slice(line, start).trim() !== "" || text.slice(end, next).trim() !== "") return [start, end];
  return [line, next + 1];
}

/** Removes a statement: its lines where `parent` is a block, else an empty block stands in for it. */
export function removal(text: string, stmt: Stmt, parent: Stmt | undefined): Edit {
  if (parent && parent.kind !== "block") return { start: stmt.start, end: stmt.end, text: "{ }" };
  const [start, end] = wholeLines(text, stmt.start, stmt.end);
  return { start, end, text: "" };
}

/** Inserts lines after a statement, at its indentation. */
export function insertAfter(text: string, stmt: Stmt, lines: readonly string[]): Edit {
  const indent = indentAt(text, stmt.start);
  return { start: stmt.end, end: stmt.end, text: lines.map((l) => `\n${indent}${l}`).join("") };
}

/** Inserts lines before a statement, at its indentation. */
export function insertBefore(text: string, stmt: Stmt, lines: readonly string[]): Edit {
  const indent = indentAt(text, stmt.start);
  return { start: stmt.start, end: stmt.start, text: lines.map((l) => `${l}\n${indent}`).join("") };
}

/** The statement right above `stmt` in the tree under `root`. */
export function parentOf(root: Stmt, stmt: Stmt): Stmt | undefined {
  for (const child of children(root)) {
    if (child === stmt) return root;
    if (child.a <= stmt.a && stmt.b <= child.b) return parentOf(child, stmt);
  }
  return undefined;
}

/**
 * The text of `stmt` with its parts rewritten from the leaves up: `rewrite` gets a statement and the new texts of its children
 * (in the order of `children`), and returns its new text, or undefined to keep it as it stands around them.
 */
export function rebuild(
  text: string,
  stmt: Stmt,
  rewrite: (stmt: Stmt, parts: readonly string[]) => string | undefined,
): string {
  const below = children(stmt);
  const parts = below.map((child) => rebuild(text, child, rewrite));
  const own = rewrite(stmt, parts);
  if (own !== undefined) return own;
  let result = "";
  let at = stmt.start;
  below.forEach((child, i) => {
    result += text.slice(at, child.start) + (parts[i] ?? "");
    at = child.end;
  });
  return result + text.slice(at, stmt.end);
}
