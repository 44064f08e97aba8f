// The command line's entry point: joins the process to the commands, and the commands to the analysis.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Deps } from "./cli/deps.ts";
import { dmaCoreEntry } from "./cli/dma-core.ts";
import { lazyCheck } from "./cli/engine.ts";
import { factsText, wasmFiles } from "./cli/facts.ts";
import { lifecycleEntry } from "./cli/models.ts";
import { unplugEntry } from "./cli/unplug-model.ts";
import { run } from "./cli/run.ts";
import { scanningOf } from "./cli/scanning.ts";
import { openPaths } from "./cli/tree.ts";
import { ruleList } from "./lifecycles/catalogue.ts";
import { lifecycles } from "./lifecycles/index.ts";

const here = path.dirname(fileURLToPath(import.meta.url));

/** From package.json, which stands one folder above the bundle and two above this file. */
function version(): string {
  for (const up of ["..", "../.."]) {
    try {
      const about: unknown = JSON.parse(readFileSync(path.join(here, up, "package.json"), "utf8"));
      if (typeof about === "object" && about !== null && "version" in about) return String(about.version);
    } catch {
      // Not there: the next one up.
    }
  }
  return "unknown";
}

/** The bundle is all of the program: its hash tells whether explorations that were kept are this program's own. Sources that are run as they stand have none. */
function stamp(): string | undefined {
  const file = fileURLToPath(import.meta.url);
  return file.endsWith(".js") ? createHash("sha256").update(readFileSync(file)).digest("hex") : undefined;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // the command says so
  }
}

const deps: Deps = {
  version: version(),
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
  open: (dir, paths) => openPaths(dir, paths, process.cwd()),
  check: lazyCheck(wasmFiles(here), stamp()),
  scanning: scanningOf(wasmFiles(here), process.cwd(), stamp()),
  facts: (tree, file, fn) => factsText(tree, file, fn, wasmFiles(here)),
  readText: (file) => textOf(file),
  serve: async () => (await import("./lsp/stdio.ts")).serveStdio(wasmFiles(here), version()),
  models: [...lifecycles.map(lifecycleEntry), unplugEntry, dmaCoreEntry],
  rules: ruleList,
  lifecycles,
};

// `lifebound ... | head` closes the pipe early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});
// The exit code is set, not forced, so that a pipe still gets all that was written.
process.exitCode = await run(process.argv.slice(2), deps);
