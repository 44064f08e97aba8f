// Remembers diagnoses: two states of a tree whose skeletons differ only in where they stand get the same answer, moved to where they stand.
import type { Span } from "../../base/span.ts";
import type { SkeletonSet } from "../../model/unplug/skeleton.ts";
import { diagnose } from "./diagnose.ts";
import type { Diagnosis, DiagnoseOptions, Kit } from "./diagnose.ts";

/** Diagnoses by the skeletons that they are of, the places taken out. Empty at first; kept by whoever checks many states of one tree. */
export type Memory = Map<string, Diagnosis>;

/** Diagnoses kept at once: the oldest goes first. */
const MAX_KEPT = 64;

/** The diagnosis of a set in the environment of that name, explored only where no equal set was. Without a memory it is a plain diagnosis. */
export function recall(
  memory: Memory | undefined,
  environment: string,
  set: SkeletonSet,
  kit: Kit,
  options: DiagnoseOptions,
): Diagnosis {
  if (memory === undefined) return diagnose(set, kit, options);
  const spans: Span[] = [];
  collect(set, spans);
  spans.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.start - b.start || a.end - b.end));
  const real: Span[] = [];
  const rank = new Map<string, Span>();
  for (const span of spans) {
    if (rank.has(nameOf(span))) continue;
    // The order of places within a file is kept, and nothing else of them.
    rank.set(nameOf(span), { file: span.file, start: real.length, end: real.length });
    real.push(span);
  }
  const moved = replace(set, (span) => rank.get(nameOf(span)) ?? span);
  const key = JSON.stringify([environment, options, moved]);
  let known = memory.get(key);
  if (known === undefined) {
    known = diagnose(moved, kit, options);
    const [oldest] = memory.keys();
    if (memory.size >= MAX_KEPT && oldest !== undefined) memory.delete(oldest);
    memory.set(key, known);
  }
  // Places that the environment brought along are its own.
  return replace(known, (span) =>
    span.start === span.end && real[span.start]?.file === span.file ? (real[span.start] ?? span) : span,
  );
}

const nameOf = (span: Span): string => `${span.file}\0${span.start}\0${span.end}`;

const isSpan = (value: object): value is Span =>
  "file" in value &&
  "start" in value &&
  "end" in value &&
  typeof value.file === "string" &&
  typeof value.start === "number";

function collect(value: unknown, into: Span[]): void {
  if (typeof value !== "object" || value === null) return;
  if (isSpan(value)) into.push(value);
  else for (const each of Object.values(value)) collect(each, into);
}

/** A copy with every place replaced. Parts without places are shared with the original. */
function replace<T>(value: T, by: (span: Span) => Span): T {
  const walk = (each: unknown): unknown => {
    if (typeof each !== "object" || each === null) return each;
    if (isSpan(each)) return by(each);
    if (Array.isArray(each)) {
      const list = each.map(walk);
      return list.some((item, i) => item !== each[i]) ? list : each;
    }
    const entries = Object.entries(each).map(([name, part]) => [name, walk(part)] as const);
    return entries.some(([name, part]) => part !== (each as Readonly<Record<string, unknown>>)[name])
      ? Object.fromEntries(entries)
      : each;
  };
  return walk(value) as T;
}
