// The flow graph of one function as text, for `lifebound facts`.
import { existsSync } from "node:fs";
import path from "node:path";
import type { FileId } from "../base/span.ts";
import { printFacts } from "../facts/print.ts";
import { createProgram } from "../program/create.ts";
import type { Source } from "../program/program.ts";
import { loadParser } from "../syntax/parser.ts";
import type { WasmFiles } from "../syntax/parser.ts";

/** Lowers the function and prints it; undefined where the file defines none of that name. Every definition of the name in the file is printed. */
export async function factsText(tree: Source, file: FileId, fn: string, wasm: WasmFiles): Promise<string | undefined> {
  const parser = await loadParser(wasm);
  try {
    const program = createProgram(tree, parser);
    const texts = program
      .definitions(fn)
      .filter((ref) => ref.file === file)
      .flatMap((ref) => program.facts(ref) ?? [])
      .map((facts) => printFacts(facts, tree.read(file) ?? ""));
    return texts.length === 0 ? undefined : texts.join("\n");
  } finally {
    parser.delete();
  }
}

/** The wasm files: beside the bundle, or where the sources have them. */
export function wasmFiles(here: string): WasmFiles {
  const beside = {
    runtime: path.join(here, "web-tree-sitter.wasm"),
    grammar: path.join(here, "tree-sitter-kernel_c.wasm"),
  };
  if (existsSync(beside.grammar)) return beside;
  const root = path.resolve(here, "../..");
  return {
    runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
    grammar: path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
  };
}
