// Scope-based cleanup: which functions guard(), CLASS() and __free() stand for. Tables from include/linux (cleanup.h and the DEFINE_GUARD,
// DEFINE_LOCK_GUARD, DEFINE_CLASS and DEFINE_FREE that use it), and a reader for such definitions in other files.
import { callTemplate } from "./template.ts";
import type { CallTemplate } from "./template.ts";

/** When what an acquiring call gives back means that it is held. */
export type Held = "always" | "nonzero" | "zero";

/** A lock-like class: a call at the declaration, a call at the end of the scope. */
export interface GuardClass {
  readonly acquire: CallTemplate;
  /** Undefined where leaving the scope does nothing: guard(mutex_init). */
  readonly release: CallTemplate | undefined;
  readonly held: Held;
}

/** What must be true of the variable for the release to run. */
export type FreeCheck = "none" | "null" | "error" | "negative";

/** The release of a variable at the end of its scope. "error": not for NULL nor an error pointer; "negative": not for a negative value. */
export interface FreeClass {
  readonly check: FreeCheck;
  readonly release: CallTemplate;
}

/** CLASS(name, v)(args): `v = acquire(args)`, and the release of v. */
export interface VariableClass {
  readonly acquire: string;
  readonly free: FreeClass;
}

type GuardRow = readonly [acquire: string, release: string, held?: Held];

