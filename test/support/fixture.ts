// Fixtures: annotated C. A fixture is plain C in kernel style; what the check must say stands under the line it is about, with carets. Nothing stands there: nothing
// may be said. `//- path` begins a file, `//- base: name` lays the files over a driver that is sound. UPDATE=1 rewrites the annotations; the diff is the review.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { lineStarts, positionAt } from "../../server/src/base/span.ts";
import type { Span } from "../../server/src/base/span.ts";
import { newCheck } from "../../server/src/check/pipeline.ts";
import { engineOf } from "../../server/src/cli/engine.ts";
import type { SettledReport } from "../../server/src/findings/report.ts";
import { newExplorer } from "../../server/src/model/unplug/explorer.ts";
import { settle, severityIn } from "../../server/src/findings/settle.ts";
import { memorySource } from "../../server/src/project/memory.ts";
import { parser } from "../program/support.ts";

/** One file of a fixture, without its annotations. */
export interface Piece {
  /** Where it stands in the tree. */
  readonly path: string;
  readonly text: string;
}

export interface Fixture {
  /** What stands before the first file: the comment that says what the fixture shows, and its base. */
  readonly head: readonly string[];
  readonly base: string | undefined;
  readonly pieces: readonly Piece[];
  /** Are the steps of the witness annotated as well? Then all that have a place in the fixture are. */
  readonly steps: boolean;
}

/** Something that is said: at a place, or (without one) of the whole. `text` is one line. */
export interface Remark {
  readonly span?: Span;
  readonly text: string;
}

/** What a check of a fixture came to. */
export interface Outcome {
  /** Rules of the findings, in the order of the report. */
  readonly rules: readonly string[];
  /** Verdicts of the proofs. */
  readonly verdicts: readonly string[];
}

