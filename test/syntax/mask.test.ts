// Masks: the length never changes, and what is written over is what was meant.
import assert from "node:assert/strict";
import { maskFunction, splitArguments } from "../../server/src/syntax/mask.ts";

function masked(text: string): ReturnType<typeof maskFunction> {
  const result = maskFunction(text, text.indexOf("{"));
  assert.equal(result.text.length, text.length, "the length changed");
  return result;
}

/** The masked body with blanks squeezed. */
function body(text: string): string {
  const whole = masked(`void f(void)\n{${text}}`).text;
  return whole
    .slice(whole.indexOf("{") + 1, -1)
    .replace(/\s+/g, " ")
    .trim();
}

function header(text: string): string {
  return masked(`${text}\n{\n}`).text.split("{")[0]?.replace(/\s+/g, " ").trim() ?? "";
}

describe("maskFunction", () => {
  const bodies: [string, string, string][] = [
    ["blanks comments", "a(); /* b */ c(); // d\n", "a(); c();"],
    ["adds a semicolon to a macro on its own line", "\n\tFOO_ON(x)\n\tg();\n", "FOO_ON(x); g();"],
    ["adds one before a closing brace", "\n\tif (a) {\n\t\tFOO(x)\n\t}\n", "if (a) { FOO(x); }"],
    ["renames a loop without braces", "\n\tidr_each_entry_x(a, b)\n\t\tg();\n", "for_each (a, b) g();"],
    ["blanks static before a macro", "static DEFINE_MUTEX(m);", "DEFINE_MUTEX(m);"],
    ["makes a variable of a macro with an initialiser", "DECLARE_BITMAP(map, 4) = { 0 };", "int map = { 0 };"],
    ["closes do with a macro", "do { g(); } while_each_thread(a, b);", "do { g(); } while (a, b);"],
    ["puts braces round statements in an argument", "unsafe(\n\ta();\n\tb();\n);", "unsafe({ a(); b();});"],
    ["makes a block of them where braces don't fit", "fail(test, a();\n\tb());", "{ a(); b();}"],
    ["closes several of them", "loop(a();,b());", "{a(); b();}"],
    ["blanks the arguments of a tag", "struct head(1) *p;", "struct head *p;"],
    ["parts entries without commas", "int a[] = { X Y(1)\n\tZ };", "int a[] = { X,Y(1), Z };"],
    ["leaves casts in tables alone", "void *a[] = { (void *) x, };", "void *a[] = { (void *) x, };"],
    ["makes numbers of what pastes", "if (is(480A)) g();", "if (is(0 )) g();"],
    ["blanks attributes", "int x __maybe_unused = 1; char __user *p __attribute__((unused));", "int x = 1; char *p ;"],
    ["spares fields with an attribute's name", "a->notrace = b.noinline;", "a->notrace = b.noinline;"],
    [
      "opens a group of members",
      "struct { struct_group(g, int a; int b;); } s;",
      "struct { struct { int a; int b;}; } s;",
    ],
  ];
  for (const [title, text, want] of bodies) it(title, () => assert.equal(body(text), want));

  const headers: [string, string][] = [
    ["static int __init foo(void)", "static int foo(void)"],
    ["noinline_for_stack static foo_status __odd foo(int a)", "static foo_status foo(int a)"],
    ["asmlinkage long foo(int a) __releases(&a->l)", "long foo(int a)"],
    ["static int UVERBS_HANDLER(X)(struct b *attrs)", "static int UVERBS_HANDLER (struct b *attrs)"],
    ["SYSCALL_DEFINE1(close, unsigned int, fd)", "a b()"],
    ["static struct foo *__must_check bar(void)", "static struct foo * bar(void)"],
    ["static __always_inline u64 __cond_set(u64 a)", "static u64 __cond_set(u64 a)"],
  ];
  for (const [text, want] of headers) it(text, () => assert.equal(header(text), want));

  it("keeps lock annotations as facts", () => {
    const { annotations } = masked("void f(struct a *a)\n\t__must_hold(&a->lock) __cold __acquires(a, b)\n{\n}");
    assert.deepEqual(annotations, [
      { name: "__must_hold", args: ["&a->lock"] },
      { name: "__acquires", args: ["a", "b"] },
    ]);
  });
});

describe("arms", () => {
  it("leaves whole statements to the grammar", () => {
    assert.equal(body("\n#ifdef A\n\tg();\n#else\n\th();\n#endif\n"), "#ifdef A g(); #else h(); #endif");
  });

  const split: [string, string, string, string[]][] = [
    ["a split brace", "\n#ifdef A\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\t\tg();\n\t}\n", "if (a) { g(); }", ["A"]],
    ["a dangling else", "\n#ifdef A\n\tif (a)\n\t\tg();\n\telse\n#endif\n\t\th();\n", "if (a) g(); else h();", ["A"]],
    [
      "an else in the arm",
      "\n\tif (a) {\n\t}\n#ifdef A\n\telse if (b) {\n\t}\n#endif\n",
      "if (a) { } else if (b) { }",
      ["A"],
    ],
    ["part of a condition", "\n\tif (a\n#ifdef A\n\t    && b\n#endif\n\t    )\n\t\tg();\n", "if (a && b ) g();", ["A"]],
    ["an argument", "\n\tg(a,\n#ifndef A\n\t  b\n#else\n\t  c\n#endif\n\t  );\n", "g(a, b );", ["!A"]],
    ["entries", "\n\tint t[] = {\n#ifdef A\n\t\t1,\n#else\n\t\t2,\n#endif\n\t};\n", "int t[] = { 1, };", ["A"]],
  ];
  for (const [title, text, want, assumes] of split)
    it(`takes one arm of ${title}`, () => {
      assert.equal(body(text), want);
      assert.deepEqual(masked(`void f(void)\n{${text}}`).assumes, assumes);
    });

  it("drops what `#if 0` holds, and keeps its #else", () => {
    assert.equal(body("\n#if 0\n\tit's prose\n#else\n\tg();\n#endif\n\th();\n"), "g(); h();");
  });

  it("settles arms inside arms", () => {
    const text = "\n#ifdef A\n#ifdef B\n\tif (b)\n#endif\n\t\tg();\n#endif\n";
    assert.equal(body(text), "#ifdef A if (b) g(); #endif");
  });
});

describe("splitArguments", () => {
  it("splits at commas outside brackets and literals", () => {
    assert.deepEqual(splitArguments('a, f(b, c), {d, e}, "x,y", '), ["a", "f(b, c)", "{d, e}", '"x,y"', ""]);
    assert.deepEqual(splitArguments("  "), []);
  });
});
