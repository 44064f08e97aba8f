// Subjects of kernel mails: "[PATCH RFC net-next v3 07/11] subsys: title" taken apart. What is a reply, what is a patch, which of how many.

export interface Subject {
  /** Starts with Re:, Fwd: or the like, before any patch tag. */
  readonly reply: boolean;
  /** Carries a patch tag: PATCH, or RFC or a version with n/m. */
  readonly patch: boolean;
  /** 1 where none is given. */
  readonly version: number;
  /** The 1 of v2.1: a patch of version 2 that was sent again on its own; 0 otherwise. */
  readonly minor: number;
  /** n of n/m; undefined for a single patch. 0 is the cover letter. */
  readonly number: number | undefined;
  readonly total: number | undefined;
  readonly rfc: boolean;
  readonly resend: boolean;
  /** Other words in the brackets: trees, stable versions, list names. */
  readonly tags: readonly string[];
  /** What is left without brackets. */
  readonly title: string;
}

const REPLY = /^(?:re|aw|fwd?|sv|vs|wg|antw|odp|res|rif)\s*(?:\[\d+\]|\(\d+\))?\s*:\s*/i;
/** Longer subjects are cut before they are looked at. */
export const MAX_SUBJECT = 1000;

/** Takes a decoded subject apart; never fails. */
export function parseSubject(text: string): Subject {
  let rest = text.slice(0, MAX_SUBJECT).replace(/\s+/g, " ").trim();
  let reply = false;
  const words: string[] = [];
  for (;;) {
    const group = /^\[([^\]]*)\] ?/.exec(rest);
    if (group !== null) {
      words.push(...(group[1] ?? "").split(/[\s,]+/).filter((word) => word !== ""));
      rest = rest.slice(group[0].length);
      continue;
    }
    const answer = words.some(isPatchWord) ? null : REPLY.exec(rest);
    if (answer === null || answer[0] === "") break;
    reply = true;
    rest = rest.slice(answer[0].length);
  }
  return { reply, ...tagsOf(words), title: rest };
}

const isPatchWord = (word: string): boolean =>
  /^(?:PATCH(?:ES)?|RFC[-_/]?PATCH|PATCH[-_/]?RFC)(?:[-_]?v?\d+)?$/i.test(word);

function tagsOf(words: readonly string[]): Omit<Subject, "reply" | "title"> {
  let version = 1;
  let minor = 0;
  let versioned = false;
  let number: number | undefined;
  let total: number | undefined;
  const tags: string[] = [];
  for (const word of words) {
    const v = /^(?:PATCH|RFC)?[-_]?v(\d{1,3})(?:\.(\d{1,2}))?$/i.exec(word);
    const n = /^(\d{1,4})\/(\d{1,4})$/.exec(word);
    if (v !== null) {
      version = Math.max(1, Number(v[1]));
      minor = Number(v[2] ?? 0);
      versioned = true;
    } else if (n !== null && Number(n[1]) <= Number(n[2])) {
      number = Number(n[1]);
      total = Number(n[2]);
    } else if (!isPatchWord(word) && !/^(?:RFC|RFT|RESEND|REPOST)$/i.test(word)) tags.push(word);
  }
  const rfc = words.some((word) => /RFC/i.test(word));
  const named = words.some((word) => isPatchWord(word) || /^PATCH[-_]?v\d/i.test(word));
  return {
    patch: named || ((rfc || versioned) && (number !== undefined || versioned)),
    version,
    minor,
    number,
    total,
    rfc,
    resend: words.some((word) => /^(?:RESEND|REPOST)$/i.test(word)),
    tags,
  };
}

/** A title as it is compared between versions: without case, blanks and punctuation at its ends. */
export const sameTitle = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
