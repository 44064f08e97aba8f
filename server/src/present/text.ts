// A report for a terminal: each finding with its reason, its numbered witness and its diagram; proofs with what discharges them; what was not seen.
import { isTold } from "../base/essence.ts";
import type { Incomplete } from "../base/result.ts";
import type { Needed, Explored } from "../findings/finding.ts";
import type { Place, PlacedFinding, PlacedProof, PlacedStep, SettledReport, Totals } from "../findings/report.ts";
import { cited, sequence } from "../model/draw.ts";
import { plainSequence } from "../model/draw-plain.ts";

export interface TextOptions {
  /** Proofs in full; without it they are only counted. */
  readonly proofs?: boolean;
  /** How many things that were not seen are listed; the rest is counted. */
  readonly unseen?: number;
}

/** Enough to see what kind of thing is missing; JSON has them all. */
const UNSEEN = 20;

/** Findings, proofs where asked for, what was not seen, and the totals. Ends with a newline. */
export function renderText(report: SettledReport, options: TextOptions = {}): string {
  const blocks = [
    ...report.findings.map(renderFinding),
    ...(options.proofs === true ? report.proofs.map(renderProof) : []),
    ...renderUnseen(report.incomplete, options.unseen ?? UNSEEN),
    `${summary(report.totals)}\n`,
  ];
  return blocks.join("\n");
}

/** One finding: place, message and rule in the first line, so that it carries the whole verdict. One actor alone needs no diagram. */
export function renderFinding(placed: PlacedFinding): string {
  const { finding, level, code } = placed;
  const status = finding.status === undefined ? "" : ` (${finding.status})`;
  return [
    `${place(placed)}: ${level}: ${finding.message} [${finding.rule}]${status}`,
    ...(code === "" ? [] : [`    ${code}`]),
    `  why: ${finding.because}`,
    `  do: ${finding.advice}`,
    ...renderWitness(placed.witness),
    ...finding.abilities.map(renderAbility),
    ...given(finding.assumptions, finding.contracts, finding.explored),
    "",
    ...(sequence(finding.witness).lanes.length > 1 ? [plainSequence(finding.witness)] : []),
  ].join("\n");
}

/** The steps by who takes them, numbered from 1; the offending ones are marked with `!`. A long witness is shown without the steps that tell nothing, and says so. */
export function renderWitness(witness: readonly PlacedStep[]): readonly string[] {
  const violations = witness.some(({ step }) => step.kind === "violation");
  const told = isTold(witness.map(({ step }) => step));
  const shown = witness.flatMap((each, index) => {
    const bad = each.step.kind === "violation" || (!violations && index === witness.length - 1);
    return bad || told(index) ? [{ ...each, index, bad }] : [];
  });
  const who = ({ step }: PlacedStep): string => `${step.actor}${step.thread === undefined ? "" : ` (${step.thread})`}`;
  const lines = shown.flatMap((each, n): string[] => {
    const { step, place: at, index, bad } = each;
    const start = `  ${bad ? "!" : " "}${String(index + 1).padStart(2)}. `;
    const where = at === undefined ? "" : `${place(at)}${step.fn === undefined ? "" : ` ${step.fn}()`}: `;
    const said = `${step.text}${cited(step)}`;
    const [goesOn, isMore] = [shown[n - 1], shown[n + 1]].map((x) => x !== undefined && who(x) === who(each));
    if (goesOn === true) return [`${start}  ${where}${said}`];
    if (step.text === `${step.thread ?? ""} begins`) return [`${start}${who(each)} begins`];
    if (isMore !== true) return [`${start}${where}${who(each)}: ${said}`];
    return [`${"".padEnd(start.length)}${who(each)}:`, `${start}  ${where}${said}`];
  });
  const all =
    shown.length === witness.length ? "" : ` (${shown.length} of ${witness.length} steps; --format json has all)`;
  return [`  witness${all}:`, ...lines];
}

/** One proof: the verdict on the whole, then each obligation with its evidence or its reason. */
export function renderProof(placed: PlacedProof): string {
  const { proof, verdict, obligations } = placed;
  const mark = { proved: "+", violated: "!", "not-proven": "?" } as const;
  return [
    `${place(placed)}: ${verdict.replace("-", " ")}: ${proof.resource}; bound: ${proof.bound}`,
    ...obligations.flatMap(({ obligation, evidence }) => [
      `  ${mark[obligation.verdict]} ${obligation.name}${why(obligation)}`,
      ...evidence.map(({ evidence: each, place: at }) =>
        each.kind === "contract"
          ? `      contract: ${each.text} [${each.source}]`
          : `      ${at === undefined ? "" : `${place(at)} `}${each.fn}(): ${each.text}`,
      ),
    ]),
    ...given(proof.assumptions, proof.contracts, proof.explored),
    "",
  ].join("\n");
}

function why(obligation: PlacedProof["obligations"][number]["obligation"]): string {
  if (obligation.verdict === "not-proven") return `: not proven: ${obligation.reason}`;
  return obligation.verdict === "violated" ? `: see ${obligation.rule}` : "";
}

const renderAbility = (each: Needed): string => `  needs: ${each.text} [${each.standing}: ${each.source}]`;

function given(
  assumptions: readonly string[],
  contracts: readonly string[],
  explored: Explored | undefined,
): readonly string[] {
  return [
    ...assumptions.map((each) => `  assumes: ${each}`),
    ...contracts.map((each) => `  contract: ${each}`),
    ...(explored === undefined ? [] : [`  explored: ${renderExplored(explored)}`]),
  ];
}

/** "2148 states for up to buffers 2, importers 2": what was sampled is said to be. */
export function renderExplored(explored: Explored): string {
  const instances = Object.entries(explored)
    .filter(([name]) => name !== "states")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`);
  return `${count(explored.states, "state")}${instances.length === 0 ? "" : ` for up to ${instances.join(", ")}`}`;
}

/** What was not seen, up to `most` of it. */
export function renderUnseen(incomplete: readonly Incomplete[], most: number): readonly string[] {
  if (incomplete.length === 0) return [];
  const lines = incomplete
    .slice(0, most)
    .map(({ file, line, why: reason }) => `${file}${line === 0 ? "" : `:${line}`}: not seen: ${reason}`);
  if (incomplete.length > most) lines.push(`and ${incomplete.length - most} more that were not seen`);
  return [`${lines.join("\n")}\n`];
}

/** One line of totals. */
export function summary(totals: Totals): string {
  const seen = Object.entries(totals.seen)
    .filter(([, number]) => number > 0)
    .map(([name, number]) => `${number} ${name}`);
  return [
    `${count(totals.errors, "error")}, ${count(totals.warnings, "warning")}${totals.suppressed === 0 ? "" : `, ${totals.suppressed} suppressed`}`,
    `${count(totals.proved, "resource")} proved, ${totals.violated} violated, ${totals.notProven} not proven`,
    ...(totals.incomplete === 0 ? [] : [`${count(totals.incomplete, "place")} not seen`]),
    ...(seen.length === 0 ? [] : [`looked at ${seen.join(", ")}`]),
  ].join("; ");
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** file:line:column, as compilers say it; the file alone where the place is not known. */
export const place = ({ file, line, column }: Place): string => (line === 0 ? file : `${file}:${line}:${column}`);
