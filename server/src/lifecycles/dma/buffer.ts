// Who owns a buffer that is mapped for a time: the CPU before the map, between the syncs and after the unmap; the device in between.
import { call, lifecycle, use } from "../../model/lifecycle.ts";
import { pick } from "./pick.ts";

/** One buffer under one streaming mapping; Documentation/core-api/dma-api.rst on dma_sync_single_for_cpu(). */
export const dmaBuffer = lifecycle({
  id: "dma-buffer",
  resource: "buffer under a streaming mapping",
  sources: ["Documentation/core-api/dma-api.rst", "Documentation/core-api/dma-api-howto.rst"],
  // `device`: the device may read or write. `torn`: both sides did at once.
  world: { device: false, torn: false, good: true },

  phases: {
    cpu: { start: true, rest: true },
    device: { owes: "the unmap, or a sync for the CPU" },
    lent: { owes: "the unmap" },
  },

  events: {
    map: {
      actor: "driver",
      to: "DMA core",
      text: "maps memory that the device can reach",
      at: call(["dma_map_single", "dma_map_page"], { buffer: 1 }),
      does: (w) => ({ ...w, device: true }),
    },
    mapStack: {
      actor: "driver",
      to: "DMA core",
      text: "maps a local variable",
      does: (w) => ({ ...w, good: false }),
    },
    mapVmalloc: {
      actor: "driver",
      to: "DMA core",
      text: "maps vmalloc() memory",
      does: (w) => ({ ...w, good: false }),
    },
    mapRodata: {
      actor: "driver",
      to: "DMA core",
      text: "maps a constant",
      does: (w) => ({ ...w, good: false }),
    },
    borrow: {
      actor: "driver",
      to: "DMA core",
      text: "takes the buffer back for a while",
      at: call("dma_sync_single_for_cpu", { handle: 1 }),
      does: (w) => ({ ...w, device: false }),
    },
    touch: {
      actor: "driver",
      text: "reads or writes the buffer",
      at: use("buffer"),
      does: (w) => ({ ...w, torn: w.torn || w.device }),
    },
    giveBack: {
      actor: "driver",
      to: "DMA core",
      text: "hands the buffer to the device again",
      at: call("dma_sync_single_for_device", { handle: 1 }),
      does: (w) => ({ ...w, device: true }),
    },
    unmap: {
      actor: "driver",
      to: "DMA core",
      text: "unmaps",
      at: call(["dma_unmap_single", "dma_unmap_page"], { handle: 1 }),
      does: (w) => ({ ...w, device: false }),
    },
  },

  order: [
    ["cpu", "touch", "="],
    ["cpu", "map", "device"],
    ["device", "borrow", "lent"],
    ["lent", "touch", "="],
    ["lent", "giveBack", "device"],
    ["lent", "unmap", "cpu"],
    ["device", "unmap", "cpu"],
  ],

  forbidden: [
    [["device"], "touch", "=", "dma/cpu-access"],
    [["cpu"], "mapStack", "device", "dma/stack-memory"],
    [["cpu"], "mapVmalloc", "device", "dma/vmalloc-memory"],
    [["cpu"], "mapRodata", "device", "dma/rodata-memory"],
  ],

  invariants: {
    "one side owns the buffer at a time": (w) => !w.torn,
    "the device can reach what is mapped for it": (w) => w.good,
  },

  story: ["touch", "map", "borrow", "touch", "giveBack", "unmap", "touch"],

  rules: pick("dma/cpu-access", "dma/stack-memory", "dma/vmalloc-memory", "dma/rodata-memory"),
});
