// Makefiles: which options a file needs, which modules it is part of, and where its includes are looked for.
import assert from "node:assert/strict";
import { normal, openKbuild } from "../../server/src/program/kbuild.ts";

const files: Readonly<Record<string, string>> = {
  "drivers/Makefile": "obj-$(CONFIG_FOO)\t+= foo/\nobj-y += always/\n",
  "drivers/foo/Makefile": [
    "ccflags-y += -I$(src)/include -I $(srctree)/drivers/bar",
    "subdir-ccflags-y := -I$(srctree)/$(src)/shared",
    "foo-core-y := core.o ring.o \\",
    "\t$(extra-y)",
    "foo-core-$(CONFIG_FOO_DMABUF) += dmabuf.o",
    "extra-$(CONFIG_FOO_EXTRA) := more.o",
    "obj-$(CONFIG_FOO_CORE) += foo-core.o",
    "obj-$(CONFIG_FOO_A) += both.o   # comment",
    "obj-$(CONFIG_FOO_B) += both.o",
    "obj-$(CONFIG_FOO_CORE) += sub/",
  ].join("\n"),
  "drivers/foo/sub/Kbuild": "obj-m += one.o\n",
};
const kbuild = openKbuild((file) => files[file]);

describe("kbuild", () => {
  it("collects options through composite objects and folders", () => {
    assert.deepEqual(kbuild.implied("drivers/foo/dmabuf.c"), ["CONFIG_FOO", "CONFIG_FOO_CORE", "CONFIG_FOO_DMABUF"]);
    assert.deepEqual(kbuild.implied("drivers/foo/core.c"), ["CONFIG_FOO", "CONFIG_FOO_CORE"]);
    assert.deepEqual(kbuild.implied("drivers/foo/sub/one.c"), ["CONFIG_FOO", "CONFIG_FOO_CORE"]);
  });
  it("sees objects that another variable adds", () => {
    assert.deepEqual(kbuild.implied("drivers/foo/more.c"), ["CONFIG_FOO", "CONFIG_FOO_CORE", "CONFIG_FOO_EXTRA"]);
  });
  it("needs only what every line that builds the file needs", () => {
    assert.deepEqual(kbuild.implied("drivers/foo/both.c"), ["CONFIG_FOO"]);
  });
  it("knows nothing of files that no Makefile names", () => {
    assert.deepEqual(kbuild.implied("drivers/foo/other.c"), []);
    assert.deepEqual(kbuild.modules("drivers/foo/other.c"), []);
  });
  it("finds the module and its files", () => {
    assert.deepEqual(kbuild.modules("drivers/foo/dmabuf.c"), ["drivers/foo/foo-core"]);
    assert.deepEqual(kbuild.filesOf("drivers/foo/foo-core"), [
      "drivers/foo/core.c",
      "drivers/foo/dmabuf.c",
      "drivers/foo/more.c",
      "drivers/foo/ring.c",
    ]);
    assert.deepEqual(kbuild.filesOf("drivers/foo/sub/one"), ["drivers/foo/sub/one.c"]);
  });
  it("finds include folders, inherited ones last", () => {
    assert.deepEqual(kbuild.includeFolders("drivers/foo"), [
      "drivers/foo/include",
      "drivers/bar",
      "drivers/foo/shared",
    ]);
    assert.deepEqual(kbuild.includeFolders("drivers/foo/sub"), ["drivers/foo/shared"]);
  });
  it("survives composites that name each other", () => {
    const loop = openKbuild((file) => (file === "Makefile" ? "a-y := b.o\nb-y := a.o\nobj-m += a.o\n" : undefined));
    assert.deepEqual(loop.modules("a.c").slice(0, 1), ["a"]);
    assert.ok(Array.isArray(loop.filesOf("a")));
  });
  it("normalizes paths", () => {
    assert.equal(normal("a/./b/../c"), "a/c");
    assert.equal(normal("../a"), "../a");
  });
});
