// The planting harness as a command: draws, plants, checks, prints. `npm run plant` and `npm run recall -- --seed N` both come here.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { treeVersion } from "../recall/tree.ts";
import { treeChecker } from "./checker.ts";
import { draw } from "./draw.ts";
import { OPERATORS } from "./operators.ts";
import { plantReport, runPlanted } from "./run.ts";

export interface PlantOptions {
  readonly tree: string;
  readonly seed: number;
  readonly count: number;
  /** Ids of operators, all where absent. */
  readonly only?: readonly string[];
  /** Rules that are off by default are planted too. */
  readonly off?: boolean;
  /** Fail below this percentage of path-local and cross-function sites together. */
  readonly min?: number;
  readonly json?: boolean;
  /** Write the planted files below this folder, for reading them, and check nothing. */
  readonly write?: string;
}

/** Exit: 0; 1 below `min`; 2 for usage. */
export async function plantMain(options: PlantOptions): Promise<number> {
  const { tree: dir, seed, count } = options;
  if (!existsSync(join(dir, "Makefile"))) return usage(`no kernel tree in ${dir}`);
  if (!Number.isInteger(seed) || !Number.isInteger(count) || count < 1)
    return usage("--seed and --count are whole numbers");
  const unknown = options.only?.find((id) => !OPERATORS.some((operator) => operator.id === id));
  if (unknown !== undefined)
    return usage(`no operator ${unknown}; there are ${OPERATORS.map(({ id }) => id).join(", ")}`);
  const checker = await treeChecker(dir, options.off === true);
  const isOff = new Set(checker.rules.filter(({ off }) => off !== undefined).map(({ id }) => id));
  const operators = OPERATORS.filter(
    ({ id, rule }) => (options.only?.includes(id) ?? true) && (options.off === true || !isOff.has(rule)),
  );
  const { planted, sites, unread, idle } = draw(checker.tree, seed, count, operators);
  const head = `Linux ${treeVersion(dir)}, seed ${seed}: ${planted.length} bugs planted at call sites drawn from ${sites} (${unread} of those drawn could not be read by the harness)\n`;
  if (idle.length > 0) console.error(`nothing could be planted by ${idle.join(", ")}`);
  if (options.write !== undefined) {
    for (const [i, { file, text, operator }] of planted.entries())
      writeFileSync(
        join(options.write, `${String(i).padStart(3, "0")}-${operator.id}-${file.replaceAll("/", "__")}`),
        text,
      );
    process.stdout.write(head);
    return 0;
  }
  const results = await runPlanted(planted, checker, (_, n) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${n}/${planted.length}`);
  });
  if (process.stderr.isTTY) process.stderr.write("\n");
  process.stdout.write(
    options.json === true ? `${JSON.stringify(results, undefined, 1)}\n` : head + plantReport(results),
  );
  const near = results.filter((each) => each.planted.reach !== "escaped");
  const found = near.filter(({ outcome }) => outcome === "found").length;
  return options.min !== undefined && 100 * found < options.min * near.length ? 1 : 0;
}

function usage(message: string): number {
  console.error(message);
  return 2;
}
