// What the calls of the API do to the resources of a path, and what is wrong about them.
import type { Span } from "../../base/span.ts";
import { POS, ZERO, NEG, learn, maskOf } from "./knowledge.ts";
import { differ, isBoth } from "./compare.ts";
import { MAX_RELEASES } from "./limits.ts";
import { read, write } from "./state.ts";
import type { Release, Resource, State, Trace } from "./state.ts";
import type { Act, Protocol } from "./protocol.ts";
import { contains, fieldOfAddress, linear, some } from "./term.ts";
import type { Term, Terms } from "./term.ts";

/** Something wrong on a path. `trace` ends with the offending step. */
export interface Defect {
  readonly rule: string;
  readonly resource: Resource;
  readonly span: Span;
  readonly trace: Trace;
  /** The role that differs, and both values, where the rule is about that. */
  readonly role?: { readonly name: string; readonly was: Term; readonly is: Term };
  readonly api: string;
}

export interface Site {
  readonly span: Span;
  readonly fn: string;
  /** Tells this call from others; nested calls have those around them in front. */
  readonly id: string;
  readonly inner: boolean;
  /** In a loop: what is released may be any of several. */
  readonly looped?: boolean;
  /** An argument as the C has it; undefined where it can't be said in a word. */
  readonly said?: (argument: number) => string | undefined;
}

export interface Events {
  readonly T: Terms;
  readonly protocol: Protocol;
  readonly defects: Defect[];
}

/** Adds a step to the path. */
export function note(s: State, site: Site, text: string, claim: string, about?: string): void {
  s.trace = {
    prev: s.trace,
    kind: "call",
    text,
    span: site.span,
    fn: site.fn,
    claim,
    ...(about === undefined ? {} : { about }),
  };
}

/** The roles that a call gives, from its arguments and from what it returns. */
export function rolesOf(
  E: Events,
  s: State,
  act: Act,
  args: readonly Term[],
  result: Term | undefined,
): Map<string, Term> {
  const { T } = E;
  const roles = new Map<string, Term>();
  for (const [role, at] of Object.entries(act.binds)) {
    const value = at === "returns" ? result : args[at];
    if (value !== undefined) roles.set(role, value);
  }
  for (const [role, { from, field }] of Object.entries(act.spec.derive ?? {})) {
    const base = roles.get(from);
    if (base !== undefined && !roles.has(role)) roles.set(role, read(T, s, T.faddr(base, field)));
  }
  return roles;
}

/** A resource comes to life. Older ones of the same place are beyond what is told apart: they are let go. */
export function acquire(E: Events, s: State, act: Act, args: readonly Term[], result: Term, site: Site): void {
  const { T, protocol } = E;
  const { spec } = act;
  const start = Object.entries(spec.model.phases).find(([, p]) => p.start === true)?.[0] ?? "";
  const next = protocol.next(spec, start, spec.acquire);
  if (next === undefined) return;
  const roles = rolesOf(E, s, act, args, result);
  for (const role of spec.out ?? []) {
    const at = roles.get(role);
    if (at === undefined) continue;
    const value = T.op(`${site.id} ${role}`, role);
    write(T, s, at, value);
    roles.set(role, value);
  }
  const key = spec.keys.map((k) => roles.get(k));
  s.resources = s.resources.filter(
    (r) => r.id !== site.id && !(r.spec === spec && spec.keys.some((k, i) => r.roles.get(k) === key[i])),
  );
  note(s, site, `${spec.model.events[spec.acquire]?.text ?? "acquires"}: ${act.name}()`, act.name, site.id);
  const cells = [...s.env].flatMap(([at, value]) => (key.some((k) => k !== undefined && k === value) ? [at] : []));
  s.resources = [
    ...s.resources,
    {
      id: site.id,
      spec,
      phase: next.to,
      roles,
      name: act.name,
      ...labelled(act, site),
      span: site.span,
      stored: spec.out !== undefined && cells.some((at) => !isVar(at)),
      escaped: false,
      foreign: false,
      inner: site.inner,
      cells: cells.filter((at) => !isTemp(at)),
    },
  ];
}

/** What the call is about, in the words of the C: the buffer, the list, or where the handle goes. */
function labelled(act: Act, site: Site): { readonly label?: string } {
  for (const role of ["buffer", "page", "list", "table", "state", "cpu", "handle"]) {
    const at = act.binds[role];
    const label = typeof at === "number" ? site.said?.(at)?.replace(/^&/, "") : undefined;
    if (label !== undefined) return { label };
  }
  return {};
}

