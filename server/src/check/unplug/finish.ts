// The end of extraction: what is left of the procedures as a skeleton set. Structs become classes, entries become slots and roots, and what was not seen is said.
import { hash } from "../../base/hash.ts";
import { mapE, mapExpressions, nodes } from "../../model/unplug/walk.ts";
import { only } from "./attempt.ts";
import { bornOrFreed, classSpecs, classify, fieldsIn, tagOf } from "./classes.ts";
import { folderOf, isFunction } from "./family.ts";
import { initialValues } from "./initial.ts";
import { operands } from "./look.ts";
import { beliefs } from "./predicates.ts";
import { shrink } from "./shrink.ts";
import { anyIn } from "./tidy.ts";
import { unseen } from "./unseen.ts";
import { any } from "./values.ts";
import { inFolders } from "./world.ts";
import type { Attempt, Task } from "./attempt.ts";
import type { Classes } from "./classes.ts";
import type { FieldInfo, World } from "./context.ts";
import type { Entry } from "./roots.ts";
import type { Sliced } from "./slice.ts";
import type { Incomplete } from "../../base/result.ts";
import type { FieldId, Ins, Proc, Root, SkeletonSet } from "../../model/unplug/skeleton.ts";
import type { Vocabulary } from "../../model/unplug/vocabulary.ts";
import type { Span } from "../../base/span.ts";

export interface Finished {
  readonly set: SkeletonSet;
  readonly notSeen: readonly Incomplete[];
  readonly assumptions: readonly string[];
}

/** The set of one family. `also`: what is to be said besides what compiling met. */
export function finish(
  task: Task,
  attempt: Attempt,
  also: readonly { readonly span: Span; readonly why: string }[],
): Finished {
  const { types, family, matter } = task;
  const { vocabulary } = types;
  const { world, names, entries } = attempt;
  const nameOf = (e: Entry): string => names.get(e.fn) ?? "";
  const keep = new Set(entries.map(nameOf));
  let procs = only(attempt.sliced.procs, keep);
  const classes = classesOf(task, world, procs);
  procs = settle(procs, world, classes, attempt.sliced);
  const private_ = classes.of(family.private);
  const device = deviceClass(task, world, classes, procs, private_);

  const inSlot = new Map<string, Set<string>>();
  const roots: Root[] = [];
  for (const e of entries) {
    const name = nameOf(e);
    if ("slot" in e.as) inSlot.set(e.as.slot, (inSlot.get(e.as.slot) ?? new Set()).add(name));
    else
      roots.push({
        kind: e.as.root,
        proc: name,
        params: paramsOf(task, e, procs.get(name), classes, private_),
        via: e.via,
      });
  }
  const slots: Record<string, string> = {};
  for (const [slot, all] of [...inSlot].sort()) slots[slot] = oneOf(procs, slot, [...all].sort());
  const initial = initialValues({
    types,
    family,
    alive: (tag) => classes.of(tag) !== private_,
    procs,
    groups: [
      roots.filter((x) => x.kind === "probe").map((x) => x.proc),
      family.framework.opens.flatMap((slot) => slots[slot] ?? []),
    ],
  });
  const specs = classSpecs({
    world,
    classes,
    procs,
    instances: (name) => Math.max(...classes.tags(name).map((t) => matter.instances.get(t) ?? 1)),
    alive: (name) => (classes.tags(name).some((t) => (matter.instances.get(t) ?? 1) > 1) ? 0 : 1),
    others: [...family.framework.objects.keys()].map((t) => classes.of(t)),
    initial,
  })
    .filter((k) => ![...vocabulary.environment.values()].includes(k.name))
    .map((k) => ({ ...k, fields: k.fields.filter((f) => !family.framework.cells.includes(f.id)) }));
  const asked = predicatesIn(procs);
  const prepared = [...setUp(vocabulary, roots, procs), ...unprepared(task, roots, procs)];
  return {
    set: {
      name: `${family.ops.file}: ${family.ops.name}`,
      classes: specs,
      procs: Object.fromEntries([...procs].sort(([a], [b]) => (a < b ? -1 : 1))),
      slots,
      roots: distinct(prepared, procs),
      preds: Object.fromEntries(
        [...world.preds]
          .filter(([p]) => asked.has(p))
          .map(([p, tag]) => [p, classes.of(tag)])
          .sort(),
      ),
      parts: {
        device,
        buffer: vocabulary.environment.get(vocabulary.exporter.buffer) ?? vocabulary.exporter.buffer,
        private: private_,
      },
    },
    notSeen: unseen({
      program: types.program,
      procs,
      met: world.unseen,
      own: (tag) => tag === family.private || vocabulary.environment.has(tag),
      also,
    }),
    assumptions: beliefs(world, procs, keep),
  };
}

