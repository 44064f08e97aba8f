// Calls that the vocabulary does not know: followed into their bodies (inline or as procedures of their own), or stepped over.
import { branch, jump, label, place, push, temporary } from "./code.ts";
import { at } from "./context.ts";
import { tagOf } from "./classes.ts";
import { disturbance } from "./predicates.ts";
import { compileProc, havocParts, inlineBody, newFrame } from "./compile.ts";
import { evaluate, placeOf, read } from "./expressions.ts";
import { isHelper, isPure } from "./helpers.ts";
import { give, meaning, operand, resultRegister } from "./meanings.ts";
import { any, c, expression, r, toE, unknown } from "./values.ts";
import type { Bare } from "./code.ts";
import type { Frame } from "./context.ts";
import type { Val } from "./values.ts";
import type { Call } from "./meanings.ts";
import type { Effect, FunctionFacts, Value } from "../../facts/facts.ts";
import { readsShared } from "../../model/unplug/walk.ts";
import type { At, E } from "../../model/unplug/skeleton.ts";

/** How it is said that a callback belongs to another driver of the framework: its own check looks at it. */
export const OTHER_DRIVER = "of another driver is not part of this";

/** Bodies nest at most this deep; the deepest chain of the real exporters has 11. */
export const CALL_DEPTH = 20;
/** Procedures of one family, clones included. The larger of the two real exporters has under 200 before slicing. */
export const MAX_PROCS = 1200;
/** Instructions of one procedure while it is compiled; past it, callees become procedures instead of being copied in. */
export const INLINE_SIZE = 6000;
/** Calls through a pointer that may mean more functions than this go unseen. */
export const MAX_TARGETS = 12;

export function call(frame: Frame, e: Call, next: readonly Effect[]): void {
  const name = e.callee.k === "name" && !frame.locals.has(e.callee.name) ? e.callee.name : undefined;
  if (name === undefined) {
    throughPointer(frame, e);
    return;
  }
  const { world } = frame;
  const m = world.vocabulary.calls.get(name);
  if (m !== undefined) {
    meaning(frame, e, m, name, next);
    return;
  }
  if (contract(frame, e, name, e.args)) return;
  const fn = world.callee(name, frame.fn.file);
  if (fn === undefined) stepOver(frame, e, name, undefined);
  else
    follow(
      frame,
      e,
      fn,
      e.args.map((a) => evaluate(frame, a)),
    );
}

/** A call of a function that the framework's contract stands for. */
export function contract(frame: Frame, e: Call, name: string, args: readonly Value[]): boolean {
  const operands = frame.world.border.get(name);
  if (operands === undefined) return false;
  const where = at(frame, e.span, name);
  const reg = e.result === undefined ? undefined : resultRegister(frame, e);
  const passed = operands.map((o) => operand(frame, { ...e, args }, o, where));
  push(frame.code, { op: "call", proc: name, args: passed, ...(reg === undefined ? {} : { r: reg }) }, where);
  if (reg !== undefined) give(frame, e, expression(r(reg), returnType(frame, name)));
  return true;
}

function returnType(frame: Frame, name: string): FunctionFacts["returns"] | undefined {
  return frame.world.program.returns(name, frame.fn.file);
}

