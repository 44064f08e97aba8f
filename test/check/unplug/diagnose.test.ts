// Diagnosis over the table of defects: each change to a real exporter is named by its rule, and what breaks nothing is met with silence.
import assert from "node:assert/strict";
import { diagnose } from "../../../server/src/check/unplug/diagnose.ts";
import { ACT } from "../../../server/src/lifecycles/unplug/actions.ts";
import type { Edits } from "../../../server/src/lifecycles/unplug/assemble.ts";
import { explore } from "../../../server/src/model/unplug/explore.ts";
import { kits } from "../../lifecycles/unplug/kits.ts";
import { plainSet, WITHOUT } from "../../../server/src/lifecycles/unplug/exemplar.ts";
import { mendedRdmaSet, rdmaSet } from "../../lifecycles/unplug/rdma-set.ts";
import { table } from "../../lifecycles/unplug/table.ts";
import { vfioSet } from "../../lifecycles/unplug/vfio-set.ts";

/** The same defects behind helpers, an enum, an atomic counter and gotos; all findings of each are compared. */
const disguised: readonly (readonly [name: string, edits: Edits, rules: readonly string[]])[] = [
  ["nothing", {}, []],
  ["the state DEAD never set", { finish: [] }, []],
  ["remove() without revocation", { revoke: [] }, ["dma-buf/not-invalidated"]],
  ...Object.entries(WITHOUT).map(([rule, edits]) => [`without ${rule}`, edits, [rule]] as const),
];

describe("unplug diagnosis", function () {
  this.timeout(120_000);

  describe("the table of defects", () => {
    for (const d of table)
      it(`${d.family}: ${d.name} → ${d.rule}`, () => {
        const { verdict, findings, incomplete } = diagnose(d.set(), kits[d.family], { findings: 1 });
        assert.deepEqual(incomplete, []);
        assert.equal(verdict === "safe" ? "silent" : findings[0]?.rule, d.rule);
      });
  });

  describe("in disguise", () => {
    for (const [name, edits, rules] of disguised)
      it(`${name} → ${rules.join(", ") || "silent"}`, () => {
        const { findings, incomplete } = diagnose(plainSet(edits), kits.plain);
        assert.deepEqual(incomplete, []);
        assert.deepEqual(
          findings.map((x) => x.rule),
          rules,
        );
        assert.ok(findings.every((x) => x.confidence === "proved"));
      });
  });

  it("finds in the first merged form of VFIO what its three later fixes were about, one finding each", () => {
    const gone = [
      "move.fences",
      "move.drain",
      "move.rearm.count",
      "move.rearm.comp",
      "map.get",
      "unmap.put",
      "attach.revocable",
      "export.arm",
    ];
    const set = vfioSet(Object.fromEntries(gone.map((x) => [x, []])), "vfio-pci, as first merged");
    const one = { ...set, roots: set.roots.filter((x) => x.kind !== "revoke" || x.proc === "vfio_pci_ioctl_reset") };
    const { findings } = diagnose(one, kits.vfio);
    assert.deepEqual(findings.map((x) => x.rule).sort(), [
      "dma-buf/no-fence-wait",
      "dma-buf/no-unmap-drain",
      "dma-buf/unrevocable-importer",
    ]);
  });

  it("says of uverbs that its revocation races with the release, and that an aborted export is freed twice", () => {
    const { findings } = diagnose(rdmaSet(), kits.rdma);
    assert.deepEqual([...new Set(findings.map((x) => x.rule))].sort(), [
      "dma-buf/revoke-races-release",
      "dma-buf/unwind-after-export",
    ]);
  });

  it("says of the RDMA core that a fork inherits what nobody keeps track of", () => {
    const { findings } = diagnose(mendedRdmaSet(), kits.forks);
    assert.deepEqual(
      [...new Set(findings.map((x) => `${x.rule} ${x.fn}`))],
      ["vma/inherited-untracked rdma_umap_open"],
    );
  });

  it("adds protection only: a repaired set is safe in every scenario", () => {
    const set = plainSet({ fences: [], shut: [], wait: [] });
    const { repaired } = diagnose(set, kits.plain);
    for (const s of kits.plain.scenarios(repaired)) assert.equal(explore(s).verdict, "safe", s.name);
  });

  it("reports what it could not finish, and never as safe", () => {
    const { verdict, incomplete } = diagnose(plainSet(), kits.plain, { budget: 10 });
    assert.equal(verdict, "incomplete");
    assert.ok(incomplete.length > 0 && incomplete.every((x) => x.includes("10 states")));
  });

  it("names where the step belongs and whose it is", () => {
    const [first] = diagnose(plainSet({ fences: [] }), kits.plain).findings;
    assert.equal(first?.fn, "foo_settle");
    assert.match(first?.message ?? "", /^foo_settle\(\) .* does not wait for the fences/);
    assert.equal(first?.violation.trace.at(-1)?.kind, "violation");
  });

  it("uses the vocabulary's names, so that a renamed action is no silent pass", () => {
    const set = plainSet();
    const renamed = {
      ...set,
      procs: {
        ...set.procs,
        foo_settle: {
          ...set.procs["foo_settle"]!,
          code: set.procs["foo_settle"]!.code.map((i) =>
            i.op === "act" && i.act === ACT.waitFences ? { ...i, act: "unheardOf" } : i,
          ),
        },
      },
    };
    const { verdict } = diagnose(renamed, kits.plain);
    assert.notEqual(verdict, "safe");
  });
});
