// Expressions as closures over a machine's state. Reading an ANY cell decides it; a test that its operands don't decide goes both ways.
import type { E } from "./skeleton.ts";
import { ANY, MANY } from "./skeleton.ts";
import type { Core } from "./core.ts";
import { decide, reach } from "./core.ts";
import type { LaidClass } from "./layout.ts";
import { isLive } from "./layout.ts";
import { apply, equal, EVERYTHING, LARGEST } from "./values.ts";

export type Value = () => number;

export interface Scope {
  /** Offset of the thread's registers, or -1 where there are none (scenario expressions). */
  readonly registers: number;
  /** An observer: what it reads of objects that are not live is 0, and never a violation. */
  readonly observer?: boolean;
}

/** Something that can be read and, where more becomes known about it, written back. */
interface Operand {
  readonly read: Value;
  readonly know?: (v: number) => void;
}

/** The expression's value; may be ANY only where it is a register's or comes of arithmetic. */
export function value(c: Core, e: E, s: Scope): Value {
  const { bytes } = c;
  switch (e.k) {
    case "c":
      return () => e.v;
    case "any":
      return () => ANY;
    case "not":
    case "bin":
      if (e.k === "not" || e.op === "&&" || e.op === "||") {
        const t = truth(c, e, s);
        return () => (t() ? 1 : 0);
      }
      return arithmetic(c, e, s);
    case "err": {
      const v = operand(c, e.e, s).read;
      return () => (v() === 0xfe ? 1 : 0);
    }
    case "live": {
      const cls = c.linked.layout.classes.get(e.cls);
      if (cls === undefined) return unknown(c, `class ${e.cls} is not known`);
      const o = value(c, e.o, s);
      return () => {
        const n = o();
        if (n < 1 || n > cls.count) return 0;
        const base = cls.base + (n - 1) * cls.stride;
        c.watch?.enter(base);
        c.watch?.touch(base, false);
        return isLive(bytes[base]) ? 1 : 0;
      };
    }
    case "empty": {
      const f = c.linked.layout.fields.get(e.f);
      const cls = f && c.linked.layout.classes.get(f.cls);
      if (f?.kind !== "link" || cls === undefined) return unknown(c, `link field ${e.f} is not known`);
      const owner = ownerOf(c, f.spec.to, e.o, s, e.f);
      return () => {
        const n = owner();
        if (n === 0) return 1;
        for (let i = 0, at = cls.base + f.at; i < cls.count; i++, at += cls.stride) {
          c.watch?.enter(at - f.at);
          c.watch?.touch(at, false);
          if (bytes[at] === n) return 0;
        }
        return 1;
      };
    }
    case "linked": {
      const read = cellOf(c, { ...e, k: "f" }, s).read;
      return () => (read() === 0 ? 0 : 1);
    }
    case "r":
    case "f":
    case "count":
    case "pred":
      return cellOf(c, e, s).read;
  }
}

/** The expression as a condition. */
export function truth(c: Core, e: E, s: Scope): () => boolean {
  if (e.k === "any") return () => c.choose(2) === 0;
  if (e.k === "not") {
    const t = truth(c, e.e, s);
    return () => !t();
  }
  if (e.k === "bin" && (e.op === "&&" || e.op === "||")) {
    const l = truth(c, e.l, s);
    const r = truth(c, e.r, s);
    return e.op === "&&" ? () => l() && c.fault === undefined && r() : () => l() || (c.fault === undefined && r());
  }
  const v = operand(c, e, s).read;
  return () => v() !== 0;
}

/** The expression as one side of a test: never ANY, and what a test finds out can be written back. */
export function operand(c: Core, e: E, s: Scope): Operand {
  const base: Operand = isCell(e) ? cellOf(c, e, s) : { read: value(c, e, s) };
  // Reading a cell decides it already; only registers and results can be ANY.
  if (isCell(e) && e.k !== "r") return base;
  const { read, know } = base;
  return {
    ...base,
    read: () => {
      const v = read();
      if (v !== ANY) return v;
      const decided = EVERYTHING[c.choose(EVERYTHING.length)] ?? 0;
      if (know) {
        know(decided);
        c.decided = true;
      }
      return decided;
    },
  };
}

type CellE = E & { readonly k: "r" | "f" | "count" | "pred" };

const isCell = (e: E): e is CellE => e.k === "r" || e.k === "f" || e.k === "count" || e.k === "pred";

/** A plain field of an object that a register names, or of a given object that is only observed: the usual reads, in one closure each. */
function usualRead(c: Core, e: CellE, s: Scope): Operand | undefined {
  const f = e.k === "f" ? c.linked.layout.fields.get(e.f) : undefined;
  const cls = f && c.linked.layout.classes.get(f.cls);
  if (e.k !== "f" || f === undefined || cls === undefined || f.kind === "lock") return undefined;
  const { bytes } = c;
  const { values, at: offset } = f;
  let last = -1;
  const know = (v: number): void => {
    if (last < 0) return;
    bytes[last] = v;
    c.decided = true;
  };
  if (s.observer === true) {
    if (e.o.k !== "c" || e.o.v < 1 || e.o.v > cls.count) return undefined;
    const base = cls.base + (e.o.v - 1) * cls.stride;
    const read = (): number => {
      const { watch } = c;
      watch?.enter(base);
      watch?.touch(base, false);
      last = isLive(bytes[base]) ? base + offset : -1;
      if (last < 0) return 0;
      watch?.touch(last, false);
      const v = bytes[last]!;
      return v === ANY ? decide(c, last, values) : v;
    };
    return { read, know };
  }
  const o = object(c, cls, e.o, s, e.f);
  const read = (): number => {
    const base = o();
    last = base < 0 ? -1 : base + offset;
    if (base < 0) return 0;
    c.watch?.touch(last, false);
    const v = bytes[last]!;
    return v === ANY ? decide(c, last, values) : v;
  };
  return { read, know };
}

