// The table of kernel names: what each call, type and field of C means in the unplug model, under every name that the API has had. Rows, to be read one by one.
// Sources: include/linux (mutex.h, rwsem.h, spinlock.h, srcu.h, kref.h, refcount.h, completion.h, list.h, err.h, slab.h, dma-buf.h, dma-resv.h, pci-p2pdma.h,
// mm.h, fs.h) and domain.md's table of renames, restated beside each row. What the actions do is in actions.ts.
import { ACT, CLS, ENV, F } from "./actions.ts";
import type { LockMode } from "../../model/unplug/skeleton.ts";
import type { Framework, Meaning, Operand, OptionRule, Slot, Vocabulary } from "../../model/unplug/vocabulary.ts";
import { DV, EN, UF, UM, UO } from "./contracts/rdma-core.ts";

/** One meaning with all the names that it has or had. A name that was renamed says so: "old name: until 6.19". */
export interface Row {
  readonly names: readonly string[];
  /** Former names, each with when it went. */
  readonly was?: Readonly<Record<string, string>>;
  readonly meaning: Meaning;
}

const row = (meaning: Meaning, names: readonly string[], was?: Readonly<Record<string, string>>): Row =>
  was === undefined ? { names, meaning } : { names, was, meaning };

type How = "wait" | "try" | "fallible";
const lock = (mode: LockMode, how: How, ...names: string[]): Row => row({ m: "lock", mode, how, arg: 0 }, names);
const unlock = (mode: LockMode, ...names: string[]): Row => row({ m: "unlock", mode, arg: 0 }, names);
const same = (arg: number, ...names: string[]): Row => row({ m: "same", arg }, names);
const nothing = (...names: string[]): Row => row({ m: "nothing" }, names);

