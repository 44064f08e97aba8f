// The tables that recall prints: what was found per planted bug, per disguise and in all, as plain text.
import { SILENT } from "./mutant.ts";
import type { Finding } from "./checker.ts";
import type { Outcome, Scored } from "./score.ts";

const MARKS: Readonly<Record<Outcome, string>> = {
  found: "F",
  missed: ".",
  "wrong-rule": "r",
  "wrong-place": "p",
  silent: "s",
  "false-alarm": "!",
  "not-applicable": "-",
  "over-budget": "t",
  failed: "x",
};

export interface Tally {
  /** Cases that expect a finding and were tried. */
  readonly bugs: number;
  readonly found: number;
  readonly missed: number;
  readonly wrongRule: number;
  readonly wrongPlace: number;
  /** Cases that expect silence and were tried. */
  readonly quiet: number;
  readonly falseAlarms: number;
  readonly overBudget: number;
  readonly failed: number;
  readonly notApplicable: number;
}

/** Counts outcomes. Bugs that the disguise does not apply to are in neither denominator; failures and overruns are, as not found. */
export function tally(scored: readonly Scored[]): Tally {
  const count = (outcome: Outcome, of = scored): number => of.filter((s) => s.outcome === outcome).length;
  const tried = scored.filter((s) => s.outcome !== "not-applicable");
  const bugs = tried.filter((s) => s.expect !== SILENT);
  return {
    bugs: bugs.length,
    found: count("found"),
    missed: count("missed"),
    wrongRule: count("wrong-rule"),
    wrongPlace: count("wrong-place"),
    quiet: tried.length - bugs.length,
    falseAlarms: count("false-alarm"),
    overBudget: count("over-budget"),
    failed: count("failed"),
    notApplicable: count("not-applicable"),
  };
}

/** Percent with one decimal; "-" of nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)}%`;
}

function row(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((c, i) => (i === 0 ? c.padEnd(widths[i] ?? 0) : c.padStart(widths[i] ?? 0)))
    .join("  ")
    .trimEnd();
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => (r[i] ?? "").length)));
  return [
    row(head, widths),
    row(
      widths.map((w) => "-".repeat(w)),
      widths,
    ),
    ...rows.map((r) => row(r, widths)),
  ];
}

function tallyRow(name: string, t: Tally): string[] {
  const cells = [t.bugs, t.found, t.missed, t.wrongRule, t.wrongPlace, t.overBudget, t.failed, t.notApplicable].map(
    String,
  );
  return [name, ...cells, percent(t.found, t.bugs), `${t.falseAlarms}/${t.quiet}`];
}

const HEAD = [
  "",
  "bugs",
  "found",
  "missed",
  "wrong rule",
  "wrong place",
  "over",
  "failed",
  "n/a",
  "recall",
  "false alarms",
];

/** One line a finding or note: what stands behind each mark that is neither F nor s. */
function details(scored: readonly Scored[]): string[] {
  const wanted = scored.filter((s) => !["found", "silent", "not-applicable"].includes(s.outcome));
  return wanted.flatMap((s) => [
    `${s.mutant === "sound" ? `${s.family}/sound` : s.mutant} as ${s.disguise}: ${s.outcome}, expected ${s.expect}`,
    ...(s.note === undefined || s.note === "" ? [] : [`    ${s.note}`]),
    ...listed(s.fresh),
    ...s.incomplete.slice(0, 3).map((line) => `    incomplete: ${line}`),
  ]);
}

/** The table that asks for the mutants, undisguised: found of tried per row and family. */
function byRow(undisguised: readonly Scored[]): string[] {
  const families = [...new Set(undisguised.map((s) => s.family))];
  const rows = [...new Set(undisguised.map((s) => s.row))];
  const cell = (row: string, family: string): string => {
    const own = undisguised.filter((s) => s.row === row && s.family === family);
    if (own.length === 0) return "none";
    const right = own.filter((s) => s.outcome === "found" || s.outcome === "silent").length;
    const silent = own.every((s) => s.expect === SILENT);
    return `${right}/${own.length} ${silent ? "silent" : "found"}`;
  };
  return table(
    ["", ...families],
    rows.map((row) => [row, ...families.map((f) => cell(row, f))]),
  );
}

