// The lifecycles of memory that both sides see at any time: coherent allocations and blocks of a DMA pool.
import { bound, branch, call, lifecycle } from "../../model/lifecycle.ts";
import type { PathSpec } from "../../model/paths.ts";
import { pick } from "./pick.ts";

const allocate = call(["dma_alloc_coherent", "dma_alloc_attrs", "dma_alloc_wc", "dma_alloc_writecombine"], {
  device: 0,
  size: 1,
  handle: 2,
  cpu: "returns",
});
const allocatePci = call(["pci_alloc_consistent", "pci_zalloc_consistent"], {
  device: 0,
  size: 1,
  handle: 2,
  cpu: "returns",
});
const allocateNoncoherent = call("dma_alloc_noncoherent", {
  device: 0,
  size: 1,
  handle: 2,
  direction: 3,
  cpu: "returns",
});

/** One coherent allocation; Documentation/core-api/dma-api.rst part Ia. */
export const dmaCoherent = lifecycle({
  id: "dma-coherent",
  resource: "coherent DMA memory",
  sources: [
    "Documentation/core-api/dma-api.rst",
    "kernel/dma/mapping.c dma_alloc_attrs",
    "kernel/dma/mapping.c dma_free_attrs",
    "kernel/dma/debug.c debug_dma_free_coherent",
  ],
  // `same`: what is freed is what was returned, not an address beside it.
  world: { live: 0, real: false, same: true, lost: false },

  phases: {
    none: { start: true, rest: true },
    unchecked: { owes: "the test for NULL" },
    live: { owes: "dma_free_coherent()" },
    failed: { rest: true },
    freed: { rest: true },
  },

  events: {
    alloc: {
      actor: "driver",
      to: "DMA core",
      text: "allocates coherent memory",
      at: [allocate, allocatePci, allocateNoncoherent],
      does: (w) => [
        { ...w, live: w.live + 1, real: true },
        { ...w, real: false },
      ],
    },
    accept: {
      actor: "driver",
      text: "finds the memory there",
      at: [branch(allocate, "valid"), branch(allocatePci, "valid"), branch(allocateNoncoherent, "valid")],
      when: (w) => w.real,
    },
    reject: {
      actor: "driver",
      text: "finds that there was none",
      at: [branch(allocate, "null"), branch(allocatePci, "null"), branch(allocateNoncoherent, "null")],
      when: (w) => !w.real,
    },
    free: {
      actor: "driver",
      to: "DMA core",
      text: "frees the memory",
      at: [
        call(["dma_free_coherent", "dma_free_attrs", "dma_free_wc", "dma_free_writecombine", "pci_free_consistent"], {
          device: 0,
          size: 1,
          cpu: 2,
          handle: 3,
        }),
        call("dma_free_noncoherent", { device: 0, size: 1, cpu: 2, handle: 3, direction: 4 }),
      ],
      does: (w) => ({ ...w, live: w.live - 1 }),
    },
    freeNothing: {
      actor: "driver",
      to: "DMA core",
      text: "frees NULL, which does nothing",
      does: (w) => w,
    },
    freeOther: {
      actor: "driver",
      to: "DMA core",
      text: "frees by another address than was returned",
      does: (w) => ({ ...w, same: false }),
    },
    end: {
      actor: "driver",
      text: "returns, and nobody else has the memory",
      at: bound("scope"),
      does: (w) => ({ ...w, lost: true }),
    },
  },

  order: [
    ["none", "alloc", "unchecked"],
    ["unchecked", "accept", "live"],
    ["unchecked", "reject", "failed"],
    ["live", "free", "freed"],
    // dma_free_attrs() returns at once where the address is NULL.
    ["failed", "freeNothing", "="],
    ["failed", "end", "="],
    ["freed", "end", "="],
  ],

  forbidden: [
    [["live"], "freeOther", "freed", "dma/address-mismatch"],
    [["freed"], "free", "=", "dma/double-unmap"],
    [["live"], "end", "=", "dma/leak"],
  ],

  invariants: {
    "each allocation is freed once": (w) => w.live >= 0,
    "what is freed is what was returned": (w) => w.same,
    "somebody can free what is allocated": (w) => w.live <= 0 || !w.lost,
  },

  story: ["alloc", "accept", "free", "end"],

  rules: pick("dma/address-mismatch", "dma/double-unmap", "dma/leak"),
});

