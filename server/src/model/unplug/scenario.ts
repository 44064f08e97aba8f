// Scenarios: which threads run a skeleton set in which environment, and what must hold. The explorer's input; knows no C and no kernel API.
import type { ClassSpec, E, Proc, SkeletonSet } from "./skeleton.ts";
import type { Actor } from "../../base/trace.ts";

/** What an action may look at. Objects are numbers from 1 in their class; fields are "struct.field". Reading is free of side effects. */
export interface WorldView {
  get(field: string, object: number): number;
  live(cls: string, object: number): boolean;
  /** How many objects of the class there are. */
  objects(cls: string): number;
  /** Does the running thread hold the lock in at least that mode? */
  holds(lock: string, object: number, mode: "write" | "read"): boolean;
}

/** The name under which an action reads and writes whether an object lives, as if it were a field: 0 not yet allocated, 1 live, 2 freed. Writing 2 frees it (`free-locked` applies). */
export const lifeOf = (cls: string): string => `${cls}.(life)`;

/** One way an action may end. No outcome at all: the thread is blocked. */
export interface Outcome {
  readonly writes?: readonly (readonly [field: string, object: number, value: number])[];
  /** What the action returns; default 0. */
  readonly r?: number;
  /** A sentence for the witness, where the usual one does not say enough. */
  readonly text?: string;
  /** The rule-neutral name of what was broken, e.g. "lock-not-held", "provider-used-after-bound". Ends the exploration. */
  readonly violation?: string;
  /** Taken only where the named ability of the environment is on. */
  readonly ability?: string;
  /**
   * It only gives back what others may at most wait for, so it may as well happen as soon as its thread gets there (a left mover): nobody's step is
   * disabled by it or turns out otherwise. Whoever says so must know; it is not checked.
   */
  readonly early?: true;
}

export type Action = (
  world: WorldView,
  call: { readonly args: readonly number[]; readonly opt: Readonly<Record<string, string | number | boolean>> },
) => readonly Outcome[];

/**
 * Who may be counted on to make a move when asking whether a wait ends: the driver's own steps; moves promised by a cited contract; moves that the framework
 * asks the user for; moves that may never come. Every step of a start has the start's will, with two exceptions: a voluntary start, once begun, runs on as
 * promised (code does not stop in the middle); and nobody may count on a signal (an interruptible wait that gives up, a fallible lock that fails) nor on an
 * allocation that fails, whoever runs into it: those steps are voluntary. Timeouts come.
 */
export type Will = "driver" | "promised" | "nudged" | "voluntary";

/** Something that an idle thread may start. */
export interface Start {
  readonly name: string;
  readonly proc: string;
  readonly args: readonly E[];
  /** When it may start: an expression over shared state (no registers). Like invariants and `args` it only observes: what it reads of an object that is not live is 0. */
  readonly when: E;
  /** How often in all; 200 or more: any number of times. */
  readonly times: number;
  readonly will: Will;
  readonly ability?: string;
  /** Who acts, where it is not the thread's actor. */
  readonly actor?: Actor;
}

export interface Thread {
  readonly name: string;
  readonly actor: Actor;
  readonly starts: readonly Start[];
}

/** What the environment may do beyond the friendliest reading of its documentation: each with a source. */
export interface Ability {
  readonly id: string;
  readonly text: string;
  readonly source: string;
  readonly standing: "CODE" | "DOC" | "PRACTICE";
}

export interface Scenario {
  readonly name: string;
  readonly set: SkeletonSet;
  /** Classes and procedures of the environment and of the contracts, merged with the set's. Fields of a class given twice are joined; counts and procedures given here win. */
  readonly classes: readonly ClassSpec[];
  readonly procs: Readonly<Record<string, Proc>>;
  readonly actions: Readonly<Record<string, Action>>;
  readonly threads: readonly Thread[];
  /** Abilities that are on. */
  readonly abilities: readonly string[];
  /** Checked in every state; the first that fails ends the exploration. `quiet`: only in states where no thread holds a lock in write mode. */
  readonly invariants: readonly { readonly name: string; readonly holds: E; readonly quiet?: boolean }[];
  /** Every start named here must be able to finish once begun, counting only moves of these wills. */
  readonly progress: readonly { readonly thread: string; readonly start: string; readonly counting: readonly Will[] }[];
  /** Values of shared cells at the beginning, over the classes' own. */
  readonly initial: readonly { readonly field: string; readonly object: number; readonly value: number }[];
}
