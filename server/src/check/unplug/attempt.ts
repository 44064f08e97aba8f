// One round of extraction: everything that may be entered is compiled with what is known to matter, cut down roughly, and once it is clear which of it are roots,
// cut down to the end.
import { compileProc } from "./compile.ts";
import { unique } from "./calls.ts";
import { bornOrFreed, resolveHeads, tagOf } from "./classes.ts";
import { chooseRoots, findEntries } from "./roots.ts";
import { slice } from "./slice.ts";
import { resolveDisturbs, withoutUnguarded } from "./predicates.ts";
import { newWorld } from "./world.ts";
import { any, c } from "./values.ts";
import type { World } from "./context.ts";
import type { Family } from "./family.ts";
import type { Entry, Found } from "./roots.ts";
import type { Sliced } from "./slice.ts";
import type { Types } from "./types.ts";
import type { Matter, Scope } from "./world.ts";
import type { FunctionFacts } from "../../facts/facts.ts";
import type { E, FieldId, Proc } from "../../model/unplug/skeleton.ts";
import type { Vocabulary } from "../../model/unplug/vocabulary.ts";

/** What is extracted, with what is known to matter so far. */
export interface Task {
  readonly types: Types;
  readonly family: Family;
  readonly scope: Scope;
  readonly matter: Matter;
}

export interface Attempt {
  readonly world: World;
  readonly found: Found;
  /** Everything that is entered from outside: what is so whatever it does, and the chosen roots. */
  readonly entries: readonly Entry[];
  readonly names: ReadonlyMap<FunctionFacts, string>;
  readonly sliced: Sliced;
}

/** Compiles and cuts a family's code once. */
export function build(task: Task): Attempt {
  const { types, family, scope, matter } = task;
  const world = newWorld(scope, matter);
  const found = findEntries(types, family, world);
  const names = new Map<FunctionFacts, string>();
  const compile = (fn: FunctionFacts, given: ReadonlyMap<string, string> = new Map()): void => {
    const name = unique(world, fn);
    names.set(fn, name);
    if (given.size > 0 || !world.procs.has(name)) world.procs.set(name, compileProc(world, name, fn, [], 0, given));
  };
  for (const fn of [...found.fixed.map((e) => e.fn), ...found.candidates]) world.standing.add(fn);
  for (const e of found.fixed) compile(e.fn);
  for (const fn of found.candidates) {
    // What the framework calls by a table gets the object that the framework made; what is called by name gets it from its caller.
    const first = family.exporters.includes(fn) && found.callers.byName(fn).length === 0;
    compile(fn, first ? givenObjects(matter, family) : undefined);
  }
  for (const [name, p] of world.procs) world.procs.set(name, withoutGiven(p));
  resolveHeads(world, world.procs);
  resolveDisturbs(world, world.procs);

  const nameOf = (fn: FunctionFacts): string => names.get(fn) ?? "";
  const fixed = found.fixed.map((e) => nameOf(e.fn));
  const exporting = [...new Set([...family.exporters, ...found.candidates])].filter((fn) =>
    reachesExport(types.vocabulary, world.procs, nameOf(fn)),
  );
  const cut = (rough: boolean, entries: readonly string[], procs: ReadonlyMap<string, Proc>): Sliced =>
    cutDown({ task, world, found, names, rough, entries, procs, exporting: exporting.map(nameOf) });
  const all = cut(true, [...fixed, ...found.candidates.map(nameOf)], world.procs);
  const reached = reachedFrom(all.procs, fixed);
  const roots = chooseRoots(
    found,
    names,
    all.procs,
    (fn) => reached.has(fn.name) || isCallback(world, fn),
    family.framework.apart,
  );
  const rooted = asRoots(task, found, [...roots], exporting, all.procs, nameOf);
  // Again with what is entered only: what merely leads there stores nothing that counts.
  const entries = [...fixed, ...new Set(rooted.map((e) => nameOf(e.fn)))];
  const sliced = cut(false, entries, only(world.procs, new Set(entries)));
  return { world, found, entries: [...found.fixed, ...rooted], names, sliced };
}

