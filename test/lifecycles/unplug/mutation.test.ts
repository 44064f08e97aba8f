// The unplug model is mutated too: nothing can be taken out of it unnoticed, but for what is listed with a reason. Here the quick part: every statement is known, and of
// those that are noticed a good many are taken out and asked for. scripts/mutate-models.ts takes out all of them and asks everybody.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { explore } from "../../../server/src/model/unplug/explore.ts";
import { replay } from "../../support/replay.ts";
import type { Mutant } from "./mutants.ts";
import { mutants } from "./mutants.ts";
import { ask, printShown, readKilled, readShown, rows, said, SHOWN, SURVIVORS, views } from "./mutation.ts";

const row = (name: string): (typeof rows)[number] => {
  const found = rows.find((r) => r.name === name);
  assert.ok(found, `no row ${name}: run scripts/mutate-models.ts --shown`);
  return found;
};

const all = (): ReadonlyMap<string, Mutant> =>
  new Map(
    mutants(rows.filter((r) => r.safe === true).flatMap((r) => [...views(r).values()])).map((m) => [m.id, m] as const),
  );

describe("the unplug model, mutated", function () {
  this.timeout(60_000);

  it("shows in each row of the table what it showed", () => {
    const shown = readShown();
    assert.deepEqual(
      shown.map((x) => x.row),
      rows.filter((r) => r.safe !== true).map((r) => r.name),
    );
    const now = shown.map((x) => {
      const s = views(row(x.row)).get(x.view);
      assert.ok(s, `${x.row} has no view ${x.view}: run scripts/mutate-models.ts --shown`);
      const e = explore(s);
      if (e.violation !== undefined)
        assert.deepEqual(replay(s, e.violation.trace, e.violation.what), { ok: true }, `${x.row}, ${x.view}`);
      return { ...x, said: said(e) };
    });
    if (process.env["UPDATE"] === "1") writeFileSync(SHOWN, printShown(now));
    else assert.deepEqual(now, shown);
  });

  it("says nothing that is not known to be noticed, or listed with a reason why not", () => {
    const reasons = JSON.parse(readFileSync(SURVIVORS, "utf8")) as Readonly<Record<string, string>>;
    const killed = new Set(readKilled().map((k) => k.id));
    const ids = [...all().keys()];
    assert.ok(ids.length > 250, `${ids.length} statements`);
    const unknown = ids.filter((id) => !killed.has(id) && reasons[id] === undefined);
    assert.deepEqual(unknown, [], "run scripts/mutate-models.ts --write");
    assert.deepEqual(
      Object.keys(reasons).filter((id) => !ids.includes(id) || killed.has(id) || reasons[id] === ""),
      [],
    );
  });

  it("is asked for what it says: invariants, violations, abilities, goals, actions, and every fifth of the rest", () => {
    const known = all();
    const asked = readKilled().filter((k, n) => !/^(proc|start) /.test(k.id) || n % 5 === 0);
    for (const { id, row: name, view, was } of asked) {
      const m = known.get(id);
      assert.ok(m, `no mutant ${id}: run scripts/mutate-models.ts --write`);
      assert.ok(ask(m, row(name), view, was), `${id} is not noticed by ${name}, ${view}`);
    }
    assert.ok(asked.length > 70, `${asked.length}`);
  });
});
