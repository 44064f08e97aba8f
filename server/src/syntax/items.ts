// What stands at file scope between functions, cut into items: declarations for the grammar, macro invocations, prototypes that nobody needs.
import { isAnnotation, isTypeName, NOISE_CALLS, NOISE_WORDS } from "./dialect.ts";
import { partners } from "./tokens.ts";
import type { Token } from "./tokens.ts";

export type Item =
  /** A type or a variable: for the grammar. */
  | { readonly kind: "declaration"; readonly start: number; readonly end: number; readonly tokens: readonly Token[] }
  /** MACRO(args), with or without a semicolon, a storage class before it, or a block or an initialiser after it. */
  | {
      readonly kind: "invocation";
      readonly macro: string;
      readonly start: number;
      readonly end: number;
      /** Between the brackets. */
      readonly args: readonly [start: number, end: number];
    }
  | { readonly kind: "prototype"; readonly start: number; readonly end: number };

const STORAGE = /^(static|extern|inline|const|volatile)$/;
const NO_INVOCATION =
  /^(typeof|__typeof__|__typeof|__attribute__|__attribute|asm|__asm__|if|for|while|switch|return|sizeof|_Static_assert|static_assert)$/;

/** Cuts the tokens of a file without its functions into items. Directives must be gone. */
export function cutItems(list: readonly Token[]): Item[] {
  const partner = partners(list);
  const items: Item[] = [];
  let i = 0;
  while (i < list.length) {
    const token = list[i];
    if (token === undefined) break;
    if (token.kind === "directive" || token.text === ";" || token.text === "}" || token.text === ")") {
      i++;
      continue;
    }
    if (isBareMacro(token, list[i + 1])) {
      items.push({
        kind: "invocation",
        macro: token.text,
        start: token.start,
        end: token.end,
        args: [token.end, token.end],
      });
      i++;
      continue;
    }
    const invocation = invocationAt(list, partner, i);
    if (invocation !== undefined) {
      items.push(invocation.item);
      i = invocation.next;
      continue;
    }
    const end = itemEnd(list, partner, i);
    const last = list[end - 1] ?? token;
    const own = list.slice(i, end);
    const kind = isPrototype(own) ? "prototype" : "declaration";
    if (kind === "prototype") items.push({ kind, start: token.start, end: last.end });
    else items.push({ kind, start: token.start, end: last.end, tokens: own });
    i = Math.max(end, i + 1);
  }
  return items;
}

/** A macro in capitals that makes an item by itself, without arguments or a semicolon. */
function isBareMacro(token: Token, next: Token | undefined): boolean {
  if (token.kind !== "word" || !/^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/.test(token.text)) return false;
  return (
    next === undefined || /^(static|extern|struct|const|int|void|EXPORT_\w+|module_init|MODULE_\w+)$/.test(next.text)
  );
}

/** One past the semicolon that ends the item at `i`. */
function itemEnd(list: readonly Token[], partner: Int32Array, i: number): number {
  for (let k = i; k < list.length; k++) {
    const token = list[k];
    if (token?.kind !== "op") continue;
    if (token.text === ";") return k + 1;
    if (/^[([{]$/.test(token.text)) {
      const close = partner[k] ?? -1;
      if (close > k) k = close;
    }
  }
  return list.length;
}

/** No initialiser, no body of a type, and a parameter list at the end: `int f(int);`, `struct foo *f(void) __must_hold(x);`; also `struct foo;`. */
function isPrototype(own: readonly Token[]): boolean {
  if (own[0]?.text === "typedef") return false;
  let depth = 0;
  let list = false;
  let words = 0;
  for (let i = 0; i < own.length; i++) {
    const token = own[i];
    if (token === undefined) break;
    if (token.text === "=" || token.text === "{") return false;
    if (token.text === "(") {
      const before = own[i - 1];
      // A name before the bracket: parameters. `(*fn)(int)` is a pointer, `__attribute__((x))` an attribute.
      if (depth === 0 && before?.kind === "word" && own[i + 1]?.text !== "*" && !isAttribute(before.text)) list = true;
      depth++;
    } else if (token.text === ")") depth--;
    else if (depth === 0 && token.kind === "word") words++;
    else if (depth === 0 && (token.text === "[" || token.text === "*")) words += 2;
  }
  return list || (words <= 2 && /^(struct|union|enum)$/.test(own[0]?.text ?? ""));
}

function isAttribute(word: string): boolean {
  return NOISE_CALLS.has(word) || NOISE_WORDS.has(word) || isAnnotation(word) || /^(typeof|__typeof__|asm)$/.test(word);
}

function invocationAt(
  list: readonly Token[],
  partner: Int32Array,
  at: number,
): { item: Item; next: number } | undefined {
  let i = at;
  while (STORAGE.test(list[i]?.text ?? "") || NOISE_WORDS.has(list[i]?.text ?? "")) i++;
  const name = list[i];
  const open = list[i + 1];
  if (name?.kind !== "word" || open?.text !== "(" || NO_INVOCATION.test(name.text)) return undefined;
  const close = partner[i + 1] ?? -1;
  const last = list[close];
  if (close < 0 || last === undefined) return undefined;
  const after = list[close + 1];
  const newline = after === undefined || after.start > last.end;
  const make = (end: number, next: number): { item: Item; next: number } => {
    const start = list[at]?.start ?? name.start;
    const args = [open.end, last.start] as const;
    return { item: { kind: "invocation", macro: name.text, start, end, args }, next };
  };
  if (after === undefined) return make(last.end, close + 1);
  if (after.text === ";") return make(after.end, close + 2);
  if (after.text === "=") return undefined; // DEFINE_PER_CPU(int, x) = 1: a variable
  if (after.text === "{" || NOISE_WORDS.has(after.text) || /^__/.test(after.text)) {
    if (isAttribute(name.text)) return undefined; // __printf(1, 2) void f(...)
    const end = after.text === "{" ? blockEnd(list, partner, close + 1) : itemEnd(list, partner, close + 1);
    const stop = list[end - 1];
    if (stop === undefined) return undefined;
    return make(stop.end, end);
  }
  if (after.text === ".") {
    // DT_MACHINE_START(...) .a = b, ... MACHINE_END
    const end = list.findIndex((token, k) => k > close && /^\w*MACHINE_END$/.test(token.text));
    const stop = list[end];
    return stop === undefined ? undefined : make(stop.end, end + 1);
  }
  if (after.kind === "directive") return make(last.end, close + 1);
  // MACRO(x) and then something else altogether: the macro has no semicolon, unless it is a type or an attribute of what follows.
  if (after.kind !== "word" || !newline || isAttribute(name.text) || isTypeName(name.text)) return undefined;
  return make(last.end, close + 1);
}

/** One past the block that opens at `open`, and past a semicolon after it. */
function blockEnd(list: readonly Token[], partner: Int32Array, open: number): number {
  const close = partner[open] ?? -1;
  if (close < 0) return list.length;
  return list[close + 1]?.text === ";" ? close + 2 : close + 1;
}
