// `lifebound check`: a tree, folders or files as they stand.
import type { Report, SettledReport } from "../findings/report.ts";
import { exitCode } from "../findings/exit.ts";
import type { FailOn } from "../findings/exit.ts";
import { settle, severityIn } from "../findings/settle.ts";
import { renderJson } from "../present/json.ts";
import { renderMarkdown } from "../present/markdown.ts";
import { renderSarif } from "../present/sarif.ts";
import { renderText } from "../present/text.ts";
import type { Deps, Opened } from "./deps.ts";
import { INTERNAL, Stop } from "./exit.ts";
import { meter } from "./progress.ts";

export const FORMATS = ["text", "json", "sarif", "markdown"] as const;

export interface CheckOptions {
  readonly tree?: string;
  readonly format: (typeof FORMATS)[number];
  readonly failOn: FailOn;
  readonly proofs?: boolean;
  readonly allRules?: boolean;
  /** False with --no-cache. */
  readonly cache?: boolean;
}

/** Checks, prints, and says how it went: 0 or 1. Stops with 2 where nothing could be read. */
export async function check(paths: readonly string[], options: CheckOptions, deps: Deps): Promise<number> {
  const opened = open(paths, options.tree, deps, options.cache);
  const report = await analyse(opened, options.proofs === true, deps, options.allRules === true);
  deps.stdout(present(report, options, deps));
  return exitCode(report, options.failOn);
}

/** The tree and the files asked for; stops where there is nothing to look at. */
export function open(paths: readonly string[], dir: string | undefined, deps: Deps, cached = true): Opened {
  const opened = deps.open(dir, paths);
  if (typeof opened === "string") throw new Stop(opened);
  if (opened.paths.length === 0) {
    throw new Stop(opened.unread.map(({ file, why }) => `${file}: ${why}`).join("\n") || "nothing to check");
  }
  if (cached) return opened;
  const { cache: _, ...rest } = opened;
  return rest;
}

/** The settled report over what was opened, with what could not be opened among the incomplete. */
export async function analyse(opened: Opened, proofs: boolean, deps: Deps, all = false): Promise<SettledReport> {
  if (deps.check === undefined) throw new Stop("no analysis is joined on to this build", INTERNAL);
  const shown = meter((text) => deps.stderr(text), deps.terminal);
  const { tree, paths, named, cache } = opened;
  let report: Report;
  try {
    report = await deps.check({
      tree,
      paths,
      ...(named === undefined ? {} : { named }),
      proofs,
      ...(all ? { all } : {}),
      progress: shown.progress,
      ...(cache === undefined ? {} : { cache }),
    });
  } catch (error) {
    const doing = shown.last() === "" ? "" : ` while ${shown.last()}`;
    throw new Stop(
      `internal error${doing}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      INTERNAL,
    );
  } finally {
    shown.done();
  }
  // A file that was asked for may have been met again on the way, under its name in the tree.
  const unread = opened.unread.filter(
    (u) => !report.incomplete.some((i) => i.why === u.why && (u.file === i.file || u.file.endsWith(`/${i.file}`))),
  );
  return settle(
    { ...report, incomplete: [...unread, ...report.incomplete] },
    { read: (file) => opened.tree.read(file), severity: severityIn(deps.rules) },
  );
}

function present(report: SettledReport, options: CheckOptions, deps: Deps): string {
  switch (options.format) {
    case "text":
      return renderText(report, { proofs: options.proofs === true });
    case "markdown":
      return renderMarkdown(report, { proofs: options.proofs === true });
    case "json":
      return renderJson(report, deps);
    case "sarif":
      return renderSarif(report, deps);
  }
}
