// What is tried: each family as it is, each planted bug, each disguise, and each planted bug under each disguise, as an overlay on the tree.
import type { FamilyId, Files } from "./checker.ts";
import type { Context, Disguise, Disguised } from "./disguise.ts";
import { plant, type Mutant } from "./mutant.ts";

export interface Case {
  readonly family: FamilyId;
  /** Undefined: the code as it is. */
  readonly mutant: Mutant | undefined;
  readonly disguise: Disguise | undefined;
}

/** All cases, in the order in which they are reported: for each disguise (none first) the sound code, then the planted bugs. */
export function casesOf(
  family: FamilyId,
  mutants: readonly Mutant[],
  disguises: readonly (Disguise | undefined)[],
): Case[] {
  const own = mutants.filter((m) => m.family === family);
  return disguises.flatMap((disguise) => [undefined, ...own].map((mutant) => ({ family, mutant, disguise })));
}

export function nameOf(c: Case): string {
  return `${c.mutant?.id ?? `${c.family}/sound`}${c.disguise ? ` as ${c.disguise.id}` : ""}`;
}

/** A case made into text. */
export interface Prepared {
  /** Only the files that differ from the tree. */
  readonly overlay: Files;
  readonly disguised: Pick<Disguised, "changes" | "functions" | "moved" | "skipped">;
  /** There is no disguise, or it changed something and the planted bug still shows in the text. */
  readonly applies: boolean;
}

/** Plants the bug and puts the disguise over it. Throws where an anchor is not found or edits collide: a fault of the harness, not of the checker. */
export function prepare(c: Case, files: Files, context: Context): Prepared {
  const planted = c.mutant ? plant(c.mutant, files) : files;
  const done = c.disguise?.apply(planted, context) ?? {
    files: planted,
    changes: 0,
    functions: {},
    moved: {},
    skipped: [],
  };
  const overlay = Object.fromEntries(Object.entries(done.files).filter(([path, text]) => files[path] !== text));
  const { changes, functions, moved } = done;
  const vanished =
    c.mutant !== undefined && c.disguise !== undefined && isSame(done.files, soundUnder(c.disguise, files, context));
  const skipped = vanished ? [...done.skipped, "the planted bug is gone under this disguise"] : done.skipped;
  const applies = c.disguise === undefined || (changes > 0 && !vanished);
  return { overlay, disguised: { changes, functions, moved, skipped }, applies };
}

const soundTexts = new WeakMap<Files, Map<string, Files>>();

function soundUnder(disguise: Disguise, files: Files, context: Context): Files {
  const known = soundTexts.get(files) ?? new Map<string, Files>();
  soundTexts.set(files, known);
  const texts = known.get(disguise.id) ?? disguise.apply(files, context).files;
  known.set(disguise.id, texts);
  return texts;
}

function isSame(a: Files, b: Files): boolean {
  return Object.keys(a).every((path) => a[path] === b[path]);
}
