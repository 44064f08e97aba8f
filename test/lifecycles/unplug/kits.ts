// Kits of the contracts, for tests: what diagnosis and evidence get from the environment.
import type { Kit } from "../../../server/src/check/unplug/diagnose.ts";
import type { Contract } from "../../../server/src/lifecycles/unplug/contracts/contract.ts";
import { plain } from "../../../server/src/lifecycles/unplug/contracts/plain.ts";
import { rdma } from "../../../server/src/lifecycles/unplug/contracts/rdma.ts";
import { vfio } from "../../../server/src/lifecycles/unplug/contracts/vfio.ts";
import { names } from "../../../server/src/lifecycles/unplug/names.ts";
import { buildScenarios } from "../../../server/src/lifecycles/unplug/scenarios.ts";

const kit = (contract: Contract): Kit => ({
  names,
  sessions: contract.bounds.includes("session"),
  scenarios: (set) => buildScenarios(set, contract),
});

export const kits = { vfio: kit(vfio), rdma: kit(rdma), plain: kit(plain) } as const;
