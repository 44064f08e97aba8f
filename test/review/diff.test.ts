// Diffs as git and diff(1) write them, and what is made to look like one.
import assert from "node:assert/strict";
import { applyPatch } from "../../server/src/review/apply.ts";
import type { Outcome } from "../../server/src/review/apply.ts";
import { parseDiff } from "../../server/src/review/diff.ts";
import { harmless, refusePath } from "../../server/src/review/paths.ts";
import { unquote } from "../../server/src/review/quoted.ts";
import { change } from "./support.ts";

const told = (text: string): readonly string[] =>
  parseDiff(text).changes.map((c) => `${c.kind} ${c.oldPath ?? "-"} ${c.newPath ?? "-"} ${c.oldMode ?? ""}>${c.newMode ?? ""} ${c.binary ? "binary " : ""}${c.hunks.length}`); // prettier-ignore

describe("diffs", () => {
  it("hold changes of every kind", () => {
    const text = [
      change("a.c", "x", "y"),
      "diff --git a/new.c b/new.c\nnew file mode 100644\nindex 0000000..2222222\n--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+one\n",
      "diff --git a/empty.c b/empty.c\nnew file mode 100644\nindex 0000000..e69de29\n",
      "diff --git a/gone.c b/gone.c\ndeleted file mode 100644\nindex 1111111..0000000\n--- a/gone.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n",
      "diff --git a/old.c b/new name.c\nsimilarity index 90%\nrename from old.c\nrename to new name.c\nindex 1111111..2222222 100644\n--- a/old.c\n+++ b/new name.c\n@@ -1 +1 @@\n-a\n+b\n",
      "diff --git a/from.c b/to.c\nsimilarity index 100%\ncopy from from.c\ncopy to to.c\n",
      "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n",
      "diff --git a/fw.bin b/fw.bin\nindex 1111111..2222222 100644\nGIT binary patch\nliteral 5\nMcmZQzWMT#Y01f~L\n\nliteral 0\nHcmV?d00001\n\n",
      "diff --git a/pic.png b/pic.png\nindex 1111111..2222222 100644\nBinary files a/pic.png and b/pic.png differ\n",
    ].join("");
    assert.deepEqual(told(`Words.\n---\n a.c | 2 +-\n\n${text}-- \n2.51.0\n\n____\nA list's footer\n`), [
      "modify a.c a.c > 1",
      "create - new.c >100644 1",
      "create - empty.c >100644 0",
      "delete gone.c - 100644> 1",
      "rename old.c new name.c > 1",
      "copy from.c to.c > 0",
      "modify run.sh run.sh 100644>100755 0",
      "modify fw.bin fw.bin > binary 0",
      "modify pic.png pic.png > binary 0",
    ]);
    assert.deepEqual(parseDiff(text).problems, []);
    const [first] = parseDiff(text).changes;
    assert.deepEqual(
      [first?.oldBlob, first?.newBlob, first?.hunks[0]?.section],
      ["1111111", "2222222", "static int f(void)"],
    );
  });
  it("are found in plain form, with any first folder", () => {
    const plain = (a: string, b: string): readonly string[] => told(`--- ${a}\n+++ ${b}\n@@ -1 +1 @@\n-a\n+b\n`);
    assert.deepEqual(plain("a/d/x.c", "b/d/x.c"), ["modify d/x.c d/x.c > 1"]);
    assert.deepEqual(plain("linux.orig/d/x.c\t2020-01-01", "linux/d/x.c\t2020-01-02"), ["modify d/x.c d/x.c > 1"]);
    assert.deepEqual(plain("/dev/null", "b/d/x.c"), ["create - d/x.c > 1"]);
    assert.deepEqual(plain("drivers/x.c", "drivers/x.c"), ["modify drivers/x.c drivers/x.c > 1"]);
  });
  it("end where their lines are counted out: what follows is no part of them", () => {
    const [only] = parseDiff(`${change("a.c", "x", "y")}-- \n2.51.0\n+not this\n`).changes;
    assert.equal(only?.hunks[0]?.lines.length, 4);
  });
  it("know the line of each hunk in the mail", () => {
    const text = `Hello.\n\n${change("a.c", "x", "y")}`;
    assert.equal(text.split("\n")[(parseDiff(text).changes[0]?.hunks[0]?.at ?? 0) - 1]?.slice(0, 2), "@@");
  });
  it("keep lines whose trailing blank a mailer took", () => {
    assert.deepEqual(parseDiff("--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n x\n\n-a\n+b\n").changes[0]?.hunks[0]?.lines, [
      " x",
      " ",
      "-a",
      "+b",
    ]);
  });
  it("know files that do not end in a newline", () => {
    const hunk = parseDiff("--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n").changes[0]
      ?.hunks[0];
    assert.deepEqual([hunk?.oldNoNewline, hunk?.newNoNewline], [true, false]);
  });
  it("are not taken from quotations", () => {
    assert.deepEqual(told(change("a.c", "x", "y").replace(/^/gm, "> ")), []);
  });
  it("unquote names", () => {
    assert.equal(unquote('"a\\tb\\303\\244\\"\\\\"'), 'a\tbä"\\');
    assert.equal(unquote('"open'), '"open');
    assert.deepEqual(
      told(
        'diff --git "a/\\303\\244.c" "b/\\303\\244.c"\n--- "a/\\303\\244.c"\n+++ "b/\\303\\244.c"\n@@ -1 +1 @@\n-a\n+b\n',
      ),
      ["modify ä.c ä.c > 1"],
    );
  });
});