const GUARDS: Readonly<Record<string, GuardRow>> = {
  mutex: ["mutex_lock(_T)", "mutex_unlock(_T)"],
  mutex_try: ["mutex_trylock(_T)", "mutex_unlock(_T)", "nonzero"],
  mutex_intr: ["mutex_lock_interruptible(_T)", "mutex_unlock(_T)", "zero"],
  mutex_init: ["mutex_init(_T)", ""],
  mutex_kill: ["mutex_lock_killable(_T)", "mutex_unlock(_T)", "zero"],
  spinlock: ["spin_lock(_T)", "spin_unlock(_T)"],
  spinlock_try: ["spin_trylock(_T)", "spin_unlock(_T)", "nonzero"],
  spinlock_init: ["spin_lock_init(_T)", ""],
  spinlock_irq: ["spin_lock_irq(_T)", "spin_unlock_irq(_T)"],
  spinlock_irq_try: ["spin_trylock_irq(_T)", "spin_unlock_irq(_T)", "nonzero"],
  spinlock_bh: ["spin_lock_bh(_T)", "spin_unlock_bh(_T)"],
  spinlock_bh_try: ["spin_trylock_bh(_T)", "spin_unlock_bh(_T)", "nonzero"],
  spinlock_irqsave: ["spin_lock_irqsave(_T, _F)", "spin_unlock_irqrestore(_T, _F)"],
  spinlock_irqsave_try: ["spin_trylock_irqsave(_T, _F)", "spin_unlock_irqrestore(_T, _F)", "nonzero"],
  raw_spinlock: ["raw_spin_lock(_T)", "raw_spin_unlock(_T)"],
  raw_spinlock_init: ["raw_spin_lock_init(_T)", ""],
  raw_spinlock_nested: ["raw_spin_lock_nested(_T)", "raw_spin_unlock(_T)"],
  raw_spinlock_try: ["raw_spin_trylock(_T)", "raw_spin_unlock(_T)", "nonzero"],
  raw_spinlock_irq: ["raw_spin_lock_irq(_T)", "raw_spin_unlock_irq(_T)"],
  raw_spinlock_irq_try: ["raw_spin_trylock_irq(_T)", "raw_spin_unlock_irq(_T)", "nonzero"],
  raw_spinlock_bh: ["raw_spin_lock_bh(_T)", "raw_spin_unlock_bh(_T)"],
  raw_spinlock_irqsave: ["raw_spin_lock_irqsave(_T, _F)", "raw_spin_unlock_irqrestore(_T, _F)"],
  raw_spinlock_irqsave_try: ["raw_spin_trylock_irqsave(_T, _F)", "raw_spin_unlock_irqrestore(_T, _F)", "nonzero"],
  rwsem_init: ["init_rwsem(_T)", ""],
  rwsem_read: ["down_read(_T)", "up_read(_T)"],
  rwsem_read_try: ["down_read_trylock(_T)", "up_read(_T)", "nonzero"],
  rwsem_read_intr: ["down_read_interruptible(_T)", "up_read(_T)", "zero"],
  rwsem_read_kill: ["down_read_killable(_T)", "up_read(_T)", "zero"],
  rwsem_write: ["down_write(_T)", "up_write(_T)"],
  rwsem_write_try: ["down_write_trylock(_T)", "up_write(_T)", "nonzero"],
  rwsem_write_kill: ["down_write_killable(_T)", "up_write(_T)", "zero"],
  percpu_read: ["percpu_down_read(_T)", "percpu_up_read(_T)"],
  percpu_read_try: ["percpu_down_read_trylock(_T)", "percpu_up_read(_T)", "nonzero"],
  percpu_write: ["percpu_down_write(_T)", "percpu_up_write(_T)"],
  read_lock: ["read_lock(_T)", "read_unlock(_T)"],
  read_lock_irq: ["read_lock_irq(_T)", "read_unlock_irq(_T)"],
  read_lock_irqsave: ["read_lock_irqsave(_T, _F)", "read_unlock_irqrestore(_T, _F)"],
  write_lock: ["write_lock(_T)", "write_unlock(_T)"],
  write_lock_irq: ["write_lock_irq(_T)", "write_unlock_irq(_T)"],
  write_lock_irqsave: ["write_lock_irqsave(_T, _F)", "write_unlock_irqrestore(_T, _F)"],
  local_lock: ["local_lock(_T)", "local_unlock(_T)"],
  local_lock_irq: ["local_lock_irq(_T)", "local_unlock_irq(_T)"],
  local_lock_irqsave: ["local_lock_irqsave(_T, _F)", "local_unlock_irqrestore(_T, _F)"],
  local_lock_nested_bh: ["local_lock_nested_bh(_T)", "local_unlock_nested_bh(_T)"],
  rcu: ["rcu_read_lock()", "rcu_read_unlock()"],
  rcu_tasks_trace: ["rcu_read_lock_trace()", "rcu_read_unlock_trace()"],
  srcu: ["srcu_read_lock(_T)", "srcu_read_unlock(_T, _R)"],
  srcu_fast: ["srcu_read_lock_fast(_T)", "srcu_read_unlock_fast(_T, _R)"],
  srcu_fast_notrace: ["srcu_read_lock_fast_notrace(_T)", "srcu_read_unlock_fast_notrace(_T, _R)"],
  device: ["device_lock(_T)", "device_unlock(_T)"],
  device_try: ["device_trylock(_T)", "device_unlock(_T)", "nonzero"],
  device_intr: ["device_lock_interruptible(_T)", "device_unlock(_T)", "zero"],
  pci_dev: ["pci_dev_lock(_T)", "pci_dev_unlock(_T)"],
  devl: ["devl_lock(_T)", "devl_unlock(_T)"],
  wiphy: ["mutex_lock(&_T->mtx)", "mutex_unlock(&_T->mtx)"],
  hwmon_lock: ["hwmon_lock(_T)", "hwmon_unlock(_T)"],
  task_lock: ["task_lock(_T)", "task_unlock(_T)"],
  mmap_read_lock: ["mmap_read_lock(_T)", "mmap_read_unlock(_T)"],
  mmap_read_lock_try: ["mmap_read_trylock(_T)", "mmap_read_unlock(_T)", "nonzero"],
  mmap_write_lock: ["mmap_write_lock(_T)", "mmap_write_unlock(_T)"],
  msi_descs_lock: ["__msi_lock_descs(_T)", "__msi_unlock_descs(_T)"],
  pm_runtime_active: ["pm_runtime_get_sync(_T)", "pm_runtime_put(_T)"],
  pm_runtime_active_try: ["pm_runtime_get_active(_T)", "pm_runtime_put(_T)", "zero"],
  pm_runtime_active_try_enabled: ["pm_runtime_resume_and_get(_T)", "pm_runtime_put(_T)", "zero"],
  pm_runtime_active_auto: ["pm_runtime_get_sync(_T)", "pm_runtime_put_autosuspend(_T)"],
  pm_runtime_active_auto_try: ["pm_runtime_get_active(_T)", "pm_runtime_put_autosuspend(_T)", "zero"],
  pm_runtime_active_auto_try_enabled: ["pm_runtime_resume_and_get(_T)", "pm_runtime_put_autosuspend(_T)", "zero"],
  pm_runtime_noresume: ["pm_runtime_get_noresume(_T)", "pm_runtime_put_noidle(_T)"],
  cooling_dev: ["mutex_lock(&_T->lock)", "mutex_unlock(&_T->lock)"],
  cpufreq_policy_read: ["down_read(&_T->rwsem)", "up_read(&_T->rwsem)"],
  cpufreq_policy_write: ["down_write(&_T->rwsem)", "up_write(&_T->rwsem)"],
  disable_irq: ["disable_irq(*_T)", "enable_irq(*_T)"],
  uart_port_lock: ["uart_port_lock(_T)", "uart_port_unlock(_T)"],
  uart_port_lock_irq: ["uart_port_lock_irq(_T)", "uart_port_unlock_irq(_T)"],
  uart_port_lock_irqsave: ["uart_port_lock_irqsave(_T, _F)", "uart_port_unlock_irqrestore(_T, _F)"],
  pcm_stream_lock: ["snd_pcm_stream_lock(_T)", "snd_pcm_stream_unlock(_T)"],
  pcm_stream_lock_irq: ["snd_pcm_stream_lock_irq(_T)", "snd_pcm_stream_unlock_irq(_T)"],
  pcm_stream_lock_irqsave: ["snd_pcm_stream_lock_irqsave(_T, _F)", "snd_pcm_stream_unlock_irqrestore(_T, _F)"],
  gpio_generic_lock: ["gpio_generic_chip_lock(_T)", "gpio_generic_chip_unlock(_T)"],
  gpio_generic_lock_irqsave: ["gpio_generic_chip_lock_irqsave(_T, _F)", "gpio_generic_chip_unlock_irqrestore(_T, _F)"],
  serio_pause_rx: ["serio_pause_rx(_T)", "serio_continue_rx(_T)"],
  super_write: ["sb_start_write(_T)", "sb_end_write(_T)"],
  console_lock: ["console_lock()", "console_unlock()"],
  cpus_read_lock: ["cpus_read_lock()", "cpus_read_unlock()"],
  irq: ["local_irq_disable()", "local_irq_enable()"],
  irqsave: ["local_irq_save(_F)", "local_irq_restore(_F)"],
  migrate: ["migrate_disable()", "migrate_enable()"],
  ring_buffer_nest: ["ring_buffer_nest_start(_T)", "ring_buffer_nest_end(_T)"],
  snd_hdac_dsp_lock: ["snd_hdac_dsp_lock(_T)", "snd_hdac_dsp_unlock(_T)"],
  pagefault: ["pagefault_disable()", "pagefault_enable()"],
  preempt: ["preempt_disable()", "preempt_enable()"],
  preempt_notrace: ["preempt_disable_notrace()", "preempt_enable_notrace()"],
  jump_label_lock: ["jump_label_lock()", "jump_label_unlock()"],
};

