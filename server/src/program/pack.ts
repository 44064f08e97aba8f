// An index as bytes, for the cache: what was indexed in one run serves the next one for every file that has not changed.
import type { FileId } from "../base/span.ts";
import { emptyIndex } from "./index.ts";
import type { FileEntry, Index } from "./index.ts";
import { USES, WIDTH, newUnits, usesFrom, usesTo } from "./units.ts";
import { grown, wordsFrom, wordsParts } from "./words.ts";

/** Raised whenever the index or what is entered into it changes: older packs are then not read. */
export const PACK_VERSION = 1;

interface Header {
  readonly version: number;
  readonly sizes: readonly number[];
  readonly checksum: number;
  readonly specs: readonly string[];
  /** File, stamp, number of units, number of uses, and its includes as positions in `specs`. */
  readonly files: readonly (readonly [FileId, string, number, number, readonly number[]])[];
}

/** The files of an index that have a stamp, as parts to be stored one after another. */
export function packIndex(index: Index): readonly Uint8Array[] {
  const { units } = index;
  const kept = [...index.files, ...index.stored.values()].filter((entry) => entry.stamp !== undefined);
  const specs = new Map<string, number>();
  const specOf = (spec: string): number => {
    const known = specs.get(spec);
    if (known !== undefined) return known;
    specs.set(spec, specs.size);
    return specs.size - 1;
  };
  const span = (e: FileEntry): readonly [number, number] =>
    e.to > e.from ? [usesFrom(units, e.from), usesTo(units, e.to - 1)] : [0, 0];
  const rows = new Int32Array(kept.reduce((sum, e) => sum + (e.to - e.from), 0) * WIDTH);
  const uses = new Uint32Array(kept.reduce((sum, e) => sum + span(e)[1] - span(e)[0], 0));
  let row = 0;
  let use = 0;
  const files = kept.map((entry): Header["files"][number] => {
    const [from, to] = span(entry);
    rows.set(units.rows.subarray(entry.from * WIDTH, entry.to * WIDTH), row);
    for (let at = row; at < row + (entry.to - entry.from) * WIDTH; at += WIDTH)
      rows[at + USES] = (rows[at + USES] as number) - from + use;
    uses.set(units.uses.list.subarray(from, to), use);
    row += (entry.to - entry.from) * WIDTH;
    use += to - from;
    return [entry.file, entry.stamp ?? "", entry.to - entry.from, to - from, entry.includes.map(specOf)];
  });
  const { arena, offsets } = wordsParts(index.words);
  const sections = [bytesOf(rows), bytesOf(uses), bytesOf(offsets), arena];
  const header: Header = {
    version: PACK_VERSION,
    sizes: sections.map((s) => s.length),
    checksum: sections.reduce((sum, s) => checksum(s, sum), 0),
    specs: [...specs.keys()],
    files,
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Uint32Array.of(text.length);
  return [bytesOf(length), text, new Uint8Array(-text.length & 3), ...sections];
}

/**
 * The index in `bytes`, with the files whose stamp is still `stamp(file)`, to be had for the asking. Undefined where the bytes are of another version or not whole:
 * a cache may always be lost.
 */
export function unpackIndex(bytes: Uint8Array, stamp: (file: FileId) => string | undefined): Index | undefined {
  const header = headerOf(bytes);
  if (header === undefined) return undefined;
  let at = header.end;
  // Copies, so that each begins at a multiple of four; a Buffer's own slice would not copy.
  const sections = header.sizes.map((size) => new Uint8Array(bytes.subarray(at, (at += size))));
  const [rowBytes, useBytes, offsetBytes, arena] = sections;
  if (rowBytes === undefined || useBytes === undefined || offsetBytes === undefined || arena === undefined)
    return undefined;
  if (at !== bytes.length || sections.reduce((sum, s) => checksum(s, sum), 0) !== header.checksum) return undefined;
  const units = newUnits();
  units.rows = new Int32Array(rowBytes.buffer);
  units.count = units.rows.length / WIDTH;
  units.uses.list = new Uint32Array(useBytes.buffer);
  units.uses.length = units.uses.from = units.uses.list.length;
  // A word's last use is only looked at within the current unit, of which there is none yet.
  const index = emptyIndex(wordsFrom(arena, new Uint32Array(offsetBytes.buffer)), units);
  let unit = 0;
  for (const [file, was, count, , includes] of header.files) {
    const entry = {
      file,
      from: unit,
      to: unit + count,
      includes: includes.map((i) => header.specs[i] ?? ""),
      stamp: was,
    };
    unit += count;
    if (stamp(file) === was) index.stored.set(file, entry);
  }
  units.rows = grown(units.rows, new Int32Array(units.rows.length + (WIDTH << 10)));
  units.uses.list = grown(units.uses.list, new Uint32Array(units.uses.list.length + (1 << 14)));
  return index;
}

function headerOf(bytes: Uint8Array): (Header & { readonly end: number }) | undefined {
  if (bytes.length < 4) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const end = 4 + length + (-length & 3);
  if (end > bytes.length) return undefined;
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Header;
    const whole =
      header.version === PACK_VERSION && header.sizes.reduce((sum, size) => sum + size, end) === bytes.length;
    return whole ? { ...header, end } : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(array: Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A sum over 32-bit words that notices a torn or spoiled file. */
function checksum(bytes: Uint8Array, seed: number): number {
  let sum = seed ^ bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) sum = Math.imul(sum ^ view.getInt32(i, true), 0x01000193);
  for (let i = whole; i < bytes.length; i++) sum = Math.imul(sum ^ (bytes[i] as number), 0x01000193);
  return sum;
}
