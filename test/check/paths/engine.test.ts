// Parts of the path engine alone: what terms are equal, what is learned from a condition, where loops and guards are, and that nothing throws.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { FAILED, NEG, PENDING, POS, ZERO, learn, maskOf, truth } from "../../../server/src/check/paths/knowledge.ts";
import type { Facts } from "../../../server/src/check/paths/knowledge.ts";
import { differ } from "../../../server/src/check/paths/compare.ts";
import { cellsOf, settle } from "../../../server/src/check/paths/cells.ts";
import { openProtocol } from "../../../server/src/check/paths/protocol.ts";
import { newTerms } from "../../../server/src/check/paths/term.ts";
import { checkPaths } from "../../../server/src/check/paths/check.ts";
import { ruleList } from "../../../server/src/lifecycles/catalogue.ts";
import { dmaPaths } from "../../../server/src/lifecycles/dma/models.ts";
import { createProgram } from "../../../server/src/program/create.ts";
import { memorySource } from "../../../server/src/project/memory.ts";
import { parser } from "../../syntax/support.ts";

const T = newTerms();
const x = T.param(0, "x");

describe("terms", () => {
  it("are the same object where they are the same value", () => {
    assert.equal(T.bin("+", T.bin("+", x, T.num(2)), T.num(3)), T.bin("+", x, T.num(5)));
    assert.equal(T.bin("!=", x, T.num(0)), T.un("!", T.un("!", x)));
    assert.equal(T.bin(">", x, T.num(1)), T.bin("<", T.num(1), x));
    assert.equal(T.iaddr(x, T.num(0)), x);
    assert.notEqual(T.iaddr(T.local("a", "f"), T.num(0)), T.local("a", "f"));
  });
});

describe("knowledge", () => {
  it("takes error codes, NULL and error pointers apart", () => {
    const facts: Facts = new Map();
    assert.equal(maskOf(facts, T.un("-", T.sym("ENOMEM"))), FAILED);
    assert.equal(maskOf(facts, T.un("-", T.sym("EINPROGRESS"))), PENDING);
    assert.ok(learn(facts, T.bin("<", x, T.num(0)), ZERO));
    assert.equal(maskOf(facts, x) & NEG, 0);
    assert.ok(learn(facts, x, POS));
    assert.equal(truth(facts, T.bin("==", x, T.num(0))), false);
    assert.ok(!learn(facts, T.un("!", x), POS));
  });
  it("knows that what is one number is no other", () => {
    const facts: Facts = new Map();
    assert.ok(learn(facts, T.bin("==", x, T.num(3)), POS));
    assert.equal(truth(facts, T.bin("==", x, T.num(4))), false);
  });
});

describe("comparison", () => {
  const none: Facts = new Map();
  it("says different only where it is known", () => {
    assert.ok(differ(dmaPaths, none, "size", T.num(4), T.num(8)));
    assert.ok(differ(dmaPaths, none, "size", x, T.bin("+", x, T.num(2))));
    assert.ok(!differ(dmaPaths, none, "size", x, T.param(1, "y")));
    assert.ok(differ(dmaPaths, none, "direction", T.sym("DMA_TO_DEVICE"), T.num(2)));
    assert.ok(!differ(dmaPaths, none, "direction", T.sym("DMA_TO_DEVICE"), x));
  });
});

const folder = path.resolve(import.meta.dirname, "../../fixtures/dma");
const kernel = readFileSync(path.join(folder, "kernel.h"), "utf8");
const read = (file: string): string => readFileSync(path.join(folder, file), "utf8").replace(/^\/\/.*\n/gm, "");

describe("settlement", () => {
  it("tells who fills a field and who empties it, through locals and byte order", async () => {
    const source = memorySource({
      "include/linux/kernel-fixture.h": kernel,
      "drivers/heron/a.c": read("fp_01-handle-in-descriptor.c"),
    });
    const program = createProgram(source, await parser());
    const protocol = openProtocol(dmaPaths);
    const uses = program.calling([...protocol.names], ["drivers/heron/a.c"]).flatMap((ref) => {
      const fn = program.facts(ref);
      return fn === undefined ? [] : cellsOf(program, protocol, ref, fn);
    });
    const rows = [...(settle(uses).get("heron_desc.addr") ?? [])].map((u) => `${u.role} ${u.fn.name}`);
    assert.deepEqual(rows, ["acquires heron_tx", "releases heron_tx_done"]);
  });
});

describe("the path check", () => {
  it("never throws on C that is cut off anywhere", async () => {
    const c = await parser();
    for (const file of readdirSync(folder).filter((f) => f.endsWith("_bad.c"))) {
      const text = read(file);
      for (let end = 400; end < text.length; end += 97) {
        const source = memorySource({
          "include/linux/kernel-fixture.h": kernel,
          "drivers/heron/a.c": `${text.slice(0, end)}\n`,
        });
        const program = createProgram(source, c);
        checkPaths({
          program,
          vocabulary: dmaPaths,
          rules: ruleList,
          paths: ["drivers/heron/a.c"],
          progress: () => undefined,
        });
      }
    }
  });
  it("says the same whatever the order of the files asked for", async () => {
    const files: Record<string, string> = { "include/linux/kernel-fixture.h": kernel };
    for (const file of readdirSync(folder)
      .filter((f) => f.endsWith("_bad.c"))
      .slice(0, 8))
      files[`drivers/heron/${file}`] = read(file);
    const names = Object.keys(files).filter((f) => f.endsWith(".c"));
    const c = await parser();
    const said = (paths: readonly string[]): unknown => {
      const program = createProgram(memorySource(files), c);
      const { findings } = checkPaths({
        program,
        vocabulary: dmaPaths,
        rules: ruleList,
        paths,
        progress: () => undefined,
      });
      return findings.map((f) => `${f.rule} ${f.at.file} ${f.at.start}`).sort();
    };
    assert.deepEqual(said([...names].reverse()), said(names));
  });
});
