// What a kernel framework guarantees about when it calls a driver back, as data and as the threads that follow from it. Every statement is cited, and says what a tree
// must contain for it to hold.
import type { Action, Scenario, Thread } from "../../../model/unplug/scenario.ts";
import type { ClassSpec, E, Proc, Root, SkeletonSet } from "../../../model/unplug/skeleton.ts";
import type { Kind } from "../importers.ts";
import { any, c } from "../assemble.ts";

/** Where a guarantee comes from. */
export interface Source {
  readonly file: string;
  readonly fn: string;
  readonly says: string;
  /** Tree versions in which somebody read it, e.g. "7.2". */
  readonly versions: readonly string[];
}

/**
 * A fact about the cited code that can be looked up in a tree: in the body of `fn` these calls stand in this order. "a|b" is either (a function that was renamed),
 * "->slot" a call through a member of that name.
 */
export interface Requirement {
  readonly file: string;
  readonly fn: string;
  readonly calls: readonly string[];
  readonly why: string;
  /** What the contract's scene does no longer do where this is not met; one name of the contract's own. Without: nothing that the scene shows. */
  readonly loses?: string;
}

/** What a tree's framework is seen not to do any more: names of requirements (`loses`). */
export type Lost = ReadonlySet<string>;

export const NOTHING_LOST: Lost = new Set();

/** How much of the world a scenario has. */
export interface View {
  readonly name: string;
  readonly buffers: number;
  readonly importers: readonly Kind[];
  /** What has happened before anything else may: nothing, the buffers are exported, or the importers are attached as well. */
  readonly setup: "none" | "exported" | "attached";
  /** Buffers whose file descriptors the user may close. */
  readonly closes: readonly number[];
  /** Buffers that importers attach to, in the order of the importers; the last stands for the rest. */
  readonly targets: readonly number[];
  /** Which ways of ending there are: names of the contract's (`endings`). */
  readonly ends: readonly string[];
  /** Do importers detach (and so drop their reference to the buffer)? */
  readonly detaches: boolean;
  /** Mappings per importer. */
  readonly rounds: number;
  /** Runtime revokers and how often each runs. */
  readonly revokers: readonly { readonly root: Root; readonly times: number }[];
  /** Whether a process maps the device, and whether it forks. */
  readonly vma: "none" | "one" | "fork";
  /** Whether other drivers call what the set exports to them. */
  readonly outside?: boolean;
  /** Whether the isolation invariant is asked for: needs that every revoker present isolates the device for as long as it keeps buffers closed. */
  readonly isolation: boolean;
}

/** A contract's part of a scenario. The environment adds importers, buffers and the deferred release. */
export interface Scene {
  readonly classes: readonly ClassSpec[];
  readonly procs: Readonly<Record<string, Proc>>;
  /** Callbacks that the framework puts in place of the driver's, usually around them. */
  readonly slots?: Readonly<Record<string, string>>;
  readonly actions?: Readonly<Record<string, Action>>;
  readonly threads: readonly Thread[];
  readonly initial: Scenario["initial"];
  readonly progress: Scenario["progress"];
  readonly invariants?: Scenario["invariants"];
}

export type Bound = "driver" | "session" | "isolation";

export interface Contract {
  readonly id: string;
  readonly title: string;
  readonly sources: readonly Source[];
  readonly requires: readonly Requirement[];
  /** What is believed without a source that could be checked, for people. */
  readonly assumptions: readonly string[];
  readonly bounds: readonly Bound[];
  /** Ways in which buffers or the device end, as sets that are explored together: `alone` with much else going on, `together` with little. */
  readonly endings: {
    readonly alone: readonly (readonly string[])[];
    readonly together: readonly (readonly string[])[];
  };
  /** Does the framework itself map the device into processes, whether or not the set shows it? */
  readonly maps?: boolean;
  /** Functions of the framework that the scene calls by name: where a set brings them in C, that is what runs; else the contract's own form. */
  readonly entries: readonly string[];
  scene(set: SkeletonSet, view: View, lost: Lost): Scene;
}

/** The arguments of a root: object 1 of each class that it names, anything else unknown. */
export const argsOf = (root: Root, known: Readonly<Record<string, E>> = {}): readonly E[] =>
  root.params.map((p) => (p === "any" ? any : (known[p] ?? c(1))));

export const rootsOf = (set: SkeletonSet, kind: Root["kind"]): readonly Root[] =>
  set.roots.filter((r) => r.kind === kind);

/** Does any instruction reachable from the procedure satisfy the test? Unknown procedures have none. */
export function reaches(
  set: SkeletonSet,
  name: string | undefined,
  test: (i: Proc["code"][number]) => boolean,
): boolean {
  const seen = new Set<string>();
  const work = name === undefined ? [] : [name];
  for (let p = work.pop(); p !== undefined; p = work.pop()) {
    if (seen.has(p)) continue;
    seen.add(p);
    for (const i of set.procs[p]?.code ?? []) {
      if (test(i)) return true;
      if (i.op !== "call") continue;
      const to = i.proc ?? (i.slot === undefined ? undefined : set.slots[i.slot]);
      if (to !== undefined) work.push(to);
    }
  }
  return false;
}
