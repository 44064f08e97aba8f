// Disguises of control flow: conditions negated with their arms swapped, returns and nested ifs made gotos, and gotos made returns.
import { eachFile, type Disguise, type FileChange } from "./disguise.ts";
import { applyEdits, indentAt, rebuild, wholeLines, type Edit } from "./edit.ts";
import { body, read, slice, walk, type Fn, type Source, type Stmt } from "./source.ts";
import { closing, tokenize, type Token } from "./tokens.ts";

/** The text of a condition's opposite. */
export function negated(condition: string): string {
  const tokens = tokenize(condition);
  const top = topLevel(tokens);
  const first = tokens[0];
  const isUnary = (i: number): boolean =>
    i === 0 || (top[i - 1]?.kind === "punct" && !/^[()[\]]$/.test(top[i - 1]?.text ?? ""));
  const binary = top.filter(
    (t, i) => !isUnary(i) && /^(&&|\|\||==|!=|<|>|<=|>=|[-+*/%&|^?:,]|=|<<|>>|[-+*/%&|^]=)$/.test(t.text),
  );
  const [only] = binary;
  if (first?.text === "!" && binary.length === 0) {
    const inner = condition.slice(first.end).trim();
    const [open] = tokens.slice(1);
    return open?.text === "(" && closing(tokens, 1) === tokens.length - 1 ? inner.slice(1, -1).trim() : inner;
  }
  if (only && binary.length === 1 && /^[=!]=$/.test(only.text)) {
    return `${condition.slice(0, only.start)}${only.text === "==" ? "!=" : "=="}${condition.slice(only.end)}`;
  }
  const isPlace = binary.length === 0 && first?.kind === "ident";
  return isPlace ? `!${condition}` : `!(${condition})`;
}

