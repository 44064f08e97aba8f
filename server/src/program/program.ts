// The program: names to definitions over a whole tree, read on demand. This file is the interface; the other files of the folder implement it.
import type { FieldDecl, MacroDef, TypeRef } from "../syntax/ast.ts";
import type { FunctionFacts, StructFacts, TableFacts } from "../facts/facts.ts";
import type { FileId, Span } from "../base/span.ts";
import type { Incomplete } from "../base/result.ts";

/** Reads text. The only thing the program needs of the outside; paths are relative to the tree. */
export interface Source {
  /** The text of a file, or undefined where it cannot be read. */
  read(file: FileId): string | undefined;
  /** Every .c and .h file of the tree, sorted. */
  files(): readonly FileId[];
  /** Changes when the file's content does, without reading it; undefined where there is no such file. For caches. */
  stamp?(file: FileId): string | undefined;
  /**
   * Hands the raw bytes of each file to `visit`, which must not keep them: much faster than read() for a look through a tree. Headers above
   * `headerLimit` bytes are left out.
   */
  scan?(files: readonly FileId[], visit: (file: FileId, bytes: Buffer) => void, headerLimit?: number): void;
  /** What could not be listed or read so far, sorted. */
  problems?(): readonly Incomplete[];
  /** The source under this one and the files in which this one differs from it: an index of `base` serves for all others. */
  readonly overlay?: { readonly base: Source; readonly changed: ReadonlySet<FileId> };
}

export interface FunctionRef {
  readonly name: string;
  readonly file: FileId;
  readonly start: number;
  readonly end: number;
  readonly static: boolean;
}

/** A use of a function as a value: in an ops table or an assignment. */
export interface SlotUse {
  /** The struct that holds the slot, e.g. "dma_buf_ops", where known. */
  readonly struct: string | undefined;
  /** The field that the function is stored in; empty where it is passed to a call. */
  readonly slot: string;
  /** Where the function is passed on: kref_put(&k, release) is { callee: "kref_put", index: 1 }. */
  readonly argument?: { readonly callee: string; readonly index: number };
  readonly table: string | undefined;
  readonly file: FileId;
  readonly span: Span;
}

/** A function stored in a slot. `by` is the function that stores it, where that is no table. */
export interface Target {
  readonly fn: FunctionRef;
  readonly table: string | undefined;
  readonly file: FileId;
  readonly by?: FunctionRef;
}

/** What a function does with a field of that name, whatever struct it is in: a lexer's word, for finding functions to look at. */
export interface FieldUse {
  readonly fn: FunctionRef;
  /** Followed by an assignment, ++, -- or [ somewhere in the body. A macro or a callee that is given its address is not seen. */
  readonly written: boolean;
}

export interface Program {
  readonly source: Source;
  /** The facts of a function. A static one is looked for in `from` (and the headers that it includes) first; then exported and global ones. */
  fn(name: string, from: FileId): FunctionFacts | undefined;
  /**
   * The definition that a call of `name` in `from` means, by the same rules, without its facts. Undefined for macros and builtins. `within`:
   * looked for in the file and what it includes, its module, and the folders that these prefixes name, which takes a fraction of the time.
   */
  resolve(name: string, from: FileId, within?: readonly string[]): FunctionRef | undefined;
  /** Every definition of that name in the tree that the configuration has. Same-named statics are kept apart. */
  definitions(name: string): readonly FunctionRef[];
  facts(ref: FunctionRef): FunctionFacts | undefined;
  /** Functions whose body mentions `name` followed by "(" (a call by name, in their own file's scope for a static `callee`). */
  callers(callee: FunctionRef): readonly FunctionRef[];
  /** Functions of `files` whose body calls one of the names, as far as a lexer can tell. The files are indexed for it. */
  calling(names: readonly string[], files: readonly FileId[]): readonly FunctionRef[];
  /** The names that a function's body calls, as far as a lexer can tell. */
  calls(fn: FunctionRef): readonly string[];
  /**
   * Functions and file-scope tables that mention the identifier at all (word match). With `declaredIn` (the file that declares the struct,
   * the field or the global) only files that can know it are looked at: the .c file alone, or all that may include the header.
   */
  mentions(identifier: string, declaredIn?: FileId): readonly (FunctionRef | { readonly file: FileId })[];
  /** Functions with `->name` or `.name`, in the files that can know a field declared in `declaredIn`. */
  fieldUses(name: string, declaredIn: FileId): readonly FieldUse[];
  /** Files that can know a name declared in `file`, sorted: itself, and for a header all that may include it. A superset. */
  knowers(file: FileId): readonly FileId[];
  /** A struct or union by tag, found from `from` (own file, its includes, then anywhere under include/ or the driver's folder). */
  struct(tag: string, from: FileId): StructFacts | undefined;
  /** What a typedef stands for. */
  typedef(name: string, from: FileId): TypeRef | undefined;
  /** A field, looking through anonymous members; undefined where the struct or the field is unknown. */
  field(tag: string, name: string, from: FileId): FieldDecl | undefined;
  /** The type of a variable at file scope, with or without an initialiser. */
  variable(name: string, from: FileId): TypeRef | undefined;
  /** What a function gives back, from its definition or a prototype that `from` sees. */
  returns(name: string, from: FileId): TypeRef | undefined;
  /** The macro that `from` sees under that name, as written. */
  macro(name: string, from: FileId): (MacroDef & { readonly file: FileId }) | undefined;
  /** An enumerator or an object-like macro that stands for an integer. */
  constant(name: string, from: FileId): number | undefined;
  /**
   * File-scope tables of a struct type: tables("dma_buf_ops"). Tree-wide, or `within` the folders that these prefixes name ("drivers/x/"),
   * which takes a fraction of the time.
   */
  tables(struct: string, within?: readonly string[]): readonly TableFacts[];
  /** A file-scope table by variable name. */
  table(name: string, from: FileId): TableFacts | undefined;
  /** Where a function's address is taken: table slots and assignments to fields. */
  slots(fn: FunctionRef): readonly SlotUse[];
  /** Functions stored in (struct, slot) anywhere in the tree, e.g. targets("vfio_device_ops", "close_device"); `within` as for tables. */
  targets(struct: string, slot: string, within?: readonly string[]): readonly Target[];
  /** The (struct, slot) of each entry of a table that names a function, nested structs and compound literals included. */
  entries(
    table: TableFacts,
  ): readonly { readonly struct: string | undefined; readonly slot: string; readonly fn: FunctionRef }[];
  /** The CONFIG_ symbols without which the file is not built, and the modules that it is part of, from its folder's Makefile. */
  kbuild(file: FileId): { readonly implied: readonly string[]; readonly modules: readonly string[] };
  /** The .c files of a module ("folder/name"), as far as they stand in its folder. */
  moduleFiles(module: string): readonly FileId[];
  /** Expands a macro invocation at file scope, e.g. DECLARE_X(a, b): the text it stands for, or undefined. */
  expand(text: string, from: FileId): string | undefined;
  /** Symbols of EXPORT_SYMBOL*(). */
  exported(name: string): boolean;
  /** Indexes files at once (sorted in, as far as they can be read), so that later questions find them there. */
  index(files: readonly FileId[]): void;
  /** What could not be read or understood so far. */
  incomplete(): readonly Incomplete[];
}
