// Steps of a skeleton set that may be what protects a lifetime, with the obligation that each would discharge. Whether it does is found by exploring without it.
import { editProc, without } from "../../model/unplug/edit.ts";
import type { At, Ins, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { nodes } from "../../model/unplug/walk.ts";
import { after } from "./onward.ts";
import { fnOf, member } from "./patch.ts";
import type { Scene } from "./patch.ts";
import { closure, waitsFor } from "./roles.ts";

export type ObligationId =
  "init" | "null" | "gated" | "shut" | "told" | "fences" | "drained" | "admitted" | "cpu" | "token" | "before";

/** The obligations of a driver-bound provider, in the order in which they are told. `vacuous`: why there may be no step for it. */
export const OBLIGATIONS: readonly { readonly id: ObligationId; readonly name: string; readonly vacuous: string }[] = [
  {
    id: "init",
    name: "the provider is set up before it is asked for",
    vacuous: "the code that was seen sets up no provider: it was taken as set up",
  },
  {
    id: "null",
    name: "a missing provider is noticed",
    vacuous: "nothing tests the provider, and nothing uses it where it may be NULL",
  },
  {
    id: "gated",
    name: "every use is gated, under the lock that the revoker takes",
    vacuous: "no test stands before the mapping",
  },
  { id: "shut", name: "the gate is shut before the lock that map takes is dropped", vacuous: "no gate is shut" },
  { id: "told", name: "every buffer that still has a reference is invalidated", vacuous: "nothing invalidates" },
  { id: "fences", name: "fences are waited for until they have signalled", vacuous: "nothing waits for fences" },
  {
    id: "drained",
    name: "unmaps are waited for, outside the locks that unmap takes",
    vacuous: "nothing counts mappings",
  },
  { id: "admitted", name: "only importers that can be revoked may attach", vacuous: "nothing turns importers away" },
  {
    id: "cpu",
    name: "CPU mappings are zapped and faults gated, or pinned",
    vacuous: "the driver's own code maps nothing into processes",
  },
  {
    id: "token",
    name: "release touches the driver only while something holds up its end",
    vacuous: "release touches nothing of the driver's",
  },
  {
    id: "before",
    name: "all of it happens before the bound ends",
    vacuous: "no call from the teardown leads to a revocation",
  },
];

export interface Candidate {
  readonly obligation: ObligationId;
  /** Steps of one kind tell for one another. */
  readonly kind: string;
  /** The procedure that the step is in: a scenario that never runs it need not be explored again. */
  readonly proc: string;
  readonly at: At | undefined;
  readonly fn: string;
  readonly text: string;
  /** The set without the step. */
  remove(set: SkeletonSet): SkeletonSet;
}

/** Takes the instruction at `index` out; a lock with the unlocks of its procedure. `arm`: where a test goes instead. */
function cut(proc: string, index: number, i: Ins, arm?: number): (set: SkeletonSet) => SkeletonSet {
  if (i.op === "lock")
    return (set) =>
      (set.procs[proc]?.code ?? []).reduce(
        (s, x, n) => (n === index || (x.op === "unlock" && x.f === i.f && x.mode === i.mode) ? without(s, proc, n) : s),
        set,
      );
  if (arm !== undefined)
    return (set) =>
      editProc(set, proc, (p) => ({
        ...p,
        code: p.code.map((x, n) => (n === index ? ({ op: "jmp", to: arm } as const) : x)),
      }));
  return (set) => without(set, proc, index);
}

/** Every candidate of the set, procedure by procedure. */
export function* candidates(s: Scene): Generator<Candidate> {
  const { set, names, roles } = s;
  const { acts, fields, slots } = names;
  const attach = closure(set, [set.slots[slots.attach]]);
  const release = closure(set, [set.slots[slots.release]]);
  const faults = closure(
    set,
    names.entrySlots.filter((x) => x.endsWith(".fault") || x.endsWith(".huge_fault")).map((x) => set.slots[x]),
  );
  const doors = new Set([
    ...roles.map,
    ...closure(
      set,
      set.roots.filter((x) => x.kind === "peer").map((x) => x.proc),
    ),
  ]);
  const exporting = closure(
    set,
    set.roots.filter((x) => x.kind === "export").map((x) => x.proc),
  );
  const revoking = (proc: string): boolean =>
    [...closure(set, [proc])].some((p) => roles.invalidations.some((x) => x.proc === p));
  const providers = new Set(
    set.classes.flatMap((k) => k.fields.filter((x) => x.to === names.classes.provider).map((x) => x.id)),
  );
  const everything = closure(set, [...Object.values(set.slots), ...set.roots.map((x) => x.proc)]);

  for (const proc of everything) {
    const p = set.procs[proc]!;
    const asked = new Set(
      p.code.flatMap((i) => (i.op === "act" && i.act === acts.getProvider && i.r !== undefined ? [i.r] : [])),
    );
    const begins = p.code.findIndex((i) => i.op === "act" && i.act === acts.mapBegin);
    for (const [index, i] of p.code.entries()) {
      const step = (obligation: ObligationId, what: string, text: string, arm?: number): Candidate => ({
        obligation,
        kind: `${proc} ${what}`,
        proc,
        at: i.at,
        fn: fnOf(set, proc, i),
        text,
        remove: cut(proc, index, i, arm),
      });
      const tests = (obligation: ObligationId, text: string): Candidate[] =>
        i.op === "br"
          ? [step(obligation, `test ${index}`, text, i.else), step(obligation, `test ${index}`, text, i.then)]
          : [];
      switch (i.op) {
        case "act":
          if (i.act === acts.initProvider) yield step("init", "init", "sets up the provider");
          if (i.act === acts.waitFences && roles.teardown.has(proc))
            yield step("fences", "wait", "waits for the importers' fences");
          if (i.act === acts.zapMapping || i.act === acts.zapVma) yield step("cpu", "zap", "zaps the PTEs");
          break;
        case "br": {
          const on = [...nodes(i.e)];
          if (on.some((n) => (n.k === "f" && providers.has(n.f)) || (n.k === "r" && asked.has(n.r))))
            yield* tests("null", "tests the provider");
          else if (doors.has(proc) && (begins < 0 || after(p, index).has(begins)))
            yield* tests("gated", "tests the gate");
          else if (attach.has(proc)) yield* tests("admitted", "tests what the importer can do");
          else if (faults.has(proc)) yield* tests("cpu", "tests whether the device may be mapped");
          else if (release.has(proc) && !roles.teardown.has(proc))
            yield* tests("token", "tests whether the driver is still there");
          break;
        }
        case "store":
          if (roles.teardown.has(proc) && roles.closes(i)) yield step("shut", `store ${i.f}`, `shuts ${member(i.f)}`);
          break;
        case "lock":
          if (i.f === fields.resv && roles.teardown.has(proc))
            yield step("shut", "lock", "takes the lock under which importers map");
          else if (faults.has(proc)) yield step("cpu", "lock", `takes ${member(i.f)}`);
          else if (release.has(proc)) yield step("token", "lock", `takes ${member(i.f)}`);
          break;
        case "call":
          if (i.proc === names.procs.invalidate) yield step("told", "call", "tells the importers");
          else if (i.proc !== undefined && roles.teardown.has(proc) && revoking(i.proc))
            yield step("before", `call ${i.proc}`, `calls ${fnOf(set, i.proc)}()`);
          break;
        case "count":
          if (i.f === fields.files && i.do === "getUnlessZero")
            yield step("told", "reference", "takes a reference, unless the release has begun");
          else if (i.f === fields.files) break;
          else if (i.f === roles.counter && (roles.map.has(proc) || roles.unmap.has(proc) || roles.teardown.has(proc)))
            yield step(
              "drained",
              `${i.do} ${i.f}`,
              i.do === "init" ? `arms ${member(i.f)} again` : `${i.do === "put" ? "puts" : "gets"} ${member(i.f)}`,
            );
          else if (
            i.f !== roles.counter &&
            (exporting.has(proc) || release.has(proc) || roles.teardown.has(proc)) &&
            i.do !== "init"
          )
            yield step("token", `${i.do} ${i.f}`, `${i.do === "put" ? "puts" : "gets"} ${member(i.f)}`);
          break;
        case "waitDone":
        case "await":
          if (roles.teardown.has(proc))
            yield step(
              waitsFor(i, roles) ? "drained" : "token",
              "wait",
              i.op === "waitDone" ? `waits for ${member(i.f)}` : "waits",
            );
          break;
        default:
          break;
      }
    }
  }
  const pin = set.slots[slots.pin];
  if (pin !== undefined) {
    const p = set.procs[pin];
    yield {
      obligation: "admitted",
      kind: "pin",
      proc: pin,
      at: p?.code[0]?.at,
      fn: fnOf(set, pin, p?.code[0]),
      text: "refuses to be pinned",
      remove: (s0) => ({
        ...s0,
        slots: Object.fromEntries(Object.entries(s0.slots).filter(([k]) => k !== names.slots.pin)),
      }),
    };
  }
}
