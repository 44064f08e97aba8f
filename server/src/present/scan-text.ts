// A review for a terminal: patch by patch what became of it, what it brought with the line of the patch, what it fixed, and what protects what it touches.
import type { PlacedFinding } from "../findings/report.ts";
import type { Compared, Review, ReviewedPatch } from "../findings/review.ts";
import { proofLines } from "./proof-lines.ts";
import { place, renderFinding, renderProof, renderUnseen, summary } from "./text.ts";

export interface ScanTextOptions {
  readonly proofs?: boolean;
  /** Says of patches without findings what protects what they touch. */
  readonly positive?: boolean;
}

const UNSEEN = 20;

/** The review as text. Ends with a newline. */
export function renderScanText(review: Review, options: ScanTextOptions = {}): string {
  const { report, patches } = review;
  const before = report.findings.filter(({ finding: { status } }) => status === "pre-existing");
  const others = (report.patches ?? []).filter(({ status }) => status === "not-a-patch");
  return [
    `base: ${review.base}\n`,
    ...patches.map((patch) => patchBlock(review, patch, options)),
    ...(others.length === 0
      ? []
      : [`${others.map(({ subject, reason }) => `not a patch: ${subject}: ${reason ?? ""}`).join("\n")}\n`]),
    ...(before.length === 0
      ? []
      : [`there before the series, and not brought by it:\n${before.map(oneLine).join("\n")}\n`]),
    ...(options.proofs === true ? report.proofs.map(renderProof) : []),
    ...(review.compared === undefined ? [] : [renderCompared(review.compared)]),
    ...renderUnseen(report.incomplete, UNSEEN),
    `${counts(review)}\n${summary(report.totals)}\n`,
  ].join("\n");
}

function patchBlock(review: Review, patch: ReviewedPatch, options: ScanTextOptions): string {
  const of = (number: number | undefined): boolean => number === patch.index;
  const all = review.report.findings;
  const brought = all.filter(({ finding: f }) => (f.status === "new" || f.status === "moved") && of(f.patch));
  const transient = all.filter(({ finding: f }) => f.status === "transient" && of(f.patch));
  const fixed = all.filter(({ finding: f }) => (f.status === "fixed" || f.status === "transient") && of(f.fixedBy));
  const proofs = brought.length + transient.length === 0 ? (review.proofs.get(patch.index) ?? []) : [];
  const said = proofs.filter(({ verdict }) => verdict === "proved");
  const inFull = options.positive === true;
  return [
    `${patch.index}/${review.patches.length} ${titleOf(patch)}: ${patch.status}${patch.reason === undefined ? "" : `: ${patch.reason}`}`,
    ...brought.map((each) => indent(withAnchor(review, each))),
    ...transient.map((each) => `  transient: ${oneLine(each)}; patch ${each.finding.fixedBy} fixes it`),
    ...fixed.map(
      (each) =>
        `  fixes: ${oneLine(each)}${each.finding.patch === each.finding.fixedBy ? "" : `, which patch ${each.finding.patch} brought`}`,
    ),
    ...proofs
      .filter(({ verdict }) => !inFull || verdict !== "proved")
      .map(
        ({ proof, verdict }) => `  touches ${proof.resource}: ${verdict.replace("-", " ")} at the end of the series`,
      ),
    ...(inFull ? said.flatMap((proof) => proofLines(proof).map((line) => `  ${line}`)) : []),
    "",
  ].join("\n");
}

/** The subject without its brackets, which may count differently. */
const titleOf = ({ subject }: ReviewedPatch): string => subject.replace(/^(?:\[[^\]]*\]\s*)+(?=\S)/, "");

/** The finding with the line of the patch that it hangs on below its own. */
function withAnchor(review: Review, finding: PlacedFinding): string {
  const anchor = review.anchors.get(finding.fingerprint);
  const lines = renderFinding(finding).split("\n");
  if (anchor !== undefined)
    lines.splice(finding.code === "" ? 1 : 2, 0, `  patch ${anchor.patch}, line ${anchor.line}: ${anchor.text}`);
  return lines.join("\n").trimEnd();
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");

const oneLine = (each: PlacedFinding): string =>
  `${place(each)}: ${each.level}: ${each.finding.message} [${each.finding.rule}]`;

function renderCompared({ name, fixed, kept, added }: Compared): string {
  const list = (what: string, all: readonly PlacedFinding[]): readonly string[] =>
    all.map((each) => `  ${what}: ${oneLine(each)}`);
  return [
    `against ${name}: ${fixed.length} fixed, ${kept.length} kept, ${added.length} added`,
    ...list("fixed", fixed),
    ...list("kept", kept),
    ...list("added", added),
    "",
  ].join("\n");
}

/** "4 patches: 3 applied, 1 refused; findings: 1 new, 1 transient". */
export function counts({ report, patches }: Review): string {
  const tally = (all: readonly string[], order: readonly string[]): string =>
    order
      .map((name) => ({ name, count: all.filter((each) => each === name).length }))
      .filter(({ count }) => count > 0)
      .map(({ name, count }) => `${count} ${name}`)
      .join(", ");
  const states = tally(patches.map(({ status }) => status), ["applied", "fuzzy", "already-applied", "refused"]); // prettier-ignore
  const findings = tally(report.findings.map(({ finding }) => finding.status ?? ""), ["new", "transient", "fixed", "moved", "pre-existing"]); // prettier-ignore
  return `${patches.length} ${patches.length === 1 ? "patch" : "patches"}: ${states || "none"}; findings: ${findings || "none"}`;
}
