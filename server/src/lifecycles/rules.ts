// The rule table: what is said of each defect. The lifecycle that owns a rule attaches the text to its forbidden rows; nothing else may word a rule.
import type { RuleSpec } from "../model/lifecycle.ts";

/** Driver-bound P2PDMA providers. */
export const providerRules = {
  "provider/not-initialised": {
    title: "A provider is asked for before pcim_p2pdma_init()",
    because:
      "Without pcim_p2pdma_init() there is nothing to point into: pcim_p2pdma_provider() warns and returns NULL.",
    advice:
      "Call pcim_p2pdma_init() in probe, before the first pcim_p2pdma_provider(); go on without when it says -EOPNOTSUPP.",
    severity: "error",
  },
  "provider/unchecked-null": {
    title: "The result of pcim_p2pdma_provider() is not tested for NULL",
    because:
      "pcim_p2pdma_provider() returns NULL, never an error pointer, for a BAR that is not memory or can't be mapped.",
    advice:
      "Test the pointer itself with !provider (not IS_ERR(), and not the address of where it was put) before it is kept or used.",
    severity: "error",
  },
  "provider/escapes-driver": {
    title: "A provider is kept where the teardown does not reach",
    because:
      "The provider is freed right after remove() returns, and nothing counts references to it: whoever still holds the pointer holds freed memory.",
    advice:
      "Keep the provider only in objects that the driver's teardown revokes before remove() returns, or hold up remove() until they are gone.",
    severity: "error",
  },
  "provider/ungated-use": {
    title: "A callback uses the provider without looking at the gate",
    because:
      "An open file can call in at any time, after the revoke and after remove(): only the gate, tested under the lock that the revoke takes, keeps it off the provider.",
    advice:
      "Test the flag that the revoke sets, under the lock that it is set under, and fail before the provider is used.",
    severity: "error",
  },
  "provider/use-after-revoke": {
    title: "The provider is used after it was revoked",
    because:
      "What was tested before the revoke says nothing after it: between the test and the use the lock was let go, the revoke ran, and the driver may be gone.",
    advice:
      "Keep the lock from the test of the gate to the last use of the provider, and use nothing driver-bound after the bound.",
    severity: "error",
  },
} as const satisfies Record<string, RuleSpec>;

/** The exporter's own handling of a buffer and its references. */
export const exportRules = {
  "dma-buf/published-early": {
    title: "A dma-buf gets its fd before its callbacks can run",
    because:
      "From dma_buf_fd() on, another thread can attach, map and close: every callback may run before the next line does.",
    advice:
      "Set the provider, the ranges, the count, the list link and the gate first; make dma_buf_fd() the last step that can be seen.",
    severity: "error",
  },
  "dma-buf/use-after-publish": {
    title: "A dma-buf is touched after dma_buf_fd() gave its reference away",
    because:
      "dma_buf_fd() hands the reference to the fd; another thread may close it at once, and release() frees the private data.",
    advice: "Do all that needs the buffer before dma_buf_fd(), or take a reference of your own first.",
    severity: "error",
  },
  "dma-buf/use-after-put": {
    title: "A dma-buf or its private data is touched after dma_buf_put()",
    because:
      "The last put lets release() run, which frees the private data; that it runs a little later only hides it.",
    advice: "Move the use before dma_buf_put(); what must outlive the buffer needs an owner of its own.",
    severity: "error",
  },
  "dma-buf/unwind-after-export": {
    title: "An exported dma-buf is taken back by hand",
    because:
      "Once dma_buf_export() has succeeded, release() frees the private data; once dma_buf_fd() has, the fd owns the reference: undoing either again does it twice.",
    advice: "After the export the only way back is dma_buf_put(), once; after dma_buf_fd() there is none.",
    severity: "error",
  },
  "dma-buf/leak": {
    title: "The reference from dma_buf_export() is lost",
    because:
      "The function returns with a reference that nobody will put: the buffer, its private data and the module's count stay for ever.",
    advice: "Put the buffer on every path that does not hand it to an fd.",
    severity: "warning",
  },
  "dma-buf/release-uses-driver": {
    title: "The release callback touches what died with the driver",
    because:
      "A file can be closed long after remove() has returned, and release() runs then: devres and the device's own data are gone.",
    advice:
      "Let release() touch driver-bound state only while it holds what delays remove(), or behind a pointer that the revoke clears under a lock that release() takes.",
    severity: "error",
  },
} as const satisfies Record<string, RuleSpec>;

