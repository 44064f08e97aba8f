// Makes one procedure's code shorter without changing what it does: results land where they are wanted, copies go, tests stand where they are used.
import { falls, mapE, mapExpressions, readsShared, retarget, successors, written } from "../../model/unplug/walk.ts";
import { ERR, MANY } from "../../model/unplug/skeleton.ts";
import { any, c } from "./values.ts";
import { shrink } from "./shrink.ts";
import { lookAt } from "./look.ts";
import { webs } from "./webs.ts";
import type { At, E, Ins } from "../../model/unplug/skeleton.ts";

/** Rounds of the rewrites below; each shortens the code, and real code settles in four. */
const ROUNDS = 12;

/** `params`: registers that the caller sets. */
export function tidy(code: readonly Ins[], params: readonly string[]): readonly Ins[] {
  const passes: readonly ((c: readonly Ins[]) => readonly Ins[])[] = [
    adjacent,
    (c) => withCopies(c, params),
    withoutGuesses,
    withKnownTests,
    withKnownWays,
    withOpenTests,
    shrink,
  ];
  let now = webs(shrink(code), params);
  for (let round = 0; round < ROUNDS; round++) {
    const next = passes.reduce((c, pass) => pass(c), now);
    if (next.length === now.length && round > 0) return next;
    now = next;
  }
  return now;
}

interface Uses {
  readonly defs: ReadonlyMap<string, number>;
  readonly uses: ReadonlyMap<string, number>;
  /** Jumps and falls into each instruction. */
  readonly entries: readonly number[];
}

function usesOf(code: readonly Ins[]): Uses {
  const defs = new Map<string, number>();
  const uses = new Map<string, number>();
  const entries = code.map(() => 0);
  for (const [index, i] of code.entries()) {
    const { writes: w, reads } = lookAt(i);
    if (w !== undefined) defs.set(w, (defs.get(w) ?? 0) + 1);
    for (const r of reads) uses.set(r, (uses.get(r) ?? 0) + 1);
    for (const s of successors(code, index)) if (entries[s] !== undefined) entries[s]++;
  }
  return { defs, uses, entries };
}

/** `t = call(); ret = t` and `t = x; test t`, each with t used nowhere else, become one instruction. */
function adjacent(code: readonly Ins[]): Ins[] {
  const { defs, uses, entries } = usesOf(code);
  const out: (Ins | undefined)[] = [...code];
  for (let index = 0; index + 1 < out.length; index++) {
    const first = out[index];
    const second = out[index + 1];
    if (first === undefined || second === undefined || entries[index + 1] !== 1 || !falls(first)) continue;
    const t = written(first);
    if (t === undefined || defs.get(t) !== 1 || uses.get(t) !== 1) continue;
    if (second.op === "let" && second.e.k === "r" && second.e.r === t && first.op !== "next") {
      // A result lands in the register that it is copied to.
      out[index] = { op: "jmp", to: index + 1 };
      out[index + 1] = { ...first, r: second.r, ...at(first.at, second.at, first) } as Ins;
      continue;
    }
    if (first.op !== "let" || second.op === "next" || !lookAt(second).reads.includes(t)) continue;
    if (readsShared(first.e) && !canRead(second)) continue;
    const e = first.e;
    out[index] = { op: "jmp", to: index + 1 };
    out[index + 1] = {
      ...mapExpressions(second, (x) => mapE(x, (n) => (n.k === "r" && n.r === t ? e : n))),
      ...at(second.at, first.at, second),
    };
  }
  return out.map((i) => i ?? { op: "return" });
}

const canRead = (i: Ins): boolean => i.op !== "await" && i.op !== "jmp";

function at(first: At | undefined, second: At | undefined, i: Ins): { at?: At } {
  const best = first?.claim === undefined && i.op !== "let" && second?.claim !== undefined ? second : (first ?? second);
  return best === undefined ? {} : { at: best };
}

/** `x = y` where neither changes afterwards: y stands for x. Constants too. */
function withCopies(code: readonly Ins[], params: readonly string[]): readonly Ins[] {
  const { defs } = usesOf(code);
  const fixed = (r: string): boolean => (params.includes(r) ? (defs.get(r) ?? 0) === 0 : false);
  const to = new Map<string, E>();
  for (const i of code) {
    if (i.op !== "let" || defs.get(i.r) !== 1 || params.includes(i.r)) continue;
    if (i.e.k === "r" && fixed(i.e.r)) to.set(i.r, i.e);
  }
  if (to.size === 0) return code;
  const resolve = (e: E): E => (e.k === "r" ? (to.get(e.r) ?? e) : e);
  return code.map((i, index): Ins => {
    if (i.op === "let" && to.has(i.r)) return { op: "jmp", to: index + 1 };
    return lookAt(i).reads.some((x) => to.has(x)) ? mapExpressions(i, (e) => mapE(e, resolve)) : i;
  });
}

/** A register that may hold anything and is looked at once is anything there. */
function withoutGuesses(code: readonly Ins[]): readonly Ins[] {
  const { defs, uses } = usesOf(code);
  const open = new Set<string>();
  for (const i of code)
    if (i.op === "let" && i.e.k === "any" && defs.get(i.r) === 1 && uses.get(i.r) === 1) open.add(i.r);
  if (open.size === 0) return code;
  return code.map((i): Ins =>
    i.op !== "next" && lookAt(i).reads.some((x) => open.has(x))
      ? mapExpressions(i, (e) => anyIn(mapE(e, (n) => (n.k === "r" && open.has(n.r) ? { k: "any" } : n))))
      : i,
  );
}

