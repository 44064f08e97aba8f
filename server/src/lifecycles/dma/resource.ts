// The lifecycle of an MMIO resource that is mapped for another device: dma_map_resource(). A kind of its own, since caches and bounce buffers play no part.
import { bound, branch, call, lifecycle } from "../../model/lifecycle.ts";
import type { PathSpec } from "../../model/paths.ts";
import { pick } from "./pick.ts";

const mappingError = call("dma_mapping_error", { handle: 1 });

/** One handle of dma_map_resource(). */
export const dmaResource = lifecycle({
  id: "dma-resource",
  resource: "DMA mapping of an MMIO resource",
  sources: ["Documentation/core-api/dma-api.rst", "kernel/dma/mapping.c dma_map_resource"],
  world: { maps: 0, real: false, lost: false, ram: false },

  phases: {
    unmapped: { start: true, rest: true },
    unchecked: { owes: "dma_mapping_error()" },
    mapped: { owes: "dma_unmap_resource()" },
    failed: { rest: true },
    released: { rest: true },
  },

  events: {
    map: {
      actor: "driver",
      to: "DMA core",
      text: "maps the resource",
      at: call("dma_map_resource", { device: 0, buffer: 1, size: 2, direction: 3, attrs: 4, handle: "returns" }),
      does: (w) => [
        { ...w, maps: w.maps + 1, real: true },
        { ...w, real: false },
      ],
    },
    mapRam: {
      actor: "driver",
      to: "DMA core",
      text: "maps RAM as a resource",
      does: (w) => ({ ...w, ram: true }),
    },
    accept: { actor: "driver", text: "finds the handle good", at: branch(mappingError, "zero"), when: (w) => w.real },
    reject: {
      actor: "driver",
      text: "finds that mapping failed",
      at: branch(mappingError, "nonzero"),
      when: (w) => !w.real,
    },
    unmap: {
      actor: "driver",
      to: "DMA core",
      text: "unmaps the resource",
      at: call("dma_unmap_resource", { device: 0, handle: 1, size: 2, direction: 3, attrs: 4 }),
      does: (w) => ({ ...w, maps: w.maps - 1, real: false }),
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
    ["unchecked", "accept", "mapped"],
    ["unchecked", "reject", "failed"],
    ["mapped", "unmap", "released"],
    ["failed", "end", "="],
    ["released", "end", "="],
  ],

  forbidden: [
    [["unmapped"], "mapRam", "=", "dma/resource-of-ram"],
    [["unchecked"], "unmap", "released", "dma/unchecked-mapping"],
    [["failed"], "unmap", "=", "dma/unmap-of-error"],
    [["released"], "unmap", "=", "dma/double-unmap"],
    [["mapped"], "end", "=", "dma/leak"],
  ],

  invariants: {
    "each mapping is unmapped once": (w) => w.maps >= 0,
    "somebody can unmap what is mapped": (w) => w.maps <= 0 || !w.lost,
    "only device memory does without caches": (w) => !w.ram,
  },

  story: ["map", "accept", "unmap", "end"],

  rules: pick("dma/resource-of-ram", "dma/unchecked-mapping", "dma/unmap-of-error", "dma/double-unmap", "dma/leak"),
});

export const resourcePaths: PathSpec = {
  model: dmaResource,
  acquire: "map",
  release: "unmap",
  keys: ["handle"],
  compare: { unmap: { size: "dma/size-mismatch", direction: "dma/direction-mismatch" } },
  wrongKind: "dma/wrong-unmap",
  noun: "resource mapping",
};
