// Types and declarators: tree → TypeRef, fields, enums. A declarator is read from the outside in, down to its name.
import type { FieldDecl, TypeRef } from "./ast.ts";
import { readExpr } from "./ast-expr.ts";
import { CLEANUP_DECLARATORS } from "./dialect.ts";
import { numberValue } from "./literal.ts";
import type { Source } from "./source.ts";
import { field, namedKids, noteGap, rangeOf, textOf, wordAt } from "./source.ts";
import type { TreeNode } from "./tree.ts";

/** What a declarator adds to its type. */
export interface Declared {
  readonly name: string;
  readonly pointers: number;
  readonly array: boolean;
  readonly func: boolean;
  /** The parameter list, where the name itself is a function's (and not that of a pointer to one). */
  readonly params: TreeNode | undefined;
  readonly cleanup: string | undefined;
}

const NOTHING: Declared = {
  name: "",
  pointers: 0,
  array: false,
  func: false,
  params: undefined,
  cleanup: undefined,
};

/** Reads a declarator (named or abstract). Pointers are counted outside the function declarator: those of what it returns. */
export function readDeclarator(source: Source, node: TreeNode | undefined): Declared {
  if (node === undefined) return NOTHING;
  const inner = (): TreeNode | undefined => field(node, "declarator") ?? innermost(node);
  switch (node.type) {
    case "identifier":
    case "field_identifier":
    case "type_identifier":
    case "primitive_type":
      return { ...NOTHING, name: textOf(source, node) };
    case "pointer_declarator":
    case "abstract_pointer_declarator": {
      const rest = readDeclarator(source, inner());
      // AUTO_KFREE(p) was masked as `*p`: the macro's name still says how p is freed.
      const cleanup = CLEANUP_DECLARATORS[wordAt(source, node)] ?? rest.cleanup;
      return { ...rest, pointers: rest.pointers + 1, cleanup };
    }
    case "array_declarator":
    case "abstract_array_declarator":
      return { ...readDeclarator(source, inner()), array: true };
    case "parenthesized_declarator":
    case "abstract_parenthesized_declarator":
      return readDeclarator(source, innermost(node));
    case "function_declarator":
    case "abstract_function_declarator": {
      const target = inner();
      const rest = readDeclarator(source, target);
      readAnnotations(source, node);
      const own = target === undefined || /^(identifier|field_identifier|type_identifier)$/.test(target.type);
      const params = own ? field(node, "parameters") : rest.params;
      return { ...rest, pointers: own ? rest.pointers : 0, func: true, params };
    }
    case "attributed_declarator": {
      readAnnotations(source, node);
      const rest = readDeclarator(source, innermost(node));
      return { ...rest, cleanup: readCleanup(source, node) ?? rest.cleanup };
    }
    default:
      noteGap(source, node, `a declarator of kind ${node.type}`);
      return NOTHING;
  }
}

/** The class of a __free() or __cleanup() that stands in `node`. */
export function readCleanup(source: Source, node: TreeNode): string | undefined {
  const attribute = node.kids.find((kid) => kid.type === "cleanup_attribute");
  const cleanup = attribute === undefined ? undefined : field(attribute, "cleanup");
  return cleanup === undefined ? undefined : textOf(source, cleanup);
}

/** The kid that is a declarator itself, where the grammar gives it no field. */
function innermost(node: TreeNode): TreeNode | undefined {
  return node.kids.find((kid) => /declarator$|identifier$/.test(kid.type));
}

/** Notes the annotations with arguments that stand in `node`: __must_hold(&x). */
export function readAnnotations(source: Source, node: TreeNode): void {
  for (const kid of node.kids) {
    const annotation = kid.type === "type_qualifier" ? (kid.kids[0] ?? kid) : kid;
    if (annotation.type !== "annotation") continue;
    const name = field(annotation, "name");
    const list = field(annotation, "arguments");
    if (name === undefined || list === undefined) continue;
    const args = namedKids(list).map((arg) => textOf(source, arg).replace(/\s+/g, " "));
    source.annotations.push({ name: textOf(source, name), args });
  }
}

