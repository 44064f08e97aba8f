// Locking discipline, found by watching: which cells are only touched under a common lock, by one thread, or never written. Steps on such cells commute with
// everything that other threads do, so a machine may run them on without a stop (Lipton's reduction). The assumption is checked in the very exploration that
// uses it, on every access; where it fails the cell is exposed from the next round on, until a round passes in which nothing fails (Stoller, "Model-checking
// multi-threaded distributed Java programs"; Flanagan and Qadeer, "Transactions for software model checking").
import type { Linked } from "./link.ts";
import { LIVE, OWNED } from "./layout.ts";
import { lockCells } from "./lock-cells.ts";

/** How the accesses of one instruction commute with other threads' steps. 0: with all of them, both ways. */
export const RIGHT = 1; // only later: taking a lock, touching an object that may be freed
export const NEITHER = 2; // an access that others may see
export const LEFT = 4; // only earlier: dropping a lock
/** Taking a lock that is part of a cycle of lock orders, while holding another: a deadlock must find the thread in front of it. */
export const CYCLIC = 8;

/** Bits of a mask, for threads and for locks; the last thread bit is the observer's (invariants). */
export const MAX_THREADS = 30;
const MAX_LOCKS = 30;
const OBSERVER = 1 << MAX_THREADS;
const ALL_LOCKS = -1;
/** Cells that one look remembers, minus 1; one that touches more is taken to have touched everything. */
const GLANCES = 255;

export interface Discipline {
  /** What the instruction at hand has done so far: bits as above. */
  kind: number;
  /** Something that this round assumed has turned out wrong. */
  dirty: boolean;
  /** Locks that the running thread holds, as bits: in write mode, in any mode. */
  written: number;
  held: number;
  /** Only the running thread can move, and it has not yet done anything that others see. */
  solo: boolean;
  /** The cells of which the steps since this was last cleared have assumed something, as bits. What invariants and idle threads look at is not among them. */
  readonly relied: Int32Array;
  /** Remembers what is touched, for `block`. */
  remember(on: boolean): void;

  /** Sees who holds what in the state at hand. */
  scan(): void;
  /** The running thread is `t` and holds what it held when the state was scanned. */
  run(t: number, solo: boolean): void;
  /** Invariants are looked at; `quiet`: while nobody holds a lock in write mode, as if the observer held them all. */
  observe(quiet: boolean): void;
  touch(cell: number, write: boolean): void;
  /** The object at `base` is looked into; the touches that follow are of its cells. */
  enter(base: number): void;
  /** The running thread has allocated the object at `base`. */
  born(base: number): void;
  /** The running thread returns: what it allocated is anybody's. */
  leave(): void;
  /** Undoes what the blocked step has changed of owners; true where there was something. */
  restore(): boolean;
  /** The object at `base` is freed. */
  kill(base: number): void;
  acquire(cell: number, write: boolean): void;
  /** `still`: the thread goes on holding it, as a nested reader. */
  release(cell: number, still: boolean): void;
  /** Somebody asks whether the lock is free without waiting for it: taking and dropping it can be seen. */
  peek(cell: number): void;
  /** The thread is blocked on what it has touched since it was told to remember. */
  block(): void;
  /** Uses what was learnt; true if there was something new. */
  next(): boolean;
  /** The cells of which what was assumed has turned out wrong, as bits. Uses what was learnt. */
  correct(): Int32Array;
}

