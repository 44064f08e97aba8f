// The kernel's function-like macros that mean more, or less, than a call: a table from name to meaning.
// Everything else that looks like a call is one. Sources: include/linux/compiler.h, rcupdate.h, bug.h, wait.h, kconfig.h, cleanup.h.

export type WaitResult = "none" | "error" | "timeout" | "both";

/** What a macro's use means. Numbers are argument positions. */
export type Macro =
  /** The value of one argument; the others are not evaluated. */
  | { readonly kind: "same"; readonly value: number }
  /** What the argument points to. */
  | { readonly kind: "load"; readonly from: number }
  /** The address of the argument: symbol_get(f) is the function f itself. */
  | { readonly kind: "address" }
  /** A store: `to = value`, or `*to = value` where `through`. Its value, where used, is the stored one. */
  | { readonly kind: "store"; readonly to: number; readonly value: number; readonly through: boolean }
  /** A store whose value is what stood there before: rcu_replace_pointer(). */
  | { readonly kind: "replace"; readonly to: number; readonly value: number }
  /** The truth of `cond`; the other arguments are evaluated where it holds (they are a message). */
  | { readonly kind: "warn"; readonly cond: number }
  /** The path ends; where `cond` is given, only if it holds. */
  | { readonly kind: "stop"; readonly cond: number | undefined }
  /** A configuration symbol's truth. */
  | { readonly kind: "config" }
  /** `p->member` given p and the member's bare name; with `set`, a store to it. */
  | { readonly kind: "member"; readonly set: boolean }
  /** Yields the variable's value and leaves `empty` in it: no_free_ptr(p), take_fd(fd). */
  | { readonly kind: "take"; readonly empty: "NULL" | "-EBADF"; readonly returns: boolean }
  /** Sleeps until argument `cond` holds. `result`: how it can end otherwise ("both": an error or the timeout). */
  | { readonly kind: "wait"; readonly cond: number; readonly result: WaitResult }
  /** Exchanges two places. */
  | { readonly kind: "swap" }
  /** `1 << argument`. */
  | { readonly kind: "bit" }
  /** Declares the local named by argument `at`. */
  | { readonly kind: "declare"; readonly at: number; readonly struct: string; readonly pointers: number };

const same: Macro = { kind: "same", value: 0 };
const warn = (cond: number): Macro => ({ kind: "warn", cond });
const declare = (struct: string, at = 0, pointers = 0): Macro => ({ kind: "declare", at, struct, pointers });
const assign: Macro = { kind: "store", to: 0, value: 1, through: false };
const assignThrough: Macro = { kind: "store", to: 0, value: 1, through: true };

