// The explorer that remembers: what decides an exploration is in the key, what does not is not, and only what is safe is remembered.
import assert from "node:assert/strict";
import { contracts } from "../../../server/src/lifecycles/unplug/contracts/index.ts";
import { explore } from "../../../server/src/model/unplug/explore.ts";
import { keyOf, newExplorer } from "../../../server/src/model/unplug/explorer.ts";
import type { Scenario } from "../../../server/src/model/unplug/scenario.ts";
import type { Ins } from "../../../server/src/model/unplug/skeleton.ts";
import { kits } from "../../lifecycles/unplug/kits.ts";
import { plainSet } from "../../../server/src/lifecycles/unplug/exemplar.ts";
import { rdmaSet } from "../../lifecycles/unplug/rdma-set.ts";
import { vfioSet } from "../../lifecycles/unplug/vfio-set.ts";
import { c, check, f, scenario, store } from "./scenarios.ts";

const at = { span: { file: "x.c", start: 1, end: 2 }, fn: "x" };
const act = (name: string): Ins => ({ op: "act", act: name, args: [] });
const base = (more: Partial<Scenario> = {}): Scenario =>
  scenario([[store("o.flag", c(1))], [act("look")]], {
    actions: { look: () => [{}], other: () => [{}] },
    ...more,
  });

describe("the key of a scenario", () => {
  const key = keyOf(base());

  it("is that of everything that decides what happens", () => {
    const different: Readonly<Record<string, Scenario>> = {
      code: scenario([[store("o.flag", c(2))], [act("look")]], { actions: base().actions }),
      "an action behind the same name": base({ actions: { look: () => [{ r: 1 }] } }),
      abilities: base({ abilities: ["x"] }),
      "an invariant": base({ invariants: [{ name: "i", holds: f("o.flag") }] }),
      "a goal": base({ progress: [{ thread: "t0", start: "t0", counting: ["driver"] }] }),
      "the first state": base({ initial: [{ field: "o.flag", object: 1, value: 1 }] }),
      "how many objects": { ...base(), classes: base().classes.map((k) => ({ ...k, count: k.count + 1 })) },
      threads: { ...base(), threads: base().threads.slice(1) },
    };
    const seen = new Map([[key, "itself"]]);
    for (const [name, s] of Object.entries(different)) {
      assert.equal(seen.get(keyOf(s)), undefined, name);
      seen.set(keyOf(s), name);
    }
  });

  it("tells actions apart that are written the same and mean something else", () => {
    const look = (r: number) => () => [{ r }];
    const one = base({ actions: { look: look(0) } });
    assert.notEqual(keyOf(one), keyOf(base({ actions: { look: look(1) } })));
    assert.equal(keyOf(one), keyOf({ ...one, name: "another name" }));
  });

  it("is not that of places in C, nor of what nobody runs", () => {
    const same = base();
    const placed = scenario([[{ ...store("o.flag", c(1)), at }], [{ ...act("look"), at }]], { actions: same.actions });
    assert.equal(keyOf(placed), keyOf(same));
    const idle = { name: "idle", params: [], code: [] };
    assert.equal(keyOf({ ...same, procs: { ...same.procs, idle } }), keyOf(same));
  });

  it("means the same in every run: no two actions of the environment that share a name share their text", () => {
    const known = new Map<string, unknown>();
    for (const s of [
      ...kits.vfio.scenarios(vfioSet()),
      ...kits.rdma.scenarios(rdmaSet()),
      ...kits.plain.scenarios(plainSet()),
    ])
      for (const [name, action] of Object.entries(s.actions)) {
        const text = `${name} ${String(action)}`;
        assert.equal(known.get(text) ?? action, action, name);
        known.set(text, action);
      }
    assert.ok(known.size > 10 && contracts.length > 0);
  });
});

describe("an explorer that remembers", () => {
  it("gives the same answer again, here and in a later run, and explores anew what was violated", () => {
    const first = newExplorer();
    const s = base();
    const e = first.explore(s);
    assert.deepEqual(e, explore(s));
    assert.deepEqual(first.explore(s), e);
    assert.equal(first.grown(), true);
    const later = newExplorer(first.entries());
    assert.deepEqual(later.explore(s), e);
    assert.equal(later.grown(), false);
    const bad = scenario([[{ ...check(c(0)), at }]]);
    const moved = scenario([[{ ...check(c(0)), at: { ...at, fn: "y" } }]]);
    assert.equal(later.explore(bad).violation?.trace.at(-1)?.fn, "x");
    assert.equal(later.explore(moved).violation?.trace.at(-1)?.fn, "y");
    assert.equal(later.grown(), false);
  });

  it("does not take a small budget for a large one", () => {
    const one = newExplorer();
    const s = base();
    assert.equal(one.explore(s).verdict, "safe");
    assert.equal(one.explore(s, { budget: 1 }).verdict, "incomplete");
  });
});
