// Whatever comes in a mailbox: nothing throws, nothing hangs, and no name leaves the tree.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { collect } from "../../server/src/cli/collect.ts";
import { refusePath } from "../../server/src/review/paths.ts";
import { applySeries } from "../../server/src/review/sequence.ts";
import { sketch } from "../../server/src/review/sketch.ts";

const demo = path.resolve(import.meta.dirname, "../fixtures/demo");
const series = readFileSync(path.join(demo, "series.mbox"));
const tree = readFileSync(path.join(demo, "buggy/barx.c"), "utf8");

/** The mailbox with some of its bytes, lines and numbers spoiled, drawn by the seed. */
function spoiled(seed: number): Buffer {
  let state = (seed * 2654435761) >>> 0;
  const random = (below: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
  const lines = series.toString("latin1").split("\n");
  for (let n = 1 + random(20); n > 0; n--) {
    const at = random(lines.length);
    const line = lines[at] ?? "";
    const kind = random(7);
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, lines[random(lines.length)] ?? "");
    else if (kind === 2) lines[at] = line.replace(/\d+/, String(random(2 ** 31)));
    else if (kind === 3) lines[at] = line.slice(0, random(line.length + 1)) + String.fromCharCode(random(256)) + line.slice(random(line.length + 1));
    else if (kind === 4) lines[at] = line.replace(/barx/g, ["../../etc", "/etc", ".git/x", "a\u001b[2J", "x".repeat(5000)][random(5)] ?? "");
    else if (kind === 5) lines.splice(at, random(40));
    else lines[at] = ["diff --git a/x b/y", "--- a/x", "+++ b/../y", "@@ -1,99999999 +1 @@", "rename to ../z", "GIT binary patch", "Content-Type: multipart/mixed; boundary=", "From x@y Thu Jan  1 00:00:00 1970"][random(8)] ?? ""; // prettier-ignore
  }
  return Buffer.from(lines.join("\n"), "latin1");
}

describe("spoiled mailboxes", () => {
  it("throw nothing, and name nothing outside the tree", async () => {
    let applied = 0;
    let refused = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const open = async function* (): AsyncIterable<Buffer> {
        yield spoiled(seed);
      };
      const { chosen } = await collect(
        [{ files: [{ name: "x", file: false, open }], ordered: false, unread: [] }],
        undefined,
        () => undefined,
      );
      const diffs = chosen.flatMap(({ patches }) => patches.map(({ diff }) => diff));
      const { texts } = sketch(diffs);
      for (const read of [
        (file: string) => (file === "barx.c" ? tree : undefined),
        (file: string) => texts.get(file),
      ]) {
        const { before, steps } = applySeries(diffs, read);
        for (const { edits } of [{ edits: before }, ...steps])
          for (const file of edits.keys()) assert.equal(refusePath(file), undefined, file);
        applied += steps.filter(({ status }) => status === "applied").length;
        refused += steps.filter(({ status }) => status === "refused").length;
      }
    }
    assert.ok(applied > 400 && refused > 100, `${applied} applied, ${refused} refused`);
  });
  it("draw no more of a file than there is room for", () => {
    const change = (n: number): string => `--- a/f${n}.c\n+++ b/f${n}.c\n@@ -999000 +999000 @@\n-x\n+y\n`;
    const hunks = Array.from({ length: 50 }, (_, n) => change(n)).join("");
    return import("../../server/src/review/diff.ts").then(({ parseDiff }) => {
      const { texts } = sketch([parseDiff(hunks)]);
      assert.ok([...texts.values()].reduce((sum, text) => sum + text.length, 0) < 4_000_000);
    });
  });
});
