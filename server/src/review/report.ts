// From what a scan found to what presenters take: statuses on findings, patches with their mails, answers that were given, proofs by patch.
import type { Incomplete } from "../base/result.ts";
import type { PatchResult, PlacedFinding, PlacedProof, SettledReport, Suppressed } from "../findings/report.ts";
import type { Anchor, Compared, Review, ReviewedPatch } from "../findings/review.ts";
import { nameOf } from "./apply.ts";
import { anchorOf } from "./anchor.ts";
import type { Attributed } from "./attribute.ts";
import type { Mail } from "./mail.ts";
import type { Patch } from "./patch.ts";
import { ONLY_HUNKS } from "./scan.ts";
import type { Scanned } from "./scan.ts";
import type { Passed } from "./series.ts";

export interface Around {
  readonly patches: readonly Patch[];
  readonly passed: readonly Passed[];
  readonly talk: readonly Mail[];
  /** What the series was applied to, for people. */
  readonly base: string;
  /** Reasons for findings that are accepted, by fingerprint. */
  readonly accepted: ReadonlyMap<string, string>;
  /** What could not be read or is missing, besides what the analysis did not see. */
  readonly incomplete: readonly Incomplete[];
}

/** Answers to one patch are looked through up to this many. */
const MAX_ANSWERS = 500;

/** Puts a review together. */
export function reviewOf(scanned: Scanned, around: Around): Review {
  const findings: PlacedFinding[] = [];
  const suppressed: Suppressed[] = [];
  const anchors = new Map<string, Anchor>();
  const last = scanned.sequence.steps.length;
  for (const each of scanned.attributed) {
    const placed = withStatus(each);
    const standing = each.status !== "fixed" && each.status !== "transient";
    const reason =
      around.accepted.get(placed.fingerprint) ?? (standing ? scanned.silenced.get(placed.fingerprint) : undefined);
    const patch = each.patch === undefined || each.status === "fixed" ? undefined : around.patches[each.patch - 1];
    const anchor = patch === undefined ? undefined : anchorOf(patch, each.patch ?? 0, each.first);
    if (anchor !== undefined) anchors.set(placed.fingerprint, anchor);
    if (reason === undefined) findings.push(placed);
    else suppressed.push({ finding: placed, reason });
  }
  findings.sort(byPlace);
  suppressed.sort((a, b) => byPlace(a.finding, b.finding));
  const patches = around.patches.map((patch, k) => reviewed(patch, k + 1, scanned, around.talk));
  const others = around.passed.filter(({ kind }) => kind === "other" || kind === "loose");
  const results: PatchResult[] = [...patches.map(resultOf), ...others.map(notAPatch)];
  const incomplete = [...around.incomplete, ...hints(scanned, around.base), ...scanned.incomplete];
  const standing = findings.filter(({ finding: { status } }) => status !== "fixed" && status !== "transient");
  const proofs = new Map<number, readonly PlacedProof[]>();
  for (const { index, files } of patches) {
    const touched = scanned.proofs.filter((proof) => files.some((file) => stands(proof, file)));
    if (scanned.looked.has(index) && touched.length > 0) proofs.set(index, touched);
  }
  const report: SettledReport = {
    findings,
    proofs: scanned.proofs,
    suppressed,
    incomplete,
    patches: results,
    totals: {
      errors: standing.filter(({ level }) => level === "error").length,
      warnings: standing.filter(({ level }) => level === "warning").length,
      suppressed: suppressed.length,
      proved: scanned.proofs.filter(({ verdict }) => verdict === "proved").length,
      violated: scanned.proofs.filter(({ verdict }) => verdict === "violated").length,
      notProven: scanned.proofs.filter(({ verdict }) => verdict === "not-proven").length,
      incomplete: incomplete.length,
      seen: { exporters: scanned.exporters, files: scanned.files, patches: last },
    },
  };
  return { report, patches, anchors, base: around.base, proofs };
}

