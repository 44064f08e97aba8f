// Every disguise, in the order in which they are tried.
import type { Disguise } from "./disguise.ts";
import { ATOMIC, REFCOUNT } from "./disguise-counters.ts";
import { GOTOS, NEGATE, UNGOTOS } from "./disguise-flow.ts";
import { EXTRACT, INLINE } from "./disguise-functions.ts";
import { MERGE, OLD, REORDER } from "./disguise-layout.ts";
import { GUARDS } from "./disguise-locks.ts";
import { RENAME } from "./disguise-rename.ts";
import { ENUM, WAIT_COUNT, WAIT_FLAG } from "./disguise-state.ts";

export const DISGUISES: readonly Disguise[] = [
  RENAME,
  EXTRACT,
  INLINE,
  NEGATE,
  GOTOS,
  UNGOTOS,
  GUARDS,
  REFCOUNT,
  ATOMIC,
  WAIT_COUNT,
  WAIT_FLAG,
  ENUM,
  MERGE,
  REORDER,
  OLD,
];
