// The index in the cache: comes back as it was, without files that have changed, and never from spoiled bytes.
import assert from "node:assert/strict";
import { addFile, entryFor, newIndex, unitsNamed, usesOf, wordAt } from "../../server/src/program/index.ts";
import type { Index } from "../../server/src/program/index.ts";
import { packIndex, unpackIndex } from "../../server/src/program/pack.ts";
import { NAME } from "../../server/src/program/units.ts";
import { createProgram, indexOf } from "../../server/src/program/create.ts";
import { memorySource } from "../../server/src/project/memory.ts";
import { parser, showAll } from "./support.ts";

const files: Readonly<Record<string, string>> = {
  "a.c": '#include "h.h"\nint f(void)\n{\n\treturn g() + x->field;\n}\n',
  "b.c": "int g(void)\n{\n\treturn 0;\n}\n",
  "empty.c": "",
  "h.h": "struct s { int field; };\n",
};

function indexed(): Index {
  const index = newIndex();
  for (const [file, text] of Object.entries(files)) addFile(index, file, text, `stamp of ${file}`);
  return index;
}

function bytesOf(index: Index): Uint8Array {
  return Buffer.concat([...packIndex(index)]);
}

/** Asks for every file, as a program would. */
function asked(index: Index | undefined): Index | undefined {
  for (const file of [...Object.keys(files), "c.c"]) if (index !== undefined) entryFor(index, file);
  return index;
}

const everything = (file: string): string => `stamp of ${file}`;

describe("a packed index", () => {
  it("comes back as it was and grows on", () => {
    const index = unpackIndex(bytesOf(indexed()), everything);
    assert.ok(index);
    assert.deepEqual([index.files, unitsNamed(index, "f"), usesOf(index, "g")], [[], [], []], "unasked");
    asked(index);
    assert.deepEqual(index.files, indexed().files);
    assert.equal(unitsNamed(index, "f").length, 1);
    assert.equal(usesOf(index, "g").length, 1);
    addFile(index, "c.c", "int h(void)\n{\n\treturn g();\n}\n", "new");
    assert.deepEqual(
      usesOf(index, "g").map((u) => wordAt(index, u.unit, NAME)),
      ["h", "f"],
    );
    const again = asked(unpackIndex(bytesOf(index), (file) => (file === "c.c" ? "new" : everything(file))));
    assert.deepEqual(again?.files, index.files);
  });
  it("leaves out files that have changed, for good", () => {
    const index = asked(unpackIndex(bytesOf(indexed()), (file) => (file === "a.c" ? "changed" : everything(file))));
    assert.ok(index);
    assert.deepEqual(
      index.files.map((f) => f.file),
      ["b.c", "empty.c", "h.h"],
    );
    assert.deepEqual(unitsNamed(index, "f"), []);
    assert.deepEqual(usesOf(index, "g"), []);
    addFile(index, "a.c", "int f(void)\n{\n\treturn 1;\n}\n", "changed");
    assert.equal(unitsNamed(index, "f").length, 1);
    assert.ok(bytesOf(index).length < bytesOf(indexed()).length);
  });
  it("keeps files that nobody has asked for", () => {
    const index = unpackIndex(bytesOf(indexed()), everything);
    assert.ok(index);
    entryFor(index, "b.c");
    assert.deepEqual(
      index.files.map((f) => f.file),
      ["b.c"],
    );
    const again = unpackIndex(bytesOf(index), everything);
    assert.deepEqual([...(again?.stored.keys() ?? [])].sort(), ["a.c", "b.c", "empty.c", "h.h"]);
    assert.equal(unitsNamed(asked(again)!, "f").length, 1);
  });
  it("is not read from bytes that are cut off or spoiled", () => {
    const bytes = bytesOf(indexed());
    for (let cut = 0; cut < bytes.length; cut += 7)
      assert.equal(unpackIndex(bytes.slice(0, cut), everything), undefined);
    for (const at of [bytes.length - 1, bytes.length - 40, 6]) {
      const spoiled = Uint8Array.from(bytes);
      spoiled[at] = (spoiled[at] ?? 0) ^ 1;
      assert.equal(unpackIndex(spoiled, everything), undefined);
    }
  });
  it("gives a program the same answers", async () => {
    const source = memorySource(files);
    const first = createProgram(source, await parser());
    first.index(source.files());
    const index = indexOf(first);
    assert.ok(index);
    const stored = unpackIndex(bytesOf(index), (file) => source.stamp?.(file));
    assert.ok(stored);
    const second = createProgram(source, await parser(), { stored });
    const callers = (p: typeof first): string[] => showAll(p.definitions("g").flatMap((g) => p.callers(g)));
    assert.deepEqual(callers(second), ["f@a.c"]);
    assert.deepEqual(callers(second), callers(first));
  });
});
