// What one instruction reads: registers, fields and predicates. Looked up once an instruction, because slicing asks for it again and again.
import { used, written } from "../../model/unplug/walk.ts";
import type { E, FieldId, Ins } from "../../model/unplug/skeleton.ts";

export interface Look {
  readonly reads: readonly string[];
  readonly writes: string | undefined;
  /** Cells that its expressions read, with the object. */
  readonly cells: readonly { readonly f: FieldId; readonly o: E }[];
  readonly preds: readonly string[];
}

const looks = new WeakMap<Ins, Look>();

export function lookAt(i: Ins): Look {
  let known = looks.get(i);
  if (known === undefined) {
    const cells: { f: FieldId; o: E }[] = [];
    const preds: string[] = [];
    const visit = (e: E): void => {
      switch (e.k) {
        case "f":
        case "count":
        case "empty":
        case "linked":
          cells.push({ f: e.f, o: e.o });
          visit(e.o);
          return;
        case "pred":
          preds.push(e.p);
          visit(e.o);
          return;
        case "live":
          visit(e.o);
          return;
        case "not":
        case "err":
          visit(e.e);
          return;
        case "bin":
          visit(e.l);
          visit(e.r);
          return;
        case "c":
        case "r":
        case "any":
          return;
      }
    };
    for (const e of operands(i)) visit(e);
    known = { reads: used(i), writes: written(i), cells, preds };
    looks.set(i, known);
  }
  return known;
}

/** The expressions of an instruction. */
export function operands(i: Ins): readonly E[] {
  switch (i.op) {
    case "let":
    case "br":
    case "switch":
    case "check":
    case "await":
      return [i.e];
    case "store":
      return [i.o, i.e];
    case "link":
      return [i.o, i.owner];
    case "next":
      return [i.owner];
    case "act":
    case "call":
      return i.args;
    case "return":
      return i.e === undefined ? [] : [i.e];
    case "jmp":
    case "choose":
    case "alloc":
      return [];
    case "lock":
    case "unlock":
    case "assertHeld":
    case "grace":
    case "count":
    case "complete":
    case "reinit":
    case "waitDone":
    case "unlink":
    case "free":
    case "disturb":
      return [i.o];
  }
}
