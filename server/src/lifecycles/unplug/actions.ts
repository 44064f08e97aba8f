// The vocabulary of the unplug environment: what kernel calls mean as instructions. Extraction targets these names; the actions behind them are at the end.
//
// A kernel call becomes one of three things.
//
// 1. A native instruction (model/unplug/skeleton.ts), on these fields of the environment's classes:
//
//    | kernel                                                     | instruction                                                        |
//    |------------------------------------------------------------|--------------------------------------------------------------------|
//    | dma_resv_lock(b->resv, NULL)                               | lock    dma_buf.resv of b, write, wait; with a ctx or _interruptible: fallible |
//    | dma_resv_trylock / dma_resv_unlock / dma_resv_assert_held  | lock … try / unlock / assertHeld    dma_buf.resv                   |
//    | get_dma_buf(b), get_file(b->file), file_ref_get            | count get            dma_buf.f_count                               |
//    | get_file_active(&b->file), get_file_rcu                    | count getUnlessZero  dma_buf.f_count (r = 1 or 0)                  |
//    | dma_buf_put(b), fput(b->file)                              | count put            dma_buf.f_count (release runs later, in another thread) |
//    | b->priv, b->file, att->dmabuf                              | field dma_buf.priv; the same number as b; field dma_buf_attachment.dmabuf |
//    | att->peer2peer                                             | field dma_buf_attachment.peer2peer                                 |
//    | att->importer_ops                                          | field dma_buf_attachment.importer_ops (the attachment's own number, or 0) |
//    | att->importer_ops->invalidate_mappings (or ->move_notify)  | field dma_buf_attach_ops.invalidate_mappings of the attachment     |
//    | dma_buf_attach_revocable(att)                              | importer_ops && invalidate_mappings, as above                      |
//    | vma->vm_private_data                                       | field vm_area_struct.vm_private_data (initially what `mmap` stored) |
//    | mmap_lock of vma->vm_mm                                    | lock vm_area_struct.mmap_lock of the vma                           |
//
// 2. `call` of a procedure of the environment (ENV below), because it allocates, or calls the driver back:
//
//    | dma_buf_export(&exp_info)                                  | call ENV.export(priv) → a dma_buf, or ERR                          |
//    | dma_buf_invalidate_mappings(b), dma_buf_move_notify(b)     | call ENV.invalidate(b); needs dma_buf.resv; may call the driver's unmap inline |
//
// 3. `act` (ACT below):
//
//    | dma_buf_fd(b, flags)                                       | act fd(b) → MANY, or ERR; the reference moves to the fd            |
//    | dma_buf_fd_install(b, fd), fd_install(fd, b->file)         | act fdInstall(b)                                                   |
//    | dma_resv_wait_timeout(b->resv, usage, intr, timeout)       | act waitFences(b) {usage: KERNEL|WRITE|READ|BOOKKEEP, interruptible: boolean, timeout: max|finite|zero} |
//    |   (dma_resv_test_signaled: timeout zero)                   |   → MANY: idle; 0: timed out; ERR: interrupted                     |
//    | dma_buf_phys_vec_to_sgt(att, provider, …)                  | act mapBegin(att, provider) → MANY, or ERR; needs dma_buf.resv     |
//    |   dma_map_resource/dma_map_phys of MMIO in a map callback  |   {resv: false}: the same without asking for the lock              |
//    | dma_buf_free_sgt(att, …), dma_unmap_resource there         | act mapEnd(att) (same option)                                      |
//    | pcim_p2pdma_init(pdev)                                     | act initProvider(dev) → 0, or ERR (-EOPNOTSUPP among them)         |
//    | pcim_p2pdma_provider(pdev, bar)                            | act getProvider(dev) → a p2pdma_provider, or 0                     |
//    | pci_p2pdma_map_type(provider, …), provider->owner, …       | act useProvider(provider)                                          |
//    | unmap_mapping_range(device's mapping, …), unmap_mapping_pages | act zapMapping(dev)                                             |
//    | zap_special_vma_range(vma, …), zap_vma_ptes(vma, …)        | act zapVma(vma)                                                    |
//    | vmf_insert_pfn*(vma, …), io_remap_pfn_range, remap_pfn_range, vm_iomap_memory | act insertPte(vma) → 0, or ERR                  |
//    | pci_reset_function and friends, pci_reset_bus, power state below D0, | act isolate(dev) {why: reset|power|disable}: at this instant the device |
//    |   pci_disable_device, pci_release_region*                  |   does not answer: no mapping, no DMA and no PTE may exist         |
//
// `dev` is an object of the family's device class (SkeletonSet.parts.device), or of whatever class the device pointer has; environments of one device ignore it.
// Provider, driver and device objects of one device have the same number.
// Fences of importers are BOOKKEEP; a mapping belongs to the attachment that it was begun for.
import type { Action, Outcome, WorldView } from "../../model/unplug/scenario.ts";
import { ANY, ERR, MANY } from "../../model/unplug/skeleton.ts";

