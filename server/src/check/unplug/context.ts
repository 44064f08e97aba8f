// What compiling shares: the family's world (types, relevance, procedures made so far), and the frame of one function being compiled.
import { r } from "./values.ts";
import type { Code } from "./code.ts";
import type { Types } from "./types.ts";
import type { Val } from "./values.ts";
import type { FunctionFacts, TableFacts, Value } from "../../facts/facts.ts";
import type { At, E, FieldId, FieldKind, Proc } from "../../model/unplug/skeleton.ts";
import type { Operand, Vocabulary } from "../../model/unplug/vocabulary.ts";
import type { Program } from "../../program/program.ts";
import type { TypeRef } from "../../syntax/ast.ts";
import type { FileId, Span } from "../../base/span.ts";

/** A field that compiled code reads, writes or locks. */
export interface FieldInfo {
  readonly id: FieldId;
  readonly tag: string;
  kind: FieldKind;
  /** The struct that a pointer leads to, or that a list head of this link stands in. */
  to: string | undefined;
  /** An array: what is in it is not told apart. */
  array?: true;
  /** Structs through which it was reached: they contain `tag`. */
  readonly outers: Set<string>;
}

/** Something that was met and not seen through. `about`: the cell or struct that it could touch; it only counts where that one matters. */
export interface Unseen {
  readonly span: Span;
  readonly why: string;
  readonly about: string;
}

/** What a function that the program knows may be to us. */
export interface World {
  readonly program: Program;
  readonly types: Types;
  readonly vocabulary: Vocabulary;
  readonly fields: Map<FieldId, FieldInfo>;
  /** "outer>inner": struct `inner` stands inside struct `outer`. */
  readonly embedded: Set<string>;
  /** List head → the link fields of what is on it. Keys are fields of the owner. */
  readonly heads: Map<FieldId, Set<FieldId>>;
  readonly procs: Map<string, Proc>;
  /** Keys of procedures that are being compiled: a call of one is recursion. */
  readonly open: Set<string>;
  /** Function name → the file whose function has that name alone. */
  readonly names: Map<string, FileId>;
  readonly unseen: Unseen[];
  /** Structs whose objects matter so far, with how many of each exist. */
  readonly instances: ReadonlyMap<string, number>;
  /** Functions that the framework's contract stands for: called by name, not followed. */
  readonly border: ReadonlyMap<string, readonly Operand[]>;
  /** Does the function reach anything that matters? Functions that don't are steps over. */
  relevant(fn: FunctionFacts): boolean;
  /** The function that a call by name means, where its body may be followed. */
  callee(name: string, from: FileId): FunctionFacts | undefined;
  /** Functions that may stand in (struct, slot) for this family, whether the slot may be empty, and whose functions stand there for other drivers. */
  targets(
    struct: string,
    slot: string,
  ): { readonly fns: readonly FunctionFacts[]; readonly mayBeNull: boolean; readonly others: readonly string[] };
  /** Flags and pointers of other structs that matter: whoever stores to one is of interest. */
  readonly flags: ReadonlySet<FieldId>;
  /** The family's own table of callbacks. */
  readonly ops: TableFacts;
  /** Functions that are compiled on their own anyway: not copied into their callers. */
  readonly standing: Set<FunctionFacts>;
  /** Predicates: pure functions of one object, by name → the struct. */
  readonly preds: Map<string, string>;
  /** Fields that some compiled code stores to, and structs that it writes as a whole or gives away: what is not here is as it was allocated. */
  readonly stored: Set<FieldId>;
  /** Structs whose objects end with the driver's devres. */
  readonly devres: Set<string>;
}

/** One function being compiled, on its own or inside its caller. */
export interface Frame {
  readonly world: World;
  readonly code: Code;
  readonly fn: FunctionFacts;
  /** Registers of this frame begin with it; empty for the procedure itself. */
  readonly prefix: string;
  readonly depth: number;
  /** What is known now about parameters and locals that are set once. */
  readonly env: Map<string, Val>;
  readonly temps: Map<number, Val>;
  readonly locals: ReadonlyMap<string, TypeRef>;
  readonly once: ReadonlySet<string>;
  /** Objects that the caller from outside brings: struct → the register of the parameter that is appended for one. */
  readonly given: ReadonlyMap<string, string>;
  /** Labels of the function's blocks. */
  readonly blocks: readonly number[];
  /** For a block that is the head of an iterator's loop: the label of its next round; -1 for others. */
  readonly rounds: readonly number[];
  readonly leave: { readonly label: number; readonly result: string } | undefined;
}

export const register = (frame: Frame, name: string): E => r(frame.prefix + name);

/** Where an instruction comes from: `claim` is the callee, or the field, that stands in the span. */
export function at(frame: Frame, span: Span, claim?: string): At {
  return { span, fn: frame.fn.name, ...(claim === undefined ? {} : { claim }) };
}

export function fieldInfo(world: World, tag: string, field: string, kind: FieldKind, outer: string): FieldInfo {
  const id = `${tag}.${field}`;
  let info = world.fields.get(id);
  if (info === undefined) {
    info = { id, tag, kind, to: undefined, outers: new Set() };
    world.fields.set(id, info);
  }
  // A cell that is used as a lock or a count is one, whatever its declared type says.
  if (kind !== "value" && kind !== "pointer") info.kind = kind;
  if (outer !== tag) {
    info.outers.add(outer);
    world.embedded.add(`${outer}>${tag}`);
  }
  return info;
}

const setOnce = new WeakMap<FunctionFacts, ReadonlySet<string>>();

/** Locals and parameters that get their value in one place only, and whose address nobody has. A parameter that is never assigned counts. */
export function onceSet(fn: FunctionFacts): ReadonlySet<string> {
  const known = setOnce.get(fn);
  if (known !== undefined) return known;
  const times = new Map<string, number>();
  const add = (name: string, n: number): void => void times.set(name, (times.get(name) ?? 0) + n);
  for (const p of fn.params) add(p.name, 1);
  const visit = (v: Value): void => {
    if (v.k === "addr" && v.e.k === "name") add(v.e.name, 2);
    if (v.k === "field" || v.k === "index") visit(v.base);
    if (v.k === "index") visit(v.index);
    if (v.k === "deref" || v.k === "addr" || v.k === "un" || v.k === "cast") visit(v.e);
    if (v.k === "bin") {
      visit(v.l);
      visit(v.r);
    }
    if (v.k === "init") for (const e of v.entries) visit(e.value);
  };
  for (const block of fn.blocks) {
    for (const e of block.effects) {
      if (e.kind === "assign") {
        if (e.to.k === "name") add(e.to.name, 1);
        if (e.to.k === "temp") add(`\0${e.to.id}`, 1);
        visit(e.value);
      } else if (e.kind === "call") {
        for (const a of e.args) visit(a);
        if (e.result !== undefined) add(`\0${e.result}`, 1);
      }
    }
    if (block.end.kind === "each") for (const a of block.end.args) if (a.k === "name") add(a.name, 2);
  }
  const once = new Set([...times].filter(([, n]) => n === 1).map(([name]) => name));
  setOnce.set(fn, once);
  return once;
}
