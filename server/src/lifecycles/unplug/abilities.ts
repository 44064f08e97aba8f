// What the environment may do beyond the friendliest reading of its documentation, each with its source. A finding lists those its shortest witness needs.
import type { Ability } from "../../model/unplug/scenario.ts";

/** Names of the abilities, for the starts and outcomes that need them. */
export const ABLE = {
  unmapEarly: "unmaps-before-its-fences-signal",
  remap: "maps-again-after-invalidation",
  keep: "keeps-its-mapping",
  staticImporter: "static-importer",
  pinned: "pinned-importer-without-callback",
  privateMap: "private-interconnect",
  inline: "unmaps-inside-the-callback",
  forks: "forks-with-the-mapping",
} as const;

export const abilities: readonly Ability[] = [
  {
    id: ABLE.unmapEarly,
    text: "An importer may call unmap while its fences are still pending: the exporter must wait for both.",
    source:
      "drivers/dma-buf/dma-buf.c, kernel-doc of dma_buf_invalidate_mappings: the caller must do two additional waits",
    standing: "DOC",
  },
  {
    id: ABLE.remap,
    text: "An importer may ask for a new mapping while, or after, it is told that the old one is invalid.",
    source:
      "drivers/dma-buf/dma-buf.c, kernel-doc of dma_buf_invalidate_mappings: free to request a new mapping in parallel",
    standing: "DOC",
  },
  {
    id: ABLE.keep,
    text: "An importer that nobody told may keep its mapping for ever.",
    source: "drivers/dma-buf/dma-buf.c, kernel-doc of dma_buf_invalidate_mappings: may be an unbounded time",
    standing: "DOC",
  },
  {
    id: ABLE.staticImporter,
    text: "A static importer has no callback and no peer-to-peer flag, is pinned by the core when it maps, attaches no fence, and may access the memory until it unmaps.",
    source: "drivers/dma-buf/dma-buf.c, dma_buf_attach, dma_buf_pin_on_map",
    standing: "CODE",
  },
  {
    id: ABLE.pinned,
    text: "An importer may be dynamic and able to do peer-to-peer without a callback for invalidation; it pins before it maps.",
    source: "drivers/infiniband/core/umem_dmabuf.c, ib_umem_dmabuf_attach_pinned_ops",
    standing: "CODE",
  },
  {
    id: ABLE.privateMap,
    text: "An importer may take physical addresses through an exported function instead of mapping; its callback unmaps before it returns.",
    source: "drivers/iommu/iommufd/pages.c, iopt_map_dmabuf, iopt_revoke_notify",
    standing: "CODE",
  },
  {
    id: ABLE.inline,
    text: "An importer's callback may stop its hardware and call unmap before it returns, inside the exporter's invalidation.",
    source:
      "drivers/infiniband/hw/mlx5/mr.c, mlx5_ib_dmabuf_invalidate_cb; drivers/infiniband/core/umem_dmabuf.c, ib_umem_dmabuf_revoke_locked",
    standing: "CODE",
  },
  {
    id: ABLE.forks,
    text: "A process may fork while it has the device mapped: the VMA is copied, opened, linked, and then its PTEs are copied.",
    source: "mm/mmap.c, dup_mmap (7.2)",
    standing: "CODE",
  },
];
