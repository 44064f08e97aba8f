// The macro expander, on C's own hard cases and on what hides roots and callbacks in the kernel.
import assert from "node:assert/strict";
import type { MacroDef } from "../../server/src/syntax/ast.ts";
import { expandDeclarator, expandInvocation } from "../../server/src/syntax/expand.ts";
import { expandFile, expandVar, lookupIn, nameFunctions } from "../../server/src/syntax/expand-file.ts";
import { parser, showInit, showVar } from "./support.ts";

async function macros(text: string): Promise<readonly MacroDef[]> {
  return (await parser()).parseFile(text).scope.macros;
}

async function expand(defines: string, text: string): Promise<string> {
  return expandInvocation(text, lookupIn(await macros(defines))).text;
}

describe("expandInvocation", () => {
  const rows: [title: string, defines: string, text: string, want: string][] = [
    ["object-like", "#define A 1\n", "A + B", "1 + B"],
    ["function-like", "#define F(x, y) ((x) * y)\n", "F(a + 1, b)", "((a + 1) * b)"],
    ["a name without brackets stays", "#define F(x) x\n", "F + F(1)", "F + 1"],
    ["nested", "#define A B(1)\n#define B(x) x + C\n#define C 3\n", "A", "1 + 3"],
    ["arguments are expanded first", "#define F(x) [x]\n#define A 2\n", "F(A)", "[2]"],
    ["# takes the argument as written", "#define S(x) #x\n#define A 2\n", 'S(A "b")', '"A \\"b\\""'],
    ["# after an expansion", "#define S(x...) #x\n#define T(x...) S(x)\n#define A 2\n", "T(A, A)", '"2, 2"'],
    ["## pastes", "#define P(a, b) a ## b\n", "P(foo_, bar)(1)", "foo_bar(1)"],
    ["## with an empty side", "#define P(a, b) x = a##b;\n", "P(, y)", "x = y;"],
    ["## makes a macro's name", "#define P(a) F_ ## a\n#define F_1 one\n", "P(1)", "one"],
    [
      "a name built over two levels",
      "#define N(m, x) m##_h_##x\n#define M(m, x) N(m, x)\n#define H(x) M(MOD, x)\n#define MOD ib\n",
      "H(Y)",
      "ib_h_Y",
    ],
    ["__VA_ARGS__", "#define F(x, ...) { x, __VA_ARGS__ }\n", "F(a, b, c)", "{ a, b, c }"],
    [", ## __VA_ARGS__ drops the comma", "#define F(x, ...) g(x, ##__VA_ARGS__)\n", "F(1); F(1, 2)", "g(1); g(1, 2)"],
    ["named variadic", "#define F(a...) g(a)\n", "F(1, 2)", "g(1, 2)"],
    ["__VA_OPT__", "#define F(x, ...) g(x __VA_OPT__(,) __VA_ARGS__)\n", "F(1); F(1, 2)", "g(1); g(1, 2)"],
    ["a macro does not expand itself", "#define f(x) f(x + 1)\n", "f(0)", "f(0 + 1)"],
    ["nor each other", "#define a b\n#define b a\n", "a b", "a b"],
    ["what follows takes part", "#define F G\n#define G(x) <x>\n", "F(1)", "<1>"],
    ["brackets protect commas", "#define F(x) <x>\n", "F((a, b))", "<(a, b)>"],
    ["literals are not looked into", "#define A 1\n", '"A" A', '"A" 1'],
  ];
  for (const [title, defines, text, want] of rows)
    it(title, async () => assert.equal(await expand(defines, text), want));

  it("stops at its budget and says so", async () => {
    const doubling = Array.from({ length: 40 }, (_, i) => `#define A${i} A${i + 1} A${i + 1}\n`).join("");
    const result = expandInvocation("A0", lookupIn(await macros(doubling)), 5000);
    assert.equal(result.complete, false);
  });

  it("says what it expanded", async () => {
    const result = expandInvocation("A(B)", lookupIn(await macros("#define A(x) x\n#define B 1\n#define C 2\n")));
    assert.deepEqual([...result.expanded].sort(), ["A", "B"]);
  });
});

