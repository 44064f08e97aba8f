// Callees: which are near enough to be followed, whether they use the API at all, and the outcomes of those that do.
import type { FileId } from "../../base/span.ts";
import type { FunctionRef, Program } from "../../program/program.ts";
import type { Callee, Calls } from "./calls.ts";
import type { Defect } from "./events.ts";
import type { Frame } from "./frame.ts";
import { MAX_CALL_DEPTH } from "./limits.ts";
import { outcomesOf } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import type { Protocol } from "./protocol.ts";
import { run } from "./run.ts";
import type { Listener, Run } from "./run.ts";
import { newTerms } from "./term.ts";

/** What one function came to. */
export interface Analysed {
  readonly run: Run;
  readonly defects: readonly Defect[];
  readonly outcomes: readonly Outcome[] | undefined;
}

export interface Follower {
  readonly calls: Calls;
  analyse(ref: FunctionRef): Analysed | undefined;
  /** Whether the function, or what it calls nearby, uses the API. */
  uses(ref: FunctionRef): boolean;
  /** Whether a caller of the function, in its folder, calls something else that releases a resource of that kind. */
  releasedByCallers(ref: FunctionRef, kind: string): boolean;
}

const keyOf = (ref: FunctionRef): string => `${ref.file}:${ref.start}`;
const folderOf = (file: FileId): string => file.slice(0, file.lastIndexOf("/") + 1);

/** A follower for one folder at a time: what it learned is thrown away with it. */
export function openFollower(program: Program, protocol: Protocol, listener?: Listener): Follower {
  const T = newTerms();
  const done = new Map<string, Analysed | undefined>();
  const using = new Map<string, boolean>();
  const releasing = new Map<string, Set<string>>();
  const running = new Set<string>();
  let beside: readonly FileId[] | undefined;
  const found = new Map<string, FunctionRef | undefined>();

  function resolve(name: string, from: FileId): FunctionRef | undefined {
    const key = `${folderOf(from)} ${name} ${from}`;
    if (found.has(key)) return found.get(key);
    const ref = program.resolve(name, from, [folderOf(from)]);
    // Headers of the whole kernel are not followed: what matters of them is in the vocabulary.
    const near =
      ref !== undefined && !ref.file.startsWith("include/") && !ref.file.startsWith("arch/") ? ref : undefined;
    found.set(key, near);
    return near;
  }

  function uses(ref: FunctionRef, depth = 0): boolean {
    const key = keyOf(ref);
    const known = using.get(key);
    if (known !== undefined) return known;
    using.set(key, false);
    const names = program.calls(ref);
    const direct = names.some((n) => protocol.acts.has(n));
    const yes =
      direct ||
      (depth < MAX_CALL_DEPTH &&
        names.some((n) => {
          const to = resolve(n, ref.file);
          return to !== undefined && uses(to, depth + 1);
        }));
    if (yes || depth === 0) using.set(key, yes);
    else using.delete(key);
    return yes;
  }

  function analyse(ref: FunctionRef): Analysed | undefined {
    const key = keyOf(ref);
    if (done.has(key)) return done.get(key);
    if (running.has(key) || running.size > MAX_CALL_DEPTH) return undefined;
    const fn = program.facts(ref);
    if (fn === undefined) {
      done.set(key, undefined);
      return undefined;
    }
    running.add(key);
    const own: Calls = { ...calls, defects: [] };
    const one = run(own, fn, listener);
    running.delete(key);
    const outcomes = one.cut === undefined ? outcomesOf(one.endings) : undefined;
    const analysed: Analysed = { run: one, defects: own.defects, outcomes };
    done.set(key, analysed);
    return analysed;
  }

  /** The kinds that a function, or what it calls nearby, releases. */
  function releases(ref: FunctionRef, depth = 0): ReadonlySet<string> {
    const key = keyOf(ref);
    const known = releasing.get(key);
    if (known !== undefined) return known;
    const kinds = new Set<string>();
    releasing.set(key, kinds);
    for (const name of program.calls(ref)) {
      for (const a of protocol.acts.get(name) ?? []) if (a.event === a.spec.release) kinds.add(a.spec.model.id);
      const to = depth < MAX_CALL_DEPTH ? resolve(name, ref.file) : undefined;
      if (to !== undefined) for (const kind of releases(to, depth + 1)) kinds.add(kind);
    }
    return kinds;
  }

  function releasedByCallers(ref: FunctionRef, kind: string): boolean {
    const callers = program
      .calling([ref.name], folderFiles(ref.file))
      .filter((c) => c.start !== ref.start || c.file !== ref.file);
    return callers.some((caller) =>
      program.calls(caller).some((name) => {
        if (name === ref.name) return false;
        if (protocol.acts.get(name)?.some((a) => a.event === a.spec.release && a.spec.model.id === kind)) return true;
        const to = resolve(name, caller.file);
        return to !== undefined && releases(to).has(kind);
      }),
    );
  }

  function folderFiles(file: FileId): readonly FileId[] {
    const folder = folderOf(file);
    return (beside ??= program.source.files().filter((f) => folderOf(f) === folder && f.endsWith(".c")));
  }

  const calls: Calls = {
    T,
    protocol,
    defects: [],
    callee(name: string, f: Frame): Callee | undefined {
      const ref = resolve(name, f.fn.file);
      if (ref === undefined) return undefined;
      return { uses: uses(ref), outcomes: () => analyse(ref)?.outcomes };
    },
    isFunction: (name, f) => /^[a-z_]/.test(name) && resolve(name, f.fn.file) !== undefined,
  };
  return { calls, analyse, uses, releasedByCallers };
}
