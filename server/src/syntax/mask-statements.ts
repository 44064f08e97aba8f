// Masks inside a function's body: macros without semicolons get one, unbraced loops of other names get a name the grammar knows, attributes go.
import type { Gap } from "./ast.ts";
import { braceKind } from "./arms.ts";
import type { Bracket } from "./arms.ts";
import type { Overwritable } from "./buffer.ts";
import { CLEANUP_DECLARATORS, NOISE_CALLS, NOISE_WORDS } from "./dialect.ts";
import {
  bareMacro,
  GROUP_MACROS,
  isEntry,
  maskGroup,
  maskMacro,
  maskStatementArguments,
  maskWhile,
  separate,
} from "./mask-macros.ts";
import { partners } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/** What C calls a number. Macros that paste take others, such as 480A. */
const NUMBER = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)[uUlL]*$|^([0-9]*\.?[0-9]+|[0-9]+\.)([eE][-+]?[0-9]+)?[fFlL]?$/;
/** The level before a format: `KERN_DEBUG pr_fmt("...")`. */
const LEVEL = /^KERN_[A-Z]+$/;
const CONTROL: ReadonlySet<string> = new Set(["if", "for", "while", "switch"]);
const NO_MACRO: ReadonlySet<string> = new Set(
  "if for while switch return sizeof typeof __typeof__ __typeof typeof_unqual case goto do else asm __asm__ __asm _Generic __attribute__".split(
    " ",
  ),
);

/** Masks the tokens of a body (its braces included). Gives what it saw and could not help. */
export function maskStatements(text: string, list: readonly Token[], out: Overwritable): Gap[] {
  const partner = partners(list);
  const open: Bracket[] = [];
  const gaps: Gap[] = [];
  const dos: boolean[] = []; // for each open brace: whether it is a do's
  let starts = false; // the next token begins a statement
  const controls = new Set<number>(); // closing brackets after which a statement begins
  for (let i = 0; i < list.length; i++) {
    const token = list[i];
    if (token === undefined) break;
    const atStart: boolean = starts;
    starts = false;
    if (token.kind === "directive") {
      starts = true;
      continue;
    }
    if (token.kind === "op") {
      if (token.text === "(" || token.text === "[") open.push("parens");
      else if (token.text === "{") {
        const kind = braceKind(list.slice(Math.max(0, i - 8), i + 1), open, true);
        open.push(kind);
        dos.push(list[i - 1]?.text === "do");
        starts = kind === "block";
      } else if (token.text === ")" || token.text === "]" || token.text === "}") {
        open.pop();
        if (token.text === "}") {
          starts = (open.at(-1) ?? "block") === "block";
          if (dos.pop() === true && maskWhile(list, i + 1, out)) starts = false;
        } else if (controls.has(i)) starts = true;
        if (open.at(-1) === "initializer" && isEntry(list, partner, i)) separate(text, token, list[i + 1], out);
      } else if (token.text === ";") starts = open.at(-1) !== "members" && open.at(-1) !== "enumerators";
      else if (token.text === ":" && open.at(-1) === "block") starts = labels(list, i);
      continue;
    }
    if (token.kind === "number" && !NUMBER.test(token.text)) out.replace(token.start, token.end, "0");
    if (token.kind !== "word") continue;
    const next = list[i + 1];
    const close = next?.text === "(" ? (partner[i + 1] ?? -1) : -1;
    if (open.at(-1) === "initializer") separate(text, token, next, out);
    const before = list[i - 1]?.text;
    if (before === "." || before === "->") continue;
    if (NOISE_WORDS.has(token.text) || (NOISE_CALLS.has(token.text) && close >= 0)) {
      const end = NOISE_CALLS.has(token.text) ? (list[close]?.end ?? token.end) : token.end;
      out.blank(token.start, end);
      if (NOISE_CALLS.has(token.text)) i = close;
      starts = atStart;
      continue;
    }
    // MACRO(x) "text": a string made by a macro. Its text is read as written.
    if (close >= 0 && !NO_MACRO.has(token.text) && list[close + 1]?.text.startsWith('"'))
      out.replace(token.start, list[close]?.end ?? 0, '""');
    if (/^(asm|__asm__|__asm)$/.test(token.text)) maskAssembly(list, partner, i, out);
    if (token.text in CLEANUP_DECLARATORS && close >= 0 && !atStart) maskCleanup(list, i, close, out);
    const inside = open.at(-1);
    if ((inside === "members" || inside === "enumerators") && memberMacro(text, list, i, close, inside, out)) continue;
    if (before === "]" && /^[;=,]$/.test(next?.text ?? "")) out.blank(token.start, token.end); // char c[N] SOME_ALIGNMENT;
    if (CONTROL.has(token.text) && close >= 0) controls.add(close);
    else if (token.text === "else" || token.text === "do") starts = true;
    else if (token.text in GROUP_MACROS && close >= 0) maskGroup(list, i, close, out);
    if (token.text === "auto" && next?.kind === "word" && list[i + 2]?.text === "=")
      out.replace(token.start, token.end, "int");
    if (/^(struct|union)$/.test(token.text)) maskTag(list, partner, i, out);
    if (LEVEL.test(token.text) && next?.kind === "word" && list[i + 2]?.text === "(") out.blank(token.start, token.end);
    const macro = close >= 0 && !NO_MACRO.has(token.text) && !(token.text in GROUP_MACROS);
    if (macro && maskStatementArguments(text, list, i + 1, close, atStart, out)) continue;
    if (!atStart) continue;
    if (/^(static|const)$/.test(token.text)) {
      starts = maskStorage(list, partner, i, out);
      continue;
    }
    if (close < 0) bareMacro(text, token, next, list[i + 2], out);
    if (!macro) continue;
    if (maskMacro(text, list, i, close, out)) controls.add(close);
  }
  return gaps;
}

