// Masks inside a function's body: macros without semicolons get one, unbraced loops of other names get a name the grammar knows, attributes go.
import type { Gap } from "./ast.ts";
import { braceKind } from "./arms.ts";
import type { Bracket } from "./arms.ts";
import type { Overwritable } from "./buffer.ts";
import { isLoopName, NOISE_CALLS, NOISE_WORDS } from "./dialect.ts";
import { partners } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/** What C calls a number. Macros that paste take others, such as 480A. */
const NUMBER = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)[uUlL]*$|^([0-9]*\.?[0-9]+|[0-9]+\.)([eE][-+]?[0-9]+)?[fFlL]?$/;
const CONTROL: ReadonlySet<string> = new Set(["if", "for", "while", "switch"]);
const NO_MACRO: ReadonlySet<string> = new Set(
  "if for while switch return sizeof typeof __typeof__ __typeof typeof_unqual case goto do else asm __asm__ __asm _Generic __attribute__".split(
    " ",
  ),
);
const GROUP_MACROS: Readonly<Record<string, number>> = {
  struct_group: 1,
  struct_group_attr: 2,
  struct_group_tagged: 2,
  __struct_group: 3,
};

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
      } else if (token.text === ";") starts = open.at(-1) !== "members";
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
    if (CONTROL.has(token.text) && close >= 0) controls.add(close);
    else if (token.text === "else" || token.text === "do") starts = true;
    else if (token.text in GROUP_MACROS && close >= 0) maskGroup(list, i, close, out);
    if (!atStart) continue;
    if (token.text === "static" && next?.kind === "word" && list[i + 2]?.text === "(" && !NO_MACRO.has(next.text)) {
      const after = list[(partner[i + 2] ?? -1) + 1];
      if (after?.text === ";") {
        out.blank(token.start, token.end);
        starts = true;
      }
      continue;
    }
    if (token.text === "auto" && next?.kind === "word" && list[i + 2]?.text === "=")
      out.replace(token.start, token.end, "int");
    if (close < 0) bareMacro(text, token, next, list[i + 2], out);
    if (close < 0 || NO_MACRO.has(token.text)) continue;
    if (maskBlockArgument(list, i, close, out)) continue;
    if (maskMacro(text, list, i, close, out)) controls.add(close);
  }
  return gaps;
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

/** `MACRO(x)` at a statement's start, with no semicolon after it: a loop over the statement that follows, or a statement of its own. True for a loop. */
function maskMacro(text: string, list: readonly Token[], i: number, close: number, out: Overwritable): boolean {
  const name = list[i];
  const last = list[close];
  const next = list[close + 1];
  if (name === undefined || last === undefined || next === undefined) return false;
  if (next.text === "{") return true;
  if (next.text === "=" && list[close + 2]?.text === "{") {
    maskDeclarator(list, i, close, out);
    return false;
  }
  const begins =
    next.kind === "word" || next.kind === "directive" || next.text === "}" || /^(\+\+|--)$/.test(next.text);
  if (/^scoped_/.test(name.text)) return true;
  if (isLoopName(name.text) && (begins || next.text === "*" || next.text === "(" || next.text === ";")) {
    if (!/(^|_)for_?each(_|$)/.test(name.text)) out.replace(name.start, name.end, "for_each");
    return next.text !== ";";
  }
  if (!begins) return false;
  const newline = text.slice(last.end, next.start).includes("\n");
  const deeper = newline && next.kind === "word" && indent(text, next.start) > indent(text, name.start);
  if (deeper && next.text !== "else" && out.replace(name.start, name.end, "for_each")) return true;
  if (/\s/.test(text[last.end] ?? "")) out.put(last.end, ";");
  return true; // a statement begins after it all the same
}

/** `DECLARE_BITMAP(map, N) = { ... }` → `int map = { ... }`: the macro's name stands for the type, its first argument for the name. */
export function maskDeclarator(list: readonly Token[], i: number, close: number, out: Overwritable): void {
  const macro = list[i];
  const last = list[close];
  if (macro === undefined || last === undefined) return;
  const args = list.slice(i + 2, close);
  const typeFirst = /PER_CPU/.test(macro.text);
  const name = typeFirst
    ? args.findLast((token) => token.kind === "word")
    : args.find((token) => token.kind === "word");
  if (name === undefined) return;
  out.blank(macro.start, name.start);
  out.put(macro.start, "int");
  out.blank(name.end, last.end);
}

