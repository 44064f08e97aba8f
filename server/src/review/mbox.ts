// A mailbox cut into mails as its bytes come in (mboxrd, and what git format-patch and mailing-list archives write), so that its size does not matter.
import { MAX_MAIL_BYTES } from "./mail.ts";

export interface Splitter {
  /** Takes the next bytes and gives back the mails that are complete with them, without their "From " lines. */
  push(chunk: Uint8Array): readonly Buffer[];
  /** The last mail. */
  end(): readonly Buffer[];
  /** Mails that were larger than MAX_MAIL_BYTES and were dropped. */
  dropped(): number;
}

const FROM = Buffer.from("\nFrom ");
/** "From mboxrd@z Thu Jan  1 00:00:00 1970": a sender, then a time and a year somewhere. */
const FROM_LINE = /^From \S+ .*\d\d?:\d\d(?::\d\d)?.*\d{4}/;
const LONGEST_FROM_LINE = 1000;

/** True for the first bytes of a mailbox. */
export const isMbox = (head: Uint8Array): boolean =>
  FROM_LINE.test(Buffer.from(head.subarray(0, LONGEST_FROM_LINE)).toString("latin1").split("\n")[0] ?? "");

/** A splitter with nothing in it. A mail begins at a "From " line at the beginning or after an empty line; ">From " loses one ">". */
export function newSplitter(): Splitter {
  // A newline in front, so that the first line is found like all others.
  let pending = Buffer.from("\n\n");
  let searched = 0;
  let skipping = false;
  let dropped = 0;
  const cut = (final: boolean): Buffer[] => {
    const mails: Buffer[] = [];
    for (;;) {
      const at = pending.indexOf(FROM, searched);
      if (at < 0) {
        searched = Math.max(0, pending.length - FROM.length);
        break;
      }
      const end = pending.indexOf(10, at + 1);
      if (end < 0 && !final && pending.length - at < LONGEST_FROM_LINE) {
        searched = at;
        break;
      }
      const line = pending.subarray(at + 1, end < 0 ? pending.length : end).toString("latin1");
      const alone = pending[at - 1] === 10 || (pending[at - 1] === 13 && pending[at - 2] === 10);
      if (!alone || !FROM_LINE.test(line.slice(0, LONGEST_FROM_LINE))) {
        searched = at + 1;
        continue;
      }
      take(pending.subarray(0, at + 1), mails);
      pending = pending.subarray(end < 0 ? pending.length : end);
      searched = 0;
    }
    if (pending.length > MAX_MAIL_BYTES) {
      if (!skipping) dropped++;
      skipping = true;
      pending = Buffer.from(pending.subarray(-2 * FROM.length));
      searched = 0;
    }
    return mails;
  };
  const take = (mail: Buffer, into: Buffer[]): void => {
    const whole = skipping;
    skipping = false;
    // Without the newline that stands for the end of the "From " line.
    const bytes = mail.subarray(1);
    if (!whole && bytes.toString("latin1", 0, 64).trim() !== "") into.push(unescape(bytes));
  };
  return {
    push(chunk) {
      pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
      return cut(false);
    },
    end() {
      const mails = cut(true);
      take(pending, mails);
      pending = Buffer.alloc(0);
      return mails;
    },
    dropped: () => dropped,
  };
}

/** ">From " at the beginning of a line stands for "From ", ">>From " for ">From ". */
function unescape(mail: Buffer): Buffer {
  if (mail.indexOf(">From ") < 0) return Buffer.from(mail);
  return Buffer.from(mail.toString("latin1").replace(/^>(>*From )/gm, "$1"), "latin1");
}
