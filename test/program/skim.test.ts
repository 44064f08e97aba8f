// The quick look through a tree: who holds a word, who exports, who may include.
import assert from "node:assert/strict";
import { openSkim } from "../../server/src/program/skim.ts";
import { memorySource, overlaySource } from "../../server/src/project/memory.ts";

const files = {
  "include/linux/a.h": "struct a {\n\tint fault;\n};\nstruct __packed b\n{\n\tint x;\n};\n",
  "drivers/x/default.c": "#include <linux/a.h>\nint f = default_fault; /* no_fault faults */\nEXPORT_SYMBOL_GPL(f);\n",
  "drivers/x/field.c":
    '# include "../../include/linux/a.h"\nint g(struct a *a)\n{\n\treturn a->fault;\n}\nEXPORT_SYMBOL_NS(g, "X");\n',
  "drivers/x/word.c": "int h = fault > 1;\nstruct own {\n\tint o;\n};\n",
  "tools/t.c": "#include <linux/a.h>\nint fault;\n",
};

describe("skim", () => {
  const skim = openSkim(memorySource(files));

  it("finds words, not parts of words, and fields by what stands before them", () => {
    assert.deepEqual(skim.holding("fault"), ["drivers/x/field.c", "drivers/x/word.c", "include/linux/a.h"]);
    assert.deepEqual(skim.holding("fault", undefined, true), ["drivers/x/field.c"]);
    assert.deepEqual(skim.holding("fault", ["drivers/x/word.c", "drivers/x/default.c"]), ["drivers/x/word.c"]);
    assert.deepEqual(skim.holding("nothing"), []);
  });
  it("finds exporters and the headers that define a struct", () => {
    assert.deepEqual(
      [skim.exporters("f"), skim.exporters("g"), skim.exporters("h")],
      [["drivers/x/default.c"], ["drivers/x/field.c"], []],
    );
    assert.deepEqual(skim.definers("a"), ["include/linux/a.h"]);
    assert.deepEqual(skim.definers("b"), ["include/linux/a.h"]);
    assert.deepEqual(skim.definers("own"), ["drivers/x/word.c"]);
  });
  it("finds includers, but not the programs beside the kernel", () => {
    assert.deepEqual(skim.includers("include/linux/a.h"), ["drivers/x/default.c", "drivers/x/field.c"]);
  });
  it("sees an overlay's changes", () => {
    const source = memorySource(files);
    const over = openSkim(
      overlaySource(source, { "drivers/x/word.c": "int x = a.fault;\nEXPORT_SYMBOL(x);\n" }),
      openSkim(source),
    );
    assert.deepEqual(over.holding("fault", undefined, true), ["drivers/x/field.c", "drivers/x/word.c"]);
    assert.deepEqual(over.exporters("x"), ["drivers/x/word.c"]);
    assert.deepEqual(over.definers("own"), []);
  });
});
