// Drawings: pure, narrow, short, and with the offending step in sight.
import assert from "node:assert/strict";
import { isTold } from "../../server/src/base/essence.ts";
import type { Step } from "../../server/src/base/trace.ts";
import { sequence } from "../../server/src/model/draw.ts";
import { mermaidSequence } from "../../server/src/model/draw-mermaid.ts";
import { COLUMNS, plainSequence } from "../../server/src/model/draw-plain.ts";
import { mermaidStates, plainStates } from "../../server/src/model/draw-state.ts";
import { golden } from "../support/golden.ts";
import { door } from "./door.ts";

const step = (actor: string, text: string, more: Partial<Step> = {}): Step => ({ actor, kind: "call", text, ...more });

const short: readonly Step[] = [
  step("importer 2", "maps", { to: "driver" }),
  step("importer 1", "maps", { to: "driver" }),
  step("driver core", "calls remove()", { to: "driver" }),
  step("driver", "revoked = true; # nothing <else>", { kind: "store" }),
  step("driver", "waits for both", { kind: "wait", to: "importer 2" }),
  step("driver", "broken: nobody is mapped", { kind: "violation", cites: [0, 1] }),
];

/** Twenty steps in which runs of one actor are long, with lines that do not fit. */
const long: readonly Step[] = Array.from(
  { length: 20 },
  (_, i) =>
  i === 19
    ? step("driver", "broken: whatever was promised at the very beginning of this long story does not hold any more", { kind: "violation", cites: [3] }) // prettier-ignore
    : step(i % 7 < 4 ? "driver" : "user", `does thing number ${i} with more words than will ever fit`, i % 7 === 5 ? { to: "driver" } : {}), // prettier-ignore
);

describe("sequence diagrams", () => {
  it("order lanes the same way whatever happens first", () => {
    assert.deepEqual(sequence(short).lanes, ["driver core", "driver", "importer 1", "importer 2"]);
    assert.deepEqual(sequence([...short].reverse()).lanes, ["driver core", "driver", "importer 1", "importer 2"]);
    assert.deepEqual(sequence([step("stranger", "x"), step("user", "y"), step("another", "z")]).lanes, [
      "user",
      "stranger",
      "another",
    ]);
  });

  it("are drawn as plain text", () => golden("model/short.plain.txt", plainSequence(short)));
  it("are drawn as Mermaid", () => golden("model/short.mermaid.txt", mermaidSequence(short)));
  it("are folded when they are long", () => golden("model/long.plain.txt", plainSequence(long)));
  it("are folded in the same way in Mermaid", () => golden("model/long.mermaid.txt", mermaidSequence(long)));

  it("mark violations, what they are told to mark, or else the last step", () => {
    const bad = (steps: readonly Step[], which?: readonly number[]): readonly number[] =>
      sequence(steps, which === undefined ? {} : { bad: which }).messages.flatMap((each) =>
        each.bad ? [each.steps[0]] : [],
      );
    assert.deepEqual(bad(short), [5]);
    assert.deepEqual(bad(short, [3]), [3, 5]);
    assert.deepEqual(bad(short.slice(0, 3)), [2]);
    assert.deepEqual(bad(short.slice(0, 3), []), []);
  });

  it("stand for every step that tells something exactly once, in order, in at most twelve lines of 72 columns", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const steps = random(seed);
      const drawn = sequence(steps);
      const stood = drawn.messages.flatMap(({ steps: [first, last] }) =>
        Array.from({ length: last - first + 1 }, (_, i) => first + i),
      );
      assert.deepEqual(
        stood,
        [...new Set(stood)].sort((a, b) => a - b),
      );
      const told = isTold(steps, 12);
      assert.deepEqual(
        steps.flatMap((_, index) => (told(index) && !stood.includes(index) ? [index] : [])),
        [],
      );
      assert.ok(drawn.messages.length <= 12);
      const text = plainSequence(steps);
      const lines = text.trimEnd().split("\n");
      for (const line of lines) assert.ok(line.length <= COLUMNS && /^[\x20-\x7e]*$/.test(line), `${seed}: ${line}`);
      const body = lines.slice(lines.findIndex((line) => /^ +\|( +\|)*$/.test(line)) + 1);
      assert.ok(body.length <= 12, `${seed}: ${body.length} lines`);
      assert.equal(body.filter((line) => line.startsWith("!")).length, drawn.messages.filter(({ bad }) => bad).length);
      assert.equal(text, plainSequence(steps));
    }
  });

  it("draw nothing from nothing", () => {
    assert.deepEqual(sequence([]), { lanes: [], messages: [] });
    assert.equal(plainSequence([]), "");
  });
});

describe("state diagrams", () => {
  it("are drawn as plain text, with a rule marked", () => golden("model/door.states.txt", plainStates(door, "door/left-open"))); // prettier-ignore
  it("are drawn as Mermaid, with a rule marked", () => golden("model/door.states.mermaid.txt", mermaidStates(door, "door/left-open"))); // prettier-ignore
  it("leave what is wrong out when no rule is asked for", () => assert.doesNotMatch(mermaidStates(door), /!/));
});

/** Steps from a seed: the same every time. */
function random(seed: number): readonly Step[] {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  const actors = ["driver core", "driver", "importer 1", "importer 2", "device", "user"].slice(0, 2 + next(5));
  const actor = (): string => actors[next(actors.length)] ?? "driver";
  return Array.from({ length: 1 + next(30) }, (_, i) =>
    step(actor(), "word ".repeat(1 + next(20)).trim(), {
      ...(next(2) === 0 ? {} : { to: actor() }),
      kind: i > 0 && next(25) === 0 ? "violation" : next(6) === 0 ? "wait" : "call",
    }),
  );
}
