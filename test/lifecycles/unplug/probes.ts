// Exporters that exist for the model's sake: each needs a statement of the environment or of a contract that no defect of the real exporters shows.
import { ACT, F } from "../../../server/src/lifecycles/unplug/actions.ts";
import { EN } from "../../../server/src/lifecycles/unplug/contracts/rdma-core.ts";
import type { Stmt } from "../../../server/src/lifecycles/unplug/assemble.ts";
import {
  act,
  atomicPut,
  c,
  call,
  complete,
  count,
  countPut,
  f,
  goto,
  lock,
  not,
  proc,
  r,
  ret,
  set,
  store,
  unlock,
  waitDone,
  when,
} from "../../../server/src/lifecycles/unplug/assemble.ts";
import type { E, FieldSpec, Ins, SkeletonSet } from "../../../server/src/model/unplug/skeleton.ts";
import { ERR } from "../../../server/src/model/unplug/skeleton.ts";
import type { kits } from "./kits.ts";
import { PLAIN, plainSet, STATE } from "../../../server/src/lifecycles/unplug/exemplar.ts";
import { mendedRdmaSet, RDMA, rdmaSet } from "./rdma-set.ts";
import { VFIO, vfioSet } from "./vfio-set.ts";

export interface Probe {
  readonly name: string;
  readonly kit: keyof typeof kits;
  readonly set: () => SkeletonSet;
  /** Nothing is wrong with it. */
  readonly safe?: boolean;
  /** The views that show something which other exporters do not. */
  readonly views?: RegExp;
}

const { B, D } = PLAIN;
const [buf, dev, att] = [r("buf"), r("dev"), r("att")];
const dmabuf = f(B.dmabuf, buf);

const withFields = (s: SkeletonSet, cls: string, ...fields: readonly FieldSpec[]): SkeletonSet => ({
  ...s,
  classes: s.classes.map((k) => (k.name === cls ? { ...k, fields: [...k.fields, ...fields] } : k)),
});
const only = (s: SkeletonSet, ...revokers: readonly string[]): SkeletonSet => ({
  ...s,
  roots: s.roots.filter((x) => x.kind !== "revoke" || revokers.includes(x.proc)),
});
/** The set with some instructions of a procedure made to do nothing. */
const deaf = (s: SkeletonSet, name: string, gone: (i: Ins, before: Ins | undefined) => boolean): SkeletonSet => {
  const p = s.procs[name]!;
  const code = p.code.map((i, n): Ins => (gone(i, p.code[n - 1]) ? { op: "jmp", to: n + 1 } : i));
  return { ...s, procs: { ...s.procs, [name]: { ...p, code } } };
};

/** The plain exporter with an mmap handler: gated by the flag that remove() sets, under its lock; remove() zaps. */
function mapping(zaps: boolean, gated: boolean): SkeletonSet {
  const s = plainSet({ token: zaps ? [act(ACT.zapMapping, [dev])] : [] }, { name: "foo, mapped" });
  const gate = when(f(D.dead, dev), [unlock(D.lock, dev), ret(c(ERR))]);
  const mmap = proc(
    "foo_mmap",
    ["dev", "vma"],
    [
      lock(D.lock, dev),
      ...(gated ? [gate] : []),
      act(ACT.insertPte, [r("vma")], { r: "ret" }),
      unlock(D.lock, dev),
      ret(r("ret")),
    ],
  );
  return { ...s, procs: { ...s.procs, foo_mmap: mmap }, slots: { ...s.slots, "file_operations.mmap": "foo_mmap" } };
}

/** The set with more at the end of a procedure. */
const longer = (s: SkeletonSet, name: string, ...more: readonly Stmt[]): SkeletonSet => {
  const p = s.procs[name]!;
  const code = [...p.code.slice(0, -1), ...proc(name, p.params, more).code];
  return { ...s, procs: { ...s.procs, [name]: { ...p, code } } };
};

/** The plain exporter with an error handler of the PCI core, which the device's lock keeps apart from remove(). */
function handling(): SkeletonSet {
  const s = plainSet({}, { name: "foo, with an error handler" });
  const error = proc(
    "foo_error_detected",
    ["dev"],
    [
      when(f(D.dead, dev), [ret()]),
      act(ACT.getProvider, [dev], { r: "p" }),
      when(r("p"), [act(ACT.useProvider, [r("p")])]),
    ],
  );
  const via = "pci_error_handlers.error_detected";
  return {
    ...s,
    procs: { ...s.procs, foo_error_detected: error },
    roots: [...s.roots, { kind: "revoke", proc: "foo_error_detected", params: ["foo_dev"], via }],
  };
}

