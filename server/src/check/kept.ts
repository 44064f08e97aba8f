// What a check leaves for the next one on the same tree: the index, and the scenarios that were safe. All of it may be lost or spoiled.
import type { Entry, Explorer } from "../model/unplug/explorer.ts";
import { indexOf } from "../program/create.ts";
import type { Index } from "../program/index.ts";
import { packIndex, unpackIndex } from "../program/pack.ts";
import type { Program, Source } from "../program/program.ts";
import type { Kept } from "./check.ts";

/** Names of what is kept: the index, and the scenarios that were safe. */
const INDEX = "index";
const SAFE = "safe";

const packSafe = (explorer: Explorer, stamp: string): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ stamp, entries: explorer.entries() }));

/** What an earlier run of the same build has explored; nothing where that is lost or spoiled. */
export function safeScenarios(stamp: string | undefined, cache: Kept | undefined): readonly Entry[] {
  const bytes = stamp === undefined ? undefined : cache?.load(SAFE);
  if (bytes === undefined) return [];
  try {
    const kept = JSON.parse(new TextDecoder().decode(bytes)) as { stamp?: unknown; entries?: unknown } | null;
    const entries = kept?.stamp === stamp ? kept?.entries : undefined;
    return Array.isArray(entries) ? entries.filter(isEntry) : [];
  } catch {
    return [];
  }
}

/** The index that an earlier run has left. */
export function storedIndex(tree: Source, cache: Kept | undefined): Index | undefined {
  const bytes = tree.stamp === undefined ? undefined : cache?.load(INDEX);
  return bytes === undefined ? undefined : unpackIndex(bytes, (file) => tree.stamp?.(file));
}

function isEntry(x: unknown): x is Entry {
  if (!Array.isArray(x)) return false;
  const [key, states, transitions, abilities] = x as unknown[];
  return (
    typeof key === "string" && typeof states === "number" && typeof transitions === "number" && Array.isArray(abilities)
  );
}

/** Keeps what is new. What cannot be kept is found again. `stamp`: of the build; without it no exploration is kept. */
export function keep(cache: Kept | undefined, program: Program, explorer: Explorer, stamp: string | undefined): void {
  const index = indexOf(program);
  if (index !== undefined && index.fresh > 0) cache?.store(INDEX, packIndex(index));
  if (stamp !== undefined && explorer.grown()) cache?.store(SAFE, [packSafe(explorer, stamp)]);
}
