// The one interface between the analysis and its callers: what is asked, and the report that comes back. Types only; the pipeline implements it.
import type { Report } from "../findings/report.ts";
import type { FileId } from "../base/span.ts";
import type { Source } from "../program/program.ts";

/** How far a long piece of work has come. `total` is 0 where it is not known. */
export type Progress = (what: string, done: number, total: number) => void;

/** Bytes that outlive a run, by name. */
export interface Kept {
  load(name: string): Uint8Array | undefined;
  /** Returns why it could not, or undefined. */
  store(name: string, bytes: readonly Uint8Array[]): string | undefined;
}

export interface CheckRequest {
  /** The tree, or whatever stands in for one. */
  readonly tree: Source;
  /** The files asked for, relative to the tree; findings and proofs of other files are left out. */
  readonly paths: readonly FileId[];
  /** Those of them that were named one by one: what is not understood in them is said, whether or not it matters to a verdict. */
  readonly named?: readonly FileId[];
  /** Whether proofs are wanted in full, with the evidence of each obligation: costs more. */
  readonly proofs: boolean;
  /** Rules that are off by default speak too. */
  readonly all?: boolean;
  /** What earlier runs on this tree have left; every entry may be lost or spoiled. Absent: nothing is kept. */
  readonly cache?: Kept;
  readonly progress: Progress;
}

/** Checks the paths of a tree. Never throws on input: what could not be read or understood is in `incomplete`. */
export type Check = (request: CheckRequest) => Report | Promise<Report>;
