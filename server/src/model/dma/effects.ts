// What each call does to the world: what it declares, maps, takes down, links, hands over. The checks say what is wrong; here the world goes on as the core would.
import type { Call, CallOf, Place } from "./call.ts";
import { countOf } from "./checks-unmap.ts";
import { linksIn } from "./checks-iova.ts";
import { peers } from "./checks-use.ts";
import { addressOf, entriesOf, findAround, findExact, findInto, kindOf } from "./look.ts";
import { mapType, pageState } from "./p2p.ts";
import type { MapType } from "./p2p.ts";
import { effect } from "./rows.ts";
import type { Change } from "./rows.ts";
import { APART } from "./state.ts";
import type { Direction, Handle, Iova, Mapping, State } from "./state.ts";

const returned = (state: State, what: string): State => ({ ...state, returned: what });
const without = (state: State, gone: (mapping: Mapping) => boolean): State => ({
  ...state,
  mappings: state.mappings.filter((each) => !gone(each)),
});
const change = (state: State, which: (mapping: Mapping) => boolean, to: Partial<Mapping>): State => ({
  ...state,
  mappings: state.mappings.map((each) => (which(each) ? { ...each, ...to } : each)),
});
const holds = (state: State, name: string, handle: Handle): State => ({
  ...state,
  handles: { ...state.handles, [name]: handle },
});
const iovaOf = (state: State, name: string, to: (iova: Iova) => Iova): State => {
  const iova = state.iovas[name];
  return iova === undefined ? state : { ...state, iovas: { ...state.iovas, [name]: to(iova) } };
};

/** Puts one mapping into the world, at an address of its own. */
function put(
  state: State,
  of: Pick<Mapping, "kind" | "device" | "size" | "direction" | "attributes" | "buffer" | "offset"> & Partial<Mapping>,
): State {
  const physical = (state.buffers[of.buffer]?.physical ?? 0) + of.offset;
  const entry: Mapping = {
    address: state.nextAddress,
    physical,
    owner: "device",
    checked: "not-applicable",
    kept: false,
    ...of,
  };
  return { ...state, mappings: [...state.mappings, entry], nextAddress: state.nextAddress + APART };
}

/** Memory that the core itself allocates. */
function memory(state: State, name: string, size: number): State {
  const buffer = { name, size, memory: "coherent", physical: state.nextPhysical } as const;
  return { ...state, buffers: { ...state.buffers, [name]: buffer }, nextPhysical: state.nextPhysical + APART };
}

/** Why a range can't be mapped that way whatever the machine: vmalloc memory by address, peer pages and the MMIO attribute by page. */
function refused(state: State, { way, what, attributes }: CallOf<"map">): boolean {
  const buffer = state.buffers[what.name];
  if (way === "single" && buffer?.memory === "vmalloc") return true;
  if (way !== "single" && way !== "page") return false;
  return buffer?.memory === "p2p-pages" || attributes.includes("mmio");
}

function mapRange(state: State, call: CallOf<"map">): State {
  if (call.fails || refused(state, call))
    return returned(holds(state, call.as, { kind: "error" }), "DMA_MAPPING_ERROR");
  const kind = kindOf(call.way, call.attributes);
  const attributes = kind === "resource" ? [...new Set([...call.attributes, "mmio"])] : call.attributes;
  const { device, size, direction, what } = call;
  const address = state.nextAddress;
  const after = put(state, {
    kind,
    device,
    size,
    direction,
    attributes,
    buffer: what.name,
    offset: what.plus,
    checked: "no",
  });
  return holds(after, call.as, { kind: "address", address, device });
}

/** The map type of each piece of a list that is peer memory; what can't be reached fails the whole list. */
function peerTypes(state: State, call: CallOf<"map-list">): readonly MapType[] {
  const device = state.devices[call.device];
  return entriesOf(state, call).map(({ buffer }) => (device === undefined ? "none" : pageState(state, buffer, device)));
}

function mapList(state: State, call: CallOf<"map-list">): State {
  const list = state.lists[call.list];
  const device = state.devices[call.device];
  if (list === undefined || device === undefined) return state;
  const types = peerTypes(state, call);
  if (call.fails || types.includes("not-supported")) {
    return returned({ ...state, lists: { ...state.lists, [call.list]: { ...list, segments: [], failed: true } } }, "0");
  }
  let after = state;
  const runs = segmentsOf(state, call, types, device.merging ? device.maxSegment : 0);
  const segments: { address: number; length: number }[] = [];
  for (const { buffer, offset, length, bus } of runs) {
    segments.push({ address: after.nextAddress, length });
    const { device: name, direction, attributes } = call;
    const of = { kind: "sg", device: name, size: length, direction, attributes, buffer, offset } as const;
    // A bus address is no mapping: there is nothing to take down, and nothing is kept of it.
    after = bus
      ? { ...after, nextAddress: after.nextAddress + APART }
      : put(after, { ...of, list: call.list, given: countOf(state, call), returned: runs.length });
  }
  const lists = { ...after.lists, [call.list]: { ...list, segments, failed: false } };
  return returned({ ...after, lists }, String(segments.length));
}

