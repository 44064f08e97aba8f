// Calls that the vocabulary knows, as instructions.
import { branch, jump, label, place, push, temporary } from "./code.ts";
import { at, fieldInfo } from "./context.ts";
import { evaluate, pointee, placeOf, read } from "./expressions.ts";
import { linkField, noteHead, ownerOf, put } from "./compile.ts";
import { contract, follow, look } from "./calls.ts";
import { any, c, expression, number, r, toE, truth, unknown } from "./values.ts";
import type { Frame } from "./context.ts";
import type { Val } from "./values.ts";
import { ERR } from "../../model/unplug/skeleton.ts";
import { structType } from "./types.ts";
import type { Effect, Value } from "../../facts/facts.ts";
import type { At, E, FieldId, FieldKind } from "../../model/unplug/skeleton.ts";
import type { Meaning, Operand, OptionRule } from "../../model/unplug/vocabulary.ts";
import type { TypeRef } from "../../syntax/ast.ts";

export type Call = Effect & { readonly kind: "call" };

/** What a call that the vocabulary knows does. `next`: the effects after it in its block (an allocation is typed by where it goes). */
export function meaning(frame: Frame, e: Call, m: Meaning, name: string, next: readonly Effect[]): void {
  const { code } = frame;
  const where = at(frame, e.span, name);
  const arg = (i: number): Value => e.args[i] ?? { k: "unknown", why: "no argument" };
  switch (m.m) {
    case "lock": {
      const cell = lockCell(frame, m, arg);
      if (cell === undefined) return lost(frame, e, name, m.how === "try" ? any : m.how === "fallible" ? any : c(0));
      const sure =
        m.how === "fallible" || m.fallibleArg === undefined || truth(evaluate(frame, arg(m.fallibleArg))) === false;
      const how = sure ? m.how : "fallible";
      const reg = how === "wait" ? undefined : resultRegister(frame, e);
      push(code, { op: "lock", ...cell, mode: m.mode, how, ...(reg === undefined ? {} : { r: reg }) }, where);
      give(frame, e, reg === undefined ? number(0) : expression(r(reg), undefined));
      return;
    }
    case "unlock": {
      const cell = lockCell(frame, m, arg);
      if (cell !== undefined) push(code, { op: "unlock", ...cell, mode: m.mode }, where);
      return give(frame, e, number(0));
    }
    case "assertHeld": {
      const cell = lockCell(frame, m, arg);
      if (cell !== undefined) push(code, { op: "assertHeld", ...cell, mode: m.mode }, where);
      return;
    }
    case "grace": {
      const cell = lockCell(frame, m, arg);
      if (cell !== undefined) push(code, { op: "grace", ...cell }, where);
      return;
    }
    case "count":
      return count(frame, e, m, where);
    case "readCount": {
      const cell = cellOf(frame, arg(m.arg), "count");
      return give(frame, e, cell === undefined ? unknown : expression({ k: "count", ...cell }, undefined), where);
    }
    case "complete": {
      const cell = cellOf(frame, arg(m.arg), "completion");
      if (cell !== undefined) push(code, { op: "complete", ...cell, ...(m.all === true ? { all: true } : {}) }, where);
      return;
    }
    case "reinit": {
      const cell = cellOf(frame, arg(m.arg), "completion");
      if (cell !== undefined) push(code, { op: "reinit", ...cell }, where);
      return;
    }
    case "waitDone": {
      const cell = cellOf(frame, arg(m.arg), "completion");
      if (cell === undefined) return lost(frame, e, name, m.how === "forever" ? c(0) : any);
      const reg = m.how === "forever" ? undefined : resultRegister(frame, e);
      push(code, { op: "waitDone", ...cell, how: m.how, ...(reg === undefined ? {} : { r: reg }) }, where);
      return give(frame, e, reg === undefined ? number(0) : expression(r(reg), undefined));
    }
    case "link":
    case "move": {
      const link = cellOf(frame, arg(m.arg), "link");
      const owner = ownerOf(frame, arg(m.head));
      if (link === undefined) return;
      if (m.m === "move") push(code, { op: "unlink", ...link, init: true }, where);
      if (owner === undefined) {
        frame.world.unseen.push({ span: e.span, why: "a list whose owner is not known", about: link.f });
        return;
      }
      noteHead(frame.world, owner.head, link.f);
      push(code, { op: "link", ...link, owner: owner.o }, where);
      return;
    }
    case "unlink": {
      const link = cellOf(frame, arg(m.arg), "link");
      if (link !== undefined) push(code, { op: "unlink", ...link, init: m.init }, where);
      return;
    }
    case "isEmpty": {
      const cell = cellOf(frame, arg(m.arg), "link");
      return give(frame, e, cell === undefined ? unknown : expression({ k: "empty", ...cell }, undefined), where);
    }
    case "first":
      return first(frame, e, m, where);
    case "isHead": {
      const cursor = toE(evaluate(frame, arg(m.arg)));
      return give(frame, e, expression(cursor.k === "any" ? any : { k: "not", e: cursor }, undefined), where);
    }
    case "neighbour": {
      const type = evaluate(frame, arg(m.arg)).type;
      const tag = frame.world.types.tag(type, frame.fn.file);
      const one = tag !== undefined && frame.world.instances.get(tag) === 1;
      // The neighbour of the only one is the head.
      return give(frame, e, one ? number(0, type) : { v: { k: "any" }, type }, where);
    }
    case "act": {
      const args = m.args.map((o) => operand(frame, e, o, where));
      const opt = { ...m.opt, ...options(frame, e, m.options ?? []) };
      const keep = m.returns === undefined && e.result !== undefined;
      const reg = keep ? resultRegister(frame, e) : undefined;
      const after = m.when === undefined ? undefined : onlyWhen(frame, arg(m.when.arg), m.when.atLeast, where);
      if (after === "never") return give(frame, e, unknown);
      push(
        code,
        {
          op: "act",
          act: m.act,
          args,
          ...(Object.keys(opt).length > 0 ? { opt } : {}),
          ...(reg === undefined ? {} : { r: reg }),
        },
        where,
      );
      if (after !== undefined) place(code, after);
      give(frame, e, reg === undefined ? unknown : expression(r(reg), undefined));
      return;
    }
    case "call": {
      const args = m.args.map((o) => operand(frame, e, o, where));
      const reg = e.result === undefined ? undefined : resultRegister(frame, e);
      push(code, { op: "call", proc: m.proc, args, ...(reg === undefined ? {} : { r: reg }) }, where);
      give(frame, e, reg === undefined ? unknown : expression(r(reg), undefined));
      return;
    }
    case "alloc":
      return alloc(frame, e, next, m.devres === true, where);
    case "free":
      return free(frame, evaluate(frame, arg(m.arg)), where);
    case "same":
      return give(frame, e, evaluate(frame, arg(m.arg)), where);
    case "container":
      return give(frame, e, container(frame, arg(m.arg), arg(m.type), arg(m.member)), where);
    case "isErr": {
      const v = evaluate(frame, arg(m.arg));
      if (v.v.k === "num") return give(frame, e, number(Number(v.v.n < 0 || (m.orNull === true && v.v.n === 0))));
      if (v.v.k === "at" || v.v.k === "fn") return give(frame, e, number(0));
      const x = toE(v);
      const err: E = x.k === "any" ? any : { k: "err", e: x };
      const both: E = m.orNull === true && x.k !== "any" ? { k: "bin", op: "||", l: { k: "not", e: x }, r: err } : err;
      return give(frame, e, expression(both, undefined), where);
    }
    case "errOrZero": {
      const x = toE(evaluate(frame, arg(m.arg)));
      const reg = resultRegister(frame, e);
      const [bad, good, end] = [label(code), label(code), label(code)];
      branch(code, x.k === "any" ? any : { k: "err", e: x }, bad, good, where);
      place(code, bad);
      push(code, { op: "let", r: reg, e: c(ERR) }, where);
      jump(code, end);
      place(code, good);
      push(code, { op: "let", r: reg, e: c(0) }, where);
      place(code, end);
      return give(frame, e, expression(r(reg), undefined));
    }
    case "allOf": {
      let o = toE(evaluate(frame, arg(m.arg)));
      let all: E | undefined;
      for (const f of m.fields) {
        const [tag = "", field = ""] = f.split(".");
        fieldInfo(frame.world, tag, field, frame.world.vocabulary.fields.get(f)?.kind ?? "value", tag);
        o = { k: "f", f, o };
        all = all === undefined ? o : { k: "bin", op: "&&", l: all, r: o };
      }
      return give(frame, e, expression(all ?? any, undefined), where);
    }
    case "nothing":
      for (const a of e.args) look(frame, evaluate(frame, a), where);
      return give(frame, e, m.returns === undefined ? unknown : number(m.returns));
  }
}