/** Procedures of the environment that skeletons may call. */
export const ENV = { export: "env.export", invalidate: "env.invalidate" } as const;

/** Actions that skeletons may use. */
export const ACT = {
  fd: "fd",
  fdInstall: "fdInstall",
  waitFences: "waitFences",
  mapBegin: "mapBegin",
  mapEnd: "mapEnd",
  initProvider: "initProvider",
  getProvider: "getProvider",
  useProvider: "useProvider",
  zapMapping: "zapMapping",
  zapVma: "zapVma",
  insertPte: "insertPte",
  isolate: "isolate",
} as const;

/** The exporter's callbacks that the environment calls. */
export const SLOT = {
  attach: "dma_buf_ops.attach",
  map: "dma_buf_ops.map_dma_buf",
  unmap: "dma_buf_ops.unmap_dma_buf",
  pin: "dma_buf_ops.pin",
  unpin: "dma_buf_ops.unpin",
  detach: "dma_buf_ops.detach",
  release: "dma_buf_ops.release",
} as const;

/** Classes of the environment; skeletons name them as targets of pointers. */
export const CLS = {
  buffer: "dma_buf",
  attachment: "dma_buf_attachment",
  vma: "vm_area_struct",
  provider: "p2pdma_provider",
  driver: "ghost_driver",
  ghostBuffer: "ghost_buffer",
} as const;

/** Fields of the environment's classes. "ghost." fields exist in no struct: they are what is true of the machine, whatever the C code believes. */
export const F = {
  priv: "dma_buf.priv",
  resv: "dma_buf.resv",
  files: "dma_buf.f_count",
  fd: "ghost.fd",
  /** The file descriptor has been installed at some time. */
  published: "ghost.published",
  /** An ideal revocation has closed it for good (ideal.ts). */
  closed: "ghost.closed",
  /** 0 not exported yet, 1 exported, 2 its release has begun, 3 gone. */
  born: "ghost.born",
  attDmabuf: "dma_buf_attachment.dmabuf",
  peer2peer: "dma_buf_attachment.peer2peer",
  importerOps: "dma_buf_attachment.importer_ops",
  callback: "dma_buf_attach_ops.invalidate_mappings",
  node: "dma_buf_attachment.node",
  /** What the importer does about it: see importers.ts. */
  kind: "ghost.kind",
  /** The importer's place (PLACE in importers.ts): outside, attached, gone, holding a mapping. */
  at: "ghost.at",
  mapped: "ghost.mapped",
  /** The importer's hardware may reach the memory. */
  busy: "ghost.busy",
  /** A BOOKKEEP fence on the buffer's resv stands for that access. */
  fence: "ghost.fence",
  notified: "ghost.notified",
  rounds: "ghost.rounds",
  vmaPrivate: "vm_area_struct.vm_private_data",
  mmapLock: "vm_area_struct.mmap_lock",
  vmf: "vm_fault.vma",
  /** The VMA exists. */
  vma: "ghost.vma",
  pte: "ghost.pte",
  /** remove() has returned, or probe has failed: devres is gone. */
  bound: "ghost.bound",
  /** The device is open: its BARs are claimed and decoded. */
  session: "ghost.session",
  /** The provider: 0 never set up, 1 set up, 2 found unsupported. */
  inited: "ghost.inited",
  /** The device's own file: references of the fd, of VMAs and of calls that run on it. */
  deviceFile: "ghost.device_file",
  deviceFd: "ghost.device_fd",
} as const;

