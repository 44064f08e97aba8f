// Calls that make, free and cast objects.
import { push } from "./code.ts";
import { evaluate } from "./expressions.ts";
import { give, resultRegister } from "./meanings.ts";
import { structType } from "./types.ts";
import { expression, r, toE, unknown } from "./values.ts";
import type { Frame } from "./context.ts";
import type { Call } from "./meanings.ts";
import type { Val } from "./values.ts";
import type { Effect, Value } from "../../facts/facts.ts";
import type { At } from "../../model/unplug/skeleton.ts";

/** Memory for an object of a class that is followed, by the type of what it is stored in; else anything. */
export function alloc(frame: Frame, e: Call, next: readonly Effect[], devres: boolean, where: At): void {
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

export function free(frame: Frame, v: Val, where: At): void {
  const { code } = frame;
  const tag = frame.world.types.tag(v.type, frame.fn.file);
  const e = toE(v);
  if (tag === undefined || e.k === "any" || e.k === "c" || frame.world.vocabulary.generic.has(tag)) return;
  // Freeing NULL does nothing, in C and in the machine.
  push(code, { op: "free", cls: tag, o: e }, where);
}

/** container_of: the same object under its container's type. */
export function container(frame: Frame, arg: Value, type: Value, member: Value): Val {
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
