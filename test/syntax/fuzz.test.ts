// Whatever the text: no throw, and every range inside it. Truncations and mutations of the corpus, from fixed seeds.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { findBodies } from "../../server/src/syntax/bodies.ts";
import { visitAll } from "../../server/src/syntax/walk.ts";
import { parser, root } from "./support.ts";

const folder = path.join(root, "grammars/kernel-c/test/corpus");
const texts = readdirSync(folder).map((file) =>
  readFileSync(path.join(folder, file), "utf8")
    .replace(/^-{3,}\n[^=]*(?=^=|$(?![\s\S]))/gm, "")
    .replace(/^=+\n.*\n=+\n/gm, ""),
);

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const NOISE = [
  "{",
  "}",
  "(",
  ")",
  ";",
  '"',
  "'",
  "/*",
  "#if 0\n",
  "\n#endif\n",
  "\n#else\n",
  ",",
  "for_each_x(",
  "struct ",
  "\\\n",
  "𝄞",
];

describe("fuzz", () => {
  it("never throws, and keeps ranges in the text", async () => {
    const c = await parser();
    const next = random(7);
    for (let round = 0; round < 150; round++) {
      const whole = texts[Math.floor(next() * texts.length)] ?? "";
      const start = Math.floor(next() * whole.length);
      let text = whole.slice(start, start + 200 + Math.floor(next() * 1500));
      for (let edits = Math.floor(next() * 6); edits > 0; edits--) {
        const at = Math.floor(next() * text.length);
        text =
          text.slice(0, at) +
          (NOISE[Math.floor(next() * NOISE.length)] ?? "") +
          text.slice(at + Math.floor(next() * 4));
      }
      findBodies(text);
      const parsed = c.parseFile(text);
      const inside = ([from, to]: readonly [number, number]): void =>
        assert.ok(
          from >= 0 && from <= to && to <= text.length,
          `[${from}, ${to}) of ${text.length}: ${JSON.stringify(text)}`,
        );
      for (const gap of parsed.gaps) inside(gap.range);
      for (const fn of parsed.functions) {
        inside(fn.range);
        for (const gap of fn.gaps) inside(gap.range);
        visitAll(fn.body, { stmt: (s) => inside(s.range), expr: (e) => inside(e.range) });
      }
    }
  });
});