const isVar = (at: Term): boolean => at.k === "var" || ((at.k === "faddr" || at.k === "iaddr") && isVar(at.base));
const isTemp = (at: Term): boolean => at.k === "var" && at.name.endsWith("!");

/** Another event of the API: a release, a sync. */
export function act(E: Events, s: State, a: Act, roles: ReadonlyMap<string, Term>, site: Site): void {
  const { protocol } = E;
  const found = find(s, a, roles);
  if (found === undefined) return unmatched(E, s, a, roles, site);
  const { resource, exact } = found;
  if (!exact) {
    s.resources = s.resources.filter((r) => r !== resource);
    return;
  }
  const { spec } = resource;
  const text = a.spec.model.events[a.event]?.text ?? a.event;
  note(s, site, `${text}: ${a.name}()`, a.name, resource.id);
  const broken = (rule: string, role?: Defect["role"]): void => {
    report(E, s, { rule, resource, span: site.span, api: a.name, ...(role === undefined ? {} : { role }) });
    s.resources = s.resources.filter((r) => r !== resource);
  };
  if (spec !== a.spec) {
    if (spec.wrongKind !== undefined && a.event === a.spec.release && !resource.foreign) broken(spec.wrongKind);
    else s.resources = s.resources.filter((r) => r !== resource);
    return;
  }
  const next = protocol.next(spec, resource.phase, a.event);
  if (next === undefined) return;
  if (next.rule !== undefined) {
    const elsewhere = site.looped === true && resource.stored && resource.phase === "failed";
    if (elsewhere || resource.escaped || (resource.foreign && resource.inner))
      s.resources = s.resources.filter((r) => r !== resource);
    else broken(next.rule);
    return;
  }
  const count = resource.roles.get("count");
  const nents = roles.get("nents");
  const counted = spec.countRules?.[a.event];
  if (
    counted !== undefined &&
    count !== undefined &&
    count === nents &&
    !equal(E, s, count, resource.roles.get("nents"))
  ) {
    const was = resource.roles.get("nents");
    return broken(counted, was === undefined ? undefined : { name: "nents", was, is: nents });
  }
  for (const [role, rule] of Object.entries(spec.compare[a.event] ?? {})) {
    const was = resource.roles.get(role);
    const is = roles.get(role);
    if (was === undefined || is === undefined || was === is) continue;
    if (role === "direction" && a.event !== spec.release && isBoth(protocol.vocabulary, was)) continue;
    if (differ(E.protocol.vocabulary, s.facts, role, was, is)) return broken(rule, { name: role, was, is });
  }
  s.resources = s.resources.map((r) => (r === resource ? { ...r, phase: next.to, inner: r.inner || site.inner } : r));
}

/** Known to be the same number on this path. */
function equal(E: Events, s: State, a: Term, b: Term | undefined): boolean {
  if (b === undefined || a === b) return true;
  return (maskOf(s.facts, E.T.bin("==", a, b)) & ZERO) === 0;
}

/** The resource that a call is about: by the same key, or (not exact) by a key made from it. */
function find(
  s: State,
  a: Act,
  roles: ReadonlyMap<string, Term>,
): { readonly resource: Resource; readonly exact: boolean } | undefined {
  const keyed = (r: Resource, test: (had: Term, given: Term) => boolean): boolean =>
    a.spec.keys.some((k) => {
      const given = roles.get(k);
      const had = r.roles.get(k) ?? (r.spec === a.spec ? undefined : r.roles.get("handle"));
      return (
        given !== undefined &&
        had !== undefined &&
        r.spec.keys.includes(r.roles.has(k) ? k : "handle") &&
        test(had, given)
      );
    });
  const own = [...s.resources].sort((x, y) => Number(y.spec === a.spec) - Number(x.spec === a.spec));
  const exact = own.find((r) => (r.spec === a.spec || isHandle(r, a)) && keyed(r, (had, given) => had === given));
  if (exact !== undefined) return { resource: exact, exact: true };
  const near = own.find(
    (r) =>
      r.spec === a.spec && keyed(r, (had, given) => contains(given, had) || linear(given).base === linear(had).base),
  );
  return near === undefined ? undefined : { resource: near, exact: false };
}

/** Kinds are mixed up only where both have a handle. */
const isHandle = (r: Resource, a: Act): boolean => r.roles.has("handle") && "handle" in a.binds;

