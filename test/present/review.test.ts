// Reviews in every format: mails that a mail parser reads and that thread, b4's objects, JSON that fits its schema, a page without network.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import PostalMime from "postal-mime";
import type { Review, ReviewedPatch } from "../../server/src/findings/review.ts";
import { settle } from "../../server/src/findings/settle.ts";
import { renderReview, SCAN_FORMATS } from "../../server/src/cli/render.ts";
import { addressHeader, header } from "../../server/src/present/mail-text.ts";
import { PROOF_LINES, proofLines } from "../../server/src/present/proof-lines.ts";
import { CONTEXT } from "../../server/src/present/quote.ts";
import { alreadySaid, renderReply } from "../../server/src/present/reply.ts";
import { golden } from "../support/golden.ts";
import { proved, read, report, severity } from "../findings/sample.ts";
import { split } from "../review/support.ts";

const tool = { version: "0.0.0", rules: [] };
const settled = settle({ ...report, findings: report.findings.map((each) => ({ ...each, status: "new" as const, patch: 1 })) }, { read, severity }); // prettier-ignore
const DIFF = [
  "Words about it.",
  "---",
  "",
  "diff --git a/drivers/demo/foo-dmabuf.c b/drivers/demo/foo-dmabuf.c",
  "index 1111111..2222222 100644",
  "--- a/drivers/demo/foo-dmabuf.c",
  "+++ b/drivers/demo/foo-dmabuf.c",
  "@@ -1,3 +1,3 @@ one()",
  " a",
  "-b",
  "+c",
  " d",
  "@@ -8,9 +8,8 @@ static void foo_revoke(struct foo *foo)",
  " one",
  " two",
  " three",
  " four",
  " five",
  "-\tdma_resv_wait_timeout(foo);",
  " six",
  "-- ",
  "2.51.0",
];

const patchOf = (index: number, more: Partial<ReviewedPatch> = {}): ReviewedPatch => ({
  index,
  subject: `[PATCH v2 ${index}/3] foo: Jörg's change that has a subject that is long enough to be folded somewhere`,
  messageId: `<${index}@x.example>`,
  status: "applied",
  from: "Jörg Author <joerg@x.example>",
  to: ["list@x.example"],
  cc: ['"Last, First" <last@x.example>', "Jörg Author <joerg@x.example>"],
  date: "Mon, 2 Nov 2026 10:00:00 +0100",
  references: ["<0@x.example>"],
  body: DIFF,
  diff: 4,
  files: ["drivers/demo/foo-dmabuf.c"],
  answers: [],
  looked: true,
  ...more,
});
const first = settled.findings.find(({ finding }) => finding.rule === "dma-buf/no-fence-wait");
const others = settled.findings.filter((each) => each !== first);
assert.ok(first !== undefined);
const review: Review = {
  report: { ...settled, findings: [first], patches: [1, 2, 3].map((n) => patchOf(n)).map(({ index, subject, messageId, status }) => ({ index, subject, messageId, status })) }, // prettier-ignore
  patches: [1, 2, 3].map((n) => patchOf(n)),
  anchors: new Map([[first.fingerprint, { patch: first.finding.patch ?? 1, line: 19, text: DIFF[18] ?? "" }]]),
  base: "commit 0123456789ab (HEAD)",
  proofs: new Map(),
};
const sound: Review = {
  ...review,
  report: { ...review.report, findings: [] },
  patches: [patchOf(1)],
  proofs: new Map([
    [
      1,
      settle(
        { ...report, findings: [], proofs: [{ ...proved, obligations: [proved.obligations[0]] }] },
        { read, severity },
      ).proofs,
    ],
  ]),
};

