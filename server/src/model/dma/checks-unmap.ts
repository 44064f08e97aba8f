// What is looked at where a mapping ends: unmap of one range, of a list, and free of coherent memory. The order is that of the kernel's own messages.
import type { Answer } from "./answer.ts";
import type { CallOf, Place } from "./call.ts";
import {
  addressOf,
  findExact,
  findInto,
  handleOf,
  kindOf,
  sameAttributes,
  showAttributes,
  showDirection,
} from "./look.ts";
import { check } from "./rows.ts";
import type { Row } from "./rows.ts";
import type { Direction, Kind, Mapping, State } from "./state.ts";

/** A release of one range, by whatever function: what all of them are compared by. */
interface End {
  readonly device: string;
  readonly handle: Place;
  readonly size: number;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly attributes: readonly string[];
}

type Ends = "unmap" | "free";

function endOf(call: CallOf<Ends>): End {
  if (call.op === "free") return call;
  const kind = kindOf(call.way, call.attributes);
  return { ...call, kind, attributes: kind === "resource" ? [...call.attributes, "mmio"] : call.attributes };
}

/** A check of what the release finds. */
const found = (
  name: string,
  answer: Omit<Answer, "detail">,
  looks: (entry: Mapping, end: End, call: CallOf<Ends>, state: State) => string | undefined,
): readonly Row[] =>
  (["unmap", "free"] as const).map((op) =>
    check(op, name, answer, (state, call: CallOf<Ends>) => {
      const end = endOf(call);
      const entry = findExact(state, end.device, addressOf(state, end.handle));
      return entry === undefined ? undefined : looks(entry, end, call, state);
    }),
  );

/** A check of a release that finds nothing; `into` is what lives where the address points, of whatever device. */
const lost = (
  name: string,
  answer: Omit<Answer, "detail">,
  looks: (into: Mapping | undefined, end: End, state: State) => string | undefined,
): readonly Row[] =>
  (["unmap", "free"] as const).map((op) =>
    check(op, name, answer, (state, call: CallOf<Ends>) => {
      const end = endOf(call);
      const address = addressOf(state, end.handle);
      return findExact(state, end.device, address) === undefined
        ? looks(findInto(state, address), end, state)
        : undefined;
    }),
  );

const isError = (state: State, place: Place): boolean => handleOf(state, place)?.kind === "error";
const ours = (kind: Kind): boolean => kind === "streaming" || kind === "resource";

export const unmapChecks: readonly Row[] = [
  ...lost("error", { class: "invalid-address", breach: "unmap-of-error" }, (_, { handle }, state) =>
    isError(state, handle) ? `${handle.name} is the error cookie` : undefined,
  ),
  ...lost("device", { class: "not-allocated", breach: "device-mismatch" }, (into, { device }) =>
    into !== undefined && into.device !== device ? `mapped for ${into.device}, released for ${device}` : undefined,
  ),
  ...lost("address", { class: "not-allocated", breach: "address-mismatch" }, (into, { device, handle }, state) =>
    into !== undefined && into.device === device
      ? `${(addressOf(state, handle) ?? 0) - into.address} bytes behind its start`
      : undefined,
  ),
  ...lost("twice", { class: "not-allocated", breach: "double-unmap" }, (into, { handle }, state) =>
    into === undefined && !isError(state, handle) ? `nothing is mapped at ${handle.name}` : undefined,
  ),
  ...found("size", { class: "different-size", breach: "size-mismatch" }, (entry, end) =>
    entry.size !== end.size ? `mapped ${entry.size}, released ${end.size}` : undefined,
  ),
  ...found("kind", { class: "wrong-function", breach: "wrong-unmap" }, (entry, end) =>
    entry.kind !== end.kind && !(ours(entry.kind) && ours(end.kind))
      ? `mapped as ${entry.kind}, released as ${end.kind}`
      : undefined,
  ),
  // Both are one kind to the kernel's debug code, which sees only the attribute; the function's name says it in the source.
  check("unmap", "resource", { class: "different-attributes", breach: "wrong-unmap" }, (state, call) => {
    const end = endOf(call);
    const entry = findExact(state, call.device, addressOf(state, call.handle));
    return entry !== undefined && entry.kind !== end.kind && ours(entry.kind) && call.way !== "phys"
      ? `mapped as ${entry.kind}, released as ${end.kind}`
      : undefined;
  }),
  check("free", "memory", { class: "different-cpu-address", breach: "address-mismatch" }, (state, call) => {
    const entry = findExact(state, call.device, addressOf(state, call.handle));
    if (entry === undefined || entry.kind !== call.kind) return undefined;
    const same = entry.buffer === call.memory.name && call.memory.plus === 0;
    return same ? undefined : `allocated as ${entry.buffer}, freed as ${call.memory.name}+${call.memory.plus}`;
  }),
  ...found("direction", { class: "different-direction", breach: "direction-mismatch" }, (entry, end) =>
    entry.direction !== end.direction
      ? `mapped ${showDirection(entry.direction)}, released ${showDirection(end.direction)}`
      : undefined,
  ),
  check("unmap", "unchecked", { class: "unchecked", breach: "unchecked-mapping" }, (state, call) => {
    const entry = findExact(state, call.device, addressOf(state, call.handle));
    return entry?.checked === "no" ? `${call.handle.name} was never tested` : undefined;
  }),
  ...found("attributes", { class: "different-attributes", breach: "attrs-mismatch" }, (entry, end, call) =>
    !sameAttributes(entry.attributes, end.attributes) &&
    (entry.kind === end.kind || (call.op === "unmap" && call.way === "phys"))
      ? `mapped with ${showAttributes(entry.attributes)}, released with ${showAttributes(end.attributes)}`
      : undefined,
  ),
];

