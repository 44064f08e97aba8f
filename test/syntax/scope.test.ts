// What stands at file scope: types, tables, macros, invocations.
import assert from "node:assert/strict";
import type { FileScope, Gap } from "../../server/src/syntax/ast.ts";
import { parser, showExpr, showType, showVar } from "./support.ts";

async function scope(text: string): Promise<FileScope & { gaps: readonly Gap[] }> {
  const parsed = (await parser()).parseFile(text);
  return { ...parsed.scope, gaps: parsed.gaps };
}

describe("file scope", () => {
  it("has structs with their fields", async () => {
    const s = await scope(
      "struct a {\n\tint x, *y;\n\tu8 on : 1;\n\tu8 : 3;\n\tstruct b __rcu *b;\n\tvoid (*fn)(int);\n\tunion {\n\t\tint c;\n\t\tlong d[2];\n\t};\n" +
        "#ifdef CONFIG_E\n\tint e;\n#endif\n\tDECLARE_BITMAP(map, 8);\n\tstruct_group(g, int h; int i;);\n\tstruct j bars[] __counted_by(x);\n} __packed;\n",
    );
    assert.deepEqual(s.gaps, []);
    assert.deepEqual(
      s.structs[0]?.fields.map((f) => `${f.name}:${showType(f.type)}`),
      [
        "x:int",
        "y:int*",
        "on:u8",
        "b:struct b*",
        "fn:void()",
        ":union{c:int, d:long[]}",
        "e:int",
        "map:unknown DECLARE_BITMAP[]",
        ":struct{h:int, i:int}",
        "bars:struct j[]",
      ],
    );
  });

  it("has the members that stand among macros", async () => {
    const s = await scope(
      "struct __some_align a {\n\tint x;\n\trandomized_start\n\tint y;\n\tPADDING(a)\n\tlong z[] SOME_ALIGN_ATTR;\n\tEXTRA_FIELDS\n};\n" +
        "enum e { A, FOR_ALL(B)\n\tFOR_ALL(C)\n\tD };\n",
    );
    assert.deepEqual(s.gaps, []);
    assert.equal(s.structs[0]?.name, "a");
    assert.deepEqual(
      s.structs[0]?.fields.map((f) => f.name),
      ["x", "y", "a", "z"],
    );
    assert.deepEqual(
      s.enums[0]?.members.map((m) => m.name),
      ["A", "D"],
    );
  });

  it("has enums and typedefs", async () => {
    const s = await scope(
      "enum e { A, MADE(x), B = A + 2,\n#ifdef C\n\tD,\n#endif\n};\ntypedef struct a *a_t;\ntypedef int (*fn_t)(void);\n",
    );
    assert.deepEqual(
      s.enums[0]?.members.map((m) => `${m.name}${m.value === undefined ? "" : `=${showExpr(m.value)}`}`),
      ["A", "B=(A + 2)", "D"],
    );
    assert.deepEqual(
      s.typedefs.map((t) => `${t.name}=${showType(t.type)}`),
      ["a_t=struct a*", "fn_t=int()"],
    );
  });

  it("has variables with their initialisers, and no prototypes", async () => {
    const s = await scope(
      "int f(int);\nextern void g(void) __must_hold(&l);\nstruct a;\nstatic const struct ops o = {\n\t.open = f,\n\t.in.deep = &g,\n#ifdef CONFIG_A\n\t.a = a,\n#else\n\t.a = b,\n#endif\n};\n" +
        "static int n __ro_after_init = 1;\nstatic DEFINE_PER_CPU(struct a, cpu) = { 1 };\nstatic struct x y __odd_section = { 2 };\nchar *s[] = { A B };\n",
    );
    assert.deepEqual(s.gaps, []);
    assert.deepEqual(s.vars.map(showVar), [
      "static o:struct ops = {open=f, in.deep=(&g), a=a}",
      "static n:int = 1",
      "static cpu:DEFINE_PER_CPU = {1}",
      "static y:struct x = {2}",
      "s:char*[] = {A, B}",
    ]);
  });

  it("has macros, includes and invocations with or without semicolons", async () => {
    const s = await scope(
      '#include <linux/a.h>\n#include "b.h"\n#define A 1 /* one */\n#define B(x, ...) \\\n\tg(x, "//", __VA_ARGS__)\nEXPORT_SYMBOL_GPL(f);\n' +
        "static DEFINE_MUTEX(m);\nDEVICE_ATTR_RO(name)\nint x;\nDEFINE_FREE(foo, struct a *, if (_T) put(_T))\nmodule_init(f)\n",
    );
    assert.deepEqual(s.gaps, []);
    assert.deepEqual(s.includes, ["linux/a.h", "b.h"]);
    assert.deepEqual(
      s.macros.map((m) => [m.name, m.params, m.body.replace(/\s+/g, " ")]),
      [
        ["A", undefined, "1"],
        ["B", ["x", "..."], 'g(x, "//", __VA_ARGS__)'],
      ],
    );
    assert.deepEqual(
      s.invocations.map((i) => `${i.macro}(${i.args.join("|")})`),
      [
        "EXPORT_SYMBOL_GPL(f)",
        "DEFINE_MUTEX(m)",
        "DEVICE_ATTR_RO(name)",
        "DEFINE_FREE(foo|struct a *|if (_T) put(_T))",
        "module_init(f)",
      ],
    );
    assert.deepEqual(s.vars.map(showVar), ["x:int"]);
  });

  it("says under which symbols things stand", async () => {
    const s = await scope(
      "#ifndef _A_H\n#define _A_H\n#ifdef CONFIG_B\n#define M 1\nint b;\n#if IS_ENABLED(CONFIG_C)\nint c;\n#endif\n#else\n#define M 2\nX(y);\n#endif\nint d;\n#endif\n",
    );
    assert.deepEqual(
      [...s.vars.map((v) => [v.name, v.config]), ...s.macros.map((m) => [m.body, m.config])],
      [
        ["b", ["CONFIG_B"]],
        ["c", ["CONFIG_B", "CONFIG_C"]],
        ["d", undefined],
        ["", undefined],
        ["1", ["CONFIG_B"]],
        ["2", ["!CONFIG_B"]],
      ],
    );
    assert.deepEqual(s.invocations[0]?.config, ["!CONFIG_B"]);
  });

  it("keeps the width of bit-fields", async () => {
    const s = await scope("struct a { u8 on : 1, two : 2; u8 : 5; int n : N; };\n");
    assert.deepEqual(
      s.structs[0]?.fields.map((f) => [f.name, f.bits]),
      [
        ["on", 1],
        ["two", 2],
        ["n", undefined],
      ],
    );
  });

  it("has the types that functions define in their bodies", async () => {
    const s = await scope("void f(void)\n{\n\tstruct local { int a; } x = { 1 };\n\tenum { ONE = 1 };\n}\n");
    assert.equal(s.structs[0]?.name, "local");
    assert.equal(s.enums[0]?.members[0]?.name, "ONE");
  });

  it("says what it does not understand", async () => {
    const s = await scope("int = = 3;\nint good;\n");
    assert.ok(s.gaps.length > 0);
    assert.deepEqual(s.vars.filter((v) => v.name === "good").length, 1);
  });
});
