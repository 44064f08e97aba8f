// From the facts of a function to instructions: blocks, assignments and loops. Calls are in calls.ts.
import { branch, finish, jump, label, newCode, place, push } from "./code.ts";
import { call } from "./calls.ts";
import { readsShared } from "../../model/unplug/walk.ts";
import { at, fieldInfo, onceSet, register } from "./context.ts";
import { evaluate, placeOf } from "./expressions.ts";
import { isBack } from "./flow.ts";
import { each } from "./loops.ts";
import { LAST_SMALL, any, byteOf, c, r, toE, truth } from "./values.ts";
import { withConditions } from "./waits.ts";
import type { Frame, World } from "./context.ts";
import type { Place, Val } from "./values.ts";
import type { Effect, FunctionFacts, Terminator, Value } from "../../facts/facts.ts";
import type { E, Proc } from "../../model/unplug/skeleton.ts";
import type { TypeRef } from "../../syntax/ast.ts";
import type { Span } from "../../base/span.ts";

/** A switch over more cases than this, or over a range longer than this, goes anywhere. */
const CASES = 64;

/** A procedure of its own. `args` that are known now are bound; the others become parameters, in order. */
export function compileProc(
  world: World,
  name: string,
  fn: FunctionFacts,
  args: readonly (Val | undefined)[],
  depth: number,
  given: Frame["given"] = new Map(),
): Proc {
  const code = newCode();
  const params: string[] = [];
  const frame = newFrame(world, code, fn, "", depth, undefined, given);
  for (const [i, p] of fn.params.entries()) bind(frame, p.name, args[i], params);
  body(frame);
  params.push(...new Set(given.values()));
  return { name, params, code: withConditions(finish(code), world.procs), fn: fn.name, span: fn.span };
}

/** Binds a parameter of a procedure; what the caller has to pass is appended to `params`. */
function bind(frame: Frame, name: string, arg: Val | undefined, params: string[]): void {
  if (arg === undefined) {
    params.push(name);
    return;
  }
  const { v } = arg;
  if (v.k === "at" && v.place.k === "cell") {
    const owner = `${name}.owner`;
    params.push(owner);
    setKnown(frame, name, { ...arg, v: { k: "at", place: { ...v.place, o: r(owner) } } });
  } else if (v.k === "num" || v.k === "fn" || v.k === "at") setKnown(frame, name, arg);
  else params.push(name);
}

/** Remembers a value for a name: as known where the name is set once, else in its register. */
function setKnown(frame: Frame, name: string, value: Val): void {
  if (frame.once.has(name)) frame.env.set(name, value);
  else push(frame.code, { op: "let", r: frame.prefix + name, e: toE(value) });
}

export function newFrame(
  world: World,
  code: Frame["code"],
  fn: FunctionFacts,
  prefix: string,
  depth: number,
  leave: Frame["leave"],
  given: Frame["given"] = new Map(),
): Frame {
  return {
    world,
    code,
    fn,
    prefix,
    depth,
    env: new Map(),
    temps: new Map(),
    locals: new Map([...fn.params, ...fn.locals].map((p) => [p.name, p.type])),
    once: onceSet(fn),
    blocks: fn.blocks.map(() => label(code)),
    rounds: fn.blocks.map((b) => (b.end.kind === "each" ? label(code) : -1)),
    leave,
    given,
  };
}

/** The function's code where we are, its parameters bound by the caller. Ends by leaving the procedure, or by jumping to `leave`. */
export function inlineBody(frame: Frame, args: readonly Val[], span: Span): void {
  for (const [i, p] of frame.fn.params.entries()) {
    const arg = args[i] ?? { v: { k: "any" }, type: p.type };
    if (frame.once.has(p.name) && isLasting(arg)) frame.env.set(p.name, { ...arg, type: typed(p.type, arg) });
    else {
      push(frame.code, { op: "let", r: frame.prefix + p.name, e: toE(arg) }, at(frame, span));
      origin(frame, p.name, arg);
    }
  }
  body(frame);
}

/** `void *` says less than what was passed. */
const typed = (type: TypeRef, arg: Val): TypeRef | undefined => (type.name === "void" ? (arg.type ?? type) : type);

/** Does the value mean the same later: nothing in it is read from memory or from a register that may change? */
function isLasting(v: Val): boolean {
  if (v.v.k === "num" || v.v.k === "fn") return true;
  if (v.v.k === "any") return false;
  if (v.v.k === "e") return v.v.e.k === "c";
  const { place: p } = v.v;
  return p.k !== "cell" || !readsShared(p.o);
}

function body(frame: Frame): void {
  const { fn, code } = frame;
  const reached = new Set<number>();
  const work = [0];
  while (work.length > 0) {
    const index = work.pop()!;
    if (reached.has(index)) continue;
    reached.add(index);
    const block = fn.blocks[index];
    if (block === undefined) continue;
    place(code, frame.blocks[index]!);
    for (const [i, e] of block.effects.entries()) effect(frame, e, block.effects.slice(i + 1, i + 4));
    // Depth first with the fall-through last, so that straight code stays straight.
    for (const next of [...terminator(frame, block.end, index)].reverse()) if (!reached.has(next)) work.push(next);
  }
}