describe("hostile diffs", () => {
  const apply = (text: string): Outcome =>
    applyPatch(parseDiff(text), (path) => (path === "a.c" ? "first\nx\nlast\n" : undefined), { fuzz: 2 });
  const why = (text: string): string => {
    const outcome = apply(text);
    return outcome.ok ? "" : outcome.refusals.map((each) => each.why).join("; ");
  };
  const NAMES: Readonly<Record<string, RegExp>> = {
    "../../etc/passwd": /leaves the tree/,
    "d/../../e.c": /leaves the tree/,
    "/etc/passwd": /absolute/,
    "C:/x.c": /absolute/,
    ".git/config": /into \.git/,
    "d/.GIT/hooks/post-checkout": /into \.git/,
    "d/.git /x": /into \.git/,
    "git~1/config": /into \.git/,
    "d//x.c": /plain form/,
    "./x.c": /plain form/,
    "d\\..\\x.c": /backslash/,
    "x\u001b[2J.c": /control/,
    "x\u202e.c": /control/,
    "x\n.c": /control/,
    "": /empty/,
  };
  for (const [name, reason] of Object.entries(NAMES))
    it(`are refused that name ${JSON.stringify(name)}`, () => assert.match(refusePath(name) ?? "", reason));
  for (const name of ["drivers/a-b_c/x+y.c", ".clang-format", "d/.gitignore", "Documentation/ä.rst"])
    it(`are not refused for ${name}`, () => assert.equal(refusePath(name), undefined));
  it("are refused whole where one name leaves the tree", () => {
    const text = `${change("a.c", "x", "y")}diff --git a/../b.c b/../b.c\nnew file mode 100644\n--- /dev/null\n+++ b/../b.c\n@@ -0,0 +1 @@\n+x\n`;
    assert.match(why(text), /leaves the tree/);
  });
  it("make no links", () => {
    const text =
      "diff --git a/l.c b/l.c\nnew file mode 120000\nindex 0000000..1111111\n--- /dev/null\n+++ b/l.c\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n";
    const outcome = apply(text);
    assert.ok(outcome.ok && outcome.edits.get("l.c") === undefined && /link/.test(outcome.notes.join()));
    const through = `${text}diff --git a/l.c/x b/l.c/x\nnew file mode 100644\n--- /dev/null\n+++ b/l.c/x\n@@ -0,0 +1 @@\n+x\n`;
    const second = apply(through);
    // A name below the link is a name in memory like any other: nothing is followed.
    assert.ok(second.ok && second.edits.get("l.c/x") === "x\n");
  });
  it("are refused with a hunk of a billion lines, at once", () => {
    const started = process.hrtime.bigint();
    assert.match(why("--- a/a.c\n+++ b/a.c\n@@ -1,1000000000 +1,1000000000 @@\n first\n"), /absurd numbers/);
    assert.match(why("--- a/a.c\n+++ b/a.c\n@@ -1,40000000 +1,40000000 @@\n first\n"), /cut off/);
    assert.match(why("--- a/a.c\n+++ b/a.c\n@@ -1,99999999999999999999 +1 @@\n first\n"), /can't be read/);
    // patch(1) finds its place too, however far off the number is.
    assert.equal(why("--- a/a.c\n+++ b/a.c\n@@ -49999999,3 +49999999,3 @@\n first\n-x\n+y\n last\n"), "");
    assert.ok(process.hrtime.bigint() - started < 2_000_000_000n);
  });
  it("are refused where they were damaged", () => {
    assert.match(why(change("a.c", "x", "y").replace(" last\n", "*last\n")), /cut off or damaged/);
    assert.match(why(change("a.c", "x", "y").replace("-1,3 +1,3", "-1,9 +1,9")), /cut off/);
    assert.match(why("diff --git garbage\n@@ -1 +1 @@\n-a\n+b\n"), /without a file name/);
  });
  it("can't make a terminal do anything with what is printed", () => {
    assert.equal(harmless("a\u001b[31mb\u0007\u009b\u202e\r\tc\n"), "a?[31mb????\tc\n");
  });
  it("of a hundred thousand hunks take no more than their length", () => {
    const hunks = Array.from({ length: 100_000 }, (_, i) => `@@ -${i * 10 + 1} +${i * 10 + 1} @@\n-x${i}\n+y\n`).join(
      "",
    );
    assert.match(why(`--- a/a.c\n+++ b/a.c\n${hunks}`), /hunk 1 of 100000 does not fit/);
  });
});
