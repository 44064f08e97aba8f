// What each instruction means: for every rule a scenario that keeps it and one that breaks it, and the values that tests and waits give.
import { strict as assert } from "node:assert";
import { ANY, ERR, MANY } from "../../../server/src/model/unplug/skeleton.ts";
import type { E, Ins } from "../../../server/src/model/unplug/skeleton.ts";
import type { Scenario } from "../../../server/src/model/unplug/scenario.ts";
import { lifeOf } from "../../../server/src/model/unplug/scenario.ts";
import { explore } from "../../../server/src/model/unplug/explore.ts";
import { and, any, bin, c, check, eq, f, fail, lock, not, r, ret, scenario, store, unlock } from "./scenarios.ts";
import type { ThreadSpec } from "./scenarios.ts";

type Threads = readonly (readonly Ins[] | ThreadSpec)[];

/** All violations of the scenario, both with and without fusion of local steps, which must agree. */
function found(threads: Threads, more: Partial<Scenario> = {}): readonly string[] {
  const s = scenario(threads, more);
  const full = explore(s, { all: true, reduce: false });
  const reduced = explore(s, { all: true, reduce: "local" });
  assert.equal(explore(s).verdict, full.verdict);
  assert.notEqual(full.verdict, "incomplete", full.reason);
  assert.deepEqual(reduced.found, full.found);
  return full.found ?? [];
}

const init = (value = 1): Ins => ({ op: "count", do: "init", f: "o.count", o: c(1), value });
const get: Ins = { op: "count", do: "get", f: "o.count", o: c(1) };
const put = (reg?: string): Ins => ({ op: "count", do: "put", f: "o.count", o: c(1), ...(reg ? { r: reg } : {}) });
const free = (o: E = c(1)): Ins => ({ op: "free", cls: "o", o });
const link = (o = 1, owner = 2): Ins => ({ op: "link", f: "o.node", o: c(o), owner: c(owner) });
const unlink = (init: boolean, o = 1): Ins => ({ op: "unlink", f: "o.node", o: c(o), init });
const read = (o: E): Ins => ({ op: "let", r: "x", e: f("o.flag", o) });
const complete: Ins = { op: "complete", f: "o.done", o: c(1) };
const grace: Ins = { op: "grace", f: "o.lock", o: c(1) };
const held = (mode: "write" | "read"): Ins => ({ op: "assertHeld", f: "o.lock", o: c(1), mode });
const wait = (how: "forever" | "interruptible" | "timeout" | "both" | "try", reg = "w"): Ins => ({
  op: "waitDone",
  f: "o.done",
  o: c(1),
  how,
  r: reg,
});

