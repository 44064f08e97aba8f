// One instruction of one thread in a replay's world: every way in which it may end. Written from the comments of skeleton.ts alone.
import type { Ins } from "../../../server/src/model/unplug/skeleton.ts";
import type { Start } from "../../../server/src/model/unplug/scenario.ts";
import type { Going } from "./cells.ts";
import { FREE, giveUp, onCell, put } from "./cells.ts";
import type { Micro } from "./unfold.ts";
import { RESULT } from "./unfold.ts";
import type { Frame, Run, Universe, World } from "./world.ts";
import {
  ANY,
  broke,
  cellOf,
  ERR,
  everyWay,
  FREED,
  lifeCell,
  listed,
  LIVE,
  lost,
  MANY,
  ownerOf,
  predCell,
  reach,
  runOn,
  side,
  truth,
  value,
} from "./world.ts";

export interface Outcome {
  readonly world: World;
  /** What the instruction broke; the world is then of no use. */
  readonly fault: string | undefined;
  /** What an action says of itself. */
  readonly text: string | undefined;
  /** Nobody may count on this outcome. */
  readonly signal: boolean;
  /** Of a test: did it go to the first arm? Of a lock: was it got? */
  readonly yes: boolean | undefined;
}

/** The instruction at which thread `t` is; undefined when it is idle. */
export function current(u: Universe, w: World, t: number): Micro | undefined {
  const frame = w.threads[t]?.frames.at(-1);
  return frame && u.code(frame.proc, frame.wanted)?.[frame.pc];
}

/** A start that may run at least this often is not counted (scenario.ts). */
const UNCOUNTED = 200;

/** Every way in which thread `t` may run the instruction that it is at. None: it is blocked. */
export function advance(u: Universe, w: World, t: number): Outcome[] {
  const running = w.threads[t];
  const frame = running?.frames.at(-1);
  const micro = current(u, w, t);
  if (running === undefined || frame === undefined || micro === undefined) return [];
  const out: Outcome[] = [];
  for (const o of everyWay((choose): Outcome | undefined => {
    const r = runOn(u, w, t, frame.registers, choose);
    const { ins } = micro;
    const going: Going = { pc: frame.pc + 1 };
    let frames: readonly Frame[] | undefined;
    if (ins.op === "call") frames = entered(r, running.frames, ins);
    else if (ins.op === "return") frames = left(r, running.frames);
    else {
      perform(r, ins, going);
      // What was found out about a condition stays, though the thread does.
      if (going.blocked === true && r.fault === undefined) {
        if (!r.decided || (ins.op !== "await" && ins.op !== "waitDone")) return undefined;
        going.pc = frame.pc;
      }
      frames = [...running.frames.slice(0, -1), { ...frame, pc: going.pc, registers: r.registers }];
    }
    const threads = w.threads.with(t, frames.length === 0 ? undefined : { ...running, frames });
    return {
      world: { ...w, cells: r.cells, locks: r.locks, threads },
      fault: r.fault,
      text: going.text,
      signal: r.signal,
      yes: going.yes,
    };
  }))
    if (o !== undefined) out.push(o);
  return out;
}

/** Has thread `t`, which is idle, the start still to run? */
function mayBegin(u: Universe, w: World, t: number, start: Start): boolean {
  const able = start.ability === undefined || u.scenario.abilities.includes(start.ability);
  return (
    able && w.threads[t] === undefined && (start.times >= UNCOUNTED || begunBefore(u, w, t, start)[1] < start.times)
  );
}

function begunBefore(u: Universe, w: World, t: number, start: Start): readonly [key: string, times: number] {
  const key = `${t}/${u.scenario.threads[t]?.starts.indexOf(start) ?? -1}`;
  return [key, w.begun[key] ?? 0];
}

