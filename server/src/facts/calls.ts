// Calls and what only looks like one: the kernel's macros that are loads, stores, tests, waits, declarations or the end of the path.
import { end, enter, go, newBlock } from "./graph.ts";
import { acts, flows } from "./purity.ts";
import { condition, decide } from "./choices.ts";
import { effect, emitCall, value } from "./expressions.ts";
import { acquireError, declareGuard } from "./guards.ts";
import { addr, deref, field, name as nameValue, num } from "./place.ts";
import { assign, branch, declare, freshTemp, resolve, spanOf } from "./lowering.ts";
import { returnValue } from "./exits.ts";
import { emit } from "./graph.ts";
import { macro, memberArgument } from "./macros.ts";
import type { Lowering } from "./lowering.ts";
import type { Macro } from "./macros.ts";
import type { Expr, Range, TypeRef } from "../syntax/ast.ts";
import type { Value } from "./facts.ts";

export type CallExpr = Expr & { readonly k: "call" };

const NOTHING: Value = { k: "unknown", why: "no value" };

/** The value of a call; NOTHING where `wanted` is false. */
export function callValue(L: Lowering, e: CallExpr, wanted: boolean): Value {
  if (e.callee.k === "call" && declareGuard(L, e, e.callee)) return NOTHING;
  const name = plainName(L, e.callee);
  if (name !== undefined) {
    if (name === "ACQUIRE_ERR") return acquireError(L, e);
    const meaning = macro(name);
    const special = meaning === undefined ? undefined : macroValue(L, name, meaning, e, wanted);
    if (special !== undefined) return special;
  }
  const called = value(L, e.callee);
  const member = name === undefined ? undefined : memberArgument(name);
  const args = argumentValues(L, e.args, member);
  const result = wanted ? freshTemp(L) : undefined;
  emitCall(L, called.k === "deref" || called.k === "addr" ? called.e : called, args, result?.id, e.range);
  return result ?? NOTHING;
}

/** The values of arguments. At `member` stands a member's bare name, which a local of that name is not (nor its `name#2`). */
export function argumentValues(L: Lowering, args: readonly Expr[], member: number | undefined): readonly Value[] {
  return args.map((arg, i) => (i === member ? (bareMember(arg) ?? value(L, arg)) : value(L, arg)));
}

/** A member's name, or the path to a member of a member: `vdev.node` in list_for_each_entry(vdev, &set->list, vdev.node). */
function bareMember(e: Expr): Value | undefined {
  if (e.k === "name") return nameValue(e.name);
  const base = e.k === "field" && !e.arrow ? bareMember(e.base) : undefined;
  return base === undefined || e.k !== "field" ? undefined : { k: "field", base, name: e.name, arrow: false };
}

/** The name of a callee that is no local's. */
function plainName(L: Lowering, callee: Expr): string | undefined {
  return callee.k === "name" && !resolve(L, callee.name).local ? callee.name : undefined;
}

/** Lowers a call in a condition where it is a macro that passes its argument's truth on; false where it is not. */
export function conditionCall(L: Lowering, e: CallExpr, yes: number, no: number): boolean {
  const name = plainName(L, e.callee);
  const meaning = name === undefined ? undefined : macro(name);
  if (meaning?.kind === "same" || meaning?.kind === "warn") {
    const at = meaning.kind === "same" ? meaning.value : meaning.cond;
    const arg = e.args[at];
    if (arg === undefined) return false;
    const rest = e.args.slice(at + 1);
    if (meaning.kind === "same" || !rest.some(acts)) {
      condition(L, arg, yes, no);
      return true;
    }
    const warned = newBlock(L.graph);
    condition(L, arg, warned, no);
    enter(L.graph, warned);
    for (const part of rest) effect(L, part);
    go(L.graph, yes);
    return true;
  }
  if (meaning?.kind === "config") {
    decide(L, configValue(L, e), yes, no, e.range);
    return true;
  }
  return false;
}

