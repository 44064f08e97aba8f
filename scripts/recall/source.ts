// Functions and statements of a C file, by tokens. Small on purpose: what it cannot read it leaves alone, and says so with `opaque`.
import { argumentRanges, closing, tokenize, type Token } from "./tokens.ts";

export type StmtKind =
  | "block"
  | "if"
  | "loop"
  | "do"
  | "switch"
  | "scoped"
  | "label"
  | "case"
  | "return"
  | "goto"
  | "break"
  | "continue"
  | "decl"
  | "expr"
  | "empty"
  | "directive";

/** A statement: token indices [a, b], offsets [start, end), and its parts. `opaque`: a directive cuts through it. */
export interface Stmt {
  readonly kind: StmtKind;
  readonly a: number;
  readonly b: number;
  readonly start: number;
  readonly end: number;
  /** Token indices inside the parentheses of if, loop, switch, scoped. */
  readonly head?: readonly [number, number];
  /** The arm of `if`, the body of loop, do, switch, scoped. */
  readonly body?: Stmt;
  readonly else?: Stmt;
  /** Statements of a block. */
  readonly stmts?: readonly Stmt[];
  /** Label or goto target, loop keyword or macro. */
  readonly name?: string;
  readonly opaque: boolean;
}

export interface Fn {
  readonly name: string;
  /** Token index of the name; for `MACRO(X)(params)` of the macro. */
  readonly nameAt: number;
  readonly open: number; // token index of the parameters' (
  readonly close: number;
  readonly bodyOpen: number;
  readonly bodyClose: number;
  readonly first: number;
  readonly start: number;
  readonly end: number;
  readonly static: boolean;
  readonly inline: boolean;
  /** Under an #if at file scope. */
  readonly conditional: boolean;
}

export interface Source {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly functions: readonly Fn[];
}

/** Macros with arguments that may stand beside a declarator: never the name of what is declared. */
const ATTRIBUTES =
  /^__(printf|scanf|malloc|releases|acquires|must_hold\w*|attribute__|alloc_size|realloc_size|aligned|section|cond_\w+|guarded_by|counted_by)$/;
const cache = new Map<string, Source>();

/** Reads a file. Equal texts are read once. */
export function read(text: string): Source {
  const known = cache.get(text);
  if (known) return known;
  const tokens = tokenize(text);
  const source = { text, tokens, functions: findFunctions(tokens) };
  if (cache.size > 64) cache.clear();
  cache.set(text, source);
  return source;
}

