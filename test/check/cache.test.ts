// What a check keeps for the next one: the next says the same, reads no file anew that has not changed, and never believes spoiled bytes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { hash } from "../../server/src/base/hash.ts";
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

  describe("of one build", () => {
    const name = path.join(folder, "unchecked-null_ok.c");
    const exporter = treeOf(parseFixture(readFileSync(name, "utf8"), "drivers/x/x.c"), folder);
    // The driver says nothing of this file, so that a change in it leaves all skeletons as they are.
    const beside = { ...exporter, "drivers/x/beside.c": "int beside;\n" };
    const stamp = "this build";
    let plain: Report;
    /** Whether the analysis was asked at all. */
    const counting = async (): Promise<{ readonly engine: Partial<Engine>; readonly asked: () => number }> => {
      const { program } = engineOf(await parser());
      let asked = 0;
      return { engine: { stamp, program: (...args) => (asked++, program(...args)) }, asked: () => asked };
    };
    /** Says a thousand states more than there are: what only the cache can know. */
    const altered = (bytes: Uint8Array | undefined): Uint8Array => {
      const text = Buffer.from(bytes ?? []).toString();
      const value = text.slice(text.indexOf("\n") + 1).replace(/(\["[0-9a-f]{32} \d+",)(\d+)/g, "$1100$2");
      return Buffer.from(`${hash(value)}\n${value}`);
    };
    const states = (r: Report): number => r.proofs[0]?.explored?.states ?? 0;

    before(async () => {
      plain = await check(exporter);
      assert.equal(plain.seen["exporters"], 1);
    });

    it("says the same without a look where nothing has changed, and looks where something has", async () => {
      const cache = memoryCache();
      const { engine, asked } = await counting();
      assert.deepEqual(await check(exporter, cache, engine), plain);
      assert.deepEqual(await check(exporter, cache, engine), plain);
      assert.equal(asked(), 1);
      const comment = {
        ...exporter,
        "include/linux/kernel-fixture.h": `${exporter["include/linux/kernel-fixture.h"]}\n`,
      };
      assert.deepEqual(await check(comment, cache, engine), plain);
      assert.equal(asked(), 2, "a header has changed");
      assert.equal((await check(beside, cache, engine)).seen["files"], (plain.seen["files"] ?? 0) + 1);
      assert.equal(asked(), 3, "a file has come");
      const other = await check(beside, cache, { ...engine, stamp: "another build" });
      assert.equal(asked(), 4);
      assert.equal(states(other), states(plain));
    });

    it("explores again only what it has not explored, and believes no other build", async () => {
      const cache = memoryCache();
      await check(exporter, cache, { stamp });
      cache.bytes.set("safe", altered(cache.bytes.get("safe")));
      assert.ok(states(await check(beside, cache, { stamp })) > states(plain) + 1000);
      assert.equal(states(await check(beside, cache, { stamp: "another build" })), states(plain));
    });

    it("believes nothing that is spoiled", async () => {
      const cache = memoryCache();
      await check(exporter, cache, { stamp });
      for (const [name, bytes] of cache.bytes) {
        const spoiled = Uint8Array.from(bytes);
        spoiled[spoiled.length >> 1]! ^= 1;
        cache.bytes.set(name, spoiled);
      }
      const { engine, asked } = await counting();
      assert.deepEqual(await check(exporter, cache, engine), plain);
      assert.equal(asked(), 1);
    });
  });
});
