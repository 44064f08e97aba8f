// Reduction by locking discipline, case by case: what it may skip, and the races that it must still see.
import { strict as assert } from "node:assert";
import type { E, Ins } from "../../../server/src/model/unplug/skeleton.ts";
import type { Scenario } from "../../../server/src/model/unplug/scenario.ts";
import type { Exploration } from "../../../server/src/model/unplug/explore.ts";
import { explore } from "../../../server/src/model/unplug/explore.ts";
import { and, c, check, eq, f, lock, not, r, scenario, store, unlock } from "./scenarios.ts";
import type { ThreadSpec } from "./scenarios.ts";

type Threads = readonly (readonly Ins[] | ThreadSpec)[];

/** Explores in both ways; the verdicts must agree. Returns the reduced exploration, and how many times fewer states it has. */
function both(threads: Threads, more: Partial<Scenario> = {}): { readonly e: Exploration; readonly gain: number } {
  const s = scenario(threads, more);
  const full = explore(s, { reduce: false, all: true });
  const e = explore(s);
  assert.equal(e.verdict, full.verdict);
  if (e.violation) assert.ok(full.found?.includes(e.violation.what), `${e.violation.what} of ${full.found?.join()}`);
  return { e, gain: full.states / e.states };
}

const violation = (threads: Threads, more: Partial<Scenario> = {}): string | undefined =>
  both(threads, more).e.violation?.what;
const section = (name: string, ...inner: Ins[]): Ins[] => [lock(name), ...inner, unlock(name)];
const wait: Ins = { op: "waitDone", f: "o.done", o: c(1), how: "forever" };
const complete: Ins = { op: "complete", f: "o.done", o: c(1) };
const free = (o: E): Ins => ({ op: "free", cls: "o", o });
const alloc: Ins = { op: "alloc", cls: "o", r: "p", noFail: true };
const finishes: Partial<Scenario> = { progress: [{ thread: "t0", start: "t0", counting: ["driver", "promised"] }] };

