// Reports: what an analysis gives back, and the same once it has been settled for presenting: placed in lines, deduplicated, sorted, counted.
import type { Incomplete } from "../base/result.ts";
import type { Step } from "../base/trace.ts";
import type { Finding, Level } from "./finding.ts";
import type { Evidence, Obligation, Proof, Verdict } from "./proof.ts";

/** How much was looked at, for the summary: "files", "functions", "families" and the like. */
export type Seen = Readonly<Record<string, number>>;

/** What became of one patch of a series. */
export interface PatchResult {
  readonly index: number;
  readonly subject: string;
  readonly messageId: string;
  readonly status: "applied" | "fuzzy" | "already-applied" | "refused" | "not-a-patch";
  readonly reason?: string;
}

/** What an analysis says. In any order; places are spans. */
export interface Report {
  readonly findings: readonly Finding[];
  readonly proofs: readonly Proof[];
  readonly incomplete: readonly Incomplete[];
  readonly seen: Seen;
  readonly patches?: readonly PatchResult[];
}

/** A place for people: 1-based line and column; 0 where the text could not be read. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface PlacedStep {
  readonly step: Step;
  /** Absent where the step has no place in C. */
  readonly place?: Place;
}

export interface PlacedFinding extends Place {
  readonly finding: Finding;
  readonly level: Level;
  readonly fingerprint: string;
  /** The text of the line, trimmed; empty where it could not be read. */
  readonly code: string;
  readonly witness: readonly [PlacedStep, ...PlacedStep[]];
}

export interface PlacedEvidence {
  readonly evidence: Evidence;
  readonly place?: Place;
}

export interface PlacedProof extends Place {
  readonly proof: Proof;
  readonly verdict: Verdict;
  readonly obligations: readonly { readonly obligation: Obligation; readonly evidence: readonly PlacedEvidence[] }[];
}

/** A finding that a comment in the source silences, with the reason that the comment gives. */
export interface Suppressed {
  readonly finding: PlacedFinding;
  readonly reason: string;
}

export interface Totals {
  readonly errors: number;
  readonly warnings: number;
  readonly suppressed: number;
  readonly proved: number;
  readonly violated: number;
  readonly notProven: number;
  readonly incomplete: number;
  readonly seen: Seen;
}

/** A report as presenters take it: every order is fixed, so that the same report always gives the same bytes. */
export interface SettledReport {
  readonly findings: readonly PlacedFinding[];
  readonly proofs: readonly PlacedProof[];
  readonly suppressed: readonly Suppressed[];
  readonly incomplete: readonly Incomplete[];
  readonly patches?: readonly PatchResult[];
  readonly totals: Totals;
}
