// A quick look at a function without compiling it: which cells it touches, what it calls. Enough to say whether it can matter.
import type { FunctionFacts, Value } from "../../facts/facts.ts";
import type { FieldId } from "../../model/unplug/skeleton.ts";
import type { Types } from "./types.ts";

export interface Scan {
  /** Names that are called. */
  readonly calls: ReadonlySet<string>;
  /** Names used as values: callbacks that are passed on. */
  readonly values: ReadonlySet<string>;
  /** Calls through a pointer, by the struct and the member that holds it. */
  readonly slots: readonly { readonly struct: string; readonly slot: string }[];
  /** Fields that are read, written or whose address is taken. */
  readonly cells: ReadonlySet<FieldId>;
  /** Structs that are allocated or freed. */
  readonly freed: ReadonlySet<string>;
}

const scans = new WeakMap<FunctionFacts, Scan>();

export function scan(types: Types, fn: FunctionFacts): Scan {
  const had = scans.get(fn);
  if (had !== undefined) return had;
  const calls = new Set<string>();
  const values = new Set<string>();
  const slots: { struct: string; slot: string }[] = [];
  const cells = new Set<FieldId>();
  const freed = new Set<string>();
  const locals = new Set([...fn.params, ...fn.locals].map((l) => l.name));

  function visit(v: Value): void {
    switch (v.k) {
      case "name":
        if (!locals.has(v.name)) values.add(v.name);
        return;
      case "field": {
        const m = types.member(types.of(v.base, fn), v.name, fn.file);
        if (m !== undefined && m.tag !== "") cells.add(`${m.tag}.${v.name}`);
        visit(v.base);
        return;
      }
      case "index":
        visit(v.base);
        visit(v.index);
        return;
      case "deref":
      case "addr":
      case "un":
      case "cast":
        visit(v.e);
        return;
      case "bin":
        visit(v.l);
        visit(v.r);
        return;
      case "init":
        for (const e of v.entries) visit(e.value);
        return;
      case "num":
      case "str":
      case "temp":
      case "sizeof":
      case "type":
      case "unknown":
        return;
    }
  }

  for (const block of fn.blocks) {
    for (const e of block.effects) {
      if (e.kind === "assign") {
        visit(e.to);
        visit(e.value);
      } else if (e.kind === "call") {
        if (e.callee.k === "name" && !locals.has(e.callee.name)) {
          calls.add(e.callee.name);
          const m = types.vocabulary.calls.get(e.callee.name);
          const arg = m?.m === "free" ? e.args[m.arg] : undefined;
          const tag = arg === undefined ? undefined : types.tag(types.of(arg, fn), fn.file);
          if (tag !== undefined) freed.add(tag);
        } else {
          if (e.callee.k === "field") {
            const m = types.member(types.of(e.callee.base, fn), e.callee.name, fn.file);
            if (m !== undefined) slots.push({ struct: m.tag, slot: e.callee.name });
          }
          visit(e.callee);
        }
        for (const a of e.args) visit(a);
      }
    }
    const { end } = block;
    if (end.kind === "branch") visit(end.cond);
    if (end.kind === "switch") visit(end.value);
    if (end.kind === "return" && end.value !== undefined) visit(end.value);
    if (end.kind === "each") {
      const tag = end.args[0] === undefined ? undefined : types.tag(types.of(end.args[0], fn), fn.file);
      const last = end.args.at(-1);
      if (tag !== undefined && last?.k === "name") cells.add(`${tag}.${last.name}`);
      for (const a of end.args.slice(0, -1)) visit(a);
    }
  }
  const out: Scan = { calls, values, slots, cells, freed };
  scans.set(fn, out);
  return out;
}
