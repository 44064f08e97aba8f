// The lifecycle of IOVA space that is allocated and linked in steps: dma_iova_try_alloc() to dma_iova_destroy(), or to unlink and free.
import { bound, branch, call, lifecycle } from "../../model/lifecycle.ts";
import type { PathSpec } from "../../model/paths.ts";
import { pick } from "./pick.ts";

const tryAlloc = call("dma_iova_try_alloc", { device: 0, state: 1, size: 3, taken: "returns" });

/** One IOVA state; Documentation/core-api/dma-api.rst part Ie. */
export const dmaIova = lifecycle({
  id: "dma-iova",
  resource: "IOVA space",
  sources: [
    "Documentation/core-api/dma-api.rst",
    "drivers/iommu/dma-iommu.c dma_iova_try_alloc",
    "drivers/iommu/dma-iommu.c dma_iova_destroy",
  ],
  world: { space: 0, linked: 0, synced: true, stray: false, lost: false },

  phases: {
    zero: { start: true, rest: true },
    allocated: { owes: "dma_iova_destroy() or dma_iova_free()" },
    linked: { owes: "dma_iova_sync()" },
    synced: { owes: "dma_iova_destroy()" },
    released: { rest: true },
  },

  events: {
    alloc: {
      actor: "driver",
      to: "IOMMU",
      text: "takes IOVA space",
      at: branch(tryAlloc, "nonzero"),
      does: (w) => ({ ...w, space: 1 }),
    },
    link: {
      actor: "driver",
      to: "IOMMU",
      text: "links memory",
      at: branch(call("dma_iova_link", { device: 0, state: 1, error: "returns" }), "zero"),
      does: (w) => ({ ...w, linked: 1, synced: false, stray: w.stray || w.space === 0 }),
    },
    sync: {
      actor: "driver",
      to: "IOMMU",
      text: "makes the links visible",
      at: branch(call("dma_iova_sync", { device: 0, state: 1, error: "returns" }), "zero"),
      does: (w) => ({ ...w, synced: true }),
    },
    give: {
      actor: "driver",
      to: "device",
      text: "gives the address to the device",
      does: (w) => ({ ...w, stray: w.stray || !w.synced || w.linked === 0 }),
    },
    unlink: {
      actor: "driver",
      to: "IOMMU",
      text: "unlinks memory",
      at: call("dma_iova_unlink", { device: 0, state: 1 }),
      does: (w) => ({ ...w, linked: w.linked - 1, synced: true }),
    },
    free: {
      actor: "driver",
      to: "IOMMU",
      text: "frees the space",
      at: call("dma_iova_free", { device: 0, state: 1 }),
      does: (w) => ({ ...w, space: w.space - 1 }),
    },
    destroy: {
      actor: "driver",
      to: "IOMMU",
      text: "unlinks all and frees the space",
      at: call("dma_iova_destroy", { device: 0, state: 1 }),
      does: (w) => ({ ...w, space: w.space - 1, linked: 0, synced: true }),
    },
    end: {
      actor: "driver",
      text: "returns, and nobody else has the state",
      at: bound("scope"),
      does: (w) => ({ ...w, lost: true }),
    },
  },

  order: [
    ["zero", "alloc", "allocated"],
    ["allocated", "link", "linked"],
    ["allocated", "free", "released"],
    ["allocated", "destroy", "released"],
    ["linked", "sync", "synced"],
    ["linked", "unlink", "allocated"],
    ["linked", "destroy", "released"],
    ["synced", "give", "="],
    ["synced", "unlink", "allocated"],
    ["synced", "destroy", "released"],
    ["released", "end", "="],
  ],

  forbidden: [
    [["linked"], "give", "=", "dma/iova-not-synced"],
    [["linked", "synced"], "free", "released", "dma/iova-order"],
    [["released"], "free", "=", "dma/iova-order"],
    [["released"], "destroy", "=", "dma/iova-order"],
    [["released"], "link", "=", "dma/iova-order"],
    [["allocated", "linked", "synced"], "end", "=", "dma/iova-leak"],
  ],

  invariants: {
    "space is freed once": (w) => w.space >= 0,
    "only what is linked and synced is reached": (w) => !w.stray,
    "no link is left in free space": (w) => w.linked <= 0 || w.space > 0,
    "somebody can free what is taken": (w) => w.space <= 0 || !w.lost,
  },

  story: ["alloc", "link", "sync", "give", "destroy", "end"],

  rules: pick("dma/iova-not-synced", "dma/iova-order", "dma/iova-leak"),
});

export const iovaPaths: PathSpec = {
  model: dmaIova,
  acquire: "alloc",
  release: "destroy",
  keys: ["state"],
  lent: true,
  compare: {},
  noun: "IOVA space",
};
