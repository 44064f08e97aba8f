// What is looked at in IOVA spaces: the order of their calls, ranges, directions and attributes. The kernel's debug code sees none of it.
import type { CallOf } from "./call.ts";
import { sameAttributes, showAttributes, showDirection } from "./look.ts";
import { check } from "./rows.ts";
import type { Row } from "./rows.ts";
import type { Iova, Link, State } from "./state.ts";

type Uses = CallOf<"iova-link" | "iova-sync" | "iova-unlink" | "iova-free" | "iova-destroy">;
type Ends = CallOf<"iova-unlink" | "iova-destroy">;

const USES = ["iova-link", "iova-sync", "iova-unlink", "iova-free", "iova-destroy"] as const;
const ENDS = ["iova-unlink", "iova-destroy"] as const;

const allocated = (state: State, iova: string): Iova | undefined => {
  const found = state.iovas[iova];
  return found?.phase === "allocated" ? found : undefined;
};

/** The links that a range touches. */
export const linksIn = (links: readonly Link[], offset: number, size: number): readonly Link[] =>
  links.filter((link) => link.offset < offset + size && offset < link.offset + link.size);

/** Whether the links fill the range without a hole and without reaching beyond it. */
function fill(links: readonly Link[], offset: number, size: number): boolean {
  const inside = linksIn(links, offset, size);
  const ends = inside.every((link) => link.offset >= offset && link.offset + link.size <= offset + size);
  return ends && inside.reduce((sum, link) => sum + link.size, 0) === size;
}

/** Where the range of an end begins: a destroy's is the space's start. */
const start = (call: Ends): number => (call.op === "iova-unlink" ? call.offset : 0);

const ends = (
  name: string,
  breach: "direction-mismatch" | "attrs-mismatch",
  looks: (link: Link, call: Ends) => string | undefined,
): readonly Row[] =>
  ENDS.map((op) =>
    check(op, name, { breach }, (state, call: Ends) => {
      const links = linksIn(allocated(state, call.iova)?.links ?? [], start(call), call.size);
      return links.flatMap((link) => looks(link, call) ?? [])[0];
    }),
  );

export const iovaChecks: readonly Row[] = [
  check("iova-alloc", "again", { breach: "iova-leak" }, (state, { iova }) =>
    allocated(state, iova) === undefined ? undefined : `${iova} still has its space, and is zeroed`,
  ),
  ...USES.map((op) =>
    check(op, "not-allocated", { breach: "iova-order" }, (state, { iova }: Uses) => {
      const phase = state.iovas[iova]?.phase;
      if (phase === "allocated") return undefined;
      return phase === "freed" ? `${iova} was freed` : `${iova} has no space`;
    }),
  ),
  ...USES.map((op) =>
    check(op, "device", { breach: "device-mismatch" }, (state, { iova, device }: Uses) => {
      const of = allocated(state, iova);
      return of === undefined || of.device === device ? undefined : `allocated for ${of.device}, called for ${device}`;
    }),
  ),
  check("iova-link", "beyond", { breach: "iova-order" }, (state, { iova, offset, size }) => {
    const of = allocated(state, iova);
    return of !== undefined && offset + size > of.size
      ? `${iova} has ${of.size}, linked up to ${offset + size}`
      : undefined;
  }),
  check("iova-link", "twice", { breach: "iova-order" }, (state, { iova, offset, size }) =>
    linksIn(allocated(state, iova)?.links ?? [], offset, size).length > 0
      ? `something is linked at ${offset} already`
      : undefined,
  ),
  check("iova-sync", "nothing", { breach: "iova-order" }, (state, { iova, offset, size }) => {
    const of = allocated(state, iova);
    return of !== undefined && !fill(of.links, offset, size) ? `not all of it is linked` : undefined;
  }),
  check("iova-unlink", "not-linked", { breach: "iova-order" }, (state, { iova, offset, size }) => {
    const of = allocated(state, iova);
    return of !== undefined && !fill(of.links, offset, size)
      ? `${offset} to ${offset + size} is not what is linked`
      : undefined;
  }),
  check("iova-free", "linked", { breach: "iova-order" }, (state, { iova }) => {
    const left = allocated(state, iova)?.links.length ?? 0;
    return left > 0 ? `${left} range${left === 1 ? " is" : "s are"} still linked` : undefined;
  }),
  check("iova-destroy", "not-linked", { breach: "iova-order" }, (state, { iova, size }) => {
    const of = allocated(state, iova);
    if (of === undefined) return undefined;
    const linked = of.links.reduce((sum, link) => sum + link.size, 0);
    return linked === size && fill(of.links, 0, size) ? undefined : `${linked} are linked, ${size} are said to be`;
  }),
  ...ends("direction", "direction-mismatch", (link, { direction }) =>
    link.direction === direction
      ? undefined
      : `linked ${showDirection(link.direction)}, unlinked ${showDirection(direction)}`,
  ),
  ...ends("attributes", "attrs-mismatch", (link, { attributes }) =>
    sameAttributes(link.attributes, attributes)
      ? undefined
      : `linked with ${showAttributes(link.attributes)}, unlinked with ${showAttributes(attributes)}`,
  ),
];