const locks: readonly Row[] = [
  lock(
    "write",
    "wait",
    "mutex_lock",
    "mutex_lock_nested",
    "mutex_lock_nest_lock",
    "mutex_lock_io",
    "rt_mutex_lock",
    "down",
  ),
  lock("write", "fallible", "mutex_lock_interruptible", "mutex_lock_killable", "mutex_lock_interruptible_nested"),
  lock("write", "fallible", "mutex_lock_killable_nested", "down_interruptible", "down_killable"),
  lock("write", "try", "mutex_trylock"),
  unlock("write", "mutex_unlock", "up"),
  lock("write", "wait", "down_write", "down_write_nested", "down_write_nest_lock"),
  lock("write", "fallible", "down_write_killable", "down_write_killable_nested"),
  lock("write", "try", "down_write_trylock"),
  unlock("write", "up_write"),
  lock("read", "wait", "down_read", "down_read_nested", "down_read_non_owner"),
  lock("read", "fallible", "down_read_interruptible", "down_read_killable", "down_read_killable_nested"),
  lock("read", "try", "down_read_trylock"),
  unlock("read", "up_read", "up_read_non_owner"),
  lock("write", "wait", "spin_lock", "spin_lock_bh", "spin_lock_irq", "spin_lock_irqsave", "spin_lock_nested"),
  lock("write", "wait", "spin_lock_irqsave_nested", "raw_spin_lock", "raw_spin_lock_irq", "raw_spin_lock_irqsave"),
  lock("write", "wait", "raw_spin_lock_bh", "write_lock", "write_lock_bh", "write_lock_irq", "write_lock_irqsave"),
  lock("write", "try", "spin_trylock", "spin_trylock_bh", "spin_trylock_irq", "spin_trylock_irqsave", "write_trylock"),
  lock("write", "try", "raw_spin_trylock"),
  unlock("write", "spin_unlock", "spin_unlock_bh", "spin_unlock_irq", "spin_unlock_irqrestore", "raw_spin_unlock"),
  unlock("write", "raw_spin_unlock_irq", "raw_spin_unlock_irqrestore", "raw_spin_unlock_bh"),
  unlock("write", "write_unlock", "write_unlock_bh", "write_unlock_irq", "write_unlock_irqrestore"),
  lock("read", "wait", "read_lock", "read_lock_bh", "read_lock_irq", "read_lock_irqsave"),
  lock("read", "try", "read_trylock"),
  unlock("read", "read_unlock", "read_unlock_bh", "read_unlock_irq", "read_unlock_irqrestore"),
  lock("write", "wait", "xa_lock", "xa_lock_bh", "xa_lock_irq", "xa_lock_irqsave", "xas_lock", "xas_lock_irq"),
  unlock("write", "xa_unlock", "xa_unlock_bh", "xa_unlock_irq", "xa_unlock_irqrestore", "xas_unlock", "xas_unlock_irq"),
  lock("read", "wait", "percpu_down_read"),
  lock("read", "try", "percpu_down_read_trylock"),
  unlock("read", "percpu_up_read"),
  lock("write", "wait", "percpu_down_write"),
  unlock("write", "percpu_up_write"),
  row({ m: "lock", mode: "write", how: "wait", arg: 0, fallibleArg: 1 }, ["ww_mutex_lock", "ww_mutex_lock_slow"]),
  row({ m: "lock", mode: "write", how: "fallible", arg: 0 }, ["ww_mutex_lock_interruptible"]),
  row({ m: "lock", mode: "write", how: "try", arg: 0 }, ["ww_mutex_trylock"]),
  unlock("write", "ww_mutex_unlock"),
  // include/linux/dma-resv.h. reservation_object_* until 5.4.
  row({ m: "lock", mode: "write", how: "wait", arg: 0, fallibleArg: 1 }, ["dma_resv_lock"], {
    reservation_object_lock: "until 5.4",
  }),
  row({ m: "lock", mode: "write", how: "fallible", arg: 0 }, [
    "dma_resv_lock_interruptible",
    "dma_resv_lock_slow_interruptible",
  ]),
  lock("write", "wait", "dma_resv_lock_slow"),
  lock("write", "try", "dma_resv_trylock"),
  unlock("write", "dma_resv_unlock"),
  row({ m: "assertHeld", mode: "write", arg: 0 }, [
    "dma_resv_assert_held",
    "lockdep_assert_held_write",
    "lockdep_assert_held_exclusive",
    "rwsem_assert_held_write",
  ]),
  row({ m: "assertHeld", mode: "read", arg: 0 }, [
    "lockdep_assert_held",
    "lockdep_assert_held_once",
    "lockdep_assert_held_read",
    "rwsem_assert_held",
    "assert_spin_locked",
  ]),
  lock("read", "wait", "srcu_read_lock", "srcu_read_lock_fast", "srcu_read_lock_nmisafe"),
  unlock("read", "srcu_read_unlock", "srcu_read_unlock_fast", "srcu_read_unlock_nmisafe"),
  row({ m: "grace", arg: 0 }, ["synchronize_srcu", "synchronize_srcu_expedited"]),
  row({ m: "lock", mode: "read", how: "wait", on: "rcu.readers" }, ["rcu_read_lock", "rcu_read_lock_bh"]),
  row({ m: "unlock", mode: "read", on: "rcu.readers" }, ["rcu_read_unlock", "rcu_read_unlock_bh"]),
  row({ m: "grace", on: "rcu.readers" }, ["synchronize_rcu", "synchronize_rcu_expedited", "synchronize_net"]),
  // include/linux/mmap_lock.h. mmap_sem until 5.8.
  lock("read", "wait", "mmap_read_lock"),
  lock("read", "fallible", "mmap_read_lock_killable"),
  lock("read", "try", "mmap_read_trylock"),
  unlock("read", "mmap_read_unlock"),
  lock("write", "wait", "mmap_write_lock"),
  lock("write", "fallible", "mmap_write_lock_killable"),
  unlock("write", "mmap_write_unlock"),
  nothing(
    "mutex_init",
    "__mutex_init",
    "init_rwsem",
    "spin_lock_init",
    "raw_spin_lock_init",
    "rwlock_init",
    "mutex_destroy",
  ),
  nothing(
    "ww_mutex_init",
    "dma_resv_init",
    "dma_resv_fini",
    "lockdep_set_class",
    "might_lock",
    "might_sleep",
    "cond_resched",
  ),
  nothing(
    "lockdep_assert_not_held",
    "dma_resv_reset_max_fences",
    "init_waitqueue_head",
    "INIT_LIST_HEAD",
    "INIT_HLIST_HEAD",
  ),
  nothing("xa_init", "xa_init_flags", "cleanup_srcu_struct", "INIT_LIST_HEAD_RCU", "lockdep_assert_irqs_enabled"),
  row({ m: "nothing", returns: 0 }, ["init_srcu_struct"]),
];

