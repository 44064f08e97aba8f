// Runs the check over planted files and counts what was found: by how far the checker had to look, and by operator.
import type { Planted } from "./draw.ts";
import type { TreeChecker } from "./checker.ts";
import type { Reach } from "./sites.ts";

/** found: the right rule in a right function, and not there before. elsewhere: the rule, in another function of the file. */
export type Outcome = "found" | "elsewhere" | "missed" | "failed";

export interface Result {
  readonly planted: Omit<Planted, "text">;
  readonly outcome: Outcome;
  /** What was new of the file, "rule in function". */
  readonly fresh: readonly string[];
  readonly ms: number;
  readonly why?: string;
}

interface Said {
  readonly rule: string;
  readonly fn: string;
  readonly key: string;
}

/** Checks each planted file, and each file as it stands once. Never throws on what the checker does. */
export async function runPlanted(
  planted: readonly Planted[],
  checker: TreeChecker,
  done: (result: Result, n: number) => void,
): Promise<readonly Result[]> {
  const baselines = new Map<string, readonly Said[]>();
  const results: Result[] = [];
  const sorted = [...planted].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
  for (const each of sorted) {
    const { text, ...rest } = each;
    const started = performance.now();
    let result: Result;
    try {
      const before = baselines.get(each.file) ?? (await sayings(checker, each.file, {}));
      baselines.set(each.file, before);
      const now = await sayings(checker, each.file, { [each.file]: text });
      const fresh = freshOf(now, before);
      result = { planted: rest, outcome: judge(each, fresh), fresh: shown(fresh), ms: performance.now() - started };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      result = { planted: rest, outcome: "failed", fresh: [], ms: performance.now() - started, why };
    }
    results.push(result);
    done(result, results.length);
  }
  return results;
}

async function sayings(
  checker: TreeChecker,
  file: string,
  texts: Readonly<Record<string, string>>,
): Promise<readonly Said[]> {
  const report = await checker.check([file], texts);
  return report.findings
    .filter((each) => each.file === file && each.level !== "information")
    .map(({ finding: { rule, fn, resource } }) => ({ rule, fn, key: `${rule}\0${fn}\0${resource}` }));
}

/** What is said more often than before. */
export function freshOf(now: readonly Said[], before: readonly Said[]): readonly Said[] {
  const left = new Map<string, number>();
  for (const { key } of before) left.set(key, (left.get(key) ?? 0) + 1);
  return now.filter(({ key }) => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}

const shown = (said: readonly Said[]): readonly string[] =>
  [...new Set(said.map(({ rule, fn }) => `${rule} in ${fn}`))].sort();

export function judge({ operator, fns }: Pick<Planted, "operator" | "fns">, fresh: readonly Said[]): Outcome {
  const named = fresh.filter(({ rule }) => rule === operator.rule || operator.also?.includes(rule) === true);
  if (named.some(({ fn }) => fns.includes(fn))) return "found";
  return named.length > 0 ? "elsewhere" : "missed";
}

const percent = (found: number, of: number): string => (of === 0 ? "-" : `${((100 * found) / of).toFixed(0)} %`);
const REACHES: readonly Reach[] = ["path-local", "cross-function", "escaped"];

/** The tables that are printed: by reach, by operator, and what was missed. */
export function plantReport(results: readonly Result[]): string {
  const found = (some: readonly Result[]): number => some.filter(({ outcome }) => outcome === "found").length;
  const row = (name: string, some: readonly Result[]): string =>
    `${name.padEnd(26)} ${String(found(some)).padStart(4)} / ${String(some.length).padEnd(4)} ${percent(found(some), some.length).padStart(6)}`;
  const near = results.filter(({ planted }) => planted.reach !== "escaped");
  const ids = [...new Set(results.map(({ planted }) => planted.operator.id))];
  return [
    "found / planted",
    ...REACHES.map((reach) =>
      row(
        reach,
        results.filter(({ planted }) => planted.reach === reach),
      ),
    ),
    row("local and cross-function", near),
    row(
      "on error paths",
      results.filter(({ planted }) => planted.error),
    ),
    row(
      "on main paths",
      results.filter(({ planted }) => !planted.error),
    ),
    row("all", results),
    "",
    ...ids.map((id) =>
      row(
        id,
        results.filter(({ planted }) => planted.operator.id === id),
      ),
    ),
    "",
    ...results.filter(({ outcome }) => outcome !== "found").map(showMiss),
    "",
  ].join("\n");
}

function showMiss({ planted, outcome, fresh, why }: Result): string {
  const { operator, file, fn, line, reach } = planted;
  const instead = why ?? (fresh.length > 0 ? `said: ${fresh.join("; ")}` : "nothing new was said");
  return `${outcome}: ${operator.id} (${operator.rule}, ${reach}) ${file}:${line} ${fn}(): ${instead}`;
}
