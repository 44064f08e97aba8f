// A review as b4 wants the answer of a check: JSON objects with tool, status, summary and details; none where there is nothing to report.
import type { Review, ReviewedPatch } from "../findings/review.ts";
import { proofLines } from "./proof-lines.ts";
import { place, renderFinding } from "./text.ts";

interface CheckResult {
  readonly tool: "lifebound";
  readonly status: "pass" | "warn" | "fail";
  readonly summary: string;
  readonly details?: string;
}

/** The protocol of `b4 review`, docs/maintainer/review.rst ("CI check protocol"). */
export function renderB4(review: Review): string {
  return `${JSON.stringify(review.patches.flatMap((patch) => resultsOf(review, patch)))}\n`;
}

function resultsOf(review: Review, patch: ReviewedPatch): readonly CheckResult[] {
  const several = review.patches.length > 1 ? `${patch.index}/${review.patches.length}: ` : "";
  const brought = review.report.findings.filter(({ finding: f }) => f.status === "new" && f.patch === patch.index);
  const results: CheckResult[] = brought.map((each) => ({
    tool: "lifebound",
    status: each.level === "error" ? "fail" : "warn",
    summary: `${several}${place(each)}: ${each.finding.message} [${each.finding.rule}]`,
    details: renderFinding(each),
  }));
  if (patch.status === "refused")
    results.push({
      tool: "lifebound",
      status: "warn",
      summary: `${several}does not apply to ${review.base}`,
      details: patch.reason ?? "",
    });
  if (results.length > 0 || !patch.looked) return results;
  const proofs = review.proofs.get(patch.index) ?? [];
  const open = proofs.filter(({ verdict }) => verdict !== "proved");
  // What was wrong before, or came with another patch, is no news about this one.
  if (proofs.some(({ verdict }) => verdict === "violated")) return [];
  const what =
    proofs.length === 0
      ? "no lifetime that is followed was broken"
      : `${proofs.length - open.length} of ${proofs.length} lifetimes that it touches are proved`;
  const details = proofs.flatMap((proof) => [...proofLines(proof), ""]).join("\n");
  return [{ tool: "lifebound", status: "pass", summary: several + what, ...(details === "" ? {} : { details }) }];
}
