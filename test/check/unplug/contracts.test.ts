// Contracts against the code that they cite: a framework that still does what is said of it, one with the wait cut out, and a tree without it.
import assert from "node:assert/strict";
import { verifyContract } from "../../../server/src/check/unplug/contracts.ts";
import { programOf } from "../../program/support.ts";

const requires = [
  { file: "drivers/frame/core.c", fn: "frame_unregister", calls: ["frame_put", "wait_for_completion"], why: "waits" },
];
const body = (inside: string): string =>
  `static void frame_put(struct frame *f)\n{\n\tcomplete(&f->comp);\n}\n\nvoid frame_unregister(struct frame *f)\n{\n${inside}}\n`;

describe("contracts on a tree", () => {
  it("hold where the calls stand in order", async () => {
    const program = await programOf({
      "drivers/frame/core.c": body("\tframe_put(f);\n\tif (f->any)\n\t\twait_for_completion(&f->comp);\n"),
    });
    assert.deepEqual(verifyContract(requires, program), { broken: [], unseen: [] });
  });
  it("break when the wait is cut out, moved before the put, or the function is gone", async () => {
    for (const [inside, found] of [
      ["\tframe_put(f);\n", /does not call wait_for_completion\(\)/],
      ["\twait_for_completion(&f->comp);\n\tframe_put(f);\n", /does not call wait_for_completion\(\)/],
    ] as const) {
      const { broken } = verifyContract(requires, await programOf({ "drivers/frame/core.c": body(inside) }));
      assert.match(broken[0]?.found ?? "", found);
    }
    const gone = await programOf({ "drivers/frame/core.c": "int x;\n" });
    assert.match(verifyContract(requires, gone).broken[0]?.found ?? "", /is not there/);
  });
  it("are unseen where the tree does not hold the file", async () => {
    const program = await programOf({ "drivers/other.c": "int x;\n" });
    assert.deepEqual(verifyContract(requires, program), { broken: [], unseen: requires });
  });
});