/** Chosen functions as roots: who exports is an export, who revokes (too) a revocation. An exporter that nobody chosen leads to is one itself. */
function asRoots(
  { types, family }: Task,
  found: Found,
  chosen: FunctionFacts[],
  exporting: readonly FunctionFacts[],
  procs: ReadonlyMap<string, Proc>,
  nameOf: (fn: FunctionFacts) => string,
): readonly Entry[] {
  for (const fn of family.exporters) {
    const covered = chosen.some((x) => only(procs, new Set([nameOf(x)])).has(nameOf(fn)));
    if (!covered) chosen.push(fn);
  }
  return chosen.flatMap((fn): Entry[] => {
    const via = found.via(fn);
    if (!exporting.includes(fn)) return [{ fn, as: { root: "revoke" }, via }];
    const exports: Entry = { fn, as: { root: "export" }, via };
    return revokes(types.vocabulary, procs, nameOf(fn)) ? [exports, { fn, as: { root: "revoke" }, via }] : [exports];
  });
}

/** Does running the procedure get to a call of that procedure of the environment? */
function reachesProc(procs: ReadonlyMap<string, Proc>, from: string, target: string): boolean {
  return [...only(procs, new Set([from])).values()].some((p) =>
    p.code.some((i) => i.op === "call" && i.proc === target),
  );
}

const environmentProc = (vocabulary: Vocabulary, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => {
    const m = vocabulary.calls.get(name);
    return m?.m === "call" ? [m.proc] : [];
  });

const reachesExport = (vocabulary: Vocabulary, procs: ReadonlyMap<string, Proc>, from: string): boolean =>
  environmentProc(vocabulary, vocabulary.exporter.call).some((p) => reachesProc(procs, from, p));

const revokes = (vocabulary: Vocabulary, procs: ReadonlyMap<string, Proc>, from: string): boolean =>
  environmentProc(vocabulary, vocabulary.revokes).some((p) => reachesProc(procs, from, p));

/** Callbacks whose result the environment looks at, besides those of the exporter. */
const ANSWERS: readonly string[] = ["mmap"];

interface Cut {
  readonly task: Task;
  readonly world: World;
  readonly found: Found;
  readonly names: ReadonlyMap<FunctionFacts, string>;
  readonly rough: boolean;
  readonly entries: readonly string[];
  readonly procs: ReadonlyMap<string, Proc>;
  readonly exporting: readonly string[];
}

function cutDown({ task, world, found, names, rough, entries, procs, exporting }: Cut): Sliced {
  const { types, family, matter } = task;
  const { vocabulary } = types;
  const freed = bornOrFreed(procs.values());
  const near = neighbours(world, matter);
  const mortal = (tag: string): boolean =>
    matter.tags.has(tag) ||
    tag === vocabulary.exporter.buffer ||
    world.devres.has(tag) ||
    (freed.has(tag) && near.has(tag) && matter.instances.has(tag));
  const answers = (e: Entry): boolean => {
    if ("root" in e.as) return e.as.root === "peer" || e.as.root === "probe";
    const [struct, slot = ""] = e.as.slot.split(".");
    return struct === vocabulary.exporter.table || ANSWERS.includes(slot);
  };
  return slice({
    procs,
    entries: new Set(entries),
    start: {
      results: new Set([...found.fixed.filter(answers).map((e) => names.get(e.fn) ?? ""), ...exporting]),
      fields: new Set([...family.framework.cells, ...environmentCells(vocabulary)]),
      mortal,
      ownerOf: owners(world),
    },
    rough,
    guarded: (all) =>
      rough ? { procs: new Map(all), guarded: new Set() } : withoutUnguarded(world, all, new Set(entries)),
    open: (entry, param) => {
      const fn = [...names].find(([, name]) => name === entry)?.[0];
      const type = fn?.params.find((x) => x.name === param)?.type;
      return type !== undefined && type.pointers === 0 && types.kind(type, fn?.file ?? "") === "value";
    },
    constant: (f, dereferenced) => constantField(world, matter, f, dereferenced),
    blurred: (f) => world.fields.get(f)?.array === true,
    foreign: (f) => vocabulary.fields.has(f) || vocabulary.environment.has(tagOf(f)),
  });
}

