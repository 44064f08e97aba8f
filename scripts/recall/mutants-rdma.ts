// Bugs planted in drivers/infiniband/core and mlx5: the same steps as in VFIO, each in both of the family's revokers.
import { revokerMutants, SILENT, storeOf, type Mutant, type Place } from "./mutant.ts";
import {
  addAfter,
  assigning,
  calling,
  changeCondition,
  condition,
  declaring,
  drop,
  inFunction,
  mentioning,
  moveAfter,
  ofKind,
  pick,
  replace,
  testing,
  type Mutation,
} from "./operators.ts";

const DMABUF = "drivers/infiniband/core/uverbs_std_types_dmabuf.c";
const ENTRY = "drivers/infiniband/core/ib_core_uverbs.c";
const MAIN = "drivers/infiniband/core/uverbs_main.c";
const OBJECTS = "drivers/infiniband/core/rdma_core.c";
const MLX5 = "drivers/infiniband/hw/mlx5/main.c";

const MAP = "uverbs_dmabuf_map";
const UNMAP = "uverbs_dmabuf_unmap";
const PIN = "uverbs_dmabuf_pin";
const ATTACH = "uverbs_dmabuf_attach";
const EXPORT = "UVERBS_HANDLER(UVERBS_METHOD_DMABUF_ALLOC)";
const DESTROY = "uverbs_dmabuf_fd_destroy_uobj";
const REMOVE = "rdma_user_mmap_entry_remove";
const GET_PFNS = "mlx5_ib_mmap_get_pfns";

const BY_DESTROY: readonly Place[] = [{ file: DMABUF, fns: [DESTROY] }];
const BY_REMOVE: readonly Place[] = [{ file: ENTRY, fns: [REMOVE] }];

const UNLOCK = pick("unlock", calling("dma_resv_unlock"));
const LOCK = pick("lock", calling("dma_resv_lock"));
const WAIT = pick("completion wait", calling("wait_for_completion"));
const PUT_DMABUF = pick("put", calling("dma_buf_put"));
const NULL_CHECK = pick("NULL check", condition("! * provider"));

function at(file: string, ...fns: readonly string[]): readonly Place[] {
  return [{ file, fns }];
}

function mutant(
  id: string,
  row: string,
  title: string,
  expect: string,
  where: readonly Place[],
  apply: Mutation,
  doubt?: string,
): Mutant {
  return {
    id: `rdma/${id}`,
    family: "rdma",
    row,
    title,
    expect,
    where,
    apply,
    ...(doubt === undefined ? {} : { doubt }),
  };
}

/** What else the loss of a step breaks, where another rule may rightly be named first. */
const ENTRY_DOUBTS: Readonly<Record<string, string>> = {
  "rdma/gate-store-entry":
    "without the store the destroy callback takes the buffer for live: it unlinks, puts and waits a second time, so a count below zero or a " +
    "second unlink may be named first",
};

