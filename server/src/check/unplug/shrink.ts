// Shortens code without looking at what it means: jump chains, tests whose ways are one, values that nobody reads, what is unreachable.
import { lookAt } from "./look.ts";
import { falls, retarget, successors, targets } from "../../model/unplug/walk.ts";
import type { Ins } from "../../model/unplug/skeleton.ts";

/** Rounds; each drops something, and real code settles in three. */
const ROUNDS = 20;

export function shrink(code: readonly Ins[]): readonly Ins[] {
  let now = code;
  for (let round = 0; round < ROUNDS; round++) {
    const next = compacted(withoutUnread(threaded(now)));
    if (next === now) return now;
    now = next;
  }
  return now;
}

/** The instruction with its targets replaced, or itself where none changes. */
function moved(i: Ins, to: (t: number) => number): Ins {
  const ts = targets(i);
  for (const t of ts) if (to(t) !== t) return retarget(i, to);
  return i;
}

/** Jumps lead where their chain ends; a test whose ways are one is a jump. */
function threaded(code: readonly Ins[]): readonly Ins[] {
  const ends = new Map<number, number>();
  const end = (target: number): number => {
    const had = ends.get(target);
    if (had !== undefined) return had;
    let t = target;
    for (let hops = 0; hops < code.length; hops++) {
      const i = code[t];
      if (i?.op !== "jmp" || i.to === t) break;
      t = i.to;
    }
    ends.set(target, t);
    return t;
  };
  let changed = false;
  const out = code.map((original): Ins => {
    const i = moved(original, end);
    const short = shorter(i, code);
    if (short !== original) changed = true;
    return short;
  });
  return changed ? out : code;
}

function shorter(i: Ins, code: readonly Ins[]): Ins {
  if (i.op === "br" && i.then === i.else && isQuiet(i)) return { op: "jmp", to: i.then };
  if (i.op === "choose") {
    const to = [...new Set(i.to)];
    if (to.length === 1) return { op: "jmp", to: to[0]! };
    return to.length === i.to.length ? i : { ...i, to };
  }
  if (i.op === "switch" && i.cases.every((c) => c[1] === i.default) && isQuiet(i)) return { op: "jmp", to: i.default };
  if (i.op === "jmp" && code[i.to]?.op === "return") return code[i.to]!;
  return i;
}

/** Reads nothing that others see. */
const isQuiet = (i: Ins): boolean => lookAt(i).cells.length === 0 && lookAt(i).preds.length === 0;

/** A register that nobody reads is not set; what only sets it goes. */
function withoutUnread(code: readonly Ins[]): readonly Ins[] {
  const read = new Set<string>();
  for (const i of code) for (const r of lookAt(i).reads) read.add(r);
  let changed = false;
  const out = code.map((i, index): Ins => {
    const r = lookAt(i).writes;
    if (r === undefined || read.has(r)) return i;
    if (i.op === "let") {
      if (!isQuiet(i)) return i;
      changed = true;
      return { op: "jmp", to: index + 1 };
    }
    if (i.op !== "lock" && i.op !== "count" && i.op !== "waitDone" && i.op !== "await" && i.op !== "act") return i;
    // A try without a result would be a lock that may not be held.
    if ((i.op === "lock" && i.how !== "wait") || (i.op === "count" && i.do === "getUnlessZero")) return i;
    changed = true;
    const { r: _, ...rest } = i;
    return rest;
  });
  return changed ? out : code;
}

/** Drops what is unreachable, and jumps to what comes next anyway. */
function compacted(code: readonly Ins[]): readonly Ins[] {
  const reached = new Uint8Array(code.length);
  const work = [0];
  for (let index = work.pop(); index !== undefined; index = work.pop()) {
    if (index >= code.length || reached[index] === 1) continue;
    reached[index] = 1;
    for (const s of successors(code, index)) work.push(s);
  }
  const following = new Int32Array(code.length + 1);
  following[code.length] = code.length;
  for (let n = code.length - 1; n >= 0; n--) following[n] = reached[n] === 1 ? n : following[n + 1]!;
  const position = new Int32Array(code.length + 1);
  const kept: Ins[] = [];
  for (const [index, i] of code.entries()) {
    position[index] = kept.length;
    if (reached[index] !== 1) continue;
    if (i.op === "jmp" && following[index + 1] === i.to) continue;
    kept.push(i);
  }
  position[code.length] = kept.length;
  const last = kept.at(-1);
  if (kept.length === code.length && last !== undefined && !falls(last)) return code;
  const out = kept.map((i) => moved(i, (t) => position[Math.min(t, code.length)]!));
  return last === undefined || falls(last) ? [...out, { op: "return" }] : out;
}
