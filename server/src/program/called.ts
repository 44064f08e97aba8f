// Which functions call which names, straight from the index: nothing is parsed for it.
import type { FileId } from "../base/span.ts";
import { isTaken } from "./core.ts";
import type { Core } from "./core.ts";
import type { Functions } from "./functions.ts";
import { CALLED, KEYWORD_COUNT, USE_BITS } from "./lex.ts";
import type { FunctionRef } from "./program.ts";
import { FUNCTION, usesFrom, usesTo } from "./units.ts";
import { byPlace } from "./view.ts";
import { spell } from "./words.ts";

export interface Called {
  calling(names: readonly string[], files: readonly FileId[]): readonly FunctionRef[];
  calls(fn: FunctionRef): readonly string[];
}

export function openCalled(core: Core, functions: Functions): Called {
  return {
    calling(names, files) {
      for (const file of files) core.view.entry(file);
      const within = new Set(files);
      const found = new Map<string, FunctionRef>();
      for (const name of names) {
        for (const { unit, bits } of core.view.uses(name)) {
          if (unit.kind !== FUNCTION || (bits & CALLED) === 0 || !within.has(unit.file) || !isTaken(core, unit))
            continue;
          const key = `${unit.file}:${unit.start}`;
          if (!found.has(key)) found.set(key, functions.ref(unit));
        }
      }
      return [...found.values()].sort(byPlace);
    },
    calls(fn) {
      const unit = core.view.units(fn.file).find((u) => u.kind === FUNCTION && u.start === fn.start);
      if (unit === undefined) return [];
      const { units, words } = unit.index;
      const found: string[] = [];
      for (let i = usesFrom(units, unit.at); i < usesTo(units, unit.at); i++) {
        const use = units.uses.list[i] as number;
        const word = use >>> USE_BITS;
        if ((use & CALLED) !== 0 && word >= KEYWORD_COUNT) found.push(spell(words, word));
      }
      return found;
    },
  };
}
