// A file's text → ParsedFile: cuts it into functions and what stands between them, masks each piece, has it parsed, reads the trees.
import type { FunctionDef, Gap, ParsedFile, Range } from "./ast.ts";
import { readBlock } from "./ast-stmt.ts";
import { readAnnotations, readDeclarator, readType } from "./ast-type.ts";
import { readScope } from "./ast-scope.ts";
import { findBodies } from "./bodies.ts";
import type { Body } from "./bodies.ts";
import { readMacro } from "./ast-scope.ts";
import { maskFunction } from "./mask.ts";
import type { MaskedFunction } from "./mask.ts";
import type { Source } from "./source.ts";
import { emptyScope, field, noteGap, sourceOf } from "./source.ts";
import type { SyntaxTree, TreeNode } from "./tree.ts";

/** Reads a text that stands at offset `base` of its file. Where `at` is given, every range is that one (text that a macro made). */
export function readFile(text: string, base: number, tree: (text: string) => SyntaxTree, at?: Range): ParsedFile {
  const bodies = findBodies(text);
  const scope = emptyScope();
  const functions = bodies.map((body) => readFunction(text, body, base, tree, scope, at));
  const [only] = bodies;
  // The usual piece is one function and nothing else.
  const alone =
    bodies.length === 1 && only !== undefined && (text.slice(0, only.start) + text.slice(only.end)).trim() === "";
  const gaps = alone ? [] : readScope(text, bodies, base, tree, scope, at);
  return { functions, scope, gaps };
}

function readFunction(
  text: string,
  body: Body,
  base: number,
  tree: (text: string) => SyntaxTree,
  scope: Source["scope"],
  at: Range | undefined,
): FunctionDef {
  const chunk = text.slice(body.start, body.end);
  const masked = maskFunction(chunk, body.bodyStart - body.start);
  const { root, errors } = tree(masked.text);
  const source = sourceOf(chunk, base + body.start, scope, at);
  const own = (start: number, end: number): Range => at ?? [base + start, base + end];
  for (const gap of masked.gaps) source.gaps.push({ ...gap, range: at ?? shift(gap.range, source.base) });
  for (const node of errors) noteGap(source, node, node.missing ? `missing ${node.type}` : "not understood");
  for (const directive of masked.directives) readMacro(source, directive);
  source.annotations.push(...masked.annotations);
  const definition = root.kids.find((kid) => kid.type === "function_definition");
  const extra = root.kids.filter((kid) => kid !== definition && kid.named);
  for (const kid of extra) if (kid.type !== "ERROR") noteGap(source, kid, `${kid.type} beside the function`);
  const bodyNode = definition === undefined ? undefined : field(definition, "body");
  const range = own(body.start, body.end);
  if (definition === undefined && errors.length === 0) source.gaps.push({ range, why: "no function seen" });
  const header = readHeader(source, definition, masked, tree);
  const { config } = body;
  return {
    name: body.name,
    params: header.params,
    returns: header.returns,
    static: /\bstatic\b/.test(chunk.slice(0, masked.header?.nameStart ?? 0)),
    annotations: source.annotations,
    body: bodyNode === undefined ? [{ k: "gap", why: "no body", range }] : readBlock(source, bodyNode.kids),
    range,
    bodyRange: own(body.bodyStart, body.end),
    gaps: sorted(source.gaps),
    ...(config.length > 0 ? { config } : {}),
    ...(masked.assumes.length > 0 ? { assumes: masked.assumes } : {}),
  };
}

function shift(range: Range, by: number): Range {
  return [range[0] + by, range[1] + by];
}

function sorted(gaps: readonly Gap[]): Gap[] {
  return [...gaps].sort((a, b) => a.range[0] - b.range[0] || a.range[1] - b.range[1]);
}

function readHeader(
  source: Source,
  definition: TreeNode | undefined,
  masked: MaskedFunction,
  tree: (text: string) => SyntaxTree,
): Pick<FunctionDef, "params" | "returns"> {
  const unknown = { kind: "unknown", name: "", pointers: 0, array: false, func: false } as const;
  if (definition === undefined) return { params: [], returns: unknown };
  const { header } = masked;
  if (
    header?.macro === true &&
    /^(COMPAT_|\w*_)?SYSCALL_DEFINE\dn?$|^SYSCALL_DEFINE\d$/.test(header.name.replace(/\(.*/, ""))
  )
    return { params: syscallParams(source, header.params, tree), returns: { ...unknown, kind: "name", name: "long" } };
  const declarator = field(definition, "declarator");
  readAnnotations(source, definition);
  const declared = readDeclarator(source, declarator);
  const returns = readType(source, field(definition, "type"), { ...declared, func: false, array: false });
  const macro = header !== undefined && /\(/.test(header.name) && header.macro;
  return { params: readParams(source, declared.params), returns: macro ? unknown : returns };
}

/** The parameters of a parameter_list; `void` and `...` give none. */
function readParams(source: Source, list: TreeNode | undefined): FunctionDef["params"] {
  const params: { name: string; type: ReturnType<typeof readType> }[] = [];
  for (const kid of list?.kids ?? []) {
    if (kid.type !== "parameter_declaration") continue;
    const declared = readDeclarator(source, field(kid, "declarator"));
    const type = readType(source, field(kid, "type"), declared);
    if (declared.name === "" && type.name === "void" && type.pointers === 0) continue;
    params.push({ name: declared.name, type });
  }
  return params;
}

/** SYSCALL_DEFINE3(read, unsigned int, fd, ...): types and names take turns after the system call's name. */
function syscallParams(source: Source, params: Range, tree: (text: string) => SyntaxTree): FunctionDef["params"] {
  const parts = source.text.slice(params[0] + 1, params[1] - 1).split(",");
  const pairs: string[] = [];
  for (let i = 1; i + 1 < parts.length; i += 2) pairs.push(`${parts[i] ?? ""} ${parts[i + 1] ?? ""}`);
  const text = `void f(${pairs.join(", ")});`;
  const { root } = tree(text);
  const declaration = root.kids.find((kid) => kid.type === "declaration");
  const declarator = declaration === undefined ? undefined : field(declaration, "declarator");
  const own = { ...source, text };
  return readParams(own, declarator === undefined ? undefined : field(declarator, "parameters"));
}
