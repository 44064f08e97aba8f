// What stands at file scope → FileScope: types, variables with their initialisers, macros, invocations, includes.
import type { Gap, Range } from "./ast.ts";
import { readExpr } from "./ast-expr.ts";
import { readVars } from "./ast-stmt.ts";
import { readDeclarator, readType } from "./ast-type.ts";
import { configAt, settleArms } from "./arms.ts";
import type { Body } from "./bodies.ts";
import { overwritable } from "./buffer.ts";
import type { Overwritable } from "./buffer.ts";
import { readDirective } from "./conditions.ts";
import { NOISE_WORDS } from "./dialect.ts";
import { cutItems } from "./items.ts";
import type { Item } from "./items.ts";
import { splitArguments } from "./mask.ts";
import { maskDeclarator } from "./mask-macros.ts";
import { maskStatements } from "./mask-statements.ts";
import type { Source } from "./source.ts";
import { field, noteGap, sourceOf, textOf } from "./source.ts";
import { partners, tokenize } from "./tokens.ts";
import type { Token } from "./tokens.ts";
import type { SyntaxTree } from "./tree.ts";

type Config = { readonly config?: readonly string[] };

/** Reads what `bodies` leave of `text` into `scope`; gives the gaps. */
export function readScope(
  text: string,
  bodies: readonly Body[],
  base: number,
  tree: (text: string) => SyntaxTree,
  scope: Source["scope"],
  at?: Range,
): Gap[] {
  const out = overwritable(text);
  for (const body of bodies) out.blank(body.start, body.end);
  const { list, comments } = tokenize(bodies.length === 0 ? text : out.toString());
  for (const [start, end] of comments) out.blank(start, end);
  const arms = settleArms(list, out, false);
  const source = sourceOf(text, base, scope, at);
  for (const directive of arms.others) readMacro(source, directive, configAt(arms, directive.start));
  const declarations: Item[] = [];
  for (const item of cutItems(arms.live)) {
    if (item.kind === "invocation") readInvocation(source, item, configAt(arms, item.start));
    else if (item.kind === "declaration") {
      maskMacroVariable(item.tokens, out);
      maskTrailing(item.tokens, out);
      maskStatements(text, item.tokens, out);
      declarations.push(item);
    }
  }
  const masked = out.toString();
  const gaps: Gap[] = [];
  for (const item of declarations) {
    const chunk = sourceOf(text.slice(item.start, item.end), base + item.start, scope, at);
    readItem(chunk, tree(masked.slice(item.start, item.end)), configAt(arms, item.start));
    gaps.push(...chunk.gaps);
  }
  return gaps;
}

/** `static DEFINE_PER_CPU(struct foo, x) = { ... };` → `static int x = { ... };` */
function maskMacroVariable(tokens: readonly Token[], out: Overwritable): void {
  const at = tokens.findIndex((token) => !STORAGE.test(token.text) && !NOISE_WORDS.has(token.text));
  if (at < 0 || tokens[at + 1]?.text !== "(" || /^(typeof|__typeof__|__attribute__)$/.test(tokens[at]?.text ?? ""))
    return;
  const close = partners(tokens)[at + 1] ?? -1;
  if (tokens[close + 1]?.text === "=") maskDeclarator(tokens, at, close, out);
}

const STORAGE = /^(static|extern|const|volatile)$/;
const TYPE_PART = /^(static|extern|const|volatile|struct|union|enum|unsigned|signed|typedef)$/;

/** `static struct foo name __some_section = ...`: a third word before the initialiser is an attribute. */
function maskTrailing(tokens: readonly Token[], out: Overwritable): void {
  const words: Token[] = [];
  let after: Token | undefined;
  for (const token of tokens) {
    after = token;
    if (token.kind !== "word") {
      if (token.text === "*") continue;
      break;
    }
    if (NOISE_WORDS.has(token.text) || TYPE_PART.test(token.text)) continue;
    words.push(token);
  }
  const last = words.at(-1);
  if (after?.text === "(") return; // __guarded_by(x)
  if (last !== undefined && words.length > 2 && last.text.startsWith("__")) out.blank(last.start, last.end);
}

/** A #define or #include; other directives say nothing that is kept. */
export function readMacro(source: Source, directive: Token, config: Config = {}): void {
  const { keyword, rest } = readDirective(directive.text);
  const range: Range = source.at ?? [directive.start + source.base, directive.end + source.base];
  if (keyword === "include") {
    const path = /^["<]([^">]+)[">]/.exec(rest)?.[1];
    if (path !== undefined) source.scope.includes.push(path);
    return;
  }
  if (keyword !== "define") return;
  const match = /^(\w+)(\(([^()]*)\))?([^]*)$/.exec(rest);
  if (match === null) return;
  const list = match[3];
  const params =
    list === undefined
      ? undefined
      : list
          .split(",")
          .map((p) => p.trim())
          .filter((p) => p !== "");
  source.scope.macros.push({ name: match[1] ?? "", params, body: (match[4] ?? "").trim(), range, ...config });
}

function readInvocation(source: Source, item: Extract<Item, { kind: "invocation" }>, config: Config): void {
  const args = splitArguments(source.text.slice(item.args[0], item.args[1]));
  const range: Range = source.at ?? [item.start + source.base, item.end + source.base];
  source.scope.invocations.push({ macro: item.macro, args, range, ...config });
}

function readItem(source: Source, tree: SyntaxTree, config: Config): void {
  for (const node of tree.errors) noteGap(source, node, node.missing ? `missing ${node.type}` : "not understood");
  for (const node of tree.root.kids) {
    switch (node.type) {
      case "declaration":
        source.scope.vars.push(...readVars(source, node).map((v) => ({ ...v, ...config })));
        break;
      case "type_definition":
        for (const declarator of node.kids.filter((kid) => kid.field === "declarator")) {
          const declared = readDeclarator(source, declarator);
          const type = readType(source, field(node, "type"), declared);
          source.scope.typedefs.push({
            name: declared.name,
            type,
            range: [node.start + source.base, node.end + source.base],
          });
        }
        break;
      case "struct_specifier":
      case "union_specifier":
      case "enum_specifier":
        readType(source, node, readDeclarator(source, undefined));
        break;
      case "expression_statement": {
        const kid = node.kids.find((k) => k.named);
        if (kid === undefined) break;
        // A bare word is a macro that makes something of nothing, asm() makes no C; anything else is no declaration.
        if (kid.type === "gnu_asm_expression") break;
        if (kid.type !== "identifier")
          noteGap(source, node, `an expression at file scope: ${textOf(source, kid).slice(0, 20)}`);
        else if (readExpr(source, kid).k === "gap") noteGap(source, kid, "not understood");
        break;
      }
      case "ERROR":
        break;
      default:
        if (node.named) noteGap(source, node, `${node.type} at file scope`);
    }
  }
}
