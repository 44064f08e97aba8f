// Guards on every path: what is locked is unlocked exactly once, whichever way the scope is left.
import assert from "node:assert/strict";
import { KERNEL_CLASSES } from "../../server/src/facts/cleanup.ts";
import { lowerFunction } from "../../server/src/facts/lower.ts";
import { printValue } from "../../server/src/facts/text.ts";
import { successors } from "../../server/src/facts/graph.ts";
import { parser, texts } from "./support.ts";
import type { CParser } from "../../server/src/syntax/parser.ts";
import type { FunctionFacts, Value } from "../../server/src/facts/facts.ts";
import type { Held } from "../../server/src/facts/cleanup.ts";

interface State {
  readonly block: number;
  /** What is held, as "unlock(lock)". */
  readonly held: readonly string[];
  /** Results that tell whether a lock was taken: value → what would release it, and when it means so. */
  readonly asked: ReadonlyMap<string, { readonly release: string; readonly when: Held }>;
}

const acquires = new Map([...KERNEL_CLASSES.guards.values()].map((g) => [g.acquire.callee, g]));
const releases = new Set([...KERNEL_CLASSES.guards.values()].map((g) => g.release?.callee));

/** Walks every path of `f` (states are finite: held locks and blocks) and gives what it did wrong, if anything. */
function unbalanced(f: FunctionFacts): readonly string[] {
  const wrong = new Set<string>();
  const seen = new Set<string>();
  const work: State[] = [{ block: 0, held: [], asked: new Map() }];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    const key = JSON.stringify([at.block, at.held, [...at.asked]]);
    if (seen.has(key)) continue;
    seen.add(key);
    const block = f.blocks[at.block];
    assert.ok(block);
    let held = at.held;
    const asked = new Map(at.asked);
    const show = (callee: string | undefined, args: readonly Value[]): string =>
      `${callee}(${args[0] === undefined ? "" : printValue(args[0])})`;
    for (const effect of block.effects) {
      if (effect.kind === "assign") {
        const known = asked.get(printValue(effect.value));
        if (known !== undefined) asked.set(printValue(effect.to), known);
      }
      if (effect.kind !== "call" || effect.callee.k !== "name") continue;
      const guard = acquires.get(effect.callee.name);
      if (guard !== undefined) {
        const release = show(guard.release?.callee, effect.args);
        if (guard.held === "always") held = [...held, release];
        else if (effect.result !== undefined) asked.set(`t${effect.result}`, { release, when: guard.held });
      } else if (releases.has(effect.callee.name)) {
        const release = show(effect.callee.name, effect.args);
        if (held.at(-1) !== release) wrong.add(`${release} while holding ${held.join(", ")}`);
        held = held.slice(0, -1);
      }
    }
    const { end } = block;
    if (end.kind === "return") {
      if (held.length > 0 && end.stops !== true) wrong.add(`returns holding ${held.join(", ")}`);
      continue;
    }
    const question = end.kind === "branch" ? asked.get(printValue(end.cond)) : undefined;
    for (const to of successors(end)) {
      if (end.kind !== "branch" || question === undefined) {
        work.push({ block: to, held, asked });
        continue;
      }
      const taken = (to === end.then) === (question.when === "nonzero");
      const has = held.includes(question.release);
      const first = new Map(asked);
      // The first test decides; later tests of the same result have to agree with it.
      if (first.get(`? ${printValue(end.cond)}`) === undefined) {
        first.set(`? ${printValue(end.cond)}`, question);
        for (const [name, q] of asked) if (q === question) first.set(`? ${name}`, question);
        work.push({ block: to, held: taken ? [...held, question.release] : held, asked: first });
      } else if (has === taken) work.push({ block: to, held, asked: first });
    }
  }
  return [...wrong];
}

describe("guards on every path", () => {
  let c: CParser;
  before(async () => {
    c = await parser();
  });
  after(() => c.delete());

  const lower = (text: string): readonly FunctionFacts[] =>
    c.parseFile(text).functions.map((def) => lowerFunction(def, { file: "x.c", text }));

  it("are released once, last taken first", () => {
    const guards = texts.find((t) => t.name === "guards");
    assert.ok(guards);
    let checked = 0;
    for (const facts of lower(guards.text)) {
      // Jumping forward over a guard's declaration is a bug in the C (clang rejects it); the facts show it as gcc compiles it.
      const expected = facts.name === "back" ? [`rcu_read_unlock() while holding mutex_unlock(&foo->lock)`] : [];
      const found = unbalanced(facts);
      assert.deepEqual(found.slice(0, Math.max(1, expected.length)), expected, facts.name);
      checked++;
    }
    assert.ok(checked >= 7);
  });

  it("are released once by a return inside a guarded body inside a loop", () => {
    const [facts] = lower(`
      static int f(struct foo *foo)
      {
        while (foo->more) {
          guard(mutex)(&foo->a);
          list_for_each_entry(item, &foo->items, link) {
            scoped_guard(spinlock, &item->lock) {
              if (item->b)
                return g(item);
              if (item->c)
                goto next;
              if (item->d)
                break;
            }
            if (item->e)
              continue;
            if (item->f)
              break;
          }
      next:
          use(foo);
        }
        return 0;
      }`);
    assert.ok(facts);
    assert.deepEqual(unbalanced(facts), []);
    const unlocks = facts.blocks
      .filter((b) => b.end.kind === "return")
      .map((b) => b.effects.filter((e) => e.kind === "call" && e.implicit));
    assert.deepEqual(
      unlocks.map((effects) => effects.length),
      [2, 0],
      "two releases before the return inside, none before the one at the end",
    );
  });

  it("would be seen if one were missing", () => {
    const [facts] = lower(
      "int f(struct foo *foo) { mutex_lock(&foo->a); if (foo->b) return 1; mutex_unlock(&foo->a); return 0; }",
    );
    assert.ok(facts);
    assert.deepEqual(unbalanced(facts), ["returns holding mutex_unlock(&foo->a)"]);
  });
});
