// Names to definitions: statics, headers, configurations, modules, names that macros make, types and constants.
import assert from "node:assert/strict";
import { createProgram } from "../../server/src/program/create.ts";
import { memorySource, overlaySource } from "../../server/src/project/memory.ts";
import { parser, programOf, show, showAll } from "./support.ts";

const fn = (name: string, body = "return 0;", head = "int"): string => `${head} ${name}(void)\n{\n\t${body}\n}\n`;

describe("functions by name", () => {
  it("keeps same-named statics apart", async () => {
    const p = await programOf({
      "a.c": fn("f", "return 1;", "static int") + fn("ga", "return f();"),
      "b.c": fn("f", "return 2;", "static int") + fn("gb", "return f();"),
    });
    assert.equal(show(p.resolve("f", "a.c")), "f@a.c");
    assert.equal(show(p.resolve("f", "b.c")), "f@b.c");
    assert.deepEqual(showAll(p.definitions("f")), ["f@a.c", "f@b.c"]);
    const [a] = p.definitions("f");
    assert.ok(a);
    assert.deepEqual(showAll(p.callers(a)), ["ga@a.c"]);
  });

  it("does not see another file's static", async () => {
    const p = await programOf({ "a.c": fn("f", "return 1;", "static int"), "b.c": fn("g", "return f();") });
    assert.equal(p.resolve("f", "b.c"), undefined);
  });

  const stubbed = {
    "drivers/x/x.h": `#ifdef CONFIG_X\nint x_add(int a);\n#else\nstatic inline int x_add(int a)\n{\n\treturn -1;\n}\n#endif\n`,
    "drivers/x/x.c": `#include "x.h"\nint x_add(int a)\n{\n\treturn a;\n}\n`,
    "drivers/x/use.c": `#include "x.h"\n${fn("use", "return x_add(1);")}`,
    "drivers/x/Makefile": "xm-y := use.o\nxm-$(CONFIG_X) += x.o\nobj-m += xm.o\n",
  };
  it("takes the definition, not the stub of the arm where the option is off", async () => {
    const p = await programOf(stubbed);
    assert.equal(show(p.resolve("x_add", "drivers/x/use.c")), "x_add@drivers/x/x.c");
    assert.deepEqual(showAll(p.definitions("x_add")), ["x_add@drivers/x/x.c"]);
  });
  it("takes the stub where the option is said to be off", async () => {
    const p = await programOf(stubbed, { arm: (symbol) => (symbol === "CONFIG_X" ? false : undefined) });
    assert.equal(show(p.resolve("x_add", "drivers/x/use.c")), "x_add@drivers/x/x.h");
    assert.deepEqual(p.fn("x_add", "drivers/x/use.c")?.arms, ["!CONFIG_X"]);
  });
  it("lets the family's Makefile turn on what is off by default", async () => {
    const files = {
      "drivers/x/a.c":
        "#ifdef CONFIG_PREEMPT_RT\n" + fn("f", "return 1;") + "#else\n" + fn("f", "return 2;") + "#endif\n",
      "drivers/x/Makefile": "obj-$(CONFIG_PREEMPT_RT) += a.o\n",
    };
    const start = async (family: readonly string[]): Promise<number | undefined> =>
      (await programOf(files, { family })).resolve("f", "drivers/x/a.c")?.start;
    const [on, off] = [await start(["drivers/x/a.c"]), await start([])];
    assert.ok(on !== undefined && off !== undefined && on < off);
  });

  it("takes arms of symbols that the file defines itself", async () => {
    const p = await programOf({
      "a.c":
        "#define OWN 1\n#ifdef OWN\n" +
        fn("f") +
        "#else\n" +
        fn("g") +
        "#endif\n" +
        "#ifndef LATER\n#define LATER 2\n" +
        fn("h") +
        "#endif\n#ifdef NEVER\n" +
        fn("n") +
        "#endif\n",
    });
    const seen = ["f", "g", "h", "n"].filter((name) => p.resolve(name, "a.c") !== undefined);
    assert.deepEqual(seen, ["f", "h"]);
  });

  it("prefers the module's own function, then an exporter's", async () => {
    const p = await programOf({
      "drivers/a/one.c": fn("get", "return use();"),
      "drivers/a/two.c": fn("use"),
      "drivers/a/Makefile": "am-y := one.o two.o\nobj-m += am.o\n",
      "drivers/b/use.c": `${fn("use")}EXPORT_SYMBOL_GPL(use);\n`,
      "drivers/c/c.c": fn("user", "return use();"),
    });
    assert.equal(show(p.resolve("use", "drivers/a/one.c")), "use@drivers/a/two.c");
    assert.equal(show(p.resolve("use", "drivers/c/c.c")), "use@drivers/b/use.c");
    assert.equal(p.resolve("use", "drivers/c/c.c", ["drivers/a/"])?.file, "drivers/a/two.c");
    assert.equal(p.resolve("use", "drivers/c/c.c", ["drivers/c/"]), undefined);
    assert.equal(p.exported("use"), true);
    assert.equal(p.exported("get"), false);
  });

  it("leaves macros that look like functions unresolved", async () => {
    const p = await programOf({ "a.c": `#define f(x) g(x)\n${fn("use", "return f(1);")}`, "b.c": fn("f") });
    assert.equal(p.resolve("f", "a.c"), undefined);
    assert.equal(p.macro("f", "a.c")?.body, "g(x)");
  });

  it("gives a function the name that its macro makes", async () => {
    const p = await programOf({
      "a.h":
        "#define PASTE(x, y) x ## y\n#define NAME(x, y) PASTE(x, y)\n#define HANDLER(id) NAME(MODULE, _handler_ ## id)\n",
      "a.c": `#define MODULE core\n#include "a.h"\nstatic int HANDLER(ALLOC)(int a)\n{\n\treturn a;\n}\n`,
    });
    assert.equal(show(p.resolve("core_handler_ALLOC", "a.c")), "core_handler_ALLOC@a.c");
    assert.equal(p.fn("core_handler_ALLOC", "a.c")?.params[0]?.name, "a");
  });

  it("lowers one body with spans of the whole file", async () => {
    const text = `${fn("first")}${fn("second", "return other(3);")}`;
    const facts = (await programOf({ "a.c": text })).fn("second", "a.c");
    const call = facts?.blocks.flatMap((b) => b.effects).find((e) => e.kind === "call");
    assert.equal(text.slice(call?.span.start, call?.span.end), "other(3)");
  });

  it("knows the cleanup classes that a file's own header defines", async () => {
    const p = await programOf({
      "a.h": "DEFINE_FREE(my_put, struct foo *, if (_T) foo_put(_T))\n",
      "a.c": `#include "a.h"\nint f(void)\n{\n\tstruct foo *x __free(my_put) = foo_get();\n\treturn 0;\n}\n`,
    });
    const facts = p.fn("f", "a.c");
    assert.deepEqual(facts?.gaps, []);
    const calls = facts?.blocks
      .flatMap((b) => b.effects)
      .flatMap((e) => (e.kind === "call" && e.callee.k === "name" ? [e.callee.name] : []));
    assert.deepEqual(calls, ["foo_get", "foo_put"]);
  });
});

