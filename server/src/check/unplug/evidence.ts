// Evidence by deletion: in a set that is safe, each protective step is taken out and the rest explored; what breaks is what the step was for. A step whose loss breaks
// nothing carries nothing, and is never asked of anybody.
import { explore } from "../../model/unplug/explore.ts";
import type { Scenario } from "../../model/unplug/scenario.ts";
import type { At, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { candidates, OBLIGATIONS } from "./candidates.ts";
import type { Candidate, ObligationId } from "./candidates.ts";
import type { Kit } from "./diagnose.ts";
import type { Scene } from "./patch.ts";
import { closure, rolesOf } from "./roles.ts";

/** One step, or several that stand in for one another, and what happens without. */
export interface StepEvidence {
  readonly steps: readonly { readonly at: At | undefined; readonly fn: string; readonly text: string }[];
  /** The violation without them. */
  readonly breaks: string;
  readonly scenario: string;
}

export interface ObligationResult {
  readonly id: ObligationId;
  readonly name: string;
  readonly verdict: "proved" | "not-proven";
  readonly evidence: readonly StepEvidence[];
  /** Why there is no step: nothing of the kind is there to be protected from, or the framework sees to it, or the exploration could not tell. */
  readonly reason?: string;
}

export interface Evidence {
  readonly verdict: "safe" | "violated" | "incomplete";
  readonly obligations: readonly ObligationResult[];
  readonly states: number;
  readonly explorations: number;
  /** What was not finished, and why. */
  readonly incomplete: readonly string[];
}

export interface EvidenceOptions {
  /** States of one exploration. */
  readonly budget?: number;
  /** Explorations in all. */
  readonly explorations?: number;
}

const BUDGET = 400_000;
/** The largest exporter has some sixty steps and thirty scenarios, most of which break within the first few. */
const EXPLORATIONS = 2_000;

/** What in the set discharges each obligation. Deterministic. The set should be safe; where it is not, nothing is proved. */
export function evidence(set: SkeletonSet, kit: Kit, options: EvidenceOptions = {}): Evidence {
  const budget = options.budget ?? BUDGET;
  const most = options.explorations ?? EXPLORATIONS;
  const counts = { states: 0, explorations: 0 };
  const incomplete: string[] = [];
  const cost: {
    readonly n: number;
    readonly states: number;
    readonly runs: ReadonlySet<string>;
    readonly looksAt: View;
  }[] = [];
  let verdict: Evidence["verdict"] = "safe";
  for (const [n, s] of kit.scenarios(set).entries()) {
    const e = (kit.explore ?? explore)(s, { budget });
    counts.states += e.states;
    counts.explorations++;
    cost.push({ n, states: e.states, runs: ran(s), looksAt: view(s, kit) });
    if (e.verdict === "incomplete") incomplete.push(`${s.name}: ${e.reason ?? "unfinished"}`);
    if (e.verdict === "violated") verdict = "violated";
  }
  if (verdict === "safe" && incomplete.length > 0) verdict = "incomplete";
  cost.sort((a, b) => a.states - b.states);

  /** What breaks without the steps: the smallest scenarios first, and only those that run them and look at what they are about. */
  const breaks = (gone: readonly Candidate[]): { readonly breaks: string; readonly scenario: string } | undefined => {
    const scenarios = kit.scenarios(gone.reduce((s, x) => x.remove(s), set));
    for (const { n, runs, looksAt } of cost) {
      // What probe does is no start of its own: it shows in what the scenario begins with.
      if (!gone.some((x) => (x.obligation === "init" || runs.has(x.proc)) && concerns(x.obligation, looksAt))) continue;
      if (counts.explorations >= most) return undefined;
      const s = scenarios[n];
      if (s === undefined) continue;
      const e = (kit.explore ?? explore)(s, { budget });
      counts.states += e.states;
      counts.explorations++;
      if (e.violation !== undefined) return { breaks: e.violation.detail, scenario: s.name };
    }
    return undefined;
  };

  const scene: Scene = { set, names: kit.names, roles: rolesOf(set, kit.names) };
  const all = [...candidates(scene)];
  const obligations = OBLIGATIONS.map(({ id, name, vacuous }): ObligationResult => {
    const base = { id, name };
    if (verdict !== "safe")
      return {
        ...base,
        verdict: "not-proven",
        evidence: [],
        reason: verdict === "violated" ? "the set is not safe" : "not every scenario was finished",
      };
    const mine = all.filter((x) => x.obligation === id);
    const found: StepEvidence[] = [];
    const idle: Candidate[] = [];
    const seen = new Set<string>();
    for (const x of mine) {
      // One step of a kind in a procedure tells for the others.
      if (seen.has(x.kind)) continue;
      const broken = breaks([x]);
      if (broken === undefined) idle.push(x);
      else {
        seen.add(x.kind);
        found.push({ steps: [said(x)], ...broken });
      }
    }
    if (found.length > 0) return { ...base, verdict: "proved", evidence: found };
    const joint = idle.length > 1 ? jointly(idle, breaks) : undefined;
    if (joint !== undefined) return { ...base, verdict: "proved", evidence: [joint] };
    if (counts.explorations >= most)
      return { ...base, verdict: "not-proven", evidence: [], reason: `more than ${most} explorations` };
    return mine.length === 0
      ? { ...base, verdict: "proved", evidence: [], reason: vacuous }
      : {
          ...base,
          verdict: "not-proven",
          evidence: [],
          reason: "the explored scenarios stay safe without any of its steps: what they are for was not reached",
        };
  });
  return { verdict, obligations, ...counts, incomplete };
}

/** What a scenario has that steps can be about. */
interface View {
  readonly importers: boolean;
  readonly vmas: boolean;
}

function view(s: Scenario, kit: Kit): View {
  const has = (name: string): boolean => (s.classes.find((k) => k.name === name)?.count ?? 0) > 0;
  return { importers: has(kit.names.classes.attachment), vmas: has(kit.names.classes.vma) };
}

/** Is a scenario of that view where the loss of a step for the obligation would show? */
function concerns(id: ObligationId, v: View): boolean {
  if (id === "cpu") return v.vmas;
  if (v.vmas) return id === "before";
  return v.importers || id === "init" || id === "null" || id === "token" || id === "told" || id === "before";
}

/** The procedures that some start of the scenario comes to. */
const ran = (s: Scenario): Set<string> =>
  closure(
    { ...s.set, procs: { ...s.procs, ...s.set.procs } },
    s.threads.flatMap((t) => t.starts.map((x) => x.proc)),
  );

const said = (x: Candidate): StepEvidence["steps"][number] => ({ at: x.at, fn: x.fn, text: x.text });

/** Steps that stand in for one another: all of them gone breaks something; then as few as possible stay gone. */
function jointly(
  steps: readonly Candidate[],
  breaks: (gone: readonly Candidate[]) => { readonly breaks: string; readonly scenario: string } | undefined,
): StepEvidence | undefined {
  let broken = breaks(steps);
  if (broken === undefined) return undefined;
  let gone = [...steps];
  for (const x of steps) {
    const fewer = gone.filter((g) => g !== x);
    const still = fewer.length > 0 ? breaks(fewer) : undefined;
    if (still === undefined) continue;
    gone = fewer;
    broken = still;
  }
  return { steps: gone.map(said), ...broken };
}
