// The lifecycle language: how one kind of resource lives, as tables that are explored, drawn and matched against C.
// Knows no C beyond the shape of a pattern; lifecycles/ holds the files written in it.
import type { Actor } from "../base/trace.ts";

/** What is true of the machine, whatever the C believes: a few small numbers and truths. Copied, never changed in place. */
export type World = Readonly<Record<string, number | boolean>>;

/** A kernel function, with the versions between which it had that name where that matters ("7.0", "6.19"). */
export type Name = string | { readonly name: string; readonly since?: string; readonly until?: string };

/** The name came with that version. */
export const since = (version: string, name: string): Name => ({ name, since: version });
/** The last version that had the name. */
export const until = (version: string, name: string): Name => ({ name, until: version });

/** Where a pattern finds its places: an argument by number from 0, or what the call returns. */
export type Binds = Readonly<Record<string, number | "returns">>;

/** What narrows a call down. All that is given must hold. */
export interface Narrow {
  /** Only where the lock of that role is held, or only where it is not. */
  readonly lock?: { readonly role: string; readonly held: boolean };
  /** Only where that argument is, or is not, one of these constants. */
  readonly given?: { readonly argument: number; readonly is?: readonly string[]; readonly not?: readonly string[] };
  /** Only where the resource's table has no such callback ("vm_operations_struct.open"). */
  readonly lacks?: string;
}

/** A call of one of `names`. */
export interface CallPattern extends Narrow {
  readonly kind: "call";
  readonly names: readonly Name[];
  readonly binds: Binds;
}

/** What a test of a call's result found. */
export type Result = "zero" | "nonzero" | "negative" | "null" | "valid" | "error-pointer";

/** Where an event shows in C. `role` names a part that the program finds by dataflow or that an annotation names. */
export type Pattern =
  | CallPattern
  | { readonly kind: "branch"; readonly of: CallPattern; readonly result: Result }
  /** A store to the field of that role: the gate closes, a provider is kept. */
  | { readonly kind: "store"; readonly role: string; readonly value: "true" | "false" | "any" }
  /** A test of the field of that role under the lock that its writer holds (`locked`), or outside it. */
  | { readonly kind: "test"; readonly role: string; readonly locked: boolean }
  /** The place is dereferenced or handed to a function that does. */
  | { readonly kind: "use"; readonly of: string }
  /** A driver callback in that slot runs. `lacks`: only one whose body has none of the named events. */
  | { readonly kind: "callback"; readonly struct: string; readonly slot: string; readonly lacks?: readonly string[] }
  /** A bound passes: a function ends, the last file of a session closes, or remove() has returned. */
  | { readonly kind: "bound"; readonly bound: "scope" | "session" | "driver" };

export const call = (names: Name | readonly Name[], binds: Binds, narrow: Narrow = {}): CallPattern => ({
  kind: "call",
  names: isNames(names) ? names : [names],
  binds,
  ...narrow,
});
export const branch = (of: CallPattern, result: Result): Pattern => ({ kind: "branch", of, result });
export const store = (role: string, value: "true" | "false" | "any"): Pattern => ({ kind: "store", role, value });
export const test = (role: string, locked: boolean): Pattern => ({ kind: "test", role, locked });
export const use = (of: string): Pattern => ({ kind: "use", of });
export const bound = (which: "scope" | "session" | "driver"): Pattern => ({ kind: "bound", bound: which });
export const callback = (struct: string, slot: string, lacks?: readonly string[]): Pattern => ({
  kind: "callback",
  struct,
  slot,
  ...(lacks === undefined ? {} : { lacks }),
});
export const under = (role: string): Narrow => ({ lock: { role, held: true } });
export const outside = (role: string): Narrow => ({ lock: { role, held: false } });

const isNames = (names: Name | readonly Name[]): names is readonly Name[] => Array.isArray(names);

/** A position in the protocol, as the code can know it. */
export interface PhaseSpec {
  /** Where a resource begins. Exactly one phase has it. */
  readonly start?: true;
  /** A resource may stay here for ever. */
  readonly rest?: true;
  /** What is still due before it may rest, for messages. */
  readonly owes?: string;
}

/**
 * Something that happens. With `will` it belongs to the environment: it may happen in any phase, whenever `when` allows, and leaves the phase alone.
 * Without it, it is the code's: it happens only where a row says so.
 */
export interface EventSpec<W> {
  readonly actor: Actor;
  /** The lane it talks to, where it is a message. */
  readonly to?: Actor;
  /** One line for people. */
  readonly text: string;
  /** Where to see it in C. */
  readonly at?: Pattern | readonly Pattern[];
  /** promised: it comes within bounded time by a cited contract. voluntary: it may come or not. */
  readonly will?: "promised" | "voluntary";
  when?(world: W): boolean;
  /** What it does to the world; several worlds: it may end in any of them. */
  does?(world: W): W | readonly W[];
}

