// What the RDMA core does around an exporter, as procedures: uobjects and their files, the uverbs file, its teardown, and tracked VMAs.
// A set that brings one of these functions in C replaces it.
import type { Proc } from "../../../model/unplug/skeleton.ts";
import { ERR } from "../../../model/unplug/skeleton.ts";
import { ACT, F } from "../actions.ts";
import type { Stmt } from "../assemble.ts";
import type { Lost } from "./contract.ts";
import {
  act,
  alloc,
  any,
  assertHeld,
  c,
  call,
  callSlot,
  choose,
  complete,
  countGet,
  countInit,
  countPut,
  countTry,
  each,
  eq,
  f,
  free,
  link,
  lock,
  loop,
  ne,
  not,
  proc,
  r,
  ret,
  set,
  store,
  trylock,
  unlink,
  unlock,
  when,
} from "../assemble.ts";

/** enum rdma_remove_reason (include/rdma/ib_verbs.h). */
export const REASON = { destroy: 0, close: 1, driverRemove: 2, abort: 3, driverFailure: 4 } as const;

/** The core's structs as classes and their fields. */
export const UF = {
  ref: "ib_uverbs_file.ref",
  rwsem: "ib_uverbs_file.hw_destroy_rwsem",
  ucontext: "ib_uverbs_file.ucontext",
  umapLock: "ib_uverbs_file.umap_lock",
  list: "ib_uverbs_file.list",
  device: "ib_uverbs_file.device",
} as const;
export const UO = {
  ref: "ib_uobject.ref",
  ufile: "ib_uobject.ufile",
  context: "ib_uobject.context",
  object: "ib_uobject.object",
  list: "ib_uobject.list",
} as const;
export const DV = {
  refcount: "ib_uverbs_device.refcount",
  comp: "ib_uverbs_device.comp",
  lists: "ib_uverbs_device.lists_mutex",
  srcu: "ib_uverbs_device.disassociate_srcu",
  ibDev: "ib_uverbs_device.ib_dev",
} as const;
export const EN = {
  ref: "rdma_user_mmap_entry.ref",
  removed: "rdma_user_mmap_entry.driver_removed",
  xaLock: "ib_ucontext.mmap_xa",
  /** Ghost: it can be found by its offset (xa_load of ucontext->mmap_xa). */
  inXa: "ghost.mmap_xa",
  /** Ghost: its driver has called the removal. */
  retired: "ghost.retired",
} as const;
export const UM = { vma: "rdma_umap_priv.vma", entry: "rdma_umap_priv.entry", list: "rdma_umap_priv.list" } as const;
export const ENTRY = "rdma_user_mmap_entry";
export const UMAP = "rdma_umap_priv";
export const UFILE = "ib_uverbs_file";

const [uobj, ufile, dev, entry, priv, reason, v] = [
  r("uobj"),
  r("ufile"),
  r("dev"),
  r("entry"),
  r("priv"),
  r("reason"),
  r("v"),
];

/** Names under which the core's slots appear in a set. */
export const SLOT = {
  destroy: "uverbs_obj_fd_type.destroy_object",
  mmapFree: "ib_device_ops.mmap_free",
  disassociate: "ib_device_ops.disassociate_ucontext",
  open: "vm_operations_struct.open",
  close: "vm_operations_struct.close",
} as const;

