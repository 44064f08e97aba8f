// Presenters: goldens, the schema, and the same bytes for the same report.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import type { Log } from "sarif";
import { settle } from "../../server/src/findings/settle.ts";
import type { Report } from "../../server/src/findings/report.ts";
import { lifecycles } from "../../server/src/lifecycles/index.ts";
import { ruleTable } from "../../server/src/model/lifecycle.ts";
import { renderJson } from "../../server/src/present/json.ts";
import { renderMarkdown } from "../../server/src/present/markdown.ts";
import { renderSarif } from "../../server/src/present/sarif.ts";
import { renderText } from "../../server/src/present/text.ts";
import { golden } from "../support/golden.ts";
import { read, report, severity } from "../findings/sample.ts";

const settled = settle(report, { read, severity });
const series = settle(
  {
    ...report,
    findings: report.findings.map((finding, index) => ({ ...finding, status: index % 2 === 0 ? "new" : "fixed", patch: 2, ...(index % 2 === 0 ? {} : { fixedBy: 3 }) })), // prettier-ignore
    patches: [
      { index: 1, subject: "foo: export buffers", messageId: "<1@example>", status: "applied" },
      { index: 2, subject: "foo: revoke them", messageId: "<2@example>", status: "refused", reason: "no such file" },
    ],
  } satisfies Report,
  { read, severity },
);
const nothing = settle({ findings: [], proofs: [], incomplete: [], seen: {} }, { read, severity });
const rules = ruleTable(lifecycles);
const schema: object = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, "../../server/src/present/report.schema.json"), "utf8"),
);
const validate = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true }).compile(schema);

describe("text", () => {
  it("prints findings, what was not seen and totals", () => golden("present/report.txt", renderText(settled)));
  it("prints proofs where asked for", () => golden("present/proofs.txt", renderText(settled, { proofs: true })));
  it("prints nothing but totals when there is nothing", () => {
    assert.equal(renderText(nothing), "0 errors, 0 warnings; 0 resources proved, 0 violated, 0 not proven\n");
  });
  it("counts what it does not list", () => {
    assert.match(
      renderText(settled, { unseen: 1 }),
      /bar\.c: not seen: could not be read\nand 2 more that were not seen\n/,
    );
  });
});

describe("markdown", () => {
  it("prints findings with diagrams and proofs as tables", () => golden("present/report.md.txt", renderMarkdown(settled, { proofs: true }))); // prettier-ignore
  it("leaves proofs out unless asked for", () => assert.doesNotMatch(renderMarkdown(settled), /\| obligation/));
  it("keeps names of C out of the hands of Markdown", () => {
    const text = renderMarkdown(settled, { proofs: true });
    const prose = text.replace(/```[\s\S]*?```/g, "").replace(/`[^`]*`/g, "");
    assert.doesNotMatch(prose, /[^\\]_|[^*\\]\*[^*]/);
  });
});

describe("json", () => {
  for (const [name, each] of Object.entries({ report: settled, series, nothing })) {
    it(`fits its schema: ${name}`, () => {
      assert.ok(validate(JSON.parse(renderJson(each, { version: "0.0.0" }))), JSON.stringify(validate.errors, null, 2));
    });
  }
  it("says what it said before", () => golden("present/report.json.txt", renderJson(settled, { version: "0.0.0" })));

  it("has a schema that refuses what must not be", () => {
    const spoil = (change: (body: Body) => void): boolean => {
      const body = JSON.parse(renderJson(settled, { version: "0.0.0" })) as Body;
      change(body);
      return validate(body);
    };
    assert.ok(spoil(() => undefined));
    assert.ok(!spoil((body) => (body.findings[0]!.witness = [])), "a finding without a witness");
    assert.ok(!spoil((body) => (body.findings[0]!["extra"] = 1)), "a field that nobody knows");
    assert.ok(!spoil((body) => delete body.findings[0]!["because"]), "a finding without a reason");
    assert.ok(!spoil((body) => (body.proofs[0]!.obligations[0]!.evidence = [])), "proved without evidence");
    assert.ok(!spoil((body) => delete body.proofs[0]!.obligations[1]!.reason), "not proven without a reason");
    assert.ok(!spoil((body) => (body.version = 2)), "another version");
  });
});

interface Body {
  version: number;
  findings: { witness: unknown[]; [key: string]: unknown }[];
  proofs: { obligations: { evidence: unknown[]; reason?: string }[] }[];
}

describe("sarif", () => {
  const log = JSON.parse(renderSarif(settled, { version: "0.0.0", rules })) as Log;
  const run = log.runs[0];

  it("says what it said before", () => golden("present/report.sarif.txt", renderSarif(settled, { version: "0.0.0", rules }))); // prettier-ignore

  it("describes each rule that it uses, and points to it", () => {
    const described = run?.tool.driver.rules ?? [];
    for (const result of run?.results ?? []) assert.equal(described[result.ruleIndex ?? -1]?.id, result.ruleId);
    assert.ok(described.every((rule) => (rule.shortDescription?.text ?? "") !== ""));
    assert.equal(described.length, 4);
  });

  it("has one thread flow for each actor, with the steps in their order in the whole", () => {
    const flows = run?.results?.[0]?.codeFlows?.[0]?.threadFlows ?? [];
    assert.deepEqual(
      flows.map((flow) => [flow.id, flow.locations.map((at) => at.executionOrder)]),
      [
        ["importer 1", [1, 2]],
        ["driver core", [3, 6]],
        ["driver", [4, 5]],
      ],
    );
  });

  it("gives levels, functions, fingerprints and suppressions", () => {
    const [first] = run?.results ?? [];
    assert.equal(first?.level, "error");
    assert.equal(first?.locations?.[0]?.logicalLocations?.[0]?.name, "foo_cleanup");
    assert.equal(first?.locations?.[0]?.physicalLocation?.artifactLocation?.uri, "drivers/demo/foo-dmabuf.c");
    assert.match(first?.partialFingerprints?.["lifebound/v1"] ?? "", /^[0-9a-f]{16}$/);
    const silenced = run?.results?.filter((each) => each.suppressions !== undefined) ?? [];
    assert.deepEqual(
      silenced.map((each) => each.suppressions?.[0]?.justification),
      ["the firmware holds the last reference"],
    );
  });

  it("leaves out regions that are not known", () => {
    const gone = run?.results?.find((each) => each.ruleId === "provider/escapes-driver");
    assert.equal(gone?.locations?.[0]?.physicalLocation?.region, undefined);
    assert.equal(run?.invocations?.[0]?.toolExecutionNotifications?.length, 3);
  });

  it("says what a patch did", () => {
    const states = (JSON.parse(renderSarif(series, { version: "0.0.0", rules })) as Log).runs[0]?.results?.map((each) => each.baselineState); // prettier-ignore
    assert.deepEqual([...new Set(states)].sort(), ["absent", "new"]);
  });
});

describe("presenters", () => {
  it("give the same bytes for the same report in any order", () => {
    const other = settle({ ...report, findings: [...report.findings].reverse(), seen: { files: 2, functions: 3 } }, { read, severity }); // prettier-ignore
    assert.equal(renderText(other, { proofs: true }), renderText(settled, { proofs: true }));
    assert.equal(renderJson(other, { version: "1" }), renderJson(settled, { version: "1" }));
    assert.equal(
      renderSarif(other, { version: "1", rules: [...rules].reverse() }),
      renderSarif(settled, { version: "1", rules }),
    );
  });
});
