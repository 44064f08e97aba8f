// A report over two small files of our own, with everything in it that a report can hold.
import type { Span } from "../../server/src/base/span.ts";
import type { Step } from "../../server/src/base/trace.ts";
import type { Finding } from "../../server/src/findings/finding.ts";
import type { Proof } from "../../server/src/findings/proof.ts";
import type { Report } from "../../server/src/findings/report.ts";

export const FILES: Readonly<Record<string, string>> = {
  "drivers/demo/foo-dmabuf.c": `static int foo_map(struct foo_buf *buf)
{
	if (buf->revoked)
		return -ENODEV;
	return foo_do_map(buf);
}

void foo_cleanup(struct foo *foo)
{
	foo->bufs->revoked = true;
	dma_buf_invalidate_mappings(foo->bufs->dmabuf);
	foo_free(foo);
	foo_free(foo);
	/* lifebound: ignore dma-buf/leak the firmware holds the last reference */
	foo_export(foo);
	/* lifebound: ignore dma-buf/leak */
	foo_export_again(foo);
}
`,
  "drivers/demo/foo-main.c": `static void foo_remove(struct pci_dev *pdev)
{
	foo_cleanup(pci_get_drvdata(pdev));
}
`,
};

export const read = (file: string): string | undefined => FILES[file];

/** The span of a text in one of the files; `nth` counts from 1. */
export function span(file: string, text: string, nth = 1): Span {
  let start = -1;
  for (let i = 0; i < nth; i++) start = (FILES[file] ?? "").indexOf(text, start + 1);
  if (start < 0) throw new Error(`no ${text} in ${file}`);
  return { file, start, end: start + text.length };
}

const BUF = "drivers/demo/foo-dmabuf.c";
const MAIN = "drivers/demo/foo-main.c";

const steps: readonly [Step, ...Step[]] = [
  { actor: "importer 1", thread: "map #1", kind: "call", text: "maps", to: "driver", span: span(BUF, "foo_do_map"), fn: "foo_map", claim: "foo_do_map" }, // prettier-ignore
  { actor: "importer 1", kind: "environment", text: "starts DMA, adds a fence", to: "device" },
  { actor: "driver core", kind: "call", text: "calls foo_remove()", to: "driver", span: span(MAIN, "foo_remove"), fn: "foo_remove" }, // prettier-ignore
  { actor: "driver", kind: "store", text: "revoked = true", span: span(BUF, "foo->bufs->revoked"), fn: "foo_cleanup", claim: "revoked" }, // prettier-ignore
  { actor: "driver", kind: "call", text: "invalidates", to: "importer 1", span: span(BUF, "dma_buf_invalidate_mappings"), fn: "foo_cleanup" }, // prettier-ignore
  { actor: "driver core", kind: "violation", text: "broken: DMA runs after remove() has returned", cites: [1, 4] },
];

export const waitless: Finding = {
  rule: "dma-buf/no-fence-wait",
  resource: "struct foo_buf.dmabuf",
  confidence: "proved",
  at: span(BUF, "dma_buf_invalidate_mappings"),
  fn: "foo_cleanup",
  message: "foo_remove() can return while an importer's DMA still runs: its fences are not waited for",
  because:
    "After dma_buf_invalidate_mappings() returns, the importer may use the memory until its fences have signalled.",
  advice: "Call dma_resv_wait_timeout() with DMA_RESV_USAGE_BOOKKEEP after invalidating.",
  witness: steps,
  assumptions: ["sequentially consistent memory"],
  contracts: ["devres is released when remove() has returned [drivers/base/dd.c device_unbind_cleanup]"],
  abilities: [
    {
      id: "late-fences",
      text: "an importer's fences may signal late",
      source: "include/linux/dma-buf.h",
      standing: "DOC",
    },
  ],
  explored: { states: 2148, importers: 2, buffers: 2 },
};

const plain = (rule: string, at: Span, more: Partial<Finding> = {}): Finding => ({
  rule,
  resource: "struct foo_buf",
  confidence: "likely",
  at,
  fn: "foo_cleanup",
  message: `breaks ${rule}`,
  because: "It does.",
  advice: "Do not.",
  witness: [{ actor: "driver", kind: "call", text: "does it", span: at, fn: "foo_cleanup" }],
  assumptions: ["a callee that is not seen does not free it"],
  contracts: [],
  abilities: [],
  ...more,
});

export const proved: Proof = {
  resource: "dma-buf of foo_export()",
  at: span(BUF, "foo_export"),
  fn: "foo_cleanup",
  bound: "driver: foo_remove() returns",
  obligations: [
    {
      name: "the gate is closed before importers are told",
      verdict: "proved",
      evidence: [
        { kind: "code", text: "revoked = true", span: span(BUF, "foo->bufs->revoked"), fn: "foo_cleanup" },
        { kind: "contract", text: "map runs with the reservation lock held", source: "drivers/dma-buf/dma-buf.c locking convention" }, // prettier-ignore
      ],
    },
    { name: "unmaps are drained", verdict: "not-proven", evidence: [], reason: "foo_free() was not found" },
    { name: "fences are waited for", verdict: "violated", evidence: [], rule: "dma-buf/no-fence-wait" },
  ],
  assumptions: ["sequentially consistent memory"],
  contracts: ["close_device runs before remove() returns [drivers/vfio/vfio_main.c vfio_unregister_group_dev]"],
  explored: { states: 2148, buffers: 2 },
};

/** Findings in no order, one of them twice, two on equal lines, two of them commented away (one without a reason). */
export const report: Report = {
  findings: [
    plain("dma-buf/use-after-put", span(BUF, "foo_free", 2)),
    plain("dma-buf/leak", span(BUF, "foo_export_again")),
    waitless,
    plain("dma-buf/use-after-put", span(BUF, "foo_free", 1)),
    plain("dma-buf/leak", span(BUF, "foo_export(")),
    { ...waitless, confidence: "likely" },
    plain("provider/escapes-driver", { file: "drivers/demo/gone.c", start: 5, end: 9 }),
  ],
  proofs: [proved, { ...proved, resource: "provider of foo_probe()", at: span(MAIN, "foo_remove"), obligations: [proved.obligations[0]] }], // prettier-ignore
  incomplete: [
    { file: "drivers/demo/foo-main.c", line: 3, why: "a macro was not understood" },
    { file: "drivers/demo/bar.c", line: 0, why: "could not be read" },
    { file: "drivers/demo/bar.c", line: 0, why: "could not be read" },
  ],
  seen: { functions: 3, files: 2 },
};

export const severity = (rule: string): "error" | "warning" => (rule === "dma-buf/leak" ? "warning" : "error");
