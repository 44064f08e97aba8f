// What of a trace a reader needs. A witness has every step, so that it can be replayed; what is shown of it is chosen here, by what kind of step it is and never by its length.
import type { Step } from "./trace.ts";

/** SARIF's words for the locations of a thread flow. */
export type Importance = "essential" | "important" | "unimportant";

/**
 * How much each step of a trace tells, in the order of the trace. Essential: what goes wrong, what is waited for, a lock that is not got. Important: what the C does to shared
 * state, what the environment does, who begins. Unimportant: how the environment's own code comes there, locks that are dropped, tests of what a callee has returned, and
 * the inside of a call that ran alone from its beginning to its end. Something in parentheses is said in passing.
 */
export function importances(trace: readonly Step[]): readonly Importance[] {
  const alone = ranAlone(trace);
  return trace.map((step, n) => {
    const next = trace[n + 1];
    if (next?.kind === "violation" && next.text === step.text) return "unimportant";
    const weight = importanceOf(step);
    return weight === "important" && alone.has(n) && !tellsOutside(step) ? "unimportant" : weight;
  });
}

/** A trace of more steps is told by those that tell something. */
const SHORT = 12;

/** Does the step at an index belong to what people are shown? In a trace of few steps all do; what goes wrong always does. */
export function isTold(trace: readonly Step[], limit = SHORT): (index: number) => boolean {
  if (trace.length <= limit) return () => true;
  const weights = importances(trace);
  return (index) => weights[index] !== "unimportant";
}

function importanceOf(step: Step): Importance {
  const { kind, text, span, thread } = step;
  if (kind === "violation" || kind === "wait" || text.startsWith("does not get ")) return "essential";
  if (text.startsWith("(") || kind === "unlock") return "unimportant";
  if (tellsOutside(step)) return "important";
  // Code of the environment runs in threads, as the C does; the steps of a lifecycle's own trace all tell something.
  if (span === undefined) return thread === undefined ? "important" : "unimportant";
  // A test of memory, not of a local: "buf->revoked: no", and no assertion that holds.
  if (kind === "test") return /->|\.| is /.test(text) && !/^(assert|IS_ERR)/.test(text) ? "important" : "unimportant";
  return "important";
}

/** What is seen of a call from outside: that it begins, what it asks of the environment, and what it frees. */
const tellsOutside = ({ kind, text }: Step): boolean =>
  kind === "environment" || text.endsWith(" begins") || text.startsWith("frees ");

/** The steps of calls that nobody came in between, and that had ended when the next one began. */
function ranAlone(trace: readonly Step[]): ReadonlySet<number> {
  const out = new Set<number>();
  const last = new Map<string, number>();
  const first = new Map<string, number>();
  const key = (s: Step): string => `${s.actor} ${s.thread ?? ""}`;
  for (const [n, s] of trace.entries()) {
    last.set(key(s), n);
    if (!first.has(key(s))) first.set(key(s), n);
  }
  for (const [k, from] of first) {
    const to = last.get(k)!;
    const steps = trace.slice(from, to + 1);
    if (to === trace.length - 1 || steps.some((s) => key(s) !== k || s.kind === "violation")) continue;
    for (let n = from; n <= to; n++) out.add(n);
  }
  return out;
}
