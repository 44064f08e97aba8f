// Repairs of last resort: an ideal revocation of every buffer in front of what ends a bound. That it helps says that the end comes without a revocation that reaches every buffer.
import { insert } from "../../model/unplug/edit.ts";
import type { Ins } from "../../model/unplug/skeleton.ts";
import { edited, fnOf } from "./patch.ts";
import type { Repair, Scene } from "./patch.ts";
import { closure, sites } from "./roles.ts";
import type { Site } from "./roles.ts";

/** An ideal revocation in front of what ends the bound: a procedure by name, or each place where the device is cut off. */
export function* endings(s: Scene, rule: () => string): Generator<Repair> {
  const all: Ins = { op: "call", proc: s.names.procs.revokeAll, args: [] };
  const said = (fn: string, which: string): string =>
    which === "dma-buf/not-invalidated"
      ? `${fn}() leaves a buffer alone that an importer still has mapped`
      : which === "dma-buf/outlives-session"
        ? `${fn}() runs without anybody having revoked the buffers: importers still have them mapped`
        : `${fn}() cuts the device off while importers have it mapped`;
  for (const proc of s.roles.teardown)
    for (const site of sites(s.set, [proc], "act", (i) => i.act === s.names.acts.isolate)) {
      const which = rule();
      const where = (which === "dma-buf/not-invalidated" ? walk(s) : undefined) ?? site;
      const fn = fnOf(s.set, where.proc, where.ins);
      yield {
        rule: which,
        at: where.ins.at,
        fn,
        message: said(fn, which),
        apply: (set) => edited(set, site, (q, n) => insert(q, n, [all])),
      };
    }
  const entry = new Set(s.names.entrySlots);
  const ends = [
    ...Object.entries(s.set.slots).flatMap(([slot, proc]) =>
      entry.has(slot) || slot === s.names.slots.release ? [] : [proc],
    ),
    ...s.set.roots.filter((x) => x.kind === "remove").map((x) => x.proc),
  ];
  for (const proc of new Set(ends)) {
    const p = s.set.procs[proc];
    if (p === undefined) continue;
    const which = rule();
    const told = which === "dma-buf/not-invalidated" ? walk(s) : undefined;
    const fn = told === undefined ? fnOf(s.set, proc) : fnOf(s.set, told.proc, told.ins);
    yield {
      rule: which,
      at: told?.ins.at ?? p.code[0]?.at,
      fn,
      message: said(fn, which),
      apply: (set) => ({ ...set, procs: { ...set.procs, [proc]: insert(set.procs[proc] ?? p, 0, [all], true) } }),
    };
  }
}

/** Where the buffers are gone through that are told: a buffer is passed over there. */
function walk({ set, roles }: Scene): Site | undefined {
  for (const proc of roles.teardown) {
    const reached = closure(set, [proc]);
    if (!roles.invalidations.some((x) => reached.has(x.proc))) continue;
    const ins = set.procs[proc]?.code.find((i) => i.op === "next");
    if (ins !== undefined) return { proc, ins };
  }
  return undefined;
}
