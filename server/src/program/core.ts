// What the parts of a program share: its source and index, the parser, the configuration, and the list of what was not seen.
import type { Incomplete } from "../base/result.ts";
import type { FileId } from "../base/span.ts";
import type { ArmOf } from "../facts/arms.ts";
import type { CParser } from "../syntax/parser.ts";
import { taken } from "./configuration.ts";
import type { Includes } from "./includes.ts";
import type { Kbuild } from "./kbuild.ts";
import type { FunctionRef, Source } from "./program.ts";
import type { Skim } from "./skim.ts";
import { MACRO, MADE_NAME, STATIC } from "./units.ts";
import { configOf } from "./view.ts";
import type { Unit, View } from "./view.ts";

export interface Core {
  readonly source: Source;
  readonly parser: CParser;
  readonly view: View;
  readonly skim: Skim;
  readonly kbuild: Kbuild;
  readonly includes: Includes;
  readonly arm: ArmOf;
  /** Says that something was not seen; the same thing is said once. */
  missed(file: FileId, line: number, why: string): void;
  missedSoFar(): readonly Incomplete[];
  /** Whether the whole tree may be looked through once more for `name`; where not, that is reported. */
  maySearch(name: string): boolean;
  /** Expands the macro invocations in `text` as `from` would; set after construction because expansion looks names up. */
  expand(text: string, from: FileId): string | undefined;
}

/** A part of the program of an overlay's base, and the files in which the overlay differs from it. */
export interface Under<T> {
  readonly base: T;
  readonly changed: ReadonlySet<FileId>;
}

/** Files that one question may have indexed; a question that needs more is answered from these and reported. */
export const MAX_FILES_PER_QUESTION = 12_000;

/** Up to so many files are indexed for one question without a look at which of them hold the name at all. */
export const FEW = 200;

/** Names for which the whole tree is looked through (half a second each) because nothing says where they are defined. */
export const MAX_SEARCHES = 32;

/** A place for what was not seen. */
export function missedList(): Pick<Core, "missed" | "missedSoFar" | "maySearch"> {
  const list = new Map<string, Incomplete>();
  const searched = new Set<string>();
  const missed = (file: FileId, line: number, why: string): void => {
    list.set(`${file}\n${line}\n${why}`, { file, line, why });
  };
  return {
    missed,
    maySearch(name) {
      searched.add(name);
      if (searched.size <= MAX_SEARCHES) return true;
      missed("", 0, `more than ${MAX_SEARCHES} names were looked for in the whole tree; ${name} was not`);
      return false;
    },
    missedSoFar: () =>
      [...list.values()].sort((a, b) =>
        a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || (a.why < b.why ? -1 : 1),
      ),
  };
}

/** True where the #if arms around a unit are the ones that are read. */
export function isTaken(core: Core, unit: Unit): boolean {
  const config = configOf(unit);
  return config.length === 0 || taken(config, armAt(core, unit.file, unit.start));
}

/** The configuration as a place in a file sees it: a symbol that the file itself defined above is on. */
export function armAt(core: Core, file: FileId, at: number): ArmOf {
  return (symbol) => {
    const known = core.arm(symbol);
    if (known !== undefined || symbol.startsWith("CONFIG_") || !/^[A-Za-z_]\w*$/.test(symbol)) return known;
    const own = core.view.named(symbol, MACRO).some(
      // A definition for where there is none yet says nothing about what follows its #ifndef.
      (macro) =>
        macro.file === file && macro.start < at && !configOf(macro).includes(`!${symbol}`) && isTaken(core, macro),
    );
    return own ? true : undefined;
  };
}

/** A function's unit as the rest of the engine knows it; a name that a macro makes is expanded. */
export function refOf(core: Core, unit: Unit): FunctionRef {
  const name = unit.flags & MADE_NAME ? madeName(core, unit) : unit.name;
  return { name, file: unit.file, start: unit.start, end: unit.end, static: (unit.flags & STATIC) !== 0 };
}

/** UVERBS_HANDLER(X) → what the macro makes of it; SYSCALL_DEFINE3(read) and what can't be expanded stay as written. */
export function madeName(core: Core, unit: Unit): string {
  const expanded = core.expand(unit.name, unit.file)?.trim();
  return expanded !== undefined && /^\w+$/.test(expanded) ? expanded : unit.name;
}

/** 1-based line of an offset. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < offset; i = text.indexOf("\n", i + 1)) line++;
  return line;
}
