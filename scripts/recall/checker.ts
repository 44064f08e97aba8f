// What the recall harness asks of a checker, and the real one: the pipeline over an overlay of the tree.
import path from "node:path";
import { scoped } from "../../server/src/check/unplug/reach.ts";
import { newCheck } from "../../server/src/check/pipeline.ts";
import { engineOf } from "../../server/src/cli/engine.ts";
import { newExplorer } from "../../server/src/model/unplug/explorer.ts";
import { settle, severityIn } from "../../server/src/findings/settle.ts";
import { overlaySource } from "../../server/src/project/memory.ts";
import { openTree } from "../../server/src/project/tree.ts";
import { createProgram } from "../../server/src/program/create.ts";
import type { Program, Source } from "../../server/src/program/program.ts";
import { loadParser } from "../../server/src/syntax/parser.ts";

/** Texts by path, relative to the tree. An empty text stands for a file that is gone. */
export type Files = Readonly<Record<string, string>>;

export type FamilyId = "vfio" | "rdma";

/** A finding as the harness compares it. `level`: "error", "warning" or anything weaker, which counts as silence. `line` is 1-based. */
export interface Finding {
  readonly rule: string;
  readonly file: string;
  readonly fn: string;
  readonly line: number;
  readonly level: string;
}

export interface CheckerAnswer {
  readonly findings: readonly Finding[];
  /** What could not be decided, one line each. */
  readonly incomplete: readonly string[];
}

/** Checks one family in the tree as it stands with `files` laid over it. `most`: it may stop after so many findings. */
export type Checker = (files: Files, family: FamilyId, most?: number) => Promise<CheckerAnswer>;

/** Makes the checker of a tree (its root folder); undefined where this build has none. */
export type MakeChecker = (tree: string) => Checker | undefined;

/** The folders that a family's exporter stands in. */
const folders: Readonly<Record<FamilyId, string>> = { vfio: "drivers/vfio/pci/", rdma: "drivers/infiniband/core/" };

const root = path.resolve(import.meta.dirname, "../..");

/** The pipeline as the command line runs it. The tree is read once; an overlay reads what it changes. */
export const makeChecker: MakeChecker = (tree) => {
  const opened = openTree(tree);
  if ("why" in opened) throw new Error(opened.why);
  const { source } = opened;
  const loading = loadParser({
    runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
    grammar: path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
  }).then((parser) => ({
    engine: { ...engineOf(parser), explorer: newExplorer() },
    parser,
  }));
  /** What one family may need of the tree, as the pipeline would narrow it down, and the program over that: read once for all that is laid over it. */
  const bases = new Map<FamilyId, { readonly source: Source; readonly program: Program }>();
  return async (files, family, most) => {
    const { engine, parser } = await loading;
    let base = bases.get(family);
    if (base === undefined) {
      const part = scoped(source, engine.vocabulary, [folders[family]]);
      bases.set(family, (base = { source: part, program: createProgram(part, parser) }));
    }
    const changes = Object.fromEntries(Object.entries(files).map(([file, text]) => [file, text || undefined]));
    const over = Object.keys(changes).length === 0 ? base.source : overlaySource(base.source, changes);
    const program = over === base.source ? base.program : createProgram(over, parser, { over: base.program });
    const check = newCheck({
      ...engine,
      program: () => program,
      ...(most === undefined ? {} : { findings: most }),
    });
    const paths = over.files().filter((file) => file.startsWith(folders[family]));
    const report = await check({ tree: over, paths, proofs: false, progress: () => undefined });
    const settled = settle(report, {
      read: (file) => over.read(file),
      severity: severityIn(engine.rules),
    });
    return {
      findings: settled.findings.map(({ finding, file, line, level }) => ({
        rule: finding.rule,
        file,
        fn: finding.fn,
        line,
        level,
      })),
      incomplete: settled.incomplete.map(({ file, line, why }) => `${file}:${line}: ${why}`),
    };
  };
};
