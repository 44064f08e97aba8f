// Judgements of findings: what a reader of the kernel's source said of each, kept in the project so that a later run can be held against them.
import type { Finding } from "./finding.ts";

/** true: a maintainer would mend it. false: there is nothing wrong. unclear: the source at hand can't tell; counts as false. */
export const VERDICTS = ["true", "false", "unclear"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judgement {
  readonly fingerprint: string;
  readonly rule: string;
  readonly file: string;
  readonly function: string;
  readonly verdict: Verdict;
  /** Why, in our own words, citing file:line of the tree that was read. */
  readonly reason: string;
  /** A second reader, who was given file and function but not the message: what they found there. Disagreement counts as false. */
  readonly second?: { readonly verdict: Verdict; readonly says: string };
}

export interface Judgements {
  /** The version that was read. */
  readonly tree: string;
  readonly judgements: readonly Judgement[];
}

/** Reads a file of judgements. Throws with what is wrong in it. */
export function parseJudgements(text: string): Judgements {
  const read = JSON.parse(text) as Judgements;
  if (typeof read.tree !== "string" || !Array.isArray(read.judgements)) throw new Error("no tree, or no judgements");
  const seen = new Set<string>();
  for (const each of read.judgements) {
    for (const key of ["fingerprint", "rule", "file", "function", "reason"] as const)
      if (typeof each[key] !== "string" || each[key] === "") throw new Error(`${each.fingerprint}: no ${key}`);
    if (!VERDICTS.includes(each.verdict)) throw new Error(`${each.fingerprint}: no verdict ${String(each.verdict)}`);
    if (seen.has(each.fingerprint)) throw new Error(`${each.fingerprint}: judged twice`);
    seen.add(each.fingerprint);
  }
  return read;
}

/** Whether the finding holds: said to be true, and by the second reader too where there is one. */
export const holds = ({ verdict, second }: Judgement): boolean =>
  verdict === "true" && (second === undefined || second.verdict === "true");

export interface Held {
  readonly rule: string;
  /** Judged findings that are still said: how many of them hold. */
  readonly said: number;
  readonly right: number;
  /** Judged to hold and not said any more: a regression, or mended in this tree. */
  readonly lost: readonly Judgement[];
  /** Judged not to hold and not said any more. */
  readonly gone: number;
  /** Said and not judged. */
  readonly open: number;
}

/** The same finding said at another line of its function: a judgement without its finding, and a finding without a judgement. */
const alike = (a: Finding, b: Judgement): boolean =>
  a.rule === b.rule && a.file === b.file && a.function === b.function;

/** Findings with their judgements: by fingerprint, else one to one by rule, file and function. */
export function matched(findings: readonly Finding[], judged: readonly Judgement[]): ReadonlyMap<string, Judgement> {
  const exact = new Map(judged.map((each) => [each.fingerprint, each]));
  const found = new Map<string, Judgement>();
  for (const { fingerprint } of findings) {
    const judgement = exact.get(fingerprint);
    if (judgement !== undefined) found.set(fingerprint, judgement);
  }
  const taken = new Set(found.values());
  for (const finding of findings) {
    if (found.has(finding.fingerprint)) continue;
    const moved = judged.find((each) => !taken.has(each) && alike(finding, each));
    if (moved === undefined) continue;
    found.set(finding.fingerprint, moved);
    taken.add(moved);
  }
  return found;
}

/** Findings held against judgements, by rule. */
export function hold(findings: readonly Finding[], judged: readonly Judgement[]): readonly Held[] {
  const known = matched(findings, judged);
  const said = new Set([...known.values()].map(({ fingerprint }) => fingerprint));
  const rules = [...new Set([...findings, ...judged].map(({ rule }) => rule))].sort();
  return rules.map((rule) => {
    const of = judged.filter((each) => each.rule === rule);
    const still = of.filter(({ fingerprint }) => said.has(fingerprint));
    const not = of.filter(({ fingerprint }) => !said.has(fingerprint));
    return {
      rule,
      said: still.length,
      right: still.filter(holds).length,
      lost: not.filter(holds),
      gone: not.filter((each) => !holds(each)).length,
      open: findings.filter((each) => each.rule === rule && !known.has(each.fingerprint)).length,
    };
  });
}

/** The table of a later run, and what was lost. */
export function showHeld(held: readonly Held[]): string {
  const percent = (right: number, said: number): string =>
    said === 0 ? "-" : `${((100 * right) / said).toFixed(0)} %`;
  const row = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(24)}${cells.map((cell) => String(cell).padStart(8)).join("")}`;
  const sum = (key: "said" | "right" | "gone" | "open"): number => held.reduce((n, each) => n + each[key], 0);
  const lost = held.flatMap((each) => each.lost);
  return [
    row("rule", ["judged", "right", "", "lost", "gone", "open"]),
    ...held.map((h) => row(h.rule, [h.said, h.right, percent(h.right, h.said), h.lost.length, h.gone, h.open])),
    row("all", [sum("said"), sum("right"), percent(sum("right"), sum("said")), lost.length, sum("gone"), sum("open")]),
    "",
    ...lost.map((each) => `lost: ${each.rule} ${each.file} ${each.function}(): ${each.reason}`),
    ...(lost.length > 0 ? [""] : []),
  ].join("\n");
}
