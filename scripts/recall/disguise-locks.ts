// Disguise: guard() and scoped_guard() exchanged with pairs of lock and unlock calls, both ways, for mutexes, rw semaphores and spinlocks.
import { eachFile, type Disguise, type FileChange } from "./disguise.ts";
import { returnType, declare } from "./disguise-flow.ts";
import { applyEdits, indentAt, parentOf, removal, type Edit } from "./edit.ts";
import { body, calls, read, slice, walk, type Fn, type Source, type Stmt } from "./source.ts";

const CLASSES: readonly (readonly [guard: string, lock: string, unlock: string])[] = [
  ["mutex", "mutex_lock", "mutex_unlock"],
  ["rwsem_write", "down_write", "up_write"],
  ["rwsem_read", "down_read", "up_read"],
  ["spinlock", "spin_lock", "spin_unlock"],
  ["spinlock_irq", "spin_lock_irq", "spin_unlock_irq"],
];

/** Keeps what was just written out of the reach of the opposite change, until the end. */
const MARK = "__exchanged";

interface LockCall {
  readonly guard: string;
  readonly what: "lock" | "unlock";
  readonly place: string;
}

/** A statement that is nothing but one lock or unlock call. */
function lockCall(source: Source, stmt: Stmt): LockCall | undefined {
  if (stmt.kind !== "expr") return undefined;
  const [call] = calls(source.tokens, stmt.a, stmt.b);
  const [arg] = call?.args ?? [];
  if (call?.at !== stmt.a || call.close !== stmt.b - 1 || call.args.length !== 1 || !arg) return undefined;
  for (const [guard, lock, unlock] of CLASSES) {
    const what = call.name === lock ? "lock" : call.name === unlock ? "unlock" : undefined;
    if (what) return { guard, what, place: slice(source, arg[0], arg[1]) };
  }
  return undefined;
}

/** Whether control can leave the statements other than at their end. */
function leaves(stmts: readonly Stmt[]): boolean {
  const jumps = (stmt: Stmt, inLoop: boolean): boolean => {
    if (/^(return|goto|label|case|directive)$/.test(stmt.kind) || stmt.opaque) return true;
    if (/^(break|continue)$/.test(stmt.kind)) return !inLoop;
    const loop = inLoop || stmt.kind === "loop" || stmt.kind === "do";
    return [...(stmt.stmts ?? []), ...(stmt.body ? [stmt.body] : []), ...(stmt.else ? [stmt.else] : [])].some((s) =>
      jumps(s, loop),
    );
  };
  return stmts.some((s) => jumps(s, false));
}

const isConstant = /^(-?\w+|ERR_PTR\(-?\w+\)|NULL)$/;

/** One lock...unlock pair of a block made a guard; undefined where none fits. */
function pairToGuard(source: Source, root: Stmt, block: Stmt): Edit[] | undefined {
  const stmts = block.stmts ?? [];
  for (const [i, stmt] of stmts.entries()) {
    const lock = lockCall(source, stmt);
    if (lock?.what !== "lock") continue;
    const j = stmts.findIndex((s, k) => {
      const found = k > i ? lockCall(source, s) : undefined;
      return found?.what === "unlock" && found.guard === lock.guard && found.place === lock.place;
    });
    const between = stmts.slice(i + 1, j);
    const unlock = stmts[j];
    if (!unlock || leaves(between) || between.some((s) => s.kind === "decl")) continue;
    const below = between.flatMap((s) => [...walk(s)]).flatMap((s) => lockCall(source, s) ?? []);
    if (below.some((b) => b.place === lock.place)) continue;
    const after = stmts.slice(j + 1);
    const [end] = after;
    const value = end?.kind === "return" ? slice(source, end.a + 1, end.b - 1) : "";
    const isTail =
      block === root &&
      (after.length === 0 ||
        (after.length === 1 && end?.kind === "return" && (end.b === end.a + 1 || isConstant.test(value))));
    const { text } = source;
    if (isTail) {
      return [
        { start: stmt.start, end: stmt.end, text: `guard(${lock.guard}${MARK})(${lock.place});` },
        removal(text, unlock, block),
      ];
    }
    return [
      { start: stmt.start, end: stmt.end, text: `scoped_guard(${lock.guard}${MARK}, ${lock.place}) {` },
      { start: unlock.start, end: unlock.end, text: "}" },
    ];
  }
  return undefined;
}

