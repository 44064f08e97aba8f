// Linking: what code becomes before it runs, and how little of a state it takes.
import { strict as assert } from "node:assert";
import type { Ins } from "../../../server/src/model/unplug/skeleton.ts";
import { inline } from "../../../server/src/model/unplug/inline.ts";
import { link } from "../../../server/src/model/unplug/link.ts";
import { packRegisters, simplify } from "../../../server/src/model/unplug/simplify.ts";
import { printIns } from "../../../server/src/model/unplug/print.ts";
import { and, any, c, eq, f, not, r, ret, scenario, store } from "./scenarios.ts";

const set = (reg: string, e: Parameters<typeof not>[0]): Ins => ({ op: "let", r: reg, e });
const small = (code: readonly Ins[]): string[] => simplify(code).map(printIns);
const flat = (code: readonly Ins[], more: Record<string, readonly Ins[]> = {}): string[] => {
  const procs = Object.fromEntries(
    Object.entries({ main: code, ...more }).map(([name, body]) => [name, { name, params: ["x"], code: body }]),
  );
  return simplify(inline({ procs, slots: {} }, "main").code).map(printIns);
};

describe("linking the unplug model", () => {
  it("drops what is unreachable, empty or unread", () => {
    assert.deepEqual(small([{ op: "jmp", to: 2 }, store("o.flag", c(1)), store("o.flag", c(2)), ret]), [
      "1->flag = 2",
      "return",
    ]);
    assert.deepEqual(small([{ op: "br", e: r("x"), then: 1, else: 1 }, store("o.flag", c(2)), ret]), [
      "1->flag = 2",
      "return",
    ]);
    assert.deepEqual(small([set("a", c(1)), set("b", r("a")), store("o.flag", c(2)), ret]), ["1->flag = 2", "return"]);
    assert.deepEqual(small([{ op: "choose", to: [1, 1] }, ret]), ["return"]);
  });

  it("keeps reads of shared state that nobody uses: they may fault", () => {
    assert.deepEqual(small([set("a", f("o.flag", r("p"))), ret]), ["a = p->flag", "return"]);
  });

  it("keeps loops", () => {
    assert.deepEqual(small([{ op: "jmp", to: 0 }]), ["→ 0"]);
    assert.deepEqual(small([{ op: "br", e: f("o.flag"), then: 0, else: 1 }, ret]), [
      "if 1->flag → 0 else → 1",
      "return",
    ]);
  });

  it("reads shared state once per instruction", () => {
    assert.deepEqual(flat([store("o.flag", f("o.flag2", f("o.ptr")))]), [
      "$1 = 1->ptr",
      "$2 = $1->flag2",
      "1->flag = $2",
      "return",
    ]);
    assert.deepEqual(
      flat([{ op: "br", e: and(f("o.flag"), not(f("o.flag2"))), then: 1, else: 2 }, store("o.flag", c(1))]),
      ["if 1->flag → 1 else → 3", "if 1->flag2 → 3 else → 2", "1->flag = 1", "return"],
    );
  });

  it("inlines calls with arguments, results and registers of their own", () => {
    const inner: Ins[] = [set("y", r("x")), { op: "return", e: eq(r("y"), c(2)) }];
    const call: Ins = { op: "call", proc: "inner", args: [c(2)], r: "v" };
    assert.deepEqual(flat([set("y", c(7)), call, store("o.flag", r("v")), store("o.flag2", r("y"))], { inner }), [
      "y = 7",
      "x = 2",
      "y = x",
      "v = (y == 2)",
      "1->flag = v",
      "1->flag2 = y",
      "return",
    ]);
  });

  it("packs registers that are not live together into one slot", () => {
    const code: Ins[] = [set("a", any), store("o.flag", r("a")), set("b", any), store("o.flag", r("b")), ret];
    assert.equal(packRegisters(code, []).size, 1);
    const both: Ins[] = [set("a", any), set("b", any), store("o.flag", r("a")), store("o.flag", r("b")), ret];
    assert.equal(packRegisters(both, []).size, 2);
  });

  it("zeroes registers that are dead, so that equal futures are equal states", () => {
    const linked = link(scenario([[set("a", any), store("o.flag", r("a")), store("o.flag2", c(1))]]));
    const { code, dead } = linked.threads[0]!;
    assert.deepEqual(code.map((i, n) => `${printIns(i)} ${dead[n]!.length}`).slice(1), [
      "0 = any 1",
      "1->flag = 0 0",
      "1->flag2 = 1 1",
      "return 1",
    ]);
  });

  it("joins classes: the scenario's counts, everybody's fields", () => {
    const base = scenario([[]]);
    const cls = {
      name: "o",
      tags: ["p"],
      count: 9,
      liveAtStart: 9,
      fields: [{ id: "p.more", kind: "value" as const }],
    };
    const { layout, problems } = link({ ...base, set: { ...base.set, classes: [cls] } });
    assert.deepEqual(problems, []);
    assert.equal(layout.classes.get("o")?.count, 4);
    assert.ok(layout.fields.has("p.more") && layout.fields.has("o.flag"));
    const twice = link({
      ...base,
      classes: [...base.classes, { ...cls, name: "q" }],
      set: { ...base.set, classes: [cls] },
    });
    assert.match(twice.problems.join(), /p\.more is in two classes/);
  });

  it("makes each start once, and again where anything that it runs has changed or is another's", () => {
    const s = scenario([[{ op: "call", proc: "helper", args: [] }]], {
      procs: { helper: { name: "helper", params: [], code: [store("o.flag", c(1)), ret] } },
    });
    const code = (x: typeof s): readonly Ins[] => link(x).threads[0]!.named;
    assert.equal(code(s)[1], code(s)[1]);
    const again = structuredClone(s.procs);
    assert.equal(code({ ...s, procs: again })[1], code(s)[1]);
    const other = { ...s.procs, helper: { ...s.procs["helper"]!, code: [store("o.flag", c(2)), ret] } };
    assert.equal(code({ ...s, procs: other }).map(printIns)[1], "1->flag = 2");
    assert.equal(code(s).map(printIns)[1], "1->flag = 1");
    // Of two sets that say the same, each has its own.
    const owned = { ...s, set: { ...s.set, procs: { ...s.set.procs, ...s.procs } }, procs: {} };
    const copy = { ...owned, set: structuredClone(owned.set) };
    assert.equal(code(owned)[1], code(owned)[1]);
    assert.notEqual(code(copy)[1], code(owned)[1]);
    assert.deepEqual(code(copy), code(owned));
  });
});
