// Explores a lifecycle: every phase and world it can get into, breadth first, so that the first violation found is a shortest one.
import type { Step, StepKind, Witness } from "../base/trace.ts";
import { patternsOf } from "./lifecycle.ts";
import type { AnyLifecycle, EventSpec, World } from "./lifecycle.ts";

/** States after which an exploration gives up and says so. The lifecycles in the house stay below 2,000. */
export const STATE_BUDGET = 100_000;

/** The name of the truth that a stuck state breaks. */
export const AT_REST = "it always comes to rest";

/** A position of the model: where the code takes itself to be, and what is true. */
export interface State {
  readonly phase: string;
  readonly world: World;
}

/**
 * What went wrong. invariant: a named truth broke. stuck: the code waits, and nothing that it may count on leads to a phase of rest.
 * `events` and `states` tell the same story as the trace, without its last step, which says what is wrong; `states` has the start before them.
 */
export interface Violation {
  readonly kind: "invariant" | "stuck";
  readonly name: string;
  readonly trace: Witness;
  readonly events: readonly string[];
  readonly states: readonly State[];
  /** The step at which the code first did what a forbidden row forbids; absent where it never did. */
  readonly wrong?: number;
}

/** Nothing but an exhausted queue is safe. */
export type Exploration = {
  readonly states: number;
  /** Phases reached and events that happened, in the order of the model. */
  readonly phases: readonly string[];
  readonly events: readonly string[];
} & (
  | { readonly verdict: "safe" }
  | { readonly verdict: "violated"; readonly violation: Violation }
  | { readonly verdict: "incomplete"; readonly why: string }
);

/** One forbidden cell: a row, by its place in `forbidden`, in one of its phases. */
export interface Cell {
  readonly row: number;
  readonly phase: string;
}

export interface Options {
  /** What the code may do although it is forbidden. */
  readonly allow?: readonly Cell[];
  readonly budget?: number;
}

/** Every forbidden cell of a model, or of one of its rules. */
export function cellsOf(model: AnyLifecycle, rule?: string): readonly Cell[] {
  return model.forbidden.flatMap(([from, , , of], row) =>
    rule === undefined || of === rule ? from.map((phase) => ({ row, phase })) : [],
  );
}

/** What can happen in a state, in the order in which the model declares its events. */
export function moves(model: AnyLifecycle, state: State, allow: readonly Cell[] = []): readonly Move[] {
  return movesFrom(offers(model, state.phase, allow), state);
}

interface Move {
  readonly on: string;
  readonly to: State;
}

/** An event that a phase lets happen, and the phases it may lead to. */
interface Offer {
  readonly on: string;
  readonly event: EventSpec<World>;
  readonly targets: readonly string[];
}

function offers(model: AnyLifecycle, phase: string, allow: readonly Cell[]): readonly Offer[] {
  return Object.entries(model.events).flatMap(([on, event]) => {
    const targets = event.will !== undefined ? [phase] : targetsOf(model, phase, on, allow);
    return targets.length === 0 ? [] : [{ on, event, targets }];
  });
}

function movesFrom(offered: readonly Offer[], state: State): readonly Move[] {
  const found: Move[] = [];
  for (const { on, event, targets } of offered) {
    if (event.when !== undefined && !event.when(state.world)) continue;
    for (const phase of targets)
      for (const world of outcomes(event, state.world)) found.push({ on, to: { phase, world } });
  }
  return found;
}

interface Node extends State {
  readonly parent: number;
  readonly on: string;
  /** Where it leads, and whether the one who waits may count on that move. */
  readonly next: { readonly to: number; readonly on: string; readonly counts: boolean }[];
}

