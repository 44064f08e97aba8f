// Choices as flow: && || ?: and conditions, which branch instead of having a value.
import { branch, assign, freshTemp } from "./lowering.ts";
import { conditionCall } from "./calls.ts";
import { constantOf, num } from "./place.ts";
import { effect, stable, value } from "./expressions.ts";
import { MAX_DEPTH } from "./limits.ts";
import { end, enter, go, newBlock } from "./graph.ts";
import type { Lowering } from "./lowering.ts";
import type { Expr, Range } from "../syntax/ast.ts";
import type { Value } from "./facts.ts";

const ONE = num(1);
const ZERO = num(0);

/** True for what is flow rather than a value: && || ?: and their negation. */
export function isChoice(e: Expr): boolean {
  let at = e;
  while (at.k === "un" && at.op === "!") at = at.e;
  return at.k === "cond" || (at.k === "bin" && (at.op === "&&" || at.op === "||"));
}

/** `to = e`, where a choice assigns on each of its ways, so that what was chosen stays correlated with why. */
export function assignFrom(L: Lowering, to: Value, e: Expr, range: Range): void {
  const { graph } = L;
  if (isChoice(e) && L.depth < MAX_DEPTH) {
    L.depth++;
    const after = newBlock(graph);
    if (e.k === "cond") {
      const otherwise = newBlock(graph);
      if (e.t === undefined) {
        const first = stable(L, value(L, e.c), e.c.range);
        const same = newBlock(graph);
        branch(L, first, same, otherwise, e.c.range);
        enter(graph, same);
        assign(L, to, first, range);
      } else {
        const then = newBlock(graph);
        condition(L, e.c, then, otherwise);
        enter(graph, then);
        assignFrom(L, to, e.t, range);
      }
      go(graph, after);
      enter(graph, otherwise);
      assignFrom(L, to, e.e, range);
      go(graph, after);
    } else {
      const yes = newBlock(graph);
      const no = newBlock(graph);
      condition(L, e, yes, no);
      enter(graph, yes);
      assign(L, to, ONE, range);
      go(graph, after);
      enter(graph, no);
      assign(L, to, ZERO, range);
      go(graph, after);
    }
    enter(graph, after);
    L.depth--;
    return;
  }
  assign(L, to, value(L, e), range);
}

/** The value of a choice, in a temp. */
export function chosen(L: Lowering, e: Expr): Value {
  const temp = freshTemp(L);
  assignFrom(L, temp, e, e.range);
  return temp;
}

/** Goes to `yes` where `e` holds, else to `no`; afterwards we are nowhere. */
export function condition(L: Lowering, e: Expr, yes: number, no: number): void {
  if (L.depth >= MAX_DEPTH) {
    branch(L, value(L, e), yes, no, e.range);
    return;
  }
  L.depth++;
  shallowCondition(L, e, yes, no);
  L.depth--;
}

function shallowCondition(L: Lowering, e: Expr, yes: number, no: number): void {
  const { graph } = L;
  if (e.k === "un" && e.op === "!") {
    condition(L, e.e, no, yes);
  } else if (e.k === "bin" && (e.op === "&&" || e.op === "||")) {
    const right = newBlock(graph);
    if (e.op === "&&") condition(L, e.l, right, no);
    else condition(L, e.l, yes, right);
    enter(graph, right);
    condition(L, e.r, yes, no);
  } else if (e.k === "cond") {
    const then = newBlock(graph);
    const otherwise = newBlock(graph);
    condition(L, e.c, e.t === undefined ? yes : then, otherwise);
    enter(graph, then);
    if (e.t !== undefined) condition(L, e.t, yes, no);
    enter(graph, otherwise);
    condition(L, e.e, yes, no);
  } else if (e.k === "comma") {
    for (const part of e.es.slice(0, -1)) effect(L, part);
    const last = e.es.at(-1);
    if (last === undefined) go(graph, no);
    else condition(L, last, yes, no);
  } else if (e.k !== "call" || !conditionCall(L, e, yes, no)) {
    decide(L, value(L, e), yes, no, e.range);
  }
}

/** A branch on a value, or a jump where the value is constant. */
export function decide(L: Lowering, cond: Value, yes: number, no: number, range: Range): void {
  const known = constantOf(cond);
  if (known === undefined) branch(L, cond, yes, no, range);
  else end(L.graph, { kind: "goto", to: known === 0 ? no : yes });
}
