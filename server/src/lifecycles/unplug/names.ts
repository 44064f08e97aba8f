// The environment's names, for the checking that must not know them by heart.
import type { UnplugNames } from "../../model/unplug/names.ts";
import { ACT, BROKEN, CLS, ENV, F, SLOT } from "./actions.ts";
import { IDEAL } from "./ideal.ts";
import { HOLDS } from "./invariants.ts";
import { COPY_PTES } from "./user.ts";

export const names: UnplugNames = {
  procs: { export: ENV.export, invalidate: ENV.invalidate, revokeAll: IDEAL.revokeAll, admit: IDEAL.admit },
  acts: { ...ACT, copyPtes: COPY_PTES, drained: IDEAL.drained },
  fields: F,
  slots: SLOT,
  classes: CLS,
  entrySlots: [
    ...Object.values(SLOT).filter((s) => s !== SLOT.release),
    "dma_buf_ops.mmap",
    "dma_buf_ops.vmap",
    "dma_buf_ops.vunmap",
    "dma_buf_ops.begin_cpu_access",
    "dma_buf_ops.end_cpu_access",
    "vm_operations_struct.open",
    "vm_operations_struct.close",
    "vm_operations_struct.fault",
    "vm_operations_struct.huge_fault",
    "vfio_device_ops.mmap",
    "vfio_device_ops.open_device",
    "vfio_device_ops.init",
    "ib_device_ops.mmap",
  ],
  concerns: {
    [BROKEN.isolated]: "mapping",
    [HOLDS.mappedPastDriver]: "mapping",
    [HOLDS.busyPastDriver]: "mapping",
    [HOLDS.mappedPastSession]: "mapping",
    [HOLDS.busyPastSession]: "mapping",
    [BROKEN.isolatedPte]: "pte",
    [BROKEN.vmaGone]: "pte",
    [HOLDS.ptePastDriver]: "pte",
    [HOLDS.ptePastSession]: "pte",
    [HOLDS.pteWhileClosed]: "pte",
    [BROKEN.provider]: "provider",
    [BROKEN.nullProvider]: "null",
    [BROKEN.uninitialised]: "init",
  },
};
