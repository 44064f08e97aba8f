// The unplug model on the command line: its actors, contracts and abilities, and runs of an exporter written by hand, as it should be or without one of its steps.
import { diagnose } from "../check/unplug/diagnose.ts";
import { abilities } from "../lifecycles/unplug/abilities.ts";
import { contracts } from "../lifecycles/unplug/contracts/index.ts";
import { plain } from "../lifecycles/unplug/contracts/plain.ts";
import { F } from "../lifecycles/unplug/actions.ts";
import { and, c, f, not } from "../lifecycles/unplug/assemble.ts";
import { plainSet, WITHOUT } from "../lifecycles/unplug/exemplar.ts";
import { scenario, views } from "../lifecycles/unplug/scenarios.ts";
import { mermaidSequence } from "../model/draw-mermaid.ts";
import { plainSequence } from "../model/draw-plain.ts";
import { explore } from "../model/unplug/explore.ts";
import { printProc } from "../model/unplug/print.ts";
import type { Scenario } from "../model/unplug/scenario.ts";
import type { Step } from "../base/trace.ts";
import type { DiagramFormat } from "../present/model.ts";
import type { ModelEntry } from "./deps.ts";
import { kitOf } from "./engine.ts";

const ID = "unplug";

/** The composed model as an entry of the command line. */
export const unplugEntry: ModelEntry = {
  id: ID,
  about: "everything that moves while a driver goes away, and an exporter written by hand in its midst",
  rules: Object.keys(WITHOUT).sort(),
  show,
  check,
  trace,
};

const all = (): readonly Scenario[] => kitOf(plain.id).scenarios(plainSet());

function show(format: DiagramFormat): string {
  if (format === "mermaid") return trace(format, undefined);
  const scenarios = all();
  const actors = new Set(scenarios.flatMap((s) => s.threads.map((t) => t.actor)));
  return [
    `${ID}: ${unplugEntry.about}`,
    "",
    "Actors",
    ...[...actors].sort().map((a) => `  ${a}`),
    "",
    "Contracts",
    ...contracts.flatMap((k) => [
      `  ${k.id}: ${k.title}; bounds: ${k.bounds.join(", ")}`,
      ...k.sources.map((s) => `    ${s.file}, ${s.fn}(): ${s.says} (${s.versions.join(", ")})`),
      ...k.assumptions.map((a) => `    assumed: ${a}`),
    ]),
    "",
    "What the environment may do beyond the friendliest reading",
    ...abilities.map((a) => `  ${a.id} [${a.standing}]: ${a.text}\n    ${a.source}`),
    "",
    "Must hold",
    ...[...new Set(scenarios.flatMap((s) => s.invariants.map((i) => i.name)))].sort().map((n) => `  ${n}`),
    "",
    "Views that are explored",
    ...scenarios.map((s) => `  ${s.name}`),
    "",
    "The exporter",
    ...Object.values(plainSet().procs).map((p) => printProc(p).replace(/^/gm, "  ").trimEnd()),
    "",
  ].join("\n");
}

/** The exemplar is safe, and without each of its steps it is not, under the rule that the step is for. */
function check(): ReturnType<ModelEntry["check"]> {
  const safe = diagnose(plainSet(), kitOf(plain.id));
  const lines = [`${ID}: ${safe.states} states in ${all().length} views`];
  const problems = safe.verdict === "safe" ? [] : [`as it should be it is ${safe.verdict}`];
  for (const [rule, edits] of Object.entries(WITHOUT)) {
    const { findings } = diagnose(plainSet(edits), kitOf(plain.id), { findings: 1 });
    const [first] = findings;
    if (first?.rule !== rule) problems.push(`without ${rule}: ${first?.rule ?? "nothing breaks"}`);
    else lines.push(`  ${rule}: ${first.violation.detail}`);
  }
  return { ok: problems.length === 0, text: [...lines, ...problems.map((p) => `  ! ${p}`), ""].join("\n") };
}

function trace(format: DiagramFormat, without: string | undefined): string {
  const draw = (steps: readonly Step[], bad?: readonly number[]): string => {
    const options = bad === undefined ? {} : { bad };
    return format === "mermaid" ? mermaidSequence(steps, options) : plainSequence(steps, options);
  };
  if (without === undefined) return draw(story(), []);
  const [first] = diagnose(plainSet(WITHOUT[without] ?? {}), kitOf(plain.id), { findings: 1 }).findings;
  return first === undefined ? "safe: nothing breaks\n" : draw(first.violation.trace);
}

/** The shortest run in which an importer that had the memory mapped was told, let go, and remove() has returned. */
function story(): readonly Step[] {
  const set = plainSet();
  const view = views(set, plain).find((v) => v.importers.length === 1 && v.importers[0] === "dynamic");
  if (view === undefined) return [];
  const s = scenario(set, plain, view);
  const ended = and(f(F.bound, c(1)), f(F.notified, c(1)));
  const run = explore({ ...s, invariants: [{ name: "the end", holds: not(ended) }], progress: [] });
  return run.violation?.trace.slice(0, -1) ?? [];
}
