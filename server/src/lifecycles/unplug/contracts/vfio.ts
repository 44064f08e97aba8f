// The VFIO core's contract with its bus drivers: sessions on a device file, registrations that remove() waits for, and which calls exclude which.
import type { Start, Thread } from "../../../model/unplug/scenario.ts";
import type { Proc, Root, SkeletonSet } from "../../../model/unplug/skeleton.ts";
import { F } from "../actions.ts";
import {
  and,
  c,
  call,
  callSlot,
  complete,
  countPut,
  countTry,
  eq,
  f,
  free,
  lock,
  not,
  proc,
  r,
  ret,
  store,
  unlink,
  unlock,
  waitDone,
  when,
} from "../assemble.ts";
import { closeDeviceStart, closeFdStart, ioctl, mappingThread } from "../user.ts";
import type { Contract, Lost, Scene, View } from "./contract.ts";
import { argsOf, reaches, rootsOf } from "./contract.ts";

const REFS = "vfio_device.refcount";
const COMP = "vfio_device.comp";
const OPENS = "vfio_device.open_count";
const SET = "vfio_device.dev_set";
const ON_SET = "vfio_device.dev_set_list";
const SET_LOCK = "vfio_device_set.lock";
const dev = r("dev");

/** What the core does, where the set does not bring the C of it. */
function coreProcs(set: SkeletonSet, lost: Lost): Record<string, Proc> {
  return {
    vfio_device_put_registration: proc(
      "vfio_device_put_registration",
      ["dev"],
      [countPut(REFS, dev, "last"), when(r("last"), [complete(COMP, dev)])],
    ),
    vfio_device_try_get_registration: proc(
      "vfio_device_try_get_registration",
      ["dev"],
      [countTry(REFS, dev, "got"), ret(r("got"))],
    ),
    // Nags through .request every ten seconds and goes on waiting, also when interrupted.
    vfio_unregister_group_dev: proc(
      "vfio_unregister_group_dev",
      ["dev"],
      [call("vfio_device_put_registration", [dev]), ...(lost.has("wait") ? [] : [waitDone(COMP, dev)])],
    ),
    // vfio_device_release at the last reference: nobody else has one, as every registration is gone.
    vfio_put_device: proc(
      "vfio_put_device",
      ["dev"],
      [lock(SET_LOCK, c(1)), unlink(ON_SET, dev, true), unlock(SET_LOCK, c(1)), free(set.parts.device, dev)],
    ),
    "vfio.release": proc(
      "vfio.release",
      ["dev"],
      [
        lock(SET_LOCK, c(1)),
        ...(lost.has("close") ? [] : [callSlot("vfio_device_ops.close_device", [dev])]),
        store(F.session, c(1), c(0)),
        store(OPENS, dev, c(0)),
        unlock(SET_LOCK, c(1)),
        call("vfio_device_put_registration", [dev]),
      ],
    ),
    "vfio.remove": proc(
      "vfio.remove",
      ["dev"],
      [call("vfio_unregister_group_dev", [dev]), call("vfio_put_device", [dev])],
    ),
  };
}

/** A revoker that runs on the file of another device of the set does not hold this device open: only the set's lock stands between. */
const onSibling = (set: SkeletonSet, root: Root): boolean =>
  reaches(set, root.proc, (i) => i.op === "lock" && i.f === SET_LOCK);

const onDeviceFile = (root: Root): boolean => root.via.startsWith("vfio_device_ops.");

