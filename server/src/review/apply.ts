// Applies a patch to files in memory, all of it or nothing, as `git am` does; or takes it back. Says which hunk did not fit and where fuzz was used.
import type { Diff, FileChange } from "./diff.ts";
import { applyHunks, reversed } from "./hunks.ts";
import { harmless, refusePath } from "./paths.ts";

/** Texts by path; undefined: the file is gone. */
export type Edits = ReadonlyMap<string, string | undefined>;
export type Read = (path: string) => string | undefined;

/** A hunk, or a whole file, that could not be applied. */
export interface Refusal {
  readonly path: string;
  readonly why: string;
  /** The line of the hunk, or of the file's header, in the text that the diff was read from. */
  readonly at: number;
}

export type Outcome =
  | {
      readonly ok: true;
      readonly edits: Edits;
      /** Lines of context that did not fit, the worst of all hunks; and how far the furthest hunk was from where it should be. */
      readonly fuzz: number;
      readonly offset: number;
      /** What a reader should know: "with fuzz 1 in a.c", "binary: not looked at". */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly refusals: readonly [Refusal, ...Refusal[]] };

export interface ApplyOptions {
  /** Lines of context that need not fit, 0 to MAX_FUZZ. */
  readonly fuzz: number;
  readonly reverse?: boolean;
}

/** A symbolic link or a submodule: its text is no C. */
const NOT_A_FILE = /^(?:120000|160000)$/;
/** What one patch may make of a file that is already there, and all its files together, in characters. */
const MAX_TEXT = 64 << 20;

/** Applies `diff` to what `read` gives. What names a file outside the tree, or can't be read as a diff, is refused. Never throws. */
export function applyPatch(diff: Diff, read: Read, { fuzz, reverse = false }: ApplyOptions): Outcome {
  const refusals: Refusal[] = diff.problems.map(({ line, why }) => ({ path: "", why, at: line }));
  const edits = new Map<string, string | undefined>();
  const notes: string[] = [];
  let worst = 0;
  let furthest = 0;
  let size = 0;
  const now: Read = (path) => (edits.has(path) ? edits.get(path) : read(path));
  const changes = reverse ? [...diff.changes].reverse().map(inverse) : diff.changes;
  for (const change of changes) {
    const refused = refuse(change);
    if (refused !== undefined) {
      refusals.push(refused);
      continue;
    }
    const done = applyChange(change, now, fuzz);
    if ("why" in done) {
      refusals.push(done);
      continue;
    }
    size += done.text?.length ?? 0;
    if (size > MAX_TEXT) {
      refusals.push({
        path: nameOf(change),
        why: `a patch that makes more than ${MAX_TEXT >> 20} MB of text`,
        at: change.at,
      });
      break;
    }
    if (done.old !== undefined) edits.set(done.old, undefined);
    if (done.path !== undefined) edits.set(done.path, done.text);
    worst = Math.max(worst, done.fuzz);
    furthest = Math.max(furthest, done.offset);
    if (done.fuzz > 0) notes.push(`fuzz ${done.fuzz} in ${nameOf(change)}`);
    if (done.note !== undefined) notes.push(`${nameOf(change)}: ${done.note}`);
  }
  const [first, ...rest] = refusals;
  if (first !== undefined) return { ok: false, refusals: [first, ...rest] };
  return { ok: true, edits, fuzz: worst, offset: furthest, notes };
}

/** The file that a change is about, as it is called afterwards. */
export const nameOf = (change: FileChange): string => harmless(change.newPath ?? change.oldPath ?? "");

function refuse(change: FileChange): Refusal | undefined {
  for (const path of [change.oldPath, change.newPath]) {
    const why = path === undefined ? undefined : refusePath(path);
    if (why !== undefined) return { path: harmless(path ?? "").slice(0, 200), why, at: change.at };
  }
  return undefined;
}

/** What becomes of a file: `old` is a name that goes away, `path` one that gets `text`. */
interface Done {
  readonly old?: string;
  readonly path?: string;
  readonly text?: string | undefined;
  readonly fuzz: number;
  readonly offset: number;
  readonly note?: string;
}

function applyChange(change: FileChange, read: Read, fuzz: number): Done | Refusal {
  const { kind, oldPath, newPath, hunks } = change;
  const no = (why: string, at = change.at): Refusal => ({ path: nameOf(change), why, at });
  const plain = { fuzz: 0, offset: 0 };
  if (change.binary) return { ...plain, note: "binary: not looked at" };
  if (NOT_A_FILE.test(change.newMode ?? "") || NOT_A_FILE.test(change.oldMode ?? ""))
    return {
      ...plain,
      ...(newPath === undefined ? {} : { path: newPath }),
      note: "a symbolic link or submodule: not followed",
    };
  const before = kind === "create" ? "" : oldPath === undefined ? undefined : read(oldPath);
  if (before === undefined) return no("no such file, or not a text");
  if (
    (kind === "create" || kind === "rename" || kind === "copy") &&
    newPath !== undefined &&
    newPath !== oldPath &&
    read(newPath) !== undefined
  )
    return no("exists already");
  const done = applyHunks(before, hunks, fuzz);
  if (!done.ok) {
    const hunk = hunks[done.hunk];
    const where =
      hunk === undefined
        ? ""
        : ` (@@ -${hunk.oldStart},${hunk.oldLines}${hunk.section === "" ? "" : ` in ${harmless(hunk.section).trim().slice(0, 60)}`})`;
    return no(`hunk ${done.hunk + 1} of ${hunks.length} does not fit${where}`, hunk?.at ?? change.at);
  }
  const { offset } = done;
  if (kind === "delete") {
    if (done.text !== "") return no("is to be deleted, and has more than the patch takes away");
    return { ...(oldPath === undefined ? {} : { old: oldPath }), fuzz: done.fuzz, offset };
  }
  return {
    ...(kind === "rename" && oldPath !== undefined && oldPath !== newPath ? { old: oldPath } : {}),
    ...(newPath === undefined ? {} : { path: newPath }),
    text: done.text,
    fuzz: done.fuzz,
    offset,
  };
}

/** The change that takes this one back. A copy is taken back by deleting what it made, whatever stands in it. */
function inverse(change: FileChange): FileChange {
  const { kind, oldPath, newPath, oldMode, newMode, ...rest } = change;
  const hunks = change.hunks.map(reversed);
  const modes = {
    ...(newMode === undefined ? {} : { oldMode: newMode }),
    ...(oldMode === undefined ? {} : { newMode: oldMode }),
  };
  if (kind === "create") return { ...rest, ...modes, kind: "delete", oldPath: newPath, newPath: undefined, hunks };
  if (kind === "delete") return { ...rest, ...modes, kind: "create", oldPath: undefined, newPath: oldPath, hunks };
  return {
    ...rest,
    ...modes,
    kind: kind === "copy" ? "modify" : kind,
    oldPath: newPath,
    newPath: kind === "copy" ? newPath : oldPath,
    hunks,
  };
}