describe("types and constants", () => {
  const files = {
    "include/linux/foo.h":
      "#include <linux/base.h>\nstruct foo {\n\tstruct base base;\n\tunion {\n\t\tint a;\n\t\tstruct bar *b;\n\t};\n\tfoo_fn *act;\n};\n",
    "include/linux/base.h":
      'struct base {\n\tunsigned long flags;\n};\ntypedef int foo_fn(struct base *b);\nenum { FIRST = 2, SECOND, THIRD = SECOND << 4 };\n#define SIZE (1 << SHIFT)\n#define SHIFT 12\n#define NAME "x"\n',
    "drivers/x/priv.h": "struct bar {\n\tint own;\n};\n",
    "drivers/x/a.c": '#include <linux/foo.h>\n#include "priv.h"\nstatic struct foo one;\nstruct foo *find(int i);\n',
    "drivers/y/b.c": "struct bar {\n\tint other;\n};\n",
    "drivers/z/c.c": "struct bar;\nstruct bar *p;\n",
  };
  it("finds structs through includes, nearest first", async () => {
    const p = await programOf(files);
    assert.equal(p.struct("base", "drivers/x/a.c")?.file, "include/linux/base.h");
    assert.deepEqual(
      p.struct("bar", "drivers/x/a.c")?.fields.map((f) => f.name),
      ["own"],
    );
    assert.deepEqual(
      p.struct("bar", "drivers/y/b.c")?.fields.map((f) => f.name),
      ["other"],
    );
    assert.equal(p.struct("nowhere", "drivers/x/a.c"), undefined);
  });
  it("looks for a struct that is known by pointer only where it is defined", async () => {
    const p = await programOf({
      "a.c": "struct secret;\nstruct secret *p;\n",
      "sub/b.c": "struct secret {\n\tint s;\n};\n",
    });
    assert.equal(p.struct("secret", "a.c")?.file, "sub/b.c");
  });
  it("looks through anonymous members", async () => {
    const p = await programOf(files);
    assert.deepEqual(p.field("foo", "b", "drivers/x/a.c")?.type, {
      kind: "struct",
      name: "bar",
      pointers: 1,
      array: false,
      func: false,
    });
    assert.equal(p.field("foo", "none", "drivers/x/a.c"), undefined);
  });
  it("knows typedefs, variables and what functions return", async () => {
    const p = await programOf(files);
    assert.equal(p.typedef("foo_fn", "drivers/x/a.c")?.func, true);
    assert.equal(p.variable("one", "drivers/x/a.c")?.name, "foo");
    assert.deepEqual(p.returns("find", "drivers/x/a.c"), {
      kind: "struct",
      name: "foo",
      pointers: 1,
      array: false,
      func: false,
    });
  });
  it("evaluates enumerators and object-like macros", async () => {
    const p = await programOf(files);
    const of = (name: string): number | undefined => p.constant(name, "drivers/x/a.c");
    assert.deepEqual(["FIRST", "SECOND", "THIRD", "SIZE", "NAME", "NONE"].map(of), [
      2,
      3,
      48,
      4096,
      undefined,
      undefined,
    ]);
  });
  it("does not run away with a macro that is written with itself", async () => {
    const p = await programOf({ "a.c": "#define A B\n#define B A\nint x;\n" });
    assert.equal(p.constant("A", "a.c"), undefined);
  });
});