/** What is said of a defect. */
export interface RuleSpec {
  /** One line, no full stop. */
  readonly title: string;
  /** Why it is wrong, as a sentence. */
  readonly because: string;
  /** What to do instead, as a sentence. */
  readonly advice: string;
  /** How loud it may be at most; confidence decides the rest. */
  readonly severity: "error" | "warning";
  /** Kernel documents with their section, and kernel files with functions, that say so; absent where the model's own sources do. */
  readonly sources?: readonly string[];
  /** Why the rule is off unless it is asked for; absent: it is on. */
  readonly off?: string;
}

/** A rule of the catalogue: what is said, and the model that owns it. Ids are `family/what-is-wrong`. */
export interface Rule extends RuleSpec {
  readonly id: string;
  readonly lifecycle: string;
}

/** A world with the types of its cells, whatever their first values are. */
export type Cells<W> = { readonly [K in keyof W]: W[K] extends boolean ? boolean : number };

/** `=` as a target: the phase stays. */
export type Target<P extends string> = P | "=";

export interface Lifecycle<P extends string, E extends string, R extends string, W extends World> {
  /** Kebab case; names the model on the command line and in its golden files. */
  readonly id: string;
  readonly resource: string;
  /** Kernel files with functions, and documents, that the model rests on. */
  readonly sources: readonly string[];
  /** The world at the start. */
  readonly world: W;
  readonly phases: Readonly<Record<P, PhaseSpec>>;
  readonly events: Readonly<Record<E, EventSpec<Cells<NoInfer<W>>>>>;
  readonly rules: Readonly<Record<R, RuleSpec>>;
  /** What is right: in this phase the event may happen, and leads there. */
  readonly order: readonly (readonly [from: NoInfer<P>, on: NoInfer<E>, to: Target<NoInfer<P>>])[];
  /** What is wrong: in these phases the event breaks the rule. `to` is where the code takes itself to be afterwards. */
  readonly forbidden: readonly (readonly [
    from: readonly NoInfer<P>[],
    on: NoInfer<E>,
    to: Target<NoInfer<P>>,
    rule: NoInfer<R>,
  ])[];
  readonly invariants: Readonly<Record<string, (world: Cells<NoInfer<W>>) => boolean>>;
  /** The protocol as it should run, event by event, for its diagram. Audited: every event must be possible where it stands. */
  readonly story: readonly NoInfer<E>[];
}

/** A lifecycle whose phases, events, rules and world are not known by name: what the explorer, the audits and the drawings take. */
export interface AnyLifecycle {
  readonly id: string;
  readonly resource: string;
  readonly sources: readonly string[];
  readonly world: World;
  readonly phases: Readonly<Record<string, PhaseSpec>>;
  readonly events: Readonly<Record<string, EventSpec<World>>>;
  readonly rules: Readonly<Record<string, RuleSpec>>;
  readonly order: readonly (readonly [from: string, on: string, to: string])[];
  readonly forbidden: readonly (readonly [from: readonly string[], on: string, to: string, rule: string])[];
  readonly invariants: Readonly<Record<string, (world: never) => boolean>>;
  readonly story: readonly string[];
}

/** Declares a lifecycle. Phases, events and rules are inferred where they are declared and only used in the rows: a misspelt one does not compile. */
export function lifecycle<const P extends string, const E extends string, const R extends string, W extends World>(
  spec: Lifecycle<P, E, R, W>,
): Lifecycle<P, E, R, W> {
  return spec;
}

/** The rules that the models own, sorted by id. */
export function ruleTable(models: readonly AnyLifecycle[]): readonly Rule[] {
  return models
    .flatMap((model) => Object.entries(model.rules).map(([id, spec]) => ({ id, lifecycle: model.id, ...spec })))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Every kernel name that a lifecycle's events are recognised by, sorted, each once. */
export function vocabulary(models: readonly AnyLifecycle[]): readonly string[] {
  const names = new Set<string>();
  for (const model of models)
    for (const event of Object.values(model.events))
      for (const pattern of patternsOf(event)) {
        const named = pattern.kind === "call" ? pattern : pattern.kind === "branch" ? pattern.of : undefined;
        for (const name of named?.names ?? []) names.add(typeof name === "string" ? name : name.name);
      }
  return [...names].sort();
}

/** The places where an event may show, none for what C does not show. */
export function patternsOf(event: Pick<EventSpec<World>, "at">): readonly Pattern[] {
  if (event.at === undefined) return [];
  return isPatterns(event.at) ? event.at : [event.at];
}

const isPatterns = (at: Pattern | readonly Pattern[]): at is readonly Pattern[] => Array.isArray(at);
