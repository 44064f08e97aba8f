// Bundles the command line into dist/ and copies the grammar beside it. No network, about a second.
import { build } from "esbuild";
import { chmodSync, copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
const out = path.join(root, "dist");
mkdirSync(out, { recursive: true });
await build({
  entryPoints: { cli: path.join(root, "server/src/cli.ts") },
  outdir: out,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: "linked",
  banner: {
    js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
chmodSync(path.join(out, "cli.js"), 0o755);
const wasm = {
  "web-tree-sitter.wasm": "node_modules/web-tree-sitter/web-tree-sitter.wasm",
  "tree-sitter-kernel_c.wasm": "grammars/kernel-c/tree-sitter-kernel_c.wasm",
};
for (const [name, from] of Object.entries(wasm)) {
  const file = path.join(root, from);
  if (existsSync(file)) copyFileSync(file, path.join(out, name));
}
