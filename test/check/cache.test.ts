// What a check keeps for the next one: the next says the same, reads no file anew that has not changed, and never believes spoiled bytes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Kept } from "../../server/src/check/check.ts";
import { newCheck } from "../../server/src/check/pipeline.ts";
import type { Engine } from "../../server/src/check/pipeline.ts";
import { engineOf } from "../../server/src/cli/engine.ts";
import type { Report } from "../../server/src/findings/report.ts";
import { memorySource } from "../../server/src/project/memory.ts";
import { parser } from "../program/support.ts";
import { parseFixture, treeOf } from "../support/fixture.ts";

const folder = path.resolve(import.meta.dirname, "../fixtures/unplug/provider");
// A driver without anything to explore, so that this is about the index alone; and one more file, so that there is something to keep.
const files = {
  ...treeOf(parseFixture("//- drivers/x/x.c\nint x(void)\n{\n\treturn y(1);\n}\n", "x.c"), folder),
  "drivers/x/ops.c":
    "#include <linux/kernel-fixture.h>\nstatic const struct dma_buf_ops x_ops = {\n\t.release = x,\n};\n",
};

/** A cache in memory, with the number of times that something was stored. */
function memoryCache(): Kept & { readonly bytes: Map<string, Uint8Array>; stores: number } {
  const bytes = new Map<string, Uint8Array>();
  return {
    bytes,
    stores: 0,
    load: (name) => bytes.get(name),
    store(name, parts) {
      this.stores++;
      bytes.set(name, Buffer.concat(parts));
      return undefined;
    },
  };
}

async function check(
  texts: Readonly<Record<string, string>>,
  cache?: Kept,
  engine: Partial<Engine> = {},
): Promise<Report> {
  const tree = memorySource(texts);
  const paths = tree.files().filter((file) => file.endsWith(".c"));
  const request = { tree, paths, proofs: false, progress: () => undefined };
  return newCheck({ ...engineOf(await parser()), ...engine })(cache === undefined ? request : { ...request, cache });
}

describe("a check with a cache", () => {
  it("says the same, and stores only what is new", async () => {
    const cache = memoryCache();
    const plain = await check(files);
    assert.deepEqual(await check(files, cache), plain);
    assert.equal(cache.stores, 1);
    assert.deepEqual(await check(files, cache), plain);
    assert.equal(cache.stores, 1);
    const changed = { ...files, "drivers/x/ops.c": `${files["drivers/x/ops.c"]}int z;\n` };
    assert.deepEqual(await check(changed, cache), await check(changed));
    assert.equal(cache.stores, 2);
  });

  it("builds anew what is spoiled, cut off, or something else", async () => {
    const cache = memoryCache();
    const plain = await check(files, cache);
    const whole = cache.bytes.get("index");
    assert.ok(whole !== undefined);
    const spoiled = Uint8Array.from(whole);
    spoiled[spoiled.length - 3]! ^= 1;
    for (const bytes of [spoiled, whole.subarray(0, whole.length / 2), new Uint8Array(0), Buffer.from("no index")]) {
      cache.bytes.set("index", bytes);
      cache.stores = 0;
      assert.deepEqual(await check(files, cache), plain);
      assert.equal(cache.stores, 1);
      assert.deepEqual(cache.bytes.get("index"), Buffer.from(whole));
    }
  });

  it("explores again only what this build has not explored, and believes no other build and nothing spoiled", async () => {
    const name = path.join(folder, "unchecked-null_ok.c");
    const exporter = treeOf(parseFixture(readFileSync(name, "utf8"), "drivers/x/x.c"), folder);
    const cache = memoryCache();
    const stamp = "this build";
    const plain = await check(exporter);
    assert.equal(plain.seen["exporters"], 1);
    assert.deepEqual(await check(exporter, cache, { stamp }), plain);
    const whole = cache.bytes.get("safe");
    assert.ok(whole !== undefined && cache.stores === 2);
    assert.deepEqual(await check(exporter, cache, { stamp }), plain);
    assert.equal(cache.stores, 2, "nothing was new");
    // A number that only the cache can know: the second run did not explore.
    const kept = JSON.parse(Buffer.from(whole).toString()) as { stamp: string; entries: [string, number][] };
    for (const entry of kept.entries) entry[1] += 1000;
    cache.bytes.set("safe", Buffer.from(JSON.stringify(kept)));
    const told = await check(exporter, cache, { stamp });
    assert.ok((told.proofs[0]?.explored?.states ?? 0) > (plain.proofs[0]?.explored?.states ?? 0) + 1000);
    assert.deepEqual(await check(exporter, cache, { stamp: "another build" }), plain);
    for (const bytes of ["null {", `{"stamp":"${stamp}","entries":[1,null,["x"]]}`]) {
      cache.bytes.set("safe", Buffer.from(bytes));
      assert.deepEqual(await check(exporter, cache, { stamp }), plain, bytes);
    }
  });
});
