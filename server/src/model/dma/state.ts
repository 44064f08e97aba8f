// The world of the mapping core as plain data: devices, memory and who owns it, live mappings, scatter lists, IOVA spaces, pools, and the PCI tree.

export type Direction = "to-device" | "from-device" | "both";

/** Where memory comes from. ram: the linear map, pages: RAM that is only known by its page, coherent: from the core itself. */
export type Memory =
  | "ram"
  | "pages"
  | "stack"
  | "vmalloc"
  | "rodata"
  | "invalid"
  | "mmio"
  | "coherent"
  /** MMIO of a provider with struct pages, and of one without. */
  | "p2p-pages"
  | "p2p-mmio";

/** How the core keeps a mapping. single, page and phys are one kind; resource is the same with the MMIO attribute. */
export type Kind = "streaming" | "resource" | "sg" | "coherent" | "noncoherent" | "pool";

export interface Device {
  readonly name: string;
  readonly bound: boolean;
  /** Whether it sits behind an IOMMU that can do IOVA spaces, and joins neighbours of a list. */
  readonly iommu: boolean;
  readonly merging: boolean;
  readonly maxSegment: number;
  readonly boundary: number;
  /** Its place in the PCI tree; absent: not a PCI device. */
  readonly under?: string;
}

export interface Buffer {
  readonly name: string;
  readonly size: number;
  readonly memory: Memory;
  readonly physical: number;
  /** The provider whose MMIO it is. */
  readonly provider?: string;
}

/** One live mapping: of a list, one segment. `owner` is whose turn it is with the memory. */
export interface Mapping {
  readonly kind: Kind;
  readonly device: string;
  readonly address: number;
  readonly size: number;
  readonly direction: Direction;
  readonly attributes: readonly string[];
  readonly buffer: string;
  readonly offset: number;
  readonly physical: number;
  readonly owner: "cpu" | "device";
  /** Whether dma_mapping_error() was asked, where that applies. */
  readonly checked: "yes" | "no" | "not-applicable";
  /** Of a list: its name, the count that the map was given, and the count that it returned. */
  readonly list?: string;
  readonly given?: number;
  readonly returned?: number;
  /** Of an element of a pool. */
  readonly pool?: string;
  /** Handed on to an owner that outlives the function. */
  readonly kept: boolean;
}

/** What a name holds that a call returned: a device address, the error cookie, or a bus address that needs no unmap. */
export type Handle =
  | { readonly kind: "address"; readonly address: number; readonly device: string }
  | { readonly kind: "error" }
  | { readonly kind: "bus"; readonly address: number };

export interface Piece {
  readonly buffer: string;
  readonly offset: number;
  readonly length: number;
}

export interface List {
  readonly name: string;
  readonly pieces: readonly Piece[];
  /** The addresses of its segments once it was mapped; they stay in the list when it is unmapped. */
  readonly segments: readonly { readonly address: number; readonly length: number }[];
  readonly failed: boolean;
}

export interface Link {
  readonly offset: number;
  readonly size: number;
  readonly direction: Direction;
  readonly attributes: readonly string[];
  readonly buffer: string;
  readonly synced: boolean;
}

export interface Iova {
  readonly name: string;
  readonly device: string;
  readonly size: number;
  /** Zero: never allocated, or zeroed by a try that failed. Freed: its space was given back. */
  readonly phase: "zero" | "allocated" | "freed";
  readonly links: readonly Link[];
  readonly kept: boolean;
}

export interface Pool {
  readonly name: string;
  readonly device: string;
  readonly size: number;
}

/** pgmap: with struct pages that the core waits for. driver: borrowed, gone when its driver's remove() has returned. */
export interface Provider {
  readonly name: string;
  readonly device: string;
  readonly origin: "pgmap" | "driver";
}

/** A host bridge, or a bridge or port below one. */
export type Node =
  | { readonly kind: "host"; readonly name: string; readonly allowed: "any" | "same" | "no" }
  | { readonly kind: "port"; readonly name: string; readonly under: string; readonly redirects: boolean };

type Named<T> = Readonly<Record<string, T>>;

export interface State {
  readonly devices: Named<Device>;
  readonly buffers: Named<Buffer>;
  readonly lists: Named<List>;
  readonly handles: Named<Handle>;
  readonly iovas: Named<Iova>;
  readonly pools: Named<Pool>;
  readonly providers: Named<Provider>;
  readonly nodes: Named<Node>;
  /** Whether every host bridge of this CPU is known to route between devices. */
  readonly cpuRoutes: boolean;
  readonly mappings: readonly Mapping[];
  /** The next free device address and physical address. */
  readonly nextAddress: number;
  readonly nextPhysical: number;
  /** What the last call returned where that is no handle: a count, a truth, a map type. */
  readonly returned?: string;
}

/** Far enough apart that no two mappings or buffers touch. */
export const APART = 1 << 24;

export const EMPTY: State = {
  devices: {},
  buffers: {},
  lists: {},
  handles: {},
  iovas: {},
  pools: {},
  providers: {},
  nodes: {},
  cpuRoutes: false,
  mappings: [],
  nextAddress: APART,
  nextPhysical: APART,
};
