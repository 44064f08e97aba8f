// Budgets of lowering, with the measurements that chose them.

/** How deep expressions and statements may nest; beyond, the text is a gap. Eight large folders of a 7.2 tree stay below 40; at 2,500 the stack overflows. */
export const MAX_DEPTH = 500;

/** How many statements after a guard are looked at for assignments to what it guards. Hand-written bodies are shorter. */
export const MAX_FOLLOWING = 500;
