// The lifecycle of a mapped scatter list: dma_map_sg() and dma_map_sgtable(). The list itself is the handle; the count to unmap with is the one it was mapped with.
import { bound, branch, call, lifecycle } from "../../model/lifecycle.ts";
import type { PathSpec } from "../../model/paths.ts";
import { pick } from "./pick.ts";

const mapList = call(["dma_map_sg", "dma_map_sg_attrs", "pci_map_sg", "ib_dma_map_sg", "ib_dma_map_sg_attrs"], {
  device: 0,
  list: 1,
  nents: 2,
  direction: 3,
  attrs: 4,
  count: "returns",
});
const mapTable = call(["dma_map_sgtable", "ib_dma_map_sgtable_attrs"], {
  device: 0,
  table: 1,
  direction: 2,
  attrs: 3,
  error: "returns",
});

/** One mapped list; Documentation/core-api/dma-api.rst dma_map_sg(). */
export const dmaScatter = lifecycle({
  id: "dma-scatter",
  resource: "mapped scatter list",
  sources: [
    "Documentation/core-api/dma-api.rst",
    "kernel/dma/mapping.c dma_map_sg_attrs",
    "kernel/dma/mapping.c dma_map_sgtable",
    "kernel/dma/debug.c debug_dma_unmap_sg",
  ],
  // `entries`: list entries that are mapped, of the two that the list has; the IOMMU may merge them, so that the device sees one.
  world: { entries: 0, real: false, stray: false, lost: false, below: false },

  phases: {
    unmapped: { start: true, rest: true },
    unchecked: { owes: "the test for failure" },
    mapped: { owes: "dma_unmap_sg()" },
    failed: { rest: true },
    released: { rest: true },
  },

  events: {
    map: {
      actor: "driver",
      to: "DMA core",
      text: "maps the list",
      at: [mapList, mapTable],
      does: (w) => [
        { ...w, entries: w.entries + 2, real: true },
        { ...w, real: false },
      ],
    },
    accept: {
      actor: "driver",
      text: "finds the list mapped",
      at: [branch(mapList, "nonzero"), branch(mapTable, "zero")],
      when: (w) => w.real,
    },
    reject: {
      actor: "driver",
      text: "finds that mapping failed",
      at: [branch(mapList, "zero"), branch(mapTable, "nonzero")],
      when: (w) => !w.real,
    },
    sync: {
      actor: "driver",
      to: "DMA core",
      text: "syncs the list",
      at: [
        call(["dma_sync_sg_for_cpu", "dma_sync_sg_for_device"], { device: 0, list: 1, nents: 2, direction: 3 }),
        call(["dma_sync_sgtable_for_cpu", "dma_sync_sgtable_for_device"], { device: 0, table: 1, direction: 2 }),
      ],
      does: (w) => ({ ...w, stray: w.stray || w.entries <= 0 }),
    },
    unmap: {
      actor: "driver",
      to: "DMA core",
      text: "unmaps the list",
      at: [
        call(["dma_unmap_sg", "dma_unmap_sg_attrs", "pci_unmap_sg", "ib_dma_unmap_sg", "ib_dma_unmap_sg_attrs"], {
          device: 0,
          list: 1,
          nents: 2,
          direction: 3,
          attrs: 4,
        }),
        call(["dma_unmap_sgtable", "ib_dma_unmap_sgtable_attrs"], { device: 0, table: 1, direction: 2, attrs: 3 }),
      ],
      does: (w) => ({ ...w, entries: w.entries - 2, below: w.entries < 2, real: false }),
    },
    unmapCounted: {
      actor: "driver",
      to: "DMA core",
      text: "unmaps as many entries as the map returned",
      does: (w) => ({ ...w, entries: w.entries - 1, lost: true }),
    },
    end: {
      actor: "driver",
      text: "returns, and nobody else knows that the list is mapped",
      at: bound("scope"),
      does: (w) => ({ ...w, lost: true }),
    },
  },

  order: [
    ["unmapped", "map", "unchecked"],
    ["unchecked", "accept", "mapped"],
    ["unchecked", "reject", "failed"],
    ["mapped", "sync", "="],
    ["mapped", "unmap", "released"],
    ["failed", "end", "="],
    ["released", "end", "="],
  ],

  forbidden: [
    [["unchecked"], "unmap", "released", "dma/unchecked-mapping"],
    [["failed"], "unmap", "=", "dma/unmap-of-error"],
    [["released"], "unmap", "=", "dma/double-unmap"],
    [["released"], "sync", "=", "dma/sync-unmapped"],
    [["mapped"], "unmapCounted", "released", "dma/sg-nents"],
    [["mapped"], "end", "=", "dma/leak"],
  ],

  invariants: {
    "each entry is unmapped once": (w) => w.entries >= 0 && !w.below,
    "only what is mapped is reached": (w) => !w.stray,
    "somebody can unmap what is mapped": (w) => w.entries <= 0 || !w.lost,
  },

  story: ["map", "accept", "sync", "unmap", "end"],

  rules: pick(
    "dma/unchecked-mapping",
    "dma/unmap-of-error",
    "dma/double-unmap",
    "dma/sync-unmapped",
    "dma/sg-nents",
    "dma/leak",
  ),
});

export const scatterPaths: PathSpec = {
  model: dmaScatter,
  acquire: "map",
  release: "unmap",
  keys: ["list"],
  derive: { list: { from: "table", field: "sgl" } },
  lent: true,
  compare: {
    unmap: { direction: "dma/direction-mismatch" },
    sync: { direction: "dma/sync-direction" },
  },
  countRules: { unmap: "dma/sg-nents", sync: "dma/sync-nents" },
  wrongKind: "dma/wrong-unmap",
  noun: "mapped list",
};
