// Runs the cases through a checker and scores them. What runs one case is passed in, so that it can be a worker process or a test's own.
import type { CheckerAnswer, Checker, Finding } from "./checker.ts";
import { nameOf, prepare, type Case, type Prepared } from "./cases.ts";
import type { Family } from "./families.ts";
import { freshOf, judge, keysOf, place, counts, type Placed, type Scored } from "./score.ts";
import { SILENT } from "./mutant.ts";
import type { Loaded } from "./tree.ts";

/** What came of one case before it is scored. */
export interface Raw {
  readonly answer: CheckerAnswer | undefined;
  readonly disguised: Prepared["disguised"];
  readonly applies: boolean;
  readonly ms: number;
  readonly error?: string;
  readonly overBudget?: true;
}

const NOTHING: Prepared["disguised"] = { changes: 0, functions: {}, moved: {}, skipped: [] };

/** Prepares and checks one case here and now. Never throws. `budget`: milliseconds; a check that took longer is marked. */
export async function runCase(c: Case, loaded: Loaded, checker: Checker, budget: number): Promise<Raw> {
  const started = performance.now();
  let prepared: Prepared | undefined;
  try {
    prepared = prepare(c, loaded.files, loaded.context);
    const { disguised, applies } = prepared;
    if (!applies) return { answer: undefined, disguised, applies, ms: 0 };
    const answer = await answerOf(checker, prepared.overlay, c);
    const ms = performance.now() - started;
    return { answer, disguised, applies, ms, ...(ms > budget ? { overBudget: true as const } : {}) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      answer: undefined,
      disguised: prepared?.disguised ?? NOTHING,
      applies: true,
      ms: performance.now() - started,
      error: message,
    };
  }
}

/** The rules that the sound code of a family breaks, asked once for each checker. */
const soundRules = new WeakMap<Checker, Map<string, Promise<readonly string[]>>>();

function rulesOfSound(checker: Checker, family: Case["family"]): Promise<readonly string[]> {
  const known = soundRules.get(checker) ?? new Map<string, Promise<readonly string[]>>();
  soundRules.set(checker, known);
  const rules = known.get(family) ?? checker({}, family).then((a) => a.findings.filter(counts).map((f) => f.rule));
  known.set(family, rules);
  return rules;
}

/** All findings; of a planted bug that is among the first ones, those. Whether what is found is new and in its place, scoring tells. */
async function answerOf(
  checker: Checker,
  overlay: Prepared["overlay"],
  { mutant, family }: Case,
): Promise<CheckerAnswer> {
  if (mutant !== undefined && mutant.expect !== SILENT) {
    const sound = await rulesOfSound(checker, family);
    const most = sound.length + 1;
    const first = sound.includes(mutant.expect) ? undefined : await checker(overlay, family, most);
    const isFound = first?.findings.some((f) => f.rule === mutant.expect && counts(f)) === true;
    if (first !== undefined && (isFound || first.findings.length < most)) return first;
  }
  return checker(overlay, family);
}

/** A finding under its names of before the disguise. */
function named(placed: Placed): Finding {
  return { ...placed.finding, fn: placed.fns.join("|") };
}

/** Scores cases in order; the sound code of a family must come before its planted bugs, and each disguise's before those under it. */
export function scoreAll(cases: readonly Case[], raws: readonly Raw[], families: readonly Family[]): Scored[] {
  const sound = new Map<string, readonly Placed[]>();
  return cases.map((c, i) => {
    const raw = raws[i];
    const family = families.find((f) => f.id === c.family);
    const disguise = c.disguise?.id ?? "none";
    const base = {
      family: c.family,
      mutant: c.mutant?.id ?? "sound",
      row: c.mutant?.row ?? "",
      expect: c.mutant?.expect ?? SILENT,
      doubtful: c.mutant?.doubt !== undefined,
      disguise,
      ms: raw?.ms ?? 0,
    };
    const none = { findings: [], fresh: [], lost: [], incomplete: [] };
    if (!raw || !family) return { ...base, ...none, outcome: "failed", note: `${nameOf(c)} was not run` };
    if (!raw.applies) return { ...base, ...none, outcome: "not-applicable", note: raw.disguised.skipped.join("; ") };
    if (raw.error !== undefined) return { ...base, ...none, outcome: "failed", note: raw.error };
    if (!raw.answer) return { ...base, ...none, outcome: "over-budget" };
    const placed = raw.answer.findings.map((f) => place(f, raw.disguised, family));
    const plainSound = sound.get(`${c.family} none`) ?? [];
    if (!c.mutant) sound.set(`${c.family} ${disguise}`, placed);
    const isBaseline = !c.mutant && !c.disguise;
    const known = isBaseline
      ? keysOf(placed)
      : keysOf([...plainSound, ...(c.mutant ? (sound.get(`${c.family} ${disguise}`) ?? []) : [])]);
    const fresh = freshOf(placed, known);
    const now = keysOf(placed);
    const lost = plainSound.filter((p) => counts(p.finding) && !p.fns.some((fn) => now.has(`${p.finding.rule} ${fn}`)));
    return {
      ...base,
      outcome: raw.overBudget ? "over-budget" : judge(c.mutant, fresh),
      findings: placed.filter((p) => counts(p.finding)).map(named),
      fresh: fresh.map(named),
      lost: lost.map((p) => `${p.finding.rule} ${p.fns.join("|")}`),
      incomplete: raw.answer.incomplete,
    };
  });
}
