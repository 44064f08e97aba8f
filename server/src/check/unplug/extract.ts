// Extraction: from the program to one skeleton set for each exporter. Rounds: compile with what is known to matter, slice, learn from what is left what else
// matters (the locks, counts and flags of other structs), and again until nothing is new.
import { lineStarts, positionAt } from "../../base/span.ts";
import { shrink } from "./shrink.ts";
import { expressionsOf, mapE, mapExpressions, nodes } from "../../model/unplug/walk.ts";
import { compileProc } from "./compile.ts";
import { unique } from "./calls.ts";
import { bornOrFreed, classSpecs, classify, fieldsIn, resolveHeads, tagOf } from "./classes.ts";
import { findFamilies, folderOf } from "./family.ts";
import { chooseRoots, entryAbove, findEntries } from "./roots.ts";
import { initialValues } from "./initial.ts";
import { slice } from "./slice.ts";
import { anyIn } from "./tidy.ts";
import { beliefs, resolveDisturbs, withoutUnguarded } from "./predicates.ts";
import { newTypes } from "./types.ts";
import { newWorld } from "./world.ts";
import { any, c } from "./values.ts";
import type { Classes } from "./classes.ts";
import type { FieldInfo, World } from "./context.ts";
import type { Family } from "./family.ts";
import type { Entry, Found } from "./roots.ts";
import type { Sliced } from "./slice.ts";
import type { Types } from "./types.ts";
import type { Matter, Scope } from "./world.ts";
import type { FunctionFacts } from "../../facts/facts.ts";
import type { Incomplete } from "../../base/result.ts";
import type { FileId, Span } from "../../base/span.ts";
import type { E, FieldId, Ins, Proc, Root, SkeletonSet } from "../../model/unplug/skeleton.ts";
import type { Vocabulary } from "../../model/unplug/vocabulary.ts";
import type { Program } from "../../program/program.ts";

/** Rounds of learning what matters; the real exporters settle in four. Hitting the limit is reported. */
export const ROUNDS = 8;

export interface Extraction {
  readonly set: SkeletonSet;
  /** What could not be seen or understood and could matter to this family. */
  readonly notSeen: readonly Incomplete[];
  /** What extraction believed about the code and did not check, for the proof to say. */
  readonly assumptions: readonly string[];
  /** The framework whose contract the family stands under. */
  readonly contract: string;
  readonly exporter: { readonly file: FileId; readonly fn: string; readonly span: Span };
}

/** The exporters of driver-bound memory in `paths` (files, or folder prefixes that end in "/"), each with its skeletons. Sorted by file; never throws. */
export function extractFamilies(
  program: Program,
  vocabulary: Vocabulary,
  { paths }: { readonly paths: readonly string[] },
): readonly Extraction[] {
  const types = newTypes(program, vocabulary);
  const wanted = (file: FileId): boolean => paths.some((p) => file === p || (p.endsWith("/") && file.startsWith(p)));
  const folders = paths.map((p) => (p.endsWith("/") ? p : folderOf(p)));
  return findFamilies(types, wanted, folders).flatMap((family) => {
    const found = extractFamily(types, family);
    return found === undefined ? [] : [found];
  });
}

interface Attempt {
  readonly world: World;
  readonly found: Found;
  readonly roots: readonly FunctionFacts[];
  readonly names: ReadonlyMap<FunctionFacts, string>;
  readonly sliced: Sliced;
}

/** One family's skeletons; undefined for a family that exports nothing bound to a driver. */
export function extractFamily(types: Types, family: Family): Extraction | undefined {
  const scope: Scope = {
    types,
    folders: family.folders,
    framework: family.framework,
    ops: family.ops,
    home: family.home,
  };
  if (!fromOrigin(scope, family)) return undefined;
  let matter = firstMatter(types, family);
  let attempt = build(types, family, scope, matter);
  let settled = false;
  for (let round = 1; round < ROUNDS && !settled; round++) {
    const next = widen(types, family, matter, attempt);
    settled = next.cells.size === matter.cells.size && next.instances.size === matter.instances.size;
    if (settled) break;
    matter = next;
    attempt = build(types, family, scope, matter);
  }
  return finish(types, family, matter, attempt, settled);
}

