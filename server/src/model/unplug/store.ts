// Sets of packed states and lists of edges, in flat typed arrays: a state costs its own bytes and five more words, and no object.

/** A set of equally long states, numbered in the order in which they came. */
export interface Store {
  count(): number;
  /** Adds the state; its number if it is new, else ~number. */
  intern(words: Int32Array): number;
  /** Copies state `n` to `into`. */
  load(n: number, into: Int32Array): void;
}

/** A store of states of `width` 32-bit words. Open addressing; grows by doubling. */
export function store(width: number): Store {
  let capacity = 1 << 10;
  let arena = new Int32Array(capacity * width);
  let hashes = new Int32Array(capacity);
  let mask = 4 * capacity - 1;
  let table = new Int32Array(mask + 1).fill(-1);
  let count = 0;

  function grow(): void {
    capacity *= 2;
    const wider = new Int32Array(capacity * width);
    wider.set(arena);
    arena = wider;
    const more = new Int32Array(capacity);
    more.set(hashes);
    hashes = more;
    mask = 4 * capacity - 1;
    table = new Int32Array(mask + 1).fill(-1);
    for (let n = 0; n < count; n++) {
      let slot = hashes[n]! & mask;
      while (table[slot] !== -1) slot = (slot + 1) & mask;
      table[slot] = n;
    }
  }

  return {
    count: () => count,
    intern(words) {
      let h = 0x811c9dc5 | 0;
      for (let i = 0; i < width; i++) {
        h = Math.imul(h ^ words[i]!, 0x9e3779b1);
        h ^= h >>> 15;
      }
      h = Math.imul(h ^ (h >>> 13), 0x85ebca6b);
      h ^= h >>> 16;
      let slot = h & mask;
      for (let n = table[slot]!; n !== -1; n = table[slot]!) {
        if (hashes[n] === h) {
          let at = n * width;
          let i = 0;
          while (i < width && arena[at] === words[i]) {
            at++;
            i++;
          }
          if (i === width) return ~n;
        }
        slot = (slot + 1) & mask;
      }
      if (count === capacity) {
        grow();
        slot = h & mask;
        while (table[slot] !== -1) slot = (slot + 1) & mask;
      }
      table[slot] = count;
      hashes[count] = h;
      const base = count * width;
      for (let i = 0; i < width; i++) arena[base + i] = words[i]!;
      return count++;
    },
    load(n, into) {
      const base = n * width;
      for (let i = 0; i < width; i++) into[i] = arena[base + i]!;
    },
  };
}

/** A growing list of 32-bit numbers. */
export interface Numbers {
  length(): number;
  push(n: number): void;
  /** Grows the list as needed, with zeros. */
  set(index: number, n: number): void;
  at(index: number): number;
}

/** An empty list. */
export function numbers(): Numbers {
  let data = new Int32Array(1 << 10);
  let length = 0;
  function grow(to: number): void {
    const more = new Int32Array(Math.max(to, data.length * 2));
    more.set(data);
    data = more;
  }
  return {
    length: () => length,
    push(n) {
      if (length === data.length) grow(length + 1);
      data[length++] = n;
    },
    set(index, n) {
      if (index >= data.length) grow(index + 1);
      if (index >= length) length = index + 1;
      data[index] = n;
    },
    at: (index) => data[index] ?? 0,
  };
}
