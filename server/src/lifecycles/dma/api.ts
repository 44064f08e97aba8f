// The DMA API as the mapping core takes it: which function is which call, and what its arguments mean (include/linux/dma-mapping.h, dmapool.h, pci-p2pdma.h).
import type { Call, Way } from "../../model/dma/call.ts";
import type { Arguments, Signatures } from "../../model/dma/script.ts";
import type { Direction } from "../../model/dma/state.ts";

type Build = (args: Arguments) => Call;

export const directions: Readonly<Record<string, Direction>> = {
  DMA_TO_DEVICE: "to-device",
  DMA_FROM_DEVICE: "from-device",
  DMA_BIDIRECTIONAL: "both",
};

/** include/linux/dma-mapping.h, without those that the platforms define. */
export const attributes: Readonly<Record<string, string>> = {
  DMA_ATTR_WEAK_ORDERING: "weak-ordering",
  DMA_ATTR_WRITE_COMBINE: "write-combine",
  DMA_ATTR_NO_KERNEL_MAPPING: "no-kernel-mapping",
  DMA_ATTR_SKIP_CPU_SYNC: "skip-cpu-sync",
  DMA_ATTR_FORCE_CONTIGUOUS: "force-contiguous",
  DMA_ATTR_ALLOC_SINGLE_PAGES: "alloc-single-pages",
  DMA_ATTR_NO_WARN: "no-warn",
  DMA_ATTR_PRIVILEGED: "privileged",
  DMA_ATTR_MMIO: "mmio",
  DMA_ATTR_REQUIRE_COHERENT: "require-coherent",
  DMA_ATTR_CC_SHARED: "cc-shared",
  DMA_ATTR_DEBUGGING_IGNORE_CACHELINES: "debugging-ignore-cachelines",
};

// Object members are evaluated in the order in which they are written, and each takes the next argument.
const map =
  (way: Way): Build =>
  (a) => ({
    op: "map",
    way,
    as: a.as(),
    fails: a.fails,
    device: a.device(),
    what: a.memory(),
    size: a.number(),
    direction: a.direction(),
    attributes: a.attributes(),
  });

const mapPage: Build = (a) => {
  const as = a.as();
  const device = a.device();
  const page = a.memory();
  const what = { name: page.name, plus: page.plus + a.number() };
  return {
    op: "map",
    way: "page",
    as,
    fails: a.fails,
    device,
    what,
    size: a.number(),
    direction: a.direction(),
    attributes: a.attributes(),
  };
};

const unmap =
  (way: Way): Build =>
  (a) => ({
    op: "unmap",
    way,
    device: a.device(),
    handle: a.handle(),
    size: a.number(),
    direction: a.direction(),
    attributes: a.attributes(),
  });

const sync =
  (toward: "cpu" | "device"): Build =>
  (a) => ({
    op: "sync",
    toward,
    device: a.device(),
    handle: a.handle(),
    size: a.number(),
    direction: a.direction(),
  });

const syncRange =
  (toward: "cpu" | "device"): Build =>
  (a) => {
    const device = a.device();
    const handle = a.handle();
    const plus = handle.plus + a.number();
    return { op: "sync", toward, device, handle: { ...handle, plus }, size: a.number(), direction: a.direction() };
  };

const syncList =
  (toward: "cpu" | "device", counted: boolean): Build =>
  (a) => ({
    op: "sync-list",
    toward,
    device: a.device(),
    list: a.thing("list"),
    ...(counted ? { count: a.number() } : {}),
    direction: a.direction(),
  });

const mapList =
  (counted: boolean): Build =>
  (a) => ({
    op: "map-list",
    fails: a.fails,
    device: a.device(),
    list: a.thing("list"),
    ...(counted ? { count: a.number() } : {}),
    direction: a.direction(),
    attributes: a.attributes(),
  });

const unmapList =
  (counted: boolean): Build =>
  (a) => ({
    op: "unmap-list",
    device: a.device(),
    list: a.thing("list"),
    ...(counted ? { count: a.number() } : {}),
    direction: a.direction(),
    attributes: a.attributes(),
  });

const alloc =
  (kind: "coherent" | "noncoherent"): Build =>
  (a) => ({
    op: "alloc",
    kind,
    as: a.as(),
    fails: a.fails,
    device: a.device(),
    size: a.number(),
    handle: a.out(),
    direction: kind === "coherent" ? "both" : a.direction(),
    attributes: kind === "coherent" ? a.attributes() : [],
  });

