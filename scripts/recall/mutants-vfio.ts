// Bugs planted in drivers/vfio/pci: one step of the revoke protocol at a time is taken out, moved or weakened.
import { revokerMutants, SILENT, type Mutant, type Place } from "./mutant.ts";
import {
  addAfter,
  calling,
  changeCondition,
  condition,
  declaring,
  drop,
  inFunction,
  moveAfter,
  moveAllBefore,
  ofKind,
  pick,
  replace,
  testing,
  unwrap,
  within,
  type Mutation,
} from "./operators.ts";

const DMABUF = "drivers/vfio/pci/vfio_pci_dmabuf.c";
const CORE = "drivers/vfio/pci/vfio_pci_core.c";
const CONFIG = "drivers/vfio/pci/vfio_pci_config.c";

const MAP = "vfio_pci_dma_buf_map";
const UNMAP = "vfio_pci_dma_buf_unmap";
const ATTACH = "vfio_pci_dma_buf_attach";
const MOVE = "vfio_pci_dma_buf_move";
const CLEANUP = "vfio_pci_dma_buf_cleanup";
const EXPORT = "vfio_pci_core_feature_dma_buf";
const GET_PHYS = "vfio_pci_core_get_dmabuf_phys";

const REVOKE: readonly Place[] = [{ file: DMABUF, fns: [MOVE, CLEANUP] }];
const ISOLATION: readonly Place[] = [
  {
    file: CORE,
    fns: [
      "vfio_pci_zap_and_down_write_memory_lock",
      "vfio_pci_zap_bars",
      "vfio_pci_runtime_pm_entry",
      "vfio_pci_ioctl_reset",
    ],
  },
  {
    file: CONFIG,
    fns: ["vfio_basic_config_write", "vfio_lock_and_set_power_state", "vfio_exp_config_write", "vfio_af_config_write"],
  },
];
const FAULT: readonly Place[] = [
  { file: CORE, fns: ["vfio_pci_vmf_insert_pfn", "vfio_pci_mmap_huge_fault", "vfio_pci_mmap_page_fault"] },
];

const UNLOCK = pick("unlock", calling("dma_resv_unlock"), 0, 2);
const PUT = pick("initial put", calling("kref_put"));
const WAIT = pick("completion wait", calling("wait_for_completion"));
const FAILED_FD = pick("failed dma_buf_fd", condition("ret < 0"));
const ACTIVE = pick("get_file_active", testing("get_file_active"));
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
    id: `vfio/${id}`,
    family: "vfio",
    row,
    title,
    expect,
    where,
    apply,
    ...(doubt === undefined ? {} : { doubt }),
  };
}

