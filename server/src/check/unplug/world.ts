// The world of one family: which functions may be followed, which of them can matter, and what a call through a pointer may mean.
import { nearest } from "./family.ts";
import { scan } from "./scan.ts";
import type { World } from "./context.ts";
import type { Types } from "./types.ts";
import type { FunctionFacts, TableFacts } from "../../facts/facts.ts";
import type { FieldId } from "../../model/unplug/skeleton.ts";
import type { Framework, Meaning } from "../../model/unplug/vocabulary.ts";
import type { FileId } from "../../base/span.ts";

/** What decides whether a function matters, before anything is compiled. */
export interface Matter {
  /** Structs all of whose fields matter. */
  readonly tags: ReadonlySet<string>;
  readonly cells: ReadonlySet<FieldId>;
  /** Those of the cells that are plain values and pointers. */
  readonly flags: ReadonlySet<FieldId>;
  /** Structs of which objects are followed, with how many exist. */
  readonly instances: ReadonlyMap<string, number>;
}

export interface Scope {
  readonly types: Types;
  /** Folder prefixes whose bodies may be followed. */
  readonly folders: readonly string[];
  readonly framework: Framework;
  readonly ops: TableFacts;
  readonly home: (file: FileId) => boolean;
}

/** Functions that one question about a function may look at; the largest real one looks at 1,900. */
const REACH_BUDGET = 20_000;

/** Calls that matter whatever they act on. */
const ALWAYS: ReadonlySet<Meaning["m"]> = new Set(["act", "call"]);

export const inFolders = (folders: readonly string[], file: FileId): boolean => folders.some((f) => file.startsWith(f));

/** A function that a call by name means, if its body stands where bodies are followed. */
export function calleeIn(scope: Scope, name: string, from: FileId): FunctionFacts | undefined {
  const { program } = scope.types;
  const ref = program.resolve(name, from, scope.folders);
  return ref !== undefined && (ref.file === from || inFolders(scope.folders, ref.file))
    ? program.facts(ref)
    : undefined;
}

export function newWorld(scope: Scope, matter: Matter): World {
  const { types, framework } = scope;
  const { program, vocabulary } = types;
  const verdicts = new Map<FunctionFacts, boolean>();
  const callees = new Map<string, FunctionFacts | undefined>();
  const slots = new Map<string, ReturnType<World["targets"]>>();
  const border = new Map(Object.entries(framework.border));

  function callee(name: string, from: FileId): FunctionFacts | undefined {
    const key = `${name}\0${from}`;
    if (!callees.has(key)) callees.set(key, calleeIn(scope, name, from));
    return callees.get(key);
  }

  function targets(struct: string, slot: string): ReturnType<World["targets"]> {
    const key = `${struct}.${slot}`;
    let had = slots.get(key);
    if (had === undefined) {
      const found = nearest(types, scope, { struct, slot });
      // Whoever gives out what is bound to a driver is looked at, whichever driver of the framework it is.
      const gives = found.left.filter((ref) => {
        const fn = program.facts(ref);
        return fn !== undefined && vocabulary.origins.some((name) => scan(types, fn).calls.has(name));
      });
      const fns = [...found.fns, ...gives].map((ref) => program.facts(ref)).filter((fn) => fn !== undefined);
      const close = new Set(found.fns.map((f) => f.file));
      const tables = program.tables(struct, [...close]).filter((t) => close.has(t.file));
      const mayBeNull = tables.length === 0 || tables.some((t) => !t.entries.some((e) => e.path.at(-1) === slot));
      had = { fns, mayBeNull, others: found.left.filter((ref) => !gives.includes(ref)).map((ref) => ref.name) };
      slots.set(key, had);
    }
    return had;
  }

  const isCell = (id: FieldId): boolean => matter.cells.has(id) || matter.tags.has(id.slice(0, id.indexOf(".")));

  /** Does the function itself, without what it calls, do something that matters? */
  function mattersItself(fn: FunctionFacts): boolean {
    const s = scan(types, fn);
    for (const id of s.cells) if (isCell(id)) return true;
    for (const name of s.values) if (matter.cells.has(`global.${name}`)) return true;
    for (const tag of s.freed) if (matter.instances.has(tag)) return true;
    for (const name of s.calls) {
      if (border.has(name)) return true;
      const m = vocabulary.calls.get(name);
      if (m !== undefined && ALWAYS.has(m.m)) return true;
    }
    return false;
  }

  function next(fn: FunctionFacts): FunctionFacts[] {
    const s = scan(types, fn);
    const out: FunctionFacts[] = [];
    for (const name of [...s.calls, ...s.values]) {
      if (vocabulary.calls.has(name) || border.has(name)) continue;
      const f = callee(name, fn.file);
      if (f !== undefined) out.push(f);
    }
    for (const { struct, slot } of s.slots) out.push(...targets(struct, slot).fns);
    return out;
  }

  function relevant(fn: FunctionFacts): boolean {
    const known = verdicts.get(fn);
    if (known !== undefined) return known;
    const seen = new Set<FunctionFacts>([fn]);
    const parents = new Map<FunctionFacts, FunctionFacts>();
    const work = [fn];
    while (work.length > 0 && seen.size < REACH_BUDGET) {
      const f = work.shift()!;
      if (verdicts.get(f) === true || mattersItself(f)) {
        for (let p: FunctionFacts | undefined = f; p !== undefined; p = parents.get(p)) verdicts.set(p, true);
        return true;
      }
      if (verdicts.get(f) === false) continue;
      for (const n of next(f)) {
        if (seen.has(n)) continue;
        seen.add(n);
        parents.set(n, f);
        work.push(n);
      }
    }
    for (const f of seen) verdicts.set(f, false);
    return false;
  }

  return {
    program,
    types,
    vocabulary,
    fields: new Map(),
    embedded: new Set(),
    heads: new Map(),
    procs: new Map(),
    open: new Set(),
    names: new Map(),
    unseen: [],
    instances: matter.instances,
    border,
    flags: matter.flags,
    relevant,
    callee,
    targets,
    ops: scope.ops,
    standing: new Set(),
    preds: new Map(),
    stored: new Set(),
    devres: new Set(),
  };
}