/** `static DEFINE_MUTEX(m);`: a macro that declares is a statement once the storage class is gone. True where it goes. */
function maskStorage(list: readonly Token[], partner: Int32Array, i: number, out: Overwritable): boolean {
  let name = i + 1;
  while (/^(static|const)$/.test(list[name]?.text ?? "") || NOISE_WORDS.has(list[name]?.text ?? "")) name++;
  const macro = list[name];
  if (macro?.kind !== "word" || list[name + 1]?.text !== "(" || NO_MACRO.has(macro.text)) return false;
  let after = (partner[name + 1] ?? -1) + 1;
  while (NOISE_WORDS.has(list[after]?.text ?? "")) after++;
  const ends = list[after]?.text === ";" || (list[after]?.text === "=" && list[after + 1]?.text === "{");
  const from = list[i];
  if (after === 0 || !ends || from === undefined) return false;
  out.blank(from.start, from.end);
  return true;
}

/** An asm's text may be made by macros whose arguments are no C (`OP(%0, %1)`): it becomes an empty string, which says as much to us. */
function maskAssembly(list: readonly Token[], partner: Int32Array, i: number, out: Overwritable): void {
  let open = i + 1;
  while (list[open]?.kind === "word") open++;
  const close = partner[open] ?? -1;
  if (list[open]?.text !== "(" || close < 0) return;
  let end = open + 1;
  for (; end < close && list[end]?.text !== ":"; end++)
    if (list[end]?.text === "(") end = Math.max(end, partner[end] ?? end);
  const own = list.slice(open + 1, end);
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined || own.every((token) => token.kind === "literal")) return;
  out.replace(first.start, last.end, '""');
}

/** `char AUTO_KFREE(path)` → `char *path`. */
function maskCleanup(list: readonly Token[], i: number, close: number, out: Overwritable): void {
  const name = list[i];
  const variable = list[i + 2];
  const last = list[close];
  if (name === undefined || variable?.kind !== "word" || last === undefined || close !== i + 3) return;
  out.blank(name.start, variable.start);
  out.put(name.start, "*");
  out.blank(last.start, last.end);
}

/** A macro that makes members or enumerators, without the semicolon or the comma that the grammar wants. True where it was one. */
function memberMacro(
  text: string,
  list: readonly Token[],
  i: number,
  close: number,
  inside: "members" | "enumerators",
  out: Overwritable,
): boolean {
  const name = list[i];
  const before = list[i - 1]?.text ?? "{";
  const last = close >= 0 ? list[close] : name;
  const next = list[(close >= 0 ? close : i) + 1];
  if (name === undefined || last === undefined || next === undefined) return false;
  if (!text.slice(last.end, next.start).includes("\n") || !(next.kind === "word" || next.text === "}")) return false;
  if (inside === "enumerators") {
    if (close >= 0 && next.kind === "word") out.put(last.end, ",");
    return false;
  }
  if (!/^[{;})]$/.test(before) || (before === "}" && next.text === "}")) return false;
  if (close < 0) {
    if (!/^(__\w+|[A-Z][A-Z0-9_]+|\w+_(start|begin|end))$/.test(name.text)) return false;
    out.blank(name.start, name.end);
  } else if (!next.text.startsWith("__") || next.text === "}") out.put(last.end, ";");
  return true;
}

/** `struct HEADER(1) h`: a tag that a macro makes keeps the macro's name. */
function maskTag(list: readonly Token[], partner: Int32Array, i: number, out: Overwritable): void {
  const tag = list[i + 1];
  if (tag?.text.startsWith("__") === true && list[i + 2]?.kind === "word" && list[i + 3]?.text === "{") {
    out.blank(tag.start, tag.end); // struct __some_alignment foo {
    return;
  }
  const open = list[i + 2];
  const close = list[partner[i + 2] ?? -1];
  if (open?.text !== "(") return;
  const after = list[(partner[i + 2] ?? -1) + 1];
  if (list[i + 1]?.kind !== "word" || open === undefined || close === undefined) return;
  if (after?.kind === "word" || after?.text === "*" || after?.text === "{") out.blank(open.start, close.end);
}

/** True where the `:` at `i` ends a label or a case, and not the middle of a condition. */
function labels(list: readonly Token[], i: number): boolean {
  for (let k = i - 1; k >= 0 && k > i - 24; k--) {
    const token = list[k];
    if (token === undefined || token.kind === "directive") break;
    if (token.text === "?") return false;
    if (token.text === "case" || token.text === "default") return true;
    if (/^[;{}]$/.test(token.text)) return true;
  }
  return true;
}
