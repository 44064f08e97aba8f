// Mutation operators: find one statement of one function by its structure, then drop, move or change it. An anchor that is not found
// exactly once throws, so that a mutant never silently leaves the text as it was.
import type { Files } from "./checker.ts";
import { applyEdits, insertAfter, insertBefore, parentOf, removal, type Edit } from "./edit.ts";
import {
  body,
  calls,
  functionNamed,
  isMember,
  read,
  walk,
  type Call,
  type Fn,
  type Source,
  type Stmt,
} from "./source.ts";

/** One function of one file, ready to be searched. */
export interface Scope {
  readonly file: string;
  readonly source: Source;
  readonly fn: Fn;
  readonly root: Stmt;
}

export type Test = (stmt: Stmt, scope: Scope) => boolean;
export type Change = (scope: Scope) => readonly Edit[];
export type Mutation = (files: Files) => Files;

/** Changes one function of one file. */
export function inFunction(file: string, name: string, ...changes: readonly Change[]): Mutation {
  return (files) => {
    const text = files[file];
    if (text === undefined) throw new Error(`no file ${file}`);
    const source = read(text);
    const fn = functionNamed(source, name);
    const scope = { file, source, fn, root: body(source, fn) };
    const changed = applyEdits(
      text,
      changes.flatMap((change) => change(scope)),
    );
    if (changed === text) throw new Error(`nothing changed in ${name}`);
    return { ...files, [file]: changed };
  };
}

/** One mutation after the other. */
export function both(...mutations: readonly Mutation[]): Mutation {
  return (files) => mutations.reduce((now, mutation) => mutation(now), files);
}

// --- finding statements

/** The innermost statements that pass; a statement counts only where none below it passes. */
export function all(scope: Scope, test: Test): Stmt[] {
  const passing = [...walk(scope.root)].filter((s) => s !== scope.root && test(s, scope));
  return passing.filter((s) => !passing.some((p) => p !== s && s.a <= p.a && p.b <= s.b));
}

/** The single innermost statement that passes, or the `nth` of exactly `of`. Throws where the count differs. */
export function one(scope: Scope, test: Test, what: string, nth = 0, of = 1): Stmt {
  const found = all(scope, test);
  const stmt = found[nth];
  if (!stmt || found.length !== of) throw new Error(`${what}: ${found.length} in ${scope.fn.name}, expected ${of}`);
  return stmt;
}

export function callsIn(scope: Scope, stmt: Stmt, name: string): Call[] {
  return calls(scope.source.tokens, stmt.a, stmt.b).filter((c) => c.name === name);
}

/** A statement (never an if or a loop) that calls `name`. */
export function calling(name: string): Test {
  return (stmt, scope) => isSimple(stmt) && callsIn(scope, stmt, name).length > 0;
}

/** `... field = value;` where `value` is the text of the right side, if given. */
export function assigning(field: string, value?: string): Test {
  return (stmt, { source: { tokens } }) => {
    if (stmt.kind !== "expr") return false;
    for (let i = stmt.a; i < stmt.b; i++) {
      if (tokens[i]?.text !== field || tokens[i + 1]?.text !== "=") continue;
      const right = tokens
        .slice(i + 2, stmt.b)
        .map((t) => t.text)
        .join(" ");
      return value === undefined || right === value;
    }
    return false;
  };
}

/** An `if` whose condition mentions all of the identifiers or calls given. */
export function testing(...words: readonly string[]): Test {
  return (stmt, { source }) => {
    if (stmt.kind !== "if" || !stmt.head) return false;
    const inside = source.tokens.slice(stmt.head[0], stmt.head[1] + 1).map((t) => t.text);
    return words.every((w) => inside.includes(w));
  };
}

/** An `if` whose whole condition is the text given, tokens joined by blanks. */
export function condition(text: string): Test {
  return (stmt, { source }) =>
    stmt.kind === "if" &&
    stmt.head !== undefined &&
    source.tokens
      .slice(stmt.head[0], stmt.head[1] + 1)
      .map((t) => t.text)
      .join(" ") === text;
}

export function ofKind(kind: Stmt["kind"]): Test {
  return (stmt) => stmt.kind === kind;
}

/** A declaration of that name. */
export function declaring(name: string): Test {
  return (stmt, { source: { tokens } }) =>
    stmt.kind === "decl" &&
    tokens.slice(stmt.a, stmt.b).some((t, i) => t.text === name && !isMember(tokens, stmt.a + i));
}

/** A simple statement that mentions the word anywhere, members included. */
export function mentioning(word: string): Test {
  return (stmt, { source: { tokens } }) => isSimple(stmt) && tokens.slice(stmt.a, stmt.b).some((t) => t.text === word);
}

