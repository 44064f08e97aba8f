// The lifecycle language: what its types refuse, and what is derived from its tables.
import assert from "node:assert/strict";
import {
  call,
  branch,
  lifecycle,
  patternsOf,
  ruleTable,
  since,
  until,
  vocabulary,
} from "../../server/src/model/lifecycle.ts";
import { door } from "./door.ts";

describe("lifecycle language", () => {
  it("infers phases, events, rules and worlds, and refuses misspelt ones", () => {
    // Never run: the compiler is the test. Each expectation fails the type check when the mistake compiles.
    const refused = (): unknown => [
      // @ts-expect-error a phase that is not declared
      lifecycle({ ...door, order: [["opn", "close", "shut"]] }),
      // @ts-expect-error an event that is not declared
      lifecycle({ ...door, order: [["open", "slam", "shut"]] }),
      // @ts-expect-error a rule that is not declared
      lifecycle({ ...door, forbidden: [[["shut"], "close", "=", "door/slammed"]] }),
      // @ts-expect-error a cell of the world that is not declared
      lifecycle({ ...door, invariants: { calm: (w) => w.temper === 0 } }),
      // @ts-expect-error an event of the story that is not declared
      lifecycle({ ...door, story: ["knocks"] }),
    ];
    assert.equal(typeof refused, "function");
  });

  it("collects every name that an event is recognised by, old and new, once", () => {
    const renamed = call([until("6.19", "old_close"), since("7.0", "new_close")], { door: 0 });
    const model = {
      ...door,
      events: { ...door.events, close: { ...door.events.close, at: [renamed, branch(call("try_close", {}), "zero")] } },
    };
    assert.deepEqual(vocabulary([model, model]), ["new_close", "old_close", "open_door", "try_close"]);
    assert.equal(patternsOf(model.events.close).length, 2);
    assert.equal(patternsOf(door.events.knock).length, 0);
  });

  it("lists rules with the model that owns them", () => {
    assert.deepEqual(
      ruleTable([door]).map(({ id, lifecycle: owner, severity }) => [id, owner, severity]),
      [
        ["door/left-open", "door", "warning"],
        ["door/shut-twice", "door", "error"],
      ],
    );
  });
});
