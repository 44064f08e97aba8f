// Functions as data: statements, expressions, declarations, headers. Expressions are shown fully bracketed.
import assert from "node:assert/strict";
import { body, parser, showType } from "./support.ts";
import type { FunctionDef } from "../../server/src/syntax/ast.ts";

async function only(text: string): Promise<FunctionDef> {
  const { functions } = (await parser()).parseFile(text);
  assert.equal(functions.length, 1);
  const fn = functions[0];
  assert.ok(fn);
  return fn;
}

describe("statements", () => {
  const rows: [string, string][] = [
    [
      "list_for_each_entry(p, &a->list, node)\n\tif (p)\n\t\tbreak;",
      "each list_for_each_entry(p, (&a->list), node) if p break;",
    ],
    ["odd_iterate_all(a, b)\n\t\tg(a);", "each odd_iterate_all(a, b) g(a);"],
    ["device_for_each_child(d, x, fn);", "device_for_each_child(d, x, fn);"],
    ["hash_for_each(t, i, p, n) ;", "each hash_for_each(t, i, p, n) empty;"],
    ["scoped_guard(mutex, &l) { g(); }", "scoped scoped_guard(mutex, (&l)) { g(); }"],
    ["scoped_guard(rcu)\n\tg();", "scoped scoped_guard(rcu) g();"],
    ["with_lock_held(l) { g(); }", "scoped with_lock_held(l) { g(); }"],
    [
      "scoped_cond_guard(mutex_intr, return -EINTR, &l) { g(); }",
      "scoped scoped_cond_guard(mutex_intr, ({ return (-EINTR); }), (&l)) { g(); }",
    ],
    ["struct a *p __free(kfree) = NULL, *q;", "let p:struct a* cleanup kfree = NULL, q:struct a*;"],
    ["void __iomem __free(iounmap) *p = NULL;", "let p:void* cleanup iounmap = NULL;"],
    ["char AUTO_KFREE(path);", "let path:char* cleanup kfree;"],
    ['register u64 r asm("r8") = 1;', "let r:u64 = 1;"],
    ["static const u8 t[2] = { [A] = 1, [B ... C] = 2, };", "let static t:u8[] = {[A]=1, [B...C]=2};"],
    ["int (*fn)(int), *(*gn)(void);", "let fn:int(), gn:int*();"],
    ["typeof(&f) fn;", "let fn:unknown typeof(&f);"],
    ["auto hb = key.hb;", "let hb:unknown auto = key.hb;"],
    ["DECLARE_BITMAP(map, 8) = { 0 };", "let map:DECLARE_BITMAP = {0};"],
    [
      "switch (x) { case 1 ... 3: g(); fallthrough; case A: default: break; }",
      "switch x { case 1 ... 3: g(); empty; case A: default: break; }",
    ],
    ["goto out; out: return;", "goto out; out: return;"],
    ["out: ;", "out: empty;"],
    ["for (int i = 0; i < 3; i++) ;", "for [let i:int = 0; | (i < 3) | (i++)] empty;"],
    ["for (;;) g();", "for [ |  | ] g();"],
    ["do g(); while (x);", "do g(); while x;"],
    ["do { g(); } while_each_thread(a, b);", "do { g(); } while while_each_thread(a, b);"],
    ["if (a) g(); else if (b) h(); else { }", "if a g(); else if b h(); else {  }"],
    ["\n#ifdef CONFIG_A\n\tg();\n#else\n\th();\n#endif\n", "#[CONFIG_A: g(); | !CONFIG_A: h();]"],
    ["\n#if defined(A) && B\n\tg();\n#elif IS_ENABLED(C)\n#endif\n", "#[defined(A) && B: g(); | C: ]"],
    ["FOO_MARK(x)\n\tg();", "each FOO_MARK(x) g();"],
    ["\tFOO_MARK(x)\n\tg();", "FOO_MARK(x); g();"],
  ];
  for (const [text, want] of rows)
    it(text.trim().replace(/\s+/g, " "), async () => assert.equal(await body(text), want));

  it("keeps statements that are a macro's arguments", async () => {
    assert.equal(await body("unsafe(\n\ta();\n\tb();\n);"), "unsafe(({ a(); b(); }));");
    assert.equal(
      await body("if (msec(d, 2000,\n\t\tif (a)\n\t\t\tbreak;\n\t) < 0) c();"),
      "if (msec(d, 2000, ({ if a break; })) < 0) c();",
    );
    assert.equal(await body("D(1, a();b());"), "{ a(); b(); }");
  });
});

