// Entry points: the callbacks that the environment calls by slot, and the roots that it may run besides. Covers every function of the closed world around the
// private struct: each is entered from a slot, from a root, or is called by one that is.
import { wordOf } from "./bits.ts";
import { newCallers, ancestors } from "./callers.ts";
import { callbacks, isFunction, nearest } from "./family.ts";
import { scan } from "./scan.ts";
import { inFolders } from "./world.ts";
import type { Callers } from "./callers.ts";
import type { World } from "./context.ts";
import type { Family } from "./family.ts";
import type { Types } from "./types.ts";
import type { FunctionFacts, Value } from "../../facts/facts.ts";
import type { Ins, Proc, Root } from "../../model/unplug/skeleton.ts";
import type { FunctionRef } from "../../program/program.ts";

/** Something that is entered from outside. */
export interface Entry {
  readonly fn: FunctionFacts;
  /** A slot's name, or what kind of root it is. */
  readonly as: { readonly slot: string } | { readonly root: Root["kind"] };
  readonly via: string;
}

export interface Found {
  /** Slots and roots that are what they are whatever the code does. */
  readonly fixed: readonly Entry[];
  /** Functions that may turn out to be roots: everything above the closed world that no fixed entry stands for. */
  readonly candidates: readonly FunctionFacts[];
  readonly callers: Callers;
  /** Where a function is registered, for people. */
  via(fn: FunctionFacts): string;
  /** Functions whose callers were not all looked at. */
  readonly cut: readonly FunctionFacts[];
}

/** What may enter the family's code. `world` says what matters so far. */
export function findEntries(types: Types, family: Family, world: World): Found {
  const { program, vocabulary } = types;
  const { framework } = family;
  const fixed: Entry[] = [];
  const taken = new Set<string>();
  const key = (fn: FunctionFacts): string => `${fn.file}:${fn.name}`;
  const add = (entry: Entry): void => {
    fixed.push(entry);
    taken.add(key(entry.fn));
  };

  const ops = callbacks(types, family.ops);
  for (const slot of vocabulary.exporter.slots) {
    const fn = ops.get(slot);
    const name = `${vocabulary.exporter.table}.${slot}`;
    if (fn !== undefined) add({ fn, as: { slot: name }, via: name });
  }
  const callers = newCallers(types, family);
  const via = (fn: FunctionFacts): string => entryAbove(callers, fn) ?? "not seen";
  for (const slot of framework.slots) {
    for (const fn of ofFamily(types, family, nearest(types, family, slot).fns)) {
      const name = `${slot.struct}.${slot.slot}`;
      // A callback of the framework's own table counts by being there; one of mappings only for what it does.
      if (framework.tables.includes(slot.struct) || framework.always.includes(name) || world.relevant(fn))
        add({ fn, as: { slot: name }, via: name });
    }
  }
  for (const slot of framework.removes) {
    for (const ref of nearest(types, family, slot).fns) {
      const fn = program.facts(ref);
      if (fn !== undefined) add({ fn, as: { root: "remove" }, via: `${slot.struct}.${slot.slot}` });
    }
  }
  for (const slot of framework.probes) {
    for (const ref of nearest(types, family, slot).fns) {
      const fn = program.facts(ref);
      if (fn !== undefined) add({ fn, as: { root: "probe" }, via: `${slot.struct}.${slot.slot}` });
    }
  }
  for (const fn of initialisers(types, family))
    if (!taken.has(key(fn))) add({ fn, as: { root: "probe" }, via: via(fn) });

  for (const fn of outsiders(types, family))
    if (!taken.has(key(fn))) add({ fn, as: { root: "outside" }, via: "exported" });

  const stop = (fn: FunctionFacts): boolean => taken.has(key(fn));
  // What exports is called with what it needs: through a pointer only the framework calls it.
  const exporting = ancestors(callers, family.exporters, stop, (fn) => callers.byName(fn));
  const closed = closedWorld(types, family, world);
  for (const fn of closed) {
    if (taken.has(key(fn)) || exporting.all.has(fn) || fn.static || !program.exported(fn.name)) continue;
    const attachment = fn.params.some((p) => types.tag(p.type, fn.file) === vocabulary.exporter.attachment);
    if (attachment) add({ fn, as: { root: "peer" }, via: "exported" });
    else if (callers.parents(fn).every((p) => folder(p.file) !== folder(fn.file)))
      add({ fn, as: { root: "retire" }, via: "exported" });
  }
  const above = ancestors(callers, closed, stop);
  const all = new Set([...above.all, ...exporting.all]);
  const candidates = [...all].filter((fn) => !stop(fn)).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return { fixed, candidates, callers, via, cut: [...above.cut, ...exporting.cut] };
}

