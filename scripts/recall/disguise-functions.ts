// Disguises of structure: steps of a revoker pulled out into a helper, and small static functions written out where they are called.
import type { Files } from "./checker.ts";
import { ownFiles, type Context, type Disguise, type Disguised } from "./disguise.ts";
import { REFCOUNT } from "./disguise-counters.ts";
import { applyEdits, indentAt, type Edit } from "./edit.ts";
import { body, calls, isMember, read, slice, walk, type Fn, type Source, type Stmt } from "./source.ts";
import { argumentRanges, type Token } from "./tokens.ts";
import { accesses, fixedLocals, locals, typesOf, type Declared } from "./types.ts";

const STEPS = [
  "dma_buf_invalidate_mappings",
  "dma_buf_move_notify",
  "dma_resv_wait_timeout",
  "dma_resv_lock",
  "wait_for_completion",
];
const ANCHORS = ["dma_resv_wait_timeout", "dma_buf_invalidate_mappings", "dma_buf_move_notify"];
const LOOSE = new Set(["return", "goto", "label", "case", "break", "continue", "decl", "directive"]);

/** Statements that can be pulled out: nothing in them leaves, and nothing is declared at their top. */
function isWhole(stmt: Stmt): boolean {
  if (stmt.opaque || LOOSE.has(stmt.kind)) return false;
  return [...walk(stmt)].every(
    (s) => s === stmt || !/^(return|goto|label|case|directive|break|continue)$/.test(s.kind),
  );
}

/** The longest run of whole statements around the anchor, in the block right above it. */
function runAround(source: Source, root: Stmt): readonly Stmt[] | undefined {
  for (const name of ANCHORS) {
    for (const block of [...walk(root)].reverse()) {
      const stmts = block.stmts;
      const anchor =
        stmts?.findIndex((s) => s.kind === "expr" && calls(source.tokens, s.a, s.b).some((c) => c.name === name)) ?? -1;
      if (!stmts || anchor < 0) continue;
      let [from, to] = [anchor, anchor];
      while (from > 0 && isWhole(stmts[from - 1] ?? root)) from--;
      while (to < stmts.length - 1 && isWhole(stmts[to + 1] ?? root)) to++;
      const run = stmts.slice(from, to + 1);
      if (run.length >= 2 && run.every(isWhole)) return run;
    }
  }
  return undefined;
}

const CHANGES = /^(=|[-+*/%&|^]=|<<=|>>=|\+\+|--)$/;

