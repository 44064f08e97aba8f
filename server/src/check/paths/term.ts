// Values as hash-consed terms: equal terms are the same object, so comparing values along a path is comparing references.
import { MAX_TERM } from "./limits.ts";

/**
 * Addresses are terms too: `var` is the address of a local, `faddr` of a field of what `base` points to, `iaddr` of an element.
 * `load` is what stood at an address when the function began. `op` is a value that nothing else says anything about.
 */
export type Term = { readonly id: number; readonly depth: number } & (
  | { readonly k: "num"; readonly value: number }
  | { readonly k: "sym"; readonly name: string }
  | { readonly k: "str"; readonly key: string }
  | { readonly k: "param"; readonly index: number; readonly name: string }
  | { readonly k: "var"; readonly name: string; readonly key: string }
  | { readonly k: "op"; readonly key: string; readonly name: string }
  | { readonly k: "faddr"; readonly base: Term; readonly field: string }
  | { readonly k: "iaddr"; readonly base: Term; readonly index: Term }
  | { readonly k: "load"; readonly at: Term }
  | { readonly k: "un"; readonly op: string; readonly e: Term }
  | { readonly k: "bin"; readonly op: string; readonly l: Term; readonly r: Term }
  | { readonly k: "pure"; readonly name: string; readonly args: readonly Term[] }
);

type Shape<T> = T extends { readonly k: infer _K } ? Omit<T, "id" | "depth"> : never;

export interface Terms {
  readonly num: (value: number) => Term;
  readonly sym: (name: string) => Term;
  readonly str: (key: string) => Term;
  readonly param: (index: number, name: string) => Term;
  readonly local: (name: string, frame: string) => Term;
  readonly op: (key: string, name: string) => Term;
  readonly faddr: (base: Term, field: string) => Term;
  readonly iaddr: (base: Term, index: Term) => Term;
  readonly load: (at: Term) => Term;
  readonly un: (op: string, e: Term) => Term;
  readonly bin: (op: string, l: Term, r: Term) => Term;
  readonly pure: (name: string, args: readonly Term[]) => Term;
}

/** A table of terms. Terms of different tables must not meet. */
export function newTerms(): Terms {
  const table = new Map<string, Term>();
  let next = 1;

  function make(key: string, depth: number, shape: Shape<Term>): Term {
    const known = table.get(key);
    if (known !== undefined) return known;
    const term = { ...shape, id: next++, depth } as Term;
    table.set(key, term);
    return term;
  }

  const num = (value: number): Term => make(`n${value}`, 0, { k: "num", value });
  const op = (key: string, name: string): Term => make(`o${key}`, 0, { k: "op", key, name });

  /** Beyond the budget a value is just some value: never equal to another one by accident, since its key names its parts. */
  function deep(key: string, depth: number, shape: Shape<Term>): Term {
    return depth > MAX_TERM ? op(`deep ${key}`, "value") : make(key, depth, shape);
  }

  function bin(operator: string, l: Term, r: Term): Term {
    const folded = l.k === "num" && r.k === "num" ? foldInts(operator, l.value, r.value) : undefined;
    if (folded !== undefined) return num(folded);
    switch (operator) {
      case "!=":
        return un("!", bin("==", l, r));
      case ">":
        return bin("<", r, l);
      case ">=":
        return un("!", bin("<", l, r));
      case "<=":
        return un("!", bin("<", r, l));
      case "==": {
        if (l === r) return num(1);
        if (r.k === "num" && r.value === 0) return un("!", l);
        if (l.k === "num" && l.value === 0) return un("!", r);
        const [a, b] = l.id < r.id ? [l, r] : [r, l];
        return deep(`b==${a.id},${b.id}`, 1 + Math.max(a.depth, b.depth), { k: "bin", op: "==", l: a, r: b });
      }
      case "+":
        if (r.k === "num" && r.value === 0) return l;
        if (l.k === "num") return bin("+", r, l);
        if (r.k === "num" && l.k === "bin" && l.op === "+" && l.r.k === "num")
          return bin("+", l.l, num(l.r.value + r.value));
        break;
      case "-":
        if (r.k === "num") return bin("+", l, num(-r.value));
        if (l === r) return num(0);
        break;
      case "&": {
        // A flag that was just set or cleared.
        const [a, b] = l.k === "bin" && (l.op === "|" || l.op === "&") ? [l.l, l.r] : [undefined, undefined];
        if (l.k === "bin" && l.op === "|" && (a === r || b === r)) return num(1);
        if (l.k === "bin" && l.op === "&" && [a, b].some((x) => x?.k === "un" && x.op === "~" && x.e === r))
          return num(0);
        break;
      }
      case "*":
        if (l.k === "num" && r.k !== "num") return bin("*", r, l);
        if (r.k === "num" && r.value === 1) return l;
        break;
    }
    return deep(`b${operator}${l.id},${r.id}`, 1 + Math.max(l.depth, r.depth), { k: "bin", op: operator, l, r });
  }

  function un(operator: string, e: Term): Term {
    if (operator === "!") {
      if (e.k === "num") return num(e.value === 0 ? 1 : 0);
      if (e.k === "un" && e.op === "!" && isTruth(e.e)) return e.e;
    }
    if (operator === "-" && e.k === "num") return num(-e.value);
    return deep(`u${operator}${e.id}`, 1 + e.depth, { k: "un", op: operator, e });
  }

  return {
    num,
    op,
    sym: (name) => make(`s${name}`, 0, { k: "sym", name }),
    str: (key) => make(`"${key}`, 0, { k: "str", key }),
    param: (index, name) => make(`p${index}`, 0, { k: "param", index, name }),
    local: (name, frame) => make(`v${frame} ${name}`, 0, { k: "var", name, key: `${frame} ${name}` }),
    faddr: (base, field) => deep(`f${base.id}.${field}`, 1 + base.depth, { k: "faddr", base, field }),
    iaddr: (base, index) =>
      // The first element of what a pointer points to is what it points to; an array that is a local stays apart from its elements.
      index.k === "num" && index.value === 0 && base.k !== "var"
        ? base
        : deep(`i${base.id},${index.id}`, 1 + Math.max(base.depth, index.depth), { k: "iaddr", base, index }),
    load: (at) => deep(`l${at.id}`, 1 + at.depth, { k: "load", at }),
    un,
    bin,
    pure: (name, args) =>
      deep(`c${name}(${args.map((a) => a.id).join()})`, 1 + Math.max(0, ...args.map((a) => a.depth)), {
        k: "pure",
        name,
        args,
      }),
  };
}