const counts: readonly Row[] = [
  row({ m: "count", do: "init", arg: 0 }, ["kref_init"]),
  row({ m: "count", do: "get", arg: 0 }, ["kref_get"]),
  row({ m: "count", do: "getUnlessZero", arg: 0 }, ["kref_get_unless_zero"]),
  row({ m: "count", do: "put", arg: 0, release: 1, result: "zero" }, ["kref_put"]),
  row({ m: "count", do: "put", arg: 0, release: 1, result: "zero", lock: 2 }, ["kref_put_mutex", "kref_put_lock"]),
  row({ m: "readCount", arg: 0 }, ["kref_read", "refcount_read"]),
  row({ m: "count", do: "init", arg: 0, value: 1 }, ["refcount_set", "refcount_set_release"]),
  row({ m: "count", do: "get", arg: 0 }, ["refcount_inc"]),
  row({ m: "count", do: "getUnlessZero", arg: 0 }, ["refcount_inc_not_zero", "refcount_inc_not_zero_acquire"]),
  row({ m: "count", do: "put", arg: 0 }, ["refcount_dec"]),
  row({ m: "count", do: "put", arg: 0, result: "zero" }, ["refcount_dec_and_test"]),
  row({ m: "count", do: "put", arg: 0, result: "zero", lock: 1 }, [
    "refcount_dec_and_mutex_lock",
    "refcount_dec_and_lock",
    "refcount_dec_and_lock_irqsave",
  ]),
  // include/linux/atomic/atomic-instrumented.h: numbers, not references. Any of them may be taken at zero.
  ...["atomic", "atomic64", "atomic_long"].flatMap((t) => [
    row({ m: "count", do: "init", arg: 0, value: 1, loose: true }, [`${t}_set`, `${t}_set_release`]),
    row({ m: "count", do: "get", arg: 0, loose: true }, [`${t}_inc`, `${t}_inc_return`, `${t}_fetch_inc`]),
    row({ m: "count", do: "getUnlessZero", arg: 0, loose: true }, [`${t}_inc_not_zero`]),
    row({ m: "count", do: "put", arg: 0, loose: true }, [`${t}_dec`]),
    row({ m: "count", do: "put", arg: 0, loose: true, result: "zero" }, [`${t}_dec_and_test`]),
    row({ m: "count", do: "put", arg: 0, loose: true, result: "left" }, [`${t}_dec_return`]),
    row({ m: "readCount", arg: 0 }, [`${t}_read`, `${t}_read_acquire`]),
  ]),
  row({ m: "count", do: "put", arg: 0, loose: true, result: "zero", lock: 1 }, [
    "atomic_dec_and_lock",
    "atomic_dec_and_lock_irqsave",
    "atomic_dec_and_mutex_lock",
  ]),
  // include/linux/percpu-refcount.h: begins at 1, which percpu_ref_kill() puts; the release is told when it is set up.
  row({ m: "count", do: "init", arg: 0 }, ["percpu_ref_init", "percpu_ref_reinit"]),
  nothing("percpu_ref_exit"),
  row({ m: "count", do: "get", arg: 0 }, ["percpu_ref_get"]),
  row({ m: "count", do: "getUnlessZero", arg: 0 }, [
    "percpu_ref_tryget",
    "percpu_ref_tryget_live",
    "percpu_ref_tryget_live_rcu",
  ]),
  row({ m: "count", do: "put", arg: 0, releaseOf: { call: "percpu_ref_init", arg: 1 } }, [
    "percpu_ref_put",
    "percpu_ref_kill",
    "percpu_ref_kill_and_confirm",
  ]),
  // include/linux/bitops.h
  row({ m: "bit", nr: 0, arg: 1, to: 1, old: false }, ["set_bit", "__set_bit"]),
  row({ m: "bit", nr: 0, arg: 1, to: 0, old: false }, ["clear_bit", "__clear_bit", "clear_bit_unlock"]),
  row({ m: "bit", nr: 0, arg: 1, old: true }, ["test_bit", "test_bit_acquire"]),
  row({ m: "bit", nr: 0, arg: 1, to: 1, old: true }, [
    "test_and_set_bit",
    "__test_and_set_bit",
    "test_and_set_bit_lock",
  ]),
  row({ m: "bit", nr: 0, arg: 1, to: 0, old: true }, ["test_and_clear_bit", "__test_and_clear_bit"]),
  row({ m: "exchange", arg: 0, value: 1 }, ["xchg", "xchg_acquire", "xchg_release", "xchg_relaxed"]),
  // struct file of a buffer: the last reference lets release run later, in another thread (fs/file_table.c, __fput as task work).
  row({ m: "count", do: "getUnlessZero", arg: 0 }, ["get_file_active", "get_file_rcu"]),
  row({ m: "count", do: "get", arg: 0, result: "pointer" }, ["get_file"]),
  row({ m: "count", do: "get", arg: 0 }, ["get_dma_buf"]),
  row({ m: "count", do: "put", arg: 0 }, ["fput", "dma_buf_put", "__fput_sync"]),
];

