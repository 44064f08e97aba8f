// The contract of the driver core alone: a driver whose own remove() revokes what it has exported. PCI, platform and auxiliary drivers without a framework in between.
import type { Start, Thread } from "../../../model/unplug/scenario.ts";
import type { Root, SkeletonSet } from "../../../model/unplug/skeleton.ts";
import { F } from "../actions.ts";
import { and, c, call, f, lock, not, proc, unlock } from "../assemble.ts";
import { closeFdStart, mappingThread } from "../user.ts";
import type { Contract, Scene, View } from "./contract.ts";
import { argsOf, rootsOf } from "./contract.ts";

const DEVICE_LOCK = "ghost.device_lock";
const REMOVING = "ghost.removing";

/** Callbacks that the driver core and the PCI core run with the device's lock held, as remove() is. */
const underDeviceLock = (root: Root): boolean =>
  ["pci_error_handlers.", "dev_pm_ops.", "pci_driver."].some((t) => root.via.startsWith(t));

function scene(set: SkeletonSet, view: View): Scene {
  const procs: Record<string, Scene["procs"][string]> = {};
  const remove = rootsOf(set, "remove")[0];
  procs["env.remove"] = proc(
    "env.remove",
    [],
    [
      lock(DEVICE_LOCK, c(1)),
      { s: "ins", ins: { op: "store", f: REMOVING, o: c(1), e: c(1) } },
      ...(remove === undefined ? [] : [call(remove.proc, argsOf(remove))]),
      call("env.unbind", []),
      unlock(DEVICE_LOCK, c(1)),
    ],
  );
  const before = and(not(f(REMOVING, c(1))), not(f(F.bound, c(1))));
  const start = (root: Root, times: number): Start => {
    if (!underDeviceLock(root))
      return { name: root.proc, proc: root.proc, args: argsOf(root), when: before, times, will: "voluntary" };
    const name = `env.call.${root.proc}`;
    procs[name] = proc(name, [], [lock(DEVICE_LOCK, c(1)), call(root.proc, argsOf(root)), unlock(DEVICE_LOCK, c(1))]);
    return { name: root.proc, proc: name, args: [], when: before, times, will: "voluntary" };
  };
  const threads: Thread[] = [];
  if (view.buffers > 0)
    threads.push({
      name: "export",
      actor: "driver",
      starts: rootsOf(set, "export").map((root) => start(root, view.buffers)),
    });
  const revokers = [
    ...view.revokers.map(({ root, times }) => start(root, times)),
    ...(view.ends.includes("retire") ? rootsOf(set, "retire").map((root) => start(root, 1)) : []),
  ];
  if (revokers.length > 0) threads.push({ name: "revoke", actor: "driver", starts: revokers });
  if (view.closes.length > 0) threads.push({ name: "user", actor: "user", starts: view.closes.map(closeFdStart) });
  if (view.vma !== "none")
    threads.push(
      mappingThread(
        Object.keys(set.slots).some((s) => s.startsWith("vm_operations_struct.")),
        view.vma === "fork",
        "voluntary",
      ),
    );
  threads.push({
    name: "remove",
    actor: "driver core",
    starts: [{ name: "remove", proc: "env.remove", args: [], when: c(1), times: 1, will: "voluntary" }],
  });
  return {
    classes: [
      {
        name: "ghost_core",
        tags: [],
        count: 1,
        liveAtStart: 1,
        fields: [
          { id: DEVICE_LOCK, kind: "lock" },
          { id: REMOVING, kind: "value" },
        ],
      },
    ],
    procs,
    threads,
    initial: [],
    progress: [
      { thread: "remove", start: "remove", counting: ["driver", "promised"] },
      ...revokers.map((s) => ({ thread: "revoke", start: s.name, counting: ["driver", "promised"] as const })),
    ],
  };
}

export const plain: Contract = {
  id: "plain",
  title: "driver core",
  sources: [
    {
      file: "drivers/base/dd.c",
      fn: "__device_release_driver",
      says: "devres is released right after the driver's remove() has returned, whoever still has a reference to anything.",
      versions: ["7.2"],
    },
    {
      file: "drivers/base/dd.c",
      fn: "device_release_driver_internal",
      says: "remove() runs with the device's lock held, and so do power management and error handlers.",
      versions: ["7.2"],
    },
  ],
  requires: [
    {
      file: "drivers/base/dd.c",
      fn: "__device_release_driver",
      calls: ["device_remove", "device_unbind_cleanup"],
      why: "devres ends after remove()",
    },
    {
      file: "drivers/base/dd.c",
      fn: "device_unbind_cleanup",
      calls: ["devres_release_all"],
      why: "devres ends at unbind",
    },
  ],
  assumptions: ["no export and no runtime revocation begins once remove() runs; those that run already may overlap it"],
  bounds: ["driver"],
  endings: { alone: [["remove"]], together: [["remove"]] },
  entries: [],
  scene,
};
