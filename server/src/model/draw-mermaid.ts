// Sequence diagrams as Mermaid text, for editors and web pages.
import type { Step } from "../base/trace.ts";
import { sequence } from "./draw.ts";
import type { Message, SequenceOptions } from "./draw.ts";

/** Letters of a message; a longer one makes the whole drawing wider. What is marked is never cut. */
const LONGEST = 80;

/** A Mermaid sequenceDiagram; marked messages stand in a red box. Ends with a newline. */
export function mermaidSequence(steps: readonly Step[], options: SequenceOptions = {}): string {
  const { lanes, messages } = sequence(steps, options);
  return [
    "sequenceDiagram",
    ...lanes.map((lane, index) => `  participant L${index} as ${escape(lane)}`),
    ...messages.flatMap((each) =>
      each.bad ? ["  rect rgb(255, 224, 224)", `    ${draw(each)}`, "  end"] : [`  ${draw(each)}`],
    ),
    "",
  ].join("\n");
}

function draw(each: Message): string {
  const number = each.steps[0] === each.steps[1] ? `${each.steps[0] + 1}` : `${each.steps[0] + 1}-${each.steps[1] + 1}`;
  const text = escape(
    each.text.length > LONGEST && !each.bad ? `${each.text.slice(0, LONGEST - 3).trimEnd()}...` : each.text,
  );
  if (each.kind === "note" || each.kind === "elided") {
    const over = each.from === each.to ? `L${each.from}` : `L${each.from},L${each.to}`;
    return `Note over ${over}: ${each.kind === "note" ? `${number}. ${text}` : `... ${text} ...`}`;
  }
  return `L${each.from}${each.kind === "wait" ? "--" : "-"}>>L${each.to}: ${number}. ${text}`;
}

/** Mermaid reads `;` as the end of a line, `#` as the start of an entity and `<` as markup. */
export function escape(text: string): string {
  return text.replace(/[#;<>]/g, (c) => `#${c.charCodeAt(0)};`).replace(/\s+/g, " ");
}