// include/linux/wait.h, wait_bit.h, swait.h: what is waited for is the condition, whichever queue wakes.
const waitEvents: readonly Row[] = [
  row({ m: "await", how: "forever" }, [
    "wait_event",
    "wait_event_idle",
    "wait_event_idle_exclusive",
    "wait_event_lock_irq",
    "wait_event_lock_irq_cmd",
    "wait_event_cmd",
    "wait_event_exclusive_cmd",
    "io_wait_event",
    "wait_var_event",
    "wait_var_event_mutex",
    "wait_var_event_spinlock",
    "swait_event_exclusive",
    "swait_event_idle_exclusive",
  ]),
  row({ m: "await", how: "interruptible" }, [
    "wait_event_interruptible",
    "wait_event_interruptible_exclusive",
    "wait_event_interruptible_locked",
    "wait_event_interruptible_locked_irq",
    "wait_event_interruptible_lock_irq",
    "wait_event_killable",
    "wait_event_killable_exclusive",
    "wait_event_freezable",
    "wait_event_freezable_exclusive",
    "wait_event_state",
    "wait_var_event_interruptible",
    "wait_var_event_killable",
    "swait_event_interruptible_exclusive",
  ]),
  row({ m: "await", how: "timeout" }, [
    "wait_event_timeout",
    "wait_event_idle_timeout",
    "wait_event_idle_exclusive_timeout",
    "wait_event_cmd_timeout",
    "wait_event_lock_irq_timeout",
    "wait_var_event_timeout",
    "swait_event_timeout_exclusive",
    "swait_event_idle_timeout_exclusive",
  ]),
  row({ m: "await", how: "both" }, [
    "wait_event_interruptible_timeout",
    "wait_event_killable_timeout",
    "wait_event_freezable_timeout",
    "wait_event_interruptible_hrtimeout",
    "wait_event_interruptible_lock_irq_timeout",
    "swait_event_interruptible_timeout_exclusive",
  ]),
];

const waits: readonly Row[] = [
  row({ m: "complete", arg: 0 }, ["complete", "complete_on_current_cpu"]),
  row({ m: "complete", arg: 0, all: true }, ["complete_all"]),
  row({ m: "reinit", arg: 0 }, ["init_completion", "reinit_completion", "init_completion_map"], {
    INIT_COMPLETION: "until 3.13",
  }),
  row({ m: "waitDone", arg: 0, how: "forever" }, ["wait_for_completion", "wait_for_completion_io"]),
  row({ m: "waitDone", arg: 0, how: "interruptible" }, [
    "wait_for_completion_interruptible",
    "wait_for_completion_killable",
    "wait_for_completion_state",
  ]),
  row({ m: "waitDone", arg: 0, how: "timeout" }, ["wait_for_completion_timeout", "wait_for_completion_io_timeout"]),
  row({ m: "waitDone", arg: 0, how: "both" }, [
    "wait_for_completion_interruptible_timeout",
    "wait_for_completion_killable_timeout",
  ]),
  row({ m: "waitDone", arg: 0, how: "try" }, ["try_wait_for_completion"]),
  ...waitEvents,
  nothing(
    "wake_up",
    "wake_up_all",
    "wake_up_interruptible",
    "wake_up_interruptible_all",
    "wake_up_var",
    "wake_up_locked",
  ),
];

const lists: readonly Row[] = [
  row({ m: "link", arg: 0, head: 1 }, [
    "list_add",
    "list_add_tail",
    "list_add_rcu",
    "list_add_tail_rcu",
    "hlist_add_head",
    "hlist_add_head_rcu",
  ]),
  row({ m: "unlink", arg: 0, init: false }, [
    "list_del",
    "list_del_rcu",
    "hlist_del",
    "hlist_del_rcu",
    "__list_del_entry",
  ]),
  row({ m: "unlink", arg: 0, init: true }, [
    "list_del_init",
    "hlist_del_init",
    "hlist_del_init_rcu",
    "list_del_init_careful",
  ]),
  row({ m: "move", arg: 0, head: 1 }, ["list_move", "list_move_tail"]),
  row({ m: "isEmpty", arg: 0 }, ["list_empty", "list_empty_careful", "hlist_empty", "hlist_unhashed"]),
  row({ m: "first", arg: 0, member: 2 }, [
    "list_first_entry",
    "list_first_entry_or_null",
    "list_last_entry",
    "list_first_or_null_rcu",
    "list_last_entry_or_null",
  ]),
  row({ m: "isHead", arg: 0 }, ["list_entry_is_head"]),
  row({ m: "neighbour", arg: 0 }, ["list_next_entry", "list_prev_entry"]),
];

