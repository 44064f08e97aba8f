// Lowers one function: its statements become a small flow graph of effects on places. The only door from syntax to a function's facts.
import { declare, newLowering, openScope, spanOf } from "./lowering.ts";
import { finish } from "./graph.ts";
import { KERNEL_CLASSES } from "./cleanup.ts";
import { NOWHERE } from "./graph.ts";
import { returnValue, settleJumps } from "./exits.ts";
import { statements } from "./statements.ts";
import type { ArmOf } from "./arms.ts";
import type { Classes } from "./cleanup.ts";
import type { FunctionFacts } from "./facts.ts";
import type { FunctionDef } from "../syntax/ast.ts";
import type { FileId } from "../base/span.ts";

export interface LowerContext {
  readonly file: FileId;
  /** The text that the definition's ranges count in. */
  readonly text: string;
  /** What is known of a configuration symbol ("CONFIG_X"). Where it says nothing, #if takes options as on, and IS_ENABLED() branches. */
  readonly arm?: ArmOf;
  /** Guard, CLASS and __free classes; the kernel's own where absent. `withClassesOf` adds those that a file defines. */
  readonly classes?: Classes;
}

/**
 * The facts of a function. Values in them are pure: calls, assignments and choices inside expressions were hoisted, in C's order, into
 * effects, temps and flow. Iterator macros end a block as "each". Guards and __free are implicit calls at every way out of their scope,
 * last declared first. Never throws on a parsed definition; what was not understood is a gap where it stands.
 */
export function lowerFunction(def: FunctionDef, ctx: LowerContext): FunctionFacts {
  const { file, text } = ctx;
  const arm = ctx.arm ?? (() => undefined);
  const L = newLowering({ file, text, arm, classes: ctx.classes ?? KERNEL_CLASSES }, statements);
  L.returnsNothing = def.returns.name === "void" && def.returns.pointers === 0;
  openScope(L);
  for (const { name, type } of def.params) if (name !== "") declare(L, name, type, false);
  L.locals.length = 0;
  statements(L, def.body);
  const closing = spanOf(L, [Math.max(def.bodyRange[0], def.bodyRange[1] - 1), def.bodyRange[1]]);
  if (L.graph.at !== NOWHERE) returnValue(L, undefined, [closing.start, closing.end]);
  settleJumps(L);
  for (const { range, why } of def.gaps) {
    const span = spanOf(L, range);
    const key = `${span.start}-${span.end}`;
    if (!L.gaps.has(key)) L.gaps.set(key, { span, why, text: text.slice(span.start, span.end) });
  }
  return {
    name: def.name,
    file,
    static: def.static,
    params: def.params,
    returns: def.returns,
    locals: L.locals,
    annotations: def.annotations,
    blocks: finish(L.graph, { kind: "return", value: undefined, span: closing }),
    span: spanOf(L, def.range),
    gaps: [...L.gaps.values()].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end),
    arms: [...new Set([...(def.config ?? []), ...(def.assumes ?? []), ...L.arms])],
  };
}
