// The outline of a file: what is found at file scope, under which name, and what each unit is said to use.
import assert from "node:assert/strict";
import { addFile, newIndex, unitsNamed, usesOf, wordAt } from "../../server/src/program/index.ts";
import type { Index } from "../../server/src/program/index.ts";
import { CALLED, DESIGNATED, FIELD, STORED, VALUE, WRITTEN } from "../../server/src/program/lex.ts";
import * as U from "../../server/src/program/units.ts";

const KINDS = [
  "",
  "function",
  "variable",
  "struct",
  "enum",
  "enumerator",
  "typedef",
  "macro",
  "invocation",
  "prototype",
];

function indexed(text: string): Index {
  const index = newIndex();
  addFile(index, "a.c", text, undefined);
  return index;
}

/** Every unit as "kind name". */
function outlineOf(text: string): string[] {
  const index = indexed(text);
  return Array.from({ length: index.units.count }, (_, u) => {
    const name = wordAt(index, u, U.NAME);
    return `${KINDS[U.column(index.units, u, U.KIND)]} ${name}`.trim();
  });
}

describe("outline: what a file defines", () => {
  const cases: readonly (readonly [what: string, text: string, units: readonly string[]])[] = [
    ["a function", "int f(int a)\n{\n\treturn a;\n}\n", ["function f"]],
    ["a prototype", "extern struct foo *f(int a) __must_check;\n", ["prototype f"]],
    ["variables", "static u32 a, *b = &a;\nunsigned long c;\n", ["variable a", "variable b", "variable c"]],
    ["a table", "static const struct ops t = {\n\t.open = f,\n};\n", ["variable t"]],
    ["attributes around a name", "static struct ops t __ro_after_init = { 0 };\n", ["variable t"]],
    ["an array of function pointers", "static int (*table[])(int a) = { f, g };\n", ["variable table"]],
    ["function pointers of a typedef'd type", "static ssize_t (*table[])(int a) = { f };\n", ["variable table"]],
    ["a struct", "struct foo {\n\tint a;\n} __packed;\n", ["struct foo"]],
    ["a struct with an attribute before its tag", "struct __packed foo { int a; };\n", ["struct foo"]],
    [
      "structs and enums inside a struct",
      "struct a {\n\tstruct b { int x; } y;\n\tenum { P, Q } q;\n};\n",
      ["struct a", "struct b", "enum", "enumerator P", "enumerator Q"],
    ],
    [
      "an enum",
      "enum e {\n\tA,\n\tB = A + 2, /* C, */\n\tD\n};\n",
      ["enum e", "enumerator A", "enumerator B", "enumerator D"],
    ],
    [
      "typedefs",
      "typedef u32 __bitwise foo_t;\ntypedef int (*fn_t)(int);\ntypedef void act_t(struct x *p);\ntypedef struct { int a; } s_t;\n",
      ["typedef foo_t", "typedef fn_t", "typedef act_t", "struct", "typedef s_t"],
    ],
    ["macros", "#define A 1\n#define B(x) \\\n\t((x) + A)\n", ["macro A", "macro B"]],
    [
      "invocations with and without a semicolon",
      'MODULE_LICENSE("GPL");\nmodule_init(f)\nstatic DEFINE_MUTEX(lock);\nint a;\n',
      ["invocation MODULE_LICENSE", "invocation module_init", "invocation DEFINE_MUTEX", "variable a"],
    ],
    ["a name that a macro makes", "static int HANDLER(X)(int a)\n{\n\treturn 0;\n}\n", ["function HANDLER(X)"]],
    [
      "what a function defines for itself",
      "int f(void)\n{\n\tenum { LOCAL = 3 };\n\tstruct s { int a; };\n#define IN_F 1\n\treturn 0;\n}\n",
      ["function f", "enum", "enumerator LOCAL", "struct s", "macro IN_F"],
    ],
    ["no arm that is never C", "#if 0\nint a;\n#endif\nint b;\n", ["variable b"]],
    [
      "both arms of an #ifdef",
      "#ifdef CONFIG_A\nint f(void)\n{\n\treturn 1;\n}\n#else\nstatic inline int f(void)\n{\n\treturn 0;\n}\n#endif\nint z;\n",
      ["function f", "function f", "variable z"],
    ],
    [
      "an item that an #ifdef splits",
      "static struct ops t = {\n#ifdef CONFIG_A\n\t.open = f,\n#endif\n};\nint z;\n",
      ["variable t", "variable z"],
    ],
    ["what follows an unbalanced brace", "struct foo {\n\tint a[FOO({)];\n};\nint z;\n", ["struct foo", "variable z"]],
  ];
  for (const [what, text, units] of cases) it(what, () => assert.deepEqual(outlineOf(text), units));

  it("keeps the conditions of arms, without include guards", () => {
    const index = indexed("#ifndef A_H\n#define A_H\n#ifdef CONFIG_A\nint a;\n#else\nint b;\n#endif\n#endif\n");
    const config = (name: string): string => wordAt(index, unitsNamed(index, name)[0] ?? -1, U.CONFIG);
    assert.equal(config("a"), "CONFIG_A");
    assert.equal(config("b"), "!CONFIG_A");
  });

  it("gives includes as written", () => {
    const index = newIndex();
    const entry = addFile(index, "a.c", '#include <linux/a.h>\n# include "b.h"\n#include MACRO\n', undefined);
    assert.deepEqual(entry.includes, ["<linux/a.h>", '"b.h"']);
  });

  it("never throws, whatever the text is cut or spoiled to", () => {
    const text =
      "#define A(x) x\nstatic struct ops t = { .a = f, };\nenum { A, B };\nint f(int a)\n{\n\treturn \"x\" + 'c'; /* c */\n}\n";
    for (let i = 0; i < text.length; i++) {
      for (const spoiled of [
        text.slice(0, i),
        text.slice(i),
        text.slice(0, i) + "}" + text.slice(i),
        text.slice(0, i) + "(" + text.slice(i),
      ]) {
        const index = indexed(spoiled);
        for (let u = 0; u < index.units.count; u++) {
          assert.ok(U.column(index.units, u, U.START) <= U.column(index.units, u, U.END));
          assert.ok(U.column(index.units, u, U.END) <= spoiled.length);
        }
      }
    }
  });
});

