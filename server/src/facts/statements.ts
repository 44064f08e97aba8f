// Statements → flow: blocks, loops, switches, jumps and the ends of scopes.
import { assignFrom, condition } from "./choices.ts";
import { block, effect, value } from "./expressions.ts";
import { MAX_DEPTH, MAX_FOLLOWING } from "./limits.ts";
import { acts, flows } from "./purity.ts";
import { addFreeByName, scoped } from "./guards.ts";
import { argumentValues } from "./calls.ts";
import { assign, declare, gap, openScope, spanOf } from "./lowering.ts";
import { memberArgument, scopedIterator } from "./macros.ts";
import { closeScope, jump, leaveTo, placeLabel, returnValue } from "./exits.ts";
import { constantOf, name as nameValue, num } from "./place.ts";
import { emit, end, enter, go, newBlock, NOWHERE } from "./graph.ts";
import { takeArm } from "./arms.ts";
import type { Lowering, Switch, Target } from "./lowering.ts";
import type { Expr, Range, Stmt, TypeRef, VarDecl } from "../syntax/ast.ts";
import type { Value } from "./facts.ts";

/** Lowers statements one after another, in the scope that is open. */
export function statements(L: Lowering, body: readonly Stmt[]): void {
  const outer = L.following;
  for (const [i, s] of body.entries()) {
    // Only what a guard covers needs to know what follows; cutting the rest off for each statement would be quadratic.
    L.following = s.k === "expr" ? body.slice(i + 1, i + 1 + MAX_FOLLOWING) : [];
    if (L.depth >= MAX_DEPTH) {
      gap(L, "nested too deeply", s.range);
      continue;
    }
    L.depth++;
    statement(L, s);
    L.depth--;
  }
  L.following = outer;
}

function statement(L: Lowering, s: Stmt): void {
  const { graph } = L;
  switch (s.k) {
    case "expr":
      effect(L, s.e);
      return;
    case "decl":
      for (const v of s.vars) declareVariable(L, v);
      return;
    case "block":
      block(L, s.body, false);
      return;
    case "if": {
      const then = newBlock(graph);
      const after = newBlock(graph);
      const otherwise = s.else === undefined ? after : newBlock(graph);
      condition(L, s.c, then, otherwise);
      enter(graph, then);
      inScope(L, s.then);
      go(graph, after);
      if (s.else !== undefined) {
        enter(graph, otherwise);
        inScope(L, s.else);
        go(graph, after);
      }
      enter(graph, after);
      return;
    }
    case "while": {
      const head = newBlock(graph);
      const body = newBlock(graph);
      const after = newBlock(graph);
      go(graph, head);
      enter(graph, head);
      condition(L, s.c, body, after);
      enter(graph, body);
      loopBody(L, s.body, after, head);
      go(graph, head);
      enter(graph, after);
      return;
    }
    case "do": {
      const body = newBlock(graph);
      const test = newBlock(graph);
      const after = newBlock(graph);
      go(graph, body);
      enter(graph, body);
      loopBody(L, s.body, after, test);
      go(graph, test);
      enter(graph, test);
      condition(L, s.c, body, after);
      enter(graph, after);
      return;
    }
    case "for":
      forLoop(L, s);
      return;
    case "each":
      each(L, s);
      return;
    case "scoped":
      scoped(L, s);
      return;
    case "switch":
      switchStatement(L, s);
      return;
    case "case":
      caseLabel(L, s.low, s.high, s.range);
      return;
    case "label":
      placeLabel(L, s.name);
      return;
    case "goto":
      jump(L, s.label, s.range);
      return;
    case "break":
      leave(L, L.breaks.at(-1), "break", s.range);
      return;
    case "continue":
      leave(L, L.continues.at(-1), "continue", s.range);
      return;
    case "empty":
      return;
    case "return":
      returnFrom(L, s.e, s.range);
      return;
    case "pp": {
      const { index, decided } = takeArm(s.arms, L.arm);
      for (const symbol of decided) L.arms.add(symbol);
      // An arm is no scope: what it declares is known after it.
      statements(L, s.arms[index]?.body ?? []);
      return;
    }
    case "gap":
      gap(L, s.why, s.range);
      return;
  }
}

/** The branch of an if or the body of a loop: a scope, also where it has no braces. */
function inScope(L: Lowering, s: Stmt): void {
  if (s.k === "block") statements(L, [s]);
  else block(L, [s], false);
}

function loopBody(L: Lowering, body: Stmt, out: number, again: number): void {
  const depth = L.scopes.length;
  L.breaks.push({ block: out, depth });
  L.continues.push({ block: again, depth });
  inScope(L, body);
  L.breaks.pop();
  L.continues.pop();
}

function forLoop(L: Lowering, s: Stmt & { readonly k: "for" }): void {
  const { graph } = L;
  openScope(L);
  if (s.init !== undefined) statements(L, [s.init]);
  const [head, body, step, after] = [newBlock(graph), newBlock(graph), newBlock(graph), newBlock(graph)];
  go(graph, head);
  enter(graph, head);
  if (s.c === undefined) go(graph, body);
  else condition(L, s.c, body, after);
  enter(graph, body);
  loopBody(L, s.body, after, step);
  go(graph, step);
  enter(graph, step);
  if (s.step !== undefined) effect(L, s.step);
  go(graph, head);
  enter(graph, after);
  closeScope(L);
}

/**
 * An iterator macro: its arguments once, then a head that goes to the body or is done. Iterators that declare their variable put
 * what it holds when the loop is left early; going round, the iterator puts it itself.
 */