export const coherentPaths: PathSpec = {
  model: dmaCoherent,
  acquire: "alloc",
  release: "free",
  keys: ["cpu", "handle"],
  out: ["handle"],
  compare: {
    free: {
      size: "dma/size-mismatch",
      cpu: "dma/address-mismatch",
      handle: "dma/address-mismatch",
      direction: "dma/direction-mismatch",
    },
  },
  wrongKind: "dma/wrong-unmap",
  noun: "coherent memory",
};

const poolAllocate = call(["dma_pool_alloc", "dma_pool_zalloc", "pci_pool_alloc", "pci_pool_zalloc"], {
  pool: 0,
  handle: 2,
  cpu: "returns",
});

/** One block of a DMA pool; Documentation/core-api/dma-api.rst part Ib. */
export const dmaPool = lifecycle({
  id: "dma-pool",
  resource: "block of a DMA pool",
  sources: ["Documentation/core-api/dma-api.rst", "mm/dmapool.c dma_pool_alloc", "mm/dmapool.c dma_pool_free"],
  world: { live: 0, real: false, same: true, lost: false },

  phases: {
    none: { start: true, rest: true },
    unchecked: { owes: "the test for NULL" },
    live: { owes: "dma_pool_free()" },
    failed: { rest: true },
    freed: { rest: true },
  },

  events: {
    alloc: {
      actor: "driver",
      to: "DMA pool",
      text: "takes a block",
      at: poolAllocate,
      does: (w) => [
        { ...w, live: w.live + 1, real: true },
        { ...w, real: false },
      ],
    },
    accept: {
      actor: "driver",
      text: "finds the block there",
      at: branch(poolAllocate, "valid"),
      when: (w) => w.real,
    },
    reject: {
      actor: "driver",
      text: "finds that there was none",
      at: branch(poolAllocate, "null"),
      when: (w) => !w.real,
    },
    free: {
      actor: "driver",
      to: "DMA pool",
      text: "gives the block back",
      at: call(["dma_pool_free", "pci_pool_free"], { pool: 0, cpu: 1, handle: 2 }),
      does: (w) => ({ ...w, live: w.live - 1 }),
    },
    freeOther: {
      actor: "driver",
      to: "DMA pool",
      text: "gives back another address than it got",
      does: (w) => ({ ...w, same: false }),
    },
    end: {
      actor: "driver",
      text: "returns, and nobody else has the block",
      at: bound("scope"),
      does: (w) => ({ ...w, lost: true }),
    },
  },

  order: [
    ["none", "alloc", "unchecked"],
    ["unchecked", "accept", "live"],
    ["unchecked", "reject", "failed"],
    ["live", "free", "freed"],
    ["failed", "end", "="],
    ["freed", "end", "="],
  ],

  forbidden: [
    [["live"], "freeOther", "freed", "dma/address-mismatch"],
    [["failed"], "free", "=", "dma/unmap-of-error"],
    [["freed"], "free", "=", "dma/double-unmap"],
    [["live"], "end", "=", "dma/leak"],
  ],

  invariants: {
    "each block is given back once": (w) => w.live >= 0,
    "what is given back is what was got": (w) => w.same,
    "somebody can give back what is out": (w) => w.live <= 0 || !w.lost,
  },

  story: ["alloc", "accept", "free", "end"],

  rules: pick("dma/address-mismatch", "dma/unmap-of-error", "dma/double-unmap", "dma/leak"),
});

export const poolPaths: PathSpec = {
  model: dmaPool,
  acquire: "alloc",
  release: "free",
  keys: ["cpu", "handle"],
  out: ["handle"],
  compare: { free: { cpu: "dma/address-mismatch", handle: "dma/address-mismatch" } },
  wrongKind: "dma/wrong-unmap",
  noun: "pool block",
};
