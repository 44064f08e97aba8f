// Reads a function's header (what stands before its body) without a grammar: which bracket pair is the parameter list, and what name stands before it.
import { directiveEnd, literalEnd } from "./scan.ts";

/** A piece of a header at bracket depth 0: a word, a whole bracket pair with what is in it, or another character. */
export interface HeaderPiece {
  readonly kind: "word" | "group" | "other";
  readonly start: number;
  readonly end: number;
}

export interface Header {
  /** As written, blanks removed: `foo`, `UVERBS_HANDLER(X)`; `SYSCALL_DEFINE3(read)` for a macro that makes name and type. */
  readonly name: string;
  /** Where the declaration begins: macro invocations that stand before it without a semicolon are left out. */
  readonly start: number;
  /** True where a macro stands for the return type as well: SYSCALL_DEFINE3(...), TEST(x). */
  readonly macro: boolean;
  readonly nameStart: number;
  /** The parameter list with its brackets. */
  readonly params: readonly [start: number, end: number];
  readonly pieces: readonly HeaderPiece[];
}

/** Attribute macros that take arguments and may stand before a function's name or after its parameters. */
const ATTRIBUTE =
  /^(__attribute__|__attribute|__printf|__scanf|__aligned|__section|__must_hold\w*|__acquires\w*|__releases\w*|__cond_(acquires|releases|lock)|__no_context_analysis|__counted_by|__alloc_size|__malloc|__nonnull|__no_sanitize|__naked|__cleanup|__assume_aligned|__diagnose_as|__overloadable|__target|__alias|__weakref|asm|__asm__|__asm)$/;

/** The header that stands in [from, brace), or undefined where that is no function: a type, a block of a macro, garbage. */
export function headerAt(text: string, from: number, brace: number): Header | undefined {
  const all = pieces(text, from, brace);
  if (!all.some((p) => p.kind === "group")) return undefined;
  const first = declarationStart(text, all);
  const own = all.slice(first);
  const word = (p: HeaderPiece | undefined): string => (p?.kind === "word" ? text.slice(p.start, p.end) : "");
  for (let g = 1; g < own.length; g++) {
    const group = own[g];
    const before = own[g - 1];
    if (group?.kind !== "group" || before === undefined) continue;
    if (before.kind === "word" && ATTRIBUTE.test(word(before))) continue;
    if (before.kind === "other" || !tailIsAnnotations(text, own, g + 1)) continue;
    const start = own[0]?.start ?? from;
    const params = [group.start, group.end] as const;
    if (before.kind === "word") {
      const macro = g === 1 || own.slice(0, g - 1).every((p) => /^(static|inline|extern|__\w+)$/.test(word(p)));
      const name = macro && isMacroName(word(before)) ? `${word(before)}(${firstArgument(text, group)})` : word(before);
      return { name, start, macro, nameStart: before.start, params, pieces: own };
    }
    const inner = /^\(\s*\*+\s*(\w+)\s*\(/.exec(text.slice(before.start, before.end));
    const maker = own[g - 2];
    if (inner === null && maker?.kind !== "word") continue;
    const name = inner?.[1] ?? text.slice(maker?.start ?? before.start, before.end).replace(/\s+/g, "");
    const nameStart = inner === null ? (maker?.start ?? before.start) : before.start;
    return { name, start, macro: false, nameStart, params, pieces: own };
  }
  return undefined;
}

function isMacroName(name: string): boolean {
  return /^[A-Z0-9_]*[A-Z][A-Z0-9_]*[a-z0-9_]*$/.test(name);
}

function firstArgument(text: string, group: HeaderPiece): string {
  const inner = text.slice(group.start + 1, group.end - 1);
  return (/^[^,()]*(\([^()]*\))?/.exec(inner)?.[0] ?? "").replace(/\s+/g, " ").trim();
}

/** True where only annotations follow piece `from`: words that begin with two underscores (or are attributes), each with or without arguments. */
function tailIsAnnotations(text: string, own: readonly HeaderPiece[], from: number): boolean {
  for (let i = from; i < own.length; i++) {
    const p = own[i];
    if (p?.kind !== "word") return false;
    const word = text.slice(p.start, p.end);
    if (!/^__|^[A-Z]/.test(word) && !ATTRIBUTE.test(word)) return false;
    if (own[i + 1]?.kind === "group") i++;
  }
  return true;
}

/** The index of the declaration's first piece: after invocations such as EXPORT_SYMBOL(x) that end their line without a semicolon. */
function declarationStart(text: string, all: readonly HeaderPiece[]): number {
  let first = 0;
  for (let i = 1; i < all.length - 1; i++) {
    const group = all[i];
    const next = all[i + 1];
    if (group?.kind !== "group" || next?.kind !== "word") continue;
    const maker = all[i - 1];
    if (maker?.kind !== "word" || i - 1 !== first) continue;
    if (/^__|^asm/.test(text.slice(maker.start, maker.end))) continue;
    if (!text.slice(group.end, next.start).includes("\n")) continue;
    if (/^(__|[A-Z])/.test(text.slice(next.start, next.end)) && tailIsAnnotations(text, all, i + 1)) continue;
    first = i + 1;
  }
  return first;
}

/** Cuts [from, to) into pieces; comments, literals and directives (with arms after the first) are left out. */
function pieces(text: string, from: number, to: number): HeaderPiece[] {
  const out: HeaderPiece[] = [];
  let depth = 0;
  let opened = 0;
  let i = from;
  while (i < to) {
    const c = text.charCodeAt(i);
    if (c === 47 && text.charCodeAt(i + 1) === 42) {
      const end = text.indexOf("*/", i + 2);
      i = end < 0 ? to : end + 2;
    } else if (c === 47 && text.charCodeAt(i + 1) === 47) {
      const end = text.indexOf("\n", i);
      i = end < 0 ? to : end;
    } else if (c === 35) {
      const end = directiveEnd(text, i);
      i = /^#\s*el/.test(text.slice(i, i + 8)) ? endifAfter(text, end, to) : end;
    } else if (c === 34 || c === 39) i = literalEnd(text, i, c);
    else if (c === 40) {
      if (depth++ === 0) opened = i;
      i++;
    } else if (c === 41) {
      i++;
      if (depth > 0 && --depth === 0) out.push({ kind: "group", start: opened, end: i });
    } else if (isWord(c)) {
      const start = i;
      while (i < to && isWord(text.charCodeAt(i))) i++;
      if (depth === 0) out.push({ kind: "word", start, end: i });
    } else {
      if (depth === 0 && c > 32) out.push({ kind: "other", start: i, end: i + 1 });
      i++;
    }
  }
  return out;
}

function endifAfter(text: string, from: number, to: number): number {
  const match = /^[ \t]*#[ \t]*endif.*$/m.exec(text.slice(from, to));
  return match === null ? to : from + match.index + match[0].length;
}

function isWord(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95 || c === 36 || c > 127;
}