const values: readonly Row[] = [
  row({ m: "errPtr", arg: 0 }, ["ERR_PTR", "IOMEM_ERR_PTR"]),
  same(0, "PTR_ERR", "ERR_CAST", "PTR_ERR_OR_NULL"),
  same(0, "to_user_ptr", "no_free_ptr", "lockdep_nolock", "rcu_dereference", "rcu_access_pointer", "READ_ONCE"),
  row({ m: "isErr", arg: 0 }, ["IS_ERR", "IS_ERR_VALUE"]),
  row({ m: "isErr", arg: 0, orNull: true }, ["IS_ERR_OR_NULL"]),
  row({ m: "errOrZero", arg: 0 }, ["PTR_ERR_OR_ZERO"]),
  row({ m: "container", arg: 0, type: 1, member: 2 }, [
    "container_of",
    "container_of_const",
    "list_entry",
    "hlist_entry",
    "rb_entry",
    "list_entry_rcu",
  ]),
  row({ m: "alloc" }, [
    ...[
      "kzalloc",
      "kmalloc",
      "kvzalloc",
      "kvmalloc",
      "kzalloc_node",
      "kmalloc_node",
      "kcalloc",
      "kvcalloc",
      "kmalloc_array",
      "vzalloc",
    ],
    ...[
      "kzalloc_obj",
      "kzalloc_objs",
      "kmalloc_obj",
      "kmalloc_objs",
      "kvzalloc_obj",
      "kvzalloc_objs",
      "kzalloc_flex",
      "kvzalloc_flex",
      "kmalloc_flex",
    ],
    ...["drmm_kzalloc", "kmem_cache_zalloc", "kmem_cache_alloc", "kmemdup"],
  ]),
  row({ m: "alloc", devres: true }, ["devm_kzalloc", "devm_kmalloc", "devm_kcalloc", "devm_kmemdup"]),
  row({ m: "free", arg: 0 }, [
    "kfree",
    "kvfree",
    "kfree_sensitive",
    "vfree",
    "kfree_const",
    "kfree_rcu",
    "kvfree_rcu",
    "kfree_rcu_mightsleep",
    "kvfree_rcu_mightsleep",
  ]),
  row({ m: "free", arg: 1 }, ["devm_kfree", "kmem_cache_free"]),
];

/** dma_resv_wait_timeout(resv, usage, interruptible, timeout). */
const waitOptions: readonly OptionRule[] = [
  {
    name: "usage",
    arg: 1,
    from: "name",
    names: {
      DMA_RESV_USAGE_KERNEL: "KERNEL",
      DMA_RESV_USAGE_WRITE: "WRITE",
      DMA_RESV_USAGE_READ: "READ",
      DMA_RESV_USAGE_BOOKKEEP: "BOOKKEEP",
    },
    otherwise: "KERNEL",
  },
  { name: "interruptible", arg: 2, from: "truth", otherwise: true },
  { name: "timeout", arg: 3, from: "timeout" },
];

const device = (arg: number): readonly [Operand] => [{ device: arg }];
const isolate = (why: string, ...names: string[]): Row =>
  row({ m: "act", act: ACT.isolate, args: device(0), opt: { why }, returns: "any" }, names);
const insert = (arg: number | { readonly arg: number; readonly path: readonly string[] }, ...names: string[]): Row =>
  row({ m: "act", act: ACT.insertPte, args: [arg] }, names);

/** What asks a provider something (drivers/pci/p2pdma.c). */
const USES: readonly string[] = ["pci_p2pdma_map_type", "pci_p2pdma_bus_addr_map"];

