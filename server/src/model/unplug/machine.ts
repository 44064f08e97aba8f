// The machine: a linked scenario's threads, one step at a time, on a packed state. It knows every instruction's semantics and nothing of searching.
import type { Core, Fault, Run } from "./core.ts";
import { BLOCKED, choices, core, hasReaders, reads, running, WILL } from "./core.ts";
import type { Choices } from "./core.ts";
import { truth, value } from "./expression.ts";
import { compile } from "./instruction.ts";
import { writeInitial } from "./layout.ts";
import type { LaidField } from "./layout.ts";
import type { Linked, LinkedStart } from "./link.ts";
import { isLocal } from "./simplify.ts";

/** How a step ended. */
export const Moved = 1;
export const Blocked = 0;
export const Faulted = 2;
export const Troubled = 3;

/** One instruction that ran, for traces. `pc` 0: the start began. */
export interface Ran {
  readonly thread: number;
  readonly start: LinkedStart;
  readonly pc: number;
  readonly to: number;
  readonly note: string | undefined;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface Machine {
  readonly linked: Linked;
  readonly core: Core;
  readonly choices: Choices;
  /** What could not be set up. */
  readonly problems: readonly string[];
  /** Puts the first state into the core. */
  reset(): void;
  /** Runs thread `t` from the state in the core to its next visible instruction. Sets the core's `fault`, `trouble`, `will`, `abilities`. */
  step(t: number): number;
  /** The first invariant that the state in the core breaks, in some way that its ANYs may be decided. Leaves the state as it was. */
  broken(): Fault | undefined;
  /** The start that the thread runs, undefined when idle. */
  startOf(t: number): LinkedStart | undefined;
  /** Where set, every instruction that runs is added. */
  log: Ran[] | undefined;
}

/** A loop over registers alone is cut into steps of this many instructions. */
const LOCAL_STEPS = 256;

export interface MachineOptions {
  /** Steps that touch only registers run on with the step before them. */
  readonly fuse: boolean;
  /** A step that faults after its first instruction leaves the state as it was just before the one that faults. */
  readonly rests?: boolean;
}

/** Builds a machine. */
export function machine(linked: Linked, options: MachineOptions): Machine {
  const odometer = choices();
  const observer = choices();
  let active = odometer;
  const c = core(linked, (n) => active.choose(n));
  const { bytes } = c;
  const { layout, scenario } = linked;
  const problems: string[] = [...linked.problems];
  const initial = new Uint8Array(layout.size);
  problems.push(...writeInitial(layout, scenario, initial));
  const locks = lockCells(linked);
  const on = new Set(scenario.abilities);

  const lanes = linked.threads.map((thread, t) => {
    const { pc, registers } = layout.threads[t]!;
    const code: Run[] = thread.code.map((i, index) => compile(c, i, index, t, registers));
    const local: boolean[] = thread.code.map((i, index) => index > 0 && isLocal(i));
    const returns: boolean[] = thread.code.map((i) => i.op === "return");
    const begins = thread.starts.filter((s) => s.start.ability === undefined || on.has(s.start.ability));
    const whens = begins.map((s) => truth(c, s.start.when, { registers: -1, observer: true }));
    const args = begins.map((s) => s.start.args.map((e) => value(c, e, { registers: -1, observer: true })));
    const dead = thread.dead.map((slots) => Uint8Array.from(slots));
    const wills = thread.owner.map((s) => (s === undefined ? 0 : running(s.start.will)));
    return { thread, pc, registers, code, local, returns, begins, whens, args, dead, wills };
  });
  type Lane = (typeof lanes)[number];

  /** An idle thread begins one of its starts. Returns the position, 0 where the state only became more decided, or BLOCKED. */
  function begin(lane: Lane): number {
    const { begins } = lane;
    let free = 0;
    for (const s of begins) if (mayBegin(s)) free++;
    if (free === 0) return BLOCKED;
    let left = c.choose(free);
    let index = 0;
    while (!mayBegin(begins[index]!) || left-- > 0) index++;
    const s = begins[index]!;
    c.decided = false;
    const now = lane.whens[index]!();
    c.will |= WILL[s.start.will];
    if (!now) return c.decided ? 0 : BLOCKED;
    const count = layout.begun[s.number]!;
    if (count >= 0) bytes[count]!++;
    for (const [n, arg] of lane.args[index]!.entries()) {
      const slot = s.slots[n] ?? -1;
      const v = arg();
      if (slot >= 0) bytes[lane.registers + slot] = v;
    }
    if (s.start.ability !== undefined) c.abilities.add(s.start.ability);
    return s.entry;
  }

  const mayBegin = (s: LinkedStart): boolean => {
    const count = layout.begun[s.number]!;
    return count < 0 || bytes[count]! < s.start.times;
  };

  function finish(t: number): void {
    for (const { cell, field } of locks)
      if (bytes[cell] === t + 1 || reads(c, field, cell, t)) {
        c.fault ??= { what: "return-holding-lock", detail: `${field.id} is still held when it returns` };
        return;
      }
  }

  function step(t: number): number {
    const lane = lanes[t]!;
    const { code, local, returns } = lane;
    c.fault = undefined;
    c.first = true;
    c.trouble = undefined;
    c.will = 0;
    c.note = undefined;
    if (c.abilities.size > 0) c.abilities.clear();
    let pc = bytes[lane.pc]! | (bytes[lane.pc + 1]! << 8);
    const before = self.log === undefined ? undefined : bytes.slice();
    let to: number;
    if (pc === 0) to = begin(lane);
    else {
      c.will = lane.wills[pc]!;
      to = code[pc]!();
      if (returns[pc]! && to === 0) finish(t);
    }
    if (c.trouble !== undefined) return Troubled;
    if (to === BLOCKED && c.fault === undefined) return Blocked;
    if (before !== undefined) record(t, lane, pc, to, before);
    c.first = c.fault !== undefined;
    if (options.fuse && to !== 0)
      for (let n = 0; n < LOCAL_STEPS && c.fault === undefined && local[to] === true; n++) {
        pc = to;
        const was = self.log === undefined && !options.rests ? undefined : bytes.slice();
        to = code[pc]!();
        if (to === 0) finish(t);
        if (c.trouble !== undefined) return Troubled;
        if (was !== undefined) record(t, lane, pc, to, was);
        if (c.fault !== undefined) {
          if (options.rests && was !== undefined) {
            bytes.set(was);
            rest(lane, pc);
          }
          return Faulted;
        }
        if (to === 0) break;
      }
    if (c.fault !== undefined) return Faulted;
    rest(lane, to);
    return Moved;
  }

  /** Leaves the thread at `pc`, with nothing in the registers that are dead there. */
  function rest(lane: Lane, pc: number): void {
    bytes[lane.pc] = pc & 0xff;
    bytes[lane.pc + 1] = pc >> 8;
    const dead = lane.dead[pc]!;
    for (let n = 0; n < dead.length; n++) bytes[lane.registers + dead[n]!] = 0;
  }

  function record(t: number, lane: Lane, pc: number, to: number, before: Uint8Array): void {
    const start = lane.thread.owner[pc] ?? lane.thread.owner[to];
    if (start === undefined) return;
    self.log?.push({ thread: t, start, pc, to, note: c.note, before, after: bytes.slice() });
    c.note = undefined;
  }

  const invariants = scenario.invariants.map((i) => ({
    name: i.name,
    quiet: i.quiet === true,
    holds: truth(c, i.holds, { registers: -1, observer: true }),
  }));

  const saved = new Int32Array(c.words.length);

  function broken(): Fault | undefined {
    if (invariants.length === 0) return undefined;
    active = observer;
    observer.first();
    c.decided = false;
    saved.set(c.words);
    let fault = look();
    while (fault === undefined && observer.next()) {
      c.words.set(saved);
      fault = look();
    }
    if (c.decided) c.words.set(saved);
    active = odometer;
    return fault;
  }

  function look(): Fault | undefined {
    let busy: boolean | undefined;
    for (const i of invariants) {
      if (i.quiet) {
        busy ??= locks.some(({ cell }) => bytes[cell] !== 0);
        if (busy) continue;
      }
      if (!i.holds()) return { what: i.name, detail: `"${i.name}" does not hold` };
    }
    return undefined;
  }

  const self: Machine = {
    linked,
    core: c,
    choices: odometer,
    problems,
    reset: () => bytes.set(initial),
    step,
    broken,
    startOf: (t) => {
      const at = layout.threads[t]!.pc;
      return linked.threads[t]!.owner[bytes[at]! | (bytes[at + 1]! << 8)];
    },
    log: undefined,
  };
  return self;
}

/** Every lock of every object. */
export function lockCells(
  linked: Linked,
): readonly { readonly cell: number; readonly field: LaidField; readonly object: number }[] {
  const out: { cell: number; field: LaidField; object: number }[] = [];
  for (const cls of linked.layout.classes.values())
    for (let n = 0; n < cls.count; n++)
      for (const field of cls.fields)
        if (field.kind === "lock") out.push({ cell: cls.base + n * cls.stride + field.at, field, object: n + 1 });
  return out;
}

/** Does anybody hold the lock at `cell`? */
export const isHeld = (c: Core, field: LaidField, cell: number): boolean =>
  c.bytes[cell] !== 0 || hasReaders(c, field, cell);