function extractFrom(source: Source, fn: Fn): { readonly edits: readonly Edit[]; readonly helper: string } | undefined {
  const root = body(source, fn);
  const called = new Set(calls(source.tokens, fn.bodyOpen, fn.bodyClose).map((c) => c.name));
  if (STEPS.filter((s) => called.has(s)).length < 2) return undefined;
  const run = runAround(source, root);
  const [first, last] = [run?.[0], run?.at(-1)];
  if (!run || !first || !last) return undefined;
  const { tokens, text } = source;
  const known = new Map(locals(source, fn).map((d) => [d.name, d]));
  const bare = new Set(
    accesses(source, fn, typesOf([source]))
      .filter((a) => a.from === a.at)
      .map((a) => a.at),
  );
  const used = new Map<string, { readonly declared: Declared; readonly at: number[]; changed: boolean }>();
  for (let i = first.a; i <= last.b; i++) {
    const token = tokens[i];
    const declared =
      token?.kind === "ident" && !isMember(tokens, i) && !bare.has(i) ? known.get(token.text) : undefined;
    if (!declared) continue;
    if (declared.odd || (declared.tag !== undefined && declared.pointers === 0)) return undefined;
    const use = used.get(declared.name) ?? { declared, at: [], changed: false };
    use.at.push(i);
    const before = tokens[i - 1]?.text ?? "";
    const isAddress =
      before === "&" && /^[(,=]$/.test(tokens[i - 2]?.text ?? "") && !/^(->|\.)$/.test(tokens[i + 1]?.text ?? "");
    if (CHANGES.test(tokens[i + 1]?.text ?? "") || /^(\+\+|--)$/.test(before) || isAddress) use.changed = true;
    used.set(declared.name, use);
  }
  const helper = `${fn.name}_part`;
  const uses = [...used.values()];
  const inner: Edit[] = uses
    .filter((u) => u.changed)
    .flatMap((u) =>
      u.at.map((i) => ({
        start: (tokens[i]?.start ?? 0) - first.start,
        end: (tokens[i]?.end ?? 0) - first.start,
        text: `(*${u.declared.name})`,
      })),
    );
  const moved = applyEdits(text.slice(first.start, last.end), inner);
  const params = uses
    .map(({ declared: d, changed }) => `${d.type} ${"*".repeat(d.pointers + (changed ? 1 : 0))}${d.name}`)
    .join(", ");
  const args = uses.map(({ declared: d, changed }) => `${changed ? "&" : ""}${d.name}`).join(", ");
  return {
    helper,
    edits: [
      { start: fn.start, end: fn.start, text: `static void ${helper}(${params || "void"})\n{\n\t${moved}\n}\n\n` },
      { start: first.start, end: last.end, text: `${helper}(${args});` },
    ],
  };
}

function extract(files: Files, context: Context): Disguised {
  const next: Record<string, string> = { ...files };
  const functions: Record<string, readonly string[]> = {};
  let changes = 0;
  for (const [path, text] of ownFiles(files, context)) {
    if (!path.endsWith(".c")) continue;
    const source = read(text);
    const edits: Edit[] = [];
    for (const fn of source.functions) {
      const found = fn.conditional ? undefined : extractFrom(source, fn);
      if (!found) continue;
      edits.push(...found.edits);
      functions[found.helper] = [fn.name];
      changes++;
    }
    next[path] = applyEdits(text, edits);
  }
  return { files: next, changes, functions, moved: {}, skipped: [] };
}

// --- small functions written out

const LARGEST = 10;

interface Small {
  readonly source: Source;
  readonly fn: Fn;
  readonly path: string;
  readonly params: readonly { readonly declared: Declared; readonly range: readonly [number, number] }[];
}

/** A static function without a result that can be written out: short, with one end and no labels. */
function smallFunction(path: string, source: Source, fn: Fn): Small | undefined {
  const { tokens } = source;
  const before = tokens.slice(fn.first, fn.nameAt).map((t) => t.text);
  if (!fn.static || fn.conditional || fn.name.includes("(") || before.at(-1) !== "void") return undefined;
  const stmts = [...walk(body(source, fn))];
  const bad = stmts.some((s) => /^(return|goto|label|directive)$/.test(s.kind) || (s.opaque && s.kind !== "block"));
  if (bad || stmts.length < 2 || stmts.length > LARGEST + 1) return undefined;
  if (calls(tokens, fn.bodyOpen, fn.bodyClose).some((c) => c.name === fn.name || /guard/.test(c.name)))
    return undefined;
  const names = locals(source, fn);
  const fixed = fixedLocals(source, fn);
  if (names.some((d) => fixed.has(d.name))) return undefined;
  const ranges = argumentRanges(tokens, fn.open, fn.close);
  const params = ranges.flatMap((range) => {
    const declared = names.find((d) => d.at >= range[0] && d.at <= range[1]);
    return declared ? [{ declared, range }] : [];
  });
  const isVoid = ranges.length === 1 && slice(source, fn.open + 1, fn.close - 1) === "void";
  if ((!isVoid && params.length !== ranges.length) || names.some((d) => d.odd)) return undefined;
  return { source, fn, path, params };
}

/** The function's body as a block, with its names made different from the caller's. */
function writtenOut(small: Small, args: readonly string[], indent: string, n: number): string {
  const { source, fn } = small;
  const { tokens, text } = source;
  const names = new Set(locals(source, fn).map((d) => d.name));
  const bare = new Set(
    accesses(source, fn, typesOf([source]))
      .filter((a) => a.from === a.at)
      .map((a) => a.at),
  );
  const fresh = (token: Token): string => `${token.text}_in${n}`;
  const renamed = (from: number, to: number): string => {
    const base = tokens[from]?.start ?? 0;
    const edits: Edit[] = [];
    for (let i = from; i <= to; i++) {
      const token = tokens[i];
      if (token?.kind !== "ident" || !names.has(token.text) || isMember(tokens, i) || bare.has(i)) continue;
      if (/^(struct|union|enum)$/.test(tokens[i - 1]?.text ?? "")) continue;
      if (i > fn.close && tokens[i + 1]?.text === "(") continue;
      edits.push({ start: token.start - base, end: token.end - base, text: fresh(token) });
    }
    return applyEdits(text.slice(base, tokens[to]?.end ?? base), edits);
  };
  const declarations = small.params.map((p, i) => `${indent}\t${renamed(p.range[0], p.range[1])} = ${args[i] ?? "0"};`);
  const inside = renamed(fn.bodyOpen, fn.bodyClose).slice(1, -1).trim();
  return ["{", ...declarations, `${indent}\t${inside}`, `${indent}}`].join("\n");
}

function inline(original: Files, context: Context): Disguised {
  const converted = REFCOUNT.apply(original, context);
  const files = converted.files;
  const sources = ownFiles(files, context).map(([path, text]) => [path, read(text)] as const);
  const small = sources.flatMap(([path, s]) => s.functions.flatMap((fn) => smallFunction(path, s, fn) ?? []));
  const next: Record<string, string> = { ...files };
  const functions: Record<string, readonly string[]> = {};
  let changes = 0;
  for (const [path, source] of sources) {
    const edits: Edit[] = [];
    for (const fn of source.functions) {
      for (const stmt of walk(body(source, fn))) {
        if (stmt.kind !== "expr") continue;
        const [call] = calls(source.tokens, stmt.a, stmt.b);
        const callee =
          call && call.at === stmt.a && call.close === stmt.b - 1 ? findSmall(small, call.name, path) : undefined;
        if (!callee || !call || callee.fn === fn) continue;
        const args = call.args.map(([a, b]) => slice(source, a, b));
        const indent = indentAt(source.text, stmt.start);
        edits.push({ start: stmt.start, end: stmt.end, text: writtenOut(callee, args, indent, ++changes) });
        functions[fn.name] = [...(functions[fn.name] ?? [fn.name]), callee.fn.name];
      }
    }
    next[path] = applyEdits(source.text, edits);
  }
  for (const s of small) if (s.path.endsWith(".c")) next[s.path] = withoutUnused(next[s.path] ?? "", s.fn.name);
  return { files: next, changes, functions, moved: {}, skipped: converted.skipped };
}

function findSmall(small: readonly Small[], name: string, path: string): Small | undefined {
  return small.find((s) => s.fn.name === name && (s.path === path || (s.path.endsWith(".h") && s.fn.inline)));
}

/** The text without a function that nothing else in the file names. */
function withoutUnused(text: string, name: string): string {
  const source = read(text);
  const fn = source.functions.find((f) => f.name === name);
  const mentioned = source.tokens.filter(
    (t) => t.text === name || (t.kind === "directive" && t.text.includes(name)),
  ).length;
  return fn && mentioned === 1 ? applyEdits(text, [{ start: fn.start, end: fn.end, text: "" }]) : text;
}

export const EXTRACT: Disguise = {
  id: "extract",
  title: "steps of each revoker pulled out into a helper",
  apply: extract,
};
export const INLINE: Disguise = {
  id: "inline",
  title: "small static functions written out where they are called (release callbacks too, over refcount_t)",
  apply: inline,
};
