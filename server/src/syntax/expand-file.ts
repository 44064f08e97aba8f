// What a file's macros make of it: invocations at file scope expanded and parsed, and functions given the names that macros make.
import type { FunctionDef, MacroDef, ParsedFile, Range, VarDecl } from "./ast.ts";
import { expandDeclarator, expandInvocation } from "./expand.ts";
import type { MacroLookup } from "./expand.ts";
import type { CParser } from "./parser.ts";

/** What invocations made: declarations whose ranges are all the invocation's, and what could not be done. */
export interface Expanded {
  readonly made: readonly ParsedFile[];
  /** Macros at file scope of which no definition was found, each once. */
  readonly unknown: readonly string[];
  /** Invocations whose expansion went over its budget. */
  readonly unfinished: readonly Range[];
}

/** Invocations that say something to the build and declare nothing: not worth expanding. */
const SILENT =
  /^(EXPORT_SYMBOL\w*|EXPORT_STATIC_CALL\w*|EXPORT_PER_CPU_SYMBOL\w*|MODULE_\w+|ALLOW_ERROR_INJECTION|NOKPROBE_SYMBOL|BTF_\w+|BUILD_BUG_ON\w*|module_param\w*|static_assert|_Static_assert)$/;

/** Expands the invocations of `file` (whose text is `text`) and parses what they make. */
export function expandFile(
  file: ParsedFile,
  text: string,
  lookup: MacroLookup,
  parser: Pick<CParser, "parseSynthetic">,
): Expanded {
  const made: ParsedFile[] = [];
  const unknown = new Set<string>();
  const unfinished: Range[] = [];
  for (const invocation of file.scope.invocations) {
    if (SILENT.test(invocation.macro)) continue;
    if (lookup(invocation.macro) === undefined) {
      unknown.add(invocation.macro);
      continue;
    }
    const expansion = expandInvocation(text.slice(...invocation.range), lookup);
    if (!expansion.complete) unfinished.push(invocation.range);
    else made.push(parser.parseSynthetic(expansion.text, invocation.range));
  }
  return { made, unknown: [...unknown], unfinished };
}

/** The functions with the names that their macros make: `UVERBS_HANDLER(X)` becomes what the compiler sees. */
export function nameFunctions(functions: readonly FunctionDef[], lookup: MacroLookup): FunctionDef[] {
  return functions.map((fn) => (/\W/.test(fn.name) ? { ...fn, name: expandDeclarator(fn.name, lookup) } : fn));
}

/** A variable with the macros of its initialiser expanded: tables whose entries are macros. The variable itself where nothing is known of them. */
export function expandVar(
  v: VarDecl,
  text: string,
  lookup: MacroLookup,
  parser: Pick<CParser, "parseSynthetic">,
): VarDecl {
  if (v.init?.k !== "init") return v;
  const calls = v.init.init.entries.some((e) => e.value.k === "call" || e.value.k === "name");
  if (!calls) return v;
  const expansion = expandInvocation(text.slice(...v.init.range), lookup);
  if (!expansion.complete || expansion.expanded.length === 0) return v;
  const made = parser.parseSynthetic(`int v = ${expansion.text};`, v.range);
  const init = made.scope.vars[0]?.init;
  return made.gaps.length > 0 || init === undefined ? v : { ...v, init };
}

/** A lookup in lists of definitions; of several of one name the first list's last one counts. */
export function lookupIn(...lists: readonly (readonly MacroDef[])[]): MacroLookup {
  const byName = new Map<string, MacroDef>();
  for (const list of [...lists].reverse()) for (const macro of list) byName.set(macro.name, macro);
  return (name) => byName.get(name);
}