/** Skips what follows where the argument is less. Gives the label after it, which the caller places. */
function onlyWhen(frame: Frame, arg: Value, atLeast: number, where: At): number | "never" | undefined {
  const v = evaluate(frame, arg);
  if (v.v.k === "num") return v.v.n >= atLeast ? undefined : "never";
  const [go, after] = [label(frame.code), label(frame.code)];
  const e = toE(v);
  branch(frame.code, e.k === "any" ? any : { k: "bin", op: ">=", l: e, r: c(atLeast) }, go, after, where);
  place(frame.code, go);
  return after;
}

/** The register of a call's result; a fresh one where nobody asked for it. */
export function resultRegister(frame: Frame, e: Call): string {
  return e.result === undefined ? temporary(frame.code, `${frame.prefix}r`) : `${frame.prefix}t${e.result}`;
}

/** Says what a call gives back. What is read from memory is read here. */
export function give(frame: Frame, e: Call, v: Val, where?: At): void {
  if (e.result === undefined) return;
  const own = `${frame.prefix}t${e.result}`;
  if (v.v.k !== "e" || v.v.e.k === "c" || v.v.e.k === "any" || (v.v.e.k === "r" && v.v.e.r === own)) {
    frame.temps.set(e.result, v);
    return;
  }
  push(frame.code, { op: "let", r: own, e: v.v.e }, where);
  frame.temps.set(e.result, { ...v, v: { k: "e", e: r(own) } });
}

