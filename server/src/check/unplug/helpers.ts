// Small functions that change nothing: pointer helpers that are copied in, and predicates.
import type { World } from "./context.ts";
import type { FunctionFacts, Value } from "../../facts/facts.ts";
import { following } from "../../facts/graph.ts";

/** A helper has at most this many blocks and effects: more is a function, not a cast. */
const HELPER_BLOCKS = 8;
const HELPER_EFFECTS = 12;
/** How deep the purity of a predicate's callees is looked into. */
const PURE_DEPTH = 4;

const helpers = new WeakMap<FunctionFacts, boolean>();
const pure = new WeakMap<FunctionFacts, boolean>();

/** Does the function give back a pointer that follows from its arguments, without loops and without doing anything? */
export function isHelper(world: World, fn: FunctionFacts): boolean {
  const had = helpers.get(fn);
  if (had !== undefined) return had;
  helpers.set(fn, false);
  const effects = fn.blocks.reduce((n, b) => n + b.effects.length, 0);
  const is =
    fn.returns.pointers > 0 &&
    fn.blocks.length <= HELPER_BLOCKS &&
    effects <= HELPER_EFFECTS &&
    !fn.blocks.some((_, b) => following(fn, b).some((n) => n <= b)) &&
    fn.blocks.every((b) =>
      b.effects.every((e) => {
        if (e.kind === "decl") return true;
        if (e.kind === "assign") return isLocal(fn, e.to);
        if (e.kind === "gap" || e.callee.k !== "name") return false;
        const m = world.vocabulary.calls.get(e.callee.name);
        if (m !== undefined) return m.m === "same" || m.m === "container" || m.m === "isErr" || m.m === "nothing";
        const inner = world.callee(e.callee.name, fn.file);
        return inner !== undefined && isHelper(world, inner);
      }),
    );
  helpers.set(fn, is);
  return is;
}

/** Does the function only compute: no store but to its locals, no call but to such functions? Unknown names in capitals and of byte order count as computing. */
export function isPure(world: World, fn: FunctionFacts, depth = 0): boolean {
  const had = pure.get(fn);
  if (had !== undefined) return had;
  if (depth > PURE_DEPTH) return false;
  pure.set(fn, false);
  const is = fn.blocks.every((b) =>
    b.effects.every((e) => {
      if (e.kind === "decl") return true;
      if (e.kind === "assign") return isLocal(fn, e.to);
      if (e.kind === "gap" || e.callee.k !== "name") return false;
      const { name } = e.callee;
      const m = world.vocabulary.calls.get(name);
      if (m !== undefined)
        return (
          m.m === "same" ||
          m.m === "container" ||
          m.m === "isErr" ||
          m.m === "nothing" ||
          m.m === "assertHeld" ||
          m.m === "readCount" ||
          m.m === "isEmpty"
        );
      if (/^(__)?(le|be|cpu_to|swab)\w*\d+|^[A-Z][A-Z0-9_]*$|_(name|is_\w+|enabled)$|^test_bit$/.test(name))
        return true;
      const inner = world.callee(name, fn.file);
      return inner !== undefined && isPure(world, inner, depth + 1);
    }),
  );
  pure.set(fn, is);
  return is;
}

function isLocal(fn: FunctionFacts, to: Value): boolean {
  if (to.k === "temp") return true;
  if (to.k === "field" && !to.arrow) return isLocal(fn, to.base);
  return to.k === "name" && [...fn.locals, ...fn.params].some((l) => l.name === to.name);
}
