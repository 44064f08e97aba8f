// From a settled report to what an editor shows: diagnostics with related places, lenses with the verdict, hovers with what protects or what is missing, fixes.
import { isTold } from "../base/essence.ts";
import { lineStarts, positionAt } from "../base/span.ts";
import type { Span } from "../base/span.ts";
import type { PlacedFinding, PlacedProof, SettledReport } from "../findings/report.ts";
import { plainSequence } from "../model/draw-plain.ts";
import { renderFinding, renderProof } from "../present/text.ts";
import type { CodeAction, CodeLens, Diagnostic, Hover, Range, TextEdit } from "vscode-languageserver";

/** Commands that a client can run with the server: what they answer is text. Arguments: document URI, then fingerprint or function. */
export const COMMANDS = { sequence: "lifebound.showSequence", proof: "lifebound.showProof" } as const;

/** LSP's severities: error, warning, information. */
const SEVERITY = { error: 1, warning: 2, information: 3 } as const;

/** What one file of the tree is, for showing. */
export interface Shown {
  readonly file: string;
  readonly text: string;
  /** The URI of a file of the same tree. */
  uriOf(file: string): string;
}

/** A span as a range; UTF-16 code units, lines and characters from 0. */
export function rangeOf(text: string, span: Pick<Span, "start" | "end">): Range {
  const starts = lineStarts(text);
  const at = (offset: number): Range["start"] => {
    const { line, column } = positionAt(starts, Math.min(offset, text.length));
    return { line: line - 1, character: column - 1 };
  };
  const start = at(span.start);
  const end = at(span.end);
  // What goes over several lines is marked to the end of its first.
  if (end.line === start.line) return { start, end };
  const next = starts[start.line + 1] ?? text.length;
  return { start, end: { line: start.line, character: Math.max(0, next - 1 - (starts[start.line] ?? 0)) } };
}

const pointAt = (line: number, column: number): Range => {
  const start = { line: Math.max(0, line - 1), character: Math.max(0, column - 1) };
  return { start, end: start };
};

const mine = (report: SettledReport, file: string): readonly PlacedFinding[] =>
  report.findings.filter((each) => each.file === file);

export function diagnosticsOf(report: SettledReport, { file, text, uriOf }: Shown): Diagnostic[] {
  return mine(report, file).map((placed): Diagnostic => {
    const { finding, level, witness, fingerprint } = placed;
    const told = isTold(finding.witness);
    return {
      range: rangeOf(text, finding.at),
      severity: SEVERITY[level],
      source: "lifebound",
      code: finding.rule,
      message: `${finding.message}\n${finding.because}\n${finding.advice}`,
      data: { fingerprint, rule: finding.rule },
      relatedInformation: witness.flatMap(({ step, place }, n) =>
        place === undefined || !told(n)
          ? []
          : [
              {
                location: { uri: uriOf(place.file), range: pointAt(place.line, place.column) },
                message: `${n + 1}. ${step.actor}: ${step.text}`,
              },
            ],
      ),
    };
  });
}

/** One lens on each exporter with the verdict on it, and one on each finding. `uri`: of the document. */
export function lensesOf(report: SettledReport, { file, text }: Shown, uri: string): CodeLens[] {
  const proofs = report.proofs.filter((each) => each.file === file);
  return [
    ...proofs.map((placed) => ({
      range: rangeOf(text, placed.proof.at),
      command: { title: titleOf(placed), command: COMMANDS.proof, arguments: [uri, placed.proof.fn] },
    })),
    ...mine(report, file).map(({ finding, fingerprint }) => ({
      range: rangeOf(text, finding.at),
      command: { title: `${finding.rule}: show sequence`, command: COMMANDS.sequence, arguments: [uri, fingerprint] },
    })),
  ];
}

function titleOf({ proof, verdict, obligations }: PlacedProof): string {
  const bound = proof.bound.split(":")[0] ?? "";
  if (verdict === "proved") return `${bound}-bound: all ${obligations.length} obligations proved · show proof`;
  const bad = obligations.filter((o) => o.obligation.verdict !== "proved").map((o) => o.obligation.name);
  return `${bound}-bound: ${verdict.replace("-", " ")}: ${bad.join("; ")} · show proof`;
}

/** What stands at a line (from 0): the finding with its sequence, or the obligation that the line discharges. */
export function hoverOf(report: SettledReport, { file, text }: Shown, line: number): Hover | undefined {
  const parts = mine(report, file)
    .filter(({ finding }) => rangeOf(text, finding.at).start.line === line)
    .map(
      ({ finding }) =>
        `**${finding.rule}**: ${finding.because}\n\n${finding.advice}\n\n\`\`\`text\n${plainSequence(finding.witness)}\`\`\``,
    );
  for (const { proof, obligations, ...at } of report.proofs) {
    const here = obligations.filter(({ evidence }) =>
      evidence.some(({ place }) => place?.file === file && place.line === line + 1),
    );
    parts.push(
      ...here.map(({ obligation }) => `protects ${proof.resource}: ${obligation.name} (${obligation.verdict})`),
    );
    if (at.file === file && at.line === line + 1)
      parts.push(obligations.map(({ obligation: o }) => `- ${o.name}: ${o.verdict.replace("-", " ")}`).join("\n"));
  }
  return parts.length === 0 ? undefined : { contents: { kind: "markdown", value: parts.join("\n\n") } };
}

/** Silences a finding where it stands; the reason is for the author to write. */
export function fixesOf(uri: string, text: string, diagnostics: readonly Diagnostic[]): CodeAction[] {
  return diagnostics.flatMap((each): CodeAction[] => {
    if (each.source !== "lifebound" || typeof each.code !== "string") return [];
    const { line } = each.range.start;
    const indent = /^[ \t]*/.exec(text.split("\n")[line] ?? "")?.[0] ?? "";
    const edit: TextEdit = {
      range: { start: { line, character: 0 }, end: { line, character: 0 } },
      newText: `${indent}/* lifebound: ignore ${each.code} REASON */\n`,
    };
    return [
      {
        title: `Silence ${each.code} here, with a reason`,
        kind: "quickfix",
        diagnostics: [each],
        edit: { changes: { [uri]: [edit] } },
      },
    ];
  });
}

/** The answer of a command: a finding's witness with its diagram, or a proof; undefined where there is none such now. */
export function answer(report: SettledReport, command: string, key: string): string | undefined {
  if (command === COMMANDS.sequence) {
    const found = report.findings.find((each) => each.fingerprint === key);
    return found === undefined ? undefined : renderFinding(found);
  }
  const proof = report.proofs.find((each) => each.proof.fn === key);
  return proof === undefined ? undefined : renderProof(proof);
}
