// The checker as the planting harness asks it: what is said of one file of a tree, with some texts laid over it.
import path from "node:path";
import type { Progress } from "../../server/src/check/check.ts";
import { checkPaths } from "../../server/src/check/paths/check.ts";
import { newCheck } from "../../server/src/check/pipeline.ts";
import { engineOf } from "../../server/src/cli/engine.ts";
import { settle, severityIn } from "../../server/src/findings/settle.ts";
import type { Report, SettledReport } from "../../server/src/findings/report.ts";
import { createProgram } from "../../server/src/program/create.ts";
import type { Source as Tree } from "../../server/src/program/program.ts";
import { overlaySource } from "../../server/src/project/memory.ts";
import { openTree } from "../../server/src/project/tree.ts";
import { loadParser } from "../../server/src/syntax/parser.ts";
import type { Rule } from "../../server/src/model/lifecycle.ts";

const root = path.resolve(import.meta.dirname, "../..");

export interface TreeChecker {
  readonly tree: Tree;
  readonly rules: readonly Rule[];
  /** What is said of these files, with the texts in place of the tree's. */
  check(paths: readonly string[], texts: Readonly<Record<string, string>>): Promise<SettledReport>;
  /** What the path rules alone say of the tree's files as they stand: exporters are not explored. */
  follow(paths: readonly string[], progress: Progress): SettledReport;
}

/** Opens a tree for checking. `all`: rules that are off by default speak too. Throws where there is none. */
export async function treeChecker(dir: string, all: boolean): Promise<TreeChecker> {
  const opened = openTree(dir);
  if ("why" in opened) throw new Error(opened.why);
  const { source } = opened;
  const parser = await loadParser({
    runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
    grammar: path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
  });
  const engine = engineOf(parser);
  const base = createProgram(source, parser);
  const severity = severityIn(engine.rules);
  const settled = (report: Report, tree: Tree): SettledReport =>
    settle(report, { read: (file) => tree.read(file), severity });
  return {
    tree: source,
    rules: engine.rules,
    check: async (paths, texts) => {
      const over = Object.keys(texts).length === 0 ? source : overlaySource(source, texts);
      const program = over === source ? base : createProgram(over, parser, { over: base });
      const check = newCheck({ ...engine, program: () => program });
      const report = await check({ tree: over, paths, proofs: false, all, progress: () => undefined });
      return settled(report, over);
    },
    follow: (paths, progress) => {
      if (engine.paths === undefined) throw new Error("this build follows no paths");
      const { findings, incomplete, seen } = checkPaths({ program: base, vocabulary: engine.paths, rules: engine.rules, paths, progress, all }); // prettier-ignore
      return settled({ findings, proofs: [], incomplete, seen }, source);
    },
  };
}
