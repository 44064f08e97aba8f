// Runs the tests that need a real kernel tree (test/tree/*.tree.ts). Where no tree can be had it says so loudly and runs none.
import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
let tree = process.env["LIFEBOUND_TREE"];
if (tree === undefined) {
  try {
    const out = execFileSync("bash", [path.join(root, "scripts/fetch-tree"), "new"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    tree = out.trim().split("\n").at(-1);
  } catch {
    tree = undefined;
  }
}
if (!tree) {
  console.error("################################################################");
  console.error("## NOT RUN: the tests on a real kernel tree. No tree could be ##");
  console.error("## fetched; set LIFEBOUND_TREE=DIR to name one.               ##");
  console.error("################################################################");
  process.exit(process.env["LIFEBOUND_REQUIRE_TREE"] ? 1 : 0);
}
const run = spawnSync(
  "npx",
  [
    "mocha",
    "--no-package",
    "--no-config",
    "--import=tsx",
    "--timeout=900000",
    "test/tree/*.tree.ts",
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, LIFEBOUND_TREE: tree },
  },
);
process.exit(run.status ?? 1);
