// The machine: a linked scenario's threads, one step at a time, on a packed state. It knows every instruction's semantics and nothing of searching.
import type { Core, Fault, Run } from "./core.ts";
import { BLOCKED, choices, core, reads, running, WILL } from "./core.ts";
import type { Choices } from "./core.ts";
import { CYCLIC, discipline, LEFT, MAX_THREADS, NEITHER, RIGHT } from "./discipline.ts";
import { truth, value } from "./expression.ts";
import { compile } from "./instruction.ts";
import { writeInitial } from "./layout.ts";
import type { Linked, LinkedStart } from "./link.ts";
import { lockCells } from "./lock-cells.ts";
import { wills } from "./progress.ts";
import { isLocal, mayBlock } from "./simplify.ts";

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
  /**
   * Runs thread `t` from the state in the core to where it next must stop. Sets the core's `fault`, `trouble`, `will`, `abilities`. `solo`: nobody else can move.
   * `same`: the state is the one that `movers` has looked at.
   */
  step(t: number, solo: boolean, same?: boolean): number;
  /** The threads that may be able to move in the state in the core, as bits; -1 where that is not known. */
  movers(): number;
  /** The first invariant that the state in the core breaks, in some way that its ANYs may be decided. Leaves the state as it was. */
  broken(): Fault | undefined;
  /** The start that the thread runs, undefined when idle. */
  startOf(t: number): LinkedStart | undefined;
  /** Where set, every instruction that runs is added. */
  log: Ran[] | undefined;
}

export interface MachineOptions {
  /**
   * none: every instruction is a step. local: steps that touch only registers run on with the step before them. locks: and so do steps that commute with
   * everything that others do (discipline.ts).
   */
  readonly fuse: "none" | "local" | "locks";
  /** A step that faults after its first instruction leaves the state as it was just before the one that faults. */
  readonly rests?: boolean;
}

/** Instructions of one step at most: a loop that nobody sees is cut into steps of this many. */
const STEP_LENGTH = 256;

/** Choices of one step at most. */
const STEP_CHOICES = 3;

