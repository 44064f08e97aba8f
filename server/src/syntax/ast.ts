// Kernel C as plain data: what the parser hands on. No tree-sitter node leaves this folder, and nothing here has been resolved.
// Spans are [start, end) offsets in UTF-16 code units of the file (never of a masked or expanded text).

export type Range = readonly [start: number, end: number];

/** A C type as written: `struct foo **` is { kind: "struct", name: "foo", pointers: 2 }. */
export interface TypeRef {
  readonly kind: "struct" | "union" | "enum" | "name" | "unknown";
  /** The tag or the typedef / builtin name ("int", "u8", "bool", "void"). Empty for an anonymous type. */
  readonly name: string;
  readonly pointers: number;
  /** True for `T x[...]` (one or more dimensions). */
  readonly array: boolean;
  /** True where the declarator is a function or a pointer to one. */
  readonly func: boolean;
  /** Members, where the type is defined in place (anonymous struct or union, or a definition). */
  readonly fields?: readonly FieldDecl[];
}

export interface FieldDecl {
  readonly name: string; // empty: an anonymous struct or union member, whose fields are reached directly
  readonly type: TypeRef;
  /** The width of a bit-field, where it is a plain number. */
  readonly bits?: number;
  readonly range: Range;
}

export type Expr =
  | { readonly k: "num"; readonly text: string; readonly value: number | undefined; readonly range: Range }
  | { readonly k: "str"; readonly text: string; readonly range: Range }
  | { readonly k: "name"; readonly name: string; readonly range: Range }
  | { readonly k: "field"; readonly base: Expr; readonly name: string; readonly arrow: boolean; readonly range: Range }
  | { readonly k: "index"; readonly base: Expr; readonly index: Expr; readonly range: Range }
  | { readonly k: "un"; readonly op: "!" | "-" | "~" | "+" | "*" | "&"; readonly e: Expr; readonly range: Range }
  | {
      readonly k: "incdec";
      readonly op: "++" | "--";
      readonly prefix: boolean;
      readonly e: Expr;
      readonly range: Range;
    }
  | { readonly k: "bin"; readonly op: string; readonly l: Expr; readonly r: Expr; readonly range: Range }
  | { readonly k: "assign"; readonly op: string; readonly l: Expr; readonly r: Expr; readonly range: Range }
  | { readonly k: "cond"; readonly c: Expr; readonly t: Expr | undefined; readonly e: Expr; readonly range: Range }
  | { readonly k: "call"; readonly callee: Expr; readonly args: readonly Expr[]; readonly range: Range }
  | { readonly k: "cast"; readonly type: TypeRef; readonly e: Expr; readonly range: Range }
  | { readonly k: "sizeof"; readonly type: TypeRef | undefined; readonly e: Expr | undefined; readonly range: Range }
  | { readonly k: "compound"; readonly type: TypeRef; readonly init: Initializer; readonly range: Range } // (struct x){ ... }
  | { readonly k: "stmtexpr"; readonly body: readonly Stmt[]; readonly range: Range } // ({ ... })
  | { readonly k: "comma"; readonly es: readonly Expr[]; readonly range: Range }
  | { readonly k: "type"; readonly type: TypeRef; readonly range: Range } // a type as a macro argument: container_of(p, struct x, m)
  | { readonly k: "init"; readonly init: Initializer; readonly range: Range } // a bare { ... } as an initialiser
  | { readonly k: "gap"; readonly why: string; readonly range: Range };

/** `{ .a = x, [I] = y, z }`. `path` holds designators: ["a"], ["a", "b"], ["[I]"]; empty for positional entries. */
export interface Initializer {
  readonly entries: readonly { readonly path: readonly string[]; readonly value: Expr }[];
}

