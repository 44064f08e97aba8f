// Every witness that the explorer gives must happen in an interpreter that shares no code with it; and the interpreter must be able to say no.
import { strict as assert } from "node:assert";
import type { Step } from "../../server/src/base/trace.ts";
import { rdma } from "../../server/src/lifecycles/unplug/contracts/rdma.ts";
import { vfio } from "../../server/src/lifecycles/unplug/contracts/vfio.ts";
import { buildScenarios } from "../../server/src/lifecycles/unplug/scenarios.ts";
import type { ModelViolation } from "../../server/src/model/unplug/explore.ts";
import { explore } from "../../server/src/model/unplug/explore.ts";
import type { Scenario } from "../../server/src/model/unplug/scenario.ts";
import type { E, Ins, SkeletonSet } from "../../server/src/model/unplug/skeleton.ts";
import { checkSpans } from "../support/check-spans.ts";
import { replay } from "../support/replay.ts";
import { table } from "../lifecycles/unplug/table.ts";
import { mendedRdmaSet, rdmaSet } from "../lifecycles/unplug/rdma-set.ts";
import { vfioSet } from "../lifecycles/unplug/vfio-set.ts";
import { randomScenario } from "./unplug/random.ts";
import { c, f, lock, scenario, store, unlock } from "./unplug/scenarios.ts";

type Family = "vfio" | "rdma";

/** Of each way to break something that the table has, a defect and the views in which it takes few states. */
const CASES: readonly (readonly [Family, defect: string, views: RegExp])[] = [
  ["vfio", "gate test removed from map", /inline/],
  ["vfio", "gate store removed", /private importer, /],
  ["vfio", "gate stored after the unlock of resv", /^close with a dynamic importer$/],
  ["vfio", "invalidate removed", /private importer, /],
  ["vfio", "fence wait with a timeout", /^close with a dynamic importer$/],
  ["vfio", "counted get removed", /inline/],
  ["vfio", "counted put removed", /^close with a dynamic importer$/],
  ["vfio", "initial put removed", /static/],
  ["vfio", "completion wait removed", /^close with a dynamic importer$/],
  ["vfio", "wait for unmaps under resv", /^close with a dynamic importer$/],
  ["vfio", "revocable test removed", /pinned/],
  ["vfio", "resv lock around revoke removed", /private importer, /],
  ["vfio", "NULL check removed", /dynamic importer/],
  ["vfio", "init removed", /dynamic importer/],
  ["vfio", "fault gate removed", /mapped/],
  ["vfio", "get_file for get_file_active", /while its file is closed/],
  ["vfio", "use after dma_buf_fd", /while its file is closed/],
  ["rdma", "gate store removed (remove)", /static/],
  ["rdma", "fence wait interruptible (destroy)", /^close with a dynamic importer$/],
  ["rdma", "initial put removed (destroy)", /^close and remove with a static importer$/],
  ["rdma", "completion wait removed (remove)", /^close with a dynamic importer$/],
  ["rdma", "pin refusal removed", /pinned/],
  ["rdma", "invalidate removed (remove)", /^retire with a dynamic importer$/],
];

const scenarios = (set: SkeletonSet, family: Family): readonly (readonly [view: string, Scenario])[] =>
  buildScenarios(set, family === "vfio" ? vfio : rdma).map((s) => [s.name.slice(set.name.length + 2), s]);

interface Found {
  readonly name: string;
  readonly family: Family;
  readonly view: string;
  readonly scenario: Scenario;
  readonly violation: ModelViolation;
}

function find(family: Family, defect: string, views: RegExp): Found {
  const set = table.find((d) => d.family === family && d.name === defect)?.set();
  assert.ok(set, `no defect ${defect}`);
  for (const [view, s] of scenarios(set, family)) {
    const { violation } = views.test(view) ? explore(s) : {};
    if (violation !== undefined) return { name: s.name, family, view, scenario: s, violation };
  }
  assert.fail(`${set.name} is not violated in ${String(views)}`);
}

const explored: Found[] = [];
const witnesses = (): readonly Found[] => {
  if (explored.length === 0) explored.push(...CASES.map((k) => find(...k)));
  return explored;
};

const accepted = (s: Scenario, trace: readonly Step[], what: string): boolean => replay(s, trace, what).ok;
/** Not a hang and not an invariant: something that one thread does. */
const isFault = (what: string): boolean => what !== "cannot-finish" && !what.includes(" ");
const without = (trace: readonly Step[], n: number): Step[] => trace.filter((_, i) => i !== n);

