// The lifecycle of an exported dma-buf as its exporter makes it: who owns the private data and the reference, and what may be touched when.
import { bound, branch, call, callback, lifecycle, store, use } from "../model/lifecycle.ts";
import { exportRules } from "./rules.ts";

const exporting = call("dma_buf_export", { info: 0, buffer: "returns" });
const publishing = call("dma_buf_fd", { buffer: 0 });

/** One buffer from kzalloc() to release(); drivers/dma-buf/dma-buf.c dma_buf_export, dma_buf_fd, dma_buf_put, dma_buf_release. */
export const dmaBufExport = lifecycle({
  id: "dma-buf-export",
  resource: "exported dma-buf: its private data and its first reference",
  sources: [
    "drivers/dma-buf/dma-buf.c dma_buf_export (an error pointer, never NULL), dma_buf_fd, dma_buf_fd_install, dma_buf_put, dma_buf_release",
    "drivers/vfio/pci/vfio_pci_dmabuf.c vfio_pci_core_feature_dma_buf: after a good export, dma_buf_put() frees the private data",
    "fs/file_table.c __fput_deferred: the release callback runs later, after the system call or on a worker",
    "drivers/base/dd.c device_unbind_cleanup: what belongs to the driver is freed once remove() has returned",
  ],
  // `refs`: references to the file. `held`: the exporter's own is still there to be put. `fd`: a file descriptor holds one. `frees`: how often the private
  // data was freed; `released`: once by release(). `set`: everything that a callback reads has been set. `early`: a callback read what had not been set.
  // prettier-ignore
  world: { exported: false, refs: 0, held: false, fd: false, frees: 0, released: false, set: false, early: false, touched: false, driver: true, orphan: false },

  phases: {
    private: { start: true, owes: "dma_buf_export(), or freeing the private data" },
    prepared: { owes: "dma_buf_export(), or freeing the private data" },
    exported: { owes: "dma_buf_put() or dma_buf_fd()" },
    ready: { owes: "dma_buf_put() or dma_buf_fd()" },
    published: { rest: true },
    orphaned: { rest: true }, // the driver is gone, the file may still be open
    dropped: { rest: true },
    freed: { rest: true },
  },

  events: {
    set: {
      actor: "driver",
      text: "sets what the callbacks read: provider, ranges, count, list",
      at: store("callback state", "any"),
      does: (w) => ({ ...w, set: true }),
    },
    freePrivate: {
      actor: "driver",
      text: "kfree(private data)",
      at: call(["kfree", "kvfree", "kfree_sensitive"], { private: 0 }),
      when: (w) => w.frees === 0,
      does: (w) => ({ ...w, frees: w.frees + 1 }),
    },
    export: {
      actor: "driver",
      to: "dma-buf",
      text: "dma_buf_export(): release() owns the private data",
      at: branch(exporting, "valid"),
      does: (w) => ({ ...w, exported: true, refs: 1, held: true }),
    },
    exportFails: {
      actor: "driver",
      to: "dma-buf",
      text: "dma_buf_export() fails",
      at: branch(exporting, "error-pointer"),
    },
    publish: {
      actor: "driver",
      to: "user",
      text: "dma_buf_fd(): the reference is the fd's",
      at: [branch(publishing, "valid"), call("dma_buf_fd_install", { buffer: 0 })],
      does: (w) => ({ ...w, held: false, fd: true }),
    },
    publishFails: { actor: "driver", to: "dma-buf", text: "dma_buf_fd() fails", at: branch(publishing, "negative") },
    touch: {
      actor: "driver",
      text: "touches the buffer or its private data",
      at: use("buffer"),
      does: (w) => ({ ...w, touched: w.touched || w.frees > 0 }),
    },
    put: {
      actor: "driver",
      to: "dma-buf",
      text: "dma_buf_put()",
      at: call("dma_buf_put", { buffer: 0 }),
      does: (w) => ({ ...w, refs: w.refs - 1, held: false }),
    },
    leave: {
      actor: "driver",
      text: "returns; nobody has the reference",
      at: bound("scope"),
      does: (w) => ({ ...w, held: false }),
    },
    unbind: {
      actor: "driver core",
      text: "remove() has returned: what is the driver's is freed",
      at: bound("driver"),
      does: (w) => ({ ...w, driver: false }),
    },
    callBack: {
      actor: "user",
      to: "driver",
      text: "another thread uses the fd: a callback runs",
      will: "voluntary",
      when: (w) => w.fd && !w.set,
      does: (w) => ({ ...w, early: true }),
    },
    close: {
      actor: "user",
      to: "dma-buf",
      text: "another thread closes the fd",
      will: "voluntary",
      when: (w) => w.fd,
      does: (w) => ({ ...w, fd: false, refs: w.refs - 1 }),
    },
    release: {
      actor: "dma-buf",
      to: "driver",
      text: "release() runs and frees the private data",
      at: callback("dma_buf_ops", "release"),
      will: "promised",
      when: (w) => w.exported && w.refs === 0 && !w.released,
      does: (w) => ({ ...w, frees: w.frees + 1, released: true }),
    },
    releaseTouchesDriver: {
      actor: "dma-buf",
      to: "driver",
      text: "release() runs and touches what is the driver's",
      at: callback("dma_buf_ops", "release"),
      when: (w) => w.exported && w.refs === 0 && !w.released,
      does: (w) => ({ ...w, frees: w.frees + 1, released: true, orphan: w.orphan || !w.driver }),
    },
  },

  order: [
    ["private", "set", "prepared"],
    ["private", "freePrivate", "freed"],
    ["private", "export", "exported"],
    ["private", "exportFails", "="],
    ["prepared", "freePrivate", "freed"],
    ["prepared", "export", "ready"],
    ["prepared", "exportFails", "="],
    ["exported", "set", "ready"],
    ["exported", "put", "dropped"],
    ["ready", "put", "dropped"],
    ["ready", "publish", "published"],
    ["ready", "publishFails", "="],
    ["published", "leave", "="],
    ["published", "releaseTouchesDriver", "="], // the driver is there
    ["published", "unbind", "orphaned"],
  ],

  forbidden: [
    [["exported"], "publish", "published", "dma-buf/published-early"],
    [["published"], "touch", "=", "dma-buf/use-after-publish"],
    [["dropped"], "touch", "=", "dma-buf/use-after-put"],
    [["exported", "ready"], "freePrivate", "=", "dma-buf/unwind-after-export"],
    [["published"], "put", "dropped", "dma-buf/unwind-after-export"],
    [["exported", "ready"], "leave", "=", "dma-buf/leak"],
    [["orphaned"], "releaseTouchesDriver", "=", "dma-buf/release-uses-driver"],
  ],

  invariants: {
    "the private data is freed at most once": (w) => w.frees <= 1,
    "nothing freed is touched": (w) => !w.touched,
    "a callback reads only what has been set": (w) => !w.early,
    "a reference is put at most once": (w) => w.refs >= 0,
    "a reference that is left has a holder": (w) => w.refs <= 0 || w.held || w.fd,
    "release() finds the driver alive": (w) => !w.orphan,
  },

  story: ["export", "set", "publish", "leave", "unbind", "close", "release"],

  rules: exportRules,
});