export type Stmt =
  | { readonly k: "expr"; readonly e: Expr; readonly range: Range }
  | { readonly k: "decl"; readonly vars: readonly VarDecl[]; readonly range: Range }
  | { readonly k: "block"; readonly body: readonly Stmt[]; readonly range: Range }
  | { readonly k: "if"; readonly c: Expr; readonly then: Stmt; readonly else: Stmt | undefined; readonly range: Range }
  | { readonly k: "while"; readonly c: Expr; readonly body: Stmt; readonly range: Range }
  | { readonly k: "do"; readonly c: Expr; readonly body: Stmt; readonly range: Range }
  | {
      readonly k: "for";
      readonly init: Stmt | undefined;
      readonly c: Expr | undefined;
      readonly step: Expr | undefined;
      readonly body: Stmt;
      readonly range: Range;
    }
  /** An iterator macro with its body: list_for_each_entry(p, &h, m) { ... }. `macro` is the name as written. */
  | {
      readonly k: "each";
      readonly macro: string;
      readonly args: readonly Expr[];
      readonly body: Stmt;
      readonly range: Range;
    }
  /** scoped_guard(class, args...) { ... }, scoped_cond_guard(class, fail, args...). */
  | {
      readonly k: "scoped";
      readonly macro: string;
      readonly args: readonly Expr[];
      readonly body: Stmt;
      readonly range: Range;
    }
  | { readonly k: "switch"; readonly e: Expr; readonly body: Stmt; readonly range: Range }
  /** `case a:` or `case a ... b:` (high), `default:` (low undefined). Labels the statement that follows it in its block. */
  | { readonly k: "case"; readonly low: Expr | undefined; readonly high: Expr | undefined; readonly range: Range }
  | { readonly k: "label"; readonly name: string; readonly range: Range }
  | { readonly k: "goto"; readonly label: string; readonly range: Range }
  | { readonly k: "break" | "continue" | "empty"; readonly range: Range }
  | { readonly k: "return"; readonly e: Expr | undefined; readonly range: Range }
  /** #if / #ifdef arms inside a function: alternatives keyed on the symbol; the last arm may have no condition (#else). */
  | {
      readonly k: "pp";
      readonly arms: readonly { readonly symbol: string; readonly body: readonly Stmt[] }[];
      readonly range: Range;
    }
  | { readonly k: "gap"; readonly why: string; readonly range: Range };

export interface VarDecl {
  readonly name: string;
  readonly type: TypeRef;
  readonly init: Expr | undefined;
  readonly static: boolean;
  /** `T *p __free(kfree) = ...`: the cleanup function's class ("kfree"). */
  readonly cleanup: string | undefined;
  readonly range: Range;
  /** At file scope: the symbols of the #if arms around it, outermost first. Absent where there are none. */
  readonly config?: readonly string[];
}

export interface FunctionDef {
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly type: TypeRef }[];
  readonly returns: TypeRef;
  readonly static: boolean;
  /** `__must_hold(x)`, `__acquires(x)`, `__releases(x)` and their like, as written. */
  readonly annotations: readonly Annotation[];
  readonly body: readonly Stmt[];
  readonly range: Range;
  readonly bodyRange: Range;
  /** Text that was not understood, inside `range`. */
  readonly gaps: readonly Gap[];
  /** The symbols of the #if arms that the function stands in, outermost first: ["CONFIG_X"]. Absent where there are none. */
  readonly config?: readonly string[];
  /** Symbols of the arms that were read where an #if splits a construct; the other arms were not. Absent where there are none. */
  readonly assumes?: readonly string[];
}

export interface Annotation {
  readonly name: string;
  readonly args: readonly string[];
}

export interface Gap {
  readonly range: Range;
  readonly why: string;
}

/** What a file says at file scope, besides its functions. */
export interface FileScope {
  readonly structs: readonly {
    readonly kind: "struct" | "union";
    readonly name: string;
    readonly fields: readonly FieldDecl[];
    readonly range: Range;
  }[];
  readonly enums: readonly {
    readonly name: string;
    readonly members: readonly { readonly name: string; readonly value: Expr | undefined }[];
    readonly range: Range;
  }[];
  readonly typedefs: readonly { readonly name: string; readonly type: TypeRef; readonly range: Range }[];
  /** Variables with their initialisers: ops tables, drivers, constant tables of functions. */
  readonly vars: readonly VarDecl[];
  readonly macros: readonly MacroDef[];
  /** File-scope invocations: EXPORT_SYMBOL_GPL(x), module_pci_driver(d), DECLARE_UVERBS_NAMED_OBJECT(...). */
  readonly invocations: readonly Invocation[];
  readonly includes: readonly string[];
}

export interface Invocation {
  readonly macro: string;
  readonly args: readonly string[];
  readonly range: Range;
  /** As for VarDecl. */
  readonly config?: readonly string[];
}

export interface MacroDef {
  readonly name: string;
  /** undefined: object-like. */
  readonly params: readonly string[] | undefined;
  readonly body: string;
  readonly range: Range;
  /** As for VarDecl: a macro defined differently in two arms stands twice in a file. */
  readonly config?: readonly string[];
}

export interface ParsedFile {
  readonly functions: readonly FunctionDef[];
  readonly scope: FileScope;
  readonly gaps: readonly Gap[];
}
