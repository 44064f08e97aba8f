// What is looked at where memory is mapped: what kind of memory it is, whether it is mapped already, and whether a list's pieces fit the device.
import type { Answer } from "./answer.ts";
import type { CallOf, Place } from "./call.ts";
import { entriesOf, isMmio, kindOf, LINE, MOST_OVERLAPS, writersOf } from "./look.ts";
import type { Entry } from "./look.ts";
import { check } from "./rows.ts";
import type { Row } from "./rows.ts";
import type { Buffer, Memory, State } from "./state.ts";

type Maps = CallOf<"map"> | CallOf<"map-list">;

/** What the call maps: one entry, or the pieces of a list. */
function entries(state: State, call: Maps): readonly Entry[] {
  if (call.op === "map-list") return entriesOf(state, call);
  return entry(state, call.what, call.size);
}

function entry(state: State, { name, plus }: Place, length: number): readonly Entry[] {
  const buffer = state.buffers[name];
  return buffer === undefined ? [] : [{ buffer, offset: plus, length }];
}

const mmioAttribute = (call: Maps): boolean => call.op === "map" && kindOf(call.way, call.attributes) === "resource";

/** A check of the memory that is mapped, by range or by list. */
const memory = (
  name: string,
  answer: Omit<Answer, "detail">,
  wrong: (buffer: Buffer, call: Maps) => boolean,
): readonly Row[] =>
  (["map", "map-list"] as const).map((op) =>
    check(op, name, answer, (state, call: Maps) => {
      const bad = call.fails ? undefined : entries(state, call).find(({ buffer }) => wrong(buffer, call))?.buffer;
      return bad === undefined ? undefined : `${bad.name} is ${SHOWN[bad.memory]}`;
    }),
  );

const SHOWN: Readonly<Record<Memory, string>> = {
  ram: "RAM",
  pages: "RAM",
  stack: "on the stack",
  vmalloc: "vmalloc memory",
  rodata: "constant",
  invalid: "not in the linear map",
  mmio: "MMIO",
  coherent: "coherent memory",
  "p2p-pages": "peer MMIO",
  "p2p-mmio": "peer MMIO",
};

/** Mappings whose overlaps nobody minds: not seen by the CPU between, or said to be fine. */
const QUIET: readonly string[] = ["skip-cpu-sync", "debugging-ignore-cachelines", "require-coherent"];

/** The entries that would be one more writer of a cache line, with how many there are. A provider's and a coherent device's are counted alike. */
function overlaps(state: State, call: Maps): readonly { readonly buffer: Buffer; readonly others: number }[] {
  if (call.direction === "to-device" || call.fails || call.attributes.some((each) => QUIET.includes(each))) return [];
  return entries(state, call)
    .map(({ buffer, offset }) => ({ buffer, others: writersOf(state, buffer.physical + offset).length }))
    .filter(({ others }) => others > 0);
}

const overlap = (name: string, answer: Omit<Answer, "detail">, from: number): readonly Row[] =>
  (["map", "map-list"] as const).map((op) =>
    check(op, name, answer, (state, call: Maps) => {
      const worst = overlaps(state, call).find(({ others }) => others >= from);
      return worst === undefined
        ? undefined
        : `${worst.others} other${worst.others === 1 ? "" : "s"} of the same ${LINE} bytes of ${worst.buffer.name}`;
    }),
  );

export const mapChecks: readonly Row[] = [
  check("map", "invalid", { class: "from-invalid-area" }, (state, call) => {
    const buffer = state.buffers[call.what.name];
    return call.way === "single" && buffer?.memory === "invalid" ? `${buffer.name} is ${SHOWN.invalid}` : undefined;
  }),
  check("map", "vmalloc", { class: "from-vmalloc", breach: "vmalloc-memory" }, (state, call) => {
    const buffer = state.buffers[call.what.name];
    return call.way === "single" && buffer?.memory === "vmalloc" ? `${buffer.name} is ${SHOWN.vmalloc}` : undefined;
  }),
  check("map", "resource", { class: "resource-of-ram", breach: "resource-of-ram" }, (state, call) => {
    const buffer = state.buffers[call.what.name];
    return !call.fails && mmioAttribute(call) && buffer !== undefined && !isMmio(buffer)
      ? `${buffer.name} is ${SHOWN[buffer.memory]}`
      : undefined;
  }),
  ...memory(
    "stack",
    { class: "from-stack", breach: "stack-memory" },
    (b, call) => !mmioAttribute(call) && b.memory === "stack",
  ),
  ...memory(
    "rodata",
    { class: "from-text-or-rodata", breach: "rodata-memory" },
    (b, call) => !mmioAttribute(call) && b.memory === "rodata",
  ),
  check("map-list", "long", { class: "segment-too-long" }, (state, call) => {
    const most = state.devices[call.device]?.maxSegment ?? Number.POSITIVE_INFINITY;
    const long = entries(state, call).find(({ length }) => length > most);
    return long === undefined ? undefined : `${long.length} bytes where ${call.device} takes ${most}`;
  }),
  check("map-list", "boundary", { class: "segment-across-boundary" }, (state, call) => {
    const boundary = state.devices[call.device]?.boundary ?? Number.POSITIVE_INFINITY;
    const across = entries(state, call).find(({ buffer, offset, length }) => {
      const start = buffer.physical + offset;
      return Math.floor(start / boundary) !== Math.floor((start + length - 1) / boundary);
    });
    return across === undefined ? undefined : `a piece of ${across.buffer.name} crosses ${boundary}`;
  }),
  ...overlap("overlap", { class: "overlapping", breach: "overlap" }, 1),
  ...overlap("overlaps", { class: "too-many-overlaps", breach: "leak" }, MOST_OVERLAPS + 1),
];
