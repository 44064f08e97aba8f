// What the command line needs from outside: streams, trees, the analysis, the models. Tests hand in their own.
import type { Incomplete } from "../base/result.ts";
import type { FileId } from "../base/span.ts";
import type { Check, Kept } from "../check/check.ts";
import type { AnyLifecycle, Rule } from "../model/lifecycle.ts";
import type { DiagramFormat } from "../present/model.ts";
import type { Source } from "../program/program.ts";
import type { GitRepository } from "../project/git.ts";
import type { Inputs } from "../project/inputs.ts";
import type { Checker } from "../review/scan.ts";

export interface PlainTree {
  readonly source: Source;
  readonly name: string;
  /** Where it is, with links resolved. */
  readonly place: string;
}

/** What a scan of patches needs from outside. */
export interface Scanning {
  /** The files that a name stands for; "-" is standard input. */
  inputs(name: string): Inputs;
  /** The repository at a folder; a string says why there is none. */
  git(folder: string): GitRepository | string;
  /** A plain tree; without a folder the kernel tree that the user stands in, or undefined. A string says why it can't be read. */
  tree(dir: string | undefined): PlainTree | string | undefined;
  /** The analysis over states of a tree. `place`: what is found of it is kept for the next run under that name. */
  reviewers(): Promise<(tree: Source, place: string | undefined) => Checker>;
}

/** A tree with the files that were asked for; what could not be read is a list, not an error. */
export interface Opened {
  readonly tree: Source;
  readonly paths: readonly FileId[];
  readonly unread: readonly Incomplete[];
  /** Files that were named one by one, and not by their folder. */
  readonly named?: readonly FileId[];
  /** What earlier runs on this tree have left. */
  readonly cache?: Kept;
}

/** What came of a run: its text and whether all is well, or why it can't be run, one line each ("FILE:LINE: why"). */
export type RunResult =
  { readonly ok: boolean; readonly text: string; readonly errors?: never } | { readonly errors: readonly string[] };

/** A model as the command line knows it: a lifecycle, or the composed unplug model. */
export interface ModelEntry {
  readonly id: string;
  /** What it models, in one line. */
  readonly about: string;
  readonly rules: readonly string[];
  show(format: DiagramFormat): string;
  /** Runs its audits. */
  check(): { readonly ok: boolean; readonly text: string };
  /** A run of it: as it should be, or without one of its rules. */
  trace(format: DiagramFormat, without: string | undefined): string;
  /** How a rule is broken, for its page; absent for models whose traces tell it. */
  tell?(rule: string): string | undefined;
  /** Runs a sequence of calls, as text; absent for models that are explored only. */
  run?(file: string, text: string): RunResult;
}

export interface Deps {
  readonly version: string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Whether standard error is a terminal: only then is progress shown. */
  readonly terminal: boolean;
  /** Opens the tree at `dir`, or the one that holds the first path, and finds the paths in it. A string says why that can't be done. */
  open(dir: string | undefined, paths: readonly string[]): Opened | string;
  /** Absent where this build has no analysis joined on. */
  readonly check?: Check;
  /** Absent where this build has no analysis joined on. */
  readonly scanning?: Scanning;
  /** The flow graph of a function as text; undefined where there is no such function in that file. */
  facts(tree: Source, file: FileId, fn: string): Promise<string | undefined>;
  /** The text of a file that is no part of a tree; undefined where it can't be read. */
  readText(file: string): string | undefined;
  /** Serves the language server on standard input and output until the client ends it. */
  serve?(): Promise<number>;
  readonly models: readonly ModelEntry[];
  readonly rules: readonly Rule[];
  /** The lifecycles behind the rules, for their pages. */
  readonly lifecycles: readonly AnyLifecycle[];
}
