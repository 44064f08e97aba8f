// Settling a report: places, duplicates, fingerprints, suppressions, order and totals.
import assert from "node:assert/strict";
import type { Finding } from "../../server/src/findings/finding.ts";
import { levelOf } from "../../server/src/findings/finding.ts";
import { fingerprint } from "../../server/src/findings/fingerprint.ts";
import { verdictOf } from "../../server/src/findings/proof.ts";
import type { Obligation, Proof } from "../../server/src/findings/proof.ts";
import { exitCode, FAIL_ON } from "../../server/src/findings/exit.ts";
import type { SettledReport } from "../../server/src/findings/report.ts";
import { settle } from "../../server/src/findings/settle.ts";
import { silences, suppressions } from "../../server/src/findings/suppress.ts";
import { FILES, proved, read, report, severity, waitless } from "./sample.ts";

const settled = settle(report, { read, severity });

describe("findings", () => {
  it("can't be built without a witness, nor a proof without evidence", () => {
    // Never run: the compiler is the test.
    const refused = (): unknown => [
      // @ts-expect-error a finding without a path
      { ...waitless, witness: [] } satisfies Finding,
      // @ts-expect-error proved without evidence
      { name: "x", verdict: "proved", evidence: [] } satisfies Obligation,
      // @ts-expect-error not proven without a reason
      { name: "x", verdict: "not-proven", evidence: [] } satisfies Obligation,
      // @ts-expect-error a proof without obligations
      { ...proved, obligations: [] } satisfies Proof,
    ];
    assert.equal(typeof refused, "function");
  });

  it("are as loud as they are sure, and at most as loud as their rule", () => {
    assert.deepEqual(
      (["proved", "likely"] as const).flatMap((c) => (["error", "warning"] as const).map((s) => levelOf(c, s))),
      ["error", "warning", "warning", "warning"],
    );
  });

  it("give each defect once, the surest first, in order of place", () => {
    assert.deepEqual(
      settled.findings.map((f) => [f.file, f.line, f.column, f.finding.rule, f.level]),
      [
        ["drivers/demo/foo-dmabuf.c", 11, 2, "dma-buf/no-fence-wait", "error"],
        ["drivers/demo/foo-dmabuf.c", 12, 2, "dma-buf/use-after-put", "warning"],
        ["drivers/demo/foo-dmabuf.c", 13, 2, "dma-buf/use-after-put", "warning"],
        ["drivers/demo/foo-dmabuf.c", 17, 2, "dma-buf/leak", "warning"],
        ["drivers/demo/gone.c", 0, 0, "provider/escapes-driver", "warning"],
      ],
    );
    assert.equal(settled.findings[0]?.code, "dma_buf_invalidate_mappings(foo->bufs->dmabuf);");
    assert.equal(settled.findings[4]?.code, "");
  });

  it("place the steps that have a place", () => {
    assert.deepEqual(
      settled.findings[0]?.witness.map(
        ({ place }) => place && [place.file.split("/").at(-1), place.line, place.column],
      ),
      [
        ["foo-dmabuf.c", 5, 9],
        undefined,
        ["foo-main.c", 1, 13],
        ["foo-dmabuf.c", 10, 2],
        ["foo-dmabuf.c", 11, 2],
        undefined,
      ],
    );
  });

  it("are the same whatever the order they came in", () => {
    const other = settle(
      {
        ...report,
        findings: [...report.findings].reverse(),
        proofs: [...report.proofs].reverse(),
        incomplete: [...report.incomplete].reverse(),
      },
      { read, severity },
    );
    assert.equal(JSON.stringify(other), JSON.stringify(settled));
  });

  it("keep their fingerprint when lines are added above, and tell equal lines apart", () => {
    const moved = (file: string): string | undefined => {
      const text = FILES[file];
      return text === undefined ? undefined : `/* a new line\n * above */\n${text}`;
    };
    const by = "/* a new line\n * above */\n".length;
    const shift = (finding: Finding): Finding => ({
      ...finding,
      at: { ...finding.at, start: finding.at.start + by, end: finding.at.end + by },
    });
    const later = settle({ ...report, findings: report.findings.map(shift) }, { read: moved, severity });
    assert.deepEqual(
      later.findings.map((f) => f.fingerprint),
      settled.findings.map((f) => f.fingerprint),
    );
    assert.equal(later.findings[0]?.line, 13);
    const [, first, second] = settled.findings.map((f) => f.fingerprint);
    assert.equal(second, `${first}-2`);
    assert.equal(new Set(settled.findings.map((f) => f.fingerprint)).size, settled.findings.length);
  });

  it("have fingerprints that white space does not change and everything else does", () => {
    const of = { rule: "a/b", file: "x.c", fn: "f", resource: "r", line: "\tfree(p);" };
    assert.equal(fingerprint(of), fingerprint({ ...of, line: "  free(p); " }));
    for (const key of ["rule", "file", "fn", "resource", "line"] as const) {
      assert.notEqual(fingerprint(of), fingerprint({ ...of, [key]: "other" }), key);
    }
  });

  it("are silenced by a comment with a reason, and only then", () => {
    assert.deepEqual(
      settled.suppressed.map(({ finding, reason }) => [finding.line, reason]),
      [[15, "the firmware holds the last reference"]],
    );
    assert.deepEqual(
      settled.incomplete.map(({ file, line, why }) => `${file}:${line} ${why}`),
      [
        "drivers/demo/bar.c:0 could not be read",
        "drivers/demo/foo-dmabuf.c:16 ignore dma-buf/leak without a reason: not followed",
        "drivers/demo/foo-main.c:3 a macro was not understood",
      ],
    );
  });

  it("are counted", () => {
    assert.deepEqual(settled.totals, {
      errors: 1,
      warnings: 4,
      suppressed: 1,
      proved: 1,
      violated: 1,
      notProven: 0,
      incomplete: 3,
      seen: { functions: 3, files: 2 },
    });
  });
});

