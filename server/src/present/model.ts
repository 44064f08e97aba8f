// Models for people: what a lifecycle says, what its audits found, and the page of a rule. All of it is generated; nothing is kept in step by hand.
import { audit, matrix } from "../model/audit.ts";
import type { Audit, Justification } from "../model/audit.ts";
import { mermaidSequence } from "../model/draw-mermaid.ts";
import { plainSequence } from "../model/draw-plain.ts";
import { mermaidStates, plainStates } from "../model/draw-state.ts";
import { explore, cellsOf, story } from "../model/explore.ts";
import type { Violation } from "../model/explore.ts";
import { patternsOf } from "../model/lifecycle.ts";
import type { AnyLifecycle, CallPattern, Name, Pattern, Rule } from "../model/lifecycle.ts";

export type DiagramFormat = "text" | "mermaid";

/** One line for each model: id, resource, rules. Ends with a newline. */
export function listModels(models: readonly AnyLifecycle[]): string {
  const wide = Math.max(0, ...models.map(({ id }) => id.length));
  return models
    .map((model) => `${model.id.padEnd(wide)}  ${model.resource}; rules: ${Object.keys(model.rules).length}\n`)
    .join("");
}

/** The whole of a lifecycle: sources, events with where they show in C, the state diagram, what is forbidden, what must hold. */
export function showModel(model: AnyLifecycle, format: DiagramFormat = "text"): string {
  if (format === "mermaid") return mermaidStates(model);
  const wide = Math.max(...Object.keys(model.events).map((on) => on.length));
  return [
    `${model.id}: ${model.resource}`,
    "",
    "Sources",
    ...model.sources.map((source) => `  ${source}`),
    "",
    "Phases",
    ...plainStates(model)
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`.trimEnd()),
    "",
    "Events",
    ...Object.entries(model.events).flatMap(([on, event]) => [
      `  ${on.padEnd(wide)}  ${event.actor}: ${event.text}${event.will === undefined ? "" : ` (${event.will})`}`,
      ...patternsOf(event).map((pattern) => `  ${"".padEnd(wide)}  in C: ${showPattern(pattern)}`),
    ]),
    "",
    "Forbidden",
    ...model.forbidden.map(([from, on, , rule]) => `  ${on} in ${from.join(", ")}: ${rule}`),
    "",
    "Must hold",
    ...Object.keys(model.invariants).map((name) => `  ${name}`),
    "",
    "As it should run",
    ...showStory(model, "text")
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`.trimEnd()),
    "",
  ].join("\n");
}

/** The protocol as it should run, as a diagram. */
export function showStory(model: AnyLifecycle, format: DiagramFormat): string {
  const told = story(model);
  const trace = told.ok ? told.trace : [];
  return format === "mermaid" ? mermaidSequence(trace, { bad: [] }) : plainSequence(trace, { bad: [] });
}

/** A trace that goes wrong, as a diagram; what the code did wrong and what broke are marked. */
export function showViolation(violation: Violation, format: DiagramFormat): string {
  const bad = violation.wrong === undefined ? [] : [violation.wrong];
  return format === "mermaid" ? mermaidSequence(violation.trace, { bad }) : plainSequence(violation.trace, { bad });
}

/** What the four audits found, with the shortest trace that justifies each forbidden cell. */
export function showAudit(found: Audit): string {
  const verdict = (holds: boolean): string => (holds ? "yes" : "NO");
  return [
    `${found.id}: ${found.states} states`,
    `  sound ${verdict(found.sound)}, justified ${verdict(found.justified)}, live ${verdict(found.live)}, total ${verdict(found.total)}`,
    ...found.problems.map((problem) => `  ! ${problem}`),
    ...found.justifications.map((each) => `  ${showJustification(each)}`),
    "",
  ].join("\n");
}

function showJustification({ rule, phase, on, violation }: Justification): string {
  const row = `${rule}: ${on} in ${phase}`;
  if (violation === undefined) return `${row}\n    breaks nothing`;
  const what = violation.kind === "stuck" ? "gets stuck" : `breaks "${violation.name}"`;
  return `${row}\n    ${what} by ${violation.events.join(" > ")}`;
}

/** The text that a model's golden file holds: its table, its audits, its diagrams. */
export function modelPage(model: AnyLifecycle, found: Audit = audit(model)): string {
  return [matrix(model), showAudit(found), plainStates(model), showStory(model, "text"), mermaidStates(model)].join(
    "\n",
  );
}

/** The page of a rule: what, why, what to do, how it goes wrong, and how to see that again. `told`: how it goes wrong, where no lifecycle tells it. */
export function explainRule(
  rule: Rule,
  models: readonly AnyLifecycle[],
  format: DiagramFormat = "text",
  told?: string,
): string {
  const model = models.find(({ id }) => id === rule.lifecycle);
  const lines = [
    `${rule.id} (${rule.severity})`,
    "",
    `${rule.title}.`,
    "",
    `Why: ${rule.because}`,
    "",
    `Do: ${rule.advice}`,
    "",
  ];
  if (model !== undefined) {
    const run = explore(model, { allow: cellsOf(model, rule.id) });
    if (run.verdict === "violated") {
      lines.push(`How it goes wrong (model ${model.id}, ${model.resource}):`, "", showViolation(run.violation, format));
      lines.push(`Again: lifebound model trace ${model.id} --without ${rule.id}`, "");
    }
  }
  if (told !== undefined) lines.push(`How it goes wrong (model ${rule.lifecycle}):`, "", told);
  const sources = [...(rule.sources ?? []), ...(model?.sources ?? [])];
  if (sources.length > 0) lines.push("Sources:", ...sources.map((source) => `  ${source}`), "");
  if (rule.off !== undefined) lines.push(`Off by default: ${rule.off}.`, "");
  lines.push(`Silence it in place: /* lifebound: ignore ${rule.id} <reason> */ on the line or the one above`, "");
  return lines.join("\n");
}

/** A pattern as a reader of C would write it. */
export function showPattern(pattern: Pattern): string {
  switch (pattern.kind) {
    case "call":
      return showCall(pattern);
    case "branch":
      return `${showCall(pattern.of)} is ${pattern.result}`;
    case "store":
      return `${pattern.role} = ${pattern.value}`;
    case "test":
      return `test of ${pattern.role}, ${pattern.locked ? "under" : "outside"} its lock`;
    case "use":
      return `use of ${pattern.of}`;
    case "callback":
      return `${pattern.struct}.${pattern.slot}()${pattern.lacks === undefined ? "" : ` without ${pattern.lacks.join(", ")}`}`;
    case "bound":
      return `end of ${pattern.bound === "scope" ? "the function" : `the ${pattern.bound}`}`;
  }
}

function showCall(pattern: CallPattern): string {
  const name = (each: Name): string => {
    if (typeof each === "string") return `${each}()`;
    const range = [each.since && `since ${each.since}`, each.until && `until ${each.until}`].filter(Boolean).join(", ");
    return `${each.name}()${range === "" ? "" : ` (${range})`}`;
  };
  const { lock, given, lacks } = pattern;
  return [
    pattern.names.map(name).join(" or "),
    lock && `${lock.held ? "with" : "without"} ${lock.role} held`,
    given?.is && `with ${given.is.join(" or ")}`,
    given?.not && `with other than ${given.not.join(" or ")}`,
    lacks && `where there is no ${lacks}`,
  ]
    .filter(Boolean)
    .join(" ");
}
