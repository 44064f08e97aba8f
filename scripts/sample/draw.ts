// Draws findings for judging: from every rule that speaks at least five, or all there are, and the rest from all of them alike.
import { random, shuffled } from "../plant/random.ts";
import type { Finding } from "./finding.ts";

/** The least that is drawn of each rule. */
export const LEAST = 5;

/** `count` findings, more where the rules need it. The same findings and seed draw the same. */
export function drawFindings(findings: readonly Finding[], seed: number, count: number): readonly Finding[] {
  const next = random(seed);
  const all = shuffled(findings, next);
  const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
  const drawn = new Set(rules.flatMap((rule) => all.filter((each) => each.rule === rule).slice(0, LEAST)));
  for (const each of all) {
    if (drawn.size >= count) break;
    drawn.add(each);
  }
  return [...drawn].sort((a, b) => order(a.rule, b.rule) || order(a.file, b.file) || a.line - b.line);
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** One finding for a reader: what is said, the witness by lines, and where the function stands. */
export function showFinding(n: number, each: Finding, span: (each: Finding) => string): string {
  return [
    `${n}. ${each.rule} (${each.level}) ${each.file}:${each.line} ${each.function}()`,
    `   ${each.message}`,
    `   fingerprint ${each.fingerprint}`,
    ...each.witness.map((step, i) => {
      const at = step.line === undefined ? "" : ` ${step.file === each.file ? "" : step.file}:${step.line}`;
      return `   (${i + 1})${at} ${step.text}`;
    }),
    `   read ${span(each)}`,
    "",
  ].join("\n");
}

/** The same for a second reader, who is told the place alone. */
export const showBlind = (n: number, each: Finding, span: (each: Finding) => string): string =>
  `${n}. ${each.function}() in ${span(each)}\n`;
