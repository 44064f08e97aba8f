// Ideal steps, which no kernel has: what a repair puts in place of a part of the protocol to learn whether that part is what is missing.
import type { Action } from "../../model/unplug/scenario.ts";
import type { Proc, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { ERR } from "../../model/unplug/skeleton.ts";
import { ACT, CLS, ENV, F } from "./actions.ts";
import { act, and, call, c, countPut, f, lock, loop, not, proc, r, ret, set, store, unlock, when } from "./assemble.ts";

export const IDEAL = {
  revokeAll: "ideal.revokeAll",
  admit: "ideal.admit",
  drained: "ideal.drained",
  next: "ideal.next",
} as const;

/** Blocks until no importer has a mapping of the buffer. */
const drained: Action = (w, { args }) => {
  for (let a = 1; a <= w.objects(CLS.attachment); a++)
    if (w.get(F.attDmabuf, a) === args[0] && w.get(F.mapped, a) !== 0) return [];
  return [{ text: "no importer has a mapping" }];
};

/** The next buffer after the given one that still has references, with one more; 0 at the end. */
const next: Action = (w, { args }) => {
  for (let b = (args[0] ?? 0) + 1; b <= w.objects(CLS.buffer); b++)
    if (w.live(CLS.buffer, b) && w.get(F.born, b) === 1 && w.get(F.files, b) > 0)
      return [{ writes: [[F.files, b, w.get(F.files, b) + 1]], r: b, text: "the next buffer that has references" }];
  return [{ r: 0, text: "no more buffers" }];
};

export const idealActions: Readonly<Record<string, Action>> = { [IDEAL.drained]: drained, [IDEAL.next]: next };

/** Does a repair use the ideal revocation? Only then do importers look at its gate. */
export const usesIdeal = (set: SkeletonSet): boolean =>
  Object.values(set.procs).some((p) => p.code.some((i) => i.op === "call" && i.proc === IDEAL.revokeAll));

/** The procedures. `admit` says whether an importer can be revoked: 0, or an error. */
export function idealProcs(): Record<string, Proc> {
  const [b, att] = [r("b"), r("att")];
  return {
    [IDEAL.revokeAll]: proc(
      IDEAL.revokeAll,
      [],
      [
        set("b", c(0)),
        loop(
          act(IDEAL.next, [b], { r: "b" }),
          when(not(b), [ret()]),
          lock(F.resv, b),
          store(F.closed, b, c(1)),
          call(ENV.invalidate, [b]),
          act(ACT.waitFences, [b], { opt: { usage: "BOOKKEEP", interruptible: false, timeout: "max" } }),
          unlock(F.resv, b),
          act(IDEAL.drained, [b]),
          countPut(F.files, b),
        ),
      ],
    ),
    [IDEAL.admit]: proc(
      IDEAL.admit,
      ["att"],
      [when(not(and(f(F.importerOps, att), f(F.callback, att))), [ret(c(ERR))]), ret(c(0))],
    ),
  };
}
