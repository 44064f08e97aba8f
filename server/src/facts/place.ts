// Places and values: building them in one canonical form, comparing them, naming their root and path, and their value where it is constant.
import { parseNumber } from "./number.ts";
import type { Value } from "./facts.ts";

/** `base.name` or `base->name`; `(*p).x` becomes `p->x` and `(&s)->x` becomes `s.x`. */
export function field(base: Value, name: string, arrow: boolean): Value {
  if (!arrow && base.k === "deref") return { k: "field", base: base.e, name, arrow: true };
  if (arrow && base.k === "addr") return field(base.e, name, false);
  return { k: "field", base, name, arrow };
}

/** `*e`; `*&x` becomes `x`. */
export function deref(e: Value): Value {
  return e.k === "addr" ? e.e : { k: "deref", e };
}

/** `&e`; `&*p` becomes `p`. */
export function addr(e: Value): Value {
  return e.k === "deref" ? e.e : { k: "addr", e };
}

export function num(value: number): Value {
  return { k: "num", value };
}

export function name(text: string): Value {
  return { k: "name", name: text };
}

/** Rebuilds a value from its parts, each first passed through `change`. */
export function mapParts(v: Value, change: (part: Value) => Value): Value {
  switch (v.k) {
    case "field":
      return field(change(v.base), v.name, v.arrow);
    case "index":
      return { k: "index", base: change(v.base), index: change(v.index) };
    case "deref":
      return deref(change(v.e));
    case "addr":
      return addr(change(v.e));
    case "un":
      return { k: "un", op: v.op, e: change(v.e) };
    case "bin":
      return { k: "bin", op: v.op, l: change(v.l), r: change(v.r) };
    case "cast":
      return { k: "cast", type: v.type, e: change(v.e) };
    case "init":
      return { k: "init", type: v.type, entries: v.entries.map((e) => ({ path: e.path, value: change(e.value) })) };
    case "num":
    case "str":
    case "name":
    case "temp":
    case "sizeof":
    case "type":
    case "unknown":
      return v;
  }
}

/** The values that `v` is made of, one level down. */
export function parts(v: Value): readonly Value[] {
  switch (v.k) {
    case "field":
      return [v.base];
    case "index":
      return [v.base, v.index];
    case "deref":
    case "addr":
    case "un":
    case "cast":
      return [v.e];
    case "bin":
      return [v.l, v.r];
    case "init":
      return v.entries.map((e) => e.value);
    case "num":
    case "str":
    case "name":
    case "temp":
    case "sizeof":
    case "type":
    case "unknown":
      return [];
  }
}

/** Calls `visit` on `v` and on everything inside it, outermost first. */
export function walk(v: Value, visit: (part: Value) => void): void {
  visit(v);
  for (const part of parts(v)) walk(part, visit);
}

/** True where `v` mentions the local, parameter or global `text`. */
export function mentions(v: Value, text: string): boolean {
  return (v.k === "name" && v.name === text) || parts(v).some((part) => mentions(part, text));
}

/** The same value with casts to pointers dropped and `*`, `&`, `.` and `->` in canonical form. */
export function normalise(v: Value): Value {
  if (v.k === "cast" && (v.type.pointers > 0 || v.type.func)) return normalise(v.e);
  return mapParts(v, normalise);
}

/** True where both are the same value as written, apart from casts to pointers. Says nothing about aliases. */
export function same(a: Value, b: Value): boolean {
  return equal(normalise(a), normalise(b));
}

function equal(a: Value, b: Value): boolean {
  switch (a.k) {
    case "num":
      return b.k === "num" && a.value === b.value;
    case "str":
    case "unknown":
      return false; // Two texts or two unknowns need not be one.
    case "name":
      return b.k === "name" && a.name === b.name;
    case "temp":
      return b.k === "temp" && a.id === b.id;
    case "field":
      return b.k === "field" && a.name === b.name && a.arrow === b.arrow && equal(a.base, b.base);
    case "index":
      return b.k === "index" && equal(a.base, b.base) && equal(a.index, b.index);
    case "deref":
      return b.k === "deref" && equal(a.e, b.e);
    case "addr":
      return b.k === "addr" && equal(a.e, b.e);
    case "un":
      return b.k === "un" && a.op === b.op && equal(a.e, b.e);
    case "bin":
      return b.k === "bin" && a.op === b.op && equal(a.l, b.l) && equal(a.r, b.r);
    case "cast":
      return b.k === "cast" && a.type.name === b.type.name && a.type.kind === b.type.kind && equal(a.e, b.e);
    case "sizeof":
      return b.k === "sizeof" && a.text === b.text;
    case "type":
      return b.k === "type" && a.type.name === b.type.name && a.type.pointers === b.type.pointers;
    case "init":
      return false;
  }
}

