// The grammar's corpus, in tree-sitter's own form: stock C and the kernel's idioms. `tree-sitter test` runs the same files.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { parser, root } from "./support.ts";
import { sexp } from "./sexp.ts";

interface Case {
  readonly title: string;
  readonly code: string;
  readonly tree: string;
}

function cases(text: string): Case[] {
  const heads = [...text.matchAll(/^=+\n(.+)\n=+\n\n/gm)];
  return heads.map((head, i) => {
    const rest = text.slice(head.index + head[0].length, heads[i + 1]?.index ?? text.length);
    const [code = "", tree = ""] = rest.split(/^-{3,}\n/m);
    return { title: head[1] ?? "", code: code.replace(/\n\n$/, "\n"), tree: tree.trim() };
  });
}

const folder = path.join(root, "grammars/kernel-c/test/corpus");

describe("the grammar's corpus", () => {
  let kernel = 0;
  for (const file of readdirSync(folder).sort()) {
    const all = cases(readFileSync(path.join(folder, file), "utf8"));
    if (file.startsWith("kernel-")) kernel += all.length;
    describe(file, () => {
      for (const { title, code, tree } of all)
        it(title, async () => {
          const parsed = (await parser()).tree(code);
          assert.equal(sexp(parsed.root), tree);
          assert.deepEqual(parsed.errors, []);
        });
    });
  }

  it("holds at least sixty idioms of the kernel", () => assert.ok(kernel >= 60, `only ${kernel}`));
});