function configValue(L: Lowering, e: CallExpr): Value {
  const arg = e.args[0];
  if (arg?.k !== "name") return arg === undefined ? NOTHING : value(L, arg);
  const on = L.arm(arg.name);
  if (on === undefined) return nameValue(arg.name);
  L.arms.add(on ? arg.name : `!${arg.name}`);
  return num(on ? 1 : 0);
}

/** The value of a macro's use; undefined where its arguments do not fit, so that it stays a call. */
function macroValue(L: Lowering, name: string, m: Macro, e: CallExpr, wanted: boolean): Value | undefined {
  const { args, range } = e;
  switch (m.kind) {
    case "same": {
      const arg = args[m.value];
      if (arg === undefined) return undefined;
      if (wanted) return value(L, arg);
      effect(L, arg);
      return NOTHING;
    }
    case "load": {
      const from = args[m.from];
      return from === undefined ? undefined : deref(value(L, from));
    }
    case "address": {
      const of = args[0];
      return of === undefined ? undefined : addr(value(L, of));
    }
    case "store": {
      const [to, what] = [args[m.to], args[m.value]];
      if (to === undefined || what === undefined) return undefined;
      const stored = value(L, what);
      const place = value(L, to);
      assign(L, m.through ? deref(place) : place, stored, range);
      return stored;
    }
    case "replace": {
      const [to, what] = [args[m.to], args[m.value]];
      if (to === undefined || what === undefined) return undefined;
      const stored = value(L, what);
      const place = value(L, to);
      const before = freshTemp(L);
      assign(L, before, place, range);
      assign(L, place, stored, range);
      return before;
    }
    case "warn":
      return warn(L, m.cond, e, wanted);
    case "stop":
      return stop(L, m.cond, e);
    case "config":
      return configValue(L, e);
    case "member": {
      const [base, member, what] = args;
      if (base === undefined || member?.k !== "name") return undefined;
      if (!m.set) return field(value(L, base), member.name, true);
      if (what === undefined) return undefined;
      const stored = value(L, what);
      assign(L, field(value(L, base), member.name, true), stored, range);
      return stored;
    }
    case "take": {
      const from = args[0];
      if (from === undefined) return undefined;
      const place = value(L, from);
      const taken = freshTemp(L);
      assign(L, taken, place, range);
      assign(L, place, m.empty === "NULL" ? nameValue("NULL") : EBADF, range);
      if (m.returns) returnValue(L, taken, range);
      return taken;
    }
    case "wait":
      return wait(L, name, m, e, wanted);
    case "swap": {
      const [left, right] = args;
      if (left === undefined || right === undefined) return undefined;
      const a = value(L, left);
      const b = value(L, right);
      const kept = freshTemp(L);
      assign(L, kept, a, range);
      assign(L, a, b, range);
      assign(L, b, kept, range);
      return NOTHING;
    }
    case "bit": {
      const arg = args[0];
      return arg === undefined ? undefined : { k: "bin", op: "<<", l: num(1), r: value(L, arg) };
    }
    case "declare":
      return declareByMacro(L, m, e);
  }
}

const EBADF: Value = { k: "un", op: "-", e: nameValue("EBADF") };

/** WARN(x, "...", f()) as a value or a statement: x decides; the message is only made where it holds. */
function warn(L: Lowering, at: number, e: CallExpr, wanted: boolean): Value | undefined {
  const cond = e.args[at];
  if (cond === undefined) return undefined;
  const silent = !e.args.slice(at + 1).some(acts);
  if (silent && wanted) return value(L, cond);
  if (silent) {
    effect(L, cond);
    return NOTHING;
  }
  const { graph } = L;
  const [yes, no, after] = [newBlock(graph), newBlock(graph), newBlock(graph)];
  const result = freshTemp(L);
  conditionCall(L, e, yes, no);
  enter(graph, yes);
  if (wanted) assign(L, result, num(1), e.range);
  go(graph, after);
  enter(graph, no);
  if (wanted) assign(L, result, num(0), e.range);
  go(graph, after);
  enter(graph, after);
  return wanted ? result : NOTHING;
}

