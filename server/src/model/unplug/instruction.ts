// Instructions as closures: each runs one step of one thread on the state at hand and says where the thread goes, or that it is blocked.
import type { Ins } from "./skeleton.ts";
import { ANY, ERR, MANY } from "./skeleton.ts";
import { compileAct } from "./act.ts";
import type { Core, Run } from "./core.ts";
import { BLOCKED, hasReaders, holds, reads, trouble, WILL } from "./core.ts";
import { NEITHER } from "./discipline.ts";
import { object, operand, ownerOf, predCell, truth } from "./expression.ts";
import type { Scope } from "./expression.ts";
import { LIVE } from "./layout.ts";
import { trapOf } from "./link.ts";
import { cell, compileLock, release } from "./lock.ts";
import { compileFree, compileNext, firstUnborn } from "./object.ts";
import { clamp, equal } from "./values.ts";

type Op<K extends Ins["op"]> = Ins & { readonly op: K };

/** Compiles the instruction at position `pc` of thread `t`. `registers`: where the thread's registers lie. */
export function compile(c: Core, i: Ins, pc: number, t: number, registers: number): Run {
  const { bytes } = c;
  const s: Scope = { registers };
  const next = pc + 1;
  const put = (r: string | undefined): ((v: number) => void) => {
    if (r === undefined) return () => undefined;
    const at = registers + Number(r);
    return (v) => void (bytes[at] = v);
  };
  const trap = trapOf(i);
  if (trap !== undefined) return trouble(c, trap);
  switch (i.op) {
    case "let": {
      const keep = put(i.r);
      // An unknown value that is copied is decided first, so that the copy and the original agree.
      const v = i.e.k === "any" ? () => ANY : operand(c, i.e, s).read;
      return () => {
        keep(v());
        return next;
      };
    }
    case "br": {
      const v = truth(c, i.e, s);
      return () => (v() ? i.then : i.else);
    }
    case "jmp":
      return () => i.to;
    case "choose":
      return () => i.to[c.choose(i.to.length)] ?? next;
    case "switch":
      return compileSwitch(c, i, s);
    case "check": {
      const v = truth(c, i.e, s);
      return () => {
        if (!v() && c.fault === undefined) c.fault = { what: i.what, detail: i.at?.text ?? i.what };
        return next;
      };
    }
    case "return":
      return () => 0;
    case "call":
      return trouble(c, "a call that was not inlined");
    case "store": {
      const at = cell(c, i.f, i.o, s, ["value", "pointer", "link"]);
      if (typeof at === "string") return trouble(c, at);
      const v = operand(c, i.e, s).read;
      return () => {
        const to = at.of();
        if (to < 0) return next;
        const is = v();
        c.watch?.touch(to, true);
        bytes[to] = is;
        return next;
      };
    }
    case "lock":
      return compileLock(c, i, next, t, s, put(i.r));
    case "unlock": {
      const at = cell(c, i.f, i.o, s, ["lock"]);
      if (typeof at === "string") return trouble(c, at);
      return () => {
        const to = at.of();
        if (to < 0) return next;
        const held = i.mode === "write" ? bytes[to] === t + 1 : reads(c, at.field, to, t);
        if (!held) c.fault = { what: "unlock-not-held", detail: `${i.f} is unlocked (${i.mode}) without being held` };
        else release(c, at.field, to, t, i.mode);
        return next;
      };
    }
    case "assertHeld": {
      const at = cell(c, i.f, i.o, s, ["lock"]);
      if (typeof at === "string") return trouble(c, at);
      return () => {
        const to = at.of();
        if (to >= 0 && !holds(c, at.field, to, t, i.mode))
          c.fault = { what: "lock-not-held", detail: `${i.f} must be held here (${i.mode})` };
        return next;
      };
    }
    case "grace": {
      const at = cell(c, i.f, i.o, s, ["lock"]);
      if (typeof at === "string") return trouble(c, at);
      return () => {
        const to = at.of();
        if (to < 0) return next;
        c.watch?.touch(to, true);
        return hasReaders(c, at.field, to) ? BLOCKED : next;
      };
    }
    case "count":
      return compileCount(c, i, next, s, put(i.r));
    case "complete": {
      const at = cell(c, i.f, i.o, s, ["completion"]);
      if (typeof at === "string") return trouble(c, at);
      return () => {
        const to = at.of();
        if (to < 0) return next;
        c.watch?.touch(to, true);
        bytes[to] = i.all === true || bytes[to]! >= MANY ? MANY : clamp(bytes[to]! + 1);
        return next;
      };
    }
    case "reinit": {
      const at = cell(c, i.f, i.o, s, ["completion"]);
      if (typeof at === "string") return trouble(c, at);
      return () => {
        const to = at.of();
        if (to < 0) return next;
        c.watch?.touch(to, true);
        bytes[to] = 0;
        return next;
      };
    }
    case "waitDone": {
      const at = cell(c, i.f, i.o, s, ["completion"]);
      if (typeof at === "string") return trouble(c, at);
      const keep = put(i.r);
      return () => {
        const to = at.of();
        if (to < 0) return next;
        c.watch?.touch(to, bytes[to] !== 0);
        const open = bytes[to] === ANY;
        const tokens = open ? at.decided(to) : bytes[to]!;
        if (tokens === 0) {
          if (i.how === "try") {
            keep(0);
            return next;
          }
          const out = giveUp(c, i.how, keep, next);
          return out === BLOCKED && open ? pc : out;
        }
        if (tokens < MANY) bytes[to] = tokens - 1;
        keep(i.how === "interruptible" ? 0 : MANY);
        return next;
      };
    }
    case "await": {
      const e = truth(c, i.e, s);
      const keep = put(i.r);
      return () => {
        c.decided = false;
        const holdsNow = e();
        if (c.fault !== undefined || c.trouble !== undefined) return next;
        if (!holdsNow) {
          const out = giveUp(c, i.how, keep, next);
          // What the condition is has become known: the thread stays, in another state.
          return out === BLOCKED && c.decided ? pc : out;
        }
        keep(i.how === "interruptible" ? 0 : MANY);
        return next;
      };
    }
    case "link": {
      const at = cell(c, i.f, i.o, s, ["link"]);
      if (typeof at === "string") return trouble(c, at);
      const owner = ownerOf(c, at.field.spec.to, i.owner, s, i.f);
      return () => {
        const to = at.of();
        if (to < 0) return next;
        c.watch?.touch(to, true);
        bytes[to] = owner();
        return next;
      };
    }
    case "unlink": {
      const at = cell(c, i.f, i.o, s, ["link"]);
      if (typeof at === "string") return trouble(c, at);
      return () => {
        const to = at.of();
        if (to < 0) return next;
        c.watch?.touch(to, true);
        if (bytes[to] === 0 && !i.init) c.fault = { what: "unlink-unlinked", detail: `${i.f} is not on a list` };
        bytes[to] = 0;
        return next;
      };
    }
    case "next":
      return compileNext(c, i, next, s, registers + Number(i.r));
    case "alloc": {
      const cls = c.linked.layout.classes.get(i.cls);
      if (cls === undefined) return trouble(c, `class ${i.cls} is not known`);
      const keep = put(i.r);
      return () => {
        const n = firstUnborn(c, cls);
        // It may fail, but nobody may count on that.
        const fails = n === 0 || (i.noFail !== true && c.choose(2) === 1);
        if (fails && n !== 0) c.will |= WILL.voluntary;
        // Which object it gets depends on who came before.
        if (c.watch !== undefined) c.watch.kind |= NEITHER;
        if (!fails) {
          const base = cls.base + (n - 1) * cls.stride;
          bytes[base] = LIVE;
          c.watch?.born(base);
        }
        keep(fails ? 0 : n);
        return next;
      };
    }
    case "free":
      return compileFree(c, i, next, s);
    case "disturb": {
      const p = c.linked.layout.preds.get(i.p);
      if (p === undefined) return trouble(c, `predicate ${i.p} is not known`);
      const o = object(c, p.cls, i.o, s, i.p);
      return () => {
        const to = predCell(o(), p.cls, p.base);
        if (to < 0) return next;
        c.watch?.touch(to, true);
        bytes[to] = ANY;
        return next;
      };
    }
    case "act":
      return compileAct(c, i, next, t, s, put(i.r));
  }
}

