// The configuration that a program is read under: options are on, so that code is looked at, except those that exclude what most builds have.
import { holds } from "../facts/arms.ts";
import type { ArmOf } from "../facts/arms.ts";

/** Options that stand for another kind of kernel: with them on, what most machines run would be the arm that is not read. */
const OTHER_KERNEL =
  /^CONFIG_(PREEMPT_RT|CPU_BIG_ENDIAN|UML|BASE_SMALL|CC_OPTIMIZE_FOR_SIZE|COMPILE_TEST|HIGHMEM|SLUB_TINY|KMSAN|GENERIC_FIND_FIRST_BIT|64BIT_TIME|TRIM_UNUSED_KSYMS|CFI_\w+|FUNCTION_ALIGNMENT\w*)$/;

/** Architectures as Kconfig names them; the one that is read is on. */
const ARCHITECTURES: Readonly<Record<string, RegExp>> = {
  x86: /^CONFIG_X86(_64)?$/,
  arm64: /^CONFIG_ARM64$/,
  arm: /^CONFIG_ARM$/,
  powerpc: /^CONFIG_(PPC|PPC64|PPC32)$/,
  s390: /^CONFIG_S390$/,
  riscv: /^CONFIG_RISCV$/,
  mips: /^CONFIG_MIPS$/,
  loongarch: /^CONFIG_LOONGARCH$/,
  sparc: /^CONFIG_(SPARC|SPARC64|SPARC32)$/,
  parisc: /^CONFIG_PARISC$/,
  m68k: /^CONFIG_M68K$/,
  alpha: /^CONFIG_ALPHA$/,
  sh: /^CONFIG_SUPERH$/,
  xtensa: /^CONFIG_XTENSA$/,
};
const ANY_ARCHITECTURE = new RegExp(
  [
    ...Object.values(ARCHITECTURES).map((r) => r.source),
    "^CONFIG_(X86_32|ARC|CSKY|HEXAGON|MICROBLAZE|NIOS2|OPENRISC)$",
  ].join("|"),
);

/**
 * What is known of a symbol: `chosen` first, then on for `implied` (what the Makefiles of the files in question need), off for other
 * architectures and other kinds of kernel, and nothing else (which readers take as on where it is an option).
 */
export function configuration(arch: string, implied: ReadonlySet<string>, chosen?: ArmOf): ArmOf {
  const own = ARCHITECTURES[arch];
  return (symbol) => {
    const said = chosen?.(symbol);
    if (said !== undefined) return said;
    if (implied.has(symbol)) return true;
    if (own?.test(symbol) === true) return true;
    // User space may have these types from elsewhere; the kernel has not.
    if (symbol.startsWith("__UAPI_DEF_") || symbol === "__KERNEL__") return true;
    if (ANY_ARCHITECTURE.test(symbol) || OTHER_KERNEL.test(symbol)) return false;
    return undefined;
  };
}

/** True where all the conditions around a piece of text hold. */
export function taken(config: readonly string[], arm: ArmOf): boolean {
  return config.every((condition) => holds(condition, arm));
}
