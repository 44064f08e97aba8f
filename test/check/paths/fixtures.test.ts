// The path check over annotated C: each rule on the least that is wrong and its twin that is right, idioms that look wrong and are not, and known misses.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ruleList } from "../../../server/src/lifecycles/catalogue.ts";
import { checkFixture, parseFixture } from "../../support/fixture.ts";

const root = path.resolve(import.meta.dirname, "../../fixtures/dma");
const files = readdirSync(root)
  .filter((file) => file.endsWith(".c"))
  .sort();
const rules = ruleList.map(({ id }) => id).filter((id) => id.startsWith("dma/"));

/** The rule that a fixture is about: the longest id that its name begins with. */
function ruleOf(file: string): string {
  const fits = rules.filter((id) => `dma/${file}`.startsWith(`${id}_`) || `dma/${file}`.startsWith(`${id}-`));
  const [longest] = fits.sort((a, b) => b.length - a.length);
  assert.ok(longest !== undefined, `${file}: begins with no rule`);
  return longest;
}

const linesOf = (file: string): readonly string[] =>
  parseFixture(readFileSync(path.join(root, file), "utf8"), "x.c")
    .pieces.map((piece) => piece.text)
    .join("\n")
    .split("\n");

describe("fixtures of dma/", () => {
  for (const file of files) {
    it(file, async () => {
      const { rules: found } = await checkFixture(path.join(root, file));
      if (file.endsWith("_bad.c")) assert.deepEqual([...new Set(found)], [ruleOf(file)]);
      else assert.deepEqual(found, []);
    });
    if (!file.endsWith("_bad.c")) continue;
    it(`${file} and its twin differ in one line`, () => {
      const [wrong, right] = [linesOf(file), linesOf(file.replace("_bad.c", "_ok.c"))];
      assert.equal(wrong.length, right.length);
      assert.equal(wrong.filter((line, i) => line !== right[i]).length, 1);
    });
  }

  it("show each rule that is on, but those that the path check does not say", () => {
    const shown = new Set(files.filter((f) => f.endsWith("_bad.c")).map(ruleOf));
    const on = ruleList.filter((r) => r.id.startsWith("dma/") && r.off === undefined).map((r) => r.id);
    assert.deepEqual(on.filter((id) => !shown.has(id)).sort(), NOT_SAID);
  });
});

/** Rules that no path of C shows yet: they are said by the executable core over a sequence of calls. */
const NOT_SAID: readonly string[] = [];
