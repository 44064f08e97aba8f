// The uverbs dma-buf exporter of Linux 7.2 (drivers/infiniband/core/uverbs_std_types_dmabuf.c, ib_core_uverbs.c) with mlx5 behind it, written by hand as a skeleton set.
// `rdmaSet()` is what the kernel has; `mendedRdmaSet()` is the same with the defects mended that the model finds in it, as a base for the tests that break it again.
import type { Edits, Stmt } from "../../../server/src/lifecycles/unplug/assemble.ts";
import {
  act,
  assertHeld,
  c,
  call,
  complete,
  countGet,
  countInit,
  countPut,
  each,
  f,
  goto,
  isErr,
  label,
  link,
  lock,
  not,
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
import { EN, ENTRY, REASON, SLOT, UF, UFILE, UO } from "../../../server/src/lifecycles/unplug/contracts/rdma-core.ts";
import type { Proc, SkeletonSet } from "../../../server/src/model/unplug/skeleton.ts";
import { ERR } from "../../../server/src/model/unplug/skeleton.ts";

const DEV = "ib_device";
const PRIV = "ib_uverbs_dmabuf_file";
const P = {
  dmabuf: `${PRIV}.dmabuf`,
  elm: `${PRIV}.dmabufs_elm`,
  entry: `${PRIV}.mmap_entry`,
  provider: `${PRIV}.provider`,
  kref: `${PRIV}.kref`,
  comp: `${PRIV}.comp`,
  revoked: `${PRIV}.revoked`,
} as const;
const LOCK = `${ENTRY}.dmabufs_lock`;
/** Tests name these in edits. */
export const RDMA = { DEV, PRIV, P, LOCK };

const [priv, entry, att, uobj, ufile] = [r("priv"), r("entry"), r("att"), r("uobj"), r("ufile")];
const dmabuf = f(P.dmabuf, priv);
const err = c(ERR);

/** The strong wait, as the code has it. */
export const waitFences = (opt: { usage?: string; interruptible?: boolean; timeout?: string } = {}): Stmt =>
  act(ACT.waitFences, [dmabuf], {
    opt: { usage: "BOOKKEEP", interruptible: false, timeout: "max", ...opt },
    r: "waited",
  });

/** The set, with the tagged stretches changed. `mended`: a release that waits for the teardown instead of passing it by, and knows an aborted export. */
export function rdmaSet(
  edits: Edits = {},
  { mended = false, disassociates = true, name = "uverbs" } = {},
): SkeletonSet {
  const seen = new Set<string>();
  const procs: Record<string, Proc> = {};
  const define = (fn: string, params: readonly string[], ...body: readonly Stmt[]): void =>
    void (procs[fn] = proc(fn, params, body, edits, seen));

  define("mlx5_ib_stage_init_init", ["dev"], tag("init", act(ACT.initProvider, [r("dev")], { r: "ret" })), ret(c(0)));

  define("uverbs_dmabuf_attach", ["dmabuf", "att"], when(not(f(F.peer2peer, att)), [ret(err)]), ret(c(0)));
  define("ib_uverbs_dmabuf_done", ["priv"], tag("done.complete", complete(P.comp, priv)));

  define(
    "uverbs_dmabuf_map",
    ["att", "dir"],
    set("priv", f(F.priv, f(F.attDmabuf, att))),
    assertHeld(F.resv, dmabuf),
    tag("map.gate", when(f(P.revoked, priv), [ret(err)])),
    act(ACT.mapBegin, [att, f(P.provider, priv)], { r: "ret" }),
    when(isErr(r("ret")), [ret(r("ret"))]),
    tag("map.get", countGet(P.kref, priv)),
    ret(r("ret")),
  );

  define(
    "uverbs_dmabuf_unmap",
    ["att", "sgt", "dir"],
    set("priv", f(F.priv, f(F.attDmabuf, att))),
    assertHeld(F.resv, dmabuf),
    tag("unmap.before"),
    act(ACT.mapEnd, [att]),
    tag("unmap.put", countPut(P.kref, priv, "last"), when(r("last"), [call("ib_uverbs_dmabuf_done", [priv])])),
  );

  define("uverbs_dmabuf_pin", ["att"], tag("pin", ret(err)));
  define("uverbs_dmabuf_unpin", ["att"]);

  define(
    "uverbs_dmabuf_release",
    ["dmabuf"],
    set("priv", f(F.priv, r("dmabuf"))),
    ...(mended ? [when(not(priv), [ret()])] : [when(not(f(UO.context, priv)), [ret()])]),
    call("uverbs_uobject_release", [priv]),
  );

  if (mended)
    define(
      "uverbs_uobject_release",
      ["uobj"],
      set("ufile", f(UO.ufile, uobj)),
      tag("release.lock", lock(UF.rwsem, ufile, "read")),
      call("uverbs_destroy_uobject", [uobj, c(REASON.close), ufile]),
      unlock(UF.rwsem, ufile, "read"),
      call("rdma.ufile_put", [ufile]),
      call("uverbs_uobject_put", [uobj]),
    );
  else
    define(
      "uverbs_uobject_release",
      ["uobj"],
      set("ufile", f(UO.ufile, uobj)),
      trylock(UF.rwsem, ufile, "read", "got"),
      when(r("got"), [call("uverbs_destroy_uobject", [uobj, c(REASON.close), ufile]), unlock(UF.rwsem, ufile, "read")]),
      call("rdma.ufile_put", [ufile]),
      call("uverbs_uobject_put", [uobj]),
    );

  define(
    "mlx5_ib_mmap_get_pfns",
    ["entry", "priv"],
    act(ACT.getProvider, [c(1)], { r: "p" }),
    store(P.provider, priv, r("p")),
    tag("null", when(not(f(P.provider, priv)), [ret(err)])),
    ret(c(0)),
  );

  define(
    "UVERBS_METHOD_DMABUF_ALLOC",
    ["priv"],
    call("rdma_user_mmap_entry_get_pgoff", [c(1), c(1)], "entry"),
    when(not(entry), [ret(err)]),
    call("mlx5_ib_mmap_get_pfns", [entry, priv], "ret"),
    when(r("ret"), [goto("err")]),
    call(ENV.export, [priv], "d"),
    store(P.dmabuf, priv, r("d")),
    when(isErr(r("d")), [set("ret", err), goto("err")]),
    tag("export.arm", countInit(P.kref, priv), reinit(P.comp, priv)),
    lock(LOCK, entry),
    set("ret", c(0)),
    tag("export.gate", when(f(EN.removed, entry), [set("ret", err)], [link(P.elm, priv, entry)])),
    unlock(LOCK, entry),
    when(r("ret"), [goto("err_revoked")]),
    store(UO.object, priv, dmabuf),
    store(P.entry, priv, entry),
    tag("export.late"),
    ret(c(0)),
    label("err_revoked"),
    ...(mended ? [store(F.priv, dmabuf, c(0))] : []),
    tag("export.put", countPut(F.files, dmabuf)),
    label("err"),
    call("rdma_user_mmap_entry_put", [entry]),
    ret(r("ret")),
  );

  define(
    "uverbs_dmabuf_fd_destroy_uobj",
    ["priv", "why"],
    set("drain", c(0)),
    lock(LOCK, f(P.entry, priv)),
    tag("destroy.lock", lock(F.resv, dmabuf)),
    when(not(f(P.revoked, priv)), [
      tag("destroy.gate", store(P.revoked, priv, c(1))),
      unlink(P.elm, priv),
      tag("destroy.invalidate", call(ENV.invalidate, [dmabuf])),
      tag("destroy.gate.late"),
      tag("destroy.fences", waitFences()),
      set("drain", c(1)),
      tag("destroy.inside"),
    ]),
    tag("destroy.unlock", unlock(F.resv, dmabuf)),
    tag("destroy.gate.outside"),
    when(r("drain"), [
      tag("destroy.put", countPut(P.kref, priv, "last"), when(r("last"), [call("ib_uverbs_dmabuf_done", [priv])])),
      tag("destroy.wait", waitDone(P.comp, priv)),
    ]),
    unlock(LOCK, f(P.entry, priv)),
    call("rdma_user_mmap_entry_put", [f(P.entry, priv)]),
  );

  define(
    "rdma_user_mmap_entry_remove",
    ["entry"],
    lock(LOCK, entry),
    lock(EN.xaLock, c(1)),
    store(EN.removed, entry, c(1)),
    unlock(EN.xaLock, c(1)),
    tag(
      "remove.loop",
      each("priv", P.elm, entry, [
        tag("remove.lock", lock(F.resv, dmabuf)),
        unlink(P.elm, priv),
        tag("remove.gate", store(P.revoked, priv, c(1))),
        tag("remove.invalidate", call(ENV.invalidate, [dmabuf])),
        tag("remove.gate.late"),
        tag("remove.fences", waitFences()),
        tag("remove.inside"),
        tag("remove.unlock", unlock(F.resv, dmabuf)),
        tag("remove.gate.outside"),
        tag("remove.put", countPut(P.kref, priv, "last"), when(r("last"), [call("ib_uverbs_dmabuf_done", [priv])])),
        tag("remove.wait", waitDone(P.comp, priv)),
      ]),
    ),
    unlock(LOCK, entry),
    call("rdma_user_mmap_entry_put", [entry]),
  );

  const unused = unusedEdits(edits, seen);
  if (unused.length > 0) throw new Error(`no such tag: ${unused.join(", ")}`);
  return {
    name,
    classes: [
      { name: DEV, tags: [DEV], count: 1, liveAtStart: 1, fields: [] },
      {
        name: PRIV,
        tags: [PRIV],
        count: 2,
        liveAtStart: 0,
        fields: [
          { id: P.dmabuf, kind: "pointer", to: CLS.buffer },
          { id: P.elm, kind: "link", to: ENTRY },
          { id: P.entry, kind: "pointer", to: ENTRY },
          { id: P.provider, kind: "pointer", to: CLS.provider },
          { id: P.kref, kind: "count" },
          { id: P.comp, kind: "completion" },
          { id: P.revoked, kind: "value" },
        ],
      },
      { name: ENTRY, tags: [ENTRY], count: 1, liveAtStart: 1, fields: [{ id: LOCK, kind: "lock" }] },
      { name: UFILE, tags: [UFILE], count: 1, liveAtStart: 1, fields: [] },
    ],
    procs,
    slots: {
      "dma_buf_ops.attach": "uverbs_dmabuf_attach",
      "dma_buf_ops.map_dma_buf": "uverbs_dmabuf_map",
      "dma_buf_ops.unmap_dma_buf": "uverbs_dmabuf_unmap",
      "dma_buf_ops.pin": "uverbs_dmabuf_pin",
      "dma_buf_ops.unpin": "uverbs_dmabuf_unpin",
      "dma_buf_ops.release": "uverbs_dmabuf_release",
      [SLOT.destroy]: "uverbs_dmabuf_fd_destroy_uobj",
      ...(disassociates ? { [SLOT.disassociate]: "uverbs_dmabuf_unpin" } : {}),
    },
    roots: [
      { kind: "probe", proc: "mlx5_ib_stage_init_init", params: [DEV], via: "auxiliary_driver.probe" },
      { kind: "export", proc: "UVERBS_METHOD_DMABUF_ALLOC", params: [PRIV], via: "uverbs method" },
      { kind: "retire", proc: "rdma_user_mmap_entry_remove", params: [ENTRY], via: "exported" },
    ],
    preds: {},
    parts: { device: DEV, buffer: CLS.buffer, private: PRIV },
  };
}

/** The set without the defects of the original. */
export const mendedRdmaSet = (edits: Edits = {}): SkeletonSet =>
  rdmaSet(edits, { mended: true, name: "uverbs, mended" });
