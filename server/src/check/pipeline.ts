// The pipeline: from a tree and the files asked for to a report. Extraction, contracts, exploration and diagnosis in their order; what could not be seen is said.
import type { Incomplete } from "../base/result.ts";
import { lineStarts, positionAt } from "../base/span.ts";
import type { FileId, Span } from "../base/span.ts";
import type { Witness } from "../base/trace.ts";
import type { Finding } from "../findings/finding.ts";
import type { Proof } from "../findings/proof.ts";
import type { Report } from "../findings/report.ts";
import type { Rule } from "../model/lifecycle.ts";
import type { Ability } from "../model/unplug/scenario.ts";
import type { PathVocabulary } from "../model/paths.ts";
import type { Vocabulary } from "../model/unplug/vocabulary.ts";
import { newExplorer } from "../model/unplug/explorer.ts";
import type { Explorer } from "../model/unplug/explorer.ts";
import type { Index } from "../program/index.ts";
import type { Program, Source } from "../program/program.ts";
import type { Check, Progress } from "./check.ts";
import { checkPaths } from "./paths/check.ts";
import { keep, rememberingReports, safeScenarios, storedIndex } from "./kept.ts";
import { OTHER_DRIVER } from "./unplug/calls.ts";
import { verifyContract } from "./unplug/contracts.ts";
import type { Broken, Requirement } from "./unplug/contracts.ts";
import { recall } from "./unplug/remember.ts";
import type { Memory } from "./unplug/remember.ts";
import type { Diagnosis, DiagnoseOptions, Kit, UnplugFinding } from "./unplug/diagnose.ts";
import { extractFamilies } from "./unplug/extract.ts";
import type { Extraction } from "./unplug/extract.ts";
import { prove } from "./unplug/proof.ts";
import { scoped } from "./unplug/reach.ts";

/** A framework's contract, as far as the pipeline looks at it. */
export interface ContractFacts {
  readonly id: string;
  readonly title: string;
  readonly sources: readonly { readonly file: string; readonly fn: string; readonly says: string }[];
  readonly requires: readonly Requirement[];
  readonly assumptions: readonly string[];
  readonly bounds: readonly string[];
}

/** What the pipeline is given: everything that knows a kernel framework by name. */
export interface Engine {
  /** `stored`: an index of it that an earlier run has left. */
  program(tree: Source, stored?: Index): Program;
  readonly vocabulary: Vocabulary;
  readonly contracts: readonly ContractFacts[];
  /** What the parser does not understand in a text; offsets are UTF-16 code units. */
  gaps?(text: string): readonly { readonly range: readonly [start: number, end: number]; readonly why: string }[];
  /** The environment of a contract, without what the framework is seen not to do any more (`Requirement.loses`). */
  kit(contract: string, lost?: readonly string[]): Kit;
  readonly abilities: readonly Ability[];
  readonly rules: readonly Rule[];
  /** The lifecycles that are followed along paths; none where absent. */
  readonly paths?: PathVocabulary;
  /** Explores for all checks of this engine; where absent, each check has its own. */
  readonly explorer?: Explorer;
  /** What tells this build of the program from every other; without it no exploration is kept for another run. */
  readonly stamp?: string;
  /** States of one exploration; the default of diagnosis where absent. */
  readonly budget?: number;
  /** Diagnosis of a family ends after so many findings; all of them where absent. */
  readonly findings?: number;
  /** Diagnoses of other states of the tree. */
  readonly memory?: Memory;
}

const limits = ({ budget, findings }: Engine): DiagnoseOptions => ({
  ...(budget === undefined ? {} : { budget }),
  ...(findings === undefined ? {} : { findings }),
});

/** What every verdict takes for granted. */
const ALWAYS = [
  "memory is sequentially consistent",
  "options that the files' Makefiles imply are on; module parameters are unknown",
  "for up to 2 buffers, 2 importers, 2 revocations and 1 VMA with a fork",
] as const;

