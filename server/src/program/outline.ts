// Reads what a file says at file scope without parsing it: cuts the text into functions (as syntax/bodies.ts finds them), declarations,
// macro invocations and directives, and has each entered into the index.
import { findBodies } from "../syntax/bodies.ts";
import { directiveEnd, literalEnd } from "../syntax/scan.ts";
import type { Body } from "../syntax/bodies.ts";
import { elseSymbol, isGuard, isNeverC, readDirective, symbolOf } from "../syntax/conditions.ts";
import { declare } from "./declare.ts";
import { enumeration, matchingBrace, structure } from "./members.ts";
import {
  CALLED,
  KEYWORD,
  KEYWORD_COUNT,
  commentEnd,
  forget,
  identEnd,
  isIdentStart,
  lexUses,
  startsLine,
} from "./lex.ts";
import { FUNCTION, INLINE, MACRO, MADE_NAME, STATIC, addUnit } from "./units.ts";
import type { Units } from "./units.ts";
import { HASH_FACTOR, HASH_START, intern, internHashed } from "./words.ts";
import type { Words } from "./words.ts";

/** One token of an item at file scope: a word's number, or the negative character code of punctuation; a bracket pair is one token. */
export interface Item {
  readonly kinds: number[];
  readonly starts: number[];
  readonly ends: number[];
}

interface State {
  item: Item;
  /** Open brackets of any kind, and where the outermost opened. */
  nest: number;
  opened: number;
}

interface Conditional {
  readonly before: State;
  after: State | undefined;
  readonly symbols: string[];
  symbol: string;
}

/** Characters that matter inside brackets at file scope: directives, comments, literals and brackets. */
const MEANS = new Uint8Array(128);
for (const c of "#/\"'()[]{}") MEANS[c.charCodeAt(0)] = 1;