function scene(set: SkeletonSet, view: View, lost: Lost): Scene {
  const procs = coreProcs(set, lost);
  const remove = rootsOf(set, "remove")[0];
  procs["env.remove"] = proc(
    "env.remove",
    [],
    [call(remove?.proc ?? "vfio.remove", remove === undefined ? [c(1)] : argsOf(remove)), call("env.unbind", [])],
  );
  const start = (root: Root, times: number): Start => {
    const pinned = onDeviceFile(root) && !onSibling(set, root);
    const name = `env.call.${root.proc}`;
    if (pinned) procs[name] = ioctl(name, root.proc, argsOf(root));
    return {
      name: root.proc,
      proc: pinned ? name : root.proc,
      args: pinned ? [] : argsOf(root),
      when: pinned ? f(F.deviceFd, c(1)) : not(f(F.bound, c(1))),
      times,
      will: "voluntary",
    };
  };
  const revokers = view.revokers.map(({ root, times }) => start(root, times));
  const exports = rootsOf(set, "export").map((root) => start(root, view.buffers));
  const threads: Thread[] = [];
  if (view.buffers > 0) threads.push({ name: "export", actor: "driver", starts: exports });
  if (revokers.length > 0) threads.push({ name: "revoke", actor: "driver", starts: revokers });
  const closes = view.closes.map(closeFdStart);
  // vfio_device_ops.request asks the user to let the device go; the user may take any time.
  threads.push({ name: "user", actor: "user", starts: [...closes, closeDeviceStart("nudged")] });
  if (view.vma !== "none") threads.push(mappingThread(true, view.vma === "fork", "nudged"));
  threads.push({
    name: "close",
    actor: "driver",
    starts: [
      {
        name: "release of the device's file",
        proc: "vfio.release",
        args: [c(1)],
        when: and(eq(f(F.deviceFile, c(1)), c(0)), f(F.session, c(1))),
        times: 1,
        will: "promised",
      },
    ],
  });
  if (view.ends.includes("remove"))
    threads.push({
      name: "remove",
      actor: "driver core",
      starts: [{ name: "remove", proc: "env.remove", args: [], when: c(1), times: 1, will: "voluntary" }],
    });
  return {
    classes: [
      {
        name: set.parts.device,
        tags: ["vfio_device"],
        count: 1,
        liveAtStart: 1,
        fields: [
          { id: REFS, kind: "count", initial: 2 },
          { id: COMP, kind: "completion" },
          { id: OPENS, kind: "value", initial: 1 },
          { id: SET, kind: "pointer", to: "vfio_device_set", initial: 1 },
          { id: ON_SET, kind: "link", to: "vfio_device_set", initial: 1 },
        ],
      },
      {
        name: "vfio_device_set",
        tags: ["vfio_device_set"],
        count: 1,
        liveAtStart: 1,
        fields: [{ id: SET_LOCK, kind: "lock" }],
      },
    ],
    procs,
    threads,
    initial: [],
    progress: [
      ...(view.ends.includes("remove")
        ? [{ thread: "remove", start: "remove", counting: ["driver", "promised", "nudged"] as const }]
        : []),
      { thread: "close", start: "release of the device's file", counting: ["driver", "promised"] },
      ...revokers.map((s) => ({ thread: "revoke", start: s.name, counting: ["driver", "promised"] as const })),
    ],
  };
}

export const vfio: Contract = {
  id: "vfio",
  title: "VFIO core",
  sources: [
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_unregister_group_dev",
      says: "Returns only when every registration has been put: one for each open file, and those that the driver takes.",
      versions: ["7.2"],
    },
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_df_close",
      says: "close_device runs at the last close, under dev_set->lock.",
      versions: ["7.2"],
    },
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_device_fops_release",
      says: "The file's registration is put after close_device has returned.",
      versions: ["7.2"],
    },
    {
      file: "fs/file_table.c",
      fn: "__fput",
      says: "release of a file runs after every call on it has returned and no VMA holds it.",
      versions: ["7.2"],
    },
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_device_release",
      says: "A device leaves its set, under the set's lock, before it is freed.",
      versions: ["7.2"],
    },
  ],
  requires: [
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_unregister_group_dev",
      calls: ["vfio_device_put_registration", "try_wait_for_completion"],
      why: "remove() waits for registrations",
      loses: "wait",
    },
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_device_put_registration",
      calls: ["refcount_dec_and_test", "complete"],
      why: "the last registration ends the wait",
    },
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_device_try_get_registration",
      calls: ["refcount_inc_not_zero"],
      why: "no registration after the last one",
    },
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_df_device_last_close",
      calls: ["lockdep_assert_held"],
      why: "close_device runs under dev_set->lock",
    },
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_df_device_last_close",
      calls: ["->close_device"],
      why: "the last close ends the session",
      loses: "close",
    },
    {
      file: "drivers/vfio/vfio_main.c",
      fn: "vfio_device_fops_release",
      calls: ["vfio_df_group_close", "vfio_device_put_registration"],
      why: "the session ends before the file's registration",
    },
  ],
  assumptions: [
    "one device of the set; its siblings appear only as callers of what works on the whole set",
    "one open of the device, not reopened",
    "power changes that runtime PM makes by itself are not modelled",
  ],
  bounds: ["driver", "session", "isolation"],
  endings: { alone: [["close"]], together: [["close", "remove"]] },
  entries: [
    "vfio_device_put_registration",
    "vfio_device_try_get_registration",
    "vfio_unregister_group_dev",
    "vfio_put_device",
  ],
  scene,
};
