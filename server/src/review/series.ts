// From a heap of mails to the series to be scanned: threads and numbers put patches together, versions of one series are told apart, and the newest is taken.
import type { Mail } from "./mail.ts";
import { baseCommitOf, prerequisitesOf } from "./patch.ts";
import type { Kind, Patch, Sorted } from "./patch.ts";
import { sameTitle } from "./subject.ts";

/** A mail that is no patch, and why. */
export interface Passed {
  readonly subject: string;
  readonly messageId: string;
  readonly kind: Exclude<Kind, "patch">;
  readonly why: string;
}

export interface Series {
  readonly version: number;
  /** n of [1/n] as its patches say; undefined for a single patch. */
  readonly total: number | undefined;
  readonly cover: Mail | undefined;
  /** In order. */
  readonly patches: readonly Patch[];
  /** Numbers of which no mail was found. */
  readonly missing: readonly number[];
  readonly baseCommit: string | undefined;
  readonly prerequisites: number;
  /** Where it begins among the mails. */
  readonly first: number;
}

/** What a heap of mails holds. */
export interface Heap {
  readonly series: readonly Series[];
  readonly passed: readonly Passed[];
  /** All that is no patch, for what the thread says already. */
  readonly talk: readonly Mail[];
}

/** Bodies of replies are kept up to this, to see whether a thing was said. */
const TALK_CHARACTERS = 1 << 16;

export interface Collector {
  add(sorted: Sorted): void;
  /** The series in the order in which they begin. `ordered`: the patches are one series in the order they came in, whatever their tags say. */
  heap(ordered: boolean): Heap;
}

interface Entry {
  readonly patch: Patch;
  readonly order: number;
}

/** A collector that keeps patches whole and of all else only what is said in it. */
export function newCollector(): Collector {
  const patches: Entry[] = [];
  const loose: Entry[] = [];
  const covers: { readonly mail: Mail; readonly patch: Patch; readonly order: number }[] = [];
  const passed: Passed[] = [];
  const talk: Mail[] = [];
  const seen = new Set<string>();
  let order = 0;
  const pass = (patch: Patch, kind: Passed["kind"], why: string): void => {
    passed.push({ subject: patch.mail.subject, messageId: patch.mail.messageId, kind, why });
    // A copy, so that a short part does not keep a long text alive.
    talk.push({ ...patch.mail, body: Buffer.from(patch.mail.body.slice(0, TALK_CHARACTERS)).toString() });
  };
  return {
    add({ kind, patch, why }) {
      const { mail } = patch;
      order++;
      // The same mail comes once for each list that it was sent to.
      if (mail.messageId !== "" && seen.has(mail.messageId)) return;
      if (mail.messageId !== "") seen.add(mail.messageId);
      if (kind === "patch") patches.push({ patch, order });
      else if (kind === "loose") loose.push({ patch, order });
      else pass(patch, kind, why);
      if (kind === "cover") covers.push({ mail, patch, order });
    },
    heap(ordered) {
      const taken = patches.length > 0 ? patches : loose;
      if (patches.length > 0) for (const { patch } of loose) pass(patch, "loose", "a diff without a [PATCH] tag");
      const groups = ordered ? [taken] : group(taken, covers);
      const series = groups.map((entries) => seriesOf(entries, ordered, covers)).sort((a, b) => a.first - b.first);
      return { series: series.filter((each) => each.patches.length > 0), passed, talk };
    },
  };
}

/** Patches that belong together: of one version and total, joined by whom they answer, or by who sent them where they answer nobody. */
function group(
  entries: readonly Entry[],
  covers: readonly { readonly mail: Mail; readonly patch: Patch }[],
): readonly (readonly Entry[])[] {
  const label = ({ subject }: Patch): string => `${subject.version}/${subject.total ?? "single"}`;
  const nodes = new Map<string, { parent: string; label: string }>();
  const key = (mail: Mail, order: number): string => (mail.messageId === "" ? `#${order}` : mail.messageId);
  for (const { patch, order } of entries)
    nodes.set(key(patch.mail, order), { parent: key(patch.mail, order), label: label(patch) });
  for (const { mail, patch } of covers)
    if (!nodes.has(mail.messageId)) nodes.set(mail.messageId, { parent: mail.messageId, label: label(patch) });
  const find = (id: string): string => {
    let root = id;
    while (nodes.get(root) !== undefined && nodes.get(root)?.parent !== root) root = nodes.get(root)?.parent ?? root;
    return root;
  };
  const join = (a: string, b: string): void => {
    const node = nodes.get(find(a));
    if (node !== undefined) node.parent = find(b);
  };
  const siblings = new Map<string, string>();
  for (const { patch, order } of entries) {
    const own = key(patch.mail, order);
    if (patch.subject.total === undefined) continue;
    const answered = [patch.mail.inReplyTo, ...[...patch.mail.references].reverse()].filter((id) => id !== "");
    const known = answered.find((id) => nodes.get(id)?.label === label(patch));
    if (known !== undefined) join(own, known);
    // The cover may be missing: those that answer the same mail still belong together. Without threads, those of one sender do.
    const near = known ?? answered[0] ?? `from ${patch.mail.from} ${patch.source}`;
    const sibling = `${label(patch)} ${near}`;
    const other = siblings.get(sibling);
    if (other !== undefined) join(own, other);
    else siblings.set(sibling, own);
  }
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const root = find(key(entry.patch.mail, entry.order));
    groups.set(root, [...(groups.get(root) ?? []), entry]);
  }
  return [...groups.values()].flatMap(apart);
}

