// The import matrix of ARCHITECTURE.md as a literal table, checked over every import in the sources.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const src = path.join(root, "server/src");

/** Which folders of server/src each folder may import from, besides itself. */
const may: Readonly<Record<string, readonly string[]>> = {
  base: [],
  syntax: ["base"],
  facts: ["base", "syntax"],
  program: ["base", "syntax", "facts", "model"],
  model: ["base"],
  lifecycles: ["base", "model"],
  check: ["base", "syntax", "facts", "program", "model", "findings"],
  findings: ["base"],
  present: ["base", "findings", "model"],
  review: ["base", "facts", "findings"],
  project: ["base"],
};
/** Types that the engine shares across a border where values may not cross. */
const typeOnly: Readonly<Record<string, readonly string[]>> = {
  facts: [],
  project: ["program", "syntax"],
};
const entry = new Set(["cli", "lsp", "cli.ts", "main.ts"]);

function files(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .map((name) => path.join(dir, name))
    .flatMap((p) => (statSync(p).isDirectory() ? files(p) : p.endsWith(".ts") ? [p] : []));
}

interface Import {
  readonly file: string;
  readonly spec: string;
  readonly type: boolean;
}

function imports(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const found: Import[] = [];
  for (const m of text.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?\bfrom\s+"([^"]+)"/gms))
    found.push({ file, spec: m[2] ?? "", type: m[1] !== undefined });
  for (const m of text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)) found.push({ file, spec: m[1] ?? "", type: false });
  return found;
}

const all = files(src).flatMap(imports);
const folder = (file: string): string => path.relative(src, file).split(path.sep)[0] ?? "";

describe("import matrix", () => {
  it("finds the imports it checks", () => assert.ok(all.length > 20));

  it("lets each folder import only what ARCHITECTURE.md allows", () => {
    const wrong = all
      .filter((i) => i.spec.startsWith("."))
      .map((i) => ({ ...i, from: folder(i.file), to: folder(path.resolve(path.dirname(i.file), i.spec)) }))
      .filter((i) => i.from !== i.to && !entry.has(i.from))
      .filter((i) => !may[i.from]?.includes(i.to) && !(i.type && typeOnly[i.from]?.includes(i.to)))
      .map((i) => `${path.relative(root, i.file)} imports ${i.spec}`);
    assert.deepEqual(wrong, []);
  });

  it("keeps tree-sitter in syntax/, editors' libraries in lsp/, and input and output in project/ and the entry points", () => {
    const outside = /^(node:)?(fs|fs\/promises|child_process|worker_threads|process|os|net|http)$/;
    const wrong = all
      .filter((i) => !i.spec.startsWith("."))
      .filter((i) => {
        const at = folder(i.file);
        if (i.spec.includes("tree-sitter")) return at !== "syntax";
        if (i.spec.startsWith("vscode")) return at !== "lsp" && at !== "main.ts";
        if (outside.test(i.spec)) return at !== "project" && !entry.has(at);
        return false;
      })
      .map((i) => `${path.relative(root, i.file)} imports ${i.spec}`);
    assert.deepEqual(wrong, []);
  });

  it("keeps the clock and the environment out of the engine", () => {
    const wrong = files(src)
      .filter((f) => folder(f) !== "project" && !entry.has(folder(f)))
      .filter((f) =>
        /\b(Date\.now|new Date|performance\.now|process\.(env|argv|cwd)|Math\.random)\b/.test(readFileSync(f, "utf8")),
      )
      .map((f) => path.relative(root, f));
    assert.deepEqual(wrong, []);
  });

  it("lets the extension import only types of the protocol", () => {
    const wrong = files(path.join(root, "extension/src"))
      .flatMap(imports)
      .filter((i) => i.spec.includes("server/") && !(i.type && i.spec.endsWith("lsp/protocol.ts")))
      .map((i) => `${path.relative(root, i.file)} imports ${i.spec}`);
    assert.deepEqual(wrong, []);
  });
});