/** A call whose function is known, with its arguments. */
export function follow(frame: Frame, e: Call, fn: FunctionFacts, args: readonly Val[]): void {
  const { world, code } = frame;
  // What gets a callback that matters matters.
  const calledBack = args.some((a) => a.v.k === "fn" && isRelevant(world, a.v));
  if (!world.relevant(fn) && !calledBack) {
    if (isHelper(world, fn) && frame.depth < CALL_DEPTH) inlined(frame, e, fn, args);
    else if (!predicate(frame, e, fn, args)) stepOver(frame, e, fn.name, fn, args);
    return;
  }
  if (frame.depth >= CALL_DEPTH) {
    world.unseen.push({ span: e.span, why: `calls nest deeper than ${CALL_DEPTH} at ${fn.name}`, about: "*" });
    stepOver(frame, e, fn.name, fn, args);
    return;
  }
  const local = args.some((a) => a.v.k === "at" && (a.v.place.k === "reg" || a.v.place.k === "parts"));
  // What is stored through such an address is only seen where the callee is copied in; an entry of its own stays one, unless nobody else can call it.
  if (local && code.ins.length < INLINE_SIZE && (!world.standing.has(fn) || fn.static)) {
    inlined(frame, e, fn, args);
    return;
  }
  const proc = procedure(frame, fn, args);
  if (proc === undefined) {
    world.unseen.push({ span: e.span, why: `more than ${MAX_PROCS} procedures at ${fn.name}`, about: "*" });
    stepOver(frame, e, fn.name, fn, args);
    return;
  }
  const reg = e.result === undefined ? undefined : resultRegister(frame, e);
  push(
    code,
    { op: "call", proc: proc.name, args: proc.args, ...(reg === undefined ? {} : { r: reg }) },
    at(frame, e.span, fn.name),
  );
  if (local) havoc(frame, e, args);
  if (reg !== undefined) give(frame, e, expression(r(reg), fn.returns));
}

function isRelevant(world: Frame["world"], v: Val["v"] & { readonly k: "fn" }): boolean {
  const fn = world.callee(v.name, v.file);
  return fn !== undefined && world.relevant(fn);
}

/** Locals whose address was given away hold anything. */
function havoc(frame: Frame, e: Call, args: readonly Val[]): void {
  for (const { v } of args) {
    if (v.k !== "at") continue;
    if (v.place.k === "reg") push(frame.code, { op: "let", r: v.place.reg, e: any }, at(frame, e.span));
    if (v.place.k === "parts") havocParts(frame, v.place.base, e.span);
  }
}

function inlined(frame: Frame, e: Call, fn: FunctionFacts, args: readonly Val[]): void {
  const { code } = frame;
  const end = label(code);
  const result = resultRegister(frame, e);
  const prefix = `${frame.prefix}${fn.name}${code.fresh++}:`;
  const inner = newFrame(frame.world, code, fn, prefix, frame.depth + 1, { label: end, result }, frame.given);
  inlineBody(inner, args, e.span);
  place(code, end);
  give(frame, e, expression(r(result), fn.returns));
}

/** The clone of a function for what is known of its arguments, and what is passed to it. */
function procedure(
  frame: Frame,
  fn: FunctionFacts,
  args: readonly Val[],
): { readonly name: string; readonly args: readonly E[] } | undefined {
  const { world } = frame;
  const bound: (Val | undefined)[] = [];
  const passed: E[] = [];
  const shown: string[] = [];
  for (const [i] of fn.params.entries()) {
    const arg = args[i] ?? unknown;
    const { v } = arg;
    if (v.k === "num" || v.k === "fn") {
      bound.push(arg);
      shown.push(v.k === "num" ? String(v.n) : `&${v.name}`);
    } else if (v.k === "at" && v.place.k === "cell") {
      bound.push(arg);
      passed.push(v.place.o);
      shown.push(`&${v.place.tag}.${v.place.field}`);
    } else if (v.k === "at" && v.place.k === "table") {
      bound.push(arg);
      shown.push(`&${v.place.table.name}${v.place.path.map((p) => `.${p}`).join("")}`);
    } else if (v.k === "at" && v.place.k === "global") {
      bound.push(arg);
      shown.push(`&${v.place.name}`);
    } else {
      bound.push(undefined);
      passed.push(toE(arg));
      shown.push("_");
    }
  }
  const key = `${fn.name}@${fn.file}(${shown.join(",")})`;
  const plain = shown.every((s) => s === "_");
  const name = plain ? unique(world, fn) : `${unique(world, fn)}(${shown.join(",")})`;
  if (!world.procs.has(name) && !world.open.has(key)) {
    if (world.procs.size >= MAX_PROCS) return undefined;
    world.open.add(key);
    world.procs.set(name, compileProc(world, name, fn, bound, frame.depth + 1));
    world.open.delete(key);
  }
  return { name, args: passed };
}

/** A function's name; with its file where another one of that name was met first. */
export function unique(world: Frame["world"], fn: FunctionFacts): string {
  const owner = world.names.get(fn.name);
  if (owner === undefined) world.names.set(fn.name, fn.file);
  return owner === undefined || owner === fn.file ? fn.name : `${fn.name}@${fn.file}`;
}