describe("replaying witnesses", () => {
  it("follows the witnesses of the table of defects", () => {
    for (const { scenario: s, violation: v, name } of witnesses())
      assert.deepEqual(replay(s, v.trace, v.what), { ok: true }, name);
    const kinds = new Set(witnesses().map(({ violation: v }) => v.what));
    assert.ok(kinds.size >= 12, `only ${[...kinds].join()}`);
  });

  it("follows the witnesses of the exporter that is broken as it is", () => {
    let n = 0;
    for (const s of buildScenarios(rdmaSet(), rdma).filter((x) => x.name.endsWith("closed"))) {
      const { violation: v } = explore(s, { budget: 400 });
      if (v === undefined) continue;
      n++;
      assert.deepEqual(replay(s, v.trace, v.what), { ok: true }, s.name);
    }
    assert.ok(n > 3, `${n} witnesses`);
  });

  it("follows the witnesses of random programs, reduced and as written", () => {
    let n = 0;
    const kinds = new Set<string>();
    for (let seed = 0; seed < 160; seed++) {
      const s = randomScenario(seed, seed % 4 === 0 ? { threads: 3, length: 2 } : { threads: 2, length: 4 });
      for (const reduce of [true, false]) {
        const { violation: v } = explore(s, { reduce, budget: 20_000 });
        if (v === undefined) continue;
        n++;
        kinds.add(v.what);
        assert.deepEqual(replay(s, v.trace, v.what), { ok: true }, `seed ${seed}, reduce ${reduce}`);
      }
    }
    assert.ok(n > 180 && kinds.size > 9, `${n} witnesses of ${[...kinds].join()}`);
  });

  it("a read that is not shown may come before what others do", () => {
    // t0 reads 1->ptr before t1 changes it, and 2->ptr after t1 has freed it.
    const at = (fn: string): { readonly at: { readonly fn: string } } => ({ at: { fn } });
    const ptr = (o: E): E => f("o.ptr", o);
    const s = scenario(
      [
        [{ op: "let", r: "x", e: f("o.flag", ptr(ptr(c(1)))), ...at("reader") }],
        [
          { ...store("o.ptr", c(1)), ...at("freer") },
          { op: "free", cls: "o", o: c(2), ...at("freer") },
        ],
      ],
      {
        initial: [
          { field: "o.ptr", object: 1, value: 2 },
          { field: "o.ptr", object: 2, value: 1 },
        ],
      },
    );
    const say = (n: number, kind: Step["kind"], text: string, fn?: string): Step => ({
      actor: `actor ${n}`,
      thread: `t${n}`,
      kind,
      text,
      ...(fn === undefined ? {} : { fn }),
    });
    const trace = [
      say(0, "call", "t0 begins"),
      say(1, "call", "t1 begins"),
      say(1, "store", "o#1.ptr = 1", "freer"),
      say(1, "call", "free o 2", "freer"),
      say(0, "violation", "freed", "reader"),
    ];
    assert.ok(accepted(s, trace, "use-after-free"));
    // The explorer says the same, and whose read it was.
    const { violation: v } = explore(s);
    assert.ok(v !== undefined && accepted(s, v.trace, "use-after-free"));
    assert.deepEqual([v.trace.at(-1)?.actor, v.trace.at(-1)?.thread, v.trace.at(-1)?.fn], ["actor 0", "t0", "reader"]);
    assert.ok(!accepted(s, without(trace, 2), "use-after-free"), "without the store");
    assert.ok(!accepted(s, trace.with(4, say(1, "violation", "freed", "freer")), "use-after-free"), "by t1");
  });
});