const FREES: Readonly<Record<string, readonly [check: FreeCheck, release: string]>> = {
  kfree: ["error", "kfree(_T)"],
  kvfree: ["error", "kvfree(_T)"],
  kvfree_atomic: ["error", "kvfree_atomic(_T)"],
  kfree_sensitive: ["null", "kfree_sensitive(_T)"],
  free_page: ["none", "free_page(_T)"],
  free_percpu: ["none", "free_percpu(_T)"],
  bitmap: ["null", "bitmap_free(_T)"],
  argv_free: ["error", "argv_free(_T)"],
  device_node: ["null", "of_node_put(_T)"],
  fwnode_handle: ["none", "fwnode_handle_put(_T)"],
  put_device: ["null", "put_device(_T)"],
  device_del: ["null", "device_del(_T)"],
  pci_dev_put: ["null", "pci_dev_put(_T)"],
  platform_device_put: ["null", "platform_device_put(_T)"],
  module_put: ["null", "module_put(_T)"],
  dev_put: ["null", "dev_put(_T)"],
  fput: ["error", "fput(_T)"],
  mntput: ["error", "mntput(_T)"],
  path_put: ["none", "path_put(&_T)"],
  put_cred: ["error", "put_cred(_T)"],
  put_task: ["null", "put_task_struct(_T)"],
  put_nsproxy: ["null", "put_nsproxy(_T)"],
  putname: ["error", "putname(_T)"],
  firmware: ["none", "release_firmware(_T)"],
  fwctl: ["null", "fwctl_put(_T)"],
  free_cpumask_var: ["null", "free_cpumask_var(_T)"],
  gpio_device_put: ["error", "gpio_device_put(_T)"],
  drm_bridge_put: ["null", "drm_bridge_put(_T)"],
  put_cpufreq_policy: ["null", "cpufreq_cpu_put(_T)"],
  put_opp: ["error", "dev_pm_opp_put(_T)"],
  put_opp_table: ["error", "dev_pm_opp_put_opp_table(_T)"],
  put_tsm_dev: ["error", "put_device(&_T->dev)"],
  regmap_field: ["null", "regmap_field_free(_T)"],
  irq_domain_free_fwnode: ["null", "irq_domain_free_fwnode(_T)"],
  acpi_put_table: ["error", "acpi_put_table(_T)"],
  free_usb_request: ["none", "free_usb_request(_T)"],
  time_ns: ["null", "put_time_ns(_T)"],
  put_mnt_ns: ["error", "put_mnt_ns(_T)"],
  put_task_exec_state: ["none", "put_task_exec_state(_T)"],
  pci_ide_stream_release: ["null", "pci_ide_stream_release(_T)"],
  qcom_tzmem: ["null", "qcom_tzmem_free(_T)"],
  snd_card_free: ["null", "snd_card_free(_T)"],
  snd_card_unref: ["null", "snd_card_unref(_T)"],
  snd_timeri_timer: ["null", "snd_timeri_timer_put(_T)"],
  execmem: ["null", "execmem_free(_T)"],
};

