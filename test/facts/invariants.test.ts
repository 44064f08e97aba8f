// What holds of every function's facts, whatever the C: whole inputs, cut ones, and ones that nest too deeply.
import assert from "node:assert/strict";
import { constantOf } from "../../server/src/facts/place.ts";
import { lowerFunction } from "../../server/src/facts/lower.ts";
import { lowerTables } from "../../server/src/facts/tables.ts";
import { macro } from "../../server/src/facts/macros.ts";
import { printFacts } from "../../server/src/facts/print.ts";
import { successors } from "../../server/src/facts/graph.ts";
import { visitAll } from "../../server/src/syntax/walk.ts";
import { arm, parser, texts } from "./support.ts";
import type { CParser } from "../../server/src/syntax/parser.ts";
import type { Expr, FunctionDef, Stmt, TypeRef } from "../../server/src/syntax/ast.ts";
import type { FunctionFacts } from "../../server/src/facts/facts.ts";

const file = "x.c";

function checkGraph(f: FunctionFacts): void {
  const seen = new Set([0]);
  const work = [0];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    const block = f.blocks[at];
    assert.ok(block, `${f.name}: an edge to B${at}, which is not there`);
    for (const to of successors(block.end)) {
      if (!seen.has(to)) work.push(to);
      seen.add(to);
    }
    if (block.end.kind === "branch") {
      assert.equal(constantOf(block.end.cond), undefined, `${f.name}: a branch on a constant`);
      assert.notEqual(block.end.then, block.end.else, `${f.name}: a branch that is none`);
    }
  }
  assert.equal(seen.size, f.blocks.length, `${f.name}: a block that cannot be reached`);
  checkTemps(f);
}

/** Every temp that is used was given a value somewhere; every gap effect is in the list of gaps. */
function checkTemps(f: FunctionFacts): void {
  const text = printFacts(f, "");
  const set = new Set([...text.matchAll(/\b(t\d+) = /g)].map((m) => m[1]));
  for (const [use] of text.matchAll(/\bt\d+\b/g)) assert.ok(set.has(use), `${f.name}: ${use} is used but never set`);
  for (const block of f.blocks) {
    for (const effect of block.effects) {
      if (effect.kind !== "gap") continue;
      assert.ok(f.gaps.some((g) => g.span.start === effect.span.start && g.span.end === effect.span.end));
    }
  }
}

/** Names called in the facts. */
function called(f: FunctionFacts): ReadonlySet<string> {
  const names = new Set<string>();
  for (const block of f.blocks) {
    for (const effect of block.effects) {
      if (effect.kind === "call" && effect.callee.k === "name") names.add(effect.callee.name);
    }
  }
  return names;
}

const PSEUDO = new Set(["guard", "CLASS", "ACQUIRE", "ACQUIRE_ERR"]);

describe("facts of any C", () => {
  let c: CParser;
  before(async () => {
    c = await parser();
  });
  after(() => c.delete());

  const lower = (text: string): readonly { def: FunctionDef; facts: FunctionFacts }[] => {
    const parsed = c.parseFile(text);
    lowerTables(parsed.scope, file, text);
    return parsed.functions.map((def) => ({ def, facts: lowerFunction(def, { file, text, arm }) }));
  };

  for (const { name, text } of texts) {
    it(`${name}.c: every edge leads somewhere and every block is reached`, () => {
      for (const { facts } of lower(text)) checkGraph(facts);
    });

    it(`${name}.c: every call that can run is there, and no other`, () => {
      for (const { def, facts } of lower(text)) {
        const there = called(facts);
        visitAll(def.body, {
          expr: (e) => {
            if (e.k !== "call" || e.callee.k !== "name" || PSEUDO.has(e.callee.name)) return;
            const meaning = macro(e.callee.name);
            if (meaning !== undefined && meaning.kind !== "wait" && meaning.kind !== "declare") return;
            const lives = !e.callee.name.startsWith("dead_");
            assert.equal(there.has(e.callee.name), lives, `${facts.name}: ${e.callee.name}()`);
          },
        });
      }
    });

    it(`${name}.c: cut anywhere, it is still facts`, () => {
      for (let cut = 1; cut < text.length; cut += 13)
        for (const { facts } of lower(text.slice(0, cut))) checkGraph(facts);
    });

    it(`${name}.c: with a piece missing, it is still facts`, () => {
      let random = 12345;
      const next = (below: number): number => {
        random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff;
        return random % below;
      };
      for (let round = 0; round < 60; round++) {
        const at = next(text.length);
        for (const { facts } of lower(text.slice(0, at) + text.slice(at + 1 + next(40)))) checkGraph(facts);
      }
    });
  }

  const int: TypeRef = { kind: "name", name: "int", pointers: 0, array: false, func: false };
  const define = (body: readonly Stmt[]): FunctionDef => ({
    name: "deep",
    params: [{ name: "x", type: int }],
    returns: int,
    static: false,
    annotations: [],
    body,
    range: [0, 1],
    bodyRange: [0, 1],
    gaps: [],
  });
  const x: Expr = { k: "name", name: "x", range: [0, 1] };
  const DEEP = 20_000;

  it("nests beyond the limit without an overflow, and says so", () => {
    let sum = x as Expr;
    let choice = x as Expr;
    let not = x as Expr;
    let s: Stmt = { k: "expr", e: x, range: [0, 1] };
    for (let i = 0; i < DEEP; i++) {
      sum = { k: "bin", op: "+", l: sum, r: x, range: [0, 1] };
      choice = { k: "bin", op: "&&", l: choice, r: x, range: [0, 1] };
      not = { k: "un", op: "!", e: not, range: [0, 1] };
      s = { k: "if", c: x, then: s, else: undefined, range: [0, 1] };
    }
    for (const e of [sum, choice, not]) {
      const returns: Stmt = { k: "return", e, range: [0, 1] };
      const decides: Stmt = { k: "if", c: e, then: { k: "empty", range: [0, 1] }, else: undefined, range: [0, 1] };
      const facts = lowerFunction(define([{ k: "expr", e, range: [0, 1] }, decides, returns]), { file, text: "x" });
      checkGraph(facts);
      assert.match(facts.gaps[0]?.why ?? "", /nested too deeply/);
    }
    const facts = lowerFunction(define([s]), { file, text: "x" });
    checkGraph(facts);
    assert.match(facts.gaps[0]?.why ?? "", /nested too deeply/);
  });
});
