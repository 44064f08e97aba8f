// A report as SARIF 2.1.0, for code scanning and editors: rules, results with one thread flow per actor, fingerprints, what was not seen.
import { importances } from "../base/essence.ts";
import type { Location, Log, Notification, ReportingDescriptor, Result, ThreadFlow } from "sarif";
import type { Incomplete } from "../base/result.ts";
import type { Level, Status } from "../findings/finding.ts";
import type { Place, PlacedFinding, PlacedStep, SettledReport } from "../findings/report.ts";
import { cited } from "../model/draw.ts";
import type { Rule } from "../model/lifecycle.ts";

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";
/** Files are named from the root of the tree. */
const ROOT = "SRCROOT";

/** The report as SARIF text with two blanks of indentation and a newline at its end. `rules` describes the ids; unknown ones are listed by id. */
export function renderSarif(
  report: SettledReport,
  tool: { readonly version: string; readonly rules: readonly Rule[] },
): string {
  const all = [...report.findings, ...report.suppressed.map(({ finding }) => finding)];
  const ids = [...new Set(all.map(({ finding }) => finding.rule))].sort();
  const log: Log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "lifebound",
            semanticVersion: tool.version,
            rules: ids.map((id) =>
              describe(
                id,
                tool.rules.find((rule) => rule.id === id),
              ),
            ),
          },
        },
        columnKind: "utf16CodeUnits",
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: report.incomplete.map(notification) }],
        results: [
          ...report.findings.map((each) => result(each, ids)),
          ...report.suppressed.map(({ finding, reason }) => ({
            ...result(finding, ids),
            suppressions: [{ kind: "inSource" as const, justification: reason }],
          })),
        ],
        properties: { totals: { ...report.totals } },
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function describe(id: string, rule: Rule | undefined): ReportingDescriptor {
  if (rule === undefined) return { id };
  return {
    id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.because },
    help: { text: rule.advice },
    defaultConfiguration: { level: rule.severity },
    properties: { lifecycle: rule.lifecycle },
  };
}

function result(placed: PlacedFinding, ids: readonly string[]): Result {
  const { finding } = placed;
  return {
    ruleId: finding.rule,
    ruleIndex: ids.indexOf(finding.rule),
    level: LEVELS[placed.level],
    message: { text: `${finding.message}. ${finding.because} ${finding.advice}` },
    locations: [{ ...physical(placed), logicalLocations: [{ name: finding.fn, kind: "function" }] }],
    partialFingerprints: { "lifebound/v1": placed.fingerprint },
    codeFlows: [{ threadFlows: flows(placed.witness) }],
    ...(finding.status === undefined ? {} : { baselineState: BASELINE[finding.status] }),
    properties: {
      confidence: finding.confidence,
      resource: finding.resource,
      ...(finding.status === undefined ? {} : { status: finding.status }),
      ...(finding.patch === undefined ? {} : { patch: finding.patch }),
      ...(finding.fixedBy === undefined ? {} : { fixedBy: finding.fixedBy }),
      assumptions: [...finding.assumptions],
      contracts: [...finding.contracts],
      abilities: finding.abilities.map(({ id, standing, source }) => `${id} [${standing}: ${source}]`),
    },
  };
}

const LEVELS: Readonly<Record<Level, "error" | "warning" | "note">> = {
  error: "error",
  warning: "warning",
  information: "note",
};

const BASELINE: Readonly<Record<Status, "new" | "absent" | "unchanged">> = {
  new: "new",
  fixed: "absent",
  transient: "absent",
  moved: "unchanged",
  "pre-existing": "unchanged",
};

/** One flow for each actor, in the order in which they come in; the steps say their place in the whole. */
function flows(witness: readonly PlacedStep[]): ThreadFlow[] {
  const actors = [...new Set(witness.map(({ step }) => step.actor))];
  const weights = importances(witness.map(({ step }) => step));
  return actors.map((actor) => ({
    id: actor,
    locations: witness.flatMap((each, index) =>
      each.step.actor === actor
        ? [
            {
              executionOrder: index + 1,
              importance: weights[index] ?? "important",
              kinds: [each.step.kind],
              location: location(each),
            },
          ]
        : [],
    ),
  }));
}

function location({ step, place }: PlacedStep): Location {
  return {
    ...(place === undefined ? {} : physical(place)),
    ...(step.fn === undefined ? {} : { logicalLocations: [{ name: step.fn, kind: "function" }] }),
    message: { text: step.text + cited(step) },
  };
}

function physical({ file, line, column }: Place): Location {
  return {
    physicalLocation: {
      artifactLocation: { uri: encodeURI(file), uriBaseId: ROOT },
      ...(line === 0 ? {} : { region: { startLine: line, ...(column === 0 ? {} : { startColumn: column }) } }),
    },
  };
}

const notification = ({ file, line, why }: Incomplete): Notification => ({
  level: "note",
  message: { text: `not seen: ${why}` },
  locations: [physical({ file, line, column: 0 })],
});
