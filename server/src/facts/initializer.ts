// Braced initialisers → flat entries: a path of designators and a value each, positions numbered.
import { MAX_DEPTH } from "./limits.ts";
import type { Expr, Initializer } from "../syntax/ast.ts";
import type { Value } from "./facts.ts";

/** One initialised member: ["driver", "pm"], ["[0]", "cleanup"]. */
export interface Entry {
  readonly path: readonly string[];
  readonly value: Value;
}

/**
 * The entries of `init`, braces inside braces flattened. A positional entry is "[n]", also in a struct, where n counts its members;
 * one that follows `.a =` or `[I] =` is "[a+1]", "[I+1]". `lower` gives the value of what is not a brace.
 */
export function flattenEntries(
  init: Initializer,
  lower: (e: Expr, path: readonly string[]) => Value,
): readonly Entry[] {
  const entries: Entry[] = [];
  collect(init, [], lower, entries);
  return entries;
}

function collect(
  init: Initializer,
  prefix: readonly string[],
  lower: (e: Expr, path: readonly string[]) => Value,
  into: Entry[],
  depth = 0,
): void {
  let next = "[0]";
  for (const { path, value } of init.entries) {
    const own = path.length > 0 ? path : [next];
    const full = [...prefix, ...own];
    if (value.k === "init" && depth < MAX_DEPTH) collect(value.init, full, lower, into, depth + 1);
    else into.push({ path: full, value: lower(value, full) });
    next = following(own[0] ?? next);
  }
}

/** The position after `step`: "[4]" after "[3]" and after "[0...3]". */
function following(step: string): string {
  const range = /^\[(?:.*\.\.\.)?(\w+)\]$/.exec(step)?.[1];
  if (range !== undefined && /^\d/.test(range)) return `[${Number(range) + 1}]`;
  const more = /^\[?(.+?)(?:\+(\d+))?\]?$/.exec(range ?? step);
  return `[${more?.[1] ?? step}+${Number(more?.[2] ?? 0) + 1}]`;
}
