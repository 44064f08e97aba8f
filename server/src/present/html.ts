// A review as one page: patches, findings with their diagrams, proofs. Self-contained: no script, no network, and a policy that forbids both.
import type { PlacedFinding, PlacedProof } from "../findings/report.ts";
import type { Review, ReviewedPatch } from "../findings/review.ts";
import { cited } from "../model/draw.ts";
import { counts } from "./scan-text.ts";
import { escapeXml as e, svgSequence } from "./svg.ts";
import { place, renderExplored, summary } from "./text.ts";

export interface HtmlOptions {
  readonly proofs?: boolean;
  readonly positive?: boolean;
}

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1d2125; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { border: 1px solid #d0d7de; padding: .3rem .5rem; text-align: left; vertical-align: top; }
code, pre { font: 13px/1.4 ui-monospace, monospace; } pre { background: #f6f8fa; padding: .6rem; overflow-x: auto; }
.error { color: #b42318; } .warning { color: #915907; } .add { color: #116329; } .del { color: #82071e; }
.figure { overflow-x: auto; } svg text { font: 12px ui-monospace, monospace; fill: #1d2125; } svg text.lane { font-weight: bold; } svg line, svg circle { stroke: #57606a; fill: none; }
svg line.lane { stroke: #d0d7de; } svg circle { fill: #57606a; } svg .bad { stroke: #b42318; } svg text.bad { fill: #b42318; stroke: none; font-weight: bold; } svg line.wait { stroke-dasharray: 4 3; } svg line.note { stroke-width: 2; }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117; } pre { background: #161b22; } td, th { border-color: #30363d; } svg text { fill: #e6edf3; } .error, svg text.bad { color: #ff7b72; fill: #ff7b72; } .warning { color: #e3b341; } .add { color: #7ee787; } .del { color: #ffa198; } }
`;

/** The page. */
export function renderHtml(review: Review, options: HtmlOptions = {}): string {
  const { report, patches } = review;
  const title = patches[0]?.subject ?? "no patches";
  const unseen = report.incomplete.map(
    ({ file, line, why }) => `<li><code>${e(line === 0 ? file : `${file}:${line}`)}</code>: ${e(why)}</li>`,
  );
  const proofs = options.proofs === true || options.positive === true ? report.proofs : [];
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width">',
    `<title>Lifebound: ${e(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>Lifebound</h1><p>${e(counts(review))}. ${e(summary(report.totals))}.</p><p>Base: <code>${e(review.base)}</code></p>`,
    "<h2>Patches</h2><table><tr><th>#</th><th>Subject</th><th>Status</th><th>Findings</th></tr>",
    ...patches.map((patch) => patchRow(review, patch)),
    "</table>",
    ...(report.findings.length === 0 ? [] : ["<h2>Findings</h2>"]),
    ...report.findings.map((each, i) => findingBlock(review, each, i)),
    ...(proofs.length === 0 ? [] : ["<h2>Proofs</h2>"]),
    ...proofs.map(proofBlock),
    ...(unseen.length === 0 ? [] : ["<h2>Not seen</h2><ul>", ...unseen, "</ul>"]),
    "</body></html>",
    "",
  ].join("\n");
}

function patchRow({ report }: Review, patch: ReviewedPatch): string {
  const mine = report.findings.flatMap((each, i) =>
    each.finding.patch === patch.index || each.finding.fixedBy === patch.index ? [{ each, i }] : [],
  );
  const links = mine.map(({ each, i }) => {
    const fixes = each.finding.fixedBy === patch.index;
    return `<a href="#f${i}">${e(fixes ? "fixes" : (each.finding.status ?? ""))}: ${e(each.finding.rule)}</a>`;
  });
  const status = patch.reason === undefined ? patch.status : `${patch.status}: ${patch.reason}`;
  return `<tr><td>${patch.index}</td><td>${e(patch.subject)}</td><td>${e(status)}</td><td>${links.join("<br>")}</td></tr>`;
}

function findingBlock(review: Review, placed: PlacedFinding, i: number): string {
  const { finding, level } = placed;
  const svg = svgSequence(finding.witness);
  const anchor = review.anchors.get(placed.fingerprint);
  const patch = anchor === undefined ? undefined : review.patches[anchor.patch - 1];
  const lines =
    anchor === undefined || patch === undefined ? [] : patch.body.slice(Math.max(0, anchor.line - 4), anchor.line + 2);
  const by =
    finding.fixedBy === undefined || finding.fixedBy === finding.patch ? "" : `, fixed by patch ${finding.fixedBy}`;
  const from = finding.patch === undefined ? "" : `, patch ${finding.patch}`;
  return [
    `<section id="f${i}"><h3><span class="${level}">${level}</span>: ${e(finding.message)}</h3>`,
    `<p><code>${e(place(placed))}</code> in <code>${e(finding.fn)}()</code>, rule <code>${e(finding.rule)}</code>: ${e((finding.status ?? "") + from + by)}</p>`,
    ...(lines.length === 0 ? [] : [`<pre>${lines.map(diffLine).join("\n")}</pre>`]),
    `<p>${e(finding.because)}</p><p>${e(finding.advice)}</p>`,
    ...(svg === "" ? [] : [`<div class="figure">${svg}</div>`]),
    "<details><summary>Witness</summary><ol>",
    ...placed.witness.map(({ step, place: at }) => `<li>${at === undefined ? "" : `<code>${e(place(at))}</code> `}<b>${e(step.actor)}</b>: ${e(step.text + cited(step))}</li>`), // prettier-ignore
    `</ol>${list("assumes", finding.assumptions)}${list("contract", finding.contracts)}</details></section>`,
  ].join("\n");
}

const diffLine = (line: string): string =>
  `<span class="${line.startsWith("+") ? "add" : line.startsWith("-") ? "del" : ""}">${e(line)}</span>`;

function proofBlock({ proof, verdict, obligations, ...at }: PlacedProof): string {
  return [
    `<h3>${e(verdict.replace("-", " "))}: ${e(proof.resource)}</h3><p><code>${e(place(at))}</code>; bound: ${e(proof.bound)}; explored: ${e(renderExplored(proof.explored))}</p>`,
    "<table><tr><th>Obligation</th><th>Verdict</th><th>Evidence</th></tr>",
    ...obligations.map(({ obligation, evidence }) => {
      const texts = evidence.map(
        ({ evidence: each, place: where }) =>
          `${where === undefined ? "" : `<code>${e(place(where))}</code> `}${e(each.text)}`,
      );
      return `<tr><td>${e(obligation.name)}</td><td>${obligation.verdict}</td><td>${texts.join("<br>")}</td></tr>`;
    }),
    `</table>${list("assumes", proof.assumptions)}`,
  ].join("\n");
}

const list = (what: string, texts: readonly string[]): string =>
  texts.length === 0 ? "" : `<ul>${texts.map((text) => `<li>${what}: ${e(text)}</li>`).join("")}</ul>`;
