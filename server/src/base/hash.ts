// A short, stable hash of a text: for fingerprints and cache keys, not for secrets.

/** 64 bits as 16 hex digits (two independent 32-bit multiplicative hashes). */
export function hash(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 2654435761);
    b = Math.imul(b ^ c, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (b >>> 0).toString(16).padStart(8, "0") + (a >>> 0).toString(16).padStart(8, "0");
}

/** 128 bits of a text, for keys that stand for it: no two texts ever meet by accident. */
export const digest = (text: string): string => hash(text) + hash(`\0${text}`);