/** The structs that count, grouped into classes. */
function classesOf({ family, matter }: Task, world: World, procs: ReadonlyMap<string, Proc>): Classes {
  const fields = fieldsIn(procs.values());
  const tags = new Set<string>([
    ...matter.tags,
    ...[...fields].map(tagOf),
    ...bornOrFreed(procs.values()),
    ...family.framework.objects.keys(),
  ]);
  for (const t of [...tags]) for (const outer of world.fields.get(t)?.outers ?? []) tags.add(outer);
  for (const id of fields)
    for (const outer of world.fields.get(id)?.outers ?? []) if (matter.instances.has(outer)) tags.add(outer);
  const used = new Map<string, number>();
  for (const id of fields) used.set(tagOf(id), (used.get(tagOf(id)) ?? 0) + 1);
  const often = [...used].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([t]) => t);
  return classify(world, tags, [
    family.private,
    ...often.filter((t) => !isEmbedded(world, t, often)),
    ...family.framework.objects.keys(),
  ]);
}

/** Is the struct only a part of one whose fields are used: then that one names the class. */
const isEmbedded = (world: World, tag: string, often: readonly string[]): boolean =>
  often.some((outer) => outer !== tag && world.embedded.has(`${outer}>${tag}`));

/** The procedure that stands in a slot. Where several functions do, one that is any of them. */
function oneOf(procs: Map<string, Proc>, slot: string, all: readonly string[]): string {
  const [first = "", ...others] = all;
  if (others.length === 0) return first;
  const params = all.map((name) => procs.get(name)?.params ?? []).reduce((a, b) => (b.length > a.length ? b : a), []);
  const code: Ins[] = [{ op: "choose", to: all.map((_, n) => 1 + 2 * n) }];
  for (const name of all) {
    const args = (procs.get(name)?.params ?? []).map((_, n) => ({ k: "r", r: params[n] ?? "" }) as const);
    code.push({ op: "call", proc: name, args, r: "ret" }, { op: "return", e: { k: "r", r: "ret" } });
  }
  procs.set(slot, { name: slot, params, code });
  return slot;
}

/** The actions that calls of these names are. */
const actsOf = (vocabulary: Vocabulary, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => {
    const m = vocabulary.calls.get(name);
    return m?.m === "act" ? [m.act] : [];
  });

/** Of the callbacks that set a device up those that set providers up; all, where none does. */
function setUp(vocabulary: Vocabulary, roots: readonly Root[], procs: ReadonlyMap<string, Proc>): readonly Root[] {
  const acts = actsOf(vocabulary, vocabulary.setUps);
  const sets = (root: Root): boolean =>
    [...only(procs, new Set([root.proc])).values()].some((p) =>
      p.code.some((i) => i.op === "act" && acts.includes(i.act)),
    );
  const some = roots.some((x) => x.kind === "probe" && sets(x));
  return roots.filter((x) => x.kind !== "probe" || !some || sets(x));
}

/** Stands for a set-up that does nothing. */
const NO_SETUP = "no set-up";

/**
 * Where providers are asked for and nothing sets them up, neither what was followed nor any other function of the folders that the driver stands in: a set-up that does
 * nothing, in `procs` as well. Where somebody else might do it nothing is said.
 */
