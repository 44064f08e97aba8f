// Prints how fast things are on a real tree: the command line cold and warm, exploring with state counts, a check of a changed file again, parsing, memory.
//   npm run bench -- [--tree DIR] [--runs N] [--scenarios] [--only commands,explore,again,parse]
// Figures are for the machine at hand, and are printed with the tree that they are of. Without a tree only what needs none is measured, and that is said.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, homedir, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { treeVersion } from "./recall/tree.ts";

const root = path.dirname(import.meta.dirname);
const caches = process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
const { values } = parseArgs({
  options: {
    tree: { type: "string", default: path.join(caches, "kernel-trees/linux-source-7.2") },
    runs: { type: "string", default: "5" },
    scenarios: { type: "boolean", default: false },
    only: { type: "string", default: "commands,explore,again,parse" },
  },
});
const tree = existsSync(path.join(values.tree, "MAINTAINERS")) ? path.resolve(values.tree) : undefined;
const runs = Math.max(1, Number(values.runs) || 1);
const parts = new Set(values.only.split(","));

/** The four directories that an exporter's story stands in. */
const FOUR = ["drivers/vfio", "drivers/infiniband", "drivers/dma-buf", "drivers/iommu/iommufd"];

/** Makes a child say what it took when it ends: microseconds of the processor, KiB at most. */
const MEASURED = `process.on("exit", () => {
  const u = process.resourceUsage();
  require("node:fs").writeSync(3, JSON.stringify([u.userCPUTime + u.systemCPUTime, u.maxRSS]));
});
`;

interface Took {
  /** Seconds on the clock, and of the processor. */
  readonly wall: number;
  readonly cpu: number;
  /** MiB at most. */
  readonly memory: number;
}

/** Runs the bundled command line once; `cache` is where it keeps what it finds. */
function once(args: readonly string[], cache: string): Took {
  const started = performance.now();
  const child = spawnSync(process.execPath, ["--require", preload, path.join(root, "dist/cli.js"), ...args], {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    maxBuffer: 1 << 28,
  });
  const wall = (performance.now() - started) / 1000;
  if (child.status !== 0 && child.status !== 1) throw new Error(`lifebound ${args.join(" ")}: exit ${child.status}`);
  const [cpu = 0, memory = 0] = JSON.parse(String(child.output[3])) as number[];
  return { wall, cpu: cpu / 1e6, memory: memory / 1024 };
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

function row(what: string, took: readonly Took[]): void {
  const of = (f: (t: Took) => number): string => median(took.map(f)).toFixed(2).padStart(7);
  const best = Math.min(...took.map((t) => t.wall)).toFixed(2);
  const memory = Math.max(...took.map((t) => t.memory)).toFixed(0);
  console.log(
    `${what.padEnd(44)} ${of((t) => t.wall)} s wall (best ${best}) ${of((t) => t.cpu)} s cpu ${memory.padStart(6)} MiB`,
  );
}

function commands(at: string): void {
  console.log(
    `\nThe bundled command line, median of ${runs} (cold: no cache of its own, files in memory; warm: run before)`,
  );
  const scratch = mkdtempSync(path.join(tmpdir(), "lifebound-bench-"));
  try {
    const check = (dirs: readonly string[], more: readonly string[] = []): readonly string[] => [
      "check", "--tree", at, "--format", "json", "--fail-on", "never", ...more, ...dirs.map((d) => path.join(at, d)),
    ]; // prettier-ignore
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ["check drivers/vfio", check(["drivers/vfio"])],
      ["check, the four directories", check(FOUR)],
      ["check --proofs drivers/vfio", check(["drivers/vfio"], ["--proofs"])],
      ["check --proofs drivers/infiniband/core", check(["drivers/infiniband/core"], ["--proofs"])],
    ];
    once(check(["drivers/vfio"]), path.join(scratch, "first")); // brings the files into memory
    for (const [name, args] of cases) {
      const few = name.includes("--proofs") ? 1 : runs;
      const cold = Array.from({ length: few }, (_, n) =>
        once(args, path.join(scratch, name.replace(/\W+/g, "-"), `${n}`)),
      );
      row(`${name}, cold`, cold);
      const warm = Array.from({ length: few }, () => once(args, path.join(scratch, name.replace(/\W+/g, "-"), "0")));
      row(`${name}, warm`, warm);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Package, version and checksum of the tree, where fetch-tree has left them beside it. */
function provenance(at: string): string {
  const note = `${at}.TREE.json`;
  const about = existsSync(note) ? (JSON.parse(readFileSync(note, "utf8")) as Readonly<Record<string, string>>) : {};
  const known = ["package", "version", "sha256"].flatMap((key) => (about[key] ? [`${key} ${about[key]}`] : []));
  return `Linux ${treeVersion(at)}${known.length > 0 ? ` (${known.join(", ")})` : " (package and checksum not recorded)"}`;
}

console.log(`Node ${process.version}, ${availableParallelism()} processors (${cpus()[0]?.model ?? "unknown"}), load ${loadavg().map((n) => n.toFixed(1)).join(" ")}`); // prettier-ignore
if (tree === undefined) {
  console.log("################################################################");
  console.log("## NO KERNEL TREE: nothing that needs one is measured.        ##");
  console.log("## scripts/fetch-tree new prints the path of one; --tree DIR. ##");
  console.log("################################################################");
} else console.log(provenance(tree));

// As deep below the root as the sources that it bundles, which find their files from where they are.
const out = path.join(root, "out/bench");
mkdirSync(out, { recursive: true });
const preload = path.join(out, "preload.cjs");
writeFileSync(preload, MEASURED);
if (tree !== undefined && parts.has("commands")) {
  const built = spawnSync(process.execPath, [path.join(root, "scripts/build.mjs")], { stdio: "inherit" });
  if (built.status !== 0) process.exit(1);
  commands(tree);
}
// The rest runs in one process, bundled as the command line is: what a loader of TypeScript costs is not measured.
const inside = path.join(out, "inside.mjs");
await build({
  entryPoints: [path.join(root, "scripts/bench/inside.ts")],
  outfile: inside,
  bundle: true,
  platform: "node",
  format: "esm",
  logLevel: "warning",
  banner: { js: 'import { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);' },
});
for (const part of ["explore", "again", "parse"]) {
  if (!parts.has(part)) continue;
  const child = spawnSync(process.execPath, [inside, root, part, tree ?? "", values.scenarios ? "all" : ""], {
    stdio: "inherit",
  });
  if (child.status !== 0) process.exit(1);
}
