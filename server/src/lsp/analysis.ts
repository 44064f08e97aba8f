// What the language server knows of a tree: the folder of a document is checked with the editor's texts laid over the files. One program per folder is kept and
// only what changed is read again.
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { newCheck } from "../check/pipeline.ts";
import type { Engine } from "../check/pipeline.ts";
import { scoped } from "../check/unplug/reach.ts";
import { engineOf } from "../cli/engine.ts";
import type { FileId } from "../base/span.ts";
import type { SettledReport } from "../findings/report.ts";
import { settle, severityIn } from "../findings/settle.ts";
import { newExplorer } from "../model/unplug/explorer.ts";
import { overlaySource } from "../project/memory.ts";
import { findTree, openTree } from "../project/tree.ts";
import type { TreeSource } from "../project/tree.ts";
import { createProgram } from "../program/create.ts";
import type { Program, Source } from "../program/program.ts";
import type { CParser } from "../syntax/parser.ts";

/** Where a document stands: its tree, its name there, and the folder that is checked with it ("drivers/x/", "" for the root). */
export interface Located {
  readonly tree: TreeSource;
  readonly file: FileId;
  readonly folder: string;
}

export interface Analysis {
  /** Undefined for what is no C file of a tree that can be read. */
  locate(uri: string): Located | undefined;
  uriOf(tree: TreeSource, file: FileId): string;
  /** The folder with `texts` (by file) laid over it. Never throws on input; takes as long as a check. */
  check(where: Located, texts: Readonly<Record<FileId, string>>): Promise<SettledReport>;
  /** Does the parser understand all of the text? */
  understands(text: string): boolean;
}

interface Base {
  readonly source: Source;
  readonly program: Program;
}

export function newAnalysis(parser: CParser): Analysis {
  const engine: Engine = { ...engineOf(parser), explorer: newExplorer() };
  const trees = new Map<string, TreeSource>();
  const bases = new Map<string, Base>();
  const severity = severityIn(engine.rules);

  function treeOf(root: string): TreeSource | undefined {
    const known = trees.get(root);
    if (known !== undefined) return known;
    const opened = openTree(root);
    if ("why" in opened) return undefined;
    trees.set(root, opened.source);
    return opened.source;
  }

  function baseOf({ tree, folder }: Located): Base {
    const key = `${tree.root}\0${folder}`;
    let base = bases.get(key);
    if (base === undefined) {
      const paths = tree.files().filter((file) => file.startsWith(folder));
      const source = scoped(tree, engine.vocabulary, paths);
      bases.set(key, (base = { source, program: createProgram(source, parser) }));
    }
    return base;
  }

  return {
    locate(uri) {
      if (!uri.startsWith("file:") || !/\.[ch]$/.test(uri)) return undefined;
      const absolute = fileURLToPath(uri);
      const tree = treeOf(findTree(absolute));
      if (tree === undefined) return undefined;
      const file = path.relative(tree.root, absolute).split(path.sep).join("/");
      if (file.startsWith("../")) return undefined;
      return { tree, file, folder: file.slice(0, file.lastIndexOf("/") + 1) };
    },
    uriOf: (tree, file) => pathToFileURL(path.join(tree.root, file)).href,
    async check(where, texts) {
      const base = baseOf(where);
      const over = Object.keys(texts).length === 0 ? base.source : overlaySource(base.source, texts);
      const program = over === base.source ? base.program : createProgram(over, parser, { over: base.program });
      const paths = over.files().filter((file) => file.startsWith(where.folder));
      const check = newCheck({ ...engine, program: () => program });
      const report = await check({ tree: over, paths, proofs: false, progress: () => undefined });
      return settle(report, { read: (file) => over.read(file), severity });
    },
    understands: (text) => (engine.gaps?.(text) ?? []).length === 0,
  };
}
