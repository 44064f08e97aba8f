// Code under construction: instructions whose targets are labels, placed as we go and turned into indexes at the end.
import type { At, E, Ins } from "../../model/unplug/skeleton.ts";
import { retarget } from "../../model/unplug/walk.ts";

export interface Code {
  readonly ins: Ins[];
  /** Position of each label, -1 until it is placed. */
  readonly labels: number[];
  /** Registers of struct locals whose unset members are zero: `attrs.` after `= {}`. */
  readonly zeroed: Set<string>;
  fresh: number;
}

/** `Omit` that keeps a union a union. */
type Without<T> = T extends unknown ? Omit<T, "at"> : never;
export type Bare = Without<Ins>;

export const newCode = (): Code => ({ ins: [], labels: [], zeroed: new Set(), fresh: 0 });
export const label = (code: Code): number => code.labels.push(-1) - 1;
export const place = (code: Code, l: number): void => void (code.labels[l] = code.ins.length);
export const push = (code: Code, i: Bare, at?: At): void =>
  void code.ins.push(at === undefined ? (i as Ins) : ({ ...i, at } as Ins));
export const jump = (code: Code, l: number): void => push(code, { op: "jmp", to: l });
export const temporary = (code: Code, hint: string): string => `${hint}'${code.fresh++}`;

export function branch(code: Code, e: E, then: number, otherwise: number, at?: At): void {
  push(code, { op: "br", e, then, else: otherwise }, at);
}

/** The instructions with indexes for labels. What falls off the end returns. */
export function finish(code: Code): Ins[] {
  const end = code.ins.length;
  return [...code.ins, { op: "return" } as Ins].map((i) =>
    retarget(i, (l) => {
      const at = code.labels[l] ?? -1;
      return at < 0 ? end : at;
    }),
  );
}
