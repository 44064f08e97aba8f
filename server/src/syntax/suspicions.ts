// Silent misparses: trees without an error that C would hardly mean. A parse without ERROR is not yet right, so the tree's statements and calls
// are counted against the words of the text.
import type { FunctionDef, Gap } from "./ast.ts";
import { partners, tokenize } from "./tokens.ts";
import { visitAll } from "./walk.ts";

const STATEMENTS: ReadonlySet<string> = new Set(
  "if while do for switch case default goto return break continue".split(" "),
);
const OPERATORS: ReadonlySet<string> = new Set(["&&", "||", "?", "->"]);
const NO_CALL: ReadonlySet<string> = new Set(
  "if while for switch return sizeof case else goto do typeof __typeof__ __typeof typeof_unqual __free __cleanup __attribute__ asm __asm__ volatile __volatile__ void int char long unsigned struct_group __alignof__ __alignof inline aligned packed section __unqual_scalar_typeof typeof_member __asm const bool".split(
    " ",
  ),
);

/** What in `fn` does not agree with its text (`chunk` is the text of `fn.range`). Functions that mask whole arms are not judged. */
export function suspicions(fn: FunctionDef, chunk: string): Gap[] {
  if (fn.gaps.length > 0 || fn.assumes !== undefined || /^[ \t]*#[ \t]*(define|if[ \t]+[01]\b)/m.test(chunk)) return [];
  const { surely, perhaps } = countText(chunk.slice(fn.bodyRange[0] - fn.range[0]));
  const tree = countTree(fn);
  const out: Gap[] = [];
  for (const key of new Set([...surely.keys(), ...tree.keys()])) {
    const low = surely.get(key) ?? 0;
    const high = low + (perhaps.get(key) ?? 0);
    const read = tree.get(key) ?? 0;
    if (read < low || read > high)
      out.push({ range: fn.range, why: `"${key}" stands ${high} times in the text, ${read} times in the tree` });
  }
  return out;
}

type Counts = Map<string, number>;

function add(counts: Counts, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Keywords and called names. What stands in square brackets may be an array's size, which the AST does not keep: it counts as `perhaps`. */
function countText(body: string): { surely: Counts; perhaps: Counts } {
  const surely: Counts = new Map();
  const perhaps: Counts = new Map();
  const { list } = tokenize(body);
  const partner = partners(list);
  let square = 0;
  let opaque = 0;
  list.forEach((token, i) => {
    if (token.text === "[") square++;
    else if (token.text === "]") square--;
    if (token.kind === "op" && OPERATORS.has(token.text)) {
      // The condition of an #if, a type's expression and an asm's text are not in the tree.
      add(square > 0 || i < opaque ? perhaps : surely, token.text);
      return;
    }
    if (token.kind !== "word") return;
    if (/^(__)?(typeof|typeof_member|asm|__asm__|asm_inline)(__)?$/.test(token.text))
      opaque = Math.max(opaque, partner[list[i + 1]?.text === "(" ? i + 1 : i + 2] ?? 0);
    const before = list[i - 1];
    if (STATEMENTS.has(token.text) && before?.text !== "." && before?.text !== "->") return add(surely, token.text);
    // (name)(x) and (p->name)(x) are calls, or casts: nobody can tell from here.
    if (list[i + 1]?.text === ")" && list[i + 2]?.text === "(") return add(perhaps, `${token.text}(`);
    if (list[i + 1]?.text !== "(" || NO_CALL.has(token.text)) return;
    const after = list[(partner[i + 1] ?? -1) + 1]?.text;
    const pointer = list[i + 2]?.text === "*" && (after === "(" || after === "["); // type (*name)(...)
    const unread = square > 0 || pointer || after === "=" || before?.text === "struct" || /^__\w+$/.test(token.text);
    add(unread ? perhaps : surely, `${token.text}(`);
  });
  return { surely, perhaps };
}

function countTree(fn: FunctionDef): Counts {
  const counts: Counts = new Map();
  visitAll(fn.body, {
    stmt: (stmt) => {
      switch (stmt.k) {
        case "if":
        case "for":
        case "goto":
        case "return":
        case "break":
        case "continue":
        case "while":
        case "switch":
          return add(counts, stmt.k);
        case "do":
          add(counts, "do");
          return stmt.c.k === "call" && stmt.c.callee.k === "name" && stmt.c.callee.range[0] < stmt.c.range[0]
            ? undefined
            : add(counts, "while");
        case "case":
          return add(counts, stmt.low === undefined ? "default" : "case");
        case "each":
        case "scoped":
          return add(counts, `${stmt.macro}(`);
        default:
          return;
      }
    },
    expr: (e) => {
      if (e.k === "bin" && OPERATORS.has(e.op)) add(counts, e.op);
      if (e.k === "cond") add(counts, "?");
      if (e.k === "field" && e.arrow) add(counts, "->");
      if (e.k !== "call") return;
      if (e.callee.k === "name" && !NO_CALL.has(e.callee.name)) add(counts, `${e.callee.name}(`);
      else if (e.callee.k === "field") add(counts, `${e.callee.name}(`);
    },
  });
  return counts;
}
