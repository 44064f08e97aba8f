// Trees on disk: what is listed, what is refused, and that no odd file is more than a line in problems().
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { findTree, isKernelTree, MAX_FILE_BYTES, openTree } from "../../server/src/project/tree.ts";
import type { TreeSource } from "../../server/src/project/tree.ts";

describe("openTree", () => {
  let dir: string;
  const put = (file: string, bytes: string | Buffer): void => {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), bytes);
  };
  const open = (): TreeSource => {
    const opened = openTree(dir);
    assert.ok("source" in opened);
    return opened.source;
  };
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "lifebound-tree-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("lists .c and .h files sorted by code unit, without hidden folders and build products", () => {
    for (const f of ["b.c", "a/z.h", "a/B.c", "a.c", ".git/x.c", "m.mod.c", "README"]) put(f, "");
    assert.deepEqual(open().files(), ["a.c", "a/B.c", "a/z.h", "b.c"]);
  });

  it("says why a root cannot be opened", () => {
    put("f.c", "");
    assert.deepEqual(openTree(path.join(dir, "none")), { why: `${path.join(dir, "none")}: no such file or folder` });
    assert.deepEqual(openTree(path.join(dir, "f.c")), { why: `${path.join(dir, "f.c")}: not a folder` });
  });

  it("decodes UTF-8, and Latin-1 where it is not UTF-8", () => {
    put("u.c", "/* é */");
    put("l.c", Buffer.from([0x2f, 0x2a, 0xe9, 0x2a, 0x2f]));
    assert.equal(open().read("u.c"), "/* é */");
    assert.equal(open().read("l.c"), "/*é*/");
  });

  it("reports binary, oversized and vanished files and goes on", () => {
    put("nul.c", "int a;\0");
    put("big.c", Buffer.alloc(MAX_FILE_BYTES + 1, 32));
    put("ok.c", "int b;");
    const source = open();
    assert.deepEqual(["nul.c", "big.c", "none.c", "ok.c"].map(source.read), [
      undefined,
      undefined,
      undefined,
      "int b;",
    ]);
    assert.deepEqual(source.problems(), [
      { file: "big.c", line: 0, why: "larger than 32 MiB: not read" },
      { file: "nul.c", line: 0, why: "holds NUL bytes: not a text file" },
    ]);
  });

  it("follows links that stay in the tree and refuses those that leave it", () => {
    const outside = mkdtempSync(path.join(os.tmpdir(), "lifebound-outside-"));
    try {
      writeFileSync(path.join(outside, "secret.c"), "int secret;");
      put("real.c", "int r;");
      symlinkSync("real.c", path.join(dir, "link.c"));
      symlinkSync(path.join(outside, "secret.c"), path.join(dir, "leak.c"));
      symlinkSync(outside, path.join(dir, "away"));
      symlinkSync(".", path.join(dir, "loop"));
      const source = open();
      assert.deepEqual(source.files(), ["link.c", "real.c"]);
      assert.equal(source.read("link.c"), "int r;");
      assert.equal(source.read("leak.c"), undefined);
      assert.equal(source.read("away/secret.c"), undefined);
      assert.equal(source.read(`../${path.basename(outside)}/secret.c`), undefined);
      assert.equal(source.read(path.join(outside, "secret.c")), undefined);
      assert.deepEqual(
        source.problems().map((p) => p.file),
        ["away/secret.c", "leak.c"],
      );
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it("neither lists nor waits for what is no regular file", () => {
    execFileSync("mkfifo", [path.join(dir, "pipe.c")]);
    mkdirSync(path.join(dir, "folder.c"));
    const source = open();
    assert.deepEqual(source.files(), []);
    assert.equal(source.read("pipe.c"), undefined);
    assert.equal(source.read("folder.c"), undefined);
    assert.deepEqual(
      source.problems().map((p) => p.why),
      ["not a regular file", "not a regular file"],
    );
  });

  it("stamps change with the content and are absent where the file is", () => {
    put("a.c", "int a;");
    const source = open();
    const before = source.stamp("a.c");
    put("a.c", "int aa;");
    assert.notEqual(source.stamp("a.c"), before);
    assert.equal(source.stamp("none.c"), undefined);
  });

  it("finds the kernel tree around a path, and takes a plain folder as its own tree", () => {
    put("sub/f.c", "");
    assert.equal(findTree(path.join(dir, "sub/f.c")), path.join(dir, "sub"));
    assert.equal(isKernelTree(dir), false);
    put("Kbuild", "");
    put("MAINTAINERS", "");
    assert.equal(isKernelTree(dir), true);
    assert.equal(findTree(path.join(dir, "sub/f.c")), dir);
    assert.equal(open().kernel, true);
  });
});
