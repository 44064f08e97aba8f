// One function on its way along a path: what its expressions mean as terms and addresses.
import type { FunctionFacts, Value } from "../../facts/facts.ts";
import { constantOf, writtenName } from "../../facts/place.ts";
import { printValue } from "../../facts/text.ts";
import { read } from "./state.ts";
import type { State } from "./state.ts";
import type { Term, Terms } from "./term.ts";

export interface Frame {
  readonly T: Terms;
  readonly fn: FunctionFacts;
  /** Tells the locals of this function from those of others. */
  readonly key: string;
  readonly locals: ReadonlySet<string>;
  /** Locals that are arrays: their name is their address. */
  readonly arrays: ReadonlySet<string>;
  readonly statics: ReadonlySet<string>;
  /** Temps that calls give: one that is assigned to is a macro that names a place. */
  readonly results: ReadonlySet<number>;
  /** Where calls stand that a loop may repeat; filled in by whoever knows the loops. */
  readonly looped: Set<number>;
  /** Functions whose result decides a branch, as it is, in several places. */
  readonly questions: ReadonlySet<string>;
}

export function newFrame(T: Terms, fn: FunctionFacts): Frame {
  const key = `${fn.file}:${fn.span.start}`;
  return {
    T,
    fn,
    key,
    locals: new Set([...fn.params, ...fn.locals].map((l) => l.name)),
    arrays: new Set(fn.locals.filter((l) => l.type.array).map((l) => l.name)),
    looped: new Set(),
    questions: questionsOf(fn),
    results: new Set(
      fn.blocks.flatMap((b) =>
        b.effects.flatMap((e) => (e.kind === "call" && e.result !== undefined ? [e.result] : [])),
      ),
    ),
    statics: new Set(fn.locals.filter((l) => l.static === true).map((l) => l.name)),
  };
}

function questionsOf(fn: FunctionFacts): ReadonlySet<string> {
  const asked = new Map<string, number>();
  for (const { effects, end } of fn.blocks) {
    const cond = end.kind === "branch" ? (end.cond.k === "un" ? end.cond.e : end.cond) : undefined;
    if (cond?.k !== "temp") continue;
    const call = effects.findLast((e) => e.kind === "call" && e.result === cond.id);
    if (call?.kind === "call" && call.callee.k === "name")
      asked.set(call.callee.name, (asked.get(call.callee.name) ?? 0) + 1);
  }
  return new Set([...asked].filter(([, n]) => n > 1).map(([name]) => name));
}

/** The address of a local or a temp of the frame. */
export function localAddress(f: Frame, name: string): Term {
  return f.statics.has(name) ? f.T.sym(`static ${f.key} ${name}`) : f.T.local(name, f.key);
}

export const tempAddress = (f: Frame, id: number): Term => f.T.local(`t${id}!`, f.key);

/** What a value is at this point of the path. */
export function valueOf(f: Frame, s: State, v: Value): Term {
  const { T } = f;
  switch (v.k) {
    case "num":
      return T.num(v.value);
    case "str":
      return T.str("text");
    case "name": {
      const constant = constantOf(v);
      if (constant !== undefined) return T.num(constant);
      if (!f.locals.has(v.name)) {
        const global = T.sym(v.name);
        return s.env.get(global) ?? global;
      }
      const at = localAddress(f, v.name);
      return f.arrays.has(v.name) ? at : read(T, s, at);
    }
    case "temp":
      return read(T, s, tempAddress(f, v.id));
    case "field":
    case "index":
    case "deref": {
      const at = addressOf(f, s, v);
      return at === undefined ? T.op(`value ${printValue(v)}`, "value") : read(T, s, at);
    }
    case "addr":
      return addressOf(f, s, v.e) ?? (v.e.k === "name" ? T.sym(v.e.name) : T.op(`address ${printValue(v)}`, "value"));
    case "un": {
      const constant = constantOf(v);
      return constant === undefined ? T.un(v.op, valueOf(f, s, v.e)) : T.num(constant);
    }
    case "bin":
      return T.bin(v.op, valueOf(f, s, v.l), valueOf(f, s, v.r));
    case "cast":
      return valueOf(f, s, v.e);
    case "sizeof":
      return T.pure(`sizeof ${v.text.replace(/\s+/g, " ")}`, []);
    case "type":
      return T.sym(`type ${v.type.name}`);
    case "init":
    case "unknown":
      return T.op(`${v.k} ${f.key} ${v.k === "unknown" ? v.why : ""}`, "value");
  }
}

/** The address of a place; undefined for what is none. */
export function addressOf(f: Frame, s: State, v: Value): Term | undefined {
  const { T } = f;
  switch (v.k) {
    case "name":
      return f.locals.has(v.name) ? localAddress(f, v.name) : T.sym(v.name);
    case "temp":
      return tempAddress(f, v.id);
    case "field": {
      if (v.arrow) return T.faddr(valueOf(f, s, v.base), v.name);
      const base = addressOf(f, s, v.base);
      return base === undefined ? undefined : T.faddr(base, v.name);
    }
    case "index":
      return T.iaddr(valueOf(f, s, v.base), valueOf(f, s, v.index));
    case "deref":
      return valueOf(f, s, v.e);
    case "cast":
      return addressOf(f, s, v.e);
    default:
      return undefined;
  }
}

/** A term as people would write it, as far as it can be told; for messages. */
export function spell(t: Term): string {
  switch (t.k) {
    case "num":
      return String(t.value);
    case "sym":
      return t.name.replace(/^static \S+ /, "");
    case "str":
      return '"..."';
    case "param":
      return t.name;
    case "var":
      return `&${writtenName(t.name)}`;
    case "op":
      return t.name;
    case "faddr":
      return `&${spellPlace(t)}`;
    case "iaddr":
      return `&${spellPlace(t)}`;
    case "load":
      return spellPlace(t.at);
    case "un":
      return `${t.op}${spell(t.e)}`;
    case "bin":
      return `${spell(t.l)} ${t.op} ${spell(t.r)}`;
    case "pure":
      return t.name.startsWith("sizeof ") ? sizeofText(t.name) : `${t.name}(${t.args.map(spell).join(", ")})`;
  }
}

const sizeofText = (name: string): string => `sizeof(${name.slice(7).replace(/^\((.*)\)$/, "$1")})`;

function spellPlace(at: Term): string {
  if (at.k === "faddr") {
    const { base } = at;
    if (base.k === "var") return `${writtenName(base.name)}.${at.field}`;
    if (base.k === "faddr" || base.k === "iaddr") return `${spellPlace(base)}.${at.field}`;
    return `${spell(base)}->${at.field}`;
  }
  if (at.k === "iaddr")
    return `${at.base.k === "var" ? writtenName(at.base.name) : spell(at.base)}[${spell(at.index)}]`;
  if (at.k === "var") return writtenName(at.name);
  return `*${spell(at)}`;
}
