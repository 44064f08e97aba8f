// Sequence diagrams as plain text for terminals and mail: ASCII, at most 72 columns, lanes on the left and the words beside them.
import type { Step } from "../base/trace.ts";
import { MESSAGE_LIMIT, sequence } from "./draw.ts";
import type { Message, Sequence, SequenceOptions } from "./draw.ts";

export const COLUMNS = 72;
const LANE = 6;

/** A diagram of at most 72 columns and `limit` lines below its head; `!` marks the offending step. Ends with a newline; no steps, no text. */
export function plainSequence(steps: readonly Step[], options: SequenceOptions = {}): string {
  const limit = options.limit ?? MESSAGE_LIMIT;
  if (steps.length === 0) return "";
  // What is marked is never cut: the others make room for as many lines as it needs.
  for (let room = limit; ; room--) {
    const drawing = sequence(steps, { ...options, limit: room });
    const least = drawing.messages.reduce((sum, each) => sum + rows(drawing, each, each.bad ? "all" : "one").length, 0);
    if (least <= limit || room <= 2) return page(drawing, fill(drawing, limit));
  }
}

const page = (drawing: Sequence, lines: readonly string[]): string =>
  [...head(drawing), ...lines].map((line) => line.trimEnd()).join("\n") + "\n";

/** Wraps as many texts as there is room for, the marked ones first; cuts the others. */
function fill(drawing: Sequence, limit: number): readonly string[] {
  let wrapped = new Set<Message>();
  for (const each of [...drawing.messages.filter(({ bad }) => bad), ...drawing.messages]) {
    const more = new Set([...wrapped, each]);
    if (drawing.messages.flatMap((m) => rows(drawing, m, more.has(m) ? "all" : "one")).length <= limit) wrapped = more;
  }
  return drawing.messages.flatMap((each) => rows(drawing, each, wrapped.has(each) ? "all" : "one"));
}

const folded = (drawing: Sequence): boolean => drawing.messages.some(({ steps }) => steps[0] !== steps[1]);
const margin = (drawing: Sequence): number => (folded(drawing) ? 8 : 5);
const lane = (drawing: Sequence, index: number): number => margin(drawing) + LANE * index;
const wordsAt = (drawing: Sequence): number => lane(drawing, drawing.lanes.length - 1) + 3;

/** The lanes' names as stairs: each above its own lane, with nothing but lanes to its left. A short one shares its line with the next. */
function head(drawing: Sequence): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const [index, name] of drawing.lanes.entries()) {
    const at = lane(drawing, index);
    if (line.length >= at) {
      lines.push(line);
      line = [...Array(index).keys()].reduce((out, left) => put(out, lane(drawing, left), "|"), "");
    }
    line = put(line, at, name);
  }
  return [...lines, line, bars(drawing)];
}

const bars = (drawing: Sequence): string => {
  let line = "";
  for (const index of drawing.lanes.keys()) line = put(line, lane(drawing, index), "|");
  return line;
};

/** Writes over a line from a column on. */
const put = (line: string, at: number, text: string): string =>
  line.slice(0, at).padEnd(at) + text + line.slice(at + text.length);

function rows(drawing: Sequence, each: Message, into: "all" | "one"): readonly string[] {
  const number = each.kind === "elided" ? "" : label(each.steps);
  const start = `${each.bad ? "!" : " "}${number.padStart(margin(drawing) - 3)}  `;
  if (each.kind === "note") {
    return wrap(each.text, COLUMNS - start.length, into).map(
      (text, i) => (i === 0 ? start : "".padEnd(start.length)) + text,
    );
  }
  const texts = wrap(each.kind === "elided" ? `(${each.text})` : each.text, COLUMNS - wordsAt(drawing), into);
  return texts.map((text, i) => {
    let line = bars(drawing);
    if (i === 0) line = put(arrow(line, drawing, each), 0, start.trimEnd());
    return put(line, wordsAt(drawing), text);
  });
}

const label = ([first, last]: Message["steps"]): string =>
  first === last ? `${first + 1}` : `${first + 1}-${last + 1}`;

function arrow(line: string, drawing: Sequence, each: Message): string {
  if (each.kind === "elided")
    return [...drawing.lanes.keys()].reduce((out, i) => put(out, lane(drawing, i), ":"), line);
  const from = lane(drawing, each.from);
  const to = lane(drawing, each.to);
  if (from === to) return put(line, from, each.kind === "wait" ? "." : "*");
  const stroke = (each.kind === "wait" ? "." : "-").repeat(Math.abs(to - from) - 2);
  return from < to ? put(line, from + 1, `${stroke}>`) : put(line, to + 1, `<${stroke}`);
}

/** Breaks at spaces into as many lines as it takes, or cuts to one with two dots. */
function wrap(text: string, width: number, into: "all" | "one"): readonly string[] {
  const cut = (line: string): string => (line.length > width ? `${line.slice(0, width - 2).trimEnd()}..` : line);
  if (into === "one") return [cut(text)];
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map(cut);
}
