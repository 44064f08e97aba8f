// Settlement: which functions acquire what stands in a (struct, field), which test it, and which release it. A handle that is stored is not lost where
// somebody releases that field; and where all agree on how it was made, a release that differs is wrong.
//
// Reads the facts of one function at a time without regard to order: a table for people and for comparisons, no proof.
import { following } from "../../facts/graph.ts";
import type { FunctionFacts, Value } from "../../facts/facts.ts";
import { constantOf, normalise, path } from "../../facts/place.ts";
import { printValue } from "../../facts/text.ts";
import type { Span } from "../../base/span.ts";
import type { FunctionRef, Program } from "../../program/program.ts";
import { fieldOf } from "../../program/types.ts";
import type { Act, Protocol } from "./protocol.ts";

/** A (struct, field). The struct is "?" where its type is not known. */
export interface Cell {
  readonly struct: string;
  readonly field: string;
}

/** One use of a cell: an event of a lifecycle at a place. */
export interface CellUse {
  readonly cell: Cell;
  readonly role: "acquires" | "counts" | "tests" | "releases";
  readonly fn: FunctionRef;
  readonly span: Span;
  readonly api: string;
  readonly kind: string;
  /** Roles as constants or as text; what can't be compared is left out. */
  readonly values: ReadonlyMap<string, string>;
  /** The condition that it stands behind, where that is a field of the same struct: the guard. */
  readonly guard: string | undefined;
}

/** What one local or temp may hold, as far as one assignment tells. */
type Origins = ReadonlyMap<string, readonly Value[]>;

const nameOf = (v: Value): string | undefined =>
  v.k === "name" ? v.name : v.k === "temp" ? `t${v.id}!` : v.k === "cast" ? nameOf(v.e) : undefined;

/** The cells that a function uses. */
export function cellsOf(program: Program, protocol: Protocol, ref: FunctionRef, fn: FunctionFacts): readonly CellUse[] {
  const origins = originsOf(protocol, fn);
  const uses: CellUse[] = [];

  function cellAt(v: Value): Cell | undefined {
    const place = normalise(v);
    const at = place.k === "addr" ? place.e : place;
    const inner = at.k === "index" ? at.base : at;
    if (inner.k !== "field") return undefined;
    const found = fieldOf(inner, fn, program);
    return found === undefined ? { struct: "?", field: inner.name } : { struct: found.struct, field: found.field };
  }

  /** The fields that a value was read from, through locals and changes of byte order. */
  function readFrom(v: Value, depth = 0): readonly Value[] {
    const at = v.k === "cast" ? v.e : v;
    if (at.k === "field" || at.k === "index") return [at];
    const name = nameOf(at);
    if (name === undefined || depth > 4) return [];
    return (origins.get(name) ?? []).flatMap((o) => readFrom(o, depth + 1));
  }

  function add(
    v: Value,
    role: CellUse["role"],
    act: { name: string; kind: string },
    values: ReadonlyMap<string, string>,
    span: Span,
    block: number,
  ): void {
    const cell = cellAt(v);
    if (cell === undefined) return;
    uses.push({ cell, role, fn: ref, span, api: act.name, kind: act.kind, values, guard: guardOf(fn, block, v) });
  }

  fn.blocks.forEach((block, b) => {
    for (const e of block.effects) {
      if (e.kind !== "call" || e.callee.k !== "name") continue;
      const name = e.callee.name;
      const tester = protocol.testers.get(name);
      const tested = tester === undefined ? undefined : e.args[tester.at];
      if (tested !== undefined)
        for (const from of readFrom(tested)) add(from, "tests", { name, kind: "" }, new Map(), e.span, b);
      for (const a of protocol.acts.get(name) ?? []) {
        const about = { name, kind: a.spec.model.id };
        const values = valuesOf(a, e.args);
        if (a.event === a.spec.acquire) {
          for (const role of a.spec.out ?? []) {
            const at = a.binds[role];
            const to = typeof at === "number" ? e.args[at] : undefined;
            if (to?.k === "addr") add(to, "acquires", about, values, e.span, b);
          }
          if (e.result === undefined) continue;
          const counts = Object.entries(a.binds).some(([role, at]) => role === "count" && at === "returns");
          const isKey = a.spec.keys.some((k) => a.binds[k] === "returns");
          if (counts || isKey)
            for (const to of storesOf(fn, `t${e.result}!`, b))
              add(to, counts ? "counts" : "acquires", about, values, e.span, b);
        } else if (a.event === a.spec.release) {
          for (const k of a.spec.keys) {
            const at = a.binds[k];
            const arg = typeof at === "number" ? e.args[at] : undefined;
            if (arg !== undefined) for (const from of readFrom(arg)) add(from, "releases", about, values, e.span, b);
          }
          const nents = a.binds["nents"];
          const count = typeof nents === "number" ? e.args[nents] : undefined;
          if (count !== undefined && a.spec.countRules?.[a.event] !== undefined)
            for (const from of readFrom(count))
              add(from, "counts", { ...about, kind: `${about.kind} release` }, values, e.span, b);
        }
      }
    }
  });
  return uses;
}

