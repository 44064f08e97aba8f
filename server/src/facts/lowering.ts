// The state of lowering one function: the graph, the scopes with their names and cleanups, and where jumps lead.
import { emit, end, newGraph } from "./graph.ts";
import type { ArmOf } from "./arms.ts";
import type { Classes, FreeClass, GuardClass } from "./cleanup.ts";
import type { FunctionFacts, Value } from "./facts.ts";
import type { Graph } from "./graph.ts";
import type { Range, Stmt, TypeRef } from "../syntax/ast.ts";
import type { FileId, Span } from "../base/span.ts";

/** What has to happen when a scope is left. */
export type Cleanup =
  | {
      readonly kind: "guard";
      readonly guard: GuardClass;
      readonly thing: Value | undefined;
      readonly result: Value;
      readonly tested: boolean;
      readonly range: Range;
    }
  | { readonly kind: "free"; readonly free: FreeClass; readonly variable: Value; readonly range: Range }
  | { readonly kind: "gap"; readonly why: string; readonly range: Range };

/** A scope: the names declared in it and its cleanups, in the order in which they were declared. */
export interface Scope {
  readonly names: Map<string, string>;
  readonly cleanups: Cleanup[];
}

/** The scopes around a place, outermost first, each with the number of its cleanups that are declared there. */
export type Chain = readonly { readonly scope: Scope; readonly count: number }[];

/** Where break or continue leads, and how many scopes stay. */
export interface Target {
  readonly block: number;
  readonly depth: number;
}

/** A switch whose cases are being met. */
export interface Switch {
  readonly cases: { low: Value; high: Value | undefined; to: number }[];
  otherwise: number | undefined;
}

export interface Label {
  readonly block: number;
  /** Undefined until the label itself is met. */
  chain: Chain | undefined;
}

export interface Lowering {
  readonly file: FileId;
  readonly text: string;
  readonly arm: ArmOf;
  readonly classes: Classes;
  readonly graph: Graph;
  readonly scopes: Scope[];
  /** How often each written name was declared, for telling namesakes apart. */
  readonly declared: Map<string, number>;
  readonly locals: { name: string; type: TypeRef; static?: true }[];
  readonly breaks: Target[];
  readonly continues: Target[];
  readonly switches: Switch[];
  readonly labels: Map<string, Label>;
  readonly gotos: { readonly block: number; readonly label: string; readonly chain: Chain; readonly range: Range }[];
  readonly arms: Set<string>;
  /** One value for each name, however often it is mentioned: that is 7 % of what facts weigh. */
  readonly names: Map<string, Value>;
  readonly gaps: Map<string, FunctionFacts["gaps"][number]>;
  temps: number;
  depth: number;
  /** The statements after the one being lowered, in its block: what a guard that is taken there covers. */
  following: readonly Stmt[];
  returnsNothing: boolean;
  /** Lowers the statements of a body where we are. Here, because expressions hold statements ("({ ... })"). */
  readonly statements: (L: Lowering, body: readonly Stmt[]) => void;
}

/** A fresh state; the parameters are declared by the caller. */
export function newLowering(
  ctx: { readonly file: FileId; readonly text: string; readonly arm: ArmOf; readonly classes: Classes },
  statements: Lowering["statements"],
): Lowering {
  return {
    file: ctx.file,
    text: ctx.text,
    arm: ctx.arm,
    classes: ctx.classes,
    graph: newGraph(),
    scopes: [],
    declared: new Map(),
    locals: [],
    breaks: [],
    continues: [],
    switches: [],
    labels: new Map(),
    gotos: [],
    arms: new Set(),
    names: new Map(),
    gaps: new Map(),
    temps: 0,
    depth: 0,
    following: [],
    returnsNothing: false,
    statements,
  };
}

export function spanOf(L: Lowering, range: Range): Span {
  return { file: L.file, start: range[0], end: range[1] };
}

export function freshTemp(L: Lowering): Value & { readonly k: "temp" } {
  return { k: "temp", id: ++L.temps };
}

export function assign(L: Lowering, to: Value, value: Value, range: Range): void {
  emit(L.graph, { kind: "assign", to, value, span: spanOf(L, range) });
}

/** A branch to `then` or `otherwise`; afterwards we are nowhere. */
export function branch(L: Lowering, cond: Value, then: number, otherwise: number, range: Range): void {
  end(L.graph, { kind: "branch", cond, then, else: otherwise, span: spanOf(L, range) });
}

/** Says that the text of `range` was not understood: an effect here, and an entry in the function's list. */
export function gap(L: Lowering, why: string, range: Range): void {
  const text = L.text.slice(range[0], range[1]);
  const span = spanOf(L, range);
  emit(L.graph, { kind: "gap", why, text, span });
  L.gaps.set(`${span.start}-${span.end}`, { span, why, text });
}

/** Declares a local in the innermost scope and gives the name that the facts use for it. */
export function declare(L: Lowering, name: string, type: TypeRef, isStatic: boolean): string {
  const count = (L.declared.get(name) ?? 0) + 1;
  L.declared.set(name, count);
  const unique = count === 1 ? name : `${name}#${count}`;
  L.scopes.at(-1)?.names.set(name, unique);
  L.locals.push(isStatic ? { name: unique, type, static: true } : { name: unique, type });
  return unique;
}

/** The name that the facts use for what `name` means here, and whether that is a local or a parameter. */
export function resolve(L: Lowering, name: string): { readonly name: string; readonly local: boolean } {
  for (let i = L.scopes.length - 1; i >= 0; i--) {
    const unique = L.scopes[i]?.names.get(name);
    if (unique !== undefined) return { name: unique, local: true };
  }
  return { name, local: false };
}

export function openScope(L: Lowering): void {
  L.scopes.push({ names: new Map(), cleanups: [] });
}
