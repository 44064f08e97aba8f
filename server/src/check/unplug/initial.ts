// What a cell holds when the scenario begins: for objects that exist already, what their set-up leaves there.
import { inFolders } from "./world.ts";
import { leavings, SAME, SAME_SET, SOMETHING } from "./leavings.ts";
import { ANY, MANY } from "../../model/unplug/skeleton.ts";
import type { FieldInfo } from "./context.ts";
import type { Family } from "./family.ts";
import type { Types } from "./types.ts";
import type { Value } from "../../facts/facts.ts";
import type { FieldSpec, Proc } from "../../model/unplug/skeleton.ts";

export type Initial = Pick<FieldSpec, "initial" | "values">;

export interface InitialRequest {
  readonly types: Types;
  readonly family: Family;
  /** Is there one object of the struct from the start? */
  readonly alive: (tag: string) => boolean;
  readonly procs: ReadonlyMap<string, Proc>;
  /** Procedures that have run when the scenario begins, in that order: those of a group instead of one another. */
  readonly groups: readonly (readonly string[])[];
}

/**
 * Initial values of the fields of objects that are live from the start. The scenario begins with a device that is set up and whose file is open: a count has what
 * the driver sets it to, and one more for each reference that opening takes; a value has what setting up and opening stored. Everything else begins as zero.
 * Objects that are born on the way get their values from the code that makes them.
 */
export function initialValues(request: InitialRequest): (field: FieldInfo) => Initial {
  const { types, family, alive, procs, groups } = request;
  const left = groups.flatMap((names) => (names.length === 0 ? [] : [names.map((n) => leavings(procs, n))]));
  const opens = groups.at(-1)?.flatMap((n) => procs.get(n)?.code ?? []) ?? [];
  return (info) => {
    if (!alive(info.tag) || types.vocabulary.environment.has(info.tag)) return {};
    if (info.kind === "count") {
      const set = setTo(types, family, info);
      const taken = opens.filter(
        (i) => i.op === "count" && i.do !== "put" && i.do !== "init" && i.f === info.id,
      ).length;
      return set === undefined && taken === 0 ? {} : { initial: (set ?? 0) + taken };
    }
    if (info.kind !== "value" && info.kind !== "pointer") return {};
    let values: readonly number[] = [0];
    for (const group of left) {
      const before = values;
      values = [
        ...new Set(
          group.flatMap((l) =>
            [...(l.get(info.id) ?? [SAME])].flatMap((v) =>
              v === SAME ? before : v === SAME_SET ? before.filter((b) => b !== 0) : [v],
            ),
          ),
        ),
      ];
    }
    return asInitial(values, info.kind === "pointer");
  };
}

function asInitial(values: readonly number[], pointer: boolean): Initial {
  // Of what a pointer may lead to there is one.
  const held = values
    .map((v) => (v === SOMETHING || (pointer && v === MANY) ? (pointer ? 1 : MANY) : v))
    .sort((a, b) => a - b);
  const [only] = held;
  if (held.includes(ANY)) return { initial: ANY };
  if (held.length === 1) return only === 0 || only === undefined ? {} : { initial: only };
  return { initial: ANY, values: held };
}
/** The number that a function of the family sets a count to. */
function setTo(types: Types, family: Family, info: FieldInfo): number | undefined {
  const { program, vocabulary } = types;
  const isField = (v: Value | undefined, name: string): boolean =>
    v !== undefined && (v.k === "addr" || v.k === "cast" ? isField(v.e, name) : v.k === "field" && v.name === name);
  const name = info.id.slice(info.tag.length + 1);
  const declared = program.struct(info.tag, family.ops.file)?.file;
  if (declared === undefined) return undefined;
  for (const use of program.fieldUses(name, declared)) {
    if (!inFolders(family.folders, use.fn.file)) continue;
    const fn = program.facts(use.fn);
    for (const block of fn?.blocks ?? []) {
      for (const e of block.effects) {
        if (e.kind !== "call" || e.callee.k !== "name") continue;
        const m = vocabulary.calls.get(e.callee.name);
        if (m?.m !== "count" || m.do !== "init" || !isField(e.args[m.arg], name)) continue;
        if (m.value === undefined) return 1;
        const v = e.args[m.value];
        if (v?.k === "num" && v.value >= 0) return v.value;
      }
    }
  }
  return undefined;
}
