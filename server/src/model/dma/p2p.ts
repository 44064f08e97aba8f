// How one PCI device reaches another's memory: over the switch by bus address, through the host bridge, or not at all. Pure functions over the PCI tree.
import type { Buffer, Device, Node, Provider, State } from "./state.ts";

/** none: not peer memory at all. */
export type MapType = "none" | "not-supported" | "bus-addr" | "thru-host-bridge";

/** A walk up a PCI tree ends after this many bridges; real ones have fewer than ten. */
const DEEPEST = 64;

/** Bridges from a place up to its host bridge, and that host bridge. */
function above(
  nodes: State["nodes"],
  under: string,
): { readonly ports: readonly Extract<Node, { kind: "port" }>[]; readonly host?: Extract<Node, { kind: "host" }> } {
  const ports: Extract<Node, { kind: "port" }>[] = [];
  let at = nodes[under];
  for (let deep = 0; at !== undefined && deep < DEEPEST; deep++) {
    if (at.kind === "host") return { ports, host: at };
    ports.push(at);
    at = nodes[at.under];
  }
  return { ports };
}

/**
 * The map type of a provider's memory for a client (drivers/pci/p2pdma.c calc_map_type_and_dist()): a common bridge with no redirection on the way, itself
 * included, keeps the transfer off the host; anything else asks whether the host bridges are known to route it.
 */
export function mapType(state: State, provider: Provider, client: Device): MapType {
  const owner = state.devices[provider.device];
  if (owner?.under === undefined || !owner.bound || client.under === undefined) return "not-supported";
  if (owner.name === client.name) return "bus-addr";
  const a = above(state.nodes, owner.under);
  const b = above(state.nodes, client.under);
  const common = a.ports.find((port) => b.ports.includes(port));
  if (common !== undefined) {
    const way = [...a.ports.slice(0, a.ports.indexOf(common) + 1), ...b.ports.slice(0, b.ports.indexOf(common))];
    if (!way.some((port) => port.redirects)) return "bus-addr";
  }
  return state.cpuRoutes || routes(a.host, b.host) ? "thru-host-bridge" : "not-supported";
}

function routes(a: Extract<Node, { kind: "host" }> | undefined, b: typeof a): boolean {
  if (a === undefined || b === undefined) return false;
  return a === b ? a.allowed !== "no" : a.allowed === "any" && b.allowed === "any";
}

/** What pci_p2pdma_state() says of a page of the buffer: only memory with pages of a provider is peer memory to it. */
export function pageState(state: State, buffer: Buffer, client: Device): MapType {
  const provider = state.providers[buffer.provider ?? ""];
  return buffer.memory === "p2p-pages" && provider !== undefined ? mapType(state, provider, client) : "none";
}
