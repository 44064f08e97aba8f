// The harness's own reading of C: tokens, functions, statements, types, and conditions turned round.
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { negated } from "../../scripts/recall/disguise-flow.ts";
import { applyEdits } from "../../scripts/recall/edit.ts";
import { body, functionNamed, read, walk } from "../../scripts/recall/source.ts";
import { closing, tokenize } from "../../scripts/recall/tokens.ts";
import { accesses, fixedLocals, locals, structs, typesOf } from "../../scripts/recall/types.ts";

function kinds(text: string, name: string): string[] {
  const source = read(text);
  return [...walk(body(source, functionNamed(source, name)))].slice(1).map((s) => s.kind);
}

describe("recall: reading C", () => {
  it("drops comments, keeps directives whole", () => {
    const tokens = tokenize("a /* b */ // c\n#define X \\\n\t1\n\"s;\" '}' ->");
    assert.deepEqual(
      tokens.map((t) => t.text),
      ["a", "#define X \\\n\t1", '"s;"', "'}'", "->"],
    );
  });

  it("closes brackets over #if arms that open a brace each", () => {
    const tokens = tokenize("{\n#ifdef A\nif (a) {\n#else\nif (b) {\n#endif\n}\n} x");
    assert.equal(tokens[closing(tokens, 0) + 1]?.text, "x");
  });

  it("names functions, behind attributes, macros and underscores too", () => {
    const text =
      "static int __init a(void)\n{\n}\n__printf(1, 2) void b(const char *f, ...)\n{\n}\nint HANDLER(X)(struct s *p)\n{\n}\n" +
      "static void __c(struct s *p) __must_hold(p)\n{\n}\nstruct t { int x; };\nstatic const struct t u = { .x = 1 };\n" +
      "#ifdef D\nvoid d(void)\n{\n}\n#endif\n";
    const functions = read(text).functions;
    assert.deepEqual(
      functions.map((f) => f.name),
      ["a", "b", "HANDLER(X)", "__c", "d"],
    );
    assert.deepEqual(
      functions.filter((f) => f.conditional).map((f) => f.name),
      ["d"],
    );
  });

  it("takes a header's guard for no condition", () => {
    const [fn] = read("#ifndef H\n#define H\nstatic inline void f(void)\n{\n}\n#endif\n").functions;
    assert.equal(fn?.conditional, false);
  });

  it("tells statements apart", () => {
    const text = `void f(struct s *p)
{
	struct s *q = p;
	list_for_each_entry(q, &p->list, link) {
		if (q->x)
			continue;
		else if (q->y)
			goto out;
	}
	scoped_guard(mutex, &p->lock)
		g(q);
	guard(mutex)(&p->lock);
	switch (p->x) {
	case 1:
		break;
	default:
		return;
	}
	do
		h();
	while (p->y);
	u8 *r;
	p->x = 1;
out:
	;
}
`;
    assert.deepEqual(
      kinds(text, "f"),
      (
        "decl loop block if continue if goto scoped expr decl switch block case break case return do expr decl expr " +
        "label empty"
      ).split(" "),
    );
  });

  it("marks statements that a directive cuts through", () => {
    const source = read("void f(void)\n{\n\tif (a)\n#ifdef X\n\t\tb();\n#endif\n\tc();\n}\n");
    const [cut] = body(source, functionNamed(source, "f")).stmts ?? [];
    assert.equal(cut?.opaque, true);
  });

  it("reads struct members, and the struct that an access goes to", () => {
    const text = `struct in { int n; };
struct out { struct in *first, second[2]; u8 bit : 1; void (*call)(int n); DECLARE_BITMAP(map, 8); };
static struct out *get(void)
{
	return 0;
}
void f(struct out *o, struct other *x)
{
	o->first->n = o->second[1].n + x->n + get()->bit + container_of(o, struct in, n)->n + y()->n;
}
`;
    const source = read(text);
    const types = typesOf([source]);
    assert.deepEqual(
      structs(source)[1]?.members.map((m) => `${m.name}${m.bits ? ":" : ""}${m.odd ? "?" : ""}`),
      ["first", "second?", "bit:", "call?", "map?"],
    );
    const found = accesses(source, functionNamed(source, "f"), types).map((a) => `${a.owner ?? "-"}.${a.name}`);
    const expected = ["out.first", "in.n", "out.second", "in.n", "other.n", "out.bit", "in.n", "-.n", "in.n"];
    assert.deepEqual(found, expected);
  });

  it("lists parameters and locals, and those whose names a macro may take apart", () => {
    const source = read(
      "void f(int a, struct s *b)\n{\n\tDEFINE_THING(c);\n\tfor (int i = 0, j; i < 1; i++) {\n\t\tu32 d = CAP_GET(b, d), e[2];\n\t}\n}\n",
    );
    const fn = functionNamed(source, "f");
    assert.deepEqual(
      locals(source, fn).map((d) => d.name),
      ["a", "b", "c", "i", "j", "d", "e"],
    );
    assert.deepEqual([...fixedLocals(source, fn)], ["b", "d"]);
  });

  it("turns conditions round", () => {
    const pairs: readonly (readonly [string, string])[] = [
      ["a", "!a"],
      ["!a->b", "a->b"],
      ["!f(a, b)", "f(a, b)"],
      ["!(a && b)", "a && b"],
      ["!*p", "*p"],
      ["a == b", "a != b"],
      ["p->ops != &x", "p->ops == &x"],
      ["a < 0", "!(a < 0)"],
      ["a & b", "!(a & b)"],
      ["a || !b", "!(a || !b)"],
      ["!a == b", "!a != b"],
      ["ret == -EINVAL", "ret != -EINVAL"],
      ["(a = f())", "!((a = f()))"],
    ];
    for (const [condition, expected] of pairs) assert.equal(negated(condition), expected);
  });

  it("refuses edits that overlap", () => {
    const edits = [
      { start: 0, end: 3, text: "" },
      { start: 2, end: 4, text: "" },
    ];
    assert.throws(() => applyEdits("abcdef", edits), /overlap/);
  });
});
