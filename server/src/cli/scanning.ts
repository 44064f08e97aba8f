// What a scan needs of the machine: inputs, repositories, trees, and the analysis with its parser.
import path from "node:path";
import type { Memory } from "../check/unplug/remember.ts";
import { openCache } from "../project/cache.ts";
import { openGit } from "../project/git.ts";
import { findInputs } from "../project/inputs.ts";
import { findTree, isKernelTree, openTree } from "../project/tree.ts";
import { loadParser } from "../syntax/parser.ts";
import type { WasmFiles } from "../syntax/parser.ts";
import type { Scanning } from "./deps.ts";
import { engineOf } from "./engine.ts";
import { newReviewer } from "./reviewer.ts";

/** Joins a scan to files, git and standard input. Names count from `cwd`. `stamp`: what tells this build from others, if anything does. */
export function scanningOf(wasm: WasmFiles, cwd: string, stamp?: string): Scanning {
  const memory: Memory = new Map();
  return {
    inputs: (name) => findInputs(name, cwd, standardInput),
    git: (folder) => openGit(path.resolve(cwd, folder)),
    tree: (dir) => {
      const root = dir === undefined ? findTree(cwd) : path.resolve(cwd, dir);
      if (dir === undefined && !isKernelTree(root)) return undefined;
      const opened = openTree(root);
      return "why" in opened
        ? opened.why
        : { source: opened.source, name: dir ?? path.basename(root), place: opened.source.root };
    },
    reviewers: async () => {
      const parser = await loadParser(wasm);
      const engine = { ...engineOf(parser), ...(stamp === undefined ? {} : { stamp }) };
      return (tree, place) => {
        const cache = place === undefined ? {} : { cache: openCache(place, process.env) };
        return newReviewer(tree, engine, parser, { memory, ...cache });
      };
    },
  };
}

async function* standardInput(): AsyncIterable<Buffer> {
  for await (const chunk of process.stdin) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}