const dma: readonly Row[] = [
  row({ m: "call", proc: ENV.export, args: [{ arg: 0, path: ["priv"] }] }, ["dma_buf_export"]),
  row({ m: "act", act: ACT.fd, args: [0] }, ["dma_buf_fd"]),
  row({ m: "act", act: ACT.fdInstall, args: [0] }, ["dma_buf_fd_install"]),
  row({ m: "act", act: ACT.fdInstall, args: [1] }, ["fd_install"]),
  row({ m: "call", proc: ENV.invalidate, args: [0] }, ["dma_buf_invalidate_mappings"], {
    dma_buf_move_notify: "until 7.0 (95308225e5ba)",
  }),
  row({ m: "act", act: ACT.waitFences, args: [0], options: waitOptions }, ["dma_resv_wait_timeout"], {
    // dma_resv_wait_timeout_rcu(resv, wait_all, intr, timeout) until 5.14; its second argument decided between exclusive and all fences.
  }),
  row({ m: "act", act: ACT.mapBegin, args: [0, 1] }, ["dma_buf_phys_vec_to_sgt"], {
    dma_buf_map: "the name under which the series was posted, v6 to v8",
  }),
  row({ m: "act", act: ACT.mapEnd, args: [0] }, ["dma_buf_free_sgt"], {
    dma_buf_unmap: "the name under which the series was posted, v6 to v8",
  }),
  row({ m: "allOf", arg: 0, fields: [F.importerOps, F.callback] }, ["dma_buf_attach_revocable"]),
  row({ m: "act", act: ACT.initProvider, args: device(0) }, ["pcim_p2pdma_init", "pci_p2pdma_add_resource"]),
  row({ m: "act", act: ACT.getProvider, args: device(0) }, ["pcim_p2pdma_provider"]),
  row({ m: "act", act: ACT.useProvider, args: [0], returns: "any" }, USES),
];

const memory: readonly Row[] = [
  row({ m: "act", act: ACT.zapMapping, args: device(0) }, ["unmap_mapping_range", "unmap_mapping_pages"]),
  row({ m: "act", act: ACT.zapVma, args: [0], returns: "any" }, ["zap_special_vma_range", "zap_vma", "zap_vma_range"], {
    zap_vma_ptes: "until 7.1 (zap_special_vma_range)",
    zap_vma_pages: "until 7.1 (zap_vma)",
    zap_page_range_single: "until 7.1 (zap_vma_range)",
  }),
  insert(
    0,
    "vmf_insert_pfn",
    "vmf_insert_pfn_prot",
    "vmf_insert_mixed",
    "io_remap_pfn_range",
    "remap_pfn_range",
    "vm_iomap_memory",
  ),
  insert(
    { arg: 0, path: ["vma"] },
    "vmf_insert_pfn_pmd",
    "vmf_insert_pfn_pud",
    "vmf_insert_pfn_pmd_prot",
    "vmf_insert_pfn_pud_prot",
  ),
];

const power: readonly Row[] = [
  isolate(
    "reset",
    "pci_reset_function",
    "pci_try_reset_function",
    "pci_reset_function_locked",
    "__pci_reset_function_locked",
  ),
  isolate("reset", "pci_reset_bus", "pcie_flr", "pci_bridge_secondary_bus_reset", "pcie_reset_flr"),
  isolate("disable", "pci_disable_device", "pci_release_regions", "pci_release_selected_regions", "pci_release_region"),
];

// include/linux/pci.h: in D3hot (3) and D3cold (4) memory is not decoded.
const states: readonly Row[] = [
  row(
    {
      m: "act",
      act: ACT.isolate,
      args: device(0),
      opt: { why: "power" },
      when: { arg: 1, atLeast: 3 },
      returns: "any",
    },
    ["pci_set_power_state", "pci_set_power_state_locked"],
  ),
];

const rest: readonly Row[] = [
  nothing(
    "pci_resource_start",
    "pci_resource_len",
    "pci_resource_end",
    "pci_resource_flags",
    "resource_size",
    "pci_name",
    "dev_name",
  ),
  nothing(
    "pr_debug",
    "pr_info",
    "pr_warn",
    "pr_err",
    "dev_dbg",
    "dev_info",
    "dev_warn",
    "dev_err",
    "dev_err_probe",
    "printk",
    "dump_stack",
  ),
  nothing(
    "pci_dbg",
    "pci_info",
    "pci_warn",
    "pci_err",
    "pci_info_ratelimited",
    "dev_dbg_ratelimited",
    "ibdev_dbg",
    "ibdev_warn",
  ),
  nothing("pm_runtime_get_noresume", "pm_runtime_put_noidle", "eventfd_signal", "eventfd_ctx_put", "eventfd_ctx_fdget"),
  nothing("trace_printk", "udelay", "usleep_range", "msleep", "schedule", "module_put", "memset", "memcpy"),
];

/** Every row, for the rule pages and the tests. */
export const rows: readonly Row[] = [
  ...locks,
  ...counts,
  ...waits,
  ...lists,
  ...values,
  ...dma,
  ...memory,
  ...power,
  ...states,
  ...rest,
];

