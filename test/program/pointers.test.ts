// Function pointers and the closed world: tables, slots, targets, callers and mentions.
import assert from "node:assert/strict";
import { programOf, show, showAll } from "./support.ts";
import type { Program, SlotUse } from "../../server/src/program/program.ts";

const files = {
  "include/linux/ops.h": [
    "struct pm { int (*suspend)(void *d); };",
    "struct driver { const char *name; struct pm pm; };",
    "struct bus_driver { int (*probe)(void *d); void (*remove)(void *d); struct driver driver; };",
    "struct dev { const struct bus_driver *ops; struct bus_driver own; };",
    "#define make_driver(_name, _remove) static struct bus_driver _name = { .remove = _remove }",
    "#define TYPE(fn) ((&((const struct wide) { .base = { .size = 1 }, .destroy = fn }))->base)",
    "struct base { int size; };",
    "struct wide { struct base base; void (*destroy)(void *d); };",
    "struct object { const struct base *type; };",
    "#define DECLARE_OBJECT(id, t) const struct object id = { .type = &t }",
  ].join("\n"),
  "drivers/a/a.c": [
    "#include <linux/ops.h>",
    "static int a_suspend(void *d)\n{\n\treturn 0;\n}",
    "static void a_remove(void *d)\n{\n\ta_helper(d);\n}",
    "static void a_destroy(void *d)\n{\n}",
    "static void a_late(void *d)\n{\n}",
    "static struct bus_driver a_driver = {\n\t.remove = a_remove,\n\t.driver = {\n\t\t.pm = { .suspend = a_suspend },\n\t},\n};",
    "DECLARE_OBJECT(a_object, TYPE(a_destroy));",
    "static void a_setup(struct dev *d)\n{\n\td->own.remove = a_late;\n\tadd_action(d, a_destroy, d);\n}",
  ].join("\n"),
  "drivers/b/b.c": [
    "#include <linux/ops.h>",
    "static void b_remove(void *d)\n{\n}",
    "make_driver(b_driver, b_remove);",
    "static struct bus_driver positional = { 0, b_remove };",
  ].join("\n"),
  "drivers/c/c.c":
    "struct other { void (*remove)(void *d); };\nstatic void c_remove(void *d)\n{\n}\nstatic struct other c = { .remove = c_remove };\n",
};

function use(p: Program, name: string, file: string): string[] {
  const ref = p.resolve(name, file);
  assert.ok(ref);
  const text = (s: SlotUse): string =>
    s.argument === undefined ? `${s.struct}.${s.slot} in ${s.table}` : `${s.argument.callee}(${s.argument.index})`;
  return p.slots(ref).map(text);
}

describe("tables", () => {
  it("finds every table of a struct, written out or made by a macro", async () => {
    const p = await programOf(files);
    assert.deepEqual(
      p.tables("bus_driver").map((t) => `${t.name}@${t.file}`),
      ["a_driver@drivers/a/a.c", "b_driver@drivers/b/b.c", "positional@drivers/b/b.c"],
    );
    assert.equal(p.table("a_driver", "drivers/a/a.c")?.type.name, "bus_driver");
    assert.equal(p.table("a_driver", "drivers/b/b.c"), undefined);
  });
  it("names struct and slot of nested entries, positions and compound literals", async () => {
    const p = await programOf(files);
    const entries = (name: string): string[] =>
      p.tables(name).flatMap((t) => p.entries(t).map((e) => `${e.struct}.${e.slot} = ${show(e.fn)}`));
    assert.deepEqual(entries("bus_driver"), [
      "bus_driver.remove = a_remove@drivers/a/a.c",
      "pm.suspend = a_suspend@drivers/a/a.c",
      "bus_driver.remove = b_remove@drivers/b/b.c",
      "bus_driver.remove = b_remove@drivers/b/b.c",
    ]);
    assert.ok(entries("wide").includes("wide.destroy = a_destroy@drivers/a/a.c"));
  });
});

describe("targets and slots", () => {
  const targets = (p: Program, struct: string, slot: string): string[] =>
    p.targets(struct, slot).map((t) => `${show(t.fn)} ${t.table ?? `by ${t.by?.name}`}`);

  it("collects tables and run-time stores of one struct only", async () => {
    assert.deepEqual(targets(await programOf(files), "bus_driver", "remove"), [
      "a_remove@drivers/a/a.c a_driver",
      "a_late@drivers/a/a.c by a_setup",
      "b_remove@drivers/b/b.c b_driver",
      "b_remove@drivers/b/b.c positional",
    ]);
  });
  it("finds nested slots and those of compound literals behind macros", async () => {
    const p = await programOf(files);
    assert.deepEqual(targets(p, "pm", "suspend"), ["a_suspend@drivers/a/a.c a_driver"]);
    assert.deepEqual(targets(p, "wide", "destroy"), ["a_destroy@drivers/a/a.c a_object"]);
    assert.deepEqual(targets(p, "other", "remove"), ["c_remove@drivers/c/c.c c"]);
    assert.deepEqual(targets(p, "bus_driver", "none"), []);
  });
  it("keeps to the folders that it is told", async () => {
    const p = await programOf(files);
    const of = (within: readonly string[]): string[] => p.targets("bus_driver", "remove", within).map((t) => t.fn.name);
    assert.deepEqual(of(["drivers/b/"]), ["b_remove", "b_remove"]);
    assert.deepEqual(of(["drivers/a/", "drivers/c/"]), ["a_remove", "a_late"]);
    assert.deepEqual(
      p.tables("bus_driver", ["drivers/b/"]).map((t) => t.name),
      ["b_driver", "positional"],
    );
    assert.deepEqual(of(["drivers/none/"]), []);
  });
  it("says where a function is stored and where it is passed on", async () => {
    const p = await programOf(files);
    assert.deepEqual(use(p, "a_destroy", "drivers/a/a.c"), ["wide.destroy in a_object", "add_action(1)"]);
    assert.deepEqual(use(p, "a_suspend", "drivers/a/a.c"), ["pm.suspend in a_driver"]);
    assert.deepEqual(use(p, "a_late", "drivers/a/a.c"), ["bus_driver.remove in undefined"]);
  });
});