/** The type that a specifier and a declarator make together. Types that are defined in place are noted in the scope as well. */
export function readType(source: Source, specifier: TreeNode | undefined, declared: Declared): TypeRef {
  const { pointers, array, func } = declared;
  const base = { pointers, array, func };
  if (specifier === undefined) return { kind: "unknown", name: "", ...base };
  switch (specifier.type) {
    case "struct_specifier":
    case "union_specifier": {
      const kind = specifier.type === "struct_specifier" ? "struct" : "union";
      const tag = field(specifier, "name");
      const name = tag === undefined ? "" : textOf(source, tag);
      const body = field(specifier, "body");
      if (body === undefined) return { kind, name, ...base };
      const fields = readFields(source, body.kids);
      if (name !== "") source.scope.structs.push({ kind, name, fields, range: rangeOf(source, specifier) });
      return { kind, name, ...base, fields };
    }
    case "enum_specifier": {
      const tag = field(specifier, "name");
      const name = tag === undefined ? "" : textOf(source, tag);
      const body = field(specifier, "body");
      if (body !== undefined) readEnum(source, specifier, name, body);
      return { kind: "enum", name, ...base };
    }
    case "typeof_specifier":
      return { kind: "unknown", name: textOf(source, specifier).replace(/\s+/g, " "), ...base };
    case "primitive_type": {
      const name = wordAt(source, specifier);
      return { kind: /^(auto|__auto_type)$/.test(name) ? "unknown" : "name", name, ...base };
    }
    default:
      return { kind: "name", name: textOf(source, specifier).replace(/\s+/g, " "), ...base };
  }
}

/** A type_descriptor or type_argument: `struct foo *`, `u32`. */
export function readTypeName(source: Source, node: TreeNode): TypeRef {
  return readType(source, field(node, "type"), readDeclarator(source, field(node, "declarator")));
}

/** The members of a struct's or union's body. Arms of #ifdef all count: a field that some build has is a field. */
function readFields(source: Source, kids: readonly TreeNode[]): FieldDecl[] {
  const out: FieldDecl[] = [];
  for (const kid of kids) {
    if (kid.type === "field_declaration") readField(source, kid, out);
    else if (kid.type === "field_macro") out.push(...macroField(source, kid));
    else if (kid.type.startsWith("preproc_if") || kid.type.startsWith("preproc_el"))
      out.push(...readFields(source, kid.kids));
    else if (
      kid.named &&
      kid.type !== "ERROR" &&
      !kid.type.startsWith("preproc_") &&
      kid.field !== "name" &&
      kid.field !== "condition"
    )
      noteGap(source, kid, `a member of kind ${kid.type}`);
  }
  return out;
}

function readField(source: Source, node: TreeNode, out: FieldDecl[]): void {
  const specifier = field(node, "type");
  const declarators = node.kids.filter((kid) => kid.field === "declarator");
  if (declarators.length === 0) {
    const type = readType(source, specifier, NOTHING);
    // `struct foo;` in a struct declares no field; an anonymous struct, or a bit-field without a name, does or pads.
    if (type.fields !== undefined) out.push({ name: "", type, range: rangeOf(source, node) });
    return;
  }
  for (const declarator of declarators) {
    const declared = readDeclarator(source, declarator);
    const type = readType(source, specifier, declared);
    const clause = node.kids[node.kids.indexOf(declarator) + 1];
    const width =
      clause?.type === "bitfield_clause" ? clause.kids.find((kid) => kid.type === "number_literal") : undefined;
    const bits = width === undefined ? undefined : numberValue(textOf(source, width));
    const range = rangeOf(source, declarator);
    out.push({ name: declared.name, type, range, ...(bits === undefined ? {} : { bits }) });
  }
}

/** DECLARE_BITMAP(map, N); and its like declare their first argument, or the second where the first is a type. */
function macroField(source: Source, node: TreeNode): FieldDecl[] {
  const list = field(node, "arguments");
  const macro = field(node, "macro");
  if (list === undefined || macro === undefined) return [];
  const args = namedKids(list);
  const named = args.find((arg) => arg.type === "identifier" && !isTypeFirst(textOf(source, macro), args, arg));
  if (named === undefined) return [];
  const typeNode = args.find((arg) => arg.type === "type_argument");
  const type: TypeRef =
    typeNode === undefined
      ? { kind: "unknown", name: textOf(source, macro), pointers: 0, array: true, func: false }
      : { ...readTypeName(source, typeNode), array: true };
  return [{ name: textOf(source, named), type, range: rangeOf(source, node) }];
}

/** DECLARE_KFIFO(fifo, type, n) names the field first; DECLARE_FLEX_ARRAY(type, name) and TRAILING_OVERLAP(...) name a type first. */
function isTypeFirst(macro: string, args: readonly TreeNode[], arg: TreeNode): boolean {
  return args[0] === arg && /FLEX_ARRAY|OVERLAP|__field/.test(macro);
}

function readEnum(source: Source, specifier: TreeNode, name: string, body: TreeNode): void {
  const members: { name: string; value: ReturnType<typeof readExpr> | undefined }[] = [];
  const walk = (kids: readonly TreeNode[]): void => {
    for (const kid of kids) {
      if (kid.type === "enumerator") {
        const label = field(kid, "name");
        const value = field(kid, "value");
        if (label !== undefined)
          members.push({
            name: textOf(source, label),
            value: value === undefined ? undefined : readExpr(source, value),
          });
      } else if (kid.type.startsWith("preproc_")) walk(kid.kids);
    }
  };
  walk(body.kids);
  source.scope.enums.push({ name, members, range: rangeOf(source, specifier) });
}
