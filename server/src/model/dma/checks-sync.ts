// What is looked at where a live mapping is synced: whether it is there, its range, its direction, its count.
import type { Answer, DebugClassId } from "./answer.ts";
import type { CallOf } from "./call.ts";
import { countOf, firstSegment } from "./checks-unmap.ts";
import { addressOf, findAround, findInto, showDirection } from "./look.ts";
import { check } from "./rows.ts";
import type { Row } from "./rows.ts";
import type { Direction, Mapping } from "./state.ts";

interface Synced {
  readonly entry: Mapping;
  readonly toward: "cpu" | "device";
  readonly direction: Direction;
}

const differs = ({ entry, direction }: Synced): boolean => entry.direction !== "both" && entry.direction !== direction;
const shows = ({ entry, direction }: Synced): string =>
  `mapped ${showDirection(entry.direction)}, synced ${showDirection(direction)}`;

/** The three direction messages, for syncs of one range and of lists alike: each says more of the same mistake. */
const directions: readonly (readonly [name: string, of: DebugClassId, wrong: (synced: Synced) => boolean])[] = [
  ["direction", "sync-different-direction", differs],
  ["read-only", "sync-read-only-for-cpu", (s) => differs(s) && s.toward === "cpu" && s.entry.direction === "to-device"],
  [
    "write-only",
    "sync-write-only-to-device",
    (s) => differs(s) && s.toward === "device" && s.entry.direction === "from-device",
  ],
];

const around = (state: Parameters<Row["looks"]>[0], call: CallOf<"sync">): Mapping | undefined =>
  findAround(state, call.device, addressOf(state, call.handle), call.size);

const missed = (
  name: string,
  answer: Omit<Answer, "detail">,
  looks: (into: Mapping | undefined, call: CallOf<"sync">, address: number) => string | undefined,
): Row =>
  check("sync", name, answer, (state, call) => {
    if (around(state, call) !== undefined) return undefined;
    const address = addressOf(state, call.handle) ?? -1;
    return looks(findInto(state, address), call, address);
  });

export const syncChecks: readonly Row[] = [
  missed("not-there", { class: "sync-not-allocated", breach: "sync-unmapped" }, (into, { handle }) =>
    into === undefined ? `nothing is mapped at ${handle.name}` : undefined,
  ),
  missed("device", { class: "sync-not-allocated", breach: "device-mismatch" }, (into, { device }) =>
    into !== undefined && into.device !== device ? `mapped for ${into.device}, synced for ${device}` : undefined,
  ),
  missed("range", { class: "sync-outside-range", breach: "sync-range" }, (into, { device, size }, address) =>
    into !== undefined && into.device === device
      ? `mapped ${into.size}, synced up to ${address - into.address + size}`
      : undefined,
  ),
  ...directions.map(([name, of, wrong]) =>
    check("sync", name, { class: of, breach: "sync-direction" }, (state, call) => {
      const entry = around(state, call);
      return entry !== undefined && wrong({ ...call, entry }) ? shows({ ...call, entry }) : undefined;
    }),
  ),
  // The kernel's debug code takes the count from the first segment it finds, and says nothing where it finds none.
  check("sync-list", "not-there", { breach: "sync-unmapped" }, (state, call) =>
    firstSegment(state, call) === undefined ? `no segment of ${call.list} is mapped for ${call.device}` : undefined,
  ),
  ...directions.map(([name, of, wrong]) =>
    check("sync-list", name, { class: of, breach: "sync-direction" }, (state, call) => {
      const entry = firstSegment(state, call);
      return entry !== undefined && wrong({ ...call, entry }) ? shows({ ...call, entry }) : undefined;
    }),
  ),
  // As the kernel does: of a mapping that goes both ways, nothing more is compared.
  check("sync-list", "count", { class: "sync-different-entry-count", breach: "sync-nents" }, (state, call) => {
    const entry = firstSegment(state, call);
    const count = countOf(state, call);
    return entry !== undefined && entry.direction !== "both" && entry.given !== count
      ? `mapped with ${entry.given}, synced with ${count}`
      : undefined;
  }),
];
