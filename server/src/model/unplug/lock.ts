// Taking and dropping locks, and where the cells that instructions are named after lie.
import type { E, FieldSpec, Ins, LockMode } from "./skeleton.ts";
import { ERR } from "./skeleton.ts";
import type { Core, Run } from "./core.ts";
import { BLOCKED, hasReaders, reads, trouble, WILL } from "./core.ts";
import { object } from "./expression.ts";
import type { Scope, Value } from "./expression.ts";
import type { LaidField } from "./layout.ts";

export interface Place {
  readonly field: LaidField;
  /** The cell's offset, or -1 and a fault. */
  readonly of: Value;
  /** Decides an ANY in the cell. */
  readonly decided: (cell: number) => number;
}

/** Where field `f` of the object that `o` names lies, or why that is not known. */
export function cell(c: Core, f: string, o: E, s: Scope, kinds: readonly FieldSpec["kind"][]): Place | string {
  const field = c.linked.layout.fields.get(f);
  const cls = field && c.linked.layout.classes.get(field.cls);
  if (field === undefined || cls === undefined) return `field ${f} is not known`;
  if (!kinds.includes(field.kind)) return `${f} is a ${field.kind} and cannot be used so`;
  const base = object(c, cls, o, s, f);
  return {
    field,
    of: () => {
      const b = base();
      return b < 0 ? -1 : b + field.at;
    },
    decided: (at) => (c.bytes[at] = field.values[c.choose(field.values.length)] ?? 0),
  };
}

/** Drops the lock at `at`, which thread `t` holds in that mode. */
export function release(c: Core, f: LaidField, at: number, t: number, mode: LockMode): void {
  if (mode === "write") c.bytes[at] = 0;
  else if (f.nests) c.bytes[at + 1 + t]!--;
  else c.bytes[at + 1 + (t >> 3)]! &= ~(1 << (t & 7));
  c.watch?.release(at, mode === "read" && f.nests && c.bytes[at + 1 + t] !== 0);
}

/** Takes a lock: waits, tries or may fail; taking again what the thread holds is a violation unless it only tries or readers nest. */
export function compileLock(
  c: Core,
  i: Ins & { readonly op: "lock" },
  next: number,
  t: number,
  s: Scope,
  keep: (v: number) => void,
): Run {
  const { bytes } = c;
  const at = cell(c, i.f, i.o, s, ["lock"]);
  if (typeof at === "string") return trouble(c, at);
  const { field } = at;
  return () => {
    const to = at.of();
    if (to < 0) return next;
    const mine = bytes[to] === t + 1 || (reads(c, field, to, t) && !(i.mode === "read" && field.nests));
    if (mine && i.how !== "try") {
      c.fault = { what: "lock-recursion", detail: `${i.f} is taken (${i.mode}) by the thread that holds it` };
      return next;
    }
    if (i.how === "try") c.watch?.peek(to);
    const free = !mine && bytes[to] === 0 && (i.mode === "read" || !hasReaders(c, field, to));
    if (i.how === "fallible" && (!free || c.choose(2) === 1)) {
      // Only a signal (or a deadlock found by ww) ends the wait: nobody may count on that.
      c.will |= WILL.voluntary;
      if (!free) c.waits = true;
      keep(ERR);
      return next;
    }
    if (!free) {
      c.watch?.touch(to, false);
      if (i.how !== "try") return BLOCKED;
      keep(0);
      return next;
    }
    c.watch?.acquire(to, i.mode === "write");
    if (i.mode === "write") bytes[to] = t + 1;
    else if (field.nests) bytes[to + 1 + t]!++;
    else bytes[to + 1 + (t >> 3)]! |= 1 << (t & 7);
    keep(i.how === "try" ? 1 : 0);
    return next;
  };
}
