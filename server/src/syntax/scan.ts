// Where directives, literals, comments and lines end: what the brace lexer, the tokenizer and the header reader share.

const NEWLINE = 10;
const QUOTE = 34;
const APOSTROPHE = 39;
const STAR = 42;
const SLASH = 47;
const BACKSLASH = 92;

/** One past the newline that ends a directive: continued lines and comments that span lines belong to it. */
export function directiveEnd(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === NEWLINE) return i + 1;
    if (c === BACKSLASH) {
      if (text.charCodeAt(i + 1) === 13) i++;
      i++;
    } else if (c === QUOTE && text.charCodeAt(i - 1) !== APOSTROPHE) i = literalEnd(text, i, c) - 1;
    else if (c === SLASH && text.charCodeAt(i + 1) === STAR) i = after(text, "*/", i + 2) - 1;
    else if (c === SLASH && text.charCodeAt(i + 1) === SLASH) return Math.min(text.length, lineEnd(text, i) + 1);
  }
  return text.length;
}

/** One past the closing quote; a literal that is not closed ends with its line. */
export function literalEnd(text: string, at: number, quote: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) i++;
    else if (c === quote) return i + 1;
    else if (c === NEWLINE) return i;
  }
  return text.length;
}

/** One past the next `what` from `from` on; the text's end where there is none. */
export function after(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at + what.length;
}

/** The offset of the next newline from `from` on; the text's end where there is none. */
export function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at;
}