/** Of several callbacks in one slot (a framework with many kinds of objects) those that know the family's private struct from inside; all, where none does. */
function ofFamily(types: Types, family: Family, refs: readonly FunctionRef[]): readonly FunctionFacts[] {
  const all = refs.flatMap((ref) => types.program.facts(ref) ?? []);
  const own = all.filter((fn) => [...scan(types, fn).cells].some((c) => c.startsWith(`${family.private}.`)));
  return own.length > 0 ? own : all;
}

const folder = (file: string): string => file.slice(0, file.lastIndexOf("/") + 1);

/** Functions of the family's folders that set the providers up. */
function initialisers(types: Types, family: Family): FunctionFacts[] {
  const { program, vocabulary } = types;
  const out: FunctionFacts[] = [];
  for (const name of vocabulary.setUps) {
    for (const ref of program.mentions(name).filter(isFunction)) {
      if (!inFolders(family.folders, ref.file)) continue;
      const fn = program.facts(ref);
      if (fn !== undefined && scan(types, fn).calls.has(name)) out.push(fn);
    }
  }
  return out;
}

/** Exported functions that themselves use a provider, and are given neither a buffer nor an attachment that it might hang on: other drivers call them at any time. */
export function outsiders(types: Types, family: Family): FunctionFacts[] {
  const { program, vocabulary } = types;
  const held = new Set([vocabulary.exporter.buffer, vocabulary.exporter.attachment]);
  const out = new Map<string, FunctionFacts>();
  for (const name of vocabulary.uses) {
    for (const ref of program.mentions(name).filter(isFunction)) {
      const fn = family.home(ref.file) ? program.facts(ref) : undefined;
      if (fn === undefined || fn.static || !program.exported(fn.name) || !scan(types, fn).calls.has(name)) continue;
      if (!fn.params.some((p) => held.has(types.tag(p.type, fn.file) ?? ""))) out.set(`${fn.file}:${fn.name}`, fn);
    }
  }
  return [...out.values()];
}

/** The functions that know the private struct from inside, or that revoke: nobody else can touch what is in it. */
export function closedWorld(types: Types, family: Family, world: World): readonly FunctionFacts[] {
  const { program, vocabulary } = types;
  const declared = program.struct(family.private, family.ops.file)?.file;
  const refs = program.mentions(family.private, declared).filter(isFunction);
  const out = new Map<string, FunctionFacts>();
  for (const ref of refs) {
    if (!family.home(ref.file)) continue;
    const fn = program.facts(ref);
    if (fn === undefined || !world.relevant(fn)) continue;
    const s = scan(types, fn);
    const touches =
      [...s.cells].some((c) => c.startsWith(`${family.private}.`)) || vocabulary.revokes.some((r) => s.calls.has(r));
    if (touches) out.set(`${fn.file}:${fn.name}`, fn);
  }
  for (const fn of writers(types, family, world)) out.set(`${fn.file}:${fn.name}`, fn);
  return [...out.values()];
}

/** Functions that store to a flag or a pointer that matters, in whatever struct it is. */
function writers(types: Types, family: Family, world: World): FunctionFacts[] {
  const { program } = types;
  const out: FunctionFacts[] = [];
  for (const id of world.flags) {
    const [tag = "", name = ""] = id.split(".");
    const declared = program.struct(tag, family.ops.file)?.file;
    if (declared === undefined) continue;
    for (const use of program.fieldUses(name, declared)) {
      const word = id !== wordOf(id);
      if ((!use.written && !word) || !family.home(use.fn.file)) continue;
      const fn = program.facts(use.fn);
      if (fn !== undefined && stores(types, fn, tag, name)) out.push(fn);
    }
  }
  return out;
}