describe("the unplug machine", () => {
  const pairs: readonly [what: string, allowed: Threads, broken: Threads][] = [
    ["null-deref", [[read(c(1))]], [[read(c(0))]]],
    ["null-deref", [[{ op: "let", r: "x", e: f("o.ptr") }]], [[read(f("o.ptr"))]]],
    ["null-deref", [[read(c(1))]], [[read(c(ERR))]]],
    ["use-after-free", [[read(c(1)), free()]], [[free(), read(c(1))]]],
    ["use-after-free", [[lock("o.lock"), unlock("o.lock"), free()]], [[free(), lock("o.lock")]]],
    ["use-after-free", [[init(), free()]], [[free(), init()]]],
    ["use-after-free", [[complete, free()]], [[free(), complete]]],
    ["use-after-free", [[link(), unlink(false), free()]], [[free(c(2)), link()]]],
    ["use-before-birth", [[read(c(2))]], [[read(c(3))]]],
    ["double-free", [[free(), free(c(2)), free(c(0))]], [[free(), free()]]],
    [
      "free-locked",
      [[lock("o.lock"), unlock("o.lock")], [free(c(2))]],
      [[lock("o.lock", "write", c(2)), unlock("o.lock", "write", c(2))], [free(c(2))]],
    ],
    ["lock-recursion", [[lock("o.lock"), unlock("o.lock")]], [[lock("o.lock"), lock("o.lock")]]],
    [
      "lock-recursion",
      [[lock("o.lock", "read"), lock("o.lock", "read"), unlock("o.lock", "read"), unlock("o.lock", "read")]],
      [
        [lock("o.lock", "read"), lock("o.lock", "read"), unlock("o.lock", "read"), unlock("o.lock", "read")],
        [lock("o.lock"), unlock("o.lock")],
      ],
    ],
    [
      "lock-recursion",
      [[lock("o.lock", "read"), unlock("o.lock", "read"), lock("o.lock"), unlock("o.lock")]],
      [[lock("o.lock", "read"), lock("o.lock")]],
    ],
    ["unlock-not-held", [[lock("o.lock"), unlock("o.lock")]], [[unlock("o.lock")]]],
    [
      "unlock-not-held",
      [[lock("o.lock", "read"), unlock("o.lock", "read")]],
      [[lock("o.lock"), unlock("o.lock", "read")]],
    ],
    ["unlock-not-held", [[lock("o.lock"), unlock("o.lock")]], [[lock("o.lock"), unlock("o.lock")], [unlock("o.lock")]]],
    ["lock-not-held", [[lock("o.lock"), held("write"), held("read"), unlock("o.lock")]], [[held("write")]]],
    [
      "lock-not-held",
      [[lock("o.lock", "read"), held("read"), unlock("o.lock", "read")]],
      [[lock("o.lock", "read"), held("write"), unlock("o.lock", "read")]],
    ],
    ["return-holding-lock", [[lock("o.lock"), unlock("o.lock")]], [[lock("o.lock")]]],
    ["return-holding-lock", [[lock("o.lock", "read"), unlock("o.lock", "read")]], [[lock("o.lock", "read")]]],
    ["get-on-zero", [[init(), get]], [[get]]],
    ["put-below-zero", [[init(2), put(), put()]], [[init(), put(), put()]]],
    ["reinit-of-live-count", [[init(), put(), init()]], [[init(), init()]]],
    ["unlink-unlinked", [[link(), unlink(false), unlink(true)]], [[unlink(false)]]],
    ["wrong", [[check(eq(c(2), c(2)))]], [[check(eq(c(2), c(3)))]]],
  ];
  for (const [n, [what, allowed, broken]] of pairs.entries())
    it(`${what} (${n})`, () => {
      assert.deepEqual(found(allowed), []);
      assert.ok(found(broken).includes(what), found(broken).join());
    });

  it("says which class and field was used after free", () => {
    const e = explore(scenario([[free(), read(c(1))]]));
    assert.match(e.violation?.detail ?? "", /o\.flag of o#1/);
  });

  /** The values that register v has when the code ends: each is given as a violation of its own. */
  function values(code: readonly Ins[], more: Partial<Scenario> = {}, others: Threads = []): string[] {
    const names: Readonly<Record<number, string>> = { 0: "zero", 1: "one", 2: "two", [MANY]: "many", [ERR]: "error" };
    const probe: Ins = { op: "act", act: "probe", args: [r("v")] };
    const actions: Scenario["actions"] = {
      ...more.actions,
      probe: (_, { args }) => [{ violation: names[args[0] ?? 0] ?? "other" }],
    };
    return [...found([[...code, probe], ...others], { ...more, actions })].sort();
  }
  const set = (e: E): Ins => ({ op: "let", r: "v", e });

  it("counts: what put and get-unless-zero return", () => {
    const unless: Ins = { op: "count", do: "getUnlessZero", f: "o.count", o: c(1), r: "v" };
    assert.deepEqual(values([init(), put("v")]), ["one"]);
    assert.deepEqual(values([init(2), put("v")]), ["zero"]);
    assert.deepEqual(values([unless]), ["zero"]);
    assert.deepEqual(values([init(), unless]), ["one"]);
    assert.deepEqual(values([init(2), set({ k: "count", f: "o.count", o: c(1) })]), ["two"]);
  });

  it("a count of many is put to many or to zero", () => {
    assert.deepEqual(values([put("v")], { initial: [{ field: "o.count", object: 1, value: MANY }] }), ["one", "zero"]);
  });

  it("waits for a completion: what each way of waiting returns", () => {
    assert.deepEqual(values([complete, wait("forever", "v")]), ["many"]);
    assert.deepEqual(values([complete, wait("interruptible", "v")]), ["zero"]);
    assert.deepEqual(values([wait("interruptible", "v")]), ["error"]);
    assert.deepEqual(values([wait("timeout", "v")]), ["zero"]);
    assert.deepEqual(values([wait("both", "v")]), ["error", "zero"]);
    assert.deepEqual(values([wait("try", "v")]), ["zero"]);
    assert.deepEqual(values([complete, wait("try", "v")]), ["many"]);
    assert.deepEqual(values([wait("forever", "v")]), []);
  });

  it("a wait takes one token, complete_all lets every wait pass, reinit clears", () => {
    const all: Ins = { op: "complete", f: "o.done", o: c(1), all: true };
    const again: Ins = { op: "reinit", f: "o.done", o: c(1) };
    assert.deepEqual(found([[complete, wait("forever"), wait("forever"), fail("passed")]]), []);
    assert.deepEqual(found([[complete, complete, wait("forever"), wait("forever"), fail("passed")]]), ["passed"]);
    assert.deepEqual(found([[all, wait("forever"), wait("forever"), fail("passed")]]), ["passed"]);
    assert.deepEqual(found([[all, again, wait("forever"), fail("passed")]]), []);
  });

  it("await blocks until its condition is true", () => {
    const until = (how: "forever" | "timeout" | "interruptible"): Ins => ({ op: "await", e: f("o.flag"), how, r: "v" });
    assert.deepEqual(values([until("forever")]), []);
    assert.deepEqual(values([until("forever")], {}, [[store("o.flag", c(1))]]), ["many"]);
    assert.deepEqual(values([until("timeout")]), ["zero"]);
    assert.deepEqual(values([until("interruptible")]), ["error"]);
  });

  it("locks exclude; readers share; a grace period waits for readers", () => {
    const busy = [lock("o.lock"), store("o.flag", c(1)), store("o.flag", c(0)), unlock("o.lock")];
    const look = (mode: "read" | "write"): Ins[] => [
      lock("o.lock", mode),
      check(not(f("o.flag"))),
      unlock("o.lock", mode),
    ];
    assert.deepEqual(found([busy, look("write")]), []);
    assert.deepEqual(found([busy, look("read")]), []);
    assert.deepEqual(found([busy, [check(not(f("o.flag")))]]), ["wrong"]);
    const reader = [lock("o.lock", "read"), store("o.flag", c(1)), store("o.flag", c(0)), unlock("o.lock", "read")];
    assert.deepEqual(found([reader, look("read")]), ["wrong"]);
    assert.deepEqual(found([reader, [grace, check(not(f("o.flag")))]]), ["wrong"]);
    assert.deepEqual(found([reader, [lock("o.lock2"), grace, fail("after"), unlock("o.lock2")]]), ["after"]);
    assert.deepEqual(
      found(
        [
          [lock("o.lock", "read"), wait("forever")],
          [{ ...grace }, fail("after")],
        ],
        {},
      ),
      ["after"],
    );
    const inside: ThreadSpec = { code: [lock("o.lock", "read"), store("o.flag", c(1)), wait("forever")] };
    assert.deepEqual(found([inside, { code: [grace, fail("after")], when: f("o.flag") }]), []);
  });

  it("trylock and fallible locks: what they return", () => {
    const take = (how: "try" | "fallible"): Ins => ({ op: "lock", f: "o.lock", o: c(1), mode: "write", how, r: "v" });
    const drop = unlock("o.lock");
    assert.deepEqual(values([take("try"), drop]), ["one"]);
    assert.deepEqual(values([take("fallible"), { op: "br", e: r("v"), then: 3, else: 2 }, drop]), ["error", "zero"]);
    const blocker: ThreadSpec = { code: [lock("o.lock"), store("o.flag", c(1)), wait("forever")] };
    const s = scenario([
      { code: [take("try"), check(r("v"), "not taken"), fail("taken")], when: f("o.flag") },
      blocker,
    ]);
    assert.deepEqual(explore(s, { all: true }).found, ["not taken"]);
  });

  it("lists: next walks what is linked by number, empty and linked look", () => {
    const next: Ins = { op: "next", r: "v", f: "o.node", owner: c(2), done: 5 };
    const nop = set(r("v"));
    assert.deepEqual(values([link(1), link(2), set(c(0)), next, nop]), ["one"]);
    assert.deepEqual(values([link(1), link(2), set(c(1)), next, nop]), ["two"]);
    assert.deepEqual(values([link(1), link(2), set(c(2)), next, nop]), ["zero"]);
    assert.deepEqual(values([link(1), set({ k: "empty", f: "o.node", o: c(2) })]), ["zero"]);
    assert.deepEqual(values([link(1), set({ k: "empty", f: "o.node", o: c(1) })]), ["one"]);
    assert.deepEqual(values([link(1), set({ k: "linked", f: "o.node", o: c(1) })]), ["one"]);
    assert.deepEqual(found([[link(1), free(), set(c(0)), next, nop]]), ["use-after-free"]);
  });

  it("alloc gives a fresh object or fails; a freed one is not born again", () => {
    const alloc = (noFail: boolean): Ins => ({ op: "alloc", cls: "o", r: "v", noFail });
    assert.deepEqual(values([alloc(false)]), ["other", "zero"]);
    assert.deepEqual(values([alloc(true)]), ["other"]);
    assert.deepEqual(values([alloc(true), alloc(true), free(r("v")), alloc(true)]), ["zero"]);
    assert.deepEqual(found([[alloc(true), read(r("v")), free(r("v"))]]), []);
    assert.deepEqual(found([[alloc(true), free(r("v")), read(r("v"))]]), ["use-after-free"]);
  });

  it("expressions", () => {
    assert.deepEqual(values([set(bin(c(1), "+", c(1)))]), ["two"]);
    assert.deepEqual(values([set(bin(c(1), "-", c(2)))]), ["error"]);
    assert.deepEqual(values([set(bin(c(6), "&", c(3)))]), ["two"]);
    assert.deepEqual(values([set(bin(c(0), "|", c(2)))]), ["two"]);
    assert.deepEqual(values([set(bin(c(ERR), "<", c(0)))]), ["one"]);
    assert.deepEqual(values([set(bin(c(MANY), ">=", c(1)))]), ["one"]);
    assert.deepEqual(values([set(bin(c(MANY), "==", c(2)))]), ["one", "zero"]);
    assert.deepEqual(values([set(bin(c(MANY), "==", c(0)))]), ["zero"]);
    assert.deepEqual(values([set(any), { op: "br", e: r("v"), then: 2, else: 3 }, set(r("v"))]), [
      "error",
      "many",
      "zero",
    ]);
    assert.deepEqual(values([set(c(MANY)), { op: "br", e: eq(r("v"), c(2)), then: 2, else: 3 }, set(r("v"))]), [
      "many",
      "two",
    ]);
    assert.deepEqual(values([set({ k: "err", e: c(ERR) })]), ["one"]);
    assert.deepEqual(values([set(not(c(2)))]), ["zero"]);
    assert.deepEqual(values([set(any)]), ["other"]);
    assert.deepEqual(values([set({ k: "live", cls: "o", o: c(3) })]), ["zero"]);
  });

  it("&& does not look at its right side in vain", () => {
    assert.deepEqual(found([[{ op: "br", e: and(f("o.ptr"), f("o.flag", f("o.ptr"))), then: 1, else: 1 }]]), []);
    assert.deepEqual(found([[{ op: "let", r: "x", e: and(f("o.ptr"), f("o.flag", f("o.ptr"))) }]]), []);
  });

  it("two reads of one expression are two steps", () => {
    const swap = [store("o.flag", c(0)), store("o.flag2", c(1))];
    const s: Partial<Scenario> = { initial: [{ field: "o.flag", object: 1, value: 1 }] };
    assert.deepEqual(found([swap, [check(not(and(f("o.flag"), f("o.flag2"))))]], s), ["wrong"]);
    assert.deepEqual(found([swap, [check(not(and(f("o.flag2"), f("o.flag"))))]], s), []);
  });

  it("an unknown value stays what it was tested to be", () => {
    const unknown: Partial<Scenario> = { initial: [{ field: "o.flag", object: 1, value: ANY }] };
    const twice: Ins[] = [
      { op: "let", r: "a", e: not(f("o.flag")) },
      { op: "let", r: "b", e: not(f("o.flag")) },
      check(eq(r("a"), r("b"))),
    ];
    assert.deepEqual(found([twice], unknown), []);
    assert.deepEqual(values([set(f("o.flag"))], unknown), ["error", "many", "zero"]);
    const copied: Ins[] = [
      { op: "let", r: "a", e: any },
      { op: "let", r: "b", e: r("a") },
      check(eq(not(r("a")), not(r("b")))),
    ];
    assert.deepEqual(found([copied]), []);
  });

  it("a predicate is stable until it is disturbed", () => {
    const p: E = { k: "pred", p: "ready", o: c(1) };
    const agree: Ins[] = [
      { op: "let", r: "a", e: not(p) },
      { op: "let", r: "b", e: not(p) },
      check(eq(r("a"), r("b"))),
    ];
    assert.deepEqual(found([agree]), []);
    assert.deepEqual(found([agree, [{ op: "disturb", p: "ready", o: c(1) }]]), ["wrong"]);
  });

  it("calls: arguments, results, slots, absent slots", () => {
    const procs = {
      add: { name: "add", params: ["x"], code: [{ op: "return", e: bin(r("x"), "+", c(1)) } satisfies Ins] },
    };
    const call = (more: Partial<Ins & { op: "call" }>): Ins => ({ op: "call", args: [c(1)], r: "v", ...more });
    assert.deepEqual(values([call({ proc: "add" })], { procs }), ["two"]);
    assert.deepEqual(values([call({ slot: "ops.add" })], { procs }), ["zero"]);
    assert.deepEqual(values([call({ slot: "ops.add", absent: 2 })], { procs }), ["two"]);
    const base = scenario([]);
    const set2 = { ...base.set, slots: { "ops.add": "add" } };
    assert.deepEqual(values([call({ slot: "ops.add" })], { procs, set: set2 }), ["two"]);
    const unknown = explore(scenario([[call({ proc: "nobody" })]]));
    assert.equal(unknown.verdict, "incomplete");
    assert.match(unknown.reason ?? "", /nobody/);
    const loop = { loop: { name: "loop", params: [], code: [{ op: "call", proc: "loop", args: [] } satisfies Ins] } };
    assert.match(explore(scenario([[{ op: "call", proc: "loop", args: [] }]], { procs: loop })).reason ?? "", /recurs/);
  });

  it("actions: outcomes branch, block, write, free, violate and need abilities", () => {
    const act = (name: string): Ins => ({ op: "act", act: name, args: [c(1)], r: "v" });
    const actions: Scenario["actions"] = {
      two: () => [{ r: 1 }, { r: 2 }],
      block: () => [],
      write: (_, { args }) => [{ writes: [["o.flag", args[0] ?? 0, 1]] }],
      free: () => [{ writes: [[lifeOf("o"), 1, 2]] }],
      bad: () => [{ violation: "bad" }],
      hostile: () => [{ r: 0 }, { r: 2, ability: "nasty" }],
      holds: (w) => [{ r: w.holds("o.lock", 1, "write") ? 1 : 0 }],
      look: (w) => [{ r: w.get("o.flag", 1) + (w.live("o", 3) ? 9 : 0) + w.objects("o") - 4 }],
    };
    assert.deepEqual(values([act("two")], { actions }), ["one", "two"]);
    assert.deepEqual(values([act("block")], { actions }), []);
    assert.deepEqual(values([act("write"), set(f("o.flag"))], { actions }), ["one"]);
    assert.deepEqual(values([act("write"), act("look")], { actions }), ["one"]);
    assert.deepEqual(found([[act("free"), read(c(1))]], { actions }), ["use-after-free"]);
    assert.deepEqual(found([[act("bad")]], { actions }), ["bad"]);
    assert.deepEqual(values([act("hostile")], { actions }), ["zero"]);
    assert.deepEqual(values([act("hostile")], { actions, abilities: ["nasty"] }), ["two", "zero"]);
    assert.deepEqual(values([lock("o.lock"), act("holds"), unlock("o.lock")], { actions }), ["one"]);
    assert.deepEqual(explore(scenario([[act("nobody")]])).verdict, "incomplete");
  });

  it("a start runs as often as it may, when it may", () => {
    const once: ThreadSpec = { code: [get, ret], times: 2 };
    const more: Partial<Scenario> = {
      initial: [{ field: "o.count", object: 1, value: 1 }],
      invariants: [{ name: "at most 2", holds: bin({ k: "count", f: "o.count", o: c(1) }, "<=", c(2)) }],
    };
    assert.deepEqual(found([{ ...once, times: 1 }], more), []);
    assert.deepEqual(found([once], more), ["at most 2"]);
    assert.deepEqual(found([{ ...once, when: f("o.flag") }], more), []);
  });

  it("quiet invariants look only while nobody holds a lock in write mode", () => {
    const code = [lock("o.lock"), store("o.flag", c(1)), store("o.flag", c(0)), unlock("o.lock")];
    const holds = not(f("o.flag"));
    assert.deepEqual(found([code], { invariants: [{ name: "off", holds }] }), ["off"]);
    assert.deepEqual(found([code], { invariants: [{ name: "off", holds, quiet: true }] }), []);
  });
});
