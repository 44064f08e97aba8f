// What running a procedure leaves in fields, where it succeeds: the values that set-up gives to what exists when a scenario begins.
import { falls, successors } from "../../model/unplug/walk.ts";
import { ANY, ERR, MANY } from "../../model/unplug/skeleton.ts";
import type { E, FieldId, Ins, Proc } from "../../model/unplug/skeleton.ts";

/** What the field held before. */
export const SAME = -1;
/** What the field held before, which is not zero: the code has looked. */
export const SAME_SET = -3;
/** A pointer to something. */
export const SOMETHING = -2;

/** For each field that may have been stored to, what it may hold: constants, SAME, SOMETHING or ANY. */
export type Leavings = ReadonlyMap<FieldId, ReadonlySet<number>>;

interface State {
  readonly fields: Leavings;
  /** Registers that hold an error, or a result that is not zero. */
  readonly failed: ReadonlySet<string>;
  /** Registers that hold what a call gave and nobody has tested yet. */
  readonly untested: ReadonlySet<string>;
}

/** Which object a field is in is not told apart: it is for classes with one object. `seen` stops recursion. */
export function leavings(
  procs: ReadonlyMap<string, Proc>,
  name: string,
  first = true,
  seen: ReadonlySet<string> = new Set(),
): Leavings {
  const p = procs.get(name);
  if (p === undefined || seen.has(name)) return new Map();
  const inside = new Set([...seen, name]);
  const states: (State | undefined)[] = p.code.map(() => undefined);
  const work: number[] = [];
  const arrive = (index: number, s: State): void => {
    if (index >= states.length) return;
    const had = states[index];
    const next = had === undefined ? s : join(had, s);
    if (had !== undefined && same(had, next)) return;
    states[index] = next;
    work.push(index);
  };
  let out: Leavings | undefined;
  const done = (s: State): void => void (out = out === undefined ? s.fields : joinFields(out, s.fields));
  arrive(0, { fields: new Map(), failed: new Set(), untested: new Set() });
  for (let index = work.pop(); index !== undefined; index = work.pop()) {
    const i = p.code[index]!;
    const s = states[index]!;
    if (i.op === "br") {
      for (const [to, arm] of [
        [i.then, true],
        [i.else, false],
      ] as const)
        arrive(to, tested(s, i.e, arm));
      continue;
    }
    if (i.op === "return") continue;
    const after = step(procs, i, s, inside);
    for (const to of successors(p.code, index)) arrive(to, after);
    if (falls(i) && index + 1 >= p.code.length) done(after);
  }
  for (const [index, i] of p.code.entries()) {
    const s = states[index];
    if (i.op === "return" && s !== undefined && !fails(i.e, s, first)) done(s);
  }
  return out ?? new Map();
}

/** Is what is returned an error for certain? In the outermost procedure anything but zero is one. */
function fails(e: E | undefined, s: State, first: boolean): boolean {
  if (e === undefined) return false;
  if (e.k === "c") return e.v === ERR || (first && e.v !== 0);
  return first && e.k === "r" && s.failed.has(e.r);
}

function step(procs: ReadonlyMap<string, Proc>, i: Ins, s: State, inside: ReadonlySet<string>): State {
  if (i.op === "store") {
    const fields = new Map(s.fields);
    fields.set(i.f, new Set([valueOf(i.e, s)]));
    return { ...s, fields };
  }
  let { fields } = s;
  if (i.op === "call" && i.proc !== undefined) {
    const now = new Map(fields);
    for (const [f, values] of leavings(procs, i.proc, false, inside))
      now.set(
        f,
        new Set([...values].flatMap((v) => (v === SAME || v === SAME_SET ? [...(fields.get(f) ?? [v])] : [v]))),
      );
    fields = now;
  }
  const r = "r" in i ? i.r : undefined;
  if (r === undefined) return { ...s, fields };
  const failed = new Set(s.failed);
  const untested = new Set(s.untested);
  const copied = i.op === "let" && i.e.k === "r" ? i.e.r : undefined;
  failed.delete(r);
  untested.delete(r);
  if (copied !== undefined ? s.failed.has(copied) : i.op === "let" && i.e.k === "c" && i.e.v === ERR) failed.add(r);
  if (copied !== undefined ? s.untested.has(copied) : i.op !== "let" || i.e.k === "any") untested.add(r);
  return { fields, failed, untested };
}

function valueOf(e: E, s: State): number {
  if (e.k === "c") return e.v === MANY ? SOMETHING : e.v;
  if (e.k === "r") return s.untested.has(e.r) ? ANY : SOMETHING;
  return ANY;
}

/** What an arm of a test knows of the register that is tested. */
function tested(s: State, e: E, arm: boolean): State {
  if (e.k === "not") return tested(s, e.e, !arm);
  if (e.k === "f" && arm && (s.fields.get(e.f)?.has(SAME) ?? true)) {
    const before = s.fields.get(e.f) ?? new Set([SAME]);
    const fields = new Map(s.fields);
    fields.set(e.f, new Set([...before].flatMap((v) => (v === SAME ? [SAME_SET] : v === 0 ? [] : [v]))));
    return { ...s, fields };
  }
  const [r, error] = e.k === "r" ? [e.r, false] : e.k === "err" && e.e.k === "r" ? [e.e.r, true] : [undefined, false];
  if (r === undefined) return s;
  const failed = new Set(s.failed);
  const untested = new Set(s.untested);
  // A pointer that is not NULL, or not an error, is one to something.
  if (arm !== error) untested.delete(r);
  if (arm) failed.add(r);
  else failed.delete(r);
  return { ...s, failed, untested };
}

function join(a: State, b: State): State {
  return {
    fields: joinFields(a.fields, b.fields),
    failed: new Set([...a.failed].filter((r) => b.failed.has(r))),
    untested: new Set([...a.untested, ...b.untested]),
  };
}

function joinFields(a: Leavings, b: Leavings): Leavings {
  const out = new Map<FieldId, ReadonlySet<number>>();
  for (const f of new Set([...a.keys(), ...b.keys()]))
    out.set(f, new Set([...(a.get(f) ?? [SAME]), ...(b.get(f) ?? [SAME])]));
  return out;
}

const same = (a: State, b: State): boolean =>
  a.failed.size === b.failed.size &&
  a.untested.size === b.untested.size &&
  a.fields.size === b.fields.size &&
  [...b.fields].every(([f, v]) => a.fields.get(f)?.size === v.size);
