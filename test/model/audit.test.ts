// The audits: each must fail for the mistake that it is there for, and only then.
import assert from "node:assert/strict";
import { audit, matrix } from "../../server/src/model/audit.ts";
import type { AnyLifecycle } from "../../server/src/model/lifecycle.ts";
import { door } from "./door.ts";

const cases: readonly [name: string, change: Partial<AnyLifecycle>, problem: RegExp][] = [
  ["an order row that breaks an invariant", { order: [...door.order, ["shut", "close", "shut"]], forbidden: [] }, /^sound: breaks "it is shut once" by close > close/m], // prettier-ignore
  ["a rule that nothing needs", { forbidden: [...door.forbidden, [["left"], "open", "=", "door/left-open"]], invariants: { "it is shut once": (w: { shut: number }) => w.shut <= 1 } }, /^justified: nothing breaks when 'open' happens in left/m], // prettier-ignore
  ["a phase that is never reached", { phases: { ...door.phases, ajar: { rest: true } } }, /^live: phase 'ajar' is never reached/m], // prettier-ignore
  ["a phase that can't come to rest", { order: door.order.filter(([from]) => from !== "open") }, /^live: stuck after open/m], // prettier-ignore
  ["an order row that is never taken", { order: [...door.order, ["left", "close", "shut"]], events: { ...door.events, close: { ...door.events.close, when: (w) => w["open"] === true && w["away"] === false } } }, /^live: the row left, close, shut is never taken/m], // prettier-ignore
  ["an event that never happens", { events: { ...door.events, knock: { ...door.events.knock, when: () => false } }, story: [] }, /^live: event 'knock' never happens/m], // prettier-ignore
  ["two phases that are the start", { phases: { ...door.phases, left: { rest: true, start: true } } }, /^total: 2 phases are the start/m], // prettier-ignore
  ["a phase that rests and owes", { phases: { ...door.phases, left: { rest: true, owes: "tea" } } }, /^total: phase 'left' rests and owes/m], // prettier-ignore
  ["an event without a row", { events: { ...door.events, slam: { actor: "user", text: "slams" } } }, /^total: event 'slam' has no row/m], // prettier-ignore
  ["a cell that does not exist", { events: { ...door.events, knock: { ...door.events.knock, does: (w) => ({ ...w, heard: true }) } } }, /^total: event 'knock' makes up heard/m], // prettier-ignore
  ["a row for the environment", { order: [...door.order, ["shut", "knock", "shut"]] }, /^total: event 'knock' of the environment has a row/m], // prettier-ignore
  ["a rule without a row", { forbidden: door.forbidden.slice(0, 1) }, /^total: rule 'door\/shut-twice' has no row/m],
  ["a cell that is said twice", { forbidden: [...door.forbidden, [["open"], "close", "shut", "door/shut-twice"]] }, /^total: 'close' in 'open' is said twice/m], // prettier-ignore
  ["a story that can't run", { story: ["open", "leave"] }, /^total: the story stops before 'leave'/m],
  ["a story without an end", { story: ["open"] }, /^total: the story ends in 'open'/m],
];

describe("audit", () => {
  it("passes a model that is right", () => {
    const found = audit(door);
    assert.deepEqual(found.problems, []);
    assert.ok(found.sound && found.justified && found.live && found.total);
    assert.deepEqual(
      found.justifications.map(({ rule, violation }) => [rule, violation?.events.join(" ")]),
      [
        ["door/left-open", "open leave warm"],
        ["door/shut-twice", "close close"],
      ],
    );
  });

  for (const [name, change, problem] of cases) {
    it(`finds ${name}`, () => {
      const model: AnyLifecycle = { ...door, ...change };
      assert.match(audit(model).problems.join("\n"), problem);
    });
  }

  it("does not pass what it could not finish", () => {
    const found = audit(door, 2);
    assert.ok(!found.sound && !found.live && !found.justified);
  });

  it("prints the table of phases and events", () => {
    assert.equal(
      matrix(door),
      [
        "a  shut (start, rest)",
        "b  open (owes closing)",
        "c  left (rest)",
        "",
        "!1  door/left-open",
        "!2  door/shut-twice",
        "",
        "         a   b   c",
        "open     b   .   .",
        "close   !2   a   .",
        "leave    c  !1   .",
        "warm     ~   ~   ~",
        "knock    ~   ~   ~",
        "",
      ].join("\n"),
    );
  });
});
