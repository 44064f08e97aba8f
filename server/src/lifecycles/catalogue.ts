// Every rule there is: those that lifecycles own, and those of the DMA API, which all belong to one executable core.
import { ruleTable } from "../model/lifecycle.ts";
import type { Rule } from "../model/lifecycle.ts";
import { dmaRuleTable } from "./dma/rules.ts";
import { lifecycles } from "./index.ts";

const owned = ruleTable(lifecycles);

/** The rule list, sorted by id. A rule of the DMA API that a lifecycle owns is that lifecycle's. */
export const ruleList: readonly Rule[] = [
  ...owned,
  ...dmaRuleTable.filter((rule) => !owned.some(({ id }) => id === rule.id)),
].sort((a, b) => (a.id < b.id ? -1 : 1));
