// Instructions on one cell of a replay's world: locks, counts, completions, links and stores. Written from the comments of skeleton.ts alone.
import type { Ins } from "../../../server/src/model/unplug/skeleton.ts";
import type { Lock, Run } from "./world.ts";
import { ANY, broke, clamp, ERR, MANY, ownerOf, side, valuesOf } from "./world.ts";

/** Where an instruction leads. */
export interface Going {
  pc: number;
  text?: string | undefined;
  yes?: boolean;
  blocked?: boolean;
}

export const FREE: Lock = { writer: -1, readers: [] };

export const put = (r: Run, register: string | undefined, v: number): void => {
  if (register !== undefined) r.registers[register] = v;
};

type OnCell =
  | Extract<
      Ins,
      { readonly op: "lock" | "unlock" | "assertHeld" | "grace" | "store" | "complete" | "reinit" | "waitDone" }
    >
  | Extract<Ins, { readonly op: "count" | "link" | "unlink" }>;

export function onCell(r: Run, i: OnCell, key: string, going: Going): void {
  const t = r.thread;
  const l = r.locks[key] ?? FREE;
  switch (i.op) {
    case "lock": {
      const nests = i.mode === "read" && !r.u.written.has(i.f);
      const mine = l.writer === t || (l.readers.includes(t) && !nests);
      const free = !mine && l.writer < 0 && (i.mode === "read" || l.readers.length === 0);
      going.yes = false;
      if (mine && i.how !== "try") return void broke(r, "lock-recursion");
      if (i.how === "fallible" && (!free || r.choose(2) === 1)) {
        r.signal = true;
        return put(r, i.r, ERR);
      }
      if (!free && i.how === "try") return put(r, i.r, 0);
      if (!free) {
        going.blocked = true;
        return;
      }
      going.yes = true;
      r.locks[key] = i.mode === "write" ? { ...l, writer: t } : { ...l, readers: [...l.readers, t].sort() };
      return put(r, i.r, i.how === "try" ? 1 : 0);
    }
    case "unlock": {
      const held = i.mode === "write" ? l.writer === t : l.readers.includes(t);
      if (!held) return void broke(r, "unlock-not-held");
      const rest =
        i.mode === "write" ? { ...l, writer: -1 } : { ...l, readers: l.readers.toSpliced(l.readers.indexOf(t), 1) };
      if (rest.writer < 0 && rest.readers.length === 0) delete r.locks[key];
      else r.locks[key] = rest;
      return;
    }
    case "assertHeld":
      if (l.writer !== t && !(i.mode === "read" && l.readers.includes(t))) broke(r, "lock-not-held");
      return;
    case "grace":
      going.blocked = l.readers.length > 0;
      return;
    case "store":
      r.cells[key] = side(r, i.e).v;
      return;
    case "count": {
      const n = decide(r, i.f, key);
      const more = n >= MANY ? MANY : clamp(n + 1);
      if (i.do === "init") {
        if (n !== 0 && i.loose !== true) broke(r, "reinit-of-live-count");
        r.cells[key] = i.value ?? 1;
      } else if (i.do === "get") {
        if (n === 0 && i.loose !== true) broke(r, "get-on-zero");
        r.cells[key] = more;
        put(r, i.r, 1);
      } else if (i.do === "getUnlessZero") {
        if (n !== 0) r.cells[key] = more;
        put(r, i.r, n === 0 ? 0 : 1);
      } else {
        if (n === 0) broke(r, "put-below-zero");
        const rest = n < MANY ? n - 1 : r.choose(2) === 0 ? MANY : 0;
        r.cells[key] = rest;
        put(r, i.r, rest === 0 ? 1 : 0);
      }
      return;
    }
    case "complete": {
      const n = r.cells[key] ?? 0;
      r.cells[key] = i.all === true || n >= MANY ? MANY : clamp(n + 1);
      return;
    }
    case "reinit":
      r.cells[key] = 0;
      return;
    case "waitDone": {
      const n = decide(r, i.f, key);
      if (n === 0 && i.how === "try") return put(r, i.r, 0);
      if (n === 0) return giveUp(r, { how: i.how === "try" ? "forever" : i.how, r: i.r }, going);
      if (n < MANY) r.cells[key] = n - 1;
      return put(r, i.r, i.how === "interruptible" ? 0 : MANY);
    }
    case "link":
      r.cells[key] = ownerOf(r, i.f, i.owner);
      return;
    case "unlink":
      if (r.cells[key] === 0 && !i.init) broke(r, "unlink-unlinked");
      r.cells[key] = 0;
      return;
  }
}

/** The value of a count or completion; an unknown one is decided. */
function decide(r: Run, field: string, key: string): number {
  if (r.cells[key] === ANY) {
    const values = valuesOf(r.u, field);
    r.cells[key] = values[r.choose(values.length)] ?? 0;
    r.decided = true;
  }
  return r.cells[key] ?? 0;
}

/** A wait for what is not there. */
export function giveUp(
  r: Run,
  i: { readonly how: "forever" | "interruptible" | "timeout" | "both"; readonly r?: string | undefined },
  going: Going,
): void {
  if (r.fault !== undefined) return;
  if (i.how === "forever") {
    going.blocked = true;
    return;
  }
  const timesOut = i.how === "timeout" || (i.how === "both" && r.choose(2) === 0);
  r.signal = !timesOut;
  put(r, i.r, timesOut ? 0 : ERR);
}
