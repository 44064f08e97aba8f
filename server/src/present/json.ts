// A report as JSON: stable, versioned, described by report.schema.json in this folder.
import type { Incomplete } from "../base/result.ts";
import type { Place, PlacedFinding, PlacedProof, PlacedStep, SettledReport } from "../findings/report.ts";
import type { Finding } from "../findings/finding.ts";
import type { Compared, Review } from "../findings/review.ts";

/** Goes up when a field changes its meaning or goes away; new fields may come without it. */
export const JSON_VERSION = 1;

/** The report as JSON text with two blanks of indentation and a newline at its end. */
export function renderJson(report: SettledReport, tool: { readonly version: string }): string {
  return print(bodyOf(report, tool));
}

/** The same for a review: with its base, the line of the patch at each finding, and the comparison with an older version. */
export function renderReviewJson(review: Review, tool: { readonly version: string }): string {
  const { report, anchors, base, compared } = review;
  const body = bodyOf(report, tool);
  const findings = report.findings.map((each) => {
    const anchor = anchors.get(each.fingerprint);
    return anchor === undefined ? finding(each) : { ...finding(each), patchLine: { ...anchor } };
  });
  return print({ ...body, findings, base, ...(compared === undefined ? {} : { against: against(compared) }) });
}

const print = (body: object): string => `${JSON.stringify(body, undefined, 2)}\n`;

const against = ({ name, fixed, kept, added }: Compared): object => ({
  name,
  fixed: fixed.map(brief),
  kept: kept.map(brief),
  added: added.map(brief),
});

const brief = (each: PlacedFinding): object => ({
  rule: each.finding.rule,
  ...where(each),
  message: each.finding.message,
  fingerprint: each.fingerprint,
});

function bodyOf(report: SettledReport, tool: { readonly version: string }): object {
  return {
    version: JSON_VERSION,
    tool: { name: "lifebound", version: tool.version },
    findings: report.findings.map(finding),
    proofs: report.proofs.map(proof),
    suppressed: report.suppressed.map(({ finding: each, reason }) => ({ ...finding(each), reason })),
    incomplete: report.incomplete.map(({ file, line, why }: Incomplete) => ({ file, line, why })),
    ...(report.patches === undefined ? {} : { patches: report.patches }),
    totals: report.totals,
  };
}

function finding(placed: PlacedFinding): object {
  const { finding: each, level, fingerprint } = placed;
  return {
    rule: each.rule,
    level,
    confidence: each.confidence,
    ...where(placed),
    function: each.fn,
    resource: each.resource,
    message: each.message,
    because: each.because,
    advice: each.advice,
    fingerprint,
    witness: placed.witness.map(step),
    assumptions: each.assumptions,
    contracts: each.contracts,
    abilities: each.abilities.map(({ id, text, source, standing }) => ({ id, text, source, standing })),
    ...(each.explored === undefined ? {} : { explored: sorted(each.explored) }),
    ...review(each),
  };
}

function review(each: Finding): object {
  return {
    ...(each.status === undefined ? {} : { status: each.status }),
    ...(each.patch === undefined ? {} : { patch: each.patch }),
    ...(each.fixedBy === undefined ? {} : { fixedBy: each.fixedBy }),
  };
}

function step({ step: each, place }: PlacedStep): object {
  return {
    actor: each.actor,
    ...(each.thread === undefined ? {} : { thread: each.thread }),
    kind: each.kind,
    text: each.text,
    ...(each.to === undefined ? {} : { to: each.to }),
    ...(place === undefined ? {} : where(place)),
    ...(each.fn === undefined ? {} : { function: each.fn }),
    ...(each.claim === undefined ? {} : { claim: each.claim }),
    ...(each.cites === undefined ? {} : { cites: each.cites }),
  };
}

function proof(placed: PlacedProof): object {
  const { proof: each } = placed;
  return {
    resource: each.resource,
    verdict: placed.verdict,
    ...where(placed),
    function: each.fn,
    bound: each.bound,
    obligations: placed.obligations.map(({ obligation, evidence }) => ({
      name: obligation.name,
      verdict: obligation.verdict,
      evidence: evidence.map(({ evidence: e, place }) =>
        e.kind === "contract"
          ? { text: e.text, source: e.source }
          : { text: e.text, ...(place === undefined ? {} : where(place)), function: e.fn },
      ),
      ...(obligation.verdict === "not-proven" ? { reason: obligation.reason } : {}),
      ...(obligation.verdict === "violated" ? { rule: obligation.rule } : {}),
    })),
    assumptions: each.assumptions,
    contracts: each.contracts,
    explored: sorted(each.explored),
  };
}

const where = ({ file, line, column }: Place): object => ({ file, line, column });

/** Counters in the order of their names, so that it does not matter who counted first. */
const sorted = (counters: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(counters).sort(([a], [b]) => (a < b ? -1 : 1)));
