// The rules of the DMA API: what is said of each defect, how loud, on which kernel text it rests, and whether it is on unless asked for.
import type { Rule, RuleSpec } from "../../model/lifecycle.ts";

/** The model that all of these rules are of. */
export const DMA_CORE = "dma-core";

/** A rule of the DMA API always says where the kernel says so. */
interface DmaRuleSpec extends RuleSpec {
  readonly sources: readonly string[];
}

const API = "Documentation/core-api/dma-api.rst";
const HOWTO = "Documentation/core-api/dma-api-howto.rst";
const ATTRS = "Documentation/core-api/dma-attributes.rst";
const UNMAP = "kernel/dma/debug.c check_unmap()";
const SYNC = "kernel/dma/debug.c check_sync()";

export const dmaRules = {
  "dma/unchecked-mapping": {
    title: "A DMA mapping is used without a test for failure",
    because:
      "Mapping can fail, with an IOMMU or bounce buffers for want of space: the handle is then DMA_MAPPING_ERROR, and the device would write wherever that points.",
    advice: "Test the handle with dma_mapping_error() (a scatter list: its count for 0) before the device gets it.",
    severity: "warning",
    sources: [`${HOWTO} "Handling Errors"`, `${API} dma_mapping_error()`, UNMAP],
  },
  "dma/leak": {
    title: "A DMA mapping is lost",
    because:
      "The function returns and nobody has the handle any more: the IOVA space or the bounce buffer stays taken until the machine is restarted.",
    advice: "Unmap on every path that does not pass the mapping on, in the opposite order of mapping.",
    severity: "warning",
    sources: [`${HOWTO} "Handling Errors"`, "kernel/dma/debug.c active_cacheline_inc_overlap()"],
    off: "of 20 findings in Linux 7.2.13, judged by reading, 10 held: who takes a mapping over is not always seen",
  },
  "dma/double-unmap": {
    title: "A DMA mapping is unmapped that is not there",
    because:
      "After the first unmap the address may already belong to another mapping, even another device's: the second unmap takes that one down.",
    advice: "Unmap each mapping once; clear the handle, or the flag that says it is mapped, where it is unmapped.",
    severity: "error",
    sources: [UNMAP, `${API} "dma_unmap_single"`],
    off: "of 4 findings in Linux 7.2.13, judged by reading, 1 held",
  },
  "dma/use-after-unmap": {
    title: "A DMA handle is used after it was unmapped",
    because:
      "After the unmap the address is free for others: a device that is given it reads or writes somebody else's memory, or faults.",
    advice: "Give the device no handle after its unmap, and unmap only after the device has stopped.",
    severity: "error",
    sources: [`${HOWTO} "Using Streaming DMA mappings"`, `${API} "dma_unmap_single"`],
  },
  "dma/wrong-unmap": {
    title: "A DMA mapping is unmapped by a function of another kind",
    because:
      "Streaming mappings, scatter lists, MMIO resources and coherent memory are kept in different ways: only the counterpart of the function that made it undoes all of it.",
    advice:
      "Use the counterpart: unmap_single, unmap_page or unmap_phys for each other, unmap_sg, unmap_resource and free_coherent for their own.",
    severity: "error",
    sources: [UNMAP, `${API} "Part Id - Streaming DMA mappings"`],
    off: "its one finding in Linux 7.2.13, judged by reading, did not hold",
  },
  "dma/size-mismatch": {
    title: "A DMA mapping is released with another size than it was made with",
    because:
      "The size says how much IOVA space and how many bounce slots are given back: another one leaks the rest, or frees what belongs to others.",
    advice: "Pass the size that was mapped; keep it with the handle where it is not constant.",
    severity: "error",
    sources: [`${API} "dma_unmap_single"`, UNMAP],
  },
  "dma/address-mismatch": {
    title: "A mapping, or coherent memory, is released by another address",
    because:
      "The core finds what it made by the addresses that it returned, the CPU's and the device's; an aligned or advanced copy is another address.",
    advice: "Keep what the map or the allocation returned beside the copy that is worked with, and release that.",
    severity: "error",
    sources: [`${API} "dma_free_coherent"`, UNMAP],
  },
  "dma/direction-mismatch": {
    title: "A DMA mapping is unmapped with another direction",
    because:
      "The direction decides whether caches are dropped and bounce buffers copied back: with another one the CPU can read stale data, or the copy overwrites good data.",
    advice: "Pass the direction that the mapping was made with.",
    severity: "error",
    sources: [`${API} "dma_unmap_single"`, UNMAP],
  },
  "dma/device-mismatch": {
    title: "A DMA mapping is released for another device",
    because:
      "An address is only valid for the device that it was made for: another device may sit behind another IOMMU, where it is nobody's or somebody else's.",
    advice: "Pass the struct device that the mapping was made for.",
    severity: "error",
    sources: [`${API} "dma_unmap_single"`, "kernel/dma/debug.c exact_match()"],
    off: "two expressions for a device are often the same device, and how often this speaks wrongly has not been measured",
  },
  "dma/attrs-mismatch": {
    title: "A DMA mapping is released with other attributes",
    because:
      "Attributes such as DMA_ATTR_MMIO choose how the core keeps a mapping; released without them it takes a way that the mapping never went.",
    advice:
      "Pass the same attributes; only those that speak of a single call, such as DMA_ATTR_SKIP_CPU_SYNC, may differ.",
    severity: "warning",
    sources: [UNMAP, ATTRS],
    off: "the path check does not look for it yet",
  },
  "dma/sg-nents": {
    title: "A scatter list is unmapped with another count than it was mapped with",
    because:
      "dma_unmap_sg() wants the count that dma_map_sg() was given, not the one that it returned: entries may have been merged, and the rest would stay mapped.",
    advice: "Keep the original count for the unmap (with a table: orig_nents, or dma_unmap_sgtable()).",
    severity: "error",
    sources: [`${API} "dma_unmap_sg"`, `${HOWTO} "dma_unmap_sg"`, UNMAP],
  },
  "dma/free-while-mapped": {
    title: "Memory is freed while the device may still reach it",
    because: "The mapping outlives the memory: the device goes on writing to what is soon somebody else's.",
    advice: "Stop the device, unmap, and only then free the memory.",
    severity: "error",
    sources: [`${HOWTO} "Using Streaming DMA mappings"`],
  },
  "dma/cpu-access": {
    title: "The CPU touches a buffer that the device owns",
    because:
      "Between the map and a sync for the CPU or the unmap, caches and bounce buffers may hold other data than the device sees.",
    advice: "Call dma_sync_*_for_cpu() before the access and dma_sync_*_for_device() before the device goes on.",
    severity: "warning",
    sources: [`${API} "Streaming DMA mappings"`, `${HOWTO} "Using Streaming DMA mappings"`],
    off: "whose turn it is often stands in a descriptor that only the device writes, and how often this speaks wrongly has not been measured",
  },
  "dma/stack-memory": {
    title: "Memory on the stack is mapped for DMA",
    because:
      "A stack can be in vmalloc space, shares its cache lines with live variables, and is gone when the function returns.",
    advice: "Allocate the buffer with kmalloc(), or keep it in a structure that is.",
    severity: "error",
    sources: [`${HOWTO} "What memory is DMA'able?"`, "kernel/dma/debug.c check_for_stack()"],
  },
  "dma/vmalloc-memory": {
    title: "Memory from vmalloc() is mapped for DMA by its address",
    because:
      "Its pages are not next to each other, and its addresses are not in the linear map that dma_map_single() computes with.",
    advice: "Use kmalloc(), or map page by page with vmalloc_to_page().",
    severity: "error",
    sources: [
      `${HOWTO} "What memory is DMA'able?"`,
      "include/linux/dma-mapping.h dma_map_single_attrs()",
      "kernel/dma/debug.c debug_dma_map_single()",
    ],
  },
  "dma/rodata-memory": {
    title: "Constant data or code of the kernel is mapped for DMA",
    because:
      "The kernel image is neither meant nor always able to be reached by devices: in modules it is vmalloc memory, and it is write-protected.",
    advice: "Copy the data into memory from kmalloc(), or use kmemdup(), and map that.",
    severity: "error",
    sources: [`${HOWTO} "What memory is DMA'able?"`, "kernel/dma/debug.c check_for_illegal_area()"],
  },
  "dma/sync-unmapped": {
    title: "A DMA mapping is synced that is not there",
    because:
      "After the unmap the address is free for others: the sync works on somebody else's caches or bounce buffer.",
    advice: "Sync between map and unmap only.",
    severity: "error",
    sources: [SYNC, `${API} "dma_sync_single_for_cpu"`],
  },
  "dma/sync-direction": {
    title: "A DMA mapping is synced with another direction",
    because:
      "The direction decides what is written back or dropped: with another one than the mapping's, data is lost on the way.",
    advice: "Pass the direction that the mapping was made with.",
    severity: "error",
    sources: [SYNC, `${API} "dma_sync_single_for_cpu"`],
  },
  "dma/sync-range": {
    title: "A sync reaches beyond the mapping",
    because:
      "What lies behind the end belongs to others: their caches are dropped, or their bounce buffer overwritten.",
    advice: "Sync at most what was mapped, from an address within it.",
    severity: "error",
    sources: [SYNC, `${API} "dma_sync_single_for_cpu"`],
    off: "the path check does not look for it yet",
  },
  "dma/sync-nents": {
    title: "A scatter list is synced with another count than it was mapped with",
    because:
      "The sync of a list wants the count that the map was given: with another one, entries are left out or read beyond the end.",
    advice: "Pass the count that dma_map_sg() was given (with a table: dma_sync_sgtable_for_*()).",
    severity: "error",
    sources: [SYNC, `${API} "dma_sync_sg_for_cpu"`],
  },
  "dma/unmap-of-error": {
    title: "A mapping that failed is unmapped",
    because:
      "DMA_MAPPING_ERROR is not an address: there is nothing to take down, and the core may take down something else.",
    advice: "Where dma_mapping_error() says so, unmap only what was mapped before it.",
    severity: "error",
    sources: [UNMAP, `${HOWTO} "Handling Errors"`],
  },
  "dma/overlap": {
    title: "A buffer is mapped twice at a time",
    because:
      "Each mapping has its own bounce buffer and its own turn: what one of them writes back overwrites what came through the other.",
    advice: "Unmap before mapping again, or use one bidirectional mapping for both.",
    severity: "warning",
    sources: ["kernel/dma/debug.c add_dma_entry()", `${API} "dma_map_sg"`],
    off: "the path check does not look for it yet",
  },
  "dma/resource-of-ram": {
    title: "RAM is mapped as if it were MMIO",
    because:
      "dma_map_resource() and DMA_ATTR_MMIO leave caches and bounce buffers out, which only device memory can do without.",
    advice: "Map RAM with dma_map_single(), dma_map_page() or dma_map_phys() without DMA_ATTR_MMIO.",
    severity: "error",
    sources: [`${API} "dma_map_resource"`, "kernel/dma/debug.c debug_dma_map_phys()", `${ATTRS} "DMA_ATTR_MMIO"`],
  },
  "dma/iova-not-synced": {
    title: "Linked IOVA space is given to the device without dma_iova_sync()",
    because:
      "Links become visible to the IOMMU only with dma_iova_sync(): before it the device may fault or go astray.",
    advice: "Call dma_iova_sync() after the last dma_iova_link(), test it, and only then use the address.",
    severity: "error",
    sources: [`${API} "dma_iova_sync"`, "drivers/iommu/dma-iommu.c dma_iova_sync()"],
    off: "the path check does not look for it yet",
  },
  "dma/iova-order": {
    title: "IOVA space is linked, unlinked or freed out of order",
    because:
      "dma_iova_free() wants everything unlinked, dma_iova_destroy() everything linked from the start, and neither may come twice.",
    advice:
      "End with dma_iova_destroy() of what is linked, or with dma_iova_unlink() of each part and then dma_iova_free().",
    severity: "error",
    sources: [
      `${API} "dma_iova_free"`,
      "drivers/iommu/dma-iommu.c dma_iova_destroy()",
      "drivers/iommu/dma-iommu.c dma_iova_free()",
    ],
    off: "its one finding in Linux 7.2.13, judged by reading, did not hold",
  },
  "dma/iova-leak": {
    title: "IOVA space is lost",
    because: "The function returns with space that dma_iova_try_alloc() took, and nobody will free it.",
    advice: "On every path end with dma_iova_destroy() (a length of 0 where nothing is linked) or dma_iova_free().",
    severity: "warning",
    sources: [`${API} "dma_iova_destroy"`, "drivers/iommu/dma-iommu.c dma_iova_destroy()"],
  },
  "dma/pending-at-unbind": {
    title: "DMA mappings are left when the driver lets the device go",
    because:
      "After remove() the DMA configuration of the device is torn down: who unmaps later works on what is gone, and what stays mapped is open to the device.",
    advice: "Stop the device, then unmap and free everything before remove() returns.",
    severity: "error",
    sources: [
      "kernel/dma/debug.c dma_debug_device_change()",
      "drivers/base/dd.c __device_release_driver()",
      "drivers/base/dd.c device_unbind_cleanup()",
    ],
    off: "what a whole driver has mapped when remove() returns is not followed yet",
  },
} as const satisfies Record<string, DmaRuleSpec>;

export type DmaRuleId = keyof typeof dmaRules;

/** The rules of the DMA API as the rule list has them, sorted by id. */
export const dmaRuleTable: readonly Rule[] = Object.entries<DmaRuleSpec>(dmaRules)
  .map(([id, spec]) => ({ id, lifecycle: DMA_CORE, ...spec }))
  .sort((a, b) => (a.id < b.id ? -1 : 1));