describe("replies", () => {
  const mbox = renderReview(review, { format: "reply" }, tool);

  it("are what they were", () => golden("present/reply.txt", mbox));
  it("are one mail for each patch with findings, which thread to it", async () => {
    const mails = await Promise.all(split(Buffer.from(mbox)).map((bytes) => PostalMime.parse(bytes)));
    assert.equal(mails.length, 1);
    const [mail] = mails;
    assert.equal(mail?.inReplyTo, "<1@x.example>");
    assert.equal(mail?.references, "<0@x.example> <1@x.example>");
    assert.equal(mail?.subject, `Re: ${patchOf(1).subject}`);
    assert.deepEqual(mail?.to?.map(({ name, address }) => [name, address]), [["Jörg Author", "joerg@x.example"]]); // prettier-ignore
    assert.deepEqual(mail?.cc?.map(({ name, address }) => [name, address]), [["", "list@x.example"], ["Last, First", "last@x.example"]]); // prettier-ignore
    assert.ok(mail?.text?.includes("> -\tdma_resv_wait_timeout(foo);"));
    assert.equal(mail?.attachments.length, 0);
  });
  it("quote no more than they speak of, and ask", () => {
    const body = mbox.slice(mbox.indexOf("\n\n") + 2);
    const quoted = body.split("\n").filter((line) => line.startsWith("> "));
    assert.ok(!quoted.includes("> +c"), "a hunk that is not spoken of");
    assert.ok(quoted.includes("> [...]"));
    assert.ok(quoted.filter((line) => /^> [ +-]/.test(line)).length <= CONTEXT);
    assert.match(body, /^Can it be that [^]*?\?$/m);
    assert.doesNotMatch(body, /\b(?:you|your|must|critical)\b|[A-Z]{12}/);
  });
  it("are at most 78 columns wide, with a diagram of at most 12 lines", () => {
    for (const line of mbox.split("\n").filter((each) => !each.startsWith("> "))) assert.ok(line.length <= 78, line);
    const drawn = mbox.split("\n").filter((line) => /^[ !]\s*\d*(?:-\d+)?\s+[|*<.]|^ {8}/.test(line));
    assert.ok(drawn.length > 0 && drawn.length <= 12, `${drawn.length} lines`);
  });
  it("say nothing where there is nothing, unless asked", () => {
    assert.equal(renderReply(sound), "");
    const said = renderReply(sound, { positive: true });
    assert.match(said, /protects it:\n\n\S+/);
    assert.ok(said.split("\n").every((line) => line.startsWith("> ") || line.length <= 78));
  });
  it("do not repeat what an answer has said already", () => {
    const names = /\b([a-z]\w*_\w+)(?=\()/.exec(first.finding.advice)?.[1] ?? "";
    assert.notEqual(names, "");
    const answer = (text: string): Review => ({ ...review, patches: [patchOf(1, { answers: [text] })] });
    assert.equal(renderReply(answer(`Doesn't ${first.finding.fn} need ${names}() here?`)), "");
    assert.equal(renderReply(answer(`> ${first.code}\n\nWhat about ${names}()?`)), "");
    assert.notEqual(renderReply(answer(`> ${first.finding.fn} ${names}()\n\nFine by me.`)), "");
    assert.ok(alreadySaid(first, [`seen before: ${first.fingerprint}`]));
  });
  it("can't be given headers or mails by what they quote", async () => {
    const evil = patchOf(1, { subject: "[PATCH 1/1] a\nBcc: x@y.example\n\nbody", from: "A\nBcc: b@y.example <a@x.example>", body: DIFF.map((line) => (line === " two" ? "From evil@x Thu Jan  1 00:00:00 1970" : line)) }); // prettier-ignore
    const mails = split(Buffer.from(renderReply({ ...review, patches: [evil] })));
    assert.equal(mails.length, 1);
    const mail = await PostalMime.parse(mails[0] ?? Buffer.alloc(0));
    assert.equal(mail.bcc, undefined);
  });
  it("have headers that are folded and encoded", () => {
    assert.equal(header("Subject", "plain"), "Subject: plain");
    assert.ok(header("Subject", "ä".repeat(200)).split("\n").every((line) => line.length <= 78)); // prettier-ignore
    assert.equal(addressHeader("To", ["a@x.example", "B <b@x.example>"]), "To: a@x.example, B <b@x.example>");
  });
});

describe("b4", () => {
  interface Result {
    readonly tool: string;
    readonly status: string;
    readonly summary: string;
  }
  const results = (of: Review): readonly Result[] =>
    JSON.parse(renderReview(of, { format: "b4" }, tool)) as readonly Result[];
  it("fails what brings an error, passes what is proved, and says nothing where nothing was looked at", () => {
    assert.deepEqual(results({ ...review, patches: [patchOf(1)] }).map(({ tool: name, status }) => `${name} ${status}`), ["lifebound fail"]); // prettier-ignore
    assert.deepEqual(results(sound).map(({ status }) => status), ["pass"]); // prettier-ignore
    assert.deepEqual(results({ ...sound, patches: [patchOf(1, { looked: false })] }), []);
  });
  it("warns of what does not apply", () => {
    const [result] = results({
      ...sound,
      patches: [patchOf(1, { status: "refused", reason: "a.c: hunk 1 of 1 does not fit" })],
    });
    assert.equal(result?.status, "warn");
    assert.match(result?.summary ?? "", /does not apply to commit/);
  });
});

describe("a review as JSON", () => {
  const schema: object = JSON.parse(
    readFileSync(path.resolve(import.meta.dirname, "../../server/src/present/report.schema.json"), "utf8"),
  );
  const validate = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true }).compile(
    schema,
  );
  const compared = { name: "v1", fixed: [...others], kept: [], added: [first] };
  for (const [name, each] of Object.entries({ findings: review, sound, compared: { ...review, compared } }))
    it(`fits its schema: ${name}`, () => assert.ok(validate(JSON.parse(renderReview(each, { format: "json" }, tool))), JSON.stringify(validate.errors))); // prettier-ignore
  it("has the line of the patch", () => {
    const body = JSON.parse(renderReview(review, { format: "json" }, tool)) as {
      findings: { patchLine: { line: number; text: string } }[];
    };
    assert.deepEqual(body.findings[0]?.patchLine, { patch: 1, line: 19, text: "-\tdma_resv_wait_timeout(foo);" });
  });
});

