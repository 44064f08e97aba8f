// The kernel's own DMA debugging: its 25 messages, each with a number, a short name and the function that prints it.
import type { DebugClassId } from "../../model/dma/answer.ts";

export interface DebugClass {
  /** From 1, as they are counted in documents. */
  readonly number: number;
  readonly id: DebugClassId;
  /** The message, without the values that are printed with it. */
  readonly message: string;
  /** The function of kernel/dma/debug.c that prints it. */
  readonly from: string;
}

const said = (number: number, id: DebugClassId, from: string, message: string): DebugClass => ({
  number,
  id,
  message,
  from,
});

/** The 25 classes of CONFIG_DMA_API_DEBUG (kernel/dma/debug.c). */
export const DEBUG_CLASSES: readonly DebugClass[] = [
  said(1, "invalid-address", "check_unmap", "device driver tries to free an invalid DMA memory address"),
  said(2, "not-allocated", "check_unmap", "device driver tries to free DMA memory it has not allocated"),
  said(3, "different-size", "check_unmap", "device driver frees DMA memory with different size"),
  said(4, "wrong-function", "check_unmap", "device driver frees DMA memory with wrong function"),
  said(5, "different-cpu-address", "check_unmap", "device driver frees DMA memory with different CPU address"),
  said(6, "different-entry-count", "check_unmap", "device driver frees DMA sg list with different entry count"),
  said(7, "different-direction", "check_unmap", "device driver frees DMA memory with different direction"),
  said(8, "unchecked", "check_unmap", "device driver failed to check map error"),
  said(9, "different-attributes", "check_unmap", "device driver frees DMA memory with different attributes"),
  said(10, "from-stack", "check_for_stack", "device driver maps memory from stack"),
  said(11, "from-text-or-rodata", "check_for_illegal_area", "device driver maps memory from kernel text or rodata"),
  said(12, "from-invalid-area", "debug_dma_map_single", "device driver maps memory from invalid area"),
  said(13, "from-vmalloc", "debug_dma_map_single", "device driver maps memory from vmalloc area"),
  said(14, "resource-of-ram", "debug_dma_map_phys", "dma_map_resource called for RAM address"),
  said(15, "overlapping", "add_dma_entry", "cacheline tracking EEXIST, overlapping mappings aren't supported"),
  said(16, "too-many-overlaps", "active_cacheline_inc_overlap", "exceeded 7 overlapping mappings of cacheline"),
  said(17, "sync-not-allocated", "check_sync", "device driver tries to sync DMA memory it has not allocated"),
  said(18, "sync-outside-range", "check_sync", "device driver syncs DMA memory outside allocated range"),
  said(19, "sync-different-direction", "check_sync", "device driver syncs DMA memory with different direction"),
  said(20, "sync-read-only-for-cpu", "check_sync", "device driver syncs device read-only DMA memory for cpu"),
  said(21, "sync-write-only-to-device", "check_sync", "device driver syncs device write-only DMA memory to device"),
  said(22, "sync-different-entry-count", "check_sync", "device driver syncs DMA sg list with different entry count"),
  said(23, "segment-too-long", "check_sg_segment", "mapping sg segment longer than device claims to support"),
  said(24, "segment-across-boundary", "check_sg_segment", "mapping sg segment across boundary"),
  said(
    25,
    "pending-at-unbind",
    "dma_debug_device_change",
    "device driver has pending DMA allocations while released from device",
  ),
];
