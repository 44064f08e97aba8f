// Draws findings at random for judging, and holds a report against the judgements that were written before.
//   npm run sample -- [--tree DIR] [--report FILE] [--seed N] [--count N] [--rule ID[,ID]] [--open] [--blind] [--all] [--off] [--save FILE]
//   npm run sample -- --held [--report FILE]
// --report takes what `lifebound check --format json` printed; without it the whole tree is checked by the path rules (--all: by all
// of them), and --save keeps that report; --off: rules that are off by default, too. --open leaves out what is judged;
// --blind prints places without what is said of them. Judgements are in test/judgements/*.json.
// Exit: 0; 1 with --held when a judged finding was lost; 2 for usage.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { renderJson } from "../server/src/present/json.ts";
import { openTree } from "../server/src/project/tree.ts";
import { treeChecker } from "./plant/checker.ts";
import { read } from "./recall/source.ts";
import { drawFindings, showBlind, showFinding } from "./sample/draw.ts";
import { findingsOf } from "./sample/finding.ts";
import type { Finding } from "./sample/finding.ts";
import { hold, matched, parseJudgements, showHeld } from "./sample/judgement.ts";
import type { Judgement } from "./sample/judgement.ts";

const cache = process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
const { values } = parseArgs({
  options: {
    tree: { type: "string", default: path.join(cache, "kernel-trees/linux-source-7.2") },
    report: { type: "string" },
    save: { type: "string" },
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "60" },
    rule: { type: "string" },
    open: { type: "boolean", default: false },
    blind: { type: "boolean", default: false },
    held: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    off: { type: "boolean", default: false },
  },
});

const folder = path.resolve(import.meta.dirname, "../test/judgements");

function judged(): readonly Judgement[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .flatMap((name) => parseJudgements(readFileSync(path.join(folder, name), "utf8")).judgements);
}

async function report(): Promise<string> {
  if (values.report !== undefined) return readFileSync(values.report, "utf8");
  const checker = await treeChecker(values.tree, values.off);
  const progress = (what: string, done: number, total: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done}/${total} ${what.padEnd(70).slice(0, 70)}`);
  };
  const files = checker.tree.files();
  const found = values.all ? await checker.check(files, {}) : checker.follow(files, progress);
  const json = renderJson(found, { version: "sample" });
  if (values.save !== undefined) writeFileSync(values.save, json);
  return json;
}

/** `file:first-last` of the function that a finding stands in. */
function spans(): (each: Finding) => string {
  const opened = openTree(values.tree);
  return ({ file, function: name, line }) => {
    const text = "why" in opened ? undefined : opened.source.read(file);
    if (text === undefined) return `${file}:${line}`;
    const lineOf = (offset: number): number => text.slice(0, offset).split("\n").length;
    const fn = read(text).functions.find((each) => each.name === name && lineOf(each.start) <= line && line <= lineOf(each.end)); // prettier-ignore
    return fn === undefined ? `${file}:${line}` : `${file}:${lineOf(fn.start)}-${lineOf(fn.end)}`;
  };
}

async function main(): Promise<number> {
  const findings = findingsOf(await report()).filter(({ rule }) => values.rule?.split(",").includes(rule) ?? true);
  const known = judged();
  if (values.held) {
    const held = hold(findings, known);
    process.stdout.write(showHeld(held));
    return held.some(({ lost }) => lost.length > 0) ? 1 : 0;
  }
  const done = values.open ? matched(findings, known) : new Map<string, Judgement>();
  const drawn = drawFindings(
    findings.filter(({ fingerprint }) => !done.has(fingerprint)),
    Number(values.seed),
    Number(values.count),
  );
  const span = spans();
  const show = values.blind ? showBlind : showFinding;
  process.stdout.write(`${drawn.length} of ${findings.length} findings, seed ${values.seed}\n\n`);
  for (const [i, each] of drawn.entries()) process.stdout.write(show(i + 1, each, span));
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`sample: ${error instanceof Error ? error.message : String(error)}`);
  return 2;
});
