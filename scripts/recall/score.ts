// What counts as found. Findings are compared by rule and function, after the names that a disguise changed are mapped back.
//
// A finding counts if its level is error or warning. It is new if no finding of the same rule in the same function was there without the
// planted bug: neither in the code as it is, nor under the same disguise. A planted bug is found if a new finding has the rule that the
// table expects and names one of the mutant's functions, in its file. Everything else that is new is told apart:
//   wrong-rule   another rule in one of the mutant's functions, or another rule elsewhere
//   wrong-place  the right rule in another function
// A mutant that must stay silent is right if nothing is new, else a false alarm. So is any new finding on code without a planted bug.
import type { Family } from "./families.ts";
import type { Finding } from "./checker.ts";
import type { Prepared } from "./cases.ts";
import { SILENT, type Mutant } from "./mutant.ts";

export type Outcome =
  | "found"
  | "missed"
  | "wrong-rule"
  | "wrong-place"
  | "silent"
  | "false-alarm"
  | "not-applicable" // the disguise changes nothing here
  | "over-budget"
  | "failed"; // the harness or the checker threw

/** A finding under every name that it may stand for. */
export interface Placed {
  readonly finding: Finding;
  readonly files: readonly string[];
  readonly fns: readonly string[];
}

/** Maps a finding's function and file back through the disguise. */
export function place(finding: Finding, disguised: Prepared["disguised"], family: Family): Placed {
  const names = disguised.functions[finding.fn] ?? [finding.fn];
  return {
    finding,
    files: [finding.file, ...(disguised.moved[finding.file] ?? [])],
    fns: names.map((name) => family.aliases[name] ?? name),
  };
}

export function counts(finding: Finding): boolean {
  return finding.level === "error" || finding.level === "warning";
}

/** The findings' identities: rule and function. */
export function keysOf(placed: readonly Placed[]): Set<string> {
  return new Set(placed.flatMap((p) => p.fns.map((fn) => `${p.finding.rule} ${fn}`)));
}

/** Findings that are not among the known ones under any of their names. */
export function freshOf(placed: readonly Placed[], known: ReadonlySet<string>): Placed[] {
  return placed.filter((p) => counts(p.finding) && !p.fns.some((fn) => known.has(`${p.finding.rule} ${fn}`)));
}

/** The outcome of one case from its new findings. */
export function judge(mutant: Mutant | undefined, fresh: readonly Placed[]): Outcome {
  if (!mutant || mutant.expect === SILENT) return fresh.length === 0 ? "silent" : "false-alarm";
  const inPlace = (p: Placed): boolean =>
    mutant.where.some((w) => p.files.includes(w.file) && w.fns.some((fn) => p.fns.includes(fn)));
  if (fresh.some((p) => p.finding.rule === mutant.expect && inPlace(p))) return "found";
  if (fresh.length === 0) return "missed";
  return fresh.some((p) => p.finding.rule === mutant.expect) ? "wrong-place" : "wrong-rule";
}

/** One case, scored. */
export interface Scored {
  readonly family: string;
  /** "sound" for the code without a planted bug. */
  readonly mutant: string;
  readonly row: string;
  readonly expect: string;
  readonly doubtful: boolean;
  readonly disguise: string;
  readonly outcome: Outcome;
  /** Everything of level error or warning that the checker said here. */
  readonly findings: readonly Finding[];
  readonly fresh: readonly Finding[];
  /** Identities of the sound code's findings that this case no longer shows. */
  readonly lost: readonly string[];
  readonly incomplete: readonly string[];
  readonly ms: number;
  readonly note?: string;
}
