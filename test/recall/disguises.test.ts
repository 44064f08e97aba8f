// Each disguise on heron: the text as it was looked at, and a program that prints the same as before.
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { DISGUISES } from "../../scripts/recall/disguises.ts";
import { plant } from "../../scripts/recall/mutant.ts";
import { golden } from "../support/golden.ts";
import { changedLines, printed, context, heron, heronMutants, needCompiler } from "./support.ts";

const own = context.family.own;

describe("recall: disguises", function () {
  this.timeout(60_000);

  for (const disguise of DISGUISES) {
    it(`${disguise.id}: changes heron as looked at`, () => {
      const result = disguise.apply(heron, context);
      assert.ok(result.changes > 0, "nothing changed");
      const shown = own.map((path) => `--- ${path}\n${changedLines(heron[path] ?? "", result.files[path] ?? "")}\n`);
      golden(`recall/golden/${disguise.id}.txt`, shown.join(""));
    });

    it(`${disguise.id}: heron compiles without a warning and does the same`, function () {
      needCompiler(this);
      assert.equal(printed(disguise.apply(heron, context).files), printed(heron));
    });
  }

  it("keep each planted bug's behaviour", function () {
    needCompiler(this);
    heronMutants.forEach((mutant, i) => {
      const disguise = DISGUISES[i % DISGUISES.length];
      assert.ok(disguise);
      const planted = plant(mutant, heron);
      const disguised = disguise.apply(planted, context).files;
      assert.equal(printed(disguised), printed(planted), `${mutant.id} as ${disguise.id}`);
    });
  });

  it("say which names stand for which", () => {
    const by = (id: string) => DISGUISES.find((d) => d.id === id)?.apply(heron, context);
    assert.deepEqual(by("extract")?.functions, { heron_bufs_move_part: ["heron_bufs_move"] });
    assert.deepEqual(by("merge")?.moved, { "heron_core.c": ["heron_dmabuf.c"] });
    assert.equal(by("merge")?.files["heron_dmabuf.c"], "");
    assert.equal(by("merge")?.files["Makefile"], "heron-y := heron_core.o \\\n\t\theron_debug.o\n");
    const inlined = by("inline")?.functions ?? {};
    assert.deepEqual(inlined["heron_unmap"], ["heron_unmap", "heron_buf_done"]);
    const renamed = Object.values(by("rename")?.functions ?? {}).flat();
    assert.ok(renamed.includes("heron_bufs_move") && !renamed.includes("heron_export"), "exported names must stay");
  });

  it("leave what they cannot convert, and say so", () => {
    const raw = {
      ...heron,
      "heron_core.c": `${heron["heron_core.c"] ?? ""}\nint heron_peek(struct heron_buf *b)\n{\n\treturn b->kref.n;\n}\n`,
    };
    const result = DISGUISES.find((d) => d.id === "refcount")?.apply(raw, context);
    assert.equal(result?.changes, 0);
    assert.match(result?.skipped.join("\n") ?? "", /heron_buf\.kref: used in a way/);
  });
});