/** A place as a root and the steps from it: `&p->bufs[i].ref` is { root: p, steps: ["*", ".bufs", "[]", ".ref", "&"] }. */
export interface Path {
  /** A name, a temp, or what else stands there (a sum of pointers, a literal). */
  readonly root: Value;
  /** "*" follows a pointer, ".x" selects a field, "[]" an element, "&" takes the address (last, if at all). */
  readonly steps: readonly string[];
}

/** The path of a value, after `normalise`. Values that are not places have themselves as root and no steps. */
export function path(v: Value): Path {
  const steps: string[] = [];
  let at = normalise(v);
  for (;;) {
    if (at.k === "field") {
      steps.push(`.${at.name}`);
      if (at.arrow) steps.push("*");
      at = at.base;
    } else if (at.k === "index") {
      steps.push("[]");
      at = at.base;
    } else if (at.k === "deref") {
      steps.push("*");
      at = at.e;
    } else if (at.k === "addr") {
      steps.push("&");
      at = at.e;
    } else break;
  }
  return { root: at, steps: steps.reverse() };
}

/** The name at the root of a place: "priv" for `&priv->kref`. Undefined for temps and for what is not a place. */
export function rootName(v: Value): string | undefined {
  const root = path(v).root;
  return root.k === "name" ? root.name : undefined;
}

/** The name of the field that a place ends in, looking through `&` and elements: "kref" for `&priv->kref`. */
export function lastField(v: Value): string | undefined {
  const step = path(v).steps.findLast((s) => s.startsWith("."));
  return step?.slice(1);
}

/** The members that a macro's member argument names: ["a", "b"] for `a.b` in container_of(p, struct x, a.b). */
export function memberPath(v: Value): readonly string[] {
  if (v.k === "name") return [v.name];
  return v.k === "field" ? [...memberPath(v.base), v.name] : [];
}

/** A renamed local's name as the C has it: "ret#2" is "ret". */
export function writtenName(text: string): string {
  const mark = text.indexOf("#");
  return mark < 0 ? text : text.slice(0, mark);
}

/** The value of an integer expression over constants, `true`, `false` and `NULL`; undefined where a name or a call decides. */
export function constantOf(v: Value): number | undefined {
  switch (v.k) {
    case "num":
      return v.value;
    case "name":
      return v.name === "true" ? 1 : v.name === "false" || v.name === "NULL" ? 0 : undefined;
    case "cast": {
      const value = constantOf(v.e);
      return v.type.name === "bool" && v.type.pointers === 0 && value !== undefined ? Number(value !== 0) : value;
    }
    case "un": {
      const value = constantOf(v.e);
      if (value === undefined) return undefined;
      return v.op === "!" ? Number(value === 0) : v.op === "-" ? -value : -value - 1;
    }
    case "bin": {
      const l = constantOf(v.l);
      const r = constantOf(v.r);
      return l === undefined || r === undefined ? undefined : fold(v.op, l, r);
    }
    case "str":
    case "temp":
    case "field":
    case "index":
    case "deref":
    case "addr":
    case "sizeof":
    case "type":
    case "init":
    case "unknown":
      return undefined;
  }
}

/** A binary operator on two constants. Exact below 2^53 only, so results beyond that are undefined rather than rounded. */
export function fold(op: string, l: number, r: number): number | undefined {
  const exact = (n: number): number | undefined => (Number.isSafeInteger(n) ? n : undefined);
  switch (op) {
    case "+":
      return exact(l + r);
    case "-":
      return exact(l - r);
    case "*":
      return exact(l * r);
    case "/":
      return r === 0 ? undefined : exact(Math.trunc(l / r));
    case "%":
      return r === 0 ? undefined : exact(l % r);
    case "<<":
      return r < 0 || r > 52 ? undefined : exact(l * 2 ** r);
    case ">>":
      return r < 0 || r > 52 || l < 0 ? undefined : exact(Math.floor(l / 2 ** r));
    case "&":
    case "|":
    case "^": {
      if (!Number.isSafeInteger(l) || !Number.isSafeInteger(r)) return undefined;
      const [a, b] = [BigInt(l), BigInt(r)];
      return exact(Number(op === "&" ? a & b : op === "|" ? a | b : a ^ b));
    }
    case "==":
      return Number(l === r);
    case "!=":
      return Number(l !== r);
    case "<":
      return Number(l < r);
    case "<=":
      return Number(l <= r);
    case ">":
      return Number(l > r);
    case ">=":
      return Number(l >= r);
    default:
      return undefined;
  }
}

/** An integer as the value of its text, for tables that hold C's spelling. */
export function numberValue(text: string): Value {
  const value = parseNumber(text);
  return value === undefined ? { k: "unknown", why: text } : num(value);
}
