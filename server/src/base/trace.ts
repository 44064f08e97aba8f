// Traces: what happened, in order, and who did it. A trace of a model and a witness in C are the same type.
import type { Span } from "./span.ts";

/** Who acts: a lane of the sequence diagram ("driver core", "driver", "dma-buf", "importer 1", "user", "devres"). */
export type Actor = string;

/** One thing that happened. `span` is where the C that does it stands; steps of the environment have none. */
export interface Step {
  readonly actor: Actor;
  /** Which running call the step belongs to, e.g. "remove" or "map #2". Distinguishes threads of one actor. */
  readonly thread?: string;
  /** What kind of step: "call", "test", "store", "lock", "wait", "environment", "violation". */
  readonly kind: StepKind;
  /** One line for people: "revoked = true", "waits for comp", "importer starts DMA". */
  readonly text: string;
  /** The lane the step talks to, where it is a message. */
  readonly to?: Actor;
  readonly span?: Span;
  /** The name of the function whose body holds `span`. */
  readonly fn?: string;
  /** What the step claims that its span holds: the callee, the field tested or the field stored. For the replayer. */
  readonly claim?: string;
  /** Earlier steps of the same trace that this one speaks of ("freed while mapped at (1)"), by index from 0. */
  readonly cites?: readonly number[];
}

export type StepKind = "call" | "test" | "store" | "lock" | "unlock" | "wait" | "environment" | "violation";

/** A path that shows a defect. Never empty: a finding without a path cannot be built. */
export type Witness = readonly [Step, ...Step[]];
