// Leaving scopes: what runs at their end, on break, continue, return and goto, and what a jump's target makes of it.
import { emit, end, enter, go, newBlock, NOWHERE } from "./graph.ts";
import { assign, branch, freshTemp, gap, resolve, spanOf } from "./lowering.ts";
import { fill } from "./template.ts";
import { name as nameValue, num, rootName, writtenName } from "./place.ts";
import type { Chain, Cleanup, Label, Lowering, Scope } from "./lowering.ts";
import type { Effect, Value } from "./facts.ts";
import type { Range } from "../syntax/ast.ts";

/** Leaves the innermost scope at its end: its cleanups run where we are. */
export function closeScope(L: Lowering): void {
  const scope = L.scopes.at(-1);
  if (scope !== undefined) runCleanups(L, scope, 0, scope.cleanups.length);
  L.scopes.pop();
}

/** Runs the cleanups of every scope above `depth`, innermost first, without closing it: the way out of a jump. */
export function leaveTo(L: Lowering, depth: number): void {
  for (let i = L.scopes.length - 1; i >= depth; i--) {
    const scope = L.scopes[i];
    if (scope !== undefined) runCleanups(L, scope, 0, scope.cleanups.length);
  }
}

/** A value that has to be the same after the cleanups that are about to run: in a temp where they could change it. */
export function keptForExit(L: Lowering, value: Value, range: Range): Value {
  if (!hasCleanups(L) || survivesCleanups(L, value)) return value;
  const temp = freshTemp(L);
  assign(L, temp, value, range);
  return temp;
}

/** Returns from here: the value is taken, then every open scope is left. */
export function returnValue(L: Lowering, value: Value | undefined, range: Range): void {
  const result = value === undefined ? undefined : keptForExit(L, value, range);
  leaveTo(L, 0);
  end(L.graph, { kind: "return", value: result, span: spanOf(L, range) });
}

/** True where leaving the function here runs anything. */
function hasCleanups(L: Lowering): boolean {
  return L.scopes.some((scope) => scope.cleanups.length > 0);
}

function runCleanups(L: Lowering, scope: Scope, from: number, to: number): void {
  for (let i = to - 1; i >= from; i--) {
    const cleanup = scope.cleanups[i];
    if (cleanup !== undefined) runCleanup(L, cleanup);
  }
}

function runCleanup(L: Lowering, cleanup: Cleanup): void {
  const { graph } = L;
  const span = spanOf(L, cleanup.range);
  switch (cleanup.kind) {
    case "gap":
      gap(L, cleanup.why, cleanup.range);
      return;
    case "guard": {
      const { guard, thing, result } = cleanup;
      if (guard.release === undefined) return;
      const call: Effect = {
        kind: "call",
        callee: nameValue(guard.release.callee),
        args: fill(guard.release, thing, result),
        result: undefined,
        span,
        implicit: true,
      };
      if (cleanup.tested || guard.held === "always") {
        emit(graph, call);
        return;
      }
      const after = newBlock(graph);
      const held = newBlock(graph);
      if (guard.held === "nonzero") branch(L, result, held, after, cleanup.range);
      else branch(L, result, after, held, cleanup.range);
      enter(graph, held);
      emit(graph, call);
      go(graph, after);
      enter(graph, after);
      return;
    }
    case "free": {
      const { free, variable } = cleanup;
      const after = newBlock(graph);
      let release = newBlock(graph);
      if (free.check === "negative")
        branch(L, { k: "bin", op: "<", l: variable, r: num(0) }, after, release, cleanup.range);
      else if (free.check === "none") go(graph, release);
      else branch(L, variable, release, after, cleanup.range);
      enter(graph, release);
      if (free.check === "error") {
        const isError = freshTemp(L);
        emit(graph, {
          kind: "call",
          callee: nameValue("IS_ERR"),
          args: [variable],
          result: isError.id,
          span,
          implicit: true,
        });
        release = newBlock(graph);
        branch(L, isError, after, release, cleanup.range);
        enter(graph, release);
      }
      emit(graph, {
        kind: "call",
        callee: nameValue(free.release.callee),
        args: fill(free.release, variable, undefined),
        result: undefined,
        span,
        implicit: true,
      });
      go(graph, after);
      enter(graph, after);
      return;
    }
  }
}

function chainHere(L: Lowering): Chain {
  return L.scopes.map((scope) => ({ scope, count: scope.cleanups.length }));
}

function labelOf(L: Lowering, name: string): Label {
  let label = L.labels.get(name);
  if (label === undefined) {
    label = { block: newBlock(L.graph), chain: undefined };
    L.labels.set(name, label);
  }
  return label;
}

/** A label stands here. */
export function placeLabel(L: Lowering, name: string): void {
  const label = labelOf(L, name);
  if (label.chain !== undefined) return; // A second label of that name: bad C; the first one counts.
  go(L.graph, label.block);
  enter(L.graph, label.block);
  label.chain = chainHere(L);
}

/** A goto from here. Its cleanups are only known when the label has been met, so it is settled at the end. */
export function jump(L: Lowering, name: string, range: Range): void {
  const block = newBlock(L.graph);
  labelOf(L, name);
  L.gotos.push({ block, label: name, chain: chainHere(L), range });
  go(L.graph, block);
  // Entered now, filled later: in the listing, what a goto runs stands where the goto does.
  enter(L.graph, block);
  L.graph.at = NOWHERE;
}

/** Gives every goto its cleanups and its target. Call once, when the whole body has been lowered. */
export function settleJumps(L: Lowering): void {
  for (const { block, label: name, chain, range } of L.gotos) {
    enter(L.graph, block);
    const label = labelOf(L, name);
    if (label.chain === undefined) {
      gap(L, `no label ${name}`, range);
      end(L.graph, { kind: "return", value: undefined, span: spanOf(L, range) });
      continue;
    }
    for (let i = chain.length - 1; i >= 0; i--) {
      const from = chain[i];
      const to = label.chain[i];
      if (from === undefined) continue;
      // Within a scope that both share, jumping back over a declaration runs its cleanup; elsewhere the scope is left.
      const kept = to?.scope === from.scope ? to.count : 0;
      runCleanups(L, from.scope, kept, from.count);
    }
    go(L.graph, label.block);
  }
}

/** True where `value` would be the same after the cleanups: a constant, a temp, or a local that none of them is about. */
function survivesCleanups(L: Lowering, value: Value): boolean {
  if (value.k === "num" || value.k === "str" || value.k === "temp" || value.k === "sizeof") return true;
  if (value.k === "un" || value.k === "cast") return survivesCleanups(L, value.e);
  if (value.k !== "name") return false;
  if (!L.locals.some((local) => local.name === value.name))
    return (
      resolve(L, writtenName(value.name)).local ||
      /^[A-Z_0-9]+$/.test(value.name) ||
      value.name === "true" ||
      value.name === "false"
    );
  return !L.scopes.some((scope) =>
    scope.cleanups.some((c) => c.kind === "free" && rootName(c.variable) === value.name),
  );
}
