// Masks for macros inside a function's body, one kind each: loops and statements without semicolons, declarators, tables' entries, arguments that are
// statements, groups of members. Called by the walk over the tokens in mask-statements.ts.
import type { Overwritable } from "./buffer.ts";
import { isLoopName } from "./dialect.ts";
import type { Token } from "./tokens.ts";

export const GROUP_MACROS: Readonly<Record<string, number>> = {
  struct_group: 1,
  struct_group_attr: 2,
  struct_group_tagged: 2,
  __struct_group: 3,
};

/** `MACRO(x)` at a statement's start, with no semicolon after it: a loop over the statement that follows, or a statement of its own. True for a loop. */
export function maskMacro(text: string, list: readonly Token[], i: number, close: number, out: Overwritable): boolean {
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
export function isEntry(list: readonly Token[], partner: Int32Array, close: number): boolean {
  if (list[close]?.text === "}") return true;
  const before = list[(partner[close] ?? 0) - 1];
  return list[close]?.text === ")" && before?.kind === "word" && before.text !== "sizeof";
}

/** Two entries of an initialiser with no comma between them: `FOO(a) FOO(b)`, `OPS MORE_OPS`. */
export function separate(text: string, token: Token, next: Token | undefined, out: Overwritable): void {
  if (next === undefined || next.start === token.end || next.kind === "directive") return;
  if (/^(struct|union|enum|sizeof|const|unsigned|signed|long|short)$/.test(token.text)) return;
  const newline = text.slice(token.end, next.start).includes("\n");
  const call = token.text === ")" && next.text === "{";
  const entry = next.kind === "word" || call || (newline && (next.text === "{" || next.text === "."));
  if (entry) out.put(token.end, ",");
}

/** `do { ... } while_each_thread(a, b);`: any name after a do's block stands for `while`. True where there was one. */
export function maskWhile(list: readonly Token[], at: number, out: Overwritable): boolean {
  const name = list[at];
  if (name?.kind !== "word" || name.text === "while" || list[at + 1]?.text !== "(") return false;
  return out.replace(name.start, name.end, "while");
}

/** A macro in capitals that stands alone on its line, without a semicolon. */
export function bareMacro(
  text: string,
  token: Token,
  next: Token | undefined,
  third: Token | undefined,
  out: Overwritable,
): void {
  if (next === undefined || !/^[A-Z][A-Z0-9]*_\w+$/.test(token.text)) return;
  if (next.kind !== "directive" && !text.slice(token.end, next.start).includes("\n")) return;
  const ends = next.kind === "directive" || next.text === "}";
  const bare = /^[A-Z][A-Z0-9]*_\w+$/.test(next.text) && (third?.kind === "word" || third?.text === "}");
  const statement = bare || (next.kind === "word" && third?.kind === "op" && /^([:(=.]|->|\+\+|--)$/.test(third.text));
  if (ends || statement) out.put(token.end, ";");
}

/** struct_group(name, members) → struct { members }: a group's members are reached directly as well. */
export function maskGroup(list: readonly Token[], i: number, close: number, out: Overwritable): void {
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

/** The arguments of the call whose brackets are at `open` and `close`, as token indices [from, to). */
function argumentsOf(list: readonly Token[], open: number, close: number): [from: number, to: number][] {
  const out: [number, number][] = [];
  let depth = 0;
  let from = open + 1;
  for (let k = open + 1; k < close; k++) {
    const text = list[k]?.text ?? "";
    if (list[k]?.kind !== "op") continue;
    if (/^[([{]$/.test(text)) depth++;
    else if (/^[)\]}]$/.test(text)) depth--;
    else if (text === "," && depth === 0) {
      out.push([from, k]);
      from = k + 1;
    }
  }
  out.push([from, close]);
  return out;
}

/** True for an argument that is statements: it begins as one, or has a semicolon outside brackets. */
function isStatements(list: readonly Token[], from: number, to: number): boolean {
  if (/^(if|for|while|switch|do)$/.test(list[from]?.text ?? "")) return true;
  let depth = 0;
  for (let k = from; k < to; k++) {
    const text = list[k]?.text ?? "";
    if (list[k]?.kind !== "op") continue;
    if (/^[([{]$/.test(text)) depth++;
    else if (/^[)\]}]$/.test(text)) depth--;
    else if (text === ";" && depth === 0) return true;
  }
  return false;
}

/**
 * A macro with statements among its arguments. Where there is room, they are put in braces: `wait(d, 2000, if (a) break; )` → `wait(d, 2000,{if (a)
 * break;})`, an argument that the grammar knows. Else a macro that is a statement becomes a block. True where the macro is a block afterwards.
 */
export function maskStatementArguments(
  text: string,
  list: readonly Token[],
  open: number,
  close: number,
  atStart: boolean,
  out: Overwritable,
): boolean {
  const args = argumentsOf(list, open, close).filter(([from, to]) => from < to && isStatements(list, from, to));
  if (args.length === 0) return false;
  const fits = args.every(([from, to]) => {
    const [before, first, last, after] = [list[from - 1], list[from], list[to - 1], list[to]];
    if (before === undefined || first === undefined || last === undefined || after === undefined) return false;
    const room = /^[;}]$/.test(last.text) ? 1 : 2;
    return (
      first.start > before.end && after.start - last.end >= room && /^\s+$/.test(text.slice(last.end, after.start))
    );
  });
  if (!fits) return atStart && maskBlock(list, open - 1, close, args[0]?.[0] ?? open + 1, out);
  for (const [from, to] of args) {
    const last = list[to - 1];
    if (last !== undefined && !/^[;}]$/.test(last.text)) out.put(last.end, ";");
    out.put(list[from - 1]?.end ?? 0, "{");
    out.put((list[to]?.start ?? 1) - 1, "}");
  }
  return false;
}

/** `fail(test, a(); b());` → `{ a(); b(); }`: the macro's name and its other arguments are lost, its statements are not. */
function maskBlock(list: readonly Token[], name: number, close: number, from: number, out: Overwritable): boolean {
  const first = list[name];
  const opener = list[from - 1];
  const last = list[close];
  const end = list[close + 1];
  if (first === undefined || opener === undefined || last === undefined) return false;
  const ended = /^[;}]$/.test(list[close - 1]?.text ?? "");
  if (!ended && end?.text !== ";") return false;
  out.blank(first.start, opener.end);
  out.put(opener.start, "{");
  for (const [, to] of argumentsOf(list, name + 1, close)) {
    const comma = list[to];
    if (to >= from && to < close && comma !== undefined)
      out.put(comma.start, /^[;}]$/.test(list[to - 1]?.text ?? "") ? " " : ";");
  }
  out.put(last.start, ended ? "}" : ";");
  if (!ended && end !== undefined) out.put(end.start, "}");
  return true;
}