const isJumpAfter =
  (test: (e: E) => boolean) =>
  (i: Ins, before: Ins | undefined): boolean =>
    i.op === "jmp" && before?.op === "br" && test(before.e);

/** One attachment at most, and a revocable one: what only a second mapping by the same importer shows. */
const priv = f(F.priv, r("dmabuf"));
const single: Stmt[] = [
  when(not(f(F.importerOps, att)), [goto("no")]),
  when(not(f(F.callback, att)), [goto("no")]),
  lock("foo_buf.inner", priv),
  when(f("foo_buf.taken", priv), [unlock("foo_buf.inner", priv), goto("no")]),
  store("foo_buf.taken", priv, c(1)),
  unlock("foo_buf.inner", priv),
];

const plain = (
  name: string,
  edits: Parameters<typeof plainSet>[0],
  more: (s: SkeletonSet) => SkeletonSet = (s) => s,
): Probe => ({
  name: `foo, ${name}`,
  kit: "plain",
  set: () => more(plainSet(edits, { name: `foo, ${name}` })),
});
const vfio = (
  name: string,
  edits: Parameters<typeof vfioSet>[0],
  more: (s: SkeletonSet) => SkeletonSet = (s) => s,
): Probe => ({
  name: `vfio-pci, ${name}`,
  kit: "vfio",
  set: () => more(only(vfioSet(edits, `vfio-pci, ${name}`), "vfio_pci_ioctl_reset")),
});
const inner: FieldSpec = { id: "foo_buf.inner", kind: "lock" };
const taken = (s: SkeletonSet): SkeletonSet => withFields(s, "foo_buf", inner, { id: "foo_buf.taken", kind: "value" });

