// Applies a series in order to a tree: each patch applied, applied with fuzz, in the tree already, or refused with its hunk. The base is the tree without those that
// are in it already.
import { applyPatch } from "./apply.ts";
import type { Edits, Outcome, Read } from "./apply.ts";
import { MAX_FUZZ } from "./hunks.ts";
import type { Diff } from "./diff.ts";

export type Step = {
  /** What this patch changes, on top of the state before it; empty where it is refused. */
  readonly edits: Edits;
  readonly status: "applied" | "fuzzy" | "already-applied" | "refused";
  /** Notes on fuzz, or which hunks did not fit. */
  readonly reason: string;
};

export interface Sequence {
  /** What is taken out of the tree before the first patch. */
  readonly before: Edits;
  /** One for each patch, in order. */
  readonly steps: readonly Step[];
}

/** Reasons of one patch are listed up to this many. */
const REASONS = 3;

/** Applies every patch that can be applied; a refused one changes nothing, and the next is tried on what is there. */
export function applySeries(diffs: readonly Diff[], read: Read): Sequence {
  const plain = forward(diffs, read, new Set());
  // Only what does not go on as it is can be there already.
  const stuck = new Set(plain.flatMap(({ status }, index) => (status === "applied" ? [] : [index])));
  if (stuck.size === 0) return { before: new Map(), steps: plain };
  const { before, already } = takeOut(diffs, stuck, read);
  if (already.size === 0) return { before, steps: plain };
  return { before, steps: forward(diffs, (path) => (before.has(path) ? before.get(path) : read(path)), already) };
}

/** Every patch in order, on what the ones before it made. */
function forward(diffs: readonly Diff[], read: Read, already: ReadonlySet<number>): readonly Step[] {
  const state = new Map<string, string | undefined>();
  const now: Read = (path) => (state.has(path) ? state.get(path) : read(path));
  return diffs.map((diff, index): Step => {
    const step = applyOne(diff, now, already.has(index));
    for (const [path, text] of step.edits) state.set(path, text);
    return step;
  });
}

/** From the last patch to the first: what is in the tree already is taken out of it. */
function takeOut(
  diffs: readonly Diff[],
  stuck: ReadonlySet<number>,
  read: Read,
): { readonly before: Edits; readonly already: ReadonlySet<number> } {
  const before = new Map<string, string | undefined>();
  const already = new Set<number>();
  const now: Read = (path) => (before.has(path) ? before.get(path) : read(path));
  for (let index = diffs.length - 1; index >= 0; index--) {
    const diff = diffs[index];
    if (
      diff === undefined ||
      !stuck.has(index) ||
      diff.changes.every(({ binary }) => binary) ||
      applyPatch(diff, now, { fuzz: 0 }).ok
    )
      continue;
    const back = undo(diff, now);
    if (!back.ok || empty(back)) continue;
    already.add(index);
    for (const [path, text] of back.edits) before.set(path, text);
  }
  return { before, already };
}

/** Takes a patch back; with fuzz only where it adds something by which it can be known, and where it could not be applied with fuzz just as well. */
function undo(diff: Diff, read: Read): Outcome {
  const strict = applyPatch(diff, read, { fuzz: 0, reverse: true });
  const adds = diff.changes.some(({ hunks }) => hunks.some(({ lines }) => lines.some((line) => line[0] === "+")));
  if (strict.ok || !adds || applyPatch(diff, read, { fuzz: MAX_FUZZ }).ok) return strict;
  return applyPatch(diff, read, { fuzz: MAX_FUZZ, reverse: true });
}

function applyOne(diff: Diff, read: Read, known: boolean): Step {
  const nothing: Edits = new Map();
  const strict = applyPatch(diff, read, { fuzz: 0 });
  if (strict.ok) return { edits: strict.edits, status: known ? "already-applied" : "applied", reason: notes(strict) };
  // Perhaps an earlier patch of the series brought the same.
  const back = applyPatch(diff, read, { fuzz: 0, reverse: true });
  if (!known && back.ok && !empty(back))
    return { edits: nothing, status: "already-applied", reason: "an earlier patch brought the same" };
  const fuzzy = applyPatch(diff, read, { fuzz: MAX_FUZZ });
  if (fuzzy.ok) return { edits: fuzzy.edits, status: known ? "already-applied" : "fuzzy", reason: notes(fuzzy) };
  const all = strict.refusals.map(({ path, why }) => (path === "" ? why : `${path}: ${why}`));
  const more = all.length > REASONS ? `; and ${all.length - REASONS} more` : "";
  return { edits: nothing, status: "refused", reason: all.slice(0, REASONS).join("; ") + more };
}

const empty = (outcome: Outcome & { readonly ok: true }): boolean => outcome.edits.size === 0;

function notes(outcome: Outcome & { readonly ok: true }): string {
  const offset = outcome.offset === 0 ? [] : [`up to ${outcome.offset} lines off`];
  return [...outcome.notes, ...(outcome.fuzz > 0 ? offset : [])].join("; ");
}
