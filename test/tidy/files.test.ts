// House rules that a reader would otherwise have to enforce: headers, sizes, no leftovers, no kernel names in the engine.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const LONGEST_FILE = 400;
/** Files that are tables: long, but read row by row. */
const tables = [/lifecycles\/rules\.ts$/, /lifecycles\/unplug\/vocabulary\.ts$/, /syntax\/dialect\.ts$/];

function files(dir: string): string[] {
  if (!existsSync(path.join(root, dir))) return [];
  return readdirSync(path.join(root, dir)).flatMap((name) => {
    const p = `${dir}/${name}`;
    if (name === "node_modules" || name === "dist") return [];
    return statSync(path.join(root, p)).isDirectory() ? files(p) : [p];
  });
}
const sources = ["server/src", "extension/src", "scripts", "test"].flatMap(files).filter((f) => /\.(ts|mjs)$/.test(f));
const text = (f: string): string => readFileSync(path.join(root, f), "utf8");

describe("tidy", () => {
  it("starts every file with a comment that says what it is for", () => {
    assert.deepEqual(
      sources.filter((f) => !/^(#![^\n]*\n)?(\/\/|\/\*)/.test(text(f))),
      [],
    );
  });
  it(`keeps files of the product under ${LONGEST_FILE} lines`, () => {
    const long = sources
      .filter((f) => f.startsWith("server/src") && !tables.some((t) => t.test(f)))
      .map((f) => ({ f, lines: text(f).split("\n").length }))
      .filter((x) => x.lines > LONGEST_FILE);
    assert.deepEqual(long, []);
  });
  it("leaves no skipped or exclusive tests behind", () => {
    const marks = new RegExp(String.raw`\b(describe|it)\.(on` + String.raw`ly|sk` + String.raw`ip)\(`);
    assert.deepEqual(
      sources.filter((f) => f.startsWith("test/") && marks.test(text(f))),
      [],
    );
  });
  it("names no driver and no kernel source file in the engine, only in contracts", () => {
    const named = /\b(vfio_pci|nvgrace|mlx5|uverbs_|habanalabs|amdgpu|iommufd|xe_bo)\w*|\bdrivers\/\w+/;
    const wrong = sources
      .filter((f) => f.startsWith("server/src") && !f.startsWith("server/src/lifecycles/"))
      .flatMap((f) =>
        text(f)
          .split("\n")
          .map((line, i) => ({ at: `${f}:${i + 1}`, line: line.replace(/^\s*(\/\/|\*|\/\*\*).*$/, "") }))
          .filter((x) => named.test(x.line))
          .map((x) => `${x.at}: ${x.line.trim()}`),
      );
    assert.deepEqual(wrong, []);
  });
});
