// Constants of C as numbers.
import assert from "node:assert/strict";
import { parseNumber } from "../../server/src/facts/number.ts";

describe("number", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["0", 0],
    ["42", 42],
    ["42UL", 42],
    ["0x1fULL", 31],
    ["0b101", 5],
    ["0755", 493],
    ["08", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["'a'", 97],
    ["'\\n'", 10],
    ["'\\0'", 0],
    ["'\\x41'", 65],
    ["'\\033'", 27],
    ["'\\''", 39],
    ["L'x'", 120],
    ["'ab'", 97 * 256 + 98],
    ["", undefined],
    ["x", undefined],
  ];
  for (const [text, value] of cases) {
    it(`${JSON.stringify(text)} is ${value}`, () => assert.equal(parseNumber(text), value));
  }
});
