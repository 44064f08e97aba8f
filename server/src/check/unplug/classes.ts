// Classes: structs that contain one another are one kind of object. Which structs these are follows from what the compiled code reached through what.
import type { FieldInfo, World } from "./context.ts";
import type { ClassSpec, E, FieldId, FieldSpec, Proc } from "../../model/unplug/skeleton.ts";
import { expressionsOf, mapE, mapExpressions, nodes } from "../../model/unplug/walk.ts";

/** Finds the class of a struct. */
export interface Classes {
  /** The class's name. Structs of the environment have the environment's. */
  of(tag: string): string;
  tags(name: string): readonly string[];
}

/**
 * Groups structs by containment. Only `kept` structs count, so that two drivers' structs are not one because both contain a struct device.
 * A class is named after the first of `names` in it, else after the struct that contains the others.
 */
export function classify(world: World, kept: ReadonlySet<string>, names: readonly string[]): Classes {
  const parent = new Map<string, string>();
  const root = (t: string): string => {
    let now = t;
    for (let up = parent.get(now); up !== undefined && up !== now; up = parent.get(now)) now = up;
    return now;
  };
  const inside = new Set<string>();
  for (const edge of world.embedded) {
    const [outer = "", inner = ""] = edge.split(">");
    if (
      !kept.has(outer) ||
      !kept.has(inner) ||
      world.vocabulary.generic.has(inner) ||
      world.vocabulary.generic.has(outer)
    )
      continue;
    inside.add(inner);
    const [a, b] = [root(outer), root(inner)];
    if (a !== b) parent.set(b, a);
  }
  const groups = new Map<string, string[]>();
  for (const t of [...kept].sort()) groups.set(root(t), [...(groups.get(root(t)) ?? []), t]);
  const name = new Map<string, string>();
  const members = new Map<string, readonly string[]>();
  for (const group of groups.values()) {
    const environment = group.map((t) => world.vocabulary.environment.get(t)).find((n) => n !== undefined);
    const given = names.find((n) => group.includes(n));
    const outermost = group.find((t) => !inside.has(t));
    const chosen = environment ?? given ?? outermost ?? group[0] ?? "";
    for (const t of group) name.set(t, chosen);
    members.set(chosen, group);
  }
  return {
    of: (tag) => world.vocabulary.environment.get(tag) ?? name.get(tag) ?? tag,
    tags: (n) => members.get(n) ?? [n],
  };
}

/** The struct part of a field's id. */
export const tagOf = (f: FieldId): string => f.slice(0, f.indexOf("."));

/** The fields that code uses. */
export function fieldsIn(procs: Iterable<Proc>): ReadonlySet<FieldId> {
  const out = new Set<FieldId>();
  for (const p of procs) {
    for (const i of p.code) {
      if ("f" in i) out.add(i.f);
      for (const e of expressionsOf(i)) for (const n of nodes(e)) if ("f" in n) out.add(n.f);
    }
  }
  return out;
}

/** Structs that are allocated or freed in the code. */
export function bornOrFreed(procs: Iterable<Proc>): ReadonlySet<string> {
  const out = new Set<string>();
  for (const p of procs) for (const i of p.code) if (i.op === "alloc" || i.op === "free") out.add(i.cls);
  return out;
}

export interface ClassRequest {
  readonly world: World;
  readonly classes: Classes;
  readonly procs: ReadonlyMap<string, Proc>;
  readonly instances: (name: string) => number;
  readonly alive: (name: string) => number;
  /** Classes that the contract brings. */
  readonly others: readonly string[];
  readonly initial: (field: FieldInfo) => Pick<FieldSpec, "initial" | "values">;
}

/** The specifications of the classes that the code uses. */
export function classSpecs(request: ClassRequest): readonly ClassSpec[] {
  const { world, classes, procs } = request;
  const fields = fieldsIn(procs.values());
  const byClass = new Map<string, FieldSpec[]>();
  for (const id of [...fields].sort()) {
    const info = world.fields.get(id);
    if (info === undefined) continue;
    const name = classes.of(info.tag);
    const list = byClass.get(name) ?? [];
    const to = targetOf(world, classes, info);
    const kind = info.kind === "pointer" && to === undefined ? "value" : info.kind;
    list.push({ id, kind, ...(to === undefined ? {} : { to }), ...request.initial({ ...info, kind }) });
    byClass.set(name, list);
  }
  // A pointer to something that has no objects in the model is a value that may be NULL.
  const known = new Set([...byClass.keys(), ...world.vocabulary.environment.values(), ...request.others]);
  for (const [name, list] of byClass)
    byClass.set(
      name,
      list.map((f) => {
        if (f.kind !== "pointer" || (f.to !== undefined && known.has(f.to))) return f;
        const { to: _, ...rest } = f;
        return { ...rest, kind: "value" };
      }),
    );
  for (const tag of bornOrFreed(procs.values())) if (!byClass.has(classes.of(tag))) byClass.set(classes.of(tag), []);
  return [...byClass]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, list]) => ({
      name,
      tags: classes.tags(name),
      count: request.instances(name),
      liveAtStart: request.alive(name),
      fields: list,
      ...(classes.tags(name).some((t) => world.devres.has(t)) ? { devres: true } : {}),
    }));
}

/** The class that a pointer leads to, or whose list a link is on. */
function targetOf(world: World, classes: Classes, info: FieldInfo): string | undefined {
  if (info.kind === "pointer") return info.to === undefined || info.to === "" ? undefined : classes.of(info.to);
  if (info.kind !== "link") return undefined;
  const owners = [...world.heads].filter(([, links]) => links.has(info.id)).map(([head]) => classes.of(tagOf(head)));
  return owners.sort()[0];
}

/**
 * "Is the list empty" was compiled with the head's field: it becomes a question about the link field of what is on it. Asked of a link, it is "is it on no list".
 */
export function resolveHeads(world: World, procs: Map<string, Proc>): void {
  const links = new Set([...world.heads.values()].flatMap((s) => [...s]));
  const change = (e: E): E =>
    mapE(e, (n) => {
      if (n.k !== "empty") return n;
      if (links.has(n.f)) return { k: "not", e: { k: "linked", f: n.f, o: n.o } };
      const [only, ...more] = world.heads.get(n.f) ?? [];
      return only === undefined || more.length > 0 ? { k: "any" } : { ...n, f: only };
    });
  for (const [name, p] of procs) procs.set(name, { ...p, code: p.code.map((i) => mapExpressions(i, change)) });
}
