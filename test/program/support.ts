// What the program tests share: a program over files in memory, and references as short text.
import path from "node:path";
import { memorySource } from "../../server/src/project/memory.ts";
import { createProgram } from "../../server/src/program/create.ts";
import type { ProgramOptions } from "../../server/src/program/create.ts";
import type { FunctionRef, Program } from "../../server/src/program/program.ts";
import { loadParser } from "../../server/src/syntax/parser.ts";
import type { CParser } from "../../server/src/syntax/parser.ts";

const root = path.resolve(import.meta.dirname, "../..");
let loaded: Promise<CParser> | undefined;

export function parser(): Promise<CParser> {
  loaded ??= loadParser({
    runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
    grammar: path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
  });
  return loaded;
}

/** A program over the given files. */
export async function programOf(files: Readonly<Record<string, string>>, options?: ProgramOptions): Promise<Program> {
  return createProgram(memorySource(files), await parser(), options);
}

/** `name@file`. */
export function show(ref: FunctionRef | undefined): string {
  return ref === undefined ? "none" : `${ref.name}@${ref.file}`;
}

export function showAll(refs: readonly FunctionRef[]): string[] {
  return refs.map(show);
}
