// Small hand-written scenarios for the tests of the machine and the explorer: one class, a few fields, threads given as code.
import type { ClassSpec, E, FieldSpec, Ins, Proc } from "../../../server/src/model/unplug/skeleton.ts";
import type { Action, Scenario, Start, Will } from "../../../server/src/model/unplug/scenario.ts";

export const c = (v: number): E => ({ k: "c", v });
export const r = (name: string): E => ({ k: "r", r: name });
export const f = (field: string, o: E = c(1)): E => ({ k: "f", f: field, o });
export const not = (e: E): E => ({ k: "not", e });
export const eq = (l: E, x: E): E => ({ k: "bin", op: "==", l, r: x });
export const and = (l: E, x: E): E => ({ k: "bin", op: "&&", l, r: x });
export const bin = (l: E, op: (E & { readonly k: "bin" })["op"], x: E): E => ({ k: "bin", op, l, r: x });
export const any: E = { k: "any" };

export const store = (field: string, e: E, o: E = c(1)): Ins => ({ op: "store", f: field, o, e });
export const lock = (field: string, mode: "write" | "read" = "write", o: E = c(1)): Ins => ({
  op: "lock",
  f: field,
  o,
  mode,
  how: "wait",
});
export const unlock = (field: string, mode: "write" | "read" = "write", o: E = c(1)): Ins => ({
  op: "unlock",
  f: field,
  o,
  mode,
});
export const fail = (what: string): Ins => ({ op: "check", e: c(0), what });
/** A violation unless the expression is true. */
export const check = (e: E, what = "wrong"): Ins => ({ op: "check", e, what });
export const ret: Ins = { op: "return" };

/** The usual class: "o", of which two are live and two may be allocated. */
export const fields: readonly FieldSpec[] = [
  { id: "o.flag", kind: "value" },
  { id: "o.flag2", kind: "value" },
  { id: "o.ptr", kind: "pointer", to: "o" },
  { id: "o.lock", kind: "lock" },
  { id: "o.lock2", kind: "lock" },
  { id: "o.count", kind: "count" },
  { id: "o.done", kind: "completion" },
  { id: "o.node", kind: "link", to: "o" },
];

export const usual: ClassSpec = { name: "o", tags: ["o"], count: 4, liveAtStart: 2, fields };

export interface ThreadSpec {
  readonly code: readonly Ins[];
  readonly will?: Will;
  readonly times?: number;
  readonly when?: E;
  readonly ability?: string;
}

/** A scenario of threads "t0", "t1", …, each with one start of the same name. */
export function scenario(threads: readonly (readonly Ins[] | ThreadSpec)[], more: Partial<Scenario> = {}): Scenario {
  const procs: Record<string, Proc> = {};
  const made = threads.map((t, n) => {
    const spec: ThreadSpec = "code" in t ? t : { code: t };
    procs[`t${n}`] = { name: `t${n}`, params: [], code: spec.code };
    const start: Start = {
      name: `t${n}`,
      proc: `t${n}`,
      args: [],
      when: spec.when ?? c(1),
      times: spec.times ?? 1,
      will: spec.will ?? "driver",
      ...(spec.ability === undefined ? {} : { ability: spec.ability }),
    };
    return { name: `t${n}`, actor: `actor ${n}`, starts: [start] };
  });
  return {
    name: "test",
    set: {
      name: "test",
      classes: [],
      procs: {},
      slots: {},
      roots: [],
      preds: { ready: "o" },
      parts: { device: "o", buffer: "o", private: undefined },
    },
    classes: [usual],
    actions: {} satisfies Record<string, Action>,
    threads: made,
    abilities: [],
    invariants: [],
    progress: [],
    initial: [],
    ...more,
    procs: { ...procs, ...more.procs },
  };
}