const slots = (struct: string, ...names: string[]): readonly Slot[] => names.map((slot) => ({ struct, slot }));

const vfio: Framework = {
  name: "vfio",
  tables: ["vfio_device_ops"],
  objects: new Map([
    ["vfio_device", 1],
    ["vfio_device_set", 1],
  ]),
  // drivers/vfio/vfio_main.c: vfio_unregister_group_dev waits for comp, which the last registration completes.
  cells: [
    "vfio_device.refcount",
    "vfio_device.comp",
    "vfio_device.open_count",
    "vfio_device.dev_set",
    "vfio_device.dev_set_list",
    "vfio_device_set.lock",
  ],
  device: "vfio_device",
  border: {
    vfio_device_put_registration: [0],
    vfio_device_try_get_registration: [0],
    vfio_unregister_group_dev: [0],
    vfio_put_device: [0],
  },
  folders: ["drivers/vfio/"],
  headers: ["include/linux/vfio"],
  core: ["drivers/vfio/"],
  apart: ["vfio_device_ops.open_device", "vfio_device_ops.init", "vfio_device_ops.release"],
  slots: [
    ...slots("vfio_device_ops", "close_device"),
    ...slots("vm_operations_struct", "fault", "huge_fault", "open", "close"),
  ],
  opens: [],
  always: [],
  probes: slots("vfio_device_ops", "init"),
  removes: [],
};

const rdma: Framework = {
  name: "rdma",
  tables: ["uverbs_obj_fd_type", "ib_client"],
  objects: new Map([
    ["ib_device", 1],
    ["ib_uverbs_device", 1],
    ["ib_uverbs_file", 1],
    ["ib_uobject", 2],
    ["rdma_user_mmap_entry", 1],
    ["rdma_umap_priv", 2],
  ]),
  cells: [...Object.values(UF), ...Object.values(UO), ...Object.values(DV), EN.ref, EN.removed, ...Object.values(UM)],
  device: "ib_device",
  // uverbs_uobject_release is followed: whether it waits for a teardown or passes it by is what a driver's safety hangs on.
  border: {
    uverbs_uobject_put: [0],
    ib_uverbs_release_file: [0],
    uverbs_destroy_uobject: [0, 1, { arg: 2, path: ["ufile"] }],
    uverbs_destroy_ufile_hw: [0, 1],
    uverbs_user_mmap_disassociate: [0],
    rdma_user_mmap_entry_put: [0],
    rdma_user_mmap_entry_free: [0],
    rdma_user_mmap_entry_get_pgoff: [0, 1],
    rdma_umap_priv_init: [0, 1, 2],
  },
  folders: ["drivers/infiniband/", "include/rdma/"],
  headers: ["include/rdma/"],
  core: ["drivers/infiniband/core/"],
  apart: [],
  slots: [...slots("uverbs_obj_fd_type", "destroy_object"), ...slots("ib_device_ops", "disassociate_ucontext")],
  opens: [],
  always: ["ib_device_ops.disassociate_ucontext"],
  probes: [],
  removes: [],
};

const drivers = ["pci_driver", "auxiliary_driver", "platform_driver"] as const;

const plain: Framework = {
  name: "plain",
  tables: [],
  objects: new Map(),
  cells: [],
  device: "",
  border: {},
  folders: [],
  headers: [],
  core: [],
  apart: [],
  slots: [
    ...slots("file_operations", "open", "release", "mmap"),
    ...slots("vm_operations_struct", "fault", "huge_fault", "open", "close"),
  ],
  opens: ["file_operations.open"],
  always: [],
  probes: slots("pci_driver", "probe"),
  removes: drivers.flatMap((d) => slots(d, "remove", "remove_new")),
};

const table: Vocabulary["calls"] = new Map(
  rows.flatMap((r) => [...r.names, ...Object.keys(r.was ?? {})].map((name) => [name, r.meaning] as const)),
);

