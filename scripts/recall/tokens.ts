// A tokenizer for C that keeps offsets. The recall harness has its own, so that a misreading of the checker's parser cannot hide in the disguises.

export type TokenKind = "ident" | "number" | "string" | "char" | "punct" | "directive";

/** One token. Offsets are UTF-16 code units; comments and blanks are dropped. A directive is one token, with its continuation lines. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const PUNCTUATION =
  /\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|##|[-+*/%&|^~!=<>?:;,.(){}[\]#\\@$`]/y;
const IDENT = /[A-Za-z_]\w*/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)[uUlLfF]*/y;
const STRING = /"(?:[^"\\\n]|\\[\s\S])*"/y;
const CHARACTER = /'(?:[^'\\\n]|\\[\s\S])*'/y;
const BLANK = /(?:\s|\\\r?\n|\/\*[\s\S]*?\*\/|\/\/[^\n]*)+/y;
const DIRECTIVE = /#(?:\/\*[\s\S]*?\*\/|\\\r?\n|[^\n])*/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/**
 * Tokens of `text` from `from` up to `to`. A `#` that opens a line starts a directive unless `inDirective` is set,
 * which reads the inside of one.
 */
export function tokenize(text: string, from = 0, to = text.length, inDirective = false): Token[] {
  const tokens: Token[] = [];
  const slice = to === text.length ? text : text.slice(0, to);
  let at = from;
  let lineStart = true;
  while (at < to) {
    const blank = match(BLANK, slice, at);
    if (blank !== undefined) {
      if (blank.includes("\n")) lineStart = true;
      at += blank.length;
      continue;
    }
    const [kind, found] = next(slice, at, lineStart && !inDirective);
    tokens.push({ kind, text: found, start: at, end: at + found.length });
    at += found.length;
    lineStart = false;
  }
  return tokens;
}

function next(text: string, at: number, directives: boolean): readonly [TokenKind, string] {
  const c = text[at];
  if (c === "#" && directives) return ["directive", match(DIRECTIVE, text, at) ?? "#"];
  const ident = match(IDENT, text, at);
  if (ident !== undefined) return ["ident", ident];
  const number = match(NUMBER, text, at);
  if (number !== undefined) return ["number", number];
  if (c === '"') return ["string", match(STRING, text, at) ?? '"'];
  if (c === "'") return ["char", match(CHARACTER, text, at) ?? "'"];
  return ["punct", match(PUNCTUATION, text, at) ?? c ?? ""];
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * The index of the token that closes the bracket at `open`, or the last token where none does.
 * The arms of an #if start from the same depth, for a brace may be opened in each.
 */
export function closing(tokens: readonly Token[], open: number): number {
  let stack: string[] = [];
  const arms: string[][] = [];
  for (let i = open; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind === "directive") {
      if (/^#\s*if/.test(token.text)) arms.push([...stack]);
      else if (/^#\s*(else|elif)/.test(token.text)) stack = [...(arms.at(-1) ?? stack)];
      else if (/^#\s*endif/.test(token.text)) arms.pop();
    }
    if (token?.kind !== "punct") continue;
    const close = CLOSING[token.text];
    if (close !== undefined) stack.push(close);
    else if (token.text === stack.at(-1)) {
      stack.pop();
      if (stack.length === 0 && arms.length === 0) return i;
    }
  }
  return tokens.length - 1;
}

/** Token index ranges [first, last] of the arguments between the parentheses at `open` and `close`; none for `()`. */
export function argumentRanges(tokens: readonly Token[], open: number, close: number): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  let first = open + 1;
  for (let i = open + 1; i <= close; i++) {
    const text = tokens[i]?.kind === "punct" ? tokens[i]?.text : undefined;
    if (i === close || text === ",") {
      if (i > first) ranges.push([first, i - 1]);
      first = i + 1;
    } else if (text !== undefined && CLOSING[text] !== undefined) {
      i = closing(tokens, i);
    }
  }
  return ranges;
}
