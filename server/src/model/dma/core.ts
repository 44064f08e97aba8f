// The documented core of the DMA API as an executable model: runs a sequence of calls and says of each what the kernel's debug code would, or nothing.
// Pure functions over plain data; it knows no C and no function by name.
import type { Answer } from "./answer.ts";
import type { Call } from "./call.ts";
import { iovaChecks } from "./checks-iova.ts";
import { mapChecks } from "./checks-map.ts";
import { syncChecks } from "./checks-sync.ts";
import { unmapChecks, unmapListChecks } from "./checks-unmap.ts";
import { useChecks } from "./checks-use.ts";
import { EFFECTS } from "./effects.ts";
import type { Change, Row, Rows } from "./rows.ts";
import { EMPTY } from "./state.ts";
import type { State } from "./state.ts";

/** The whole core: every check, in the order in which they speak, and every effect. */
export const DMA_CORE_ROWS: Rows = {
  checks: [...unmapChecks, ...unmapListChecks, ...syncChecks, ...mapChecks, ...iovaChecks, ...useChecks],
  effects: EFFECTS,
};

/** One call with what was said of it. `returned`: what it returned where that is no handle. */
export interface Ran {
  readonly call: Call;
  readonly answers: readonly Answer[];
  readonly returned?: string;
  /** The world after it. */
  readonly state: State;
}

/** One call: what is said of it, and the world after it. The checks see the world before. */
export function step(state: State, call: Call, rows: Rows = DMA_CORE_ROWS): Ran {
  const answers = rows.checks.filter(({ op }) => op === call.op).flatMap((row) => ask(row, state, call));
  const { returned: _, ...before } = state;
  const after = rows.effects.filter(({ op }) => op === call.op).reduce<State>((s, row) => act(row, s, call), before);
  return { call, answers, state: after, ...(after.returned === undefined ? {} : { returned: after.returned }) };
}

/** A whole sequence, from an empty world. */
export function runCalls(calls: readonly Call[], rows: Rows = DMA_CORE_ROWS): readonly Ran[] {
  let state = EMPTY;
  return calls.map((call) => {
    const ran = step(state, call, rows);
    state = ran.state;
    return ran;
  });
}

// A row's op is the call's op: both filters above see to it, and the types of the tables to the rest.
function ask(row: Row, state: State, call: Call): readonly Answer[] {
  const detail = row.looks(state, call as never);
  return detail === undefined ? [] : [{ ...row.answer, detail }];
}

function act(row: Change, state: State, call: Call): State {
  return row.does(state, call as never);
}
