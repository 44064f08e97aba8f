// Actions: what the unplug model itself defines. The machine shows them a read-only world and applies the outcome that is chosen.
import type { Ins } from "./skeleton.ts";
import type { Core, Run } from "./core.ts";
import { BLOCKED, holds } from "./core.ts";
import { value } from "./expression.ts";
import type { Scope } from "./expression.ts";
import { FREED, isLive } from "./layout.ts";
import { freeObject } from "./object.ts";
import type { WorldView } from "./scenario.ts";
import { lifeOf } from "./scenario.ts";

/** Offset of a field (or of the life, for `lifeOf(cls)`) of an object; undefined where there is none. */
function find(c: Core, field: string, n: number): number | undefined {
  const { layout } = c.linked;
  const f = layout.fields.get(field);
  const cls = layout.classes.get(f?.cls ?? lives(c).get(field) ?? "");
  if (cls === undefined || n < 1 || n > cls.count) return undefined;
  return cls.base + (n - 1) * cls.stride + (f?.at ?? 0);
}

const known = new WeakMap<Core, ReadonlyMap<string, string>>();

function lives(c: Core): ReadonlyMap<string, string> {
  let map = known.get(c);
  if (map === undefined) {
    map = new Map([...c.linked.layout.classes.keys()].map((cls) => [lifeOf(cls), cls]));
    known.set(c, map);
  }
  return map;
}

/** What thread `t` may look at. */
export function view(c: Core, t: number): WorldView {
  const { layout } = c.linked;
  return {
    get: (field, n) => {
      const at = find(c, field, n);
      if (at === undefined) return 0;
      if (c.watch !== undefined) look(c, field, at);
      return c.bytes[at]!;
    },
    live: (cls, n) => {
      const laid = layout.classes.get(cls);
      if (laid === undefined || n < 1 || n > laid.count) return false;
      const base = laid.base + (n - 1) * laid.stride;
      c.watch?.enter(base);
      c.watch?.touch(base, false);
      return isLive(c.bytes[base]);
    },
    objects: (cls) => layout.classes.get(cls)?.count ?? 0,
    holds: (lock, n, mode) => {
      const f = layout.fields.get(lock);
      const at = find(c, lock, n);
      return f?.kind === "lock" && at !== undefined && holds(c, f, at, t, mode);
    },
  };
}

/** Compiles an action: no outcome blocks, several are tried one after another. */
export function compileAct(
  c: Core,
  i: Ins & { readonly op: "act" },
  next: number,
  t: number,
  s: Scope,
  keep: (v: number) => void,
): Run {
  const action = c.linked.scenario.actions[i.act];
  if (action === undefined)
    return () => {
      c.trouble = `action ${i.act} is not known`;
      return 0;
    };
  const args = i.args.map((e) => value(c, e, s));
  const world = view(c, t);
  const { abilities } = c.linked.scenario;
  const on = new Set(abilities);
  const opt = i.opt ?? {};
  return () => {
    const values = args.map((a) => a());
    if (c.fault !== undefined) return next;
    const outcomes = action(world, { args: values, opt }).filter((o) => o.ability === undefined || on.has(o.ability));
    if (outcomes.length === 0) return BLOCKED;
    const o = outcomes[c.choose(outcomes.length)]!;
    if (o.ability !== undefined) c.abilities |= 1 << abilities.indexOf(o.ability);
    for (const [field, n, v] of o.writes ?? []) write(c, i.act, field, n, v);
    c.note = o.text;
    if (o.violation !== undefined) c.fault = { what: o.violation, detail: o.text ?? `${i.act}: ${o.violation}` };
    keep(o.r ?? 0);
    return next;
  };
}

function write(c: Core, act: string, field: string, n: number, v: number): void {
  const at = find(c, field, n);
  const cls = lives(c).get(field);
  const laid = cls === undefined ? undefined : c.linked.layout.classes.get(cls);
  if (at === undefined) c.trouble = `action ${act} writes ${field} of object ${n}, which does not exist`;
  else if (laid !== undefined && v === FREED && c.bytes[at] !== FREED) freeObject(c, laid, at);
  else {
    const f = c.linked.layout.fields.get(field);
    c.watch?.enter(at - (f?.at ?? 0));
    c.watch?.touch(at, true);
    if (f?.kind === "lock") c.watch?.peek(at);
    c.bytes[at] = v;
  }
}

/** An action looks at a cell: also at whether its object lives, and from outside if it is a lock. */
function look(c: Core, field: string, at: number): void {
  const f = c.linked.layout.fields.get(field);
  const base = at - (f?.at ?? 0);
  c.watch?.enter(base);
  c.watch?.touch(at, false);
  c.watch?.touch(base, false);
  if (f?.kind === "lock") c.watch?.peek(at);
}
