// The shape of the core's rows: a check says something of a call, an effect changes the world. Each has a name, so that a test can take it away.
import type { Answer } from "./answer.ts";
import type { CallOf, Op } from "./call.ts";
import type { State } from "./state.ts";

/** A check of one op. `looks` returns what it has to say, in figures, and undefined where all is well. */
export interface Check<O extends Op = Op> {
  readonly id: string;
  readonly op: O;
  readonly answer: Omit<Answer, "detail">;
  looks(state: State, call: CallOf<O>): string | undefined;
}

/** An effect of one op. They run in the order of the table, on the world as the call found it and as the ones before left it. */
export interface Effect<O extends Op = Op> {
  readonly id: string;
  readonly op: O;
  does(state: State, call: CallOf<O>): State;
}

export interface Rows {
  readonly checks: readonly Row[];
  readonly effects: readonly Change[];
}

/** A check whose op is not known by name. */
export interface Row {
  readonly id: string;
  readonly op: Op;
  readonly answer: Omit<Answer, "detail">;
  looks(state: State, call: never): string | undefined;
}

/** An effect whose op is not known by name. */
export interface Change {
  readonly id: string;
  readonly op: Op;
  does(state: State, call: never): State;
}

/** A check, its op inferred. */
export function check<const O extends Op>(
  op: O,
  name: string,
  answer: Omit<Answer, "detail">,
  looks: Check<O>["looks"],
): Check<O> {
  return { id: `${op}/${name}`, op, answer, looks };
}

/** An effect, its op inferred. */
export function effect<const O extends Op>(op: O, name: string, does: Effect<O>["does"]): Effect<O> {
  return { id: `${op}: ${name}`, op, does };
}
