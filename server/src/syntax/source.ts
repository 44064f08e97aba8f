// What the tree's readers share: the original text, where it stands in its file, and where they put gaps and the types they pass by.
import type { Annotation, FileScope, Gap, Range } from "./ast.ts";
import type { TreeNode } from "./tree.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

export interface Source {
  /** The text as written (not the masked one): names are read from it. */
  readonly text: string;
  /** The offset of the text's first character in its file. */
  readonly base: number;
  /** Where set, every range is this one: text made by expanding a macro stands at its invocation. */
  readonly at?: Range;
  readonly gaps: Gap[];
  readonly scope: Mutable<FileScope>;
  readonly annotations: Annotation[];
}

export function emptyScope(): Mutable<FileScope> {
  return { structs: [], enums: [], typedefs: [], vars: [], macros: [], invocations: [], includes: [] };
}

export function sourceOf(text: string, base: number, scope: Mutable<FileScope>, at?: Range): Source {
  const source = { text, base, gaps: [], scope, annotations: [] };
  return at === undefined ? source : { ...source, at };
}

export function rangeOf(source: Source, node: TreeNode): Range {
  return source.at ?? [node.start + source.base, node.end + source.base];
}

/** The node's text as written. */
export function textOf(source: Source, node: TreeNode): string {
  return source.text.slice(node.start, node.end);
}

/** Text that was not understood: noted, and its range given back for the node that stands in for it. */
export function noteGap(source: Source, node: TreeNode, why: string): Range {
  const range = rangeOf(source, node);
  source.gaps.push({ range, why });
  return range;
}

/** The word that stands where `node` begins: for nodes whose text may have been written over by a shorter or longer one. */
export function wordAt(source: Source, node: TreeNode): string {
  return /^\w*/.exec(source.text.slice(node.start, node.start + 200))?.[0] ?? "";
}

export function field(node: TreeNode, name: string): TreeNode | undefined {
  return node.kids.find((kid) => kid.field === name);
}

/** The named kids, without what tree-sitter could not parse (that is a gap already). */
export function namedKids(node: TreeNode): readonly TreeNode[] {
  return node.kids.filter((kid) => kid.named && kid.type !== "ERROR" && !kid.missing);
}
