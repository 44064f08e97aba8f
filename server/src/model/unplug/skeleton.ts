// Skeletons: the lifecycle-relevant slice of a driver's callbacks, as small control-flow graphs over shared state.
// They are extracted from C (check/unplug) or written by hand (contracts, tests); the machine runs them. This file says what each instruction means.
import type { Span } from "../../base/span.ts";

/**
 * Values are bytes. 0 is NULL, false and zero; 1..199 are themselves (small integers, enumerators, object numbers);
 * the three below stand for many values at once, and a test that they don't decide goes both ways.
 */
export const MANY = 0xfd; // some value that is neither zero nor an error
export const ERR = 0xfe; // some negative errno or ERR_PTR
export const ANY = 0xff; // anything

/** "struct.field": the identity of a shared cell, whatever object it is in. Embedded structs keep their own tag: "vfio_device.open_count". */
export type FieldId = string;

/** What a field holds. A lock, count, completion or link is only touched by the instructions that are named after it. */
export type FieldKind = "value" | "pointer" | "lock" | "count" | "completion" | "link";

export interface FieldSpec {
  readonly id: FieldId;
  readonly kind: FieldKind;
  /** For a pointer (or link: the owner of the list head): the class of what it points to. */
  readonly to?: string;
  /** Its value in a fresh object; default 0. `ANY` branches when it is first read and then stays what it was read to be. */
  readonly initial?: number;
  /**
   * What `ANY` in this field stands for: a flag says [0, 1]. Default: 0, MANY and ERR for a value, NULL or any object that is live at the start for a pointer
   * and a link, 0 or MANY for a count and a completion.
   */
  readonly values?: readonly number[];
}

/**
 * A class of objects that the exploration tells apart: all structs that contain one another (a pointer to an embedded struct and to its container are
 * the same number, so container_of and &p->member are the identity). `count` instances exist, numbered from 1.
 */
export interface ClassSpec {
  readonly name: string;
  /** The struct tags that it is made of. */
  readonly tags: readonly string[];
  readonly count: number;
  /** How many of them are live from the start; the rest are born by `alloc`. A freed instance is never born again. */
  readonly liveAtStart: number;
  readonly fields: readonly FieldSpec[];
  /** Freed when the bound passes (devres of the device that owns the provider). */
  readonly devres?: boolean;
}

/**
 * An expression over registers of the thread and fields of objects. Reading a field of a freed object is a violation; of object 0, a null dereference.
 * Each read of a shared cell is a step of its own: the linker splits `a->b->c`, `x->a = y->b` and `p->a && p->b` (short-circuit) accordingly. Only the
 * condition of `await` and the expressions of scenarios are read at one instant.
 */
export type E =
  | { readonly k: "c"; readonly v: number }
  | { readonly k: "r"; readonly r: string } // a register: local to a procedure, named
  | { readonly k: "f"; readonly f: FieldId; readonly o: E }
  | { readonly k: "not"; readonly e: E }
  | { readonly k: "err"; readonly e: E } // IS_ERR(e), e < 0
  | {
      readonly k: "bin";
      readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" | "+" | "-" | "&" | "|";
      readonly l: E;
      readonly r: E;
    }
  | { readonly k: "count"; readonly f: FieldId; readonly o: E } // reads a counter
  | { readonly k: "empty"; readonly f: FieldId; readonly o: E } // no object is linked by link field f to list owner o
  | { readonly k: "linked"; readonly f: FieldId; readonly o: E } // object o is on a list by its link field f
  | { readonly k: "live"; readonly cls: string; readonly o: E } // object o of the class is born and not freed; never a violation
  /** An uninterpreted predicate of an object: any value, but the same until a `disturb` of that predicate (memory_enabled(vdev)). */
  | { readonly k: "pred"; readonly p: string; readonly o: E }
  | { readonly k: "any" };

/** Where an instruction comes from. `claim` is the callee, or the field tested or stored, that stands inside `span`. */
export interface At {
  readonly span?: Span;
  readonly fn?: string;
  readonly claim?: string;
  /** One line for people; presenters make one up where it is missing. */
  readonly text?: string;
}

export type LockMode = "write" | "read";

/**
 * Instructions. A procedure's code is a list; control falls to the next one unless the instruction says otherwise; targets are indexes into the same list.
 * Steps that touch only registers are never seen by other threads.
 */
