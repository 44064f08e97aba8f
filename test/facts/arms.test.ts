// Which arm of an #if is taken.
import assert from "node:assert/strict";
import { holds, takeArm } from "../../server/src/facts/arms.ts";

const silent = (): undefined => undefined;
const arms = (...symbols: string[]): { symbol: string }[] => symbols.map((symbol) => ({ symbol }));

describe("arms", () => {
  it("takes options as on where nobody says", () => {
    assert.deepEqual(takeArm(arms("CONFIG_X", "!CONFIG_X"), silent), { index: 0, decided: ["CONFIG_X"] });
    assert.deepEqual(takeArm(arms("!CONFIG_X", "CONFIG_X"), silent), { index: 1, decided: ["CONFIG_X"] });
    assert.deepEqual(takeArm(arms("!CONFIG_X"), silent), { index: -1, decided: ["CONFIG_X"] });
  });

  it("does what it is told", () => {
    const off = (symbol: string): boolean | undefined => (symbol === "CONFIG_X" ? false : undefined);
    assert.deepEqual(takeArm(arms("CONFIG_X"), off), { index: -1, decided: ["!CONFIG_X"] });
    assert.deepEqual(takeArm(arms("CONFIG_X", "!CONFIG_X"), off), { index: 1, decided: ["!CONFIG_X"] });
    assert.deepEqual(takeArm(arms("CONFIG_X", "CONFIG_Y", ""), off), {
      index: 1,
      decided: ["!CONFIG_X", "CONFIG_Y"],
    });
  });

  it("takes everything but options as off", () => {
    assert.equal(takeArm(arms("DEBUG", "!DEBUG"), silent).index, 1);
    assert.equal(takeArm(arms("0"), silent).index, -1);
    assert.equal(takeArm(arms("FOO"), silent).index, -1);
  });

  const conditions: readonly (readonly [string, boolean])[] = [
    ["1", true],
    ["0", false],
    ["!0", true],
    ["CONFIG_A && CONFIG_B", true],
    ["CONFIG_A && !CONFIG_B", false],
    ["CONFIG_A && !defined(CONFIG_B) || FOO", false],
    ["defined(CONFIG_A) || defined(FOO)", true],
    ["!(CONFIG_A && FOO)", true],
    ["IS_ENABLED(CONFIG_A)", true],
    ["defined CONFIG_A", true],
    ["BITS_PER_LONG == 64", true],
    ["LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)", false],
    ["((", false],
    ["&&", false],
  ];
  for (const [condition, taken] of conditions) {
    it(`${condition} is ${taken}`, () => assert.equal(holds(condition, silent), taken));
  }
});
