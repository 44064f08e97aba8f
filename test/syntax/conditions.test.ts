// Conditions as symbols.
import assert from "node:assert/strict";
import { elseSymbol, isGuard, isNeverC, readDirective, symbolOf } from "../../server/src/syntax/conditions.ts";

function symbol(text: string): string {
  return symbolOf(readDirective(text));
}

describe("symbolOf", () => {
  const rows: [string, string][] = [
    ["#ifdef CONFIG_A", "CONFIG_A"],
    ["# ifndef CONFIG_A /* why */", "!CONFIG_A"],
    ["#if IS_ENABLED(CONFIG_A)", "CONFIG_A"],
    ["#if defined(CONFIG_A)", "CONFIG_A"],
    ["#if !defined CONFIG_A", "!CONFIG_A"],
    ["#elif (defined(CONFIG_A))", "CONFIG_A"],
    ["#if defined(A) && \\\n    B > 3 // c", "defined(A) && B > 3"],
    ["#if 0", "0"],
  ];
  for (const [text, want] of rows) it(text.replace(/\s+/g, " "), () => assert.equal(symbol(text), want));

  it("negates for #else", () => {
    assert.equal(elseSymbol(["CONFIG_A"]), "!CONFIG_A");
    assert.equal(elseSymbol(["!CONFIG_A"]), "CONFIG_A");
    assert.equal(elseSymbol(["A", "B > 3"]), "!A && !(B > 3)");
  });

  it("knows guards and arms that no compiler reads", () => {
    assert.ok(isGuard("!_LINUX_FOO_H") && isGuard("!__FOO_H__") && !isGuard("!CONFIG_H"));
    assert.ok(isNeverC("0") && isNeverC("__ASSEMBLY__") && !isNeverC("1"));
  });

  it("keeps what looks like a comment in a literal", () => {
    assert.equal(readDirective('#define U "http://x" /* y */').rest, 'U "http://x"');
  });
});
