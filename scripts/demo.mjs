// The main job on the bundled example: a driver that lends a BAR to others, once sound and once with a lifetime bug, and a series of patches to it. Prints proof,
// witness, and what each patch brings and fixes.
import { spawnSync } from "node:child_process";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
const cli = path.join(root, "dist/cli.js");

/** Runs the command line in `folder` and returns its exit code; what it prints goes through. */
function lifebound(folder, ...args) {
  console.log(`\n$ cd ${folder} && lifebound ${args.join(" ")}\n`);
  const run = spawnSync(process.execPath, [cli, ...args], { cwd: path.join(root, folder), stdio: "inherit" });
  console.log(`\n(exit code ${run.status})`);
  return run.status;
}

const sound = lifebound("test/fixtures/demo/sound", "check", "--proofs", ".");
const buggy = lifebound("test/fixtures/demo/buggy", "check", ".");
const series = lifebound("test/fixtures/demo", "scan", "--tree", "buggy", "series.mbox");
process.exit(sound === 0 && buggy === 1 && series === 1 ? 0 : 1);
