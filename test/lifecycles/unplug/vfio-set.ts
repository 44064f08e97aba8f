// The VFIO PCI exporter of Linux 7.2 (drivers/vfio/pci/vfio_pci_dmabuf.c and what it reaches), written by hand as a skeleton set. Tags name what the tests change.
import type { Edits, Stmt } from "../../../server/src/lifecycles/unplug/assemble.ts";
import {
  act,
  alloc,
  and,
  assertHeld,
  c,
  call,
  complete,
  cont,
  countGet,
  countInit,
  countPut,
  countTry,
  disturb,
  each,
  f,
  free,
  goto,
  isErr,
  label,
  link,
  lock,
  ne,
  not,
  or,
  pred,
  proc,
  r,
  reinit,
  ret,
  set,
  store,
  tag,
  trylock,
  unlink,
  unlock,
  unusedEdits,
  waitDone,
  when,
} from "../../../server/src/lifecycles/unplug/assemble.ts";
import { ACT, CLS, ENV, F } from "../../../server/src/lifecycles/unplug/actions.ts";
import type { E, Proc, SkeletonSet } from "../../../server/src/model/unplug/skeleton.ts";
import { ERR } from "../../../server/src/model/unplug/skeleton.ts";

const DEV = "vfio_pci_core_device";
const PRIV = "vfio_pci_dma_buf";
const MEMORY_LOCK = `${DEV}.memory_lock`;
const ENGAGED = `${DEV}.pm_runtime_engaged`;
const P = {
  dmabuf: `${PRIV}.dmabuf`,
  vdev: `${PRIV}.vdev`,
  elm: `${PRIV}.dmabufs_elm`,
  provider: `${PRIV}.provider`,
  kref: `${PRIV}.kref`,
  comp: `${PRIV}.comp`,
  revoked: `${PRIV}.revoked`,
} as const;
/** Tests name these in edits. */
export const VFIO = { DEV, PRIV, MEMORY_LOCK, ENGAGED, P };

const [priv, vdev, att, revoked] = [r("priv"), r("vdev"), r("att"), r("revoked")];
const dmabuf = f(P.dmabuf, priv);
const memoryEnabled: E = pred("memory_enabled", vdev);
const err = c(ERR);

/** The strong wait, as the code has it. */
export const waitFences = (opt: { usage?: string; interruptible?: boolean; timeout?: string } = {}): Stmt =>
  act(ACT.waitFences, [dmabuf], {
    opt: { usage: "BOOKKEEP", interruptible: false, timeout: "max", ...opt },
    r: "waited",
  });