/** A call through a pointer: to what stands in that slot of the tables that the family may use. */
function throughPointer(frame: Frame, e: Call): void {
  const { world, code } = frame;
  const args = e.args.map((a) => evaluate(frame, a));
  const direct = evaluateCallee(frame, e.callee);
  if (direct?.v.k === "fn") {
    const fn = world.callee(direct.v.name, direct.v.file);
    if (fn === undefined) stepOver(frame, e, direct.v.name, undefined, args);
    else follow(frame, e, fn, args);
    return;
  }
  const slot = slotOf(frame, e.callee);
  const { fns, others } = slot === undefined ? { fns: [], others: [] } : world.targets(slot.struct, slot.slot);
  const relevant = fns.filter((fn) => world.relevant(fn));
  if (slot !== undefined && relevant.length > MAX_TARGETS)
    world.unseen.push({
      span: e.span,
      why: `more than ${MAX_TARGETS} functions may stand in ${slot.struct}.${slot.slot}`,
      about: "*",
    });
  if (relevant.length === 0 || relevant.length > MAX_TARGETS) {
    stepOver(frame, e, slot?.slot ?? "a pointer", undefined, args);
    return;
  }
  for (const other of others)
    world.unseen.push({
      span: e.span,
      why: `${slot?.slot ?? "it"} ${OTHER_DRIVER}: ${other}`,
      about: "*",
    });
  const [only] = relevant;
  if (only !== undefined && relevant.length === 1 && fns.length === 1) {
    follow(frame, e, only, args);
    return;
  }
  const end = label(code);
  const arms = relevant.map(() => label(code));
  const other = label(code);
  const where = at(frame, e.span, slot?.slot);
  push(code, { op: "choose", to: relevant.length < fns.length ? [...arms, other] : arms }, where);
  const reg = resultRegister(frame, e);
  for (const [i, fn] of relevant.entries()) {
    place(code, arms[i]!);
    follow(frame, e, fn, args);
    const v = e.result === undefined ? undefined : frame.temps.get(e.result);
    if (v !== undefined && !(v.v.k === "e" && v.v.e.k === "r" && v.v.e.r === reg))
      push(code, { op: "let", r: reg, e: toE(v) }, where);
    jump(code, end);
  }
  place(code, other);
  if (relevant.length < fns.length) push(code, { op: "let", r: reg, e: any }, where);
  place(code, end);
  if (e.result !== undefined) frame.temps.set(e.result, expression(r(reg), only?.returns));
}

function evaluateCallee(frame: Frame, callee: Value): Val | undefined {
  if (callee.k === "name" || callee.k === "temp") return evaluate(frame, callee);
  if (callee.k === "deref") return evaluateCallee(frame, callee.e);
  const p = placeOf(frame, callee);
  return p.k === "table" || p.k === "reg" ? read(frame, p) : undefined;
}

function slotOf(frame: Frame, callee: Value): { readonly struct: string; readonly slot: string } | undefined {
  if (callee.k === "deref") return slotOf(frame, callee.e);
  if (callee.k !== "field") return undefined;
  const base = frame.world.types.of(callee.base, frame.fn);
  const fromTemp = base ?? evaluate(frame, callee.base).type;
  const m = frame.world.types.member(fromTemp, callee.name, frame.fn.file);
  return m === undefined || m.tag === "" ? undefined : { struct: m.tag, slot: callee.name };
}

/** A function that only looks at one object is a predicate of it: unknown, but the same until something disturbs the object. */
function predicate(frame: Frame, e: Call, fn: FunctionFacts, args: readonly Val[]): boolean {
  const { world } = frame;
  if (e.result === undefined || fn.returns.pointers > 0 || fn.returns.name === "void" || !isPure(world, fn))
    return false;
  const objects = args.filter((a) => {
    const tag = world.types.tag(a.type, frame.fn.file);
    return tag !== undefined && world.instances.has(tag);
  });
  const [only] = objects;
  const tag = world.types.tag(only?.type, frame.fn.file);
  if (only === undefined || objects.length > 1 || tag === undefined || toE(only).k === "any") return false;
  world.preds.set(fn.name, tag);
  world.names.set(`pred ${fn.name}`, fn.file);
  give(frame, e, expression({ k: "pred", p: fn.name, o: toE(only) }, fn.returns), at(frame, e.span, fn.name));
  return true;
}