describe("suppressions", () => {
  const all = suppressions(
    [
      "a(); /* lifebound: ignore a/b because we say so */",
      "/*",
      " * lifebound: ignore c/d - first half,",
      " * second half",
      " */",
      "b();",
      'puts("/* lifebound: ignore e/f in a string */");',
      "// /* lifebound: ignore g/h in a line comment */",
      "/* lifebound: ignore */",
      "/* lifebound: ignored i/j not the word */",
    ].join("\n"),
  );

  it("are read from block comments, over several lines, and not from strings", () => {
    assert.deepEqual(all, [
      { rule: "a/b", reason: "because we say so", line: 1, covers: [1, 2] },
      { rule: "c/d", reason: "first half, second half", line: 2, covers: [5, 6] },
      { rule: "", reason: "", line: 9, covers: [9, 10] },
    ]);
  });

  it("speak of their own line and the next, and of their rule alone", () => {
    assert.equal(silences(all, "c/d", 6)?.reason, "first half, second half");
    assert.equal(silences(all, "c/d", 7), undefined);
    assert.equal(silences(all, "a/b", 6), undefined);
    assert.equal(silences(all, "", 9), undefined);
  });
});

describe("verdicts and exit codes", () => {
  it("take the worst of the obligations", () => {
    const [good, open, bad] = proved.obligations as readonly [Obligation, Obligation, Obligation];
    assert.equal(verdictOf({ ...proved, obligations: [good] }), "proved");
    assert.equal(verdictOf({ ...proved, obligations: [good, open] }), "not-proven");
    assert.equal(verdictOf({ ...proved, obligations: [bad, open] }), "violated");
  });

  it("fail a run from the asked level on", () => {
    const only = (changes: Partial<Finding> | undefined, notProven = 0): SettledReport => ({
      ...settled,
      findings: changes === undefined ? [] : settled.findings.slice(0, 1).map((f) => ({ ...f, level: changes.confidence === "likely" ? "warning" : "error", finding: { ...f.finding, ...changes } })), // prettier-ignore
      totals: { ...settled.totals, notProven },
    });
    const table: readonly [string, SettledReport, string][] = [
      ["nothing", only(undefined), "000000"],
      ["an error", only({}), "011111"],
      ["a warning", only({ confidence: "likely" }), "001011"],
      ["a new error", only({ status: "new" }), "011111"],
      ["an old error", only({ status: "pre-existing" }), "000111"],
      ["a moved warning", only({ status: "moved", confidence: "likely" }), "000011"],
      ["a fixed error", only({ status: "fixed" }), "000000"],
      ["an error that came and went", only({ status: "transient" }), "000000"],
      ["something not proven", only(undefined, 1), "000001"],
    ];
    for (const [what, run, codes] of table) {
      assert.equal(FAIL_ON.map((failOn) => exitCode(run, failOn)).join(""), codes, what);
    }
  });
});
