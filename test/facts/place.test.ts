// Places and values: canonical forms, comparison, paths, constants.
import assert from "node:assert/strict";
import {
  addr,
  constantOf,
  deref,
  field,
  lastField,
  mentions,
  name,
  normalise,
  num,
  path,
  rootName,
  same,
  writtenName,
} from "../../server/src/facts/place.ts";
import { printType, printValue } from "../../server/src/facts/text.ts";
import type { Value } from "../../server/src/facts/facts.ts";
import type { TypeRef } from "../../server/src/syntax/ast.ts";

const pointer: TypeRef = { kind: "struct", name: "x", pointers: 1, array: false, func: false };
const int: TypeRef = { kind: "name", name: "int", pointers: 0, array: false, func: false };
const p = name("p");
const bin = (op: string, l: Value, r: Value): Value => ({ k: "bin", op, l, r });
const cast = (type: TypeRef, e: Value): Value => ({ k: "cast", type, e });

describe("place", () => {
  it("brings * & . -> into one form", () => {
    assert.equal(printValue(field(deref(p), "x", false)), "p->x");
    assert.equal(printValue(field(addr(name("s")), "x", true)), "s.x");
    assert.equal(printValue(addr(deref(p))), "p");
    assert.equal(printValue(deref(addr(p))), "p");
    assert.equal(printValue(normalise({ k: "deref", e: { k: "addr", e: p } })), "p");
  });

  it("drops casts to pointers and keeps those to integers", () => {
    assert.equal(printValue(normalise(field(cast(pointer, p), "x", true))), "p->x");
    assert.equal(printValue(normalise(cast(int, p))), "(int)p");
    assert.ok(same(cast(pointer, p), p));
    assert.ok(!same(cast(int, p), p));
  });

  it("compares by structure, and never two unknowns", () => {
    assert.ok(same(field(deref(p), "x", false), field(p, "x", true)));
    assert.ok(!same(field(p, "x", true), field(p, "y", true)));
    assert.ok(!same({ k: "unknown", why: "a" }, { k: "unknown", why: "a" }));
    assert.ok(!same({ k: "temp", id: 1 }, { k: "temp", id: 2 }));
  });

  it("gives root and path", () => {
    const v = addr(field({ k: "index", base: field(p, "bufs", true), index: name("i") }, "ref", false));
    assert.equal(printValue(v), "&p->bufs[i].ref");
    assert.deepEqual(path(v), { root: p, steps: ["*", ".bufs", "[]", ".ref", "&"] });
    assert.equal(rootName(v), "p");
    assert.equal(lastField(v), "ref");
    assert.equal(rootName({ k: "temp", id: 3 }), undefined);
    assert.ok(mentions(v, "i") && !mentions(v, "ref"));
  });

  it("knows constants", () => {
    assert.equal(constantOf(bin("<<", num(1), num(4))), 16);
    assert.equal(constantOf(bin("|", num(5), num(2))), 7);
    assert.equal(constantOf(bin("==", name("NULL"), name("false"))), 1);
    assert.equal(constantOf({ k: "un", op: "!", e: name("true") }), 0);
    assert.equal(constantOf({ k: "un", op: "~", e: num(0) }), -1);
    assert.equal(constantOf(bin("/", num(1), num(0))), undefined);
    assert.equal(constantOf(bin("+", num(1), name("EINVAL"))), undefined);
  });

  it("prints with as few brackets as C needs", () => {
    assert.equal(printValue(bin("*", bin("+", p, num(1)), num(2))), "(p + 1) * 2");
    assert.equal(printValue(bin("-", p, bin("-", p, num(1)))), "p - (p - 1)");
    assert.equal(printValue({ k: "un", op: "!", e: bin("&", p, num(1)) }), "!(p & 1)");
    assert.equal(printValue(field(cast(pointer, p), "x", true)), "((struct x *)p)->x");
    assert.equal(printType(pointer), "struct x *");
  });

  it("tells a renamed local's written name", () => {
    assert.equal(writtenName("ret#2"), "ret");
    assert.equal(writtenName("ret"), "ret");
  });
});
