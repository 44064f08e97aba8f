// Cuts a family's procedures down to what matters, again and again until nothing changes: drops instructions, fields, procedures and parameters, and merges
// procedures that do the same.
import { falls, mapE, mapExpressions, readsShared, retarget, successors } from "../../model/unplug/walk.ts";
import { shrink } from "./shrink.ts";
import { split, withValues } from "./branches.ts";
import { merged, reachable, withoutParams } from "./merge.ts";
import { GONE, TOUCH, firstKept, relevance, touched } from "./relevance.ts";
import { anyIn, neverSet, tidy } from "./tidy.ts";
import { fieldTouched, withoutTwice } from "./touches.ts";
import { untrack } from "./untrack.ts";
import { any, c } from "./values.ts";
import type { Relevance, Start } from "./relevance.ts";
import type { Untracking } from "./untrack.ts";
import type { E, FieldId, Ins, Proc } from "../../model/unplug/skeleton.ts";

/** Rounds of slicing; each drops something, and the real exporters settle in five. */
const ROUNDS = 20;

export interface SliceRequest extends Untracking {
  readonly procs: ReadonlyMap<string, Proc>;
  /** Procedures that are entered from outside: their parameters stay. */
  readonly entries: ReadonlySet<string>;
  /** Only what matters is asked for, not its best form. */
  readonly rough: boolean;
  /** Is the parameter of an entry one that its caller may give any value? */
  readonly open: (entry: string, param: string) => boolean;
  /** Drops disturbances of predicates by those who may not disturb them. */
  readonly guarded: (procs: ReadonlyMap<string, Proc>) => {
    readonly procs: Map<string, Proc>;
    readonly guarded: ReadonlySet<string>;
  };
}

export interface Sliced {
  readonly procs: ReadonlyMap<string, Proc>;
  readonly fields: ReadonlySet<FieldId>;
  readonly preds: ReadonlySet<string>;
}

export function slice(request: SliceRequest): Sliced {
  const { entries } = request;
  const tidy0 = new Map([...request.procs].map(([name, p]) => [name, tidied(p)] as const));
  const first = request.guarded(tidy0);
  let { procs, found } = settle(first.procs, request, first.guarded);
  if (request.rough) return { procs: reachable(procs, entries), fields: found.fields, preds: found.preds };
  // Once it is small: procedures that make a test twice, once for each outcome.
  const halves = new Map([...procs].map(([name, p]) => [name, split(p)] as const));
  if ([...halves].some(([name, p]) => procs.get(name) !== p)) {
    const both = new Map([...halves].map(([name, p]) => [name, procs.get(name) === p ? p : tidied(p)] as const));
    const second = request.guarded(both);
    ({ procs, found } = settle(second.procs, request, second.guarded));
  }
  for (const name of entries) {
    const valued = withValues(procs, name, (param) => request.open(name, param));
    if (valued !== undefined) procs.set(name, { ...valued, code: [...shrink(valued.code)] });
  }
  return { procs: reachable(merged(procs, entries), entries), fields: found.fields, preds: found.preds };
}

/** Cuts until nothing changes. */
function settle(
  from: Map<string, Proc>,
  request: SliceRequest,
  guarded: ReadonlySet<string>,
): { readonly procs: Map<string, Proc>; readonly found: Relevance } {
  const start: Start = { ...request.start, guarded };
  let procs = from;
  let found: Relevance = relevance(procs, start);
  let before = fingerprints(procs);
  for (let round = 0; round < ROUNDS; round++) {
    const disturbs = disturbances(procs, found);
    procs = new Map([...procs].map(([name, p]) => [name, prune(p, found, request, disturbs)] as const));
    procs = withoutEmpty(procs, request.entries);
    procs = untrack(procs, request);
    procs = withoutParams(procs, request.entries);
    const cut = fingerprints(procs);
    // What did not change since it was last made tidy still is.
    procs = new Map([...procs].map(([name, p]) => [name, cut.get(name) === before.get(name) ? p : tidied(p)] as const));
    const after = fingerprints(procs);
    const same = after.size === before.size && [...after].every(([name, text]) => before.get(name) === text);
    if (same) break;
    before = after;
    found = relevance(procs, start);
  }
  return { procs, found };
}

const texts = new WeakMap<Proc, string>();

/** What each procedure is, as text. Where an instruction comes from does not count. */
function fingerprints(procs: ReadonlyMap<string, Proc>): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const [name, p] of procs) {
    let text = texts.get(p);
    if (text === undefined) {
      text = JSON.stringify([p.params, p.code], (key, value: unknown) => (key === "at" ? undefined : value));
      texts.set(p, text);
    }
    out.set(name, text);
  }
  return out;
}

const tidied = (p: Proc): Proc => {
  const unset = neverSet(p.code, p.params);
  if (unset.size === 0) return { ...p, code: [...tidy(p.code, p.params)] };
  const code = p.code.map((i) =>
    mapExpressions(i, (e) => anyIn(mapE(e, (n) => (n.k === "r" && unset.has(n.r) ? any : n)))),
  );
  return { ...p, code: [...tidy(code, p.params)] };
};

type Disturb = Ins & { readonly op: "disturb" };

