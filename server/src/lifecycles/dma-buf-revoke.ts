// The lifecycle of revoking one exported buffer: closing the gate, telling the importers, the two waits, and the bounds that all of it must come before.
import { bound, call, callback, lifecycle, outside, since, store, under, until } from "../model/lifecycle.ts";
import { revokeRules } from "./rules.ts";

const invalidate = [until("6.19", "dma_buf_move_notify"), since("7.0", "dma_buf_invalidate_mappings")];
const WAITS_FOR_EVER = ["wait_for_completion", "wait_event"];
// prettier-ignore
const GIVES_UP = ["wait_for_completion_timeout", "wait_for_completion_interruptible", "wait_for_completion_killable", "wait_event_timeout", "wait_event_interruptible", "wait_event_killable"];

/** One buffer, one importer, one count; drivers/dma-buf/dma-buf.c dma_buf_invalidate_mappings. */
export const dmaBufRevoke = lifecycle({
  id: "dma-buf-revoke",
  resource: "revoke of an exported dma-buf, before the memory behind it goes away",
  sources: [
    "drivers/dma-buf/dma-buf.c dma_buf_invalidate_mappings (kernel-doc: two more waits; importers may map again in parallel; unmap within bounded time)",
    "drivers/dma-buf/dma-buf.c DOC: locking convention: map, unmap and pin run with the reservation lock held, invalidate needs it",
    "drivers/dma-buf/dma-buf.c dma_buf_attach_revocable; drivers/dma-buf/dma-resv.c dma_resv_wait_timeout",
    "drivers/vfio/pci/vfio_pci_dmabuf.c vfio_pci_dma_buf_move, vfio_pci_dma_buf_cleanup: the protocol as practised, with the count armed again",
    "fs/file.c get_file_active: fails once the last reference is gone",
    "Documentation/driver-api/pci/p2pdma.rst: no importer keeps a mapping once the provider is destroyed",
  ],
  // `closed`: the gate. `maps`: a mapping exists. `hot`: hardware uses it, a fence is pending. `told`: its importer knows that it must go. `count`: the
  // exporter's own 1 and one for each counted mapping. `fd`: a file descriptor or an attachment holds the file; `pin`: the revoker does.
  // prettier-ignore
  world: {
    closed: false, maps: false, counted: true, hot: false, told: false, count: 1, // the protocol
    fd: true, pin: false, freed: false, touched: false, // the file and what it frees
    deaf: false, racing: false, walking: false, torn: false, wedged: false, late: false, // mistakes under way
    memory: true, session: true, driver: true, // the three bounds
  },

  phases: {
    open: { start: true, rest: true },
    left: { rest: true }, // its file is gone, so nobody is attached: left to its own release()
    pinned: { owes: "the gate closed, under the reservation lock" },
    moving: { owes: "the wait for fences" },
    gated: { owes: "invalidate_mappings" },
    invalidated: { owes: "the wait for fences" },
    fenced: { owes: "the wait for unmaps" },
    dropped: { owes: "the wait for unmaps" },
    waiting: { owes: "the unmap that it waits for" },
    revoked: { rest: true },
    ready: { rest: true },
    isolated: { rest: true },
    closed: { rest: true },
    gone: { rest: true },
  },

  events: {
    map: {
      actor: "importer",
      to: "driver",
      text: "maps: the gate is open; counted",
      at: callback("dma_buf_ops", "map_dma_buf"),
      will: "voluntary",
      when: (w) => w.fd && !w.closed && !w.maps && !w.wedged,
      does: (w) => ({ ...w, maps: true, told: false, counted: true, count: w.count + 1 }),
    },
    startDma: {
      actor: "importer",
      to: "device",
      text: "starts DMA, adds a BOOKKEEP fence",
      will: "voluntary",
      when: (w) => w.maps && !w.told && !w.hot && !w.late,
      does: (w) => ({ ...w, hot: true }),
    },
    finishDma: {
      actor: "device",
      to: "importer",
      text: "DMA ends, the fence signals",
      will: "promised",
      does: (w) => ({ ...w, hot: false }),
    },
    // The kernel-doc promises no order between the fence and the unmap: this may come while `hot`.
    unmap: {
      actor: "importer",
      to: "driver",
      text: "unmaps, as it was told",
      at: callback("dma_buf_ops", "unmap_dma_buf"),
      will: "promised",
      when: (w) => w.maps && w.told && !w.late && !w.wedged,
      does: (w) => ({ ...w, maps: false, count: w.count - Number(w.counted) }),
    },
    unmapUnasked: {
      actor: "importer",
      to: "driver",
      text: "unmaps of its own accord",
      at: callback("dma_buf_ops", "unmap_dma_buf"),
      will: "voluntary",
      when: (w) => w.maps && !w.told && !w.hot && !w.late && !w.wedged,
      does: (w) => ({ ...w, maps: false, count: w.count - Number(w.counted) }),
    },
    close: {
      actor: "user",
      to: "dma-buf",
      text: "closes the last fd",
      will: "voluntary",
      when: (w) => w.fd && !w.pin && !w.maps && !w.racing,
      does: (w) => ({ ...w, fd: false }),
    },
    release: {
      actor: "dma-buf",
      to: "driver",
      text: "release() frees the private data",
      at: callback("dma_buf_ops", "release"),
      will: "promised",
      when: (w) => !w.fd && !w.pin && !w.freed,
      does: (w) => ({ ...w, freed: true }),
    },
    mapFinishes: {
      actor: "importer",
      to: "driver",
      text: "its map, past the test before the store, ends well",
      will: "voluntary",
      when: (w) => w.racing && !w.maps,
      does: (w) => ({ ...w, racing: false, maps: true, told: false, counted: true, count: w.count + 1 }),
    },
    detach: {
      actor: "importer",
      to: "dma-buf",
      text: "detaches: the list changes under the walk",
      will: "voluntary",
      when: (w) => w.walking && !w.maps,
      does: (w) => ({ ...w, torn: true }),
    },
    unmapEnds: {
      actor: "driver",
      text: "the unmap callback takes the mapping down at last",
      will: "promised",
      when: (w) => w.late,
      does: (w) => ({ ...w, late: false, maps: false }),
    },

    pin: {
      actor: "driver",
      text: "get_file_active(): the file stays",
      at: call([since("6.7", "get_file_active"), until("6.6", "get_file_rcu")], { file: 0 }),
      when: (w) => w.fd,
      does: (w) => ({ ...w, pin: true }),
    },
    skip: {
      actor: "driver",
      text: "get_file_active() fails: left to release()",
      at: call([since("6.7", "get_file_active"), until("6.6", "get_file_rcu")], { file: 0 }),
      when: (w) => !w.fd,
    },
    closeGate: {
      actor: "driver",
      text: "locks resv; revoked = true",
      at: store("gate", "true"),
      when: (w) => !w.wedged,
      does: (w) => ({ ...w, closed: true, touched: w.touched || w.freed }),
    },
    closeGateUnlocked: {
      actor: "driver",
      text: "revoked = true, without the lock",
      at: store("gate", "true"),
      does: (w) => [
        { ...w, closed: true },
        { ...w, closed: true, racing: true },
      ],
    },
    invalidate: {
      actor: "driver",
      to: "importer",
      text: "invalidate_mappings()",
      at: call(invalidate, { buffer: 0 }, under("resv")),
      when: (w) => !w.wedged,
      does: (w) => ({ ...w, told: w.maps && !w.deaf, touched: w.touched || w.freed }),
    },
    invalidateUnlocked: {
      actor: "driver",
      to: "importer",
      text: "invalidate_mappings(), without the lock",
      at: call(invalidate, { buffer: 0 }, outside("resv")),
      does: (w) => ({ ...w, told: w.maps && !w.deaf, walking: true }),
    },
    moved: {
      actor: "driver",
      to: "importer",
      text: "waits for fences; the buffer has moved",
      at: call("dma_resv_wait_timeout", { resv: 0 }),
      when: (w) => !w.hot,
      does: (w) => ({ ...w, pin: false }),
    },
    waitFences: {
      actor: "driver",
      to: "importer",
      text: "waits for BOOKKEEP fences; unlocks resv",
      at: call("dma_resv_wait_timeout", { resv: 0 }, { given: { argument: 1, is: ["DMA_RESV_USAGE_BOOKKEEP"] } }),
      when: (w) => !w.hot,
    },
    waitWeakly: {
      actor: "driver",
      to: "importer",
      text: "waits for other fences, or not to the end",
      at: [
        call("dma_resv_wait_timeout", { resv: 0 }, { given: { argument: 1, not: ["DMA_RESV_USAGE_BOOKKEEP"] } }),
        call("dma_resv_wait_timeout", { resv: 0 }, { given: { argument: 3, not: ["MAX_SCHEDULE_TIMEOUT"] } }),
      ],
    },
    putOwn: {
      actor: "driver",
      text: "puts its own count",
      at: call(["kref_put", "refcount_dec_and_test"], { count: 0 }),
      does: (w) => ({ ...w, count: w.count - 1 }),
    },
    wait: {
      actor: "driver",
      to: "importer",
      text: "waits for the unmaps",
      at: call(WAITS_FOR_EVER, { done: 0 }, outside("resv")),
    },
    waitLocked: {
      actor: "driver",
      to: "importer",
      text: "waits for the unmaps, with resv held",
      at: call(WAITS_FOR_EVER, { done: 0 }, under("resv")),
      does: (w) => ({ ...w, wedged: true }),
    },
    woken: {
      actor: "driver",
      text: "the count is zero: the wait ends",
      when: (w) => w.count === 0,
      does: (w) => ({ ...w, pin: false }),
    },
    giveUp: {
      actor: "driver",
      text: "the wait ends by timeout or signal",
      at: call(GIVES_UP, { done: 0 }),
    },
    rearm: {
      actor: "driver",
      text: "arms count and completion again",
      at: call(["kref_init", "refcount_set"], { count: 0 }),
      does: (w) => ({ ...w, count: 1 }),
    },
    openGate: {
      actor: "driver",
      text: "revoked = false",
      at: store("gate", "false"),
      does: (w) => ({ ...w, closed: false }),
    },
    reset: {
      actor: "driver",
      to: "device",
      text: "resets it, or turns its memory off",
      at: call(["pci_reset_function", "pci_try_reset_function", "pci_reset_bus", "pci_set_power_state"], { device: 0 }),
      does: (w) => ({ ...w, memory: false }),
    },
    enable: { actor: "driver", to: "device", text: "its memory is on again", does: (w) => ({ ...w, memory: true }) },

    mapUncounted: {
      actor: "importer",
      to: "driver",
      text: "maps; nobody counts it",
      at: callback("dma_buf_ops", "map_dma_buf", ["count"]),
      when: (w) => w.fd && !w.closed && !w.maps,
      does: (w) => ({ ...w, maps: true, told: false, counted: false }),
    },
    putTooEarly: {
      actor: "importer",
      to: "driver",
      text: "unmaps: the count is put, the mapping stands",
      at: callback("dma_buf_ops", "unmap_dma_buf"),
      when: (w) => w.maps && (w.told || !w.hot) && !w.late && !w.wedged,
      does: (w) => ({ ...w, late: true, count: w.count - 1 }),
    },
    failCounted: {
      actor: "importer",
      to: "driver",
      text: "its map fails; the count stays up",
      at: callback("dma_buf_ops", "map_dma_buf"),
      when: (w) => w.fd && !w.closed && w.count === 1,
      does: (w) => ({ ...w, count: w.count + 1 }),
    },
    admitDeaf: {
      actor: "importer",
      to: "driver",
      text: "attaches, has no invalidate_mappings()",
      at: callback("dma_buf_ops", "attach", ["refusal of the unrevocable"]),
      when: (w) => w.fd && !w.maps,
      does: (w) => ({ ...w, deaf: true }),
    },
    lockAgain: {
      actor: "importer",
      to: "driver",
      text: "maps: the callback locks resv again",
      at: call(["dma_resv_lock", "dma_resv_lock_interruptible"], { resv: 0 }, under("resv")),
      does: (w) => ({ ...w, wedged: true }),
    },
    unbind: {
      actor: "driver core",
      text: "remove() has returned: the provider is freed",
      at: bound("driver"),
      does: (w) => ({ ...w, driver: false }),
    },
    endSession: {
      actor: "driver",
      to: "device",
      text: "ends the session: BARs released, device off",
      at: bound("session"),
      does: (w) => ({ ...w, session: false }),
    },
  },

  order: [
    ["open", "pin", "pinned"],
    ["open", "skip", "left"],
    ["pinned", "closeGate", "gated"],
    ["pinned", "invalidate", "moving"], // a buffer that only moves keeps its gate open
    ["moving", "moved", "open"],
    ["gated", "invalidate", "invalidated"],
    ["invalidated", "waitFences", "fenced"],
    ["fenced", "putOwn", "dropped"],
    ["dropped", "wait", "waiting"],
    ["waiting", "woken", "revoked"],
    ["revoked", "rearm", "ready"],
    ["revoked", "endSession", "closed"],
    ["revoked", "unbind", "gone"],
    ["ready", "putOwn", "dropped"], // a second revoke finds the count armed
    ["ready", "openGate", "open"],
    ["ready", "reset", "isolated"],
    ["ready", "endSession", "closed"],
    ["ready", "unbind", "gone"],
    ["isolated", "enable", "ready"],
    ["left", "endSession", "closed"],
    ["left", "unbind", "gone"],
    ["closed", "unbind", "gone"],
  ],

  // prettier-ignore
  forbidden: [
    [["open", "pinned", "gated"], "unbind", "gone", "dma-buf/not-invalidated"],
    [["gated"], "waitFences", "fenced", "dma-buf/not-invalidated"],
    [["moving"], "unbind", "gone", "dma-buf/gate-not-closed"],
    [["moving"], "putOwn", "dropped", "dma-buf/gate-not-closed"],
    [["moving"], "closeGate", "invalidated", "dma-buf/gate-after-invalidate"],
    [["invalidated"], "unbind", "gone", "dma-buf/no-fence-wait"],
    [["invalidated"], "putOwn", "dropped", "dma-buf/no-fence-wait"],
    [["invalidated"], "waitWeakly", "fenced", "dma-buf/weak-fence-wait"],
    [["fenced", "dropped"], "unbind", "gone", "dma-buf/no-unmap-drain"],
    [["waiting"], "giveUp", "revoked", "dma-buf/no-unmap-drain"],
    [["open"], "mapUncounted", "=", "dma-buf/uncounted-mapping"],
    [["open", "invalidated", "fenced", "dropped", "waiting"], "putTooEarly", "=", "dma-buf/counted-too-short"],
    [["dropped"], "waitLocked", "waiting", "dma-buf/drain-under-lock"],
    [["fenced"], "wait", "waiting", "dma-buf/drain-never-ends"],
    [["open"], "failCounted", "=", "dma-buf/drain-never-ends"],
    [["revoked"], "putOwn", "dropped", "dma-buf/revoke-not-idempotent"],
    [["open"], "closeGate", "gated", "dma-buf/revoke-races-release"],
    [["open", "pinned", "moving", "gated", "invalidated", "fenced", "dropped"], "endSession", "closed", "dma-buf/outlives-session"],
    [["open", "pinned", "moving", "gated", "invalidated", "fenced", "dropped"], "reset", "isolated", "dma-buf/maps-while-isolated"],
    [["isolated"], "openGate", "open", "dma-buf/maps-while-isolated"],
    [["open"], "admitDeaf", "=", "dma-buf/unrevocable-importer"],
    [["pinned"], "closeGateUnlocked", "gated", "dma-buf/lock-not-held"],
    [["gated"], "invalidateUnlocked", "invalidated", "dma-buf/lock-not-held"],
    [["open"], "lockAgain", "=", "dma-buf/lock-held"],
  ],

  invariants: {
    "no DMA and no mapping once the provider is freed": (w) => w.driver || (!w.maps && !w.hot),
    "no DMA and no mapping once the session has ended": (w) => w.session || (!w.maps && !w.hot),
    "no DMA and no mapping while the memory is off": (w) => w.memory || (!w.maps && !w.hot),
    "no count goes below zero": (w) => w.count >= 0,
    "a freed buffer is not touched": (w) => !w.touched,
    "the list of attachments stays as it is while it is walked": (w) => !w.torn,
  },

  // prettier-ignore
  story: ["map", "startDma", "pin", "closeGate", "invalidate", "finishDma", "waitFences", "putOwn", "wait", "unmap", "woken", "unbind"],

  rules: revokeRules,
});
