// Cuts a family's procedures down to what matters, again and again until nothing changes: drops instructions, fields, procedures and parameters, and merges
// procedures that do the same.
import { hash } from "../../base/hash.ts";
import { falls, mapE, mapExpressions, readsShared, retarget, successors, written } from "../../model/unplug/walk.ts";
import { shrink } from "./shrink.ts";
import { split, withValues } from "./branches.ts";
import { lookAt } from "./look.ts";
import { GONE, TOUCH, firstKept, relevance, touched } from "./relevance.ts";
import { anyIn, neverSet, tidy } from "./tidy.ts";
import { any, c } from "./values.ts";
import type { Relevance, Start } from "./relevance.ts";
import type { E, FieldId, Ins, Proc } from "../../model/unplug/skeleton.ts";

/** Rounds of slicing; each drops something, and the real exporters settle in five. */
const ROUNDS = 20;

export interface SliceRequest {
  readonly procs: ReadonlyMap<string, Proc>;
  /** Procedures that are entered from outside: their parameters stay. */
  readonly entries: ReadonlySet<string>;
  readonly start: Omit<Start, "guarded">;
  /** What a field that nobody stores reads as; undefined where it has to be kept. */
  readonly constant: (field: FieldId, dereferenced: boolean) => E | undefined;
  /** Only what matters is asked for, not its best form. */
  readonly rough: boolean;
  /** Is the parameter of an entry one that its caller may give any value? */
  readonly open: (entry: string, param: string) => boolean;
  /** Drops disturbances of predicates by those who may not disturb them. */
  readonly guarded: (procs: ReadonlyMap<string, Proc>) => {
    readonly procs: Map<string, Proc>;
    readonly guarded: ReadonlySet<string>;
  };
  /** Arrays and the like: what is stored there is not told apart. */
  readonly blurred: (field: FieldId) => boolean;
  /** Fields of the environment: kept whatever happens to them. */
  readonly foreign: (field: FieldId) => boolean;
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

type Mortality = Pick<Start, "mortal" | "ownerOf">;
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

function fieldTouched(i: Ins, start: Mortality): FieldId | undefined {
  const cell = lookAt(i).cells.find(({ f }) => start.ownerOf(f).some((t) => start.mortal(t)));
  return cell?.f ?? ("f" in i ? i.f : undefined);
}

const isTouch = (i: Ins | undefined): i is Ins & { readonly op: "let" } => i?.op === "let" && i.r.startsWith("touch'");

/** A touch beside another look at the same object, with nothing in between that lets go of anything, says nothing new. */
function withoutTwice(code: readonly Ins[], start: Mortality): Ins[] {
  const entries = code.map(() => 0);
  for (const index of code.keys()) for (const s of successors(code, index)) if (entries[s] !== undefined) entries[s]++;
  return code.map((i, index): Ins => {
    if (!isTouch(i) || i.e.k !== "f") return i;
    const object = JSON.stringify(i.e.o);
    const looks = (x: Ins): boolean => touched(x, start).some((o) => JSON.stringify(o) === object);
    for (let n = index + 1; n < code.length && entries[n] === 1; n++) {
      const x = code[n]!;
      if (looks(x) || (x.op === "free" && JSON.stringify(x.o) === object)) return { op: "jmp", to: index + 1 };
      if (!isTouch(x) || !falls(x)) break;
    }
    for (let n = index - 1; n >= 0 && (entries[n + 1] ?? 0) === 1; n--) {
      const x = code[n]!;
      if (x.op === "jmp" || x.op === "return" || !(falls(x) || x.op === "br")) break;
      const w = written(x);
      if (w !== undefined && object.includes(`"${w}"`)) break;
      if (looks(x) && keepsHold(x)) return { op: "jmp", to: index + 1 };
      if (x.op !== "let" && x.op !== "br" && x.op !== "store") break;
    }
    return i;
  });
}

/** Does the instruction leave everything as safe as it was? */
const keepsHold = (i: Ins): boolean => i.op === "let" || i.op === "br" || i.op === "store" || i.op === "assertHeld";

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

/** Fields that hold nothing that was decided read as anything, and their stores go. */
function untrack(procs: Map<string, Proc>, request: SliceRequest): Map<string, Proc> {
  const decided = new Set<FieldId>();
  const dereferenced = new Set<FieldId>();
  const read = new Set<FieldId>();
  for (const p of procs.values()) {
    for (const i of p.code) {
      if (i.op === "store" && i.e.k !== "any" && !isSelf(i) && !request.blurred(i.f)) decided.add(i.f);
      if (
        i.op === "count" ||
        i.op === "link" ||
        i.op === "lock" ||
        i.op === "complete" ||
        i.op === "reinit" ||
        i.op === "unlink" ||
        i.op === "waitDone"
      )
        decided.add(i.f);
      for (const { f, o } of lookAt(i).cells) {
        read.add(f);
        if (o.k === "f") dereferenced.add(o.f);
      }
      if ("o" in i && i.o.k === "f") dereferenced.add(i.o.f);
      if (i.op === "let" && i.e.k === "f" && p.code.some((x) => usesAsObject(x, i.r))) dereferenced.add(i.e.f);
    }
  }
  const constants = new Map<FieldId, E>();
  for (const f of read) {
    if (decided.has(f) || request.foreign(f) || request.start.fields.has(f)) continue;
    const e = request.constant(f, dereferenced.has(f));
    if (e !== undefined) constants.set(f, e);
  }
  if (constants.size === 0) return procs;
  return new Map(
    [...procs].map(([name, p]) => {
      const code = p.code.map((i, index): Ins => {
        if (isTouch(i)) return i;
        if (i.op === "store" && constants.has(i.f)) return touchInstead(i, index, request.start);
        if (!lookAt(i).cells.some(({ f }) => constants.has(f))) return i;
        return mapExpressions(i, (e) => anyIn(mapE(e, (n) => (n.k === "f" ? (constants.get(n.f) ?? n) : n))));
      });
      return [name, { ...p, code }] as const;
    }),
  );
}

function touchInstead(i: Ins & { readonly op: "store" }, index: number, start: Mortality): Ins {
  if (!start.ownerOf(i.f).some((t) => start.mortal(t))) return { op: "jmp", to: index + 1 };
  return { op: "let", r: `touch'${index}`, e: { k: "f", f: i.f, o: i.o }, ...(i.at === undefined ? {} : { at: i.at }) };
}

const isSelf = (i: Ins & { readonly op: "store" }): boolean => i.e.k === "f" && i.e.f === i.f;

const usesAsObject = (i: Ins, r: string): boolean =>
  lookAt(i).reads.includes(r) &&
  (lookAt(i).cells.some(({ o }) => o.k === "r" && o.r === r) || ("o" in i && i.o.k === "r" && i.o.r === r));

/** Parameters that nobody reads go, where all callers are ours. */
function withoutParams(procs: Map<string, Proc>, entries: ReadonlySet<string>): Map<string, Proc> {
  const kept = new Map<string, readonly boolean[]>();
  for (const [name, p] of procs) {
    if (entries.has(name)) continue;
    const read = new Set(p.code.flatMap((i) => lookAt(i).reads));
    const flags = p.params.map((x) => read.has(x));
    if (flags.includes(false)) kept.set(name, flags);
  }
  if (kept.size === 0) return procs;
  return new Map(
    [...procs].map(([name, p]) => {
      const own = kept.get(name);
      const params = own === undefined ? p.params : p.params.filter((_, n) => own[n] === true);
      const code = p.code.map((i): Ins => {
        const flags = i.op === "call" && i.proc !== undefined ? kept.get(i.proc) : undefined;
        return i.op !== "call" || flags === undefined ? i : { ...i, args: i.args.filter((_, n) => flags[n] !== false) };
      });
      return [name, { ...p, params, code }] as const;
    }),
  );
}

/** Procedures with the same code are one: clones for constants that turned out not to matter. */
function merged(procs: ReadonlyMap<string, Proc>, entries: ReadonlySet<string>): Map<string, Proc> {
  let now = new Map(procs);
  for (;;) {
    const first = new Map<string, string>();
    const same = new Map<string, string>();
    for (const [name, p] of now) {
      const key = hash(JSON.stringify([p.fn, p.params, p.code]));
      const other = first.get(key);
      if (other === undefined) first.set(key, name);
      else if (!entries.has(name)) same.set(name, other);
      else if (!entries.has(other)) {
        same.set(other, name);
        first.set(key, name);
      }
    }
    if (same.size === 0) return now;
    now = new Map(
      [...now]
        .filter(([name]) => !same.has(name))
        .map(([name, p]) => [
          name,
          {
            ...p,
            code: p.code.map((i): Ins =>
              i.op === "call" && i.proc !== undefined ? { ...i, proc: same.get(i.proc) ?? i.proc } : i,
            ),
          },
        ]),
    );
  }
}

/** Procedures that an entry calls, in the order of their names. */
function reachable(procs: ReadonlyMap<string, Proc>, entries: ReadonlySet<string>): Map<string, Proc> {
  const seen = new Set<string>();
  const work = [...entries];
  while (work.length > 0) {
    const name = work.pop()!;
    if (seen.has(name)) continue;
    const p = procs.get(name);
    if (p === undefined) continue;
    seen.add(name);
    for (const i of p.code) if (i.op === "call" && i.proc !== undefined) work.push(i.proc);
  }
  return new Map([...procs].filter(([name]) => seen.has(name)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
