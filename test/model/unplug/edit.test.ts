// Editing and printing procedures: targets stay right, deletion leaves the success value, listings say what the code does.
import { strict as assert } from "node:assert";
import type { Ins, Proc } from "../../../server/src/model/unplug/skeleton.ts";
import { beforeReturns, insert, move, remove, without } from "../../../server/src/model/unplug/edit.ts";
import { explore } from "../../../server/src/model/unplug/explore.ts";
import { printIns, printProc } from "../../../server/src/model/unplug/print.ts";
import { any, c, check, f, lock, r, ret, scenario, store, unlock } from "./scenarios.ts";

const proc = (code: readonly Ins[]): Proc => ({ name: "p", params: ["x"], code });
const listing = (p: Proc): string[] => p.code.map(printIns);
const loop = proc([
  { op: "br", e: r("x"), then: 1, else: 3 },
  store("o.flag", c(1)),
  { op: "jmp", to: 0 },
  { op: "return", e: c(0) },
]);

describe("editing skeletons", () => {
  it("inserts before an instruction, and jumps there run it too unless they skip", () => {
    assert.deepEqual(listing(insert(loop, 3, [unlock("o.lock")])), [
      "if x → 1 else → 3",
      "1->flag = 1",
      "→ 0",
      "unlock 1->lock (write)",
      "return 0",
    ]);
    assert.deepEqual(listing(insert(loop, 3, [unlock("o.lock")], true))[0], "if x → 1 else → 4");
    assert.deepEqual(listing(insert(loop, 1, [{ op: "br", e: any, then: 1, else: 0 }])), [
      "if x → 1 else → 4",
      "if any → 2 else → 1",
      "1->flag = 1",
      "→ 0",
      "return 0",
    ]);
  });

  it("removes and moves", () => {
    assert.deepEqual(listing(remove(loop, 1)), ["if x → 1 else → 2", "→ 0", "return 0"]);
    const straight = proc([store("o.flag", c(1)), store("o.flag", c(2)), store("o.flag", c(3)), ret]);
    const order = (p: Proc): string =>
      listing(p)
        .map((s) => s.at(-1))
        .join("");
    assert.equal(order(straight), "123n");
    assert.equal(order(move(straight, 0, 2)), "213n");
    assert.equal(order(move(straight, 2, 0)), "312n");
    assert.equal(order(move(straight, 0, 3)), "231n");
  });

  it("adds something to every way out", () => {
    assert.deepEqual(listing(beforeReturns(loop, [unlock("o.lock")])).slice(3), ["unlock 1->lock (write)", "return 0"]);
    assert.deepEqual(listing(beforeReturns(proc([store("o.flag", c(1))]), [unlock("o.lock")])), [
      "1->flag = 1",
      "unlock 1->lock (write)",
    ]);
  });

  it("cuts an instruction out: tests pass, results are success", () => {
    const cut = (i: Ins): string => {
      const set = { ...scenario([]).set, procs: { p: proc([i, ret]) } };
      return printIns(without(set, "p", 0).procs["p"]!.code[0]!);
    };
    assert.equal(cut(lock("o.lock")), "→ 1");
    assert.equal(cut({ op: "lock", f: "o.lock", o: c(1), mode: "write", how: "try", r: "v" }), "v = 1");
    assert.equal(cut({ op: "lock", f: "o.lock", o: c(1), mode: "write", how: "fallible", r: "v" }), "v = 0");
    assert.equal(cut({ op: "waitDone", f: "o.done", o: c(1), how: "timeout", r: "v" }), "v = many");
    assert.equal(cut({ op: "act", act: "wait", args: [], r: "v" }), "v = 0");
    assert.equal(cut({ op: "count", do: "getUnlessZero", f: "o.count", o: c(1), r: "v" }), "v = 1");
    assert.equal(cut({ op: "br", e: f("o.flag"), then: 1, else: 1 }), "→ 1");
  });

  it("what is cut out is missed", () => {
    const set = {
      ...scenario([]).set,
      procs: {
        t0: proc([lock("o.lock"), store("o.flag", c(1)), store("o.flag", c(0)), unlock("o.lock")]),
        t1: proc([lock("o.lock"), check({ k: "not", e: f("o.flag") }), unlock("o.lock")]),
      },
    };
    const s = scenario([[], []], { set });
    const verdict = (more: typeof set): string => explore({ ...s, set: more, procs: {} }).verdict;
    assert.equal(verdict(set), "safe");
    const both = without(without(set, "t1", 0), "t1", 2) as typeof set;
    assert.equal(verdict(both), "violated");
  });

  it("prints a procedure as a listing", () => {
    assert.equal(printProc(loop), "p(x)\n  0  if x → 1 else → 3\n  1  1->flag = 1\n  2  → 0\n  3  return 0\n");
  });
});
