// An exporter written by hand under the driver core alone: how the protocol should run, and each of its rules as the step that is taken out. An atomic counter with an
// await, an enum for a gate, helpers and gotos: other means than those of the in-tree exporters, to the same end.
import type { Edits, Stmt } from "./assemble.ts";
import {
  act,
  alloc,
  assertHeld,
  atomicGet,
  atomicPut,
  awaitFor,
  c,
  call,
  cont,
  count,
  countGet,
  countPut,
  countTry,
  each,
  eq,
  f,
  free,
  goto,
  isErr,
  label,
  link,
  lock,
  not,
  proc,
  r,
  ret,
  set,
  store,
  tag,
  unlink,
  unlock,
  unusedEdits,
  when,
} from "./assemble.ts";
import { ACT, CLS, ENV, F } from "./actions.ts";
import type { Proc, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { ERR } from "../../model/unplug/skeleton.ts";

const DEV = "foo_dev";
const BUF = "foo_buf";
const D = { lock: "foo_dev.lock", dead: "foo_dev.dead", live: "foo_dev.live" } as const;
const B = {
  dmabuf: "foo_buf.dmabuf",
  dev: "foo_buf.dev",
  node: "foo_buf.node",
  provider: "foo_buf.provider",
  users: "foo_buf.users",
  state: "foo_buf.state",
} as const;
/** enum foo_state */
export const STATE = { ready: 0, going: 1, dead: 2 } as const;
export const PLAIN = { B, D };

const [buf, dev, att] = [r("buf"), r("dev"), r("att")];
const dmabuf = f(B.dmabuf, buf);
const err = c(ERR);

export const fences = (opt: Readonly<Record<string, string | boolean>> = {}): Stmt =>
  act(ACT.waitFences, [dmabuf], { opt: { usage: "BOOKKEEP", interruptible: false, timeout: "max", ...opt } });

/** The set, with the tagged stretches changed. `devres`: the device's struct dies with the driver, and not with its last reference. */
export function plainSet(edits: Edits = {}, { name = "foo", devres = false } = {}): SkeletonSet {
  const seen = new Set<string>();
  const procs: Record<string, Proc> = {};
  const define = (fn: string, params: readonly string[], ...body: readonly Stmt[]): void =>
    void (procs[fn] = proc(fn, params, body, edits, seen));

  define("foo_probe", ["dev"], tag("init", act(ACT.initProvider, [dev])), ret(c(0)));
  define(
    "foo_attach",
    ["dmabuf", "att"],
    tag("attach.callback", when(not(f(F.importerOps, att)), [goto("no")]), when(not(f(F.callback, att)), [goto("no")])),
    ret(c(0)),
    label("no"),
    ret(err),
  );
  define("foo_may_map", ["buf"], tag("gate", ret(eq(f(B.state, buf), c(STATE.ready)))));
  define(
    "foo_map",
    ["att", "dir"],
    set("buf", f(F.priv, f(F.attDmabuf, att))),
    call("foo_may_map", [buf], "ok"),
    when(not(r("ok")), [goto("dead")]),
    act(ACT.mapBegin, [att, f(B.provider, buf)], { r: "sgt" }),
    when(isErr(r("sgt")), [goto("out")]),
    tag("get", atomicGet(B.users, buf)),
    label("out"),
    ret(r("sgt")),
    label("dead"),
    ret(err),
  );
  define(
    "foo_unmap",
    ["att", "sgt", "dir"],
    set("buf", f(F.priv, f(F.attDmabuf, att))),
    tag("put.early"),
    act(ACT.mapEnd, [att]),
    tag("put", atomicPut(B.users, buf)),
  );
  define(
    "foo_settle",
    ["buf"],
    assertHeld(F.resv, dmabuf),
    tag("invalidate", call(ENV.invalidate, [dmabuf])),
    tag("fences", fences()),
  );
  define(
    "foo_revoke",
    ["buf"],
    lock(F.resv, dmabuf),
    tag("shut", store(B.state, buf, c(STATE.going))),
    call("foo_settle", [buf]),
    tag("inside"),
    unlock(F.resv, dmabuf),
    tag("shut.late"),
    tag("wait", awaitFor(eq(count(B.users, buf), c(0)))),
    tag("finish", store(B.state, buf, c(STATE.dead))),
  );
  define(
    "foo_remove",
    ["dev"],
    lock(D.lock, dev),
    store(D.dead, dev, c(1)),
    each("buf", B.node, dev, [
      tag("active", countTry(F.files, dmabuf, "active"), when(not(r("active")), [cont])),
      tag("revoke", call("foo_revoke", [buf])),
      unlink(B.node, buf),
      store(B.dev, buf, c(0)),
      atomicPut(D.live, dev),
      countPut(F.files, dmabuf),
    ]),
    unlock(D.lock, dev),
    tag("token", awaitFor(eq(count(D.live, dev), c(0)))),
  );
  define(
    "foo_release",
    ["dmabuf"],
    set("buf", f(F.priv, r("dmabuf"))),
    set("dev", f(B.dev, buf)),
    when(dev, [lock(D.lock, dev), unlink(B.node, buf), unlock(D.lock, dev), atomicPut(D.live, dev)]),
    free(BUF, buf),
  );
  define(
    "foo_export",
    ["dev"],
    alloc(BUF, "buf"),
    when(not(buf), [ret(err)]),
    store(B.dev, buf, dev),
    lock(D.lock, dev),
    when(f(D.dead, dev), [goto("unlock")]),
    act(ACT.getProvider, [dev], { r: "p" }),
    tag("null", when(not(r("p")), [goto("unlock")])),
    store(B.provider, buf, r("p")),
    call(ENV.export, [buf], "d"),
    when(isErr(r("d")), [goto("unlock")]),
    store(B.dmabuf, buf, r("d")),
    link(B.node, buf, dev),
    atomicGet(D.live, dev),
    unlock(D.lock, dev),
    act(ACT.fd, [r("d")], { r: "fd" }),
    when(isErr(r("fd")), [countPut(F.files, r("d"))]),
    ret(r("fd")),
    label("unlock"),
    unlock(D.lock, dev),
    free(BUF, buf),
    ret(err),
  );

  const unused = unusedEdits(edits, seen);
  if (unused.length > 0) throw new Error(`no such tag: ${unused.join(", ")}`);
  return {
    name,
    classes: [
      {
        name: DEV,
        tags: [DEV],
        count: 1,
        liveAtStart: 1,
        ...(devres ? { devres } : {}),
        fields: [
          { id: D.lock, kind: "lock" },
          { id: D.dead, kind: "value" },
          { id: D.live, kind: "count" },
        ],
      },
      {
        name: BUF,
        tags: [BUF],
        count: 2,
        liveAtStart: 0,
        fields: [
          { id: B.dmabuf, kind: "pointer", to: CLS.buffer },
          { id: B.dev, kind: "pointer", to: DEV },
          { id: B.node, kind: "link", to: DEV },
          { id: B.provider, kind: "pointer", to: CLS.provider },
          { id: B.users, kind: "count" },
          { id: B.state, kind: "value" },
        ],
      },
    ],
    procs,
    slots: {
      "dma_buf_ops.attach": "foo_attach",
      "dma_buf_ops.map_dma_buf": "foo_map",
      "dma_buf_ops.unmap_dma_buf": "foo_unmap",
      "dma_buf_ops.release": "foo_release",
    },
    roots: [
      { kind: "probe", proc: "foo_probe", params: [DEV], via: "pci_driver.probe" },
      { kind: "remove", proc: "foo_remove", params: [DEV], via: "pci_driver.remove" },
      { kind: "export", proc: "foo_export", params: [DEV], via: "file_operations.unlocked_ioctl" },
    ],
    preds: {},
    parts: { device: DEV, buffer: CLS.buffer, private: BUF },
  };
}

const buffer = r("buf");
const drain = awaitFor(eq(count(B.users, buffer), c(0)));

/** For each rule that the exemplar can break: what is changed. Without a rule the rest is as it should be. */
export const WITHOUT: Readonly<Record<string, Edits>> = {
  "provider/not-initialised": { init: [] },
  "provider/unchecked-null": { null: [] },
  "provider/ungated-use": { gate: [ret(c(1))] },
  "dma-buf/gate-not-closed": { shut: [], finish: [] },
  "dma-buf/gate-after-invalidate": { shut: [], "shut.late": [store(B.state, buffer, c(STATE.going))] },
  "dma-buf/not-invalidated": { invalidate: [] },
  "dma-buf/no-fence-wait": { fences: [] },
  "dma-buf/weak-fence-wait": { fences: [fences({ usage: "KERNEL" })] },
  "dma-buf/uncounted-mapping": { get: [] },
  "dma-buf/drain-never-ends": { put: [] },
  "dma-buf/counted-too-short": { put: [], "put.early": [atomicPut(B.users, buffer)] },
  "dma-buf/no-unmap-drain": { wait: [] },
  "dma-buf/drain-under-lock": { wait: [], inside: [drain] },
  "dma-buf/unrevocable-importer": { "attach.callback": [] },
  "dma-buf/revoke-races-release": { active: [countGet(F.files, f(B.dmabuf, buffer))] },
};
