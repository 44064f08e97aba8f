// Each construct of C, as facts: a golden listing beside each input. UPDATE=1 writes the goldens; review is the diff.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { KERNEL_CLASSES, withClassesOf } from "../../server/src/facts/cleanup.ts";
import { lowerFunction } from "../../server/src/facts/lower.ts";
import { lowerTables } from "../../server/src/facts/tables.ts";
import { printFacts, printStruct, printTable } from "../../server/src/facts/print.ts";
import { arm, inputs, parser, texts } from "./support.ts";
import type { CParser } from "../../server/src/syntax/parser.ts";

describe("lower", () => {
  let c: CParser;
  before(async () => {
    c = await parser();
  });
  after(() => c.delete());

  for (const { name, text } of texts) {
    it(`prints the facts of ${name}.c as its golden has them`, () => {
      const file = `${name}.c`;
      const parsed = c.parseFile(text);
      const classes = withClassesOf(KERNEL_CLASSES, parsed.scope.invocations);
      const functions = parsed.functions.map((f) => printFacts(lowerFunction(f, { file, text, arm, classes }), text));
      const { structs, tables } = lowerTables(parsed.scope, file, text);
      const shown = [...structs.map(printStruct), ...tables.map(printTable), ...functions].join("\n");
      const golden = path.join(inputs, `${name}.facts.txt`);
      if (process.env["UPDATE"] === "1" || !existsSync(golden)) writeFileSync(golden, shown);
      assert.equal(shown, readFileSync(golden, "utf8"));
    });
  }
});