function effect(frame: Frame, e: Effect, next: readonly Effect[]): void {
  switch (e.kind) {
    case "call":
      call(frame, e, next);
      return;
    case "assign":
      assign(frame, e.to, e.value, e.span);
      return;
    case "decl":
      return;
    case "gap":
      frame.world.unseen.push({ span: e.span, why: e.why, about: "*" });
      return;
  }
}

export function assign(frame: Frame, to: Value, value: Value, span: Span): void {
  if (to.k === "temp") {
    const v = evaluate(frame, value);
    if (frame.once.has(`\0${to.id}`) && isLasting(v)) frame.temps.set(to.id, v);
    else {
      push(frame.code, { op: "let", r: `${frame.prefix}t${to.id}`, e: toE(v) }, at(frame, span));
      frame.temps.set(to.id, { ...v, v: { k: "e", e: register(frame, `t${to.id}`) } });
    }
    return;
  }
  const target = placeOf(frame, to);
  if (value.k === "init" && target.k === "parts") {
    spread(frame, target, value, span);
    return;
  }
  put(frame, target, evaluate(frame, value), span, to.k === "name" ? to.name : undefined);
}

/** Stores a value in a place. `name`: the local that the place is, where it is one. */
export function put(frame: Frame, target: Place, value: Val, span: Span, name?: string): void {
  const { code, world } = frame;
  switch (target.k) {
    case "reg": {
      const local = name ?? target.reg.slice(frame.prefix.length);
      const known = target.reg.startsWith(frame.prefix) && frame.once.has(local) && isLasting(value);
      if (known) {
        frame.env.set(local, target.type === undefined ? value : { ...value, type: typed(target.type, value) });
        return;
      }
      // A value from nowhere that is stored as a pointer to something we follow is one of those.
      instance(frame, target.reg, toE(value), target.type, span);
      origin(frame, local, value);
      return;
    }
    case "cell": {
      const kind = world.types.kind(target.type, frame.fn.file);
      if (kind === "function" || target.o.k === "any" || world.vocabulary.generic.has(target.tag)) return;
      const field = fieldInfo(world, target.tag, target.field, kind === "pointer" ? "pointer" : "value", target.outer);
      if (kind === "array") field.array = true;
      world.stored.add(field.id);
      if (kind === "pointer")
        field.to ??= world.types.tag(value.type, frame.fn.file) ?? world.types.tag(target.type, frame.fn.file);
      push(code, { op: "store", f: field.id, o: target.o, e: toE(value) }, at(frame, span, target.field));
      return;
    }
    case "parts":
      spread(frame, target, undefined, span);
      return;
    case "object":
      world.stored.add(target.tag);
      return;
    case "table":
    case "global":
    case "nowhere":
      return;
  }
}

/** `r = e`; a value from nowhere becomes any of the objects that the type allows. */
export function instance(frame: Frame, reg: string, e: E, type: TypeRef | undefined, span: Span): void {
  const { code, world } = frame;
  const where = at(frame, span);
  const tag = type?.pointers === 1 ? world.types.tag(type, frame.fn.file) : undefined;
  const count = e.k === "any" && tag !== undefined ? world.instances.get(tag) : undefined;
  if (count === undefined) {
    push(code, { op: "let", r: reg, e }, where);
    return;
  }
  const brought = tag === undefined ? undefined : frame.given.get(tag);
  if (count === 1 || brought !== undefined) {
    push(code, { op: "let", r: reg, e: brought === undefined ? c(1) : r(brought) }, where);
    return;
  }
  const end = label(code);
  const arms = Array.from({ length: count }, () => label(code));
  push(code, { op: "choose", to: arms }, where);
  for (const [i, arm] of arms.entries()) {
    place(code, arm);
    push(code, { op: "let", r: reg, e: c(i + 1) }, where);
    jump(code, end);
  }
  place(code, end);
}

/** Keeps in mind which object a local was loaded from, and that a file or a lock is that of an object of the environment. */
function origin(frame: Frame, name: string, v: Val): void {
  if (v.from !== undefined && frame.once.has(name)) frame.env.set(`from ${name}`, v);
  const tag = frame.world.types.tag(v.type, frame.fn.file);
  if (tag !== undefined && v.v.k === "e" && frame.world.vocabulary.facets.has(tag)) frame.env.set(`type ${name}`, v);
}

