// The planting harness on a driver of our own: what each operator does to it, where it plants nothing, and that a seed draws the same.
import assert from "node:assert/strict";
import { memorySource } from "../../server/src/project/memory.ts";
import { draw, plantAt } from "../../scripts/plant/draw.ts";
import { OPERATORS } from "../../scripts/plant/operators.ts";
import { freshOf, judge } from "../../scripts/plant/run.ts";
import { hitsOf, siteOf } from "../../scripts/plant/sites.ts";

const FILE = "drivers/net/foo/foo.c";
const tree = memorySource({
  [FILE]: `
struct foo_buf { dma_addr_t dma; void *data; size_t len; };

static int foo_fill(struct foo *foo, struct foo_buf *buf)
{
	buf->dma = dma_map_single(foo->dev, buf->data, buf->len, DMA_FROM_DEVICE);
	if (dma_mapping_error(foo->dev, buf->dma))
		return -EIO;
	return 0;
}

static void foo_drop(struct foo *foo, struct foo_buf *buf)
{
	dma_unmap_single(foo->dev, buf->dma, buf->len, DMA_FROM_DEVICE);
	kfree(buf->data);
}

static void foo_reset(struct foo *foo, struct foo_buf *first)
{
	foo_drop(foo, first);
}

static int foo_xmit(struct foo *foo, size_t len)
{
	void *data = kmalloc(len, GFP_KERNEL);
	dma_addr_t dma;
	int ret;

	dma = dma_map_single(foo->dev, data, len, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(foo->dev, dma)) {
		kfree(data);
		return -EIO;
	}
	ret = foo_start(foo, len);
	if (ret)
		goto err_unmap;
	foo_post(foo, dma);
	dma_unmap_single(foo->dev, dma, len, DMA_BIDIRECTIONAL);
	kfree(data);
	return 0;
err_unmap:
	dma_unmap_single(foo->dev, dma, len, DMA_BIDIRECTIONAL);
	kfree(data);
	return ret;
}

static int foo_list(struct foo *foo, struct scatterlist *sg, int nents)
{
	int mapped = dma_map_sg(foo->dev, sg, nents, DMA_TO_DEVICE);

	if (!mapped)
		return -EIO;
	dma_sync_sg_for_cpu(foo->dev, sg, nents, DMA_TO_DEVICE);
	dma_unmap_sg(foo->dev, sg, nents, DMA_TO_DEVICE);
	return 0;
}

static int foo_ring(struct foo *foo)
{
	foo->ring = dma_alloc_coherent(foo->dev, 4096, &foo->ring_dma, GFP_KERNEL);
	if (!foo->ring)
		return -ENOMEM;
	dma_free_coherent(foo->dev, 4096, foo->ring, foo->ring_dma);
	return 0;
}
`,
});

const sites = hitsOf(tree).flatMap((hit) => siteOf(tree, hit) ?? []);

/** The lines that an operator takes away (-) and puts in (+), at each site that it fits, with reach and path. */
function planted(id: string): readonly string[] {
  const operator = OPERATORS.find((each) => each.id === id);
  assert.ok(operator, id);
  const before = (tree.read(FILE) ?? "").split("\n").map((line) => line.trim());
  return sites
    .filter(({ name }) => operator.names.includes(name))
    .flatMap((site) => plantAt(tree, operator, site) ?? [])
    .map((each) => {
      const after = each.text.split("\n").map((line) => line.trim());
      const gone = before.filter((line, i) => line !== "" && count(before, line, i) > count(after, line));
      const come = after.filter((line, i) => line !== "" && count(after, line, i) > count(before, line));
      const how = `${each.fn} ${each.reach}${each.error ? " error" : ""}`;
      return [how, ...gone.map((line) => `-${line}`), ...come.map((line) => `+${line}`)].join("\n");
    });
}

/** How often a line stands in a text, up to and with index `to`. */
const count = (lines: readonly string[], line: string, to = lines.length): number =>
  lines.slice(0, to + 1).filter((each) => each === line).length;

