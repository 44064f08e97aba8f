// Mails in every encoding that the lists have, mailboxes cut at every byte, and series out of heaps of mails.
import assert from "node:assert/strict";
import { MAX_MAIL_BYTES, readMail } from "../../server/src/review/mail.ts";
import { isMbox, newSplitter } from "../../server/src/review/mbox.ts";
import { baseCommitOf, looksLikeMail, plainPatch, sortMail } from "../../server/src/review/patch.ts";
import { choose } from "../../server/src/review/series.ts";
import type { Heap } from "../../server/src/review/series.ts";
import { change, heapOf, mail, patch, read, split } from "./support.ts";

const DIFF = change("a.c", "/* ä */", "/* ö */");
const HEAD = { From: "A <a@x.example>", Subject: "[PATCH] a" };

describe("mails", () => {
  const same = async (bytes: Buffer): Promise<void> => {
    const { diff } = sortMail(await read(bytes), "test").patch;
    assert.deepEqual(diff.problems, []);
    assert.deepEqual(diff.changes[0]?.hunks[0]?.lines, [" first", "-/* ä */", "+/* ö */", " last"]);
  };
  const quoted = Buffer.from(DIFF).toString("latin1").replace(/[=\u0080-\u00ff]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`).replace(/^(@@.*) f/m, "$1=\n f"); // prettier-ignore
  const crlf = DIFF.replace(/\n/g, "\r\n");

  it("reads 8bit with a charset", () => same(mail({ ...HEAD, "Content-Type": "text/plain; charset=utf-8" }, DIFF)));
  it("reads 8bit without a charset as UTF-8", () => same(mail(HEAD, DIFF)));
  it("reads what is no UTF-8 as Latin-1", () => same(mail(HEAD, DIFF, "latin1")));
  it("reads a wrong charset as Latin-1", () =>
    same(mail({ ...HEAD, "Content-Type": "text/plain; charset=utf-8" }, DIFF, "latin1")));
  it("reads ISO-8859-1", () =>
    same(mail({ ...HEAD, "Content-Type": "text/plain; charset=iso-8859-1" }, DIFF, "latin1")));
  it("reads quoted-printable", () => same(mail({ ...HEAD, "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "quoted-printable" }, quoted))); // prettier-ignore
  it("reads base64 with CRLF", () => same(mail({ ...HEAD, "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "base64" }, Buffer.from(crlf).toString("base64").replace(/.{60}/g, "$&\n")))); // prettier-ignore
  it("reads CRLF", () => same(Buffer.from(mail(HEAD, DIFF).toString().replace(/\n/g, "\r\n"))));
  it("reads format=flowed", async () => {
    const stuffed = change("a.c", "x", "y").replace(/^ /gm, "  ");
    const { diff } = sortMail(
      await read(mail({ ...HEAD, "Content-Type": "text/plain; charset=utf-8; format=flowed" }, stuffed)),
      "test",
    ).patch;
    assert.deepEqual(diff.changes[0]?.hunks[0]?.lines, [" first", "-x", "+y", " last"]);
  });
  const parts = (type: string, disposition: string, text: string): string =>
    `--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${disposition === "" ? text : "See the file."}\n--b\nContent-Type: ${type}\nContent-Transfer-Encoding: 8bit\n${disposition === "" ? "" : `Content-Disposition: ${disposition}\n`}\n${disposition === "" ? "MIIG" : text}\n--b--\n`;
  it("reads signed mails", () => same(mail({ ...HEAD, "Content-Type": "multipart/signed; boundary=b" }, parts("application/pkcs7-signature", "", DIFF)))); // prettier-ignore
  it("reads attached patches", () => same(mail({ ...HEAD, "Content-Type": "multipart/mixed; boundary=b" }, parts("text/x-patch; name=a.patch", "attachment; filename=a.patch", DIFF)))); // prettier-ignore
  it("reads patches attached as octets", () => same(mail({ ...HEAD, "Content-Type": "multipart/mixed; boundary=b" }, parts("application/octet-stream; name=a.diff", "attachment; filename=a.diff", DIFF)))); // prettier-ignore
  it("does not take the patch in a forwarded mail for the mail's own", async () => {
    const bytes = mail({ ...HEAD, "Content-Type": "multipart/mixed; boundary=b" }, parts("message/rfc822", "attachment", `Subject: [PATCH] b\n\n${DIFF}`)); // prettier-ignore
    assert.equal(sortMail(await read(bytes), "test").kind, "other");
  });
  it("decodes names and subjects, folded or not", async () => {
    const found = await read(mail({ From: "=?utf-8?q?J=C3=B6rg?= <j@x.example>", Subject: "[PATCH\n\tv2 1/2] =?utf-8?b?w6Q=?= b", Cc: "B <b@x.example>, c@x.example" }, "")); // prettier-ignore
    assert.equal(found.from, "Jörg <j@x.example>");
    assert.equal(found.subject, "[PATCH v2 1/2] ä b");
    assert.deepEqual(found.cc, ["B <b@x.example>", "c@x.example"]);
  });
  it("takes what steers a terminal out of headers", async () => {
    const found = await read(
      mail({ From: "A\u001b[2J <a@x.example>", Subject: "[PATCH] a\u001b]0;b\u0007 \u202ec" }, ""),
    );
    assert.doesNotMatch(found.subject + found.from, /[\u0000-\u001f\u202e]/);
  });
  it("refuses what is too large, in bytes, headers and parts", async () => {
    const why = async (bytes: Buffer): Promise<string> => {
      const found = await readMail(bytes);
      return "why" in found ? found.why : "";
    };
    assert.match(await why(Buffer.alloc(MAX_MAIL_BYTES + 1, 97)), /more than 16 MiB/);
    assert.match(await why(mail({ ...HEAD, "X-Long": "a".repeat(1 << 20) }, DIFF)), /header size/);
    let nested = "text";
    for (let i = 0; i < 100; i++)
      nested = `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n${nested}\n--b${i}--\n`;
    assert.match(await why(Buffer.from(`Subject: a\n${nested}`)), /nesting/);
  });
});

describe("mailboxes", () => {
  const mbox = Buffer.from(
    ["From a@x Thu Jan  1 00:00:00 1970\nSubject: 1\n\none\n>From here\n>>From there\nFrom where it stood\n", "From b@x Thu Jan  1 00:00:00 1970\r\nSubject: 2\r\n\r\ntwo\r\n", "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nSubject: 3\n\nthree"].join("\n"), // prettier-ignore
  );
  const expected = [
    "Subject: 1\n\none\nFrom here\n>From there\nFrom where it stood\n\n",
    "Subject: 2\r\n\r\ntwo\r\n\n",
    "Subject: 3\n\nthree",
  ];
  for (const size of [1, 2, 3, 7, 64, 1 << 20])
    it(`are cut alike in pieces of ${size}`, () => assert.deepEqual(split(mbox, size).map(String), expected));
  it("are known by their first line", () => {
    assert.ok(isMbox(mbox));
    assert.ok(!isMbox(Buffer.from("From: a\n")));
    assert.ok(!isMbox(Buffer.from("From here on nothing is as it was\n")));
  });
  it("lose a mail that is too large, and nothing else", () => {
    const splitter = newSplitter();
    const line = "From a@x Thu Jan  1 00:00:00 1970\n";
    const mails = [...splitter.push(Buffer.from(`${line}Subject: 1\n\na\n\n${line}Subject: 2\n\n`))];
    for (let i = 0; i < 17; i++) mails.push(...splitter.push(Buffer.alloc(1 << 20, "x\n")));
    mails.push(...splitter.push(Buffer.from(`\n\n${line}Subject: 3\n\nc\n`)), ...splitter.end());
    assert.deepEqual(mails.map((each) => each.toString().split("\n")[0]), ["Subject: 1", "Subject: 3"]); // prettier-ignore
    assert.equal(splitter.dropped(), 1);
  });
});

describe("series", () => {
  const under = (id: string): Record<string, string> => ({
    "In-Reply-To": `<${id}@x.example>`,
    References: `<${id}@x.example>`,
  });
  const cover = (subject: string, id: string, body = "Hello.\n"): Buffer => mail({ From: "Ann Author <ann@x.example>", Subject: subject, "Message-ID": `<${id}@x.example>` }, body); // prettier-ignore
  const told = ({ series }: Heap): readonly string[] =>
    series.map((each) => `v${each.version} ${each.patches.map(({ subject }) => subject.title).join()}${each.missing.length > 0 ? ` without ${each.missing.join()}` : ""}`); // prettier-ignore

  it("are put in order, with what is missing", async () => {
    const heap = await heapOf([patch("[PATCH 4/4] d", "4", under("0")), cover("[PATCH 0/4] all", "0"), patch("[PATCH 1/4] a", "1", under("0")), patch("[PATCH 2/4] b", "2", under("0"))]); // prettier-ignore
    assert.deepEqual(told(heap), ["v1 a,b,d without 3"]);
    assert.equal(heap.series[0]?.cover?.subject, "[PATCH 0/4] all");
  });
  it("leave out replies, bots and what has no diff, with the reason", async () => {
    const heap = await heapOf([
      patch("[PATCH 1/1] a", "1"),
      patch("Re: [PATCH 1/1] a", "2", under("1")),
      mail({ Subject: "[PATCH 1/1] a", "Message-ID": "<3@x>" }, `> ${DIFF.replace(/\n/g, "\n> ")}\nNo.\n`),
      mail({ Subject: "[tree:main 1/5] a.c:1: warning: b", "Message-ID": "<4@x>" }, `All warnings.\n${DIFF}`),
      mail({ Subject: "[PATCH] lost", "Message-ID": "<5@x>" }, "No diff.\n"),
      mail({ Subject: "a diff from a bot", ...under("1"), "Message-ID": "<6@x>" }, DIFF),
    ]);
    assert.deepEqual(told(heap), ["v1 a"]);
    assert.deepEqual(heap.passed.map(({ kind, why }) => `${kind}: ${why}`), ["reply: a reply", "reply: quotes a patch, and holds none", "other: no diff in it", "reply: a reply without a patch tag", "loose: a diff without a [PATCH] tag"]); // prettier-ignore
  });
  it("count a mail once that came through two lists", async () => {
    assert.deepEqual(told(await heapOf([patch("[PATCH] a", "1"), patch("[PATCH] a", "1")])), ["v1 a"]);
  });
  it("take loose diffs only where there is nothing else", async () => {
    assert.deepEqual(told(await heapOf([mail({ Subject: "a fix" }, DIFF)])), ["v1 a fix"]);
  });
  it("hold a number once: the patch that was sent again on its own counts", async () => {
    const heap = await heapOf([patch("[PATCH v2 1/2] a", "1", under("0")), patch("[PATCH v2 2/2] b", "2", under("0")), patch("[PATCH v2.1 2/2] b again", "3", under("0"))]); // prettier-ignore
    assert.deepEqual(told(heap), ["v2 a,b again"]);
  });
  it("are told apart by version, and the newest is taken unless another is asked for", async () => {
    const heap = await heapOf([
      ...[1, 2].map((n) => patch(`[PATCH ${n}/2] t${n}`, `a${n}`, under("a0"))),
      ...[1, 2].map((n) => patch(`[PATCH v3 ${n}/2] t${n}`, `c${n}`, under("c0"))),
      ...[1, 2, 3].map((n) => patch(`[PATCH v2 ${n}/3] t${n}`, `b${n}`, under("b0"))),
    ]);
    assert.deepEqual(told(heap), ["v1 t1,t2", "v3 t1,t2", "v2 t1,t2,t3"]);
    assert.deepEqual(choose(heap.series, undefined).chosen.map(({ version }) => version), [3]); // prettier-ignore
    assert.deepEqual(choose(heap.series, 2).chosen.map(({ version }) => version), [2]); // prettier-ignore
    assert.equal(choose(heap.series, undefined).left.length, 2);
  });
  it("that were sent again count as they came last", async () => {
    const heap = await heapOf([
      ...[1, 2].map((n) => patch(`[PATCH ${n}/2] t${n}`, `a${n}`)),
      ...[1, 2].map((n) => patch(`[PATCH RESEND ${n}/2] t${n}`, `b${n}`)),
    ]);
    assert.deepEqual(told(heap), ["v1 t1,t2", "v1 t1,t2"]);
    assert.ok(choose(heap.series, undefined).chosen[0]?.patches.every(({ subject }) => subject.resend));
  });
  it("of unrelated work are all taken", async () => {
    const heap = await heapOf([patch("[PATCH] one thing", "1"), patch("[PATCH v2] another", "2")]);
    assert.equal(choose(heap.series, undefined).chosen.length, 2);
  });
  it("are joined by deep threads too, and by sender where there are none", async () => {
    assert.deepEqual(told(await heapOf([patch("[PATCH 1/3] a", "1"), patch("[PATCH 2/3] b", "2", under("1")), patch("[PATCH 3/3] c", "3", under("2"))])), ["v1 a,b,c"]); // prettier-ignore
    assert.deepEqual(told(await heapOf([patch("[PATCH 2/2] b", "2"), patch("[PATCH 1/2] a", "1")])), ["v1 a,b"]);
  });
  it("know their base", () => {
    assert.equal(baseCommitOf(["", "x\nbase-commit: 0123456789abcdef0123456789abcdef01234567\n"]), "0123456789abcdef0123456789abcdef01234567"); // prettier-ignore
    assert.equal(baseCommitOf(["> base-commit: 0123456789abcdef\n"]), undefined);
  });
  it("may be patch files without a mail around them", () => {
    const text = `Description: does a thing\nAuthor: B <b@x.example>\n\n--- x.orig/a.c\n+++ x/a.c\n@@ -1 +1 @@\n-a\n+b\n`;
    assert.ok(!looksLikeMail(text));
    assert.ok(looksLikeMail("Subject: a\nFrom: b\n\n"));
    const plain = plainPatch("fix.patch", text);
    assert.equal(plain.subject, "does a thing");
    assert.deepEqual(sortMail(plain, "fix.patch", true).patch.diff.changes.map(({ newPath }) => newPath), ["a.c"]); // prettier-ignore
  });
});