function guardClass(name: string): (typeof CLASSES)[number] | undefined {
  return CLASSES.find(([guard]) => guard === name);
}

/** A scoped_guard() made a pair of calls. */
function scopedToPair(source: Source, root: Stmt, stmt: Stmt): Edit[] | undefined {
  const { tokens, text } = source;
  const [call] = calls(tokens, stmt.a, stmt.b);
  const [name, place] = call?.args ?? [];
  const inner = stmt.body;
  if (stmt.name !== "scoped_guard" || !name || !place || !inner || call?.args.length !== 2 || leaves([inner]))
    return undefined;
  const found = guardClass(slice(source, name[0], name[1]));
  if (!found) return undefined;
  const [, lock, unlock] = found;
  const at = slice(source, place[0], place[1]);
  const indent = indentAt(text, stmt.start);
  const inBlock = parentOf(root, stmt)?.kind === "block";
  const [open, close] = inBlock ? ["", ""] : ["{\n", `\n${indent}}`];
  return [
    { start: stmt.start, end: inner.start, text: `${open}${lock}${MARK}(${at});\n${indent}` },
    { start: inner.end, end: inner.end, text: `\n${indent}${unlock}${MARK}(${at});${close}` },
  ];
}

/** A guard() at the top of a function made a lock, with an unlock before every return after it. */
function guardToPair(source: Source, fn: Fn, root: Stmt, stmt: Stmt): Edit[] | undefined {
  const written = /^guard\s*\(\s*(\w+)\s*\)\s*\(([\s\S]*)\)\s*;$/.exec(source.text.slice(stmt.start, stmt.end));
  const found = written && guardClass(written[1] ?? "");
  const stmts = root.stmts ?? [];
  const at = stmts.indexOf(stmt);
  const type = returnType(source, fn);
  if (!found || at < 0 || type === undefined) return undefined;
  const [, lock, unlock] = found;
  const place = (written[2] ?? "").trim();
  const after = stmts.slice(at + 1).flatMap((s) => [...walk(s)]);
  if (
    after.some(
      (s) =>
        /^(goto|label|directive)$/.test(s.kind) ||
        s.opaque ||
        (s.kind === "decl" && /^guard|__free/.test(source.text.slice(s.start, s.end))),
    )
  ) {
    return undefined;
  }
  const release = `${unlock}${MARK}(${place});`;
  const edits: Edit[] = [{ start: stmt.start, end: stmt.end, text: `${lock}${MARK}(${place});` }];
  for (const s of after) {
    if (s.kind !== "return") continue;
    const value = s.b > s.a + 1 ? slice(source, s.a + 1, s.b - 1) : "";
    const indent = indentAt(source.text, s.start);
    const simple = value === "" || isConstant.test(value);
    const lines = simple
      ? [release, source.text.slice(s.start, s.end)]
      : [`${declare(type, "held_rv")} = ${value};`, "", release, "return held_rv;"];
    edits.push({ start: s.start, end: s.end, text: ["{", ...lines.map((l) => `\t${l}`), "}"].join(`\n${indent}`) });
  }
  if (type === "void" && stmts.at(-1)?.kind !== "return") {
    edits.push({ start: root.end - 1, end: root.end - 1, text: `\t${release}\n` });
  }
  return edits;
}

const exchange: FileChange = (original) => {
  let text = original;
  let changes = 0;
  for (let at = 0; ;) {
    const source = read(text);
    const fn = source.functions[at];
    if (!fn) break;
    const edits = firstChange(source, fn);
    if (!edits) at++;
    else {
      text = applyEdits(text, edits);
      changes++;
    }
  }
  return [text.replaceAll(MARK, ""), changes];
};

function firstChange(source: Source, fn: Fn): Edit[] | undefined {
  const root = body(source, fn);
  for (const stmt of walk(root)) {
    const edits =
      stmt.kind === "scoped"
        ? scopedToPair(source, root, stmt)
        : stmt.kind === "decl"
          ? guardToPair(source, fn, root, stmt)
          : stmt.kind === "block"
            ? pairToGuard(source, root, stmt)
            : undefined;
    if (edits) return edits;
  }
  return undefined;
}

export const GUARDS: Disguise = {
  id: "guards",
  title: "guard()/scoped_guard() and lock/unlock exchanged",
  apply: eachFile(exchange),
};