/** A wait that cannot go on: blocked, or it gives up. A timeout comes; a signal may never come. */
function giveUp(
  c: Core,
  how: "forever" | "interruptible" | "timeout" | "both",
  keep: (v: number) => void,
  next: number,
): number {
  if (how === "forever") return BLOCKED;
  const timesOut = how === "timeout" || (how === "both" && c.choose(2) === 0);
  if (!timesOut) c.will |= WILL.voluntary;
  if (how === "interruptible") c.waits = true;
  keep(timesOut ? 0 : ERR);
  return next;
}

function compileCount(c: Core, i: Op<"count">, next: number, s: Scope, keep: (v: number) => void): Run {
  const { bytes } = c;
  const at = cell(c, i.f, i.o, s, ["count"]);
  if (typeof at === "string") return trouble(c, at);
  const fail = (what: string, detail: string): number => {
    c.fault = { what, detail };
    return next;
  };
  return () => {
    const to = at.of();
    if (to < 0) return next;
    c.watch?.touch(to, true);
    const n = bytes[to] === ANY ? at.decided(to) : bytes[to]!;
    switch (i.do) {
      case "init":
        if (n !== 0 && i.loose !== true)
          return fail("reinit-of-live-count", `${i.f} is set up while it is ${n === MANY ? "not 0" : n}`);
        bytes[to] = i.value ?? 1;
        return next;
      case "get":
        if (n === 0 && i.loose !== true) return fail("get-on-zero", `${i.f} is taken while it is 0`);
        bytes[to] = n >= MANY ? MANY : clamp(n + 1);
        keep(1);
        return next;
      case "getUnlessZero":
        if (n !== 0) bytes[to] = n >= MANY ? MANY : clamp(n + 1);
        keep(n === 0 ? 0 : 1);
        return next;
      case "put": {
        if (n === 0) return fail("put-below-zero", `${i.f} is put while it is 0`);
        // Of many, one is left or more: the last of them is found by choosing.
        const left = n < MANY ? n - 1 : c.choose(2) === 0 ? MANY : 0;
        bytes[to] = left;
        keep(left === 0 ? 1 : 0);
        return next;
      }
    }
  };
}

function compileSwitch(c: Core, i: Op<"switch">, s: Scope): Run {
  const v = operand(c, i.e, s);
  const where = new Map(i.cases);
  const positive = i.cases.filter(([n]) => n > 0 && n < ANY);
  return () => {
    const n = v.read();
    if (n !== MANY && n !== ERR) return where.get(n) ?? i.default;
    const may = positive.filter(([k]) => equal(n, k) !== false);
    const hit = may[c.choose(may.length + 1) - 1];
    if (hit === undefined) return i.default;
    if (n === MANY && hit[0] !== MANY) v.know?.(hit[0]);
    return hit[1];
  };
}
