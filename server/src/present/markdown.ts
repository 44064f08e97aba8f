// A report as Markdown, for web pages and merge requests: findings with Mermaid diagrams, proofs as tables.
import { isTold } from "../base/essence.ts";
import type { PlacedFinding, PlacedProof, SettledReport } from "../findings/report.ts";
import { cited, sequence } from "../model/draw.ts";
import { mermaidSequence } from "../model/draw-mermaid.ts";
import type { Review } from "../findings/review.ts";
import { counts } from "./scan-text.ts";
import { place, renderExplored, summary } from "./text.ts";

/** The report as Markdown. Proofs are left out unless asked for. Ends with a newline. */
export function renderMarkdown(report: SettledReport, options: { readonly proofs?: boolean } = {}): string {
  const unseen = report.incomplete.map(
    ({ file, line, why }) => `- ${code(line === 0 ? file : `${file}:${line}`)}: ${escape(why)}`,
  );
  return [
    "# Lifebound",
    "",
    `${summary(report.totals)}.`,
    "",
    ...report.findings.flatMap(finding),
    ...(options.proofs === true ? report.proofs.flatMap(proof) : []),
    ...(unseen.length === 0 ? [] : ["## Not seen", "", ...unseen, ""]),
  ].join("\n");
}

/** A review as Markdown: its patches as a table, then the report. */
export function renderReviewMarkdown(review: Review, options: { readonly proofs?: boolean } = {}): string {
  const rows = review.patches.map(({ index, subject, status, reason }) => {
    const mine = review.report.findings.filter(({ finding: f }) => f.patch === index || f.fixedBy === index);
    const said = mine.map(({ finding: f }) => `${f.fixedBy === index ? "fixes" : f.status} ${code(f.rule)}`);
    return `| ${index} | ${escape(subject)} | ${escape(reason === undefined ? status : `${status}: ${reason}`)} | ${said.join(", ")} |`;
  });
  const table = ["| # | patch | status | findings |", "| --- | --- | --- | --- |", ...rows];
  const [head, ...rest] = renderMarkdown(review.report, options).split("\n");
  return [head, "", `${counts(review)}. Base: ${code(review.base)}.`, "", ...table, ...rest].join("\n");
}

function finding(placed: PlacedFinding): readonly string[] {
  const { finding: each, level } = placed;
  const told = isTold(each.witness);
  const drawn = sequence(each.witness).lanes.length > 1;
  return [
    `## ${level}: ${escape(each.message)}`,
    "",
    `${code(place(placed))} in ${code(`${each.fn}()`)}, rule ${code(each.rule)}${each.status === undefined ? "" : `, ${each.status}`}`,
    "",
    escape(each.because),
    "",
    escape(each.advice),
    "",
    ...placed.witness.flatMap(({ step, place: at }, index) => {
      if (!told(index)) return [];
      const where = at === undefined ? "" : ` (${code(place(at))})`;
      return [`${index + 1}. **${escape(step.actor)}** ${escape(step.text + cited(step))}${where}`];
    }),
    "",
    ...each.abilities.map((need) => `- needs: ${escape(need.text)} (${need.standing}: ${escape(need.source)})`),
    ...each.assumptions.map((text) => `- assumes: ${escape(text)}`),
    ...each.contracts.map((text) => `- contract: ${escape(text)}`),
    ...(each.explored === undefined ? [] : [`- explored: ${renderExplored(each.explored)}`]),
    "",
    ...(drawn ? ["```mermaid", mermaidSequence(each.witness).trimEnd(), "```", ""] : []),
  ];
}

function proof(placed: PlacedProof): readonly string[] {
  const { proof: each, verdict, obligations } = placed;
  return [
    `## ${verdict.replace("-", " ")}: ${escape(each.resource)}`,
    "",
    `${code(place(placed))} in ${code(`${each.fn}()`)}; bound: ${escape(each.bound)}`,
    "",
    "| obligation | verdict | evidence |",
    "| --- | --- | --- |",
    ...obligations.map(({ obligation, evidence }) => {
      const texts = evidence.map(({ evidence: e, place: at }) =>
        e.kind === "contract"
          ? `${escape(e.text)} (${escape(e.source)})`
          : `${escape(e.text)}${at === undefined ? "" : ` (${code(place(at))})`}`,
      );
      if (obligation.verdict === "not-proven") texts.push(escape(obligation.reason));
      if (obligation.verdict === "violated") texts.push(`see ${code(obligation.rule)}`);
      return `| ${escape(obligation.name)} | ${obligation.verdict.replace("-", " ")} | ${texts.join("<br>")} |`;
    }),
    "",
    ...each.assumptions.map((text) => `- assumes: ${escape(text)}`),
    ...each.contracts.map((text) => `- contract: ${escape(text)}`),
    `- explored: ${renderExplored(each.explored)}`,
    "",
  ];
}

/** Names of C are full of what Markdown reads as emphasis, links and tables. */
const escape = (text: string): string => text.replace(/[\\`*_[\]<>|]/g, (c) => `\\${c}`);

const code = (text: string): string => `\`${text.replace(/`/g, "'")}\``;