/** Names of what actions call violations; the invariants have their own (invariants.ts). */
export const BROKEN = {
  lock: "lock-not-held",
  provider: "provider-used-after-bound",
  nullProvider: "null-provider",
  uninitialised: "provider-not-initialised",
  mappedTwice: "mapped-twice",
  notMapped: "unmapped-without-mapping",
  isolated: "mapped-while-isolated",
  isolatedPte: "pte-while-isolated",
  vmaGone: "pte-in-dead-vma",
} as const;

/** What of that is said to people. */
const SAYS: Readonly<Record<(typeof BROKEN)[keyof typeof BROKEN], string>> = {
  [BROKEN.lock]: "dma_buf.resv must be held here (write)",
  [BROKEN.provider]: "the provider is used after the driver is gone and devres has freed it",
  [BROKEN.nullProvider]: "NULL is used as a provider",
  [BROKEN.uninitialised]: "a provider is asked for that nothing has set up",
  [BROKEN.mappedTwice]: "what is mapped already is mapped again",
  [BROKEN.notMapped]: "what is not mapped is unmapped",
  [BROKEN.isolated]: "the device is cut off while DMA may still reach it",
  [BROKEN.isolatedPte]: "the device is cut off while a process still has it mapped",
  [BROKEN.vmaGone]: "a PTE is inserted into a VMA that is gone",
};

const broken = (violation: keyof typeof SAYS): Outcome => ({ violation, text: SAYS[violation] });

const lists: (readonly number[])[] = [];
/** 1 to n. Actions run millions of times, and ask for the same few. */
const upTo = (n: number): readonly number[] => (lists[n] ??= Array.from({ length: n }, (_, i) => i + 1));
const buffers = (w: WorldView): readonly number[] => upTo(w.objects(CLS.buffer));
const attachments = (w: WorldView): readonly number[] => upTo(w.objects(CLS.attachment));
const vmas = (w: WorldView): readonly number[] => upTo(w.objects(CLS.vma));
const attached = (w: WorldView, b: number): number[] =>
  attachments(w).filter((a) => w.live(CLS.attachment, a) && w.get(F.attDmabuf, a) === b);

const needsResv = (w: WorldView, buffer: number, opt: Readonly<Record<string, unknown>>): Outcome[] =>
  opt["resv"] === false || w.holds(F.resv, buffer, "write") ? [] : [broken(BROKEN.lock)];

/** Using the provider: a null one is a null dereference, a freed one is what the driver bound is about. */
function providerOutcomes(w: WorldView, provider: number): Outcome[] {
  if (provider === 0) return [broken(BROKEN.nullProvider)];
  return w.live(CLS.provider, provider) ? [] : [broken(BROKEN.provider)];
}

const install = (b: number) =>
  [
    [F.fd, b, 1],
    [F.published, b, 1],
  ] as const;

const fd: Action = (_, { args }) => [
  { writes: install(args[0] ?? 0), r: MANY, text: "installs the file descriptor" },
  { r: ERR, text: "no file descriptor is left" },
];

const fdInstall: Action = (_, { args }) => [{ writes: install(args[0] ?? 0), text: "installs the file descriptor" }];

/**
 * dma_resv_wait_timeout: idle when no fence of the class, or of a stronger one, is unsignalled. Importers' fences are BOOKKEEP, which no weaker class covers
 * (include/linux/dma-resv.h, enum dma_resv_usage).
 */
const waitFences: Action = (w, { args, opt }) => {
  const b = args[0] ?? 0;
  const pending = opt["usage"] === "BOOKKEEP" && attachments(w).some((a) => w.get(F.fence, a) === b);
  if (!pending) return [{ r: MANY, text: `fences of class ${String(opt["usage"])} are signalled` }];
  const out: Outcome[] = [];
  if (opt["timeout"] !== "max") out.push({ r: 0, text: "times out with fences pending" });
  if (opt["interruptible"] === true) out.push({ r: ERR, text: "is interrupted with fences pending" });
  return out;
};