/** The structs in which a field was reached. */
function owners(world: World): (f: FieldId) => readonly string[] {
  const known = new Map<FieldId, readonly string[]>();
  return (f) => {
    let had = known.get(f);
    if (had === undefined) known.set(f, (had = [tagOf(f), ...(world.fields.get(f)?.outers ?? [])]));
    return had;
  };
}

/** Locks and counts of the environment's objects. */
const environmentCells = (vocabulary: Vocabulary): readonly FieldId[] =>
  [...vocabulary.facets.values()].flatMap((f) => [f.lock, f.count]).filter((f) => f !== undefined);

/** Structs that the private one points to or is listed on: their death is of interest. */
function neighbours(world: World, matter: Matter): ReadonlySet<string> {
  const out = new Set<string>();
  for (const info of world.fields.values()) if (matter.tags.has(info.tag) && info.to !== undefined) out.add(info.to);
  for (const [head, links] of world.heads) for (const l of links) if (matter.tags.has(tagOf(l))) out.add(tagOf(head));
  return out;
}

/** Objects of the private struct that a framework makes before it calls the exporter. */
function givenObjects(matter: Matter, family: Family): ReadonlyMap<string, string> {
  return new Map([...matter.tags].map((tag) => [tag, `given.${family.private}`]));
}

/** A procedure that did not need the object that it would have been given has no such parameter. */
function withoutGiven(p: Proc): Proc {
  const given = p.params.find((x) => x.startsWith("given."));
  if (given === undefined || JSON.stringify(p.code).includes(JSON.stringify(given))) return p;
  return { ...p, params: p.params.filter((x) => x !== given) };
}

/** What a field reads as whose value is not followed; undefined where it is to be followed all the same. */
function constantField(world: World, matter: Matter, f: FieldId, dereferenced: boolean): E | undefined {
  const info = world.fields.get(f);
  if (info === undefined || (info.kind !== "value" && info.kind !== "pointer")) return undefined;
  // A flag of the buffer that nobody ever sets is still one that is tested: a gate that nobody closes.
  if (info.kind === "value" && info.array !== true && matter.tags.has(info.tag) && isZero(world, f)) return undefined;
  const one = info.to !== undefined && world.instances.get(info.to) === 1;
  return dereferenced && one ? c(1) : any;
}

/** Is the field as it was allocated, whatever runs? */
function isZero(world: World, f: FieldId): boolean {
  return ![f, tagOf(f), ...(world.fields.get(f)?.outers ?? [])].some((x) => world.stored.has(x));
}

/** Is the function passed on as a callback by code that was compiled? */
const isCallback = (world: World, fn: FunctionFacts): boolean =>
  [...world.procs.values()].some((p) => p.fn === fn.name);

function reachedFrom(procs: ReadonlyMap<string, Proc>, from: readonly string[]): ReadonlySet<string> {
  const fns = new Set<string>();
  for (const p of only(procs, new Set(from)).values()) {
    if (p.fn !== undefined) fns.add(p.fn);
    for (const i of p.code) if (i.at?.fn !== undefined) fns.add(i.at.fn);
  }
  return fns;
}

/** The procedures that running the entries may get to. */
export function only(procs: ReadonlyMap<string, Proc>, entries: ReadonlySet<string>): Map<string, Proc> {
  const seen = new Set<string>();
  const work = [...entries];
  for (let name = work.pop(); name !== undefined; name = work.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const i of procs.get(name)?.code ?? []) if (i.op === "call" && i.proc !== undefined) work.push(i.proc);
  }
  return new Map([...procs].filter(([name]) => seen.has(name)));
}
