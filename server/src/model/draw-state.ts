// State diagrams of a lifecycle: its phases and what leads from one to the next, as Mermaid and as plain text.
import { escape } from "./draw-mermaid.ts";
import type { AnyLifecycle } from "./lifecycle.ts";

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly on: readonly string[];
}

/** A Mermaid stateDiagram-v2 of what is right. With `rule`, its forbidden rows are added, marked with `!`. Ends with a newline. */
export function mermaidStates(model: AnyLifecycle, rule?: string): string {
  const phases = Object.entries(model.phases);
  const id = (phase: string): string => `s_${phase.replace(/\W/g, "_")}`;
  const wrong = edges(rowsOf(model, rule)).map(
    ({ from, to, on }) => `  ${id(from)} --> ${id(to)}: ! ${escape(on.join(", "))}`,
  );
  return [
    "stateDiagram-v2",
    ...phases.map(([phase]) => `  state "${escape(phase)}" as ${id(phase)}`),
    ...phases.filter(([, spec]) => spec.start === true).map(([phase]) => `  [*] --> ${id(phase)}`),
    ...edges(model.order).map(({ from, to, on }) => `  ${id(from)} --> ${id(to)}: ${escape(on.join(", "))}`),
    ...wrong,
    ...phases.filter(([, spec]) => spec.rest === true).map(([phase]) => `  ${id(phase)} --> [*]`),
    "",
  ].join("\n");
}

/** The same as a list: each phase, what it owes, and where its events lead. At most 72 columns for names of up to 20 letters. Ends with a newline. */
export function plainStates(model: AnyLifecycle, rule?: string): string {
  const names = Object.keys(model.phases);
  const events = [...model.order, ...rowsOf(model, rule)].map(([, on]) => on);
  const wide = Math.max(...names.map((name) => name.length)) + 2;
  const long = Math.max(...events.map((on) => on.length));
  const lines: string[] = [];
  for (const phase of names) {
    const { start, rest } = model.phases[phase] ?? {};
    const head = `${start === true ? ">" : " "} ${phase}${rest === true ? " *" : ""}`.padEnd(wide + 3);
    const out = [
      ...model.order
        .filter(([from]) => from === phase)
        .map(([, on, to]) => `  ${on.padEnd(long)} -> ${to === "=" ? phase : to}`),
      ...rowsOf(model, rule)
        .filter(([from]) => from === phase)
        .map(([, on, to]) => `! ${on.padEnd(long)} -> ${to === "=" ? phase : to}`),
    ];
    lines.push(...(out.length === 0 ? [head] : out.map((line, i) => (i === 0 ? head : "".padEnd(wide + 3)) + line)));
  }
  return [...lines.map((line) => line.trimEnd()), "", "> start   * may rest here", ""].join("\n");
}

/** The forbidden rows of a rule, one for each phase. */
function rowsOf(model: AnyLifecycle, rule: string | undefined): readonly (readonly [string, string, string])[] {
  return model.forbidden.flatMap(([from, on, to, of]) =>
    of === rule ? from.map((phase): readonly [string, string, string] => [phase, on, to]) : [],
  );
}

/** Rows between the same two phases as one edge, in the order of the first. */
function edges(rows: readonly (readonly [string, string, string])[]): readonly Edge[] {
  const found = new Map<string, Edge>();
  for (const [from, on, target] of rows) {
    const to = target === "=" ? from : target;
    const key = `${from} ${to}`;
    found.set(key, { from, to, on: [...(found.get(key)?.on ?? []), on] });
  }
  return [...found.values()];
}
