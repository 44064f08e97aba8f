// What a planted bug is, and the twelve ways of breaking one revoker that both families share.
import type { FamilyId, Files } from "./checker.ts";
import {
  assigning,
  calling,
  changeArgument,
  drop,
  inFunction,
  moveAfter,
  pick,
  type Change,
  type Mutation,
  type Pick,
} from "./operators.ts";

export interface Place {
  readonly file: string;
  readonly fns: readonly string[];
}

/** A planted bug, or a harmless change on which the checker must stay silent. */
export interface Mutant {
  readonly id: string;
  readonly family: FamilyId;
  /** The row of the table that it belongs to. */
  readonly row: string;
  readonly title: string;
  readonly expect: string;
  /** Where the finding may stand. Empty where silence is expected. */
  readonly where: readonly Place[];
  readonly apply: Mutation;
  /** Why the expectation may be wrong; such mutants are also counted apart. */
  readonly doubt?: string;
}

export const SILENT = "silent";

/** One function that revokes: how its steps are found. */
export interface Revoker {
  /** The end of its mutants' ids; empty where the family has only one. */
  readonly name: string;
  readonly file: string;
  readonly fn: string;
  readonly gateStore: Pick;
  readonly unlock: Pick;
  readonly lock: Pick;
  readonly initialPut?: Pick;
  /** Puts the drain under the reservation lock. */
  readonly drainUnderLock: Change;
}

const INVALIDATE = pick("invalidate", calling("dma_buf_invalidate_mappings"));
const FENCES = pick("fence wait", calling("dma_resv_wait_timeout"));
const INITIAL_PUT = pick("initial put", calling("kref_put"));
const DRAIN = pick("completion wait", calling("wait_for_completion"));

/** The mutants that break one step of one revoker. `where` says which functions a finding about it may name. */
export function revokerMutants(family: FamilyId, revoker: Revoker, where: readonly Place[]): Mutant[] {
  const change = (...changes: readonly Change[]): Mutation => inFunction(revoker.file, revoker.fn, ...changes);
  const suffix = revoker.name === "" ? "" : `-${revoker.name}`;
  const mutant = (id: string, row: string, title: string, expect: string, apply: Mutation): Mutant => ({
    id: `${family}/${id}${suffix}`,
    family,
    row,
    title: `${title} in ${revoker.fn}`,
    expect,
    where: expect === SILENT ? [] : where,
    apply,
  });
  const weak = (id: string, title: string, argument: number, value: string): Mutant =>
    mutant(
      id,
      "fence wait weakened",
      title,
      "dma-buf/weak-fence-wait",
      change(changeArgument(FENCES, "dma_resv_wait_timeout", argument, value)),
    );
  return [
    mutant("gate-store", "gate store", "gate never closed", "dma-buf/gate-not-closed", change(drop(revoker.gateStore))),
    mutant(
      "gate-late",
      "gate store moved past the unlock of resv",
      "gate closed after resv is unlocked",
      "dma-buf/gate-after-invalidate",
      change(moveAfter(revoker.gateStore, revoker.unlock)),
    ),
    mutant(
      "gate-inside",
      "gate store moved past invalidate, inside resv",
      "gate closed after invalidate, still inside resv",
      SILENT,
      change(moveAfter(revoker.gateStore, FENCES)),
    ),
    mutant("invalidate", "invalidate", "no invalidate", "dma-buf/not-invalidated", change(drop(INVALIDATE))),
    mutant("fence-wait", "fence wait", "no fence wait", "dma-buf/no-fence-wait", change(drop(FENCES))),
    weak("fence-usage", "fences of the wrong usage class", 1, "DMA_RESV_USAGE_KERNEL"),
    weak("fence-interruptible", "fence wait can be interrupted", 2, "true"),
    weak("fence-timeout", "fence wait has a timeout", 3, "msecs_to_jiffies(1000)"),
    mutant(
      "initial-put",
      "initial put",
      "initial reference never dropped",
      "dma-buf/drain-never-ends",
      change(drop(revoker.initialPut ?? INITIAL_PUT)),
    ),
    mutant("drain", "completion wait", "no wait for the unmaps", "dma-buf/no-unmap-drain", change(drop(DRAIN))),
    mutant(
      "drain-locked",
      "wait under resv",
      "unmaps waited for under resv",
      "dma-buf/drain-under-lock",
      change(revoker.drainUnderLock),
    ),
    mutant(
      "resv-lock",
      "resv lock around revoke",
      "resv not locked",
      "dma-buf/lock-not-held",
      change(drop(revoker.lock), drop(revoker.unlock)),
    ),
  ];
}

/** The store of `true` into a gate. */
export function storeOf(field: string): Pick {
  return pick("gate store", assigning(field, "true"));
}

/** Applies a mutant; errors name it. */
export function plant(mutant: Mutant, files: Files): Files {
  try {
    return mutant.apply(files);
  } catch (error) {
    throw new Error(`${mutant.id}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