/** Where a constant is set and then tested, the way on is known: `r = 0; goto L; L: test r` goes past the test. */
function withKnownWays(code: readonly Ins[]): readonly Ins[] {
  const out: Ins[] = [];
  const position: number[] = [];
  let changed = false;
  for (const [index, i] of code.entries()) {
    position.push(out.length);
    out.push(i);
    if (i.op !== "let" || i.e.k !== "c") continue;
    const after = code[index + 1];
    const at = after?.op === "jmp" ? after.to : index + 1;
    const test = code[at];
    if (test?.op !== "br" || !lookAt(test).reads.every((r) => r === i.r) || lookAt(test).cells.length > 0) continue;
    const value = i.e;
    const known = constant(anyIn(mapE(test.e, (n) => (n.k === "r" ? value : n))));
    if (known === undefined) continue;
    changed = true;
    out.push({ op: "jmp", to: known ? test.then : test.else });
  }
  position.push(out.length);
  if (!changed) return code;
  // Targets are still the old places.
  return out.map((i) => retarget(i, (t) => position[t] ?? out.length));
}

/** Tests of constants become jumps. */
function withKnownTests(code: readonly Ins[]): Ins[] {
  return code.map((i): Ins => {
    if (i.op !== "br") return i;
    const known = constant(i.e);
    if (known !== undefined) return { op: "jmp", to: known ? i.then : i.else };
    return i.e.k === "not" && i.e.e.k === "not" ? { ...i, e: i.e.e.e } : i;
  });
}

/**
 * Tests of nothing known, one after the other, are one choice; returns of the same thing are one return.
 */
function withOpenTests(code: readonly Ins[]): Ins[] {
  const returns = new Map<string, number>();
  const same = new Map<number, number>();
  for (const [index, i] of code.entries()) {
    if (i.op !== "return") continue;
    const key = JSON.stringify(i.e ?? null);
    const first = returns.get(key);
    if (first === undefined) returns.set(key, index);
    else same.set(index, first);
  }
  const joined =
    same.size === 0 ? code : code.map((i): Ins => (i.op === "return" ? i : retarget(i, (t) => same.get(t) ?? t)));
  const { entries } = usesOf(joined);
  const open = (i: Ins | undefined): readonly number[] | undefined =>
    i?.op === "br" && i.e.k === "any" ? [i.then, i.else] : i?.op === "choose" ? i.to : undefined;
  return joined.map((i): Ins => {
    const to = open(i);
    if (to === undefined) return i;
    const all = new Set<number>();
    for (const t of to) for (const x of (entries[t] === 1 ? open(joined[t]) : undefined) ?? [t]) all.add(x);
    const list = [...all];
    const [a = 0, b = 0] = list;
    if (list.length === 1) return { op: "jmp", to: a };
    if (list.length === 2)
      return { op: "br", e: { k: "any" }, then: a, else: b, ...(i.at === undefined ? {} : { at: i.at }) };
    return { op: "choose", to: list, ...(i.at === undefined ? {} : { at: i.at }) };
  });
}

function constant(e: E): boolean | undefined {
  if (e.k === "c") return e.v < 200 ? e.v !== 0 : undefined;
  if (e.k === "not") {
    const inner = constant(e.e);
    return inner === undefined ? undefined : !inner;
  }
  if (e.k === "err" && e.e.k === "c") return e.e.v === 0xfe ? true : e.e.v < 200 || e.e.v === 0xfd ? false : undefined;
  return undefined;
}

/** Expressions over anything are anything. */
export function anyIn(e: E): E {
  return mapE(e, (n) => {
    if ((n.k === "not" || n.k === "err") && n.e.k === "any") return any;
    if (n.k === "not" && n.e.k === "c" && n.e.v < 200) return c(n.e.v === 0 ? 1 : 0);
    if (n.k === "err" && n.e.k === "c") return n.e.v === ERR ? c(1) : n.e.v < 200 || n.e.v === MANY ? c(0) : n;
    if (n.k === "bin" && (n.l.k === "any" || n.r.k === "any")) {
      const known = n.l.k === "c" ? n.l : n.r.k === "c" ? n.r : undefined;
      if (n.op === "&&" && known?.v === 0) return c(0);
      if (n.op === "||" && known !== undefined && known.v !== 0 && known.v < 200) return c(1);
      if ((n.op === "&&" || n.op === "||") && (n.l.k !== "any" || n.r.k !== "any")) return n;
      return any;
    }
    return n;
  });
}

/** Registers that are read somewhere but set nowhere: in C they are not initialised, or come from code that was not followed. */
export function neverSet(code: readonly Ins[], params: readonly string[]): ReadonlySet<string> {
  const set = new Set<string>(params);
  for (const i of code) {
    const w = lookAt(i).writes;
    if (w !== undefined) set.add(w);
  }
  const out = new Set<string>();
  for (const i of code) for (const r of lookAt(i).reads) if (!set.has(r)) out.add(r);
  return out;
}
