// On a real kernel tree: what the check says of the two in-tree exporters of driver-bound memory, as read and argued by hand.
import assert from "node:assert/strict";
import { makeChecker } from "../../scripts/recall/checker.ts";
import { treeVersion } from "../../scripts/recall/tree.ts";

const tree = process.env["LIFEBOUND_TREE"] ?? "";

describe(`exporters of Linux ${treeVersion(tree)}`, () => {
  const checker = makeChecker(tree);

  it("VFIO: nothing is blamed, and what is not seen is another driver's callback", async () => {
    assert.ok(checker !== undefined);
    const { findings, incomplete } = await checker({}, "vfio");
    assert.deepEqual(
      findings.filter((f) => f.level === "error"),
      [],
    );
    assert.deepEqual(
      incomplete.filter((x) => !x.includes("of another driver is not part of this")),
      [],
    );
  });

  it("uverbs: teardown and release of one buffer are not kept apart, and a failed export frees what release reads", async () => {
    assert.ok(checker !== undefined);
    const { findings } = await checker({}, "rdma");
    const rules = new Set(findings.map((f) => f.rule));
    assert.ok(rules.has("dma-buf/revoke-races-release"), [...rules].join(", "));
    assert.ok(rules.has("dma-buf/unwind-after-export"), [...rules].join(", "));
  });
});