interface Run {
  readonly buffer: string;
  readonly offset: number;
  readonly length: number;
  readonly bus: boolean;
}

/** The segments that a list is mapped as: neighbours are joined up to `most` bytes, peer memory never. */
function segmentsOf(state: State, call: CallOf<"map-list">, types: readonly MapType[], most: number): readonly Run[] {
  const runs: Run[] = [];
  for (const [i, { buffer, offset, length }] of entriesOf(state, call).entries()) {
    const last = runs.at(-1);
    if (types[i] === "none" && types[i - 1] === "none" && last !== undefined && last.length + length <= most) {
      runs[runs.length - 1] = { ...last, length: last.length + length };
    } else runs.push({ buffer: buffer.name, offset, length, bus: types[i] === "bus-addr" });
  }
  return runs;
}

const oneOf = (state: State, device: string, handle: Place): ((each: Mapping) => boolean) => {
  const entry = findExact(state, device, addressOf(state, handle));
  return (each) => each === entry;
};

const turn = (toward: "cpu" | "device"): Pick<Mapping, "owner"> => ({ owner: toward });

const both: Direction = "both";

/** Declarations: what there is. */
const declares: readonly Change[] = [
  effect("device", "is there", (state, { op: _, name, ...rest }) => ({
    ...state,
    devices: { ...state.devices, [name]: { name, bound: true, ...rest } },
  })),
  effect("buffer", "is there", (state, { op: _, name, ...rest }) => ({
    ...state,
    buffers: { ...state.buffers, [name]: { name, physical: state.nextPhysical, ...rest } },
    nextPhysical: state.nextPhysical + APART,
  })),
  effect("list", "is there", (state, { name, pieces }) => ({
    ...state,
    lists: { ...state.lists, [name]: { name, pieces, segments: [], failed: false } },
  })),
  effect("host", "is there", (state, { name, allowed }) => ({
    ...state,
    nodes: { ...state.nodes, [name]: { kind: "host", name, allowed } },
  })),
  effect("port", "is there", (state, { name, under, redirects }) => ({
    ...state,
    nodes: { ...state.nodes, [name]: { kind: "port", name, under, redirects } },
  })),
  effect("cpu-routes", "is so", (state) => ({ ...state, cpuRoutes: true })),
  effect("provider", "is there", (state, { op: _, ...rest }) => ({
    ...state,
    providers: { ...state.providers, [rest.name]: rest },
  })),
  effect("pool", "is there", (state, { op: _, ...rest }) => ({
    ...state,
    pools: { ...state.pools, [rest.name]: rest },
  })),
];

const streaming: readonly Change[] = [
  effect("map", "maps", mapRange),
  effect("test", "tests", (state, { device, handle }) => {
    const failed = state.handles[handle.name]?.kind === "error";
    return returned(change(state, oneOf(state, device, handle), { checked: "yes" }), failed ? "failed" : "mapped");
  }),
  effect("unmap", "unmaps", (state, { device, handle }) => without(state, oneOf(state, device, handle))),
  effect("sync", "turns", (state, { device, handle, size, toward }) => {
    const entry = findAround(state, device, addressOf(state, handle), size);
    return change(state, (each) => each === entry, turn(toward));
  }),
  effect("map-list", "maps", mapList),
  effect("unmap-list", "unmaps", (state, call) => {
    const segments = state.lists[call.list]?.segments.slice(0, countOf(state, call)) ?? [];
    return without(state, (each) => each.device === call.device && segments.some((s) => s.address === each.address));
  }),
  effect("sync-list", "turns", (state, { list, toward }) => change(state, (each) => each.list === list, turn(toward))),
];