/** Enters all that `text` defines into `units`. Returns the #include lines in order, as written with their delimiters. Never throws. */
export function outline(text: string, words: Words, units: Units): readonly string[] {
  const bodies = [...findBodies(text)].sort((a, b) => a.start - b.start);
  const includes: string[] = [];
  const conditionals: Conditional[] = [];
  let s: State = { item: newItem(), nest: 0, opened: 0 };
  let i = 0;
  for (const body of bodies) {
    if (body.start < i) continue; // Stands inside one that was entered: an arm of an #if in its middle.
    fileScope(body.start);
    finish(body.start);
    enterFunction(body);
    i = body.end;
  }
  fileScope(text.length);
  finish(text.length);
  return includes;

  function fileScope(limit: number): void {
    while (i < limit) {
      let c = text.charCodeAt(i);
      // Inside brackets, which is most of a table, few characters mean anything.
      if (s.nest > 0) while (i < limit && (c >= 128 || MEANS[c] === 0)) c = text.charCodeAt(++i);
      if (i >= limit) return;
      if (c <= 32) i++;
      else if (c === 35 && startsLine(text, i)) directive(limit);
      else if (c === 47 && commentEnd(text, i) > i) i = commentEnd(text, i);
      else if (c === 34 || c === 39) {
        const end = literalEnd(text, i, c);
        if (s.nest === 0) token(-c, i, end);
        i = end;
      } else if (c === 40 || c === 91 || c === 123) {
        if (s.nest++ === 0) s.opened = i;
        i++;
      } else if (c === 41 || c === 93 || c === 125) {
        // In the kernel's style a } in the first column ends the item's outermost brackets, whatever a macro left open.
        if (c === 125 && (i === 0 || text.charCodeAt(i - 1) === 10)) s.nest = Math.min(s.nest, 1);
        i++;
        if (s.nest > 0 && --s.nest === 0) closeGroup(limit);
      } else if (s.nest > 0) i++;
      else if (c === 59) {
        token(-59, i, i + 1);
        finish(++i);
      } else if (isIdentStart(c)) word(limit);
      else {
        token(-c, i, i + 1);
        i++;
      }
    }
  }

  function word(limit: number): void {
    const start = i;
    const end = Math.min(identEnd(text, i), limit);
    let hash = HASH_START;
    for (; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), HASH_FACTOR);
    token(internHashed(words, text, start, end, hash), start, end);
  }

  function token(kind: number, start: number, end: number): void {
    s.item.kinds.push(kind);
    s.item.starts.push(start);
    s.item.ends.push(end);
  }

  function closeGroup(limit: number): void {
    const open = text.charCodeAt(s.opened);
    token(-open, s.opened, i);
    const kinds = s.item.kinds;
    if (open === 40 && isInvocation(kinds) && endsLine(limit)) finish(i);
    else if (open === 123 && !kinds.some((k) => k === -61 || isTypeKeyword(k))) finish(i);
  }

  /** True where the next thing stands on another line and can begin an item. */
  function endsLine(limit: number): boolean {
    let newline = false;
    for (let p = i; ;) {
      const c = p >= limit ? 35 : text.charCodeAt(p);
      if (c === 47 && commentEnd(text, p) > p) p = commentEnd(text, p);
      else if (c === 10) {
        newline = true;
        p++;
      } else if (c <= 32) p++;
      else return c === 35 || (newline && isIdentStart(c));
    }
  }

  function finish(end: number): void {
    const item = s.item;
    if (item.kinds.length > 0) declare(text, item, end, words, units, config());
    s = { item: newItem(), nest: 0, opened: 0 };
  }

  function config(): number {
    if (conditionals.length === 0) return 0;
    const symbols = conditionals.map((c) => c.symbol).filter((symbol) => !isGuard(symbol));
    return symbols.length === 0 ? 0 : intern(words, symbols.join("\n"));
  }

  function enterFunction(body: Body): void {
    const header = text.slice(body.start, Math.min(body.bodyStart, body.start + 200));
    let flags = /\bstatic\b/.test(header) ? STATIC : 0;
    if (/\b(__always_)?inline\b|\b__inline\b/.test(header)) flags |= INLINE;
    const made = body.name.includes("(");
    if (made) flags |= MADE_NAME;
    const name = intern(words, body.name);
    const from = units.uses.length;
    const conf = body.config.length === 0 ? 0 : intern(words, body.config.join("\n"));
    const defines: number[] = [];
    const types: number[] = [];
    const hooks = { directive: (at: number) => track(at, defines), type: (at: number) => types.push(at) };
    lexUses(text, body.start, body.bodyStart, words, units.uses, hooks);
    forget(units.uses, name);
    lexUses(text, body.bodyStart, body.end, words, units.uses, hooks);
    addUnit(units, FUNCTION, flags, name, body.start, body.end, body.bodyStart, from, conf);
    units.uses.from = units.uses.length;
    for (const at of types) localType(at, body.end, conf);
    for (const at of defines) define(at, directiveEnd(text, at));
  }

  /** A type that a function defines for itself. */
  function localType(at: number, limit: number, conf: number): void {
    const match = /^(struct|union|enum)\s+(?:([A-Za-z_]\w*)\s*)?\{/.exec(text.slice(at, at + 200));
    if (match === null) return;
    const tag = match[2] === undefined ? 0 : intern(words, match[2]);
    const open = at + match[0].length - 1;
    const close = matchingBrace(text, open, limit);
    if (match[1] === "enum") enumeration(text, tag, at, open, close, words, units, conf);
    else if (tag !== 0) structure(text, match[1] === "union", tag, at, open, close, words, units, conf);
  }

  /** Conditions inside bodies matter only where an arm ends outside; macros are known to the end of the file. */
  function track(at: number, defines: number[]): void {
    const read = readDirective(text.slice(at, directiveEnd(text, at)));
    if (read.keyword === "define") defines.push(at);
    else if (read.keyword.startsWith("if")) open(symbolOf(read));
    else if (read.keyword === "endif") conditionals.pop();
  }

  function open(symbol: string): void {
    conditionals.push({ before: copy(s), after: undefined, symbols: [symbol], symbol });
  }

  function directive(limit: number): void {
    const at = i;
    i = Math.min(directiveEnd(text, at), limit);
    let p = at + 1;
    while (text.charCodeAt(p) === 32 || text.charCodeAt(p) === 9) p++;
    const c = text.charCodeAt(p);
    if (c === 100) return define(at, i); // d
    if (c !== 105 && c !== 101) return; // i, e
    const read = readDirective(text.slice(at, i));
    const top = conditionals.at(-1);
    if (read.keyword === "include") {
      const target = /^(<[^>]+>|"[^"]+")/.exec(read.rest)?.[1];
      if (target !== undefined) includes.push(target);
    } else if (read.keyword.startsWith("if")) {
      const symbol = symbolOf(read);
      open(symbol);
      if (isNeverC(symbol)) skipArm(limit);
    } else if (read.keyword.startsWith("el") && top !== undefined) {
      if (!isNeverC(top.symbol)) top.after ??= copy(s);
      s = copy(top.before);
      top.symbol = read.keyword === "else" ? elseSymbol(top.symbols) : symbolOf(read);
      top.symbols.push(top.symbol);
      if (isNeverC(top.symbol)) skipArm(limit);
    } else if (read.keyword === "endif") {
      conditionals.pop();
      if (top?.after !== undefined) s = top.after;
    }
  }

  /** Goes to the directive that ends an arm that is never C. */
  function skipArm(limit: number): void {
    const lines = /^[ \t]*#[ \t]*(if|el|endif)/gm;
    lines.lastIndex = i;
    let depth = 0;
    for (let match = lines.exec(text); match !== null; match = lines.exec(text)) {
      if (match[1] === "if") depth++;
      else if (depth === 0) {
        i = Math.min(match.index + match[0].indexOf("#"), limit);
        return;
      } else if (match[1] === "endif") depth--;
    }
    i = limit;
  }

  function define(at: number, end: number): void {
    const match = /^#[ \t]*define[ \t]+(?=[A-Za-z_])/.exec(text.slice(at, Math.min(end, at + 80)));
    if (match === null) return;
    const p = at + match[0].length;
    const nameEnd = identEnd(text, p);
    const name = intern(words, text.slice(p, nameEnd));
    const from = units.uses.length;
    lexUses(text, nameEnd, end, words, units.uses, undefined);
    const functionLike = text.charCodeAt(nameEnd) === 40;
    addUnit(units, MACRO, functionLike ? CALLED : 0, name, p, end, 0, from, config());
    units.uses.from = units.uses.length;
  }
}

function newItem(): Item {
  return { kinds: [], starts: [], ends: [] };
}

function copy(s: State): State {
  const { kinds, starts, ends } = s.item;
  return { item: { kinds: [...kinds], starts: [...starts], ends: [...ends] }, nest: s.nest, opened: s.opened };
}

function isTypeKeyword(kind: number): boolean {
  return kind === KEYWORD["struct"] || kind === KEYWORD["union"] || kind === KEYWORD["enum"];
}

/** True for [static, extern, const...] NAME (...) and nothing else. */
function isInvocation(kinds: readonly number[]): boolean {
  const name = kinds[kinds.length - 2] ?? -1;
  if (name < KEYWORD_COUNT) return false;
  return kinds.slice(0, -2).every((k) => k === KEYWORD["static"] || k === KEYWORD["extern"] || k === KEYWORD["const"]);
}