function cellOf(c: Core, e: CellE, s: Scope): Operand {
  const usual = usualRead(c, e, s);
  if (usual !== undefined) return usual;
  const { bytes } = c;
  if (e.k === "r") {
    if (s.registers < 0) return { read: unknown(c, `register ${e.r} in an expression of the scenario`) };
    const at = s.registers + Number(e.r);
    return { read: () => bytes[at]!, know: (v) => void (bytes[at] = v) };
  }
  const found = cellAt(c, e, s);
  if (typeof found === "string") return { read: unknown(c, found) };
  const { at, values } = found;
  let last = -1;
  return {
    read: () => {
      last = at();
      if (last < 0) return 0;
      c.watch?.touch(last, false);
      const v = bytes[last]!;
      return v === ANY ? decide(c, last, values) : v;
    },
    know: (v) => {
      if (last < 0) return;
      bytes[last] = v;
      c.decided = true;
    },
  };
}

function cellAt(
  c: Core,
  e: E & { readonly k: "f" | "count" | "pred" },
  s: Scope,
): { readonly at: Value; readonly values: readonly number[] } | string {
  const { layout } = c.linked;
  if (e.k === "pred") {
    const p = layout.preds.get(e.p);
    if (p === undefined) return `predicate ${e.p} is not known`;
    const o = object(c, p.cls, e.o, s, e.p);
    const { base, cls } = p;
    return { at: () => predCell(o(), cls, base), values: EVERYTHING };
  }
  const f = layout.fields.get(e.f);
  const cls = f && layout.classes.get(f.cls);
  if (f === undefined || cls === undefined) return `field ${e.f} is not known`;
  if (f.kind === "lock" || (e.k === "count" && f.kind !== "count"))
    return `${e.f} is a ${f.kind} and cannot be read so`;
  const o = object(c, cls, e.o, s, e.f);
  const offset = f.at;
  return {
    at: () => {
      const base = o();
      return base < 0 ? -1 : base + offset;
    },
    values: f.values,
  };
}

/** The predicate's cell of the object that lies at `base`. */
export const predCell = (base: number, cls: LaidClass, first: number): number =>
  base < 0 ? -1 : first + (base - cls.base) / cls.stride;

/** The offset of the object that the expression names, or -1 and a fault. `what` says what is looked at there. */
export function object(c: Core, cls: LaidClass, e: E, s: Scope, what: string): Value {
  const { bytes } = c;
  const { count, stride } = cls;
  const before = cls.base - stride;
  if (e.k === "r" && s.registers >= 0 && s.observer !== true) {
    const at = s.registers + Number(e.r);
    return () => {
      if (c.fault !== undefined) return -1;
      const n = bytes[at]!;
      if (n >= 1 && n <= count) {
        const base = before + n * stride;
        if (isLive(bytes[base])) {
          c.watch?.enter(base);
          return base;
        }
      }
      return reach(c, cls, n, what);
    };
  }
  const o = value(c, e, s);
  if (s.observer === true) {
    return () => {
      const n = o();
      if (n < 1 || n > cls.count) return -1;
      const base = cls.base + (n - 1) * cls.stride;
      c.watch?.enter(base);
      c.watch?.touch(base, false);
      return isLive(c.bytes[base]) ? base : -1;
    };
  }
  return () => {
    const n = o();
    return c.fault === undefined ? reach(c, cls, n, what) : -1;
  };
}

/** The number of the object that owns a list head; 0 and a fault where it is not live. */
export function ownerOf(c: Core, to: string | undefined, e: E, s: Scope, what: string): Value {
  const o = value(c, e, s);
  const cls = to === undefined ? undefined : c.linked.layout.classes.get(to);
  if (cls === undefined || s.observer === true) return o;
  return () => {
    const n = o();
    return c.fault === undefined && reach(c, cls, n, `list head of ${what}`) >= 0 ? n : 0;
  };
}

function arithmetic(c: Core, e: E & { readonly k: "bin" }, s: Scope): Value {
  const l = operand(c, e.l, s);
  const r = operand(c, e.r, s);
  const { op } = e;
  if (op === "&&" || op === "||") return () => 0;
  if (op !== "==" && op !== "!=") return () => apply(op, l.read(), r.read(), c.choose);
  const [yes, no] = op === "==" ? [1, 0] : [0, 1];
  return () => {
    const a = l.read();
    const b = r.read();
    if (a <= LARGEST && b <= LARGEST) return a === b ? yes : no;
    let same = equal(a, b);
    if (same === undefined) {
      same = c.choose(2) === 0;
      // What is equal to a number is that number from now on.
      if (same && a === MANY && b !== MANY) l.know?.(b);
      if (same && b === MANY && a !== MANY) r.know?.(a);
    }
    return same ? yes : no;
  };
}

/** A value that makes the exploration incomplete when it is asked for. */
function unknown(c: Core, why: string): Value {
  return () => {
    c.trouble = why;
    return 0;
  };
}
