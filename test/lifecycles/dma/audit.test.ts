// The lifecycles of the DMA API pass the four audits, and what the path engine takes from them fits: roles, events and rules are there.
import assert from "node:assert/strict";
import { dmaLifecycles, dmaPaths } from "../../../server/src/lifecycles/dma/models.ts";
import { dmaRules } from "../../../server/src/lifecycles/dma/rules.ts";
import { audit } from "../../../server/src/model/audit.ts";

describe("lifecycles of the DMA API", () => {
  for (const model of dmaLifecycles)
    it(`${model.id} is sound, justified, live and total`, () => assert.deepEqual(audit(model).problems, []));

  for (const spec of dmaPaths.specs)
    it(`${spec.model.id} can be followed along paths`, () => {
      for (const event of [
        spec.acquire,
        spec.release,
        ...Object.keys(spec.compare),
        ...Object.keys(spec.countRules ?? {}),
      ])
        assert.ok(event in spec.model.events, event);
      const rules = [
        ...Object.values(spec.compare).flatMap((c) => Object.values(c)),
        ...Object.values(spec.countRules ?? {}),
      ];
      for (const rule of [...rules, ...(spec.wrongKind === undefined ? [] : [spec.wrongKind])])
        assert.ok(rule in dmaRules, rule);
    });
});