function lost(frame: Frame, e: Call, name: string, result: E): void {
  frame.world.unseen.push({ span: e.span, why: `${name} of something not known`, about: "*" });
  give(frame, e, expression(result, undefined));
}

type Cell = { readonly f: FieldId; readonly o: E };

/** The cell whose address (or whose owner, for a facet) an argument is. */
export function cellOf(frame: Frame, arg: Value, kind: FieldKind): Cell | undefined {
  const { world } = frame;
  const v = evaluate(frame, arg);
  if (v.v.k === "at") {
    const { place: p } = v.v;
    if (p.k === "cell") {
      const alias = world.vocabulary.aliases.get(`${p.tag}.${p.field}`);
      const facet = alias === undefined ? undefined : facetOf(frame, structType(alias, 1), kind);
      // The address of a pointer to a facet (get_file_active(&b->file)) means the facet.
      if (facet !== undefined) {
        const inner = read(frame, p);
        return inner.v.k === "e" ? { f: facet, o: inner.v.e } : undefined;
      }
      if (p.o.k === "any" || world.vocabulary.generic.has(p.tag)) return undefined;
      fieldInfo(world, p.tag, p.field, kind, p.outer);
      return { f: `${p.tag}.${p.field}`, o: p.o };
    }
    if (p.k === "global") {
      fieldInfo(world, "global", p.name, kind, "global");
      return { f: `global.${p.name}`, o: c(1) };
    }
    return undefined;
  }
  const facet = facetOf(frame, v.type, kind);
  const o = v.v.k === "e" ? v.v.e : any;
  if (facet !== undefined && o.k !== "any" && isEnvironment(frame, o, v.type)) return { f: facet, o };
  if (facet !== undefined) return undefined;
  // A pointer to an embedded lock or count that is kept in a field or a local: not followed.
  return undefined;
}

function facetOf(frame: Frame, type: TypeRef | undefined, kind: FieldKind): FieldId | undefined {
  const tag = frame.world.types.tag(type, frame.fn.file);
  const facet = tag === undefined ? undefined : frame.world.vocabulary.facets.get(tag);
  return kind === "lock" ? facet?.lock : kind === "count" ? facet?.count : undefined;
}

/** Is the object one of the environment's? A struct file or mm_struct is only where it came from such an object. */
function isEnvironment(frame: Frame, o: E, type: TypeRef | undefined): boolean {
  const tag = frame.world.types.tag(type, frame.fn.file) ?? "";
  if (frame.world.vocabulary.environment.has(tag)) return true;
  return o.k === "r" || o.k === "f";
}

function lockCell(
  frame: Frame,
  m: { readonly arg?: number; readonly on?: FieldId },
  arg: (i: number) => Value,
): Cell | undefined {
  if (m.on !== undefined) {
    const [tag = "", field = ""] = m.on.split(".");
    fieldInfo(frame.world, tag, field, "lock", tag);
    return { f: m.on, o: c(1) };
  }
  return m.arg === undefined ? undefined : cellOf(frame, arg(m.arg), "lock");
}

