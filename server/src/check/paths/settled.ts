// Findings across functions, from the settlement table: all who fill a (struct, field) agree on how, and whoever releases it does it otherwise.
import type { Step } from "../../base/trace.ts";
import type { FileId } from "../../base/span.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Rule } from "../../model/lifecycle.ts";
import type { FunctionRef, Program } from "../../program/program.ts";
import { cellsOf, settle } from "./cells.ts";
import type { CellUse } from "./cells.ts";
import type { Protocol } from "./protocol.ts";
import { bodiesOf, filesOf } from "./select.ts";

/** Disagreements about the cells of one folder whose release stands in one of the files asked for. */
export function disagreements(
  program: Program,
  protocol: Protocol,
  rules: ReadonlyMap<string, Rule>,
  folder: string,
  asked: ReadonlySet<FileId>,
): readonly Finding[] {
  const beside = program.source
    .files()
    .filter((f) => f.endsWith(".c") && f.slice(0, f.lastIndexOf("/") + 1) === folder);
  const refs = [...bodiesOf(program, protocol, filesOf(program, protocol, beside)).values()].flat();
  const uses = refs.flatMap((ref: FunctionRef) => {
    const fn = program.facts(ref);
    return fn === undefined ? [] : cellsOf(program, protocol, ref, fn);
  });
  const found: Finding[] = [];
  for (const [cell, all] of settle(uses)) {
    if (cell.startsWith("?.")) continue;
    const one = direction(protocol, rules, cell, all) ?? counted(program, protocol, rules, cell, all);
    if (one !== undefined && asked.has(one.at.file)) found.push(one);
  }
  return found;
}

/** All map with one direction, and nobody unmaps with it. */
function direction(
  protocol: Protocol,
  rules: ReadonlyMap<string, Rule>,
  cell: string,
  all: readonly CellUse[],
): Finding | undefined {
  const acquires = all.filter((u) => u.role === "acquires");
  const releases = all.filter((u) => u.role === "releases");
  const [made] = acquires;
  const [gone] = releases;
  if (made === undefined || gone === undefined || [...acquires, ...releases].some((u) => u.kind !== made.kind))
    return undefined;
  const value = (u: CellUse): number | undefined => protocol.vocabulary.directions[u.values.get("direction") ?? ""];
  const was = value(made);
  if (was === undefined || acquires.some((u) => value(u) !== was)) return undefined;
  if (releases.some((u) => value(u) === undefined || value(u) === was)) return undefined;
  const spec = protocol.vocabulary.specs.find((s) => s.model.id === made.kind);
  const rule = rules.get(spec?.compare[spec.release]?.["direction"] ?? "");
  if (rule === undefined) return undefined;
  const [a, b] = [made.values.get("direction") ?? "", gone.values.get("direction") ?? ""];
  return finding(
    rule,
    cell,
    made,
    gone,
    `${cell} is unmapped with another direction: ${a} at ${made.api}() in ${made.fn.name}(), ${b} at ${gone.api}()`,
  );
}

/** A field that gets the count which a map returned, and that a release counts with. */
function counted(
  program: Program,
  protocol: Protocol,
  rules: ReadonlyMap<string, Rule>,
  cell: string,
  all: readonly CellUse[],
): Finding | undefined {
  const counts = all.filter((u) => u.role === "counts");
  const made = counts.find((u) => !u.kind.endsWith(" release"));
  const gone = counts.find((u) => made !== undefined && u.kind === `${made.kind} release`);
  if (made === undefined || gone === undefined || made.fn.start === gone.fn.start) return undefined;
  // What many share, as a table of the kernel's own, says nothing of who filled this one.
  const home = program.struct(made.cell.struct, made.fn.file)?.file;
  if (home === undefined || home.startsWith("include/")) return undefined;
  const spec = protocol.vocabulary.specs.find((s) => s.model.id === made.kind);
  const rule = rules.get(spec?.countRules?.[spec.release] ?? "");
  if (rule === undefined) return undefined;
  return finding(
    rule,
    cell,
    made,
    gone,
    `${gone.api}() counts with ${cell}, which holds what ${made.api}() returned in ${made.fn.name}(), not what it was given`,
  );
}

function finding(rule: Rule, cell: string, made: CellUse, gone: CellUse, message: string): Finding {
  const step = (u: CellUse, kind: Step["kind"], text: string): Step => ({
    actor: "driver",
    to: "DMA core",
    kind,
    text,
    span: u.span,
    fn: u.fn.name,
    claim: u.api,
  });
  return {
    rule: rule.id,
    resource: cell,
    confidence: "likely",
    at: gone.span,
    fn: gone.fn.name,
    message,
    because: rule.because,
    advice: rule.advice,
    witness: [
      step(made, "call", `${made.api}() fills ${cell}`),
      { ...step(gone, "violation", `${gone.api}() takes it from there`), cites: [0] },
    ],
    assumptions: [`${cell} is filled only where it is seen to be, in the functions of this folder`],
    contracts: [],
    abilities: [],
  };
}