export const vocabulary: Vocabulary = {
  calls: table,
  kinds: new Map([
    ...[
      "mutex",
      "rw_semaphore",
      "spinlock",
      "spinlock_t",
      "raw_spinlock",
      "raw_spinlock_t",
      "rwlock_t",
      "semaphore",
      "rt_mutex",
    ].map((t) => [t, "lock"] as const),
    ...["ww_mutex", "srcu_struct", "percpu_rw_semaphore", "xarray", "dma_resv"].map((t) => [t, "lock"] as const),
    ...["kref", "refcount_t", "refcount_struct", "atomic_t", "atomic64_t", "atomic_long_t", "percpu_ref"].map(
      (t) => [t, "count"] as const,
    ),
    ["completion", "completion"] as const,
    ["list_head", "link"] as const,
    ["hlist_node", "link"] as const,
    ["hlist_head", "link"] as const,
  ]),
  generic: new Set([
    ...[
      "device",
      "kobject",
      "work_struct",
      "delayed_work",
      "timer_list",
      "hrtimer",
      "rcu_head",
      "wait_queue_head",
      "cdev",
      "miscdevice",
      "rb_node",
    ],
    ...[
      "notifier_block",
      "file",
      "inode",
      "resource",
      "address_space",
      "inode",
      "task_struct",
      "mm_struct",
      "page",
      "module",
      "eventfd_ctx",
      "pci_dev",
      "rb_root",
      "attribute_group",
    ],
  ]),
  environment: new Map([
    ["dma_buf", CLS.buffer],
    ["dma_resv", CLS.buffer],
    ["dma_buf_attachment", CLS.attachment],
    ["dma_buf_attach_ops", CLS.attachment],
    ["vm_area_struct", CLS.vma],
    ["vm_fault", CLS.vma],
    ["p2pdma_provider", CLS.provider],
  ]),
  facets: new Map([
    ["dma_buf", { lock: F.resv, count: F.files }],
    ["dma_resv", { lock: F.resv }],
    ["vm_area_struct", { lock: F.mmapLock }],
  ]),
  aliases: new Map([
    ["dma_buf.file", "dma_buf"],
    ["dma_buf.resv", "dma_buf"],
    ["vm_fault.vma", "vm_area_struct"],
    ["vm_area_struct.vm_mm", "vm_area_struct"],
  ]),
  members: new Map([
    ["dma_buf.file", "file"],
    ["dma_buf.resv", "dma_resv"],
    ["dma_buf.ops", "dma_buf_ops"],
    ["dma_buf.priv", "void"],
    ["dma_buf_attachment.dmabuf", "dma_buf"],
    ["dma_buf_attachment.importer_ops", "dma_buf_attach_ops"],
    ["dma_buf_attachment.peer2peer", ""],
    ["dma_buf_attach_ops.invalidate_mappings", ""],
    ["dma_buf_attach_ops.move_notify", ""],
    ["vm_area_struct.vm_private_data", "void"],
    ["vm_area_struct.vm_mm", "mm_struct"],
    ["vm_area_struct.vm_file", "file"],
    ["vm_fault.vma", "vm_area_struct"],
    ["file.f_mapping", "address_space"],
    ["inode.i_mapping", "address_space"],
  ]),
  renamed: new Map([["dma_buf_attach_ops.move_notify", F.callback]]),
  fields: new Map([
    [F.priv, { kind: "pointer" as const }],
    [F.attDmabuf, { kind: "pointer" as const, to: "dma_buf" }],
    [F.peer2peer, { kind: "value" as const }],
    [F.importerOps, { kind: "pointer" as const, to: "dma_buf_attach_ops" }],
    [F.callback, { kind: "value" as const }],
    [F.vmaPrivate, { kind: "pointer" as const }],
  ]),
  exporter: {
    table: "dma_buf_ops",
    info: "dma_buf_export_info",
    ops: "ops",
    priv: "priv",
    call: ["dma_buf_export"],
    privField: F.priv,
    opsField: "dma_buf.ops",
    buffer: "dma_buf",
    attachment: "dma_buf_attachment",
    slots: [
      "attach",
      "detach",
      "pin",
      "unpin",
      "map_dma_buf",
      "unmap_dma_buf",
      "release",
      "mmap",
      "begin_cpu_access",
      "end_cpu_access",
      "vmap",
      "vunmap",
    ],
  },
  origins: ["pcim_p2pdma_provider"],
  bound: "p2pdma_provider",
  uses: USES,
  revokes: ["dma_buf_invalidate_mappings", "dma_buf_move_notify"],
  setUps: ["pcim_p2pdma_init", "pci_p2pdma_add_resource"],
  nonnull: new Set(["file.f_mapping", "inode.i_mapping", "vfio_device.inode"]),
  headers: [
    "include/linux/dma-",
    "include/linux/mm.h",
    "include/linux/mm_types.h",
    "include/linux/fs.h",
    "include/linux/pci.h",
    "include/linux/pci-p2pdma.h",
    "include/linux/auxiliary_bus.h",
    "include/linux/platform_device.h",
    "include/linux/device/",
    "include/linux/pm.h",
  ],
  frameworks: [vfio, rdma],
  plain,
};
