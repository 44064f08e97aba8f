// What a lifecycle needs besides its tables to be followed along paths of C, and the names of kernel functions that mean something on the way.
import type { AnyLifecycle } from "./lifecycle.ts";

/** How the resource of a lifecycle is told from others on a path, and which of its roles a release must repeat. */
export interface PathSpec {
  readonly model: AnyLifecycle;
  /** The event that brings a resource to life; its call patterns bind the roles. */
  readonly acquire: string;
  /** The event that ends it. */
  readonly release: string;
  /** The roles by which a later call finds the resource, best first. */
  readonly keys: readonly string[];
  /** Roles of the acquiring call that are addresses where it puts what it makes. */
  readonly out?: readonly string[];
  /** Roles that stand in a field of what another role points to: a table's list. */
  readonly derive?: Readonly<Record<string, { readonly from: string; readonly field: string }>>;
  /** The resource lives in what the caller passed in (a scatter list), not in a handle that only the function has. */
  readonly lent?: true;
  /** Event → role → the rule that is broken where the role differs from what the resource was acquired with. */
  readonly compare: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The rule for a release by another kind's function. */
  readonly wrongKind?: string;
  /** Event → the rule for a call that counts with what the acquiring call returned. */
  readonly countRules?: Readonly<Record<string, string>>;
  /** What a person calls it: "mapping", "coherent memory". */
  readonly noun: string;
}

/** A function that frees memory: argument `at`. `part` is the field whose memory goes with it (skb->data). */
export interface Freeing {
  readonly name: string;
  readonly at: number;
  readonly part?: string;
}

/** What the paths of a family of lifecycles need to know of the kernel. */
export interface PathVocabulary {
  readonly specs: readonly PathSpec[];
  /** Words of which a file must hold one to be looked at. */
  readonly words: readonly string[];
  /** Calls that neither keep nor change what they are given: printing, register writes, locks, delays. Whole names, or prefixes that end in "*". */
  readonly harmless: readonly string[];
  /** Of the harmless ones, those that put a value where the device or others find it: register writes. */
  readonly gives: readonly string[];
  /** The value of argument 0 in another form: byte order, halves of an address. */
  readonly identity: readonly string[];
  /** Calls whose value depends on nothing but their arguments. Whole names, or prefixes and suffixes with a "*". */
  readonly pure: readonly string[];
  readonly frees: readonly Freeing[];
  /** Functions that change what argument 0 points to and keep nothing. */
  readonly overwrites: readonly string[];
  /** Where memory comes from: the result of these is not physically contiguous. */
  readonly vmalloc: readonly string[];
  /** Errors that say that what was asked for goes on by itself. */
  readonly pending: readonly string[];
  /** Constants that directions are compared as. */
  readonly directions: Readonly<Record<string, number>>;
  /** The direction that allows syncs in any. */
  readonly both: string;
  /** A file that defines a table of one of these structs implements the API instead of using it. */
  readonly implementers: readonly string[];
  /** Rule ids for provenance of the buffer. */
  readonly provenance: {
    readonly stack: string;
    readonly vmalloc: string;
    readonly rodata: string;
    /** Addresses that are RAM's, by the function that makes them; for these kinds they are wrong. */
    readonly ram: { readonly rule: string; readonly kinds: readonly string[]; readonly from: readonly string[] };
  };
}
