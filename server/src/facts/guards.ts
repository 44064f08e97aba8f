// guard(), scoped_guard(), CLASS() and __free() as ordinary flow: the acquiring call, and the cleanup that leaving the scope runs.
import { assigns } from "./assigns.ts";
import { branch, freshTemp, gap, assign, openScope, resolve } from "./lowering.ts";
import { closeScope } from "./exits.ts";
import { declareLocal } from "./calls.ts";
import { effect, emitCall, stable, value } from "./expressions.ts";
import { enter, go, newBlock } from "./graph.ts";
import { fill } from "./template.ts";
import { name as nameValue, num, rootName, writtenName } from "./place.ts";
import type { CallExpr } from "./calls.ts";
import type { FreeClass, GuardClass } from "./cleanup.ts";
import type { Lowering } from "./lowering.ts";
import type { Expr, Range, Stmt, TypeRef } from "../syntax/ast.ts";
import type { Value } from "./facts.ts";

const UNKNOWN_TYPE: TypeRef = { kind: "unknown", name: "", pointers: 0, array: false, func: false };

/** Lowers `guard(class)(args)`, `CLASS(class, v)(args)` and `ACQUIRE(class, v)(args)`; false where the call is none of them. */
export function declareGuard(L: Lowering, e: CallExpr, head: CallExpr): boolean {
  if (head.callee.k !== "name" || resolve(L, head.callee.name).local) return false;
  const macro = head.callee.name;
  const cls = nameOf(head.args[0]);
  if (cls === undefined) return false;
  if (macro === "guard") {
    acquire(L, cls, e.args, e.range, undefined);
    return true;
  }
  const variable = nameOf(head.args[1]);
  if ((macro !== "CLASS" && macro !== "ACQUIRE") || variable === undefined) return false;
  declareClass(L, cls, variable, e.args, e.range);
  return true;
}

function nameOf(e: Expr | undefined): string | undefined {
  if (e?.k === "name") return e.name;
  return e?.k === "type" && e.type.pointers === 0 ? e.type.name : undefined;
}

/** `CLASS(class, variable)(args)`: a local that is made by one function and released by another. */
export function declareClass(L: Lowering, cls: string, variable: string, args: readonly Expr[], range: Range): void {
  const values = args.map((arg) => value(L, arg));
  const place = declareLocal(L, variable, UNKNOWN_TYPE, range);
  const guard = L.classes.guards.get(cls);
  const known = L.classes.variables.get(cls);
  const scope = L.scopes.at(-1);
  if (guard !== undefined) {
    const thing = values[0];
    const result = freshTemp(L);
    emitCall(L, nameValue(guard.acquire.callee), fill(guard.acquire, thing, undefined), result.id, range);
    assign(L, place, result, range);
    scope?.cleanups.push({ kind: "guard", guard, thing, result: place, tested: false, range });
  } else if (known !== undefined) {
    const result = freshTemp(L);
    emitCall(L, nameValue(known.acquire), values, result.id, range);
    assign(L, place, result, range);
    addFree(L, known.free, place, range);
  } else {
    const why = `unknown class ${cls}`;
    gap(L, why, range);
    assign(L, place, { k: "unknown", why }, range);
    scope?.cleanups.push({ kind: "gap", why, range });
  }
}

/** Registers the release of a variable at the end of the innermost scope. */
export function addFree(L: Lowering, free: FreeClass, variable: Value, range: Range): void {
  L.scopes.at(-1)?.cleanups.push({ kind: "free", free, variable, range });
}

/** `T *p __free(class)`: the release by the class's name; a class that nobody knows is a gap at each exit. */
export function addFreeByName(L: Lowering, cls: string, variable: Value, range: Range): void {
  const free = L.classes.frees.get(cls);
  if (free !== undefined) addFree(L, free, variable, range);
  else L.scopes.at(-1)?.cleanups.push({ kind: "gap", why: `unknown __free(${cls})`, range });
}

/**
 * Takes a guard in the innermost scope. `during`: the statements that it covers, where known. A guarded place whose root is assigned
 * meanwhile is kept in a temp, since the release is of what was locked. Gives the class and the acquiring call's result.
 */
function acquire(
  L: Lowering,
  cls: string,
  args: readonly Expr[],
  range: Range,
  during: Stmt | undefined,
): { readonly guard: GuardClass; readonly result: Value } | undefined {
  const guard = L.classes.guards.get(cls);
  const values = args.map((arg) => value(L, arg));
  const scope = L.scopes.at(-1);
  if (guard === undefined) {
    const why = `unknown guard class ${cls}`;
    gap(L, why, range);
    scope?.cleanups.push({ kind: "gap", why, range });
    return undefined;
  }
  const [thing] = values;
  const root = thing === undefined ? undefined : rootName(thing);
  const moves = root !== undefined && assigns(during === undefined ? L.following : [during], writtenName(root));
  const guarded = thing === undefined || !moves ? thing : held(L, thing, range);
  const needed = guard.held !== "always" || guard.release?.args.includes("_R") === true;
  const result = needed ? freshTemp(L) : undefined;
  emitCall(L, nameValue(guard.acquire.callee), fill(guard.acquire, guarded, undefined), result?.id, range);
  scope?.cleanups.push({
    kind: "guard",
    guard,
    thing: guarded,
    result: result ?? num(0),
    tested: during !== undefined,
    range,
  });
  return { guard, result: result ?? num(0) };
}

