// A text that is overwritten in place: whatever is masked keeps its length, so offsets stay true. Blanks leave newlines alone.

export interface Overwritable {
  /** Puts blanks over [start, end). */
  blank(start: number, end: number): void;
  /** Writes `text` at `at`, over as many characters as it is long. */
  put(at: number, text: string): void;
  /** Writes `text` over [start, end) and blanks the rest; false, and nothing written, where it does not fit. */
  replace(start: number, end: number, text: string): boolean;
  toString(): string;
}

const decoder = new TextDecoder("utf-16le", { ignoreBOM: true });

export function overwritable(text: string): Overwritable {
  const codes = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) codes[i] = text.charCodeAt(i);
  const blank = (start: number, end: number): void => {
    for (let i = start; i < end; i++) if (codes[i] !== 10) codes[i] = 32;
  };
  const put = (at: number, written: string): void => {
    for (let i = 0; i < written.length; i++) codes[at + i] = written.charCodeAt(i);
  };
  return {
    blank,
    put,
    replace(start, end, written) {
      if (written.length > end - start) return false;
      blank(start, end);
      put(start, written);
      return true;
    },
    toString: () => decodeUtf16(codes),
  };
}

function decodeUtf16(codes: Uint16Array<ArrayBuffer>): string {
  // A lone surrogate would be replaced by the decoder: same length all the same, and C has no use for one.
  return decoder.decode(codes);
}