function topLevel(tokens: readonly Token[]): Token[] {
  const found: Token[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token) break;
    found.push(token);
    if (/^[([{]$/.test(token.text)) i = closing(tokens, i);
  }
  return found;
}

export function headText(source: Source, stmt: Stmt): string {
  return stmt.head ? slice(source, stmt.head[0], stmt.head[1]) : "";
}

function braced(text: string, indent: string): string {
  return text.startsWith("{") ? text : `{\n${indent}\t${text}\n${indent}}`;
}

const negate: FileChange = (text) => {
  const source = read(text);
  let changes = 0;
  const edits: Edit[] = source.functions.map((fn) => {
    const root = body(source, fn);
    const rebuilt = rebuild(text, root, (stmt, [arm, other]) => {
      if (stmt.kind !== "if" || stmt.opaque || arm === undefined) return undefined;
      changes++;
      const indent = indentAt(text, stmt.start);
      const first = other === undefined ? `{\n${indent}}` : braced(other, indent);
      return `if (${negated(headText(source, stmt))}) ${first} else ${arm}`;
    });
    return { start: root.start, end: root.end, text: rebuilt };
  });
  return [applyEdits(text, edits), changes];
};

// --- returns and nested ifs made gotos

const CLEANUP = /^(guard|scoped_guard|CLASS|__free|__cleanup|no_free_ptr)$/;

function hasCleanup(source: Source, fn: Fn): boolean {
  return source.tokens.slice(fn.bodyOpen, fn.bodyClose).some((t) => CLEANUP.test(t.text));
}

const NOT_TYPE =
  /^(static|inline|extern|__always_inline|__init|__exit|__must_check|__maybe_unused|__malloc|noinline|__cold|__net_init|__net_exit)$/;

/** What a function returns, as written; undefined where that cannot be declared as a variable. */
export function returnType(source: Source, fn: Fn): string | undefined {
  const words = source.tokens
    .slice(fn.first, fn.nameAt)
    .map((t) => t.text)
    .filter((w) => !NOT_TYPE.test(w));
  if (words.length === 0 || words.some((w) => !/^[\w*]+$/.test(w) || w === "const")) return undefined;
  return words.join(" ");
}

/** `type name;` for a type that may end in stars. */
export function declare(type: string, name: string): string {
  return type.endsWith("*") ? `${type}${name}` : `${type} ${name}`;
}

function freshName(source: Source, fn: Fn, stem: string): string {
  const words = new Set(source.tokens.slice(fn.first, fn.bodyClose).map((t) => t.text));
  for (let n = 1; ; n++) if (!words.has(`${stem}${n}`)) return `${stem}${n}`;
}

const JUMPS = new Set(["return", "goto", "break", "continue"]);

const gotos: FileChange = (text) => {
  const source = read(text);
  let changes = 0;
  const edits: Edit[] = [];
  for (const fn of source.functions) {
    const root = body(source, fn);
    const type = returnType(source, fn);
    const last = root.stmts?.at(-1);
    const returns = [...walk(root)].filter((s) => s.kind === "return");
    const early =
      returns.some((r) => r !== last) &&
      !hasCleanup(source, fn) &&
      type !== undefined &&
      !root.stmts?.some((s) => s.opaque);
    const ends = type === "void" || last?.kind === "return";
    const useOut = early && ends;
    const [out, value] = [freshName(source, fn, "out_"), freshName(source, fn, "rv_")];
    const stem = freshName(source, fn, "skip_");
    let skips = 0;
    const rewritten = rebuild(text, root, (stmt, parts) => {
      const indent = indentAt(text, stmt.start);
      if (stmt.kind === "return" && useOut) {
        changes++;
        const expression = stmt.b > stmt.a + 1 ? slice(source, stmt.a + 1, stmt.b - 1) : "";
        if (expression === "") return stmt === last ? ";" : `goto ${out};`;
        const set = type === "void" ? `${expression};` : `${value} = ${expression};`;
        return stmt === last ? set : `{\n${indent}\t${set}\n${indent}\tgoto ${out};\n${indent}}`;
      }
      const [arm] = parts;
      if (stmt.kind !== "if" || stmt.else || stmt.opaque || arm === undefined || stmt.body?.kind !== "block")
        return undefined;
      if (JUMPS.has(stmt.body.stmts?.at(-1)?.kind ?? "")) return undefined;
      changes++;
      const label = `${stem}${String.fromCharCode(97 + (skips % 26))}${skips++ >= 26 ? skips : ""}`;
      return `{\n${indent}if (${negated(headText(source, stmt))})\n${indent}\tgoto ${label};\n${indent}${arm}\n${indent}${label}:;\n${indent}}`;
    });
    let full = rewritten;
    if (useOut) {
      const decl = type === "void" ? "" : `\n\t${declare(type ?? "int", value)};`;
      full = `{${decl}${rewritten.slice(1, -1).trimEnd()}\n${out}:\n\treturn${type === "void" ? "" : ` ${value}`};\n}`;
    }
    edits.push({ start: root.start, end: root.end, text: full });
  }
  return [applyEdits(text, edits), changes];
};

// --- gotos made returns

const LONGEST_TAIL = 8;

const ungotos: FileChange = (text) => {
  const source = read(text);
  let changes = 0;
  const edits: Edit[] = [];
  for (const fn of source.functions) {
    const root = body(source, fn);
    const stmts = root.stmts ?? [];
    const jumps = [...walk(root)].filter((s) => s.kind === "goto");
    for (const [i, label] of stmts.entries()) {
      if (label.kind !== "label") continue;
      const tail = stmts.slice(i + 1).filter((s) => s.kind !== "label");
      const to = jumps.filter((j) => j.name === label.name);
      const below = tail.flatMap((s) => [...walk(s)]);
      const unfit =
        to.length === 0 ||
        below.length > 2 * LONGEST_TAIL ||
        tail.length > LONGEST_TAIL ||
        below.some((s) => /^(goto|label|decl|directive)$/.test(s.kind) || s.opaque) ||
        to.some((j) => j.a > label.a);
      const ends = tail.at(-1)?.kind === "return";
      if (unfit || (!ends && returnType(source, fn) !== "void")) continue;
      const lines = tail.map((s) => text.slice(s.start, s.end));
      if (!ends) lines.push("return;");
      for (const jump of to) {
        const indent = indentAt(text, jump.start);
        edits.push({
          start: jump.start,
          end: jump.end,
          text: `{\n${lines.map((l) => `${indent}\t${l}`).join("\n")}\n${indent}}`,
        });
        changes++;
      }
      const [start, end] = wholeLines(text, label.start, label.end);
      edits.push({ start, end, text: "" });
    }
  }
  return [applyEdits(text, edits), changes];
};

export const NEGATE: Disguise = { id: "negate", title: "conditions negated, arms swapped", apply: eachFile(negate) };
export const GOTOS: Disguise = {
  id: "gotos",
  title: "early returns and nested ifs made gotos",
  apply: eachFile(gotos),
};
export const UNGOTOS: Disguise = {
  id: "ungotos",
  title: "gotos made copies of the unwinding that they jump to",
  apply: eachFile(ungotos),
};
