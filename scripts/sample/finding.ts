// A finding as sampling and judging take it: what `lifebound check --format json` prints of one, as far as they need it.

export interface Place {
  readonly file: string;
  readonly line: number;
}

export interface Step {
  readonly text: string;
  readonly kind: string;
  readonly file?: string;
  readonly line?: number;
  readonly function?: string;
}

export interface Finding extends Place {
  readonly rule: string;
  readonly level: string;
  readonly function: string;
  readonly message: string;
  readonly fingerprint: string;
  readonly witness: readonly Step[];
}

/** The findings of a report in JSON, errors and warnings only, sorted by fingerprint. Throws where it is no report. */
export function findingsOf(json: string): readonly Finding[] {
  const report: unknown = JSON.parse(json);
  if (typeof report !== "object" || report === null || !("findings" in report) || !Array.isArray(report.findings))
    throw new Error("no report: it has no findings");
  const findings = report.findings as Finding[];
  return findings
    .filter(({ level }) => level === "error" || level === "warning")
    .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : a.fingerprint > b.fingerprint ? 1 : 0));
}