const mapBegin: Action = (w, { args, opt }) => {
  const a = args[0] ?? 0;
  const wrong = [...needsResv(w, w.get(F.attDmabuf, a), opt), ...providerOutcomes(w, args[1] ?? 0)];
  if (wrong.length > 0) return wrong;
  if (w.get(F.mapped, a) !== 0) return [broken(BROKEN.mappedTwice)];
  return [
    { writes: [[F.mapped, a, 1]], r: MANY, text: "the DMA mapping begins" },
    { r: ERR, text: "the DMA mapping fails" },
  ];
};

const mapEnd: Action = (w, { args, opt }) => {
  const a = args[0] ?? 0;
  const wrong = needsResv(w, w.get(F.attDmabuf, a), opt);
  if (wrong.length > 0) return wrong;
  if (w.get(F.mapped, a) === 0) return [broken(BROKEN.notMapped)];
  return [{ writes: [[F.mapped, a, 0]], text: "the DMA mapping ends" }];
};

const initProvider: Action = (w, { args }) => {
  const d = args[0] || 1;
  if (w.get(F.inited, d) === 1) return [{ text: "the providers are set up already" }];
  return [
    { writes: [[F.inited, d, 1]], text: "the providers are set up" },
    { writes: [[F.inited, d, 2]], r: ERR, text: "P2PDMA is not supported" },
  ];
};

/** pcim_p2pdma_provider (drivers/pci/p2pdma.c) warns and gives NULL where init never ran, and NULL where init found it unsupported. */
const getProvider: Action = (w, { args }) => {
  const d = args[0] || 1;
  const state = w.get(F.inited, d);
  if (state === 0) return [broken(BROKEN.uninitialised)];
  if (state === ANY)
    return [
      { writes: [[F.inited, d, 1]], r: d, text: "a provider is handed out" },
      { writes: [[F.inited, d, 2]], r: 0, text: "P2PDMA is not supported: there is no provider" },
    ];
  if (state === 2) return [{ r: 0, text: "there is no provider" }];
  return w.live(CLS.provider, d) ? [{ r: d, text: "a provider is handed out" }] : [broken(BROKEN.provider)];
};

const useProvider: Action = (w, { args }) => {
  const wrong = providerOutcomes(w, args[0] ?? 0);
  return wrong.length > 0 ? wrong : [{ text: "the provider is used" }];
};

const zapMapping: Action = (w) => [
  { writes: vmas(w).map((v) => [F.pte, v, 0] as const), text: "the PTEs of every mapping of the device are zapped" },
];

const zapVma: Action = (_, { args }) => [
  { writes: [[F.pte, args[0] ?? 0, 0]], text: "the PTEs of the VMA are zapped" },
];

const insertPte: Action = (w, { args }) => {
  const v = args[0] ?? 0;
  if (!w.live(CLS.vma, v)) return [broken(BROKEN.vmaGone)];
  return [
    { writes: [[F.pte, v, 1]], text: "a PTE is inserted" },
    { r: ERR, text: "the PTE is not inserted" },
  ];
};

/** The device does not answer at this instant: nobody may be able to reach it. */
const isolate: Action = (w) => {
  if (vmas(w).some((v) => w.get(F.pte, v) !== 0)) return [broken(BROKEN.isolatedPte)];
  const reached =
    buffers(w).some((b) => attached(w, b).some((a) => w.get(F.mapped, a) !== 0)) ||
    attachments(w).some((a) => w.get(F.busy, a) !== 0);
  return [reached ? broken(BROKEN.isolated) : { text: "the device does not answer" }];
};

export const actions: Readonly<Record<string, Action>> = {
  fd,
  fdInstall,
  waitFences,
  mapBegin,
  mapEnd,
  initProvider,
  getProvider,
  useProvider,
  zapMapping,
  zapVma,
  insertPte,
  isolate,
};
