// C text → tokens, for the masks and the macro expander: words, numbers, literals, operators and whole directives. Comments are left out.
import { directiveEnd, literalEnd } from "./scan.ts";

export type TokenKind = "word" | "number" | "literal" | "op" | "directive";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Tokens {
  readonly list: readonly Token[];
  readonly comments: readonly (readonly [start: number, end: number])[];
}

const SPACE = 1;
const WORD = 2;
const DIGIT = 3;
const QUOTE = 4;
const CLASS = new Uint8Array(128);
for (let c = 0; c <= 32; c++) CLASS[c] = SPACE;
for (let c = 48; c <= 57; c++) CLASS[c] = DIGIT;
for (let c = 65; c <= 90; c++) CLASS[c] = CLASS[c + 32] = WORD;
CLASS[95] = CLASS[36] = WORD;
CLASS[34] = CLASS[39] = QUOTE;

const THREE: ReadonlySet<string> = new Set(["...", "<<=", ">>="]);
const TWO: ReadonlySet<string> = new Set("-> ++ -- << >> <= >= == != && || += -= *= /= %= &= |= ^= ##".split(" "));

/** Cuts `text` into tokens. Never throws: a character that C does not know is an operator of its own. In a macro's body `#` begins no directive. */
export function tokenize(text: string, directives = true): Tokens {
  const list: Token[] = [];
  const comments: [number, number][] = [];
  const length = text.length;
  let lineStart = directives;
  let i = 0;
  while (i < length) {
    const c = text.charCodeAt(i);
    const kind = c < 128 ? CLASS[c] : WORD;
    if (kind === SPACE) {
      if (c === 10) lineStart = directives;
      i++;
      continue;
    }
    const start = i;
    if (kind === WORD) {
      i++;
      while (i < length && isWordPart(text.charCodeAt(i))) i++;
      const prefix = i - start === 1 && (c === 76 || c === 117 || c === 85); // L'x', u"x"
      const quote = text.charCodeAt(i);
      if (prefix && (quote === 34 || quote === 39)) {
        i = literalEnd(text, i, quote);
        list.push({ kind: "literal", text: text.slice(start, i), start, end: i });
      } else list.push({ kind: "word", text: text.slice(start, i), start, end: i });
    } else if (kind === DIGIT || (c === 46 && CLASS[text.charCodeAt(i + 1)] === DIGIT)) {
      i = numberEnd(text, i);
      list.push({ kind: "number", text: text.slice(start, i), start, end: i });
    } else if (kind === QUOTE) {
      i = literalEnd(text, i, c);
      list.push({ kind: "literal", text: text.slice(start, i), start, end: i });
    } else if (c === 47 && (text.charCodeAt(i + 1) === 42 || text.charCodeAt(i + 1) === 47)) {
      const block = text.charCodeAt(i + 1) === 42;
      const close = text.indexOf(block ? "*/" : "\n", i + 2);
      i = close < 0 ? length : close + (block ? 2 : 0);
      comments.push([start, i]);
      continue; // A comment before a directive leaves it at the line's start.
    } else if (c === 35 && lineStart) {
      i = directiveEnd(text, i);
      list.push({ kind: "directive", text: text.slice(start, i), start, end: i });
      continue;
    } else if (c === 92) {
      i++; // A continuation, or a stray backslash of a macro's body.
      continue;
    } else {
      const three = text.slice(i, i + 3);
      if (THREE.has(three)) i += 3;
      else if (TWO.has(three.slice(0, 2))) i += 2;
      else i++;
      list.push({ kind: "op", text: text.slice(start, i), start, end: i });
    }
    lineStart = false;
  }
  return { list, comments };
}

function isWordPart(c: number): boolean {
  if (c > 127) return true;
  const kind = CLASS[c];
  return kind === WORD || kind === DIGIT;
}

function numberEnd(text: string, from: number): number {
  let i = from + 1;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    const sign = (c === 43 || c === 45) && /^(0[xX].*[pP]|[0-9.]+[eE])$/.test(text.slice(from, i));
    if (isWordPart(c) || sign || (c === 46 && text.charCodeAt(i + 1) !== 46)) i++;
    else break;
  }
  return i;
}

/** For each token that opens or closes a bracket, the index of its partner; -1 for all others and for brackets without one. */
export function partners(list: readonly Token[]): Int32Array {
  const out = new Int32Array(list.length).fill(-1);
  const open: number[] = [];
  for (let i = 0; i < list.length; i++) {
    const token = list[i];
    if (token?.kind !== "op") continue;
    if (token.text === "(" || token.text === "[" || token.text === "{") open.push(i);
    else if (token.text === ")" || token.text === "]" || token.text === "}") {
      const wanted = token.text === ")" ? "(" : token.text === "]" ? "[" : "{";
      // A bracket of another kind in between was never closed: forget it, so that one slip does not unpair the rest.
      let at = open.length - 1;
      while (at >= 0 && list[open[at] ?? 0]?.text !== wanted) at--;
      if (at < 0) continue;
      const partner = open[at] ?? 0;
      open.length = at;
      out[i] = partner;
      out[partner] = i;
    }
  }
  return out;
}
