// What a repair is, and how it finds its place again in a set that other repairs have edited.
import { insert } from "../../model/unplug/edit.ts";
import type { UnplugNames } from "../../model/unplug/names.ts";
import type { At, E, FieldId, Ins, Proc, SkeletonSet } from "../../model/unplug/skeleton.ts";
import type { Roles, Site } from "./roles.ts";

/** A repair at one place. */
export interface Repair {
  readonly rule: string;
  /** Where the fault shows, and in which C function. */
  readonly at: At | undefined;
  readonly fn: string;
  /** What is wrong, for people; the rule's own text says why and what to do. */
  readonly message: string;
  /** The set with the protection added; the same set where its place is gone. */
  apply(set: SkeletonSet): SkeletonSet;
}

export interface Scene {
  readonly set: SkeletonSet;
  readonly names: UnplugNames;
  readonly roles: Roles;
}

export const r = (name: string): E => ({ k: "r", r: name });
export const c = (v: number): E => ({ k: "c", v });
export const f = (id: FieldId, o: E): E => ({ k: "f", f: id, o });
export const member = (id: FieldId): string => id.slice(id.indexOf(".") + 1);

export const fnOf = (set: SkeletonSet, proc: string, i?: Ins): string => i?.at?.fn ?? set.procs[proc]?.fn ?? proc;

/** Edits the procedure at the instruction, found again by identity, as other repairs may have moved it. */
export function edited(set: SkeletonSet, { proc, ins }: Site, f: (p: Proc, index: number) => Proc): SkeletonSet {
  const p = set.procs[proc];
  const index = p?.code.indexOf(ins) ?? -1;
  return p === undefined || index < 0 ? set : { ...set, procs: { ...set.procs, [proc]: f(p, index) } };
}

export const insertAfter = (p: Proc, index: number, added: readonly Ins[]): Proc => insert(p, index + 1, added, true);

/** The private object of a buffer, and the buffer of an attachment. */
export const privOf = ({ names }: Scene, buffer: E): E => f(names.fields.priv, buffer);
export const bufferOf = ({ names }: Scene, attachment: E): E => f(names.fields.attDmabuf, attachment);
