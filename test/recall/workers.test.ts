// Worker processes: every case gets an answer, also where a worker dies, hangs or never starts.
import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "mocha";
import { runInWorkers } from "../../scripts/recall/workers.ts";

const script = path.join(import.meta.dirname, "worker.mjs");

describe("recall: workers", function () {
  this.timeout(60_000);

  it("answer in order, past one that dies and one that hangs", async () => {
    const seen: number[] = [];
    const raws = await runInWorkers(script, [], 6, 2, 2_000, (done) => seen.push(done));
    assert.deepEqual(
      raws.map((r) => r.error ?? (r.overBudget ? "over budget" : r.disguised.changes)),
      [0, "the worker ended with 9", 2, "over budget", 4, 5],
    );
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6]);
  });

  it("give up where none can start", async () => {
    const raws = await runInWorkers(script, ["broken"], 3, 1, 2_000, () => undefined);
    assert.equal(raws.filter((r) => /before it was ready/.test(r.error ?? "")).length, 3);
  });
});