const withStatus = ({ finding: placed, status, patch, fixedBy }: Attributed): PlacedFinding => ({
  ...placed,
  finding: {
    ...placed.finding,
    status,
    ...(patch === undefined ? {} : { patch }),
    ...(fixedBy === undefined ? {} : { fixedBy }),
  },
});

function byPlace(a: PlacedFinding, b: PlacedFinding): number {
  const key = (each: PlacedFinding): readonly (string | number)[] => [each.finding.patch ?? 0, each.file, each.line, each.column, each.finding.rule, each.fingerprint]; // prettier-ignore
  const [x, y] = [key(a), key(b)];
  for (let i = 0; i < x.length; i++) {
    const [p, q] = [x[i] ?? "", y[i] ?? ""];
    if (p !== q) return p < q ? -1 : 1;
  }
  return 0;
}

const stands = (proof: PlacedProof, file: string): boolean =>
  proof.file === file || proof.obligations.some(({ evidence }) => evidence.some(({ place }) => place?.file === file));

/** What a reader of the whole should know besides. */
function hints(scanned: Scanned, base: string): readonly Incomplete[] {
  const hidden = scanned.attributed.flatMap(({ finding, hidden: since }) =>
    since === undefined
      ? []
      : [
          {
            file: finding.file,
            line: 0,
            why: `whether ${finding.finding.rule} of ${finding.finding.fn}() is still there beside what patch ${since} brings`,
          },
        ],
  );
  return [...(scanned.onlyHunks ? [{ file: base, line: 0, why: ONLY_HUNKS }] : []), ...hidden];
}

function reviewed(patch: Patch, index: number, scanned: Scanned, talk: readonly Mail[]): ReviewedPatch {
  const { mail, diff } = patch;
  const step = scanned.sequence.steps[index - 1];
  const reason = step?.reason ?? "";
  return {
    index,
    subject: mail.subject,
    messageId: mail.messageId,
    status: step?.status ?? "refused",
    ...(reason === "" ? {} : { reason }),
    from: mail.from,
    to: mail.to,
    cc: mail.cc,
    date: mail.date,
    references: mail.references.length > 0 ? mail.references : mail.inReplyTo === "" ? [] : [mail.inReplyTo],
    body: mail.body.split("\n"),
    diff: diff.start ?? 0,
    files: diff.changes.map(nameOf),
    answers: answersTo(mail, talk),
    looked: scanned.looked.has(index),
  };
}

/** The texts of what answers a mail, directly or further down. */
function answersTo(mail: Mail, talk: readonly Mail[]): readonly string[] {
  if (mail.messageId === "") return [];
  const found = talk.filter((each) => each.inReplyTo === mail.messageId || each.references.includes(mail.messageId));
  return found.slice(0, MAX_ANSWERS).map(({ body }) => body);
}

const resultOf = ({ index, subject, messageId, status, reason }: ReviewedPatch): PatchResult => ({
  index,
  subject,
  messageId,
  status,
  ...(reason === undefined ? {} : { reason }),
});

const notAPatch = ({ subject, messageId, why }: Passed): PatchResult => ({
  index: 0,
  subject,
  messageId,
  status: "not-a-patch",
  reason: why,
});

/** What an older version of the series brought that this one does not, what both bring, and what only this one does. */
export function compare(name: string, older: Review, newer: Review): Compared {
  const brought = ({ report }: Review): readonly PlacedFinding[] =>
    report.findings.filter(({ finding }) => finding.status === "new");
  const key = (each: PlacedFinding): string => each.fingerprint;
  const [then, now] = [brought(older), brought(newer)];
  const has = (all: readonly PlacedFinding[], each: PlacedFinding): boolean =>
    all.some((other) => key(other) === key(each));
  return {
    name,
    fixed: then.filter((each) => !has(now, each)),
    kept: now.filter((each) => has(then, each)),
    added: now.filter((each) => !has(then, each)),
  };
}