/** A series that was sent twice without threads: a number that comes again, with nothing that says it replaces the first, starts another. */
function apart(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const parts: Entry[][] = [];
  for (const entry of entries) {
    const { number, minor } = entry.patch.subject;
    const clash = (part: readonly Entry[]): boolean =>
      number !== undefined &&
      part.some(({ patch }) => patch.subject.number === number && patch.subject.minor === minor);
    const home = parts.find((part) => !clash(part));
    if (home === undefined) parts.push([entry]);
    else home.push(entry);
  }
  return parts;
}

function seriesOf(
  entries: readonly Entry[],
  ordered: boolean,
  covers: readonly { readonly mail: Mail; readonly patch: Patch; readonly order: number }[],
): Series {
  const [head] = entries;
  const total = ordered ? undefined : head?.patch.subject.total;
  const version = head?.patch.subject.version ?? 1;
  const sorted = ordered
    ? entries
    : [...entries].sort((a, b) => (a.patch.subject.number ?? a.order) - (b.patch.subject.number ?? b.order) || b.patch.subject.minor - a.patch.subject.minor || a.order - b.order); // prettier-ignore
  // Of v2 8/8 and v2.1 8/8 the later one counts.
  const kept = sorted.filter((each, i) => ordered || each.patch.subject.number === undefined || each.patch.subject.number !== sorted[i - 1]?.patch.subject.number); // prettier-ignore
  const parents = new Set(entries.flatMap(({ patch }) => [patch.mail.inReplyTo, ...patch.mail.references]));
  const fitting = covers.filter(({ patch }) => patch.subject.version === version && patch.subject.total === total);
  const cover = ordered
    ? undefined
    : (fitting.find(({ mail }) => parents.has(mail.messageId)) ??
      fitting.find(({ mail }) => mail.from === head?.patch.mail.from));
  const numbers = new Set(kept.map(({ patch }) => patch.subject.number));
  const wanted = total === undefined ? [] : [...Array(Math.min(total, 9999)).keys()].map((n) => n + 1);
  const bodies = [...(cover === undefined ? [] : [cover.mail.body]), ...kept.map(({ patch }) => patch.mail.body)];
  return {
    version,
    total,
    cover: cover?.mail,
    patches: kept.map(({ patch }) => patch),
    missing: wanted.filter((n) => !numbers.has(n)),
    baseCommit: baseCommitOf(bodies),
    prerequisites: prerequisitesOf(bodies),
    first: Math.min(...entries.map(({ order }) => order)),
  };
}

/** Whether two series are versions of the same work: their covers or enough of their patches have the same titles. */
export function sameWork(a: Series, b: Series): boolean {
  const title = ({ cover }: Series): string => sameTitle((cover?.subject ?? "").replace(/\[[^\]]*\]/g, ""));
  if (title(a) !== "" && title(a) === title(b)) return true;
  const titles = new Set(a.patches.map(({ subject }) => sameTitle(subject.title)));
  const common = b.patches.filter(({ subject }) => titles.has(sameTitle(subject.title))).length;
  return common > 0 && common * 3 >= Math.min(a.patches.length, b.patches.length);
}

export interface Choice {
  /** What is scanned, in order. */
  readonly chosen: readonly Series[];
  /** Older versions of it, and others that were not asked for. */
  readonly left: readonly Series[];
}

/** The newest version of each work, or the version asked for. Of equal versions the one that came later (a resend). */
export function choose(all: readonly Series[], version: number | undefined): Choice {
  const works: Series[][] = [];
  for (const each of all) {
    const work = works.find((others) => others.some((other) => sameWork(other, each)));
    if (work === undefined) works.push([each]);
    else work.push(each);
  }
  const chosen = works.flatMap((work) => {
    const fitting = version === undefined ? work : work.filter((each) => each.version === version);
    const best = fitting.reduce<Series | undefined>(
      (a, b) => (a === undefined || b.version >= a.version ? b : a),
      undefined,
    );
    return best ?? [];
  });
  return { chosen, left: all.filter((each) => !chosen.includes(each)) };
}
