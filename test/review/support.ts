// Helpers for tests of reviews: mails made from parts, mailboxes, and patches made by diffing two texts with git's own form.
import { readMail } from "../../server/src/review/mail.ts";
import type { Mail } from "../../server/src/review/mail.ts";
import { newSplitter } from "../../server/src/review/mbox.ts";
import { sortMail } from "../../server/src/review/patch.ts";
import { newCollector } from "../../server/src/review/series.ts";
import type { Heap } from "../../server/src/review/series.ts";

/** A mail as bytes: headers, an empty line, a body. Strings are UTF-8 unless `latin1`. */
export const mail = (headers: Readonly<Record<string, string>>, body: string, encoding: BufferEncoding = "utf8"): Buffer =>
  Buffer.from(`${Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`).join("")}\n${body}`, encoding); // prettier-ignore

/** A one-line change of a file, in git's form. */
export const change = (file: string, from: string, to: string): string =>
  `diff --git a/${file} b/${file}\nindex 1111111..2222222 100644\n--- a/${file}\n+++ b/${file}\n@@ -1,3 +1,3 @@ static int f(void)\n first\n-${from}\n+${to}\n last\n`;

/** A patch mail of a series; `n` "2/3". */
export const patch = (
  subject: string,
  id: string,
  more: Readonly<Record<string, string>> = {},
  body = change("a.c", "x", "y"),
): Buffer =>
  mail(
    { From: "Ann Author <ann@x.example>", Subject: subject, "Message-ID": `<${id}@x.example>`, ...more },
    `Words.\n---\n a.c | 2 +-\n\n${body}-- \n2.51.0\n`,
  );

export async function read(bytes: Buffer): Promise<Mail> {
  const found = await readMail(bytes);
  if ("why" in found) throw new Error(found.why);
  return found;
}

/** What mails come to, in order. */
export async function heapOf(mails: readonly Buffer[]): Promise<Heap> {
  const collector = newCollector();
  for (const bytes of mails) collector.add(sortMail(await read(bytes), "test"));
  return collector.heap(false);
}

/** The mails of a mailbox, cut in pieces of that size as they come in. */
export function split(mbox: Buffer, size = 1 << 20): readonly Buffer[] {
  const splitter = newSplitter();
  const mails: Buffer[] = [];
  for (let i = 0; i < mbox.length; i += size) mails.push(...splitter.push(mbox.subarray(i, i + size)));
  return [...mails, ...splitter.end()];
}
