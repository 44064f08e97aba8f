// Exploration: shortest violations, states in which nothing promised helps, budgets, and who is to blame.
import assert from "node:assert/strict";
import { AT_REST, explore, moves, cellsOf, story } from "../../server/src/model/explore.ts";
import type { Exploration, Violation } from "../../server/src/model/explore.ts";
import type { AnyLifecycle, EventSpec, World } from "../../server/src/model/lifecycle.ts";
import { door } from "./door.ts";

function violationOf(run: Exploration): Violation {
  assert.equal(run.verdict, "violated");
  return (run as Extract<Exploration, { verdict: "violated" }>).violation;
}

/** A model of one wait: it ends when `ready`, which the given event brings about. */
const waiting = (bring: Partial<EventSpec<World>>): AnyLifecycle => ({
  id: "wait",
  resource: "wait",
  sources: [],
  world: { ready: false, busy: true },
  phases: { begun: { start: true, owes: "an answer" }, done: { rest: true } },
  events: {
    work: { actor: "device", text: "finishes its work", will: "promised", when: (w: World) => w["busy"] === true, does: (w: World) => ({ ...w, busy: false }) }, // prettier-ignore
    bring: { actor: "user", text: "answers", does: (w: World) => ({ ...w, ready: true }), ...bring },
    woken: { actor: "driver", text: "wakes", when: (w: World) => w["ready"] === true },
  },
  rules: {},
  order: [["begun", "woken", "done"]],
  forbidden: [],
  invariants: {},
  story: [],
});

describe("explore", () => {
  it("visits every phase and world of a sound model, and only those", () => {
    // By hand: shut(never opened), open, shut(after closing), and leaving from each of the two shut ones.
    const run = explore(door);
    assert.equal(run.verdict, "safe");
    assert.equal(run.states, 5);
    assert.deepEqual(run.phases, ["shut", "open", "left"]);
    assert.deepEqual(run.events, ["open", "close", "leave", "knock"]);
  });

  it("finds the shortest way to break an invariant once a forbidden row is allowed", () => {
    const violation = violationOf(explore(door, { allow: cellsOf(door, "door/left-open") }));
    assert.deepEqual(violation.events, ["open", "leave", "warm"]);
    assert.equal(violation.name, "it stays cold");
    assert.equal(violation.wrong, 1);
    assert.deepEqual(
      violation.states.map(({ phase }) => phase),
      ["shut", "open", "left", "left"],
    );
    assert.deepEqual(violation.trace.at(-1), {
      actor: "device",
      kind: "violation",
      text: "broken: it stays cold",
      cites: [2],
    });
  });

  it("blames only the steps that made the difference", () => {
    const pair: AnyLifecycle = {
      ...door,
      world: { a: false, b: false, c: false, bad: false },
      events: Object.fromEntries(
        ["a", "b", "c"].map((key) => [
          key,
          { actor: "driver", text: key, does: (w: World) => ({ ...w, [key]: true }) },
        ]),
      ),
      phases: { p: { start: true }, q: {}, r: {}, s: { rest: true } },
      order: [
        ["p", "a", "q"],
        ["q", "b", "r"],
        ["r", "c", "s"],
      ],
      forbidden: [],
      // b is looked at, and changed, but it makes no difference once c is true.
      invariants: {
        fine: (w: World) => !(w["a"] === true && (w["c"] === true || (w["b"] === true && w["bad"] === true))),
      },
      rules: {},
      story: [],
    };
    assert.deepEqual(violationOf(explore(pair)).trace.at(-1)?.cites, [0, 2]);
  });

  it("calls a wait stuck when only a volunteer could end it, and not when somebody promised to", () => {
    assert.equal(explore(waiting({ will: "promised" })).verdict, "safe");
    const violation = violationOf(explore(waiting({ will: "voluntary" })));
    assert.equal(violation.kind, "stuck");
    assert.equal(violation.name, AT_REST);
    // It runs on to where all that was promised has happened: blocked, and it stays so.
    assert.deepEqual(violation.events, ["work"]);
    assert.equal(violation.trace.at(-1)?.text, "waits for ever; still owes an answer");
  });

  it("says incomplete when the budget is hit, never safe", () => {
    const run = explore(door, { budget: 3 });
    assert.equal(run.verdict, "incomplete");
    assert.match((run as Extract<Exploration, { verdict: "incomplete" }>).why, /more than 3 states/);
    assert.equal(explore(door, { budget: 5 }).verdict, "safe");
  });

  it("lets an event end in several worlds", () => {
    const coin: AnyLifecycle = {
      ...waiting({}),
      events: { toss: { actor: "user", text: "tosses", does: (w: World) => [w, { ...w, ready: true }] } },
      order: [["begun", "toss", "done"]],
    };
    assert.equal(moves(coin, { phase: "begun", world: coin.world }).length, 2);
    assert.equal(explore(coin).states, 3);
  });

  it("checks the start as well", () => {
    const run = explore({ ...door, invariants: { never: () => false } });
    assert.deepEqual(violationOf(run).events, []);
    assert.equal(violationOf(run).trace.length, 1);
  });

  it("is the same every time", () => {
    const allow = cellsOf(door, "door/shut-twice");
    assert.equal(JSON.stringify(explore(door, { allow })), JSON.stringify(explore(door, { allow })));
  });

  it("runs the story, and says where it stops", () => {
    const told = story(door);
    assert.ok(told.ok);
    assert.deepEqual(
      told.trace.map(({ actor, kind, to }) => [actor, kind, to]),
      [
        ["driver", "call", "device"],
        ["user", "environment", "driver"],
        ["driver", "call", "device"],
        ["driver", "call", undefined],
      ],
    );
    assert.equal(told.end.phase, "left");
    assert.deepEqual(story({ ...door, story: ["open", "leave"] }), { ok: false, at: 1 });
  });
});
