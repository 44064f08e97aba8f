// Upwards: who calls a function, by name or through a slot, and where a chain of callers ends: in the table of a framework.
import { scan } from "./scan.ts";
import type { Family } from "./family.ts";
import type { Types } from "./types.ts";
import type { FunctionFacts } from "../../facts/facts.ts";
import type { FunctionRef } from "../../program/program.ts";

/** Callers are followed at most so far up; from a revoker to its system call it is at most 9. */
export const CLIMB_DEPTH = 12;
/** Ancestors of one family; the larger real exporter has 60. */
export const MAX_ANCESTORS = 400;

export interface Callers {
  /** Functions of the family's folders that call it, by name or through a slot that is no framework's. */
  parents(fn: FunctionFacts): readonly FunctionFacts[];
  /** Those of them that name it in the call. */
  byName(fn: FunctionFacts): readonly FunctionFacts[];
  /** The framework's or another subsystem's slot in which it stands: "vfio_device_ops.ioctl". */
  entry(fn: FunctionFacts): string | undefined;
}

interface Above {
  readonly parents: readonly FunctionFacts[];
  readonly byName: readonly FunctionFacts[];
  readonly entry: string | undefined;
}

export function newCallers(types: Types, family: Pick<Family, "framework" | "home">): Callers {
  const { program } = types;
  const { framework } = family;
  const known = new Map<FunctionFacts, Above>();
  const slotUsers = new Map<string, readonly FunctionFacts[]>();

  const refOf = (fn: FunctionFacts): FunctionRef => ({
    name: fn.name,
    file: fn.file,
    start: fn.span.start,
    end: fn.span.end,
    static: fn.static,
  });
  const ours = (f: FunctionFacts): boolean => framework.border[f.name] === undefined;
  const inScope = (ref: FunctionRef): boolean => family.home(ref.file);

  /** Functions that call through a slot. */
  function users(struct: string, slot: string, from: FunctionFacts): readonly FunctionFacts[] {
    const key = `${struct}.${slot}`;
    let had = slotUsers.get(key);
    if (had === undefined) {
      const declared = program.struct(struct, from.file)?.file;
      const uses = declared === undefined ? [] : program.fieldUses(slot, declared);
      had = uses
        .filter((u) => inScope(u.fn))
        .map((u) => program.facts(u.fn))
        .filter((f) => f !== undefined)
        .filter((f) => scan(types, f).slots.some((s) => s.struct === struct && s.slot === slot));
      slotUsers.set(key, had);
    }
    return had;
  }

  function look(fn: FunctionFacts): Above {
    const had = known.get(fn);
    if (had !== undefined) return had;
    const parents = new Map<string, FunctionFacts>();
    const add = (f: FunctionFacts | undefined): void => {
      if (f !== undefined && f !== fn) parents.set(`${f.file}:${f.name}`, f);
    };
    let entry: string | undefined;
    for (const ref of program.callers(refOf(fn))) if (inScope(ref)) add(program.facts(ref));
    const byName = [...parents.values()].filter(ours);
    for (const use of program.slots(refOf(fn))) {
      if (use.struct === undefined) continue;
      const name = `${use.struct}.${use.slot}`;
      if (framework.tables.includes(use.struct)) {
        // Where both stand, the entry that may run at any time counts.
        if (entry === undefined || framework.apart.includes(entry)) entry = name;
        continue;
      }
      const inside = users(use.struct, use.slot, fn);
      if (inside.length === 0) entry ??= name;
      for (const f of inside) add(f);
    }
    const out = {
      parents: [...parents.values()].filter(ours),
      byName,
      entry,
    };
    known.set(fn, out);
    return out;
  }

  return { parents: (fn) => look(fn).parents, byName: (fn) => look(fn).byName, entry: (fn) => look(fn).entry };
}

/** Everything above the given functions, themselves included, as far up as entries of frameworks. `stop`: not climbed past; `up`: by which calls. */
export function ancestors(
  callers: Callers,
  from: readonly FunctionFacts[],
  stop: (fn: FunctionFacts) => boolean,
  up: (fn: FunctionFacts) => readonly FunctionFacts[] = (fn) => callers.parents(fn),
): { readonly all: ReadonlySet<FunctionFacts>; readonly cut: readonly FunctionFacts[] } {
  const depth = new Map<FunctionFacts, number>();
  const cut: FunctionFacts[] = [];
  const work: FunctionFacts[] = [];
  for (const f of from) {
    depth.set(f, 0);
    work.push(f);
  }
  for (let f = work.shift(); f !== undefined; f = work.shift()) {
    if (stop(f)) continue;
    const d = depth.get(f) ?? 0;
    if (d >= CLIMB_DEPTH || depth.size >= MAX_ANCESTORS) {
      cut.push(f);
      continue;
    }
    for (const p of up(f)) {
      if (depth.has(p)) continue;
      depth.set(p, d + 1);
      work.push(p);
    }
  }
  return { all: new Set(depth.keys()), cut };
}
