// Plants bugs on copies of a kernel's real exporters, disguises the copies, and measures how many of them the checker finds.
//   npm run recall -- [--tree DIR] [--family vfio|rdma] [--only ID[,ID]] [--disguise D[,D]|all|none] [--jobs N] [--budget SECONDS]
//                     [--min PERCENT] [--results FILE] [--json] [--list] [--dry-run]
// --results FILE: results are appended to FILE as they come, and what stands there already is not run again; delete it when the engine changed.
//   npm run recall -- --seed N [--tree DIR] [--count N] [--only OPERATOR[,OPERATOR]] [--min PERCENT] [--json]: see plant.ts
// Exit: 0; 1 with --min when recall is below it; 2 for usage; 3 where no checker is joined on.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { casesOf, nameOf, type Case } from "./recall/cases.ts";
import { makeChecker, type FamilyId } from "./recall/checker.ts";
import type { Disguise } from "./recall/disguise.ts";
import { plantMain } from "./plant/main.ts";
import { DISGUISES } from "./recall/disguises.ts";
import { dryReport, dryRun } from "./recall/dry-run.ts";
import { FAMILIES, familyOf } from "./recall/families.ts";
import { MUTANTS } from "./recall/mutants.ts";
import { report, tally } from "./recall/report.ts";
import { runCase, scoreAll, type Raw } from "./recall/run.ts";
import { loadFamily, treeVersion, type Loaded } from "./recall/tree.ts";
import { runInWorkers, type Reply, type Task } from "./recall/workers.ts";

const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const { values } = parseArgs({
  options: {
    tree: { type: "string", default: join(cache, "kernel-trees/linux-source-7.2") },
    family: { type: "string" },
    only: { type: "string" },
    disguise: { type: "string", default: "all" },
    jobs: { type: "string", default: "2" },
    budget: { type: "string", default: "60" },
    min: { type: "string" },
    results: { type: "string" },
    seed: { type: "string" },
    count: { type: "string", default: "60" },
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    "dry-run": { type: "boolean", default: false },
    worker: { type: "boolean", default: false },
  },
});

function usage(message: string): never {
  console.error(message);
  process.exit(2);
}

function chosenFamilies(): readonly FamilyId[] {
  const ids = FAMILIES.map((f) => f.id);
  if (values.family === undefined) return ids;
  const found = ids.filter((id) => id === values.family);
  return found.length > 0 ? found : usage(`no family ${values.family}; there are ${ids.join(", ")}`);
}

function chosenDisguises(): readonly (Disguise | undefined)[] {
  if (values.disguise === "none") return [undefined];
  if (values.disguise === "all") return [undefined, ...DISGUISES];
  return [
    undefined,
    ...values.disguise
      .split(",")
      .map((id) => DISGUISES.find((d) => d.id === id) ?? usage(`no disguise ${id}; --list shows them`)),
  ];
}

function chosenCases(): Case[] {
  const only = values.only?.split(",");
  const unknown = only?.find((id) => !MUTANTS.some((m) => m.id === id));
  if (unknown !== undefined) usage(`no planted bug ${unknown}; --list shows them`);
  const mutants = MUTANTS.filter((m) => only?.includes(m.id) ?? true);
  return chosenFamilies().flatMap((family) => casesOf(family, mutants, chosenDisguises()));
}

/** With a seed, bugs are planted at call sites of the DMA API that are drawn from the whole tree, instead of in the exporters. */
function planted(seed: string): Promise<number> {
  return plantMain({
    tree: values.tree,
    seed: Number(seed),
    count: Number(values.count),
    json: values.json,
    ...(values.only === undefined ? {} : { only: values.only.split(",") }),
    ...(values.min === undefined ? {} : { min: Number(values.min) }),
  });
}

function list(): void {
  for (const m of MUTANTS) {
    console.log(`${m.id.padEnd(32)} ${m.expect.padEnd(30)} ${m.title}`);
    if (m.doubt !== undefined) console.log(`${" ".repeat(33)}doubtful: ${m.doubt}`);
  }
  console.log("");
  for (const d of DISGUISES) console.log(`${d.id.padEnd(32)} ${d.title}`);
}

function loader(): (c: Case) => Loaded {
  const known = new Map<FamilyId, Loaded>();
  return ({ family }) => {
    const loaded = known.get(family) ?? loadFamily(values.tree, familyOf(family));
    known.set(family, loaded);
    return loaded;
  };
}

/** Results by the name of their case, from a file of an earlier run; empty where there is none. */
function readResults(file: string): ReadonlyMap<string, Raw> {
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line) as { case: string; raw: Raw }).map((r) => [r.case, r.raw]));
}

/** A worker: takes indices of the same list of cases as its parent has, and answers each. */
function work(cases: readonly Case[]): void {
  const checker = makeChecker(values.tree);
  const load = loader();
  const reply = (message: Reply): void => void process.send?.(message);
  process.on("message", ({ index }: Task) => {
    const c = cases[index];
    if (!c || !checker) return;
    void runCase(c, load(c), checker, Number.POSITIVE_INFINITY).then((raw) => reply({ index, raw }));
  });
  reply({ ready: true });
}

async function main(cases: readonly Case[]): Promise<number> {
  if (!existsSync(join(values.tree, "Makefile"))) usage(`no kernel tree in ${values.tree}`);
  const version = treeVersion(values.tree);
  const load = loader();
  for (const c of cases) load(c); // a tree without the family's files is a matter of usage, not of forty failed workers
  if (values["dry-run"]) {
    const trials = await dryRun(cases, load, dirname(import.meta.dirname));
    process.stdout.write(`Linux ${version}\n${dryReport(trials)}`);
    return trials.some((t) => t.error !== undefined || t.newGaps.length > 0) ? 1 : 0;
  }
  if (!makeChecker(values.tree)) {
    console.error("recall: no checker is joined on (scripts/recall/checker.ts); --list and --dry-run work without one");
    return 3;
  }
  const known = values.results === undefined ? new Map<string, Raw>() : readResults(values.results);
  const show = (done: number, index: number, raw: Raw): void => {
    const c = cases[index];
    if (values.results !== undefined && c)
      appendFileSync(values.results, `${JSON.stringify({ case: nameOf(c), raw })}\n`);
    if (process.stderr.isTTY) process.stderr.write(`\r${done}/${cases.length}`);
  };
  const args = [...process.argv.slice(2), "--worker"];
  const raws = await runInWorkers(
    import.meta.filename,
    args,
    cases.length,
    Number(values.jobs),
    1000 * Number(values.budget),
    show,
    cases.map((c) => known.get(nameOf(c))),
  );
  if (process.stderr.isTTY) process.stderr.write("\n");
  const scored = scoreAll(cases, raws, FAMILIES);
  process.stdout.write(
    values.json ? `${JSON.stringify({ version, scored }, undefined, 2)}\n` : report(scored, version),
  );
  console.error(`slowest check: ${Math.round(Math.max(0, ...scored.map((s) => s.ms)))} ms`);
  const all = tally(scored.filter((s) => s.mutant !== "sound"));
  return values.min !== undefined && 100 * all.found < Number(values.min) * all.bugs ? 1 : 0;
}

if (values.seed !== undefined) process.exitCode = await planted(values.seed);
else if (values.list) list();
else if (values.worker) work(chosenCases());
else {
  process.exitCode = await main(chosenCases()).catch((error: unknown) => {
    console.error(`recall: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  });
}