describe("reduction of the unplug model", () => {
  it("a critical section is one step", () => {
    const work = section(
      "o.lock",
      store("o.flag", c(1)),
      store("o.flag2", c(1)),
      store("o.flag2", c(0)),
      store("o.flag", c(0)),
    );
    const { e, gain } = both([work, work, [...work, ...section("o.lock", check(not(f("o.flag"))))]]);
    assert.equal(e.verdict, "safe");
    assert.ok(e.states <= 30 && gain > 20, `${e.states} states, ${gain} times fewer`);
  });

  it("a lock that is only taken under another is no stop", () => {
    const nested = section("o.lock", ...section("o.lock2", store("o.flag", c(1))), store("o.flag2", c(1)));
    const { e } = both([nested, nested]);
    assert.ok(e.states <= 10, `${e.states} states`);
  });

  it("what is set up before others may look does not count as shared", () => {
    const first: ThreadSpec = { code: [store("o.flag", c(1)), store("o.flag2", c(1)), store("o.flag", c(2), c(2))] };
    const user = (n: number): ThreadSpec => ({
      code: [{ op: "let", r: "x", e: f("o.flag") }, store("o.flag2", c(n), c(2))],
      when: eq(f("o.flag", c(2)), c(2)),
    });
    assert.ok(both([first, user(1), user(2)]).e.states <= 20);
  });

  it("the same field without the lock is seen", () => {
    const work = section("o.lock", store("o.flag", c(1)), store("o.flag", c(0)));
    assert.equal(violation([work, [check(not(f("o.flag")))]]), "wrong");
    assert.equal(violation([work, section("o.lock2", check(not(f("o.flag"))))]), "wrong");
    assert.equal(violation([work, section("o.lock", check(not(f("o.flag"))))]), undefined);
  });

  it("a reader that writes is seen", () => {
    const write = [lock("o.lock", "read"), store("o.flag", c(1)), store("o.flag", c(0)), unlock("o.lock", "read")];
    const look = [lock("o.lock", "read"), check(not(f("o.flag"))), unlock("o.lock", "read")];
    assert.equal(violation([write, look, section("o.lock", store("o.flag2", c(1)))]), "wrong");
  });

  it("invariants look into the middle of sections", () => {
    const work = section("o.lock", store("o.flag", c(1)), store("o.flag", c(0)));
    const holds = not(f("o.flag"));
    assert.equal(violation([work], { invariants: [{ name: "off", holds }] }), "off");
    assert.equal(violation([work], { invariants: [{ name: "off", holds, quiet: true }] }), undefined);
    const bare = [store("o.flag", c(1)), store("o.flag", c(0))];
    assert.equal(violation([bare], { invariants: [{ name: "off", holds, quiet: true }] }), "off");
  });

  it("starts and waits look into the middle of sections", () => {
    const work = section("o.lock", store("o.flag", c(1)), store("o.flag", c(0)));
    const seen: ThreadSpec = { code: [check(c(0), "seen")], when: f("o.flag") };
    assert.equal(violation([work, seen]), "seen");
    assert.equal(violation([work, [{ op: "await", e: f("o.flag"), how: "forever" }, check(c(0), "seen")]]), "seen");
    // Nobody else can move, and yet somebody is waiting for it.
    assert.equal(violation([[store("o.flag", c(1)), store("o.flag", c(0))], seen]), "seen");
  });

  it("a failed trylock tells that somebody is inside", () => {
    const attempt: Ins[] = [
      { op: "lock", f: "o.lock", o: c(1), mode: "write", how: "try", r: "l" },
      check(r("l"), "busy"),
      unlock("o.lock"),
    ];
    assert.equal(violation([section("o.lock", store("o.flag", c(1))), attempt]), "busy");
  });

  it("what is only given back is so at once", () => {
    const done = (early: boolean): Partial<Scenario> => ({
      actions: {
        leave: (w) => [{ writes: [["o.flag", 1, w.get("o.flag", 1) - 1]], ...(early ? { early: true as const } : {}) }],
      },
      initial: [{ field: "o.flag", object: 1, value: 2 }],
    });
    const work: Ins[] = [store("o.flag2", c(1)), { op: "act", act: "leave", args: [] }];
    const wait: ThreadSpec = { code: [check(c(0), "gone")], when: not(f("o.flag")) };
    const states = (early: boolean): number => {
      const { e } = both([work, [...work, ...work.slice(0, 1)], wait], done(early));
      assert.equal(e.violation?.what, "gone");
      return both([work, work], done(early)).e.states;
    };
    assert.ok(states(true) < states(false), `${states(true)} states, ${states(false)} without`);
  });

  it("deadlocks of two and of three locks are seen", () => {
    const two = (a: string, b: string): Ins[] => section(a, ...section(b, store("o.flag", c(1))));
    assert.equal(violation([two("o.lock", "o.lock2"), two("o.lock2", "o.lock")], finishes), "cannot-finish");
    assert.equal(violation([two("o.lock", "o.lock2"), two("o.lock", "o.lock2")], finishes), undefined);
    const of = (a: number, b: number): Ins[] => [
      lock("o.lock", "write", c(a)),
      lock("o.lock2", "write", c(b)),
      unlock("o.lock2", "write", c(b)),
      unlock("o.lock", "write", c(a)),
    ];
    const back: Ins[] = [
      lock("o.lock2", "write", c(2)),
      lock("o.lock", "write", c(1)),
      unlock("o.lock", "write", c(1)),
      unlock("o.lock2", "write", c(2)),
    ];
    const cross: Ins[] = [
      lock("o.lock2", "write", c(1)),
      lock("o.lock", "write", c(2)),
      unlock("o.lock", "write", c(2)),
      unlock("o.lock2", "write", c(1)),
    ];
    assert.equal(violation([of(1, 2), cross], finishes), undefined);
    assert.equal(violation([of(1, 1), of(2, 2), back], finishes), undefined);
    assert.equal(violation([of(1, 1), cross, of(2, 2), back], finishes), "cannot-finish");
  });

  it("waiting with a lock that the other needs is a hang", () => {
    const waits = section("o.lock", wait);
    assert.equal(violation([waits, section("o.lock", complete)], finishes), "cannot-finish");
    assert.equal(violation([waits, [complete, ...section("o.lock", store("o.flag", c(1)))]], finishes), undefined);
  });

  it("who may not be counted on may stop inside its section", () => {
    const nudged: ThreadSpec = { code: section("o.lock", store("o.flag", c(1))), will: "nudged" };
    assert.equal(violation([section("o.lock", store("o.flag", c(2))), nudged], finishes), "cannot-finish");
  });

  it("touching an object after having let it go is seen", () => {
    const inside = section("o.lock", complete);
    assert.ok(["free-locked", "use-after-free"].includes(violation([inside, [wait, free(c(1))]]) ?? ""));
    assert.equal(
      violation([
        [complete, store("o.flag", c(1))],
        [wait, free(c(1))],
      ]),
      "use-after-free",
    );
    assert.equal(
      violation([
        [store("o.flag", c(1)), complete],
        [wait, free(c(1))],
      ]),
      undefined,
    );
    const put: Ins = { op: "count", do: "put", f: "o.count", o: c(1), r: "last" };
    const drop: Ins[] = [put, { op: "br", e: r("last"), then: 2, else: 3 }, free(c(1))];
    const two: Partial<Scenario> = { initial: [{ field: "o.count", object: 1, value: 2 }] };
    assert.equal(violation([drop, drop], two), undefined);
    const first: Ins[] = [store("o.flag", c(1)), put, { op: "br", e: r("last"), then: 3, else: 4 }, free(c(1))];
    assert.equal(violation([first, drop], two), undefined);
    const late: Ins[] = [
      put,
      { op: "br", e: r("last"), then: 2, else: 4 },
      free(c(1)),
      { op: "return" },
      store("o.flag", c(1)),
    ];
    assert.equal(violation([late, drop], two), "use-after-free");
  });

  it("an object is set up before it is published, or else seen half done", () => {
    const look: Ins[] = [
      { op: "let", r: "q", e: f("o.ptr") },
      { op: "br", e: r("q"), then: 2, else: 3 },
      check(f("o.flag", r("q")), "half done"),
    ];
    const publish = store("o.ptr", r("p"));
    const fill = store("o.flag", c(1), r("p"));
    assert.equal(violation([[alloc, fill, publish], look]), undefined);
    assert.equal(violation([[alloc, publish, fill], look]), "half done");
    const link: Ins = { op: "link", f: "o.node", o: r("p"), owner: c(2) };
    const walk: Ins[] = [
      { op: "let", r: "q", e: c(0) },
      { op: "next", r: "q", f: "o.node", owner: c(2), done: 3 },
      check(f("o.flag", r("q")), "half done"),
    ];
    assert.equal(violation([[alloc, fill, link], walk]), undefined);
    assert.equal(violation([[alloc, link, fill], walk]), "half done");
    const born: ThreadSpec = { code: [check(f("o.flag", c(3)), "half done")], when: { k: "live", cls: "o", o: c(3) } };
    assert.equal(violation([[alloc, fill], born]), "half done");
  });

  it("the owner itself may still be too early", () => {
    const use: ThreadSpec = {
      code: [lock("o.lock", "write", f("o.ptr")), unlock("o.lock", "write", f("o.ptr"))],
      when: and(f("o.ptr"), c(1)),
    };
    assert.equal(violation([[alloc, store("o.ptr", r("p")), free(r("p"))], use]), "use-after-free");
  });
});