describe("planting", () => {
  it("sees every call of the API", () => assert.equal(sites.length, hitsOf(tree).length));

  it("drops unmaps on error paths and on main paths, near and far from the map", () => {
    assert.deepEqual(planted("drop-unmap-error"), [
      "foo_xmit path-local error\n-dma_unmap_single(foo->dev, dma, len, DMA_BIDIRECTIONAL);",
    ]);
    assert.deepEqual(
      planted("drop-unmap-main").map((each) => each.split("\n")[0]),
      ["foo_drop cross-function", "foo_xmit path-local", "foo_list path-local", "foo_ring path-local"],
    );
  });

  it("drops the check with what it guards", () => {
    assert.deepEqual(planted("drop-check"), [
      "foo_fill path-local\n-if (dma_mapping_error(foo->dev, buf->dma))\n-return -EIO;",
      "foo_xmit path-local\n-if (dma_mapping_error(foo->dev, dma)) {\n-kfree(data);\n-return -EIO;\n-}",
    ]);
  });

  it("changes direction, size, count, kind, attributes and address", () => {
    assert.match(
      planted("wrong-direction")[0] ?? "",
      /\+dma_unmap_single\(foo->dev, buf->dma, buf->len, DMA_TO_DEVICE\);/,
    );
    assert.match(planted("wrong-size")[1] ?? "", /\+dma_unmap_single\(foo->dev, dma, len \+ 64, DMA_BIDIRECTIONAL\);/);
    assert.deepEqual(planted("mapped-count"), [
      "foo_list path-local\n-dma_unmap_sg(foo->dev, sg, nents, DMA_TO_DEVICE);\n+dma_unmap_sg(foo->dev, sg, mapped, DMA_TO_DEVICE);",
    ]);
    assert.equal(planted("mapped-count-sync").length, 1);
    assert.match(planted("swap-kind")[0] ?? "", /\+dma_unmap_resource\(.*, 0\);/);
    assert.match(
      planted("swap-kind")[3] ?? "",
      /\+dma_unmap_single\(foo->dev, foo->ring_dma, 4096, DMA_BIDIRECTIONAL\);/,
    );
    assert.match(planted("other-attributes")[0] ?? "", /\+dma_unmap_single_attrs\(.*, DMA_ATTR_PRIVILEGED\);/);
    assert.match(planted("moved-address")[0] ?? "", /\+.*\(char \*\)\(foo->ring\) \+ 64/);
    assert.deepEqual(planted("wrong-sync-direction").length, 1);
  });

  it("unmaps twice, here and in the caller of a helper", () => {
    assert.equal(planted("double-unmap").length, 5);
    const [caller] = planted("double-unmap-in-caller");
    assert.match(
      caller ?? "",
      /^foo_drop cross-function\n-foo_drop\(foo, first\);\n\+foo_drop\(foo, first\); dma_unmap_single\(foo -> dev, first -> dma/,
    );
  });

  it("frees and unmaps too early, and unmaps what failed", () => {
    assert.equal(planted("free-before-unmap").length, 3);
    assert.deepEqual(planted("unmap-before-use").map((each) => each.split("\n")[0]), ["foo_xmit path-local"]); // prettier-ignore
    assert.match(
      planted("unmap-on-failed-arm")[0] ?? "",
      /\+\{ dma_unmap_single\(foo->dev, buf->dma, buf->len, DMA_FROM_DEVICE\); return -EIO; \}/,
    );
    assert.match(
      planted("unmap-on-failed-arm")[1] ?? "",
      /\+dma_unmap_single\(foo->dev, dma, len, DMA_BIDIRECTIONAL\);/,
    );
    assert.equal(planted("sync-after-unmap").length, 3);
  });

  it("maps what must not be mapped", () => {
    assert.match(planted("map-the-stack")[0] ?? "", /\+u8 planted_dma_stack\[64\];/);
    assert.match(planted("map-a-constant")[0] ?? "", /\+.*\(void \*\)"planted_dma"/);
    assert.deepEqual(planted("map-vmalloc"), [
      "foo_xmit path-local\n-void *data = kmalloc(len, GFP_KERNEL);\n+void *data = vmalloc(len);",
    ]);
    assert.match(
      planted("ram-as-resource")[0] ?? "",
      /\+.*dma_map_resource\(foo->dev, virt_to_phys\(buf->data\), .*, 0\);/,
    );
    assert.match(planted("map-twice")[0] ?? "", /\+planted_dma_again = dma_map_single/);
  });

  it("draws the same by the same seed, and something else by another", () => {
    const drawn = (seed: number): readonly string[] =>
      draw(tree, seed, 30).planted.map(({ operator, fn, line }) => `${operator.id} ${fn} ${line}`);
    assert.deepEqual(drawn(1), drawn(1));
    assert.notDeepEqual(drawn(1), drawn(2));
    assert.equal(new Set(drawn(1)).size, 30);
  });

  it("counts only what is new, of the right rule, in a right function", () => {
    const said = (rule: string, fn: string): { rule: string; fn: string; key: string } => ({
      rule,
      fn,
      key: rule + fn,
    });
    const before = [said("dma/leak", "a")];
    assert.deepEqual(freshOf([said("dma/leak", "a"), said("dma/leak", "b")], before), [said("dma/leak", "b")]);
    assert.deepEqual(freshOf([said("dma/leak", "a"), said("dma/leak", "a")], before), [said("dma/leak", "a")]);
    const operator = OPERATORS.find(({ id }) => id === "drop-unmap-main");
    assert.ok(operator);
    assert.equal(judge({ operator, fns: ["a"] }, [said("dma/leak", "a")]), "found");
    assert.equal(judge({ operator, fns: ["a"] }, [said("dma/leak", "b")]), "elsewhere");
    assert.equal(judge({ operator, fns: ["a"] }, [said("dma/sg-nents", "a")]), "missed");
  });
});
