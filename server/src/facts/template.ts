// Calls with holes: what a cleanup class does, as one call on the guarded thing.
import { addr, deref, field, name, num } from "./place.ts";
import type { Value } from "./facts.ts";

/** A call with holes: "_T" is the guarded thing, "_R" what the acquiring call returned, "_F" saved flags. */
export interface CallTemplate {
  readonly callee: string;
  readonly args: readonly string[];
}

const ARGUMENT = /^([&*]?_T((?:->|\.)\w+)*|_R|_F|\w+)$/;

/** "f(_T, _R)" as a template; undefined where the text is not one call on plain places. */
export function callTemplate(text: string): CallTemplate | undefined {
  const match = /^(\w+)\(([^()]*(?:\([^()]*\)[^()]*)*)\)$/.exec(text.trim());
  const callee = match?.[1];
  const inside = match?.[2]?.trim();
  if (callee === undefined || inside === undefined) return undefined;
  const args = inside === "" ? [] : inside.split(",").map((arg) => withoutCast(arg.trim()));
  return args.every((arg) => ARGUMENT.test(arg)) ? { callee, args } : undefined;
}

function withoutCast(arg: string): string {
  return arg.replace(/^\((?:unsigned long|void \*|struct \w+ \*)\)\s*/, "").replace(/^(&?)\(_T\)/, "$1_T");
}

/** A template's arguments with its holes filled. */
export function fill(template: CallTemplate, thing: Value | undefined, result: Value | undefined): readonly Value[] {
  return template.args.map((arg) => fillOne(arg, thing, result));
}

function fillOne(arg: string, thing: Value | undefined, result: Value | undefined): Value {
  if (arg === "_R") return result ?? { k: "unknown", why: "what the guard keeps" };
  if (arg === "_F") return { k: "unknown", why: "saved flags" };
  const match = /^([&*]?)_T((?:(?:->|\.)\w+)*)$/.exec(arg);
  if (match === null) return /^\d+$/.test(arg) ? num(Number(arg)) : name(arg);
  let value = thing ?? { k: "unknown", why: "the guarded thing" };
  for (const [, arrow, member] of (match[2] ?? "").matchAll(/(->|\.)(\w+)/g)) {
    value = field(value, member ?? "", arrow === "->");
  }
  return match[1] === "&" ? addr(value) : match[1] === "*" ? deref(value) : value;
}
