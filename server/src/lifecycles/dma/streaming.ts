// The lifecycle of a streaming DMA mapping with one handle: single, page and phys are one kind.
import { branch, bound, call, lifecycle } from "../../model/lifecycle.ts";
import type { PathSpec } from "../../model/paths.ts";
import { pick } from "./pick.ts";

const mappingError = call(["dma_mapping_error", "ib_dma_mapping_error", "pci_dma_mapping_error"], { handle: 1 });

/** One handle of dma_map_single() and its like; Documentation/core-api/dma-api.rst part Id. */
export const dmaStreaming = lifecycle({
  id: "dma-streaming",
  resource: "streaming DMA mapping",
  sources: [
    "Documentation/core-api/dma-api.rst",
    "Documentation/core-api/dma-api-howto.rst",
    "kernel/dma/debug.c check_unmap",
    "kernel/dma/debug.c check_sync",
  ],
  // `maps`: mappings less unmaps. `real`: the handle is an address and no error cookie. `stray`: something reached what is not mapped.
  world: { maps: 0, real: false, memory: true, stray: false, lost: false },

  phases: {
    unmapped: { start: true, rest: true },
    unchecked: { owes: "dma_mapping_error()" },
    mapped: { owes: "the unmap" },
    failed: { rest: true },
    released: { rest: true },
    gone: { rest: true },
  },

  events: {
    map: {
      actor: "driver",
      to: "DMA core",
      text: "maps the buffer",
      at: [
        call(["dma_map_single", "dma_map_single_attrs", "pci_map_single", "ib_dma_map_single", "dma_map_phys"], {
          device: 0,
          buffer: 1,
          size: 2,
          direction: 3,
          attrs: 4,
          handle: "returns",
        }),
        call(["dma_map_page", "dma_map_page_attrs", "pci_map_page", "ib_dma_map_page", "skb_frag_dma_map"], {
          device: 0,
          page: 1,
          size: 3,
          direction: 4,
          attrs: 5,
          handle: "returns",
        }),
        call("dma_map_bvec", { device: 0, page: 1, direction: 2, attrs: 3, handle: "returns" }),
      ],
      does: (w) => [
        { ...w, maps: w.maps + 1, real: true },
        { ...w, real: false },
      ],
    },
    accept: {
      actor: "driver",
      text: "finds the handle good",
      at: branch(mappingError, "zero"),
      when: (w) => w.real,
    },
    reject: {
      actor: "driver",
      text: "finds that mapping failed",
      at: branch(mappingError, "nonzero"),
      when: (w) => !w.real,
    },
    sync: {
      actor: "driver",
      to: "DMA core",
      text: "syncs the mapping",
      at: [
        call(
          [
            "dma_sync_single_for_cpu",
            "dma_sync_single_for_device",
            "ib_dma_sync_single_for_cpu",
            "ib_dma_sync_single_for_device",
          ],
          { device: 0, handle: 1, size: 2, direction: 3 },
        ),
        call(["dma_sync_single_range_for_cpu", "dma_sync_single_range_for_device"], {
          device: 0,
          handle: 1,
          direction: 4,
        }),
      ],
      does: (w) => ({ ...w, stray: w.stray || w.maps <= 0 }),
    },
    unmap: {
      actor: "driver",
      to: "DMA core",
      text: "unmaps",
      at: call(
        [
          "dma_unmap_single",
          "dma_unmap_single_attrs",
          "dma_unmap_page",
          "dma_unmap_page_attrs",
          "dma_unmap_phys",
          "pci_unmap_single",
          "pci_unmap_page",
          "ib_dma_unmap_single",
          "ib_dma_unmap_page",
        ],
        { device: 0, handle: 1, size: 2, direction: 3, attrs: 4 },
      ),
      does: (w) => ({ ...w, maps: w.maps - 1, real: false }),
    },
    free: {
      actor: "driver",
      text: "frees the buffer",
      does: (w) => ({ ...w, memory: false }),
    },
    give: {
      actor: "driver",
      to: "device",
      text: "gives the handle to the device",
      does: (w) => ({ ...w, stray: w.stray || w.maps <= 0 }),
    },
    end: {
      actor: "driver",
      text: "returns, and nobody else has the handle",
      at: bound("scope"),
      does: (w) => ({ ...w, lost: true }),
    },
  },

  order: [
    ["unmapped", "map", "unchecked"],
    ["unmapped", "free", "gone"],
    ["unchecked", "accept", "mapped"],
    ["unchecked", "reject", "failed"],
    ["mapped", "give", "="],
    ["mapped", "sync", "="],
    ["mapped", "unmap", "released"],
    ["failed", "free", "gone"],
    ["failed", "end", "="],
    ["released", "free", "gone"],
    ["released", "end", "="],
  ],

  forbidden: [
    [["unchecked"], "give", "=", "dma/unchecked-mapping"],
    [["unchecked"], "unmap", "released", "dma/unchecked-mapping"],
    [["failed"], "unmap", "=", "dma/unmap-of-error"],
    [["released"], "unmap", "=", "dma/double-unmap"],
    [["released"], "sync", "=", "dma/sync-unmapped"],
    [["released"], "give", "=", "dma/use-after-unmap"],
    [["mapped"], "free", "=", "dma/free-while-mapped"],
    [["mapped"], "end", "=", "dma/leak"],
  ],

  invariants: {
    "each mapping is unmapped once": (w) => w.maps >= 0,
    "only what is mapped is reached": (w) => !w.stray,
    "mapped memory is allocated memory": (w) => w.maps <= 0 || w.memory,
    "somebody can unmap what is mapped": (w) => w.maps <= 0 || !w.lost,
  },

  story: ["map", "accept", "give", "sync", "unmap", "free"],

  rules: pick(
    "dma/unchecked-mapping",
    "dma/unmap-of-error",
    "dma/double-unmap",
    "dma/sync-unmapped",
    "dma/use-after-unmap",
    "dma/free-while-mapped",
    "dma/leak",
  ),
});

export const streamingPaths: PathSpec = {
  model: dmaStreaming,
  acquire: "map",
  release: "unmap",
  keys: ["handle"],
  compare: {
    unmap: { size: "dma/size-mismatch", direction: "dma/direction-mismatch" },
    sync: { direction: "dma/sync-direction" },
  },
  wrongKind: "dma/wrong-unmap",
  noun: "mapping",
};
