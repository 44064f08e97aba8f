// Cells as arguments: the lock, count, completion or link whose address a call gets, and of which object.
import { fieldInfo } from "./context.ts";
import { evaluate, read } from "./expressions.ts";
import { structType } from "./types.ts";
import { any, c } from "./values.ts";
import type { Frame } from "./context.ts";
import type { Value } from "../../facts/facts.ts";
import type { E, FieldId, FieldKind } from "../../model/unplug/skeleton.ts";
import type { TypeRef } from "../../syntax/ast.ts";

export type Cell = { readonly f: FieldId; readonly o: E };

/** The cell whose address (or whose owner, for a facet) an argument is. */
export function cellOf(frame: Frame, arg: Value, kind: FieldKind): Cell | undefined {
  const { world } = frame;
  const v = evaluate(frame, arg);
  if (v.v.k === "at") {
    const { place: p } = v.v;
    if (p.k === "cell") {
      const alias = world.vocabulary.aliases.get(`${p.tag}.${p.field}`);
      const facet = alias === undefined ? undefined : facetOf(frame, structType(alias, 1), kind);
      // The address of a pointer to a facet (get_file_active(&b->file)) means the facet.
      if (facet !== undefined) {
        const inner = read(frame, p);
        return inner.v.k === "e" ? { f: facet, o: inner.v.e } : undefined;
      }
      if (p.o.k === "any" || world.vocabulary.generic.has(p.tag)) return undefined;
      fieldInfo(world, p.tag, p.field, kind, p.outer);
      return { f: `${p.tag}.${p.field}`, o: p.o };
    }
    if (p.k === "global") {
      fieldInfo(world, "global", p.name, kind, "global");
      return { f: `global.${p.name}`, o: c(1) };
    }
    return undefined;
  }
  const facet = facetOf(frame, v.type, kind);
  const o = v.v.k === "e" ? v.v.e : any;
  if (facet !== undefined && o.k !== "any" && isEnvironment(frame, o, v.type)) return { f: facet, o };
  if (facet !== undefined) return undefined;
  // A pointer to an embedded lock or count that is kept in a field or a local: not followed.
  return undefined;
}

function facetOf(frame: Frame, type: TypeRef | undefined, kind: FieldKind): FieldId | undefined {
  const tag = frame.world.types.tag(type, frame.fn.file);
  const facet = tag === undefined ? undefined : frame.world.vocabulary.facets.get(tag);
  return kind === "lock" ? facet?.lock : kind === "count" ? facet?.count : undefined;
}

/** Is the object one of the environment's? A struct file or mm_struct is only where it came from such an object. */
function isEnvironment(frame: Frame, o: E, type: TypeRef | undefined): boolean {
  const tag = frame.world.types.tag(type, frame.fn.file) ?? "";
  if (frame.world.vocabulary.environment.has(tag)) return true;
  return o.k === "r" || o.k === "f";
}

/** The lock that a call is about: of an object, or one of its own. */
export function lockCell(
  frame: Frame,
  m: { readonly arg?: number; readonly on?: FieldId },
  arg: (i: number) => Value,
): Cell | undefined {
  if (m.on !== undefined) {
    const [tag = "", field = ""] = m.on.split(".");
    fieldInfo(frame.world, tag, field, "lock", tag);
    return { f: m.on, o: c(1) };
  }
  return m.arg === undefined ? undefined : cellOf(frame, arg(m.arg), "lock");
}
