// Splits a register that is used for several things into several registers: C reuses `i` and `ret`, and a slice must not take one use for another.
import { lookAt } from "./look.ts";
import { mapE, mapExpressions, successors } from "../../model/unplug/walk.ts";
import type { Ins } from "../../model/unplug/skeleton.ts";

/** The same code in which each register's values that never meet have names of their own. Parameters keep theirs. */
export function webs(code: readonly Ins[], params: readonly string[]): readonly Ins[] {
  const defs = new Map<string, number[]>();
  for (const [index, i] of code.entries()) {
    const w = lookAt(i).writes;
    if (w !== undefined) defs.set(w, [...(defs.get(w) ?? []), index]);
  }
  /** Where the register is written or read → its new name. */
  const writes = new Map<number, string>();
  const reads = new Map<string, string>();
  for (const [r, at] of defs) {
    if (at.length + (params.includes(r) ? 1 : 0) < 2) continue;
    const groups = meet(code, r, at, params.includes(r));
    const names = new Map<number, string>();
    const entry = groups.of(-1);
    for (const [d] of at.entries()) {
      const g = groups.of(d);
      let name = names.get(g);
      if (name === undefined) {
        name =
          g === entry && params.includes(r) ? r : names.size === 0 && !params.includes(r) ? r : `${r}~${names.size}`;
        names.set(g, name);
      }
      writes.set(at[d]!, name);
    }
    for (const [index, g] of groups.uses) {
      const name = g === entry && params.includes(r) ? r : names.get(g);
      if (name !== undefined && name !== r) reads.set(`${index}\0${r}`, name);
    }
  }
  if (writes.size === 0) return code;
  return code.map((i, index): Ins => {
    const read = !lookAt(i).reads.some((x) => reads.has(`${index}\0${x}`))
      ? i
      : mapExpressions(i, (e) =>
          mapE(e, (n) => (n.k === "r" ? { k: "r", r: reads.get(`${index}\0${n.r}`) ?? n.r } : n)),
        );
    const w = writes.get(index);
    return w === undefined || !("r" in read) ? read : ({ ...read, r: w } as Ins);
  });
}

/** Which definitions of a register (by their place in `at`; -1: what the caller passed, or nothing) reach the same reader. */
function meet(
  code: readonly Ins[],
  r: string,
  at: readonly number[],
  param: boolean,
): { readonly of: (d: number) => number; readonly uses: ReadonlyMap<number, number> } {
  const parent = new Map<number, number>();
  const root = (d: number): number => {
    let now = d;
    for (let up = parent.get(now); up !== undefined && up !== now; up = parent.get(now)) now = up;
    return now;
  };
  const readers = new Map<number, number>();
  const follow = (d: number, from: readonly number[]): void => {
    const seen = new Set<number>();
    const work = [...from];
    for (let n = work.pop(); n !== undefined; n = work.pop()) {
      const i = code[n];
      if (i === undefined || seen.has(n)) continue;
      seen.add(n);
      if (lookAt(i).reads.includes(r)) {
        const other = readers.get(n);
        if (other === undefined) readers.set(n, d);
        else parent.set(root(other), root(d));
      }
      const w = lookAt(i).writes === r;
      // An instruction that steps a register on reads and writes the same one.
      if (w && i.op === "next") parent.set(root(at.indexOf(n)), root(d));
      if (!w || i.op === "next") work.push(...successors(code, n));
    }
  };
  for (const [d, index] of at.entries()) follow(d, successors(code, index));
  if (param) follow(-1, [0]);
  return { of: (d) => root(d), uses: new Map([...readers].map(([n, d]) => [n, root(d)])) };
}
