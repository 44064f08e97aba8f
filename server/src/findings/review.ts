// What a scan of a patch series adds to a report: the patches with their mails, the lines of patches that findings hang on, and how two versions differ.
import type { PatchResult, PlacedFinding, PlacedProof, SettledReport } from "./report.ts";

/** A place in the mail of a patch. */
export interface Anchor {
  /** The patch, by index. */
  readonly patch: number;
  /** The line in `ReviewedPatch.body`, 1-based. */
  readonly line: number;
  /** The line itself, with the +, - or blank in front. */
  readonly text: string;
}

/** A patch with what an answer to its mail needs. */
export interface ReviewedPatch extends PatchResult {
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly date: string;
  readonly references: readonly string[];
  /** The lines of its mail. */
  readonly body: readonly string[];
  /** Where the diff begins in `body`, 1-based; 0 without one. */
  readonly diff: number;
  /** The files that it changes, as they are called after it. */
  readonly files: readonly string[];
  /** What has been answered to it. */
  readonly answers: readonly string[];
  /** Whether it changes something that a rule looks at. */
  readonly looked: boolean;
}

/** Between an older version of a series and this one, by fingerprint. */
export interface Compared {
  /** What the older one is called. */
  readonly name: string;
  readonly fixed: readonly PlacedFinding[];
  readonly kept: readonly PlacedFinding[];
  readonly added: readonly PlacedFinding[];
}

export interface Review {
  /** Every finding of it has a status. */
  readonly report: SettledReport;
  readonly patches: readonly ReviewedPatch[];
  /** By fingerprint of a finding. */
  readonly anchors: ReadonlyMap<string, Anchor>;
  /** What it was applied to, for people. */
  readonly base: string;
  /** Proofs of what a patch touches, by index of the patch. */
  readonly proofs: ReadonlyMap<number, readonly PlacedProof[]>;
  readonly compared?: Compared;
}
