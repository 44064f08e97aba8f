// Which instructions of a family's procedures matter: everything that the model's verdict can depend on, and nothing else. A backward slice over all procedures
// at once, from the actions, closed under the values, fields, tests and locks that they need.
import { nodes, registersOf, successors } from "../../model/unplug/walk.ts";
import { lookAt } from "./look.ts";
import { isLocal } from "../../model/unplug/simplify.ts";
import type { E, FieldId, Ins, Proc } from "../../model/unplug/skeleton.ts";

/** What the slice starts from, besides actions and calls into the environment. */
export interface Start {
  /** Procedures whose result the environment looks at. */
  readonly results: ReadonlySet<string>;
  /** Fields that the contract looks at. */
  readonly fields: ReadonlySet<FieldId>;
  /** Struct tags whose death matters: freeing one, and touching it, is kept. */
  readonly mortal: (tag: string) => boolean;
  /** Predicates that only holders of a lock disturb: those few disturbances are kept as they are. */
  readonly guarded: ReadonlySet<string>;
  /** The struct through which a field was reached, for touches. */
  readonly ownerOf: (field: FieldId) => readonly string[];
}

/** What becomes of an instruction: it goes, it stays, or only its reading of something mortal stays. */
export type Keep = 0 | 1 | 2;
export const GONE = 0;
export const KEPT = 1;
export const TOUCH = 2;

export interface Relevance {
  readonly keep: ReadonlyMap<string, readonly Keep[]>;
  readonly fields: ReadonlySet<FieldId>;
  readonly preds: ReadonlySet<string>;
  readonly results: ReadonlySet<string>;
}

/** Rounds of the fixpoint; each adds at least one instruction, field or result, and real sets settle in under 15. */
const ROUNDS = 200;

