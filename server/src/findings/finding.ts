// What a finding is: a rule that was broken at a place, with the path that shows it. Without a path there is no finding.
import type { Span } from "../base/span.ts";
import type { Witness } from "../base/trace.ts";

/** proved: the witness needs nothing but what code and documentation allow. likely: it rests on an assumption, which is printed. */
export type Confidence = "proved" | "likely";

/** How loud something is said. `information` is for what could not be proved either way. */
export type Level = "error" | "warning" | "information";

/** What a patch did to a finding; absent where a tree is checked as it stands. */
export type Status = "new" | "fixed" | "transient" | "moved" | "pre-existing";

/** Something hostile that the environment is allowed to do, with its source; a finding lists those that its witness needs. */
export interface Needed {
  readonly id: string;
  readonly text: string;
  readonly source: string;
  readonly standing: "CODE" | "DOC" | "PRACTICE";
}

/** How much was explored: always the states, and the instances by name ("buffers", "importers", "revocations"). */
export interface Explored {
  readonly states: number;
  readonly [instances: string]: number;
}

export interface Finding {
  /** A rule id of the catalogue, "dma-buf/no-fence-wait". */
  readonly rule: string;
  /** What the rule speaks of here: "struct foo_buffer.dmabuf", "provider of foo_export()". Part of the fingerprint, so free of line numbers. */
  readonly resource: string;
  readonly confidence: Confidence;
  /** Where it is reported: the offending place, inside the body of `fn`. */
  readonly at: Span;
  readonly fn: string;
  /** What is wrong, in one line that carries the whole verdict. */
  readonly message: string;
  /** Why it is wrong. */
  readonly because: string;
  /** What to do instead. */
  readonly advice: string;
  readonly witness: Witness;
  /** What was taken for granted, as sentences. */
  readonly assumptions: readonly string[];
  /** Contracts of frameworks that the witness rests on, with their citations. */
  readonly contracts: readonly string[];
  readonly abilities: readonly Needed[];
  readonly explored?: Explored;
  readonly status?: Status;
  /** The patch that brought it, by index in the series; and the one that took it away again. */
  readonly patch?: number;
  readonly fixedBy?: number;
}

/** How loud a finding is: what is only likely is a warning, and a rule may be a warning at most. */
export function levelOf(confidence: Confidence, severity: "error" | "warning"): Level {
  return confidence === "proved" ? severity : "warning";
}
