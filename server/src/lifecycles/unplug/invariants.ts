// What must hold in every state: past a bound, nobody reaches the memory any more. Bounds are those of model.md M12.
import type { Scenario } from "../../model/unplug/scenario.ts";
import { openCondition } from "../../model/unplug/open.ts";
import type { E, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { ACT, F, SLOT } from "./actions.ts";
import { and, c, eq, f, not, or } from "./assemble.ts";
import type { Bound } from "./contracts/contract.ts";

/** Names of the invariants, for diagnosis. */
export const HOLDS = {
  mappedPastDriver: "a DMA mapping outlives the driver",
  busyPastDriver: "DMA goes on after the driver is gone",
  ptePastDriver: "a PTE outlives the driver",
  mappedPastSession: "a DMA mapping outlives the session",
  busyPastSession: "DMA goes on after the session has ended",
  ptePastSession: "a PTE outlives the session",
  pteWhileClosed: "the CPU reaches a device whose buffers are closed",
} as const;

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/**
 * The invariants of a scenario with so many objects. `isolation`: ask that no PTE exists while a buffer is closed and no lock is held. A fault that has found, since
 * the revoker changed it, that the device answers (`unless`) may let the CPU in whatever the buffers show: the revoker gave up, and left them closed.
 */
export function invariants(
  set: SkeletonSet,
  bounds: readonly Bound[],
  size: { readonly buffers: number; readonly importers: number; readonly vmas: number },
  isolation: { readonly unless: readonly E[] } | undefined,
): Scenario["invariants"] {
  const out: { name: string; holds: E; quiet?: boolean }[] = [];
  const never = (name: string, past: E, field: string, count: number): void => {
    if (count > 0) out.push({ name, holds: not(and(past, or(...numbers(count).map((n) => f(field, c(n)))))) });
  };
  const bound = f(F.bound, c(1));
  never(HOLDS.mappedPastDriver, bound, F.mapped, size.importers);
  never(HOLDS.busyPastDriver, bound, F.busy, size.importers);
  never(HOLDS.ptePastDriver, bound, F.pte, size.vmas);
  if (bounds.includes("session")) {
    const over = not(f(F.session, c(1)));
    never(HOLDS.mappedPastSession, over, F.mapped, size.importers);
    never(HOLDS.busyPastSession, over, F.busy, size.importers);
    never(HOLDS.ptePastSession, over, F.pte, size.vmas);
  }
  if (isolation !== undefined && size.vmas > 0)
    for (const b of numbers(size.buffers)) {
      const open = openCondition(set, { map: SLOT.map, mapBegin: ACT.mapBegin, attDmabuf: F.attDmabuf }, b);
      if (open === undefined) continue;
      const priv = set.parts.private;
      const there = and(
        eq(f(F.born, c(b)), c(1)),
        ...(priv === undefined ? [] : [{ k: "live" as const, cls: priv, o: f(F.priv, c(b)) }]),
      );
      const pte = or(...numbers(size.vmas).map((v) => f(F.pte, c(v))));
      out.push({
        name: HOLDS.pteWhileClosed,
        holds: not(and(there, pte, not(open), ...isolation.unless.map(not))),
        quiet: true,
      });
    }
  return out;
}
