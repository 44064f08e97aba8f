// Puts the engine together for the command line: the parser, and everything that knows a kernel framework by name.
import type { Check } from "../check/check.ts";
import { newCheck } from "../check/pipeline.ts";
import type { Engine } from "../check/pipeline.ts";
import type { Kit } from "../check/unplug/diagnose.ts";
import { ruleList } from "../lifecycles/catalogue.ts";
import { dmaPaths } from "../lifecycles/dma/models.ts";
import { abilities } from "../lifecycles/unplug/abilities.ts";
import { contracts } from "../lifecycles/unplug/contracts/index.ts";
import { names } from "../lifecycles/unplug/names.ts";
import { buildScenarios } from "../lifecycles/unplug/scenarios.ts";
import { vocabulary } from "../lifecycles/unplug/vocabulary.ts";
import { createProgram } from "../program/create.ts";
import type { CParser, WasmFiles } from "../syntax/parser.ts";
import { loadParser } from "../syntax/parser.ts";

/** The environment of a contract, as diagnosis wants it. */
export function kitOf(id: string, lost: readonly string[] = []): Kit {
  const contract = contracts.find((k) => k.id === id);
  if (contract === undefined) throw new Error(`no contract ${id}`);
  const gone = new Set(lost);
  return {
    names,
    sessions: contract.bounds.includes("session"),
    scenarios: (set) => buildScenarios(set, contract, {}, gone),
  };
}

/** The engine around a parser. */
export function engineOf(parser: CParser): Engine {
  return {
    program: (tree, stored) => createProgram(tree, parser, stored === undefined ? {} : { stored }),
    gaps: (text) => {
      const { functions, gaps } = parser.parseFile(text);
      return [...gaps, ...functions.flatMap((fn) => fn.gaps)];
    },
    vocabulary,
    contracts,
    kit: kitOf,
    abilities,
    rules: ruleList,
    paths: dmaPaths,
  };
}

/** A check that loads its parser when it is first asked. `stamp`: what tells this build from others, if anything does. */
export function lazyCheck(wasm: WasmFiles, stamp?: string): Check {
  let check: Promise<Check> | undefined;
  return async (request) => {
    check ??= loadParser(wasm).then((parser) =>
      newCheck({ ...engineOf(parser), ...(stamp === undefined ? {} : { stamp }) }),
    );
    return (await check)(request);
  };
}