function count(frame: Frame, e: Call, m: Meaning & { readonly m: "count" }, where: At): void {
  const { code } = frame;
  const arg = e.args[m.arg] ?? { k: "unknown", why: "no argument" };
  const cell = cellOf(frame, arg, "count");
  if (cell === undefined) {
    give(frame, e, m.result === "pointer" ? evaluate(frame, arg) : unknown);
    return;
  }
  if (m.do === "init") {
    const v = m.value === undefined ? number(1) : evaluate(frame, e.args[m.value] ?? arg);
    const n = v.v.k === "num" ? v.v.n : undefined;
    if (n === undefined || n < 0)
      frame.world.unseen.push({ span: e.span, why: "a count is set to a value that is not known", about: cell.f });
    push(code, { op: "count", do: "init", ...cell, value: Math.max(0, n ?? 1) }, where);
    return;
  }
  if (m.do === "getUnlessZero") {
    const reg = resultRegister(frame, e);
    push(code, { op: "count", do: m.do, ...cell, r: reg }, where);
    give(frame, e, expression(r(reg), undefined));
    return;
  }
  if (m.do === "get") {
    push(code, { op: "count", do: "get", ...cell }, where);
    give(frame, e, m.result === "pointer" ? evaluate(frame, arg) : unknown);
    return;
  }
  const release = m.release === undefined ? undefined : evaluate(frame, e.args[m.release] ?? arg);
  const needed = e.result !== undefined || release !== undefined;
  const reg = needed ? resultRegister(frame, e) : undefined;
  push(code, { op: "count", do: "put", ...cell, ...(reg === undefined ? {} : { r: reg }) }, where);
  if (reg === undefined) return;
  give(frame, e, expression(r(reg), undefined));
  if (release === undefined) return;
  const [last, end] = [label(code), label(code)];
  branch(code, r(reg), last, end, where);
  place(code, last);
  const callback = release.v.k === "fn" ? release.v : undefined;
  const fn = callback === undefined ? undefined : frame.world.callee(callback.name, callback.file);
  if (callback !== undefined && contract(frame, { ...e, result: undefined }, callback.name, [arg])) {
    place(code, end);
    return;
  }
  if (fn === undefined)
    frame.world.unseen.push({ span: e.span, why: "a release function that is not known", about: cell.f });
  else follow(frame, { ...e, result: undefined }, fn, [evaluate(frame, arg)]);
  place(code, end);
}

function first(frame: Frame, e: Call, m: Meaning & { readonly m: "first" }, where: At): void {
  const { code } = frame;
  const owner = ownerOf(frame, e.args[m.arg] ?? { k: "unknown", why: "no argument" });
  const written = e.args.find((a) => a.k === "type");
  const type = written?.k === "type" ? written.type : undefined;
  const tag = frame.world.types.tag(type, frame.fn.file);
  const memberName = e.args[m.member];
  const pointer = tag === undefined ? undefined : structType(tag, 1);
  const link = tag === undefined || memberName === undefined ? undefined : linkField(frame, tag, memberName);
  if (owner === undefined || link === undefined) {
    give(frame, e, { v: { k: "any" }, type: pointer });
    return;
  }
  noteHead(frame.world, owner.head, link);
  const reg = resultRegister(frame, e);
  const end = label(code);
  push(code, { op: "let", r: reg, e: c(0) }, where);
  push(code, { op: "next", r: reg, f: link, owner: owner.o, done: end }, where);
  place(code, end);
  give(frame, e, expression(r(reg), pointer));
}

/** An argument of an action or of a contract's procedure: a pointer to a member is the object that the member stands in. */
export function operand(frame: Frame, e: Call, o: Operand, where: At): E {
  if (typeof o === "number") {
    const v = evaluate(frame, e.args[o] ?? { k: "unknown", why: "no argument" });
    return v.v.k === "at" && v.v.place.k === "cell" ? v.v.place.o : toE(v);
  }
  if ("device" in o) {
    // Which device it is does not matter, as there is one; that its pointer is read does.
    const v = toE(evaluate(frame, e.args[o.device] ?? { k: "unknown", why: "no argument" }));
    if (v.k === "f") push(frame.code, { op: "let", r: temporary(frame.code, "touch"), e: v }, where);
    return c(1);
  }
  const value = e.args[o.arg];
  if (value === undefined) return any;
  let v: Value = { k: "deref", e: value };
  for (const name of o.path) v = { k: "field", base: v.k === "deref" ? v.e : v, name, arrow: v.k === "deref" };
  // `&info` is a local struct: its member is a register.
  const start = pointee(frame, evaluate(frame, value));
  if (start.k === "parts" && o.path.length === 1)
    return toE(read(frame, { k: "reg", reg: `${start.base}.${o.path[0]}`, type: undefined }));
  return toE(read(frame, placeOf(frame, v)));
}

