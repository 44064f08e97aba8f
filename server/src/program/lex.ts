// Reads the identifiers of a stretch of C without parsing it: which are called, which are fields that are read or written, which stand as values.
import { directiveEnd, literalEnd } from "../syntax/scan.ts";
import { HASH_FACTOR, HASH_START, grown, intern, internHashed } from "./words.ts";
import type { Words } from "./words.ts";

/** What an identifier was seen to be, as bits; one identifier can be several things in one unit. */
export const CALLED = 1; // name( or .name(
export const FIELD = 2; // after . or ->
export const WRITTEN = 4; // a field before =, an operator with =, ++, -- or [
export const VALUE = 8; // neither called nor a field
export const DESIGNATED = 16; // .name = in an initialiser
export const STORED = 32; // a value that is assigned to a field
/** A use is one number: the word's number above these bits. */
export const USE_BITS = 6;

/** Words that are never recorded. Interned first, so their numbers are the smallest. */
const KEYWORDS = [
  ..."auto break case char const continue default do double else enum extern float for goto if inline int long register".split(
    " ",
  ),
  ..."return short signed sizeof static struct switch typedef union unsigned void volatile while bool _Bool typeof".split(
    " ",
  ),
  ..."__typeof__ __attribute__ __inline __inline__ __always_inline asm __asm__ NULL true false".split(" "),
];
export const KEYWORD_COUNT = KEYWORDS.length;

/** Numbers of the keywords that the outline of a file depends on. */
export const KEYWORD: Readonly<Record<string, number>> = Object.fromEntries(KEYWORDS.map((word, id) => [word, id]));

const TYPE_KEYWORD = new Uint8Array(KEYWORD_COUNT);
for (const word of ["struct", "union", "enum"]) TYPE_KEYWORD[KEYWORD[word] as number] = 1;

/** Gives the keywords their numbers; to be called on an empty table. */
export function internKeywords(words: Words): void {
  for (const word of KEYWORDS) intern(words, word);
}

/** Where the uses of one unit after another are collected. */
export interface Uses {
  list: Uint32Array;
  length: number;
  /** Where the current unit's uses begin. */
  from: number;
  /** word → where it stands in the list, if that is in the current unit. */
  last: Int32Array;
}

export function newUses(): Uses {
  return { list: new Uint32Array(1 << 14), length: 0, from: 0, last: new Int32Array(1 << 12) };
}

/** Notes a use in the current unit. */
export function note(uses: Uses, word: number, bits: number): void {
  if (word < KEYWORD_COUNT) return;
  if (word >= uses.last.length) uses.last = grown(uses.last, new Int32Array(Math.max(uses.last.length * 2, word + 1)));
  const at = uses.last[word] as number;
  if (at >= uses.from && at < uses.length && (uses.list[at] as number) >>> USE_BITS === word) {
    uses.list[at] = (uses.list[at] as number) | bits;
    return;
  }
  if (uses.length === uses.list.length) uses.list = grown(uses.list, new Uint32Array(uses.list.length * 2));
  uses.last[word] = uses.length;
  uses.list[uses.length++] = ((word << USE_BITS) | bits) >>> 0;
}

/** Takes back what a word was in the current unit: a function's header says its name, which is no use. */
export function forget(uses: Uses, word: number): void {
  const at = uses.last[word] ?? 0;
  if (at >= uses.from && at < uses.length && (uses.list[at] as number) >>> USE_BITS === word)
    uses.list[at] = (word << USE_BITS) >>> 0;
}

