// Names as git quotes them: "a/tab\there.c", with octal bytes for what is not ASCII.

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

/** The name that stands for `text`: itself where it is not quoted. What can't be read as a quotation stays as it is. */
export function unquote(text: string): string {
  const inner = /^"((?:[^"\\]|\\.)*)"$/.exec(text)?.[1];
  if (inner === undefined) return text;
  const bytes: number[] = [];
  for (let i = 0; i < inner.length; i++) {
    const c = inner[i] ?? "";
    if (c !== "\\") {
      bytes.push(...Buffer.from(c));
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(inner.slice(i + 1))?.[0];
    if (octal !== undefined) {
      bytes.push(parseInt(octal, 8));
      i += 3;
    } else {
      i++;
      bytes.push(...Buffer.from(ESCAPES[inner[i] ?? ""] ?? inner[i] ?? ""));
    }
  }
  return Buffer.from(bytes).toString("utf8");
}