/** What is assigned to each local and temp; a call that gives its argument in another form counts as the argument. */
function originsOf(protocol: Protocol, fn: FunctionFacts): Origins {
  const found = new Map<string, Value[]>();
  const note = (to: string, value: Value): void => {
    const list = found.get(to);
    if (list === undefined) found.set(to, [value]);
    else list.push(value);
  };
  for (const { effects } of fn.blocks) {
    for (const e of effects) {
      if (e.kind === "assign") {
        const to = nameOf(e.to);
        if (to !== undefined) note(to, e.value);
      } else if (e.kind === "call" && e.result !== undefined && e.callee.k === "name") {
        const [arg] = e.args;
        if (arg !== undefined && protocol.vocabulary.identity.includes(e.callee.name)) note(`t${e.result}!`, arg);
      }
    }
  }
  return found;
}

/** The places that the result of a call ends up in, through locals and changes of byte order, as far as no local is assigned again before. */
function storesOf(fn: FunctionFacts, name: string, block: number): readonly Value[] {
  const places: Value[] = [];
  const seen = new Set<string>();
  const queue: { name: string; block: number; from: number }[] = [{ name, block, from: 0 }];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const key = `${at.name} ${at.block} ${at.from}`;
    if (seen.has(key) || seen.size > MAX_FLOW) continue;
    seen.add(key);
    const effects = fn.blocks[at.block]?.effects ?? [];
    let gone = false;
    for (let i = at.from; i < effects.length && !gone; i++) {
      const e = effects[i];
      if (e?.kind === "assign") {
        const to = nameOf(e.to);
        if (nameOf(e.value) === at.name) {
          if (to === undefined) places.push(e.to);
          else queue.push({ name: to, block: at.block, from: i + 1 });
        } else if (to === at.name) gone = true;
      } else if (e?.kind === "call" && e.result !== undefined && e.args.length === 1 && e.args[0] !== undefined) {
        if (nameOf(e.args[0]) === at.name) queue.push({ name: `t${e.result}!`, block: at.block, from: i + 1 });
      }
    }
    if (!gone) for (const to of following(fn, at.block)) queue.push({ name: at.name, block: to, from: 0 });
  }
  return places;
}

/** Steps of following one result. */
const MAX_FLOW = 2_000;

/** Roles of a call as they stand there: numbers, and names of constants. */
function valuesOf(a: Act, args: readonly Value[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const role of ["size", "direction", "nents"]) {
    const at = a.binds[role];
    const arg = typeof at === "number" ? args[at] : undefined;
    if (arg === undefined) continue;
    const number = constantOf(arg);
    if (number !== undefined) found.set(role, String(number));
    else if (arg.k === "name" && /^[A-Z][A-Z0-9_]*$/.test(arg.name)) found.set(role, arg.name);
    else found.set(role, `(${printValue(arg)})`);
  }
  return found;
}

/** The field of the same struct that the branch before a block looks at. */
function guardOf(fn: FunctionFacts, block: number, place: Value): string | undefined {
  const base = path(place).root;
  if (base.k !== "name") return undefined;
  for (const [b, { end }] of fn.blocks.entries()) {
    if (end.kind !== "branch" || !following(fn, b).includes(block)) continue;
    let field: string | undefined;
    const visit = (v: Value): void => {
      if (v.k === "field" && path(v).root.k === "name" && (path(v).root as { name: string }).name === base.name)
        field ??= v.name;
      if (v.k === "un") visit(v.e);
      if (v.k === "bin") [v.l, v.r].forEach(visit);
      if (v.k === "field" || v.k === "index") visit(v.base);
    };
    visit(end.cond);
    if (field !== undefined) return `${end.then === block ? "" : "!"}${field}`;
  }
  return undefined;
}

/** Uses by cell, sorted by name. */
export function settle(uses: readonly CellUse[]): ReadonlyMap<string, readonly CellUse[]> {
  const table = new Map<string, CellUse[]>();
  for (const use of uses) {
    const key = `${use.cell.struct}.${use.cell.field}`;
    const list = table.get(key);
    if (list === undefined) table.set(key, [use]);
    else list.push(use);
  }
  return new Map([...table].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