/** Every way in which idle thread `t` may begin the start. */
export function begin(u: Universe, w: World, t: number, start: Start): World[] {
  if (!mayBegin(u, w, t, start)) return [];
  const [key, times] = begunBefore(u, w, t, start);
  return everyWay((choose): World | undefined => {
    const r = runOn(u, w, -1, {}, choose);
    if (!truth(r, start.when)) return undefined;
    const registers = Object.fromEntries(u.params(start.proc).map((p, n) => [p, argument(r, start, n)]));
    const frames = [{ proc: start.proc, wanted: false, pc: 0, registers, give: undefined }];
    const begun = start.times >= UNCOUNTED ? w.begun : { ...w.begun, [key]: times + 1 };
    return { cells: r.cells, locks: w.locks, threads: w.threads.with(t, { start, frames }), begun };
  }).filter((x) => x !== undefined);
}

/** What asking whether the start may begin finds out about unknown values. */
export function asked(u: Universe, w: World, t: number, start: Start): World[] {
  if (!mayBegin(u, w, t, start)) return [];
  return everyWay((choose): World => {
    const r = runOn(u, w, -1, {}, choose);
    truth(r, start.when);
    return { ...w, cells: r.cells };
  });
}

const argument = (r: Run, start: Start, n: number): number => {
  const e = start.args[n];
  return e === undefined ? 0 : value(r, e);
};

function entered(r: Run, frames: readonly Frame[], ins: Ins & { readonly op: "call" }): readonly Frame[] {
  const proc = ins.proc ?? r.u.scenario.set.slots[ins.slot ?? ""] ?? "";
  const caller = frames.at(-1)!;
  if (r.u.code(proc, false) === undefined) lost(r, `procedure ${proc}`);
  if (frames.length > 60) lost(r, `calls nest too deep at ${proc}`);
  const registers = Object.fromEntries(r.u.params(proc).map((p, n) => [p, value(r, ins.args[n] ?? { k: "any" })]));
  return [
    ...frames.slice(0, -1),
    { ...caller, pc: caller.pc + 1 },
    { proc, wanted: ins.r !== undefined, pc: 0, registers, give: ins.r },
  ];
}

function left(r: Run, frames: readonly Frame[]): readonly Frame[] {
  const callee = frames.at(-1)!;
  const caller = frames.at(-2);
  if (caller === undefined) {
    const held = Object.values(r.locks).some((l) => l.writer === r.thread || l.readers.includes(r.thread));
    if (held) broke(r, "return-holding-lock");
    return [];
  }
  const { give } = callee;
  const registers =
    give === undefined ? caller.registers : { ...caller.registers, [give]: callee.registers[RESULT] ?? 0 };
  return [...frames.slice(0, -2), { ...caller, registers }];
}

/** Runs an instruction other than calls and returns. */
function perform(r: Run, i: Ins, going: Going): void {
  switch (i.op) {
    case "let":
      return put(r, i.r, i.e.k === "any" ? ANY : side(r, i.e).v);
    case "br":
      going.yes = truth(r, i.e);
      going.pc = going.yes ? i.then : i.else;
      return;
    case "jmp":
      going.pc = i.to;
      return;
    case "choose":
      going.pc = i.to[r.choose(i.to.length)] ?? going.pc;
      return;
    case "switch": {
      const s = side(r, i.e);
      going.pc = i.default;
      if (s.v !== MANY && s.v !== ERR) going.pc = i.cases.find(([n]) => n === s.v)?.[1] ?? i.default;
      else {
        // Each case may be meant that the value's sign allows.
        const may = i.cases.filter(([n]) => (s.v === MANY ? n > 0 && n < ANY && n !== ERR : n === ERR));
        const hit = may[r.choose(may.length + 1) - 1];
        if (hit !== undefined) going.pc = hit[1];
        if (hit !== undefined && hit[0] !== MANY && s.v === MANY) s.know(hit[0]);
      }
      return;
    }
    case "check":
      if (!truth(r, i.e)) broke(r, i.what);
      return;
    case "next": {
      const owner = ownerOf(r, i.f, i.owner);
      if (r.fault !== undefined) return;
      const n = owner === 0 ? 0 : listed(r, i.f, r.registers[i.r] ?? 0, owner);
      const cls = r.u.fields.get(i.f)?.cls.name ?? "";
      if (n !== 0 && r.cells[lifeCell(cls, n)] === FREED) broke(r, "use-after-free");
      put(r, i.r, n);
      if (n === 0) going.pc = i.done;
      return;
    }
    case "alloc": {
      const count = r.u.classes.get(i.cls)?.count ?? 0;
      let n = 1;
      while (n <= count && r.cells[lifeCell(i.cls, n)] !== 0) n++;
      const fails = n > count || (i.noFail !== true && r.choose(2) === 1);
      if (fails) r.signal = n <= count;
      else r.cells[lifeCell(i.cls, n)] = LIVE;
      return put(r, i.r, fails ? 0 : n);
    }
    case "free":
      return void freeObject(r, i.cls, side(r, i.o).v);
    case "act":
      return void act(r, i, going);
    case "await":
      if (!truth(r, i.e)) giveUp(r, i, going);
      else put(r, i.r, i.how === "interruptible" ? 0 : MANY);
      return;
    case "disturb": {
      const cls = r.u.classes.get(r.u.scenario.set.preds[i.p] ?? "");
      const n = value(r, i.o);
      if (cls === undefined) lost(r, `predicate ${i.p}`);
      else if (reach(r, cls, n)) r.cells[predCell(i.p, n)] = ANY;
      return;
    }
    case "lock":
    case "unlock":
    case "assertHeld":
    case "grace":
    case "store":
    case "count":
    case "complete":
    case "reinit":
    case "waitDone":
    case "link":
    case "unlink": {
      const key = cellOf(r, i.f, i.o);
      if (key !== undefined && r.fault === undefined) onCell(r, i, key, going);
      return;
    }
    case "call":
    case "return":
      return;
  }
}

