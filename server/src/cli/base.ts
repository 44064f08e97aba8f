// What a series is put on: a plain tree, a commit that the user or the series names, or one that is found by the blob ids in the patches.
import type { PlainTree } from "./deps.ts";
import type { BlobOf, GitRepository } from "../project/git.ts";
import type { Source } from "../program/program.ts";
import type { Patch } from "../review/patch.ts";
import type { Series } from "../review/series.ts";
import { refusePath } from "../review/paths.ts";

export interface Base {
  /** Undefined where there is no tree at all. */
  readonly source: Source | undefined;
  /** For people. */
  readonly name: string;
  /** Under what its cache is kept; undefined where there is nothing to keep. */
  readonly place?: string;
  /** What a reader should know about it. */
  readonly note?: string;
}

export interface Wanted {
  readonly options: { readonly tree?: string; readonly base?: string };
  readonly repository: GitRepository | undefined;
  readonly patches: readonly Patch[];
  readonly series: readonly Series[];
  /** Where a range of commits begins. */
  readonly rangeBase: string | undefined;
  /** Opens a plain tree; without a folder the one that the user stands in, where that is a kernel tree. */
  plain(dir: string | undefined): PlainTree | string | undefined;
}

/** Blob ids that are looked for: more tell nothing new. */
const MAX_BLOBS = 64;

/** The base, or why there is none of that name. */
export function chooseBase(wanted: Wanted): Base | string {
  const { options, repository, series } = wanted;
  if (repository === undefined) {
    if (options.base !== undefined) return "--base needs --git";
    const plain = wanted.plain(options.tree);
    if (typeof plain === "string") return plain;
    return plain ?? { source: undefined, name: "no tree" };
  }
  const open = (rev: string, how: string, note?: string): Base | string => {
    const commit = repository.open(rev);
    if ("why" in commit) return commit.why;
    return {
      source: commit.source,
      place: repository.place,
      name: `commit ${commit.id.slice(0, 12)} (${how})`,
      ...(note === undefined ? {} : { note }),
    };
  };
  if (options.base !== undefined) return open(options.base, "--base");
  if (wanted.rangeBase !== undefined) return open(wanted.rangeBase, "where the range begins");
  const named = series.flatMap(({ baseCommit }) => baseCommit ?? []);
  const there = named.find((id) => repository.commit(id) !== undefined);
  if (there !== undefined) return open(there, "base-commit of the series");
  const lacks = named[0] === undefined ? "" : `base-commit ${named[0].slice(0, 12)} is not in the repository; `;
  const blobs = firstBlobs(wanted.patches);
  const found = repository.findBase(blobs);
  if (found === undefined) return open("HEAD", "HEAD", `${lacks}no commit has the files that the series was made on`);
  const some =
    found.matched < blobs.length ? `${found.matched} of ${blobs.length} files are as in the series` : undefined;
  const note = [lacks.replace(/; $/, ""), some ?? ""].filter((each) => each !== "").join("; ");
  return open(found.id, "found by blob ids", note === "" ? undefined : note);
}

/** What the first patch that touches a file found in it; later ones see what earlier ones made. */
export function firstBlobs(patches: readonly Patch[]): readonly BlobOf[] {
  const first = new Map<string, string | undefined>();
  for (const { diff } of patches) {
    for (const { oldPath, newPath, oldBlob } of diff.changes) {
      const path = oldPath ?? newPath;
      if (path === undefined || first.has(path)) continue;
      first.set(path, oldPath === undefined || refusePath(path) !== undefined ? undefined : oldBlob);
      if (newPath !== undefined && !first.has(newPath)) first.set(newPath, undefined);
    }
  }
  return [...first]
    .flatMap(([path, blob]) => (blob === undefined || /^0+$/.test(blob) ? [] : [{ path, blob }]))
    .slice(0, MAX_BLOBS);
}
