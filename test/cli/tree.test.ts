// From what somebody typed to files in a tree, and the facts of a function in it.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { factsText, wasmFiles } from "../../server/src/cli/facts.ts";
import type { Opened } from "../../server/src/cli/deps.ts";
import { openPaths } from "../../server/src/cli/tree.ts";

describe("paths", () => {
  let root = "";
  before(() => {
    root = realpathSync(mkdtempSync(path.join(tmpdir(), "lifebound-cli-")));
    for (const folder of ["drivers/demo/sub", "include/linux", "docs"])
      mkdirSync(path.join(root, folder), { recursive: true });
    writeFileSync(path.join(root, "drivers/demo/a.c"), "int a(int x)\n{\n\treturn x;\n}\n");
    writeFileSync(path.join(root, "drivers/demo/sub/b.c"), "int b;\n");
    writeFileSync(path.join(root, "drivers/demo/zero.c"), "\0\0");
    writeFileSync(path.join(root, "include/linux/c.h"), "int c;\n");
    symlinkSync("/", path.join(root, "drivers/demo/out"));
  });
  after(() => rmSync(root, { recursive: true }));

  const opened = (dir: string | undefined, paths: readonly string[], cwd = root): Opened => {
    const found = openPaths(dir, paths, cwd);
    assert.ok(typeof found !== "string", String(found));
    return found;
  };

  it("find the tree around the first path, and files and folders in it", () => {
    assert.deepEqual(opened(undefined, ["drivers/demo/a.c"]).paths, ["drivers/demo/a.c"]);
    assert.deepEqual(opened(undefined, ["a.c", "sub"], path.join(root, "drivers/demo")).paths, [
      "drivers/demo/a.c",
      "drivers/demo/sub/b.c",
    ]);
    assert.deepEqual(opened(undefined, ["."]).paths, [
      "drivers/demo/a.c",
      "drivers/demo/sub/b.c",
      "drivers/demo/zero.c",
      "include/linux/c.h",
    ]);
  });

  it("count from the tree's root where they don't from here", () => {
    assert.deepEqual(opened(root, ["drivers/demo/a.c", "drivers/demo/a.c"], tmpdir()).paths, ["drivers/demo/a.c"]);
  });

  it("are listed where they can't be read, and never leave the tree", () => {
    const { paths, unread } = opened(root, [
      "drivers/demo/zero.c",
      "nowhere.c",
      "docs",
      "drivers/demo/out/etc",
      tmpdir(),
    ]);
    assert.deepEqual(paths, []);
    assert.deepEqual(
      unread.map(({ file, why }) => [file, why.replace(/ \/.*/, "")]),
      [
        ["drivers/demo/zero.c", unread[0]?.why],
        ["nowhere.c", "no such file or folder"],
        ["docs", "holds no C files"],
        ["drivers/demo/out/etc", "outside the tree"],
        [tmpdir(), "outside the tree"],
      ],
    );
    assert.notEqual(unread[0]?.why, "");
  });

  it("say why there is no tree", () => {
    assert.match(String(openPaths(path.join(root, "drivers/demo/a.c"), ["x"], root)), /not a folder/);
  });

  it("give the facts of a function, or none", async () => {
    const wasm = wasmFiles(path.resolve(import.meta.dirname, "../../server/src"));
    const { tree } = opened(undefined, ["drivers/demo/a.c"]);
    assert.match(
      (await factsText(tree, "drivers/demo/a.c", "a", wasm)) ?? "",
      /^int a\(int x\)\n.*\nB0:\n +3 +return x\n/,
    );
    assert.equal(await factsText(tree, "drivers/demo/a.c", "b", wasm), undefined);
    assert.equal(await factsText(tree, "drivers/demo/sub/b.c", "a", wasm), undefined);
  });
});