/** The column of the first character of the line that `at` stands on, tabs counted as eight. */
function indent(text: string, at: number): number {
  let column = 0;
  for (let i = text.lastIndexOf("\n", at - 1) + 1; i < at; i++) {
    const c = text[i];
    if (c === "\t") column = (column | 7) + 1;
    else if (c === " ") column++;
    else break;
  }
  return column;
}

/** True where the bracket at `close` ends an entry: a call's or a brace, and not that of a cast. */
function isEntry(list: readonly Token[], partner: Int32Array, close: number): boolean {
  if (list[close]?.text === "}") return true;
  const before = list[(partner[close] ?? 0) - 1];
  return list[close]?.text === ")" && before?.kind === "word" && before.text !== "sizeof";
}

/** Two entries of an initialiser with no comma between them: `FOO(a) FOO(b)`, `OPS MORE_OPS`. */
function separate(text: string, token: Token, next: Token | undefined, out: Overwritable): void {
  if (next === undefined || next.start === token.end || next.kind === "directive") return;
  if (/^(struct|union|enum|sizeof|const|unsigned|signed|long|short)$/.test(token.text)) return;
  const newline = text.slice(token.end, next.start).includes("\n");
  const entry = next.kind === "word" || (newline && (next.text === "{" || next.text === "."));
  if (entry) out.put(token.end, ",");
}

/** `do { ... } while_each_thread(a, b);`: any name after a do's block stands for `while`. True where there was one. */
function maskWhile(list: readonly Token[], at: number, out: Overwritable): boolean {
  const name = list[at];
  if (name?.kind !== "word" || name.text === "while" || list[at + 1]?.text !== "(") return false;
  return out.replace(name.start, name.end, "while");
}

/** A macro in capitals that stands alone on its line, without a semicolon. */
function bareMacro(
  text: string,
  token: Token,
  next: Token | undefined,
  third: Token | undefined,
  out: Overwritable,
): void {
  if (next === undefined || !/^[A-Z][A-Z0-9]*_\w+$/.test(token.text)) return;
  if (next.kind !== "directive" && !text.slice(token.end, next.start).includes("\n")) return;
  const ends = next.kind === "directive" || next.text === "}";
  const statement = next.kind === "word" && third?.kind === "op" && /^([:(=.]|->|\+\+|--)$/.test(third.text);
  if (ends || statement) out.put(token.end, ";");
}

/** `context_unsafe(a(); b(););`: a macro whose argument is statements becomes a block of them. */
function maskBlockArgument(list: readonly Token[], i: number, close: number, out: Overwritable): boolean {
  let depth = 0;
  let from = i + 1; // the bracket or comma before the argument
  let semicolon = false;
  for (let k = i + 1; k < close; k++) {
    const text = list[k]?.text;
    if (text === "(" || text === "{" || text === "[") depth++;
    else if (text === ")" || text === "}" || text === "]") depth--;
    else if (depth !== 1) continue;
    else if (text === ";") semicolon = true;
    else if (text === "," && !semicolon) from = k;
  }
  const name = list[i];
  const opener = list[from];
  const last = list[close];
  const end = list[close + 1];
  if (!semicolon || name === undefined || opener === undefined || last === undefined) return false;
  const ended = list[close - 1]?.text === ";";
  if (!ended && end?.text !== ";") return false;
  out.blank(name.start, opener.end);
  out.put(opener.start, "{");
  out.put(last.start, ended ? "}" : ";");
  if (!ended && end !== undefined) out.put(end.start, "}");
  return true;
}

/** struct_group(name, members) → struct { members }: a group's members are reached directly as well. */
function maskGroup(list: readonly Token[], i: number, close: number, out: Overwritable): void {
  const name = list[i];
  const last = list[close];
  if (name === undefined || last === undefined) return;
  let left = GROUP_MACROS[name.text] ?? 1;
  let depth = 0;
  for (let k = i + 1; k < close; k++) {
    const token = list[k];
    if (token?.text === "(" || token?.text === "{") depth++;
    else if (token?.text === ")" || token?.text === "}") depth--;
    else if (token?.text === "," && depth === 1 && --left === 0) {
      if (!out.replace(name.start, token.end, "struct {")) return;
      out.put(last.start, "}");
      return;
    }
  }
}
