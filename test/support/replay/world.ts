// The world of a replay: a scenario's shared state as plain data, and expressions read in it. Written from the comments of skeleton.ts and scenario.ts alone.
import type { ClassSpec, E, FieldSpec, Proc } from "../../../server/src/model/unplug/skeleton.ts";
import type { Scenario, Start } from "../../../server/src/model/unplug/scenario.ts";
import type { Micro } from "./unfold.ts";
import { unfold } from "./unfold.ts";

export const MANY = 0xfd;
export const ERR = 0xfe;
export const ANY = 0xff;
/** The largest number that stands for itself. */
const LARGEST = 199;
export const LIVE = 1;
export const FREED = 2;

/** What does not change while a scenario is replayed. */
export interface Universe {
  readonly scenario: Scenario;
  readonly classes: ReadonlyMap<string, ClassSpec>;
  readonly fields: ReadonlyMap<string, { readonly spec: FieldSpec; readonly cls: ClassSpec }>;
  /** Locks that some code takes in write mode: their readers don't nest. */
  readonly written: ReadonlySet<string>;
  code(proc: string, wanted: boolean): readonly Micro[] | undefined;
  params(proc: string): readonly string[];
}

export interface Lock {
  /** The number of the thread, -1: nobody. */
  readonly writer: number;
  /** Threads that read, each as often as it entered, in order of their numbers. */
  readonly readers: readonly number[];
}

export interface Frame {
  readonly proc: string;
  readonly wanted: boolean;
  readonly pc: number;
  readonly registers: Readonly<Record<string, number>>;
  /** The caller's register that gets the result. */
  readonly give: string | undefined;
}

export interface Running {
  readonly start: Start;
  /** Innermost last. */
  readonly frames: readonly Frame[];
}

/** Everything that changes. Never modified in place. */
export interface World {
  /** "field@object", "class.(life)@object" (0 unborn, 1 live, 2 freed), "predicate()@object". */
  readonly cells: Readonly<Record<string, number>>;
  /** By "field@object"; free locks are absent. */
  readonly locks: Readonly<Record<string, Lock>>;
  readonly threads: readonly (Running | undefined)[];
  /** How often each start has begun, by "thread/start". */
  readonly begun: Readonly<Record<string, number>>;
}

export const lifeCell = (cls: string, n: number): string => `${cls}.(life)@${n}`;
export const predCell = (p: string, n: number): string => `${p}()@${n}`;

export function universe(scenario: Scenario): Universe {
  const classes = new Map<string, ClassSpec>();
  for (const c of [...scenario.classes, ...scenario.set.classes]) {
    const had = classes.get(c.name);
    const ids = new Set(had?.fields.map((f) => f.id));
    classes.set(c.name, had ? { ...had, fields: [...had.fields, ...c.fields.filter((f) => !ids.has(f.id))] } : c);
  }
  const fields = new Map([...classes.values()].flatMap((cls) => cls.fields.map((spec) => [spec.id, { spec, cls }])));
  const procs: Readonly<Record<string, Proc>> = { ...scenario.set.procs, ...scenario.procs };
  const code = { procs, slots: scenario.set.slots };
  const known = new Map<string, readonly Micro[]>();
  const u: Universe = {
    scenario,
    classes,
    fields,
    written: new Set(),
    code: (name, wanted) => {
      const proc = procs[name];
      const key = `${name}/${wanted}`;
      if (proc !== undefined && !known.has(key)) known.set(key, unfold(code, proc, wanted));
      return known.get(key);
    },
    params: (name) => procs[name]?.params ?? [],
  };
  return { ...u, written: writtenLocks(u) };
}

/** Over all code that some start reaches. */
function writtenLocks(u: Universe): ReadonlySet<string> {
  const out = new Set<string>();
  const seen = new Set<string>();
  const work = u.scenario.threads.flatMap((t) => t.starts.map((s) => s.proc));
  for (const p of work) {
    if (seen.has(p)) continue;
    seen.add(p);
    for (const { ins } of u.code(p, false) ?? []) {
      if (ins.op === "lock" && ins.mode === "write") out.add(ins.f);
      const callee = ins.op === "call" ? (ins.proc ?? u.scenario.set.slots[ins.slot ?? ""]) : undefined;
      if (callee !== undefined) work.push(callee);
    }
  }
  return out;
}

export function firstWorld(u: Universe): World {
  const cells: Record<string, number> = {};
  for (const c of u.classes.values())
    for (let n = 1; n <= c.count; n++) {
      cells[lifeCell(c.name, n)] = n <= c.liveAtStart ? LIVE : 0;
      for (const f of c.fields) if (f.kind !== "lock") cells[`${f.id}@${n}`] = f.initial ?? 0;
    }
  for (const [p, cls] of Object.entries(u.scenario.set.preds))
    for (let n = 1; n <= (u.classes.get(cls)?.count ?? 0); n++) cells[predCell(p, n)] = ANY;
  for (const i of u.scenario.initial) cells[`${i.field}@${i.object}`] = i.value;
  return { cells, locks: {}, threads: u.scenario.threads.map(() => undefined), begun: {} };
}

