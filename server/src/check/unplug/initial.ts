// What a cell holds when the scenario begins: for objects that exist already, what their set-up leaves there.
import { inFolders } from "./world.ts";
import type { Classes } from "./classes.ts";
import type { FieldInfo } from "./context.ts";
import type { Family } from "./family.ts";
import type { Types } from "./types.ts";
import type { Value } from "../../facts/facts.ts";

/**
 * Initial values of the fields of objects that are live from the start: a count that a function of the family sets gets that value; everything else begins as zero.
 * Objects that are born on the way get their values from the code that makes them.
 */
export function initialValues(
  types: Types,
  family: Family,
  classes: Classes,
  alive: (cls: string) => boolean,
): (field: FieldInfo) => number | undefined {
  const { program, vocabulary } = types;
  const isField = (v: Value | undefined, name: string): boolean =>
    v !== undefined && (v.k === "addr" || v.k === "cast" ? isField(v.e, name) : v.k === "field" && v.name === name);
  return (info) => {
    if (info.kind !== "count" || !alive(classes.of(info.tag)) || vocabulary.environment.has(info.tag)) return undefined;
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
  };
}