const allocations: readonly Change[] = [
  effect("alloc", "allocates", (state, { as, handle, kind, device, size, direction, attributes, fails }) => {
    if (fails) return returned(holds(state, handle, { kind: "error" }), "NULL");
    const there = memory(state, as, size);
    const address = there.nextAddress;
    const after = put(there, { kind, device, size, direction, attributes, buffer: as, offset: 0, owner: "cpu" });
    return holds(after, handle, { kind: "address", address, device });
  }),
  effect("free", "frees", (state, { device, handle }) => without(state, oneOf(state, device, handle))),
  effect("pool-alloc", "allocates", (state, { as, handle, pool, fails }) => {
    const of = state.pools[pool];
    if (of === undefined || fails) return returned(holds(state, handle, { kind: "error" }), "NULL");
    const there = memory(state, as, of.size);
    const address = there.nextAddress;
    const { device, size } = of;
    const after = put(there, {
      kind: "pool",
      device,
      size,
      direction: both,
      attributes: [],
      buffer: as,
      offset: 0,
      pool,
    });
    return holds(after, handle, { kind: "address", address, device });
  }),
  effect("pool-free", "frees", (state, { handle }) => {
    const entry = findInto(state, addressOf(state, handle));
    return without(state, (each) => each === entry && each.kind === "pool");
  }),
  effect("pool-destroy", "destroys", (state, { pool }) => without(state, (each) => each.pool === pool)),
];

const spaces: readonly Change[] = [
  effect("iova-alloc", "allocates", (state, { device, iova, size, fails }) => {
    const works = !fails && state.devices[device]?.iommu === true;
    const zero: Iova = { name: iova, device, size, phase: works ? "allocated" : "zero", links: [], kept: false };
    return returned({ ...state, iovas: { ...state.iovas, [iova]: zero } }, String(works));
  }),
  effect("iova-link", "links", (state, { iova, what, offset, size, direction, attributes, fails }) => {
    if (fails || state.iovas[iova]?.phase !== "allocated") return returned(state, "an error");
    const link = { offset, size, direction, attributes, buffer: what.name, synced: false };
    return iovaOf(state, iova, (of) => ({ ...of, links: [...of.links, link] }));
  }),
  effect("iova-sync", "syncs", (state, { iova, offset, size }) =>
    iovaOf(state, iova, (of) => {
      const inside = linksIn(of.links, offset, size);
      return { ...of, links: of.links.map((link) => (inside.includes(link) ? { ...link, synced: true } : link)) };
    }),
  ),
  effect("iova-unlink", "unlinks", (state, { iova, offset, size }) =>
    iovaOf(state, iova, (of) => {
      const inside = linksIn(of.links, offset, size);
      return { ...of, links: of.links.filter((link) => !inside.includes(link)) };
    }),
  ),
  effect("iova-free", "frees", (state, { iova }) => iovaOf(state, iova, freed)),
  effect("iova-destroy", "destroys", (state, { iova }) => iovaOf(state, iova, freed)),
];

function freed(of: Iova): Iova {
  return of.phase === "allocated" ? { ...of, phase: "freed", links: [] } : of;
}

const others: readonly Change[] = [
  effect("map-type", "asks", (state, { provider, device }) => {
    const of = state.providers[provider];
    const client = state.devices[device];
    return of === undefined || client === undefined ? state : returned(state, mapType(state, of, client));
  }),
  effect("page-state", "asks", (state, { device, buffer }) => {
    const of = state.buffers[buffer];
    const client = state.devices[device];
    return of === undefined || client === undefined ? state : returned(state, pageState(state, of, client));
  }),
  effect("bus-address", "computes", (state, { as, what }) =>
    holds(state, as, { kind: "bus", address: (state.buffers[what.name]?.physical ?? 0) + what.plus }),
  ),
  effect("keep", "keeps", (state, { what }) => {
    const address = addressOf(state, { name: what, plus: 0 });
    const kept = change(state, (each) => each.list === what || each.buffer === what || each.address === address, {
      kept: true,
    });
    return iovaOf(kept, what, (of) => ({ ...of, kept: true }));
  }),
  effect("unbind", "lets go", (state, call) => {
    const waits = peers(state, call, "pgmap");
    const device = state.devices[call.device];
    if (device === undefined) return state;
    const after = { ...state, devices: { ...state.devices, [call.device]: { ...device, bound: false } } };
    // Memory with pages holds up remove() until everybody has let go of it.
    return waits.length > 0 ? returned(after, `waits for ${waits.join(", ")}`) : after;
  }),
];

/** All effects; several of one op would run in this order. */
export const EFFECTS: readonly Change[] = [...declares, ...streaming, ...allocations, ...spaces, ...others];

/** Every op has an effect or does nothing to the world; these do nothing. */
export const IDLE: readonly Call["op"][] = ["give", "access", "release", "return"];