/** Worlds with the same key are the same. */
export const keyOf = (w: World): string =>
  JSON.stringify([w.cells, w.locks, w.threads.map((t) => t && [t.start.name, t.frames]), w.begun]);

/** One run of something on a world: changes go to copies. */
export interface Run {
  readonly u: Universe;
  /** The thread that runs; -1: an observer, to whom what is not live reads as 0. */
  readonly thread: number;
  cells: Record<string, number>;
  locks: Record<string, Lock>;
  registers: Record<string, number>;
  readonly choose: (n: number) => number;
  /** What was broken first. Names that no violation has: nothing can be said from here on. */
  fault: string | undefined;
  /** It took a signal, or an allocation that failed, which nobody may count on. */
  signal: boolean;
  /** It found out what an unknown value is. */
  decided: boolean;
}

export const runOn = (
  u: Universe,
  w: World,
  thread: number,
  registers: Readonly<Record<string, number>>,
  choose: Run["choose"],
): Run => ({
  u,
  thread,
  cells: { ...w.cells },
  locks: { ...w.locks },
  registers: { ...registers },
  choose,
  fault: undefined,
  signal: false,
  decided: false,
});

/** All runs of something, one for each way in which its choices may go. */
export function everyWay<T>(run: (choose: (n: number) => number) => T): T[] {
  const out: T[] = [];
  let script: { taken: number; of: number }[] = [];
  do {
    let at = 0;
    out.push(
      run((n) => {
        if (n <= 1) return 0;
        if (at === script.length) script.push({ taken: 0, of: n });
        return script[at++]!.taken;
      }),
    );
    while (script.length > 0 && script.at(-1)!.taken + 1 === script.at(-1)!.of) script.pop();
    script = script.map((s, n) => (n === script.length - 1 ? { ...s, taken: s.taken + 1 } : s));
  } while (script.length > 0);
  return out;
}

export function broke(r: Run, what: string): number {
  r.fault ??= what;
  return 0;
}

/** Marks that the replayer cannot go on: no violation has such a name. */
export const lost = (r: Run, why: string): number => broke(r, `(not known) ${why}`);

/** Is object `n` live? If not, that is what was broken. */
export function reach(r: Run, cls: ClassSpec, n: number): boolean {
  if (r.fault !== undefined) return false;
  if (n >= 1 && n <= cls.count) {
    const life = r.cells[lifeCell(cls.name, n)];
    if (life === LIVE) return true;
    broke(r, life === FREED ? "use-after-free" : "use-before-birth");
  } else if (n === 0 || n === ERR) broke(r, "null-deref");
  else lost(r, `object ${n} of ${cls.name}`);
  return false;
}

/** The key of a field's cell in an object, undefined where it cannot be reached. An observer sees 0 there and breaks nothing. */
export function cellOf(r: Run, field: string, o: E): string | undefined {
  const f = r.u.fields.get(field);
  if (f === undefined) return void lost(r, `field ${field}`);
  const n = value(r, o);
  if (r.thread < 0) return r.cells[lifeCell(f.cls.name, n)] === LIVE ? `${field}@${n}` : undefined;
  return reach(r, f.cls, n) ? `${field}@${n}` : undefined;
}

/** What ANY in the field stands for. */
export function valuesOf(u: Universe, field: string): readonly number[] {
  const spec = u.fields.get(field)?.spec;
  if (spec?.values !== undefined) return spec.values;
  switch (spec?.kind) {
    case "pointer":
    case "link":
      if (spec.to === undefined) return [0, MANY];
      return Array.from({ length: (u.classes.get(spec.to)?.liveAtStart ?? 0) + 1 }, (_, n) => n);
    case "count":
    case "completion":
      return [0, MANY];
    default:
      return [0, MANY, ERR];
  }
}

interface Side {
  readonly v: number;
  /** More is known now about what was read. */
  readonly know: (v: number) => void;
}

const nothing = (): void => undefined;

/** Reads a register or a cell; an unknown cell is decided. */
function readPlace(r: Run, e: E): Side {
  if (e.k === "r")
    return {
      v: r.registers[e.r] ?? 0,
      know: (v) => {
        r.registers[e.r] = v;
      },
    };
  let key: string | undefined;
  let values: readonly number[] = [0, MANY, ERR];
  if (e.k === "f" || e.k === "count" || e.k === "linked") {
    key = cellOf(r, e.f, e.o);
    values = valuesOf(r.u, e.f);
  } else if (e.k === "pred") {
    const cls = r.u.classes.get(r.u.scenario.set.preds[e.p] ?? "");
    if (cls === undefined) return { v: lost(r, `predicate ${e.p}`), know: nothing };
    const n = value(r, e.o);
    const there = r.thread < 0 ? r.cells[lifeCell(cls.name, n)] === LIVE : reach(r, cls, n);
    key = there ? predCell(e.p, n) : undefined;
  }
  if (key === undefined) return { v: 0, know: nothing };
  const cell = key;
  const know = (v: number): void => {
    r.cells[cell] = v;
    r.decided = true;
  };
  if (r.cells[cell] === ANY) know(values[r.choose(values.length)] ?? 0);
  return { v: r.cells[cell] ?? 0, know };
}

