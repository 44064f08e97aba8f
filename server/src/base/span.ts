// Places in source text: files, spans and line numbers. Knows nothing of C.

/** A file's path, relative to the tree it belongs to, with forward slashes. */
export type FileId = string;

/** A half-open range of one file. `start` and `end` are UTF-16 code units from the file's beginning. */
export interface Span {
  readonly file: FileId;
  readonly start: number;
  readonly end: number;
}

/** A 1-based line and column, as people and editors count; columns are UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Offsets of the first character of each line of `text`. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  return starts;
}

/** The position of `offset` (clamped to the text), by binary search in what `lineStarts` gave. */
export function positionAt(starts: readonly number[], offset: number): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: Math.max(0, offset - (starts[low] ?? 0)) + 1 };
}
