// What a check leaves for the next one on the same tree: the index, the scenarios that were safe, and the report itself. All of it may be lost or spoiled.
import { hash } from "../base/hash.ts";
import type { FileId } from "../base/span.ts";
import type { Report } from "../findings/report.ts";
import type { Entry, Explorer } from "../model/unplug/explorer.ts";
import { indexOf } from "../program/create.ts";
import type { Index } from "../program/index.ts";
import { packIndex, unpackIndex } from "../program/pack.ts";
import type { Program, Source } from "../program/program.ts";
import type { Check, CheckRequest, Kept } from "./check.ts";

/** Names of what is kept: the index, the scenarios that were safe, and a few reports. */
const INDEX = "index";
const SAFE = "safe";
/** Reports kept at once: of the whole tree, and of the folders that somebody works in. */
const REPORTS = 8;

/** A value as bytes that tell whether they are whole. */
function sealed(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  return new TextEncoder().encode(`${hash(text)}\n${text}`);
}

/** The value; undefined where the bytes are not what `sealed` made. */
function unsealed(bytes: Uint8Array | undefined): unknown {
  const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
  const end = text.indexOf("\n");
  const value = text.slice(end + 1);
  return end > 0 && hash(value) === text.slice(0, end) ? JSON.parse(value) : undefined;
}

interface KeptReport {
  readonly stamp: string;
  readonly request: string;
  /** Of the list of all files. */
  readonly listing: string;
  /** Each file that was looked at or looked for, with its stamp; null where there was none. */
  readonly seen: readonly (readonly [FileId, string | null])[];
  readonly report: Report;
}

/**
 * The check, but where an earlier run of the same build was asked the same of a tree in which nothing that it looked at has changed: then what it said. A file
 * counts as unchanged while its stamp is the same, and no other has come or gone.
 */
export function rememberingReports(stamp: string | undefined, check: (request: CheckRequest) => Report): Check {
  return (request) => {
    const { tree, cache, progress: _, ...asked } = request;
    const stampOf = tree.stamp;
    if (stamp === undefined || stampOf === undefined || cache === undefined) return check(request);
    const text = JSON.stringify(asked);
    const name = `report-${parseInt(hash(text).slice(0, 4), 16) % REPORTS}`;
    const listing = hash(tree.files().join("\n"));
    const known = unsealed(cache.load(name)) as KeptReport | undefined;
    const same = known?.stamp === stamp && known.request === text && known.listing === listing;
    if (same && known.seen.every(([file, was]) => (stampOf(file) ?? null) === was)) return known.report;
    const seen = new Map<FileId, string | null>();
    const report = check({ ...request, tree: watched(tree, stampOf, seen) });
    const now: KeptReport = { stamp, request: text, listing, seen: [...seen], report };
    cache.store(name, [sealed(now)]);
    return report;
  };
}

/** The same source, with every file that is looked at or looked for noted. */
function watched(
  tree: Source,
  stampOf: (file: FileId) => string | undefined,
  seen: Map<FileId, string | null>,
): Source {
  const note = (file: FileId): string | undefined => {
    const known = seen.get(file);
    if (known !== undefined) return known ?? undefined; // null: there is no such file
    const stamp = stampOf(file);
    seen.set(file, stamp ?? null);
    return stamp;
  };
  const { scan } = tree;
  return {
    ...tree,
    read(file) {
      note(file);
      return tree.read(file);
    },
    stamp: note,
    ...(scan === undefined
      ? {}
      : {
          scan(files, visit, headerLimit) {
            for (const file of files) note(file);
            scan(files, visit, headerLimit);
          },
        }),
  };
}

/** What an earlier run of the same build has explored; nothing where that is lost or spoiled. */
export function safeScenarios(stamp: string | undefined, cache: Kept | undefined): readonly Entry[] {
  if (stamp === undefined) return [];
  const kept = unsealed(cache?.load(SAFE)) as
    { readonly stamp: string; readonly entries: readonly Entry[] } | undefined;
  return kept?.stamp === stamp ? kept.entries : [];
}

/** The index that an earlier run has left. */
export function storedIndex(tree: Source, cache: Kept | undefined): Index | undefined {
  const bytes = tree.stamp === undefined ? undefined : cache?.load(INDEX);
  return bytes === undefined ? undefined : unpackIndex(bytes, (file) => tree.stamp?.(file));
}

/** Keeps what is new. What cannot be kept is found again. `stamp`: of the build; without it no exploration is kept. */
export function keep(cache: Kept | undefined, program: Program, explorer: Explorer, stamp: string | undefined): void {
  const index = indexOf(program);
  if (index !== undefined && index.fresh > 0) cache?.store(INDEX, packIndex(index));
  if (stamp !== undefined && explorer.grown()) cache?.store(SAFE, [sealed({ stamp, entries: explorer.entries() })]);
}
