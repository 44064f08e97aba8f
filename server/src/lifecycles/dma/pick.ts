// Takes the texts of rules out of the rule table for the lifecycles that own them.
import { dmaRules } from "./rules.ts";

/** The texts of some rules of the DMA API. */
export function pick<const R extends keyof typeof dmaRules>(...ids: readonly R[]): { [K in R]: (typeof dmaRules)[K] } {
  // The keys are exactly those asked for; the compiler can't see it through fromEntries().
  return Object.fromEntries(ids.map((id) => [id, dmaRules[id]])) as { [K in R]: (typeof dmaRules)[K] };
}