const IDENT = new Uint8Array(128); // 1: begins an identifier, 2: a digit
for (let c = 0; c < 128; c++) {
  if ((c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 36) IDENT[c] = 1;
  else if (c >= 48 && c <= 57) IDENT[c] = 2;
}

export function isIdentStart(c: number): boolean {
  return c < 128 && IDENT[c] === 1;
}

/** One past the identifier that begins at `at`. */
export function identEnd(text: string, at: number): number {
  let i = at + 1;
  for (let c = text.charCodeAt(i); c < 128 && IDENT[c] !== 0; c = text.charCodeAt(i)) i++;
  return i;
}

/** One past the comment that begins at `at`, or `at` where none does. */
export function commentEnd(text: string, at: number): number {
  const next = text.charCodeAt(at + 1);
  if (next !== 42 && next !== 47) return at;
  const end = next === 42 ? text.indexOf("*/", at + 2) : text.indexOf("\n", at + 2);
  if (end < 0) return text.length;
  return next === 42 ? end + 2 : end;
}

/** True where only blanks stand before `at` on its line. */
export function startsLine(text: string, at: number): boolean {
  let i = at - 1;
  while (i >= 0 && (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9)) i--;
  return i < 0 || text.charCodeAt(i) === 10 || text.charCodeAt(i) === 13;
}

/** Told where directives stand, and types that are defined (`struct x {`, `enum {`). */
export interface Hooks {
  directive(at: number): void;
  type(at: number): void;
}

/**
 * Notes every identifier of text[from, to) in the current unit of `uses`. Comments, literals and directives other than #define are left out.
 */
export function lexUses(
  text: string,
  from: number,
  to: number,
  words: Words,
  uses: Uses,
  hooks: Hooks | undefined,
): void {
  let i = from;
  let previous = 0; // the last character that was no blank; 62 only for ->
  let beforeDot = 0;
  let storing = false;
  while (i < to) {
    const c = text.charCodeAt(i);
    if (c <= 32) {
      i++;
      continue;
    }
    const kind = c < 128 ? (IDENT[c] as number) : 0;
    if (kind === 1) {
      const start = i;
      let hash = HASH_START;
      for (let d = c; d < 128 && IDENT[d] !== 0; d = text.charCodeAt(++i)) hash = Math.imul(hash ^ d, HASH_FACTOR);
      const word = internHashed(words, text, start, i, hash);
      if (word >= KEYWORD_COUNT) {
        let p = i;
        while (p < to && text.charCodeAt(p) <= 32) p++;
        const next = text.charCodeAt(p);
        if (previous === 46 || previous === 62) {
          let bits = FIELD;
          if (next === 40) bits |= CALLED;
          else if (isWrite(text, p, next)) {
            bits |= WRITTEN;
            if (next === 61) storing = true;
            if (previous === 46 && (beforeDot === 44 || beforeDot === 123)) bits |= DESIGNATED;
          }
          note(uses, word, bits);
        } else note(uses, word, next === 40 ? CALLED : storing ? VALUE | STORED : VALUE);
      } else if (hooks !== undefined && TYPE_KEYWORD[word] === 1 && definesType(text, i)) hooks.type(start);
      previous = 97;
      continue;
    }
    if (kind === 2) {
      i++;
      for (let d = text.charCodeAt(i); d < 128 && (IDENT[d] !== 0 || d === 46); d = text.charCodeAt(i)) i++;
      previous = 48;
      continue;
    }
    if (c === 47) {
      const end = commentEnd(text, i);
      if (end > i) {
        i = end;
        continue;
      }
    } else if (c === 34 || c === 39) {
      i = literalEnd(text, i, c);
      previous = 34;
      continue;
    } else if (c === 35 && startsLine(text, i)) {
      hooks?.directive(i);
      const keyword = /^#[ \t]*define\b/.exec(text.slice(i, i + 24));
      i = keyword === null ? directiveEnd(text, i) : i + keyword[0].length;
      continue;
    } else if (c === 59 || c === 44 || c === 123 || c === 125) storing = false;
    else if (c === 40 && previous === 97) storing = false;
    else if (c === 46) beforeDot = previous;
    else if (c === 45 && text.charCodeAt(i + 1) === 62) {
      previous = 62;
      i += 2;
      continue;
    }
    // A comparison's > must not look like an arrow.
    previous = c === 62 ? 60 : c;
    i++;
  }
}

/** Whether what follows a field at `p` writes it: =, op=, ++, --, or [ (an element may be written). */
function isWrite(text: string, p: number, next: number): boolean {
  const after = text.charCodeAt(p + 1);
  switch (next) {
    case 61: // =
      return after !== 61;
    case 43: // +
    case 45: // -
      return after === 61 || after === next;
    case 42:
    case 47:
    case 37:
    case 38:
    case 124:
    case 94:
      return after === 61;
    case 60: // <<=
    case 62: // >>=
      return after === next && text.charCodeAt(p + 2) === 61;
    case 91:
      return true;
    default:
      return false;
  }
}

/** True where a brace follows the keyword that ends at `at`, with or without a tag in between. */
function definesType(text: string, at: number): boolean {
  let p = at;
  while (text.charCodeAt(p) <= 32) p++;
  if (isIdentStart(text.charCodeAt(p))) p = identEnd(text, p);
  while (text.charCodeAt(p) <= 32) p++;
  return text.charCodeAt(p) === 123;
}
