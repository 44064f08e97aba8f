// One mail as plain data: headers that thread it, and its text in lines, whatever encoding, charset or MIME parts it came in.
import PostalMime from "postal-mime";
import type { Address } from "postal-mime";
import { harmless } from "./paths.ts";

export interface Mail {
  /** With its angle brackets; empty where there is none. */
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: readonly string[];
  /** "Name <address>". */
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  /** As the header has it. */
  readonly date: string;
  readonly subject: string;
  /** The text, with the text of attached patches behind it; line ends are "\n". */
  readonly body: string;
}

/** Mails above this are not read. The largest patch mails on the lists have a few MB. */
export const MAX_MAIL_BYTES = 16 << 20;
const MAX_HEADERS = 1 << 18;
const MAX_NESTING = 16;
/** Recipients above this are left out: an answer to thousands is not wanted. */
const MAX_RECIPIENTS = 200;

/** Reads a mail (without a "From " line). Errors, as values: too large, headers too large, parts nested too deeply. Never throws. */
export async function readMail(bytes: Uint8Array): Promise<Mail | { readonly why: string }> {
  if (bytes.length > MAX_MAIL_BYTES) return { why: `a mail of more than ${MAX_MAIL_BYTES >> 20} MiB: not read` };
  try {
    const first = await parse(bytes);
    // A charset that is missing or wrong: what is no UTF-8 is Latin-1, as for files.
    if (!first.body.includes("\ufffd") || validUtf8(bytes)) return first;
    const again = Buffer.from(Buffer.from(bytes).toString("latin1"), "utf8");
    const second = await parse(again);
    return second.body.includes("\ufffd") ? first : second;
  } catch (error) {
    return { why: error instanceof Error ? harmless(error.message) : "a mail that can't be read" };
  }
}

async function parse(bytes: Uint8Array): Promise<Mail> {
  const mail = await PostalMime.parse(bytes, {
    maxNestingDepth: MAX_NESTING,
    maxHeadersSize: MAX_HEADERS,
    forceRfc822Attachments: true,
  });
  const attached = mail.attachments
    .filter(({ filename, mimeType }) => isPatchPart(filename ?? "", mimeType))
    .map(({ content }) => (typeof content === "string" ? content : text(content)));
  const header = (name: string): string => harmless(mail.headers.find(({ key }) => key === name)?.value ?? "");
  return {
    messageId: oneId(mail.messageId ?? ""),
    inReplyTo: oneId(mail.inReplyTo ?? ""),
    references: ids(mail.references ?? ""),
    from: mail.from === undefined ? "" : (addresses([mail.from])[0] ?? ""),
    to: addresses(mail.to ?? []),
    cc: addresses(mail.cc ?? []),
    date: header("date").slice(0, 100),
    subject: harmless(mail.subject ?? "")
      .replace(/\s+/g, " ")
      .trim(),
    body: [mail.text ?? "", ...attached].join("\n").replace(/\r+\n/g, "\n"),
  };
}

const isPatchPart = (name: string, type: string): boolean =>
  /^text\/(?:x-)?(?:patch|diff)$/.test(type) || (/\.(?:patch|diff)$/i.test(name) && !type.startsWith("message/"));

function text(content: ArrayBuffer | Uint8Array): string {
  const bytes = content instanceof Uint8Array ? Buffer.from(content) : Buffer.from(new Uint8Array(content));
  return validUtf8(bytes) ? bytes.toString("utf8") : bytes.toString("latin1");
}

function validUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The ids in a References or In-Reply-To header, which may hold comments besides. */
const ids = (text: string): readonly string[] => [...harmless(text).matchAll(/<[^<>\s]{1,998}>/g)].map(([id]) => id);
const oneId = (text: string): string => ids(text)[0] ?? "";

function addresses(all: readonly Address[]): readonly string[] {
  const flat = all.flatMap((each) => (each.group === undefined ? [each] : each.group));
  return flat
    .filter(({ address }) => address !== undefined && /^[^\s<>,;"]+@[^\s<>,;"]+$/.test(address))
    .slice(0, MAX_RECIPIENTS)
    .map(({ name, address }) => (name === "" ? address : `${phrase(harmless(name))} <${address}>`));
}

const phrase = (name: string): string =>
  /^[\w !#$%&'*+/=?^`{|}~\u00a0-\uffff-]+$/.test(name)
    ? name
    : `"${name.replace(/[\r\n]/g, " ").replace(/["\\]/g, "\\$&")}"`;