const CLASSES: Readonly<Record<string, readonly [acquire: string, check: FreeCheck, release: string]>> = {
  fd: ["fdget", "none", "fdput(_T)"],
  fd_raw: ["fdget_raw", "none", "fdput(_T)"],
  fd_pos: ["fdget_pos", "none", "fdput_pos(_T)"],
  get_unused_fd: ["get_unused_fd_flags", "negative", "put_unused_fd(_T)"],
  filename: ["getname", "none", "putname(_T)"],
  filename_kernel: ["getname_kernel", "none", "putname(_T)"],
  filename_flags: ["getname_flags", "none", "putname(_T)"],
  filename_uflags: ["getname_uflags", "none", "putname(_T)"],
  filename_maybe_null: ["getname_maybe_null", "none", "putname(_T)"],
  filename_complete_delayed: ["complete_getname", "none", "putname(_T)"],
  prepare_creds: ["prepare_creds", "null", "put_cred(_T)"],
  override_creds: ["override_creds", "none", "revert_creds(_T)"],
};

const GUARD_CLASSES = new Map(
  Object.entries(GUARDS).flatMap(([name, [acquire, release, held]]): [string, GuardClass][] => {
    const made = guardClass(acquire, release, held ?? "always");
    return made === undefined ? [] : [[name, made]];
  }),
);
const FREE_CLASSES = new Map(
  Object.entries(FREES).flatMap(([name, [check, release]]): [string, FreeClass][] => {
    const call = callTemplate(release);
    return call === undefined ? [] : [[name, { check, release: call }]];
  }),
);
const VARIABLE_CLASSES = new Map(
  Object.entries(CLASSES).flatMap(([name, [acquire, check, release]]): [string, VariableClass][] => {
    const call = callTemplate(release);
    return call === undefined ? [] : [[name, { acquire, free: { check, release: call } }]];
  }),
);

