// The scan: a series applied patch by patch, checked where something changed that a rule looks at, and each finding put down to the patch that it is due to.
import type { Incomplete } from "../base/result.ts";
import type { FileId } from "../base/span.ts";
import type { Finding } from "../findings/finding.ts";
import type { PlacedFinding, PlacedProof, Report, SettledReport } from "../findings/report.ts";
import { settle } from "../findings/settle.ts";
import { applyPatch } from "./apply.ts";
import type { Edits, Read } from "./apply.ts";
import { changesFunction } from "./anchor.ts";
import { attribute } from "./attribute.ts";
import type { Attributed, State, Unmasked } from "./attribute.ts";
import type { Patch } from "./patch.ts";
import { applySeries } from "./sequence.ts";
import type { Sequence } from "./sequence.ts";
import { sketch } from "./sketch.ts";

/** What the scan needs of the analysis. It is passed in: the review knows no rule. */
export interface Checker {
  /** The text of a file of the tree as it is. */
  readonly read: Read;
  /** The files that must be looked at again when `files` change, in the tree as `now` reads it; none where no rule looks at any of them. */
  affected(files: readonly FileId[], now: Read): readonly FileId[];
  /** Checks files of the tree with `edits` over it. */
  check(edits: Edits, paths: readonly FileId[], proofs: boolean): Report | Promise<Report>;
}

export interface ScanRequest {
  readonly patches: readonly Patch[];
  /** The tree; undefined where there is none. */
  readonly tree: Checker | undefined;
  /** A checker over no more than these texts, for what only hunks show. */
  readonly sketched: (texts: ReadonlyMap<string, string>) => Checker;
  readonly severity: (rule: string) => "error" | "warning";
  /** Whether the end of the series is to be proved in full. */
  readonly proofs: boolean;
  readonly progress: (what: string, done: number, total: number) => void;
}

/** What came of a series. States are numbered from 0, before the first patch. */
export interface Scanned {
  readonly sequence: Sequence;
  /** Nothing but the hunks was looked at. */
  readonly onlyHunks: boolean;
  readonly attributed: readonly Attributed[];
  /** Reasons of comments in the source, by fingerprint, where the last state has them. */
  readonly silenced: ReadonlyMap<string, string>;
  readonly proofs: readonly PlacedProof[];
  readonly incomplete: readonly Incomplete[];
  /** By patch, from 1: the files that were looked at again because of it. */
  readonly looked: ReadonlyMap<number, readonly FileId[]>;
  readonly exporters: number;
  readonly files: number;
}

export const ONLY_HUNKS = "only the hunks of the series were seen: no tree was at hand, or it applies to none";

/** Scans a series. Never throws on what the patches hold. */
export async function scan(request: ScanRequest): Promise<Scanned> {
  const diffs = request.patches.map(({ diff }) => diff);
  const real = request.tree === undefined ? undefined : applySeries(diffs, request.tree.read);
  const fits = real?.steps.some(({ status }) => status !== "refused") === true || diffs.length === 0;
  if (request.tree !== undefined && real !== undefined && fits) return inTree(request, request.tree, real, undefined);
  const drawn = sketch(diffs);
  const checker = request.sketched(drawn.texts);
  const own = applySeries(diffs, checker.read);
  return inTree(request, checker, own, real);
}