/** One side of a test: what is still unknown is decided, and stays so. */
export function side(r: Run, e: E): Side {
  const place = e.k === "r" || e.k === "f" || e.k === "count" || e.k === "pred";
  const read = place ? readPlace(r, e) : { v: value(r, e), know: nothing };
  if (read.v !== ANY) return read;
  const v = [0, MANY, ERR][r.choose(3)] ?? 0;
  read.know(v);
  if (place) r.decided = true;
  return { ...read, v };
}

export function truth(r: Run, e: E): boolean {
  if (e.k === "any") return r.choose(2) === 0;
  if (e.k === "not") return !truth(r, e.e);
  if (e.k === "bin" && e.op === "&&") return truth(r, e.l) && r.fault === undefined && truth(r, e.r);
  if (e.k === "bin" && e.op === "||") return truth(r, e.l) || (r.fault === undefined && truth(r, e.r));
  return side(r, e).v !== 0;
}

/** May be ANY where it is a register that is, or comes of arithmetic on what is not known. */
export function value(r: Run, e: E): number {
  switch (e.k) {
    case "c":
      return e.v;
    case "any":
      return ANY;
    case "r":
    case "f":
    case "count":
    case "pred":
      return readPlace(r, e).v;
    case "linked":
      return readPlace(r, e).v === 0 ? 0 : 1;
    case "err":
      return side(r, e.e).v === ERR ? 1 : 0;
    case "live":
      return r.cells[lifeCell(e.cls, value(r, e.o))] === LIVE ? 1 : 0;
    case "not":
      return truth(r, e) ? 1 : 0;
    case "empty": {
      const n = ownerOf(r, e.f, e.o);
      return n !== 0 && listed(r, e.f, 0, n) !== 0 ? 0 : 1;
    }
    case "bin":
      return e.op === "&&" || e.op === "||" ? (truth(r, e) ? 1 : 0) : arithmetic(r, e);
  }
}

/** The object that owns a list head; it must be live. */
export function ownerOf(r: Run, field: string, o: E): number {
  const n = value(r, o);
  const cls = r.u.classes.get(r.u.fields.get(field)?.spec.to ?? "");
  return cls === undefined || r.thread < 0 || reach(r, cls, n) ? n : 0;
}

/** The first object after `after` that is on the owner's list; 0 where there is none. */
export function listed(r: Run, field: string, after: number, owner: number): number {
  const count = r.u.fields.get(field)?.cls.count ?? 0;
  for (let n = after + 1; n <= count; n++) if (r.cells[`${field}@${n}`] === owner) return n;
  return 0;
}

export const clamp = (n: number): number => (n < 0 ? ERR : n > LARGEST ? MANY : n);

/** Where a value lies among the integers: an errno is below 0, MANY at least 1. */
const range = (v: number): readonly [number, number] => (v === ERR ? [-4095, -1] : v === MANY ? [1, Infinity] : [v, v]);

function arithmetic(r: Run, e: E & { readonly k: "bin" }): number {
  const l = side(r, e.l);
  const x = side(r, e.r);
  const [a, b] = [l.v, x.v];
  const [al, ah] = range(a);
  const [bl, bh] = range(b);
  /** true, false, or whatever a choice says. */
  const open = (yes: boolean, no: boolean): boolean => (yes ? true : no ? false : r.choose(2) === 0);
  switch (e.op) {
    case "==":
    case "!=": {
      const undecided = al !== ah || bl !== bh;
      const same = open(!undecided && a === b, ah < bl || bh < al);
      if (same && undecided && a === MANY && b !== MANY) l.know(b);
      if (same && undecided && b === MANY && a !== MANY) x.know(a);
      return same === (e.op === "==") ? 1 : 0;
    }
    case "<":
      return open(ah < bl, al >= bh) ? 1 : 0;
    case ">=":
      return open(al >= bh, ah < bl) ? 1 : 0;
    case ">":
      return open(al > bh, ah <= bl) ? 1 : 0;
    case "<=":
      return open(ah <= bl, al > bh) ? 1 : 0;
    case "+":
      if (a <= LARGEST && b <= LARGEST) return clamp(a + b);
      if (a === 0 || b === 0) return a + b;
      return a === ERR || b === ERR ? ANY : MANY;
    case "-":
      if (a <= LARGEST && b <= LARGEST) return clamp(a - b);
      return b === 0 ? a : ANY;
    case "&": {
      if (a <= LARGEST && b <= LARGEST) return a & b;
      if (a === 0 || b === 0 || r.choose(2) === 0) return 0;
      const bit = [a, b].find((v) => v <= LARGEST && (v & (v - 1)) === 0);
      return bit ?? MANY;
    }
    case "|":
      if (a <= LARGEST && b <= LARGEST) return clamp(a | b);
      return a === ERR || b === ERR ? ERR : MANY;
    default:
      return 0;
  }
}
