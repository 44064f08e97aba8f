// The mapping core on the command line: what it is made of, and runs of call sequences with the kernel's own words for what is wrong.
import { classRules, ruleOf } from "../lifecycles/dma/classes.ts";
import type { ClassVerdict } from "../lifecycles/dma/classes.ts";
import { signatures } from "../lifecycles/dma/api.ts";
import { DEBUG_CLASSES } from "../lifecycles/dma/debug.ts";
import { DMA_CORE, dmaRules } from "../lifecycles/dma/rules.ts";
import { dmaStories } from "../lifecycles/dma/stories.ts";
import { BREACHES } from "../model/dma/answer.ts";
import type { Answer } from "../model/dma/answer.ts";
import { DMA_CORE_ROWS, runCalls } from "../model/dma/core.ts";
import type { RuleSpec } from "../model/lifecycle.ts";
import type { Rows } from "../model/dma/rows.ts";
import { parseScript } from "../model/dma/script.ts";
import type { ModelEntry, RunResult } from "./deps.ts";

/** The core as an entry of the command line. */
export const dmaCoreEntry: ModelEntry = {
  id: DMA_CORE,
  about: "the documented core of the DMA API, run call by call",
  rules: Object.keys(dmaRules).sort(),
  show: () => showCore(),
  check: () => {
    const problems = auditCore();
    const { checks, effects } = DMA_CORE_ROWS;
    const head = `${DMA_CORE}: ${checks.length} checks, ${effects.length} effects, ${DEBUG_CLASSES.length} debug classes\n`;
    return { ok: problems.length === 0, text: head + problems.map((each) => `  ! ${each}\n`).join("") };
  },
  trace: (_format, without) =>
    tell(without ?? "") ?? `${DMA_CORE} is run, not traced: lifebound model run ${DMA_CORE} FILE\n`,
  tell,
  run: runScript,
};

/** The story of a rule, run: the calls that break it, with what the core says; and how to run it again. */
function tell(rule: string): string | undefined {
  const story = Object.entries(dmaStories).find(([id]) => id === rule)?.[1];
  const ran = story === undefined ? undefined : runScript("", story);
  if (ran === undefined || ran.errors !== undefined) return undefined;
  const lines = ran.text.trimEnd().split("\n").slice(0, -1);
  return `${lines.join("\n")}\n\nAgain: these lines, without their numbers, in a file: lifebound model run ${DMA_CORE} FILE\n`;
}

/** One line about an answer: the class's number and the rule, a dash where there is none. */
export const shortly = (answer: Answer): string =>
  `${DEBUG_CLASSES.find(({ id }) => id === answer.class)?.number ?? "-"} ${answer.breach === undefined ? "-" : ruleOf(answer.breach)}`;

/** Runs a script: each line, what it returned, and what is said of it. */
export function runScript(file: string, text: string, rows: Rows = DMA_CORE_ROWS): RunResult {
  const { lines, errors } = parseScript(text, signatures);
  if (errors.length > 0) return { errors: errors.map(({ line, why }) => `${file}:${line}: ${why}`) };
  const ran = runCalls(
    lines.map(({ call }) => call),
    rows,
  );
  const out: string[] = [];
  let said = 0;
  for (const [i, { answers, returned }] of ran.entries()) {
    const at = lines[i];
    if (at === undefined) continue;
    out.push(`${String(at.line).padStart(4)}  ${at.text}${returned === undefined ? "" : `  -> ${returned}`}`);
    for (const answer of answers) out.push(`      ${say(answer)}`);
    said += answers.length;
  }
  out.push(said === 0 ? "nothing is wrong" : `${said} thing${said === 1 ? "" : "s"} wrong`, "");
  return { ok: said === 0, text: out.join("\n") };
}

function say({ class: id, breach, detail }: Answer): string {
  const of = DEBUG_CLASSES.find((each) => each.id === id);
  const words = of === undefined ? "the kernel's debug code sees nothing" : `${of.number}: ${of.message}`;
  return `! ${breach === undefined ? "" : `${ruleOf(breach)}, `}${words} (${detail})`;
}

