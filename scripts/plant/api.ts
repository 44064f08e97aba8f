// The DMA API as the planting harness knows it: which argument of which function is what. Its own table, so that a mistake of the checker's can't hide here.

export type Does =
  | "map"
  | "test"
  | "unmap"
  | "sync"
  | "map-list"
  | "unmap-list"
  | "sync-list"
  | "alloc"
  | "free"
  | "pool-alloc"
  | "pool-free"
  | "iova";

/** Argument positions from 0. `handle` is absent where the function returns it. */
export interface Api {
  readonly does: Does;
  readonly device?: number;
  readonly buffer?: number;
  readonly handle?: number;
  readonly size?: number;
  readonly direction?: number;
  readonly count?: number;
  readonly list?: number;
}

const single = { device: 0, handle: 1, size: 2, direction: 3 } as const;
const list = { device: 0, list: 1, count: 2, direction: 3 } as const;
const table = { device: 0, list: 1, direction: 2 } as const;

export const API: Readonly<Record<string, Api>> = {
  dma_map_single: { does: "map", device: 0, buffer: 1, size: 2, direction: 3 },
  dma_map_single_attrs: { does: "map", device: 0, buffer: 1, size: 2, direction: 3 },
  dma_map_page: { does: "map", device: 0, buffer: 1, size: 3, direction: 4 },
  dma_map_page_attrs: { does: "map", device: 0, buffer: 1, size: 3, direction: 4 },
  dma_map_phys: { does: "map", device: 0, buffer: 1, size: 2, direction: 3 },
  dma_map_resource: { does: "map", device: 0, buffer: 1, size: 2, direction: 3 },
  skb_frag_dma_map: { does: "map", device: 0, buffer: 1, size: 3, direction: 4 },
  ib_dma_map_single: { does: "map", device: 0, buffer: 1, size: 2, direction: 3 },
  ib_dma_map_page: { does: "map", device: 0, buffer: 1, size: 3, direction: 4 },
  dma_mapping_error: { does: "test", device: 0, handle: 1 },
  ib_dma_mapping_error: { does: "test", device: 0, handle: 1 },
  dma_unmap_single: { does: "unmap", ...single },
  dma_unmap_single_attrs: { does: "unmap", ...single },
  dma_unmap_page: { does: "unmap", ...single },
  dma_unmap_page_attrs: { does: "unmap", ...single },
  dma_unmap_phys: { does: "unmap", ...single },
  dma_unmap_resource: { does: "unmap", ...single },
  ib_dma_unmap_single: { does: "unmap", ...single },
  ib_dma_unmap_page: { does: "unmap", ...single },
  dma_sync_single_for_cpu: { does: "sync", ...single },
  dma_sync_single_for_device: { does: "sync", ...single },
  dma_sync_single_range_for_cpu: { does: "sync", device: 0, handle: 1, size: 3, direction: 4 },
  dma_sync_single_range_for_device: { does: "sync", device: 0, handle: 1, size: 3, direction: 4 },
  dma_map_sg: { does: "map-list", ...list },
  dma_map_sg_attrs: { does: "map-list", ...list },
  dma_map_sgtable: { does: "map-list", ...table },
  dma_unmap_sg: { does: "unmap-list", ...list },
  dma_unmap_sg_attrs: { does: "unmap-list", ...list },
  dma_unmap_sgtable: { does: "unmap-list", ...table },
  dma_sync_sg_for_cpu: { does: "sync-list", ...list },
  dma_sync_sg_for_device: { does: "sync-list", ...list },
  dma_sync_sgtable_for_cpu: { does: "sync-list", ...table },
  dma_sync_sgtable_for_device: { does: "sync-list", ...table },
  dma_alloc_coherent: { does: "alloc", device: 0, size: 1, handle: 2 },
  dma_alloc_attrs: { does: "alloc", device: 0, size: 1, handle: 2 },
  dma_free_coherent: { does: "free", device: 0, size: 1, buffer: 2, handle: 3 },
  dma_free_attrs: { does: "free", device: 0, size: 1, buffer: 2, handle: 3 },
  dma_pool_alloc: { does: "pool-alloc", handle: 2 },
  dma_pool_zalloc: { does: "pool-alloc", handle: 2 },
  dma_pool_free: { does: "pool-free", buffer: 1, handle: 2 },
  dma_iova_try_alloc: { does: "iova", device: 0, handle: 1, size: 3 },
  dma_iova_link: { does: "iova", device: 0, handle: 1, size: 4, direction: 5 },
  dma_iova_sync: { does: "iova", device: 0, handle: 1, size: 3 },
  dma_iova_unlink: { does: "iova", device: 0, handle: 1, size: 3, direction: 4 },
  dma_iova_free: { does: "iova", device: 0, handle: 1 },
  dma_iova_destroy: { does: "iova", device: 0, handle: 1, size: 2, direction: 3 },
};

export const namesThat = (...does: readonly Does[]): readonly string[] =>
  Object.keys(API).filter((name) => does.includes(API[name]?.does ?? "test"));

/** What makes the thing that a call of this sort ends or uses. */
export const MAKES: Readonly<Record<Does, readonly Does[]>> = {
  map: ["map"],
  test: ["map"],
  unmap: ["map"],
  sync: ["map"],
  "map-list": ["map-list"],
  "unmap-list": ["map-list"],
  "sync-list": ["map-list"],
  alloc: ["alloc"],
  free: ["alloc"],
  "pool-alloc": ["pool-alloc"],
  "pool-free": ["pool-alloc"],
  iova: ["iova"],
};

/** Folders that hold no code of the kernel, or the API itself. */
export const OUTSIDE = /^(tools|scripts|Documentation|samples|kernel\/dma|rust)\//;
