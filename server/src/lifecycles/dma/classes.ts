// The kernel's 25 debug messages and the rule that says each of them before the code runs, or why none can.
import type { Breach, DebugClassId } from "../../model/dma/answer.ts";
import type { DmaRuleId } from "./rules.ts";

/** A rule for a debug class, with what the two do not share; or why the source alone can't tell. */
export type ClassVerdict =
  | {
      readonly rule: DmaRuleId;
      /** Rules that see more in the source than the kernel can at run time, and are said instead. */
      readonly also?: readonly DmaRuleId[];
      readonly note?: string;
    }
  | { readonly rule?: never; readonly notStatic: string };

/** Debug class → rule, for each of kernel/dma/debug.c's messages. */
export const classRules: Readonly<Record<DebugClassId, ClassVerdict>> = {
  "invalid-address": { rule: "dma/unmap-of-error" },
  "not-allocated": {
    rule: "dma/double-unmap",
    also: ["dma/device-mismatch", "dma/address-mismatch"],
    note: "The kernel finds entries by device and address: another device and an address that was moved land here too.",
  },
  "different-size": { rule: "dma/size-mismatch" },
  "wrong-function": { rule: "dma/wrong-unmap" },
  "different-cpu-address": { rule: "dma/address-mismatch" },
  "different-entry-count": { rule: "dma/sg-nents" },
  "different-direction": { rule: "dma/direction-mismatch" },
  unchecked: {
    rule: "dma/unchecked-mapping",
    note: "The kernel says it when the mapping is taken down; the rule, where the handle is used without having been tested.",
  },
  "different-attributes": {
    rule: "dma/attrs-mismatch",
    also: ["dma/wrong-unmap"],
    note: "An MMIO resource that is unmapped as RAM, or the other way round, lands here: it differs in DMA_ATTR_MMIO.",
  },
  "from-stack": { rule: "dma/stack-memory" },
  "from-text-or-rodata": {
    rule: "dma/rodata-memory",
    note: "In the source: string literals, functions, and objects that are static and const.",
  },
  "from-invalid-area": {
    notStatic:
      "where the linear map ends is a matter of the machine; what the source shows of it, vmalloc memory and the stack, has rules of its own",
  },
  "from-vmalloc": {
    rule: "dma/vmalloc-memory",
    note: "Linux 7.2 never prints it: dma_map_single() refuses such an address with a warning of its own before its debug code looks.",
  },
  "resource-of-ram": {
    rule: "dma/resource-of-ram",
    note: "In the source: an address that came from a page, from virt_to_phys() or from an allocator.",
  },
  overlapping: {
    rule: "dma/overlap",
    note: "The kernel compares first cache lines; the rule speaks only of the same buffer, mapped twice and live twice on one path.",
  },
  "too-many-overlaps": {
    rule: "dma/leak",
    note: "The kernel's hint at a leak: the same cache line mapped more often than it can count.",
  },
  "sync-not-allocated": { rule: "dma/sync-unmapped", also: ["dma/device-mismatch"] },
  "sync-outside-range": {
    rule: "dma/sync-range",
    note: "Linux 7.2 never prints it: the entry is looked up by a range that contains what is synced, so a sync beyond the end says not-allocated.",
  },
  "sync-different-direction": { rule: "dma/sync-direction" },
  "sync-read-only-for-cpu": { rule: "dma/sync-direction", note: "Never alone: the directions differ too." },
  "sync-write-only-to-device": { rule: "dma/sync-direction", note: "Never alone: the directions differ too." },
  "sync-different-entry-count": { rule: "dma/sync-nents" },
  "segment-too-long": {
    notStatic: "the limit is what the device was given at run time, and the length is what the list holds then",
  },
  "segment-across-boundary": {
    notStatic: "where a segment lies is decided by the allocator and the IOMMU at run time",
  },
  "pending-at-unbind": {
    rule: "dma/pending-at-unbind",
    note: "The kernel looks after devres has run; memory that devres frees is not pending.",
  },
};

/** The rule that speaks of a breach of the core: they go by the same names. */
export const ruleOf = (breach: Breach): DmaRuleId => `dma/${breach}`;