/** The set, with the tagged stretches changed. An edit that names no tag is an error of the test. */
export function vfioSet(edits: Edits = {}, name = "vfio-pci"): SkeletonSet {
  const seen = new Set<string>();
  const procs: Record<string, Proc> = {};
  const define = (fn: string, params: readonly string[], ...body: readonly Stmt[]): void =>
    void (procs[fn] = proc(fn, params, body, edits, seen));

  define("vfio_pci_core_init_dev", ["vdev"], tag("init", act(ACT.initProvider, [vdev], { r: "ret" })), ret(c(0)));

  define(
    "vfio_pci_dma_buf_attach",
    ["dmabuf", "att"],
    when(not(f(F.peer2peer, att)), [ret(err)]),
    set("priv", f(F.priv, r("dmabuf"))),
    tag("attach.gate", when(f(P.revoked, priv), [ret(err)])),
    tag("attach.revocable", when(not(and(f(F.importerOps, att), f(F.callback, f(F.importerOps, att)))), [ret(err)])),
    ret(c(0)),
  );

  define("vfio_pci_dma_buf_done", ["priv"], tag("done.complete", complete(P.comp, priv)));

  define(
    "vfio_pci_dma_buf_map",
    ["att", "dir"],
    set("priv", f(F.priv, f(F.attDmabuf, att))),
    tag("map.assert", assertHeld(F.resv, dmabuf)),
    tag("map.gate", when(f(P.revoked, priv), [ret(err)])),
    act(ACT.mapBegin, [att, f(P.provider, priv)], { r: "ret" }),
    when(isErr(r("ret")), [ret(r("ret"))]),
    tag("map.get", countGet(P.kref, priv)),
    ret(r("ret")),
  );

  define(
    "vfio_pci_dma_buf_unmap",
    ["att", "sgt", "dir"],
    set("priv", f(F.priv, f(F.attDmabuf, att))),
    assertHeld(F.resv, dmabuf),
    tag("unmap.before"),
    act(ACT.mapEnd, [att]),
    tag("unmap.put", countPut(P.kref, priv, "last"), when(r("last"), [call("vfio_pci_dma_buf_done", [priv])])),
  );

  define(
    "vfio_pci_dma_buf_release",
    ["dmabuf"],
    set("priv", f(F.priv, r("dmabuf"))),
    when(f(P.vdev, priv), [
      tag("release.lock", lock(MEMORY_LOCK, f(P.vdev, priv))),
      unlink(P.elm, priv, true),
      tag("release.unlock", unlock(MEMORY_LOCK, f(P.vdev, priv))),
      call("vfio_device_put_registration", [f(P.vdev, priv)]),
    ]),
    tag("release.free", free(PRIV, priv)),
  );

  define(
    "vfio_pci_dma_buf_iommufd_map",
    ["att", "phys"],
    assertHeld(F.resv, f(F.attDmabuf, att)),
    set("priv", f(F.priv, f(F.attDmabuf, att))),
    tag("peer.gate", when(f(P.revoked, priv), [ret(err)])),
    ret(c(0)),
  );

  define(
    "vfio_pci_core_get_dmabuf_phys",
    ["vdev", "priv"],
    act(ACT.getProvider, [vdev], { r: "p" }),
    store(P.provider, priv, r("p")),
    tag("null", when(not(f(P.provider, priv)), [ret(err)])),
    ret(c(0)),
  );

  define(
    "vfio_pci_core_feature_dma_buf",
    ["vdev"],
    alloc(PRIV, "priv"),
    when(not(priv), [ret(err)]),
    store(P.vdev, priv, vdev),
    call("vfio_pci_core_get_dmabuf_phys", [vdev, priv], "ret"),
    when(r("ret"), [goto("err_free_phys")]),
    call("vfio_device_try_get_registration", [vdev], "got"),
    when(not(r("got")), [set("ret", err), goto("err_free_phys")]),
    call(ENV.export, [priv], "d"),
    store(P.dmabuf, priv, r("d")),
    when(isErr(r("d")), [set("ret", err), goto("err_dev_put")]),
    tag("export.arm", countInit(P.kref, priv), reinit(P.comp, priv)),
    lock(MEMORY_LOCK, vdev),
    lock(F.resv, dmabuf),
    tag("export.revoked", store(P.revoked, priv, not(memoryEnabled))),
    tag("export.list", link(P.elm, priv, vdev)),
    unlock(F.resv, dmabuf),
    unlock(MEMORY_LOCK, vdev),
    tag("export.late"),
    tag(
      "export.fd",
      act(ACT.fd, [dmabuf], { r: "fd" }),
      when(isErr(r("fd")), [tag("export.put", countPut(F.files, dmabuf))]),
    ),
    tag("export.after"),
    ret(r("fd")),
    label("err_dev_put"),
    call("vfio_device_put_registration", [vdev]),
    label("err_free_phys"),
    free(PRIV, priv),
    ret(r("ret")),
  );

  define(
    "vfio_pci_dma_buf_move",
    ["vdev", "revoked"],
    assertHeld(MEMORY_LOCK, vdev),
    each("priv", P.elm, vdev, [
      tag("move.active", countTry(F.files, dmabuf, "active"), when(not(r("active")), [tag("move.skip", cont)])),
      when(ne(f(P.revoked, priv), revoked), [
        tag("move.lock", lock(F.resv, dmabuf)),
        tag("move.gate", when(revoked, [store(P.revoked, priv, c(1))])),
        tag("move.invalidate", call(ENV.invalidate, [dmabuf])),
        tag("move.gate.late"),
        tag("move.fences", waitFences()),
        tag("move.inside"),
        tag("move.unlock", unlock(F.resv, dmabuf)),
        tag("move.gate.outside"),
        when(
          revoked,
          [
            tag(
              "move.drain",
              tag("move.put", countPut(P.kref, priv, "last"), when(r("last"), [call("vfio_pci_dma_buf_done", [priv])])),
              tag("move.wait", waitDone(P.comp, priv)),
            ),
            tag("move.rearm.count", countInit(P.kref, priv)),
            tag("move.rearm.comp", reinit(P.comp, priv)),
          ],
          [lock(F.resv, dmabuf), store(P.revoked, priv, c(0)), unlock(F.resv, dmabuf)],
        ),
      ]),
      tag("move.fput", countPut(F.files, dmabuf)),
    ]),
  );

  define(
    "vfio_pci_dma_buf_cleanup",
    ["vdev"],
    lock(MEMORY_LOCK, vdev),
    tag("cleanup.move", call("vfio_pci_dma_buf_move", [vdev, c(1)])),
    each("priv", P.elm, vdev, [
      tag("cleanup.active", countTry(F.files, dmabuf, "active"), when(not(r("active")), [tag("cleanup.skip", cont)])),
      unlink(P.elm, priv, true),
      store(P.vdev, priv, c(0)),
      call("vfio_device_put_registration", [vdev]),
      countPut(F.files, dmabuf),
    ]),
    unlock(MEMORY_LOCK, vdev),
  );

  define(
    "vfio_pci_core_disable",
    ["vdev"],
    lock(MEMORY_LOCK, vdev),
    store(ENGAGED, vdev, c(0)),
    when(memoryEnabled, [call("vfio_pci_dma_buf_move", [vdev, c(0)])]),
    unlock(MEMORY_LOCK, vdev),
    act(ACT.isolate, [vdev], { opt: { why: "disable" } }),
  );

  define(
    "vfio_pci_core_close_device",
    ["vdev"],
    tag("close.cleanup", call("vfio_pci_dma_buf_cleanup", [vdev])),
    call("vfio_pci_core_disable", [vdev]),
  );

  const zap = (where: string): Stmt => tag(`${where}.zap`, act(ACT.zapMapping, [vdev]));
  const reopen = when(memoryEnabled, [call("vfio_pci_dma_buf_move", [vdev, c(0)])]);

  define(
    "vfio_pci_ioctl_reset",
    ["vdev"],
    lock(MEMORY_LOCK, vdev),
    zap("reset"),
    tag("reset.move", call("vfio_pci_dma_buf_move", [vdev, c(1)])),
    act(ACT.isolate, [vdev], { opt: { why: "reset" } }),
    disturb("memory_enabled", vdev),
    reopen,
    unlock(MEMORY_LOCK, vdev),
  );

  define(
    "vfio_pci_runtime_pm_entry",
    ["vdev"],
    lock(MEMORY_LOCK, vdev),
    zap("pm"),
    tag("pm.move", call("vfio_pci_dma_buf_move", [vdev, c(1)])),
    when(f(ENGAGED, vdev), [unlock(MEMORY_LOCK, vdev), ret(err)]),
    store(ENGAGED, vdev, c(1)),
    unlock(MEMORY_LOCK, vdev),
  );

  define(
    "vfio_pci_runtime_pm_exit",
    ["vdev"],
    lock(MEMORY_LOCK, vdev),
    when(f(ENGAGED, vdev), [store(ENGAGED, vdev, c(0))]),
    reopen,
    unlock(MEMORY_LOCK, vdev),
  );

  define(
    "vfio_basic_config_write",
    ["vdev", "new_mem"],
    when(
      not(r("new_mem")),
      [
        lock(MEMORY_LOCK, vdev),
        zap("config"),
        tag("config.move", call("vfio_pci_dma_buf_move", [vdev, c(1)])),
        act(ACT.isolate, [vdev], { opt: { why: "power" } }),
      ],
      [lock(MEMORY_LOCK, vdev)],
    ),
    disturb("memory_enabled", vdev),
    reopen,
    unlock(MEMORY_LOCK, vdev),
  );

  define(
    "vfio_pci_dev_set_hot_reset",
    ["dev_set"],
    lock("vfio_device_set.lock", r("dev_set")),
    set("taken", c(0)),
    each("vdev", "vfio_device.dev_set_list", r("dev_set"), [
      trylock(MEMORY_LOCK, vdev, "write", "got"),
      when(not(r("got")), [goto("undo")]),
      tag("hot.move", call("vfio_pci_dma_buf_move", [vdev, c(1)])),
      zap("hot"),
      set("taken", vdev),
    ]),
    when(r("taken"), [
      act(ACT.isolate, [r("taken")], { opt: { why: "reset" } }),
      disturb("memory_enabled", r("taken")),
    ]),
    label("undo"),
    when(r("taken"), [
      set("vdev", r("taken")),
      when(and(f("vfio_device.open_count", vdev), memoryEnabled), [call("vfio_pci_dma_buf_move", [vdev, c(0)])]),
      unlock(MEMORY_LOCK, vdev),
    ]),
    unlock("vfio_device_set.lock", r("dev_set")),
  );

  define(
    "vfio_pci_mmap_huge_fault",
    ["vmf", "order"],
    set("vma", f(F.vmf, r("vmf"))),
    set("vdev", f(F.vmaPrivate, r("vma"))),
    tag("fault.lock", lock(MEMORY_LOCK, vdev, "read")),
    tag(
      "fault.gate",
      when(or(f(ENGAGED, vdev), not(memoryEnabled)), [
        tag("fault.unlock.early", unlock(MEMORY_LOCK, vdev, "read")),
        ret(err),
      ]),
    ),
    act(ACT.insertPte, [r("vma")]),
    tag("fault.unlock", unlock(MEMORY_LOCK, vdev, "read")),
    ret(c(0)),
  );

  const unused = unusedEdits(edits, seen);
  if (unused.length > 0) throw new Error(`no such tag: ${unused.join(", ")}`);
  const viaDevice = "vfio_device_ops.ioctl";
  return {
    name,
    classes: [
      {
        name: DEV,
        tags: [DEV],
        count: 1,
        liveAtStart: 1,
        fields: [
          { id: MEMORY_LOCK, kind: "lock" },
          { id: ENGAGED, kind: "value" },
        ],
      },
      {
        name: PRIV,
        tags: [PRIV],
        count: 2,
        liveAtStart: 0,
        fields: [
          { id: P.dmabuf, kind: "pointer", to: CLS.buffer },
          { id: P.vdev, kind: "pointer", to: DEV },
          { id: P.elm, kind: "link", to: DEV },
          { id: P.provider, kind: "pointer", to: CLS.provider },
          { id: P.kref, kind: "count" },
          { id: P.comp, kind: "completion" },
          { id: P.revoked, kind: "value" },
        ],
      },
    ],
    procs,
    slots: {
      "dma_buf_ops.attach": "vfio_pci_dma_buf_attach",
      "dma_buf_ops.map_dma_buf": "vfio_pci_dma_buf_map",
      "dma_buf_ops.unmap_dma_buf": "vfio_pci_dma_buf_unmap",
      "dma_buf_ops.release": "vfio_pci_dma_buf_release",
      "vfio_device_ops.close_device": "vfio_pci_core_close_device",
      "vm_operations_struct.fault": "vfio_pci_mmap_huge_fault",
    },
    roots: [
      { kind: "probe", proc: "vfio_pci_core_init_dev", params: [DEV], via: "vfio_device_ops.init" },
      { kind: "export", proc: "vfio_pci_core_feature_dma_buf", params: [DEV], via: viaDevice },
      { kind: "revoke", proc: "vfio_pci_ioctl_reset", params: [DEV], via: viaDevice },
      { kind: "revoke", proc: "vfio_pci_runtime_pm_entry", params: [DEV], via: viaDevice },
      { kind: "revoke", proc: "vfio_pci_runtime_pm_exit", params: [DEV], via: viaDevice },
      { kind: "revoke", proc: "vfio_basic_config_write", params: [DEV, "any"], via: "vfio_device_ops.write" },
      { kind: "revoke", proc: "vfio_pci_dev_set_hot_reset", params: ["vfio_device_set"], via: viaDevice },
      { kind: "peer", proc: "vfio_pci_dma_buf_iommufd_map", params: [CLS.attachment, "any"], via: "exported" },
    ],
    preds: { memory_enabled: DEV },
    parts: { device: DEV, buffer: CLS.buffer, private: PRIV },
  };
}