/** Builds a machine. */
export function machine(linked: Linked, options: MachineOptions): Machine {
  const odometer = choices();
  const observer = choices();
  let active = odometer;
  const c = core(linked, (n) => active.choose(n));
  const { bytes, words } = c;
  const { layout, scenario } = linked;
  const problems: string[] = [...linked.problems];
  const initial = new Uint8Array(layout.size);
  problems.push(...writeInitial(layout, scenario, initial));
  const locks = lockCells(linked);
  const on = new Set(scenario.abilities);
  const byLocks = options.fuse === "locks" && linked.threads.length <= MAX_THREADS;
  const watch = byLocks ? discipline(linked, bytes, linked.tried) : undefined;
  c.watch = watch;
  // A start that a goal may not count on can stay where it is for ever: none of its steps may be taken for granted.
  const counted = scenario.progress.reduce((bits, p) => bits & wills(p.counting), -1);

  const lanes = linked.threads.map((thread, t) => {
    const { pc, registers } = layout.threads[t]!;
    const begins = thread.starts.filter((s) => s.start.ability === undefined || on.has(s.start.ability));
    return {
      thread,
      pc,
      registers,
      begins,
      code: thread.code.map((i, index): Run => compile(c, i, index, t, registers)),
      local: thread.code.map((i, index) => index > 0 && isLocal(i)),
      blocks: thread.code.map(mayBlock),
      // What may have to be taken back even where it could run late.
      stops: thread.code.map((i) => mayBlock(i) || i.op === "lock" || i.op === "waitDone" || i.op === "await"),
      returns: thread.code.map((i) => i.op === "return"),
      whens: begins.map((s) => truth(c, s.start.when, { registers: -1, observer: true })),
      args: begins.map((s) => s.start.args.map((e) => value(c, e, { registers: -1, observer: true }))),
      dead: thread.dead.map((slots) => Uint8Array.from(slots)),
      wills: thread.owner.map((s) => (s === undefined ? 0 : running(s.start.will))),
      fuses: thread.owner.map((s) => byLocks && s !== undefined && (running(s.start.will) & ~counted) === 0),
    };
  });
  type Lane = (typeof lanes)[number];

  const mayBegin = (s: LinkedStart): boolean => {
    const count = layout.begun[s.number]!;
    return count < 0 || bytes[count]! < s.start.times;
  };

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
    if (s.start.ability !== undefined) c.abilities |= 1 << scenario.abilities.indexOf(s.start.ability);
    return s.entry;
  }

  function finish(t: number): void {
    for (const { cell, field } of locks)
      if (bytes[cell] === t + 1 || reads(c, field, cell, t)) {
        c.fault ??= { what: "return-holding-lock", detail: `${field.id} is still held when it returns` };
        return;
      }
    watch?.leave();
  }

  const position = (lane: Lane): number => bytes[lane.pc]! | (bytes[lane.pc + 1]! << 8);
  const undo = new Int32Array(words.length);

  function step(t: number, solo: boolean, same = false): number {
    const lane = lanes[t]!;
    const { code, local, returns } = lane;
    c.fault = undefined;
    c.first = true;
    c.length = 1;
    c.trouble = undefined;
    c.will = 0;
    c.abilities = 0;
    c.note = undefined;
    if (!same) watch?.scan();
    watch?.run(t, solo);
    let pc = position(lane);
    const before = self.log === undefined ? undefined : bytes.slice();
    let to: number;
    if (watch) watch.kind = 0;
    if (pc === 0) to = begin(lane);
    else {
      c.will = lane.wills[pc]!;
      to = code[pc]!();
      if (returns[pc]! && to === 0) finish(t);
    }
    if (c.trouble !== undefined) return Troubled;
    if (to === BLOCKED && c.fault === undefined) {
      // What it looked at in vain and somebody else owns: the owner is not alone with it.
      if (watch?.restore() === true) {
        saved.set(words);
        mayMove(t);
      }
      return Blocked;
    }
    if (before !== undefined) record(t, lane, pc, to, before);
    if (c.fault !== undefined) return Faulted;
    if (to === pc || options.fuse === "none") {
      rest(lane, to);
      return Moved;
    }
    // Before the first thing that others may see, steps may be late (right movers); after it, they must be early (left movers).
    let late = watch !== undefined && (watch.kind & (NEITHER | LEFT)) === 0;
    if (watch && !late) watch.solo = false;
    const fuses = lane.fuses[to]!;
    for (let n = 0; n < STEP_LENGTH && to !== 0; n++) {
      const back = to <= pc;
      pc = to;
      const isLocalStep = local[pc]!;
      if (!isLocalStep && (!fuses || watch === undefined)) break;
      // Choices multiply within a step and are merged between steps; most of all those of a loop.
      if (active.mark() >= STEP_CHOICES || (active.mark() > 0 && back)) break;
      // What runs late is only taken back where it blocks, waits, or takes a lock in the wrong order. One that leads back to itself may stay done.
      const undoable = (!isLocalStep && (!late || lane.stops[pc]!)) || options.rests === true || self.log !== undefined;
      if (undoable) undo.set(words);
      if (isLocalStep || watch === undefined) {
        to = code[pc]!();
        if (to === 0) finish(t);
      } else {
        const [mark, will, abilities] = [active.mark(), c.will, c.abilities];
        watch.kind = 0;
        c.waits = false;
        to = code[pc]!();
        if (c.fault === undefined && c.trouble === undefined) {
          const stop =
            to === BLOCKED || to === pc || c.waits || (watch.kind & (late ? CYCLIC : CYCLIC | RIGHT | NEITHER)) !== 0;
          if (stop && undoable) {
            words.set(undo);
            active.cut(mark);
            c.will = will;
            c.abilities = abilities;
            c.note = undefined;
            to = pc;
            break;
          }
          if ((watch.kind & (NEITHER | LEFT)) !== 0) late = watch.solo = false;
        }
      }
      if (c.trouble !== undefined) return Troubled;
      if (!isLocalStep) c.length++;
      if (self.log !== undefined) record(t, lane, pc, to, new Uint8Array(undo.slice().buffer));
      if (c.fault !== undefined) {
        c.first = false;
        if (options.rests === true) {
          words.set(undo);
          rest(lane, pc);
        }
        return Faulted;
      }
      if (to === pc) break;
    }
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

  const saved = new Int32Array(words.length);

  /** Could the thread do something? Leaves the state as it is in `saved`; what it looks at in vain is what it waits for. */
  function mayMove(t: number): boolean {
    const lane = lanes[t]!;
    const pc = position(lane);
    if (pc !== 0 && !lane.blocks[pc]!) return true;
    watch?.run(t, false);
    watch?.remember(true);
    active = observer;
    observer.first();
    let moves = false;
    do {
      c.fault = c.trouble = undefined;
      c.decided = false;
      if (pc !== 0) {
        moves = lane.code[pc]!() !== BLOCKED || c.fault !== undefined || c.trouble !== undefined;
        words.set(saved);
      } else {
        const { begins, whens } = lane;
        for (let n = 0; n < begins.length && !moves; n++) moves = mayBegin(begins[n]!) && (whens[n]!() || c.decided);
        if (c.decided || watch?.restore() === true) words.set(saved);
      }
    } while (!moves && observer.next());
    c.fault = c.trouble = undefined;
    active = odometer;
    if (!moves) watch?.block();
    watch?.remember(false);
    return moves;
  }

  function movers(): number {
    if (watch === undefined) return -1;
    let out = 0;
    watch.scan();
    saved.set(words);
    for (let t = 0; t < lanes.length; t++) if (mayMove(t)) out |= 1 << t;
    return out;
  }

  const invariants = scenario.invariants.map((i) => ({
    name: i.name,
    quiet: i.quiet === true,
    holds: truth(c, i.holds, { registers: -1, observer: true }),
  }));

  function broken(): Fault | undefined {
    if (invariants.length === 0) return undefined;
    active = observer;
    observer.first();
    c.decided = false;
    saved.set(words);
    let fault = look();
    while (fault === undefined && observer.next()) {
      words.set(saved);
      fault = look();
    }
    if (c.decided) words.set(saved);
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
      watch?.observe(i.quiet);
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
    movers,
    broken,
    startOf: (t) => linked.threads[t]!.owner[position(lanes[t]!)],
    log: undefined,
  };
  return self;
}
