// Turns spans into lines and columns, reading each file once.
import { lineStarts, positionAt } from "../base/span.ts";
import type { FileId, Span } from "../base/span.ts";
import type { Place } from "./report.ts";

export interface Locator {
  /** Line and column of the beginning of a span; both 0 where the file can't be read. */
  place(span: Span): Place;
  /** The text of a line, 1-based, without its end; undefined where there is none. */
  line(file: FileId, line: number): string | undefined;
  text(file: FileId): string | undefined;
}

/** A locator over whatever reads text. */
export function locator(read: (file: FileId) => string | undefined): Locator {
  const files = new Map<FileId, { text: string; starts: readonly number[] } | undefined>();
  const open = (file: FileId): { text: string; starts: readonly number[] } | undefined => {
    if (!files.has(file)) {
      const text = read(file);
      files.set(file, text === undefined ? undefined : { text, starts: lineStarts(text) });
    }
    return files.get(file);
  };
  return {
    place: (span) => {
      const file = open(span.file);
      if (file === undefined) return { file: span.file, line: 0, column: 0 };
      return { file: span.file, ...positionAt(file.starts, Math.min(span.start, file.text.length)) };
    },
    line: (id, line) => {
      const file = open(id);
      const start = file?.starts[line - 1];
      if (file === undefined || start === undefined) return undefined;
      return file.text.slice(start, file.starts[line] ?? file.text.length).replace(/\r?\n$/, "");
    },
    text: (file) => open(file)?.text,
  };
}