/** `privateClass`: the class that contains the uobject. `retire`: how the driver gives up its mmap entry. */
export function coreProcs(privateClass: string, retire: Stmt, lost: Lost): Record<string, Proc> {
  const out: Record<string, Proc> = {};
  const define = (name: string, params: readonly string[], ...body: readonly Stmt[]): void =>
    void (out[name] = proc(name, params, body));

  define("uverbs_uobject_put", ["uobj"], countPut(UO.ref, uobj, "last"), when(r("last"), [free(privateClass, uobj)]));

  define(
    "ib_uverbs_release_file",
    ["ufile"],
    countPut(DV.refcount, f(UF.device, ufile), "last"),
    when(r("last"), [complete(DV.comp, f(UF.device, ufile))]),
    free(UFILE, ufile),
  );
  define(
    "rdma.ufile_put",
    ["ufile"],
    countPut(UF.ref, ufile, "last"),
    when(r("last"), [call("ib_uverbs_release_file", [ufile])]),
  );

  define(
    "uverbs_destroy_uobject",
    ["uobj", "reason", "ufile"],
    assertHeld(UF.rwsem, ufile, "read"),
    when(
      eq(reason, c(REASON.abort)),
      // alloc_abort_fd_uobject: the file was never installed.
      [set("filp", f(UO.object, uobj)), when(r("filp"), [countPut(F.files, r("filp"))])],
      [
        when(f(UO.object, uobj), [
          ...(lost.has("destroy callback") ? [] : [callSlot(SLOT.destroy, [uobj, reason])]),
          store(UO.object, uobj, c(0)),
        ]),
      ],
    ),
    store(UO.context, uobj, c(0)),
    when({ k: "linked", f: UO.list, o: uobj }, [unlink(UO.list, uobj, true), call("uverbs_uobject_put", [uobj])]),
    when(eq(reason, c(REASON.abort)), [call("uverbs_uobject_put", [uobj])]),
  );

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
    "uverbs_destroy_ufile_hw",
    ["ufile", "reason"],
    ...(lost.has("lock of the teardown") ? [] : [lock(UF.rwsem, ufile)]),
    when(f(UF.ucontext, ufile), [
      // The driver's own uobjects, whose destruction gives up mmap entries, stand on the same list, in any order.
      choose([retire], []),
      each("uobj", UO.list, ufile, [call("uverbs_destroy_uobject", [uobj, reason, ufile])]),
      retire,
      when(eq(reason, c(REASON.driverRemove)), [
        call("uverbs_user_mmap_disassociate", [ufile]),
        callSlot(SLOT.disassociate, [any]),
      ]),
      store(UF.ucontext, ufile, c(0)),
    ]),
    ...(lost.has("lock of the teardown") ? [] : [unlock(UF.rwsem, ufile)]),
  );

  out["uverbs_user_mmap_disassociate"] = disassociate(lost);

  // ib_uverbs_close: release of the uverbs file.
  define(
    "rdma.release",
    ["ufile"],
    call("uverbs_destroy_ufile_hw", [ufile, c(REASON.close)]),
    set("dev", f(UF.device, ufile)),
    lock(DV.lists, dev),
    unlink(UF.list, ufile, true),
    unlock(DV.lists, dev),
    call("rdma.ufile_put", [ufile]),
  );

  define(
    "rdma_user_mmap_entry_put",
    ["entry"],
    countPut(EN.ref, entry, "last"),
    when(r("last"), [call("rdma_user_mmap_entry_free", [entry])]),
  );
  define(
    "rdma_user_mmap_entry_free",
    ["entry"],
    lock(EN.xaLock, c(1)),
    store(EN.inXa, entry, c(0)),
    unlock(EN.xaLock, c(1)),
    callSlot(SLOT.mmapFree, [entry]),
  );
  define(
    "rdma_user_mmap_entry_get_pgoff",
    ["ucontext", "pgoff"],
    lock(EN.xaLock, c(1)),
    set("got", c(0)),
    when(f(EN.inXa, c(1)), [when(not(f(EN.removed, c(1))), [countTry(EN.ref, c(1), "got")])]),
    unlock(EN.xaLock, c(1)),
    ret(r("got")),
  );

  define(
    "rdma_umap_priv_init",
    ["priv", "v", "entry", "ufile"],
    store(UM.vma, priv, v),
    when(entry, [countGet(EN.ref, entry), store(UM.entry, priv, entry)]),
    store(F.vmaPrivate, v, priv),
    lock(UF.umapLock, ufile),
    link(UM.list, priv, ufile),
    unlock(UF.umapLock, ufile),
  );

  define(
    "rdma_umap_open",
    ["v"],
    set("opriv", f(F.vmaPrivate, v)),
    when(not(r("opriv")), [ret()]),
    trylock(UF.rwsem, c(1), "read", "got"),
    when(r("got"), [
      when(f(UF.ucontext, c(1)), [
        alloc(UMAP, "priv"),
        when(priv, [
          call("rdma_umap_priv_init", [priv, v, f(UM.entry, r("opriv")), c(1)]),
          unlock(UF.rwsem, c(1), "read"),
          ret(),
        ]),
      ]),
      unlock(UF.rwsem, c(1), "read"),
    ]),
    store(F.vmaPrivate, v, c(0)),
    act(ACT.zapVma, [v]),
  );

  define(
    "rdma_umap_close",
    ["v"],
    set("priv", f(F.vmaPrivate, v)),
    when(not(priv), [ret()]),
    lock(UF.umapLock, c(1)),
    when(f(UM.entry, priv), [call("rdma_user_mmap_entry_put", [f(UM.entry, priv)])]),
    unlink(UM.list, priv, true),
    unlock(UF.umapLock, c(1)),
    free(UMAP, priv),
  );

  // ib_uverbs_mmap and rdma_user_mmap_io.
  define(
    "rdma.mmap",
    ["dev", "v"],
    lock(DV.srcu, dev, "read"),
    trylock(UF.rwsem, c(1), "read", "got"),
    set("ret", c(ERR)),
    when(r("got"), [
      when(f(UF.ucontext, c(1)), [
        call("rdma_user_mmap_entry_get_pgoff", [any, any], "entry"),
        when(entry, [
          alloc(UMAP, "priv"),
          when(priv, [
            act(ACT.insertPte, [v], { r: "failed" }),
            when(
              r("failed"),
              [free(UMAP, priv)],
              [call("rdma_umap_priv_init", [priv, v, entry, c(1)]), set("ret", c(0))],
            ),
          ]),
          call("rdma_user_mmap_entry_put", [entry]),
        ]),
      ]),
      unlock(UF.rwsem, c(1), "read"),
    ]),
    unlock(DV.srcu, dev, "read"),
    ret(r("ret")),
  );

  // A method that makes a new fd object, around its handler (rdma_alloc_begin_uobject, rdma_alloc_commit_uobject, rdma_alloc_abort_uobject).
  define(
    "rdma.begin",
    ["ufile"],
    alloc(privateClass, "uobj"),
    when(uobj, [store(UO.ufile, uobj, ufile), store(UO.context, uobj, c(1)), countInit(UO.ref, uobj)]),
    ret(uobj),
  );
  define(
    "rdma.commit",
    ["uobj", "ufile"],
    countGet(UO.ref, uobj),
    link(UO.list, uobj, ufile),
    set("filp", f(UO.object, uobj)),
    countGet(UF.ref, ufile),
    act(ACT.fdInstall, [r("filp")]),
  );
  return out;
}

/** uverbs_user_mmap_disassociate: one process at a time, because mmap_lock is taken before umap_lock. */
function disassociate(lost: Lost): Proc {
  return proc(
    "uverbs_user_mmap_disassociate",
    ["ufile"],
    [
      assertHeld(UF.rwsem, ufile),
      loop(
        lock(UF.umapLock, ufile),
        set("vma", c(0)),
        each("first", UM.list, ufile, [set("vma", f(UM.vma, r("first"))), { s: "break" }]),
        unlock(UF.umapLock, ufile),
        when(not(r("vma")), [ret()]),
        lock(F.mmapLock, r("vma"), "read"),
        lock(UF.umapLock, ufile),
        each("priv", UM.list, ufile, [
          when(ne(f(UM.vma, priv), r("vma")), [{ s: "continue" }]),
          unlink(UM.list, priv, true),
          ...(lost.has("zap") ? [] : [act(ACT.zapVma, [f(UM.vma, priv)])]),
          when(f(UM.entry, priv), [call("rdma_user_mmap_entry_put", [f(UM.entry, priv)]), store(UM.entry, priv, c(0))]),
        ]),
        unlock(UF.umapLock, ufile),
        unlock(F.mmapLock, r("vma"), "read"),
      ),
    ],
  );
}
