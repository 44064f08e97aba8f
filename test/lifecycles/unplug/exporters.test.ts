// The two real exporters, written by hand, in the environment: what the kernel has is safe, or the model says where it is not.
import assert from "node:assert/strict";
import { explore } from "../../../server/src/model/unplug/explore.ts";
import type { Exploration } from "../../../server/src/model/unplug/explore.ts";
import type { Scenario } from "../../../server/src/model/unplug/scenario.ts";
import type { SkeletonSet } from "../../../server/src/model/unplug/skeleton.ts";
import { rdma } from "../../../server/src/lifecycles/unplug/contracts/rdma.ts";
import { buildScenarios } from "../../../server/src/lifecycles/unplug/scenarios.ts";
import { kits } from "./kits.ts";
import { plainSet } from "../../../server/src/lifecycles/unplug/exemplar.ts";
import { mendedRdmaSet, rdmaSet } from "./rdma-set.ts";
import { vfioSet } from "./vfio-set.ts";

/** Far above what any of these needs, so that running out is a failure and not a pass. */
const budget = 300_000;

const found = (s: Scenario): string => {
  const e = explore(s, { budget });
  return e.violation === undefined ? e.verdict : `${e.violation.what}: ${e.violation.detail}`;
};

const scenario = (set: SkeletonSet, kit: keyof typeof kits, name: string): Scenario => {
  const s = kits[kit].scenarios(set).find((x) => x.name.endsWith(`: ${name}`));
  assert.ok(s, `no scenario ${name}`);
  return s;
};

describe("unplug environment, real exporters by hand", function () {
  this.timeout(120_000);

  for (const [kit, set] of [
    ["vfio", vfioSet()],
    ["rdma", mendedRdmaSet()],
    ["plain", plainSet()],
  ] as const)
    describe(`${set.name} is safe`, () => {
      for (const s of kits[kit].scenarios(set)) it(s.name, () => assert.equal(found(s), "safe"));
    });

  it("uverbs: nothing keeps the dma-buf there while the file's teardown works on it", () => {
    // uverbs_destroy_ufile_hw() holds hw_destroy_rwsem for writing; the release's trylock fails, it skips the destruction, and the dma-buf is freed under the teardown.
    for (const name of ["close while its file is closed", "remove while its file is closed"])
      assert.match(found(scenario(rdmaSet(), "rdma", name)), /dma_buf\.resv .*freed/);
  });

  it("uverbs: the release after an aborted export reads the freed uobject", () => {
    const s = scenario(rdmaSet(), "rdma", "retire and close while it is exported and closed");
    assert.match(found(s), /ib_uobject\.context of ib_uverbs_dmabuf_file#1, which is freed/);
  });

  it("uverbs: a fork during the disassociation inherits PTEs that nobody zaps", () => {
    // rdma_umap_open() zaps the child's VMA where it cannot track it, but dup_mmap() copies the PTEs only after .open.
    for (const name of [
      "close and remove with the device mapped, and a fork",
      "retire and remove with the device mapped, and a fork",
    ])
      assert.match(found(scenario(mendedRdmaSet(), "forks", name)), /a PTE outlives the driver|pte-while-isolated/);
  });

  it("uverbs without disassociation: a release after the teardown keeps its reference to the file, and remove() waits for ever", () => {
    const s = buildScenarios(rdmaSet({}, { disassociates: false }), rdma).find((x) =>
      x.name.endsWith("close and remove while it is exported and closed"),
    );
    assert.ok(s);
    const e: Exploration = explore(s, { budget, all: true });
    assert.ok(e.found?.includes("cannot-finish"), `found: ${e.found?.join(", ")}`);
  });
});
