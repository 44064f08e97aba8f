// The lifecycle of an importer's mapping of a dma-buf that its exporter may revoke or move.
import { call, callback, lifecycle, store, use } from "../model/lifecycle.ts";
import { mappingRules } from "./rules.ts";

/** One attachment with one mapping, seen from the importer; include/linux/dma-buf.h struct dma_buf_attach_ops, drivers/dma-buf/dma-buf.c. */
export const dmaBufMapping = lifecycle({
  id: "dma-buf-mapping",
  resource: "dma-buf mapping of an importer that can be told to let go",
  sources: [
    "drivers/dma-buf/dma-buf.c dma_buf_invalidate_mappings (kernel-doc: the two waits, unmap within bounded time)",
    "include/linux/dma-buf.h struct dma_buf: rules for dynamic importers (fences for what can't be stopped at once)",
    "drivers/infiniband/core/umem_dmabuf.c ib_umem_dmabuf_revoke_locked: stop the hardware, unmap, unpin",
  ],
  // `hot`: the hardware reaches the memory. `fenced`: the exporter can see that by a fence. `told`: invalidate_mappings() has run. `reused`: the exporter
  // has given the memory to somebody else.
  world: { mapped: false, hot: false, fenced: false, told: false, reused: false },

  phases: {
    got: { start: true, rest: true },
    attached: { rest: true },
    mapped: { owes: "dma_buf_unmap_attachment()" },
    told: { owes: "dma_buf_unmap_attachment(), within bounded time" },
    detached: { rest: true },
  },

  events: {
    // prettier-ignore
    attach: { actor: "importer", to: "dma-buf", text: "dma_buf_dynamic_attach()", at: call("dma_buf_dynamic_attach", { buffer: 0, attachment: "returns" }) },
    map: {
      actor: "importer",
      to: "dma-buf",
      text: "dma_buf_map_attachment()",
      at: call(["dma_buf_map_attachment", "dma_buf_map_attachment_unlocked"], { attachment: 0, mapping: "returns" }),
      does: (w) => ({ ...w, mapped: true, told: false, reused: false }),
    },
    start: {
      actor: "importer",
      to: "device",
      text: "starts DMA, adds a fence",
      at: use("mapping"),
      does: (w) => ({ ...w, hot: true, fenced: true }),
    },
    startLate: {
      actor: "importer",
      to: "device",
      text: "starts DMA through the old mapping",
      at: use("mapping"),
      does: (w) => ({ ...w, hot: true }),
    },
    invalidate: {
      actor: "driver",
      to: "importer",
      text: "invalidate_mappings(): let go of it",
      at: callback("dma_buf_attach_ops", "invalidate_mappings"),
      does: (w) => ({ ...w, told: true }),
    },
    unmap: {
      actor: "importer",
      to: "dma-buf",
      text: "dma_buf_unmap_attachment()",
      at: call(["dma_buf_unmap_attachment", "dma_buf_unmap_attachment_unlocked"], { attachment: 0, mapping: 1 }),
      when: (w) => !w.hot,
      does: (w) => ({ ...w, mapped: false }),
    },
    // prettier-ignore
    detach: { actor: "importer", to: "dma-buf", text: "dma_buf_detach()", at: call("dma_buf_detach", { buffer: 0, attachment: 1 }) },
    finish: {
      actor: "device",
      to: "importer",
      text: "is done; the fence signals",
      at: store("fence signalled", "true"),
      will: "promised",
      does: (w) => ({ ...w, hot: false, fenced: false }),
    },
    reuse: {
      actor: "driver",
      text: "no fence is left: the memory serves somebody else",
      will: "voluntary",
      when: (w) => w.told && !w.fenced && !w.reused,
      does: (w) => ({ ...w, reused: true }),
    },
  },

  order: [
    ["got", "attach", "attached"],
    ["attached", "map", "mapped"],
    ["attached", "detach", "detached"],
    ["mapped", "start", "="],
    ["mapped", "invalidate", "told"],
    ["mapped", "unmap", "attached"],
    ["told", "unmap", "attached"],
  ],

  forbidden: [[["told"], "startLate", "=", "dma-buf/use-after-invalidate"]],

  invariants: {
    "no DMA reaches memory that serves somebody else": (w) => !w.hot || !w.reused,
    "the hardware reaches only what is mapped": (w) => !w.hot || w.mapped,
  },

  story: ["attach", "map", "start", "invalidate", "finish", "reuse", "unmap", "detach"],

  rules: mappingRules,
});
