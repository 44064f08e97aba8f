// Finds the function bodies of a C file with a plain brace lexer: fast, knows no grammar, and so can count what the parser should have found.
// Of #if arms, the first one (not `#if 0`) decides how braces nest; functions that stand whole in other arms are found too.
import { elseSymbol, isGuard, isNeverC, readDirective, symbolOf } from "./conditions.ts";
import { headerAt } from "./header.ts";
import { after, directiveEnd, lineEnd, literalEnd } from "./scan.ts";

/** One function definition. Offsets are UTF-16 code units; `start` is the declaration's first character, `bodyStart` the `{`, `end` one past the `}`. */
export interface Body {
  /** As written: `foo`, or `UVERBS_HANDLER(X)`, or `SYSCALL_DEFINE3(read)` where a macro makes the name. */
  readonly name: string;
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
  /** The symbols of the #if arms around the function, outermost first, without include guards. */
  readonly config: readonly string[];
}

interface State {
  depth: number;
  parens: number;
  /** First character of the item at file scope, or -1 between items. */
  item: number;
  assigned: boolean;
  /** Where the outermost brace opened, and the function's name when it is a function's. */
  open: number;
  name: string | undefined;
  start: number;
}

interface Conditional {
  readonly before: State;
  /** The state at the end of the first arm that counts. */
  after: State | undefined;
  readonly symbols: string[];
  symbol: string;
  skipped: boolean;
}

const NEWLINE = 10;
const QUOTE = 34;
const HASH = 35;
const APOSTROPHE = 39;
const OPEN_PAREN = 40;
const CLOSE_PAREN = 41;
const STAR = 42;
const SLASH = 47;
const SEMICOLON = 59;
const EQUALS = 61;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

// 1: means something inside a body; 2: blank; 3: means something at file scope only; 0: anything else.
const CLASS = new Uint8Array(128);
for (const c of [QUOTE, HASH, APOSTROPHE, SLASH, OPEN_BRACE, CLOSE_BRACE]) CLASS[c] = 1;
for (const c of [9, NEWLINE, 11, 12, 13, 32]) CLASS[c] = 2;
for (const c of [OPEN_PAREN, CLOSE_PAREN, SEMICOLON, EQUALS]) CLASS[c] = 3;

/** The function bodies of `text` in the order of their ends. Never throws; text that is not C gives what looks like a body in it. */
export function findBodies(text: string): readonly Body[] {
  const found: Body[] = [];
  const conditionals: Conditional[] = [];
  const length = text.length;
  let s: State = { depth: 0, parens: 0, item: -1, assigned: false, open: -1, name: undefined, start: -1 };
  let i = 0;
  while (i < length) {
    const c = text.charCodeAt(i);
    const kind = c < 128 ? CLASS[c] : 0;
    if (kind === 2 || (s.depth > 0 && kind !== 1)) {
      i++;
      continue;
    }
    if (c === SLASH) {
      const next = text.charCodeAt(i + 1);
      if (next === STAR) i = after(text, "*/", i + 2);
      else if (next === SLASH) i = lineEnd(text, i);
      else i++;
      continue;
    }
    if (c === HASH && startsLine(text, i)) {
      i = directive(i);
      continue;
    }
    if (c === QUOTE || c === APOSTROPHE) {
      i = literalEnd(text, i, c);
      continue;
    }
    if (s.depth > 0) {
      if (c === OPEN_BRACE) s.depth++;
      else if (c === CLOSE_BRACE && --s.depth === 0) closeOutermost(i);
      i++;
      continue;
    }
    if (s.item < 0 && c !== SEMICOLON && c !== CLOSE_BRACE) s.item = i;
    if (kind === 0) {
      i++;
      while (i < length && (CLASS[text.charCodeAt(i)] ?? 0) === 0) i++;
      continue;
    }
    if (c === OPEN_PAREN) s.parens++;
    else if (c === CLOSE_PAREN) s.parens = Math.max(0, s.parens - 1);
    else if (c === SEMICOLON && s.parens === 0) endItem();
    else if (c === EQUALS && s.parens === 0) s.assigned = true;
    else if (c === OPEN_BRACE && (s.parens === 0 || startsLine(text, i))) open(i);
    else if (c === CLOSE_BRACE && s.parens === 0) endItem();
    i++;
  }
  return found;

  function endItem(): void {
    s.item = -1;
    s.assigned = false;
  }

  function open(at: number): void {
    s.parens = 0;
    // `define_machine(x) { .name = ... }` is a table.
    const header = s.assigned || /^\s*\./.test(text.slice(at + 1, at + 40)) ? undefined : headerAt(text, s.item, at);
    if (header === undefined && !s.assigned && /^extern\s*"[^"]*"\s*$/.test(text.slice(s.item, at))) return endItem();
    s.name = header?.name;
    s.start = header?.start ?? s.item;
    s.open = at;
    s.depth = 1;
  }

  function closeOutermost(at: number): void {
    if (s.name === undefined) return; // A type or an initialiser: the item goes on to its semicolon.
    const config = conditionals.map((c) => c.symbol).filter((symbol) => !isGuard(symbol));
    found.push({ name: s.name, start: s.start, bodyStart: s.open, end: at + 1, config });
    endItem();
    s.name = undefined;
  }

  /** Takes the directive at `at` into account and gives the offset after it. */
  function directive(at: number): number {
    const end = directiveEnd(text, at);
    let p = at + 1;
    while (text.charCodeAt(p) === 32 || text.charCodeAt(p) === 9) p++;
    const c0 = text.charCodeAt(p);
    if (c0 !== 105 && c0 !== 101) return end; // neither #i(f) nor #e(lse)
    const read = readDirective(text.slice(at, end));
    const top = conditionals.at(-1);
    if (read.keyword.startsWith("if")) {
      const symbol = symbolOf(read);
      conditionals.push({ before: { ...s }, after: undefined, symbols: [symbol], symbol, skipped: isNeverC(symbol) });
    } else if (read.keyword.startsWith("el") && top !== undefined) {
      if (!top.skipped) top.after ??= { ...s };
      s = { ...top.before };
      top.symbol = read.keyword === "else" ? elseSymbol(top.symbols) : symbolOf(read);
      top.symbols.push(top.symbol);
      top.skipped = isNeverC(top.symbol);
    } else if (read.keyword === "endif" && top !== undefined) {
      conditionals.pop();
      if (top.after !== undefined) s = top.after;
      else if (top.skipped) s = top.before;
      return end;
    } else return end;
    return conditionals.at(-1)?.skipped === true ? skipArm(text, end) : end;
  }
}

/** The offset of the #else, #elif or #endif that ends the arm that begins at `from`: text in between is not lexed. */
function skipArm(text: string, from: number): number {
  const lines = /^[ \t]*#[ \t]*(if|el|endif)/gm;
  lines.lastIndex = from;
  let depth = 0;
  for (let match = lines.exec(text); match !== null; match = lines.exec(text)) {
    if (match[1] === "if") depth++;
    else if (depth === 0) return match.index + match[0].indexOf("#");
    else if (match[1] === "endif") depth--;
  }
  return text.length;
}

/** True where only blanks precede `at` on its line. */
function startsLine(text: string, at: number): boolean {
  for (let i = at - 1; i >= 0; i--) {
    const c = text.charCodeAt(i);
    if (c === NEWLINE) return true;
    if (c !== 32 && c !== 9 && c !== 13) return text.charCodeAt(i) === SLASH && text.charCodeAt(i - 1) === STAR;
  }
  return true;
}