/** A discipline that assumes everything at first. `bytes`: the machine's state. `tried`: fields of locks on which somebody tries. */
export function discipline(linked: Linked, bytes: Uint8Array, tried: ReadonlySet<string>): Discipline {
  const size = linked.layout.size;
  const locks = lockCells(linked);
  const bit = new Int32Array(size);
  for (const [n, l] of locks.entries()) bit[l.cell] = n < MAX_LOCKS ? 1 << n : 0;
  const tracked = locks.slice(0, MAX_LOCKS);
  // What this round assumes, and what the next will.
  const exposed = new Uint8Array(size);
  const exposedNext = new Uint8Array(size);
  const mortal = new Uint8Array(size);
  const mortalNext = new Uint8Array(size);
  const open = new Uint8Array(size);
  const openNext = new Uint8Array(size);
  let cyclic = 0;
  let cyclicNext = 0;
  for (const l of locks) if (tried.has(l.field.id)) open[l.cell] = openNext[l.cell] = 1;
  // What was seen, over all rounds. Accesses while nobody else can move say nothing of concurrency, except where others wait for what they write.
  const common = new Int32Array(size).fill(ALL_LOCKS);
  const threads = new Int32Array(size);
  const wrote = new Uint8Array(size);
  const everyone = new Int32Array(size);
  const everWritten = new Uint8Array(size);
  const guard = new Uint8Array(size);
  // Looked at by invariants: nobody is ever alone with these.
  const watched = new Uint8Array(size);
  // Accesses that count even while nobody else can move: to what is watched, and to objects that are allocated. Those have owners instead; when one is
  // looked into by another thread, that thread may be gone by the time the owner goes on.
  const always = new Uint8Array(size);
  const order = new Int32Array(MAX_LOCKS);
  const writtenBy = new Int32Array(linked.threads.length);
  const heldBy = new Int32Array(linked.threads.length);
  let me = 0;
  let thread = 0;
  /** The object that was entered is the running thread's own, and nobody else has looked into it yet. */
  let own = false;
  /** Objects whose owner lost them in this step, and who that was. */
  const lost: number[] = [];
  let losses = 0;
  /** The last cells touched, as a ring. */
  const glances = new Int32Array(Math.max(GLANCES + 1, size));
  let glanced = 0;
  let remembers = false;
  let relies = false;
  const relied = new Int32Array((size + 31) >> 5);
  const rely = (cell: number): void => {
    if (relies) relied[cell >> 5]! |= 1 << (cell & 31);
  };
  /** Newly looked at by invariants. */
  const watchedNext: number[] = [];
  const births = bornLater(linked);
  for (const { base, cells } of births) for (const cell of [base, ...cells]) always[cell] = 1;

  const several = (mask: number): boolean => (mask & (mask - 1)) !== 0;

  function judge(cell: number): void {
    if (exposedNext[cell] === 1) return;
    const raced = wrote[cell] === 1 && common[cell] === 0 && several(threads[cell]!);
    const awaited = guard[cell] === 1 && everWritten[cell] === 1 && several(everyone[cell]!);
    if (!raced && !awaited) return;
    exposedNext[cell] = 1;
    self.dirty = true;
  }

  function note(cell: number, write: boolean, held: number): void {
    if (remembers) glances[glanced++ & GLANCES] = cell;
    if ((everyone[cell]! & me) === 0 || (write && everWritten[cell] === 0)) {
      everyone[cell]! |= me;
      if (write) everWritten[cell] = 1;
      judge(cell);
    }
    if (self.solo && always[cell] === 0) return;
    if (me === OBSERVER && watched[cell] === 0) {
      watched[cell] = always[cell] = 1;
      if (everWritten[cell] === 1) {
        self.dirty = true;
        watchedNext.push(cell);
      }
    }
    const left = common[cell]! & held;
    if (left === common[cell] && (threads[cell]! & me) !== 0 && (!write || wrote[cell] === 1)) return;
    common[cell] = left;
    threads[cell]! |= me;
    if (write) wrote[cell] = 1;
    judge(cell);
  }

  /** Locks that lie on a cycle of the order in which they are taken. */
  function cycles(): number {
    const reach = Int32Array.from(order);
    for (let k = 0; k < MAX_LOCKS; k++)
      for (let i = 0; i < MAX_LOCKS; i++) if ((reach[i]! & (1 << k)) !== 0) reach[i]! |= reach[k]!;
    let out = 0;
    for (let i = 0; i < MAX_LOCKS; i++) if ((reach[i]! & (1 << i)) !== 0) out |= 1 << i;
    return out;
  }

  /** An access to an own object: nobody sees it, but after something that others see they may come to look. */
  function alone(cell: number, write: boolean): boolean {
    if (!own || exposed[cell] === 1 || watched[cell] === 1 || guard[cell] === 1) return false;
    self.kind |= RIGHT;
    if ((everyone[cell]! & me) === 0 || (write && everWritten[cell] === 0)) {
      everyone[cell]! |= me;
      if (write) everWritten[cell] = 1;
    }
    return true;
  }

  const self: Discipline = {
    relied,
    kind: 0,
    dirty: false,
    written: 0,
    held: 0,
    solo: false,
    run(t, solo) {
      me = 1 << t;
      relies = true;
      thread = t;
      own = false;
      losses = 0;
      self.solo = solo;
      self.written = writtenBy[t]!;
      self.held = heldBy[t]!;
    },
    scan() {
      writtenBy.fill(0);
      heldBy.fill(0);
      for (let n = 0; n < tracked.length; n++) {
        const { cell, field } = tracked[n]!;
        const writer = bytes[cell]!;
        if (writer !== 0) {
          writtenBy[writer - 1]! |= 1 << n;
          heldBy[writer - 1]! |= 1 << n;
        }
        for (let i = 1; i < field.bytes; i++) {
          const readers = bytes[cell + i]!;
          if (readers === 0) continue;
          if (field.nests) heldBy[i - 1]! |= 1 << n;
          else for (let t = 0; t < 8; t++) if ((readers & (1 << t)) !== 0) heldBy[8 * (i - 1) + t]! |= 1 << n;
        }
      }
    },
    observe(quiet) {
      me = OBSERVER;
      relies = false;
      thread = -1;
      self.solo = false;
      self.written = self.held = quiet ? ALL_LOCKS : 0;
    },
    touch(cell, write) {
      if (exposed[cell] === 0) rely(cell);
      if (alone(cell, write)) return;
      if (exposed[cell] === 1) {
        self.kind |= NEITHER;
        if (remembers) glances[glanced++ & GLANCES] = cell;
      } else note(cell, write, write ? self.written : self.held);
    },
    enter(base) {
      const life = bytes[base]!;
      own = life - OWNED === thread;
      if (life >= OWNED && !own && thread >= 0) {
        lost[losses++] = base;
        lost[losses++] = life;
        bytes[base] = LIVE;
      }
      if (mortal[base] === 1) self.kind |= RIGHT;
      else rely(base);
    },
    born(base) {
      own = false;
      self.kind |= NEITHER;
      self.touch(base, true);
      bytes[base] = OWNED + thread;
    },
    leave() {
      for (const { base } of births) if (bytes[base] === OWNED + thread) bytes[base] = LIVE;
    },
    restore() {
      for (let n = 0; n < losses; n += 2) bytes[lost[n]!] = lost[n + 1]!;
      return losses > 0;
    },
    kill(base) {
      own = bytes[base]! - OWNED === thread;
      rely(base);
      if (alone(base, true)) return;
      own = false;
      self.kind |= NEITHER;
      self.touch(base, true);
      if (mortalNext[base] === 0) {
        mortalNext[base] = 1;
        self.dirty = true;
      }
    },
    acquire(cell, write) {
      const b = bit[cell]!;
      rely(cell);
      if (!alone(cell, true)) {
        note(cell, true, self.written & ~b);
        if (open[cell] === 1) self.kind |= NEITHER;
        else if (exposed[cell] === 1) self.kind |= RIGHT;
      }
      if ((self.held & ~b) !== 0 && (b === 0 || (cyclic & b) !== 0)) self.kind |= CYCLIC;
      for (let n = 0; n < tracked.length; n++)
        if ((self.held & ~b & (1 << n)) !== 0 && (order[n]! & b) !== b) {
          order[n]! |= b;
          const now = cycles();
          if ((now & ~cyclicNext) === 0) continue;
          cyclicNext |= now;
          self.dirty = true;
        }
      if (write) self.written |= b;
      self.held |= b;
    },
    release(cell, still) {
      const b = bit[cell]!;
      self.written &= ~b;
      rely(cell);
      if (!still) self.held &= ~b;
      if (alone(cell, true)) return;
      note(cell, true, self.written);
      if (open[cell] === 1) self.kind |= NEITHER;
      else if (exposed[cell] === 1) self.kind |= LEFT;
    },
    peek(cell) {
      self.kind |= NEITHER;
      if (openNext[cell] === 1) return;
      openNext[cell] = 1;
      self.dirty = true;
    },
    remember(on) {
      remembers = on;
      relies = !on;
      glanced = 0;
    },
    block() {
      if (glanced > GLANCES) glances.set(Int32Array.from({ length: size }, (_, n) => n));
      const count = glanced > GLANCES ? size : glanced;
      for (let n = 0; n < count; n++) {
        const cell = glances[n]!;
        if (guard[cell] === 1) continue;
        guard[cell] = 1;
        judge(cell);
      }
    },
    next() {
      const was = self.dirty;
      self.dirty = false;
      exposed.set(exposedNext);
      mortal.set(mortalNext);
      open.set(openNext);
      cyclic = cyclicNext;
      watchedNext.length = 0;
      return was;
    },
    correct() {
      const wrong = new Int32Array(relied.length);
      const mark = (cell: number): void => void (wrong[cell >> 5]! |= 1 << (cell & 31));
      for (let cell = 0; cell < size; cell++)
        if (exposed[cell] !== exposedNext[cell] || mortal[cell] !== mortalNext[cell] || open[cell] !== openNext[cell])
          mark(cell);
      for (const cell of watchedNext) mark(cell);
      for (const [n, l] of tracked.entries()) if (((cyclic ^ cyclicNext) & (1 << n)) !== 0) mark(l.cell);
      self.next();
      return wrong;
    },
  };
  return self;
}

/** Objects that are not live at the start, with their cells. */
function bornLater(linked: Linked): readonly { readonly base: number; readonly cells: readonly number[] }[] {
  const out: { base: number; cells: number[] }[] = [];
  const preds = [...linked.layout.preds.values()];
  for (const cls of linked.layout.classes.values())
    for (let n = cls.spec.liveAtStart; n < cls.count; n++) {
      const base = cls.base + n * cls.stride;
      const cells = cls.fields.map((f) => base + f.at);
      out.push({ base, cells: [...cells, ...preds.filter((p) => p.cls === cls).map((p) => p.base + n)] });
    }
  return out;
}
