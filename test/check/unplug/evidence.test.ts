// Evidence by deletion: which step of a safe exporter carries which obligation, and which carries none.
import assert from "node:assert/strict";
import { evidence } from "../../../server/src/check/unplug/evidence.ts";
import type { Evidence } from "../../../server/src/check/unplug/evidence.ts";
import { OBLIGATIONS } from "../../../server/src/check/unplug/candidates.ts";
import { kits } from "../../lifecycles/unplug/kits.ts";
import { plainSet } from "../../../server/src/lifecycles/unplug/exemplar.ts";
import { vfioSet } from "../../lifecycles/unplug/vfio-set.ts";

/** "obligation: function() step + function() step". */
const lines = (e: Evidence): string[] =>
  e.obligations
    .flatMap((o) => o.evidence.map((x) => `${o.id}: ${x.steps.map((s) => `${s.fn}() ${s.text}`).join(" + ")}`))
    .sort();

describe("unplug evidence", function () {
  this.timeout(120_000);

  it("finds the step behind every obligation of an exporter of our own", () => {
    const e = evidence(plainSet(), kits.plain);
    assert.equal(e.verdict, "safe");
    assert.deepEqual(lines(e), [
      "admitted: foo_attach() tests what the importer can do",
      "before: foo_remove() calls foo_revoke()",
      "before: foo_revoke() calls foo_settle()",
      "drained: foo_map() gets users",
      "drained: foo_revoke() waits",
      "drained: foo_unmap() puts users",
      "fences: foo_settle() waits for the importers' fences",
      "gated: foo_map() tests the gate",
      "init: foo_probe() sets up the provider",
      "null: foo_export() tests the provider",
      "shut: foo_revoke() shuts state",
      "shut: foo_revoke() takes the lock under which importers map",
      "token: foo_export() gets live",
      "token: foo_release() puts live",
      "token: foo_release() takes lock",
      "token: foo_remove() puts live",
      "told: foo_remove() takes a reference, unless the release has begun",
      "told: foo_settle() tells the importers",
    ]);
    assert.deepEqual(
      e.obligations.map((o) => o.id),
      OBLIGATIONS.map((o) => o.id),
    );
  });

  it("never asks for a step that carries nothing: VFIO's test of the gate at attach", () => {
    const set = vfioSet();
    const e = evidence(
      { ...set, roots: set.roots.filter((x) => x.kind !== "revoke" || x.proc === "vfio_pci_ioctl_reset") },
      kits.vfio,
    );
    assert.equal(e.verdict, "safe");
    assert.ok(e.obligations.every((o) => o.verdict === "proved"));
    const admitted = e.obligations.find((o) => o.id === "admitted");
    assert.equal(admitted?.evidence.length, 1);
    assert.match(admitted?.evidence[0]?.breaks ?? "", /waits/);
  });

  it("proves nothing of a set that is not safe", () => {
    const e = evidence(plainSet({ fences: [] }), kits.plain);
    assert.equal(e.verdict, "violated");
    assert.ok(e.obligations.every((o) => o.verdict === "not-proven" && o.reason === "the set is not safe"));
  });

  it("says when it ran out", () => {
    const e = evidence(plainSet(), kits.plain, { explorations: 12 });
    assert.ok(e.obligations.some((o) => o.verdict === "not-proven" && o.reason?.includes("12 explorations") === true));
  });
});
