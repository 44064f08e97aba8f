// The models are tested too: take away one row, one invariant, one guard or one effect, and an audit or a golden file must notice.
// Rows are printed in the golden table, so what is interesting are invariants, guards and effects: what survives of those is listed with its reason.
import assert from "node:assert/strict";
import { lifecycles } from "../../server/src/lifecycles/index.ts";
import { audit, matrix } from "../../server/src/model/audit.ts";
import { explore } from "../../server/src/model/explore.ts";
import type { AnyLifecycle } from "../../server/src/model/lifecycle.ts";
import { modelPage } from "../../server/src/present/model.ts";

/** A mutant that counts without end is noticed as well: the audits do not pass what they could not finish. */
const BUDGET = 400;

const SURVIVORS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "dma-buf-mapping": {
    "invariant the hardware reaches only what is mapped":
      "no forbidden row breaks it; it keeps the guard of unmap honest, which is the importer's own duty towards its hardware",
  },
  "dma-buf-revoke": {
    "effect of unmapUnasked":
      "the importer may unmap unasked, but no promise rests on it: the environment is only richer for it",
    "effect of unmapEnds":
      "once the count was put too early, the bound can pass before the mapping ends, whenever that is",
  },
  "pfnmap-vma": {
    "guard of faultUngated":
      "a fault without a VMA can't happen, but a model in which it could would break in the same way",
  },
};

interface Mutant {
  readonly name: string;
  readonly model: AnyLifecycle;
}

const without = <T>(items: readonly T[], at: number): readonly T[] => items.filter((_, index) => index !== at);
const dropped = <T extends object>(object: T, key: string): T =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== key)) as T;

function mutants(model: AnyLifecycle): readonly Mutant[] {
  return [
    ...model.order.map((row, at) => ({
      name: `order ${row.join(" ")}`,
      model: { ...model, order: without(model.order, at) },
    })),
    ...model.forbidden.map(([from, on], at) => ({
      name: `forbidden ${on} in ${from.join(" ")}`,
      model: { ...model, forbidden: without(model.forbidden, at) },
    })),
    ...Object.keys(model.invariants).map((name) => ({
      name: `invariant ${name}`,
      model: { ...model, invariants: dropped(model.invariants, name) },
    })),
    ...Object.entries(model.events).flatMap(([on, event]) =>
      (
        [
          ["guard", "when"],
          ["effect", "does"],
        ] as const
      )
        .filter(([, key]) => event[key] !== undefined)
        .map(([what, key]) => ({
          name: `${what} of ${on}`,
          model: { ...model, events: { ...model.events, [on]: dropped(event, key) } },
        })),
    ),
  ];
}

/** Whether an audit fails or the golden page changes; what is cheap to see is looked at first. */
function noticed(mutant: AnyLifecycle, model: AnyLifecycle, page: string): boolean {
  if (matrix(mutant) !== matrix(model)) return true;
  const right = explore(mutant, { budget: BUDGET });
  if (right.verdict !== "safe" || right.states !== explore(model).states) return true;
  const found = audit(mutant, BUDGET);
  return found.problems.length > 0 || modelPage(mutant, found) !== page;
}

describe("mutated lifecycles", () => {
  for (const model of lifecycles) {
    it(`${model.id}: nothing can be taken away unnoticed`, () => {
      const page = modelPage(model, audit(model, BUDGET));
      const all = mutants(model);
      assert.ok(all.length > model.order.length + model.forbidden.length);
      assert.deepEqual(
        all.filter((mutant) => !noticed(mutant.model, model, page)).map(({ name }) => name),
        Object.keys(SURVIVORS[model.id] ?? {}),
      );
    });
  }
});