const stores = (types: Types, fn: FunctionFacts, tag: string, name: string): boolean =>
  fn.blocks.some((b) =>
    b.effects.some(
      (e) =>
        (e.kind === "assign" && isMember(types, fn, e.to, tag, name)) ||
        (e.kind === "call" &&
          e.callee.k === "name" &&
          writesTo(types, e.callee.name, e.args, (v) => isMember(types, fn, v, tag, name))),
    ),
  );

const isMember = (types: Types, fn: FunctionFacts, v: Value, tag: string, name: string): boolean =>
  v.k === "field" && v.name === name && types.member(types.of(v.base, fn), name, fn.file)?.tag === tag;

/** Does a call store through an argument that is the address of that member? */
function writesTo(types: Types, callee: string, args: readonly Value[], is: (v: Value) => boolean): boolean {
  const m = types.vocabulary.calls.get(callee);
  const arg = m?.m === "exchange" || (m?.m === "bit" && m.to !== undefined) ? args[m.arg] : undefined;
  return arg?.k === "addr" && is(arg.e);
}

/** The framework's slot through which a function is entered: its own, or that of the nearest caller that stands in one. */
export function entryAbove(callers: Callers, fn: FunctionFacts): string | undefined {
  const seen = new Set<FunctionFacts>([fn]);
  const work = [fn];
  for (let f = work.shift(); f !== undefined && seen.size < 400; f = work.shift()) {
    const entry = callers.entry(f);
    if (entry !== undefined) return entry;
    for (const p of callers.parents(f)) {
      if (seen.has(p)) continue;
      seen.add(p);
      work.push(p);
    }
  }
  return undefined;
}

/** Of the candidates those that are roots: they do something, and there is a way to them from outside on which nobody adds anything. */
export function chooseRoots(
  found: Found,
  names: ReadonlyMap<FunctionFacts, string>,
  procs: ReadonlyMap<string, Proc>,
  reachedAnyway: (fn: FunctionFacts) => boolean,
  apart: readonly string[],
): readonly FunctionFacts[] {
  const candidates = new Set(found.candidates);
  const fixed = new Set(found.fixed.map((e) => e.fn));
  const proc = (fn: FunctionFacts): Proc | undefined => procs.get(names.get(fn) ?? "");
  const transparent = (fn: FunctionFacts): boolean => {
    const p = proc(fn);
    return p === undefined || isTransparent(p.code, procs);
  };
  const ways = new Map<FunctionFacts, boolean>();
  /** Is there a way in to `fn` that only passes through functions that add nothing? */
  function entered(fn: FunctionFacts): boolean {
    const had = ways.get(fn);
    if (had !== undefined) return had;
    ways.set(fn, false);
    const parents = found.callers.parents(fn);
    const entry = found.callers.entry(fn);
    const way =
      (entry !== undefined && !apart.includes(entry)) ||
      (parents.length === 0 && !reachedAnyway(fn)) ||
      parents.some((p) => candidates.has(p) && !fixed.has(p) && transparent(p) && entered(p));
    ways.set(fn, way);
    return way;
  }
  return found.candidates.filter((fn) => {
    const p = proc(fn);
    return p !== undefined && p.code.some((i) => i.op !== "return") && !transparent(fn) && entered(fn);
  });
}

/** Does the code only pass on: calls, and nothing else that others see? Running it is running those, one after the other. */
export function isTransparent(code: readonly Ins[], procs: ReadonlyMap<string, Proc>): boolean {
  return code.every((i) => {
    if (i.op === "call") return i.proc !== undefined && procs.has(i.proc);
    return (
      i.op === "let" ||
      i.op === "br" ||
      i.op === "jmp" ||
      i.op === "choose" ||
      i.op === "switch" ||
      i.op === "return" ||
      i.op === "disturb"
    );
  });
}