export function relevance(procs: ReadonlyMap<string, Proc>, start: Start): Relevance {
  const keep = new Map<string, Keep[]>();
  const registers = new Map<string, Set<string>>();
  const fields = new Set<FieldId>(start.fields);
  const preds = new Set<string>();
  const results = new Set<string>(start.results);
  let changed = true;

  for (const [name, p] of procs) {
    keep.set(
      name,
      p.code.map(() => GONE),
    );
    registers.set(name, new Set());
  }
  const completers = new Set<FieldId>(start.fields);
  for (const p of procs.values()) for (const i of p.code) if (i.op === "complete") completers.add(i.f);

  function need(name: string, index: number): void {
    const flags = keep.get(name);
    const i = procs.get(name)?.code[index];
    if (flags === undefined || i === undefined || flags[index] === KEPT) return;
    flags[index] = KEPT;
    changed = true;
    const regs = registers.get(name)!;
    const look = lookAt(i);
    for (const r of look.reads) regs.add(r);
    for (const { f } of look.cells) fields.add(f);
    for (const p of look.preds) preds.add(p);
    if ("f" in i && i.op !== "store") fields.add(i.f);
    if (i.op === "call" && i.proc !== undefined && i.r !== undefined && regs.has(i.r)) results.add(i.proc);
  }

  /** Matters on its own, or because of something that matters already. */
  function matters(name: string, i: Ins): boolean {
    const regs = registers.get(name)!;
    const w = lookAt(i).writes;
    if (w !== undefined && regs.has(w)) return true;
    switch (i.op) {
      case "act":
      case "check":
        return true;
      case "call":
        return i.proc === undefined || !procs.has(i.proc) || lives(i.proc);
      case "alloc":
      case "free":
        return start.mortal(i.cls);
      case "waitDone":
        return completers.has(i.f);
      case "await":
        return lookAt(i).cells.length > 0;
      case "store":
      case "count":
      case "complete":
      case "reinit":
      case "link":
      case "unlink":
      case "lock":
      case "unlock":
      case "assertHeld":
      case "grace":
        return fields.has(i.f);
      case "disturb":
        return false;
      case "return":
        return i.e !== undefined && results.has(name);
      case "let":
      case "br":
      case "jmp":
      case "choose":
      case "switch":
      case "next":
        return false;
    }
  }

  /** Reading or writing an object that may be dead matters even where the value does not. */
  function touch(name: string, index: number): void {
    const flags = keep.get(name)!;
    const i = procs.get(name)?.code[index];
    if (i === undefined || flags[index] !== GONE) return;
    const objects = touched(i, start);
    if (objects.length === 0) return;
    flags[index] = TOUCH;
    changed = true;
    const regs = registers.get(name)!;
    for (const o of objects) {
      for (const r of registersOf(o)) regs.add(r);
      for (const n of nodes(o)) if (n.k === "f") fields.add(n.f);
    }
  }

  const lives = (proc: string): boolean => keep.get(proc)?.some((k) => k !== GONE) === true;

  const lastSplit = new Map<string, number>();
  for (let round = 0; round < ROUNDS && changed; round++) {
    changed = false;
    for (const [name, p] of procs) {
      const flags = keep.get(name)!;
      for (const [index, i] of p.code.entries()) {
        if (flags[index] === KEPT) continue;
        if (matters(name, i)) need(name, index);
        else if (flags[index] === GONE) touch(name, index);
      }
      for (const [index, i] of p.code.entries())
        if (
          flags[index] === KEPT &&
          i.op === "call" &&
          i.proc !== undefined &&
          i.r !== undefined &&
          registers.get(name)!.has(i.r) &&
          !results.has(i.proc)
        ) {
          results.add(i.proc);
          changed = true;
        }
      const count = flags.reduce<number>((n, k) => n + (k === GONE ? 0 : 1), 0);
      if (count === 0 || lastSplit.get(name) === count) continue;
      const more = splits(p.code, flags);
      for (const index of more) need(name, index);
      lastSplit.set(name, count + more.filter((index) => p.code[index] !== undefined).length);
    }
    if (!changed) {
      const before = fields.size;
      for (const f of protecting(procs, keep, fields, lives)) fields.add(f);
      changed = fields.size !== before;
    }
  }
  for (const [name, p] of procs)
    withDisturbances(
      p.code,
      keep.get(name)!,
      (i) => preds.has(i.p) && start.guarded.has(i.p),
      (i) => {
        const look = lookAt(i);
        return (
          look.reads.length > 0 &&
          look.reads.every((r) => registers.get(name)!.has(r)) &&
          look.cells.every((c) => fields.has(c.f)) &&
          look.preds.every((q) => preds.has(q))
        );
      },
    );
  return { keep, fields, preds, results };
}

/**
 * Keeps disturbances where a test that matters anyway tells whether they happen. Behind a test that does not matter a disturbance is as good as one without it:
 * it may always turn out to have changed nothing.
 */
function withDisturbances(
  code: readonly Ins[],
  keep: Keep[],
  strong: (i: Ins & { readonly op: "disturb" }) => boolean,
  matters: (i: Ins) => boolean,
): void {
  let any = false;
  for (const [index, i] of code.entries()) {
    if (i.op !== "disturb" || !strong(i)) continue;
    keep[index] = KEPT;
    any = true;
  }
  while (any) {
    any = false;
    const first = firstKept(code, keep);
    for (const [index, i] of code.entries()) {
      if (keep[index] === KEPT || !isTest(i)) continue;
      const ways = successors(code, index).map((s) => first[s] ?? new Set([EXIT]));
      if (!different(ways)) continue;
      any = true;
      if (matters(i)) keep[index] = KEPT;
      else for (const way of ways) for (const k of way) if (code[k]?.op === "disturb") keep[k] = GONE;
      break;
    }
  }
}

const isTest = (i: Ins): boolean => i.op === "br" || i.op === "choose" || i.op === "switch" || i.op === "next";

/**
 * Tests that decide what matters next: their ways lead to different kept instructions first. Leaving the procedure counts as one.
 * The last tests before what is kept come first, because once they are kept themselves many an earlier one decides nothing.
 */