/** Does an exporter reach a call that gives out driver-bound memory? */
function fromOrigin(scope: Scope, family: Family): boolean {
  const { vocabulary } = scope.types;
  const only = new Map([...vocabulary.calls].filter(([name]) => vocabulary.origins.includes(name)));
  const types: Types = { ...scope.types, vocabulary: { ...vocabulary, calls: only } };
  const world = newWorld(
    { ...scope, types, framework: { ...scope.framework, border: {} } },
    { tags: new Set(), cells: new Set(), flags: new Set(), instances: new Map() },
  );
  return family.exporters.some((fn) => world.relevant(fn));
}

/** What matters from the start: the private struct with what it contains, and what the contract looks at. */
function firstMatter(types: Types, family: Family): Matter {
  const tags = new Set<string>();
  const embedded = (tag: string): void => {
    if (tags.has(tag)) return;
    tags.add(tag);
    for (const f of types.program.struct(tag, family.ops.file)?.fields ?? []) {
      if (types.kind(f.type, family.ops.file) !== "struct") continue;
      const inner = types.resolve(f.type, family.ops.file).name;
      if (inner !== "" && !types.vocabulary.generic.has(inner) && !types.vocabulary.kinds.has(inner)) embedded(inner);
    }
  };
  embedded(family.private);
  const { vocabulary } = types;
  const instances = new Map<string, number>([...family.framework.objects]);
  for (const t of tags) instances.set(t, 2);
  instances.set(vocabulary.exporter.buffer, 2);
  instances.set(vocabulary.exporter.attachment, 2);
  return { tags, cells: new Set(family.framework.cells), flags: new Set(), instances };
}

/** What the sliced code shows to matter besides: cells of other structs, and how many objects of those there are. */
function widen(types: Types, family: Family, matter: Matter, attempt: Attempt): Matter {
  const cells = new Set(matter.cells);
  const flags = new Set(matter.flags);
  const instances = new Map(matter.instances);
  const stored = new Set<FieldId>();
  for (const p of attempt.sliced.procs.values()) for (const i of p.code) if (i.op === "store") stored.add(i.f);
  for (const id of fieldsIn(attempt.sliced.procs.values())) {
    const tag = tagOf(id);
    if (types.vocabulary.environment.has(tag) || tag === "global" || tag === "rcu") continue;
    cells.add(id);
    const info = attempt.world.fields.get(id);
    const plain = info?.kind === "value" || info?.kind === "pointer";
    if (plain && !matter.tags.has(tag) && !family.framework.cells.includes(id) && stored.has(id)) flags.add(id);
    for (const t of [tag, ...(info?.outers ?? [])])
      if (!instances.has(t) && !types.vocabulary.generic.has(t) && !types.vocabulary.kinds.has(t)) instances.set(t, 1);
  }
  return { tags: matter.tags, cells, flags, instances };
}

function build(types: Types, family: Family, scope: Scope, matter: Matter): Attempt {
  const world = newWorld(scope, matter);
  const found = findEntries(types, family, world);
  const names = new Map<FunctionFacts, string>();
  const compile = (fn: FunctionFacts, given: ReadonlyMap<string, string> = new Map()): void => {
    const name = unique(world, fn);
    names.set(fn, name);
    if (given.size > 0 || !world.procs.has(name)) world.procs.set(name, compileProc(world, name, fn, [], 0, given));
  };
  for (const fn of [...found.fixed.map((e) => e.fn), ...found.candidates]) world.standing.add(fn);
  for (const e of found.fixed) {
    const brought = "root" in e.as && e.as.root === "export" ? givenObjects(matter, family) : undefined;
    compile(e.fn, brought);
  }
  for (const fn of found.candidates) compile(fn);
  for (const [name, p] of world.procs) world.procs.set(name, withoutGiven(p));
  resolveHeads(world, world.procs);
  resolveDisturbs(world, world.procs);
  const nameOf = (fn: FunctionFacts): string => names.get(fn) ?? "";
  const fixed = found.fixed.map((e) => nameOf(e.fn));
  const all = cut(
    true,
    types,
    family,
    matter,
    world,
    found,
    names,
    [...fixed, ...found.candidates.map(nameOf)],
    world.procs,
  );
  const reached = reachedFrom(all.procs, fixed);
  const roots = chooseRoots(
    found,
    names,
    all.procs,
    (fn) => reached.has(fn.name) || isCallback(world, fn),
    family.framework.apart,
  );
  // Again with what is entered only: what merely leads there stores nothing that counts.
  const entries = [...fixed, ...roots.map(nameOf)];
  const sliced = cut(false, types, family, matter, world, found, names, entries, only(world.procs, new Set(entries)));
  return { world, found, roots, names, sliced };
}

