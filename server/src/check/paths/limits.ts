// Budgets of the path engine, with the measurements that chose them. Hitting one makes a function incomplete, never quiet in silence.

/** States kept per block. Of 8,000 bodies of a 7.2 tree that use the DMA API, 99 in 100 need fewer than 24. */
export const MAX_STATES = 48;

/** Visits of ⟨block, state⟩ in one function. */
export const MAX_VISITS = 6_000;

/** Values nested deeper than this are not told apart any further. */
export const MAX_TERM = 40;

/** Ways a callee may end that its caller follows; with more it counts as not understood. */
export const MAX_OUTCOMES = 16;

/** Calls within calls that are followed. */
export const MAX_CALL_DEPTH = 4;

/** Steps of a witness that are shown: its first and its last ones. */
export const MAX_STEPS = 14;

/** Releases of what its caller acquired that a function is known by; with more it releases something. */
export const MAX_RELEASES = 6;

/** Effects that are carried out in one function, over all states. */
export const MAX_WORK = 60_000;

/** States that calls may make of one within a block before those that do not differ in phases are joined. */
export const MAX_SPLIT = 6;
