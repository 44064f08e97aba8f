// Bad input through the real command line: each is named with its path, nothing that was good is lost, and the exit code says what happened.
import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";

const root = path.resolve(import.meta.dirname, "../..");

describe("bad input", () => {
  let dir = "";
  before(() => {
    dir = mkdtempSync(path.join(tmpdir(), "lifebound-bad-"));
    copyFileSync(path.join(root, "test/fixtures/demo/buggy/barx.c"), path.join(dir, "barx.c"));
    writeFileSync(path.join(dir, "broken.c"), "int f(void)\n{\n\tif (x { return 1;\n");
    writeFileSync(path.join(dir, "zero.c"), Buffer.alloc(4096));
    writeFileSync(path.join(dir, "closed.c"), "int x;\n");
    chmodSync(path.join(dir, "closed.c"), 0);
  });
  after(() => rmSync(dir, { recursive: true }));

  const at = (name: string): string => path.join(dir, name);
  const run = (...args: readonly string[]): { code: number | null; out: string } => {
    const done = spawnSync(process.execPath, ["--import=tsx", path.join(root, "server/src/cli.ts"), ...args], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, XDG_CACHE_HOME: path.join(dir, "cache") },
    });
    return { code: done.status, out: done.stdout + done.stderr };
  };

  it("broken C is said with its line, and what is beside it is checked", () => {
    const { code, out } = run("check", at("broken.c"), at("barx.c"));
    assert.equal(code, 1);
    assert.match(out, /^broken\.c:\d+: not seen: not understood/m);
    assert.match(out, /\[dma-buf\/no-fence-wait\]/);
  });
  it("a file of NULs alone is refused, beside others it is listed once", () => {
    const alone = run("check", at("zero.c"));
    assert.equal(alone.code, 2);
    assert.match(alone.out, /zero\.c: holds NUL bytes: not a text file/);
    const beside = run("check", at("zero.c"), at("barx.c"));
    assert.equal(beside.code, 1);
    assert.equal(beside.out.match(/zero\.c: not seen: holds NUL bytes/g)?.length, 1);
  });
  it("a file that can't be read is named", function () {
    if (process.getuid?.() === 0) this.skip(); // root reads everything
    const { code, out } = run("check", at("closed.c"));
    assert.equal(code, 2);
    assert.match(out, /closed\.c: .*permission/i);
  });
  it("a path that is not there is named", () => {
    const { code, out } = run("check", at("nowhere/at/all"));
    assert.equal(code, 2);
    assert.match(out, /nowhere\/at\/all: no such file or folder/);
  });
  it("a --tree that is no kernel tree is said to be none, and checked", () => {
    const { code, out } = run("check", "--tree", dir, at("barx.c"));
    assert.equal(code, 1);
    assert.match(out, /is no kernel tree/);
  });
});
