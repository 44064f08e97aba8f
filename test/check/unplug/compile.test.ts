// What each construct of C becomes, before anything is cut away: every function of the inputs, compiled on its own and printed. A new case is a new function.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { compileProc } from "../../../server/src/check/unplug/compile.ts";
import { resolveHeads } from "../../../server/src/check/unplug/classes.ts";
import { resolveDisturbs } from "../../../server/src/check/unplug/predicates.ts";
import { printProc } from "../../../server/src/check/unplug/print.ts";
import { tidy } from "../../../server/src/check/unplug/tidy.ts";
import { newTypes } from "../../../server/src/check/unplug/types.ts";
import { newWorld } from "../../../server/src/check/unplug/world.ts";
import { vocabulary } from "../../../server/src/lifecycles/unplug/vocabulary.ts";
import { programOf } from "../../program/support.ts";
import { golden } from "../../support/golden.ts";

const inputs = path.join(import.meta.dirname, "c");
const text = (file: string): string => readFileSync(path.join(inputs, file), "utf8");

/** The functions of a file that are not static, each with the procedures that it calls. */
async function compiled(file: string): Promise<string> {
  const at = `drivers/drv/${file}`;
  const program = await programOf({ [at]: text(file), "drivers/drv/prelude.h": text("prelude.h") });
  const types = newTypes(program, vocabulary);
  const world = newWorld(
    {
      types,
      folders: ["drivers/drv/"],
      framework: vocabulary.plain,
      ops: {
        name: "ops",
        file: at,
        type: { kind: "struct", name: "dma_buf_ops", pointers: 0, array: false, func: false },
        entries: [],
        static: true,
        span: { file: at, start: 0, end: 0 },
      },
      home: () => true,
    },
    {
      tags: new Set(["buf", "part"]),
      cells: new Set(["dev.gone", "dev.state", "dev.bufs"]),
      flags: new Set(),
      instances: new Map([
        ["buf", 2],
        ["part", 2],
        ["dma_buf", 2],
        ["dev", 1],
      ]),
    },
  );
  for (const [, name] of text(file).matchAll(/^(?!static)[^\n]*?(\w+)\([^\n]*\)\n\{/gm)) {
    const fn = program.fn(name ?? "", at);
    if (fn !== undefined && !world.procs.has(fn.name)) world.procs.set(fn.name, compileProc(world, fn.name, fn, [], 0));
  }
  resolveHeads(world, world.procs);
  resolveDisturbs(world, world.procs);
  const procs = [...world.procs.values()].map((p) => printProc({ ...p, code: tidy(p.code, p.params) }));
  const unseen = world.unseen.map((u) => `not seen: ${u.why} (${u.about})`);
  return `${[...procs, ...unseen].join("\n\n")}\n`;
}

describe("compiling", () => {
  for (const file of readdirSync(inputs).filter((f) => f.endsWith(".c")))
    it(file, async () => golden(`check/unplug/c/${file.replace(/\.c$/, ".skeleton.txt")}`, await compiled(file)));
});