/** For each procedure the predicates that running it may open, its callees' included. */
function disturbances(procs: ReadonlyMap<string, Proc>, found: Relevance): ReadonlyMap<string, readonly Disturb[]> {
  const own = new Map<string, Map<string, Disturb>>();
  for (const [name, p] of procs) {
    const here = new Map<string, Disturb>();
    for (const i of p.code)
      if (i.op === "disturb" && found.preds.has(i.p) && i.o.k === "c") here.set(`${i.p} ${i.o.v}`, i);
    own.set(name, here);
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const [name, p] of procs) {
      const here = own.get(name)!;
      const size = here.size;
      for (const i of p.code)
        if (i.op === "call" && i.proc !== undefined) for (const [k, d] of own.get(i.proc) ?? []) here.set(k, d);
      if (here.size !== size) changed = true;
    }
  }
  return new Map([...own].map(([name, m]) => [name, [...m.values()]]));
}

/** The procedure without what does not matter. What it disturbs on a way that goes is disturbed where that way was. */
function prune(
  p: Proc,
  found: Relevance,
  request: SliceRequest,
  disturbs: ReadonlyMap<string, readonly Disturb[]>,
): Proc {
  const keep = found.keep.get(p.name) ?? [];
  const first = firstKept(p.code, keep);
  const out: Ins[] = [];
  /** Original instruction → where its code stands now. */
  const position = p.code.map(() => -1);
  const holes: { readonly at: number; readonly to: number }[] = [];
  /** Goes to what comes first from `t` on, past what is gone. */
  const goOn = (t: number): void => {
    for (const d of gone(t)) out.push(d);
    const [only, ...more] = first[t] ?? [];
    if (only === undefined || only < 0 || more.length > 0) out.push({ op: "return" });
    else holes.push({ at: out.push({ op: "jmp", to: 0 }) - 1, to: only });
  };
  /** The disturbances between `t` and what is kept. */
  function gone(t: number): readonly Disturb[] {
    const here = new Map<string, Disturb>();
    const seen = new Set<number>();
    const work = [t];
    for (let n = work.pop(); n !== undefined; n = work.pop()) {
      const i = p.code[n];
      if (i === undefined || seen.has(n) || keep[n] !== GONE) continue;
      seen.add(n);
      if (i.op === "disturb" && found.preds.has(i.p) && i.o.k === "c") here.set(`${i.p} ${i.o.v}`, i);
      if (i.op === "call" && i.proc !== undefined)
        for (const d of disturbs.get(i.proc) ?? []) here.set(`${d.p} ${d.o.k === "c" ? d.o.v : ""}`, d);
      work.push(...successors(p.code, n));
    }
    return [...here.values()];
  }
  goOn(0);
  const blocks: { readonly index: number; readonly i: Ins }[] = [];
  for (const [index, i] of p.code.entries()) {
    if (keep[index] === GONE) continue;
    position[index] = out.length;
    if (keep[index] === TOUCH) {
      const [o] = touched(i, request.start);
      const f = fieldTouched(i, request.start);
      // The value does not matter; what follows is one of its ways, all of which are the same.
      if (o !== undefined && f !== undefined)
        out.push({ op: "let", r: `touch'${index}`, e: { k: "f", f, o }, ...(i.at === undefined ? {} : { at: i.at }) });
      goOn(successors(p.code, index)[0] ?? p.code.length);
      continue;
    }
    blocks.push({ index: out.push(i) - 1, i });
    if (falls(i)) goOn(index + 1);
  }
  // Targets lead to a stretch of their own, which the shortening joins again.
  for (const { index, i } of blocks) {
    out[index] = retarget(i, (t) => {
      const at = out.length;
      goOn(t);
      return at;
    });
  }
  for (const h of holes) out[h.at] = { op: "jmp", to: position[h.to] ?? out.length };
  const withoutResults = out.map((i): Ins => {
    if (i.op === "return" && i.e !== undefined && !found.results.has(p.name))
      return i.at === undefined ? { op: "return" } : { op: "return", at: i.at };
    if (
      i.op === "call" &&
      i.r !== undefined &&
      i.proc !== undefined &&
      found.keep.has(i.proc) &&
      !found.results.has(i.proc)
    ) {
      const { r: _, ...rest } = i;
      return rest;
    }
    return i;
  });
  return { ...p, code: withoutTwice(withoutEchoes(shrink(withoutResults)), request.start) };
}

/** A disturbance that the next instruction repeats goes. */
function withoutEchoes(code: readonly Ins[]): Ins[] {
  return code.map((i, index): Ins => {
    if (i.op !== "disturb") return i;
    for (let n = index + 1; n < code.length; n++) {
      const x = code[n]!;
      if (x.op === "disturb" && x.p === i.p) return { op: "jmp", to: index + 1 };
      if (x.op !== "disturb" && !(x.op === "let" && !readsShared(x.e))) break;
    }
    return i;
  });
}

/** Calls of procedures that do nothing go; such procedures that return a constant give it. */
function withoutEmpty(procs: Map<string, Proc>, entries: ReadonlySet<string>): Map<string, Proc> {
  const value = (p: Proc): E | undefined => {
    const i = p.code.find((x) => x.op !== "disturb");
    if (i?.op !== "return") return undefined;
    const e = i.e ?? c(0);
    return e.k === "c" || e.k === "any" ? e : undefined;
  };
  const empty = new Map<string, E>();
  for (const [name, p] of procs) {
    const e = value(p);
    if (e !== undefined) empty.set(name, e);
  }
  if (empty.size === 0) return procs;
  const out = new Map<string, Proc>();
  for (const [name, p] of procs) {
    if (empty.has(name) && !entries.has(name)) continue;
    const code = p.code.map((i, index): Ins => {
      const e = i.op === "call" && i.proc !== undefined ? empty.get(i.proc) : undefined;
      if (i.op !== "call" || e === undefined) return i;
      return i.r === undefined ? { op: "jmp", to: index + 1 } : { op: "let", r: i.r, e };
    });
    out.set(name, { ...p, code });
  }
  return out;
}
