// Silent misparses are noticed: a tree that lost a call or a keyword of the text.
import assert from "node:assert/strict";
import { suspicions } from "../../server/src/syntax/suspicions.ts";
import { parser } from "./support.ts";

async function whys(body: string): Promise<string[]> {
  const text = `void f(void)\n{\n${body}\n}\n`;
  const fn = (await parser()).parseFile(text).functions[0];
  assert.ok(fn);
  return suspicions(fn, text).map((s) => s.why);
}

describe("suspicions", () => {
  it("has none about plain C", async () => {
    assert.deepEqual(
      await whys(
        "\tif (a) {\n\t\tfor (;;)\n\t\t\tg(h(1), b->c(2));\n\t}\n\tint (*fn)(int);\n\tu8 x[SZ(3)];\n\treturn;",
      ),
      [],
    );
  });

  it("notices a call that is not in the tree", async () => {
    const text = "void f(void)\n{\n\tg();\n}\n";
    const fn = (await parser()).parseFile(text).functions[0];
    assert.ok(fn);
    const lost = suspicions({ ...fn, body: [] }, text);
    assert.match(lost[0]?.why ?? "", /"g\(" stands 1 times in the text, 0 times in the tree/);
  });
});
