// Walks over the call graph, and what belongs to one driver.
import assert from "node:assert/strict";
import { callees, calleesClosure, callersClosure, driverOf } from "../../server/src/program/reach.ts";
import { programOf, show, showAll } from "./support.ts";

const files = {
  "include/linux/bus.h":
    "struct ops { int (*open)(void *p); int (*other)(void *p); };\nstruct bus_driver { int (*probe)(void *p); void (*remove)(void *p); };\nstruct thing { const struct ops *ops; };\nint core_register(struct thing *t);\n",
  "drivers/core/core.c":
    "#include <linux/bus.h>\nint core_register(struct thing *t)\n{\n\treturn t->ops->open(t);\n}\nEXPORT_SYMBOL(core_register);\n",
  "drivers/a/a.c": [
    "#include <linux/bus.h>",
    "static int a_open(void *p)\n{\n\treturn a_lib(p);\n}",
    "static const struct ops a_ops = { .open = a_open };",
    "static int a_lib(void *p)\n{\n\treturn 0;\n}",
    "static void a_work(void *p)\n{\n}",
    "static int a_probe(void *p)\n{\n\tstruct thing *t = p;\n\tt->ops = &a_ops;\n\tinit_work(t, a_work);\n\treturn core_register(t);\n}",
    "static void a_remove(void *p)\n{\n\tp();\n}",
    "static struct bus_driver a_driver = { .probe = a_probe, .remove = a_remove };",
    "static void unused(void)\n{\n}",
  ].join("\n"),
  "drivers/b/b.c":
    "#include <linux/bus.h>\nstatic int b_open(void *p)\n{\n\treturn 0;\n}\nstatic const struct ops b_ops = { .open = b_open, .other = b_open };\n",
};

describe("callees", () => {
  it("resolves calls by name, through slots, and says what it does not know", async () => {
    const p = await programOf(files);
    const sites = (name: string, file: string): string[] => {
      const facts = p.fn(name, file);
      assert.ok(facts);
      return callees(facts, p).map((s) => `${s.how}: ${showAll(s.targets).join(" ")}`.trim());
    };
    assert.deepEqual(sites("core_register", "drivers/core/core.c"), [
      "slot: a_open@drivers/a/a.c b_open@drivers/b/b.c",
    ]);
    assert.deepEqual(sites("a_probe", "drivers/a/a.c"), ["unknown:", "direct: core_register@drivers/core/core.c"]);
    assert.deepEqual(sites("a_remove", "drivers/a/a.c"), ["unknown:"]);
  });
});

describe("closures", () => {
  it("go up and down, and say when a budget ends them", async () => {
    const p = await programOf(files);
    const lib = p.resolve("a_lib", "drivers/a/a.c");
    const probe = p.resolve("a_probe", "drivers/a/a.c");
    assert.ok(lib && probe);
    assert.deepEqual(showAll(callersClosure([lib], p).functions), ["a_open@drivers/a/a.c", "a_lib@drivers/a/a.c"]);
    const down = calleesClosure([probe], p, () => true);
    assert.deepEqual(showAll(down.functions), [
      "a_open@drivers/a/a.c",
      "a_lib@drivers/a/a.c",
      "a_probe@drivers/a/a.c",
      "b_open@drivers/b/b.c",
      "core_register@drivers/core/core.c",
    ]);
    assert.equal(down.complete, true);
    assert.equal(calleesClosure([probe], p, () => true, 2).complete, false);
  });
});

describe("driverOf", () => {
  it("collects a driver's own callbacks and tables, and resolves slots within them", async () => {
    const p = await programOf(files);
    const root = p.table("a_driver", "drivers/a/a.c");
    assert.ok(root);
    const driver = driverOf(root, p);
    assert.deepEqual(
      driver.functions.map((f) => f.name),
      ["a_open", "a_lib", "a_work", "a_probe", "a_remove"],
    );
    assert.deepEqual(
      driver.tables.map((t) => t.name),
      ["a_ops", "a_driver"],
    );
    assert.deepEqual(driver.files, ["drivers/a/a.c"]);
    assert.deepEqual(driver.targets("ops", "open").map(show), ["a_open@drivers/a/a.c"]);
    assert.deepEqual(driver.targets("ops", "other"), []);
    assert.equal(driver.complete, true);
    assert.equal(driverOf(root, p, undefined, 2).complete, false);
  });
});
