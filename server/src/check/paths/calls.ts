// A call on a path: an event of the API, a known kernel function, a step through a followed callee, or something that takes what it is given.
import type { Effect } from "../../facts/facts.ts";
import { printValue } from "../../facts/text.ts";
import { ANY, NEG, POS, ZERO, learn } from "./knowledge.ts";
import { acquire, act, decide, fromCaller, limits, note, report, rolesOf } from "./events.ts";
import type { Defect, Events, Site } from "./events.ts";
import { tempAddress, valueOf } from "./frame.ts";
import type { Frame } from "./frame.ts";
import { apply, takeResult } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { fits } from "./protocol.ts";
import type { Act } from "./protocol.ts";
import { copyState, forget, handOver, isReleased, isLocal, read } from "./state.ts";
import type { Resource, State } from "./state.ts";
import { contains, rootOf, some } from "./term.ts";
import type { Term } from "./term.ts";

export type Call = Effect & { readonly kind: "call" };

/** One way in which a followed call ended. */
interface Ended {
  readonly o: Outcome;
  readonly t: State;
  readonly defects: readonly Defect[];
}

/** What is known of a callee. */
export interface Callee {
  /** Whether it, or what it calls, uses the API. */
  readonly uses: boolean;
  /** The ways it ends, worked out when asked; undefined where that is too much. */
  outcomes(): readonly Outcome[] | undefined;
}

export interface Calls extends Events {
  /** The definition that a name means, where it is near enough to be followed. */
  callee(name: string, f: Frame): Callee | undefined;
  /** Whether a name that is passed on is a function of the same folder: a callback that may release anything. */
  isFunction(name: string, f: Frame): boolean;
}

