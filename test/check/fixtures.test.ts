// The whole check over annotated C: for each rule the least that is wrong, and its twin that is right; then sound code that looks wrong. A new case is a new .c file.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { lifecycles } from "../../server/src/lifecycles/index.ts";
import { ruleTable } from "../../server/src/model/lifecycle.ts";
import { checkFixture, parseFixture, printFixture, visualColumn } from "../support/fixture.ts";

const root = path.resolve(import.meta.dirname, "../fixtures/unplug");
const rules = ruleTable(lifecycles).map(({ id }) => id);

const FAMILIES = ["provider", "dma-buf", "vma"] as const;
const filesIn = (folder: string): readonly string[] =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith(".c"))
    .sort();

/** The rule that a fixture is about: the longest id that its name begins with. */
function ruleOf(folder: string, file: string): string {
  const name = `${folder}/${file.replace(/^f[np]_/, "")}`;
  const fits = rules.filter((id) => name.startsWith(`${id}_`) || name.startsWith(`${id}-`));
  const [longest] = fits.sort((a, b) => b.length - a.length);
  assert.ok(longest !== undefined, `${name}: begins with no rule`);
  return longest;
}

/** Lines of C that only the one or only the other has. */
function difference(a: string, b: string): readonly [readonly string[], readonly string[]] {
  const left = a.split("\n").map((line) => line.trim());
  const right = b.split("\n").map((line) => line.trim());
  const only = (these: readonly string[], those: readonly string[]): string[] => {
    const rest = [...those];
    return these.filter((line) => {
      const at = rest.indexOf(line);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    });
  };
  return [only(left, right), only(right, left)];
}

const textOf = (file: string): string =>
  parseFixture(readFileSync(file, "utf8"), "x.c")
    .pieces.map((piece) => piece.text)
    .join("\n");

for (const folder of FAMILIES) {
  describe(`fixtures of ${folder}/`, () => {
    for (const file of filesIn(folder)) {
      it(file, async () => {
        const full = path.join(root, folder, file);
        const rule = ruleOf(folder, file);
        const { rules: found, verdicts } = await checkFixture(full);
        if (file.startsWith("fn_")) assert.ok(!found.includes(rule), `${rule} is found now: drop fn_`);
        else if (file.startsWith("fp_")) assert.ok(found.includes(rule) && new Set(found).size > 1, "drop fp_");
        else if (file.endsWith("_bad.c")) assert.deepEqual([...new Set(found)], [rule]);
        else {
          // Where the defect is missed because the code was not understood, its twin cannot be proved either; it must not be blamed.
          const missed = existsSync(path.join(root, folder, `fn_${file.replace("_ok.c", "_bad.c")}`));
          assert.deepEqual(found, []);
          assert.ok(verdicts.every((v) => v === "proved" || (missed && v === "not-proven")) && verdicts.length === 1);
        }
      });
      if (file.endsWith("_bad.c")) {
        it(`${file} and its twin differ in one place`, () => {
          const twin = file.replace(/^f[np]_/, "").replace("_bad.c", "_ok.c");
          const [wrong, right] = difference(
            textOf(path.join(root, folder, file)),
            textOf(path.join(root, folder, twin)),
          );
          assert.ok(wrong.length <= 2 && right.length <= 2, JSON.stringify([wrong, right]));
        });
      }
    }
  });
}

// Here `fp_` names what a careless check would raise a false alarm about; none is raised. Above it marks one that is.
describe("fixtures that must stay silent", () => {
  for (const file of filesIn("silent")) {
    it(file, async () => {
      const { rules: found, verdicts } = await checkFixture(path.join(root, "silent", file));
      assert.deepEqual(found, []);
      if (file.endsWith("_ok.c")) assert.deepEqual(verdicts, ["proved"]);
    });
  }
});

describe("fixtures", () => {
  it("have one for each rule of the unplug check", () => {
    const shown = new Set(FAMILIES.flatMap((folder) => filesIn(folder).map((file) => ruleOf(folder, file))));
    const missing = rules.filter((id) => FAMILIES.some((f) => id.startsWith(`${f}/`)) && !shown.has(id));
    // Rules of importers, of single paths and of lists of VMAs: models have them, the unplug check does not.
    assert.deepEqual(missing.sort(), ["dma-buf/leak", "dma-buf/use-after-invalidate", "vma/inherited-untracked"]);
  });

  it("are taken apart and put together again", () => {
    const text = [
      "// About it.",
      "//- base: wick",
      "//- drivers/wick/a.c",
      "int f(void)",
      "//^^^^^^^^^ proved: it",
      "{",
      "\treturn g(1);",
      "//             ^^^^ error[dma-buf/leak]: lost",
      "}",
      "//- drivers/wick/b.h",
      "int g(int x); // error[no/annotation]: as it does not begin the line",
      "// incomplete: drivers/wick/c.c: not read",
      "",
    ].join("\n");
    const fixture = parseFixture(text, "x.c");
    assert.equal(fixture.base, "wick");
    assert.deepEqual(
      fixture.pieces.map((p) => p.path),
      ["drivers/wick/a.c", "drivers/wick/b.h"],
    );
    const a = "int f(void)\n{\n\treturn g(1);\n}\n";
    assert.equal(fixture.pieces[0]?.text, a);
    const span = (of: string, line = 0): { file: string; start: number; end: number } => {
      const start = a.indexOf(of, line);
      return { file: "drivers/wick/a.c", start, end: start + of.length };
    };
    const remarks = [
      { span: span("g(1)"), text: "error[dma-buf/leak]: lost" },
      { span: span("int f(void)\n{"), text: "proved: it" },
      { text: "incomplete: drivers/wick/c.c: not read" },
    ];
    assert.equal(printFixture(fixture, remarks), text);
    assert.notEqual(printFixture(fixture, remarks.slice(1)), text);
  });

  it("count columns as editors show them", () => {
    assert.equal(visualColumn("\t  x", 0), 0);
    assert.equal(visualColumn("\t  x", 1), 8);
    assert.equal(visualColumn("\t  x", 3), 10);
    assert.equal(visualColumn("abc\tx", 4), 8);
  });
});
