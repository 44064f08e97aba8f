// `lifebound scan`: a series of patches as it was sent, put on a tree in memory, and what each patch brings.
import type { Incomplete } from "../base/result.ts";
import type { FailOn } from "../findings/exit.ts";
import { exitCode } from "../findings/exit.ts";
import type { Review } from "../findings/review.ts";
import type { Patch } from "../review/patch.ts";
import { harmless } from "../review/paths.ts";
import { compare, reviewOf } from "../review/report.ts";
import { scan as scanSeries } from "../review/scan.ts";
import { severityIn } from "../findings/settle.ts";
import type { Scanned } from "../review/scan.ts";
import type { Series } from "../review/series.ts";
import { memorySource } from "../project/memory.ts";
import { chooseBase } from "./base.ts";
import type { Base } from "./base.ts";
import { collect } from "./collect.ts";
import type { Collected } from "./collect.ts";
import type { Deps, Scanning } from "./deps.ts";
import { INTERNAL, Stop } from "./exit.ts";
import { meter } from "./progress.ts";
import { renderReview } from "./render.ts";
import type { ScanFormat } from "./render.ts";

export interface ScanOptions {
  readonly tree?: string;
  readonly git?: string;
  readonly base?: string;
  readonly format: ScanFormat;
  readonly failOn: FailOn;
  /** Version of the series. */
  readonly revision?: string;
  readonly against?: string;
  readonly baseline?: string;
  readonly positive?: boolean;
  readonly proofs?: boolean;
  /** False with --no-cache. */
  readonly cache?: boolean;
}

