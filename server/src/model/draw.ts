// Sequence diagrams as data: which lanes, and at most a dozen messages between them. The same for traces of a model and witnesses in C.
import { isTold } from "../base/essence.ts";
import type { Actor, Step } from "../base/trace.ts";

/** Lines that a reader takes in at once; more are folded. */
export const MESSAGE_LIMIT = 12;

export interface Message {
  /** Lanes by number. A message to its own lane is something done there; `from` and `to` of a note are the outermost lanes. */
  readonly from: number;
  readonly to: number;
  readonly kind: "message" | "own" | "wait" | "note" | "elided";
  readonly text: string;
  /** The steps that it stands for, by index from 0, both included. */
  readonly steps: readonly [first: number, last: number];
  /** The offending step, drawn so that it is seen first. */
  readonly bad: boolean;
}

export interface Sequence {
  readonly lanes: readonly Actor[];
  readonly messages: readonly Message[];
}

export interface SequenceOptions {
  /** Steps to mark besides those of kind "violation"; where there is neither, the last one is marked. An empty list marks nothing more. */
  readonly bad?: readonly number[];
  readonly limit?: number;
}

/** Lanes stand in this order whatever happens first, so that two diagrams of one model look alike. Others follow as they appear. */
const ORDER = ["driver core", "devres", "driver", "dma-buf", "importer", "device", "user"];

/**
 * Lays out steps. Where there are more than `limit`, those that tell nothing are left out; then runs of one actor are folded until no more than `limit` messages are
 * left. The marked ones are never folded.
 */
export function sequence(steps: readonly Step[], options: SequenceOptions = {}): Sequence {
  const limit = options.limit ?? MESSAGE_LIMIT;
  const tells = isTold(steps, limit);
  const lanes = lanesOf(steps.filter((_, index) => tells(index)));
  const violations = steps.flatMap((step, index) => (step.kind === "violation" ? [index] : []));
  const marked = new Set([...violations, ...(options.bad ?? (violations.length === 0 ? [steps.length - 1] : []))]);
  const messages = steps.flatMap((step, index) =>
    tells(index) || marked.has(index) ? [message(step, index, lanes, marked.has(index))] : [],
  );
  return { lanes, messages: fold(messages, limit) };
}

function message(step: Step, index: number, lanes: readonly Actor[], bad: boolean): Message {
  const from = lanes.indexOf(step.actor);
  const to = step.to === undefined ? from : lanes.indexOf(step.to);
  const at = { text: step.text, steps: [index, index] as const, bad };
  if (step.kind === "violation")
    return { ...at, from: 0, to: lanes.length - 1, kind: "note", text: step.text + cited(step) };
  return { ...at, from, to, kind: step.kind === "wait" ? "wait" : from === to ? "own" : "message" };
}

/** " (1, 4)": the steps that a step speaks of, counted from 1. */
export function cited(step: Step): string {
  return step.cites === undefined || step.cites.length === 0 ? "" : ` (${step.cites.map((at) => at + 1).join(", ")})`;
}

function lanesOf(steps: readonly Step[]): readonly Actor[] {
  const lanes: Actor[] = [];
  for (const step of steps)
    for (const lane of [step.actor, step.to]) if (lane !== undefined && !lanes.includes(lane)) lanes.push(lane);
  const rank = (lane: Actor): number => {
    const at = ORDER.indexOf(lane.replace(/\s*#?\d+$/, ""));
    return at < 0 ? ORDER.length : at;
  };
  const number = (lane: Actor): number => Number(/\d+$/.exec(lane)?.[0] ?? 0);
  return lanes
    .map((lane, first) => ({ lane, first }))
    .sort(
      (a, b) =>
        rank(a.lane) - rank(b.lane) ||
        (rank(a.lane) < ORDER.length ? number(a.lane) - number(b.lane) : 0) ||
        a.first - b.first,
    )
    .map(({ lane }) => lane);
}

/** Folds neighbours, the most alike first, the shortest first; what then is still too much is left out in the middle. */
function fold(all: readonly Message[], limit: number): readonly Message[] {
  const messages = [...all];
  const alike: readonly ((a: Message, b: Message) => boolean)[] = [
    (a, b) => a.from === b.from && a.to === b.to && a.kind === b.kind,
    (a, b) => a.from === b.from && (a.to === a.from || b.to === b.from),
    (a, b) => a.from === b.from,
  ];
  for (const fits of alike) {
    while (messages.length > limit) {
      const at = shortestPair(messages, fits);
      if (at < 0) break;
      messages.splice(at, 2, join(messages[at] as Message, messages[at + 1] as Message));
    }
  }
  if (messages.length <= limit) return messages;
  return elide(messages, limit);
}

function shortestPair(messages: readonly Message[], fits: (a: Message, b: Message) => boolean): number {
  let best = -1;
  let least = Infinity;
  for (let at = 0; at + 1 < messages.length; at++) {
    const a = messages[at] as Message;
    const b = messages[at + 1] as Message;
    if (a.bad || b.bad || a.kind === "note" || b.kind === "note" || !fits(a, b)) continue;
    const size = b.steps[1] - a.steps[0];
    if (size < least) {
      least = size;
      best = at;
    }
  }
  return best;
}

function join(a: Message, b: Message): Message {
  const to = a.to === a.from ? b.to : a.to;
  const kind = a.kind === b.kind ? a.kind : to === a.from ? "own" : "message";
  return { ...a, to, kind, text: `${a.text}; ${b.text}`, steps: [a.steps[0], b.steps[1]] };
}

/** Keeps what is marked, and as much of the end and the beginning as there is room for; a line for each gap says how many steps are not shown. */
function elide(messages: readonly Message[], limit: number): readonly Message[] {
  for (let room = limit - 1; room >= 0; room--) {
    const tail = messages.length - Math.ceil(room / 2);
    const out = gaps(messages, (each, at) => each.bad || at >= tail || at < Math.floor(room / 2));
    if (out.length <= limit) return out;
  }
  return gaps(messages, (_, at) => at > messages.length - limit); // too many are marked: the last ones
}

function gaps(messages: readonly Message[], keep: (each: Message, at: number) => boolean): readonly Message[] {
  const width = Math.max(...messages.map(({ from, to }) => Math.max(from, to)));
  const out: Message[] = [];
  for (const [at, each] of messages.entries()) {
    const last = out.at(-1);
    if (keep(each, at)) out.push(each);
    else if (last?.kind === "elided") out[out.length - 1] = elided(last.steps[0], each.steps[1], width);
    else out.push(elided(each.steps[0], each.steps[1], width));
  }
  return out;
}

const elided = (first: number, last: number, lanes: number): Message => ({
  from: 0,
  to: lanes,
  kind: "elided",
  text: `${last - first + 1} more steps`,
  steps: [first, last],
  bad: false,
});
