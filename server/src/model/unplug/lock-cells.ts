// The cells of a state that are locks.
import type { LaidField } from "./layout.ts";
import type { Linked } from "./link.ts";

export interface LockCell {
  readonly cell: number;
  readonly field: LaidField;
  readonly object: number;
}

/** Every lock of every object, in the order of the layout. */
export function lockCells(linked: Linked): readonly LockCell[] {
  const out: LockCell[] = [];
  for (const cls of linked.layout.classes.values())
    for (let n = 0; n < cls.count; n++)
      for (const field of cls.fields)
        if (field.kind === "lock") out.push({ cell: cls.base + n * cls.stride + field.at, field, object: n + 1 });
  return out;
}