function findFunctions(tokens: readonly Token[]): Fn[] {
  const found: Fn[] = [];
  let first = 0;
  const conditions: boolean[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token) break;
    if (token.kind === "directive") {
      if (/^#\s*if/.test(token.text)) conditions.push(!isGuard(token, tokens[i + 1]));
      else if (/^#\s*endif/.test(token.text)) conditions.pop();
      if (first === i) first = i + 1;
      continue;
    }
    if (token.kind !== "punct") continue;
    if (token.text === ";") first = i + 1;
    else if (token.text === "(" || token.text === "[") i = closing(tokens, i);
    else if (token.text === "{") {
      const close = closing(tokens, i);
      const fn = functionAt(tokens, first, i, close, conditions.includes(true));
      if (fn) found.push(fn);
      i = close;
      if (fn) first = i + 1;
    }
  }
  return found;
}

/** `#ifndef X` with `#define X` next: the guard of a header, which is no condition. */
function isGuard(directive: Token, next: Token | undefined): boolean {
  const name = /^#\s*ifndef\s+(\w+)/.exec(directive.text)?.[1];
  return name !== undefined && /^#\s*define\s+(\w+)/.exec(next?.text ?? "")?.[1] === name;
}

function functionAt(
  tokens: readonly Token[],
  from: number,
  brace: number,
  close: number,
  conditional: boolean,
): Fn | undefined {
  let first = from;
  for (let i = from; i < brace; i++) if (tokens[i]?.kind === "directive") first = i + 1;
  const before = tokens[brace - 1];
  if (!before || (before.text !== ")" && before.kind !== "ident")) return undefined;
  for (let i = first; i < brace; i++) {
    const token = tokens[i];
    if (token?.kind !== "punct") continue;
    if (token.text === "=") return undefined;
    if (token.text !== "(") continue;
    const name = tokens[i - 1];
    let end = closing(tokens, i);
    if (name?.kind !== "ident" || ATTRIBUTES.test(name.text)) {
      i = end;
      continue;
    }
    let open = i;
    let text = name.text;
    if (tokens[end + 1]?.text === "(") {
      text += tokens
        .slice(i, end + 1)
        .map((t) => t.text)
        .join("");
      open = end + 1;
      end = closing(tokens, open);
    }
    const words = tokens.slice(first, i).map((t) => t.text);
    const startToken = tokens[first];
    const endToken = tokens[close];
    if (!startToken || !endToken || words.includes("typedef")) return undefined;
    return {
      name: text,
      nameAt: i - 1,
      open,
      close: end,
      bodyOpen: brace,
      bodyClose: close,
      first,
      start: startToken.start,
      end: endToken.end,
      static: words.includes("static"),
      inline: words.some((w) => /inline/.test(w)),
      conditional,
    };
  }
  return undefined;
}

const TYPE_WORDS = new Set(
  (
    "struct union enum const static volatile register unsigned signed int char short long void bool float double typeof __typeof__ " +
    "u8 u16 u32 u64 s8 s16 s32 s64 size_t ssize_t loff_t gfp_t"
  ).split(" "),
);
const DECLARING_MACROS = /^(DEFINE_\w+|DECLARE_\w+|LIST_HEAD|HLIST_HEAD|XA_STATE|CLASS|guard|__label__)$/;
const CONTROL = new Set(["while", "for", "switch", "if"]);

/** The statements of a function's body, as one block. */
export function body(source: Source, fn: Fn): Stmt {
  return block(source.tokens, fn.bodyOpen);
}

function make(tokens: readonly Token[], kind: StmtKind, a: number, b: number, more: Partial<Stmt> = {}): Stmt {
  const opaque = tokens.slice(a, b + 1).some((t) => t.kind === "directive") && kind !== "directive";
  return { kind, a, b, start: tokens[a]?.start ?? 0, end: tokens[b]?.end ?? 0, opaque, ...more };
}

function block(tokens: readonly Token[], open: number): Stmt {
  const close = closing(tokens, open);
  const stmts: Stmt[] = [];
  for (let i = open + 1; i < close;) {
    const stmt = statement(tokens, i, close);
    stmts.push(stmt);
    i = stmt.b + 1;
  }
  return make(tokens, "block", open, close, { stmts });
}

function statement(tokens: readonly Token[], i: number, limit: number): Stmt {
  const token = tokens[i];
  const after = tokens[i + 1];
  if (!token || i >= limit) return make(tokens, "empty", Math.max(0, i - 1), Math.max(0, i - 1));
  if (token.kind === "directive") return make(tokens, "directive", i, i);
  if (token.text === "{") return block(tokens, i);
  if (token.text === ";") return make(tokens, "empty", i, i);
  if (token.kind !== "ident") return simple(tokens, "expr", i, limit);
  switch (token.text) {
    case "if":
      return conditional(tokens, i, limit);
    case "do": {
      const inner = statement(tokens, i + 1, limit);
      return make(tokens, "do", i, endOfSimple(tokens, inner.b + 1, limit), { body: inner, name: "do" });
    }
    case "return":
    case "break":
    case "continue":
      return simple(tokens, token.text, i, limit);
    case "goto":
      return make(tokens, "goto", i, endOfSimple(tokens, i, limit), { name: after?.text ?? "" });
    case "case":
    case "default": {
      let end = i;
      while (end < limit && tokens[end]?.text !== ":") end++;
      return make(tokens, "case", i, end);
    }
  }
  if (after?.text === ":" && token.text !== "default") return make(tokens, "label", i, i + 1, { name: token.text });
  if (after?.text === "(" && !TYPE_WORDS.has(token.text)) {
    const close = closing(tokens, i + 1);
    const follows = tokens[close + 1];
    if (
      CONTROL.has(token.text) ||
      ((follows?.kind === "ident" || follows?.text === "{") && !ATTRIBUTES.test(token.text))
    ) {
      const inner = statement(tokens, close + 1, limit);
      const kind = token.text === "switch" ? "switch" : /guard/.test(token.text) ? "scoped" : "loop";
      return make(tokens, kind, i, inner.b, { head: [i + 2, close - 1], body: inner, name: token.text });
    }
  }
  return simple(tokens, startsDeclaration(tokens, i) ? "decl" : "expr", i, limit);
}

function conditional(tokens: readonly Token[], i: number, limit: number): Stmt {
  const close = closing(tokens, i + 1);
  const arm = statement(tokens, close + 1, limit);
  const head = [i + 2, close - 1] as const;
  if (tokens[arm.b + 1]?.text !== "else") return make(tokens, "if", i, arm.b, { head, body: arm });
  const other = statement(tokens, arm.b + 2, limit);
  return make(tokens, "if", i, other.b, { head, body: arm, else: other });
}

function simple(tokens: readonly Token[], kind: StmtKind, i: number, limit: number): Stmt {
  return make(tokens, kind, i, endOfSimple(tokens, i, limit));
}

function endOfSimple(tokens: readonly Token[], from: number, limit: number): number {
  let i = from;
  while (i < limit && tokens[i]?.text !== ";") {
    const text = tokens[i]?.text ?? "";
    i = text === "(" || text === "[" || text === "{" ? closing(tokens, i) + 1 : i + 1;
  }
  return Math.min(i, limit - 1);
}

/** Whether a declaration starts at token `i`. */
export function startsDeclaration(tokens: readonly Token[], i: number): boolean {
  const token = tokens[i];
  if (token?.kind !== "ident") return false;
  const after = tokens[i + 1];
  if (TYPE_WORDS.has(token.text)) return true;
  if (DECLARING_MACROS.test(token.text) && after?.text === "(") return true;
  if (after?.kind === "ident") return true;
  if (after?.text !== "*") return false;
  let k = i + 1;
  while (tokens[k]?.text === "*" || tokens[k]?.text === "const") k++;
  return tokens[k]?.kind === "ident" && /^[=;,[]$/.test(tokens[k + 1]?.text ?? "");
}

/** Every statement below `stmt`, itself first, in the order of the text. */
export function* walk(stmt: Stmt): Generator<Stmt> {
  yield stmt;
  for (const child of children(stmt)) yield* walk(child);
}

export function children(stmt: Stmt): readonly Stmt[] {
  if (stmt.stmts) return stmt.stmts;
  return [stmt.body, stmt.else].filter((s) => s !== undefined);
}

/** A call by name: token indices of the callee and its parentheses. */
export interface Call {
  readonly name: string;
  readonly at: number;
  readonly open: number;
  readonly close: number;
  readonly args: readonly (readonly [number, number])[];
}

/** Calls by name between two token indices, outermost first; keywords and member calls are left out. */
export function calls(tokens: readonly Token[], from: number, to: number): Call[] {
  const found: Call[] = [];
  for (let i = from; i < to; i++) {
    const token = tokens[i];
    if (token?.kind !== "ident" || tokens[i + 1]?.text !== "(") continue;
    if (/^(if|while|for|switch|return|sizeof)$/.test(token.text) || isMember(tokens, i)) continue;
    const close = closing(tokens, i + 1);
    found.push({ name: token.text, at: i, open: i + 1, close, args: argumentRanges(tokens, i + 1, close) });
  }
  return found;
}

export function isMember(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1]?.text;
  return before === "." || before === "->";
}

/** The text between two token indices, as written. */
export function slice(source: Source, a: number, b: number): string {
  return source.text.slice(source.tokens[a]?.start ?? 0, source.tokens[b]?.end ?? 0);
}

/** The function of that name; throws where there is not exactly one, for the harness must not mutate the wrong place. */
export function functionNamed(source: Source, name: string): Fn {
  const all = source.functions.filter((f) => f.name === name);
  const [fn] = all;
  if (!fn || all.length !== 1) throw new Error(`${all.length} functions named ${name}`);
  return fn;
}
