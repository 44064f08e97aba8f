// Audits a lifecycle: is it sound, is each of its rules justified, can it always come to rest, and is its table of phases and events complete?
// A rule that no exploration needs is folklore; the audits say so.
import { cellsOf, explore, story } from "./explore.ts";
import type { Cell, Exploration, Options, Violation } from "./explore.ts";
import type { AnyLifecycle } from "./lifecycle.ts";

/** One forbidden cell, and what goes wrong when the code does it all the same. */
export interface Justification extends Cell {
  readonly rule: string;
  readonly on: string;
  /** Absent: nothing went wrong, so the cell has no reason to be. */
  readonly violation: Violation | undefined;
  readonly states: number;
}

export interface Audit {
  readonly id: string;
  /** States of the model as it should run. */
  readonly states: number;
  /** Exploring what is right breaks nothing. */
  readonly sound: boolean;
  /** Each forbidden cell, allowed alone, breaks something. */
  readonly justified: boolean;
  /** Every phase is reached, every row is taken, every event happens (those of mistakes, after one), and rest can always be reached. */
  readonly live: boolean;
  /** The tables say nothing twice, leave no rule or event without a row, and the story runs. */
  readonly total: boolean;
  readonly justifications: readonly Justification[];
  /** Everything that is wrong with the model, one line each; empty means that all four audits pass. */
  readonly problems: readonly string[];
}

/** Runs the four audits. A budget that is hit counts as a problem, never as a pass. */
export function audit(model: AnyLifecycle, budget?: number): Audit {
  const limit = budget === undefined ? {} : { budget };
  const right = explore(model, limit);
  const sound = soundness(right);
  const happened = new Set(right.events);
  const justifications = cellsOf(model).map((cell): Justification => {
    const wrong = explore(model, { ...limit, allow: [cell] });
    for (const event of wrong.events) happened.add(event);
    const [, on, , rule] = model.forbidden[cell.row] ?? [[], "", "", ""];
    const violation = wrong.verdict === "violated" ? wrong.violation : undefined;
    return { ...cell, rule, on, violation, states: wrong.states };
  });
  const unjustified = justifications
    .filter((each) => each.violation === undefined)
    .map((each) => `justified: nothing breaks when '${each.on}' happens in ${each.phase} (${each.rule})`);
  const live = liveness(model, right, happened, limit);
  const total = totality(model, right);
  return {
    id: model.id,
    states: right.states,
    sound: sound.length === 0,
    justified: unjustified.length === 0,
    live: live.length === 0,
    total: total.length === 0,
    justifications,
    problems: [...sound, ...unjustified, ...live, ...total],
  };
}

function soundness(right: Exploration): readonly string[] {
  if (right.verdict === "incomplete") return [`sound: ${right.why}`];
  if (right.verdict === "violated" && right.violation.kind === "invariant") {
    return [`sound: breaks "${right.violation.name}" by ${right.violation.events.join(" > ")}`];
  }
  return [];
}

function liveness(
  model: AnyLifecycle,
  right: Exploration,
  happened: ReadonlySet<string>,
  limit: Options,
): readonly string[] {
  // A broken invariant ends the exploration early; what was not reached then means nothing.
  if (right.verdict === "incomplete") return [`live: ${right.why}`];
  if (right.verdict === "violated") {
    return right.violation.kind === "stuck" ? [`live: stuck after ${right.violation.events.join(" > ")}`] : [];
  }
  return [
    ...Object.keys(model.phases)
      .filter((phase) => !right.phases.includes(phase))
      .map((phase) => `live: phase '${phase}' is never reached`),
    ...Object.keys(model.events)
      .filter((on) => !happened.has(on))
      .map((on) => `live: event '${on}' never happens`),
    ...model.order
      .filter((row) => !taken(model, row, limit))
      .map(([from, on, to]) => `live: the row ${from}, ${on}, ${to} is never taken`),
  ];
}

/** Whether an order row can ever be taken: without it, fewer things can happen in its phase. */
function taken(model: AnyLifecycle, row: AnyLifecycle["order"][number], limit: Options): boolean {
  const phases = { ...model.phases, "(taken)": { rest: true as const } };
  const order = model.order.map((each) => (each === row ? ([row[0], row[1], "(taken)"] as const) : each));
  return explore({ ...model, phases, order }, limit).phases.includes("(taken)");
}

