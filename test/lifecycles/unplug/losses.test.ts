// What a framework no longer does is missed by somebody: each thing that a contract can lose breaks a set that is safe with it, under the rule that says what it costs.
import assert from "node:assert/strict";
import { diagnose } from "../../../server/src/check/unplug/diagnose.ts";
import type { Kit } from "../../../server/src/check/unplug/diagnose.ts";
import { kitOf } from "../../../server/src/cli/engine.ts";
import { contracts } from "../../../server/src/lifecycles/unplug/contracts/index.ts";
import type { SkeletonSet } from "../../../server/src/model/unplug/skeleton.ts";
import { mendedRdmaSet, rdmaSet } from "./rdma-set.ts";
import { vfioSet } from "./vfio-set.ts";

const vfio = (): SkeletonSet => {
  const set = vfioSet();
  return { ...set, roots: set.roots.filter((x) => x.kind !== "revoke") };
};
const kept = (): SkeletonSet => rdmaSet({}, { mended: true, disassociates: false });

/** Set and rule by contract and loss. */
const COSTS: Readonly<Record<string, readonly [() => SkeletonSet, string]>> = {
  "vfio wait": [vfio, "provider/use-after-revoke"],
  "vfio close": [vfio, "dma-buf/outlives-session"],
  "rdma disassociation": [mendedRdmaSet, "dma-buf/not-invalidated"],
  "rdma wait": [kept, "dma-buf/not-invalidated"],
  "rdma lock of the teardown": [mendedRdmaSet, "dma-buf/lock-not-held"],
  "rdma destroy callback": [mendedRdmaSet, "dma-buf/revoke-races-release rdma_user_mmap_entry_remove"],
  "rdma zap": [mendedRdmaSet, "vma/not-zapped"],
};

/** Without forks: even the mended set does not hold against those. */
function kit(contract: string, lost: readonly string[]): Kit {
  const all = kitOf(contract, lost);
  return { ...all, scenarios: (set) => all.scenarios(set).filter((s) => !s.name.includes("and a fork")) };
}

describe("what a framework loses", () => {
  const losses = contracts.flatMap((k) => [
    ...new Set(k.requires.flatMap((x) => (x.loses === undefined ? [] : [`${k.id} ${x.loses}`]))),
  ]);
  it("is all listed here", () => assert.deepEqual([...losses].sort(), Object.keys(COSTS).sort()));
  const rules = (set: SkeletonSet, contract: string, lost: readonly string[]): readonly string[] =>
    diagnose(set, kit(contract, lost), { findings: 2 }).findings.flatMap((f) => [f.rule, `${f.rule} ${f.fn}`]);
  it("breaks sets that are safe without the loss", () => {
    for (const [contract, set] of [
      ["vfio", vfio()],
      ["rdma", mendedRdmaSet()],
      ["rdma", kept()],
    ] as const)
      assert.deepEqual(rules(set, contract, []), []);
  });
  for (const [name, [set, rule]] of Object.entries(COSTS)) {
    const [contract = "", ...lost] = name.split(" ");
    it(`${name}: ${rule}`, () => assert.ok(rules(set(), contract, [lost.join(" ")]).includes(rule)));
  }
});