describe("outline: what a unit uses", () => {
  function bits(body: string, name: string): number {
    const index = indexed(`void f(struct foo *x)\n{\n${body}\n}\n`);
    return usesOf(index, name)[0]?.bits ?? 0;
  }
  const cases: readonly (readonly [body: string, name: string, bits: number])[] = [
    ["g(1);", "g", CALLED],
    ["a = g;", "g", VALUE],
    ["x->g = 1;", "g", FIELD | WRITTEN],
    ["x->g == 1;", "g", FIELD],
    ["x.g |= 1;", "g", FIELD | WRITTEN],
    ["x->g++;", "g", FIELD | WRITTEN],
    ["x->g <<= 2;", "g", FIELD | WRITTEN],
    ["x->g < 2;", "g", FIELD],
    ["x->g[1] = 2;", "g", FIELD | WRITTEN],
    ["x->g(1);", "g", FIELD | CALLED],
    ["x->ops = &g;", "g", VALUE | STORED],
    ["x->ops = a ? g : h;", "g", VALUE | STORED],
    ["struct ops o = { .g = 1 };", "g", FIELD | WRITTEN | DESIGNATED],
    ["a > g;", "g", VALUE],
    ['/* g */ "g"; // g', "g", 0],
    ["#ifdef g\n#endif", "g", 0],
    ["x->g = 1; y = g(2);", "g", FIELD | WRITTEN | CALLED],
    ["", "foo", VALUE],
    ["", "f", 0],
    ["f();", "f", CALLED],
  ];
  for (const [body, name, expected] of cases)
    it(`${body === "" ? "the header" : body} uses ${name} as ${expected}`, () =>
      assert.equal(bits(body, name), expected));

  it("says which structs a struct contains and which it only points to", () => {
    const index = indexed("struct a {\n\tstruct b b;\n\tstruct c *c;\n};\n");
    assert.deepEqual([usesOf(index, "b")[0]?.bits, usesOf(index, "c")[0]?.bits], [VALUE, FIELD]);
  });

  it("does not take an export for a use", () => {
    const index = indexed("int f(void)\n{\n\treturn 0;\n}\nEXPORT_SYMBOL_GPL(f);\n");
    assert.deepEqual(usesOf(index, "f"), []);
  });
});
