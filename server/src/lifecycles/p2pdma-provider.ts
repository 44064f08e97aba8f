// The lifecycle of a driver-bound P2PDMA provider: a pointer into devres memory that nothing counts, safe only because every user stops first.
import { bound, branch, call, callback, lifecycle, store, test, use } from "../model/lifecycle.ts";
import { providerRules } from "./rules.ts";

const init = call("pcim_p2pdma_init", { device: 0 });
const provide = call("pcim_p2pdma_provider", { device: 0, provider: "returns" });

/** One provider and one buffer object that keeps it; drivers/pci/p2pdma.c pcim_p2pdma_init, pcim_p2pdma_provider, pci_p2pdma_release. */
export const p2pdmaProvider = lifecycle({
  id: "p2pdma-provider",
  resource: "P2PDMA provider of one BAR, bound to the driver",
  sources: [
    "drivers/pci/p2pdma.c pcim_p2pdma_init, pcim_p2pdma_provider (kernel-doc: bound to the lifetime of the driver), pci_p2pdma_release",
    "drivers/base/dd.c __device_release_driver, device_unbind_cleanup: devres is released after remove() has returned",
    "Documentation/driver-api/pci/p2pdma.rst: all mappings are gone before remove() completes",
  ],
  // `null`: the core said "unsupported". `mapped`: somebody's DMA was mapped with the provider. `tested`: a thread tested the open gate and then let
  // go of the lock. `stray`: a copy of the pointer lies where no teardown looks. `has`: the driver has the pointer, 1 in a local, 2 in the buffer.
  // prettier-ignore
  world: { has: 0, ready: false, warned: false, null: false, alive: true, gate: false, tested: false, mapped: false, stray: false, touched: false, oops: false },

  phases: {
    none: { start: true, rest: true },
    refused: { rest: true }, // pcim_p2pdma_init() said -EOPNOTSUPP: drivers go on without
    ready: { rest: true },
    asked: { owes: "a test for NULL" },
    lacking: { rest: true }, // NULL: this BAR has no provider
    had: { owes: "a place that the teardown reaches, or the end of the function" },
    kept: { owes: "the revoke, before remove() returns" },
    revoked: { rest: true },
    gone: { rest: true },
  },

  events: {
    init: {
      actor: "driver",
      text: "pcim_p2pdma_init(): ready",
      at: branch(init, "zero"),
      does: (w) => ({ ...w, ready: true }),
    },
    initFails: {
      actor: "driver",
      text: "pcim_p2pdma_init(): -EOPNOTSUPP",
      at: branch(init, "negative"),
    },
    ask: {
      actor: "driver",
      text: "pcim_p2pdma_provider()",
      at: provide,
      // After a refused init the BARs are not mappable and the core answers NULL before it looks; without any init it warns.
      does: (w) => (w.ready ? [w, { ...w, null: true }] : { ...w, null: true, warned: true }),
    },
    askRefused: {
      actor: "driver",
      text: "pcim_p2pdma_provider(): NULL after -EOPNOTSUPP",
      at: provide,
      does: (w) => ({ ...w, null: true }),
    },
    isNull: { actor: "driver", text: "the provider is NULL", at: branch(provide, "null"), when: (w) => w.null },
    isThere: {
      actor: "driver",
      text: "the provider is not NULL",
      at: branch(provide, "valid"),
      when: (w) => !w.null,
      does: (w) => ({ ...w, has: 1 }),
    },
    keep: {
      actor: "driver",
      text: "buffer->provider = provider",
      at: store("provider", "any"),
      does: (w) => ({ ...w, has: 2 }),
    },
    stash: {
      actor: "driver",
      text: "stores the provider where no teardown looks",
      at: store("provider elsewhere", "any"),
      does: (w) => ({ ...w, stray: true }),
    },
    use: {
      actor: "driver",
      text: "uses the provider",
      at: use("provider"),
      when: (w) => w.alive || w.has > 0,
      does: (w) => ({ ...w, oops: w.oops || w.null, touched: w.touched || !w.alive }),
    },
    map: {
      actor: "importer",
      to: "driver",
      text: "maps: the gate is open, the provider is used",
      at: callback("dma_buf_ops", "map_dma_buf"),
      will: "voluntary",
      when: (w) => w.alive && w.gate,
      does: (w) => ({ ...w, mapped: true }),
    },
    testAndGo: {
      actor: "user",
      to: "driver",
      text: "a callback finds the gate open and drops the lock",
      at: test("gate", false),
      will: "voluntary",
      when: (w) => w.gate && !w.tested,
      does: (w) => ({ ...w, tested: true }),
    },
    mapUngated: {
      actor: "importer",
      to: "driver",
      text: "maps: the gate is not looked at, the provider is used",
      at: callback("dma_buf_ops", "map_dma_buf", ["test of the gate"]),
      when: (w) => w.has > 1,
      does: (w) => ({ ...w, mapped: true, touched: w.touched || !w.alive }),
    },
    useStale: {
      actor: "driver",
      text: "the callback goes on and uses the provider",
      at: use("provider"),
      when: (w) => w.tested,
      does: (w) => ({ ...w, tested: false, mapped: true, touched: w.touched || !w.alive }),
    },
    reachStray: {
      actor: "user",
      to: "driver",
      text: "reaches the stray pointer, which nobody cleared",
      will: "voluntary",
      when: (w) => w.stray && !w.alive,
      does: (w) => ({ ...w, touched: true }),
    },
    // prettier-ignore
    publish: { actor: "driver", to: "user", text: "opens the gate: the buffer can be mapped", at: store("gate", "false"), does: (w) => ({ ...w, gate: true }) },
    revoke: {
      actor: "driver",
      to: "importer",
      text: "closes the gate, invalidates, waits for fences and unmaps",
      at: store("gate", "true"),
      does: (w) => ({ ...w, gate: false, mapped: false }),
    },
    unbind: {
      actor: "driver core",
      text: "remove() has returned: the provider is freed",
      at: bound("driver"),
      does: (w) => ({ ...w, alive: false }),
    },
  },

  order: [
    ["none", "init", "ready"],
    ["none", "initFails", "refused"],
    ["none", "unbind", "gone"],
    ["refused", "askRefused", "asked"],
    ["refused", "unbind", "gone"],
    ["ready", "init", "="], // the second call finds it done
    ["ready", "ask", "asked"],
    ["ready", "unbind", "gone"],
    ["asked", "isNull", "lacking"],
    ["asked", "isThere", "had"],
    ["lacking", "unbind", "gone"],
    ["had", "use", "="],
    ["had", "keep", "kept"],
    ["had", "unbind", "gone"],
    ["kept", "publish", "="],
    ["kept", "use", "="],
    ["kept", "useStale", "="], // the gate is open: no harm yet
    ["kept", "revoke", "revoked"],
    ["revoked", "use", "="], // the pointer is good until remove() returns
    ["revoked", "publish", "kept"], // the revoke ends: power is back, the reset is over
    ["revoked", "unbind", "gone"],
  ],

  forbidden: [
    [["none"], "ask", "asked", "provider/not-initialised"],
    [["asked"], "use", "had", "provider/unchecked-null"],
    [["asked"], "keep", "kept", "provider/unchecked-null"],
    [["had"], "stash", "had", "provider/escapes-driver"],
    [["kept"], "unbind", "gone", "provider/escapes-driver"],
    [["revoked"], "mapUngated", "=", "provider/ungated-use"],
    [["gone"], "mapUngated", "=", "provider/ungated-use"],
    [["revoked"], "useStale", "=", "provider/use-after-revoke"],
    [["gone"], "useStale", "=", "provider/use-after-revoke"],
    [["gone"], "use", "=", "provider/use-after-revoke"],
  ],

  invariants: {
    "the core has nothing to warn of": (w) => !w.warned,
    "NULL is not dereferenced": (w) => !w.oops,
    "a freed provider is not touched": (w) => !w.touched,
    "no DMA is mapped once the provider is freed": (w) => w.alive || !w.mapped,
  },

  story: ["init", "ask", "isThere", "keep", "publish", "map", "revoke", "unbind"],

  rules: providerRules,
});
