// The parser for tests of facts, and the C texts that they read.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { loadParser } from "../../server/src/syntax/parser.ts";
import type { CParser } from "../../server/src/syntax/parser.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** The folder of the .c inputs and their goldens. */
export const inputs = path.join(import.meta.dirname, "c");

export function parser(): Promise<CParser> {
  return loadParser({
    runtime: readFileSync(path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm")),
    grammar: readFileSync(path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm")),
  });
}

/** Every input: its name without ".c", and its text. */
export const texts: readonly { readonly name: string; readonly text: string }[] = readdirSync(inputs)
  .filter((file) => file.endsWith(".c"))
  .sort()
  .map((file) => ({ name: file.slice(0, -2), text: readFileSync(path.join(inputs, file), "utf8") }));

/** The configuration that the inputs speak of. */
export function arm(symbol: string): boolean | undefined {
  return symbol === "CONFIG_ON" ? true : symbol === "CONFIG_OFF" ? false : undefined;
}