describe("the closed world", () => {
  const world = {
    "include/linux/w.h":
      "struct w { int gate; };\nint w_use(struct w *w);\nstatic inline int w_peek(struct w *w)\n{\n\treturn w->gate;\n}\n#define w_call(x) w_use((x))\n",
    "include/linux/outer.h": "#include <linux/w.h>\n",
    "drivers/w/core.c":
      "#include <linux/w.h>\nstruct priv { int gate; };\nint w_use(struct w *w)\n{\n\tw->gate = 1;\n\treturn 0;\n}\nEXPORT_SYMBOL(w_use);\nstatic int own(struct priv *p)\n{\n\treturn p->gate;\n}\n",
    "drivers/w/near.c":
      "#include <linux/outer.h>\nint near(struct w *w)\n{\n\treturn w_use(w);\n}\nint mac(struct w *w)\n{\n\treturn w_call(w);\n}\n",
    "drivers/z/far.c":
      "int far(void *w)\n{\n\treturn gate;\n}\nstatic int w_use(int a)\n{\n\treturn a;\n}\nint other(void)\n{\n\treturn w_use(1);\n}\n",
    "tools/t.c": "#include <linux/w.h>\nint t(struct w *w)\n{\n\treturn w_use(w);\n}\n",
  };
  it("knows who includes a header, directly or not, without the tools beside the kernel", async () => {
    const p = await programOf(world);
    assert.deepEqual(p.knowers("include/linux/w.h"), [
      "drivers/w/core.c",
      "drivers/w/near.c",
      "include/linux/outer.h",
      "include/linux/w.h",
    ]);
    assert.deepEqual(p.knowers("drivers/w/core.c"), ["drivers/w/core.c"]);
  });
  it("finds callers through macros and leaves out another file's function of that name", async () => {
    const p = await programOf(world);
    const ref = p.resolve("w_use", "drivers/w/near.c");
    assert.ok(ref);
    assert.equal(ref.file, "drivers/w/core.c");
    assert.deepEqual(showAll(p.callers(ref)), ["near@drivers/w/near.c", "mac@drivers/w/near.c"]);
  });
  it("finds who mentions a field, in the files that can know it", async () => {
    const p = await programOf(world);
    const names = (all: ReturnType<Program["mentions"]>): string[] => all.map((m) => ("name" in m ? m.name : m.file));
    assert.deepEqual(names(p.mentions("gate", "include/linux/w.h")), ["w_use", "own", "w_peek"]);
    assert.deepEqual(names(p.mentions("gate", "drivers/w/core.c")), ["w_use", "own"]);
    assert.deepEqual(names(p.mentions("gate")), ["w_use", "own", "far", "w_peek"]);
    assert.deepEqual(
      p.fieldUses("gate", "include/linux/w.h").map((u) => `${u.fn.name} ${u.written}`),
      ["w_use true", "own false", "w_peek false"],
    );
  });
  it("counts local files that rely on what their includer includes", async () => {
    const p = await programOf({
      "include/linux/w.h": "struct w { void (*act)(void); };\n",
      "drivers/a/a.c": '#include <linux/w.h>\n#include "a-part.c"\n#include "a.h"\n',
      "drivers/a/a-part.c": "static void part(void)\n{\n}\nstatic struct w w = { .act = part };\n",
      "drivers/a/a.h": "static inline void peek(struct w *w)\n{\n\tw->act();\n}\n",
      "drivers/b/a.h": "int act;\n",
    });
    assert.deepEqual(p.knowers("include/linux/w.h"), [
      "drivers/a/a-part.c",
      "drivers/a/a.c",
      "drivers/a/a.h",
      "include/linux/w.h",
    ]);
    assert.deepEqual(
      p.targets("w", "act").map((t) => show(t.fn)),
      ["part@drivers/a/a-part.c"],
    );
  });
  it("counts a .c file that another one includes", async () => {
    const p = await programOf({
      "a.c": "static int f(void)\n{\n\treturn 0;\n}\n",
      "b.c": '#include "a.c"\nint g(void)\n{\n\treturn f();\n}\n',
    });
    const f = p.resolve("f", "a.c");
    assert.ok(f);
    assert.deepEqual(showAll(p.callers(f)), ["g@b.c"]);
  });
});
