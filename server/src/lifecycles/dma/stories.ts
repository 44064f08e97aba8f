// How each rule of the DMA API is broken, in the fewest calls, for its page: sequences that the mapping core runs. The last line is the mistake.
import type { DmaRuleId } from "./rules.ts";

const RX = `device nic
buffer rx 2048
h = dma_map_single(nic, rx, 2048, DMA_FROM_DEVICE)`;
const MAPPED = `${RX}
dma_mapping_error(nic, h)`;
const LIST = `device nic merging
buffer a 4096 pages
buffer b 4096 pages
list sg a:4096 b:4096
n = dma_map_sg(nic, sg, 2, DMA_FROM_DEVICE)`;
const SPACE = `device nic
buffer a 8192 pages
dma_iova_try_alloc(nic, &s, a, 8192)`;
const LINKED = `${SPACE}
dma_iova_link(nic, &s, a, 0, 4096, DMA_TO_DEVICE, 0)`;

export const dmaStories: Readonly<Record<DmaRuleId, string>> = {
  "dma/unchecked-mapping": `${RX}
give nic h`,
  "dma/leak": `${MAPPED}
return`,
  "dma/double-unmap": `${MAPPED}
dma_unmap_single(nic, h, 2048, DMA_FROM_DEVICE)
dma_unmap_single(nic, h, 2048, DMA_FROM_DEVICE)`,
  "dma/use-after-unmap": `${MAPPED}
dma_unmap_single(nic, h, 2048, DMA_FROM_DEVICE)
give nic h`,
  "dma/wrong-unmap": `device nic
ring = dma_alloc_coherent(nic, 4096, &h)
dma_unmap_single(nic, h, 4096, DMA_BIDIRECTIONAL)`,
  "dma/size-mismatch": `${MAPPED}
dma_unmap_single(nic, h, 1500, DMA_FROM_DEVICE)`,
  "dma/address-mismatch": `device nic
ring = dma_alloc_coherent(nic, 4160, &h)
dma_free_coherent(nic, 4160, ring + 64, h)`,
  "dma/direction-mismatch": `${MAPPED}
dma_unmap_single(nic, h, 2048, DMA_TO_DEVICE)`,
  "dma/device-mismatch": `${MAPPED}
device other
dma_unmap_single(other, h, 2048, DMA_FROM_DEVICE)`,
  "dma/attrs-mismatch": `device nic
buffer regs 4096 mmio
h = dma_map_phys(nic, regs, 4096, DMA_TO_DEVICE, DMA_ATTR_MMIO)
dma_mapping_error(nic, h)
dma_unmap_phys(nic, h, 4096, DMA_TO_DEVICE, 0)`,
  "dma/sg-nents": `${LIST}
dma_unmap_sg(nic, sg, 1, DMA_FROM_DEVICE)`,
  "dma/free-while-mapped": `${MAPPED}
kfree(rx)`,
  "dma/cpu-access": `${MAPPED}
read rx`,
  "dma/stack-memory": `device nic
buffer local 64 stack
h = dma_map_single(nic, local, 64, DMA_TO_DEVICE)`,
  "dma/vmalloc-memory": `device nic
buffer big 65536 vmalloc
h = dma_map_single(nic, big, 65536, DMA_TO_DEVICE)`,
  "dma/rodata-memory": `device nic
buffer table 64 rodata
h = dma_map_single(nic, table, 64, DMA_TO_DEVICE)`,
  "dma/sync-unmapped": `${MAPPED}
dma_unmap_single(nic, h, 2048, DMA_FROM_DEVICE)
dma_sync_single_for_cpu(nic, h, 2048, DMA_FROM_DEVICE)`,
  "dma/sync-direction": `${MAPPED}
dma_sync_single_for_cpu(nic, h, 2048, DMA_TO_DEVICE)`,
  "dma/sync-range": `${MAPPED}
dma_sync_single_for_cpu(nic, h, 4096, DMA_FROM_DEVICE)`,
  "dma/sync-nents": `${LIST}
dma_sync_sg_for_cpu(nic, sg, 1, DMA_FROM_DEVICE)`,
  "dma/unmap-of-error": `${RX} fails
dma_mapping_error(nic, h)
dma_unmap_single(nic, h, 2048, DMA_FROM_DEVICE)`,
  "dma/overlap": `${MAPPED}
again = dma_map_single(nic, rx, 2048, DMA_FROM_DEVICE)`,
  "dma/resource-of-ram": `device nic
buffer rx 4096
h = dma_map_resource(nic, rx, 4096, DMA_FROM_DEVICE)`,
  "dma/iova-not-synced": `${LINKED}
give nic s`,
  "dma/iova-order": `${LINKED}
dma_iova_free(nic, &s)`,
  "dma/iova-leak": `${SPACE}
return`,
  "dma/pending-at-unbind": `${MAPPED}
keep h
unbind nic`,
};
