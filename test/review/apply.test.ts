// Applying: what patch(1) and git take is taken, what they refuse is refused. Checked by hand on small texts, and against both programs on drawn ones.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { applyPatch } from "../../server/src/review/apply.ts";
import { parseDiff } from "../../server/src/review/diff.ts";
import { applySeries } from "../../server/src/review/sequence.ts";
import type { Sequence } from "../../server/src/review/sequence.ts";
import { sketch } from "../../server/src/review/sketch.ts";
import { drawn } from "./drawn.ts";

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}\n`).join("");
const TEXT = lines(1, 30);
const hunk = (at: string, body: string): string => `--- a/f\n+++ b/f\n@@ ${at} @@\n${body}`;
const MIDDLE = hunk("-9,7 +9,7", " line 9\n line 10\n line 11\n-line 12\n+new\n line 13\n line 14\n line 15\n");

/** The text after the patch, with fuzz in front where there was some, or why not. */
function result(text: string | undefined, diff: string, fuzz = 2): string {
  const outcome = applyPatch(parseDiff(diff), () => text, { fuzz });
  if (!outcome.ok) return `refused: ${outcome.refusals.map((each) => each.why).join("; ")}`;
  return (outcome.fuzz > 0 ? `fuzz ${outcome.fuzz}: ` : "") + (outcome.edits.get("f") ?? "gone");
}

describe("one patch", () => {
  it("goes where it says", () => assert.equal(result(TEXT, MIDDLE), TEXT.replace("line 12\n", "new\n")));
  it("goes where it fits, near or far", () => {
    const shifted = lines(100, 140) + TEXT;
    assert.equal(result(shifted, MIDDLE, 0), shifted.replace("line 12\n", "new\n"));
  });
  it("goes with less of its context, and says so", () => {
    const other = TEXT.replace("line 9\n", "other 9\n").replace("line 15\n", "other 15\n");
    assert.equal(result(other, MIDDLE), `fuzz 1: ${other.replace("line 12\n", "new\n")}`);
    assert.match(result(other, MIDDLE, 0), /^refused: hunk 1 of 1 does not fit \(@@ -9,7/);
  });
  it("keeps the context that is there under fuzz", () => {
    const other = TEXT.replace("line 9\n", "other 9\n");
    assert.match(result(other, MIDDLE), /other 9/);
  });
  it("never goes where the lines to be taken away differ", () =>
    assert.match(result(TEXT.replace("line 12", "other"), MIDDLE), /^refused/));
  it("goes to the nearest of two places", () => {
    const twice = TEXT + lines(31, 60) + TEXT;
    assert.equal(result(twice, MIDDLE), TEXT.replace("line 12\n", "new\n") + lines(31, 60) + TEXT);
  });
  it("holds to the beginning and the end of the file where its context does", () => {
    const top = hunk("-1,3 +1,4", "+new\n line 1\n line 2\n line 3\n");
    assert.equal(result(TEXT, top), `new\n${TEXT}`);
    assert.match(result(`zero\n${TEXT}`, top, 0), /^refused/);
    const end = hunk("-28,3 +28,4", " line 28\n line 29\n line 30\n+new\n");
    assert.equal(result(TEXT, end), `${TEXT}new\n`);
    assert.match(result(`${TEXT}more\n`, end, 0), /^refused/);
  });
  it("makes, fills and deletes files", () => {
    const create = "diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n";
    assert.equal(result(undefined, create), "a\nb\n");
    assert.match(result("x\n", create), /exists already/);
    const remove = "diff --git a/f b/f\ndeleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n";
    assert.equal(result("a\nb\n", remove), "gone");
    assert.match(result("a\nb\nc\n", remove), /^refused/);
    assert.match(result(undefined, MIDDLE), /no such file/);
    assert.equal(result("", hunk("-0,0 +1", "+a\n")), "a\n");
  });
  it("keeps a missing newline at the end, takes it away and adds it", () => {
    const no = "\\ No newline at end of file\n";
    assert.equal(result("a\nb", hunk("-1,2 +1,2", `-a\n+c\n b\n${no}`)), "c\nb");
    assert.equal(result("a\nb\n", hunk("-1,2 +1,2", ` a\n-b\n+b\n${no}`)), "a\nb");
    assert.equal(result("a\nb", hunk("-1,2 +1,2", ` a\n-b\n${no}+b\n`)), "a\nb\n");
  });
  it("keeps the line ends of a file with CRLF", () => assert.equal(result("a\r\nb\r\nc\r\n", hunk("-1,3 +1,3", " a\n-b\n+x\n c\n")), "a\r\nx\r\nc\r\n")); // prettier-ignore
  it("renames and copies", () => {
    const move = (word: string): string =>
      `diff --git a/o b/f\nsimilarity index 50%\n${word} from o\n${word} to f\n--- a/o\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n`;
    const files = (file: string): string | undefined => (file === "o" ? "a\n" : undefined);
    const renamed = applyPatch(parseDiff(move("rename")), files, { fuzz: 0 });
    assert.deepEqual(renamed.ok && [...renamed.edits], [["o", undefined], ["f", "b\n"]]); // prettier-ignore
    const copied = applyPatch(parseDiff(move("copy")), files, { fuzz: 0 });
    assert.deepEqual(copied.ok && [...copied.edits], [["f", "b\n"]]);
  });
});

describe("a series", () => {
  const diffs = [
    MIDDLE,
    hunk(
      "-10,7 +10,8",
      " line 10\n line 11\n new\n+and more\n line 13\n line 14\n line 15\n line 16\n".replace(" line 16\n", ""),
    ),
    hunk("-20,3 +20,2", " line 19\n-line 20\n line 21\n"),
  ].map((text, i) => parseDiff(i === 1 ? text.replace("-10,7 +10,8", "-10,6 +10,7") : text));
  const on = (text: string, some = diffs): Sequence => applySeries(some, (file) => (file === "f" ? text : undefined));
  const statuses = (sequence: Sequence): readonly string[] => sequence.steps.map(({ status }) => status);
  const after = on(TEXT).steps.at(-1)?.edits.get("f") ?? "";

  it("is applied in order", () => {
    assert.deepEqual(statuses(on(TEXT)), ["applied", "applied", "applied"]);
    assert.equal(after, TEXT.replace("line 12\n", "new\nand more\n").replace("line 20\n", ""));
  });
  it("that is there already is taken out, the last patch first", () => {
    const sequence = on(after);
    assert.deepEqual(statuses(sequence), ["already-applied", "already-applied", "already-applied"]);
    assert.equal(sequence.before.get("f"), TEXT);
    assert.equal(sequence.steps.at(-1)?.edits.get("f"), after);
  });
  it("that is there in part goes on from there", () => {
    const part = on(TEXT).steps[1]?.edits.get("f") ?? "";
    assert.deepEqual(statuses(on(part)), ["already-applied", "already-applied", "applied"]);
    assert.equal(on(part).before.get("f"), TEXT);
  });
  it("goes on behind a patch that is refused, whose hunk and file are named", () => {
    const sequence = on(TEXT.replace("line 11\n", "other\n").replace("line 13\n", "other\n"));
    assert.deepEqual(statuses(sequence), ["refused", "refused", "applied"]);
    assert.match(sequence.steps[0]?.reason ?? "", /^f: hunk 1 of 1 does not fit \(@@ -9,7\)$/);
  });
  it("that takes back what it brought is applied, not known", () => {
    const back = parseDiff(
      hunk("-9,7 +9,7", " line 9\n line 10\n line 11\n-new\n+line 12\n line 13\n line 14\n line 15\n"),
    );
    assert.deepEqual(statuses(on(TEXT, [diffs[0]!, back])), ["applied", "applied"]);
  });
  it("may bring the same twice", () =>
    assert.deepEqual(statuses(on(TEXT, [diffs[0]!, diffs[0]!])), ["applied", "already-applied"]));
  it("shows of its files what its hunks show, where there is no tree", () => {
    const { texts, partial } = sketch(diffs);
    const text = texts.get("f") ?? "";
    assert.equal(text.split("\n")[11], "line 12");
    assert.equal(text.split("\n")[19], "line 20");
    assert.ok(partial.has("f"));
    assert.deepEqual(statuses(on(text)), ["applied", "applied", "applied"]);
  });
});

describe("against git and patch(1)", function () {
  const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
  if (!has("git") || !has("patch")) {
    it("NOT RUN: git or patch is not installed", () =>
      console.error("## NOT RUN: applying against git and patch(1): not installed"));
    return;
  }
  const dir = mkdtempSync(path.join(os.tmpdir(), "lifebound-apply-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const file = (name: string, text: string): string => {
    const full = path.join(dir, name);
    writeFileSync(full, text);
    return full;
  };

  for (let seed = 1; seed <= 40; seed++) {
    it(`drawn case ${seed}`, () => {
      const { before, after: wanted, drifted } = drawn(seed);
      const from = file("from", before);
      const to = file("to", wanted);
      const diff = spawnSync("git", ["diff", "--no-index", "--no-color", from, to], { encoding: "utf8" }).stdout.replace(/^(---|\+\+\+) .*$/gm, "$1 a/f").replace(/^diff --git .*$/m, "diff --git a/f a/f"); // prettier-ignore
      const text = diff.replace("+++ a/f", "+++ b/f").replace("diff --git a/f a/f", "diff --git a/f b/f");
      const patch = file("p.patch", text);
      // Undrifted, it makes exactly what git made.
      assert.equal(result(before, text, 0), wanted);
      const outcome = result(drifted, text, 2);
      file("f", drifted);
      const ran = spawnSync("patch", ["-p1", "-s", "-f", "-F2", "-r", "-", "--no-backup-if-mismatch", "-i", patch], { cwd: dir, encoding: "utf8" }); // prettier-ignore
      if (ran.status === 0) assert.equal(outcome.replace(/^fuzz \d: /, ""), readFileSync(path.join(dir, "f"), "utf8"));
      else assert.match(outcome, /^refused/);
      // What git takes, which knows no fuzz, is taken without any.
      file("f", drifted);
      const git = spawnSync("git", ["apply", "--check", patch], {
        cwd: dir,
        env: { ...process.env, GIT_CEILING_DIRECTORIES: dir, GIT_DIR: path.join(dir, "none") },
      });
      if (git.status === 0) assert.doesNotMatch(result(drifted, text, 0), /^(?:refused|fuzz)/);
    });
  }
  it("draws cases of every outcome", () => {
    const outcomes = Array.from({ length: 40 }, (_, i) => drawn(i + 1)).map(({ before, after: wanted, drifted }) => {
      const text = execFileSync(
        "bash",
        ["-c", `git diff --no-index --no-color ${file("from", before)} ${file("to", wanted)} || true`],
        { encoding: "utf8" },
      );
      const renamed = text
        .replace(/^--- .*$/m, "--- a/f")
        .replace(/^\+\+\+ .*$/m, "+++ b/f")
        .replace(/^diff --git .*$/m, "diff --git a/f b/f");
      return /^(?:refused|fuzz)/.exec(result(drifted, renamed, 2))?.[0] ?? "clean";
    });
    assert.deepEqual([...new Set(outcomes)].sort(), ["clean", "fuzz", "refused"]);
  });
});
