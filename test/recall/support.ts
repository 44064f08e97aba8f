// The heron family: a driver of our own that the harness is tried on, and gcc, which compiles and runs what comes out.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Files } from "../../scripts/recall/checker.ts";
import type { Context } from "../../scripts/recall/disguise.ts";
import type { Family } from "../../scripts/recall/families.ts";
import { revokerMutants, type Mutant } from "../../scripts/recall/mutant.ts";
import { calling, condition, moveAllBefore, pick } from "../../scripts/recall/operators.ts";

const folder = path.join(import.meta.dirname, "heron");
const OWN = ["heron_dmabuf.c", "heron_core.c", "heron.h"];

const FAMILY: Family = {
  id: "vfio",
  own: OWN,
  merge: { from: "heron_dmabuf.c", into: "heron_core.c", makefile: "Makefile", symbol: undefined },
  neighbours: [],
  headers: ["stub.h"],
  framework: [],
  aliases: {},
};

/** What run.c calls from outside, as another file of a driver would. */
const FOREIGN = new Set(["heron_device", "heron_ops", "heron_export"]);

function text(name: string): string {
  return readFileSync(path.join(folder, name), "utf8");
}

export const heron: Files = {
  ...Object.fromEntries(OWN.map((name) => [name, text(name)])),
  Makefile: "heron-y := heron_core.o \\\n\t\theron_dmabuf.o \\\n\t\theron_debug.o\n",
};

export const context: Context = { family: FAMILY, foreign: FOREIGN, headers: { "stub.h": text("stub.h") } };

const UNLOCK = pick("unlock", calling("dma_resv_unlock"), 0, 2);

/** The steps of heron's revoker, one taken out or moved at a time. */
export const heronMutants: readonly Mutant[] = revokerMutants(
  "vfio",
  {
    name: "",
    file: "heron_dmabuf.c",
    fn: "heron_bufs_move",
    gateStore: pick("gate store", condition("revoked"), 0, 2),
    lock: pick("lock", calling("dma_resv_lock"), 0, 2),
    unlock: UNLOCK,
    drainUnderLock: moveAllBefore(
      [pick("put", calling("kref_put")), pick("wait", calling("wait_for_completion"))],
      UNLOCK,
      (lines) => ["if (revoked) {", ...lines.map((l) => `\t${l}`), "}"],
    ),
  },
  [{ file: "heron_dmabuf.c", fns: ["heron_bufs_move", "heron_bufs_cleanup"] }],
);

export const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;

/** Ends the test where there is no gcc, and says so. */
export function needCompiler(test: Mocha.Context): void {
  if (hasCompiler) return;
  console.warn(`      gcc is missing: "${test.test?.title ?? "?"}" proves nothing here`);
  test.skip();
}

const known = new Map<string, string>();

/** What heron prints as it is or with a change; equal files are compiled once. */
export function printed(files: Files): string {
  const key = OWN.map((name) => files[name] ?? "").join("\0");
  const output = known.get(key) ?? compileAndRun(files);
  known.set(key, output);
  return output;
}

/** Compiles the files with run.c, without a warning, and gives what the program prints. */
function compileAndRun(files: Files): string {
  const dir = mkdtempSync(path.join(tmpdir(), "heron-"));
  try {
    for (const name of OWN) writeFileSync(path.join(dir, name), files[name] ?? "");
    const flags = ["-Wall", "-Wno-misleading-indentation", "-Werror", "-O0", `-I${dir}`, `-I${folder}`, "-iquote", dir];
    writeFileSync(path.join(dir, "run.c"), text("run.c"));
    const built = spawnSync("gcc", [...flags, "-o", path.join(dir, "run"), path.join(dir, "run.c")], {
      encoding: "utf8",
    });
    if (built.status !== 0) throw new Error(built.stderr.replaceAll(`${dir}/`, ""));
    const run = spawnSync(path.join(dir, "run"), { encoding: "utf8" });
    if (run.status !== 0) throw new Error(`heron ended with ${run.status ?? run.signal}\n${run.stdout}`);
    return run.stdout;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Lines that differ, as "-old" and "+new", of two texts of which one has small changes. */
export function changedLines(before: string, after: string): string {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const longest: number[][] = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => longest[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const cell = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
      (longest[i] ?? [])[j] = cell;
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`-${a[i++] ?? ""}`);
    else lines.push(`+${b[j++] ?? ""}`);
  }
  return lines.join("\n");
}