function options(frame: Frame, e: Call, rules: readonly OptionRule[]): Record<string, string | number | boolean> {
  const out: Record<string, string | number | boolean> = {};
  for (const rule of rules) {
    const value = e.args[rule.arg];
    const known = value === undefined ? undefined : evaluate(frame, value);
    switch (rule.from) {
      case "name":
        out[rule.name] = (value?.k === "name" ? rule.names[value.name] : undefined) ?? rule.otherwise;
        break;
      case "truth":
        out[rule.name] = known === undefined ? rule.otherwise : (truth(known) ?? rule.otherwise);
        break;
      case "timeout":
        out[rule.name] =
          value?.k === "name" && value.name === "MAX_SCHEDULE_TIMEOUT"
            ? "max"
            : known?.v.k === "num" && known.v.n === 0
              ? "zero"
              : "finite";
        break;
    }
  }
  return out;
}

function alloc(frame: Frame, e: Call, next: readonly Effect[], devres: boolean, where: At): void {
  if (e.result === undefined) return;
  const { types, instances } = frame.world;
  const into = next.find((x) => x.kind === "assign" && isTemp(x.value, e.result));
  const first = e.args[0];
  const type =
    into?.kind === "assign"
      ? types.of(into.to, frame.fn)
      : first?.k === "deref"
        ? types.of(first.e, frame.fn)
        : undefined;
  const tag = type?.pointers === 1 ? types.tag(type, frame.fn.file) : undefined;
  if (tag === undefined || !instances.has(tag)) {
    give(frame, e, { v: { k: "any" }, type });
    return;
  }
  if (devres) frame.world.devres.add(tag);
  const reg = resultRegister(frame, e);
  push(frame.code, { op: "alloc", cls: tag, r: reg }, where);
  give(frame, e, expression(r(reg), type));
}

const isTemp = (v: Value, id: number | undefined): boolean =>
  v.k === "cast" ? isTemp(v.e, id) : v.k === "temp" && v.id === id;

function free(frame: Frame, v: Val, where: At): void {
  const { code } = frame;
  const tag = frame.world.types.tag(v.type, frame.fn.file);
  const e = toE(v);
  if (tag === undefined || e.k === "any" || e.k === "c" || frame.world.vocabulary.generic.has(tag)) return;
  // Freeing NULL does nothing, in C and in the machine.
  push(code, { op: "free", cls: tag, o: e }, where);
}

/** container_of: the same object under its container's type. */
function container(frame: Frame, arg: Value, type: Value, member: Value): Val {
  const { types, world } = { types: frame.world.types, world: frame.world };
  const t = type.k === "type" ? type.type : undefined;
  const tag = types.tag(t, frame.fn.file);
  if (t === undefined || tag === undefined) return unknown;
  const v = evaluate(frame, arg);
  const pointer = structType(tag, 1);
  const memberTag =
    member.k === "name" ? types.tag(types.member(t, member.name, frame.fn.file)?.decl.type, frame.fn.file) : undefined;
  if (memberTag !== undefined && !world.vocabulary.kinds.has(memberTag)) world.embedded.add(`${tag}>${memberTag}`);
  if (v.v.k === "at" && v.v.place.k === "cell") return expression(v.v.place.o, pointer);
  if (v.v.k === "e") return expression(v.v.e, pointer);
  if (v.v.k === "at" && v.v.place.k === "table") {
    // From a member of a constant table to the table that holds it.
    const path = member.k === "name" && v.v.place.path.at(-1) === member.name ? v.v.place.path.slice(0, -1) : undefined;
    return path === undefined
      ? { v: { k: "any" }, type: pointer }
      : { v: { k: "at", place: { ...v.v.place, path } }, type: pointer };
  }
  return { v: { k: "any" }, type: pointer };
}

export { put };
