// The form of an unplug vocabulary: what calls, types and fields of C mean as instructions. Types only; the table itself is passed in (lifecycles/unplug/vocabulary.ts).
import type { FieldId, FieldKind, LockMode } from "./skeleton.ts";

/**
 * An argument by position; with `path`, a member of the struct that it points to (`&info` → info.priv). `device`: the argument leads to the device, by whatever
 * struct; the action gets the device's number.
 */
export type Operand = number | { readonly arg: number; readonly path: readonly string[] } | { readonly device: number };

/** How an option of an action follows from an argument: by the name written there, by its truth, or as "max", "zero" or "finite" (a timeout). */
export type OptionRule = {
  readonly name: string;
  readonly arg: number;
} & (
  | { readonly from: "name"; readonly names: Readonly<Record<string, string>>; readonly otherwise: string }
  | { readonly from: "truth"; readonly otherwise: boolean }
  | { readonly from: "timeout" }
);

/** What a call means. `arg`: the position of what it acts on: the address of a lock, count, completion or list, or a pointer to an object. */
export type Meaning =
  /** `on`: a lock of its own, of no object (rcu). `fallibleArg`: the call may only fail where that argument is not NULL (a ww context). */
  | {
      readonly m: "lock";
      readonly mode: LockMode;
      readonly how: "wait" | "try" | "fallible";
      readonly arg?: number;
      readonly on?: FieldId;
      readonly fallibleArg?: number;
    }
  | { readonly m: "unlock"; readonly mode: LockMode; readonly arg?: number; readonly on?: FieldId }
  | { readonly m: "assertHeld"; readonly mode: LockMode; readonly arg: number }
  | { readonly m: "grace"; readonly arg?: number; readonly on?: FieldId }
  /**
   * `value`: the argument that holds the initial value (default 1). `release`: the argument that is called when the count reaches zero, with a pointer to it.
   * `result`: what the call returns: was it the last, what is left, or its pointer again.
   */
  | {
      readonly m: "count";
      readonly do: "init" | "get" | "put" | "getUnlessZero";
      readonly arg: number;
      readonly value?: number;
      readonly release?: number;
      /** The release is what a call of that name was given for the same count, as its argument of that number. */
      readonly releaseOf?: { readonly call: string; readonly arg: number };
      readonly result?: "zero" | "left" | "pointer";
      /** A plain atomic_t: what is wrong with a reference count (taking it at zero, setting it up twice) is not with this one. */
      readonly loose?: true;
      /** Putting the last takes the lock that this argument points to, and calls the release with it held. */
      readonly lock?: number;
    }
  | { readonly m: "readCount"; readonly arg: number }
  /** A flag in a word: sets it to `to`, and gives back what it was where `old`. */
  | { readonly m: "bit"; readonly nr: number; readonly arg: number; readonly to?: 0 | 1; readonly old: boolean }
  /** Puts a value in a cell and gives back what was there. */
  | { readonly m: "exchange"; readonly arg: number; readonly value: number }
  | { readonly m: "complete"; readonly arg: number; readonly all?: boolean }
  | { readonly m: "reinit"; readonly arg: number }
  | {
      readonly m: "waitDone";
      readonly arg: number;
      readonly how: "forever" | "interruptible" | "timeout" | "both" | "try";
    }
  /** wait_event(): blocks until the condition of the loop that it stands in holds. */
  | { readonly m: "await"; readonly how: "forever" | "interruptible" | "timeout" | "both" }
  | { readonly m: "link"; readonly arg: number; readonly head: number }
  | { readonly m: "unlink"; readonly arg: number; readonly init: boolean }
  | { readonly m: "move"; readonly arg: number; readonly head: number }
  /** Is the list empty; asked of a member's own link: is it on no list. */
  | { readonly m: "isEmpty"; readonly arg: number }
  /** The first object on the list, or NULL. `arg`: the head; `member`: where the member's name stands. */
  | { readonly m: "first"; readonly arg: number; readonly member: number }
  /** Is the cursor of an iteration past the end. */
  | { readonly m: "isHead"; readonly arg: number }
  /** The neighbour of an object on its list. */
  | { readonly m: "neighbour"; readonly arg: number }
  | {
      readonly m: "act";
      readonly act: string;
      readonly args: readonly Operand[];
      readonly options?: readonly OptionRule[];
      readonly opt?: Readonly<Record<string, string | number | boolean>>;
      /** Only where that argument is at least so much: a power state below which the device answers. */
      readonly when?: { readonly arg: number; readonly atLeast: number };
      /** What the call gives back where that is not what the action does. */
      readonly returns?: "any" | "nothing";
    }
  /** A procedure of the environment. */
  | { readonly m: "call"; readonly proc: string; readonly args: readonly Operand[] }
  /** Memory; the class follows from the type of what it is stored in. `devres`: it ends with the driver, whoever still points to it. */
  | { readonly m: "alloc"; readonly devres?: true }
  | { readonly m: "free"; readonly arg: number }
  /** The argument itself: ERR_PTR, PTR_ERR, container helpers, byte order. */
  | { readonly m: "same"; readonly arg: number }
  /** A pointer that is an error: that of a number that is not known is taken for one, since nobody makes NULL that way on purpose. */
  | { readonly m: "errPtr"; readonly arg: number }
  | { readonly m: "container"; readonly arg: number; readonly type: number; readonly member: number }
  | { readonly m: "isErr"; readonly arg: number; readonly orNull?: boolean }
  | { readonly m: "errOrZero"; readonly arg: number }
  /** Truth of `att->a && att->a->b`, field by field, each starting from the one before. */
  | { readonly m: "allOf"; readonly arg: number; readonly fields: readonly FieldId[] }
  /** Known not to matter. */
  | { readonly m: "nothing"; readonly returns?: number };