const TABLE: Readonly<Record<string, Macro>> = {
  likely: same,
  unlikely: same,
  __builtin_expect: same,
  READ_ONCE: same,
  READ_ONCE_NOCHECK: same,
  ACCESS_ONCE: same,
  data_race: same,
  unrcu_pointer: same,
  rcu_dereference: same,
  rcu_dereference_bh: same,
  rcu_dereference_sched: same,
  rcu_dereference_raw: same,
  rcu_dereference_check: same,
  rcu_dereference_bh_check: same,
  rcu_dereference_protected: same,
  rcu_dereference_all: same,
  rcu_access_pointer: same,
  rcu_pointer_handoff: same,
  srcu_dereference: same,
  srcu_dereference_check: same,
  rtnl_dereference: same,
  wiphy_dereference: same,
  smp_load_acquire: { kind: "load", from: 0 },
  symbol_get: { kind: "address" },
  symbol_request: { kind: "address" },
  WRITE_ONCE: assign,
  rcu_assign_pointer: assign,
  RCU_INIT_POINTER: assign,
  smp_store_mb: assign,
  smp_store_release: assignThrough,
  rcu_replace_pointer: { kind: "replace", to: 0, value: 1 },
  swap: { kind: "swap" },
  ACCESS_PRIVATE: { kind: "member", set: false },
  dma_unmap_addr: { kind: "member", set: false },
  dma_unmap_len: { kind: "member", set: false },
  dma_unmap_addr_set: { kind: "member", set: true },
  dma_unmap_len_set: { kind: "member", set: true },

  WARN_ON: warn(0),
  WARN_ON_ONCE: warn(0),
  WARN_ON_SMP: warn(0),
  WARN: warn(0),
  WARN_ONCE: warn(0),
  WARN_RATELIMIT: warn(0),
  WARN_TAINT: warn(0),
  WARN_TAINT_ONCE: warn(0),
  VM_WARN_ON: warn(0),
  VM_WARN_ON_ONCE: warn(0),
  VFS_WARN_ON_ONCE: warn(0),
  CHECK_DATA_CORRUPTION: warn(0),
  dev_WARN_ONCE: warn(1),
  drm_WARN_ON: warn(1),
  drm_WARN_ON_ONCE: warn(1),
  drm_WARN: warn(1),
  drm_WARN_ONCE: warn(1),

  BUG: { kind: "stop", cond: undefined },
  panic: { kind: "stop", cond: undefined },
  unreachable: { kind: "stop", cond: undefined },
  __builtin_unreachable: { kind: "stop", cond: undefined },
  BUG_ON: { kind: "stop", cond: 0 },
  VM_BUG_ON: { kind: "stop", cond: 0 },

  IS_ENABLED: { kind: "config" },
  IS_BUILTIN: { kind: "config" },
  IS_MODULE: { kind: "config" },
  IS_REACHABLE: { kind: "config" },

  no_free_ptr: { kind: "take", empty: "NULL", returns: false },
  retain_and_null_ptr: { kind: "take", empty: "NULL", returns: false },
  return_ptr: { kind: "take", empty: "NULL", returns: true },
  take_fd: { kind: "take", empty: "-EBADF", returns: false },

  BIT: { kind: "bit" },
  BIT_ULL: { kind: "bit" },

  LIST_HEAD: declare("list_head"),
  HLIST_HEAD: declare("hlist_head"),
  LLIST_HEAD: declare("llist_head"),
  DEFINE_WAIT: declare("wait_queue_entry"),
  DEFINE_WAIT_FUNC: declare("wait_queue_entry"),
  DECLARE_WAITQUEUE: declare("wait_queue_entry"),
  DECLARE_WAIT_QUEUE_HEAD_ONSTACK: declare("wait_queue_head"),
  DECLARE_COMPLETION_ONSTACK: declare("completion"),
  DEFINE_DMA_BUF_EXPORT_INFO: declare("dma_buf_export_info"),
  DECLARE_BITMAP: declare("long", 0, 0),
  DEFINE_XARRAY: declare("xarray"),
  XA_STATE: declare("xa_state"),
  XA_STATE_ORDER: declare("xa_state"),
  MA_STATE: declare("ma_state"),
  VMA_ITERATOR: declare("vma_iterator"),
  DEFINE_WW_MUTEX: declare("ww_mutex"),
  DEFINE_FLEX: declare("", 1, 1),
  DEFINE_RAW_FLEX: declare("", 1, 1),
};

const MACROS = new Map(Object.entries(TABLE));

/** The meaning of a macro by name; undefined where a use of the name is a call. */
export function macro(name: string): Macro | undefined {
  return MACROS.get(name) ?? waitMacro(name);
}

/** The wait_event() family is regular in its names; the condition always comes second. */
function waitMacro(name: string): Macro | undefined {
  if (!/^(s|io_)?wait_(var_)?event/.test(name)) return undefined;
  const breakable = /interruptible|killable|freezable|state|hrtimeout/.test(name);
  const timed = /(^|_)timeout/.test(name);
  return { kind: "wait", cond: 1, result: timed ? (breakable ? "both" : "timeout") : breakable ? "error" : "none" };
}

/**
 * Argument positions that hold a member's bare name, or a type's, not a value: container_of(p, struct x, member).
 * For iterators the last written position; a local of the same name is not meant.
 */