const FILE = /^\/\/- (\S+\.[ch])$/;
const BASE = /^\/\/- base: (\w+)$/;
const SAID = /^\/\/ *(?:\^+ )?(?:(?:error|warning|information)\[|(?:proved|not-proven|incomplete|\d+): )/;
const STEP = /^\/\/ *\^+ \d+: /;

/** Takes a fixture apart. `name` is the path of what stands before any `//- path`, if there is none. */
export function parseFixture(text: string, name: string): Fixture {
  const head: string[] = [];
  const pieces: { path: string; lines: string[] }[] = [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const whole = !lines.some((line) => FILE.test(line));
  if (whole) pieces.push({ path: name, lines: [] });
  let base: string | undefined;
  for (const line of lines) {
    const file = FILE.exec(line)?.[1];
    if (file !== undefined) pieces.push({ path: file, lines: [] });
    else if (BASE.test(line)) {
      base = BASE.exec(line)?.[1];
      head.push(line);
    } else if (!SAID.test(line)) (pieces.at(-1)?.lines ?? head).push(line);
  }
  return {
    head,
    base,
    pieces: pieces.map((p) => ({ path: p.path, text: p.lines.map((line) => `${line}\n`).join("") })),
    steps: lines.some((line) => STEP.test(line)),
  };
}

/** Puts a fixture together again, with remarks under the lines that they are about; those without a place in it come last. */
export function printFixture(fixture: Fixture, remarks: readonly Remark[]): string {
  const out = [...fixture.head];
  const here = new Set(fixture.pieces.map((p) => p.path));
  for (const piece of fixture.pieces) {
    if (fixture.pieces.length > 1 || fixture.head.length > 0) out.push(`//- ${piece.path}`);
    const starts = lineStarts(piece.text);
    const under = new Map<number, { column: number; line: string }[]>();
    for (const { span, text } of remarks) {
      if (span?.file !== piece.path) continue;
      const { line } = positionAt(starts, span.start);
      const start = starts[line - 1] ?? 0;
      const code = piece.text.slice(start, starts[line] ?? piece.text.length).replace(/\n$/, "");
      const from = Math.max(2, visualColumn(code, span.start - start));
      const to = Math.max(from + 1, visualColumn(code, Math.min(span.end - start, code.length)));
      const drawn = `//${" ".repeat(from - 2)}${"^".repeat(to - from)} ${text}`;
      under.set(line, [...(under.get(line) ?? []), { column: from, line: drawn }]);
    }
    for (const [n, code] of piece.text.split("\n").slice(0, -1).entries()) {
      out.push(code);
      const said = under.get(n + 1) ?? [];
      out.push(...said.sort((a, b) => a.column - b.column || (a.line < b.line ? -1 : 1)).map((x) => x.line));
    }
  }
  for (const { span, text } of remarks) {
    if (span === undefined) out.push(`// ${text}`);
    else if (!here.has(span.file)) out.push(`// ${text} (${span.file})`);
  }
  return `${out.join("\n")}\n`;
}

/** The column in which an editor shows the character at `offset` of `line`, from 0; tabs go to the next multiple of 8. */
export function visualColumn(line: string, offset: number): number {
  let column = 0;
  for (const char of line.slice(0, offset)) column = char === "\t" ? (column | 7) + 1 : column + 1;
  return column;
}

/** The files of a fixture's tree: its base, its own over it, and the declarations that stand for the kernel. */
export function treeOf(fixture: Fixture, folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  const declarations = upward(folder, "kernel.h");
  if (declarations !== undefined) files["include/linux/kernel-fixture.h"] = readFileSync(declarations, "utf8");
  if (fixture.base !== undefined) {
    const base = upward(folder, path.join("base", fixture.base));
    assert.ok(base !== undefined, `no base ${fixture.base}`);
    for (const file of readdirSync(base, { recursive: true, encoding: "utf8" }))
      if (/\.[ch]$/.test(file)) files[file.split(path.sep).join("/")] = readFileSync(path.join(base, file), "utf8");
  }
  for (const { path: file, text } of fixture.pieces) files[file] = text;
  return files;
}

/** `name` in the folder, or in the nearest one above it that has it. */
function upward(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = path.dirname(at)) {
    const here = path.join(at, name);
    if (existsSync(here)) return here;
    if (path.dirname(at) === at) return undefined;
  }
}

/** Most fixtures differ from others in a step or two, and most of their scenarios in nothing. */
const explorer = newExplorer();

const reports = new Map<string, Promise<SettledReport>>();

/** The report on files in memory. Twins that are right are often the base as it is: the same files are looked at once. */
export function reportOn(files: Readonly<Record<string, string>>): Promise<SettledReport> {
  const key = JSON.stringify(files);
  let report = reports.get(key);
  if (report === undefined) reports.set(key, (report = check(files)));
  return report;
}

/** Runs the whole check, as the command line would. */
async function check(files: Readonly<Record<string, string>>): Promise<SettledReport> {
  const tree = memorySource(files);
  const engine = { ...engineOf(await parser()), explorer };
  const paths = tree.files().filter((file) => file.endsWith(".c"));
  const report = await newCheck(engine)({ tree, paths, proofs: false, all: true, progress: () => undefined });
  return settle(report, { read: (file) => tree.read(file), severity: severityIn(engine.rules) });
}

/** What a report says, one remark for each thing. A violated proof says nothing of its own: its finding does. */
export function remarksOf(report: SettledReport, steps: boolean): readonly Remark[] {
  const out: Remark[] = [];
  for (const { finding, level } of report.findings)
    out.push({ span: finding.at, text: `${level}[${finding.rule}]: ${finding.message}` });
  for (const { proof, verdict, obligations } of report.proofs) {
    const open = obligations.map((x) => x.obligation).find((x) => x.verdict === "not-proven");
    const why = open?.verdict === "not-proven" ? `, ${open.reason}` : "";
    if (verdict !== "violated") out.push({ span: proof.at, text: `${verdict}: ${proof.resource}${why}` });
  }
  for (const { file, line, why } of report.incomplete)
    out.push({ text: `incomplete: ${file}${line > 0 ? `:${line}` : ""}: ${why}` });
  const [first] = report.findings;
  if (steps && first !== undefined)
    for (const [n, { step }] of first.witness.entries())
      if (step.span !== undefined) out.push({ span: step.span, text: `${n + 1}: ${step.text}` });
  return out;
}

/** Checks a fixture against its annotations, or rewrites them where UPDATE=1 is set. */
export async function checkFixture(file: string): Promise<Outcome> {
  const text = readFileSync(file, "utf8");
  const fixture = parseFixture(text, `drivers/fixture/${path.basename(file)}`);
  const report = await reportOn(treeOf(fixture, path.dirname(file)));
  const actual = printFixture(fixture, remarksOf(report, fixture.steps));
  if (process.env["UPDATE"] === "1") {
    if (actual !== text) writeFileSync(file, actual);
  } else assert.equal(actual, text, `${path.basename(file)}: UPDATE=1 rewrites the annotations`);
  return { rules: report.findings.map((x) => x.finding.rule), verdicts: report.proofs.map((x) => x.verdict) };
}
