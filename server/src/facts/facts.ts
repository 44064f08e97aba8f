// Facts: each function as a small flow graph of effects on places. Plain data, structured-clonable, free of rules.
import type { FieldDecl, TypeRef } from "../syntax/ast.ts";
import type { FileId, Span } from "../base/span.ts";

/**
 * A pure value: no call, no assignment, no && || ?: inside (those are flow and temporaries).
 * Names are as in C and not yet resolved: a local, a parameter, a global, an enumerator, a macro constant or a function.
 */
export type Value =
  | { readonly k: "num"; readonly value: number }
  | { readonly k: "str" }
  | { readonly k: "name"; readonly name: string }
  | { readonly k: "temp"; readonly id: number } // the result of a call, or a value that flow computed
  | { readonly k: "field"; readonly base: Value; readonly name: string; readonly arrow: boolean }
  | { readonly k: "index"; readonly base: Value; readonly index: Value }
  | { readonly k: "deref"; readonly e: Value }
  | { readonly k: "addr"; readonly e: Value }
  | { readonly k: "un"; readonly op: "!" | "-" | "~"; readonly e: Value }
  | { readonly k: "bin"; readonly op: string; readonly l: Value; readonly r: Value }
  | { readonly k: "cast"; readonly type: TypeRef; readonly e: Value }
  | { readonly k: "sizeof"; readonly text: string }
  | { readonly k: "type"; readonly type: TypeRef } // a type passed to a macro: container_of(p, struct x, m)
  | {
      readonly k: "init";
      readonly type: TypeRef | undefined;
      readonly entries: readonly { readonly path: readonly string[]; readonly value: Value }[];
    }
  | { readonly k: "unknown"; readonly why: string };

export type Effect =
  /** A call. Iterator steps and scope guards appear as ordinary flow around calls (see lower.ts). `args` keep macro arguments such as types and bare member names. */
  | {
      readonly kind: "call";
      readonly callee: Value;
      readonly args: readonly Value[];
      readonly result: number | undefined; // the temp that gets the value
      readonly span: Span;
      /** Set where the call is not written there: a cleanup at scope exit. */
      readonly implicit?: true;
    }
  | { readonly kind: "assign"; readonly to: Value; readonly value: Value; readonly span: Span }
  /** A local comes into scope. */
  | { readonly kind: "decl"; readonly name: string; readonly type: TypeRef; readonly span: Span }
  /** Text that was not understood: everything it mentions may have been done. `text` is what stands there. */
  | { readonly kind: "gap"; readonly why: string; readonly text: string; readonly span: Span };

export type Terminator =
  | { readonly kind: "goto"; readonly to: number }
  | { readonly kind: "branch"; readonly cond: Value; readonly then: number; readonly else: number; readonly span: Span }
  /**
   * The head of an iterator macro: list_for_each_entry(pos, head, member) and its like. Binds `vars[0]` and goes to `body`, or to `done`.
   * The loop's body comes back to this block. `args` are as written.
   */
  | {
      readonly kind: "each";
      readonly macro: string;
      readonly args: readonly Value[];
      readonly body: number;
      readonly done: number;
      readonly span: Span;
    }
  | {
      readonly kind: "switch";
      readonly value: Value;
      readonly cases: readonly { readonly low: Value; readonly high: Value | undefined; readonly to: number }[];
      readonly default: number;
      readonly span: Span;
    }
  /** `stops`: control does not come back from here at all (BUG(), unreachable()); nobody returns and nothing is cleaned up. */
  | { readonly kind: "return"; readonly value: Value | undefined; readonly span: Span; readonly stops?: true };

export interface Block {
  readonly effects: readonly Effect[];
  readonly end: Terminator;
}

/** One function. Block 0 is the entry. Offsets in spans are UTF-16 code units of the file. */
export interface FunctionFacts {
  readonly name: string;
  readonly file: FileId;
  readonly static: boolean;
  readonly params: readonly { readonly name: string; readonly type: TypeRef }[];
  readonly returns: TypeRef;
  /** Every local, once: where an inner scope reuses a name, its local is `name#2`. Static ones outlive the call and get no decl effect. */
  readonly locals: readonly { readonly name: string; readonly type: TypeRef; readonly static?: true }[];
  readonly annotations: readonly { readonly name: string; readonly args: readonly string[] }[];
  readonly blocks: readonly Block[];
  /** The whole definition. */
  readonly span: Span;
  readonly gaps: readonly { readonly span: Span; readonly why: string; readonly text: string }[];
  /** Which preprocessor arms were taken, e.g. ["CONFIG_PCI_P2PDMA", "!CONFIG_EEH"]. */
  readonly arms: readonly string[];
}

/** A struct or union as declared, wherever it was found. */
export interface StructFacts {
  readonly tag: string;
  readonly file: FileId;
  readonly fields: readonly FieldDecl[];
}

/**
 * A variable at file scope with an initialiser: ops tables, drivers, constant tables. Values that are functions appear as names.
 * `entries` paths: ["map_dma_buf"], ["driver", "pm"], ["[0]", "cleanup"].
 */
export interface TableFacts {
  readonly name: string;
  readonly file: FileId;
  readonly type: TypeRef;
  readonly static: boolean;
  readonly entries: readonly { readonly path: readonly string[]; readonly value: Value }[];
  readonly span: Span;
}