function totality(model: AnyLifecycle, right: Exploration): readonly string[] {
  const problems: string[] = [];
  const starts = Object.values(model.phases).filter((phase) => phase.start === true).length;
  if (starts !== 1) problems.push(`total: ${starts} phases are the start`);
  for (const [phase, spec] of Object.entries(model.phases)) {
    if (spec.rest === true && spec.owes !== undefined) problems.push(`total: phase '${phase}' rests and owes`);
  }
  for (const [on, event] of Object.entries(model.events)) {
    const rows = [...model.order.map((row) => row[1]), ...model.forbidden.map((row) => row[1])].filter((e) => e === on);
    if (event.will === undefined && rows.length === 0) problems.push(`total: event '${on}' has no row`);
    if (event.will !== undefined && rows.length > 0) problems.push(`total: event '${on}' of the environment has a row`);
  }
  for (const [on, event] of Object.entries(model.events)) {
    // The compiler does not see a misspelt cell beside a spread.
    for (const world of [event.does?.(model.world) ?? []].flat()) {
      const made = Object.keys(world).filter((key) => !(key in model.world));
      if (made.length > 0) problems.push(`total: event '${on}' makes up ${made.join(", ")}`);
    }
  }
  for (const rule of Object.keys(model.rules)) {
    if (!model.forbidden.some((row) => row[3] === rule)) problems.push(`total: rule '${rule}' has no row`);
  }
  const cells = new Set<string>();
  for (const [from, on] of [
    ...model.order.map(([phase, event]) => [phase, event] as const),
    ...model.forbidden.flatMap(([phases, event]) => phases.map((phase) => [phase, event] as const)),
  ]) {
    if (cells.has(`${from} ${on}`)) problems.push(`total: '${on}' in '${from}' is said twice`);
    cells.add(`${from} ${on}`);
  }
  if (right.verdict !== "safe") return problems;
  const told = story(model);
  if (!told.ok) problems.push(`total: the story stops before '${model.story[told.at] ?? "its end"}'`);
  else if (model.phases[told.end.phase]?.rest !== true) problems.push(`total: the story ends in '${told.end.phase}'`);
  return problems;
}

/**
 * The table of phases and events as text, for a golden file: one row per event, one column per phase. A letter is the phase that it leads to, `!n` the rule
 * that it breaks, `~` an event of the environment, which leaves the phase alone, and `.` where the model says nothing.
 */
export function matrix(model: AnyLifecycle): string {
  const phases = Object.keys(model.phases);
  const rules = Object.keys(model.rules);
  const letter = (phase: string): string => String.fromCharCode(97 + phases.indexOf(phase));
  const width = Math.max(...Object.keys(model.events).map((on) => on.length));
  const row = (head: string, cells: readonly string[]): string =>
    `${head.padEnd(width)} ${cells.map((each) => each.padStart(4)).join("")}`;
  const cell = (phase: string, on: string): string => {
    if (model.events[on]?.will !== undefined) return "~";
    const to = model.order.flatMap(([from, event, target]) => (from === phase && event === on ? [target] : []));
    const no = model.forbidden.flatMap(([from, event, , rule]) => (event === on && from.includes(phase) ? [rule] : []));
    const said = [
      ...to.map((target) => letter(target === "=" ? phase : target)),
      ...no.map((rule) => `!${rules.indexOf(rule) + 1}`),
    ];
    return said.length === 0 ? "." : said.join("");
  };
  return [
    ...phases.map((phase) => `${letter(phase)}  ${phase}${marks(model, phase)}`),
    "",
    ...rules.map((rule, index) => `!${index + 1}`.padEnd(4) + rule),
    "",
    row("", phases.map(letter)),
    ...Object.keys(model.events).map((on) =>
      row(
        on,
        phases.map((phase) => cell(phase, on)),
      ),
    ),
    "",
  ].join("\n");
}

function marks(model: AnyLifecycle, phase: string): string {
  const { start, rest, owes } = model.phases[phase] ?? {};
  const said = [start && "start", rest && "rest", owes !== undefined && `owes ${owes}`].filter(Boolean);
  return said.length === 0 ? "" : ` (${said.join(", ")})`;
}
