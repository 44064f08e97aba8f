// The rule table: exactly the catalogue, each rule owned by one model and worded in one place.
import assert from "node:assert/strict";
import { ruleList } from "../../server/src/lifecycles/catalogue.ts";
import { lifecycles } from "../../server/src/lifecycles/index.ts";
import { ruleTable } from "../../server/src/model/lifecycle.ts";

/** The catalogue of the plan for providers, dma-buf, user mappings and the DMA API: more may come, none may go. */
const CATALOGUE: Readonly<Record<string, string>> = {
  provider: "not-initialised unchecked-null escapes-driver ungated-use use-after-revoke",
  "dma-buf": `not-invalidated gate-not-closed gate-after-invalidate no-fence-wait weak-fence-wait no-unmap-drain uncounted-mapping counted-too-short
    drain-under-lock drain-never-ends revoke-not-idempotent revoke-races-release outlives-session maps-while-isolated unrevocable-importer
    release-uses-driver lock-not-held lock-held published-early use-after-publish use-after-put unwind-after-export leak use-after-invalidate`,
  vma: "not-zapped fault-not-gated zap-before-gate maps-while-isolated inherited-untracked",
  dma: `unchecked-mapping leak double-unmap use-after-unmap wrong-unmap size-mismatch address-mismatch direction-mismatch device-mismatch attrs-mismatch
    sg-nents free-while-mapped cpu-access stack-memory vmalloc-memory sync-unmapped sync-direction sync-range sync-nents unmap-of-error rodata-memory
    overlap resource-of-ram iova-not-synced iova-order iova-leak pending-at-unbind`,
};

describe("rule table", () => {
  const table = ruleList;

  it("has exactly the rules of the catalogue for these families", () => {
    const wanted = Object.entries(CATALOGUE).flatMap(([family, names]) =>
      names.split(/\s+/).map((name) => `${family}/${name}`),
    );
    const here = table.map(({ id }) => id).filter((id) => (id.split("/")[0] ?? "") in CATALOGUE);
    assert.deepEqual([...here].sort(), [...wanted].sort());
  });

  it("gives each rule one owner and at least one forbidden row", () => {
    const ids = table.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const rule of ruleTable(lifecycles)) {
      const owner = lifecycles.find(({ id }) => id === rule.lifecycle);
      assert.ok(
        owner?.forbidden.some((row) => row[3] === rule.id),
        rule.id,
      );
    }
  });

  it("cites the kernel for each rule that no lifecycle owns", () => {
    const own = table.filter((rule) => !lifecycles.some(({ id }) => id === rule.lifecycle));
    assert.ok(own.length > 20);
    for (const { id, sources } of own) {
      assert.ok(sources !== undefined && sources.length > 0, id);
      for (const source of sources)
        assert.match(source, /^(Documentation\/\S+\.rst( "[^"]+"| \w+\(\))?|[a-z]+\/\S+\.[ch] \w+\(\))$/, id);
    }
  });

  it("words each rule as a title without a full stop and two sentences with one", () => {
    for (const { id, title, because, advice } of table) {
      assert.match(title, /^[A-Z][^\n]{10,80}[^.]$/, id);
      for (const sentence of [because, advice])
        assert.match(sentence, /^[A-Za-z][^\n]{20,220}\.$/, `${id}: ${sentence}`);
    }
  });

  it("uses no word that reviewers do not want to read", () => {
    for (const { id, title, because, advice } of table) {
      assert.doesNotMatch(`${title} ${because} ${advice}`, /violat|critical|severe|vulnerab/i, id);
    }
  });
});
