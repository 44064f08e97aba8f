// Seeded random scenarios: threads of locked and unlocked accesses, waits, counts, lists and deaths. For comparing explorations that must agree.
import type { E, Ins } from "../../../server/src/model/unplug/skeleton.ts";
import { ANY } from "../../../server/src/model/unplug/skeleton.ts";
import type { Scenario, Will } from "../../../server/src/model/unplug/scenario.ts";
import { bin, c, eq, f, lock, not, r, scenario, store, unlock } from "./scenarios.ts";
import type { ThreadSpec } from "./scenarios.ts";

/** mulberry32: a small generator whose sequence depends on the seed alone. */
export function generator(seed: number): (n: number) => number {
  let a = seed | 0;
  return (n) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

export interface Shape {
  readonly threads: number;
  /** Blocks per thread. */
  readonly length: number;
  /** The cases of `simple` to draw from, so that one kind of defect is rare enough to be the only one; default: all. */
  readonly cases?: readonly number[];
}

/** Locks, fields and waits; objects live for ever and counts stay high. */
export const CALM = [0, 1, 2, 3, 4, 5, 8, 8, 9, 9, 17, 18, 19, 20, 21];
/** Objects die, perhaps too early. */
/** Fields that belong to a lock, and waits between the sections. */
export const SECTIONS = [29, 30, 30, 31, 31, 8, 9, 17, 20];
/** Objects are made, published and taken back. */
export const PUBLISHING = [0, 3, 8, 9, 22, 22, 22, 23, 23, 24, 24, 25, 26, 27];
export const DEADLY = [0, 3, 5, 8, 9, 10, 11, 12, 13, 21];

/** A random scenario; the same for the same seed and shape. */
export function randomScenario(seed: number, shape: Shape = { threads: 2, length: 4 }): Scenario {
  const pick = generator(seed);
  const one = <T>(list: readonly T[]): T => list[pick(list.length)]!;
  const object = (): E => (pick(4) === 0 ? r("p") : c(1 + pick(2)));
  const field = (): string => one(["o.flag", "o.flag2"]);
  let names = 0;

  /** One to three instructions; targets are relative to the block and its length is "after it". */
  function simple(): Ins[] {
    const o = object();
    switch (shape.cases === undefined ? pick(32) : one(shape.cases)) {
      case 0:
      case 1:
      case 2:
        return [store(field(), c(pick(3)), o)];
      case 3:
      case 4:
        return [{ op: "let", r: "x", e: f(field(), o) }];
      case 5:
        return [
          { op: "br", e: f(field(), o), then: 1, else: 2 },
          { op: "let", r: "y", e: c(pick(3)) },
        ];
      case 6:
        return [{ op: "count", do: "get", f: "o.count", o: c(1) }];
      case 7:
        return [{ op: "count", do: "put", f: "o.count", o: c(1), r: "x" }];
      case 8:
        return [{ op: "complete", f: "o.done", o }];
      case 9:
        return [{ op: "waitDone", f: "o.done", o, how: one(["forever", "timeout", "interruptible"]), r: "x" }];
      case 10:
        return [
          { op: "alloc", cls: "o", r: "p", noFail: pick(4) !== 0 },
          { op: "br", e: r("p"), then: 3, else: 2 },
          { op: "let", r: "p", e: c(1) },
        ];
      case 11:
        return [store("o.ptr", r("p"), c(1))];
      case 12:
        return [
          { op: "let", r: "p", e: f("o.ptr") },
          { op: "br", e: r("p"), then: 3, else: 2 },
          { op: "let", r: "p", e: c(1) },
        ];
      case 13:
        return pick(3) === 0 ? [{ op: "free", cls: "o", o }] : [];
      case 14:
        return [{ op: "link", f: "o.node", o, owner: c(2) }];
      case 15:
        return [{ op: "unlink", f: "o.node", o, init: pick(9) !== 0 }];
      case 16:
        return [
          { op: "let", r: "p", e: c(0) },
          { op: "next", r: "p", f: "o.node", owner: c(2), done: 2 },
          { op: "br", e: r("p"), then: 4, else: 3 },
          { op: "let", r: "p", e: c(1) },
        ];
      case 17:
        return [{ op: "await", e: f(field()), how: one(["forever", "timeout"]), r: "x" }];
      case 18:
        return pick(2) === 0 ? [] : [{ op: "check", e: not(eq(r("x"), c(2))), what: `check ${names++ % 3}` }];
      case 19:
        return pick(2) === 0 ? [] : [{ op: "check", e: not(eq(f(field(), o), c(2))), what: `check ${names++ % 3}` }];
      case 20:
        return [{ op: "act", act: one(["swap", "flip"]), args: [c(1)] }];
      case 22: {
        // A new object, filled and published in some order.
        const does: Ins[] = [
          store("o.flag", c(1), r("p")),
          store("o.flag2", c(1), r("p")),
          store("o.ptr", r("p"), c(1)),
          { op: "link", f: "o.node", o: r("p"), owner: c(2) },
        ];
        const order: Ins[] = [];
        while (does.length > pick(3)) order.push(...does.splice(pick(does.length), 1));
        return [
          { op: "alloc", cls: "o", r: "p" },
          { op: "br", e: r("p"), then: 2, else: 2 + order.length },
          ...order,
          { op: "let", r: "p", e: c(1) },
        ];
      }
      case 23:
        return [
          { op: "let", r: "p", e: f("o.ptr") },
          { op: "br", e: r("p"), then: 2, else: 3 },
          { op: "check", e: f(field(), r("p")), what: "half done" },
          { op: "let", r: "p", e: c(1) },
        ];
      case 24:
        return [
          { op: "let", r: "p", e: c(0) },
          { op: "next", r: "p", f: "o.node", owner: c(2), done: 3 },
          { op: "check", e: f(field(), r("p")), what: "half done" },
          { op: "let", r: "p", e: c(1) },
        ];
      case 25:
        return [
          { op: "let", r: "p", e: f("o.ptr") },
          store("o.ptr", c(0)),
          { op: "free", cls: "o", o: r("p") },
          { op: "let", r: "p", e: c(1) },
        ];
      case 26:
        return [{ op: "disturb", p: "ready", o }];
      case 27:
        return [
          { op: "br", e: { k: "pred", p: "ready", o }, then: 1, else: 2 },
          { op: "let", r: "y", e: c(pick(3)) },
        ];
      case 28:
        return [{ op: "grace", f: one(["o.lock", "o.lock2"]), o: c(1 + pick(2)) }];
      case 29:
      case 30: {
        // Work on fields under the lock that is theirs, most of the time.
        const mine = pick(12) === 0 ? "o.lock2" : "o.lock";
        const work: Ins[][] = [
          [store("o.flag", c(1)), store("o.flag", c(0))],
          [{ op: "let", r: "x", e: f("o.flag2") }, store("o.flag2", bin(r("x"), "+", c(1)))],
          [{ op: "check", e: not(f("o.flag")), what: "seen inside" }],
          [{ op: "check", e: eq(f("o.flag2"), r("y")), what: "changed" }],
          [{ op: "let", r: "y", e: f("o.flag2") }],
        ];
        return [lock(mine), ...one(work), unlock(mine)];
      }
      case 31: {
        const again = pick(8) === 0 ? unlock("o.lock") : lock("o.lock");
        return [
          lock("o.lock"),
          { op: "let", r: "y", e: f("o.flag2") },
          ...(pick(2) === 0 ? [unlock("o.lock"), again] : []),
          { op: "check", e: eq(f("o.flag2"), r("y")), what: "changed" },
          unlock("o.lock"),
        ];
      }
      default:
        return [{ op: "let", r: "p", e: c(1 + pick(2)) }];
    }
  }

  function append(code: Ins[], block: readonly Ins[]): void {
    const base = code.length;
    const shift = (t: number): number => t + base;
    for (const i of block)
      if (i.op === "br") code.push({ ...i, then: shift(i.then), else: shift(i.else) });
      else if (i.op === "next") code.push({ ...i, done: shift(i.done) });
      else code.push(i);
  }

  function section(depth: number, outer?: string): Ins[] {
    const other = outer === "o.lock" ? "o.lock2" : "o.lock";
    const name = outer === undefined || pick(8) === 0 ? one(["o.lock", "o.lock2"]) : other;
    const o = c(1 + pick(2));
    const mode = pick(4) === 0 ? "read" : "write";
    const how = one(["wait", "wait", "wait", "fallible", "try"] as const);
    const inner: Ins[] = [];
    for (let n = 1 + pick(3); n > 0; n--) append(inner, block(depth + 1, name));
    const out: Ins[] = [{ op: "lock", f: name, o, mode, how, ...(how === "wait" ? {} : { r: "l" }) }];
    // What was not got is neither used nor dropped.
    const end = 1 + (how === "wait" ? 0 : 1) + inner.length + 1;
    if (how === "fallible") out.push({ op: "br", e: r("l"), then: end, else: 2 });
    if (how === "try") out.push({ op: "br", e: r("l"), then: 2, else: end });
    append(out, inner);
    if (pick(30) !== 0) out.push(unlock(name, mode, o));
    else out.push({ op: "let", r: "y", e: c(0) });
    return out;
  }

  function block(depth: number, outer?: string): Ins[] {
    return depth < 2 && pick(3) === 0 ? section(depth, outer) : simple();
  }

  const threads: ThreadSpec[] = [];
  for (let t = 0; t < shape.threads; t++) {
    const code: Ins[] = [{ op: "let", r: "p", e: c(1) }];
    for (let n = 0; n < shape.length; n++) append(code, block(0));
    if (pick(4) === 0) code.push({ op: "br", e: f(field()), then: 1, else: code.length + 1 });
    threads.push({
      code,
      will: one<Will>(["driver", "promised", "nudged", "voluntary"]),
      times: 1 + (pick(5) === 0 ? 1 : 0),
      ...(pick(4) === 0 ? { when: not(f(field())) } : {}),
    });
  }
  const progress = threads.flatMap((_, t) =>
    pick(2) === 0
      ? [
          {
            thread: `t${t}`,
            start: `t${t}`,
            counting: ["driver", "promised", ...(pick(2) === 0 ? ["nudged" as const] : [])] as const,
          },
        ]
      : [],
  );
  return scenario(threads, {
    progress,
    initial: [
      { field: "o.count", object: 1, value: 1 + pick(3) },
      ...(pick(4) === 0 ? [{ field: "o.flag", object: 1, value: ANY }] : []),
    ],
    invariants:
      pick(3) === 0 ? [{ name: "never both", holds: not(eq(f("o.flag", c(1)), c(2))), quiet: pick(2) === 0 }] : [],
    actions: {
      swap: (w) => [
        {
          writes: [
            ["o.flag", 1, w.get("o.flag2", 1)],
            ["o.flag2", 1, w.get("o.flag", 1)],
          ],
        },
      ],
      flip: (w) => (w.live("o", 1) ? [{ writes: [["o.flag2", 2, 1]] }, {}] : [{}]),
    },
  });
}