/** A check over the engine. Never throws on input. */
export function newCheck(engine: Engine): Check {
  return rememberingReports(engine.stamp, ({ tree, paths, named, proofs, all, cache, progress }) => {
    const stored = storedIndex(tree, cache);
    const explorer = engine.explorer ?? newExplorer(safeScenarios(engine.stamp, cache));
    const program = engine.program(scoped(tree, engine.vocabulary, paths), stored);
    progress("looking for exporters", 0, 0);
    const families = extractFamilies(program, engine.vocabulary, { paths });
    const report = { findings: [] as Finding[], proofs: [] as Proof[], incomplete: [] as Incomplete[] };
    for (const [n, family] of families.entries()) {
      progress(`exploring ${family.exporter.fn}`, n, families.length);
      const one = checkFamily({ ...engine, explorer }, program, family, proofs, progress);
      report.findings.push(...one.findings);
      report.proofs.push(...one.proofs);
      report.incomplete.push(...one.incomplete);
    }
    const walked =
      engine.paths === undefined
        ? undefined
        : checkPaths({ program, vocabulary: engine.paths, rules: engine.rules, paths, progress, all: all === true });
    report.findings.push(...(walked?.findings ?? []));
    report.incomplete.push(...(walked?.incomplete ?? []));
    report.incomplete.push(...program.incomplete(), ...(named ?? []).flatMap((file) => gapsIn(engine, tree, file)));
    keep(cache, program, explorer, engine.stamp);
    return { ...report, seen: { files: paths.length, exporters: families.length, ...walked?.seen } };
  });
}

/** What the parser does not understand in a file, by line. */
function gapsIn(engine: Engine, tree: Source, file: FileId): Incomplete[] {
  const text = tree.read(file);
  if (text === undefined || engine.gaps === undefined) return [];
  const starts = lineStarts(text);
  const lines = new Map<number, string>();
  for (const { range, why } of engine.gaps(text)) {
    const { line } = positionAt(starts, range[0]);
    if (!lines.has(line)) lines.set(line, why);
  }
  return [...lines]
    .sort(([a], [b]) => a - b)
    .map(([line, why]) => ({ file, line, why: why === "not understood" ? why : `not understood: ${why}` }));
}

/** The environment of a contract, explored by the engine's explorer. */
const kitOf = ({ kit, explorer }: Engine, contract: string, lost?: readonly string[]): Kit => ({
  ...kit(contract, lost),
  ...(explorer === undefined ? {} : { explore: explorer.explore }),
});

function checkFamily(
  engine: Engine,
  program: Program,
  family: Extraction,
  proofs: boolean,
  progress: Progress,
): Pick<Report, "findings" | "proofs" | "incomplete"> {
  const { set, exporter } = family;
  const contract = engine.contracts.find((k) => k.id === family.contract);
  const incomplete = [...family.notSeen];
  const here = (why: string): Incomplete => ({ file: exporter.file, line: 0, why });
  if (contract === undefined)
    return { findings: [], proofs: [], incomplete: [...incomplete, here(`no contract is known for ${set.name}`)] };
  const { broken, unseen } = verifyContract(contract.requires, program);
  for (const { requirement, found } of broken)
    incomplete.push({ file: requirement.file, line: 0, why: `${contract.title}: ${found} (${requirement.why})` });
  const kit = kitOf(engine, contract.id);
  const d = recall(engine.memory, contract.id, set, kit, limits(engine));
  incomplete.push(...d.incomplete.map(here));
  const grounds: Grounds = {
    engine,
    family,
    contract,
    assumptions: [
      ...ALWAYS,
      ...contract.assumptions,
      ...family.notSeen.filter(isOthers).map((x) => x.why),
      ...(unseen.length > 0 ? [`${contract.title} is as in the tree that its contract was read in`] : []),
    ],
    contracts: contract.sources.map((s) => `${s.file}, ${s.fn}(): ${s.says}`),
    diagnosis: d,
    spanOf: (fn) => {
      const ref = program.resolve(fn, exporter.file);
      const cited = [...contract.sources, ...contract.requires].find((x) => x.fn === fn);
      return (ref === undefined ? cited && program.fn(fn, cited.file) : program.facts(ref))?.span;
    },
  };
  const findings = [
    ...d.findings.flatMap((f) => findingOf(grounds, f, broken.length > 0) ?? []),
    ...broken.flatMap((b) => consequences(grounds, b, program)),
  ];
  if (proofs) progress(`looking for what protects ${exporter.fn}`, 0, 0);
  const proof = prove({
    set,
    kit,
    diagnosis: d,
    deletion: proofs,
    resource: `what ${exporter.fn}() exports`,
    at: exporter.span,
    fn: exporter.fn,
    bound: boundOf(contract),
    assumptions: grounds.assumptions,
    contracts: grounds.contracts,
    doubts: [
      ...broken.map((b) => `${contract.title} is not as its contract says: ${b.found}`),
      ...family.notSeen.filter((x) => !isOthers(x)).map((x) => `${x.file}:${x.line}: ${x.why}`),
    ],
  });
  return { findings, proofs: [proof], incomplete };
}

