// What a disguise is: a change of the text that keeps the meaning, with a map back to the names that the planted bugs are known by.
import type { Files } from "./checker.ts";
import type { Family } from "./families.ts";
import { read, type Source } from "./source.ts";
import { structs, typesOf, type StructDecl, type Types } from "./types.ts";

/** What a disguise may know besides the files that it changes. */
export interface Context {
  readonly family: Family;
  /** Identifiers that other files use: not private to the family. */
  readonly foreign: ReadonlySet<string>;
  /** Headers, read for the types that they declare. */
  readonly headers: Files;
}

export interface Disguised {
  readonly files: Files;
  /** Places changed; 0: the disguise did not apply. */
  readonly changes: number;
  /** New function name to the names that a finding there may stand for. Names that are not here stand for themselves. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  /** Path to the further paths that a finding there may stand for. */
  readonly moved: Readonly<Record<string, readonly string[]>>;
  /** What was left as it was, and why. */
  readonly skipped: readonly string[];
}

export interface Disguise {
  readonly id: string;
  readonly title: string;
  readonly apply: (files: Files, context: Context) => Disguised;
}

/** The family's own files that are there, by path. */
export function ownFiles(files: Files, { family }: Context): readonly (readonly [string, string])[] {
  return family.own.flatMap((path) => {
    const text = files[path];
    return text === undefined || text === "" ? [] : [[path, text] as const];
  });
}

export function ownTypes(files: Files, context: Context): Types {
  return typesOf(
    [...Object.values(context.headers), ...ownFiles(files, context).map(([, text]) => text)].map((text) => read(text)),
  );
}

export interface PrivateStruct {
  readonly path: string;
  readonly source: Source;
  readonly decl: StructDecl;
}

/** Structs that only the family's own files name. */
export function privateStructs(files: Files, context: Context): PrivateStruct[] {
  return ownFiles(files, context).flatMap(([path, text]) => {
    const source = read(text);
    return structs(source)
      .filter((decl) => !context.foreign.has(decl.tag))
      .map((decl) => ({ path, source, decl }));
  });
}

/** A result with nothing renamed or moved. */
export function plain(files: Files, changes: number, skipped: readonly string[] = []): Disguised {
  return { files, changes, functions: {}, moved: {}, skipped };
}

/** A change of one file's text by itself: its new text and the number of places. */
export type FileChange = (text: string, path: string) => readonly [text: string, changes: number];

/** The own files changed one by one. Equal texts are changed once, for most files are the same under every planted bug. */
export function eachFile(change: FileChange): (files: Files, context: Context) => Disguised {
  const known = new Map<string, readonly [string, number]>();
  return (files, context) => {
    const next: Record<string, string> = { ...files };
    let changes = 0;
    for (const [path, text] of ownFiles(files, context)) {
      const key = `${path}\0${text}`;
      const result = known.get(key) ?? change(text, path);
      known.set(key, result);
      next[path] = result[0];
      changes += result[1];
    }
    return plain(next, changes);
  };
}