/** Callbacks whose result the environment looks at, besides those of the exporter. */
const ANSWERS: readonly string[] = ["mmap", "probe"];

function cut(
  rough: boolean,
  types: Types,
  family: Family,
  matter: Matter,
  world: World,
  found: Found,
  names: ReadonlyMap<FunctionFacts, string>,
  entries: readonly string[],
  procs: ReadonlyMap<string, Proc>,
): Sliced {
  const { vocabulary } = types;
  const freed = bornOrFreed(procs.values());
  const near = neighbours(world, matter);
  const mortal = (tag: string): boolean =>
    matter.tags.has(tag) ||
    tag === vocabulary.exporter.buffer ||
    (freed.has(tag) && near.has(tag) && matter.instances.has(tag));
  const answers = (e: Entry): boolean => {
    if ("root" in e.as) return e.as.root === "export" || e.as.root === "peer" || e.as.root === "probe";
    const [struct, slot = ""] = e.as.slot.split(".");
    return struct === vocabulary.exporter.table || ANSWERS.includes(slot);
  };
  return slice({
    procs,
    entries: new Set(entries),
    start: {
      results: new Set(found.fixed.filter(answers).map((e) => names.get(e.fn) ?? "")),
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
    constant: (f, dereferenced) => constantField(world, f, dereferenced),
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

/** What a field reads as that no code of the family stores. */
function constantField(world: World, f: FieldId, dereferenced: boolean): E | undefined {
  const info = world.fields.get(f);
  if (info === undefined || (info.kind !== "value" && info.kind !== "pointer")) return undefined;
  const one = info.to !== undefined && world.instances.get(info.to) === 1;
  return dereferenced && one ? c(1) : any;
}

function finish(
  types: Types,
  family: Family,
  matter: Matter,
  attempt: Attempt,
  settled: boolean,
): Extraction | undefined {
  const { vocabulary } = types;
  const { world, found, names } = attempt;
  const rooted: Entry[] = attempt.roots.map((fn) => ({
    fn,
    as: { root: "revoke" },
    via: entryAbove(found.callers, fn) ?? "not seen",
  }));
  const all = [...found.fixed, ...rooted];
  const keep = new Set(all.map((e) => names.get(e.fn) ?? ""));
  let procs = only(attempt.sliced.procs, keep);
  const doing = (name: string): boolean => procs.get(name)?.code.some((i) => i.op !== "return") === true;

  const tags = new Set<string>(matter.tags);
  for (const id of fieldsIn(procs.values())) tags.add(tagOf(id));
  for (const t of bornOrFreed(procs.values())) tags.add(t);
  for (const t of family.framework.objects.keys()) tags.add(t);
  for (const t of [...tags]) for (const outer of world.fields.get(t)?.outers ?? []) tags.add(outer);
  for (const id of fieldsIn(procs.values()))
    for (const outer of world.fields.get(id)?.outers ?? []) if (matter.instances.has(outer)) tags.add(outer);
  const used = new Map<string, number>();
  for (const id of fieldsIn(procs.values())) used.set(tagOf(id), (used.get(tagOf(id)) ?? 0) + 1);
  const often = [...used].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([t]) => t);
  const classes = classify(world, tags, [
    family.private,
    ...often.filter((t) => !isEmbedded(world, t, often)),
    ...family.framework.objects.keys(),
  ]);
  procs = settle(procs, world, classes, attempt.sliced);
  const private_ = classes.of(family.private);
  const device = deviceClass(world, family, classes, procs, private_);

  const slots: Record<string, string> = {};
  const roots: Root[] = [];
  for (const e of all) {
    const name = names.get(e.fn) ?? "";
    if ("slot" in e.as) slots[e.as.slot] ??= name;
    else if (e.as.root !== "probe" || doing(name))
      roots.push({
        kind: e.as.root,
        proc: name,
        params: paramsOf(types, e.fn, procs.get(name), classes, matter, private_),
        via: e.via,
      });
  }
  const specs = classSpecs({
    world,
    classes,
    procs,
    instances: (name) => Math.max(...classes.tags(name).map((t) => matter.instances.get(t) ?? 1)),
    alive: (name) => (classes.tags(name).some((t) => (matter.instances.get(t) ?? 1) > 1) ? 0 : 1),
    others: [...family.framework.objects.keys()].map((t) => classes.of(t)),
    initial: initialValues(
      types,
      family,
      (tag) => classes.of(tag) !== private_,
      family.framework.opens.flatMap((slot) => procs.get(slots[slot] ?? "") ?? []),
    ),
  })
    .filter((k) => ![...vocabulary.environment.values()].includes(k.name))
    .map((k) => ({ ...k, fields: k.fields.filter((f) => !family.framework.cells.includes(f.id)) }));
  const preds = Object.fromEntries(
    [...world.preds]
      .filter(([p]) => usesPred(procs, p))
      .map(([p, tag]) => [p, classes.of(tag)])
      .sort(),
  );
  const [exporter] = family.exporters;
  if (exporter === undefined) return undefined;
  return {
    set: {
      name: `${family.ops.file}: ${family.ops.name}`,
      classes: specs,
      procs: Object.fromEntries([...procs].sort(([a], [b]) => (a < b ? -1 : 1))),
      slots,
      roots: roots.sort((a, b) => (a.kind + a.proc < b.kind + b.proc ? -1 : 1)),
      preds,
      parts: {
        device,
        buffer: vocabulary.environment.get(vocabulary.exporter.buffer) ?? vocabulary.exporter.buffer,
        private: private_,
      },
    },
    notSeen: unseen(types, attempt, procs, settled, family),
    assumptions: beliefs(world, procs, keep),
    contract: family.framework.name,
    exporter: { file: exporter.file, fn: exporter.name, span: exporter.span },
  };
}

/** Is the struct only a part of one whose fields are used: then that one names the class. */
const isEmbedded = (world: World, tag: string, often: readonly string[]): boolean =>
  often.some((outer) => outer !== tag && world.embedded.has(`${outer}>${tag}`));

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

function only(procs: ReadonlyMap<string, Proc>, entries: ReadonlySet<string>): Map<string, Proc> {
  const seen = new Set<string>();
  const work = [...entries];
  for (let name = work.pop(); name !== undefined; name = work.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const i of procs.get(name)?.code ?? []) if (i.op === "call" && i.proc !== undefined) work.push(i.proc);
  }
  return new Map([...procs].filter(([name]) => seen.has(name)));
}

/** Struct names of allocations become class names; predicates that are asked in one place only are open each time; touches name a field that exists anyway. */
function settle(procs: ReadonlyMap<string, Proc>, world: World, classes: Classes, sliced: Sliced): Map<string, Proc> {
  const asked = new Map<string, Set<string>>();
  for (const p of procs.values())
    for (const i of p.code)
      for (const e of expressionsOf(i))
        for (const n of nodes(e))
          if (n.k === "pred")
            asked.set(n.p, (asked.get(n.p) ?? new Set()).add(`${i.at?.span?.file}:${i.at?.span?.start}`));
  const kept = new Set([...asked].filter(([, places]) => places.size > 1).map(([p]) => p));
  const stable = stableFields(procs, world, sliced);
  const out = new Map<string, Proc>();
  for (const [name, p] of procs) {
    const code = p.code.map((i, index): Ins => {
      if (i.op === "disturb" && !kept.has(i.p)) return { op: "jmp", to: index + 1 };
      if (i.op === "alloc" || i.op === "free") return { ...i, cls: classes.of(i.cls) };
      if (i.op === "let" && i.r.startsWith("touch'") && i.e.k === "f") {
        const instead = stable.get(classes.of(tagOf(i.e.f))) ?? i.e.f;
        return { ...i, r: "touched", e: { ...i.e, f: instead } };
      }
      return mapExpressions(i, (e) => anyIn(mapE(e, (n) => (n.k === "pred" && !kept.has(n.p) ? any : n))));
    });
    out.set(name, { ...p, code: shrink(code) });
  }
  return out;

  function stableFields(all: ReadonlyMap<string, Proc>, w: World, s: Sliced): ReadonlyMap<string, FieldId> {
    const found = new Map<string, FieldId>();
    for (const id of [...fieldsIn(all.values())].sort()) {
      const info = w.fields.get(id);
      if (info === undefined || !s.fields.has(id) || (info.kind !== "pointer" && info.kind !== "value")) continue;
      const cls = classes.of(info.tag);
      if (!found.has(cls)) found.set(cls, id);
    }
    return found;
  }
}

const usesPred = (procs: ReadonlyMap<string, Proc>, p: string): boolean =>
  [...procs.values()].some((x) => x.code.some((i) => JSON.stringify(i).includes(`"p":${JSON.stringify(p)}`)));

/** What each parameter of a root is. */
function paramsOf(
  types: Types,
  fn: FunctionFacts,
  p: Proc | undefined,
  classes: Classes,
  matter: Matter,
  private_: string,
): readonly string[] {
  return (p?.params ?? []).map((name) => {
    if (name.startsWith("given.")) return private_;
    const param = fn.params.find((x) => x.name === name);
    const tag = param?.type.pointers === 1 ? types.tag(param.type, fn.file) : undefined;
    return tag !== undefined && matter.instances.has(tag) ? classes.of(tag) : "any";
  });
}

/** The class that plays the device: the contract's, or else the one that buffers are listed on or point to. */
function deviceClass(
  world: World,
  family: Family,
  classes: Classes,
  procs: ReadonlyMap<string, Proc>,
  private_: string,
): string {
  if (family.framework.device !== "") return classes.of(family.framework.device);
  const votes = new Map<string, number>();
  for (const id of fieldsIn(procs.values())) {
    const info: FieldInfo | undefined = world.fields.get(id);
    if (info === undefined) continue;
    const owner = info.kind === "link" ? [...world.heads].find(([, links]) => links.has(id))?.[0] : undefined;
    const to =
      owner !== undefined
        ? classes.of(tagOf(owner))
        : info.kind === "pointer" && classes.of(info.tag) === private_ && info.to !== undefined
          ? classes.of(info.to)
          : classes.of(info.tag);
    if (
      to === private_ ||
      [...family.framework.objects.keys()].includes(to) ||
      world.vocabulary.environment.has(to) ||
      to === "global" ||
      to === "rcu"
    )
      continue;
    votes.set(to, (votes.get(to) ?? 0) + 1);
  }
  return [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? folderOf(family.ops.file);
}

/** What was met and not seen through, and could touch what the skeletons keep. */
function unseen(
  types: Types,
  attempt: Attempt,
  procs: ReadonlyMap<string, Proc>,
  settled: boolean,
  family: Family,
): readonly Incomplete[] {
  const { source } = types.program;
  const fields = fieldsIn(procs.values());
  const fns = new Set<string>();
  for (const p of procs.values()) {
    if (p.fn !== undefined) fns.add(p.fn);
    for (const i of p.code) if (i.at?.fn !== undefined) fns.add(i.at.fn);
  }
  const starts = new Map<FileId, readonly number[]>();
  const line = (span: Span): number => {
    let known = starts.get(span.file);
    if (known === undefined) starts.set(span.file, (known = lineStarts(source.read(span.file) ?? "")));
    return positionAt(known, span.start).line;
  };
  const out = new Map<string, Incomplete>();
  const add = (span: Span, why: string): void => {
    const n = line(span);
    out.set(`${span.file}\0${n}\0${why}`, { file: span.file, line: n, why });
  };
  for (const u of attempt.world.unseen) {
    const matters =
      u.about === "*"
        ? coveredBy(u.span)
        : u.about.startsWith("struct ")
          ? attempt.sliced.fields.size > 0 && ownTag(u.about.slice(7))
          : fields.has(u.about);
    if (matters) add(u.span, u.why);
  }
  for (const fn of attempt.found.cut) add(fn.span, `callers of ${fn.name} are too many or too far up`);
  if (!settled) add(family.ops.span, `what matters did not settle in ${ROUNDS} rounds`);
  return [...out.values()].sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || (a.why < b.why ? -1 : 1),
  );

  function coveredBy(span: Span): boolean {
    for (const p of procs.values()) {
      if (p.span !== undefined && p.span.file === span.file && p.span.start <= span.start && span.end <= p.span.end)
        return true;
      for (const i of p.code)
        if (i.at?.span !== undefined && i.at.span.file === span.file && Math.abs(i.at.span.start - span.start) < 400)
          return true;
    }
    return false;
  }
  function ownTag(tag: string): boolean {
    return tag === family.private || types.vocabulary.environment.has(tag);
  }
}