/** What goes wrong because the framework does not do what its contract says: what a diagnosis without that finds besides. It stands where the framework should do it. */
function consequences(g: Grounds, { requirement, found }: Broken, program: Program): Finding[] {
  const fn = program.fn(requirement.fn, requirement.file);
  if (requirement.loses === undefined || fn === undefined) return [];
  const { engine, family, diagnosis } = g;
  const kit = kitOf(engine, family.contract, [requirement.loses]);
  const without = recall(
    engine.memory,
    `${family.contract} without ${requirement.loses}`,
    family.set,
    kit,
    limits(engine),
  );
  const isKnown = (f: UnplugFinding): boolean =>
    diagnosis.findings.some((k) => k.rule === f.rule && (k.fn === f.fn || f.confidence === "likely"));
  return without.findings
    .filter((f) => !isKnown(f))
    .flatMap((f) => {
      const finding = findingOf({ ...g, diagnosis: without }, f, false);
      if (finding === undefined) return [];
      return [{ ...finding, at: fn.span, fn: fn.name, message: `${found}: ${finding.message}` }];
    });
}

/** Code of another driver behind the same framework: a proof is of one driver, and says so. */
const isOthers = (x: Incomplete): boolean => x.why.includes(OTHER_DRIVER);

const boundOf = ({ bounds }: ContractFacts): string =>
  bounds
    .map((b) =>
      b === "driver"
        ? "driver: remove() returns or probe fails"
        : b === "session"
          ? "session: the last close"
          : `${b} window`,
    )
    .join("; ");

interface Grounds {
  readonly engine: Engine;
  readonly family: Extraction;
  readonly contract: ContractFacts;
  readonly assumptions: readonly string[];
  readonly contracts: readonly string[];
  readonly diagnosis: Diagnosis;
  /** Where a function of the tree stands, by its name. */
  spanOf(fn: string): Span | undefined;
}

/** A finding of the model as one that people read; undefined where its witness has no place in C at all. */
function findingOf(g: Grounds, f: UnplugFinding, shaken: boolean): Finding | undefined {
  const trace = f.violation.trace;
  const [first, ...rest] = trace;
  if (first === undefined) return undefined;
  const witness: Witness = [first, ...rest];
  const rule = g.engine.rules.find((r) => r.id === f.rule);
  const abilities = g.engine.abilities.filter((a) => f.abilities.includes(a.id));
  const at: Span =
    f.at?.span ??
    trace.findLast((s) => s.span !== undefined && s.fn === f.fn)?.span ??
    g.spanOf(f.fn) ??
    g.family.exporter.span;
  const practice = abilities.some((a) => a.standing === "PRACTICE");
  return {
    rule: f.rule,
    resource: `what ${g.family.exporter.fn}() exports`,
    confidence: f.confidence === "proved" && !practice && !shaken ? "proved" : "likely",
    at,
    fn: f.at?.fn ?? f.fn,
    message: f.message,
    because: rule?.because ?? f.violation.detail,
    advice: rule?.advice ?? "",
    witness,
    assumptions: [
      ...g.assumptions,
      ...(f.given.length > 0 ? [`the witness is of the code with these mended: ${f.given.join(", ")}`] : []),
    ],
    contracts: g.contracts,
    abilities,
    explored: { states: g.diagnosis.states },
  };
}
