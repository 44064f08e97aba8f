// The brace lexer: names, offsets and arms, on text that no grammar has seen.
import assert from "node:assert/strict";
import { findBodies } from "../../server/src/syntax/bodies.ts";

function names(text: string): string[] {
  return findBodies(text).map((b) => b.name);
}

describe("findBodies", () => {
  it("gives a body's offsets: declaration, brace, end", () => {
    const text = "/* c */\nstatic int\nfoo(int a)\n{\n\treturn a;\n}\nint x;\n";
    const [body] = findBodies(text);
    assert.ok(body);
    assert.equal(text.slice(body.start, body.end), "static int\nfoo(int a)\n{\n\treturn a;\n}");
    assert.equal(text[body.bodyStart], "{");
    assert.equal(body.name, "foo");
  });

  it("takes no type, table or initialiser for a function", () => {
    const text =
      "struct a { int x; };\nenum e { A };\nstatic struct a t = { f(1), };\nunion u { int (*fn)(int); } v;\nint z[] = {1};\n";
    assert.deepEqual(names(text), []);
  });

  it("is not misled by braces in comments, literals and macros", () => {
    const text = `int f(void)\n{\n\tc = '{'; s = "}}\\""; /* } */ // }\n#define X { {\n\treturn 0;\n}\nint g(void) { return '"'; }\n`;
    assert.deepEqual(names(text), ["f", "g"]);
  });

  it("names what macros make", () => {
    const text =
      "static int UVERBS_HANDLER(M_A)(struct b *attrs)\n{\n}\nSYSCALL_DEFINE3(read, unsigned int, fd, char *, b, size_t, n)\n{\n}\n" +
      "TEST(foo) {\n}\nint (*pick(int a))(int)\n{\n}\n";
    assert.deepEqual(names(text), ["UVERBS_HANDLER(M_A)", "SYSCALL_DEFINE3(read)", "TEST(foo)", "pick"]);
  });

  it("sees through annotations on either side of the name", () => {
    const text =
      "__printf(1, 2) void a(const char *f, ...)\n{\n}\nstatic void __init __x b(struct l *l)\n\t__acquires(&l->a)\n\t__releases(l)\n{\n}\n" +
      "struct foo *__must_check c(void) __attribute__((cold));\nint __cond_d(void)\n{\n}\n";
    assert.deepEqual(names(text), ["a", "b", "__cond_d"]);
  });

  it("begins a function after a macro without a semicolon", () => {
    const text = "EXPORT_SYMBOL(x)\nstatic int f(void)\n{\n}\n";
    const [body] = findBodies(text);
    assert.equal(body?.start, text.indexOf("static"));
  });

  it("reads the first arm where arms split a brace, and functions that stand whole in any arm", () => {
    const text =
      "#ifdef CONFIG_A\nint f(int a)\n{\n#else\nint f(void)\n{\n#endif\n\treturn 0;\n}\n" +
      "#if IS_ENABLED(CONFIG_B)\nint g(void)\n{\n}\n#else\nstatic inline int g(void) { return 0; }\n#endif\nint h(void) { }\n";
    const bodies = findBodies(text);
    assert.deepEqual(
      bodies.map((b) => [b.name, ...b.config]),
      [["f"], ["g", "CONFIG_B"], ["g", "!CONFIG_B"], ["h"]],
    );
  });

  it("leaves `#if 0` and assembly alone", () => {
    const text =
      "#if 0\nit's prose {\n#else\nint f(void) { }\n#endif\n#ifdef __ASSEMBLY__\n.macro {\n#endif\nint g(void) { }\n";
    assert.deepEqual(names(text), ["f", "g"]);
  });

  it("does not count an include guard as a configuration", () => {
    const text = "#ifndef _FOO_H\n#define _FOO_H\nstatic inline int f(void) { return 0; }\n#endif\n";
    assert.deepEqual(findBodies(text)[0]?.config, []);
  });

  it("never throws and stays in the text", () => {
    for (const text of [
      "",
      "{",
      "}",
      "int f(",
      "int f(void) {",
      '"',
      "/*",
      "#if",
      "#else\n#endif\n#endif",
      "f(){}}}}",
    ]) {
      for (const b of findBodies(text)) assert.ok(b.start >= 0 && b.start <= b.bodyStart && b.end <= text.length);
    }
  });
});