/** Lists that hold the object keep holding it, so that walking them is seen. */
function freeObject(r: Run, name: string, n: number): void {
  const cls = r.u.classes.get(name);
  if (cls === undefined) return void lost(r, `class ${name}`);
  if (n === 0 || r.fault !== undefined) return;
  if (r.cells[lifeCell(name, n)] === FREED) return void broke(r, "double-free");
  if (!reach(r, cls, n)) return;
  for (const f of cls.fields)
    if (f.kind === "lock") {
      if (r.locks[`${f.id}@${n}`] !== undefined) broke(r, "free-locked");
    } else if (f.kind !== "link") r.cells[`${f.id}@${n}`] = 0;
  for (const [p, of] of Object.entries(r.u.scenario.set.preds)) if (of === name) r.cells[predCell(p, n)] = 0;
  r.cells[lifeCell(name, n)] = FREED;
}

function act(r: Run, i: Ins & { readonly op: "act" }, going: Going): void {
  const { scenario, classes, fields } = r.u;
  const action = scenario.actions[i.act];
  if (action === undefined) return void lost(r, `action ${i.act}`);
  const args = i.args.map((e) => value(r, e));
  if (r.fault !== undefined) return;
  const { cells, locks } = r;
  const outcomes = action(
    {
      get: (field, n) => cells[`${field}@${n}`] ?? 0,
      live: (cls, n) => cells[lifeCell(cls, n)] === LIVE,
      objects: (cls) => classes.get(cls)?.count ?? 0,
      holds: (field, n, mode) => {
        const l = locks[`${field}@${n}`] ?? FREE;
        return l.writer === r.thread || (mode === "read" && l.readers.includes(r.thread));
      },
    },
    { args, opt: i.opt ?? {} },
  ).filter((o) => o.ability === undefined || scenario.abilities.includes(o.ability));
  if (outcomes.length === 0) {
    going.blocked = true;
    return;
  }
  const o = outcomes[r.choose(outcomes.length)]!;
  for (const [field, n, v] of o.writes ?? []) {
    const key = `${field}@${n}`;
    const cls = fields.has(field) ? undefined : [...classes.keys()].find((name) => lifeCell(name, n) === key);
    if (r.cells[key] === undefined) lost(r, `${i.act} writes ${key}`);
    else if (cls !== undefined && v === FREED && r.cells[key] !== FREED) freeObject(r, cls, n);
    else r.cells[key] = v;
  }
  if (o.violation !== undefined) broke(r, o.violation);
  going.text = o.text;
  put(r, i.r, o.r ?? 0);
}
