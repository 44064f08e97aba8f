// Fields that nothing decides: they read as anything, and nobody stores to them.
import { mapE, mapExpressions } from "../../model/unplug/walk.ts";
import { lookAt } from "./look.ts";
import { anyIn } from "./tidy.ts";
import { isTouch, touchInstead } from "./touches.ts";
import type { Start } from "./relevance.ts";
import type { E, FieldId, Ins, Proc } from "../../model/unplug/skeleton.ts";

export interface Untracking {
  readonly start: Omit<Start, "guarded">;
  /** What a field that nobody stores reads as; undefined where it has to be kept. */
  readonly constant: (field: FieldId, dereferenced: boolean) => E | undefined;
  /** Arrays and the like: what is stored there is not told apart. */
  readonly blurred: (field: FieldId) => boolean;
  /** Fields of the environment: kept whatever happens to them. */
  readonly foreign: (field: FieldId) => boolean;
}

/** Fields that hold nothing that was decided read as anything, and their stores go. */
export function untrack(procs: Map<string, Proc>, request: Untracking): Map<string, Proc> {
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

const isSelf = (i: Ins & { readonly op: "store" }): boolean => i.e.k === "f" && i.e.f === i.f;

const usesAsObject = (i: Ins, r: string): boolean =>
  lookAt(i).reads.includes(r) &&
  (lookAt(i).cells.some(({ o }) => o.k === "r" && o.r === r) || ("o" in i && i.o.k === "r" && i.o.r === r));