describe("the replayer refuses", () => {
  it("a witness of a defect in the set that does not have it", () => {
    const whole = { vfio: vfioSet(), rdma: mendedRdmaSet() };
    for (const { family, view, violation: v, name } of witnesses()) {
      const same = scenarios(whole[family], family).find(([other]) => other === view)?.[1];
      assert.ok(same, view);
      const r = replay(same, v.trace, v.what);
      assert.ok(!r.ok, name);
      assert.doesNotMatch(r.why, /within/, `${name}: ${r.why}`);
    }
  });

  it("another violation than the one that is there", () => {
    const names = [...new Set(witnesses().map(({ violation: v }) => v.what)), "double-free", "nothing known"];
    for (const [n, { scenario: s, violation: v, name }] of witnesses().entries())
      for (const [k, other] of names.entries())
        if (other !== v.what && (n + k) % 3 === 0) assert.ok(!accepted(s, v.trace, other), `${name} as ${other}`);
  });

  it("a witness that stops early, or goes on", () => {
    for (const { scenario: s, violation: v, name } of witnesses()) {
      const last = v.trace.at(-1)!;
      // A hang or a broken invariant may be there some steps before it is looked for.
      if (isFault(v.what))
        for (let n = 0; n < v.trace.length - 1; n += 6)
          assert.ok(!accepted(s, [...v.trace.slice(0, n), last], v.what), `${name}, after ${n} steps`);
      assert.ok(!accepted(s, v.trace.slice(0, -1), v.what), `${name}, without the violation`);
      assert.ok(!accepted(s, [...v.trace, last], v.what), `${name}, with two violations`);
      assert.ok(!accepted(s, [], v.what));
    }
  });

  it("a witness with a step left out, unless its thread does nothing afterwards", () => {
    let refused = 0;
    for (const { scenario: s, violation: v, name } of witnesses())
      for (const [n, step] of v.trace.slice(0, -1).entries()) {
        // Tests of registers may be left out: a reduced exploration does so itself.
        if (step.kind === "test" || (n % 5 !== 0 && step.kind !== "lock")) continue;
        const goesOn = v.trace
          .slice(n + 1, isFault(v.what) ? undefined : -1)
          .some((later) => later.thread === step.thread);
        if (!goesOn) continue;
        refused++;
        assert.ok(!accepted(s, without(v.trace, n), v.what), `${name}: step ${n}, ${step.text}`);
      }
    assert.ok(refused > 200, `${refused}`);
  });

  it("a lock that is taken before another thread has dropped it", () => {
    let moved = 0;
    for (const { scenario: s, violation: v, name } of witnesses())
      for (const [n, step] of v.trace.entries()) {
        const what = /^takes (.*)$/.exec(step.text)?.[1];
        if (what === undefined || what.endsWith("(read)")) continue;
        const dropped = v.trace.findLastIndex(
          (d, i) => i < n && d.text === `drops ${what}` && d.thread !== step.thread,
        );
        if (dropped < 0) continue;
        moved++;
        const swapped = [...without(v.trace.slice(0, n + 1), dropped), v.trace[dropped]!, ...v.trace.slice(n + 1)];
        const r = replay(s, swapped, v.what);
        assert.ok(!r.ok, `${name}: step ${n}, ${step.text}`);
      }
    assert.ok(moved > 20, `${moved}`);
  });

  it("steps by the wrong actor, thread, function, kind or answer", () => {
    const { scenario: s, violation: v } = witnesses()[0]!;
    const change = (n: number, more: Partial<Step>): boolean =>
      accepted(s, v.trace.with(n, { ...v.trace[n]!, ...more }), v.what);
    const at = (test: (s: Step) => boolean): number => v.trace.findIndex(test);
    const store = at((x) => x.kind === "store");
    assert.ok(change(store, {}));
    assert.ok(!change(store, { actor: "nobody" }));
    assert.ok(!change(store, { thread: "nobody" }));
    assert.ok(!change(store, { fn: "nothing" }));
    assert.ok(!change(store, { kind: "wait" }));
    assert.ok(!change(store, { text: "something else = 1" }));
    // Attaching goes on where the importer can do peer-to-peer, and not otherwise.
    const test = at((x) => x.text.endsWith("peer2peer: yes"));
    assert.ok(test > 0 && !change(test, { text: v.trace[test]!.text.replace(": yes", ": no") }));
    const environment = at((x) => x.kind === "environment" && !x.text.includes("("));
    assert.ok(!change(environment, { text: "something else happens" }));
    const begins = at((x) => x.text === "map begins");
    assert.ok(!change(begins, { text: "map #2 begins", thread: "map #2" }));
  });

  it("a hang that somebody may be counted on to end", () => {
    const wait: Ins = { op: "waitDone", f: "o.done", o: c(1), how: "forever" };
    const complete: Ins = { op: "complete", f: "o.done", o: c(1) };
    const hangs = (will: "promised" | "voluntary"): Scenario =>
      scenario([[wait], { code: [complete], will }], {
        progress: [{ thread: "t0", start: "t0", counting: ["driver", "promised"] }],
      });
    const { violation: v } = explore(hangs("voluntary"));
    assert.ok(v !== undefined && accepted(hangs("voluntary"), v.trace, "cannot-finish"));
    const r = replay(hangs("promised"), v.trace, "cannot-finish");
    assert.deepEqual(r, { ok: false, at: v.trace.length - 1, why: "t0 can finish" });
  });

  it("says so where its budget ends first", () => {
    const { scenario: s, violation: v } = witnesses()[0]!;
    const r = replay(s, v.trace, v.what, 3);
    assert.ok(!r.ok);
    assert.match(r.why, /within 3 worlds/);
  });
});

