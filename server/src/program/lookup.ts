// Names as one file sees them: its own first, then what it includes, nearest first, under the configuration that is read.
import type { FileId } from "../base/span.ts";
import { isTaken, madeName } from "./core.ts";
import type { Core, Under } from "./core.ts";
import { FUNCTION, MADE_NAME } from "./units.ts";
import { byPlace } from "./view.ts";
import type { Unit } from "./view.ts";

export interface Lookup {
  /** The definition of `name` that `from` sees; where several stand in one file, the first whose #if arms are read. */
  visible(name: string, from: FileId, kinds: readonly number[]): Unit | undefined;
  /** Any definition in the files indexed so far, those that are near `from` first. */
  near(name: string, from: FileId, kinds: readonly number[], accept?: (unit: Unit) => boolean): Unit | undefined;
  /** Functions of a file whose names macros make, by the name they get. */
  made(file: FileId): ReadonlyMap<string, Unit>;
}

/** `under`: the lookup of an overlay's base, where the overlay changes .c files only that nobody includes: other files see what they saw. */
export function openLookup(core: Core, under?: Under<Lookup>): Lookup {
  const answers = new Map<string, Unit | undefined>();
  const madeNames = new Map<FileId, ReadonlyMap<string, Unit>>();

  function visible(name: string, from: FileId, kinds: readonly number[]): Unit | undefined {
    if (under !== undefined && !under.changed.has(from)) return under.base.visible(name, from, kinds);
    const key = `${kinds.join(",")}\n${name}\n${from}`;
    if (answers.has(key)) return answers.get(key);
    const closure = core.includes.closure(from);
    let found: Unit | undefined;
    do found = best(name, kinds, closure.position);
    while (found === undefined && closure.grow());
    answers.set(key, found);
    return found;
  }

  /** The taken unit whose file ranks lowest; among those of one file, the first. */
  function best(name: string, kinds: readonly number[], rank: (file: FileId) => number | undefined): Unit | undefined {
    let found: Unit | undefined;
    let lowest = Infinity;
    for (const unit of core.view.named(name, ...kinds)) {
      const at = rank(unit.file);
      if (at === undefined || at >= lowest || !isTaken(core, unit)) continue;
      lowest = at;
      found = unit;
    }
    return found;
  }

  function made(file: FileId): ReadonlyMap<string, Unit> {
    const known = madeNames.get(file);
    if (known !== undefined) return known;
    const map = new Map<string, Unit>();
    madeNames.set(file, map);
    for (const unit of core.view.units(file)) {
      if (unit.kind === FUNCTION && (unit.flags & MADE_NAME) !== 0) map.set(madeName(core, unit), unit);
    }
    return map;
  }

  return {
    visible,
    made,
    near(name, from, kinds, accept) {
      const units = core.view.named(name, ...kinds).filter((unit) => (accept?.(unit) ?? true) && isTaken(core, unit));
      return [...units].sort((a, b) => distance(a.file, from) - distance(b.file, from) || byPlace(a, b))[0];
    },
  };
}

/** How far apart two files are: folders to climb and descend. Files of other architectures are far from everything. */
export function distance(file: FileId, from: FileId): number {
  const a = file.split("/");
  const b = from.split("/");
  let same = 0;
  while (same < a.length - 1 && same < b.length - 1 && a[same] === b[same]) same++;
  return a.length + b.length - 2 * same;
}