/** Revoking a buffer before the memory behind it goes away. */
export const revokeRules = {
  "dma-buf/not-invalidated": {
    title: "Importers are not told before the memory goes away",
    because:
      "Importers keep their mappings until invalidate_mappings() tells them; a wait for them then never ends, and without one they reach memory that is gone.",
    advice:
      "For every exported buffer, call dma_buf_invalidate_mappings() under its reservation lock, after the gate is closed and before the waits.",
    severity: "error",
  },
  "dma-buf/gate-not-closed": {
    title: "The revoke leaves the gate open",
    because:
      "Importers may map again in parallel with dma_buf_invalidate_mappings(): unless the map callback refuses, new mappings appear behind the revoke's back.",
    advice: "Set the flag that the map callback tests, under the reservation lock, before invalidating.",
    severity: "error",
  },
  "dma-buf/gate-after-invalidate": {
    title: "The gate closes after the importers were told",
    because: "A mapping that is made between the two was never told to go, and nobody will tell it.",
    advice:
      "Close the gate before dma_buf_invalidate_mappings(), or at least before the lock that the map callback takes is dropped.",
    severity: "error",
  },
  "dma-buf/no-fence-wait": {
    title: "The revoke does not wait for fences",
    because:
      "After dma_buf_invalidate_mappings() returns, the importer may use the memory in full until its fences have signalled, and may unmap before they do.",
    advice:
      "Call dma_resv_wait_timeout(resv, DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT) after invalidating.",
    severity: "error",
  },
  "dma-buf/weak-fence-wait": {
    title: "The revoke waits for too few fences, or not to their end",
    because:
      "Importers mark what they can't stop at once with BOOKKEEP fences; a wait for another class, or one that a signal or a timeout ends, returns while they still run.",
    advice: "Wait with DMA_RESV_USAGE_BOOKKEEP, not interruptible, and MAX_SCHEDULE_TIMEOUT.",
    severity: "error",
  },
  "dma-buf/no-unmap-drain": {
    title: "The revoke does not wait for the importers' unmaps",
    because:
      "Until it has called unmap, an importer may still read the memory, and its DMA mapping still stands; mappings must be gone before remove() completes.",
    advice:
      "Count the mappings in map and unmap, and after the fence wait put your own count and wait, without limit, for the rest.",
    severity: "error",
  },
  "dma-buf/uncounted-mapping": {
    title: "A mapping is made that the drain does not know of",
    because: "The revoke waits for a count; a mapping that is not in it can outlive the wait.",
    advice: "Take the count in the map callback when the mapping has been made, and put it in the unmap callback.",
    severity: "error",
  },
  "dma-buf/counted-too-short": {
    title: "The count is put while the mapping still stands",
    because: "The put can end the drain, and remove() with it, before the rest of the unmap callback has run.",
    advice: "In the unmap callback, take the mapping down first and put the count last.",
    severity: "error",
  },
  "dma-buf/drain-under-lock": {
    title: "The drain waits while it holds a lock that unmap takes",
    because:
      "Importers unmap under the reservation lock: with it held, the unmap that the drain waits for can't happen.",
    advice:
      "Drop the reservation lock, and every other lock that the unmap callback takes, before waiting for the unmaps.",
    severity: "error",
  },
  "dma-buf/drain-never-ends": {
    title: "The drain waits for a count that can't reach zero",
    because:
      "A count that was taken and is never put (the revoker's own, or that of a map that failed) keeps the wait, and remove(), for ever.",
    advice:
      "Put your own count before the wait, and take the count in the map callback only once it can't fail any more.",
    severity: "error",
  },
  "dma-buf/revoke-not-idempotent": {
    title: "A second revoke breaks the count",
    because:
      "Resets, power changes and the cleanup can all revoke: a revoke that puts a count which the last one has brought to zero ends the drain at once, or wraps it.",
    advice:
      "Do nothing when the buffer is already revoked, or arm the count and the completion again after each drain.",
    severity: "error",
  },
  "dma-buf/revoke-races-release": {
    title: "The revoke touches a buffer whose release() may be running",
    because:
      "A buffer on the exporter's list may have lost its last reference: release() frees it whenever it comes to run.",
    advice:
      "Take a reference with get_file_active() for the time of the revoke, and leave a buffer where that fails to its release().",
    severity: "error",
  },
  "dma-buf/outlives-session": {
    title: "A mapping outlives the session that opened the device",
    because:
      "Closing the device releases its BARs and turns it off: what is still mapped then reaches memory that is not the device's any more.",
    advice: "Revoke every buffer in the close path, before the BARs are released and the device is disabled.",
    severity: "error",
  },
  "dma-buf/maps-while-isolated": {
    title: "A buffer can be mapped while the device's memory is off",
    because:
      "From a reset, a power-down or memory-off until it is undone, access to the BAR is an error at best: CPU and DMA mappings must both be gone for all of it.",
    advice:
      "Revoke before the memory goes off, and open the gate again only after it is back on, under the lock that both take.",
    severity: "error",
  },
  "dma-buf/unrevocable-importer": {
    title: "An importer that can't be told to let go is admitted",
    because:
      "An importer without invalidate_mappings() unmaps when it likes: the drain, and remove(), may wait for it for ever.",
    advice: "Refuse it in attach with dma_buf_attach_revocable(), or in pin by always failing.",
    severity: "error",
  },
  "dma-buf/lock-not-held": {
    title: "The revoke does not hold the reservation lock",
    because:
      "Map callbacks and the list of attachments are protected by the reservation lock: without it a map in progress misses the gate, and the walk over the list is unsafe.",
    advice:
      "Hold the reservation lock from before the gate is closed until dma_buf_invalidate_mappings() has returned.",
    severity: "error",
  },
  "dma-buf/lock-held": {
    title: "The reservation lock is taken, or needed free, where it is held",
    because:
      "map, unmap, pin and unpin run with the reservation lock held: taking it again, or calling what takes it, blocks for ever.",
    advice: "Assert the lock in those callbacks instead of taking it, and call what takes it outside them.",
    severity: "error",
  },
} as const satisfies Record<string, RuleSpec>;

