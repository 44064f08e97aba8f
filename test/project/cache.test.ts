// The cache: stored bytes come back, trees do not meet, and failure is a value.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { openCache } from "../../server/src/project/cache.ts";

describe("openCache", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "lifebound-cache-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("gives back what was stored, under XDG_CACHE_HOME, and leaves no temporary files", () => {
    const cache = openCache("/some/tree", { XDG_CACHE_HOME: dir });
    assert.equal(cache.load("x"), undefined);
    assert.equal(cache.store("x", [Buffer.from("ab"), Buffer.from("c")]), undefined);
    assert.equal(Buffer.from(cache.load("x") ?? []).toString(), "abc");
    assert.ok(cache.folder.startsWith(dir + path.sep));
    assert.deepEqual(readdirSync(cache.folder), ["x"]);
  });

  it("keeps trees apart", () => {
    openCache("/one", { XDG_CACHE_HOME: dir }).store("x", [Buffer.from("1")]);
    assert.equal(openCache("/two", { XDG_CACHE_HOME: dir }).load("x"), undefined);
  });

  it("says why it could not store", () => {
    writeFileSync(path.join(dir, "lifebound"), "a file where the folder should be");
    const cache = openCache("/tree", { XDG_CACHE_HOME: dir });
    assert.match(cache.store("x", [Buffer.from("1")]) ?? "", /ENOTDIR|EEXIST/);
  });
});
