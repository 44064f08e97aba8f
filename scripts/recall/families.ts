// The two families that bugs are planted in: which files are theirs, and what is read only to know which names are private.
import type { FamilyId } from "./checker.ts";

export interface Family {
  readonly id: FamilyId;
  /** Files that mutants and disguises may change. */
  readonly own: readonly string[];
  /** The file that exports and the one that it is merged into, with the Kbuild symbol that its object hangs on. */
  readonly merge: {
    readonly from: string;
    readonly into: string;
    readonly makefile: string;
    readonly symbol: string | undefined;
  };
  /** Folders (and single files) whose identifiers are not private to the family. Not descended into where the name ends in `/`. */
  readonly neighbours: readonly string[];
  /** Headers read for the structs that they declare, never changed. */
  readonly headers: readonly string[];
  /** Framework files that only the disguise of old names touches. */
  readonly framework: readonly string[];
  /** Functions whose name a macro makes: expanded name to the name as written. */
  readonly aliases: Readonly<Record<string, string>>;
}

const DMA_BUF = [
  "include/linux/dma-buf.h",
  "drivers/dma-buf/dma-buf.c",
  "drivers/iommu/iommufd/pages.c",
  "include/linux/mm.h",
  "mm/memory.c",
];
const UMEM = ["drivers/infiniband/core/umem_dmabuf.c", "drivers/infiniband/hw/mlx5/mr.c"];

const VFIO: Family = {
  id: "vfio",
  own: [
    "drivers/vfio/pci/vfio_pci_dmabuf.c",
    "drivers/vfio/pci/vfio_pci_core.c",
    "drivers/vfio/pci/vfio_pci_config.c",
    "drivers/vfio/pci/vfio_pci_priv.h",
  ],
  merge: {
    from: "drivers/vfio/pci/vfio_pci_dmabuf.c",
    into: "drivers/vfio/pci/vfio_pci_core.c",
    makefile: "drivers/vfio/pci/Makefile",
    symbol: "CONFIG_VFIO_PCI_DMABUF",
  },
  neighbours: [
    "drivers/vfio/pci/",
    "drivers/vfio/pci/nvgrace-gpu/",
    "drivers/vfio/pci/mlx5/",
    "drivers/vfio/pci/virtio/",
    "drivers/vfio/",
    "include/linux/vfio_pci_core.h",
    "include/linux/vfio.h",
    "include/uapi/linux/vfio.h",
  ],
  headers: ["include/linux/vfio_pci_core.h", "include/linux/vfio.h"],
  framework: [...DMA_BUF, ...UMEM],
  aliases: {},
};

const RDMA: Family = {
  id: "rdma",
  own: [
    "drivers/infiniband/core/uverbs_std_types_dmabuf.c",
    "drivers/infiniband/core/ib_core_uverbs.c",
    "drivers/infiniband/core/uverbs_main.c",
    "drivers/infiniband/core/rdma_core.c",
    "drivers/infiniband/core/uverbs.h",
    "drivers/infiniband/core/core_priv.h",
    "drivers/infiniband/hw/mlx5/main.c",
  ],
  merge: {
    from: "drivers/infiniband/core/uverbs_std_types_dmabuf.c",
    into: "drivers/infiniband/core/uverbs_main.c",
    makefile: "drivers/infiniband/core/Makefile",
    symbol: undefined,
  },
  neighbours: ["drivers/infiniband/core/", "drivers/infiniband/hw/mlx5/", "include/rdma/", "include/uapi/rdma/"],
  headers: [
    "include/rdma/ib_verbs.h",
    "include/rdma/uverbs_types.h",
    "include/rdma/uverbs_ioctl.h",
    "drivers/infiniband/core/rdma_core.h",
    "drivers/infiniband/hw/mlx5/mlx5_ib.h",
  ],
  framework: [...DMA_BUF, ...UMEM],
  aliases: { ib_uverbs_handler_UVERBS_METHOD_DMABUF_ALLOC: "UVERBS_HANDLER(UVERBS_METHOD_DMABUF_ALLOC)" },
};

export const FAMILIES: readonly Family[] = [VFIO, RDMA];

export function familyOf(id: FamilyId): Family {
  return id === "vfio" ? VFIO : RDMA;
}
