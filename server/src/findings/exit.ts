// What a run of the command line says to its caller: exit codes 0 and 1. Usage (2) and internal errors (3) are the command line's own.
import type { PlacedFinding, SettledReport } from "./report.ts";

/** From what on a run fails. `new-` leaves out what a patch did not bring; `not-proven` also fails on what could not be proved. */
export const FAIL_ON = ["never", "new-error", "new-warning", "error", "warning", "not-proven"] as const;
export type FailOn = (typeof FAIL_ON)[number];

/** 1 where something is at or above `failOn`, else 0. What is incomplete never fails a run by itself. */
export function exitCode(report: SettledReport, failOn: FailOn): 0 | 1 {
  switch (failOn) {
    case "never":
      return 0;
    case "new-error":
      return Number(report.findings.some((each) => isNew(each) && each.level === "error")) as 0 | 1;
    case "new-warning":
      return Number(report.findings.some(isNew)) as 0 | 1;
    case "error":
      return Number(report.findings.some((each) => stands(each) && each.level === "error")) as 0 | 1;
    case "warning":
      return Number(report.findings.some(stands)) as 0 | 1;
    case "not-proven":
      return report.findings.some(stands) || report.totals.notProven > 0 ? 1 : 0;
  }
}

/** Where no patch is in play, everything is new. */
const isNew = ({ finding }: PlacedFinding): boolean => finding.status === undefined || finding.status === "new";

/** Whether it is still there at the end. */
const stands = ({ finding }: PlacedFinding): boolean => finding.status !== "fixed" && finding.status !== "transient";