/** All that can happen from the start. Stops at the first broken invariant; looks for stuck states when there is none. */
export function explore(model: AnyLifecycle, options: Options = {}): Exploration {
  const budget = options.budget ?? STATE_BUDGET;
  const keys = Object.keys(model.world);
  const keyOf = (state: State): string => `${state.phase} ${keys.map((key) => Number(state.world[key])).join(" ")}`;
  const nodes: Node[] = [{ phase: startOf(model), world: model.world, parent: -1, on: "", next: [] }];
  const seen = new Map<string, number>([[keyOf(nodes[0] as Node), 0]]);
  const offered = Object.fromEntries(
    Object.keys(model.phases).map((phase) => [phase, offers(model, phase, options.allow ?? [])]),
  );
  const phases = new Set<string>();
  const happened = new Set<string>();
  const summary = (): { states: number; phases: readonly string[]; events: readonly string[] } => ({
    states: nodes.length,
    phases: Object.keys(model.phases).filter((phase) => phases.has(phase)),
    events: Object.keys(model.events).filter((event) => happened.has(event)),
  });

  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at] as Node;
    phases.add(node.phase);
    const broken = brokenInvariant(model, node.world);
    if (broken !== undefined) {
      return { ...summary(), verdict: "violated", violation: violationAt(model, nodes, at, "invariant", broken) };
    }
    for (const { on, to } of movesFrom(offered[node.phase] ?? [], node)) {
      happened.add(on);
      const key = keyOf(to);
      let index = seen.get(key);
      if (index === undefined) {
        if (nodes.length >= budget) return { ...summary(), verdict: "incomplete", why: `more than ${budget} states` };
        index = nodes.length;
        seen.set(key, index);
        nodes.push({ ...to, parent: at, on, next: [] });
      }
      if (index !== at) node.next.push({ to: index, on, counts: model.events[on]?.will !== "voluntary" });
    }
  }

  const stuck = stuckState(model, nodes);
  if (stuck === undefined) return { ...summary(), verdict: "safe" };
  return { ...summary(), verdict: "violated", violation: violationAt(model, nodes, stuck, "stuck", AT_REST) };
}

/** The run of the model's own story: the protocol as it should be. `undefined` with the event that could not happen. */
export function story(
  model: AnyLifecycle,
):
  | { readonly ok: true; readonly trace: readonly Step[]; readonly end: State }
  | { readonly ok: false; readonly at: number } {
  let states: readonly State[] = [{ phase: startOf(model), world: model.world }];
  const trace: Step[] = [];
  for (const [at, on] of model.story.entries()) {
    states = states.flatMap((state) => moves(model, state).flatMap((move) => (move.on === on ? [move.to] : [])));
    if (states.length === 0) return { ok: false, at };
    trace.push(stepOf(model, on));
  }
  // Several worlds may fit; the story ends well if one of them is at rest.
  const end = states.find((state) => model.phases[state.phase]?.rest === true) ?? states[0];
  return end === undefined ? { ok: false, at: 0 } : { ok: true, trace, end };
}

function targetsOf(model: AnyLifecycle, phase: string, on: string, allow: readonly Cell[]): readonly string[] {
  const targets = model.order.flatMap(([from, event, to]) => (from === phase && event === on ? [to] : []));
  for (const cell of allow) {
    const row = model.forbidden[cell.row];
    if (row !== undefined && row[1] === on && cell.phase === phase) targets.push(row[2]);
  }
  return targets.map((target) => (target === "=" ? phase : target));
}

function outcomes(event: EventSpec<World>, world: World): readonly World[] {
  const after = event.does?.(world) ?? world;
  return isWorlds(after) ? after : [after];
}

const isWorlds = (after: World | readonly World[]): after is readonly World[] => Array.isArray(after);

function startOf(model: AnyLifecycle): string {
  return Object.keys(model.phases).find((phase) => model.phases[phase]?.start === true) ?? "";
}

type Holds = (world: World) => boolean;

function brokenInvariant(model: AnyLifecycle, world: World): string | undefined {
  return Object.keys(model.invariants).find((name) => !(model.invariants[name] as Holds)(world));
}

/**
 * The first state, by distance, where everything that counts has been done and it is not at rest: blocked, and it stays so.
 * Where there is none such, the first from which no phase of rest can be reached by moves that count.
 */