function listed(findings: readonly Finding[]): string[] {
  return findings.map((f) => `    ${f.level} ${f.rule} in ${f.fn} (${f.file}:${f.line})`);
}

/** The whole report. Says nothing of time, so that equal results print equal text. */
export function report(scored: readonly Scored[], version: string): string {
  const disguises = [...new Set(scored.map((s) => s.disguise))];
  const mutants = [...new Set(scored.filter((s) => s.mutant !== "sound").map((s) => s.mutant))];
  const bugs = scored.filter((s) => s.mutant !== "sound");
  const of = (mutant: string, disguise: string): Scored | undefined =>
    scored.find((s) => s.mutant === mutant && s.disguise === disguise);
  const lines = [`Recall of planted bugs, Linux ${version}`, ""];
  lines.push(
    "New: an error or warning whose rule and function the sound code does not show, neither as it is nor under the same disguise.",
    "Found: new, with the rule expected, in a function of the mutant. Recall: found of all that expect a finding and to which the disguise applies.",
    "F found  . missed  r wrong rule  p wrong place  s silent, rightly  ! false alarm  - does not apply  t over budget  x failed  ? doubtful",
    "",
    "Per planted bug",
  );
  const matrix = mutants.map((mutant) => {
    const own = bugs.filter((s) => s.mutant === mutant);
    const [first] = own;
    const t = tally(own);
    const marks = disguises.map((d) => MARKS[of(mutant, d)?.outcome ?? "not-applicable"]).join("");
    const rate = first?.expect === SILENT ? percent(t.quiet - t.falseAlarms, t.quiet) : percent(t.found, t.bugs);
    return [`${mutant}${first?.doubtful ? " ?" : ""}`, first?.expect ?? "", marks, rate];
  });
  lines.push(
    ...table(["", "expected", "marks", "right"], matrix),
    `marks, in order: ${disguises.join(" ")}`,
    "",
    "Per disguise",
  );
  lines.push(
    ...table(
      HEAD,
      disguises.map((d) => tallyRow(d, tally(bugs.filter((s) => s.disguise === d)))),
    ),
  );
  lines.push("", "The sound code under each disguise");
  const sound = scored.filter((s) => s.mutant === "sound");
  const soundRows = sound.map((s) => [
    `${s.family} as ${s.disguise}`,
    s.outcome,
    String(s.fresh.length),
    String(s.lost.length),
    String(s.incomplete.length),
  ]);
  lines.push(...table(["", "outcome", "new", "lost", "incomplete"], soundRows), "", "In all");
  const undisguised = bugs.filter((s) => s.disguise === "none");
  lines.push(
    ...table(HEAD, [
      tallyRow("undisguised", tally(undisguised)),
      tallyRow("undisguised, doubtful ones left out", tally(undisguised.filter((s) => !s.doubtful))),
      tallyRow("disguised", tally(bugs.filter((s) => s.disguise !== "none"))),
      tallyRow("all", tally(bugs)),
      tallyRow("all, doubtful ones left out", tally(bugs.filter((s) => !s.doubtful))),
    ]),
  );
  lines.push("", "Per row of the table, undisguised", ...byRow(undisguised));
  lines.push("", "What the sound code shows as it is, which is not counted");
  const shown = sound.filter((s) => s.disguise === "none").flatMap((s) => listed(s.findings));
  lines.push(...(shown.length > 0 ? shown : ["    nothing"]), "");
  lines.push(`${scored.length} checks`, "", "Not as expected", ...details(scored));
  return `${lines.join("\n")}\n`;
}
