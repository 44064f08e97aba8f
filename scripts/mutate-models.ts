// Takes every statement out of the unplug model, one at a time, and says whether the table of defects notices. Slow: about half an hour for everything.
// Survivors must stand in mutate-models.survivors.json with a reason; others make it fail.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { mutants } from "../test/lifecycles/unplug/mutants.ts";
import type { Killed, Shown } from "../test/lifecycles/unplug/mutation.ts";
import {
  cheapest,
  KILLED,
  noticed,
  printKilled,
  printShown,
  readShown,
  rows,
  SHOWN,
  SURVIVORS,
  views,
} from "../test/lifecycles/unplug/mutation.ts";

/** What was found so far. */
interface State {
  readonly shown: Record<string, Shown | null>;
  /** By mutant: who noticed it, or null. */
  readonly results: Record<string, Killed | null>;
}

const options = new Command()
  .description("mutates the unplug model and runs the table of defects on it")
  .option("--only <pattern>", "mutants whose id matches", "")
  .option("--state <file>", "keeps what was found there, and goes on from it")
  .option("--seconds <n>", "stops after so long; with --state it can go on later")
  .option("--list", "lists the mutants")
  .option("--write", "writes test/lifecycles/unplug/mutants.killed.txt, for the tests, once every mutant was run")
  .option(
    "--shown",
    "looks for the cheapest scenario of each row instead, and writes test/lifecycles/unplug/table.shown.txt",
  )
  .parse()
  .opts<{ only: string; state?: string; seconds?: string; list?: true; shown?: true; write?: true }>();

const started = Date.now();
const timeIsUp = (): boolean => options.seconds !== undefined && Date.now() - started > Number(options.seconds) * 1000;
const state: State =
  options.state !== undefined && existsSync(options.state)
    ? (JSON.parse(readFileSync(options.state, "utf8")) as State)
    : { shown: {}, results: {} };
const save = (): void => {
  if (options.state !== undefined) writeFileSync(options.state, JSON.stringify(state, null, 1));
};

if (options.shown === true) writeShown();
else mutate();

function writeShown(): void {
  for (const row of rows.filter((r) => r.safe !== true)) {
    if (state.shown[row.name] !== undefined) continue;
    if (timeIsUp()) break;
    const x = cheapest(row);
    if (x === undefined) console.log(`nothing is found in ${row.name}`);
    state.shown[row.name] = x ?? null;
    save();
  }
  const found = rows.flatMap((r) => state.shown[r.name] ?? []);
  const left = rows.filter((r) => r.safe !== true && state.shown[r.name] === undefined).length;
  if (left > 0) console.log(`${left} rows are left`);
  else writeFileSync(SHOWN, printShown(found));
}

function mutate(): void {
  const pattern = new RegExp(options.only);
  const whole = rows.filter((r) => r.safe === true).flatMap((r) => [...views(r).values()]);
  const chosen = mutants(whole).filter((m) => pattern.test(m.id));
  if (options.list === true) {
    for (const m of chosen) console.log(m.id);
    return;
  }
  const shown = readShown();
  for (const m of chosen) {
    if (state.results[m.id] !== undefined) continue;
    if (timeIsUp()) break;
    const begun = Date.now();
    const k = noticed(m, shown) ?? null;
    state.results[m.id] = k;
    save();
    const time = `${((Date.now() - begun) / 1000).toFixed(1)} s`;
    console.log(
      k === null ? `SURVIVED ${m.id} (${time})` : `killed ${m.id} (${time}) by ${k.row}, ${k.view}: ${k.was} → ${k.is}`,
    );
  }
  report(chosen.map((m) => m.id));
  if (options.write === true) writeKilled(chosen.map((m) => m.id));
}

function writeKilled(ids: readonly string[]): void {
  if (options.only !== "" || ids.some((id) => state.results[id] === undefined)) {
    console.log("not every mutant was run: nothing is written");
    return;
  }
  writeFileSync(KILLED, printKilled(ids.flatMap((id) => (state.results[id] ? [{ id, ...state.results[id] }] : []))));
}

function report(ids: readonly string[]): void {
  const reasons = JSON.parse(readFileSync(SURVIVORS, "utf8")) as Record<string, string>;
  const done = ids.filter((id) => state.results[id] !== undefined);
  const survivors = done.filter((id) => state.results[id] === null);
  console.log(
    `${done.length} of ${ids.length} mutants run, ${done.length - survivors.length} killed, ${survivors.length} survived`,
  );
  for (const id of survivors) console.log(`survived: ${id}: ${reasons[id] ?? "NO REASON GIVEN"}`);
  const wrong = done.filter((id) => state.results[id] !== null && reasons[id] !== undefined);
  for (const id of wrong) console.log(`listed as a survivor, but killed: ${id}`);
  if (wrong.length > 0 || survivors.some((id) => reasons[id] === undefined)) process.exitCode = 1;
}
