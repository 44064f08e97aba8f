// The units of an index: what one file defines or says at file scope, as rows of integers, and the uses of identifiers in each.
import { grown } from "./words.ts";
import { newUses } from "./lex.ts";
import type { Uses } from "./lex.ts";

/** Kinds of units. */
export const FUNCTION = 1;
export const VARIABLE = 2;
export const STRUCT = 3;
export const ENUM = 4;
export const ENUMERATOR = 5;
export const TYPEDEF = 6;
export const MACRO = 7;
export const INVOCATION = 8;
export const PROTOTYPE = 9;

/** Flags of a unit. */
export const STATIC = 1;
export const INITIALISED = 2;
export const EXTERN = 4;
export const UNION = 8;
/** The name is written with a macro: UVERBS_HANDLER(X), SYSCALL_DEFINE3(read). */
export const MADE_NAME = 16;
export const INLINE = 32;

/** Columns of a row. Positions are UTF-16 code units of the file; names and tags are numbers of words, 0 where there is none. */
export const KIND = 0;
export const FLAGS = 1;
export const NAME = 2;
export const START = 3;
export const END = 4;
/** A function's `{`; a variable's struct or typedef name (a word). */
export const EXTRA = 5;
/** The uses of the unit are [USES, the next row's USES). */
export const USES = 6;
/** The word that holds the conditions of the #if arms around the unit, joined by newlines; 0 where there are none. */
export const CONFIG = 7;
export const WIDTH = 8;

/** Rows of all files one after another. */
export interface Units {
  rows: Int32Array;
  count: number;
  readonly uses: Uses;
}

export function newUnits(): Units {
  return { rows: new Int32Array(WIDTH << 10), count: 0, uses: newUses() };
}

/** Adds a row whose uses are those noted since `usesFrom`. */
export function addUnit(
  units: Units,
  kind: number,
  flags: number,
  name: number,
  start: number,
  end: number,
  extra: number,
  usesFrom: number,
  config: number,
): void {
  const at = units.count++ * WIDTH;
  if (at + WIDTH > units.rows.length) units.rows = grown(units.rows, new Int32Array(units.rows.length * 2));
  const rows = units.rows;
  rows[at + KIND] = kind;
  rows[at + FLAGS] = flags;
  rows[at + NAME] = name;
  rows[at + START] = start;
  rows[at + END] = end;
  rows[at + EXTRA] = extra;
  rows[at + USES] = usesFrom;
  rows[at + CONFIG] = config;
}

/** One column of a row. */
export function column(units: Units, unit: number, which: number): number {
  return units.rows[unit * WIDTH + which] as number;
}

/** Where the uses of a unit begin and end in `units.uses.list`. */
export function usesFrom(units: Units, unit: number): number {
  return units.rows[unit * WIDTH + USES] as number;
}

export function usesTo(units: Units, unit: number): number {
  return unit + 1 < units.count ? (units.rows[(unit + 1) * WIDTH + USES] as number) : units.uses.length;
}