function splits(code: readonly Ins[], kept: readonly Keep[]): readonly number[] {
  const keep = [...kept];
  const out: number[] = [];
  const tests = [...code.keys()].filter((index) => {
    return keep[index] !== KEPT && isTest(code[index]!);
  });
  for (;;) {
    const first = firstKept(code, keep);
    const ways = (index: number): ReadonlySet<number>[] =>
      successors(code, index).map((s) => first[s] ?? new Set([EXIT]));
    const open = tests.filter((index) => keep[index] !== KEPT);
    const apart = open.filter((index) => different(ways(index).filter((w) => w.size === 1)));
    const found = apart.length > 0 ? apart : open.filter((index) => different(ways(index))).slice(0, 1);
    if (found.length === 0) return out;
    for (const index of found) {
      keep[index] = KEPT;
      out.push(index);
    }
  }
}

const different = (ways: readonly ReadonlySet<number>[]): boolean => {
  const [one, ...others] = ways;
  return one !== undefined && others.some((o) => o.size !== one.size || [...o].some((x) => !one.has(x)));
};

const EXIT = -1;

/** For each instruction the kept ones that may come first from there on, itself included; EXIT where the procedure may end before one does. */
export function firstKept(code: readonly Ins[], keep: readonly Keep[]): readonly ReadonlySet<number>[] {
  const first = code.map((i, index): Set<number> =>
    keep[index] !== GONE ? new Set([index]) : i.op === "return" ? new Set([EXIT]) : new Set(),
  );
  for (let changed = true; changed;) {
    changed = false;
    for (let index = code.length - 1; index >= 0; index--) {
      if (keep[index] !== GONE) continue;
      const own = first[index]!;
      const size = own.size;
      for (const s of successors(code, index)) for (const k of first[s] ?? [EXIT]) own.add(k);
      if (own.size !== size) changed = true;
    }
  }
  return first;
}

/** Locks that are held while something that matters happens, anywhere; or that a procedure returns with. */
function protecting(
  procs: ReadonlyMap<string, Proc>,
  keep: ReadonlyMap<string, readonly Keep[]>,
  known: ReadonlySet<FieldId>,
  lives: (proc: string) => boolean,
): FieldId[] {
  const out = new Set<FieldId>();
  for (const [name, p] of procs) {
    const flags = keep.get(name)!;
    for (const [index, i] of p.code.entries()) {
      if (i.op !== "lock" || known.has(i.f) || out.has(i.f)) continue;
      if (holdsOver(p.code, index, i.f, flags, lives)) out.add(i.f);
    }
  }
  return [...out];
}

function holdsOver(
  code: readonly Ins[],
  from: number,
  lock: FieldId,
  keep: readonly Keep[],
  lives: (proc: string) => boolean,
): boolean {
  const seen = new Set<number>();
  const work = [...successors(code, from)];
  while (work.length > 0) {
    const index = work.pop()!;
    if (seen.has(index)) continue;
    seen.add(index);
    const i = code[index];
    if (i === undefined) continue;
    if (i.op === "unlock" && i.f === lock) continue;
    if (i.op === "call" && i.proc !== undefined && lives(i.proc)) return true;
    // Whoever returns with the lock holds it for its caller.
    if (i.op === "return" || (keep[index] !== GONE && !isQuiet(i))) return true;
    work.push(...successors(code, index));
  }
  return false;
}

/** Looks at nothing that others see. */
const isQuiet = (i: Ins): boolean => isLocal(i) || i.op === "return";

/** The objects that an instruction looks into and that may die. */
export function touched(i: Ins, start: Pick<Start, "mortal" | "ownerOf">): readonly E[] {
  const look = lookAt(i);
  const direct = "f" in i && "o" in i;
  if (look.cells.length === 0 && !direct) return [];
  const dies = (f: FieldId): boolean => start.ownerOf(f).some((tag) => start.mortal(tag));
  const out = look.cells.filter((c) => dies(c.f)).map((c) => c.o);
  return direct && dies(i.f) ? [...out, i.o] : out;
}
