// A syntax tree as plain objects: copied once from tree-sitter's tree, which is freed at once. Only this file and parser.ts see tree-sitter.
import type { Language, Tree, TreeCursor } from "web-tree-sitter";

/** A node of the tree. Offsets are those of the text that was parsed; whoever reads them adds the text's base. */
export interface TreeNode {
  readonly type: string;
  readonly named: boolean;
  /** The node's field in its parent ("declarator", "body"). */
  readonly field: string | undefined;
  readonly start: number;
  readonly end: number;
  /** True for a token that tree-sitter had to invent. */
  readonly missing: boolean;
  /** Named nodes and operators; brackets and separators are left out. */
  readonly kids: readonly TreeNode[];
}

const PUNCTUATION: ReadonlySet<string> = new Set([";", "{", "}", "(", ")", ",", '"', "'", "[", "]", "\n"]);
const NONE: readonly TreeNode[] = [];

/** A tree with the nodes that say where the text was not understood: outermost ERROR nodes, and tokens that were invented. */
export interface SyntaxTree {
  readonly root: TreeNode;
  readonly errors: readonly TreeNode[];
}

/** What a language's numbers mean, looked up once. */
export interface Vocabulary {
  readonly types: readonly string[];
  readonly named: readonly boolean[];
  readonly fields: readonly (string | undefined)[];
  /** Types that never have kids, so that nobody looks for them. */
  readonly leaf: readonly boolean[];
  /** Tokens that are left out. */
  readonly skipped: readonly boolean[];
}

const LEAVES: ReadonlySet<string> = new Set(
  "identifier field_identifier type_identifier statement_identifier number_literal primitive_type true false iterator_name".split(
    " ",
  ),
);

export function vocabularyOf(language: Language): Vocabulary {
  const types = language.types.map((type) => type ?? "");
  const named = types.map((_, id) => language.nodeTypeIsNamed(id));
  return {
    types,
    named,
    fields: language.fields.map((field) => field ?? undefined),
    leaf: types.map((type, id) => named[id] === false || LEAVES.has(type)),
    skipped: types.map((type, id) => named[id] === false && PUNCTUATION.has(type)),
  };
}

/** Copies a whole tree. */
export function snapshot(tree: Tree, vocabulary: Vocabulary): SyntaxTree {
  const cursor = tree.walk();
  const errors: TreeNode[] = [];
  try {
    // Each question to the cursor costs more than a line of ours: where nothing is missing, skipped tokens are asked nothing.
    const whole = !tree.rootNode.hasError;
    return { root: copy(cursor, cursor.nodeTypeId, vocabulary, errors, whole), errors };
  } finally {
    cursor.delete();
  }
}

function copy(cursor: TreeCursor, id: number, vocabulary: Vocabulary, errors: TreeNode[], whole: boolean): TreeNode {
  // 65535 is tree-sitter's number for ERROR, which no language lists.
  const type = id === 65535 ? "ERROR" : (vocabulary.types[id] ?? "");
  const named = id === 65535 || (vocabulary.named[id] ?? false);
  const start = cursor.startIndex;
  const end = cursor.endIndex;
  const fieldId = cursor.currentFieldId;
  const field = fieldId === 0 ? undefined : vocabulary.fields[fieldId];
  const before = errors.length;
  let kids: TreeNode[] | undefined;
  if (vocabulary.leaf[id] !== true && cursor.gotoFirstChild()) {
    kids = [];
    do {
      const kidId = cursor.nodeTypeId;
      if (whole && vocabulary.skipped[kidId] === true) continue;
      const kid = copy(cursor, kidId, vocabulary, errors, whole);
      if (kid.missing || vocabulary.skipped[kidId] !== true) kids.push(kid);
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  const missing = !whole && start === end && cursor.nodeIsMissing;
  const node = { type, named, field, start, end, missing, kids: kids ?? NONE };
  if (missing) errors.push(node);
  else if (type === "ERROR") {
    errors.length = before;
    errors.push(node);
  }
  return node;
}
