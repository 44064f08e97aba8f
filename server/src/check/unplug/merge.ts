// Procedures together: parameters that nobody reads, clones that turned out the same, and what is still called.
import { hash } from "../../base/hash.ts";
import { lookAt } from "./look.ts";
import type { Ins, Proc } from "../../model/unplug/skeleton.ts";

/** Parameters that nobody reads go, where all callers are ours. */
export function withoutParams(procs: Map<string, Proc>, entries: ReadonlySet<string>): Map<string, Proc> {
  const kept = new Map<string, readonly boolean[]>();
  for (const [name, p] of procs) {
    if (entries.has(name)) continue;
    const read = new Set(p.code.flatMap((i) => lookAt(i).reads));
    const flags = p.params.map((x) => read.has(x));
    if (flags.includes(false)) kept.set(name, flags);
  }
  if (kept.size === 0) return procs;
  return new Map(
    [...procs].map(([name, p]) => {
      const own = kept.get(name);
      const params = own === undefined ? p.params : p.params.filter((_, n) => own[n] === true);
      const code = p.code.map((i): Ins => {
        const flags = i.op === "call" && i.proc !== undefined ? kept.get(i.proc) : undefined;
        return i.op !== "call" || flags === undefined ? i : { ...i, args: i.args.filter((_, n) => flags[n] !== false) };
      });
      return [name, { ...p, params, code }] as const;
    }),
  );
}

/** Procedures with the same code are one: clones for constants that turned out not to matter. */
export function merged(procs: ReadonlyMap<string, Proc>, entries: ReadonlySet<string>): Map<string, Proc> {
  let now = new Map(procs);
  for (;;) {
    const first = new Map<string, string>();
    const same = new Map<string, string>();
    for (const [name, p] of now) {
      const key = hash(JSON.stringify([p.fn, p.params, p.code]));
      const other = first.get(key);
      if (other === undefined) first.set(key, name);
      else if (!entries.has(name)) same.set(name, other);
      else if (!entries.has(other)) {
        same.set(other, name);
        first.set(key, name);
      }
    }
    if (same.size === 0) return now;
    now = new Map(
      [...now]
        .filter(([name]) => !same.has(name))
        .map(([name, p]) => [
          name,
          {
            ...p,
            code: p.code.map((i): Ins =>
              i.op === "call" && i.proc !== undefined ? { ...i, proc: same.get(i.proc) ?? i.proc } : i,
            ),
          },
        ]),
    );
  }
}

/** Procedures that an entry calls, in the order of their names. */
export function reachable(procs: ReadonlyMap<string, Proc>, entries: ReadonlySet<string>): Map<string, Proc> {
  const seen = new Set<string>();
  const work = [...entries];
  while (work.length > 0) {
    const name = work.pop()!;
    if (seen.has(name)) continue;
    const p = procs.get(name);
    if (p === undefined) continue;
    seen.add(name);
    for (const i of p.code) if (i.op === "call" && i.proc !== undefined) work.push(i.proc);
  }
  return new Map([...procs].filter(([name]) => seen.has(name)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
