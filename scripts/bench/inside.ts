// The part of the benchmark that runs in one process: exploring, checking again after a change, parsing. Bundled and run by bench.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { extractFamilies } from "../../server/src/check/unplug/extract.ts";
import { scoped } from "../../server/src/check/unplug/reach.ts";
import { engineOf, kitOf } from "../../server/src/cli/engine.ts";
import { contracts } from "../../server/src/lifecycles/unplug/contracts/index.ts";
import { rdma } from "../../server/src/lifecycles/unplug/contracts/rdma.ts";
import { vfio } from "../../server/src/lifecycles/unplug/contracts/vfio.ts";
import { buildScenarios } from "../../server/src/lifecycles/unplug/scenarios.ts";
import { explore } from "../../server/src/model/unplug/explore.ts";
import type { ExploreOptions } from "../../server/src/model/unplug/explore.ts";
import type { Scenario } from "../../server/src/model/unplug/scenario.ts";
import { openTree } from "../../server/src/project/tree.ts";
import { loadParser } from "../../server/src/syntax/parser.ts";
import type { CParser } from "../../server/src/syntax/parser.ts";
import { rdmaSet } from "../../test/lifecycles/unplug/rdma-set.ts";
import { vfioSet } from "../../test/lifecycles/unplug/vfio-set.ts";
import { casesOf, nameOf, prepare } from "../recall/cases.ts";
import { makeChecker } from "../recall/checker.ts";
import { FAMILIES } from "../recall/families.ts";
import { MUTANTS } from "../recall/mutants.ts";
import { loadFamily } from "../recall/tree.ts";

const [root = ".", part, tree = "", all] = process.argv.slice(2);

/** Milliseconds of the processor, so that other work on the machine counts less. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const open = (): Promise<CParser> =>
  loadParser({
    runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
    grammar: path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
  });

const number = (n: number, width: number): string => n.toFixed(0).padStart(width);

/** Explores the scenarios one after another, and sums up; the slowest view is what design figures are about. */
function bench(name: string, scenarios: readonly Scenario[], options: ExploreOptions = {}): void {
  let [states, transitions, time, slowest] = [0, 0, 0, 0];
  for (const s of scenarios) {
    const start = cpu();
    const e = explore(s, { budget: 1_000_000, ...options });
    const took = cpu() - start;
    states += e.states;
    transitions += e.transitions;
    time += took;
    slowest = Math.max(slowest, took);
    const why = e.reason ?? e.violation?.detail ?? "";
    if (all !== "")
      console.log(`  ${s.name.padEnd(90)} ${e.verdict.padEnd(10)} ${number(e.states, 8)} ${number(e.transitions, 9)} ${number(took, 6)} ms  ${why}`); // prettier-ignore
  }
  console.log(
    `${name.padEnd(64)} ${number(scenarios.length, 3)} views ${number(states, 8)} states ${number(transitions, 9)} transitions ` +
      `${number(time, 6)} ms, slowest view ${number(slowest, 4)} ms, ${number(states / time, 4)}k states/s`,
  );
}

async function exploring(): Promise<void> {
  console.log(
    `\nExploring, milliseconds of the processor (up to 2 buffers, 2 importers, 2 revocations, 1 VMA with a fork)`,
  );
  const hand = [
    ["VFIO, written by hand", buildScenarios(vfioSet(), vfio)],
    ["uverbs, written by hand", buildScenarios(rdmaSet(), rdma)],
  ] as const;
  for (const [name, scenarios] of hand) bench(`${name} (first, cold code)`, scenarios);
  for (const [name, scenarios] of hand) {
    bench(name, scenarios);
    bench(`${name}, only steps on registers fused`, scenarios, { reduce: "local" });
  }
  const opened = tree === "" ? undefined : openTree(tree);
  if (opened === undefined || "why" in opened) return;
  const engine = engineOf(await open());
  for (const dir of ["drivers/vfio", "drivers/infiniband"]) {
    const paths = opened.source.files().filter((file) => file.startsWith(`${dir}/`));
    const start = cpu();
    const program = engine.program(scoped(opened.source, engine.vocabulary, paths));
    const families = extractFamilies(program, engine.vocabulary, { paths });
    console.log(`${dir}: extracting ${families.length} took ${number(cpu() - start, 0)} ms`);
    for (const family of families)
      if (contracts.some((k) => k.id === family.contract))
        bench(`${family.exporter.fn} (extracted)`, kitOf(family.contract).scenarios(family.set));
  }
}

/** What the recall harness does a thousand times: the tree with a planted bug in one file over it, checked in a process that knows the tree. */
async function again(): Promise<void> {
  const checker = makeChecker(tree);
  if (checker === undefined) return;
  console.log(`\nA check again with one file changed, over a tree that was checked before: seconds on the clock`);
  for (const family of FAMILIES) {
    const loaded = loadFamily(tree, family);
    const first = performance.now();
    await checker({}, family.id);
    const took: number[] = [];
    let slowest = "";
    const cases = casesOf(family.id, MUTANTS, [undefined]).filter((c) => c.mutant !== undefined);
    for (const c of cases.filter((_, n) => n % 4 === 0)) {
      const { overlay } = prepare(c, loaded.files, loaded.context);
      const start = performance.now();
      await checker(overlay, family.id);
      took.push((performance.now() - start) / 1000);
      if (took.at(-1) === Math.max(...took)) slowest = nameOf(c);
    }
    took.sort((a, b) => a - b);
    const median = took[took.length >> 1] ?? NaN;
    const rest = took.reduce((sum, t) => sum + t, 0);
    console.log(
      `${family.id}: as it is ${((performance.now() - first) / 1000 - rest).toFixed(2)}; ${took.length} planted bugs, median ${median.toFixed(2)}, ` +
        `slowest ${(took.at(-1) ?? NaN).toFixed(2)} (${slowest})`,
    );
  }
  console.log(`memory at most: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
}

async function parsing(): Promise<void> {
  const opened = openTree(tree);
  if ("why" in opened) return;
  const parser = await open();
  console.log(`\nParsing whole files into plain data, files in memory`);
  for (const dir of ["drivers/vfio", "drivers/infiniband/core", "drivers/dma-buf"]) {
    const texts = opened.source
      .files()
      .filter((file) => file.startsWith(`${dir}/`) && file.endsWith(".c"))
      .map((file) => readFileSync(path.join(tree, file), "latin1"));
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    const start = cpu();
    for (const text of texts) parser.parseFile(text);
    const ms = cpu() - start;
    console.log(
      `${dir}: ${texts.length} files, ${(bytes / 1e6).toFixed(2)} MB in ${number(ms, 0)} ms: ${(bytes / ms / 1000).toFixed(1)} MB/s`,
    );
  }
  console.log(`memory at most: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
}

if (part === "explore") await exploring();
else if (tree !== "" && part === "again") await again();
else if (tree !== "" && part === "parse") await parsing();
