// What is true at a point of a path: memory, what is known of values, the resources with their phases, and the way that led here.
import type { Span } from "../../base/span.ts";
import type { StepKind } from "../../base/trace.ts";
import type { PathSpec } from "../../model/paths.ts";
import { maskOf } from "./knowledge.ts";
import type { Facts } from "./knowledge.ts";
import { contains, rootOf, some } from "./term.ts";
import type { Term, Terms } from "./term.ts";

/** A link of the chain of what happened, last first. */
export interface Trace {
  readonly prev: Trace | undefined;
  readonly kind: StepKind;
  readonly text: string;
  readonly span: Span;
  readonly fn: string;
  readonly claim?: string;
  /** The resource that the step is about. */
  readonly about?: string;
}

/** Something that was acquired, or that was seen at its release. Never changed in place. */
export interface Resource {
  /** The place of the call that acquired it. */
  readonly id: string;
  readonly spec: PathSpec;
  readonly phase: string;
  readonly roles: ReadonlyMap<string, Term>;
  /** The function that acquired or released it. */
  readonly name: string;
  /** What it is of, as the C calls it. */
  readonly label?: string;
  readonly span: Span;
  /** It stands in memory that others reach. */
  readonly stored: boolean;
  /** Code that was not followed has it. */
  readonly escaped: boolean;
  /** Acquired somewhere else: only its release was seen. */
  readonly foreign: boolean;
  /** Acquired or released inside a callee. */
  readonly inner: boolean;
  /** Addresses that it was stored at. */
  readonly cells: readonly Term[];
}

/** What a path does to what its caller gave it. */
export interface Release {
  readonly spec: PathSpec;
  readonly event: string;
  readonly roles: ReadonlyMap<string, Term>;
  readonly name: string;
  /** The place of the call. */
  readonly id: string;
}

export interface State {
  readonly env: Map<Term, Term>;
  readonly facts: Facts;
  resources: readonly Resource[];
  /** Releases of what this function did not acquire, for its callers. */
  released: readonly Release[];
  /** Kinds of which something was released that could not be told. */
  vague: ReadonlySet<string>;
  /** Places of calls that were passed, to tell the second round of a loop. */
  readonly passed: Set<string>;
  /** Values that code which was not followed got hold of. */
  escapes: readonly Term[];
  /** Values of the caller that were put where others reach them. */
  kept: readonly Term[];
  trace: Trace | undefined;
}

export function newState(): State {
  return {
    env: new Map(),
    facts: new Map(),
    resources: [],
    released: [],
    vague: new Set(),
    passed: new Set(),
    escapes: [],
    kept: [],
    trace: undefined,
  };
}

export function copyState(s: State): State {
  return { ...s, env: new Map(s.env), facts: new Map(s.facts), passed: new Set(s.passed) };
}

/** What may not be merged: states with different signatures stay apart. */
export function signatureOf(s: State): string {
  const each = s.resources.map((r) => {
    const keys = r.spec.keys.map((k) => r.roles.get(k)?.id ?? 0).join();
    return `${r.id}=${r.phase}${r.stored ? "s" : ""}${r.escaped ? "e" : ""}${keys}`;
  });
  const released = s.released.map((r) => `${r.event}${[...r.roles.values()].map((t) => t.id).join()}`);
  return [...each.sort(), "|", ...released.sort(), ...[...s.vague].sort()].join(" ");
}

const joined = (T: Terms, block: number, at: Term): Term => T.op(`join${block} ${at.id}`, "joined");

/** Before a loop's head is entered again: values of the round before lose their names. */
export function forgetRound(T: Terms, block: number, s: State): void {
  const prefix = `join${block} `;
  const old = (t: Term): boolean => some(t, (p) => p.k === "op" && p.key.startsWith(prefix));
  for (const [at, value] of s.env) {
    const own = joined(T, block, at);
    if (value !== own && old(value)) s.env.set(at, own);
  }
  for (const fact of s.facts.keys()) if (fact.k !== "op" && old(fact)) s.facts.delete(fact);
}

/** Makes `into` true of both; says whether that changed it. The trace of `into` stays: it came first, so it is the shorter one. */
export function merge(T: Terms, block: number, into: State, other: State): boolean {
  let changed = false;
  const both = new Set([...into.env.keys(), ...other.env.keys()]);
  for (const at of both) {
    const a = into.env.get(at) ?? T.load(at);
    const b = other.env.get(at) ?? T.load(at);
    if (a === b) continue;
    const value = joined(T, block, at);
    const mask = maskOf(into.facts, a) | maskOf(other.facts, b);
    if (a !== value) {
      into.env.set(at, value);
      changed = true;
    }
    if (mask !== into.facts.get(value)) changed = true;
    into.facts.set(value, mask);
    other.facts.set(value, mask);
  }
  for (const [t, mask] of into.facts) {
    const wider = mask | maskOf(other.facts, t);
    if (wider === mask) continue;
    changed = true;
    into.facts.set(t, wider);
  }
  for (const place of other.passed) into.passed.add(place);
  if (other.escapes.some((t) => !into.escapes.includes(t)))
    into.escapes = [...new Set([...into.escapes, ...other.escapes])];
  if (other.kept.some((t) => !into.kept.includes(t))) into.kept = [...new Set([...into.kept, ...other.kept])];
  into.resources = into.resources.map((r) =>
    widened(
      T,
      block,
      r,
      other.resources.find((o) => o.id === r.id),
    ),
  );
  return changed;
}

