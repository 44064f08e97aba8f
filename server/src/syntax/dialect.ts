// The kernel's dialect as tables: which words are attributes, types, loops or scopes. A new macro is added here, in one line, and the corpus proves it.

/** Blocks of macros that run once, as a scope does; any other macro with a block is taken for a loop. */
export const RUN_ONCE_BLOCK = /^(scoped_\w+|with_\w+|\w+_scoped_guard|if_\w+|class_\w+|instrumentation_\w+|guard_\w+)$/;

/** Names that are types wherever they stand in brackets before an operand: `(u32)-1` is a cast, `(count)-1` is not. */
const TYPE_NAME =
  /^(_?_?[usb](8|16|32|64)|__(be|le)(16|32|64)|u_?(char|short|int|long)|uint|ulong|ushort|\w+_t|bool|size_t|[A-Z][A-Z0-9_]*_T|[US]\d{1,2}|BYTE|CHAR|Byte|U?(LONG|INT|SHORT))$/;

export function isTypeName(name: string): boolean {
  return TYPE_NAME.test(name);
}

/** Attribute-like words that say nothing about lifetimes: masked wherever they stand. */
export const NOISE_WORDS: ReadonlySet<string> = new Set(
  `
  __init __exit __exitused __net_init __net_exit __meminit __memexit __devinit __devexit __cpuinit __ref __head __efi_init __init_memblock __paginginit
  __init_or_module __init_or_acpilib __init_or_fwtbl_lib __initcall_or_module __init_thread_info __irq_entry __softirq_entry __exception_irq_entry
  __initdata __exitdata __initconst __exitconst __initdata_or_module __initconst_or_module __initdata_memblock __initdata_or_meminfo __moduleparam_const
  __initdata_or_acpilib __meminitdata __meminitconst __cpuinitdata __devinitdata __net_initdata __net_initconst __refdata __refconst __machine_desc __tag
  __read_mostly __ro_after_init __cpumask_var_read_mostly __nosavedata __bss_decrypted __bss_pgtbl __idmap __percpu_read_mostly __mlu __force_data
  __cacheline_aligned __cacheline_aligned_in_smp ____cacheline_aligned ____cacheline_aligned_in_smp ____cacheline_internodealigned_in_smp
  ____dma_from_device_aligned ____ptr_aligned __long_aligned __function_aligned __module_memory_align __page_aligned_data __page_aligned_bss __packed
  __hw_addr_aligned __aligned_largest __randomize_layout __no_randomize_layout __designated_init __nonstring __kernel_nonstring __uninitialized
  __always_inline __noinline noinline noinline_for_stack noinline_for_tracing __inline_maybe_unused __gnu_inline __flatten rseq_inline
  __must_check __cold __hot __weak __used __unused __visible __noreturn __malloc __pure __attribute_const__ __const __deprecated __lockfunc
  __maybe_unused __always_unused __latent_entropy __naked __noscs __noendbr __nocf_check __nocfi __noclone __sched __xipram __efiapi __bpfcall
  __cpuidle noinstr notrace __notrace_funcgraph __kprobes nokprobe_inline __nokprobe_inline __bpf_kfunc __tcmfunc __tcmlocalfunc __tcmdata __tcmconst
  __no_kcsan __no_sanitize_address __no_sanitize_thread __no_sanitize_memory __no_sanitize_undefined __no_sanitize_coverage __no_sanitize_or_inline
  __no_kasan_or_inline __no_kcsan_or_inline __no_kmsan_checks __no_profile __no_stack_protector __no_context_analysis uaccess_kmsan_or_inline
  asmlinkage __cdecl __fix_address __iwl_nonstring __tracepoint_string __ec_todo_unpacked __rtw89_packed __compat_packed compat_packed __vdso_data
  __may_alias __ptr32 __ptr64 __uptr __arena __ksym __kconfig __hidden __exception __annotate_jump_table __tracer_data __iomem __user __rcu __percpu __kernel __force __bitwise __nocast __data_racy at_least __ALIGNED__ __counted __lock_aligned __entry_text __percpu_qual __seg_gs __seg_fs __bpf_kptr
  __private __trace __nolockdep __visible_for_testing VISIBLE_IF_KUNIT __lsm_ro_after_init __kvm_hyp __pi_init __hyp_text STATIC_IFN_KUNIT
  __counted_by_member __no_caller_saved_registers __sramdata __sramfunc __pmu_init __devinitconst __acquires_ret __acquires_shared_ret
  `
    .trim()
    .split(/\s+/),
);

/** Attribute-like macros with arguments: masked with their arguments. Lock and bound annotations are not among them, nor is __free(). */
export const NOISE_CALLS: ReadonlySet<string> = new Set(
  `
  __attribute__ __attribute __declspec __diag_push __diag_pop __diag_ignore __diag_ignore_all __diag_warn __diag_error
  __aligned __section __printf __scanf __alloc_size __realloc_size __no_sanitize __assume_aligned __nonnull __alias __copy __error __warning
  __compiletime_error __compiletime_warning __diagnose_as __access __alloc_align __nonstring_array __aligned_u64_attr
  __acquires_ret_of ____cacheline_aligned_to __iio_aligned __weakref __target __optimize __cleanup_unused __unused_args __mode SEC
  `
    .trim()
    .split(/\s+/),
);

/** Words that are a base type, or a part of one, by themselves. */
export const TYPE_WORDS: ReadonlySet<string> = new Set(
  "void char short int long float double signed unsigned bool _Bool __signed__ size_t ssize_t __auto_type".split(" "),
);

/** Annotations about locks and bounds, which are facts: kept with a function, with their arguments. */
export function isAnnotation(word: string): boolean {
  return /^__(must_hold|acquires|releases|cond_acquires|cond_releases|guarded_by|pt_guarded_by|counted_by|sized_by|no_context_analysis|must_not_hold|excludes)/.test(
    word,
  );
}

/** Macros that declare a pointer which is freed at the end of its scope: `char AUTO_KFREE(path);`. */
export const CLEANUP_DECLARATORS: Readonly<Record<string, string>> = { AUTO_KFREE: "kfree", AUTO_KVFREE: "kvfree" };

/** Macros that are loops though "for_each" is not in their names, where one stands without a block. */
export function isLoopName(name: string): boolean {
  return /for_?each|^for_all_|^list_iterate/.test(name);
}