describe("expressions", () => {
  const rows: [string, string][] = [
    ["a + b * c == d && !e | f", "(((a + (b * c)) == d) && ((!e) | f))"],
    ["(a) & b", "(a & b)"],
    ["(f(x)) && p->y > 0", "(f(x) && (p->y > 0))"],
    ["(f(x)) && (y)", "(f(x) && y)"],
    ["(f(x)) & b", "(f(x) & b)"],
    ["(f(x)) - 1", "(f(x) - 1)"],
    ["(a[1]) * b", "(a[1] * b)"],
    ["(a)(b)", "a(b)"],
    ["(u32)-1", "<u32>(-1)"],
    ["(dma_addr_t)(x)", "<dma_addr_t>x"],
    ["(struct a *)p->q", "<struct a*>p->q"],
    ["(__force u32)x + 1", "(<u32>x + 1)"],
    ["sizeof(x) * n", "(sizeof(x) * n)"],
    ["sizeof(struct a)", "sizeof(type struct a)"],
    ["*p++ = -1", "((*(p++)) = -1)"],
    ["b -1 + c[2]-1 - g()-1", "(((((b - 1) + c[2]) - 1) - g()) - 1)"],
    ["a ?: b", "(a ?  : b)"],
    ["a ? b : c ? d : e", "(a ? b : (c ? d : e))"],
    ["container_of(w, struct a, b.c)", "container_of(w, type struct a, b.c)"],
    ["min_t(unsigned long, a, b)", "min_t(type unsigned long, a, b)"],
    ["va_arg(ap, u32 *)", "va_arg(ap, type u32*)"],
    ["kvmalloc_objs(struct page *, n)", "kvmalloc_objs(type struct page*, n)"],
    ["offsetof(struct a, b.c[1])", "offsetof(type struct a, b.c[1])"],
    ["({ int x = 1; x; })", "({ let x:int = 1; x; })"],
    ["(struct a){ .b = 1, .c.d = { 2 } }", "<struct a>{b=1, c.d={2}}"],
    ["guard(mutex)(&l)", "guard(mutex)((&l))"],
    ["ops->run[1](a)", "ops->run[1](a)"],
    ["x = (a, b)", "(x = (a, b))"],
    ["f(a, , b)", "f(a, b)"],
    ["f(a, .b = 1, [2] = 3)", "f(a, {b=1}, {[2]=3})"],
    ["expect(t, a, ==, b)", "expect(t, a, ==, b)"],
    ['printk(KERN_ERR PFX "a" B "c")', 'printk(KERN_ERR PFX "a" B "c")'],
    ['show(__stringify(X) "\\n")', 'show(__stringify(X) "\\n")'],
    ['asm volatile(OP(%0, %1) "y" : CC_OUT(c), [o] "+d" (a) : "i" (B) : CLOBBER("m"))', "asm((&a), B)"],
    ['asm volatile("x" : "=r"(a) : "r"(b) : "memory")', "asm((&a), b)"],
  ];
  for (const [text, want] of rows) it(text, async () => assert.equal(await body(`${text};`), `${want};`));

  it("knows what numbers are worth", async () => {
    const fn = await only(
      "int f(void)\n{\n\tg(0x10UL, 010, 'a', '\\n', 1ULL << 3, 18446744073709551615ULL, 1.5);\n}\n",
    );
    const [stmt] = fn.body;
    assert.ok(stmt?.k === "expr" && stmt.e.k === "call");
    assert.deepEqual(
      stmt.e.args.map((a) => (a.k === "num" ? a.value : a.k)),
      [16, 8, 97, 10, "bin", undefined, undefined],
    );
  });
});

describe("functions", () => {
  it("have a header", async () => {
    const fn = await only(
      "static struct a __rcu *__must_check f(const struct b *b, u8 c[4], void (*d)(int), ...)\n\t__must_hold(&b->lock)\n{\n}\n",
    );
    assert.equal(fn.name, "f");
    assert.equal(fn.static, true);
    assert.equal(showType(fn.returns), "struct a*");
    assert.deepEqual(
      fn.params.map((p) => `${p.name}:${showType(p.type)}`),
      ["b:struct b*", "c:u8[]", "d:void()"],
    );
    assert.deepEqual(fn.annotations, [{ name: "__must_hold", args: ["&b->lock"] }]);
    assert.deepEqual(fn.gaps, []);
  });

  it("of system calls have the macro's parameters", async () => {
    const fn = await only("SYSCALL_DEFINE2(foo, unsigned int, fd, char __user *, buf)\n{\n\treturn fd;\n}\n");
    assert.equal(fn.name, "SYSCALL_DEFINE2(foo)");
    assert.deepEqual(
      fn.params.map((p) => `${p.name}:${showType(p.type)}`),
      ["fd:unsigned int", "buf:char*"],
    );
  });

  it("say which configuration they stand in and which they were read under", async () => {
    const fn = await only("#ifdef CONFIG_A\nvoid f(void)\n{\n#ifdef CONFIG_B\n\tif (x)\n#endif\n\t\tg();\n}\n#endif\n");
    assert.deepEqual(fn.config, ["CONFIG_A"]);
    assert.deepEqual(fn.assumes, ["CONFIG_B"]);
  });

  it("have ranges of the file, whatever was masked", async () => {
    const text = "int x;\nstatic int __init foo(void) /* c */\n{\n\tbar(y);\n}\n";
    const parsed = (await parser()).parseText(text, 1000);
    const fn = parsed.functions[0];
    const stmt = fn?.body[0];
    assert.ok(fn !== undefined && stmt !== undefined);
    const at = (range: readonly [number, number]): string => text.slice(range[0] - 1000, range[1] - 1000);
    assert.equal(at(fn.range).slice(0, 10), "static int");
    assert.equal(at(fn.bodyRange)[0], "{");
    assert.equal(at(stmt.range), "bar(y);");
    assert.equal(parsed.scope.vars[0]?.range[0], 1004);
  });

  it("carry what was not understood as gaps, and the rest as it is", async () => {
    const fn = await only("void f(void)\n{\n\ta();\n\tb c d (;\n\te();\n}\n");
    assert.ok(fn.gaps.length > 0);
    for (const gap of fn.gaps) assert.ok(gap.range[0] >= fn.range[0] && gap.range[1] <= fn.range[1]);
  });

  it("in functions are gaps, since no kernel C has them", async () => {
    const fn = await only("void f(void)\n{\n\tint g(int a) { return a; }\n}\n");
    assert.deepEqual(
      fn.gaps.map((g) => g.why),
      ["a function in a function"],
    );
  });
});
