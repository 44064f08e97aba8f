// Diagnosis: what is missing where an exploration is violated. Repairs are tried one by one, then together and taken away again while all stays well; what remains is
// what was wrong. What no repair speaks of is named by who broke what.
import { explore, exploreMinimal } from "../../model/unplug/explore.ts";
import type { Executed, Exploration, ModelViolation } from "../../model/unplug/explore.ts";
import type { Explore } from "../../model/unplug/explorer.ts";
import type { UnplugNames } from "../../model/unplug/names.ts";
import type { Scenario } from "../../model/unplug/scenario.ts";
import type { At, E, FieldId, Ins, Proc, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { direct, isLife } from "./direct.ts";
import { endings } from "./endings.ts";
import { repairs } from "./repair.ts";
import type { Repair, Scene } from "./patch.ts";
import { rolesOf, waitsFor } from "./roles.ts";

/** What diagnosis gets from the environment. */
export interface Kit {
  readonly names: UnplugNames;
  /** Does the framework end sessions before the driver? Without: it does not. */
  readonly sessions?: boolean;
  /** The scenarios of a set, the same number in the same order for every edit of a set. */
  scenarios(set: SkeletonSet): readonly Scenario[];
  /** How scenarios are explored, where not simply by exploring. */
  readonly explore?: Explore;
}

export interface UnplugFinding {
  readonly rule: string;
  readonly message: string;
  readonly fn: string;
  readonly at: At | undefined;
  readonly scenario: string;
  readonly violation: ModelViolation;
  /** Abilities of the environment that the witness uses. */
  readonly abilities: readonly string[];
  /** Rules whose repairs were in place when this one showed: the witness is of the code with those. */
  readonly given: readonly string[];
  /** likely: no repair confirmed the cause. */
  readonly confidence: "proved" | "likely";
}

export interface Diagnosis {
  readonly verdict: Exploration["verdict"];
  readonly findings: readonly UnplugFinding[];
  /** Scenarios that could not be finished, and why. */
  readonly incomplete: readonly string[];
  readonly states: number;
  readonly explorations: number;
  /** The set with every repair that was applied. */
  readonly repaired: SkeletonSet;
}

export interface DiagnoseOptions {
  /** States of one exploration. */
  readonly budget?: number;
  /** Stops after so many findings. */
  readonly findings?: number;
  /** Looks for a witness of each finding that needs as few abilities of the environment as possible; costs some more explorations. */
  readonly minimal?: boolean;
}

/** States of one exploration while diagnosing; real scenarios need under 30,000, and repairs that wait more up to three times as many. */
const BUDGET = 400_000;
/** Repairs of one scenario: the first merged form of the largest exporter needed five. */
const ROUNDS = 8;

/** Explains every violation of a set. Deterministic. */
export function diagnose(set: SkeletonSet, kit: Kit, options: DiagnoseOptions = {}): Diagnosis {
  const budget = options.budget ?? BUDGET;
  const findings: UnplugFinding[] = [];
  const unsure: UnplugFinding[] = [];
  const incomplete: string[] = [];
  const counts = { states: 0, explorations: 0 };
  const run = (s: Scenario): Exploration => {
    const e = (kit.explore ?? explore)(s, { budget });
    counts.states += e.states;
    counts.explorations++;
    return e;
  };
  let now = set;
  let scenarios = kit.scenarios(now);
  const enough = (): boolean => findings.length >= (options.findings ?? Infinity);
  for (let n = 0; n < scenarios.length && !enough(); n++) {
    for (let round = 0; round < ROUNDS && !enough(); round++) {
      const scenario = scenarios[n]!;
      const e = run(scenario);
      if (e.verdict === "incomplete") incomplete.push(`${scenario.name}: ${e.reason ?? "unfinished"}`);
      if (e.violation === undefined) break;
      const given = findings.map((x) => x.rule);
      const found = (
        rule: string,
        message: string,
        fn: string,
        at: At | undefined,
        confidence: UnplugFinding["confidence"],
      ): void => {
        const known = confidence === "likely" ? [...findings, ...unsure] : findings;
        if (known.some((x) => x.rule === rule && x.fn === fn)) return;
        const w = options.minimal === true ? exploreMinimal(scenario, { budget }) : undefined;
        counts.explorations += w?.runs ?? 0;
        const same = w?.exploration.violation !== undefined;
        (confidence === "likely" ? unsure : findings).push({
          rule,
          message,
          fn,
          at,
          confidence,
          scenario: scenario.name,
          violation: (same ? w.exploration.violation : e.violation)!,
          abilities: same ? w.needed : e.abilitiesUsed,
          given,
        });
      };
      const cause = explain({ set: now, kit, scenario, n, e, run });
      for (const x of cause.repairs) found(x.rule, x.message, x.fn, x.at, "proved");
      if (cause.direct !== undefined) {
        const { rule, message, fn, at, confidence } = cause.direct;
        found(rule, message, fn, at, confidence);
      }
      if (cause.repairs.length === 0) break;
      now = cause.repairs.reduce((s, x) => x.apply(s), now);
      scenarios = kit.scenarios(now);
    }
  }
  findings.push(...mostTelling(kit, unsure, findings));
  const verdict = findings.length > 0 ? "violated" : incomplete.length > 0 ? "incomplete" : "safe";
  return { verdict, findings, incomplete, ...counts, repaired: now };
}

/**
 * Of what no repair explains, one finding about each: the CPU's mappings, the device's, and the objects' lives. A DMA mapping that outlives its bound tells more than
 * whoever else is late. What nothing explains beside what something does of the same kind is most often the same defect.
 */
function mostTelling(
  kit: Kit,
  unsure: readonly UnplugFinding[],
  findings: readonly UnplugFinding[],
): readonly UnplugFinding[] {
  const concern = (x: UnplugFinding) => kit.names.concerns[x.violation.what];
  const kind = (x: UnplugFinding) => (concern(x) === "pte" ? "cpu" : isLife(x.violation.what) ? "life" : "dma");
  return (["cpu", "dma", "life"] as const).flatMap((k) => {
    if (findings.some((x) => kind(x) === k)) return [];
    const some = unsure.filter((x) => kind(x) === k);
    const best = some.find((x) => concern(x) === "mapping") ?? some[0];
    return best === undefined || (k === "life" && findings.length > 0) ? [] : [best];
  });
}

/** The invariant that no attachment has the field set. */
function never(name: string, field: FieldId, importers: number): Scenario["invariants"][number] {
  const each = Array.from({ length: importers }, (_, i): E => ({ k: "f", f: field, o: { k: "c", v: i + 1 } }));
  return { name, holds: { k: "not", e: each.reduce<E>((l, r) => ({ k: "bin", op: "||", l, r }), { k: "c", v: 0 }) } };
}

interface Case {
  readonly set: SkeletonSet;
  readonly kit: Kit;
  readonly scenario: Scenario;
  /** The number of the scenario. */
  readonly n: number;
  readonly e: Exploration;
  readonly run: (s: Scenario) => Exploration;
}

export interface Direct {
  readonly rule: string;
  readonly message: string;
  readonly fn: string;
  readonly at: At | undefined;
  readonly confidence: "proved" | "likely";
}

function explain(x: Case): { readonly repairs: readonly Repair[]; readonly direct?: Direct } {
  const { set, kit, e } = x;
  const v = e.violation!;
  const scene: Scene = { set, names: kit.names, roles: rolesOf(set, kit.names) };
  const named = direct(scene, x.scenario, v);
  const costs = named === undefined ? undefined : beyondAssertion(x, v);
  if (costs !== undefined) return costs;
  if (named !== undefined) return { repairs: [], direct: named };
  const kind =
    kit.names.concerns[v.what] === "mapping" || kit.names.concerns[v.what] === "provider"
      ? "mapping"
      : v.what === "cannot-finish"
        ? "hang"
        : "count";
  const candidates = repairs(scene, kind, stuckUnderLock(scene, v));
  const safe = (chosen: readonly Repair[]): boolean => {
    const scenario = kit.scenarios(chosen.reduce((s, y) => y.apply(s), set))[x.n];
    return scenario !== undefined && x.run(scenario).verdict === "safe";
  };
  for (const y of candidates) if (safe([y])) return { repairs: [y] };
  let rule: string | undefined;
  const last = [...endings(scene, () => (rule ??= ending(x, v)))];
  for (const y of last) if (safe([y])) return { repairs: [y] };
  const all = minimal([...candidates, ...last], safe);
  return all.length > 0
    ? { repairs: all }
    : { repairs: [], direct: { ...unexplained(scene, v, kit.sessions === true), confidence: "likely" } };
}

/**
 * A lock that the driver's own code says is held, and is not: what that costs tells more than the assertion, where the PTEs that the lock keeps out show it. Undefined
 * where the violation is no such assertion, or nothing comes of it.
 */
function beyondAssertion(x: Case, v: ModelViolation): ReturnType<typeof explain> | undefined {
  const last = v.ran.findLast((y) => y.ins !== undefined)?.ins;
  if (v.what !== "lock-not-held" || last?.op !== "assertHeld") return undefined;
  const { set, kit } = x;
  const procs = Object.entries(set.procs).map(([name, p]): [string, Proc] => [
    name,
    {
      ...p,
      code: p.code.map((i, n) =>
        i.op === "assertHeld" && i.f === last.f && sameAt(i.at, last.at) ? { op: "jmp", to: n + 1 } : i,
      ),
    },
  ]);
  const bare = { ...set, procs: Object.fromEntries(procs) };
  const scenario = kit.scenarios(bare)[x.n];
  if (scenario === undefined) return undefined;
  const e = x.run(scenario);
  if (e.violation === undefined || kit.names.concerns[e.violation.what] !== "pte") return undefined;
  return explain({ ...x, set: bare, scenario, e });
}

/** All together, then without one after another of them, the last first: what cannot be taken away is what is missing. */
function minimal(candidates: readonly Repair[], safe: (chosen: readonly Repair[]) => boolean): readonly Repair[] {
  if (candidates.length < 2 || !safe(candidates)) return [];
  let kept = [...candidates];
  for (const y of [...candidates].reverse()) {
    const fewer = kept.filter((k) => k !== y);
    if (fewer.length > 0 && safe(fewer)) kept = fewer;
  }
  return kept;
}

/** The wait of a hang, where its thread holds the reservation lock. */
function stuckUnderLock({ set, names, roles }: Scene, v: ModelViolation): Ins | undefined {
  const first = v.blocked?.[0];
  if (first === undefined) return undefined;
  const thread = v.ran.findLast((x) => x.start === first.thread)?.thread;
  let held = 0;
  for (const { thread: t, ins } of v.ran) {
    if (t !== thread || ins === undefined || (ins.op !== "lock" && ins.op !== "unlock") || ins.f !== names.fields.resv)
      continue;
    held += ins.op === "lock" ? 1 : -1;
  }
  if (held <= 0) return undefined;
  for (const proc of roles.teardown)
    for (const i of set.procs[proc]?.code ?? [])
      if (
        (i.op === "waitDone" || i.op === "await") &&
        (i.at === first.at || waitsFor(i, roles)) &&
        sameAt(i.at, first.at)
      )
        return i;
  return undefined;
}

const sameAt = (a: At | undefined, b: At | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.fn === b.fn && a.span?.start === b.span?.start);

/**
 * Which rule an ending without revocation breaks: where it can tell importers at all, it has passed over a buffer; where it can't, the buffers outlive the session,
 * or are mapped while the device is cut off at run time.
 */
function ending(x: Case, v: ModelViolation): string {
  const { set, kit, scenario, run } = x;
  const { attachment } = kit.names.classes;
  const last: Executed | undefined = v.ran.findLast((x) => x.ins !== undefined);
  const who = last?.start;
  const importers = scenario.classes.find((k) => k.name === attachment)?.count ?? 0;
  const others = new Set(set.roots.filter((r) => r.kind === "revoke" || r.kind === "retire").map((r) => r.proc));
  const alone: Scenario = {
    ...scenario,
    threads: scenario.threads.map((t) => ({
      ...t,
      starts: t.starts.filter((s) => s.name === who || !others.has(s.name)),
    })),
    invariants: [never("told", kit.names.fields.notified, importers)],
    progress: [],
  };
  if (who !== undefined && others.has(who) && reopened(x, v, who)) return "dma-buf/maps-while-isolated";
  if (run(alone).violation?.what === "told") return "dma-buf/not-invalidated";
  if (who !== undefined && others.has(who)) return "dma-buf/maps-while-isolated";
  return kit.sessions === true ? "dma-buf/outlives-session" : "dma-buf/not-invalidated";
}

/** Has the start that cuts the device off shut a gate, and opened it again before? */
function reopened({ set, kit }: Case, v: ModelViolation, who: string): boolean {
  const roles = rolesOf(set, kit.names);
  const stores = v.ran.flatMap((x) =>
    x.start === who && x.ins?.op === "store" && roles.gates.has(x.ins.f) ? [x.ins] : [],
  );
  const shut = stores.findIndex((i) => roles.closes(i));
  return shut >= 0 && stores.slice(shut + 1).some((i) => !roles.closes(i));
}

/** No repair helps: the rule that the violation is nearest to, with the violation for a message. */
function unexplained({ set, names, roles }: Scene, v: ModelViolation, sessions: boolean): Omit<Direct, "confidence"> {
  const last = v.ran.findLast((x) => set.procs[x.ins?.at?.fn ?? ""] !== undefined);
  const { blocked, what, detail } = v;
  const spent =
    (what === "get-on-zero" || what === "put-below-zero" || what === "reinit-of-live-count") &&
    roles.counter !== undefined;
  // What is still mapped, or may still begin to map, because nobody has told it to stop.
  const begins = v.ran.findLast((x) => x.ins !== undefined)?.ins;
  const maps = names.concerns[what] === "mapping" || (begins?.op === "act" && begins.act === names.acts.mapBegin);
  const untold = maps && !v.ran.some((x) => x.ins?.at?.fn === names.procs.invalidate);
  const rule =
    names.concerns[what] === "provider" && !untold
      ? "provider/use-after-revoke"
      : spent
        ? "dma-buf/revoke-not-idempotent"
        : blocked !== undefined
          ? "dma-buf/drain-never-ends"
          : untold && sessions
            ? "dma-buf/outlives-session"
            : "dma-buf/not-invalidated";
  return { rule, message: detail, fn: last?.ins?.at?.fn ?? last?.start ?? "", at: last?.ins?.at };
}
