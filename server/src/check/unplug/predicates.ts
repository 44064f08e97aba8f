// Predicates: pure functions of one object whose answer is not known, but stays the same until something disturbs what they look at. Whatever is not understood
// and gets hold of that disturbs them; but where every question is asked under a lock, only those who hold it for writing do.
import { classify, tagOf } from "./classes.ts";
import { held, holds, writes } from "./held.ts";
import { scan } from "./scan.ts";
import { lookAt } from "./look.ts";
import { retarget } from "../../model/unplug/walk.ts";
import type { World } from "./context.ts";
import type { Held } from "./held.ts";
import type { FieldId, Ins, Proc } from "../../model/unplug/skeleton.ts";

/** The mark of a disturbance that is not resolved yet: the struct, and the field through which what is disturbed was reached. */
export const disturbance = (tag: string, via: FieldId | undefined): string => `struct ${tag} ${via ?? ""}`;

/** A disturbed struct becomes the predicates of its class that look there, one instruction each. */
export function resolveDisturbs(world: World, procs: Map<string, Proc>): void {
  const predsOf = predsByClass(world);
  for (const [name, p] of procs) {
    if (!p.code.some((i) => i.op === "disturb" && i.p.startsWith("struct "))) continue;
    const out: Ins[] = [];
    const position: number[] = [];
    for (const i of p.code) {
      position.push(out.length);
      if (i.op !== "disturb" || !i.p.startsWith("struct ")) out.push(i);
      else {
        const [, tag = "", via = ""] = i.p.split(" ");
        const preds = predsOf(tag, via);
        for (const pred of preds) out.push({ ...i, p: pred });
        if (preds.length === 0) out.push({ op: "jmp", to: position.length });
      }
    }
    position.push(out.length);
    procs.set(name, { ...p, code: out.map((i) => retarget(i, (t) => position[t] ?? out.length)) });
  }
}

/** The predicates that disturbing an object of a struct opens: those of all structs that stand in one object with it, and that read the field, if one is given. */
function predsByClass(world: World): (tag: string, via: string) => readonly string[] {
  const tags = new Set<string>([...world.preds.values(), ...world.instances.keys()]);
  for (const edge of world.embedded) for (const t of edge.split(">")) tags.add(t);
  const classes = classify(world, tags, []);
  return (tag, via) =>
    [...world.preds]
      .filter(([p, t]) => classes.of(t) === classes.of(tag) && (via === "" || readsOf(world, p).has(via)))
      .map(([p]) => p)
      .sort();
}

const inputs = new WeakMap<World, Map<string, ReadonlySet<FieldId>>>();

/** The fields that a predicate looks at. */
function readsOf(world: World, pred: string): ReadonlySet<FieldId> {
  let known = inputs.get(world);
  if (known === undefined) inputs.set(world, (known = new Map()));
  let had = known.get(pred);
  if (had === undefined) {
    const file = world.names.get(`pred ${pred}`);
    const fn = file === undefined ? undefined : world.callee(pred, file);
    known.set(pred, (had = fn === undefined ? new Set() : scan(world.types, fn).cells));
  }
  return had;
}

/** For each predicate the locks that are held wherever it is asked. */
function guards(procs: ReadonlyMap<string, Proc>, locks: Held): ReadonlyMap<string, ReadonlySet<FieldId>> {
  const out = new Map<string, ReadonlySet<FieldId>>();
  for (const [name, p] of procs) {
    for (const [index, i] of p.code.entries()) {
      const { preds } = lookAt(i);
      if (preds.length === 0) continue;
      for (const here of locks.before(name, index))
        for (const pred of preds) {
          const had = out.get(pred);
          const now = here.map((l) => l.slice(2));
          out.set(pred, had === undefined ? new Set(now) : new Set([...had].filter((f) => holds(here, f))));
        }
    }
  }
  return out;
}

/** Is there one object only on lists of a link field? */
const single =
  (world: World) =>
  (link: FieldId): boolean =>
    world.instances.get(tagOf(link)) === 1;

/** Drops disturbances by those who hold none of the locks under which the predicate is asked. */
export function withoutUnguarded(
  world: World,
  procs: ReadonlyMap<string, Proc>,
  entries: ReadonlySet<string>,
): { readonly procs: Map<string, Proc>; readonly guarded: ReadonlySet<string> } {
  const locks = held(procs, entries, single(world));
  const guard = guards(procs, locks);
  const guarded = new Set([...guard].filter(([, by]) => by.size > 0).map(([p]) => p));
  const left = new Map(
    [...procs].map(([name, p]) => {
      if (!p.code.some((i) => i.op === "disturb")) return [name, p];
      const code = p.code.map((i, index): Ins => {
        if (i.op !== "disturb") return i;
        const by = guard.get(i.p);
        if (by === undefined || by.size === 0) return i;
        const here = locks.before(name, index);
        return here.some((l) => [...by].some((f) => writes(l, f))) ? i : { op: "jmp", to: index + 1 };
      });
      return [name, { ...p, code }];
    }),
  );
  return { procs: left, guarded };
}

/** What is believed of the predicates, for people. */
export function beliefs(
  world: World,
  procs: ReadonlyMap<string, Proc>,
  entries: ReadonlySet<string>,
): readonly string[] {
  return [...guards(procs, held(procs, entries, single(world)))]
    .filter(([, by]) => by.size > 0)
    .map(
      ([pred, by]) =>
        `what ${pred}() looks at changes only under ${[...by]
          .map((f) => f.slice(tagOf(f).length + 1))
          .sort()
          .join(" or ")}`,
    )
    .sort();
}
