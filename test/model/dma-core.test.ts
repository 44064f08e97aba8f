// The mapping core on its bundled call sequences: what is said of each line, that every class has a bad and a good one, and that no row of the core can go unnoticed.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { auditCore, classTable, dmaCoreEntry, runScript, shortly } from "../../server/src/cli/dma-core.ts";
import { signatures } from "../../server/src/lifecycles/dma/api.ts";
import { classRules, ruleOf } from "../../server/src/lifecycles/dma/classes.ts";
import { DEBUG_CLASSES } from "../../server/src/lifecycles/dma/debug.ts";
import { BREACHES, DEBUG_CLASS_IDS } from "../../server/src/model/dma/answer.ts";
import { DMA_CORE_ROWS, runCalls } from "../../server/src/model/dma/core.ts";
import { IDLE } from "../../server/src/model/dma/effects.ts";
import type { Rows } from "../../server/src/model/dma/rows.ts";
import { parseScript } from "../../server/src/model/dma/script.ts";

const folder = path.resolve(import.meta.dirname, "../fixtures/dma-core");
const fixtures = readdirSync(folder)
  .sort()
  .map((name) => ({ name, text: readFileSync(path.join(folder, name), "utf8") }));

/** What a script's comments expect, line by line: `#=> CLASS RULE` for each thing said, `#-> WHAT` for what is returned. */
function expected(text: string): readonly string[] {
  return text.split("\n").flatMap((line, i) => {
    const marks = [...line.matchAll(/#(=>|->) ([^#]+)/g)].map(([, kind, what]) => `${kind} ${what?.trim()}`);
    return marks.map((mark) => `${i + 1} ${mark}`);
  });
}

/** The same of a run. Where a script tells no return value, none is compared. */
function actual(text: string, rows: Rows = DMA_CORE_ROWS): readonly string[] {
  const { lines, errors } = parseScript(text, signatures);
  assert.deepEqual(errors, []);
  const ran = runCalls(
    lines.map(({ call }) => call),
    rows,
  );
  return ran.flatMap(({ answers, returned }, i) => {
    const line = lines[i]?.line ?? 0;
    return [
      ...answers.map((answer) => `${line} => ${shortly(answer)}`),
      ...(returned === undefined ? [] : [`${line} -> ${returned}`]),
    ];
  });
}

describe("DMA mapping core", () => {
  for (const { name, text } of fixtures) {
    it(`says what is expected of ${name}`, () => assert.deepEqual(actual(text), expected(text)));
  }

  it("has a bad and a good sequence for every debug class, and says the class in the bad one alone", () => {
    for (const { number, id } of DEBUG_CLASSES) {
      const prefix = `${String(number).padStart(2, "0")}-${id}.`;
      const of = (kind: string): string => fixtures.find(({ name }) => name === `${prefix}${kind}.txt`)?.text ?? "";
      assert.ok(
        actual(of("bad")).some((line) => line.includes(`=> ${number} `)),
        `${prefix}bad.txt`,
      );
      assert.notEqual(of("good"), "", `${prefix}good.txt`);
      assert.ok(!actual(of("good")).some((line) => line.includes("=> ")), `${prefix}good.txt`);
    }
  });

  it("knows the 25 classes in their order, and has a verdict on each: its rule, or why none can be", () => {
    assert.deepEqual(DEBUG_CLASSES.map(({ id }) => id), DEBUG_CLASS_IDS); // prettier-ignore
    assert.deepEqual(DEBUG_CLASSES.map(({ number }) => number), DEBUG_CLASSES.map((_, i) => i + 1)); // prettier-ignore
    assert.equal(DEBUG_CLASSES.length, 25);
    assert.deepEqual(Object.keys(classRules).sort(), [...DEBUG_CLASS_IDS].sort());
    assert.deepEqual(auditCore(), []);
  });

  it("says each of its breaches in some sequence", () => {
    const said = new Set(fixtures.flatMap(({ text }) => actual(text)).flatMap((line) => /dma\/\S+/.exec(line) ?? []));
    assert.deepEqual([...said].sort(), BREACHES.map(ruleOf).sort());
  });

  it("has an effect for every op that is not idle", () => {
    const ops = new Set(fixtures.flatMap(({ text }) => parseScript(text, signatures).lines.map(({ call }) => call.op)));
    for (const op of ops)
      assert.equal(DMA_CORE_ROWS.effects.some((row) => row.op === op), !IDLE.includes(op), op); // prettier-ignore
  });

  it("names its rows apart", () => {
    for (const rows of [DMA_CORE_ROWS.checks, DMA_CORE_ROWS.effects])
      assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
  });

  it("needs each of its checks: without it, some sequence is answered otherwise", () => {
    const idle = DMA_CORE_ROWS.checks.filter((gone) => {
      const rows = { ...DMA_CORE_ROWS, checks: DMA_CORE_ROWS.checks.filter((row) => row !== gone) };
      return !noticed(rows, gone.op);
    });
    assert.deepEqual(idle.map(({ id }) => id), []); // prettier-ignore
  });

  it("needs each of its effects: without it, some sequence is answered otherwise", () => {
    const idle = DMA_CORE_ROWS.effects.filter((gone) => {
      const rows = { ...DMA_CORE_ROWS, effects: DMA_CORE_ROWS.effects.filter((row) => row !== gone) };
      return !noticed(rows, gone.op);
    });
    assert.deepEqual(idle.map(({ id }) => id), []); // prettier-ignore
  });

  it("has its table in the documents as it is today", () => {
    const file = path.resolve(import.meta.dirname, "../../docs/dma-classes.md");
    if (process.env["UPDATE"] !== undefined) writeFileSync(file, classTable());
    assert.equal(readFileSync(file, "utf8"), classTable());
  });

  it("has every call that it knows in the document of its text form", () => {
    const text = readFileSync(path.resolve(import.meta.dirname, "../../docs/dma-core.md"), "utf8");
    for (const name of Object.keys(signatures.calls)) assert.ok(text.includes(`${name}(`), name);
  });

  it("shows itself and passes its own audit", () => {
    assert.match(dmaCoreEntry.show("text"), /^ {2}unmap\/size +3 dma\/size-mismatch$/m);
    assert.deepEqual(dmaCoreEntry.check().ok, true);
  });

  it("prints a run with the kernel's words, and errors with file and line", () => {
    const ran = runScript("calls.txt", fixtures.find(({ name }) => name === "03-different-size.bad.txt")?.text ?? "");
    assert.equal(ran.errors, undefined);
    assert.equal(ran.errors === undefined && ran.ok, false);
    assert.match(
      ran.errors === undefined ? ran.text : "",
      /^ {6}! dma\/size-mismatch, 3: device driver frees DMA memory with different size \(mapped 2048, released 1500\)$/m,
    );
    const bad = "device nic\nbuffer rx big\ndma_map_foo(nic)\nh = dma_map_single(nic, rx)\nuse nic\ndevice nic\n";
    assert.deepEqual(runScript("calls.txt", bad).errors, [
      "calls.txt:2: big: not a number",
      "calls.txt:3: dma_map_foo(): no call that the core knows",
      "calls.txt:4: dma_map_single(): argument 3 is missing: a number",
      `calls.txt:5: use: neither a call nor one of device, buffer, list, host, port, cpu-routes, provider, pool, give, read, write, keep, unbind, return`,
      "calls.txt:6: nic: there is a device of that name",
    ]);
  });
});

const answers = new Map(fixtures.map(({ text }) => [text, actual(text).join("\n")]));

/** Whether some sequence that has such a call is answered otherwise by these rows. */
function noticed(rows: Rows, op: string): boolean {
  return fixtures.some(
    ({ text }) =>
      parseScript(text, signatures).lines.some(({ call }) => call.op === op) &&
      actual(text, rows).join("\n") !== answers.get(text),
  );
}
