// Outcomes: the ways in which a function can end, as its callers see them, and a call as a large step through one of them.
import { ANY, learn, maskOf } from "./knowledge.ts";
import type { Act } from "./protocol.ts";
import { act, decide, fromCaller } from "./events.ts";
import type { Events, Site } from "./events.ts";
import { handOver, isLocal, keep, write } from "./state.ts";
import type { Release, Resource, State } from "./state.ts";
import { contains, rebuild, some } from "./term.ts";
import type { Term, Terms } from "./term.ts";
import { MAX_OUTCOMES } from "./limits.ts";

export interface Exit {
  readonly state: State;
  readonly value: Term | undefined;
}

/** One way to end. Terms speak of parameters, of memory as it was at entry, and of values of their own. */
export interface Outcome {
  readonly value: Term | undefined;
  readonly mask: number;
  readonly facts: readonly (readonly [Term, number])[];
  readonly stores: readonly (readonly [Term, Term])[];
  readonly resources: readonly Resource[];
  readonly released: readonly Release[];
  readonly vague: ReadonlySet<string>;
  readonly escapes: readonly Term[];
  readonly kept: readonly Term[];
}

/** What callers see of the ways that a function ends; undefined where there are too many to follow. */
export function outcomesOf(exits: readonly Exit[]): readonly Outcome[] | undefined {
  const found = new Map<string, Outcome>();
  for (const exit of exits) {
    const one = outcomeOf(exit);
    const key = [
      one.mask,
      ...one.resources.map((r) => `${r.id}${r.phase}`),
      ...one.released.map((r) => `${r.event}${[...r.roles.values()].map((t) => t.id).join()}`),
      ...one.vague,
    ].join(" ");
    const same = found.get(key);
    found.set(key, same === undefined ? one : common(same, one));
  }
  return found.size > MAX_OUTCOMES ? undefined : [...found.values()];
}

function outcomeOf({ state, value }: Exit): Outcome {
  const visible = (t: Term): boolean => !some(t, (p) => p.k === "var");
  const kept = state.resources.filter((r) => !r.foreign && (r.stored || r.spec.lent === true || isReturned(r, value)));
  return {
    value: value !== undefined && visible(value) ? value : undefined,
    mask: value === undefined ? ANY : maskOf(state.facts, value),
    facts: [...state.facts].filter(([t]) => t.depth < 8 && visible(t)),
    stores: [...state.env].filter(([at]) => !isLocal(at) && fromCaller(at)),
    resources: kept,
    released: state.released,
    vague: state.vague,
    escapes: state.escapes,
    kept: state.kept,
  };
}

/** The function gives it, or what it stands in, to its caller. */
export function isReturned(r: Resource, value: Term | undefined): boolean {
  if (value === undefined) return false;
  return [...r.roles.entries()].some(([role, t]) => r.spec.keys.includes(role) && contains(value, t));
}

/** What is true of both. */
function common(a: Outcome, b: Outcome): Outcome {
  const facts = a.facts.flatMap(([t, mask]) => {
    const other = b.facts.find(([u]) => u === t)?.[1];
    return other === undefined || (other | mask) === ANY ? [] : [[t, other | mask] as const];
  });
  const stores = [...a.stores.filter(([at]) => !b.stores.some(([x]) => x === at)), ...b.stores].map(
    ([at, value]) => [at, a.stores.find(([x]) => x === at)?.[1] === value ? value : value] as const,
  );
  return {
    ...a,
    value: a.value === b.value ? a.value : undefined,
    facts,
    stores,
    escapes: [...new Set([...a.escapes, ...b.escapes])],
    kept: [...new Set([...a.kept, ...b.kept])],
  };
}

/** A call that ends in one of its callee's outcomes. False where it can't end so here. */
export function apply(
  E: Events,
  s: State,
  outcome: Outcome,
  args: readonly Term[],
  result: Term,
  site: Site,
  escape: (s: State, term: Term) => void,
): boolean {
  const { T } = E;
  const inCaller = translator(T, s, args, site.id);
  for (const [t, mask] of outcome.facts) if (!learn(s.facts, inCaller(t), mask)) return false;
  const value = outcome.value === undefined ? result : inCaller(outcome.value);
  if (!learn(s.facts, value, outcome.mask)) return false;
  decide(E, s);
  const released = outcome.released.map((r): readonly [Release, ReadonlyMap<string, Term>] => [
    r,
    new Map([...r.roles].map(([role, t]) => [role, inCaller(t)])),
  ]);
  const made = outcome.resources.map((r): Resource => ({
    ...r,
    id: `${site.id}/${r.id}`,
    roles: new Map([...r.roles].map(([role, t]) => [role, inCaller(t)])),
    span: site.span,
    inner: true,
    // What was stored in memory that only the caller has is the caller's.
    stored: r.cells.map(inCaller).some((at) => !isLocal(at)) || (r.stored && r.cells.length === 0),
    cells: r.cells.map(inCaller).filter((at) => !isLocal(at) || at.k !== "var"),
  }));
  const stores = outcome.stores.map(([at, v]) => [inCaller(at), inCaller(v)] as const);
  const escapes = outcome.escapes.map(inCaller);
  const kept = outcome.kept.map(inCaller);
  for (const [r, roles] of released) {
    const a: Act = {
      spec: r.spec,
      event: r.event,
      binds: Object.fromEntries([...roles.keys()].map((k) => [k, 0])),
      name: r.name,
    };
    act(E, s, a, roles, { ...site, inner: true });
  }
  if (outcome.vague.size > 0) {
    s.resources = s.resources.filter((r) => !outcome.vague.has(r.spec.model.id));
    s.vague = new Set([...s.vague, ...outcome.vague]);
  }
  for (const [at, v] of stores) {
    write(T, s, at, v);
    keep(T, s, at, v);
  }
  for (const r of made) s.resources = [...s.resources.filter((x) => x.id !== r.id), r];
  for (const t of escapes) escape(s, t);
  for (const t of kept) handOver(s, t);
  s.env.set(T.op(`result ${site.id}`, "result"), value);
  decide(E, s);
  return true;
}

/** The value of the last call that was applied at a site. */
export function takeResult(T: Terms, s: State, site: Site, otherwise: Term): Term {
  const at = T.op(`result ${site.id}`, "result");
  const value = s.env.get(at) ?? otherwise;
  s.env.delete(at);
  return value;
}

/** Terms of a callee as terms of its caller: parameters become arguments, memory is what it was when the call began. */
function translator(T: Terms, s: State, args: readonly Term[], site: string): (t: Term) => Term {
  const before = new Map(s.env);
  const known = new Map<Term, Term>();
  const leaf = (t: Term): Term | undefined => {
    const had = known.get(t);
    if (had !== undefined) return had;
    let made: Term | undefined;
    if (t.k === "param") made = args[t.index] ?? T.op(`${site} argument ${t.index}`, "argument");
    else if (t.k === "op") made = T.op(`${site}/${t.key}`, t.name);
    else if (t.k === "var") made = T.op(`${site}/${t.key}`, t.name);
    else if (t.k === "load") {
      const at = rebuild(T, t.at, leaf);
      made = before.get(at) ?? T.load(at);
    }
    if (made !== undefined) known.set(t, made);
    return made;
  };
  return (t) => rebuild(T, t, leaf);
}
