// The path check: every function of the files asked for that uses the API, along all of its paths, folder by folder.
import type { Incomplete } from "../../base/result.ts";
import type { FileId } from "../../base/span.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Rule } from "../../model/lifecycle.ts";
import type { PathVocabulary } from "../../model/paths.ts";
import type { FunctionRef, Program } from "../../program/program.ts";
import { lineStarts, positionAt } from "../../base/span.ts";
import type { Progress } from "../check.ts";
import { lostAt } from "./endings.ts";
import { openFollower } from "./follow.ts";
import { openProtocol } from "./protocol.ts";
import { findingOf } from "./report.ts";
import { bodiesOf, filesOf } from "./select.ts";
import { disagreements } from "./settled.ts";

export interface PathRequest {
  readonly program: Program;
  readonly vocabulary: PathVocabulary;
  readonly rules: readonly Rule[];
  readonly paths: readonly FileId[];
  readonly progress: Progress;
  /** Also rules that are off by default. */
  readonly all?: boolean;
}

export interface PathReport {
  readonly findings: readonly Finding[];
  readonly incomplete: readonly Incomplete[];
  /** Bodies walked, those with gaps, and those that a budget cut short. */
  readonly seen: { readonly bodies: number; readonly gaps: number; readonly cut: number };
}

/** Walks the functions of the paths. Never throws on input. */
export function checkPaths({ program, vocabulary, rules, paths, progress, all }: PathRequest): PathReport {
  const protocol = openProtocol(vocabulary);
  const files = filesOf(program, protocol, paths);
  const bodies = bodiesOf(program, protocol, files);
  const on = new Map(rules.filter((r) => r.off === undefined || all === true).map((r) => [r.id, r]));
  const asked = new Set(files);
  const findings: Finding[] = [];
  const incomplete: Incomplete[] = [];
  const seen = { bodies: 0, gaps: 0, cut: 0 };
  const total = [...bodies.values()].reduce((n, list) => n + list.length, 0);
  const read = (file: FileId): string | undefined => program.source.read(file);
  const miss = (ref: FunctionRef, why: string): void => {
    const text = read(ref.file);
    const line = text === undefined ? 0 : positionAt(lineStarts(text), ref.start).line;
    incomplete.push({ file: ref.file, line, why: `${ref.name}(): ${why}` });
  };
  for (const [folder, refs] of bodies) {
    progress(`following paths in ${folder}`, seen.bodies, total);
    const follower = openFollower(program, protocol);
    for (const ref of refs) {
      seen.bodies++;
      const analysed = follower.analyse(ref);
      if (analysed === undefined) {
        miss(ref, "not understood");
        seen.gaps++;
        continue;
      }
      const { run } = analysed;
      if (run.fn.gaps.length > 0) {
        seen.gaps++;
        miss(ref, `${run.fn.gaps.length} gaps; nothing is said of what passes them`);
      }
      if (run.cut !== undefined) {
        seen.cut++;
        miss(ref, run.cut);
      }
      for (const defect of [
        ...analysed.defects,
        ...lostAt(follower.calls, run, (kind) => follower.releasedByCallers(ref, kind)),
      ]) {
        const rule = on.get(defect.rule);
        if (rule === undefined) continue;
        findings.push(findingOf(defect, ref.name, rule, read));
      }
    }
    findings.push(...disagreements(program, protocol, on, folder, asked));
  }
  return { findings: grouped(findings), incomplete, seen };
}

/** Of handles that nobody tests one is said for each file: drivers are of one habit. */
function grouped(findings: readonly Finding[]): readonly Finding[] {
  const first = new Map<string, number>();
  const counts = new Map<string, number>();
  const one = (f: Finding): string | undefined => (GROUPED.has(f.rule) ? `${f.rule} ${f.at.file}` : undefined);
  findings.forEach((f, i) => {
    const key = one(f);
    if (key === undefined) return;
    const before = first.get(key);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (before === undefined || (findings[before]?.at.start ?? 0) > f.at.start) first.set(key, i);
  });
  return findings.flatMap((f, i) => {
    const key = one(f);
    if (key === undefined) return [f];
    if (first.get(key) !== i) return [];
    const more = (counts.get(key) ?? 1) - 1;
    return [more === 0 ? f : { ...f, message: `${f.message} (and ${more} more in this file)` }];
  });
}

const GROUPED = new Set(["dma/unchecked-mapping"]);
