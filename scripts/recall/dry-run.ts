// Recall without a checker: every case is prepared, and its texts go through the project's parser, which must not find more gaps than before.
import { join } from "node:path";
import { loadParser } from "../../server/src/syntax/parser.ts";
import { findBodies } from "../../server/src/syntax/bodies.ts";
import { nameOf, prepare, type Case } from "./cases.ts";
import type { Files } from "./checker.ts";
import type { Loaded } from "./tree.ts";

export interface Trial {
  readonly name: string;
  readonly applies: boolean;
  readonly files: number;
  readonly changes: number;
  /** Gaps that the texts have more than those of the tree; bodies that the parser does not return count as gaps. */
  readonly newGaps: readonly string[];
  readonly skipped: readonly string[];
  readonly error?: string;
}

/** Prepares each case and parses what it changed. `root`: of this project, for the parser's grammar. */
export async function dryRun(cases: readonly Case[], loaded: (c: Case) => Loaded, root: string): Promise<Trial[]> {
  const parser = await loadParser({
    runtime: join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
    grammar: join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
  });
  const known = new Map<string, number>();
  const gaps = (text: string): number => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const parsed = parser.parseFile(text);
    const missing = Math.max(0, findBodies(text).length - parsed.functions.length);
    const count = parsed.gaps.length + parsed.functions.reduce((n, f) => n + f.gaps.length, 0) + missing;
    known.set(text, count);
    return count;
  };
  return cases.map((c) => {
    try {
      const { files, context } = loaded(c);
      const { overlay, applies, disguised } = prepare(c, files, context);
      const own = context.family.own.filter((path) => overlay[path] !== undefined);
      const allowed = (path: string): number =>
        [path, ...(disguised.moved[path] ?? [])].reduce((n, p) => n + gaps(textOf(files, p)), 0);
      const newGaps = own.flatMap((path) => {
        const more = gaps(overlay[path] ?? "") - allowed(path);
        return more > 0 ? [`${path}: ${more}`] : [];
      });
      return {
        name: nameOf(c),
        applies,
        files: own.length,
        changes: disguised.changes,
        newGaps,
        skipped: disguised.skipped,
      };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { name: nameOf(c), applies: true, files: 0, changes: 0, newGaps: [], skipped: [], error: message };
    }
  });
}

function textOf(files: Files, path: string): string {
  return files[path] ?? "";
}

/** What a dry run found, as text. */
export function dryReport(trials: readonly Trial[]): string {
  const bad = trials.filter((t) => t.error !== undefined || t.newGaps.length > 0);
  const idle = trials.filter((t) => !t.applies).map((t) => t.name);
  const lines = [
    `${trials.length} cases prepared, ${trials.filter((t) => t.error !== undefined).length} failed, ` +
      `${trials.filter((t) => t.newGaps.length > 0).length} with new gaps, ${idle.length} where the disguise does not apply`,
    ...bad.map((t) => `${t.name}: ${t.error ?? `new gaps in ${t.newGaps.join(", ")}`}`),
    ...(idle.length > 0 ? [`does not apply: ${idle.join(", ")}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}