function stuckState(model: AnyLifecycle, nodes: readonly Node[]): number | undefined {
  const into = nodes.map((): number[] => []);
  for (const [from, node] of nodes.entries()) for (const { to, counts } of node.next) if (counts) into[to]?.push(from);
  const calm = new Set(nodes.flatMap((node, index) => (model.phases[node.phase]?.rest === true ? [index] : [])));
  for (const index of calm) for (const from of into[index] ?? []) calm.add(from); // a Set grows while it is walked
  const stuck = nodes.flatMap((_, index) => (calm.has(index) ? [] : [index]));
  const blocked = stuck.find((index) => nodes[index]?.next.every(({ counts }) => !counts));
  return blocked ?? stuck[0];
}

function violationAt(
  model: AnyLifecycle,
  nodes: readonly Node[],
  at: number,
  kind: Violation["kind"],
  name: string,
): Violation {
  const path: Node[] = [];
  for (let index = at; index >= 0; index = nodes[index]?.parent ?? -1) path.unshift(nodes[index] as Node);
  const events = path.slice(1).map((node) => node.on);
  const steps = events.map((on) => stepOf(model, on));
  const last = kind === "stuck" ? events.findLast((on) => model.events[on]?.will === undefined) : events.at(-1);
  const owes = model.phases[path.at(-1)?.phase ?? ""]?.owes;
  const cites = kind === "invariant" ? blame(model, name, path) : [];
  const end: Step = {
    actor: model.events[last ?? ""]?.actor ?? "driver",
    kind: "violation",
    text: kind === "invariant" ? `broken: ${name}` : `waits for ever; still owes ${owes ?? "an end"}`,
    ...(cites.length === 0 ? {} : { cites }),
  };
  const [first, ...rest] = steps;
  const trace: Witness = first === undefined ? [end] : [first, ...rest, end];
  const wrong = events.findIndex((on, index) => isForbidden(model, path[index]?.phase ?? "", on));
  const states = path.map(({ phase, world }) => ({ phase, world }));
  return { kind, name, trace, events, states, ...(wrong < 0 ? {} : { wrong }) };
}

function isForbidden(model: AnyLifecycle, phase: string, on: string): boolean {
  return model.forbidden.some(([from, event]) => event === on && from.includes(phase));
}

/** The steps that made the invariant break: the last changes of what it looks at, without those that made no difference. */
function blame(model: AnyLifecycle, name: string, path: readonly Node[]): readonly number[] {
  const end = path.at(-1)?.world ?? model.world;
  const read = new Set<string>();
  const spy = new Proxy(end, {
    get: (world, key) => {
      if (typeof key === "string") read.add(key);
      return world[String(key)];
    },
  });
  (model.invariants[name] as Holds)(spy);
  const changes = [...read].flatMap((key) => {
    const at = path.findLastIndex((node, index) => index > 0 && node.world[key] !== path[index - 1]?.world[key]);
    return at > 0 ? [{ key, step: at - 1, before: path[at - 1]?.world[key] ?? 0 }] : [];
  });
  // A change is to blame if, with some of the others undone, undoing it makes the difference.
  const holds = (undone: readonly { readonly key: string; readonly before: number | boolean }[]): boolean =>
    (model.invariants[name] as Holds)({
      ...end,
      ...Object.fromEntries(undone.map(({ key, before }) => [key, before])),
    });
  const guilty = changes.filter((change) =>
    subsets(changes.filter((other) => other !== change)).some((some) => !holds(some) && holds([...some, change])),
  );
  return [...new Set(guilty.map(({ step }) => step))].sort((a, b) => a - b);
}

/** All selections of a short list: an invariant reads a handful of cells. */
function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.reduce<readonly (readonly T[])[]>((all, item) => [...all, ...all.map((some) => [...some, item])], [[]]);
}

function stepOf(model: AnyLifecycle, on: string): Step {
  const event = model.events[on];
  if (event === undefined) return { actor: "driver", kind: "call", text: on };
  return {
    actor: event.actor,
    kind: kindOf(event),
    text: event.text,
    ...(event.to === undefined ? {} : { to: event.to }),
  };
}

function kindOf(event: EventSpec<World>): StepKind {
  if (event.will !== undefined) return "environment";
  const kind = patternsOf(event)[0]?.kind;
  if (kind === "store") return "store";
  if (kind === "test" || kind === "branch") return "test";
  if (kind === undefined) return "wait"; // the code's own, with nothing to see in C: a wait that ends
  return "call";
}