/** The classes that are known: the kernel's own, and those that a file defines. */
export interface Classes {
  readonly guards: ReadonlyMap<string, GuardClass>;
  readonly frees: ReadonlyMap<string, FreeClass>;
  readonly variables: ReadonlyMap<string, VariableClass>;
}

/** The classes of include/linux. */
export const KERNEL_CLASSES: Classes = {
  guards: GUARD_CLASSES,
  frees: FREE_CLASSES,
  variables: VARIABLE_CLASSES,
};

/**
 * The classes of `known` and those that file-scope invocations of DEFINE_GUARD, DEFINE_LOCK_GUARD_0/1, their _COND forms, DEFINE_FREE and
 * DEFINE_CLASS add. Definitions that say more than one call each are left out: their uses stay gaps.
 */
export function withClassesOf(
  known: Classes,
  invocations: readonly { readonly macro: string; readonly args: readonly string[] }[],
): Classes {
  const guards = new Map(known.guards);
  const frees = new Map(known.frees);
  const variables = new Map(known.variables);
  for (const { macro, args } of invocations) {
    const [first = "", second = "", third = "", fourth = ""] = args.map((arg) => arg.replace(/\s+/g, " ").trim());
    if (/^DEFINE_(LOCK_)?GUARD(_1)?_COND$/.test(macro)) {
      const base = guards.get(first);
      const held = fourth === "" ? "nonzero" : /^_RET == 0$/.test(fourth) ? "zero" : undefined;
      const acquire = callTemplate(lockOf(macro, third));
      if (base !== undefined && held !== undefined && acquire !== undefined)
        guards.set(first + second, { acquire, release: base.release, held });
    } else if (macro === "DEFINE_GUARD" || macro === "DEFINE_LOCK_GUARD_1") {
      const made = guardClass(lockOf(macro, third), lockOf(macro, fourth), "always");
      if (made !== undefined) guards.set(first, made);
    } else if (macro === "DEFINE_LOCK_GUARD_0") {
      const made = guardClass(second, third, "always");
      if (made !== undefined) guards.set(first, made);
    } else if (macro === "DEFINE_FREE") {
      const made = freeClass(third);
      if (made !== undefined) frees.set(first, made);
    } else if (macro === "DEFINE_CLASS") {
      const free = freeClass(third);
      const acquire = callTemplate(fourth);
      if (free !== undefined && acquire !== undefined) variables.set(first, { acquire: acquire.callee, free });
    }
  }
  return { guards, frees, variables };
}

/** In lock guards `_T` is a struct around the lock; a plain guard's `_T` is the thing itself. */
function lockOf(macro: string, text: string): string {
  return macro.startsWith("DEFINE_LOCK_GUARD")
    ? text.replace(/_T->lock\b/g, "_T").replace(/&?_T->flags\b/g, "_F")
    : text;
}

function guardClass(acquire: string, release: string, held: Held): GuardClass | undefined {
  const token = /^_T->\w+ = /.exec(acquire);
  const call = callTemplate(token === null ? acquire : acquire.slice(token[0].length));
  const undo = callTemplate(token === null ? release : release.replaceAll(token[0].slice(0, -3), "_R"));
  const nothing = release.replace(/\/\*.*\*\//, "").trim() === "";
  return call === undefined || (undo === undefined && !nothing) ? undefined : { acquire: call, release: undo, held };
}

function freeClass(text: string): FreeClass | undefined {
  const body = text.replace(/;\s*$/, "");
  const guarded = /^if \((!IS_ERR_OR_NULL\(_T\)|_T|_T >= 0)\) ?(.*)$/.exec(body);
  const test = guarded?.[1];
  const check = test === undefined ? "none" : test === "_T" ? "null" : test === "_T >= 0" ? "negative" : "error";
  const release = callTemplate(guarded?.[2] ?? body);
  return release === undefined ? undefined : { check, release };
}
