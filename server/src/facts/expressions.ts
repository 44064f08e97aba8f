// Expressions → pure values: calls, assignments and choices inside them are hoisted, in C's order, into effects, temps and flow.
import { assignFrom, chosen, condition, isChoice } from "./choices.ts";
import { emit, enter, go, newBlock, NOWHERE } from "./graph.ts";
import { callValue } from "./calls.ts";
import { addr, deref, field, name as nameValue, num } from "./place.ts";
import { assign, freshTemp, gap, openScope, resolve } from "./lowering.ts";
import { closeScope, keptForExit } from "./exits.ts";
import { flattenEntries } from "./initializer.ts";
import { MAX_DEPTH } from "./limits.ts";
import { parseNumber } from "./number.ts";
import { printType, printValue } from "./text.ts";
import type { Lowering } from "./lowering.ts";
import type { Expr, Initializer, Range, Stmt, TypeRef } from "../syntax/ast.ts";
import type { Value } from "./facts.ts";

const ONE = num(1);

/** The value of an expression; what it does besides is emitted where we are. */
export function value(L: Lowering, e: Expr): Value {
  if (L.depth >= MAX_DEPTH) {
    gap(L, "nested too deeply", e.range);
    return { k: "unknown", why: "nested too deeply" };
  }
  L.depth++;
  try {
    return shallow(L, e);
  } finally {
    L.depth--;
  }
}

function shallow(L: Lowering, e: Expr): Value {
  switch (e.k) {
    case "num": {
      const number = parseNumber(e.text) ?? e.value;
      return number === undefined ? { k: "unknown", why: e.text } : num(number);
    }
    case "str":
      return { k: "str" };
    case "name":
      return sharedName(L, resolve(L, e.name).name);
    case "field":
      return field(value(L, e.base), e.name, e.arrow);
    case "index": {
      const base = value(L, e.base);
      return { k: "index", base, index: value(L, e.index) };
    }
    case "un":
      return unary(L, e);
    case "incdec":
      return step(L, e, true);
    case "bin": {
      if (e.op === "&&" || e.op === "||") return chosen(L, e);
      const l = value(L, e.l);
      return { k: "bin", op: e.op, l, r: value(L, e.r) };
    }
    case "assign":
      return store(L, e);
    case "cond":
      return chosen(L, e);
    case "call":
      return callValue(L, e, true);
    case "cast":
      return { k: "cast", type: e.type, e: value(L, e.e) };
    case "sizeof":
      return { k: "sizeof", text: e.type === undefined ? operandText(L, e.e, e.range) : printType(e.type) };
    case "compound":
      return initValue(L, e.init, e.type);
    case "init":
      return initValue(L, e.init, undefined);
    case "stmtexpr":
      return block(L, e.body, true);
    case "comma": {
      for (const part of e.es.slice(0, -1)) effect(L, part);
      const last = e.es.at(-1);
      return last === undefined ? { k: "unknown", why: "nothing" } : value(L, last);
    }
    case "type":
      return { k: "type", type: e.type };
    case "gap":
      gap(L, e.why, e.range);
      return { k: "unknown", why: e.why };
  }
}

function sharedName(L: Lowering, text: string): Value {
  let shared = L.names.get(text);
  if (shared === undefined) {
    shared = nameValue(text);
    L.names.set(text, shared);
  }
  return shared;
}

function unary(L: Lowering, e: Expr & { readonly k: "un" }): Value {
  switch (e.op) {
    case "!":
      if (isChoice(e.e)) return chosen(L, e);
      return { k: "un", op: "!", e: value(L, e.e) };
    case "+":
      return value(L, e.e);
    case "-": {
      const inner = value(L, e.e);
      return inner.k === "num" ? num(-inner.value) : { k: "un", op: "-", e: inner };
    }
    case "~":
      return { k: "un", op: "~", e: value(L, e.e) };
    case "*":
      return deref(value(L, e.e));
    case "&":
      return addr(value(L, e.e));
  }
}

/** The operand of sizeof as text. It is not evaluated: what it would do is lowered where nothing arrives. */
function operandText(L: Lowering, e: Expr | undefined, range: Range): string {
  const source = L.text.slice(range[0], range[1]).replace(/\s+/g, " ");
  if (e === undefined) return source;
  const here = L.graph.at;
  const temps = L.temps;
  L.graph.at = NOWHERE;
  const inner = value(L, e);
  L.graph.at = here;
  return L.temps === temps ? printValue(inner) : source;
}

