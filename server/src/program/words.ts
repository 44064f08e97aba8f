// Identifiers as small numbers, without a string for each occurrence: a hash table over characters of the text itself.

/** Identifiers by number, in order of first appearance. The arrays are larger than what is used of them. */
export interface Words {
  count: number;
  /** Characters of all words, one byte each; word i is [offsets[i], offsets[i + 1]). */
  arena: Uint8Array;
  offsets: Uint32Array;
  /** Open addressing: a word's number + 1, or 0. Its length is a power of two. */
  slots: Int32Array;
}

export function newWords(): Words {
  return {
    count: 0,
    arena: new Uint8Array(1 << 16),
    offsets: new Uint32Array(1 << 12),
    slots: new Int32Array(1 << 13),
  };
}

/** The hash of a word; the lexer computes the same while it reads. */
export const HASH_START = 0x811c9dc5 | 0;
export const HASH_FACTOR = 0x01000193;

/** The number of text[start, end), whose hash is `hash`; a new word gets the next number. Characters are taken modulo 256. */
export function internHashed(words: Words, text: string, start: number, end: number, hash: number): number {
  const length = end - start;
  let slots = words.slots;
  let mask = slots.length - 1;
  const { arena, offsets } = words;
  for (let at = scatter(hash) & mask; ; at = (at + 1) & mask) {
    const id = (slots[at] as number) - 1;
    if (id < 0) break;
    const from = offsets[id] as number;
    if ((offsets[id + 1] as number) - from !== length) continue;
    let i = 0;
    while (i < length && arena[from + i] === (text.charCodeAt(start + i) & 255)) i++;
    if (i === length) return id;
  }
  if (words.count * 2 >= slots.length) {
    slots = words.slots = rehash(words, slots.length * 4);
    mask = slots.length - 1;
  }
  return append(words, text, start, length, hash);
}

function append(words: Words, text: string, start: number, length: number, hash: number): number {
  const id = words.count++;
  if (id + 2 > words.offsets.length) words.offsets = grown(words.offsets, new Uint32Array(words.offsets.length * 2));
  const from = words.offsets[id] as number;
  if (from + length > words.arena.length)
    words.arena = grown(words.arena, new Uint8Array(Math.max(words.arena.length * 2, from + length)));
  for (let i = 0; i < length; i++) words.arena[from + i] = text.charCodeAt(start + i);
  words.offsets[id + 1] = from + length;
  place(words.slots, hash, id);
  return id;
}

function place(slots: Int32Array, hash: number, id: number): void {
  const mask = slots.length - 1;
  let at = scatter(hash) & mask;
  while (slots[at] !== 0) at = (at + 1) & mask;
  slots[at] = id + 1;
}

/** The low bits of the plain hash repeat for words that differ in few characters. */
function scatter(hash: number): number {
  return hash ^ (hash >>> 15);
}

function rehash(words: Words, size: number): Int32Array {
  const slots = new Int32Array(size);
  for (let id = 0; id < words.count; id++) {
    let hash = HASH_START;
    const end = words.offsets[id + 1] as number;
    for (let i = words.offsets[id] as number; i < end; i++)
      hash = Math.imul(hash ^ (words.arena[i] as number), HASH_FACTOR);
    place(slots, hash, id);
  }
  return slots;
}

/** Copies `from` into the larger `to`. */
export function grown<T extends Uint8Array | Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** The number of a word, which is added where it is new. */
export function intern(words: Words, word: string): number {
  return internHashed(words, word, 0, word.length, hashOf(word));
}

/** The number of a word, or -1 where it has none. */
export function find(words: Words, word: string): number {
  const mask = words.slots.length - 1;
  for (let at = scatter(hashOf(word)) & mask; ; at = (at + 1) & mask) {
    const id = (words.slots[at] as number) - 1;
    if (id < 0 || spell(words, id) === word) return id;
  }
}

function hashOf(word: string): number {
  let hash = HASH_START;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ (word.charCodeAt(i) & 255), HASH_FACTOR);
  return hash;
}

/** A word's text. */
export function spell(words: Words, id: number): string {
  let text = "";
  const end = words.offsets[id + 1] ?? 0;
  for (let i = words.offsets[id] ?? 0; i < end; i++) text += String.fromCharCode(words.arena[i] as number);
  return text;
}

/** The parts to store, in the order that `wordsFrom` takes them. */
export function wordsParts(words: Words): { readonly arena: Uint8Array; readonly offsets: Uint32Array } {
  return {
    arena: words.arena.subarray(0, words.offsets[words.count] ?? 0),
    offsets: words.offsets.subarray(0, words.count + 1),
  };
}

/** Words from stored parts. */
export function wordsFrom(arena: Uint8Array, offsets: Uint32Array): Words {
  const count = offsets.length - 1;
  let size = 1 << 13;
  while (size < count * 2 + 2) size *= 2;
  const words: Words = {
    count,
    arena: grown(arena, new Uint8Array(arena.length + (1 << 16))),
    offsets: grown(offsets, new Uint32Array(offsets.length + (1 << 12))),
    slots: new Int32Array(0),
  };
  words.slots = rehash(words, size);
  return words;
}
