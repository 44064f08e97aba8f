// Drivers that were written before anybody looked how they would be judged: each says in its first line which rule it breaks and where, or none.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { reportOn } from "../support/fixture.ts";

const folder = path.resolve(import.meta.dirname, "../fixtures/heldout");

describe("exporters held out", () => {
  for (const name of readdirSync(folder).sort()) {
    const text = readFileSync(path.join(folder, name), "utf8");
    const expected = /^\/\* expect: (?:none|(\S+) in (\w+)) \*\//.exec(text);
    it(`${name}: ${expected?.[1] ?? "proved"}`, async () => {
      assert.ok(expected, "its first line says what is expected");
      const { findings, proofs } = await reportOn({ "driver.c": text });
      assert.deepEqual(
        findings.map(({ finding }) => `${finding.rule} in ${finding.fn}`),
        expected[1] === undefined ? [] : [`${expected[1]} in ${expected[2] ?? ""}`],
      );
      assert.deepEqual(
        proofs.map((p) => p.verdict),
        [expected[1] === undefined ? "proved" : "violated"],
      );
    });
  }
});