/** `refused`: what the tree said, where the series is scanned on its hunks because it did not apply. */
async function inTree(
  request: ScanRequest,
  checker: Checker,
  own: Sequence,
  refused: Sequence | undefined,
): Promise<Scanned> {
  const onlyHunks = checker !== request.tree;
  const edits = cumulated(own);
  const reads = edits.map(
    (over): Read =>
      (path) =>
        over.has(path) ? over.get(path) : checker.read(path),
  );
  const origins = originsOf(request.patches, own);
  const nameIn =
    (k: number) =>
    (file: FileId): FileId =>
      origins[k]?.get(file) ?? file;
  const looked = new Map<number, readonly FileId[]>();
  for (const [k, step] of own.steps.entries()) {
    const files = [...step.edits.keys()].filter((file) => /\.[ch]$|(?:^|\/)(?:Makefile|Kbuild)$/.test(file));
    const names = [...new Set([k, k + 1].flatMap((at) => checker.affected(files, reads[at] ?? checker.read)))].sort();
    if (names.length > 0) looked.set(k + 1, names);
  }
  const all = [...new Set([...looked.values()].flat())].sort();
  const final = Math.max(0, ...looked.keys());
  const states: State[] = [];
  const trusted = (report: Report): Report => (onlyHunks ? doubtful(report) : report);
  // What is known of each path: what a patch can't have changed is not looked at again.
  const reports = new Map<FileId, Report>();
  let last = nothing();
  for (const [k, over] of edits.entries()) {
    const mine = k === 0 ? all : (looked.get(k) ?? []);
    const read = reads[k] ?? checker.read;
    if (mine.length > 0) {
      request.progress(k === 0 ? "the tree before the series" : `patch ${k}`, k, edits.length);
      // Proofs are of the end of the series, where all that it touches is looked at once more.
      const again = request.proofs && k === final ? all : mine;
      for (const path of again)
        if (read(path) !== undefined)
          reports.set(path, trusted(await checker.check(over, [path], request.proofs && k === final)));
      for (const path of reports.keys()) if (read(path) === undefined) reports.delete(path);
      const whole = merged([...reports.values()]);
      last = settle(whole, { read, severity: request.severity, name: nameIn(k) });
    }
    states.push(stateOf(last, origins[k] ?? new Map<string, string>(), request.patches[k - 1]));
  }
  const unmasked: Unmasked = async ({ from, to }) => {
    const [diff, over, read] = [request.patches[from - 1]?.diff, edits[to], reads[to]];
    if (diff === undefined || over === undefined || read === undefined) return undefined;
    const back = applyPatch(diff, read, { fuzz: 0, reverse: true });
    if (!back.ok) return undefined;
    const without: Read = (path) => (back.edits.has(path) ? back.edits.get(path) : read(path));
    const paths = (looked.get(to) ?? []).filter((path) => without(path) !== undefined);
    const report = await checker.check(new Map([...over, ...back.edits]), paths, false);
    return settle(report, { read: without, severity: request.severity, name: nameIn(to) }).findings;
  };
  return {
    sequence: refused === undefined ? own : { before: refused.before, steps: refused.steps.map((step, k) => ({ ...step, edits: own.steps[k]?.edits ?? step.edits })) }, // prettier-ignore
    onlyHunks,
    attributed: await attribute(states, unmasked),
    silenced: new Map(last.suppressed.map(({ finding, reason }) => [finding.fingerprint, reason])),
    proofs: last.proofs,
    incomplete: last.incomplete,
    looked,
    exporters: last.totals.seen["exporters"] ?? 0,
    files: all.length,
  };
}

/** The reports of several paths as one. */
function merged(reports: readonly Report[]): Report {
  const seen: Record<string, number> = {};
  for (const report of reports)
    for (const [name, count] of Object.entries(report.seen)) seen[name] = (seen[name] ?? 0) + count;
  return {
    findings: reports.flatMap(({ findings }) => findings),
    proofs: reports.flatMap(({ proofs }) => proofs),
    incomplete: reports.flatMap(({ incomplete }) => incomplete),
    seen,
  };
}

const nothing = (): SettledReport =>
  settle({ findings: [], proofs: [], incomplete: [], seen: {} }, { read: () => undefined, severity: () => "error" });

/** Silenced findings are matched like all others: a comment does not fix anything. */
function stateOf(report: SettledReport, names: ReadonlyMap<string, string>, patch: Patch | undefined): State {
  const findings: readonly PlacedFinding[] = [...report.findings, ...report.suppressed.map(({ finding }) => finding)];
  const blind = new Set(
    report.proofs.filter(({ verdict }) => verdict === "not-proven").map(({ proof }) => proof.resource),
  );
  return {
    findings,
    touched: (finding) => patch !== undefined && changesFunction(patch, finding),
    unseen: ({ finding }) => blind.has(finding.resource),
    origin: (file) => names.get(file) ?? file,
  };
}

/** On hunks alone nothing is proved, and what is found is likely at most. What was explored with parts missing is not told: it may be due to those. */
function doubtful(report: Report): Report {
  const blind = report.incomplete.length > 0;
  const told = report.findings.filter(({ explored }) => !blind || explored === undefined);
  const kept = report.findings.filter((each) => !told.includes(each));
  return {
    ...report,
    findings: told.map((each): Finding => ({
      ...each,
      confidence: "likely",
      assumptions: [ONLY_HUNKS, ...each.assumptions],
    })),
    proofs: [],
    incomplete: [
      ...report.incomplete,
      ...kept.map(({ at, rule }) => ({
        file: at.file,
        line: 0,
        why: `whether ${rule} holds: too little of it is in the hunks`,
      })),
    ],
  };
}

/** The edits over the tree in each state. */
function cumulated({ before, steps }: Sequence): readonly Edits[] {
  const states: Edits[] = [before];
  for (const { edits } of steps)
    states.push(edits.size === 0 ? (states.at(-1) ?? before) : new Map([...(states.at(-1) ?? []), ...edits]));
  return states;
}

/** For each state what a file was called before the series. */
function originsOf(patches: readonly Patch[], { steps }: Sequence): readonly ReadonlyMap<string, string>[] {
  const states: ReadonlyMap<string, string>[] = [new Map()];
  for (const [k, { diff }] of patches.entries()) {
    const last = states.at(-1) ?? new Map<string, string>();
    const next = new Map(last);
    if ((steps[k]?.edits.size ?? 0) > 0)
      for (const { kind, oldPath, newPath } of diff.changes)
        if (kind === "rename" && oldPath !== undefined && newPath !== undefined)
          next.set(newPath, last.get(oldPath) ?? oldPath);
    states.push(next);
  }
  return states;
}