export const VFIO_MUTANTS: readonly Mutant[] = [
  mutant(
    "gate-test-map",
    "gate test in map",
    "map does not test the gate",
    "provider/ungated-use",
    at(DMABUF, MAP),
    inFunction(DMABUF, MAP, drop(pick("gate test", testing("revoked")))),
  ),
  mutant(
    "gate-test-attach",
    "gate test in attach",
    "attach does not test the gate (map still does)",
    SILENT,
    [],
    inFunction(DMABUF, ATTACH, drop(pick("gate test", testing("revoked"))), drop(pick("priv", declaring("priv")))),
  ),

  ...revokerMutants(
    "vfio",
    {
      name: "",
      file: DMABUF,
      fn: MOVE,
      gateStore: pick("gate store", condition("revoked"), 0, 2),
      lock: pick("lock", calling("dma_resv_lock"), 0, 2),
      unlock: UNLOCK,
      drainUnderLock: moveAllBefore([PUT, WAIT], UNLOCK, (lines) => [
        "if (revoked) {",
        ...lines.map((l) => `\t${l}`),
        "}",
      ]),
    },
    REVOKE,
  ),

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
    at(DMABUF, UNMAP, MOVE, CLEANUP),
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
    "rearm-count",
    "re-init after the wait",
    "count not re-armed",
    "dma-buf/revoke-not-idempotent",
    REVOKE,
    inFunction(DMABUF, MOVE, drop(pick("re-init of the count", calling("kref_init")))),
  ),
  mutant(
    "rearm-completion",
    "re-init after the wait",
    "completion not re-armed",
    // wait_for_completion() takes the one token that complete() added (kernel/sched/completion.c do_wait_for_common: x->done--), and the
    // count reaches zero once per kref_init(): the completion is back at 0 before reinit_completion(). Nothing breaks.
    SILENT,
    [],
    inFunction(DMABUF, MOVE, drop(pick("re-init of the completion", calling("reinit_completion")))),
  ),

  mutant(
    "revocable-test",
    "revocable test",
    "attach admits importers that cannot be revoked",
    "dma-buf/unrevocable-importer",
    at(DMABUF, ATTACH, MOVE),
    inFunction(DMABUF, ATTACH, drop(pick("revocable test", testing("dma_buf_attach_revocable")))),
  ),

  mutant(
    "null-check",
    "NULL check removed",
    "provider not checked",
    "provider/unchecked-null",
    at(DMABUF, GET_PHYS, EXPORT),
    inFunction(DMABUF, GET_PHYS, drop(NULL_CHECK)),
  ),
  mutant(
    "is-err",
    "IS_ERR in its place",
    "provider checked with IS_ERR",
    "provider/unchecked-null",
    at(DMABUF, GET_PHYS, EXPORT),
    inFunction(
      DMABUF,
      GET_PHYS,
      changeCondition(NULL_CHECK, () => "IS_ERR(*provider)"),
    ),
  ),
  mutant(
    "no-init",
    "init removed",
    "provider never set up",
    "provider/not-initialised",
    [
      { file: CORE, fns: ["vfio_pci_core_init_dev"] },
      { file: DMABUF, fns: [GET_PHYS] },
    ],
    inFunction(
      CORE,
      "vfio_pci_core_init_dev",
      drop(pick("init", calling("pcim_p2pdma_init"))),
      drop(pick("check of init", testing("EOPNOTSUPP"))),
      drop(pick("ret", declaring("ret"))),
    ),
  ),

  mutant(
    "teardown-call",
    "call from the teardown path",
    "close does not revoke",
    "dma-buf/outlives-session",
    [
      { file: CORE, fns: ["vfio_pci_core_close_device", "vfio_pci_core_disable"] },
      { file: DMABUF, fns: [CLEANUP, EXPORT, MAP] },
    ],
    inFunction(CORE, "vfio_pci_core_close_device", drop(pick("cleanup", calling(CLEANUP)))),
  ),

  mutant(
    "zap-helper",
    "zap",
    "the shared helper does not zap",
    "vma/maps-while-isolated",
    ISOLATION,
    inFunction(CORE, "vfio_pci_zap_and_down_write_memory_lock", drop(pick("zap", calling("vfio_pci_zap_bars")))),
  ),
  mutant(
    "zap-hot-reset",
    "zap",
    "hot reset does not zap",
    "vma/maps-while-isolated",
    at(CORE, "vfio_pci_dev_set_hot_reset", "vfio_pci_ioctl_pci_hot_reset"),
    inFunction(CORE, "vfio_pci_dev_set_hot_reset", drop(pick("zap", calling("vfio_pci_zap_bars")))),
  ),

  mutant(
    "fault-gate",
    "fault gate or its lock",
    "the fault handler has no gate",
    "vma/maps-while-isolated",
    [...FAULT, ...ISOLATION],
    inFunction(CORE, "vfio_pci_vmf_insert_pfn", drop(pick("fault gate", testing("pm_runtime_engaged")))),
  ),
  mutant(
    "fault-lock",
    "fault gate or its lock",
    "the fault handler's gate is not locked",
    "vma/maps-while-isolated",
    [...FAULT, ...ISOLATION],
    inFunction(CORE, "vfio_pci_mmap_huge_fault", unwrap(pick("guard", ofKind("scoped")))),
    "vfio_pci_vmf_insert_pfn() asserts the lock, so dma-buf/lock-not-held (or a vma/ rule on the assertion) is as right as the rule asked for",
  ),

  mutant(
    "get-file",
    "get_file_active replaced by get_file",
    "a buffer under release is taken",
    "dma-buf/revoke-races-release",
    REVOKE,
    inFunction(DMABUF, MOVE, replace(ACTIVE, "get_file(priv->dmabuf->file);")),
  ),
  mutant(
    "break",
    "continue by break",
    "the revoker stops at the first buffer under release",
    "dma-buf/not-invalidated",
    REVOKE,
    inFunction(
      DMABUF,
      MOVE,
      replace(pick("continue", within(testing("get_file_active"), ofKind("continue"))), "break;"),
    ),
  ),

  mutant(
    "unwind",
    "export unwinds by hand",
    "export frees by hand what dma_buf_put() frees",
    "dma-buf/unwind-after-export",
    at(DMABUF, EXPORT),
    inFunction(
      DMABUF,
      EXPORT,
      replace(FAILED_FD, "if (ret < 0) {", "\tdma_buf_put(priv->dmabuf);", "\tgoto err_dev_put;", "}"),
    ),
  ),
  mutant(
    "use-after-publish",
    "use after dma_buf_fd",
    "export reads its object after dma_buf_fd()",
    "dma-buf/use-after-publish",
    at(DMABUF, EXPORT),
    inFunction(DMABUF, EXPORT, addAfter(FAILED_FD, "else", '\tpr_debug("exported %zu bytes\\n", priv->size);')),
  ),
  mutant(
    "use-after-put",
    "use after dma_buf_put",
    "export writes its object after dma_buf_put()",
    "dma-buf/use-after-put",
    at(DMABUF, EXPORT),
    inFunction(
      DMABUF,
      EXPORT,
      replace(FAILED_FD, "if (ret < 0) {", "\tdma_buf_put(priv->dmabuf);", "\tpriv->dmabuf = NULL;", "}"),
    ),
  ),
];
