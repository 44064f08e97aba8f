// The kernel's dialect as tables: which words are attributes, types, loops or scopes. A new macro is added here, in one line, and the corpus proves it.

/** Blocks of macros that run once, as a scope does; any other macro with a block is taken for a loop. */
export const RUN_ONCE_BLOCK = /^(scoped_\w+|with_\w+|\w+_scoped_guard|if_\w+|class_\w+|instrumentation_\w+|guard_\w+)$/;

/** Names that are types wherever they stand in brackets before an operand: `(u32)-1` is a cast, `(count)-1` is not. */
const TYPE_NAME =
  /^(_?_?[usb](8|16|32|64)|__(be|le)(16|32|64)|u_?(char|short|int|long)|uint|ulong|ushort|\w+_t|bool|size_t|[A-Z][A-Z0-9_]*_T)$/;

export function isTypeName(name: string): boolean {
  return TYPE_NAME.test(name);
}

/** Attribute-like words that the grammar does not know and that say nothing about lifetimes: masked wherever they stand. */
export const NOISE_WORDS: ReadonlySet<string> = new Set(
  `
  __no_kcsan __no_sanitize_address __no_sanitize_thread __no_sanitize_memory __no_sanitize_or_inline __no_kasan_or_inline __no_kmsan_checks
  __no_kcsan_or_inline __no_profile __no_stack_protector __no_sanitize_undefined __no_sanitize_coverage __no_context_analysis
  __nocfi __noscs __noclone __noreorder __naked __optimize __hotpatch __visible_for_testing __mips_isa_rev __flatten
  __irq_entry __softirq_entry __entry_text __exception_irq_entry __tracepoint_string __tlb_entry __compactmmap
  __always_unused __maybe_unused __used __unused __weak __cold __hot __pure __const __attribute_const__ __must_check
  __randomize_layout __no_randomize_layout __nonstring __iwlwifi __ksym __kconfig __arena __hidden __uptr
  __initdata_memblock __init_memblock __ref __initdata_or_meminit __paginginit __meminitdata __cpuinit __cpuinitdata __devinitdata __devexit
  __sched_text __lock_text __noinstr_section __no_mm_fault __head __efi_init __ptr32 __ptr64 __far __near
  __rtnl_link_ops __pm_text __latent_entropy __system_map __percpu_qual __seg_gs __seg_fs
  __STDCALL __cdecl asmlinkage __exception __notrace_funcgraph __fentry __kunit_skip __cacheline_group_begin
  __nonnull_all __cond_lock_noop __ro_after_init_or_module __bootdata __bootdata_preserved __decompressor
  fastcall notrace_inline
  `
    .trim()
    .split(/\s+/),
);

/** Attribute-like macros with arguments that the grammar does not know: masked with their arguments. */
export const NOISE_CALLS: ReadonlySet<string> = new Set(
  `
  __attribute__ __attribute __declspec __diag __diag_push __diag_pop __diag_ignore __diag_ignore_all __PASTE_ATTR __no_sanitize __alias __section
  __aligned_largest __alloc_align __access __copy __error __warning __compiletime_error __compiletime_warning __diagnose_as
  __assume_aligned __designated_initializer __free_function __malloc_like __format __gnu_printf __gnu_scanf __counted_by_member
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

/** Macros that are loops though "for_each" is not in their names, where one stands without a block. */
export function isLoopName(name: string): boolean {
  return /for_?each|^for_all_|^list_iterate/.test(name);
}