/** A copy, also of a plain name: that very name is what changes. */
function held(L: Lowering, thing: Value, range: Range): Value {
  if (thing.k !== "name") return stable(L, thing, range);
  const temp = freshTemp(L);
  assign(L, temp, thing, range);
  return temp;
}

/**
 * scoped_guard(class, args) body; scoped_cond_guard(class, fail, args) body; scoped_class(class, v, args) body. They are one-round
 * loops: break and continue inside leave the guarded body, not the loop around it (include/linux/cleanup.h, __scoped_guard).
 */
export function scoped(L: Lowering, s: Stmt & { readonly k: "scoped" }): void {
  const { graph } = L;
  const after = newBlock(graph);
  const out = newBlock(graph);
  const cls = nameOf(s.args[0]);
  const headRange: Range = [s.range[0], Math.max(s.range[0], s.body.range[0])];
  openScope(L);
  if (s.macro === "scoped_guard" || s.macro === "scoped_cond_guard") {
    const conditional = s.macro === "scoped_cond_guard";
    const args = s.args.slice(conditional ? 2 : 1);
    const taken = acquire(L, cls ?? "?", args, headRange, s.body);
    if (taken !== undefined && taken.guard.held !== "always") {
      const body = newBlock(graph);
      const missed = conditional ? newBlock(graph) : after;
      if (taken.guard.held === "nonzero") branch(L, taken.result, body, missed, headRange);
      else branch(L, taken.result, missed, body, headRange);
      if (conditional) {
        enter(graph, missed);
        failStatement(L, s.args[1], after);
      }
      enter(graph, body);
    }
  } else if (s.macro === "scoped_class" && s.args[1]?.k === "name") {
    declareClass(L, cls ?? "?", s.args[1].name, s.args.slice(2), headRange);
  } else {
    const why = `unknown scope ${s.macro}`;
    gap(L, why, headRange);
    for (const arg of s.args) value(L, arg);
    L.scopes.at(-1)?.cleanups.push({ kind: "gap", why, range: headRange });
  }
  const depth = L.scopes.length;
  L.breaks.push({ block: out, depth });
  L.continues.push({ block: out, depth });
  L.statements(L, [s.body]);
  L.breaks.pop();
  L.continues.pop();
  go(graph, out);
  enter(graph, out);
  closeScope(L);
  go(graph, after);
  enter(graph, after);
}

/** The statement that scoped_cond_guard() runs where the lock was not taken: a jump in a statement expression, or an expression. */
function failStatement(L: Lowering, e: Expr | undefined, after: number): void {
  const scope = L.scopes.at(-1);
  // The guard was not taken: what it would release must not run on this way out.
  const own = scope?.cleanups.pop();
  const depth = L.scopes.length;
  L.breaks.push({ block: after, depth });
  L.continues.push({ block: after, depth });
  if (e !== undefined) effect(L, e);
  L.breaks.pop();
  L.continues.pop();
  go(L.graph, after);
  if (own !== undefined) scope?.cleanups.push(own);
}

/** ACQUIRE_ERR(class, &v): 0 where the guard v was taken, else its error (-EBUSY where the lock function gives none). */
export function acquireError(L: Lowering, e: CallExpr): Value {
  const cls = nameOf(e.args[0]);
  const variable = e.args[1] === undefined ? undefined : value(L, e.args[1]);
  const place = variable?.k === "addr" ? variable.e : variable;
  const guard = cls === undefined ? undefined : L.classes.guards.get(cls);
  if (place === undefined || guard === undefined) return { k: "unknown", why: "ACQUIRE_ERR of an unknown class" };
  if (guard.held !== "nonzero") return guard.held === "zero" ? place : num(0);
  const { graph } = L;
  const [taken, missed, after] = [newBlock(graph), newBlock(graph), newBlock(graph)];
  const result = freshTemp(L);
  branch(L, place, taken, missed, e.range);
  enter(graph, taken);
  assign(L, result, num(0), e.range);
  go(graph, after);
  enter(graph, missed);
  assign(L, result, { k: "un", op: "-", e: nameValue("EBUSY") }, e.range);
  go(graph, after);
  enter(graph, after);
  return result;
}
