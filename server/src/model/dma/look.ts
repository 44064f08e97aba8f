// What the rows of the mapping core look at: the world, the call, and what the call finds there.
import type { Call, Place, Way } from "./call.ts";
import type { Buffer, Direction, Handle, Kind, Mapping, Memory, State } from "./state.ts";

/** Attributes that must be the same where a mapping ends (kernel/dma's list of them); all others speak of one call only. */
export const LASTING: readonly string[] = [
  "no-kernel-mapping",
  "force-contiguous",
  "mmio",
  "require-coherent",
  "privileged",
  "cc-shared",
];
/** The part of memory that overlaps are looked for by, in bytes: one cache line. */
export const LINE = 64;
/** More mappings of one cache line than this, besides the first, can't be counted. */
export const MOST_OVERLAPS = 7;

export const sameAttributes = (a: readonly string[], b: readonly string[]): boolean =>
  LASTING.every((each) => a.includes(each) === b.includes(each));

export const kindOf = (way: Way, attributes: readonly string[]): Kind =>
  way === "resource" || (way === "phys" && attributes.includes("mmio")) ? "resource" : "streaming";

/** A handle with its offset, as an address; undefined for the error cookie and for names that hold none. */
export function addressOf(state: State, place: Place): number | undefined {
  const handle = state.handles[place.name];
  return handle === undefined || handle.kind === "error" ? undefined : handle.address + place.plus;
}

export const handleOf = (state: State, place: Place): Handle | undefined => state.handles[place.name];

/** The live mapping that begins at that address of that device. */
export const findExact = (state: State, device: string, address: number | undefined): Mapping | undefined =>
  state.mappings.find((each) => each.device === device && each.address === address);

/** The live mapping of that device that holds all of the range. */
export const findAround = (
  state: State,
  device: string,
  address: number | undefined,
  size: number,
): Mapping | undefined =>
  state.mappings.find(
    (each) =>
      address !== undefined &&
      each.device === device &&
      each.address <= address &&
      address + size <= each.address + each.size,
  );

/** The live mapping, of any device, that the address points into. */
export const findInto = (state: State, address: number | undefined): Mapping | undefined =>
  state.mappings.find((each) => address !== undefined && each.address <= address && address < each.address + each.size);

/** The first cache line of a mapping, which is what overlaps are counted by. */
export const lineOf = ({ physical }: Pick<Mapping, "physical">): number => Math.floor(physical / LINE);

/** Mappings of the cache line that a device may write to; those it only reads are not counted. */
export const writersOf = (state: State, physical: number): readonly Mapping[] =>
  state.mappings.filter((each) => each.direction !== "to-device" && lineOf(each) === lineOf({ physical }));

/** Live mappings of a buffer that a device may use without asking: its own, not those of pools and of coherent memory. */
export const heldBy = (state: State, buffer: string): readonly Mapping[] =>
  state.mappings.filter(
    (each) => each.buffer === buffer && (each.kind === "streaming" || each.kind === "resource" || each.kind === "sg"),
  );

const MMIO: readonly Memory[] = ["mmio", "p2p-pages", "p2p-mmio"];
export const isMmio = (buffer: Buffer | undefined): boolean => buffer !== undefined && MMIO.includes(buffer.memory);

/** What a call that maps a range is about to make, one entry of it. */
export interface Entry {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly length: number;
}

/** The pieces of a list that a call with that count maps, with their buffers. */
export function entriesOf(state: State, call: Call & { readonly op: "map-list" }): readonly Entry[] {
  const pieces = state.lists[call.list]?.pieces ?? [];
  return pieces.slice(0, call.count ?? pieces.length).flatMap(({ buffer, offset, length }) => {
    const memory = state.buffers[buffer];
    return memory === undefined ? [] : [{ buffer: memory, offset, length }];
  });
}

const DIRECTIONS: Readonly<Record<Direction, string>> = {
  "to-device": "to the device",
  "from-device": "from the device",
  both: "both ways",
};
export const showDirection = (direction: Direction): string => DIRECTIONS[direction];

export const showAttributes = (attributes: readonly string[]): string =>
  attributes.length === 0 ? "none" : [...attributes].sort().join(", ");