/** The states after a call; several where the callee can end in several ways. */
export function call(C: Calls, f: Frame, s: State, e: Call): readonly State[] {
  const { T, protocol } = C;
  const id = `${f.fn.file}:${e.span.start}${e.implicit ? "!" : ""}${e.callee.k === "name" ? e.callee.name : ""}`;
  const said = (n: number): string | undefined => {
    const text = e.args[n] === undefined ? "" : printValue(e.args[n]).replace(/\b(\w+)#\d+/g, "$1");
    return text === "" || text.length > 60 || /\bt\d+\b/.test(text) ? undefined : text;
  };
  const site: Site = { span: e.span, fn: f.fn.name, id, inner: false, looped: f.looped.has(e.span.start), said };
  const args = e.args.map((a) => valueOf(f, s, a));
  const result = T.op(id, e.callee.k === "name" ? `${e.callee.name}()` : "result");
  const again = s.passed.has(id);
  if (again) oldRound(C, s, id);
  s.passed.add(id);
  const give = (after: State, value: Term): State => {
    if (e.result !== undefined) after.env.set(tempAddress(f, e.result), value);
    return after;
  };
  const name = e.callee.k === "name" && !f.locals.has(e.callee.name) ? e.callee.name : undefined;
  if (name === undefined) {
    for (const t of args) escape(C, s, t, true);
    return [give(s, result)];
  }
  const acts = protocol.acts.get(name);
  if (acts !== undefined)
    return [...acts].flatMap((a) => api(C, s, a, args, result, site)).map((after) => give(after, result));
  const value = builtin(C, name, args);
  if (value !== undefined) return [give(s, value)];
  if (again && !protocol.testers.has(name) && fits(name, protocol.vocabulary.pure)) return [give(s, result)];
  const freeing = protocol.vocabulary.frees.find((x) => x.name === name);
  if (freeing !== undefined) free(C, s, args[freeing.at], freeing.part, site);
  if (protocol.vocabulary.overwrites.includes(name)) {
    const [to] = args;
    if (to !== undefined && (to.k === "var" || to.k === "faddr" || to.k === "iaddr")) forget(T, s, to, id);
    // What is overwritten is no longer what it was: a state that is zeroed can be taken anew.
    s.resources = s.resources.filter((r) => !r.spec.keys.some((k) => r.roles.get(k) === to));
    const from = args[1];
    if (from !== undefined) seen(s, from);
    return [give(s, result)];
  }
  if (fits(name, protocol.vocabulary.gives)) giveAway(C, s, args, site);
  if (fits(name, protocol.vocabulary.harmless)) {
    const told = fits(name, protocol.vocabulary.pure) ? T.pure(name, args) : result;
    return [give(s, told)];
  }
  const callee = C.callee(name, f);
  const passes = s.resources.some((r) => owed(r) && args.some((t) => reaches(r, t)));
  if (callee !== undefined && (callee.uses || passes)) {
    const outcomes = callee.outcomes();
    if (outcomes !== undefined) {
      const after = outcomes.flatMap((o): Ended[] => {
        const t = copyState(s);
        const own: Calls = { ...C, defects: [] };
        if (o.resources.length > 0 || o.released.length > 0) note(t, site, `calls ${name}()`, name);
        const fits = apply(own, t, o, args, result, site, (u, term) => escape(C, u, term, false));
        return fits ? [{ o, t, defects: own.defects }] : [];
      });
      doubt(after);
      agree(C, after);
      return after.map(({ t }) => give(t, takeResult(T, t, site, result)));
    }
    // It may have released whatever it can reach.
    if (callee.uses) s.vague = new Set(protocol.vocabulary.specs.map((x) => x.model.id));
    if (callee.uses)
      s.resources = s.resources.filter(
        (r) => !r.stored && !args.some((t) => reaches(r, t)) && !r.spec.lent && !r.foreign,
      );
  }
  if (fits(name, protocol.vocabulary.pure)) return [give(s, T.pure(name, args))];
  const callback = args.some((t) => t.k === "sym" && C.isFunction(t.name, f));
  for (const t of args) escape(C, s, t, callback);
  if (callee === undefined) s.resources = s.resources.filter((r) => !r.foreign);
  return [give(s, result)];
}

/** Where a callee may have released a resource or not, and nothing here tells which: where it is left alone it may not have been there. */
function doubt(after: readonly Ended[]): void {
  for (const { o, t } of after) {
    const others = after.filter((x) => x.o !== o && (x.o.mask & o.mask) !== 0).map((x) => x.t);
    const kept = t.resources.filter(
      (r) =>
        r.foreign ||
        isReleased(r) ||
        !(r.spec.lent === true || r.stored || r.cells.length > 0) ||
        others.every((u) => u.resources.some((x) => x.id === r.id && !isReleased(x))),
    );
    t.resources = kept;
  }
}

/** What is wrong in one outcome is said only where it is wrong in all that can't be told from it: a callee may know by a flag what to do. */
function agree(C: Calls, after: readonly Ended[]): void {
  const has = (x: Ended, d: Defect): boolean =>
    x.defects.some((y) => y.rule === d.rule && y.resource.id === d.resource.id);
  for (const one of after)
    for (const d of one.defects) {
      if (!after.every((x) => (x.o.mask & one.o.mask) === 0 || has(x, d))) continue;
      if (!C.defects.some((y) => y.rule === d.rule && y.span.start === d.span.start)) C.defects.push(d);
    }
}

/** The kernel's own forms of a value, and its tests of pointers that are errors. */
function builtin(C: Calls, name: string, args: readonly Term[]): Term | undefined {
  const { T, protocol } = C;
  const [first] = args;
  if (first === undefined) return undefined;
  switch (name) {
    case "IS_ERR":
      return T.un("iserr", first);
    case "IS_ERR_VALUE":
      return T.bin("<", first, T.num(0));
    case "IS_ERR_OR_NULL":
      return T.bin("<", first, T.num(1));
    case "PTR_ERR_OR_ZERO":
      return T.un("errno", first);
  }
  const tester = protocol.testers.get(name);
  if (tester !== undefined) return T.pure(tester.known, [args[tester.at] ?? first]);
  return protocol.vocabulary.identity.includes(name) ? first : undefined;
}

function api(C: Calls, s: State, a: Act, args: readonly Term[], result: Term, site: Site): readonly State[] {
  if (a.event !== a.spec.acquire) {
    const failed = a.only === undefined ? undefined : copyState(s);
    const fails = failed !== undefined && learn(failed.facts, result, ANY & ~(a.only ?? 0));
    if (a.only !== undefined && !learn(s.facts, result, a.only)) return failed !== undefined && fails ? [failed] : [];
    act(C, s, a, rolesOf(C, s, a, args, result), site);
    return failed !== undefined && fails ? [s, failed] : [s];
  }
  provenance(C, s, a, args, site);
  if (a.only !== undefined) {
    const without = copyState(s);
    const fails = learn(without.facts, result, (NEG | ZERO | POS) & ~a.only);
    if (!learn(s.facts, result, a.only)) return fails ? [without] : [];
    acquire(C, s, a, args, result, site);
    return fails ? [s, without] : [s];
  }
  acquire(C, s, a, args, result, site);
  limits(s, a, result);
  decide(C, s);
  return [s];
}

/** Memory that the device can't reach, by where it came from. */
function provenance(C: Calls, s: State, a: Act, args: readonly Term[], site: Site): void {
  const at = a.binds["buffer"];
  const buffer = typeof at === "number" ? args[at] : undefined;
  if (buffer === undefined) return;
  const { provenance: rules, vmalloc } = C.protocol.vocabulary;
  const root = rootOf(buffer);
  const rule =
    root.k === "var" && !root.name.endsWith("!")
      ? rules.stack
      : root.k === "str"
        ? rules.rodata
        : root.k === "op" && vmalloc.some((v) => root.name === `${v}()`)
          ? rules.vmalloc
          : rules.ram.kinds.includes(a.spec.model.id) && buffer.k === "pure" && rules.ram.from.includes(buffer.name)
            ? rules.ram.rule
            : undefined;
  if (rule === undefined) return;
  note(s, site, `maps it: ${a.name}()`, a.name, site.id);
  const resource: Resource = {
    id: site.id,
    spec: a.spec,
    phase: "",
    roles: new Map([["buffer", buffer]]),
    name: a.name,
    ...(typeof at === "number" && site.said?.(at) !== undefined ? { label: site.said(at) ?? "" } : {}),
    span: site.span,
    stored: false,
    escaped: false,
    foreign: false,
    inner: false,
    cells: [],
  };
  report(C, s, { rule, resource, span: site.span, api: a.name });
}

/** The device gets a value. A handle that nobody tested, or that is unmapped, must not be among them. */
function giveAway(C: Calls, s: State, args: readonly Term[], site: Site): void {
  for (const r of s.resources) {
    if (r.foreign || r.escaped || r.inner || r.spec.lent || !args.some((t) => reaches(r, t))) continue;
    const next = C.protocol.next(r.spec, r.phase, "give");
    if (next?.rule === undefined) continue;
    note(s, site, "gives the handle to the device", "", r.id);
    report(C, s, { rule: next.rule, resource: r, span: site.span, api: r.name });
    s.resources = s.resources.filter((x) => x !== r);
  }
  for (const t of args) handOver(s, t);
}

/** Memory is freed; what is mapped must not be. */
function free(C: Calls, s: State, what: Term | undefined, part: string | undefined, site: Site): void {
  if (what === undefined) return;
  const gone = part === undefined ? what : read(C.T, s, C.T.faddr(what, part));
  for (const r of s.resources) {
    if (r.escaped || r.inner || r.foreign || r.roles.get("buffer") !== gone) continue;
    const next = C.protocol.next(r.spec, r.phase, "free");
    if (next?.rule === undefined) continue;
    note(s, site, "frees the buffer", "", r.id);
    report(C, s, { rule: next.rule, resource: r, span: site.span, api: r.name });
    s.resources = s.resources.filter((x) => x !== r);
  }
}

/** Code that is not followed gets a value: whatever it leads to is out of sight. `anything`: it may release what it can reach. */
function escape(C: Calls, s: State, t: Term, anything: boolean): void {
  seen(s, t);
  if (anything) {
    s.resources = s.resources.flatMap((r) => (r.foreign ? [] : [r.stored ? { ...r, escaped: true } : r]));
  }
  if ((t.k === "var" || t.k === "faddr" || t.k === "iaddr") && !(t.k === "var" && t.name.endsWith("!")))
    forget(C.T, s, t, "given");
}

/** A value, and what stands where it points, is taken up by code that is not followed. */
function seen(s: State, t: Term): void {
  // Whoever has the address of a variable has what stands in it.
  const inside = t.k === "var" ? s.env.get(t) : undefined;
  for (const v of inside === undefined ? [t] : [t, inside]) {
    s.resources = s.resources.map((r) => (!r.escaped && reaches(r, v) ? { ...r, escaped: true } : r));
    if (fromCaller(v) && v.depth < 4 && !s.escapes.includes(v)) s.escapes = [...s.escapes, v];
  }
}

/** The value is the resource's handle, or points to memory of this function that holds it. */
function reaches(r: Resource, t: Term): boolean {
  if (r.spec.lent) return false;
  const keys = r.spec.keys.flatMap((k) => r.roles.get(k) ?? []);
  if (keys.some((k) => contains(t, k))) return true;
  return isLocal(t) && r.cells.some((at) => rootOf(at) === rootOf(t));
}

const owed = (r: Resource): boolean => !r.foreign && !r.escaped;

/** The second round of a loop: what the same call gave in the round before is another value. */
function oldRound(C: Calls, s: State, id: string): void {
  const { T } = C;
  const inner = `${id}/`;
  const old = (t: Term): boolean =>
    some(t, (p) => p.k === "op" && (p.key === id || p.key.startsWith(inner) || p.key.startsWith(`${id} `)));
  s.resources = s.resources.filter((r) => r.id !== id && !r.id.startsWith(inner) && ![...r.roles.values()].some(old));
  for (const [at, value] of [...s.env]) {
    if (old(at)) s.env.delete(at);
    else if (old(value)) s.env.set(at, T.op(`${id} before ${at.id}`, "earlier"));
  }
  for (const fact of [...s.facts.keys()]) if (old(fact)) s.facts.delete(fact);
}