describe("a page", () => {
  const page = renderReview(
    { ...review, patches: [patchOf(1, { subject: "<script>alert(1)</script>" })] },
    { format: "html" },
    tool,
  );
  it("asks the network for nothing and runs nothing", () => {
    assert.doesNotMatch(page, /<script|<link|<img|\bsrc=|@import|url\((?!#)|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    assert.match(page, /default-src 'none'/);
    assert.match(page, /&lt;script&gt;alert/);
  });
  it("draws the sequence", () => assert.match(page, /<svg [^]*<line [^]*<\/svg>/));
  it("closes what it opens", () => {
    for (const tag of ["table", "section", "details", "ul", "ol", "pre", "svg", "div"])
      assert.equal(page.split(`<${tag}`).length, page.split(`</${tag}>`).length, tag);
  });
});

describe("a review in any format", () => {
  const evil: Review = { ...review, base: "x\u001b[2J", patches: [patchOf(1, { subject: "a\u001b]0;b\u0007\u202e" })] };
  for (const format of SCAN_FORMATS)
    it(`is the same twice, and steers no terminal: ${format}`, () => {
      const text = renderReview(evil, { format }, tool);
      assert.equal(renderReview(evil, { format }, tool), text);
      assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f]/);
    });
});

describe("a proof in short", () => {
  it("has at most five lines of 72 columns, and no line numbers", () => {
    const lines = (sound.proofs.get(1) ?? []).flatMap(proofLines);
    assert.ok(lines.length > 1 && lines.length <= PROOF_LINES);
    assert.ok(
      lines.every((line) => line.length <= 72 && !/:\d+/.test(line)),
      lines.join("\n"),
    );
  });
});