/** Passes where `outer` encloses the statement. */
export function within(outer: Test, inner: Test): Test {
  return (stmt, scope) =>
    inner(stmt, scope) &&
    [...walk(scope.root)].some(
      (o) => o !== stmt && o.a <= stmt.a && stmt.b <= o.b && o !== scope.root && outer(o, scope),
    );
}

function isSimple(stmt: Stmt): boolean {
  return stmt.kind === "expr" || stmt.kind === "decl" || stmt.kind === "return";
}

// --- changing them

export interface Pick {
  readonly test: Test;
  readonly what: string;
  readonly nth?: number;
  readonly of?: number;
}

/** Names a statement to pick; `nth` of exactly `of` where there is more than one. */
export function pick(what: string, test: Test, nth = 0, of = 1): Pick {
  return { test, what, nth, of };
}

function find(scope: Scope, { test, what, nth, of }: Pick): Stmt {
  return one(scope, test, what, nth, of);
}

/** Takes the statement out. */
export function drop(target: Pick): Change {
  return (scope) => {
    const stmt = find(scope, target);
    return [removal(scope.source.text, stmt, parentOf(scope.root, stmt))];
  };
}

/** Takes the statement out and puts it back after another one. */
export function moveAfter(target: Pick, anchor: Pick): Change {
  return (scope) => {
    const stmt = find(scope, target);
    const text = scope.source.text.slice(stmt.start, stmt.end);
    return [
      removal(scope.source.text, stmt, parentOf(scope.root, stmt)),
      insertAfter(scope.source.text, find(scope, anchor), [text]),
    ];
  };
}

/** Puts lines of C after the statement. */
export function addAfter(anchor: Pick, ...lines: readonly string[]): Change {
  return (scope) => [insertAfter(scope.source.text, find(scope, anchor), lines)];
}

export function addBefore(anchor: Pick, ...lines: readonly string[]): Change {
  return (scope) => [insertBefore(scope.source.text, find(scope, anchor), lines)];
}

/** Takes the statements out and puts them, in the order given, before another one; `wrap` may put lines around them. */
export function moveAllBefore(
  targets: readonly Pick[],
  anchor: Pick,
  wrap: (lines: readonly string[]) => readonly string[] = (lines) => lines,
): Change {
  return (scope) => {
    const stmts = targets.map((target) => find(scope, target));
    const lines = stmts.map((stmt) => scope.source.text.slice(stmt.start, stmt.end));
    return [
      ...stmts.map((stmt) => removal(scope.source.text, stmt, parentOf(scope.root, stmt))),
      insertBefore(scope.source.text, find(scope, anchor), wrap(lines)),
    ];
  };
}

/** Replaces the statement by lines of C. */
export function replace(target: Pick, ...lines: readonly string[]): Change {
  return (scope) => {
    const stmt = find(scope, target);
    const [first, ...rest] = lines;
    const added = insertAfter(scope.source.text, stmt, rest).text;
    return [{ start: stmt.start, end: stmt.end, text: (first ?? "") + added }];
  };
}

/** Replaces argument `index` of the call to `name` in the statement. */
export function changeArgument(target: Pick, name: string, index: number, value: string): Change {
  return (scope) => {
    const [call] = callsIn(scope, find(scope, target), name);
    const range = call?.args[index];
    const first = range && scope.source.tokens[range[0]];
    const last = range && scope.source.tokens[range[1]];
    if (!first || !last) throw new Error(`${target.what}: no argument ${index} of ${name}`);
    return [{ start: first.start, end: last.end, text: value }];
  };
}

/** Replaces the condition of an `if`. */
export function changeCondition(target: Pick, rewrite: (condition: string) => string): Change {
  return (scope) => {
    const { head } = find(scope, target);
    const first = head && scope.source.tokens[head[0]];
    const last = head && scope.source.tokens[head[1]];
    if (!first || !last) throw new Error(`${target.what}: not an if`);
    return [{ start: first.start, end: last.end, text: rewrite(scope.source.text.slice(first.start, last.end)) }];
  };
}

/** Replaces a `scoped_guard(...) stmt` or a loop by its body. */
export function unwrap(target: Pick): Change {
  return (scope) => {
    const stmt = find(scope, target);
    if (!stmt.body) throw new Error(`${target.what}: no body`);
    return [{ start: stmt.start, end: stmt.body.start, text: "" }];
  };
}

/** Replaces one identifier in the statement by another text, wherever it is not a member. */
export function changeWord(target: Pick, word: string, text: string): Change {
  return (scope) => {
    const stmt = find(scope, target);
    const { tokens } = scope.source;
    const edits: Edit[] = [];
    for (let i = stmt.a; i <= stmt.b; i++) {
      const token = tokens[i];
      if (token?.text === word && !isMember(tokens, i)) edits.push({ start: token.start, end: token.end, text });
    }
    if (edits.length === 0) throw new Error(`${target.what}: no ${word}`);
    return edits;
  };
}
