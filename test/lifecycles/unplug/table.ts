// The table of defects: each a change to one of the two hand-written exporters, and the rule that must be named for it. `silent`: the change breaks nothing.
import { NOTHING_LOST } from "../../../server/src/lifecycles/unplug/contracts/contract.ts";
import type { Ins, SkeletonSet } from "../../../server/src/model/unplug/skeleton.ts";
import {
  brk,
  c,
  call,
  countGet,
  countPut,
  f,
  free,
  isErr,
  not,
  pred,
  ret,
  r,
  set,
  store,
  unlock,
  waitDone,
  when,
} from "../../../server/src/lifecycles/unplug/assemble.ts";
import type { Edits, Stmt } from "../../../server/src/lifecycles/unplug/assemble.ts";
import { ACT, F } from "../../../server/src/lifecycles/unplug/actions.ts";
import { coreProcs } from "../../../server/src/lifecycles/unplug/contracts/rdma-core.ts";
import { ERR } from "../../../server/src/model/unplug/skeleton.ts";
import { VFIO, vfioSet, waitFences as vfioFences } from "./vfio-set.ts";
import { RDMA, mendedRdmaSet, waitFences as rdmaFences } from "./rdma-set.ts";

export interface Defect {
  readonly name: string;
  readonly family: "vfio" | "rdma";
  readonly set: () => SkeletonSet;
  /** The rules that may be named first, or silence. */
  readonly rule: string;
}

const priv = r("priv");
const out: Defect[] = [];
/** With one runtime revoker where nothing depends on which: the table is run for every commit. */
const vfio = (name: string, rule: string, edits: Edits, revokers = ["vfio_pci_ioctl_reset"]): void =>
  void out.push({
    name,
    family: "vfio",
    rule,
    set: () => {
      const set = vfioSet(edits, `vfio-pci, ${name}`);
      return { ...set, roots: set.roots.filter((x) => x.kind !== "revoke" || revokers.includes(x.proc)) };
    },
  });
const rdma = (name: string, rule: string, edits: Edits): void =>
  void out.push({ name, family: "rdma", rule, set: () => ({ ...mendedRdmaSet(edits), name: `uverbs, ${name}` }) });
const both = (name: string, rule: string, v: Edits, d: Edits): void => {
  vfio(name, rule, v);
  rdma(name, rule, d);
};
/** The same defect in each of the two revokers of uverbs. */
const revokers = ["destroy", "remove"] as const;
const each = (name: string, rule: string, v: Edits | undefined, d: (revoker: string) => Edits): void => {
  if (v !== undefined) vfio(name, rule, v);
  for (const w of revokers) rdma(`${name} (${w})`, rule, d(w));
};
const V = VFIO.P;
const D = RDMA.P;
const resvOf = (dmabuf: string): ReturnType<typeof f> => f(dmabuf, priv);
const put = (kref: string, done: string): Stmt[] => [
  countPut(kref, priv, "last"),
  when(r("last"), [call(done, [priv])]),
];

both("gate test removed from map", "provider/ungated-use", { "map.gate": [] }, { "map.gate": [] });
vfio("gate test removed from attach", "silent", { "attach.gate": [] });

const gateV = when(r("revoked"), [store(V.revoked, priv, c(1))]);
const gateD = store(D.revoked, priv, c(1));
each("gate store removed", "dma-buf/gate-not-closed", { "move.gate": [] }, (w) => ({ [`${w}.gate`]: [] }));
each(
  "gate stored after the unlock of resv",
  "dma-buf/gate-after-invalidate",
  { "move.gate": [], "move.gate.outside": [gateV] },
  (w) => ({
    [`${w}.gate`]: [],
    [`${w}.gate.outside`]: w === "destroy" ? [when(r("drain"), [gateD])] : [gateD],
  }),
);
each("gate stored after invalidate, under resv", "silent", { "move.gate": [], "move.gate.late": [gateV] }, (w) => ({
  [`${w}.gate`]: [],
  [`${w}.gate.late`]: [gateD],
}));
each("invalidate removed", "dma-buf/not-invalidated", { "move.invalidate": [] }, (w) => ({ [`${w}.invalidate`]: [] }));
each("fence wait removed", "dma-buf/no-fence-wait", { "move.fences": [] }, (w) => ({ [`${w}.fences`]: [] }));
for (const [what, opt] of [
  ["of class KERNEL", { usage: "KERNEL" }],
  ["with a timeout", { timeout: "finite" }],
  ["interruptible", { interruptible: true }],
] as const)
  each(`fence wait ${what}`, "dma-buf/weak-fence-wait", { "move.fences": [vfioFences(opt)] }, (w) => ({
    [`${w}.fences`]: [rdmaFences(opt)],
  }));

