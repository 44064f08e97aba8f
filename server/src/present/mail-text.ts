// Text as mail wants it: words wrapped at 72 columns, headers folded and, where they are not ASCII, encoded.

export const COLUMNS = 72;
const HEADER_COLUMNS = 76;
/** Bytes in one encoded word, so that it stays below the 75 characters that RFC 2047 allows. */
const WORD_BYTES = 42;

/** Lines of at most 72 columns; longer words stand alone. */
export function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.replace(/\s+/g, " ").trim().split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= COLUMNS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A header of free text. What can't stand in a header is made harmless: no text can begin another header. */
export function header(name: string, text: string): string {
  const clean = text.replace(/\s+/g, " ").trim();
  const words = isPlain(clean) ? clean.split(" ") : encoded(clean);
  return fold(`${name}:`, words);
}

/** A header of addresses, each "Name <address>". */
export function addressHeader(name: string, addresses: readonly string[]): string {
  const parts = addresses.map((each) => {
    const clean = each.replace(/[\r\n]+/g, " ");
    const m = /^(.*?)\s*(<[^<>]*>)$/.exec(clean);
    const phrase = (m?.[1] ?? "").replace(/^"(.*)"$/, "$1").replace(/\\(.)/g, "$1");
    if (m?.[2] === undefined || isPlain(phrase)) return clean;
    return `${encoded(phrase).join(" ")} ${m[2]}`;
  });
  return fold(
    `${name}:`,
    parts.map((part, i) => (i < parts.length - 1 ? `${part},` : part)),
  );
}

function fold(start: string, words: readonly string[]): string {
  const lines = [start];
  for (const word of words) {
    const last = lines.at(-1) ?? "";
    if (last.length + 1 + word.length <= HEADER_COLUMNS || last === start) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(` ${word}`);
  }
  return lines.join("\n");
}

const isPlain = (text: string): boolean => /^[ -~]*$/.test(text) && !text.includes("=?");

/** RFC 2047 words in base64, cut between characters. */
function encoded(text: string): readonly string[] {
  const chunks: string[] = [];
  for (const char of text) {
    const last = chunks.at(-1);
    if (last !== undefined && Buffer.byteLength(last + char) <= WORD_BYTES) chunks[chunks.length - 1] = last + char;
    else chunks.push(char);
  }
  return chunks.map((chunk) => `=?UTF-8?B?${Buffer.from(chunk).toString("base64")}?=`);
}
