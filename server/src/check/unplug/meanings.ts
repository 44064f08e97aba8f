// Calls that the vocabulary knows, as instructions.
import { branch, jump, label, place, push, temporary } from "./code.ts";
import { at, fieldInfo } from "./context.ts";
import { evaluate, pointee, placeOf, read } from "./expressions.ts";
import { bit, exchange } from "./bits.ts";
import { look } from "./calls.ts";
import { cellOf, lockCell } from "./cells.ts";
import { count } from "./counts.ts";
import { linkField, noteHead, ownerOf } from "./loops.ts";
import { alloc, container, free } from "./memory.ts";
import { any, c, expression, number, r, toE, truth, unknown } from "./values.ts";
import type { Frame } from "./context.ts";
import type { Val } from "./values.ts";
import { ERR } from "../../model/unplug/skeleton.ts";
import { structType } from "./types.ts";
import type { Effect, Value } from "../../facts/facts.ts";
import type { At, E } from "../../model/unplug/skeleton.ts";
import type { Meaning, Operand, OptionRule } from "../../model/unplug/vocabulary.ts";

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
    case "bit":
      return bit(frame, e, m, name);
    case "exchange":
      return exchange(frame, e, m, name);
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
    case "await": {
      const reg = m.how === "forever" ? undefined : resultRegister(frame, e);
      push(code, { op: "await", e: any, how: m.how, ...(reg === undefined ? {} : { r: reg }) }, where);
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
    case "errPtr": {
      const v = evaluate(frame, arg(m.arg));
      return give(frame, e, v.v.k === "num" ? v : expression(c(ERR), v.type), where);
    }
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
