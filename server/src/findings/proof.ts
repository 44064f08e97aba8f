// What a proof is: the obligations of a resource, each with the code that discharges it. Without evidence nothing is proved.
import type { Span } from "../base/span.ts";
import type { Explored } from "./finding.ts";

/** What discharges an obligation: a place in the code, or what a framework guarantees. */
export type Evidence =
  | { readonly kind: "code"; readonly text: string; readonly span: Span; readonly fn: string }
  | { readonly kind: "contract"; readonly text: string; readonly source: string };

export type Obligation = { readonly name: string } & (
  | { readonly verdict: "proved"; readonly evidence: readonly [Evidence, ...Evidence[]] }
  /** `rule`: that of the finding that shows it. */
  | { readonly verdict: "violated"; readonly evidence: readonly Evidence[]; readonly rule: string }
  | { readonly verdict: "not-proven"; readonly evidence: readonly Evidence[]; readonly reason: string }
);

export type Verdict = Obligation["verdict"];

/** What was found out about one resource. It is proved only if all of its obligations are. */
export interface Proof {
  /** What lives: "dma-buf of foo_export()". */
  readonly resource: string;
  /** Where it begins: the call that acquires or exports it, in the body of `fn`. */
  readonly at: Span;
  readonly fn: string;
  /** What ends its lifetime, as a phrase: "driver: foo_remove() returns". */
  readonly bound: string;
  readonly obligations: readonly [Obligation, ...Obligation[]];
  readonly assumptions: readonly string[];
  readonly contracts: readonly string[];
  readonly explored: Explored;
}

/** The verdict on the whole: the worst of its obligations. */
export function verdictOf(proof: Proof): Verdict {
  const verdicts = proof.obligations.map((each) => each.verdict);
  if (verdicts.includes("violated")) return "violated";
  return verdicts.includes("not-proven") ? "not-proven" : "proved";
}
