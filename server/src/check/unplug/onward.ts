// Where control goes on from a place in a skeleton set: in its procedure, in what that calls, and in those who call it. For naming and placing repairs, never for a verdict.
import type { Ins, Proc, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { successors } from "../../model/unplug/walk.ts";
import { closure } from "./roles.ts";
import type { Site } from "./roles.ts";

/** Callers of callers are looked at so far up; the kernel's revokers stand two deep. */
const DEPTH = 6;

/** Indexes that control can come to after the instruction at `from`. */
export function after(p: Proc, from: number): Set<number> {
  const seen = new Set<number>();
  const work = [...successors(p.code, from)];
  for (let i = work.pop(); i !== undefined; i = work.pop()) {
    if (seen.has(i) || i >= p.code.length) continue;
    seen.add(i);
    work.push(...successors(p.code, i));
  }
  return seen;
}

/** The first instructions satisfying the test on each way on from `from`, by index. */
export function firstAfter(p: Proc, from: number, test: (i: Ins) => boolean): number[] {
  const seen = new Set<number>();
  const found: number[] = [];
  const work = [...successors(p.code, from)];
  for (let n = work.pop(); n !== undefined; n = work.pop()) {
    const i = p.code[n];
    if (i === undefined || seen.has(n)) continue;
    seen.add(n);
    if (test(i)) found.push(n);
    else work.push(...successors(p.code, n));
  }
  return found.sort((a, b) => a - b);
}

/** Does every way from the procedure's beginning to `to` pass an instruction that satisfies the test? */
export function dominated(p: Proc, to: number, test: (i: Ins) => boolean): boolean {
  const seen = new Set<number>();
  const work = [0];
  for (let n = work.pop(); n !== undefined; n = work.pop()) {
    const i = p.code[n];
    if (i === undefined || seen.has(n)) continue;
    seen.add(n);
    if (n === to) return false;
    if (!test(i)) work.push(...successors(p.code, n));
  }
  return true;
}

/** The first instruction on the way on from `last` that every way on from `from` comes to before it ends or comes back; undefined where there is none. */
export function meeting(p: Proc, from: number, last: number): number | undefined {
  const order: number[] = [...successors(p.code, last)];
  for (const n of order) {
    if (n >= p.code.length || n === from) continue;
    if (everyWay(p, from, n)) return n;
    for (const next of successors(p.code, n)) if (!order.includes(next)) order.push(next);
  }
  return undefined;
}

/** Does every way on from `from` come to `n` before it returns or comes back to `from`? */
function everyWay(p: Proc, from: number, n: number): boolean {
  const seen = new Set<number>();
  const work = [...successors(p.code, from)];
  for (let i = work.pop(); i !== undefined; i = work.pop()) {
    if (i === n || seen.has(i)) continue;
    seen.add(i);
    if (i >= p.code.length || i === from || p.code[i]?.op === "return") return false;
    work.push(...successors(p.code, i));
  }
  return true;
}

/** Calls of the procedure from the given ones. */
export function* callers(
  set: SkeletonSet,
  within: Iterable<string>,
  name: string,
): Generator<{ readonly proc: string; readonly index: number }> {
  for (const proc of within)
    for (const [index, i] of (set.procs[proc]?.code ?? []).entries())
      if (i.op === "call" && (i.proc ?? (i.slot === undefined ? undefined : set.slots[i.slot])) === name)
        yield { proc, index };
}

/** The first instructions satisfying the test on each way on from the site, also in the callers where the procedure ends first. */
export function onward(set: SkeletonSet, within: ReadonlySet<string>, site: Site, test: (i: Ins) => boolean): Site[] {
  const out: Site[] = [];
  const go = (proc: string, index: number, depth: number): void => {
    const p = set.procs[proc];
    if (p === undefined) return;
    const found = firstAfter(p, index, test);
    for (const n of found) out.push({ proc, ins: p.code[n]! });
    if (found.length > 0 || depth >= DEPTH) return;
    for (const c of callers(set, within, proc)) go(c.proc, c.index, depth + 1);
  };
  go(site.proc, set.procs[site.proc]?.code.indexOf(site.ins) ?? -1, 0);
  return out;
}

/** Every instruction that may run after the site, in its procedure and in its callers, with what is called from there. */
export function later(set: SkeletonSet, within: ReadonlySet<string>, site: Site): Site[] {
  const out: Site[] = [];
  const called = new Set<string>();
  const go = (proc: string, index: number, depth: number): void => {
    const p = set.procs[proc];
    if (p === undefined) return;
    for (const n of after(p, index)) {
      const ins = p.code[n]!;
      out.push({ proc, ins });
      if (ins.op !== "call") continue;
      for (const q of closure(set, [ins.proc ?? (ins.slot === undefined ? undefined : set.slots[ins.slot])]))
        called.add(q);
    }
    if (depth < DEPTH) for (const c of callers(set, within, proc)) go(c.proc, c.index, depth + 1);
  };
  go(site.proc, set.procs[site.proc]?.code.indexOf(site.ins) ?? -1, 0);
  for (const proc of called) for (const ins of set.procs[proc]?.code ?? []) out.push({ proc, ins });
  return out;
}

/** Has every way to the site passed an instruction that satisfies the test, in its procedure or before each call of it? */
export function passed(set: SkeletonSet, within: ReadonlySet<string>, site: Site, test: (i: Ins) => boolean): boolean {
  const go = (proc: string, index: number, depth: number): boolean => {
    const p = set.procs[proc];
    if (p === undefined || depth > DEPTH) return false;
    if (dominated(p, index, test)) return true;
    const from = [...callers(set, within, proc)];
    return from.length > 0 && from.every((c) => go(c.proc, c.index, depth + 1));
  };
  return go(site.proc, set.procs[site.proc]?.code.indexOf(site.ins) ?? -1, 0);
}