function each(L: Lowering, s: Stmt & { readonly k: "each" }): void {
  const { graph } = L;
  const own = scopedIterator(s.macro);
  const variable = own === undefined ? undefined : s.args[own.at];
  openScope(L);
  if (own !== undefined && variable?.k === "name") {
    const type: TypeRef = { kind: "struct", name: own.struct, pointers: 1, array: false, func: false };
    const unique = declare(L, variable.name, type, false);
    emit(graph, { kind: "decl", name: unique, type, span: spanOf(L, variable.range) });
    addFreeByName(L, own.free, nameValue(unique), variable.range);
  }
  const args = argumentValues(L, s.args, memberArgument(s.macro));
  const [head, body, out, done, after] = [
    newBlock(graph),
    newBlock(graph),
    newBlock(graph),
    newBlock(graph),
    newBlock(graph),
  ];
  go(graph, head);
  enter(graph, head);
  const headRange: Range = [s.range[0], Math.max(s.range[0], s.args.at(-1)?.range[1] ?? s.range[0])];
  end(graph, { kind: "each", macro: s.macro, args, body, done, span: spanOf(L, headRange) });
  enter(graph, body);
  loopBody(L, s.body, out, head);
  go(graph, head);
  enter(graph, out);
  closeScope(L);
  go(graph, after);
  enter(graph, done);
  go(graph, after);
  enter(graph, after);
}

function switchStatement(L: Lowering, s: Stmt & { readonly k: "switch" }): void {
  const { graph } = L;
  const selector = value(L, s.e);
  const head = graph.at;
  const after = newBlock(graph);
  const here: Switch = { cases: [], otherwise: undefined };
  graph.at = NOWHERE;
  L.switches.push(here);
  L.breaks.push({ block: after, depth: L.scopes.length });
  inScope(L, s.body);
  L.breaks.pop();
  L.switches.pop();
  go(graph, after);
  graph.at = head;
  const otherwise = here.otherwise ?? after;
  const known = constantOf(selector);
  const to = known === undefined ? undefined : constantCase(here, known, otherwise);
  if (to !== undefined) go(graph, to);
  else
    end(graph, { kind: "switch", value: selector, cases: here.cases, default: otherwise, span: spanOf(L, s.e.range) });
  enter(graph, after);
}

/** Where a constant selector leads; undefined where a case is not constant. */
function constantCase(here: Switch, value: number, otherwise: number): number | undefined {
  for (const { low, high, to } of here.cases) {
    const from = constantOf(low);
    const until = high === undefined ? from : constantOf(high);
    if (from === undefined || until === undefined) return undefined;
    if (value >= from && value <= until) return to;
  }
  return otherwise;
}

function caseLabel(L: Lowering, low: Expr | undefined, high: Expr | undefined, range: Range): void {
  const { graph } = L;
  const here = L.switches.at(-1);
  const block = newBlock(graph);
  go(graph, block);
  if (here === undefined) gap(L, "a case outside a switch", range);
  else if (low === undefined) here.otherwise = block;
  else {
    const from = labelValue(L, low);
    here.cases.push({ low: from, high: high === undefined ? undefined : labelValue(L, high), to: block });
  }
  enter(graph, block);
}

/** A label's constant. One that a macro makes is unknown here; lowered as a call it would be a temp that nothing sets. */
function labelValue(L: Lowering, e: Expr): Value {
  return acts(e) || flows(e) ? { k: "unknown", why: L.text.slice(e.range[0], e.range[1]) } : value(L, e);
}

function leave(L: Lowering, target: Target | undefined, what: string, range: Range): void {
  if (target === undefined) {
    gap(L, `a ${what} outside a loop`, range);
    return;
  }
  leaveTo(L, target.depth);
  go(L.graph, target.block);
}

/** `return e`: a choice returns on each of its ways. In a function that returns nothing, `return f();` only calls. */
function returnFrom(L: Lowering, e: Expr | undefined, range: Range): void {
  const { graph } = L;
  if (e === undefined || L.returnsNothing) {
    if (e !== undefined) effect(L, e);
    returnValue(L, undefined, range);
  } else if (e.k === "cond" && e.t !== undefined) {
    const [then, otherwise] = [newBlock(graph), newBlock(graph)];
    condition(L, e.c, then, otherwise);
    enter(graph, then);
    returnFrom(L, e.t, range);
    enter(graph, otherwise);
    returnFrom(L, e.e, range);
  } else if (e.k === "bin" && (e.op === "&&" || e.op === "||")) {
    const [yes, no] = [newBlock(graph), newBlock(graph)];
    condition(L, e, yes, no);
    enter(graph, yes);
    returnValue(L, num(1), range);
    enter(graph, no);
    returnValue(L, num(0), range);
  } else returnValue(L, value(L, e), range);
}

function declareVariable(L: Lowering, v: VarDecl): void {
  const { graph } = L;
  if (v.type.func && v.type.pointers === 0 && v.init === undefined && v.name === "") return;
  const unique = declare(L, v.name, v.type, v.static);
  if (v.static) {
    // Its initialiser is no statement: it ran before anybody called. Calls in it are constant macros.
    return;
  }
  emit(graph, { kind: "decl", name: unique, type: v.type, span: spanOf(L, v.range) });
  const place = nameValue(unique);
  if (v.init !== undefined) {
    if (v.init.k === "init") assign(L, place, withType(value(L, v.init), v.type), v.range);
    else assignFrom(L, place, v.init, v.range);
  }
  if (v.cleanup !== undefined) addFreeByName(L, v.cleanup, place, v.range);
}

function withType(v: Value, type: TypeRef): Value {
  return v.k === "init" ? { ...v, type } : v;
}