export type Ins = { readonly at?: At } & (
  | { readonly op: "let"; readonly r: string; readonly e: E }
  | { readonly op: "store"; readonly f: FieldId; readonly o: E; readonly e: E }
  /** Goes to `then` or `else`; an undecided test goes both ways and a register tested alone is refined to what the arm knows. */
  | { readonly op: "br"; readonly e: E; readonly then: number; readonly else: number }
  | { readonly op: "jmp"; readonly to: number }
  | { readonly op: "choose"; readonly to: readonly number[] }
  | {
      readonly op: "switch";
      readonly e: E;
      readonly cases: readonly (readonly [value: number, to: number])[];
      readonly default: number;
    }
  /**
   * wait: blocks until free. try: never blocks, r = 1 or 0. fallible: as wait, but may also return ERR without the lock (interruptible, killable, ww).
   * Taking a mutex that the thread holds, or unlocking one that it does not hold, is a violation. Readers of a lock that nobody takes in write mode may nest.
   * A start that returns with a lock held is one, too.
   */
  | {
      readonly op: "lock";
      readonly f: FieldId;
      readonly o: E;
      readonly mode: LockMode;
      readonly how: "wait" | "try" | "fallible";
      readonly r?: string;
    }
  | { readonly op: "unlock"; readonly f: FieldId; readonly o: E; readonly mode: LockMode }
  | { readonly op: "assertHeld"; readonly f: FieldId; readonly o: E; readonly mode: LockMode }
  /** Blocks until no reader is inside (synchronize_srcu, synchronize_rcu): readers hold it as "read". */
  | { readonly op: "grace"; readonly f: FieldId; readonly o: E }
  /** Counts. A count of MANY is at least 1: put leaves MANY or 0. init on a count that is not 0, get on 0 and put below 0 are violations; put: r = (now zero); getUnlessZero: r = success. */
  | {
      readonly op: "count";
      readonly do: "init" | "get" | "put" | "getUnlessZero";
      readonly f: FieldId;
      readonly o: E;
      readonly value?: number;
      readonly r?: string;
      /** An atomic_t and not a reference count: get on 0 and init of what is not 0 are no violations. */
      readonly loose?: boolean;
    }
  /** Completions. complete adds a token; wait takes one; all: any number of waits pass. */
  | { readonly op: "complete"; readonly f: FieldId; readonly o: E; readonly all?: boolean }
  | { readonly op: "reinit"; readonly f: FieldId; readonly o: E }
  /** forever: blocks. interruptible: may give up with ERR. timeout: may give up with 0. try: r = 0 at once where there is no token. r otherwise MANY (0 for plain interruptible). */
  | {
      readonly op: "waitDone";
      readonly f: FieldId;
      readonly o: E;
      readonly how: "forever" | "interruptible" | "timeout" | "both" | "try";
      readonly r?: string;
    }
  /** wait_event(wq, e): blocks until e is true (it may give up as above). */
  | {
      readonly op: "await";
      readonly e: E;
      readonly how: "forever" | "interruptible" | "timeout" | "both";
      readonly r?: string;
    }
  /** Lists: an object's link field names the owner of the head that it is on. unlink of what is not linked is a violation unless `init` (list_del_init). */
  | { readonly op: "link"; readonly f: FieldId; readonly o: E; readonly owner: E }
  | { readonly op: "unlink"; readonly f: FieldId; readonly o: E; readonly init: boolean }
  /** Sets r to the next object after the one in r (0: from the start), by number, that is linked by f to owner; goes to `done` with r = 0 when there is none. */
  | { readonly op: "next"; readonly r: string; readonly f: FieldId; readonly owner: E; readonly done: number }
  /** kzalloc: r = a fresh object of the class with zeroed fields, or 0 when it fails (it always may) or none is left. `noFail`: it succeeds while one is left. */
  | { readonly op: "alloc"; readonly cls: string; readonly r: string; readonly noFail?: boolean }
  /** kfree: nothing for NULL; freeing what is freed, or while a lock in it is held, is a violation. Links to it stay: a list that still holds it is seen. */
  | { readonly op: "free"; readonly cls: string; readonly o: E }
  /** The predicates of the object may have changed (a reset, a config write, a power transition). */
  | { readonly op: "disturb"; readonly p: string; readonly o: E }
  /** Something that the unplug model defines: invalidate, waitFences, mapBegin, ... (lifecycles/unplug/actions.ts). May block, fail, branch or violate. */
  | {
      readonly op: "act";
      readonly act: string;
      readonly args: readonly E[];
      readonly opt?: Readonly<Record<string, string | number | boolean>>;
      readonly r?: string;
    }
  /** Calls another procedure of the set, or a driver callback by slot ("dma_buf_ops.map_dma_buf"); an absent slot is skipped with r = `absent` (default 0). */
  | {
      readonly op: "call";
      readonly proc?: string;
      readonly slot?: string;
      readonly args: readonly E[];
      readonly r?: string;
      readonly absent?: number;
    }
  | { readonly op: "return"; readonly e?: E }
  /** A claim of the checker: false is a violation of `rule` (NULL or IS_ERR use, publication order). */
  | { readonly op: "check"; readonly e: E; readonly what: string }
);

export interface Proc {
  readonly name: string;
  /** Registers that get the arguments. */
  readonly params: readonly string[];
  readonly code: readonly Ins[];
  /** The C function that it was extracted from. */
  readonly fn?: string;
  readonly span?: Span;
}

/** One exporter's code as the model sees it. */
export interface SkeletonSet {
  readonly name: string;
  readonly classes: readonly ClassSpec[];
  readonly procs: Readonly<Record<string, Proc>>;
  /** Driver callbacks by slot: "dma_buf_ops.map_dma_buf" → procedure name. */
  readonly slots: Readonly<Record<string, string>>;
  readonly roots: readonly Root[];
  /** Uninterpreted predicates: name → class of the object. */
  readonly preds: Readonly<Record<string, string>>;
  /** Which class plays which part of the environment. Undefined where the family has none. */
  readonly parts: { readonly device: string; readonly buffer: string; readonly private: string | undefined };
}

/** An entry point that the environment may run besides the slots. */
export interface Root {
  /** export: makes a buffer. revoke: a runtime revoker (ioctl, reset, power, error handler). peer: an exported function that other drivers call with an attachment. retire: a driver-side end of one buffer's backing object. outside: an exported function that other drivers call whenever they like. */
  readonly kind: "export" | "revoke" | "peer" | "retire" | "open" | "probe" | "remove" | "outside";
  readonly proc: string;
  /** What each parameter is: a class name (an object is passed), or "any". */
  readonly params: readonly string[];
  /** Where the entry is registered, for people: "vfio_device_ops.ioctl". */
  readonly via: string;
}
