// Extraction: from the program to one skeleton set for each exporter. Rounds: compile with what is known to matter, slice, learn from what is left what else
// matters (the locks, counts and flags of other structs), and again until nothing is new.
import { build } from "./attempt.ts";
import { wordOf } from "./bits.ts";
import { fieldsIn, tagOf } from "./classes.ts";
import { findFamilies, folderOf, isFunction } from "./family.ts";
import { finish } from "./finish.ts";
import { outsiders } from "./roots.ts";
import { scan } from "./scan.ts";
import { newTypes } from "./types.ts";
import { newWorld } from "./world.ts";
import type { Attempt, Task } from "./attempt.ts";
import type { Family } from "./family.ts";
import type { Types } from "./types.ts";
import type { Matter, Scope } from "./world.ts";
import type { Incomplete } from "../../base/result.ts";
import type { FileId, Span } from "../../base/span.ts";
import type { FieldId, SkeletonSet } from "../../model/unplug/skeleton.ts";
import type { Vocabulary } from "../../model/unplug/vocabulary.ts";
import type { Program } from "../../program/program.ts";

/** Rounds of learning what matters; the real exporters settle in four. Hitting the limit is reported. */
export const ROUNDS = 8;

export interface Extraction {
  readonly set: SkeletonSet;
  /** What could not be seen or understood and could matter to this family. */
  readonly notSeen: readonly Incomplete[];
  /** What extraction believed about the code and did not check, for the proof to say. */
  readonly assumptions: readonly string[];
  /** The framework whose contract the family stands under. */
  readonly contract: string;
  readonly exporter: { readonly file: FileId; readonly fn: string; readonly span: Span };
}

/** The exporters of driver-bound memory in `paths` (files, or folder prefixes that end in "/"), each with its skeletons. Sorted by file; never throws. */
export function extractFamilies(
  program: Program,
  vocabulary: Vocabulary,
  { paths }: { readonly paths: readonly string[] },
): readonly Extraction[] {
  const types = newTypes(program, vocabulary);
  const wanted = (file: FileId): boolean => paths.some((p) => file === p || (p.endsWith("/") && file.startsWith(p)));
  const folders = paths.map((p) => (p.endsWith("/") ? p : folderOf(p)));
  return findFamilies(types, wanted, folders).flatMap((family) => {
    const found = extractFamily(types, family);
    return found === undefined ? [] : [found];
  });
}

/** One family's skeletons; undefined for a family that exports nothing bound to a driver. */
export function extractFamily(types: Types, family: Family): Extraction | undefined {
  const { ops, exporters, folders, framework, home } = family;
  const [exporter] = exporters;
  const scope: Scope = { types, folders, framework, ops, home };
  if (exporter === undefined || !fromOrigin(scope, family)) return undefined;
  let task: Task = { types, family, scope, matter: firstMatter(types, family) };
  let attempt = build(task);
  let settled = false;
  for (let round = 1; round < ROUNDS && !settled; round++) {
    const { matter } = task;
    const next = widen(types, family, matter, attempt);
    settled = next.cells.size === matter.cells.size && next.instances.size === matter.instances.size;
    if (settled) break;
    task = { ...task, matter: next };
    attempt = build(task);
  }
  const also = attempt.found.cut.map((fn) => ({
    span: fn.span,
    why: `callers of ${fn.name} are too many or too far up`,
  }));
  if (!settled) also.push({ span: ops.span, why: `what matters did not settle in ${ROUNDS} rounds` });
  return {
    ...finish(task, attempt, also),
    contract: framework.name,
    exporter: { file: exporter.file, fn: exporter.name, span: exporter.span },
  };
}

/** Does an exporter reach a call that gives out driver-bound memory, or does the driver make one elsewhere and keep what it got? */
function fromOrigin(scope: Scope, family: Family): boolean {
  const { vocabulary, program } = scope.types;
  const { origins } = vocabulary;
  if (origins.some((name) => program.mentions(name).some((ref) => isFunction(ref) && family.home(ref.file))))
    return true;
  const only = new Map([...vocabulary.calls].filter(([name]) => origins.includes(name)));
  const types: Types = { ...scope.types, vocabulary: { ...vocabulary, calls: only } };
  const world = newWorld(
    { ...scope, types, framework: { ...scope.framework, border: {} } },
    { tags: new Set(), cells: new Set(), flags: new Set(), instances: new Map() },
  );
  return family.exporters.some((fn) => world.relevant(fn));
}

/** What matters from the start: the private struct with what it contains, and what the contract looks at. */
function firstMatter(types: Types, family: Family): Matter {
  const tags = new Set<string>();
  const embedded = (tag: string): void => {
    if (tags.has(tag)) return;
    tags.add(tag);
    for (const f of types.program.struct(tag, family.ops.file)?.fields ?? []) {
      if (types.kind(f.type, family.ops.file) !== "struct") continue;
      const inner = types.resolve(f.type, family.ops.file).name;
      if (inner !== "" && !types.vocabulary.generic.has(inner) && !types.vocabulary.kinds.has(inner)) embedded(inner);
    }
  };
  embedded(family.private);
  const { vocabulary } = types;
  const instances = new Map<string, number>([...family.framework.objects]);
  for (const t of tags) instances.set(t, 2);
  instances.set(vocabulary.exporter.buffer, 2);
  instances.set(vocabulary.exporter.attachment, 2);
  const cells = new Set(family.framework.cells);
  // A file's variable that keeps what is bound to the driver for others: whoever stores to it matters.
  for (const fn of outsiders(types, family)) {
    for (const name of scan(types, fn).values) {
      if (types.keeps(name, fn.file) !== undefined) cells.add(`global.${name}`);
    }
  }
  return { tags, cells, flags: new Set(), instances };
}

/** What the sliced code shows to matter besides: cells of other structs, and how many objects of those there are. */
function widen(types: Types, family: Family, matter: Matter, attempt: Attempt): Matter {
  const cells = new Set(matter.cells);
  const flags = new Set(matter.flags);
  const instances = new Map(matter.instances);
  const stored = new Set<FieldId>();
  for (const p of attempt.sliced.procs.values()) for (const i of p.code) if (i.op === "store") stored.add(i.f);
  for (const id of fieldsIn(attempt.sliced.procs.values())) {
    const tag = tagOf(id);
    if (types.vocabulary.environment.has(tag) || tag === "global" || tag === "rcu") continue;
    cells.add(id);
    // A function is looked at before its bits have names.
    cells.add(wordOf(id));
    const info = attempt.world.fields.get(id);
    const plain = info?.kind === "value" || info?.kind === "pointer";
    if (plain && !matter.tags.has(tag) && !family.framework.cells.includes(id) && stored.has(id)) flags.add(id);
    for (const t of [tag, ...(info?.outers ?? [])])
      if (!instances.has(t) && !types.vocabulary.generic.has(t) && !types.vocabulary.kinds.has(t)) instances.set(t, 1);
  }
  return { tags: matter.tags, cells, flags, instances };
}