/** The segments that the unmap of a list looks for, with what lives there. */
function segments(
  state: State,
  call: CallOf<"unmap-list"> | CallOf<"sync-list">,
): readonly { readonly entry: Mapping | undefined; readonly address: number }[] {
  const list = state.lists[call.list];
  if (list === undefined) return [];
  return list.segments
    .slice(0, call.count ?? list.pieces.length)
    .map(({ address }) => ({ address, entry: findExact(state, call.device, address) }));
}

/** The first live segment of the list for that device. */
export const firstSegment = (state: State, call: CallOf<"unmap-list"> | CallOf<"sync-list">): Mapping | undefined =>
  segments(state, call).find(({ entry }) => entry !== undefined)?.entry;

/** The count that a call on a list was given. */
export const countOf = (state: State, call: { readonly list: string; readonly count?: number }): number =>
  call.count ?? state.lists[call.list]?.pieces.length ?? 0;

const ofList = (
  name: string,
  answer: Omit<Answer, "detail">,
  looks: (entry: Mapping, call: CallOf<"unmap-list">, state: State) => string | undefined,
): Row =>
  check("unmap-list", name, answer, (state, call) => {
    const entry = firstSegment(state, call);
    return entry === undefined ? undefined : looks(entry, call, state);
  });

export const unmapListChecks: readonly Row[] = [
  check("unmap-list", "error", { class: "invalid-address", breach: "unmap-of-error" }, (state, call) =>
    state.lists[call.list]?.failed === true ? `the map of ${call.list} returned 0` : undefined,
  ),
  check("unmap-list", "device", { class: "not-allocated", breach: "device-mismatch" }, (state, call) => {
    const other = segments(state, call).flatMap(({ entry, address }) =>
      entry ? [] : (findInto(state, address) ?? []),
    );
    return other[0] === undefined ? undefined : `mapped for ${other[0].device}, released for ${call.device}`;
  }),
  check("unmap-list", "twice", { class: "not-allocated", breach: "double-unmap" }, (state, call) => {
    const list = state.lists[call.list];
    if (list === undefined || list.failed) return undefined;
    const gone = segments(state, call).every(
      ({ entry, address }) => entry === undefined && findInto(state, address) === undefined,
    );
    return gone ? `no segment of ${call.list} is mapped` : undefined;
  }),
  ofList("count", { class: "different-entry-count", breach: "sg-nents" }, (entry, call, state) =>
    entry.given !== countOf(state, call)
      ? `mapped with ${entry.given}, released with ${countOf(state, call)}`
      : undefined,
  ),
  ofList("direction", { class: "different-direction", breach: "direction-mismatch" }, (entry, call) =>
    entry.direction !== call.direction
      ? `mapped ${showDirection(entry.direction)}, released ${showDirection(call.direction)}`
      : undefined,
  ),
  ofList("attributes", { class: "different-attributes", breach: "attrs-mismatch" }, (entry, call) =>
    !sameAttributes(entry.attributes, call.attributes)
      ? `mapped with ${showAttributes(entry.attributes)}, released with ${showAttributes(call.attributes)}`
      : undefined,
  ),
];