describe("overlays", () => {
  const files = {
    "h.h": "struct s { int a; };\n",
    "a.c": `#include "h.h"\n${fn("f", "return 1;")}`,
    "b.c": `#include "h.h"\n${fn("g", "return f();")}`,
  };
  it("index only the changed file anew and see its new text", async () => {
    const reads: string[] = [];
    const memory = memorySource(files);
    const source = { ...memory, read: (file: string) => (reads.push(file), memory.read(file)) };
    const base = createProgram(source, await parser());
    assert.equal(show(base.resolve("g", "b.c")), "g@b.c");
    assert.deepEqual(base.definitions("f").map(base.callers).map(showAll), [["g@b.c"]]);
    assert.equal(base.resolve("nothing", "b.c"), undefined);
    createProgram(overlaySource(source, { "b.c": "" }), await parser(), { over: base });
    reads.length = 0;
    const changed = overlaySource(source, { "b.c": `#include "h.h"\n${fn("g", "return f() + h();")}${fn("h")}` });
    const over = createProgram(changed, await parser(), { over: base });
    assert.equal(show(over.resolve("h", "b.c")), "h@b.c");
    assert.equal(base.resolve("h", "b.c"), undefined);
    const [f] = over.definitions("f");
    assert.ok(f);
    assert.deepEqual(showAll(over.callers(f)), ["g@b.c"]);
    assert.equal(over.facts(f), base.facts(f));
    assert.ok(!reads.includes("a.c") && !reads.includes("h.h"), `read again: ${reads.join(" ")}`);
  });
  it("see a changed header from unchanged files", async () => {
    const source = memorySource(files);
    const base = createProgram(source, await parser());
    assert.deepEqual(
      base.struct("s", "a.c")?.fields.map((x) => x.name),
      ["a"],
    );
    const over = createProgram(overlaySource(source, { "h.h": "struct s { int b; };\n" }), await parser(), {
      over: base,
    });
    assert.deepEqual(
      over.struct("s", "a.c")?.fields.map((x) => x.name),
      ["b"],
    );
    assert.deepEqual(
      base.struct("s", "a.c")?.fields.map((x) => x.name),
      ["a"],
    );
  });
  it("forget a deleted file", async () => {
    const source = memorySource(files);
    const base = createProgram(source, await parser());
    const [f] = base.definitions("f");
    assert.ok(f);
    const over = createProgram(overlaySource(source, { "b.c": undefined }), await parser(), { over: base });
    assert.deepEqual(showAll(over.callers(f)), []);
    assert.deepEqual(showAll(base.callers(f)), ["g@b.c"]);
  });
});
