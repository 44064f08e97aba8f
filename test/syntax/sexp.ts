// A tree as tree-sitter's corpus writes it: named nodes with their fields, one a line, indented by two.
import type { TreeNode } from "../../server/src/syntax/tree.ts";

export function sexp(node: TreeNode, depth = 0): string {
  const name = node.missing ? `MISSING ${node.named ? node.type : JSON.stringify(node.type)}` : node.type;
  const kids = node.kids.filter((kid) => kid.named || kid.missing);
  const inner = kids.map((kid) => {
    const field = kid.field === undefined ? "" : `${kid.field}: `;
    return `\n${"  ".repeat(depth + 1)}${field}${sexp(kid, depth + 1)}`;
  });
  return `(${name}${inner.join("")})`;
}
