// The parser: loads the grammar, parses C text and gives plain data. Trees are freed where they are made; bad C gives gaps, never a throw.
import { Language, Parser } from "web-tree-sitter";
import type { ParsedFile, Range } from "./ast.ts";
import { readFile } from "./ast-file.ts";
import { snapshot, vocabularyOf } from "./tree.ts";
import type { SyntaxTree } from "./tree.ts";

/** The two wasm files, as bytes or as a path: tree-sitter's runtime and the grammar of kernel C. */
export interface WasmFiles {
  readonly runtime: Uint8Array | string;
  readonly grammar: Uint8Array | string;
}

export interface CParser {
  /** Parses a whole file: its functions, each as a small parse of its own, and what stands between them. */
  parseFile(text: string): ParsedFile;
  /** Parses a piece of a file (one function, one run of declarations) whose first character stands at offset `base` of that file. */
  parseText(text: string, base: number): ParsedFile;
  /** Parses text that no file holds (a macro's expansion); every range in the result is `at`. */
  parseSynthetic(text: string, at: Range): ParsedFile;
  /** The raw tree of `text`, unmasked: for the corpus tests and for debugging. */
  tree(text: string): SyntaxTree;
  /** Frees the parser. It can't be used afterwards. */
  delete(): void;
}

let started: Promise<void> | undefined;

/** Loads both wasm files (the runtime once a process) and makes a parser. Rejects where they can't be loaded. */
export async function loadParser(wasm: WasmFiles): Promise<CParser> {
  const { runtime } = wasm;
  // Emscripten wants the exact bytes' type; the module option is untyped in the library.
  const options = typeof runtime === "string" ? { locateFile: () => runtime } : { wasmBinary: runtime };
  started ??= Parser.init(options);
  await started;
  const language = await Language.load(wasm.grammar);
  const vocabulary = vocabularyOf(language);
  const parser = new Parser();
  parser.setLanguage(language);
  const tree = (text: string): SyntaxTree => {
    const parsed = parser.parse(text);
    if (parsed === null) throw new Error("impossible: a parse was cancelled, though nothing cancels one");
    try {
      return snapshot(parsed, vocabulary);
    } finally {
      parsed.delete();
    }
  };
  return {
    parseFile: (text) => readFile(text, 0, tree),
    parseText: (text, base) => readFile(text, base, tree),
    parseSynthetic: (text, at) => readFile(text, 0, tree, at),
    tree,
    delete: () => parser.delete(),
  };
}