/** A release of something that this function did not acquire, as far as it can tell. */
function unmatched(E: Events, s: State, a: Act, roles: ReadonlyMap<string, Term>, site: Site): void {
  if (a.event !== a.spec.release) return;
  const keys = a.spec.keys.flatMap((k) => roles.get(k) ?? []);
  const clear = keys.length > 0 && keys.every((k) => fromCaller(k));
  // It may be any of the same kind that stands in memory where this one came from, unless the places are known to be others.
  const field = keys.map((k) => (k.k === "load" ? fieldOfAddress(k.at) : undefined));
  s.resources = s.resources.filter((r) => {
    if (r.spec !== a.spec || r.foreign) return true;
    if (!clear) return false;
    const at = r.cells.map(fieldOfAddress);
    return (
      !(r.stored || r.cells.length > 0) || (field.some((x) => x !== undefined) && !at.some((x) => field.includes(x)))
    );
  });
  if (!clear || site.looped === true || s.vague.has(a.spec.model.id)) {
    s.vague = new Set([...s.vague, a.spec.model.id]);
    return;
  }
  note(s, site, `${a.spec.model.events[a.event]?.text ?? a.event}: ${a.name}()`, a.name, site.id);
  const release: Release = { spec: a.spec, event: a.event, roles, name: a.name, id: site.id };
  const others = s.released.filter((r) => r.spec !== a.spec || !sameKey(r, release));
  // The same call again, or very many: a loop over what the caller has.
  if (others.some((r) => r.id === site.id) || others.length >= MAX_RELEASES) {
    s.vague = new Set([...s.vague, a.spec.model.id]);
    s.released = others.filter((r) => r.spec !== a.spec);
    s.resources = s.resources.filter((r) => !r.foreign || r.spec !== a.spec);
    return;
  }
  s.released = [...others, release];
  const phase = Object.entries(a.spec.model.phases)
    .map(([p]) => E.protocol.next(a.spec, p, a.event))
    .find((n) => n !== undefined && n.rule === undefined)?.to;
  if (phase === undefined) return;
  s.resources = [
    ...s.resources.filter((r) => r.id !== site.id),
    {
      id: site.id,
      spec: a.spec,
      phase,
      roles,
      name: a.name,
      ...labelled(a, site),
      span: site.span,
      stored: false,
      escaped: false,
      foreign: true,
      inner: site.inner,
      cells: [],
    },
  ];
}

const sameKey = (a: Release, b: Release): boolean =>
  a.spec.keys.some((k) => a.roles.get(k) !== undefined && a.roles.get(k) === b.roles.get(k));

/** A value that stood in the caller's memory when the function began, or that the caller passed. */
export const fromCaller = (t: Term): boolean =>
  !some(t, (p) => p.k === "op" || p.k === "var") && some(t, (p) => p.k === "param" || p.k === "sym");

/** Resources whose test has been decided by what was learned go on to the next phase. */
export function decide(E: Events, s: State): void {
  let changed = false;
  const resources = s.resources.map((r) => {
    for (const test of E.protocol.tests.get(r.spec) ?? []) {
      const next = E.protocol.next(r.spec, r.phase, test.event);
      if (next === undefined) continue;
      const about = r.roles.get(test.role);
      if (about === undefined) continue;
      const mask = maskOf(s.facts, test.by === undefined ? about : E.T.pure(test.by, [about]));
      if ((mask & ~test.mask) !== 0) continue;
      changed = true;
      // A handle that was found good is an address: code that takes 0 for "not mapped" tells the two apart by it.
      if (test.by !== undefined) learn(s.facts, about, NEG | POS);
      return { ...r, phase: next.to };
    }
    return r;
  });
  if (changed) s.resources = resources;
}

/** What the API's own values can be: a count is never negative, a pointer is NULL or valid. */
export function limits(s: State, a: Act, result: Term): void {
  const role = Object.entries(a.binds).find(([, at]) => at === "returns")?.[0];
  if (role === "count" || role === "cpu" || role === "taken") learn(s.facts, result, ZERO | POS);
  if (role === "error") learn(s.facts, result, NEG | ZERO);
}

export function report(E: Events, s: State, defect: Omit<Defect, "trace">): void {
  const { span, rule } = defect;
  const last = s.trace;
  const step: Trace =
    last !== undefined && last.span.start === span.start && last.about === defect.resource.id
      ? { ...last, kind: "violation" }
      : { prev: last, kind: "violation", text: "", span, fn: last?.fn ?? "", about: defect.resource.id };
  if (!E.defects.some((d) => d.rule === rule && d.span.start === span.start && d.span.file === span.file))
    E.defects.push({ ...defect, trace: step });
}
