// Guard, CLASS and __free classes: the table, and definitions read from a file.
import assert from "node:assert/strict";
import { KERNEL_CLASSES, withClassesOf } from "../../server/src/facts/cleanup.ts";
import { name } from "../../server/src/facts/place.ts";
import { printValue } from "../../server/src/facts/text.ts";
import { fill } from "../../server/src/facts/template.ts";
import type { CallTemplate } from "../../server/src/facts/template.ts";

const shown = (call: CallTemplate | undefined): string =>
  call === undefined
    ? "nothing"
    : `${call.callee}(${fill(call, name("x"), { k: "temp", id: 1 }).map(printValue).join(", ")})`;

describe("cleanup", () => {
  it("knows the kernel's classes", () => {
    const guard = (cls: string): string => {
      const g = KERNEL_CLASSES.guards.get(cls);
      return g === undefined ? "unknown" : `${shown(g.acquire)} ${shown(g.release)} ${g.held}`;
    };
    assert.equal(guard("mutex"), "mutex_lock(x) mutex_unlock(x) always");
    assert.equal(guard("mutex_intr"), "mutex_lock_interruptible(x) mutex_unlock(x) zero");
    assert.equal(guard("rwsem_read_try"), "down_read_trylock(x) up_read(x) nonzero");
    assert.equal(guard("srcu"), "srcu_read_lock(x) srcu_read_unlock(x, t1) always");
    assert.equal(guard("rcu"), "rcu_read_lock() rcu_read_unlock() always");
    assert.equal(guard("spinlock_irqsave"), "spin_lock_irqsave(x, ?) spin_unlock_irqrestore(x, ?) always");
    assert.equal(guard("wiphy"), "mutex_lock(&x->mtx) mutex_unlock(&x->mtx) always");
    assert.equal(guard("mutex_init"), "mutex_init(x) nothing always");
    assert.equal(shown(KERNEL_CLASSES.frees.get("path_put")?.release), "path_put(&x)");
    assert.equal(KERNEL_CLASSES.frees.get("kfree")?.check, "error");
  });

  it("holds no row that could not be read", () => {
    // A template that does not parse is dropped; this catches a slip in the tables.
    assert.ok(KERNEL_CLASSES.guards.size > 80);
    assert.ok(KERNEL_CLASSES.frees.size > 30);
    for (const [cls, g] of KERNEL_CLASSES.guards) {
      if (g.release === undefined) assert.match(cls, /_init$/);
    }
  });

  it("reads definitions", () => {
    const invocation = (macro: string, ...args: string[]): { macro: string; args: string[] } => ({ macro, args });
    const classes = withClassesOf(KERNEL_CLASSES, [
      invocation("DEFINE_GUARD", "foo", "struct foo *", "foo_lock(_T)", "foo_unlock(_T)"),
      invocation("DEFINE_GUARD_COND", "foo", "_try", "foo_trylock(_T)"),
      invocation("DEFINE_GUARD_COND", "foo", "_intr", "foo_lock_intr(_T)", "_RET == 0"),
      invocation("DEFINE_LOCK_GUARD_1", "bar", "struct bar", "bar_lock(_T->lock)", "bar_unlock(_T->lock)"),
      invocation("DEFINE_LOCK_GUARD_1", "idx", "struct s", "_T->idx = s_lock(_T->lock)", "s_unlock(_T->lock, _T->idx)"),
      invocation("DEFINE_LOCK_GUARD_0", "zero", "zero_enter()", "zero_exit()"),
      invocation("DEFINE_FREE", "put_foo", "struct foo *", "if (!IS_ERR_OR_NULL(_T)) foo_put(_T)"),
      invocation("DEFINE_FREE", "two", "struct foo *", "if (_T) { a(_T); b(_T); }"),
      invocation("DEFINE_CLASS", "get", "struct foo *", "if (_T) foo_put(_T)", "foo_get(id)", "int id"),
    ]);
    const { guards, frees, variables } = classes;
    assert.equal(shown(guards.get("foo")?.acquire), "foo_lock(x)");
    assert.equal(guards.get("foo_try")?.held, "nonzero");
    assert.equal(shown(guards.get("foo_intr")?.release), "foo_unlock(x)");
    assert.equal(guards.get("foo_intr")?.held, "zero");
    assert.equal(shown(guards.get("bar")?.release), "bar_unlock(x)");
    assert.equal(shown(guards.get("idx")?.release), "s_unlock(x, t1)");
    assert.equal(shown(guards.get("zero")?.acquire), "zero_enter()");
    assert.deepEqual(frees.get("put_foo"), { check: "error", release: { callee: "foo_put", args: ["_T"] } });
    assert.equal(frees.get("two"), undefined, "two calls are more than a template says");
    assert.equal(variables.get("get")?.acquire, "foo_get");
    assert.ok(!KERNEL_CLASSES.guards.has("foo"), "the kernel's own table is not changed");
  });
});
