// What is wrong at the end of a function: mappings that nobody has any more, and handles that nobody tested.
import type { FunctionFacts } from "../../facts/facts.ts";
import type { Defect, Events } from "./events.ts";
import { FAILED, ZERO, maskOf } from "./knowledge.ts";
import { isReturned } from "./outcome.ts";
import type { Ending, Run } from "./run.ts";
import { isReleased } from "./state.ts";

/**
 * Leaks. What stands where the caller reaches it is lost only where the function itself releases it on another way to an error, and no caller
 * calls anything that releases such a thing (`callersRelease`).
 */
export function lostAt(E: Events, run: Run, callersRelease: (kind: string) => boolean): readonly Defect[] {
  const answerable = releasedOnErrors(run);
  const handed = new Set(
    run.endings.flatMap(({ state, value }) =>
      state.resources.filter((r) => !isReleased(r) && (r.stored || r.escaped || isReturned(r, value))).map((r) => r.id),
    ),
  );
  const found = new Map<string, Defect>();
  for (const ending of run.endings) {
    for (const r of ending.state.resources) {
      if (r.foreign || r.escaped || r.inner || isReturned(r, ending.value)) continue;
      const next = E.protocol.next(r.spec, r.phase, "end");
      if (next?.rule === undefined) continue;
      const shared = r.stored || r.spec.lent === true;
      if (shared && !(answerable.has(r.id) && isError(run.fn, ending) && !callersRelease(r.spec.model.id))) continue;
      // Where it is handed on along other ways, only an error tells that this one should not have kept it.
      if (!shared && handed.has(r.id) && !isError(run.fn, ending)) continue;
      const key = `${next.rule} ${r.id}`;
      const before = found.get(key);
      if (before !== undefined && before.span.start <= ending.span.start) continue;
      found.set(key, {
        rule: next.rule,
        resource: r,
        span: ending.span,
        api: r.name,
        trace: {
          prev: ending.state.trace,
          kind: "violation",
          text: "",
          span: ending.span,
          fn: run.fn.name,
          about: r.id,
        },
      });
    }
  }
  return [...found.values()];
}

/** Resources that the function itself releases on some way to an error: on the others it has to as well. */
function releasedOnErrors(run: Run): ReadonlySet<string> {
  const found = new Set<string>();
  for (const ending of run.endings) {
    if (!isError(run.fn, ending)) continue;
    for (const r of ending.state.resources) if (!r.foreign && !r.inner && isReleased(r)) found.add(r.id);
  }
  return found;
}

/** The function says that it failed. */
export function isError(fn: FunctionFacts, { state, value }: Ending): boolean {
  if (value === undefined) return false;
  const mask = maskOf(state.facts, value);
  return mask === FAILED || (mask === ZERO && fn.returns.pointers > 0);
}