/** Every class can be said or says why not, every breach is said by some check, and a class says only what the table allows it. */
export function auditCore(rows: Rows = DMA_CORE_ROWS): readonly string[] {
  const problems: string[] = [];
  for (const { id } of DEBUG_CLASSES)
    if (!rows.checks.some((row) => row.answer.class === id)) problems.push(`${id}: no check says it`);
  for (const breach of BREACHES)
    if (!rows.checks.some((row) => row.answer.breach === breach)) problems.push(`${ruleOf(breach)}: no check says it`);
  for (const row of rows.checks) {
    const { class: id, breach } = row.answer;
    if (id === undefined) continue;
    const verdict: ClassVerdict = classRules[id];
    const may = verdict.rule === undefined ? [] : [verdict.rule, ...(verdict.also ?? [])];
    if (breach === undefined ? may.length > 0 : !may.includes(ruleOf(breach)))
      problems.push(`${row.id}: ${id} is not ${breach === undefined ? "without a rule" : ruleOf(breach)} in the table`);
  }
  for (const [rule, story] of Object.entries(dmaStories)) problems.push(...auditStory(rule, story, rows));
  return problems;
}

/** A rule's story says that rule at its last line, and nothing else anywhere; without the rule's checks it says nothing. */
function auditStory(rule: string, story: string, rows: Rows): readonly string[] {
  const { lines, errors } = parseScript(story, signatures);
  if (errors.length > 0) return errors.map(({ line, why }) => `${rule}: line ${line} of its story: ${why}`);
  const says = (some: Rows): readonly string[] =>
    runCalls(
      lines.map(({ call }) => call),
      some,
    ).flatMap(({ answers }, i) => answers.map(({ breach }) => `${breach === undefined ? "-" : ruleOf(breach)} ${i}`));
  const last = `${rule} ${lines.length - 1}`;
  const without = rows.checks.filter(({ answer }) => answer.breach === undefined || ruleOf(answer.breach) !== rule);
  return [
    ...(says(rows).length > 0 && says(rows).every((each) => each === last)
      ? []
      : [`${rule}: its story says ${says(rows).join(", ") || "nothing"}`]),
    ...(says({ ...rows, checks: without }).length === 0 ? [] : [`${rule}: its story says something without it`]),
  ];
}

/** The table of the kernel's debug classes and the rules that say them, as a document. */
export function classTable(): string {
  const rows = DEBUG_CLASSES.map(({ number, id, message, from }) => {
    const verdict: ClassVerdict = classRules[id];
    const also = verdict.rule === undefined ? [] : (verdict.also ?? []);
    const rule =
      verdict.rule === undefined
        ? `not static: ${verdict.notStatic}`
        : [verdict.rule, ...also].map((each) => `\`${each}\``).join(", ");
    const note = verdict.rule === undefined ? "" : (verdict.note ?? "");
    return `| ${number} | ${message} | \`${from}()\` | ${rule} | ${note} |`;
  });
  const silent = BREACHES.map(ruleOf).filter(
    (rule) =>
      !Object.values<ClassVerdict>(classRules).some(
        (v) => v.rule !== undefined && [v.rule, ...(v.also ?? [])].includes(rule),
      ),
  );
  const off = Object.entries<RuleSpec>(dmaRules).filter(([, spec]) => spec.off !== undefined);
  return [
    "# The kernel's DMA debug classes and the rules that say them",
    "",
    "Generated from the rule table and the mapping core (`UPDATE=1 npx mocha test/model/dma-core.test.ts` writes it again).",
    "",
    "`CONFIG_DMA_API_DEBUG` has 25 messages (`kernel/dma/debug.c`). A rule says the same of the source, before it runs; the first rule",
    "named is the message's own, the others see more than the running kernel can and are said instead.",
    "",
    "| # | Message | Printed by | Rule | Note |",
    "| -: | --- | --- | --- | --- |",
    ...rows,
    "",
    "Rules of which the kernel's debug code sees nothing:",
    "",
    ...silent.map((rule) => `- \`${rule}\`: ${dmaRules[rule].title}.`),
    "",
    "Off by default:",
    "",
    ...off.map(([id, { off: why }]) => `- \`${id}\`: ${why}.`),
    "",
  ].join("\n");
}

function showCore(): string {
  const width = Math.max(...DMA_CORE_ROWS.checks.map(({ id }) => id.length));
  return [
    `${DMA_CORE}: ${dmaCoreEntry.about}`,
    "",
    "Calls",
    ...Object.keys(signatures.calls).map((name) => `  ${name}()`),
    "",
    "Checks, in the order in which they speak",
    ...DMA_CORE_ROWS.checks.map((row) => `  ${row.id.padEnd(width)}  ${shortly({ ...row.answer, detail: "" })}`),
    "",
    "Effects",
    ...DMA_CORE_ROWS.effects.map(({ id }) => `  ${id}`),
    "",
    "Sources",
    ...[...new Set(Object.values(dmaRules).flatMap(({ sources }) => [...sources]))].sort().map((each) => `  ${each}`),
    "",
  ].join("\n");
}