/** A struct local gets its initialiser, or something unknown: member by member. */
function spread(
  frame: Frame,
  target: Place & { readonly k: "parts" },
  init: (Value & { readonly k: "init" }) | undefined,
  span: Span,
): void {
  if (init === undefined) {
    havocParts(frame, target.base, span);
    return;
  }
  frame.code.zeroed.add(`${target.base}.`);
  for (const entry of init.entries) {
    if (entry.path.length === 0) continue;
    let where: Place = target;
    for (const step of entry.path) {
      const type: TypeRef | undefined =
        where.k === "parts" ? frame.world.types.member(where.type, step, frame.fn.file)?.decl.type : undefined;
      const base: string = where.k === "parts" ? `${where.base}.${step}` : step;
      where =
        type !== undefined && frame.world.types.kind(type, frame.fn.file) === "struct"
          ? { k: "parts", base, type }
          : { k: "reg", reg: base, type };
    }
    if (where.k === "reg") {
      const v = evaluate(frame, entry.value);
      if (v.v.k === "at" || v.v.k === "fn") frame.env.set(where.reg.slice(frame.prefix.length), v);
      else push(frame.code, { op: "let", r: where.reg, e: toE(v) }, at(frame, span));
    }
  }
}

/** Members of a struct local may hold anything from here on. */
export function havocParts(frame: Frame, base: string, span: Span): void {
  const members = new Set<string>();
  for (const i of frame.code.ins) if (i.op === "let" && i.r.startsWith(`${base}.`)) members.add(i.r);
  for (const name of [...frame.env.keys()]) if (`${frame.prefix}${name}`.startsWith(`${base}.`)) frame.env.delete(name);
  for (const m of members) push(frame.code, { op: "let", r: m, e: any }, at(frame, span));
  frame.code.zeroed.delete(`${base}.`);
}

/** Where a jump from a block leads: to the head of a loop from inside it is the next round, from elsewhere the first. */
function targets(frame: Frame, self: number): (block: number) => number {
  return (b) => {
    const round = frame.rounds[b] ?? -1;
    return (round >= 0 && isBack(frame.fn, self, b) ? round : frame.blocks[b]) ?? -1;
  };
}

/** Emits the end of a block; gives the blocks that may follow, the one that may fall through first. */
function terminator(frame: Frame, end: Terminator, self: number): readonly number[] {
  const { code } = frame;
  const to = targets(frame, self);
  switch (end.kind) {
    case "goto":
      jump(code, to(end.to));
      return [end.to];
    case "branch": {
      const cond = evaluate(frame, end.cond);
      const known = truth(cond);
      if (known !== undefined) {
        const next = known ? end.then : end.else;
        jump(code, to(next));
        return [next];
      }
      branch(code, toE(cond), to(end.then), to(end.else), at(frame, end.span, tested(end.cond)));
      return [end.then, end.else];
    }
    case "switch":
      return choice(frame, end, to);
    case "each":
      return each(frame, end, to, frame.rounds[self] ?? -1);
    case "return": {
      if (end.stops === true) {
        // Nobody comes back from here: the thread stands still, which is not our business.
        push(code, { op: "return" }, at(frame, end.span));
        return [];
      }
      const e = end.value === undefined ? undefined : toE(evaluate(frame, end.value));
      if (frame.leave === undefined)
        push(code, e === undefined ? { op: "return" } : { op: "return", e }, at(frame, end.span));
      else {
        if (e !== undefined) push(code, { op: "let", r: frame.leave.result, e }, at(frame, end.span));
        jump(code, frame.leave.label);
      }
      return [];
    }
  }
}

/** The name that a condition tests, for the claim: the last field in it. */
function tested(v: Value): string | undefined {
  switch (v.k) {
    case "field":
      return v.name;
    case "un":
    case "cast":
    case "deref":
    case "addr":
      return tested(v.e);
    case "bin":
      return tested(v.l) ?? tested(v.r);
    default:
      return undefined;
  }
}

function choice(
  frame: Frame,
  end: Terminator & { readonly kind: "switch" },
  to: (block: number) => number,
): readonly number[] {
  const { code } = frame;
  const value = evaluate(frame, end.value);
  const cases = end.cases.map((k) => {
    const low = evaluate(frame, k.low);
    const high = k.high === undefined ? low : evaluate(frame, k.high);
    return { low: low.v.k === "num" ? low.v.n : undefined, high: high.v.k === "num" ? high.v.n : undefined, to: k.to };
  });
  const where = at(frame, end.span);
  if (value.v.k === "num") {
    const n = value.v.n;
    const hit = cases.find((k) => k.low !== undefined && k.high !== undefined && k.low <= n && n <= k.high);
    const unclear = cases.some((k) => k.low === undefined || k.high === undefined);
    if (hit !== undefined || !unclear) {
      jump(code, to(hit?.to ?? end.default));
      return [hit?.to ?? end.default];
    }
  }
  const all = [...new Set([...cases.map((k) => k.to), end.default])];
  const small = cases.every(
    (k) => k.low !== undefined && k.high !== undefined && k.low >= 0 && k.high <= LAST_SMALL && k.high - k.low < CASES,
  );
  const e = toE(value);
  if (!small || cases.length > CASES || e.k === "any") {
    push(code, { op: "choose", to: all.map(to) }, where);
    return all;
  }
  const flat: (readonly [number, number])[] = [];
  for (const k of cases) for (let n = k.low!; n <= k.high!; n++) flat.push([byteOf(n), to(k.to)]);
  push(code, { op: "switch", e, cases: flat, default: to(end.default) }, where);
  return all;
}
