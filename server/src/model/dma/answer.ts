// What the mapping core can say of a call: what is broken, and which of the kernel's debug messages would be printed for it.

/** What is broken. A rule of the family `dma/` each. */
export const BREACHES = [
  "unchecked-mapping",
  "leak",
  "double-unmap",
  "use-after-unmap",
  "wrong-unmap",
  "size-mismatch",
  "address-mismatch",
  "direction-mismatch",
  "device-mismatch",
  "attrs-mismatch",
  "sg-nents",
  "free-while-mapped",
  "cpu-access",
  "stack-memory",
  "vmalloc-memory",
  "rodata-memory",
  "sync-unmapped",
  "sync-direction",
  "sync-range",
  "sync-nents",
  "unmap-of-error",
  "overlap",
  "resource-of-ram",
  "iova-not-synced",
  "iova-order",
  "iova-leak",
  "pending-at-unbind",
] as const;
export type Breach = (typeof BREACHES)[number];

/** The kernel's debug messages by short names, in the order in which they are counted (from 1). */
export const DEBUG_CLASS_IDS = [
  "invalid-address",
  "not-allocated",
  "different-size",
  "wrong-function",
  "different-cpu-address",
  "different-entry-count",
  "different-direction",
  "unchecked",
  "different-attributes",
  "from-stack",
  "from-text-or-rodata",
  "from-invalid-area",
  "from-vmalloc",
  "resource-of-ram",
  "overlapping",
  "too-many-overlaps",
  "sync-not-allocated",
  "sync-outside-range",
  "sync-different-direction",
  "sync-read-only-for-cpu",
  "sync-write-only-to-device",
  "sync-different-entry-count",
  "segment-too-long",
  "segment-across-boundary",
  "pending-at-unbind",
] as const;
export type DebugClassId = (typeof DEBUG_CLASS_IDS)[number];

/** One thing that is said of a call. */
export interface Answer {
  /** The debug message; absent where the kernel's debug code looks at nothing of the kind. */
  readonly class?: DebugClassId;
  /** What is broken; absent where only the running kernel can know it. */
  readonly breach?: Breach;
  /** In figures: "mapped 2048, unmapped 1024". */
  readonly detail: string;
}