const free =
  (kind: "coherent" | "noncoherent"): Build =>
  (a) => ({
    op: "free",
    kind,
    device: a.device(),
    size: a.number(),
    memory: a.memory(),
    handle: a.handle(),
    direction: kind === "coherent" ? "both" : a.direction(),
    attributes: kind === "coherent" ? a.attributes() : [],
  });

const calls: Readonly<Record<string, Build>> = {
  dma_map_single: map("single"),
  dma_map_single_attrs: map("single"),
  dma_map_page: mapPage,
  dma_map_page_attrs: mapPage,
  dma_map_phys: map("phys"),
  dma_map_resource: map("resource"),
  dma_mapping_error: (a) => ({ op: "test", device: a.device(), handle: a.handle() }),
  dma_unmap_single: unmap("single"),
  dma_unmap_single_attrs: unmap("single"),
  dma_unmap_page: unmap("page"),
  dma_unmap_page_attrs: unmap("page"),
  dma_unmap_phys: unmap("phys"),
  dma_unmap_resource: unmap("resource"),
  dma_sync_single_for_cpu: sync("cpu"),
  dma_sync_single_for_device: sync("device"),
  dma_sync_single_range_for_cpu: syncRange("cpu"),
  dma_sync_single_range_for_device: syncRange("device"),
  dma_map_sg: mapList(true),
  dma_map_sg_attrs: mapList(true),
  dma_map_sgtable: mapList(false),
  dma_unmap_sg: unmapList(true),
  dma_unmap_sg_attrs: unmapList(true),
  dma_unmap_sgtable: unmapList(false),
  dma_sync_sg_for_cpu: syncList("cpu", true),
  dma_sync_sg_for_device: syncList("device", true),
  dma_sync_sgtable_for_cpu: syncList("cpu", false),
  dma_sync_sgtable_for_device: syncList("device", false),
  dma_alloc_coherent: alloc("coherent"),
  dma_alloc_attrs: alloc("coherent"),
  dma_free_coherent: free("coherent"),
  dma_free_attrs: free("coherent"),
  dma_alloc_noncoherent: alloc("noncoherent"),
  dma_free_noncoherent: free("noncoherent"),
  dma_pool_alloc: (a) => ({ op: "pool-alloc", fails: a.fails, as: a.as(), pool: a.thing("pool"), handle: a.out() }),
  dma_pool_free: (a) => ({ op: "pool-free", pool: a.thing("pool"), memory: a.memory(), handle: a.handle() }),
  dma_pool_destroy: (a) => ({ op: "pool-destroy", pool: a.thing("pool") }),
  dma_iova_try_alloc: (a) => {
    const device = a.device();
    const iova = a.iova("declares");
    a.memory(); // it only chooses the alignment
    return { op: "iova-alloc", fails: a.fails, device, iova, size: a.number() };
  },
  dma_iova_link: (a) => ({
    op: "iova-link",
    fails: a.fails,
    device: a.device(),
    iova: a.iova(),
    what: a.memory(),
    offset: a.number(),
    size: a.number(),
    direction: a.direction(),
    attributes: a.attributes(),
  }),
  dma_iova_sync: (a) => ({
    op: "iova-sync",
    device: a.device(),
    iova: a.iova(),
    offset: a.number(),
    size: a.number(),
  }),
  dma_iova_unlink: (a) => ({
    op: "iova-unlink",
    device: a.device(),
    iova: a.iova(),
    offset: a.number(),
    size: a.number(),
    direction: a.direction(),
    attributes: a.attributes(),
  }),
  dma_iova_free: (a) => ({ op: "iova-free", device: a.device(), iova: a.iova() }),
  dma_iova_destroy: (a) => ({
    op: "iova-destroy",
    device: a.device(),
    iova: a.iova(),
    size: a.number(),
    direction: a.direction(),
    attributes: a.attributes(),
  }),
  kfree: (a) => ({ op: "release", buffer: a.memory().name }),
  pci_p2pdma_map_type: (a) => ({ op: "map-type", provider: a.thing("provider"), device: a.device() }),
  pci_p2pdma_state: (a) => ({ op: "page-state", device: a.device(), buffer: a.memory().name }),
  pci_p2pdma_bus_addr_map: (a) => ({
    op: "bus-address",
    as: a.as(),
    provider: a.thing("provider"),
    what: a.memory(),
  }),
};

/** The names that a script for the core may use. */
export const signatures: Signatures = { calls, directions, attributes };