/** Is the term 0 or 1? */
const isTruth = (t: Term): boolean => (t.k === "un" && t.op === "!") || (t.k === "bin" && /^(==|<)$/.test(t.op));

function foldInts(op: string, l: number, r: number): number | undefined {
  const value = ((): number | undefined => {
    switch (op) {
      case "+":
        return l + r;
      case "-":
        return l - r;
      case "*":
        return l * r;
      case "/":
        return r === 0 ? undefined : Math.trunc(l / r);
      case "==":
        return Number(l === r);
      case "!=":
        return Number(l !== r);
      case "<":
        return Number(l < r);
      case ">":
        return Number(l > r);
      case "<=":
        return Number(l <= r);
      case ">=":
        return Number(l >= r);
      case "<<":
        return r >= 0 && r < 40 ? l * 2 ** r : undefined;
      default:
        return undefined;
    }
  })();
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

/** The terms that `t` is made of, one level down. */
export function partsOf(t: Term): readonly Term[] {
  switch (t.k) {
    case "faddr":
      return [t.base];
    case "iaddr":
      return [t.base, t.index];
    case "load":
      return [t.at];
    case "un":
      return [t.e];
    case "bin":
      return [t.l, t.r];
    case "pure":
      return t.args;
    case "num":
    case "sym":
    case "str":
    case "param":
    case "var":
    case "op":
      return [];
  }
}

/** Does `part` stand anywhere in `t`? */
export function contains(t: Term, part: Term): boolean {
  return t === part || (t.depth > part.depth && partsOf(t).some((p) => contains(p, part)));
}

export function some(t: Term, test: (part: Term) => boolean): boolean {
  return test(t) || partsOf(t).some((p) => some(p, test));
}

/** The same term over other leaves: `leaf` gives the replacement of what it knows. */
export function rebuild(T: Terms, t: Term, leaf: (t: Term) => Term | undefined): Term {
  const replaced = leaf(t);
  if (replaced !== undefined) return replaced;
  const of = (part: Term): Term => rebuild(T, part, leaf);
  switch (t.k) {
    case "faddr":
      return T.faddr(of(t.base), t.field);
    case "iaddr":
      return T.iaddr(of(t.base), of(t.index));
    case "load":
      return T.load(of(t.at));
    case "un":
      return T.un(t.op, of(t.e));
    case "bin":
      return T.bin(t.op, of(t.l), of(t.r));
    case "pure":
      return T.pure(t.name, t.args.map(of));
    case "num":
    case "sym":
    case "str":
    case "param":
    case "var":
    case "op":
      return t;
  }
}

/** What an address belongs to: the local, parameter or other pointer at its root. */
export function rootOf(address: Term): Term {
  let at = address;
  while (at.k === "faddr" || at.k === "iaddr") at = at.base;
  return at;
}

/** The last field of an address: "dma" for &p->bufs[i].dma. */
export function fieldOfAddress(address: Term): string | undefined {
  let at = address;
  while (at.k === "iaddr") at = at.base;
  if (at.k === "faddr") return at.field;
  return at.k === "load" ? fieldOfAddress(at.at) : undefined;
}

/** A sum taken apart: what is added to a number. */
export function linear(t: Term): { readonly base: Term | undefined; readonly offset: number } {
  if (t.k === "num") return { base: undefined, offset: t.value };
  if (t.k === "bin" && t.op === "+" && t.r.k === "num") return { base: t.l, offset: t.r.value };
  return { base: t, offset: 0 };
}
