// Actions: what the unplug model itself defines. The machine shows them a read-only world and applies the outcome that is chosen.
import type { Ins } from "./skeleton.ts";
import type { Core, Run } from "./core.ts";
import { BLOCKED, holds } from "./core.ts";
import { value } from "./expression.ts";
import type { Scope } from "./expression.ts";
import { LEFT } from "./discipline.ts";
import type { Discipline } from "./discipline.ts";
import { FREED, isLive } from "./layout.ts";
import type { LaidClass, LaidField } from "./layout.ts";
import { freeObject } from "./object.ts";
import type { Outcome, WorldView } from "./scenario.ts";
import { lifeOf } from "./scenario.ts";

/** A field of a class, or the life of its objects. */
interface Cells {
  readonly cls: LaidClass;
  /** Undefined for the life. */
  readonly field: LaidField | undefined;
  /** Where it lies in an object. */
  readonly at: number;
}

const known = new WeakMap<Core, ReadonlyMap<string, Cells>>();

/** The cells that actions name: by field, and by `lifeOf(cls)`. */
function cellsOf(c: Core): ReadonlyMap<string, Cells> {
  let map = known.get(c);
  if (map === undefined) {
    const cells = new Map<string, Cells>();
    for (const cls of c.linked.layout.classes.values()) cells.set(lifeOf(cls.name), { cls, field: undefined, at: 0 });
    for (const field of c.linked.layout.fields.values()) {
      const cls = c.linked.layout.classes.get(field.cls);
      if (cls !== undefined) cells.set(field.id, { cls, field, at: field.at });
    }
    known.set(c, (map = cells));
  }
  return map;
}

/** Offset of object `n`'s; -1 where there is none. */
const find = (x: Cells | undefined, n: number): number =>
  x === undefined || n < 1 || n > x.cls.count ? -1 : x.cls.base + (n - 1) * x.cls.stride + x.at;

/** What thread `t` may look at. */
export function view(c: Core, t: number): WorldView {
  const { layout } = c.linked;
  const cells = cellsOf(c);
  return {
    get: (field, n) => {
      const x = cells.get(field);
      const at = find(x, n);
      if (x === undefined || at < 0) return 0;
      if (c.watch !== undefined) look(c.watch, x, at);
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
      const x = cells.get(lock);
      const at = find(x, n);
      return x?.field?.kind === "lock" && at >= 0 && holds(c, x.field, at, t, mode);
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
  const cells = cellsOf(c);
  const isOn = (o: Outcome): boolean => o.ability === undefined || on.has(o.ability);
  return () => {
    const kind = c.watch?.kind ?? 0;
    const values: number[] = [];
    for (const arg of args) values.push(arg());
    if (c.fault !== undefined) return next;
    const all = action(world, { args: values, opt });
    const outcomes = all.every(isOn) ? all : all.filter(isOn);
    if (outcomes.length === 0) return BLOCKED;
    const o = outcomes[c.choose(outcomes.length)]!;
    if (o.ability !== undefined) c.abilities |= 1 << abilities.indexOf(o.ability);
    if (o.writes !== undefined)
      for (const [field, n, v] of o.writes) {
        const x = cells.get(field);
        const at = find(x, n);
        if (x === undefined || at < 0)
          c.trouble = `action ${i.act} writes ${field} of object ${n}, which does not exist`;
        else write(c, x, at, v);
      }
    c.note = o.text;
    if (o.violation !== undefined) c.fault = { what: o.violation, detail: o.text ?? `${i.act}: ${o.violation}` };
    if (o.early === true && c.watch !== undefined) c.watch.kind = kind | LEFT;
    keep(o.r ?? 0);
    return next;
  };
}

function write(c: Core, x: Cells, at: number, v: number): void {
  if (x.field === undefined && v === FREED && c.bytes[at] !== FREED) return freeObject(c, x.cls, at);
  c.watch?.enter(at - x.at);
  c.watch?.touch(at, true);
  if (x.field?.kind === "lock") c.watch?.peek(at);
  c.bytes[at] = v;
}

/** An action looks at a cell: also at whether its object lives, and from outside if it is a lock. */
function look(watch: Discipline, x: Cells, at: number): void {
  const base = at - x.at;
  watch.enter(base);
  watch.touch(at, false);
  watch.touch(base, false);
  if (x.field?.kind === "lock") watch.peek(at);
}