/** A call that is not followed: it may give back anything and change what it got the address of. */
export function stepOver(
  frame: Frame,
  e: Call,
  name: string,
  fn: FunctionFacts | undefined,
  evaluated?: readonly Val[],
): void {
  const { world, code } = frame;
  const args = evaluated ?? e.args.map((a) => evaluate(frame, a));
  const where = at(frame, e.span, name);
  const pure = fn !== undefined && isPure(world, fn);
  for (const arg of args) {
    const tag = world.types.tag(arg.type, frame.fn.file);
    look(frame, arg, where);
    if (tag !== undefined && !pure) world.stored.add(tag);
    if (arg.v.k === "at" && !pure) {
      const p = arg.v.place;
      if (p.k === "cell") world.stored.add(`${p.tag}.${p.field}`);
      if (p.k === "reg") push(code, { op: "let", r: p.reg, e: any }, where);
      if (p.k === "parts") havocParts(frame, p.base, e.span);
      if (p.k === "cell" && fn === undefined) {
        const kind = world.types.kind(p.type, frame.fn.file);
        if (kind === "value" || kind === "pointer")
          push(code, { op: "store", f: `${p.tag}.${p.field}`, o: p.o, e: any }, where);
        else if (kind !== "array" && kind !== "function" && kind !== "struct")
          world.unseen.push({
            span: e.span,
            why: `${name}() gets the address of ${p.field}`,
            about: `${p.tag}.${p.field}`,
          });
      }
    }
    if (fn === undefined && tag !== undefined && world.instances.has(tag))
      world.unseen.push({ span: e.span, why: `${name}() gets a pointer to struct ${tag}`, about: `struct ${tag}` });
  }
  const disturbed = pure ? [] : args.flatMap((arg) => disturb(frame, arg) ?? []);
  if (e.result !== undefined && disturbed.length > 0) {
    // A call that reports failure has changed nothing.
    const reg = resultRegister(frame, e);
    const [done, after] = [label(code), label(code)];
    push(code, { op: "let", r: reg, e: any }, where);
    branch(code, { k: "err", e: r(reg) }, after, done, where);
    place(code, done);
    for (const d of disturbed) push(code, d, where);
    place(code, after);
    give(frame, e, expression(r(reg), fn?.returns));
    return;
  }
  for (const d of disturbed) push(code, d, where);
  if (e.result !== undefined) give(frame, e, { v: { k: "any" }, type: fn?.returns });
}

/** What is passed is read first, whatever becomes of it: an object that is gone by then is touched. */
export function look(frame: Frame, arg: Val, where: At): void {
  const e = toE(arg);
  if (readsShared(e)) push(frame.code, { op: "let", r: temporary(frame.code, `${frame.prefix}seen`), e }, where);
}

/** What an unknown function gets, or what can be reached from it, may change: predicates of the object are open again. */
function disturb(frame: Frame, arg: Val): Bare | undefined {
  const { world } = frame;
  if (arg.v.k !== "e") return undefined;
  const tag = world.types.tag(arg.type, frame.fn.file);
  const itself = tag !== undefined && world.instances.has(tag);
  // A pointer that was loaded from an object leads to what the object points to there.
  const loaded = arg.v.e.k === "f" ? { o: arg.v.e.o, tag: tagOf(arg.v.e.f), field: arg.v.e.f } : arg.from;
  const from = loaded !== undefined && world.instances.has(loaded.tag) ? loaded : undefined;
  const owner = itself ? { o: arg.v.e, tag, field: undefined } : from;
  if (owner === undefined || owner.o.k === "any") return undefined;
  const o = world.instances.get(owner.tag) === 1 ? c(1) : owner.o;
  return { op: "disturb", p: disturbance(owner.tag, owner.field), o };
}