/** Importers. */
export const mappingRules = {
  "dma-buf/use-after-invalidate": {
    title: "An importer uses a mapping that was invalidated",
    because:
      "After invalidate_mappings() the exporter waits only for the fences it can see; what is started later reaches memory that is no longer the buffer's.",
    advice: "In the callback, stop the hardware or add fences for what still runs; map again before any new use.",
    severity: "error",
  },
} as const satisfies Record<string, RuleSpec>;

/** User mappings of MMIO. */
export const vmaRules = {
  "vma/not-zapped": {
    title: "User mappings are not emptied before the MMIO goes away",
    because:
      "Page table entries of VM_PFNMAP hold no reference: they keep reaching the BAR after remove() has returned.",
    advice:
      "Call unmap_mapping_range() on the address space that the VMAs are on, after the fault gate is closed and before remove() returns.",
    severity: "error",
  },
  "vma/fault-not-gated": {
    title: "The fault handler fills what the teardown has emptied",
    because: "A zap only empties: the next access faults, and a handler that does not refuse puts the PFN back.",
    advice:
      "In the fault handler, test the gate under the lock that the zap is done under, and return VM_FAULT_SIGBUS when it is closed.",
    severity: "error",
  },
  "vma/zap-before-gate": {
    title: "The zap comes before the gate that faults test",
    because: "A fault between the zap and the gate puts an entry back, and no second zap takes it away.",
    advice:
      "Close the gate first, or hold the lock that the fault handler takes from before the zap until the gate is closed.",
    severity: "error",
  },
  "vma/maps-while-isolated": {
    title: "User mappings reach the device while its memory is off",
    because:
      "From a reset, a power-down or memory-off until it is undone, a user's access is a bus error for the machine instead of SIGBUS for the user.",
    advice: "Gate and zap before the memory goes off, and open the gate only after it is back on.",
    severity: "error",
  },
  "vma/inherited-untracked": {
    title: "Copies of a VMA made by fork are not on the list that is zapped",
    because:
      "fork() and mremap() copy a VMA and its entries; a list of VMAs that only mmap() fills does not have the copies.",
    advice:
      "Give the VMA an open() that puts the copy on the list, forbid the copy with VM_DONTCOPY, or zap the address space instead of the list.",
    severity: "error",
  },
} as const satisfies Record<string, RuleSpec>;
