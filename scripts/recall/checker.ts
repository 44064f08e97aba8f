// What the recall harness asks of a checker, and where the real one is plugged in.

/** Texts by path, relative to the tree. An empty text stands for a file that is gone. */
export type Files = Readonly<Record<string, string>>;

export type FamilyId = "vfio" | "rdma";

/** A finding as the harness compares it. `level`: "error", "warning" or anything weaker, which counts as silence. `line` is 1-based. */
export interface Finding {
  readonly rule: string;
  readonly file: string;
  readonly fn: string;
  readonly line: number;
  readonly level: string;
}

export interface CheckerAnswer {
  readonly findings: readonly Finding[];
  /** What could not be decided, one line each. */
  readonly incomplete: readonly string[];
}

/** Checks one family in the tree as it stands with `files` laid over it. */
export type Checker = (files: Files, family: FamilyId) => Promise<CheckerAnswer>;

/** Makes the checker of a tree (its root folder); undefined where this build has none. */
export type MakeChecker = (tree: string) => Checker | undefined;

/** The pipeline is joined on here. Until it is, only `--list` and `--dry-run` can work, and recall says so. */
export const makeChecker: MakeChecker = () => undefined;
