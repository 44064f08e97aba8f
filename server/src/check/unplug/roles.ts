// Which part the fields and procedures of a skeleton set play: gate, counter, completion, teardown. Found by dataflow; used for naming findings and placing repairs only,
// never for a verdict.
import type { UnplugNames } from "../../model/unplug/names.ts";
import { openCondition } from "../../model/unplug/open.ts";
import type { E, FieldId, Ins, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { ERR } from "../../model/unplug/skeleton.ts";
import { mapE, nodes } from "../../model/unplug/walk.ts";
import { after } from "./onward.ts";

/** An instruction and the procedure that it stands in. */
export interface Site<I extends Ins = Ins> {
  readonly proc: string;
  readonly ins: I;
}

export type Op<K extends Ins["op"]> = Extract<Ins, { readonly op: K }>;

export interface Roles {
  readonly map: ReadonlySet<string>;
  readonly unmap: ReadonlySet<string>;
  /** Procedures that ends and runtime revokers reach. */
  readonly teardown: ReadonlySet<string>;
  /** Fields that decide whether a mapping may begin. */
  readonly gates: ReadonlySet<FieldId>;
  /** Gates with the value that shuts them, whatever else is true: those that the teardown stores first, then others of the private struct. */
  readonly shut: readonly { readonly f: FieldId; readonly v: number }[];
  /** Does the store shut the gate? */
  closes(store: Op<"store">): boolean;
  /** The count of mappings, and the completion that its last put completes. */
  readonly counter: FieldId | undefined;
  readonly completion: FieldId | undefined;
  /** Calls that tell importers. */
  readonly invalidations: readonly Site<Op<"call">>[];
}

/** Every procedure that the given ones reach by calls. */
export function closure(set: SkeletonSet, from: readonly (string | undefined)[]): Set<string> {
  const seen = new Set<string>();
  const work = from.filter((p) => p !== undefined);
  for (let p = work.pop(); p !== undefined; p = work.pop()) {
    const body = set.procs[p];
    if (body === undefined || seen.has(p)) continue;
    seen.add(p);
    for (const i of body.code) {
      const to = i.op !== "call" ? undefined : (i.proc ?? (i.slot === undefined ? undefined : set.slots[i.slot]));
      if (to !== undefined) work.push(to);
    }
  }
  return seen;
}

/** The instructions of the given procedures that satisfy the test. */
export function* sites<K extends Ins["op"]>(
  set: SkeletonSet,
  procs: Iterable<string>,
  op: K,
  test: (i: Op<K>) => boolean = () => true,
): Generator<Site<Op<K>>> {
  for (const proc of procs)
    for (const i of set.procs[proc]?.code ?? []) if (i.op === op && test(i as Op<K>)) yield { proc, ins: i as Op<K> };
}

const OPERATORS: Readonly<Record<Extract<E, { k: "bin" }>["op"], (l: number, r: number) => number>> = {
  "==": (l, r) => Number(l === r),
  "!=": (l, r) => Number(l !== r),
  "<": (l, r) => Number(l < r),
  "<=": (l, r) => Number(l <= r),
  ">": (l, r) => Number(l > r),
  ">=": (l, r) => Number(l >= r),
  "&&": (l, r) => Number(l !== 0 && r !== 0),
  "||": (l, r) => Number(l !== 0 || r !== 0),
  "&": (l, r) => l & r,
  "|": (l, r) => l | r,
  "+": (l, r) => l + r,
  "-": (l, r) => l - r,
};

/** The expression's value where it does not depend on state. */
function known(e: E): number | undefined {
  if (e.k === "c") return e.v;
  if (e.k === "not" || e.k === "err") {
    const v = known(e.e);
    return v === undefined ? undefined : Number(e.k === "not" ? v === 0 : v === ERR);
  }
  if (e.k !== "bin") return undefined;
  const [l, r] = [known(e.l), known(e.r)];
  if (e.op === "&&" && (l === 0 || r === 0)) return 0;
  if (e.op === "||" && ((l !== undefined && l !== 0) || (r !== undefined && r !== 0))) return 1;
  return l === undefined || r === undefined ? undefined : OPERATORS[e.op](l, r);
}

/** Is the wait one that the counter or its completion ends? */
export const waitsFor = (i: Ins, roles: Pick<Roles, "counter" | "completion">): boolean =>
  (i.op === "waitDone" && i.f === roles.completion) ||
  (i.op === "await" && [...nodes(i.e)].some((n) => n.k === "count" && n.f === roles.counter));

/** The roles of a set. */
export function rolesOf(set: SkeletonSet, names: UnplugNames): Roles {
  const map = closure(set, [set.slots[names.slots.map]]);
  const unmap = closure(set, [set.slots[names.slots.unmap]]);
  const entry = new Set(names.entrySlots);
  const teardown = closure(set, [
    ...Object.entries(set.slots).flatMap(([slot, proc]) => (entry.has(slot) ? [] : [proc])),
    ...set.roots.flatMap((r) => (["revoke", "retire", "remove"].includes(r.kind) ? [r.proc] : [])),
  ]);
  const environment = new Set<string>(Object.values(names.fields));
  const open = openCondition(
    set,
    { map: names.slots.map, mapBegin: names.acts.mapBegin, attDmabuf: names.fields.attDmabuf },
    1,
  );
  const gates = new Set<FieldId>();
  for (const n of open === undefined ? [] : nodes(open)) if (n.k === "f" && !environment.has(n.f)) gates.add(n.f);
  const shutBy = (field: FieldId, e: E): boolean =>
    open !== undefined && gates.has(field) && known(mapE(open, (n) => (n.k === "f" && n.f === field ? e : n))) === 0;
  const closes = (i: Op<"store">): boolean => i.e.k === "c" && shutBy(i.f, i.e);

  const counts = (procs: Iterable<string>, what: readonly string[]): FieldId[] =>
    [...sites(set, procs, "count", (i) => what.includes(i.do) && !environment.has(i.f))].map((s) => s.ins.f);
  const privateFields = new Set(
    set.classes.filter((k) => k.name === set.parts.private).flatMap((k) => k.fields.map((x) => x.id)),
  );
  const puts = counts(teardown, ["put"]);
  const used = [...counts(map, ["get", "getUnlessZero"]), ...counts(unmap, ["put"])];
  const counter =
    used.find((k) => puts.includes(k)) ??
    used[0] ??
    puts.find((k) => privateFields.has(k) && isWaited(set, teardown, k));
  const waits = [...sites(set, teardown, "waitDone")].map((s) => s.ins.f);
  const completion = waits.find((x) => privateFields.has(x)) ?? waits.find((x) => sameStruct(x, counter));
  const stored = new Set([...sites(set, teardown, "store")].map((x) => x.ins.f));
  const shut = [...gates]
    .filter((g) => stored.has(g) || privateFields.has(g))
    .sort((a, b) => Number(stored.has(b)) - Number(stored.has(a)))
    .flatMap((g) =>
      [1, 0, 2, 3]
        .filter((v) => shutBy(g, { k: "c", v }))
        .slice(0, 1)
        .map((v) => ({ f: g, v })),
    );
  return {
    map,
    unmap,
    teardown,
    gates,
    shut,
    closes,
    counter,
    completion,
    invalidations: [...sites(set, teardown, "call", (i) => i.proc === names.procs.invalidate)],
  };
}

const sameStruct = (a: FieldId, b: FieldId | undefined): boolean =>
  b !== undefined && a.split(".")[0] === b.split(".")[0];

/** Does some wait of the teardown follow a put of the count in the same procedure? */
function isWaited(set: SkeletonSet, procs: Iterable<string>, count: FieldId): boolean {
  for (const { proc, ins } of sites(set, procs, "count", (i) => i.do === "put" && i.f === count)) {
    const p = set.procs[proc]!;
    for (const n of after(p, p.code.indexOf(ins)))
      if (p.code[n]?.op === "waitDone" || p.code[n]?.op === "await") return true;
  }
  return false;
}