/** Scans, prints, and says how it went: 0 or 1. Stops with 2 where no patch could be read. */
export async function scan(names: readonly string[], options: ScanOptions, deps: Deps): Promise<number> {
  const { scanning } = deps;
  if (scanning === undefined) throw new Stop("no analysis is joined on to this build", INTERNAL);
  if (options.tree !== undefined && options.git !== undefined) throw new Stop("--tree and --git exclude each other");
  const revision = options.revision === undefined ? undefined : Number(options.revision);
  if (revision !== undefined && !(Number.isInteger(revision) && revision > 0))
    throw new Stop(`${options.revision}: not a version of a series`);
  const accepted = options.baseline === undefined ? new Map<string, string>() : readBaseline(options.baseline, deps);
  const shown = meter((text) => deps.stderr(text), deps.terminal);
  try {
    const mine = { options, deps, scanning, accepted, progress: shown.progress };
    const review = await reviewAll(mine, names, revision);
    if (review === undefined) {
      // A mail without a patch is no error where mails come one by one.
      if (options.format !== "b4") throw new Stop(`no patch in ${names.join(", ")}`);
      deps.stdout("[]\n");
      return 0;
    }
    const older = options.against === undefined ? undefined : await reviewAll(mine, [options.against], undefined);
    const whole = older === undefined ? review : { ...review, compared: compare(options.against ?? "", older, review) };
    shown.done();
    deps.stdout(renderReview(whole, options, deps));
    return options.format === "b4" ? 0 : exitCode(whole.report, options.failOn);
  } catch (error) {
    if (error instanceof Stop) throw error;
    const doing = shown.last() === "" ? "" : ` while at ${shown.last()}`;
    throw new Stop(
      `internal error${doing}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      INTERNAL,
    );
  } finally {
    shown.done();
  }
}

interface Mine {
  readonly options: ScanOptions;
  readonly deps: Deps;
  readonly scanning: Scanning;
  readonly accepted: ReadonlyMap<string, string>;
  readonly progress: (what: string, done: number, total: number) => void;
}

/** The review of what the inputs hold; undefined where they hold no patch. */
async function reviewAll(
  mine: Mine,
  names: readonly string[],
  revision: number | undefined,
): Promise<Review | undefined> {
  const { options, deps, scanning, progress } = mine;
  const repository = options.git === undefined ? undefined : scanning.git(options.git);
  if (typeof repository === "string") throw new Stop(repository);
  const ranges = new Map<string, string>();
  const inputs = names.map((name) => {
    const found = scanning.inputs(name);
    if (found.files.length > 0 || repository === undefined || name === "-") return found;
    const range = repository.range(name);
    if ("why" in range) return { ...found, unread: [{ file: name, line: 0, why: range.why }] };
    if (range.base !== undefined) ranges.set(name, range.base);
    const { mbox } = range;
    return { files: [{ name, file: false, open: () => once(mbox) }], ordered: true, unread: [] };
  });
  const collected = await collect(inputs, revision, progress);
  const patches = collected.chosen.flatMap((series) => series.patches);
  if (patches.length === 0) {
    const why = collected.unread.map((each) => `${each.file}: ${each.why}`);
    if (why.length > 0 && collected.mails === 0) throw new Stop(harmless(why.join("\n")));
    return undefined;
  }
  const base = chooseBase({ options, repository, patches, series: collected.chosen, rangeBase: [...ranges.values()][0], plain: (dir) => scanning.tree(dir) }); // prettier-ignore
  if (typeof base === "string") throw new Stop(base);
  const reviewer = await scanning.reviewers();
  const scanned = await scanSeries({
    patches,
    tree:
      base.source === undefined ? undefined : reviewer(base.source, options.cache === false ? undefined : base.place),
    sketched: (texts) => reviewer(memorySource(Object.fromEntries(texts)), undefined),
    severity: severityIn(deps.rules),
    proofs: options.proofs === true || options.positive === true,
    progress,
  });
  const incomplete = [
    ...collected.unread,
    ...missing(collected),
    ...prerequisites(collected.chosen),
    ...notes(base, patches, scanned),
  ];
  return reviewOf(scanned, {
    patches,
    passed: collected.passed,
    talk: collected.talk,
    base: base.name,
    accepted: mine.accepted,
    incomplete,
  });
}

async function* once(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}

const missing = ({ chosen, left }: Collected): readonly Incomplete[] => [
  ...chosen.flatMap((series) =>
    series.missing.map((n) => ({ file: titleOf(series), line: 0, why: `patch ${n} of ${series.total} is not there` })),
  ),
  ...left.map((series) => ({ file: titleOf(series), line: 0, why: `v${series.version}, ${series.patches.length} patches: not scanned (--revision ${series.version} does)` })), // prettier-ignore
];

const prerequisites = (chosen: readonly Series[]): readonly Incomplete[] =>
  chosen
    .filter((series) => series.prerequisites > 0)
    .map((series) => ({
      file: titleOf(series),
      line: 0,
      why: `builds on ${series.prerequisites} patches that it only names`,
    }));

const titleOf = (series: Series): string => series.cover?.subject ?? series.patches[0]?.mail.subject ?? "";

/** What a base is worth. */
function notes(base: Base, patches: readonly Patch[], scanned: Scanned): readonly Incomplete[] {
  const refused = scanned.sequence.steps.filter(({ status }) => status === "refused").length;
  const found = base.note === undefined ? [] : [{ file: base.name, line: 0, why: base.note }];
  if (refused === 0 || base.source === undefined) return found;
  return [...found, { file: base.name, line: 0, why: `${refused} of ${patches.length} patches do not apply to it` }];
}

/** One finding a line: its fingerprint and the reason for which it is accepted; `#` begins a comment. A line without a reason accepts nothing. */
function readBaseline(file: string, deps: Deps): ReadonlyMap<string, string> {
  const text = deps.readText(file);
  if (text === undefined) throw new Stop(`${file}: can't be read`);
  const accepted = new Map<string, string>();
  for (const [i, line] of text.split("\n").entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const m = /^\s*([0-9a-f]{16}(?:-\d+)?)\s+(\S.*?)\s*$/.exec(line);
    if (m?.[1] === undefined || m[2] === undefined) throw new Stop(`${file}:${i + 1}: not a fingerprint and a reason`);
    accepted.set(m[1], m[2]);
  }
  return accepted;
}
