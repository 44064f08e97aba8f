// What a cell holds when the scenario begins: for objects that exist already, what their set-up leaves there.
import { inFolders } from "./world.ts";
import type { FieldInfo } from "./context.ts";
import type { Family } from "./family.ts";
import type { Types } from "./types.ts";
import type { Value } from "../../facts/facts.ts";
import type { Proc } from "../../model/unplug/skeleton.ts";

/**
 * Initial values of the fields of objects that are live from the start. The scenario begins with a device that is set up and whose file is open: a count has what
 * the driver sets it to, and one more for each reference that opening takes; a value has what opening stores. Everything else begins as zero.
 * Objects that are born on the way get their values from the code that makes them.
 */
export function initialValues(
  types: Types,
  family: Family,
  alive: (tag: string) => boolean,
  opens: readonly Proc[],
): (field: FieldInfo) => number | undefined {
  return (info) => {
    if (!alive(info.tag) || types.vocabulary.environment.has(info.tag)) return undefined;
    const all = opens.flatMap((p) => p.code);
    if (info.kind === "count") {
      const set = setTo(types, family, info);
      const taken = all.filter((i) => i.op === "count" && i.do !== "put" && i.do !== "init" && i.f === info.id).length;
      return set === undefined && taken === 0 ? undefined : (set ?? 0) + taken;
    }
    const stored = all.find((i) => i.op === "store" && i.f === info.id && i.e.k === "c");
    return stored?.op === "store" && stored.e.k === "c" && stored.e.v !== 0 ? stored.e.v : undefined;
  };
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