/** Roles that differ are not known any more; the keys are the same, since the signatures are. */
function widened(T: Terms, block: number, r: Resource, other: Resource | undefined): Resource {
  if (other === undefined || other === r) return r;
  let roles: Map<string, Term> | undefined;
  for (const [role, term] of r.roles) {
    if (other.roles.get(role) === term) continue;
    roles ??= new Map(r.roles);
    roles.set(role, T.op(`role${block} ${r.id} ${role}`, "joined"));
  }
  const cells = other.cells.some((c) => !r.cells.includes(c)) ? [...new Set([...r.cells, ...other.cells])] : r.cells;
  return roles === undefined && cells === r.cells ? r : { ...r, cells, ...(roles === undefined ? {} : { roles }) };
}

/** What stands at an address now. */
export function read(T: Terms, s: State, at: Term): Term {
  return s.env.get(at) ?? T.load(at);
}

/** Puts a value at an address. What may be the same element of an array is not known any more. */
export function write(T: Terms, s: State, at: Term, value: Term): void {
  if (at.k !== "var" || s.env.size > 0) {
    for (const [other, had] of s.env) {
      if (other === at) continue;
      if (contains(other, at) && isPartOf(other, at)) s.env.delete(other);
      else if (mayBeSame(other, at) && had !== value) s.env.set(other, T.op(`alias ${other.id} ${at.id}`, "element"));
    }
  }
  s.env.set(at, value);
}

function isPartOf(part: Term, whole: Term): boolean {
  let at = part;
  while (at.k === "faddr" || at.k === "iaddr") {
    at = at.base;
    if (at === whole) return true;
  }
  return false;
}

/** Two elements of one array whose numbers are not both known. */
function mayBeSame(a: Term, b: Term): boolean {
  if (a === b) return true;
  if (a.k === "faddr" && b.k === "faddr") return a.field === b.field && mayBeSame(a.base, b.base);
  if (a.k === "iaddr" && b.k === "iaddr")
    return a.base === b.base && !(a.index.k === "num" && b.index.k === "num" && a.index.value !== b.index.value);
  return false;
}

/** Forgets what stands at an address and below it. */
export function forget(T: Terms, s: State, at: Term, why: string): void {
  for (const other of [...s.env.keys()])
    if (other !== at && isPartOf(other, at)) s.env.set(other, T.op(`${why} ${other.id}`, "changed"));
  s.env.set(at, T.op(`${why} ${at.id}`, "changed"));
}

/** True for memory that only the function itself has. */
export const isLocal = (at: Term): boolean => rootOf(at).k === "var";

/** A value of the round before, in a loop: it is not what the same place gives now. */
export function age(T: Terms, s: State, term: Term): void {
  const old = T.op(`${term.k === "op" ? term.key : String(term.id)} before`, "earlier");
  for (const [at, value] of s.env)
    if (contains(value, term)) s.env.set(at, value === term ? old : T.op(`${old.id} ${at.id}`, "earlier"));
  for (const [at] of [...s.env]) if (contains(at, term)) s.env.delete(at);
  for (const fact of [...s.facts.keys()]) if (contains(fact, term)) s.facts.delete(fact);
}

/** The same is true in both, whatever way led there. */
export function sameState(a: State, b: State): boolean {
  if (a.env.size !== b.env.size || a.facts.size !== b.facts.size) return false;
  for (const [at, value] of a.env) if (b.env.get(at) !== value) return false;
  for (const [t, mask] of a.facts) if (b.facts.get(t) !== mask) return false;
  return a.resources.every((r, i) => sameResource(r, b.resources[i]));
}

function sameResource(a: Resource, b: Resource | undefined): boolean {
  if (b === undefined || a.id !== b.id || a.cells.length !== b.cells.length) return false;
  for (const [role, t] of a.roles) if (b.roles.get(role) !== t) return false;
  return true;
}

/** A value comes to stand at an address: resources that it leads to are there now. */
export function keep(T: Terms, s: State, at: Term, value: Term): void {
  if (read(T, s, at) !== value) s.env.set(at, value);
  const local = isLocal(at);
  if (!local) keepParts(s, value);
  if (!s.resources.some((r) => !r.spec.lent)) return;
  s.resources = s.resources.map((r) => {
    if (r.spec.lent || r.foreign || r.cells.includes(at)) return r;
    const holds = r.spec.keys.some((k) => {
      const key = r.roles.get(k);
      return key !== undefined && contains(value, key);
    });
    const container = !local && value.k === "var" && r.cells.some((c) => contains(c, value));
    if (!holds && !container) return r;
    // A name of its own is no place where somebody else looks.
    return at.k === "var" ? r : { ...r, cells: [...r.cells, at], stored: r.stored || !local };
  });
}

/** Notes the caller's values that are put where others reach them: what a parameter holds may be a handle. */
function keepParts(s: State, value: Term): void {
  some(value, (t) => {
    if (t.k === "param" && !s.kept.includes(t)) s.kept = [...s.kept, t];
    // What a pointer of the caller leads to is another matter than the pointer.
    return t.k === "load" || t.k === "faddr" || t.k === "iaddr";
  });
}

/** A value goes where others reach it, in a way that is not followed: a register, a macro's place. */
export function handOver(s: State, value: Term): void {
  keepParts(s, value);
  s.resources = s.resources.map((r) => (!r.stored && !r.spec.lent && holdsKey(r, value) ? { ...r, stored: true } : r));
}

const holdsKey = (r: Resource, value: Term): boolean =>
  r.spec.keys.some((k) => {
    const key = r.roles.get(k);
    return key !== undefined && contains(value, key);
  });

/** Nothing is owed any more. */
export const isReleased = (r: Resource): boolean => /^(released|freed)$/.test(r.phase);
