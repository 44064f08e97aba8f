// Touches: reading something that may be dead, kept where the value does not matter.
import { falls, successors, written } from "../../model/unplug/walk.ts";
import { lookAt } from "./look.ts";
import { touched } from "./relevance.ts";
import type { Start } from "./relevance.ts";
import type { FieldId, Ins } from "../../model/unplug/skeleton.ts";

/** Which objects may die, and in which structs a field was reached. */
export type Mortality = Pick<Start, "mortal" | "ownerOf">;

/** The field by which an instruction touches something mortal. */
export function fieldTouched(i: Ins, start: Mortality): FieldId | undefined {
  const cell = lookAt(i).cells.find(({ f }) => start.ownerOf(f).some((t) => start.mortal(t)));
  return cell?.f ?? ("f" in i ? i.f : undefined);
}

export const isTouch = (i: Ins | undefined): i is Ins & { readonly op: "let" } =>
  i?.op === "let" && i.r.startsWith("touch'");

/** A touch beside another look at the same object, with nothing in between that lets go of anything, says nothing new. */
export function withoutTwice(code: readonly Ins[], start: Mortality): Ins[] {
  const entries = code.map(() => 0);
  for (const index of code.keys()) for (const s of successors(code, index)) if (entries[s] !== undefined) entries[s]++;
  return code.map((i, index): Ins => {
    if (!isTouch(i) || i.e.k !== "f") return i;
    const object = JSON.stringify(i.e.o);
    const looks = (x: Ins): boolean => touched(x, start).some((o) => JSON.stringify(o) === object);
    for (let n = index + 1; n < code.length && entries[n] === 1; n++) {
      const x = code[n]!;
      if (looks(x) || (x.op === "free" && JSON.stringify(x.o) === object)) return { op: "jmp", to: index + 1 };
      if (!isTouch(x) || !falls(x)) break;
    }
    for (let n = index - 1; n >= 0 && (entries[n + 1] ?? 0) === 1; n--) {
      const x = code[n]!;
      if (x.op === "jmp" || x.op === "return" || !(falls(x) || x.op === "br")) break;
      const w = written(x);
      if (w !== undefined && object.includes(`"${w}"`)) break;
      if (looks(x) && keepsHold(x)) return { op: "jmp", to: index + 1 };
      if (x.op !== "let" && x.op !== "br" && x.op !== "store") break;
    }
    return i;
  });
}

/** Does the instruction leave everything as safe as it was? */
const keepsHold = (i: Ins): boolean => i.op === "let" || i.op === "br" || i.op === "store" || i.op === "assertHeld";

/** A store whose value nobody reads still touches its object. */
export function touchInstead(i: Ins & { readonly op: "store" }, index: number, start: Mortality): Ins {
  if (!start.ownerOf(i.f).some((t) => start.mortal(t))) return { op: "jmp", to: index + 1 };
  return { op: "let", r: `touch'${index}`, e: { k: "f", f: i.f, o: i.o }, ...(i.at === undefined ? {} : { at: i.at }) };
}
