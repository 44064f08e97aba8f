// `lifebound why FILE:LINE`: what protects the lifetime of what stands there, as the proofs and findings that touch the line.
import type { Place, PlacedFinding, PlacedProof, SettledReport } from "../findings/report.ts";
import { mermaidSequence } from "../model/draw-mermaid.ts";
import type { DiagramFormat } from "../present/model.ts";
import { renderFinding, renderProof } from "../present/text.ts";
import { analyse, open } from "./check.ts";
import type { Deps } from "./deps.ts";
import { FINDINGS, OK, Stop } from "./exit.ts";

export interface WhyOptions {
  readonly tree?: string;
  readonly format: DiagramFormat;
  readonly cache?: boolean;
}

/** Prints what is known of the line. 1 where a finding touches it, else 0. */
export async function why(where: string, options: WhyOptions, deps: Deps): Promise<number> {
  const asked = /^(.+?):(\d+)(?::\d+)?$/.exec(where);
  if (asked === null) throw new Stop(`${where}: not a place; say FILE:LINE`);
  const line = Number(asked[2]);
  const opened = open([asked[1] ?? ""], options.tree, deps, options.cache);
  const file = opened.paths[0] ?? "";
  if (opened.paths.length > 1) throw new Stop(`${asked[1]}: is a folder; say FILE:LINE`);
  const report = await analyse(opened, true, deps);
  const { findings, proofs } = touching(report, { file, line });
  const blocks =
    options.format === "mermaid" ? findings.map(diagram) : [...findings.map(renderFinding), ...proofs.map(renderProof)];
  deps.stdout(blocks.length > 0 ? blocks.join("\n") : nothing(report, { file, line }));
  return findings.length > 0 ? FINDINGS : OK;
}

const diagram = ({ finding }: PlacedFinding): string => mermaidSequence(finding.witness);

type Line = Omit<Place, "column">;

/** The findings and proofs that stand on the line, or have a step or evidence there. */
export function touching(
  report: Pick<SettledReport, "findings" | "proofs">,
  { file, line }: Line,
): { readonly findings: readonly PlacedFinding[]; readonly proofs: readonly PlacedProof[] } {
  const here = (place: Place | undefined): boolean => place !== undefined && place.file === file && place.line === line;
  return {
    findings: report.findings.filter((each) => here(each) || each.witness.some(({ place }) => here(place))),
    proofs: report.proofs.filter(
      (each) => here(each) || each.obligations.some(({ evidence }) => evidence.some(({ place }) => here(place))),
    ),
  };
}

/** Where there is nothing on the line: the lines of the file where there is something, and what was not seen of it. */
function nothing(report: SettledReport, { file, line }: Line): string {
  const lines = [...report.findings, ...report.proofs].flatMap((each) => [
    each,
    ...("witness" in each
      ? each.witness.map(({ place }) => place)
      : each.obligations.flatMap(({ evidence }) => evidence.map(({ place }) => place))),
  ]);
  const known = [
    ...new Set(lines.flatMap((place) => (place?.file === file && place.line > 0 ? [place.line] : []))),
  ].sort((a, b) => a - b);
  return [
    `${file}:${line}: no lifetime that is followed here`,
    ...(known.length === 0 ? [] : [`${file}: something is known of line ${known.join(", ")}`]),
    ...report.incomplete
      .filter((each) => each.file === file)
      .map((each) => `${file}:${each.line}: not seen: ${each.why}`),
    "",
  ].join("\n");
}
