// Measures the explorer: states, transitions and CPU time of every view of the hand-written VFIO and RDMA skeletons, with and without reduction by locks.
// Run: npx esbuild scripts/bench-explore.ts --bundle --platform=node --format=esm --outfile=out/bench-explore.mjs && node out/bench-explore.mjs [part of a name]
import { explore } from "../server/src/model/unplug/explore.ts";
import type { Scenario } from "../server/src/model/unplug/scenario.ts";
import { rdma } from "../server/src/lifecycles/unplug/contracts/rdma.ts";
import { vfio } from "../server/src/lifecycles/unplug/contracts/vfio.ts";
import { buildScenarios } from "../server/src/lifecycles/unplug/scenarios.ts";
import { rdmaSet } from "../test/lifecycles/unplug/rdma-set.ts";
import { vfioSet } from "../test/lifecycles/unplug/vfio-set.ts";

const BUDGET = 1_000_000;

/** Milliseconds of CPU, so that other work on the machine counts less. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function bench(scenarios: readonly Scenario[], reduce: boolean | "local"): void {
  let [states, time, slowest] = [0, 0, 0];
  for (const s of scenarios) {
    const start = cpu();
    const e = explore(s, { budget: BUDGET, reduce });
    const took = cpu() - start;
    states += e.states;
    time += took;
    slowest = Math.max(slowest, took);
    const numbers = [e.states, e.transitions].map((n) => String(n).padStart(9)).join("");
    const rate = `${(e.states / took).toFixed(0).padStart(5)}k/s`;
    const why = e.reason ?? e.violation?.detail ?? "";
    console.log(
      `${s.name.padEnd(76)} ${e.verdict.padEnd(10)} ${numbers} ${took.toFixed(0).padStart(6)} ms ${rate}  ${why}`,
    );
  }
  const rate = (states / time).toFixed(0);
  console.log(
    `${scenarios.length} scenarios, ${states} states, ${time.toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms, ${rate}k states/s\n`,
  );
}

const wanted = process.argv[2] ?? "";
const scenarios = [...buildScenarios(vfioSet(), vfio), ...buildScenarios(rdmaSet(), rdma)].filter((s) =>
  s.name.includes(wanted),
);
for (const reduce of ["local", true] as const) {
  console.log(reduce === true ? "steps that commute are fused:" : "only steps on registers are fused:");
  bench(scenarios, reduce);
}
