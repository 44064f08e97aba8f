// Loops over lists: the cursor goes over what is linked to the owner of the head.
import { branch, jump, place, push } from "./code.ts";
import { put } from "./compile.ts";
import { at, fieldInfo } from "./context.ts";
import { evaluate, placeOf } from "./expressions.ts";
import { c, r } from "./values.ts";
import type { Frame, World } from "./context.ts";
import type { Terminator, Value } from "../../facts/facts.ts";
import type { E } from "../../model/unplug/skeleton.ts";
import type { TypeRef } from "../../syntax/ast.ts";

/** list_for_each_entry and its like: the cursor goes over what is linked to the owner of the head, by number. */
export function each(
  frame: Frame,
  end: Terminator & { readonly kind: "each" },
  to: (block: number) => number,
  round: number,
): readonly number[] {
  const { code, world } = frame;
  const safe = /_safe/.test(end.macro);
  const [cursor, ...others] = end.args;
  const rest = safe ? others.slice(1) : others;
  const [head, memberArg] = rest;
  const where = at(frame, end.span, end.macro);
  const type = cursor?.k === "name" ? frame.locals.get(cursor.name) : undefined;
  const tag = world.types.tag(type, frame.fn.file);
  const goesOn = /_(continue|from)(_|$)/.test(end.macro);
  if (
    !/(^|_)h?list_for_each_entry/.test(end.macro) ||
    cursor === undefined ||
    head === undefined ||
    tag === undefined ||
    memberArg === undefined
  ) {
    place(code, round);
    for (const a of end.args)
      if (a.k === "name" && frame.locals.has(a.name))
        put(frame, placeOf(frame, a), { v: { k: "any" }, type: undefined }, end.span, a.name);
    push(code, { op: "choose", to: [to(end.body), to(end.done)] }, where);
    return [end.body, end.done];
  }
  const owner = ownerOf(frame, head);
  const link = linkField(frame, tag, memberArg);
  const reg = frame.prefix + (cursor.k === "name" ? cursor.name : "cursor");
  if (owner === undefined || link === undefined) {
    // A list whose owner is not followed: its objects, if we follow them, come in any order.
    place(code, round);
    put(frame, placeOf(frame, cursor), { v: { k: "any" }, type }, end.span);
    push(code, { op: "choose", to: [to(end.body), to(end.done)] }, where);
    return [end.body, end.done];
  }
  noteHead(world, owner.head, link);
  if (!goesOn) push(code, { op: "let", r: reg, e: c(0) }, where);
  if (/_from/.test(end.macro)) {
    // The cursor itself comes first, unless it is the head already.
    branch(code, r(reg), to(end.body), to(end.done), where);
  }
  place(code, round);
  push(code, { op: "next", r: reg, f: link, owner: owner.o, done: to(end.done) }, where);
  jump(code, to(end.body));
  return [end.body, end.done];
}

/** The object whose list head an expression points to, with the head's field. */
export function ownerOf(frame: Frame, head: Value): { readonly o: E; readonly head: string } | undefined {
  const v = evaluate(frame, head);
  if (v.v.k !== "at") return undefined;
  const { place: p } = v.v;
  if (p.k === "cell" && p.o.k !== "any") {
    fieldInfo(frame.world, p.tag, p.field, "link", p.outer);
    return { o: p.o, head: `${p.tag}.${p.field}` };
  }
  if (p.k === "global") {
    fieldInfo(frame.world, "global", p.name, "link", "global");
    return { o: c(1), head: `global.${p.name}` };
  }
  return undefined;
}

/** The link field that a member's bare name means in a struct: `node`, or `base.node` inside an embedded one. */
export function linkField(frame: Frame, tag: string, memberName: Value): string | undefined {
  const { world } = frame;
  const { types } = world;
  const path: string[] = [];
  for (let v = memberName; ; v = v.base) {
    if (v.k === "name") {
      path.unshift(v.name);
      break;
    }
    if (v.k !== "field") return undefined;
    path.unshift(v.name);
  }
  let type: TypeRef | undefined = { kind: "struct", name: tag, pointers: 0, array: false, func: false };
  let at: string = tag;
  for (const [i, name] of path.entries()) {
    const m = types.member(type, name, frame.fn.file);
    if (m === undefined) return undefined;
    at = m.tag === "" ? at : m.tag;
    if (i === path.length - 1) {
      fieldInfo(world, at, name, "link", tag);
      return `${at}.${name}`;
    }
    type = m.decl.type;
  }
  return undefined;
}

export function noteHead(world: World, head: string, link: string): void {
  const links = world.heads.get(head) ?? new Set();
  links.add(link);
  world.heads.set(head, links);
}
