// The running part that all compiled instructions share: the packed state at hand, choices still to be tried, and what went wrong.
import type { Discipline } from "./discipline.ts";
import type { Linked } from "./link.ts";
import type { LaidClass, LaidField } from "./layout.ts";
import { FREED, isLive, UNBORN } from "./layout.ts";
import type { Will } from "./scenario.ts";

/** What a step broke: the rule-neutral name and a sentence. */
export interface Fault {
  readonly what: string;
  readonly detail: string;
}

/** Wills as bits, so that a step made of several is counted only where each of them is. */
export const WILL: Readonly<Record<Will, number>> = { driver: 1, promised: 2, nudged: 4, voluntary: 8 };

/** Code does not stop in the middle: once begun, what was voluntary runs on as promised. */
export const running = (will: Will): number => (will === "voluntary" ? WILL.promised : WILL[will]);

/** One machine's mutable parts. Steps read and write `bytes` in place. */
export interface Core {
  readonly linked: Linked;
  readonly bytes: Uint8Array;
  /** The same bytes, four at a time. */
  readonly words: Int32Array;
  fault: Fault | undefined;
  /** The fault came with the first instruction of the step. */
  first: boolean;
  /** Why nothing can be said from here on: unknown code or an unknown object was reached. */
  trouble: string | undefined;
  /** The step decided what an ANY in the state is: it has changed the state even where it then blocks. */
  decided: boolean;
  /** Wills that the step needs, as bits of `WILL`. */
  will: number;
  /** How many instructions the step ran, those on registers not counted; at least 1. */
  length: number;
  /** The thread waits and only a signal lets it go: where it is must be seen. */
  waits: boolean;
  /** Abilities that the step needs, as bits: the scenario's list gives their order. */
  abilities: number;
  /** Watches accesses, for reduction. */
  watch: Discipline | undefined;
  /** What the running action says of itself. */
  note: string | undefined;
  /** One of 0..n-1; the step is run again for each of the others. */
  choose(n: number): number;
}

/** Choices of one step, in the order in which they are tried. A step is run with `first`, then again after every `next` that returns true. */
export interface Choices {
  first(): void;
  next(): boolean;
  choose(n: number): number;
  /** How many choices this run has asked for. */
  mark(): number;
  /** Forgets the choices of this run from the nth on: what asked for them was undone. */
  cut(mark: number): void;
}

/** An odometer over the choices that a deterministic run asks for. */
export function choices(): Choices {
  const taken: number[] = [];
  const widths: number[] = [];
  let at = 0;
  let length = 0;
  return {
    first() {
      at = length = 0;
    },
    next() {
      while (length > 0) {
        const last = taken[length - 1]! + 1;
        if (last < widths[length - 1]!) {
          taken[length - 1] = last;
          at = 0;
          return true;
        }
        length--;
      }
      return false;
    },
    choose(n) {
      if (n <= 1) return 0;
      if (at === length) {
        taken[at] = 0;
        widths[at] = n;
        length++;
      }
      return taken[at++]!;
    },
    mark: () => at,
    cut(mark) {
      at = length = mark;
    },
  };
}

/** The core of a new machine; its bytes are zero. */
export function core(linked: Linked, choose: (n: number) => number): Core {
  const buffer = new ArrayBuffer(linked.layout.size);
  return {
    linked,
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    fault: undefined,
    first: true,
    trouble: undefined,
    decided: false,
    will: 0,
    length: 1,
    waits: false,
    abilities: 0,
    watch: undefined,
    note: undefined,
    choose,
  };
}

/** Replaces the ANY at `cell` by one of what it stands for. */
export function decide(c: Core, cell: number, values: readonly number[]): number {
  c.decided = true;
  const v = values[c.choose(values.length)] ?? 0;
  c.bytes[cell] = v;
  return v;
}

/** The offset of a live object, or -1 and a fault (or trouble). `what`: the field or the act, for people. */
export function reach(c: Core, cls: LaidClass, object: number, what: string): number {
  if (object >= 1 && object <= cls.count) {
    const base = cls.base + (object - 1) * cls.stride;
    const life = c.bytes[base];
    if (isLive(life)) {
      c.watch?.enter(base);
      return base;
    }
    if (life === FREED)
      c.fault = { what: "use-after-free", detail: `${what} of ${cls.name}#${object}, which is freed` };
    else if (life === UNBORN)
      c.fault = { what: "use-before-birth", detail: `${what} of ${cls.name}#${object}, which was never allocated` };
    return -1;
  }
  if (object === 0) c.fault = { what: "null-deref", detail: `${what} through a NULL ${cls.name}` };
  else if (object === 0xfe) c.fault = { what: "null-deref", detail: `${what} through an error pointer` };
  else c.trouble = `${what}: which ${cls.name} it is of is not known`;
  return -1;
}

/** Does thread `t` hold the lock at `cell` in at least that mode? */
export function holds(c: Core, f: LaidField, cell: number, t: number, mode: "write" | "read"): boolean {
  if (c.bytes[cell] === t + 1) return true;
  return mode === "read" && reads(c, f, cell, t);
}

/** Does thread `t` hold the lock at `cell` as a reader? */
export function reads(c: Core, f: LaidField, cell: number, t: number): boolean {
  if (f.nests) return c.bytes[cell + 1 + t] !== 0;
  return (c.bytes[cell + 1 + (t >> 3)]! & (1 << (t & 7))) !== 0;
}

/** Does any thread hold the lock at `cell` as a reader? */
export function hasReaders(c: Core, f: LaidField, cell: number): boolean {
  for (let i = 1; i < f.bytes; i++) if (c.bytes[cell + i] !== 0) return true;
  return false;
}

/** One compiled instruction: runs it and returns the position that the thread goes to, or BLOCKED with the state unchanged. */
export type Run = () => number;
export const BLOCKED = -1;

/** An instruction that cannot be run: reaching it makes the exploration incomplete. */
export function trouble(c: Core, why: string): Run {
  return () => {
    c.trouble = why;
    return 0;
  };
}
