// Settles a report: every place in lines, each defect once, suppressions applied, all in one fixed order, counted.
import type { Incomplete } from "../base/result.ts";
import type { FileId } from "../base/span.ts";
import { fingerprint } from "./fingerprint.ts";
import { levelOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { locator } from "./locate.ts";
import type { Locator } from "./locate.ts";
import { verdictOf } from "./proof.ts";
import type { Evidence, Proof } from "./proof.ts";
import type {
  PlacedEvidence,
  PlacedFinding,
  PlacedProof,
  PlacedStep,
  Report,
  SettledReport,
  Suppressed,
} from "./report.ts";
import { silences, suppressions } from "./suppress.ts";
import type { Suppression } from "./suppress.ts";

/** What settling needs to know besides the report: the text of files, and how loud each rule may be (an unknown rule: as loud as its confidence). */
export interface Around {
  readonly read: (file: FileId) => string | undefined;
  readonly severity: (rule: string) => "error" | "warning";
  /** What a file is called in fingerprints, where it was renamed. */
  readonly name?: (file: FileId) => FileId;
}

/** How loud each of the rules may be; one that is not among them is as loud as its confidence. */
export function severityIn(
  rules: readonly { readonly id: string; readonly severity: "error" | "warning" }[],
): Around["severity"] {
  const severities = new Map(rules.map(({ id, severity }) => [id, severity]));
  return (rule) => severities.get(rule) ?? "error";
}

/** The same report whatever the order of its parts. */
export function settle(report: Report, around: Around): SettledReport {
  const where = locator(around.read);
  const placed = dedupe(report.findings)
    .map((finding) => place(finding, where, around))
    .sort(byPlace);
  const numbered = distinct(placed);
  const comments = new Map<FileId, readonly Suppression[]>();
  for (const { file } of numbered) if (!comments.has(file)) comments.set(file, suppressions(where.text(file) ?? ""));
  const findings: PlacedFinding[] = [];
  const suppressed: Suppressed[] = [];
  for (const finding of numbered) {
    const comment = silences(comments.get(finding.file) ?? [], finding.finding.rule, finding.line);
    if (comment === undefined) findings.push(finding);
    else suppressed.push({ finding, reason: comment.reason });
  }
  const proofs = report.proofs.map((proof) => placeProof(proof, where)).sort(byProof);
  const incomplete = sortIncomplete([...report.incomplete, ...unreasoned(comments)]);
  return {
    findings,
    proofs,
    suppressed,
    incomplete,
    ...(report.patches === undefined ? {} : { patches: report.patches }),
    totals: {
      errors: findings.filter((each) => each.level === "error").length,
      warnings: findings.filter((each) => each.level === "warning").length,
      suppressed: suppressed.length,
      proved: proofs.filter((each) => each.verdict === "proved").length,
      violated: proofs.filter((each) => each.verdict === "violated").length,
      notProven: proofs.filter((each) => each.verdict === "not-proven").length,
      incomplete: incomplete.length,
      seen: Object.fromEntries(Object.entries(report.seen).sort(([a], [b]) => order(a, b))),
    },
  };
}

/** One report for one defect: of those of a rule at a place about a resource, the surest, and of these the one with the shortest witness. */
function dedupe(findings: readonly Finding[]): readonly Finding[] {
  const best = new Map<string, Finding>();
  for (const finding of findings) {
    const key = [finding.rule, finding.at.file, finding.at.start, finding.resource].join("\0");
    const other = best.get(key);
    if (other === undefined || better(finding, other)) best.set(key, finding);
  }
  return [...best.values()];
}

function better(a: Finding, b: Finding): boolean {
  if (a.confidence !== b.confidence) return a.confidence === "proved";
  if (a.witness.length !== b.witness.length) return a.witness.length < b.witness.length;
  return JSON.stringify(a) < JSON.stringify(b); // no reason but that it does not depend on the order
}

function place(finding: Finding, where: Locator, around: Around): PlacedFinding {
  const at = where.place(finding.at);
  const code = (where.line(at.file, at.line) ?? "").trim();
  const { rule, fn, resource } = finding;
  const step = (each: Finding["witness"][number]): PlacedStep =>
    each.span === undefined ? { step: each } : { step: each, place: where.place(each.span) };
  const [first, ...rest] = finding.witness;
  return {
    ...at,
    finding,
    level: levelOf(finding.confidence, around.severity(rule)),
    fingerprint: fingerprint({ rule, file: around.name?.(at.file) ?? at.file, fn, resource, line: code }),
    code,
    witness: [step(first), ...rest.map(step)],
  };
}

/** Equal lines in one function give equal fingerprints: the second and later ones, in order of place, get a number. */
function distinct(findings: readonly PlacedFinding[]): readonly PlacedFinding[] {
  const seen = new Map<string, number>();
  return findings.map((each) => {
    const count = (seen.get(each.fingerprint) ?? 0) + 1;
    seen.set(each.fingerprint, count);
    return count === 1 ? each : { ...each, fingerprint: `${each.fingerprint}-${count}` };
  });
}

function placeProof(proof: Proof, where: Locator): PlacedProof {
  const evidence = (each: Evidence): PlacedEvidence =>
    each.kind === "code" ? { evidence: each, place: where.place(each.span) } : { evidence: each };
  return {
    ...where.place(proof.at),
    proof,
    verdict: verdictOf(proof),
    obligations: proof.obligations.map((obligation) => ({ obligation, evidence: obligation.evidence.map(evidence) })),
  };
}

function unreasoned(comments: ReadonlyMap<FileId, readonly Suppression[]>): readonly Incomplete[] {
  return [...comments].flatMap(([file, all]) =>
    all
      .filter((each) => each.reason === "")
      .map((each) => ({
        file,
        line: each.line,
        why: `ignore ${each.rule || "(no rule)"} without a reason: not followed`,
      })),
  );
}

const order = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

function byPlace(a: PlacedFinding, b: PlacedFinding): number {
  return (
    order(a.file, b.file) ||
    order(a.line, b.line) ||
    order(a.column, b.column) ||
    order(a.finding.rule, b.finding.rule) ||
    order(a.finding.resource, b.finding.resource) ||
    order(a.finding.message, b.finding.message)
  );
}

function byProof(a: PlacedProof, b: PlacedProof): number {
  return (
    order(a.file, b.file) ||
    order(a.line, b.line) ||
    order(a.column, b.column) ||
    order(a.proof.resource, b.proof.resource)
  );
}

function sortIncomplete(all: readonly Incomplete[]): readonly Incomplete[] {
  const sorted = [...all].sort((a, b) => order(a.file, b.file) || order(a.line, b.line) || order(a.why, b.why));
  return sorted.filter((each, i) => {
    const last = sorted[i - 1];
    return last === undefined || each.file !== last.file || each.line !== last.line || each.why !== last.why;
  });
}