export const RDMA_MUTANTS: readonly Mutant[] = [
  mutant(
    "gate-test-map",
    "gate test in map",
    "map does not test the gate",
    "provider/ungated-use",
    at(DMABUF, MAP),
    inFunction(DMABUF, MAP, drop(pick("gate test", testing("revoked")))),
  ),

  ...revokerMutants(
    "rdma",
    {
      name: "destroy",
      file: DMABUF,
      fn: DESTROY,
      gateStore: storeOf("revoked"),
      lock: LOCK,
      unlock: UNLOCK,
      drainUnderLock: moveAfter(UNLOCK, pick("drain", testing("wait_for_comp"))),
    },
    BY_DESTROY,
  ),
  ...revokerMutants(
    "rdma",
    {
      name: "entry",
      file: ENTRY,
      fn: REMOVE,
      gateStore: storeOf("revoked"),
      lock: LOCK,
      unlock: UNLOCK,
      initialPut: pick("initial put", calling("kref_put"), 0, 2),
      drainUnderLock: moveAfter(UNLOCK, WAIT),
    },
    BY_REMOVE,
  ).map((m) => {
    const doubt = ENTRY_DOUBTS[m.id];
    return doubt === undefined ? m : { ...m, doubt };
  }),

  mutant(
    "counted-get",
    "counted get",
    "map does not count",
    "dma-buf/uncounted-mapping",
    at(DMABUF, MAP, UNMAP),
    inFunction(DMABUF, MAP, drop(pick("get", calling("kref_get")))),
  ),
  mutant(
    "counted-put",
    "counted put",
    "unmap does not drop its count",
    "dma-buf/drain-never-ends",
    [{ file: DMABUF, fns: [UNMAP, DESTROY] }, ...BY_REMOVE],
    inFunction(DMABUF, UNMAP, drop(pick("put", calling("kref_put")))),
  ),
  mutant(
    "put-early",
    "put before the mapping ends",
    "unmap drops its count before it unmaps",
    "dma-buf/counted-too-short",
    at(DMABUF, UNMAP),
    inFunction(
      DMABUF,
      UNMAP,
      moveAfter(pick("unmapping", calling("dma_buf_free_sgt")), pick("put", calling("kref_put"))),
    ),
  ),

  mutant(
    "pin-refusal",
    "pin refusal",
    "pin succeeds",
    "dma-buf/unrevocable-importer",
    [{ file: DMABUF, fns: [PIN, ATTACH, DESTROY] }, ...BY_REMOVE],
    inFunction(DMABUF, PIN, replace(pick("refusal", ofKind("return")), "return 0;")),
  ),

  mutant(
    "null-check",
    "NULL check removed",
    "provider not checked",
    "provider/unchecked-null",
    [
      { file: MLX5, fns: [GET_PFNS] },
      { file: DMABUF, fns: [EXPORT] },
    ],
    inFunction(MLX5, GET_PFNS, drop(NULL_CHECK)),
  ),
  mutant(
    "is-err",
    "IS_ERR in its place",
    "provider checked with IS_ERR",
    "provider/unchecked-null",
    [
      { file: MLX5, fns: [GET_PFNS] },
      { file: DMABUF, fns: [EXPORT] },
    ],
    inFunction(
      MLX5,
      GET_PFNS,
      changeCondition(NULL_CHECK, () => "IS_ERR(*provider)"),
    ),
  ),
  mutant(
    "no-init",
    "init removed",
    "provider never set up",
    "provider/not-initialised",
    at(MLX5, "mlx5_ib_stage_init_init", GET_PFNS),
    inFunction(MLX5, "mlx5_ib_stage_init_init", drop(pick("init", calling("pcim_p2pdma_init")))),
  ),

  mutant(
    "teardown-call",
    "call from the teardown path",
    "device removal does not reach the destroy callback",
    "dma-buf/not-invalidated",
    [
      { file: MAIN, fns: ["ib_uverbs_remove_one", "ib_uverbs_free_hw_resources", "uverbs_destroy_ufile_hw"] },
      { file: DMABUF, fns: [DESTROY, EXPORT, MAP] },
    ],
    inFunction(MAIN, "ib_uverbs_remove_one", drop(pick("teardown", calling("ib_uverbs_free_hw_resources")))),
    "the call also zaps the VMAs, so vma/not-zapped is as right as the rule asked for; both may be reported",
  ),
  mutant(
    "teardown-callback",
    "call from the teardown path",
    "the destroy callback of fd objects is never called",
    // The driver removes each mmap entry in the same teardown, and that revokes the buffers listed on it: what breaks is that a released buffer stays there.
    "dma-buf/revoke-races-release",
    [
      { file: OBJECTS, fns: ["destroy_hw_fd_uobject", "uverbs_destroy_uobject"] },
      { file: DMABUF, fns: [DESTROY, EXPORT, MAP] },
    ],
    inFunction(
      OBJECTS,
      "destroy_hw_fd_uobject",
      drop(pick("callback", mentioning("destroy_object"))),
      drop(pick("fd_type", declaring("fd_type"))),
    ),
  ),

  mutant(
    "zap",
    "zap",
    "disassociation does not zap",
    "vma/not-zapped",
    at(
      MAIN,
      "uverbs_user_mmap_disassociate",
      "ufile_destroy_ucontext",
      "rdma_user_mmap_disassociate",
      "ib_uverbs_remove_one",
    ),
    inFunction(MAIN, "uverbs_user_mmap_disassociate", drop(pick("zap", calling("zap_special_vma_range")))),
  ),
  mutant(
    "fault-gate",
    "fault gate or its lock",
    "the fault handler does not test its private data (it inserts no PFN)",
    SILENT,
    [],
    inFunction(MAIN, "rdma_umap_fault", drop(pick("test", condition("! priv"))), drop(pick("priv", declaring("priv")))),
  ),
  mutant(
    "fault-lock",
    "fault gate or its lock",
    "the fault handler takes no lock (it inserts no PFN)",
    SILENT,
    [],
    inFunction(
      MAIN,
      "rdma_umap_fault",
      drop(pick("lock", calling("mutex_lock"))),
      drop(pick("unlock", calling("mutex_unlock"))),
    ),
  ),

  mutant(
    "unwind",
    "export unwinds by hand",
    "export puts by hand the object that its caller and the release put",
    "dma-buf/unwind-after-export",
    at(DMABUF, EXPORT),
    inFunction(DMABUF, EXPORT, addAfter(PUT_DMABUF, "uverbs_uobject_put(uobj);")),
    "the code as it is breaks the same rule in the same function already: on this path its caller's abort puts the object that the release reads, so one " +
      "put more is no new finding",
  ),
  mutant(
    "use-after-publish",
    "use after dma_buf_fd",
    "the commit writes the object after fd_install()",
    "dma-buf/use-after-publish",
    at(OBJECTS, "alloc_commit_fd_uobject", "rdma_alloc_commit_uobject"),
    inFunction(
      OBJECTS,
      "alloc_commit_fd_uobject",
      moveAfter(pick("store", assigning("id", "0")), pick("install", calling("fd_install"))),
    ),
    "the family has no dma_buf_fd(): the descriptor is published by the framework's commit, two files away from the exporter, for every kind of fd object",
  ),
  mutant(
    "use-after-put",
    "use after dma_buf_put",
    "export writes the buffer after dma_buf_put()",
    "dma-buf/use-after-put",
    at(DMABUF, EXPORT),
    inFunction(DMABUF, EXPORT, addAfter(PUT_DMABUF, "uverbs_dmabuf->dmabuf->priv = NULL;")),
  ),
];