const MEMBER_ARGUMENT = new Map<string, number>([
  ["container_of", 2],
  ["container_of_const", 2],
  ["list_entry", 2],
  ["list_entry_rcu", 2],
  ["list_first_entry", 2],
  ["list_last_entry", 2],
  ["list_first_entry_or_null", 2],
  ["list_next_entry", 1],
  ["list_prev_entry", 1],
  ["list_entry_is_head", 2],
  ["hlist_entry", 2],
  ["hlist_entry_safe", 2],
  ["llist_entry", 2],
  ["rb_entry", 2],
  ["rb_entry_safe", 2],
  ["offsetof", 1],
  ["offsetofend", 1],
  ["sizeof_field", 1],
  ["struct_size", 1],
  ["flex_array_size", 1],
  ["struct_size_t", 1],
  ["kzalloc_flex", 1],
  ["kmalloc_flex", 1],
  ["kvzalloc_flex", 1],
  ["ib_alloc_device", 1],
  ["vfio_alloc_device", 1],
  ["rdma_zalloc_drv_obj", 1],
  ["list_for_each_entry_safe", 3],
  ["list_for_each_entry_safe_reverse", 3],
  ["list_for_each_entry_safe_continue", 3],
  ["list_for_each_entry_safe_from", 3],
  ["rbtree_postorder_for_each_entry_safe", 3],
  ["hlist_for_each_entry_safe", 3],
  ["llist_for_each_entry_safe", 3],
  ["hash_for_each", 3],
  ["hash_for_each_rcu", 3],
  ["hash_for_each_safe", 4],
  ["hash_for_each_possible", 2],
  ["hash_for_each_possible_rcu", 2],
  ["hash_for_each_possible_safe", 3],
]);

/** The argument position of `name` that is a member's bare name. */
export function memberArgument(name: string): number | undefined {
  return MEMBER_ARGUMENT.get(name) ?? (name.includes("for_each_entry") ? 2 : undefined);
}

/** Iterators that declare their variable with a cleanup: position of the variable, and its __free class. */
const SCOPED_ITERATORS = new Map<string, { readonly at: number; readonly struct: string; readonly free: string }>([
  ["for_each_child_of_node_scoped", { at: 1, struct: "device_node", free: "device_node" }],
  ["for_each_available_child_of_node_scoped", { at: 1, struct: "device_node", free: "device_node" }],
  ["for_each_reserved_child_of_node_scoped", { at: 1, struct: "device_node", free: "device_node" }],
  ["for_each_compatible_node_scoped", { at: 0, struct: "device_node", free: "device_node" }],
  ["device_for_each_child_node_scoped", { at: 1, struct: "fwnode_handle", free: "fwnode_handle" }],
  ["device_for_each_named_child_node_scoped", { at: 1, struct: "fwnode_handle", free: "fwnode_handle" }],
  ["fwnode_for_each_child_node_scoped", { at: 1, struct: "fwnode_handle", free: "fwnode_handle" }],
  ["fwnode_for_each_available_child_node_scoped", { at: 1, struct: "fwnode_handle", free: "fwnode_handle" }],
]);

/** What an iterator that declares its own variable with a cleanup declares. */
export function scopedIterator(
  name: string,
): { readonly at: number; readonly struct: string; readonly free: string } | undefined {
  return SCOPED_ITERATORS.get(name);
}

/** Iterators that bind something else than their first argument, or more: positions of what they assign. */
const BINDS: readonly (readonly [pattern: RegExp, at: readonly number[]])[] = [
  [/^xa_for_each/, [1, 2]],
  [/^(xas|mas|mt)_for_each/, [1]],
  [/^(idr|radix_tree)_for_each_(entry|slot)/, [1, 2]],
  [/^for_each_sg$/, [1, 3]],
  [/^for_each_sgtable_/, [1, 2]],
  [/^for_each_sg_(dma_)?page$/, [1]],
  [/_for_each_entry_safe|for_each_safe/, [0, 1]],
  [/^hash_for_each_possible/, [1]],
  [/^hash_for_each_safe/, [1, 2, 3]],
  [/^hash_for_each/, [1, 2]],
  [/^for_each_(\w+_)?child_of_node(_scoped)?$/, [1]],
  [/_for_each_(\w+_)?child_node(_scoped)?$/, [1]],
  [/^for_each_netdev/, [1]],
];

/** Argument positions that an iterator macro assigns in each round; the first where nothing else is known. */
export function boundArguments(name: string): readonly number[] {
  return BINDS.find(([pattern]) => pattern.test(name))?.[1] ?? [0];
}