both("counted get removed", "dma-buf/uncounted-mapping", { "map.get": [] }, { "map.get": [] });
both("counted put removed", "dma-buf/drain-never-ends", { "unmap.put": [] }, { "unmap.put": [] });
each("initial put removed", "dma-buf/drain-never-ends", { "move.put": [] }, (w) => ({ [`${w}.put`]: [] }));
both(
  "counted put before the mapping ends",
  "dma-buf/counted-too-short",
  { "unmap.put": [], "unmap.before": put(V.kref, "vfio_pci_dma_buf_done") },
  { "unmap.put": [], "unmap.before": put(D.kref, "ib_uverbs_dmabuf_done") },
);
each("completion wait removed", "dma-buf/no-unmap-drain", { "move.wait": [] }, (w) => ({ [`${w}.wait`]: [] }));
each(
  "wait for unmaps under resv",
  "dma-buf/drain-under-lock",
  {
    "move.inside": [when(r("revoked"), [...put(V.kref, "vfio_pci_dma_buf_done"), waitDone(V.comp, priv)])],
    "move.drain": [],
  },
  (w) => ({
    [`${w}.inside`]: [...put(D.kref, "ib_uverbs_dmabuf_done"), waitDone(D.comp, priv)],
    [`${w}.put`]: [],
    [`${w}.wait`]: [],
  }),
);
vfio("count not re-armed", "dma-buf/revoke-not-idempotent", { "move.rearm.count": [] });
// complete() adds one token and the wait takes it: there is nothing left to clear.
vfio("completion not re-armed", "silent", { "move.rearm.comp": [] });
vfio("revocable test removed", "dma-buf/unrevocable-importer", { "attach.revocable": [] });
rdma("pin refusal removed", "dma-buf/unrevocable-importer", { pin: [ret(c(0))] });
each("resv lock around revoke removed", "dma-buf/lock-not-held", { "move.lock": [], "move.unlock": [] }, (w) => ({
  [`${w}.lock`]: [],
  [`${w}.unlock`]: [],
}));
both("NULL check removed", "provider/unchecked-null", { null: [] }, { null: [] });
vfio("IS_ERR in place of the NULL check", "provider/unchecked-null", {
  null: [when(isErr(f(V.provider, priv)), [ret(c(ERR))])],
});
rdma("IS_ERR in place of the NULL check", "provider/unchecked-null", {
  null: [when(isErr(f(D.provider, priv)), [ret(c(ERR))])],
});
both("init removed", "provider/not-initialised", { init: [] }, { init: [] });
vfio("revoke not called from close", "dma-buf/outlives-session", { "cleanup.move": [] });
rdma("revoke not called from entry removal and destroy", "dma-buf/not-invalidated", {
  "remove.loop": [],
  "destroy.invalidate": [],
});
for (const [where, root] of [
  ["reset", "vfio_pci_ioctl_reset"],
  ["pm", "vfio_pci_runtime_pm_entry"],
  ["config", "vfio_basic_config_write"],
  ["hot", "vfio_pci_dev_set_hot_reset"],
] as const)
  vfio(`zap removed (${where})`, "vma/maps-while-isolated", { [`${where}.zap`]: [] }, [root]);
/** uverbs_user_mmap_disassociate() of the RDMA core, as the set's own C, without the zap. */
const unzapped = (set: SkeletonSet): SkeletonSet => {
  const core = coreProcs(set.parts.private ?? "", ret(), NOTHING_LOST);
  const p = core["uverbs_user_mmap_disassociate"];
  if (p === undefined) throw new Error("the core's procedure has another name");
  const code = p.code.map((i, n): Ins => (i.op === "act" && i.act === ACT.zapVma ? { op: "jmp", to: n + 1 } : i));
  return { ...set, procs: { ...set.procs, [p.name]: { ...p, code } } };
};
out.push({
  name: "zap removed",
  family: "rdma",
  rule: "vma/not-zapped",
  set: () => ({ ...unzapped(mendedRdmaSet()), name: "uverbs, zap removed" }),
});
vfio("fault gate removed", "vma/maps-while-isolated", {
  "fault.gate": [],
});
vfio(
  "fault gate without the power test",
  "vma/maps-while-isolated",
  {
    "fault.gate": [
      when(not(pred("memory_enabled", r("vdev"))), [unlock(VFIO.MEMORY_LOCK, r("vdev"), "read"), ret(c(ERR))]),
    ],
  },
  ["vfio_pci_runtime_pm_entry"],
);
vfio(
  "fault gate without the test of memory decoding",
  "vma/maps-while-isolated",
  { "fault.gate": [when(f(VFIO.ENGAGED, r("vdev")), [unlock(VFIO.MEMORY_LOCK, r("vdev"), "read"), ret(c(ERR))])] },
  ["vfio_basic_config_write"],
);
vfio("fault lock removed", "vma/maps-while-isolated", {
  "fault.lock": [],
  "fault.unlock": [],
  "fault.unlock.early": [],
});
vfio("get_file for get_file_active", "dma-buf/revoke-races-release", {
  "move.active": [countGet(F.files, resvOf(V.dmabuf))],
});
vfio("get_file for get_file_active in cleanup", "dma-buf/revoke-races-release", {
  "cleanup.active": [countGet(F.files, resvOf(V.dmabuf))],
});
vfio("break for continue", "dma-buf/not-invalidated", { "move.skip": [brk] });
vfio("export unwinds by hand after dma_buf_export", "dma-buf/unwind-after-export", {
  "export.put": [
    countPut(F.files, resvOf(V.dmabuf)),
    call("vfio_device_put_registration", [r("vdev")]),
    free(VFIO.PRIV, priv),
  ],
});
vfio("use after dma_buf_fd", "dma-buf/use-after-publish", {
  "export.after": [when(isErr(r("fd")), [], [set("x", f(V.revoked, priv))])],
});
vfio("use after dma_buf_put", "dma-buf/use-after-put", {
  "export.put": [countPut(F.files, resvOf(V.dmabuf)), set("x", f(V.revoked, priv))],
});

export const table: readonly Defect[] = out;
