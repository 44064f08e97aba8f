// Sources in memory and overlays: what is listed, read and scanned.
import assert from "node:assert/strict";
import { memorySource, overlaySource } from "../../server/src/project/memory.ts";

describe("memorySource", () => {
  it("lists C files only, reads any file", () => {
    const source = memorySource({ "b.c": "int b;", "a/x.h": "", Makefile: "obj-y := b.o\n" });
    assert.deepEqual(source.files(), ["a/x.h", "b.c"]);
    assert.equal(source.read("Makefile"), "obj-y := b.o\n");
    assert.equal(source.read("c.c"), undefined);
  });
});

describe("overlaySource", () => {
  const base = memorySource({ "a.c": "int a;", "b.c": "int b;" });

  it("replaces, adds and deletes without touching the base", () => {
    const source = overlaySource(base, { "a.c": "long a;", "c.c": "int c;", "b.c": undefined });
    assert.deepEqual(source.files(), ["a.c", "c.c"]);
    assert.deepEqual(["a.c", "b.c", "c.c"].map(source.read), ["long a;", undefined, "int c;"]);
    assert.equal(base.read("a.c"), "int a;");
    assert.deepEqual([...(source.overlay?.changed ?? [])], ["a.c", "c.c", "b.c"]);
    assert.equal(source.overlay?.base, base);
  });

  it("stamps changed files anew and others as before", () => {
    const source = overlaySource(base, { "a.c": "long a;" });
    assert.notEqual(source.stamp?.("a.c"), base.stamp?.("a.c"));
    assert.equal(source.stamp?.("b.c"), base.stamp?.("b.c"));
  });

  it("scans the changed text of changed files", () => {
    const scanning = {
      ...base,
      scan: (files: readonly string[], visit: (file: string, bytes: Buffer) => void) => {
        for (const f of files) visit(f, Buffer.from(base.read(f) ?? ""));
      },
    };
    const seen: string[] = [];
    overlaySource(scanning, { "a.c": "long a;", "b.c": undefined }).scan?.(["a.c", "b.c"], (file, bytes) =>
      seen.push(`${file}: ${bytes.toString()}`),
    );
    assert.deepEqual(seen, ["a.c: long a;"]);
  });
});
