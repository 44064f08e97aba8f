// Types of values and the fields that places end in.
import assert from "node:assert/strict";
import type { FunctionFacts, Value } from "../../server/src/facts/facts.ts";
import { fieldOf, typeOf } from "../../server/src/program/types.ts";
import { programOf } from "./support.ts";

const HEADER = [
  "struct mutex { int owner; };",
  "struct kref { int refs; };",
  "struct inner { struct mutex lock; int (*act)(int a); };",
  "struct dev { struct inner in; struct inner *ins; struct inner many[4]; struct inner *ptrs[4]; union { int number; struct kref kref; }; struct { int deep; } named; dev_t *alias; };",
  "typedef struct dev dev_t;",
  "struct dev *dev_find(int id);",
  "dev_t *dev_alias(int id);",
  "#define to_dev(k) container_of(k, struct dev, kref)",
  "#define dev_first(x) dev_find(x)",
  "struct dev *the_dev;",
  "#define this_dev dev_find(0)",
  "#define CB(x) (*(struct inner *)&((x)->kref))",
  "struct grouped { struct_group_tagged(group_hdr, hdr, int first; struct inner in;); int last; };",
  "struct grouped *grp;",
  "struct group_hdr *hdr;",
].join("\n");

/** The facts of f(struct dev *d, struct kref *k, int i), whose body assigns what is tested to `out`. */
async function outOf(body: string): Promise<{ facts: FunctionFacts; value: Value; type: string; field: string }> {
  const p = await programOf({
    "h.h": HEADER,
    "a.c": `#include "h.h"\nvoid f(struct dev *d, struct kref *k, int i)\n{\n${body}\n}\n`,
  });
  const facts = p.fn("f", "a.c");
  assert.ok(facts);
  const value = facts.blocks
    .flatMap((b) => b.effects)
    .flatMap((e) => (e.kind === "assign" && e.to.k === "name" && e.to.name === "out" ? [e.value] : []))
    .at(-1);
  assert.ok(value, "nothing is assigned to out");
  const t = typeOf(value, facts, p);
  const field = fieldOf(value, facts, p);
  return {
    facts,
    value,
    type: t === undefined ? "?" : `${t.name}${"*".repeat(t.pointers)}${t.array ? "[]" : ""}${t.func ? "()" : ""}`,
    field: field === undefined ? "?" : `${field.struct}.${field.field}`,
  };
}

describe("typeOf and fieldOf", () => {
  const cases: readonly (readonly [body: string, type: string, field: string])[] = [
    ["out = d;", "dev*", "?"],
    ["out = *d;", "dev", "?"],
    ["out = d->in;", "inner", "dev.in"],
    ["out = &d->in.lock;", "mutex*", "inner.lock"],
    ["out = d->ins;", "inner*", "dev.ins"],
    ["out = d->ins->lock.owner;", "int", "mutex.owner"],
    ["out = d->many;", "inner[]", "dev.many"],
    ["out = &d->many[i];", "inner*", "dev.many"],
    ["out = d->many[2].lock;", "mutex", "inner.lock"],
    ["out = d->ptrs[i]->lock;", "mutex", "inner.lock"],
    ["out = &d->kref;", "kref*", "dev.kref"],
    ["out = d->named.deep;", "int", "dev.deep"],
    ["out = d->alias->in;", "inner", "dev.in"],
    ["out = d->in.act;", "int()", "inner.act"],
    ["out = the_dev->in;", "inner", "dev.in"],
    ["out = ((struct inner *)k)->lock;", "mutex", "inner.lock"],
    ["out = dev_find(i);", "dev*", "?"],
    ["out = dev_alias(i)->in;", "inner", "dev.in"],
    ["out = container_of(k, struct dev, kref);", "dev*", "?"],
    ["out = container_of(k, struct dev, kref)->in.lock;", "mutex", "inner.lock"],
    ["out = to_dev(k)->in;", "inner", "dev.in"],
    ["out = dev_first(i)->in;", "inner", "dev.in"],
    ["struct inner *p = i ? d->ins : &d->in;\nout = p->lock;", "mutex", "inner.lock"],
    ["out = (i ? d->ins : &d->in)->lock;", "mutex", "inner.lock"],
    ["struct inner d2;\n{\n\tint d2;\n\tout = d2;\n}", "int", "?"],
    ["out = d->ins + 1;", "inner*", "?"],
    ["out = d->none;", "?", "dev.none"],
    ["out = unknown(i)->in;", "?", "?"],
    ["out = this_dev->in;", "inner", "dev.in"],
    ["out = CB(d).lock;", "mutex", "inner.lock"],
    ["out = hdr->in;", "inner", "group_hdr.in"],
    ["out = grp->in;", "inner", "grouped.in"],
    ["out = grp->hdr.in;", "inner", "group_hdr.in"],
    ["out = i == 3;", "int", "?"],
    ["auto p = d->ins;\nout = p->lock;", "mutex", "inner.lock"],
  ];
  for (const [body, type, field] of cases)
    it(body.replace(/\s+/g, " "), async () => {
      const out = await outOf(body);
      assert.deepEqual([out.type, out.field], [type, field]);
    });
});
