// What is looked at besides the mapping API: the device is given a handle, the CPU touches memory, memory is freed, the function ends, the driver lets go.
import type { CallOf } from "./call.ts";
import { addressOf, findInto, handleOf, heldBy, isMmio } from "./look.ts";
import { check } from "./rows.ts";
import type { Row } from "./rows.ts";
import type { State } from "./state.ts";

/** The IOVA spaces that hold memory of a buffer. */
const linkedBy = (state: State, buffer: string): readonly string[] =>
  Object.values(state.iovas)
    .filter(({ phase, links }) => phase === "allocated" && links.some((link) => link.buffer === buffer))
    .map(({ name }) => name);

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/** Whether a coherent allocation is freed by its own function: then its memory goes with the mapping. */
const leftOver = (state: State, device: string): number =>
  state.mappings.filter((each) => each.device === device).length;

export const useChecks: readonly Row[] = [
  check("give", "error", { breach: "unchecked-mapping" }, (state, { what }) =>
    handleOf(state, what)?.kind === "error" || state.lists[what.name]?.failed === true
      ? `the map of ${what.name} had failed`
      : undefined,
  ),
  check("give", "unchecked", { breach: "unchecked-mapping" }, (state, { what }) =>
    findInto(state, addressOf(state, what))?.checked === "no" ? `${what.name} was never tested` : undefined,
  ),
  check("give", "unmapped", { breach: "use-after-unmap" }, (state, { what }) => {
    if (state.lists[what.name] !== undefined || state.iovas[what.name] !== undefined) return undefined;
    const kind = handleOf(state, what)?.kind;
    return kind !== "error" && kind !== "bus" && findInto(state, addressOf(state, what)) === undefined
      ? `nothing is mapped at ${what.name}`
      : undefined;
  }),
  check("give", "unmapped-list", { breach: "use-after-unmap" }, (state, { what }) => {
    const list = state.lists[what.name];
    return list !== undefined && !list.failed && !list.segments.some(({ address }) => findInto(state, address))
      ? `${what.name} is not mapped`
      : undefined;
  }),
  check("give", "device", { breach: "device-mismatch" }, (state, { device, what }) => {
    const into = findInto(state, addressOf(state, what));
    return into === undefined || into.device === device ? undefined : `mapped for ${into.device}, given to ${device}`;
  }),
  check("give", "unsynced", { breach: "iova-not-synced" }, (state, { what }) => {
    const iova = state.iovas[what.name];
    return iova?.phase === "allocated" && iova.links.some(({ synced }) => !synced)
      ? `${what.name} was linked and not synced`
      : undefined;
  }),
  check("give", "no-space", { breach: "use-after-unmap" }, (state, { what }) => {
    const iova = state.iovas[what.name];
    return iova !== undefined && (iova.phase !== "allocated" || iova.links.length === 0)
      ? `nothing is linked in ${what.name}`
      : undefined;
  }),
  check("access", "not-ours", { breach: "cpu-access" }, (state, { buffer, write }) => {
    const lent = heldBy(state, buffer).find(
      ({ owner, direction }) => owner === "device" && (write || direction !== "to-device"),
    );
    return lent === undefined || isMmio(state.buffers[buffer])
      ? undefined
      : `${lent.device} owns ${buffer} until a sync for the CPU or the unmap`;
  }),
  check("release", "mapped", { breach: "free-while-mapped" }, (state, { buffer }) => {
    const held = heldBy(state, buffer);
    return held.length > 0 ? `${count(held.length, "mapping")} of ${buffer}` : undefined;
  }),
  check("release", "linked", { breach: "free-while-mapped" }, (state, { buffer }) => {
    const linked = linkedBy(state, buffer);
    return linked.length > 0 ? `linked in ${linked.join(", ")}` : undefined;
  }),
  check("pool-free", "not-there", { breach: "double-unmap" }, (state, call) => {
    const into = findInto(state, addressOf(state, call.handle));
    return into?.kind === "pool" && into.pool === call.pool ? undefined : `not an element of ${call.pool}`;
  }),
  check("pool-free", "memory", { breach: "address-mismatch" }, (state, call) => {
    const into = findInto(state, addressOf(state, call.handle));
    if (into?.kind !== "pool") return undefined;
    const same = into.buffer === call.memory.name && call.memory.plus === 0 && call.handle.plus === 0;
    return same ? undefined : `allocated as ${into.buffer}, freed as ${call.memory.name}+${call.memory.plus}`;
  }),
  check("pool-destroy", "busy", { breach: "leak" }, (state, { pool }) => {
    const left = state.mappings.filter((each) => each.pool === pool).length;
    return left > 0 ? `${count(left, "element")} of ${pool} not freed` : undefined;
  }),
  check("return", "mapped", { breach: "leak" }, (state) => {
    const lost = state.mappings.filter(({ kept }) => !kept);
    const names = [...new Set(lost.map(({ list, buffer }) => list ?? buffer))];
    return lost.length > 0 ? `${names.join(", ")} still mapped, and nobody has it` : undefined;
  }),
  check("return", "iova", { breach: "iova-leak" }, (state) => {
    const lost = Object.values(state.iovas).filter(({ phase, kept }) => phase === "allocated" && !kept);
    return lost.length > 0 ? `${lost.map(({ name }) => name).join(", ")} still has its space` : undefined;
  }),
  check("unbind", "pending", { class: "pending-at-unbind", breach: "pending-at-unbind" }, (state, { device }) => {
    const left = leftOver(state, device);
    return left > 0 ? `${count(left, "mapping")} of ${device}` : undefined;
  }),
  check("unbind", "provider", { breach: "free-while-mapped" }, (state, call) => {
    const held = peers(state, call, "driver");
    return held.length > 0 ? `${held.join(", ")} can still reach the memory of ${call.device}` : undefined;
  }),
];

/** The other devices that have memory mapped of a provider of that device, by its origin. */
export function peers(
  state: State,
  { device }: Pick<CallOf<"unbind">, "device">,
  origin: "pgmap" | "driver",
): readonly string[] {
  const providers = Object.values(state.providers).filter((each) => each.device === device && each.origin === origin);
  const buffers = Object.values(state.buffers).filter((each) => providers.some(({ name }) => name === each.provider));
  const mapped = state.mappings.filter((each) => buffers.some(({ name }) => name === each.buffer));
  const linked = Object.values(state.iovas).filter(
    ({ phase, links }) =>
      phase === "allocated" && links.some((link) => buffers.some(({ name }) => name === link.buffer)),
  );
  return [...new Set([...mapped, ...linked].map((each) => each.device))].sort();
}
