// The unplug model on the command line: its exemplar is safe, each rule's step carries it, and both runs are told in a diagram.
import assert from "node:assert/strict";
import { unplugEntry } from "../../server/src/cli/unplug-model.ts";
import { WITHOUT } from "../../server/src/lifecycles/unplug/exemplar.ts";
import { ruleList } from "../../server/src/lifecycles/catalogue.ts";

describe("the unplug model on the command line", () => {
  it("checks that the exemplar is safe, and not so without any of its steps", () => {
    const { ok, text } = unplugEntry.check();
    assert.ok(ok, text);
    for (const rule of Object.keys(WITHOUT)) assert.ok(text.includes(`\n  ${rule}: `), rule);
  });
  it("has rules that there are", () => {
    const ids = new Set(ruleList.map((r) => r.id));
    assert.deepEqual(
      unplugEntry.rules.filter((r) => !ids.has(r)),
      [],
    );
  });
  it("tells a run as it should be, with nothing marked, and one without a step, with what goes wrong", () => {
    const good = unplugEntry.trace("text", undefined);
    assert.match(good, /tells every importer that has a callback/);
    assert.doesNotMatch(good, /^!/m);
    const bad = unplugEntry.trace("text", "dma-buf/no-fence-wait");
    assert.match(bad, /^! *\d+ +"DMA goes on after the driver is gone" does not hold$/m);
    assert.match(unplugEntry.trace("mermaid", "dma-buf/no-fence-wait"), /^sequenceDiagram/);
  });
  it("shows contracts and abilities with their sources", () => {
    const text = unplugEntry.show("text");
    assert.match(text, /vfio_unregister_group_dev\(\)/);
    assert.match(text, /\[DOC\]/);
  });
});
