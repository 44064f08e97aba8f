// Prints the settlement table: (struct, field) → who acquires what stands there, who tests it, who releases it, behind which guards.
//   npm run cells -- [--tree DIR] [PATH...]      (by default the whole of ${XDG_CACHE_HOME:-~/.cache}/kernel-trees/linux-source-7.2)
import { homedir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { cellsOf, settle } from "../server/src/check/paths/cells.ts";
import type { CellUse } from "../server/src/check/paths/cells.ts";
import { openProtocol } from "../server/src/check/paths/protocol.ts";
import { bodiesOf, filesOf } from "../server/src/check/paths/select.ts";
import { dmaPaths } from "../server/src/lifecycles/dma/models.ts";
import { openTree } from "../server/src/project/tree.ts";
import { createProgram } from "../server/src/program/create.ts";
import { loadParser } from "../server/src/syntax/parser.ts";

const root = path.dirname(import.meta.dirname);
const cache = process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tree: { type: "string", default: path.join(cache, "kernel-trees/linux-source-7.2") } },
});

const opened = openTree(values.tree);
if ("why" in opened) {
  console.error(opened.why);
  process.exit(2);
}
const parser = await loadParser({
  runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
  grammar: path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
});
const { source } = opened;
const asked = source
  .files()
  .filter(
    (file) =>
      positionals.length === 0 || positionals.some((p) => file === p || file.startsWith(`${p.replace(/\/$/, "")}/`)),
  );
const program = createProgram(source, parser);
const protocol = openProtocol(dmaPaths);
const uses: CellUse[] = [];
let bodies = 0;
for (const refs of bodiesOf(program, protocol, filesOf(program, protocol, asked)).values()) {
  for (const ref of refs) {
    const fn = program.facts(ref);
    bodies++;
    if (fn !== undefined) uses.push(...cellsOf(program, protocol, ref, fn));
  }
}

const totals = { cells: 0, both: 0, acquired: 0, released: 0 };
for (const [cell, all] of settle(uses)) {
  const of = (role: CellUse["role"]): string =>
    [...new Set(all.filter((u) => u.role === role).map(spell))].sort().join(", ") || "-";
  const [acquires, releases] = [of("acquires"), of("releases")];
  totals.cells++;
  if (acquires !== "-" && releases !== "-") totals.both++;
  else if (acquires !== "-") totals.acquired++;
  else if (releases !== "-") totals.released++;
  console.log(`${cell}\n  acquires: ${acquires}\n  tests:    ${of("tests")}\n  releases: ${releases}`);
  const counts = of("counts");
  if (counts !== "-") console.log(`  counts:   ${counts}`);
}
console.log(
  `${bodies} bodies, ${totals.cells} cells: ${totals.both} acquired and released, ${totals.acquired} only acquired, ${totals.released} only released`,
);

function spell(use: CellUse): string {
  const roles = [...use.values.values()].join(" ");
  return `${use.fn.name}()${use.guard === undefined ? "" : ` if ${use.guard}`} [${use.api}${roles === "" ? "" : ` ${roles}`}]`;
}
