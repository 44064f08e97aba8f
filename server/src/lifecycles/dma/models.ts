// The lifecycles of the DMA API, and the form in which the path engine takes them.
import type { AnyLifecycle } from "../../model/lifecycle.ts";
import type { PathVocabulary } from "../../model/paths.ts";
import { dmaBuffer } from "./buffer.ts";
import { coherentPaths, dmaCoherent, dmaPool, poolPaths } from "./coherent.ts";
import { dmaIova, iovaPaths } from "./iova.ts";
import { dmaResource, resourcePaths } from "./resource.ts";
import { dmaScatter, scatterPaths } from "./scatter.ts";
import { dmaStreaming, streamingPaths } from "./streaming.ts";

/** In the order in which people meet them. */
export const dmaLifecycles: readonly AnyLifecycle[] = [
  dmaStreaming,
  dmaScatter,
  dmaResource,
  dmaCoherent,
  dmaPool,
  dmaIova,
  dmaBuffer,
];

/** What the path engine knows of the DMA API and of the calls around it. */
export const dmaPaths: PathVocabulary = {
  specs: [streamingPaths, scatterPaths, resourcePaths, coherentPaths, poolPaths, iovaPaths],
  words: [
    "dma_map_",
    "dma_unmap_",
    "dma_alloc_",
    "dma_free_",
    "dma_pool_",
    "dma_iova_",
    "dma_sync_",
    "pci_map_",
    "pci_unmap_",
    "skb_frag_dma_map",
  ],
  harmless: [
    ...[
      "dev_*",
      "pr_*",
      "netdev_*",
      "netif_*",
      "drm_err*",
      "drm_dbg*",
      "drm_warn*",
      "drm_info*",
      "printk*",
      "_dev_*",
      "trace_*",
      "pci_err",
      "ibdev_*",
    ],
    ...["writel*", "writeb*", "writew*", "writeq*", "iowrite*", "readl*", "readb*", "readw*", "readq*", "ioread*"],
    ...["__raw_*", "udelay", "mdelay", "msleep", "usleep_range", "ndelay", "cpu_relax", "mb", "wmb", "rmb", "dma_wmb"],
    ...["dma_rmb", "spin_*", "mutex_*", "local_irq_*", "raw_spin_*", "might_sleep*", "virt_to_*", "sizeof"],
    ...["dma_set_*", "dma_get_*", "WARN*", "lockdep_*", "smp_*", "atomic_*", "set_bit", "clear_bit", "test_bit"],
    ...["dma_mapping_error", "ib_dma_mapping_error", "pci_dma_mapping_error", "net_*", "snd_printk", "sg_init_table"],
    ...["dev_kfree_skb*", "kfree*", "kvfree", "vfree", "skb_*", "__skb_*", "consume_skb", "put_page", "__free_page*"],
    ...[
      "free_page*",
      "devm_kfree",
      "sg_dma_len",
      "sg_dma_address",
      "sg_set_*",
      "sg_init_one",
      "sg_next",
      "upper_32_bits",
      "lower_32_bits",
    ],
  ],
  gives: [
    "writel*",
    "writeb*",
    "writew*",
    "writeq*",
    "iowrite*",
    "__raw_write*",
    "out_be32",
    "out_le32",
    "sg_dma_address",
    "sg_set_*",
    "sg_init_one",
  ],
  identity: [
    ...["cpu_to_le64", "cpu_to_le32", "cpu_to_be64", "cpu_to_be32", "le64_to_cpu", "le32_to_cpu", "be64_to_cpu"],
    ...["be32_to_cpu", "cpu_to_le16", "le16_to_cpu", "__cpu_to_le64", "__cpu_to_le32", "__le64_to_cpu", "u64_to_ptr"],
    ...["cpu_to_hw", "swab32", "swab64", "array_index_nospec", "__force", "PTR_ERR", "ERR_PTR", "ERR_CAST"],
  ],
  pure: [
    ...["*_dma_dir", "*_direction", "rq_data_dir", "skb_headlen", "skb_frag_size", "skb_shinfo", "*_to_dev", "*_dev"],
    ...["sg_nents*", "sg_page", "sg_virt", "page_address", "virt_to_page", "virt_to_phys", "page_to_phys", "*_priv"],
    ...["ALIGN", "round_up", "roundup", "DIV_ROUND_UP", "PAGE_ALIGN", "array_size", "struct_size", "size_mul"],
    ...["min", "max", "min_t", "max_t", "*_ctx", "*_ctx_dma", "*_reqtfm", "*_is_*", "is_*", "*_has_*", "upper_32_bits"],
    ...[
      "lower_32_bits",
      "PTR_ALIGN",
      "offset_in_page",
      "ilog2",
      "fls",
      "BIT",
      "get_order",
      "container_of",
      "list_empty",
    ],
    ...["*_get_drvdata", "netdev_priv", "to_*", "*_size", "*_len", "*_nents", "dma_mapping_error", "dma_use_iova"],
  ],
  frees: [
    ...["kfree", "kvfree", "kfree_sensitive", "vfree"].map((name) => ({ name, at: 0 })),
    ...["kfree_skb", "dev_kfree_skb", "dev_kfree_skb_any", "dev_kfree_skb_irq", "consume_skb"].map((name) => ({
      name,
      at: 0,
      part: "data",
    })),
    { name: "devm_kfree", at: 1 },
  ],
  overwrites: ["memset", "memcpy", "memzero_explicit", "memmove", "memcpy_fromio", "memset_io", "copy_from_user"],
  vmalloc: ["vmalloc", "vzalloc", "vmalloc_user", "__vmalloc", "vmalloc_node", "vzalloc_node", "vmalloc_32"],
  pending: ["EINPROGRESS", "EBUSY", "EIOCBQUEUED"],
  directions: {
    DMA_BIDIRECTIONAL: 0,
    DMA_TO_DEVICE: 1,
    DMA_FROM_DEVICE: 2,
    DMA_NONE: 3,
    PCI_DMA_BIDIRECTIONAL: 0,
    PCI_DMA_TODEVICE: 1,
    PCI_DMA_FROMDEVICE: 2,
    PCI_DMA_NONE: 3,
  },
  both: "DMA_BIDIRECTIONAL",
  implementers: ["dma_map_ops", "iommu_ops", "iommu_domain_ops", "io_pgtable_init_fns"],
  provenance: {
    stack: "dma/stack-memory",
    vmalloc: "dma/vmalloc-memory",
    rodata: "dma/rodata-memory",
    ram: {
      rule: "dma/resource-of-ram",
      kinds: ["dma-resource"],
      from: ["virt_to_phys", "page_to_phys", "__pa", "__pa_symbol"],
    },
  },
};
