// Kits of the contracts, for tests: what diagnosis and evidence get from the environment.
import type { Kit } from "../../../server/src/check/unplug/diagnose.ts";
import type { Contract } from "../../../server/src/lifecycles/unplug/contracts/contract.ts";
import { plain } from "../../../server/src/lifecycles/unplug/contracts/plain.ts";
import { rdma } from "../../../server/src/lifecycles/unplug/contracts/rdma.ts";
import { vfio } from "../../../server/src/lifecycles/unplug/contracts/vfio.ts";
import { newExplorer } from "../../../server/src/model/unplug/explorer.ts";
import { names } from "../../../server/src/lifecycles/unplug/names.ts";
import { buildScenarios } from "../../../server/src/lifecycles/unplug/scenarios.ts";

/** What is safe in one test is safe in all. */
const { explore } = newExplorer();

const kit = (contract: Contract, without = "nothing"): Kit => ({
  names,
  explore,
  sessions: contract.bounds.includes("session"),
  scenarios: (set) => buildScenarios(set, contract).filter((s) => !s.name.includes(without)),
});

/** `rdma` is without the fork that finds a defect in the core itself; `forks` is with it. */
export const kits = { vfio: kit(vfio), rdma: kit(rdma, "and a fork"), forks: kit(rdma), plain: kit(plain) } as const;
