// Plants bugs of the DMA API at call sites drawn by seed from a whole kernel tree, and measures how many of them the checker finds.
//   npm run plant -- [--tree DIR] [--seed N] [--count N] [--only ID[,ID]] [--off] [--min PERCENT] [--json] [--list] [--write DIR]
// Exit: 0; 1 with --min when less is found; 2 for usage.
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { plantMain } from "./plant/main.ts";
import { OPERATORS } from "./plant/operators.ts";

const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const { values } = parseArgs({
  options: {
    tree: { type: "string", default: join(cache, "kernel-trees/linux-source-7.2") },
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "60" },
    only: { type: "string" },
    off: { type: "boolean", default: false },
    min: { type: "string" },
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    write: { type: "string" },
  },
});

if (values.list) {
  for (const { id, rule, names } of OPERATORS) console.log(`${id.padEnd(24)} ${rule.padEnd(24)} ${names.join(" ")}`);
} else {
  process.exitCode = await plantMain({
    tree: values.tree,
    seed: Number(values.seed),
    count: Number(values.count),
    off: values.off,
    json: values.json,
    ...(values.only === undefined ? {} : { only: values.only.split(",") }),
    ...(values.min === undefined ? {} : { min: Number(values.min) }),
    ...(values.write === undefined ? {} : { write: values.write }),
  });
}
