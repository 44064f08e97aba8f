// Every lifecycle passes the four audits, and what it says is in a golden file that somebody looked at.
import assert from "node:assert/strict";
import { lifecycles } from "../../server/src/lifecycles/index.ts";
import { audit } from "../../server/src/model/audit.ts";
import { COLUMNS } from "../../server/src/model/draw-plain.ts";
import { AT_REST } from "../../server/src/model/explore.ts";
import { explainRule, modelPage, showModel } from "../../server/src/present/model.ts";
import { ruleTable } from "../../server/src/model/lifecycle.ts";
import { golden } from "../support/golden.ts";

describe("lifecycles", () => {
  it("have names of their own", () => {
    const ids = lifecycles.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  for (const model of lifecycles) {
    describe(model.id, () => {
      const found = audit(model);
      it("is sound: what it calls right breaks nothing", () => assert.ok(found.sound, found.problems.join("\n")));
      it("is justified: each forbidden row, allowed, breaks something", () => assert.ok(found.justified, found.problems.join("\n"))); // prettier-ignore
      it("is live: all of it can happen, and it can always come to rest", () => assert.ok(found.live, found.problems.join("\n"))); // prettier-ignore
      it("is total: nothing is said twice, left out or left over", () => assert.ok(found.total, found.problems.join("\n"))); // prettier-ignore
      it("says what it said before", () => golden(`lifecycles/${model.id}.model.txt`, modelPage(model)));
      it("is cited: files with functions, or documents", () => {
        assert.ok(model.sources.length > 0);
        for (const source of model.sources) assert.match(source, /^(Documentation\/\S+\.rst|[a-z]+\/\S+\.[ch] \w+)/);
      });
      it("needs each of its invariants for a rule", () => {
        const broken = new Set(found.justifications.map(({ violation }) => violation?.name));
        broken.delete(AT_REST);
        assert.deepEqual(
          Object.keys(model.invariants).filter((name) => !broken.has(name) && !SPARE[model.id]?.includes(name)),
          [],
        );
      });
    });
  }

  it("have rules whose pages fit a terminal where they are drawn, and a model page each", () => {
    for (const rule of ruleTable(lifecycles)) {
      const drawn = explainRule(rule, lifecycles)
        .split("\n")
        .filter((line) => /^[! ] ?\d+ {2}|^ {5}\|/.test(line));
      assert.ok(drawn.length > 2, rule.id);
      for (const line of drawn) assert.ok(line.length <= COLUMNS, `${rule.id}: ${line}`);
    }
    for (const model of lifecycles) assert.match(showModel(model), /^Must hold$/m);
  });
});

/** Invariants that no single forbidden row breaks first, with the reason why they stay. */
const SPARE: Readonly<Record<string, readonly string[]>> = {
  // Breaks together with the other one; kept because it says what the hardware may reach while the buffer is nobody else's yet.
  "dma-buf-mapping": ["the hardware reaches only what is mapped"],
};
