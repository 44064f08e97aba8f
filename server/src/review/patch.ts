// From a mail or a file to a patch, or to the reason why it is none: covers, replies and bots' mails carry subjects and diffs that look alike.
import { parseDiff } from "./diff.ts";
import type { Diff } from "./diff.ts";
import type { Mail } from "./mail.ts";
import { harmless } from "./paths.ts";
import { parseSubject } from "./subject.ts";
import type { Subject } from "./subject.ts";

/** A patch as it was sent. Lines of its diff count from the beginning of `mail.body`. */
export interface Patch {
  readonly subject: Subject;
  readonly mail: Mail;
  readonly diff: Diff;
  /** The file or mailbox that it came from. */
  readonly source: string;
}

/** What a mail is. `loose`: it carries a diff but no patch tag, so it counts only where nothing else does. */
export type Kind = "patch" | "loose" | "cover" | "reply" | "other";

export interface Sorted {
  readonly kind: Kind;
  readonly patch: Patch;
  /** Why it is no patch; empty for patches. */
  readonly why: string;
}

/** Says what a mail is, by its subject, its diff and whom it answers. `file`: it is a patch file by name, where tags don't matter. */
export function sortMail(mail: Mail, source: string, file = false): Sorted {
  const subject = parseSubject(mail.subject);
  const diff = parseDiff(mail.body);
  const patch: Patch = { subject, mail, diff, source };
  const has = diff.changes.length > 0 || diff.problems.length > 0;
  const none = (kind: Kind, why: string): Sorted => ({ kind, patch, why });
  if (file && has) return none("patch", "");
  if (subject.reply) return none("reply", "a reply");
  if (subject.patch && subject.number === 0) return none("cover", "the cover letter");
  if (subject.patch && has) return none("patch", "");
  if (subject.patch)
    return quotes(mail.body) ? none("reply", "quotes a patch, and holds none") : none("other", "no diff in it");
  if (mail.inReplyTo !== "") return none("reply", "a reply without a patch tag");
  return has ? none("loose", "a diff without a [PATCH] tag") : none("other", "no patch");
}

const quotes = (body: string): boolean => /^> ?(?:diff --git|@@ )/m.test(body);

/** A patch file that is no mail (quilt, diff -u): what its head says of it, as in DEP-3, or else its name. */
export function plainPatch(name: string, text: string): Mail {
  const body = text.replace(/\r+\n/g, "\n");
  const head = body.slice(0, body.search(/^(?:diff |--- |Index: )/m) >>> 0);
  const field = (names: string): string =>
    harmless(new RegExp(`^(?:${names}): *(.+)$`, "im").exec(head)?.[1] ?? "")
      .slice(0, 300)
      .trim();
  const title = field("Subject|Description");
  return {
    messageId: "",
    inReplyTo: "",
    references: [],
    from: field("From|Author"),
    to: [],
    cc: [],
    date: field("Date"),
    subject: title === "" ? harmless(name) : title,
    body,
  };
}

/** Whether a text begins with the header of a mail: what tells it from a patch file that only has a description. */
export function looksLikeMail(text: string): boolean {
  const head =
    /^(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+/.exec(text.slice(0, 65_536).replace(/\r\n/g, "\n"))?.[0] ?? "";
  return /^Subject:/im.test(head) && /^(?:From|Date|Message-ID):/im.test(head);
}

/** The commit that a series says it was made on, from any of its mails. */
export function baseCommitOf(bodies: readonly string[]): string | undefined {
  for (const body of bodies) {
    const found = /^base-commit: ([0-9a-f]{7,64})\b/m.exec(body);
    if (found?.[1] !== undefined) return found[1];
  }
  return undefined;
}

/** How many prerequisite patches a series names that are not in it. */
export const prerequisitesOf = (bodies: readonly string[]): number =>
  bodies.reduce((sum, body) => sum + (body.match(/^prerequisite-(?:patch|message|change)-id: /gm)?.length ?? 0), 0);