describe("spans of witnesses", () => {
  const text = `/* revoked = true; */
static void gate(struct priv *priv)
{
	mutex_lock(&priv->lock);
	priv->revoked = true;
	list_del(&priv->node);
	kref_get(&priv->kref);
	if (priv->revoked == true)
		note("revoked = true");
	mutex_unlock(&priv->lock);
}
static void other(struct priv *priv) { priv->revoked |= 1; }
`;
  const span = (part: string, from = 0): NonNullable<Step["span"]> => {
    const start = text.indexOf(part, from);
    assert.ok(start >= 0, part);
    return { file: "gate.c", start, end: start + part.length };
  };
  const step = (kind: Step["kind"], part: string, claim: string, more: Partial<Step> = {}): Step => ({
    actor: "driver",
    thread: "t0",
    kind,
    text: "",
    span: span(part, 30),
    fn: "gate",
    claim,
    ...more,
  });
  const why = (s: Step): string | undefined => checkSpans([s], (x) => (x === "gate.c" ? text : undefined))[0]?.why;

  it("hold what the steps claim", () => {
    for (const s of [
      step("lock", "mutex_lock(&priv->lock)", "mutex_lock"),
      step("call", "kref_get(&priv->kref)", "kref_get"),
      step("store", "priv->revoked = true", "revoked"),
      step("store", "priv->revoked", "revoked"),
      step("store", "list_del(&priv->node)", "list_del"),
      step("store", "kref_get(&priv->kref)", "kref"),
      step("test", "priv->revoked == true", "revoked"),
      step("store", "priv->revoked |= 1", "revoked", { fn: "other" }),
    ])
      assert.equal(why(s), undefined);
  });

  it("are found out where they don't", () => {
    const cases: readonly (readonly [Step, RegExp])[] = [
      [step("lock", "mutex_lock(&priv->lock)", "mutex_unlock"), /does not stand there/],
      [step("lock", "mutex_lock(&priv->lock)", "mutex"), /does not stand there/],
      [step("call", "priv->revoked = true", "revoked"), /is not called/],
      [step("store", "priv->revoked == true", "revoked"), /neither stored/],
      [step("store", "mutex_unlock(&priv->lock)", "lock"), /neither stored/],
      [step("store", 'note("revoked = true")', "revoked"), /does not stand there/],
      [step("store", "priv->revoked = true", "revoked", { fn: "other" }), /is not around it/],
      [step("test", "x", "x", { span: { file: "gate.c", start: 5, end: 9999 } }), /not in the file/],
      [step("test", "x", "x", { span: { file: "none.c", start: 5, end: 9 } }), /no file/],
    ];
    for (const [s, expected] of cases) assert.match(why(s) ?? "", expected);
  });

  it("are part of what is replayed: another claim or place is refused", () => {
    const here = span("priv->revoked = true", 30);
    const s = scenario([
      [
        lock("o.lock"),
        { ...store("o.flag", c(1)), at: { span: here, fn: "gate", claim: "flag" } },
        unlock("o.lock"),
        { op: "check", e: c(0), what: "wrong", at: { fn: "gate" } },
      ],
    ]);
    const { violation: v } = explore(s);
    assert.ok(v && accepted(s, v.trace, v.what));
    const n = v.trace.findIndex((x) => x.span !== undefined);
    const change = (more: Partial<Step>): boolean => accepted(s, v.trace.with(n, { ...v.trace[n]!, ...more }), v.what);
    assert.ok(change({}));
    assert.ok(!change({ claim: "node" }));
    assert.ok(!change({ span: { ...here, end: here.end + 1 } }));
    assert.ok(!change({ span: { ...here, file: "other.c" } }));
  });
});
