// The lifecycle of user mappings of MMIO by page frame number: nothing counts them, so they must be emptied and kept empty before the memory goes away.
import { bound, call, callback, lifecycle, since, store, until } from "../model/lifecycle.ts";
import { vmaRules } from "./rules.ts";

const perVma = [until("7.1", "zap_vma_ptes"), since("7.2", "zap_special_vma_range")];
const NO_OPEN = { lacks: "vm_operations_struct.open" };

/** One VMA of MMIO and the copy that a fork makes of it; mm/memory.c vmf_insert_pfn, unmap_mapping_range. */
export const pfnmapVma = lifecycle({
  id: "pfnmap-vma",
  resource: "user mapping of MMIO (VM_PFNMAP)",
  sources: [
    "mm/memory.c vmf_insert_pfn (called from a fault handler), remap_pfn_range, unmap_mapping_range, zap_special_vma_range",
    "mm/mmap.c dup_mmap: a fork copies the VMA, calls open() and copies the entries of VM_PFNMAP",
    "drivers/vfio/pci/vfio_pci_core.c vfio_pci_zap_and_down_write_memory_lock, vfio_pci_mmap_huge_fault: the lock is held from the zap on, faults test under it",
    "Documentation/driver-api/pci/p2pdma.rst: all page table mappings are undone before remove() completes",
  ],
  // `vma`: there is one. `ptes`, `copied`: it, and the copy that fork made of it, have page table entries.
  world: { vma: false, gate: false, ptes: false, forked: false, copied: false, memory: true, driver: true },

  phases: {
    none: { start: true, rest: true },
    mapped: { rest: true },
    emptied: { rest: true }, // zapped, but faults fill it again
    gated: { owes: "the zap" },
    late: { owes: "another zap: what was faulted in before the gate closed is still there" },
    quiet: { rest: true },
    isolated: { rest: true },
    gone: { rest: true },
  },

  events: {
    fault: {
      actor: "user",
      to: "driver",
      text: "faults: the gate is open, a PFN goes in",
      at: callback("vm_operations_struct", "fault"),
      will: "voluntary",
      when: (w) => w.vma && !w.gate && !w.ptes,
      does: (w) => ({ ...w, ptes: true }),
    },
    fork: {
      actor: "user",
      text: "forks: VMA and entries are copied",
      will: "voluntary",
      when: (w) => w.ptes && !w.forked,
      does: (w) => ({ ...w, forked: true, copied: true }),
    },
    munmap: {
      actor: "user",
      text: "unmaps it again",
      will: "voluntary",
      does: (w) => ({ ...w, vma: false, ptes: false, copied: false }),
    },

    mmap: {
      actor: "user",
      to: "driver",
      text: "mmap(): a VMA without entries",
      at: [
        callback("file_operations", "mmap"),
        callback("file_operations", "mmap_prepare"),
        callback("vfio_device_ops", "mmap"),
        call(["io_remap_pfn_range", "remap_pfn_range", "vm_iomap_memory"], { vma: 0 }),
      ],
      does: (w) => ({ ...w, vma: true }),
    },
    closeGate: {
      actor: "driver",
      text: "closes the gate that faults test",
      at: store("fault gate", "true"),
      does: (w) => ({ ...w, gate: true }),
    },
    zap: {
      actor: "driver",
      to: "user",
      text: "unmap_mapping_range(): every VMA is emptied",
      at: call(["unmap_mapping_range", "unmap_mapping_pages"], { mapping: 0 }),
      does: (w) => ({ ...w, ptes: false, copied: false }),
    },
    zapEach: {
      actor: "driver",
      to: "user",
      text: "zaps each VMA on its list; open() lists copies",
      at: call(perVma, { vma: 0 }),
      does: (w) => ({ ...w, ptes: false, copied: false }),
    },
    zapListed: {
      actor: "driver",
      to: "user",
      text: "zaps each VMA on its list; no open() lists copies",
      at: call(perVma, { vma: 0 }, NO_OPEN),
      does: (w) => ({ ...w, ptes: false }),
    },
    faultUngated: {
      actor: "user",
      to: "driver",
      text: "faults: no gate is looked at, a PFN goes in",
      at: callback("vm_operations_struct", "fault", ["test of the gate"]),
      when: (w) => w.vma,
      does: (w) => ({ ...w, ptes: true }),
    },
    openGate: {
      actor: "driver",
      text: "opens the gate again",
      at: store("fault gate", "false"),
      does: (w) => ({ ...w, gate: false }),
    },
    unbind: {
      actor: "driver core",
      text: "remove() has returned: the MMIO is not the driver's",
      at: bound("driver"),
      does: (w) => ({ ...w, driver: false }),
    },
    reset: {
      actor: "driver",
      to: "device",
      text: "resets it, or turns its memory off",
      at: call(["pci_reset_function", "pci_try_reset_function", "pci_reset_bus", "pci_set_power_state"], { device: 0 }),
      does: (w) => ({ ...w, memory: false }),
    },
    enable: { actor: "driver", to: "device", text: "its memory is on again", does: (w) => ({ ...w, memory: true }) },
  },

  order: [
    ["none", "mmap", "mapped"],
    ["mapped", "closeGate", "gated"],
    ["mapped", "zap", "emptied"],
    ["emptied", "closeGate", "late"],
    ["gated", "zap", "quiet"],
    ["gated", "zapEach", "quiet"],
    ["late", "zap", "quiet"],
    ["late", "zapEach", "quiet"],
    ["quiet", "openGate", "mapped"],
    ["quiet", "reset", "isolated"],
    ["quiet", "unbind", "gone"],
    ["isolated", "enable", "quiet"],
  ],

  forbidden: [
    [["mapped", "gated"], "unbind", "gone", "vma/not-zapped"],
    [["emptied"], "unbind", "gone", "vma/fault-not-gated"],
    [["quiet", "isolated", "gone"], "faultUngated", "=", "vma/fault-not-gated"],
    [["late"], "unbind", "gone", "vma/zap-before-gate"],
    [["late"], "reset", "isolated", "vma/zap-before-gate"],
    [["mapped", "emptied", "gated"], "reset", "isolated", "vma/maps-while-isolated"],
    [["isolated"], "openGate", "mapped", "vma/maps-while-isolated"],
    [["gated", "late"], "zapListed", "quiet", "vma/inherited-untracked"],
  ],

  invariants: {
    "no page table reaches MMIO that the driver has left": (w) => w.driver || (!w.ptes && !w.copied),
    "no page table reaches MMIO that is off": (w) => w.memory || (!w.ptes && !w.copied),
  },

  story: ["mmap", "fault", "fork", "closeGate", "zap", "unbind"],

  rules: vmaRules,
});
