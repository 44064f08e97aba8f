// Objects as wholes: walking the lists they are on, allocating and freeing them.
import type { Ins } from "./skeleton.ts";
import type { Core, Run } from "./core.ts";
import { hasReaders, trouble } from "./core.ts";
import { object, operand, ownerOf, predCell } from "./expression.ts";
import type { Scope } from "./expression.ts";
import { FREED, UNBORN } from "./layout.ts";
import type { LaidClass } from "./layout.ts";

type Op<K extends Ins["op"]> = Ins & { readonly op: K };

/** The next object of a list, in the order of their numbers. */
export function compileNext(c: Core, i: Op<"next">, next: number, s: Scope, register: number): Run {
  const { bytes } = c;
  const field = c.linked.layout.fields.get(i.f);
  const cls = field && c.linked.layout.classes.get(field.cls);
  if (field?.kind !== "link" || cls === undefined) return trouble(c, `link field ${i.f} is not known`);
  const owner = ownerOf(c, field.spec.to, i.owner, s, i.f);
  return () => {
    const list = owner();
    if (c.fault !== undefined) return next;
    for (let n = bytes[register]!; n < cls.count; n++) {
      const base = cls.base + n * cls.stride;
      c.watch?.enter(base);
      c.watch?.touch(base + field.at, false);
      if (list === 0 || bytes[base + field.at] !== list) continue;
      if (bytes[base] === FREED)
        c.fault = {
          what: "use-after-free",
          detail: `the list of ${i.f} still holds ${cls.name}#${n + 1}, which is freed`,
        };
      bytes[register] = n + 1;
      return next;
    }
    bytes[register] = 0;
    return i.done;
  };
}

/** The lowest number that was never allocated, 0 where there is none. */
export function firstUnborn(c: Core, cls: LaidClass): number {
  for (let n = 1, at = cls.base; n <= cls.count; n++, at += cls.stride) if (c.bytes[at] === UNBORN) return n;
  return 0;
}

/** Frees an object; freeing NULL does nothing. */
export function compileFree(c: Core, i: Op<"free">, next: number, s: Scope): Run {
  const { bytes } = c;
  const cls = c.linked.layout.classes.get(i.cls);
  if (cls === undefined) return trouble(c, `class ${i.cls} is not known`);
  const o = operand(c, i.o, s).read;
  return () => {
    const n = o();
    if (c.fault !== undefined || n === 0) return next;
    const base = cls.base + (n - 1) * cls.stride;
    if (n <= cls.count && bytes[base] === FREED) {
      c.fault = { what: "double-free", detail: `${cls.name}#${n} is freed again` };
      return next;
    }
    const at = object(c, cls, { k: "c", v: n }, s, "free")();
    if (at >= 0) freeObject(c, cls, at);
    return next;
  };
}

/** Frees the object at `base`. Its fields are cleared, so that equal futures are equal states; links stay, so that a list that still holds it is seen. */
export function freeObject(c: Core, cls: LaidClass, base: number): void {
  const { bytes } = c;
  c.watch?.kill(base);
  for (const f of cls.fields) {
    if (f.kind === "link") continue;
    if (f.kind === "lock" && (bytes[base + f.at] !== 0 || hasReaders(c, f, base + f.at)))
      c.fault = { what: "free-locked", detail: `${f.id} is held while its ${cls.name} is freed` };
    bytes.fill(0, base + f.at, base + f.at + f.bytes);
  }
  for (const p of c.linked.layout.preds.values()) if (p.cls === cls) bytes[predCell(base, cls, p.base)] = 0;
  bytes[base] = FREED;
}
