// The line of a patch that a finding hangs on: what the patch wrote there, or what it took away, or the nearest it came to it.
import type { Anchor } from "../findings/review.ts";
import type { PlacedFinding } from "../findings/report.ts";
import type { Hunk } from "./diff.ts";
import type { Patch } from "./patch.ts";

interface Row {
  readonly kind: string;
  readonly text: string;
  /** Line after the patch; of a line that goes away, that of what follows it. */
  readonly now: number;
  /** Line in the mail. */
  readonly at: number;
  readonly section: string;
}

/** How far from a hunk a finding may be to be shown there. */
const NEAR = 40;

/** Where in patch number `index` a reader should look for a finding as it was when the patch brought it. Undefined where the patch has no line near any of its steps. */
export function anchorOf(patch: Patch, index: number, finding: PlacedFinding): Anchor | undefined {
  const change = (file: string): readonly Row[] =>
    patch.diff.changes
      .filter(({ newPath, oldPath }) => (newPath ?? oldPath) === file)
      .flatMap(({ hunks }) => hunks.flatMap(rowsOf));
  const steps = finding.witness
    .flatMap(({ place }) => (place === undefined || place.line === 0 ? [] : [place]))
    .reverse();
  const own = change(finding.file);
  const { fn } = finding.finding;
  const tries: readonly (() => Row | undefined)[] = [
    // The place itself, where the patch wrote it.
    () => own.find(({ kind, now }) => kind === "+" && now === finding.line),
    // What it took away from the function around the place: something that was there to protect.
    () =>
      nearest(
        own.filter(({ kind, section }) => kind === "-" && speaksOf(section, fn)),
        finding.line,
      ),
    () => own.find(({ kind, now }) => kind === " " && now === finding.line),
    // A step of the witness that the patch wrote.
    () => steps.flatMap(({ file, line }) => change(file).filter(({ kind, now }) => kind === "+" && now === line))[0],
    () =>
      nearest(
        own.filter(({ kind }) => kind !== " "),
        finding.line,
      ),
    () => patch.diff.changes.flatMap(({ hunks }) => hunks.flatMap(rowsOf)).find(({ kind }) => kind !== " "),
  ];
  for (const attempt of tries) {
    const row = attempt();
    if (row !== undefined) return { patch: index, line: row.at, text: row.kind + row.text };
  }
  return undefined;
}

/** Whether a patch changes a line of the function that a finding stands in. */
export function changesFunction(patch: Patch, { file, finding }: PlacedFinding): boolean {
  const mine = patch.diff.changes.filter(({ newPath, oldPath }) => newPath === file || oldPath === file);
  const rows = mine.flatMap(({ hunks }) => hunks.flatMap(rowsOf));
  return rows.some(({ kind, section }) => kind !== " " && speaksOf(section, finding.fn));
}

const speaksOf = (section: string, fn: string): boolean => section.includes(`${fn}(`);

function nearest(rows: readonly Row[], line: number): Row | undefined {
  const close = rows.filter(({ now }) => Math.abs(now - line) <= NEAR);
  return close.reduce<Row | undefined>(
    (best, row) => (best === undefined || Math.abs(row.now - line) < Math.abs(best.now - line) ? row : best),
    undefined,
  );
}

function rowsOf(hunk: Hunk): readonly Row[] {
  let now = hunk.newLines === 0 ? hunk.newStart + 1 : hunk.newStart;
  let { section } = hunk;
  return hunk.lines.map((line, i): Row => {
    const text = line.slice(1);
    // A function that begins inside the hunk is what the lines behind it stand in.
    if (/^[A-Za-z_].*\(/.test(text) && !text.endsWith(";") && !/^[a-z_]+:/.test(text)) section = text;
    const row = { kind: line[0] ?? " ", text, now, at: hunk.at + 1 + i, section };
    if (line[0] !== "-") now++;
    return row;
  });
}