/** A braced initialiser as a value, its entries flattened and their positions numbered. */
function initValue(L: Lowering, init: Initializer, type: TypeRef | undefined): Value {
  return { k: "init", type, entries: flattenEntries(init, (entry) => value(L, entry)) };
}

/** ++ and --; `wanted` where the value is used. */
function step(L: Lowering, e: Expr & { readonly k: "incdec" }, wanted: boolean): Value {
  const place = value(L, e.e);
  const next: Value = { k: "bin", op: e.op === "++" ? "+" : "-", l: place, r: ONE };
  if (!wanted || e.prefix) {
    assign(L, place, next, e.range);
    return place;
  }
  const before = freshTemp(L);
  assign(L, before, place, e.range);
  assign(L, place, next, e.range);
  return before;
}

function store(L: Lowering, e: Expr & { readonly k: "assign" }): Value {
  if (e.op !== "=") {
    const right = value(L, e.r);
    const place = value(L, e.l);
    assign(L, place, { k: "bin", op: e.op.slice(0, -1), l: place, r: right }, e.range);
    return place;
  }
  if (e.l.k === "name") {
    const place = value(L, e.l);
    assignFrom(L, place, e.r, e.range);
    return place;
  }
  const right = value(L, e.r);
  const place = value(L, e.l);
  assign(L, place, right, e.range);
  return place;
}

/** The value itself where nothing between here and its use can change it, else a temp that holds it. */
export function stable(L: Lowering, v: Value, range: Range): Value {
  if (v.k === "name" || v.k === "temp" || v.k === "num" || v.k === "str" || v.k === "sizeof") return v;
  const temp = freshTemp(L);
  assign(L, temp, v, range);
  return temp;
}

/** Statements in a scope of their own; the value of a statement expression is that of its last one. */
export function block(L: Lowering, body: readonly Stmt[], wanted: boolean): Value {
  openScope(L);
  const last = body.at(-1);
  let result: Value = { k: "unknown", why: "no value" };
  if (wanted && last?.k === "expr") {
    L.statements(L, body.slice(0, -1));
    result = keptForExit(L, value(L, last.e), last.range);
  } else L.statements(L, body);
  closeScope(L);
  return result;
}

/** What an expression does, where its value is not used. */
export function effect(L: Lowering, e: Expr): void {
  if (L.depth >= MAX_DEPTH) {
    gap(L, "nested too deeply", e.range);
    return;
  }
  L.depth++;
  shallowEffect(L, e);
  L.depth--;
}

function shallowEffect(L: Lowering, e: Expr): void {
  const { graph } = L;
  switch (e.k) {
    case "call":
      callValue(L, e, false);
      return;
    case "incdec":
      step(L, e, false);
      return;
    case "cast":
      effect(L, e.e);
      return;
    case "comma":
      for (const part of e.es) effect(L, part);
      return;
    case "stmtexpr":
      block(L, e.body, false);
      return;
    case "cond": {
      const then = newBlock(graph);
      const otherwise = newBlock(graph);
      const after = newBlock(graph);
      condition(L, e.c, e.t === undefined ? after : then, otherwise);
      enter(graph, then);
      if (e.t !== undefined) effect(L, e.t);
      go(graph, after);
      enter(graph, otherwise);
      effect(L, e.e);
      go(graph, after);
      enter(graph, after);
      return;
    }
    case "bin": {
      if (e.op !== "&&" && e.op !== "||") {
        effect(L, e.l);
        effect(L, e.r);
        return;
      }
      const more = newBlock(graph);
      const after = newBlock(graph);
      condition(L, e.l, e.op === "&&" ? more : after, e.op === "&&" ? after : more);
      enter(graph, more);
      effect(L, e.r);
      go(graph, after);
      enter(graph, after);
      return;
    }
    case "un":
      effect(L, e.e);
      return;
    case "num":
    case "str":
    case "name":
    case "field":
    case "index":
    case "assign":
    case "sizeof":
    case "compound":
    case "init":
    case "type":
    case "gap":
      value(L, e);
      return;
  }
}

/** An effect that only shows in the facts as a call to `callee`. */
export function emitCall(
  L: Lowering,
  callee: Value,
  args: readonly Value[],
  result: number | undefined,
  range: Range,
): void {
  emit(L.graph, { kind: "call", callee, args, result, span: { file: L.file, start: range[0], end: range[1] } });
}