/** The environment's side of a struct that has no object of its own: a pointer to it is a pointer to the object that it belongs to. */
export interface Facet {
  /** "struct dma_resv": its lock is a field of the class. */
  readonly lock?: FieldId;
  readonly count?: FieldId;
}

/** A driver callback. */
export interface Slot {
  readonly struct: string;
  readonly slot: string;
}

/** A framework: how it is recognised, what it hides, and which cells its contract looks at. */
export interface Framework {
  readonly name: string;
  /** A driver belongs to it where it has a table of one of these structs. */
  readonly tables: readonly string[];
  /** Structs of the contract's classes: tag → how many objects exist. */
  readonly objects: ReadonlyMap<string, number>;
  /** Cells that the contract's own procedures use: what touches them matters. */
  readonly cells: readonly FieldId[];
  /** The struct that stands for the device in the contract; a family's class that contains it plays the device. */
  readonly device: string;
  /** Functions of the framework that are the contract's, not the driver's: called by name, not followed. The operands are those of the contract's form. */
  readonly border: Readonly<Record<string, readonly Operand[]>>;
  /** Where the framework's own code lives that skeletons may run into; folder prefixes. */
  readonly folders: readonly string[];
  /** Headers in which it declares its interface; prefixes. */
  readonly headers: readonly string[];
  /** Folders whose files are the framework's own. */
  readonly core: readonly string[];
  /** Callbacks that never run while what is exported can be reached: opening, setting up. */
  readonly apart: readonly string[];
  /** Callbacks that the contract calls. */
  readonly slots: readonly Slot[];
  /** Those of them that have run when the scenario begins. */
  readonly opens: readonly string[];
  /** Those of them whose presence says something, whatever they do. */
  readonly always: readonly string[];
  /** Callbacks that set a device up. What they leave behind is there from the beginning. */
  readonly probes: readonly Slot[];
  /** Callbacks that end it. */
  readonly removes: readonly Slot[];
}

export interface Vocabulary {
  readonly calls: ReadonlyMap<string, Meaning>;
  /** What a field of that struct or typedef is: "mutex" → lock. */
  readonly kinds: ReadonlyMap<string, FieldKind>;
  /** Structs that are embedded everywhere and are no object of their own: device, kobject, work_struct. */
  readonly generic: ReadonlySet<string>;
  /** Structs of the environment's classes: tag → class. */
  readonly environment: ReadonlyMap<string, string>;
  /** Structs whose pointers are pointers to the environment's objects. */
  readonly facets: ReadonlyMap<string, Facet>;
  /** Pointer fields whose value is the object's own number: dma_buf.file. */
  readonly aliases: ReadonlyMap<FieldId, string>;
  /** Members of the environment's structs, for code whose headers are not at hand: field → the struct that it points to, "" for a plain value. */
  readonly members: ReadonlyMap<FieldId, string>;
  /** Fields under a former name → the name that the environment uses. */
  readonly renamed: ReadonlyMap<FieldId, FieldId>;
  /** Fields of the environment's classes that its model keeps, with the struct that a pointer leads to. */
  readonly fields: ReadonlyMap<FieldId, { readonly kind: FieldKind; readonly to?: string }>;
  /** Struct of the exporter's callbacks, its export call and the member that holds the private pointer. */
  readonly exporter: {
    readonly table: string;
    readonly info: string;
    readonly ops: string;
    readonly priv: string;
    readonly call: readonly string[];
    /** The field of the buffer that points to the private struct, and the one that points to the table. */
    readonly privField: FieldId;
    readonly opsField: FieldId;
    readonly buffer: string;
    readonly attachment: string;
    readonly slots: readonly string[];
  };
  /** Calls that give out what is bound to the driver: a family without one is none of ours. */
  readonly origins: readonly string[];
  /** The struct of that. */
  readonly bound: string;
  /** Calls that use what the origins give out. */
  readonly uses: readonly string[];
  /** Calls that revoke at run time. */
  readonly revokes: readonly string[];
  /** Calls that set up what the origins give out. */
  readonly setUps: readonly string[];
  /** Fields that are never NULL. */
  readonly nonnull: ReadonlySet<FieldId>;
  /** Headers that declare the structs of the tables above; prefixes. */
  readonly headers: readonly string[];
  readonly frameworks: readonly Framework[];
  /** For drivers that no framework stands in front of. */
  readonly plain: Framework;
}