function unprepared({ types, family }: Task, roots: readonly Root[], procs: Map<string, Proc>): readonly Root[] {
  const { vocabulary, program } = types;
  const asks = actsOf(vocabulary, vocabulary.origins);
  const asked = [...procs.values()].some((p) => p.code.some((i) => i.op === "act" && asks.includes(i.act)));
  const somewhere = vocabulary.setUps.some((name) =>
    program
      .mentions(name)
      .some((ref) => isFunction(ref) && (family.home(ref.file) || inFolders(family.folders, ref.file))),
  );
  if (roots.some((x) => x.kind === "probe") || !asked || somewhere) return [];
  procs.set(NO_SETUP, { name: NO_SETUP, params: [], code: [{ op: "return", e: { k: "c", v: 0 } }] });
  return [{ kind: "probe", proc: NO_SETUP, params: [], via: "not found" }];
}

/** The roots in order; of those that do the same, word for word, one. */
function distinct(roots: readonly Root[], procs: ReadonlyMap<string, Proc>): readonly Root[] {
  const seen = new Set<string>();
  return roots
    .toSorted((a, b) => (a.kind + a.proc < b.kind + b.proc ? -1 : 1))
    .filter((x) => {
      const p = procs.get(x.proc);
      const text = JSON.stringify([x.kind, x.params, p?.params, p?.code], (key, value: unknown) =>
        key === "at" ? undefined : value,
      );
      const key = p === undefined || x.kind !== "revoke" ? `${x.kind} ${x.proc}` : hash(text);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

/** Predicates with the places where they are asked. */
function predicatesIn(procs: ReadonlyMap<string, Proc>): ReadonlyMap<string, ReadonlySet<string>> {
  const asked = new Map<string, Set<string>>();
  for (const p of procs.values())
    for (const i of p.code)
      for (const e of operands(i))
        for (const n of nodes(e))
          if (n.k === "pred")
            asked.set(n.p, (asked.get(n.p) ?? new Set()).add(`${i.at?.span?.file}:${i.at?.span?.start}`));
  return asked;
}

/** Struct names of allocations become class names; predicates that are asked in one place only are open each time; touches name a field that exists anyway. */
function settle(procs: ReadonlyMap<string, Proc>, world: World, classes: Classes, sliced: Sliced): Map<string, Proc> {
  const kept = new Set([...predicatesIn(procs)].filter(([, places]) => places.size > 1).map(([p]) => p));
  const stable = new Map<string, FieldId>();
  for (const id of [...fieldsIn(procs.values())].sort()) {
    const info = world.fields.get(id);
    if (info === undefined || !sliced.fields.has(id) || (info.kind !== "pointer" && info.kind !== "value")) continue;
    const cls = classes.of(info.tag);
    if (!stable.has(cls)) stable.set(cls, id);
  }
  const out = new Map<string, Proc>();
  for (const [name, p] of procs) {
    const code = p.code.map((i, index): Ins => {
      if (i.op === "disturb" && !kept.has(i.p)) return { op: "jmp", to: index + 1 };
      if (i.op === "alloc" || i.op === "free") return { ...i, cls: classes.of(i.cls) };
      if (i.op === "let" && i.r.startsWith("touch'") && i.e.k === "f")
        return { ...i, r: "touched", e: { ...i.e, f: stable.get(classes.of(tagOf(i.e.f))) ?? i.e.f } };
      return mapExpressions(i, (e) => anyIn(mapE(e, (n) => (n.k === "pred" && !kept.has(n.p) ? any : n))));
    });
    out.set(name, { ...p, code: shrink(code) });
  }
  return out;
}

/** What each parameter of a root is. */
function paramsOf(
  { types, matter }: Task,
  { fn }: Entry,
  p: Proc | undefined,
  classes: Classes,
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
  { family }: Task,
  world: World,
  classes: Classes,
  procs: ReadonlyMap<string, Proc>,
  private_: string,
): string {
  const { framework } = family;
  if (framework.device !== "") return classes.of(framework.device);
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
    const none = to === private_ || framework.objects.has(to) || to === "global" || to === "rcu";
    if (none || world.vocabulary.environment.has(to)) continue;
    votes.set(to, (votes.get(to) ?? 0) + 1);
  }
  return [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? folderOf(family.ops.file);
}