const UVERBS = `
#define MODULE_NAME ib
#define _NAME(m, k, x) m##_##k##_##x
#define NAME(m, k, x) _NAME(m, k, x)
#define HANDLER(id) NAME(MODULE_NAME, handler, id)
#define DECLARE_METHOD(_id, ...) \\
	static const struct attr *const NAME(MODULE_NAME, attrs, _id)[] = { __VA_ARGS__ }; \\
	static const struct method NAME(MODULE_NAME, method, _id) = { \\
		.id = _id, .handler = HANDLER(_id), \\
		.attrs = &NAME(MODULE_NAME, attrs, _id), \\
	}
#define ATTR_FD(a, ...) (&(const struct attr){ .id = a, .kind = FD, ##__VA_ARGS__ })
#define STAGE(s, i, c) .stages[s] = { .init = i, .cleanup = c }
`;

describe("expandFile", () => {
  it("gives the tables that macros make, at the invocation", async () => {
    const text = `${UVERBS}\nDECLARE_METHOD(M_ALLOC, ATTR_FD(A_FD, .needs = NEW));\nUNKNOWN(x);\nEXPORT_SYMBOL(y);\n`;
    const c = await parser();
    const file = c.parseFile(text);
    const result = expandFile(file, text, lookupIn(file.scope.macros), c);
    assert.deepEqual(result.unknown, ["UNKNOWN"]);
    assert.deepEqual(result.made[0]?.gaps, []);
    assert.deepEqual(result.made[0]?.scope.vars.map(showVar), [
      "static ib_attrs_M_ALLOC:struct attr*[] = {(&<struct attr>{id=A_FD, kind=FD, needs=NEW})}",
      "static ib_method_M_ALLOC:struct method = {id=M_ALLOC, handler=ib_handler_M_ALLOC, attrs=(&ib_attrs_M_ALLOC)}",
    ]);
    const at = text.indexOf("DECLARE_METHOD(M_ALLOC");
    for (const v of result.made[0]?.scope.vars ?? []) assert.equal(v.range[0], at);
  });

  it("expands the entries of a table", async () => {
    const text = `${UVERBS}\nstatic const struct profile p = {\n\tSTAGE(S_INIT, a, b),\n\tSTAGE(S_DEV, NULL, c),\n\t.x = 1,\n};\n`;
    const c = await parser();
    const file = c.parseFile(text);
    const [v] = file.scope.vars;
    assert.ok(v);
    const expanded = expandVar(v, text, lookupIn(file.scope.macros), c);
    assert.ok(expanded.init?.k === "init");
    assert.equal(
      showInit(expanded.init.init),
      "{stages.[S_INIT]={init=a, cleanup=b}, stages.[S_DEV]={init=NULL, cleanup=c}, x=1}",
    );
  });

  it("gives functions the name that the compiler sees", async () => {
    const text = `${UVERBS}\nstatic int HANDLER(M_ALLOC)(struct bundle *attrs)\n{\n\treturn 0;\n}\n`;
    const c = await parser();
    const file = c.parseFile(text);
    assert.equal(file.functions[0]?.name, "HANDLER(M_ALLOC)");
    const [fn] = nameFunctions(file.functions, lookupIn(file.scope.macros));
    assert.equal(fn?.name, "ib_handler_M_ALLOC");
    assert.equal(fn?.params[0]?.name, "attrs");
  });
});

describe("expandDeclarator", () => {
  it("leaves what it can't make a name of", () => {
    assert.equal(
      expandDeclarator("HANDLER(x)", () => undefined),
      "HANDLER(x)",
    );
    assert.equal(
      expandDeclarator("TWO(x)", () => ({ params: ["x"], body: "a b" })),
      "TWO(x)",
    );
  });
});
