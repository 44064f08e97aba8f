// Bytes of a file to text: UTF-8 where it is valid, else Latin-1. What is no text is said to be none.
import { isAscii, isUtf8 } from "node:buffer";

/** Text, or why there is none. Offsets into `text` are UTF-16 code units. */
export type Decoded = { readonly text: string } | { readonly why: string };

/** Decodes a whole file. A NUL byte means that the file is not text. Never throws. */
export function decode(bytes: Buffer): Decoded {
  if (bytes.includes(0)) return { why: "holds NUL bytes: not a text file" };
  // Most of a kernel tree is ASCII, for which Latin-1 is the cheapest decoder and gives one byte per character in memory.
  return { text: isAscii(bytes) || !isUtf8(bytes) ? bytes.toString("latin1") : bytes.toString("utf8") };
}
