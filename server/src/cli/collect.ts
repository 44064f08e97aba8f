// From inputs to patches: sniffs what each file is, cuts mailboxes into mails while they are read, and keeps what is a patch.
import type { Incomplete } from "../base/result.ts";
import type { Progress } from "../check/check.ts";
import type { InputFile, Inputs } from "../project/inputs.ts";
import { MAX_MAIL_BYTES, readMail } from "../review/mail.ts";
import { isMbox, newSplitter } from "../review/mbox.ts";
import { looksLikeMail, plainPatch, sortMail } from "../review/patch.ts";
import { choose, newCollector } from "../review/series.ts";
import type { Collector, Heap, Series } from "../review/series.ts";

/** What a user's inputs hold. */
export interface Collected extends Heap {
  readonly chosen: readonly Series[];
  readonly left: readonly Series[];
  readonly unread: readonly Incomplete[];
  readonly mails: number;
}

/** Reads inputs one after the other. Never throws on what they hold; what can't be read is listed. `version`: that of the series, where not the newest is wanted. */
export async function collect(
  inputs: readonly Inputs[],
  version: number | undefined,
  progress: Progress,
): Promise<Collected> {
  const collector = newCollector();
  const unread: Incomplete[] = inputs.flatMap((each) => each.unread);
  let mails = 0;
  const files = inputs.flatMap((each) => each.files);
  for (const file of files) {
    try {
      mails += await readInput(file, collector, (why) => unread.push({ file: file.name, line: 0, why }), (n) => progress(`reading mails of ${file.name}`, mails + n, 0)); // prettier-ignore
    } catch (error) {
      unread.push({ file: file.name, line: 0, why: error instanceof Error ? error.message : String(error) });
    }
  }
  const ordered = inputs.some((each) => each.ordered);
  const heap = collector.heap(ordered);
  return { ...heap, ...(ordered ? { chosen: heap.series, left: [] } : choose(heap.series, version)), unread, mails };
}

/** How many mails it held. */
async function readInput(
  file: InputFile,
  collector: Collector,
  miss: (why: string) => void,
  progress: (mails: number) => void,
): Promise<number> {
  let count = 0;
  const add = async (bytes: Buffer, lone: boolean): Promise<void> => {
    progress(++count);
    const mail = await readMail(bytes);
    if ("why" in mail) miss(mail.why);
    else collector.add(sortMail(mail, file.name, lone && file.file));
  };
  let splitter: ReturnType<typeof newSplitter> | undefined;
  let head: Buffer[] = [];
  let size = 0;
  // The first mail waits for the second: a patch file with one mail is a patch whatever its subject says.
  let waiting: Buffer | undefined;
  const take = async (all: readonly Buffer[]): Promise<void> => {
    for (const mail of all) {
      if (waiting !== undefined && waiting.length > 0) await add(waiting, false);
      if (waiting === undefined) waiting = mail;
      else {
        waiting = Buffer.alloc(0);
        await add(mail, false);
      }
    }
  };
  for await (const chunk of file.open()) {
    if (splitter === undefined && size === 0 && isMbox(chunk)) splitter = newSplitter();
    size += chunk.length;
    if (splitter !== undefined) await take(splitter.push(chunk));
    else if (size <= MAX_MAIL_BYTES) head.push(chunk);
    else {
      miss(`no mailbox, and larger than ${MAX_MAIL_BYTES >> 20} MiB: not read`);
      return 0;
    }
  }
  if (splitter === undefined) {
    const bytes = Buffer.concat(head);
    head = [];
    const text = bytes.toString("latin1");
    if (looksLikeMail(text)) await add(bytes, true);
    else if (bytes.includes(0)) {
      miss("neither a mail nor a patch");
      return 0;
    } else if (text.trim() !== "") collector.add(sortMail(plainPatch(file.name, decode(bytes)), file.name, true));
    return 1;
  }
  await take(splitter.end());
  if (waiting !== undefined && waiting.length > 0) await add(waiting, count === 0);
  if (splitter.dropped() > 0) miss(`${splitter.dropped()} mails of more than ${MAX_MAIL_BYTES >> 20} MiB: not read`);
  return count;
}

function decode(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return text.includes("\ufffd") ? bytes.toString("latin1") : text;
}
