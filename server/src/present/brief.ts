// The steps of a witness that a reader of mail needs: what was set up is left out, and so are tests, locks and the model's own bookkeeping.
import type { Step } from "../base/trace.ts";

/** Names of the model that no C has. */
const INWARD = /\bghost_|[$~']|\balloc\b|\bnext of\b|\bt\d+ = /;

/** The salient steps, without references to others. Never empty: where nothing is salient, all are. */
export function brief(steps: readonly Step[]): readonly Step[] {
  // Until something outside moves, a driver only sets itself up.
  const begin = steps.findIndex(({ kind }) => kind === "environment");
  const kept = steps.filter((step, i) => step.kind === "violation" || isSalient(step, i >= begin));
  const chosen = kept.length > 1 ? kept : steps;
  return chosen.map(({ cites: _cites, ...step }) => step);
}

function isSalient({ kind, text, thread, span }: Step, begun: boolean): boolean {
  if (INWARD.test(text)) return false;
  switch (kind) {
    case "environment":
    case "wait":
      return true;
    case "call":
      return text.endsWith(" begins") ? thread !== undefined && text.startsWith("remove") : true;
    case "store":
      return begun && span !== undefined;
    default:
      return false;
  }
}
