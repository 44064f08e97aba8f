// Shrinks flat code without changing what it does: jump chains, tests whose arms coincide, unreachable code, dead registers; then packs registers into few slots.
import type { Ins } from "./skeleton.ts";
import { expressionsOf, falls, readsShared, renameRegisters, retarget, successors, used, written } from "./walk.ts";

/** What each register holds is worth keeping only where the register is live. */
export interface Liveness {
  /** The registers that are live just before each instruction. */
  readonly before: readonly ReadonlySet<string>[];
}

/** Is the instruction one that only touches the thread's own registers and position? */
export function isLocal(i: Ins): boolean {
  switch (i.op) {
    case "let":
    case "br":
    case "switch":
    case "check":
      return !readsShared(i.e);
    case "jmp":
    case "choose":
    case "return":
      return true;
    default:
      return false;
  }
}

/** Can the instruction block? */
export function mayBlock(i: Ins): boolean {
  switch (i.op) {
    case "lock":
      return i.how === "wait";
    case "waitDone":
    case "await":
      return i.how === "forever";
    case "grace":
    case "act":
      return true;
    default:
      return false;
  }
}

/** Which registers are live where: backwards to a fixed point over the flat code. */
export function liveness(code: readonly Ins[]): Liveness {
  const before: Set<string>[] = code.map(() => new Set());
  const preds: number[][] = code.map(() => []);
  for (const index of code.keys()) for (const s of successors(code, index)) preds[s]?.push(index);
  const work = [...code.keys()];
  while (work.length > 0) {
    const index = work.pop()!;
    const i = code[index]!;
    const live = before[index]!;
    const size = live.size;
    const kill = written(i);
    for (const s of successors(code, index)) for (const r of before[s] ?? []) if (r !== kill) live.add(r);
    for (const r of used(i)) live.add(r);
    if (live.size !== size) work.push(...preds[index]!);
  }
  return { before };
}

/** The same code, smaller. Entry stays at 0; every path still ends in the `return` that leaves the start. */
export function simplify(code: readonly Ins[]): readonly Ins[] {
  let now = code;
  for (let round = 0; round < 20; round++) {
    const next = compact(withoutDeadStores(threaded(now)));
    if (next.length === now.length) return next;
    now = next;
  }
  return now;
}

/** Jumps go where their chain ends; tests that read nothing shared and whose arms coincide become jumps. */
function threaded(code: readonly Ins[]): Ins[] {
  const end = (target: number): number => {
    let t = target;
    for (let hops = 0; hops < code.length; hops++) {
      const i = code[t];
      if (i?.op !== "jmp" || i.to === t) return t;
      t = i.to;
    }
    return t;
  };
  return code.map((original): Ins => {
    const i = retarget(original, end);
    if (i.op === "br" && i.then === i.else && !readsShared(i.e)) return { op: "jmp", to: i.then };
    if (i.op === "choose") {
      const to = [...new Set(i.to)];
      return to.length === 1 ? { op: "jmp", to: to[0]! } : { ...i, to };
    }
    if (i.op === "switch" && i.cases.every((c) => c[1] === i.default) && !readsShared(i.e))
      return { op: "jmp", to: i.default };
    if (i.op === "jmp" && code[i.to]?.op === "return") return code[i.to]!;
    return i;
  });
}

/** A local assignment that nobody reads goes; results that nobody reads are not kept. */
function withoutDeadStores(code: readonly Ins[]): Ins[] {
  const { before } = liveness(code);
  return code.map((i, index): Ins => {
    const r = written(i);
    if (r === undefined || successors(code, index).some((s) => before[s]?.has(r))) return i;
    if (i.op === "let" && !expressionsOf(i).some(readsShared)) return { op: "jmp", to: index + 1 };
    if (i.op === "lock" || i.op === "count" || i.op === "waitDone" || i.op === "await" || i.op === "act") {
      const kept = { ...i };
      delete kept.r;
      return kept;
    }
    return i;
  });
}

/** Drops what is unreachable and jumps to the next instruction. */
function compact(code: readonly Ins[]): Ins[] {
  const reached = new Set<number>();
  const work = [0];
  while (work.length > 0) {
    const index = work.pop()!;
    if (reached.has(index) || index >= code.length) continue;
    reached.add(index);
    work.push(...successors(code, index));
  }
  const position: number[] = [];
  const kept: Ins[] = [];
  for (const [index, i] of code.entries()) {
    position.push(kept.length);
    if (!reached.has(index)) continue;
    if (i.op === "jmp" && nextReached(index, reached, code.length) === i.to) continue;
    kept.push(i);
  }
  const last = kept.at(-1);
  const moved = kept.map((i) => retarget(i, (t) => position[t] ?? kept.length));
  return last !== undefined && falls(last) ? [...moved, { op: "return" }] : moved;
}

function nextReached(index: number, reached: ReadonlySet<number>, length: number): number {
  let n = index + 1;
  while (n < length && !reached.has(n)) n++;
  return n;
}

/** Registers renamed to "0", "1", …, as few as never hold two live values at once (greedy colouring). Returns the new code and the slot of each register. */
export function packRegisters(
  code: readonly Ins[],
  params: readonly string[],
): { readonly code: readonly Ins[]; readonly slots: ReadonlyMap<string, number>; readonly size: number } {
  const { before } = liveness(code);
  const clash = new Map<string, Set<string>>();
  const meet = (a: string, b: string): void => {
    if (a === b) return;
    (clash.get(a) ?? clash.set(a, new Set()).get(a)!).add(b);
    (clash.get(b) ?? clash.set(b, new Set()).get(b)!).add(a);
  };
  const names = new Set<string>(params);
  for (const a of [...params, ...(before[0] ?? [])]) for (const b of params) meet(a, b);
  for (const [index, i] of code.entries()) {
    for (const r of used(i)) names.add(r);
    const r = written(i);
    if (r === undefined) continue;
    names.add(r);
    for (const s of successors(code, index)) for (const other of before[s] ?? []) meet(r, other);
  }
  const slots = new Map<string, number>();
  let size = 0;
  for (const name of names) {
    const taken = new Set([...(clash.get(name) ?? [])].map((n) => slots.get(n)));
    let slot = 0;
    while (taken.has(slot)) slot++;
    slots.set(name, slot);
    size = Math.max(size, slot + 1);
  }
  return { code: code.map((i) => renameRegisters(i, (r) => String(slots.get(r)))), slots, size };
}
