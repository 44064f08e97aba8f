// Prints how much of real directories the parser does not understand: functions with gaps / all bodies, silent misparses, left-over constructs.
//   npm run gaps -- [--list N] [--tree DIR] DIR...      (directories of a kernel tree, by default ${XDG_CACHE_HOME:-~/.cache}/kernel-trees/linux-source-7.2)
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { FunctionDef } from "../server/src/syntax/ast.ts";
import { lineStarts, positionAt } from "../server/src/base/span.ts";
import { findBodies } from "../server/src/syntax/bodies.ts";
import { loadParser } from "../server/src/syntax/parser.ts";
import { suspicions } from "../server/src/syntax/suspicions.ts";

const root = path.dirname(import.meta.dirname);
const cache = process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tree: { type: "string", default: path.join(cache, "kernel-trees/linux-source-7.2") },
    list: { type: "string", default: "0" },
  },
});

function sources(at: string): string[] {
  if (!statSync(at).isDirectory()) return [at];
  return readdirSync(at, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inner = path.join(at, entry.name);
      if (entry.isDirectory()) return sources(inner);
      return entry.isFile() && inner.endsWith(".c") ? [inner] : [];
    });
}

/** The text's first line from `start`, shortened: what a left-over construct looks like. */
function excerpt(text: string, start: number, end: number): string {
  return text.slice(start, Math.min(end, start + 60)).replace(/\s+/g, " ");
}

const parser = await loadParser({
  runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
  grammar: path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
});
const wanted = Number(values.list);
const whole = { files: 0, bytes: 0, bodies: 0, gapped: 0, column: 0, fileGaps: 0, suspicious: 0, ms: 0 };

for (const dir of positionals) {
  const at = path.resolve(values.tree, dir);
  if (!existsSync(at)) {
    console.log(`${dir}: not there`);
    continue;
  }
  const t = { files: 0, bytes: 0, bodies: 0, gapped: 0, column: 0, fileGaps: 0, suspicious: 0, ms: 0 };
  const lines: string[] = [];
  const causes = new Map<string, number>();
  for (const file of sources(at)) {
    const text = readFileSync(file, "latin1");
    const name = path.relative(values.tree, file);
    const starts = lineStarts(text);
    const started = process.cpuUsage();
    const parsed = parser.parseFile(text);
    const spent = process.cpuUsage(started);
    t.ms += (spent.user + spent.system) / 1000;
    t.files++;
    t.bytes += text.length;
    // A second count that shares nothing with the first: braces alone in the first column, after a line that ends a header, not in a macro.
    t.column += [...text.matchAll(/^[^#\n=]*[\w)]\s*\n\{/gm)].length;
    const bodies = findBodies(text);
    t.bodies += bodies.length;
    const byStart = new Map<number, FunctionDef>(parsed.functions.map((f) => [f.bodyRange[0], f]));
    for (const body of bodies) {
      const found = byStart.get(body.bodyStart);
      const gaps = found?.gaps ?? [{ range: [body.start, body.end] as const, why: "not returned by the parser" }];
      const odd = found === undefined ? [] : suspicions(found, text.slice(...found.range));
      t.suspicious += odd.length > 0 ? 1 : 0;
      if (gaps.length === 0 && odd.length === 0) continue;
      if (gaps.length > 0) t.gapped++;
      const first = gaps[0] ?? odd[0];
      if (first === undefined) continue;
      const line = positionAt(starts, first.range[0]).line;
      const what = `${first.why}: ${excerpt(text, first.range[0], first.range[1])}`;
      causes.set(first.why, (causes.get(first.why) ?? 0) + 1);
      lines.push(`  ${name}:${line} ${body.name}: ${what}`);
    }
    t.fileGaps += parsed.gaps.length;
    for (const gap of parsed.gaps)
      lines.push(
        `  ${name}:${positionAt(starts, gap.range[0]).line} (file scope) ${gap.why}: ${excerpt(text, ...gap.range)}`,
      );
  }
  report(dir, t);
  for (const [why, count] of [...causes].sort((a, b) => b[1] - a[1]).slice(0, 12)) console.log(`    ${count} × ${why}`);
  for (const line of lines.slice(0, wanted)) console.log(line);
  for (const key of Object.keys(whole) as (keyof typeof whole)[]) whole[key] += t[key];
}
if (positionals.length > 1) report("all", whole);
parser.delete();

function report(dir: string, t: typeof whole): void {
  const rate = t.bodies === 0 ? 0 : (100 * t.gapped) / t.bodies;
  console.log(
    `${dir}: ${t.gapped} of ${t.bodies} functions with gaps (${rate.toFixed(2)} %), ${t.suspicious} suspicious, ${t.fileGaps} gaps at file scope; ` +
      `${t.files} files, ${(t.bytes / 1e6).toFixed(1)} MB, ${(t.bytes / 1e3 / t.ms).toFixed(1)} MB per CPU second (first-column braces: ${t.column})`,
  );
}
