// Sampling and judging: what is drawn, how a report is held against judgements, and that those in the project can be read.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ruleList } from "../../server/src/lifecycles/catalogue.ts";
import { drawFindings, LEAST, showBlind, showFinding } from "../../scripts/sample/draw.ts";
import { findingsOf } from "../../scripts/sample/finding.ts";
import type { Finding } from "../../scripts/sample/finding.ts";
import { hold, parseJudgements, showHeld } from "../../scripts/sample/judgement.ts";
import type { Judgement } from "../../scripts/sample/judgement.ts";

const finding = (rule: string, n: number): Finding => ({
  rule,
  level: "warning",
  file: "drivers/net/foo/foo.c",
  line: n,
  function: `foo_${n}`,
  message: `nobody unmaps ${n}`,
  fingerprint: `${rule}-${String(n).padStart(3, "0")}`,
  witness: [{ text: "maps", kind: "call", file: "drivers/net/foo/foo.c", line: n }],
});
const many = Array.from({ length: 40 }, (_, i) => finding("dma/leak", i));
const few = [finding("dma/sg-nents", 1), finding("dma/sg-nents", 2)];

const judgement = (of: Finding, verdict: Judgement["verdict"], second?: Judgement["verdict"]): Judgement => ({
  fingerprint: of.fingerprint,
  rule: of.rule,
  file: of.file,
  function: of.function,
  verdict,
  reason: `foo.c:${of.line} says so`,
  ...(second === undefined ? {} : { second: { verdict: second, says: "a leak" } }),
});

describe("sampling", () => {
  it("draws at least five of each rule, or all there are, by seed", () => {
    const drawn = drawFindings([...many, ...few], 1, 5);
    assert.equal(drawn.filter(({ rule }) => rule === "dma/leak").length, LEAST);
    assert.equal(drawn.filter(({ rule }) => rule === "dma/sg-nents").length, 2);
    assert.equal(drawFindings([...many, ...few], 1, 20).length, 20);
    assert.deepEqual(drawFindings(many, 7, 20), drawFindings(many, 7, 20));
    assert.notDeepEqual(drawFindings(many, 7, 20), drawFindings(many, 8, 20));
  });

  it("takes errors and warnings from a report, and nothing from what is none", () => {
    const quiet = { ...finding("dma/leak", 9), level: "information" };
    assert.deepEqual(findingsOf(JSON.stringify({ findings: [...few, quiet] })), few);
    assert.throws(() => findingsOf("{}"), /no report/);
  });

  it("prints a finding with its witness, and without it for a second reader", () => {
    const shown = showFinding(1, finding("dma/leak", 3), () => "drivers/net/foo/foo.c:1-9");
    assert.match(shown, /^1\. dma\/leak \(warning\) drivers\/net\/foo\/foo\.c:3 foo_3\(\)$/m);
    assert.match(shown, /^ {3}\(1\) :3 maps$/m);
    const blind = showBlind(1, finding("dma/leak", 3), () => "drivers/net/foo/foo.c:1-9");
    assert.equal(blind, "1. foo_3() in drivers/net/foo/foo.c:1-9\n");
  });

  it("holds a report against judgements: right, wrong, lost, gone and open", () => {
    const [a, b, c, d, e] = many;
    assert.ok(a && b && c && d && e);
    const judged = [judgement(a, "true"), judgement(b, "true", "false"), judgement(c, "unclear"), judgement(d, "true"), judgement(e, "false")]; // prettier-ignore
    const [held] = hold([a, b, c, finding("dma/leak", 99)], judged);
    assert.deepEqual(held, { rule: "dma/leak", said: 3, right: 1, lost: [judged[3]], gone: 1, open: 1 });
    assert.ok(held);
    assert.match(showHeld([held]), /^dma\/leak +3 +1 +33 % +1 +1 +1$/m);
    assert.match(showHeld([held]), /^lost: dma\/leak drivers\/net\/foo\/foo\.c foo_3\(\): foo\.c:3 says so$/m);
  });

  it("knows a finding again that is said at another line of its function", () => {
    const [a, b] = few;
    assert.ok(a && b);
    const moved = { ...a, line: 77, fingerprint: "elsewhere" };
    const [held] = hold([moved], [judgement(a, "true"), judgement(b, "true")]);
    assert.deepEqual([held?.said, held?.right, held?.lost.length, held?.open], [1, 1, 1, 0]);
    const [twice] = hold([moved, { ...moved, fingerprint: "again" }], [judgement(a, "true")]);
    assert.deepEqual([twice?.said, twice?.open], [1, 1]);
  });

  it("reads every file of judgements in the project: known rules, a verdict and a reason that cites a line", () => {
    const folder = path.resolve(import.meta.dirname, "../judgements");
    const files = readdirSync(folder);
    assert.ok(files.length > 0);
    for (const file of files)
      for (const each of parseJudgements(readFileSync(path.join(folder, file), "utf8")).judgements) {
        assert.ok(
          ruleList.some(({ id }) => id === each.rule),
          each.rule,
        );
        assert.match(each.reason, /:\d+/, `${each.file} ${each.function}`);
      }
  });

  it("says what is wrong with a file of judgements", () => {
    const [a] = few;
    assert.ok(a);
    const text = (judgements: unknown[]): string => JSON.stringify({ tree: "7.2.13", judgements });
    assert.throws(() => parseJudgements(text([judgement(a, "true"), judgement(a, "true")])), /judged twice/);
    assert.throws(() => parseJudgements(text([{ ...judgement(a, "true"), verdict: "maybe" }])), /no verdict maybe/);
    assert.throws(() => parseJudgements(text([{ ...judgement(a, "true"), reason: "" }])), /no reason/);
    assert.throws(() => parseJudgements("{}"), /no tree/);
  });
});