/** BUG(), BUG_ON(x): the path ends in a return that `stops`; nothing is cleaned up, since nobody goes on. */
function stop(L: Lowering, at: number | undefined, e: CallExpr): Value | undefined {
  const { graph } = L;
  const after = newBlock(graph);
  if (at !== undefined) {
    const cond = e.args[at];
    if (cond === undefined) return undefined;
    const stopped = newBlock(graph);
    condition(L, cond, stopped, after);
    enter(graph, stopped);
    emitCall(L, nameValue(e.callee.k === "name" ? e.callee.name : "BUG"), [], undefined, e.range);
  } else {
    const args = argumentValues(L, e.args, undefined);
    emitCall(L, value(L, e.callee), args, undefined, e.range);
  }
  end(graph, { kind: "return", value: undefined, span: spanOf(L, e.range), stops: true });
  if (at !== undefined) enter(graph, after);
  return NOTHING;
}

/**
 * wait_event(wq, cond): a loop that tests `cond` and, while it does not hold, calls wait_event(wq), which sleeps until woken.
 * The interruptible and timed kinds can also leave the loop with what that call returned.
 */
function wait(
  L: Lowering,
  name: string,
  { cond: at, result }: Macro & { readonly kind: "wait" },
  e: CallExpr,
  wanted: boolean,
): Value | undefined {
  const cond = e.args[at];
  if (cond === undefined) return undefined;
  const { graph } = L;
  const args = e.args.map((arg, i): Value => {
    if (i !== at) return value(L, arg);
    return acts(arg) || flows(arg) ? { k: "unknown", why: "the condition" } : value(L, arg);
  });
  const [head, sleep, holds, after] = [newBlock(graph), newBlock(graph), newBlock(graph), newBlock(graph)];
  const outcome = wanted ? freshTemp(L) : NOTHING;
  go(graph, head);
  enter(graph, head);
  condition(L, cond, holds, sleep);
  enter(graph, sleep);
  const woken = result === "none" ? undefined : freshTemp(L);
  emitCall(L, nameValue(name), args, woken?.id, e.range);
  if (woken === undefined) go(graph, head);
  else {
    const left = newBlock(graph);
    const op = result === "error" ? "<" : result === "timeout" ? "==" : "<=";
    branch(L, { k: "bin", op, l: woken, r: num(0) }, left, head, e.range);
    enter(graph, left);
    if (wanted) assign(L, outcome, woken, e.range);
    go(graph, after);
  }
  enter(graph, holds);
  // Where it is timed, the value is the time left: at least one.
  if (wanted) assign(L, outcome, num(result === "timeout" || result === "both" ? 1 : 0), e.range);
  go(graph, after);
  enter(graph, after);
  return wanted ? outcome : NOTHING;
}

/** LIST_HEAD(x) and its like: a local comes into scope; the macro stays as the call that initialises it. */
function declareByMacro(L: Lowering, m: Macro & { readonly kind: "declare" }, e: CallExpr): Value | undefined {
  const arg = e.args[m.at];
  if (arg?.k !== "name") return undefined;
  const written = m.struct === "" ? e.args.find((a) => a.k === "type") : undefined;
  const base: TypeRef =
    written?.k === "type"
      ? written.type
      : { kind: m.struct === "" ? "unknown" : "struct", name: m.struct, pointers: 0, array: false, func: false };
  const type: TypeRef = { ...base, pointers: base.pointers + m.pointers };
  declareLocal(L, arg.name, type, e.range);
  const args = argumentValues(L, e.args, undefined);
  emitCall(L, value(L, e.callee), args, undefined, e.range);
  return NOTHING;
}

/** Declares a local and says so; gives the place that it is. */
export function declareLocal(L: Lowering, name: string, type: TypeRef, range: Range): Value {
  const unique = declare(L, name, type, false);
  emit(L.graph, { kind: "decl", name: unique, type, span: spanOf(L, range) });
  return nameValue(unique);
}
