// Answers to patches as mails: the lines of the patch that matter, quoted, and a question about each. One mail per patch, as a mailbox; none where there is nothing.
import type { PlacedFinding } from "../findings/report.ts";
import type { Review, ReviewedPatch } from "../findings/review.ts";
import { plainSequence } from "../model/draw-plain.ts";
import { sequence } from "../model/draw.ts";
import { addressHeader, header, wrap } from "./mail-text.ts";
import { proofLines } from "./proof-lines.ts";
import { quote } from "./quote.ts";

export interface ReplyOptions {
  /** Also says what protects what a patch touches, where nothing is wrong with it. */
  readonly positive?: boolean;
}

/** Lines of a diagram in a mail, its head included. */
const DIAGRAM = 12;

/** The mails, in mboxrd form; an empty text where there is nothing to say. */
export function renderReply(review: Review, options: ReplyOptions = {}): string {
  return review.patches
    .flatMap((patch) => bodyOf(review, patch, options).map((body) => mailOf(patch, body)))
    .join("\n");
}

/** One body or none. */
function bodyOf(review: Review, patch: ReviewedPatch, options: ReplyOptions): readonly string[] {
  const brought = review.report.findings.filter(({ finding: f }) => f.status === "new" && f.patch === patch.index);
  const unsaid = brought.filter((each) => !alreadySaid(each, patch.answers));
  if (unsaid.length > 0) return [findingsBody(review, patch, unsaid)];
  const proofs = (review.proofs.get(patch.index) ?? []).filter(({ verdict }) => verdict === "proved");
  if (brought.length > 0 || options.positive !== true || proofs.length === 0) return [];
  return [
    [
      ...quote(patch, []),
      "",
      ...wrap("Nothing was found here that outlives its bound. What this touches, and what protects it:"),
      ...proofs.flatMap((proof) => ["", ...proofLines(proof)]),
      ...notSeen(review),
      "",
    ].join("\n"),
  ];
}

function findingsBody(review: Review, patch: ReviewedPatch, findings: readonly PlacedFinding[]): string {
  const lineOf = (each: PlacedFinding): number => review.anchors.get(each.fingerprint)?.line ?? 0;
  const sorted = [...findings].sort((a, b) => lineOf(a) - lineOf(b));
  const comments = sorted.map((each) => ({ line: lineOf(each), text: comment(each) }));
  const rules = [...new Set(sorted.map(({ finding }) => finding.rule))];
  return [
    ...quote(patch, comments),
    ...wrap(`Found by lifebound, a static checker (${rules.join(", ")}), which ran the patch on ${review.base}.`),
    "",
  ].join("\n");
}

/** A question, its reason, the interleaving, and what may help. */
function comment(placed: PlacedFinding): readonly string[] {
  const { finding } = placed;
  const doubts = finding.assumptions.filter((text) => text.startsWith("only the hunks"));
  return [
    ...wrap(`Can it be that ${inSentence(finding.message)}?`),
    "",
    ...wrap(finding.because),
    ...(sequence(finding.witness).lanes.length > 1 ? ["", ...diagram(placed)] : []),
    ...(finding.advice === "" ? [] : ["", ...wrap(`Would this help? ${finding.advice}`)]),
    ...doubts.map((text) => wrap(`(Asked on thin ice: ${text}.)`)).flatMap((lines) => ["", ...lines]),
    "",
  ];
}

function diagram({ finding }: PlacedFinding): readonly string[] {
  for (let limit = DIAGRAM; limit > 2; limit--) {
    const lines = plainSequence(finding.witness, { limit }).trimEnd().split("\n");
    if (lines.length <= DIAGRAM) return lines;
  }
  return plainSequence(finding.witness, { limit: 2 }).trimEnd().split("\n").slice(-DIAGRAM);
}

/** A message after "that": without a capital that only began a sentence, and without its full stop. */
const inSentence = (text: string): string =>
  text.replace(/[.?!]$/, "").replace(/^[A-Z](?=[a-z]* )/, (first) => first.toLowerCase());

/** Whether somebody has raised it: an answer that speaks of the function or the line, in its own words, and of what the advice names. */
export function alreadySaid(placed: PlacedFinding, answers: readonly string[]): boolean {
  const { finding, code, fingerprint } = placed;
  const names = [
    ...new Set(
      [...finding.advice.matchAll(/\b[a-z]\w*_\w+(?=\()|\b[A-Z][A-Z0-9]*_[A-Z0-9_]{3,}\b/g)].map(([name]) => name),
    ),
  ];
  return answers.some((answer) => {
    if (answer.includes(fingerprint) || answer.includes(`(${finding.rule})`)) return true;
    const lines = answer.split("\n");
    const own = lines.filter((line) => !/^\s*[>|]/.test(line)).join("\n");
    const here =
      own.includes(finding.fn) || (code.length > 8 && lines.some((line) => /^\s*>/.test(line) && line.includes(code)));
    return here && names.some((name) => own.includes(name));
  });
}

function notSeen({ report }: Review): readonly string[] {
  if (report.incomplete.length === 0) return [];
  return ["", ...wrap(`Not seen: ${report.incomplete.slice(0, 3).map(({ file, why }) => `${file}: ${why}`).join("; ")}${report.incomplete.length > 3 ? "; and more" : ""}.`)]; // prettier-ignore
}

function mailOf(patch: ReviewedPatch, body: string): string {
  const references = [...patch.references.filter((id) => id !== patch.messageId), patch.messageId].filter(
    (id) => id !== "",
  );
  const others = [...new Set([...patch.to, ...patch.cc])].filter((address) => address !== patch.from);
  return [
    "From mboxrd@z Thu Jan  1 00:00:00 1970",
    ...(patch.from === "" ? [] : [addressHeader("To", [patch.from])]),
    ...(others.length === 0 ? [] : [addressHeader("Cc", others)]),
    header("Subject", /^re:/i.test(patch.subject) ? patch.subject : `Re: ${patch.subject}`),
    ...(patch.messageId === "" ? [] : [`In-Reply-To: ${patch.messageId}`]),
    ...(references.length === 0 ? [] : [`References: ${references.slice(-20).join("\n ")}`]),
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    body.replace(/^(>*From )/gm, ">$1"),
  ].join("\n");
}