export const probes: readonly Probe[] = [
  { name: "foo, mapped", kit: "plain", set: () => mapping(true, true), safe: true, views: /mapped/ },
  // fork() copies PTEs after the child's VMA was opened, and so after a failed open has zapped it (rdma_umap_open).
  {
    name: "uverbs, mended, forked",
    kit: "forks",
    set: () => ({ ...mendedRdmaSet(), name: "uverbs, mended, forked" }),
    views: /fork/,
  },
  {
    name: "uverbs, mended, not disassociating",
    kit: "rdma",
    set: () => ({ ...rdmaSet({}, { mended: true, disassociates: false }), name: "uverbs, mended, not disassociating" }),
    safe: true,
    views: /close and remove|mapped/,
  },
  { name: "foo, with an error handler", kit: "plain", set: handling, safe: true, views: /error/ },
  {
    name: "vfio-pci, with hot reset",
    kit: "vfio",
    set: () => only(vfioSet({}, "vfio-pci, with hot reset"), "vfio_pci_dev_set_hot_reset"),
    safe: true,
    views: /hot_reset/,
  },
  {
    name: "uverbs, looking at its entry after putting it",
    kit: "rdma",
    set: () => ({
      ...longer(mendedRdmaSet(), "uverbs_dmabuf_fd_destroy_uobj", set("x", f(EN.removed, f(RDMA.P.entry, r("priv"))))),
      name: "uverbs, looking at its entry after putting it",
    }),
  },
  {
    ...vfio("inserting a PTE after it was disabled", {}, (s) =>
      longer(s, "vfio_pci_core_close_device", act(ACT.insertPte, [c(1)])),
    ),
    views: /static/,
  },
  vfio("looking at the device in a release after it was closed", {}, (s) =>
    deaf(
      deaf(s, "vfio_pci_dma_buf_cleanup", (i) => i.op === "store" && i.f === VFIO.P.vdev),
      "vfio_pci_dma_buf_release",
      (i) => i.op === "call",
    ),
  ),
  {
    ...vfio("inserting a PTE after it was disabled, mapped", {}, (s) =>
      longer(s, "vfio_pci_core_close_device", act(ACT.insertPte, [c(1)])),
    ),
    views: /mapped/,
  },
  { name: "foo, mapped, not zapped", kit: "plain", set: () => mapping(false, true) },
  { name: "foo, mapped, not gated", kit: "plain", set: () => mapping(true, false) },
  plain("not revoked", { revoke: [] }),
  plain("without a gate", { gate: [ret(c(1))] }),
  plain("without a fence wait", { fences: [] }),
  plain("never counted down", { put: [] }),
  plain("counted down too early", { put: [], "put.early": [atomicPut(B.users, buf)] }),
  plain("open to static importers", {
    "attach.callback": [when(f(F.importerOps, att), [when(not(f(F.callback, att)), [goto("no")])])],
  }),
  plain("open to pinned importers", { "attach.callback": [when(not(f(F.importerOps, att)), [goto("no")])] }),
  plain(
    "reopened by an unmap",
    { "attach.callback": single, "put.early": [store(B.state, buf, c(STATE.ready))] },
    taken,
  ),
  plain(
    "with a lock around the invalidation that unmap takes",
    {
      invalidate: [lock("foo_buf.inner", buf), call("env.invalidate", [dmabuf]), unlock("foo_buf.inner", buf)],
      "put.early": [lock("foo_buf.inner", buf), unlock("foo_buf.inner", buf)],
    },
    (s) => withFields(s, "foo_buf", inner),
  ),
  plain("mapped twice", { get: [act(ACT.mapBegin, [att, f(B.provider, buf)], { r: "again" })] }),
  plain("counting a mapping that failed", {}, (s) =>
    deaf(
      s,
      "foo_map",
      isJumpAfter((e) => e.k === "err"),
    ),
  ),
  plain(
    "with a completion that an earlier unmap has filled",
    {
      put: [countPut(B.users, buf, "last"), when(r("last"), [complete("foo_buf.done", buf)])],
      wait: [when(count(B.users, buf), [waitDone("foo_buf.done", buf)])],
    },
    (s) => withFields(s, "foo_buf", { id: "foo_buf.done", kind: "completion" }),
  ),
  plain("unmapped twice", { "put.early": [act(ACT.mapEnd, [att])] }),
  plain("unmapped without resv", {
    "put.early": [unlock(F.resv, dmabuf)],
    put: [lock(F.resv, dmabuf), atomicPut(B.users, buf)],
  }),
  plain("walked without a reference", { active: [set("active", c(1))] }),
  vfio("peer gate removed", { "peer.gate": [] }),
  vfio("only the parent's VMA zapped", { "reset.zap": [act(ACT.zapVma, [c(1)])] }),
  vfio("fences not waited for, the device never disabled", { "move.fences": [] }, (s) =>
    deaf(s, "vfio_pci_core_disable", (i) => i.op === "act" && i.act === ACT.isolate),
  ),
  vfio(
    "a reset that waits for what nobody completes",
    { "reset.move": [call("vfio_pci_dma_buf_move", [r("vdev"), c(1)]), waitDone("probe.done", r("vdev"))] },
    (s) => withFields(s, VFIO.DEV, { id: "probe.done", kind: "completion" }),
  ),
  vfio("registrations never put", {}, (s) =>
    deaf(
      deaf(
        deaf(s, "vfio_pci_core_feature_dma_buf", (i) => i.op === "call" && i.proc === "vfio_device_put_registration"),
        "vfio_pci_dma_buf_release",
        (i) => i.op === "call" && i.proc === "vfio_device_put_registration",
      ),
      "vfio_pci_dma_buf_cleanup",
      (i) => i.op === "call" && i.proc === "vfio_device_put_registration",
    ),
  ),
  {
    name: "uverbs, nothing destroyed",
    kit: "rdma",
    set: () => {
      const s = mendedRdmaSet();
      const nothing = proc("uverbs_dmabuf_fd_destroy_uobj", ["priv", "why"], [ret(c(0))]);
      return {
        ...deaf(s, "rdma_user_mmap_entry_remove", (i) => i.op !== "return"),
        name: "uverbs, nothing destroyed",
        procs: {
          ...s.procs,
          uverbs_dmabuf_fd_destroy_uobj: nothing,
          rdma_user_mmap_entry_remove: proc("rdma_user_mmap_entry_remove", ["entry"], [ret(c(0))]),
        },
      };
    },
  },
  { name: "uverbs, as it is", kit: "rdma", set: () => rdmaSet() },
];
