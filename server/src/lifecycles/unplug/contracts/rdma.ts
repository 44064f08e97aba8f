// The RDMA core's contract with an exporter behind uverbs: who destroys which object when, and the two ways in which a device goes away under its open files.
import type { Action, Start, Thread } from "../../../model/unplug/scenario.ts";
import type { E, Root, SkeletonSet } from "../../../model/unplug/skeleton.ts";
import { ACT, F } from "../actions.ts";
import {
  act,
  and,
  c,
  call,
  complete,
  countGet,
  countPut,
  eq,
  f,
  free,
  lock,
  loop,
  not,
  proc,
  r,
  ret,
  set,
  store,
  trylock,
  unlink,
  unlock,
  waitDone,
  when,
} from "../assemble.ts";
import { closeDeviceStart, closeFdStart, mappingThread } from "../user.ts";
import { classes } from "./rdma-classes.ts";
import type { Contract, Lost, Scene, View } from "./contract.ts";
import { argsOf, rootsOf } from "./contract.ts";
import { coreProcs, DV, EN, ENTRY, REASON, SLOT, UF } from "./rdma-core.ts";

const [dev, ufile] = [r("dev"), r("ufile")];

/** The driver gives up its mmap entry once. */
const retire: Action = (w, { args }) => {
  const e = args[0] ?? 0;
  return w.get(EN.retired, e) !== 0
    ? [{ r: 0, text: "the entry is given up already" }]
    : [{ writes: [[EN.retired, e, 1]], r: 1, text: "the driver gives up its mmap entry" }];
};

/** Arguments of a method's handler: its uobject, and anything else. */
const handlerArgs = (set: SkeletonSet, root: Root): readonly E[] =>
  argsOf(root, { [set.parts.private ?? ""]: r("uobj") });

function scene(set0: SkeletonSet, view: View, lost: Lost): Scene {
  const removal = rootsOf(set0, "retire")[0];
  const giveUp = when(c(1), [
    act("rdma.retire", [c(1)], { r: "first" }),
    when(r("first"), [
      removal === undefined ? call("rdma_user_mmap_entry_put", [c(1)]) : call(removal.proc, argsOf(removal)),
    ]),
  ]);
  const procs = coreProcs(set0.parts.private ?? "", giveUp, lost);
  const disassociates = set0.slots[SLOT.disassociate] !== undefined;
  const enter = [act("user.enter", [], { r: "in" }), when(not(r("in")), [ret()]), lock(DV.srcu, c(1), "read")];
  const leave = [unlock(DV.srcu, c(1), "read"), act("user.leave", [])];

  const exports: Start[] = rootsOf(set0, "export").map((root) => {
    const name = `env.call.${root.proc}`;
    procs[name] = proc(
      name,
      [],
      [
        ...enter,
        when(f(DV.ibDev, c(1)), [
          trylock(UF.rwsem, c(1), "read", "got"),
          when(r("got"), [
            when(f(UF.ucontext, c(1)), [
              call("rdma.begin", [c(1)], "uobj"),
              when(r("uobj"), [
                call(root.proc, handlerArgs(set0, root), "ret"),
                when(
                  r("ret"),
                  [call("uverbs_destroy_uobject", [r("uobj"), c(REASON.abort), c(1)])],
                  [call("rdma.commit", [r("uobj"), c(1)])],
                ),
              ]),
            ]),
            unlock(UF.rwsem, c(1), "read"),
          ]),
        ]),
        ...leave,
      ],
    );
    return { name: root.proc, proc: name, args: [], when: f(F.deviceFd, c(1)), times: view.buffers, will: "voluntary" };
  });

  // A method that destroys the driver's object behind the entry (uobj_destroy holds the rwsem for reading), or the driver on its own account.
  procs["env.retire"] = proc(
    "env.retire",
    [],
    [
      ...enter,
      when(f(DV.ibDev, c(1)), [
        lock(UF.rwsem, c(1), "read"),
        when(f(UF.ucontext, c(1)), [giveUp]),
        unlock(UF.rwsem, c(1), "read"),
      ]),
      ...leave,
    ],
  );
  procs["rdma.remove"] = proc(
    "rdma.remove",
    ["dev"],
    [
      ...(disassociates && !lost.has("disassociation")
        ? [
            // uverbs_disassociate_api_pre: no new command, and those running have ended.
            store(DV.ibDev, dev, c(0)),
            { s: "ins" as const, ins: { op: "grace" as const, f: DV.srcu, o: dev } },
            lock(DV.lists, dev),
            loop(
              set("ufile", c(0)),
              when({ k: "empty", f: UF.list, o: dev }, [{ s: "break" }]),
              set("ufile", c(1)),
              unlink(UF.list, ufile, true),
              countGet(UF.ref, ufile),
              unlock(DV.lists, dev),
              call("uverbs_destroy_ufile_hw", [ufile, c(REASON.driverRemove)]),
              call("rdma.ufile_put", [ufile]),
              lock(DV.lists, dev),
            ),
            unlock(DV.lists, dev),
          ]
        : []),
      countPut(DV.refcount, dev, "last"),
      when(r("last"), [complete(DV.comp, dev)]),
      ...(disassociates || lost.has("wait") ? [] : [waitDone(DV.comp, dev)]),
    ],
  );
  procs["env.remove"] = proc("env.remove", [], [call("rdma.remove", [c(1)]), call("env.unbind", [])]);
  // The page behind the entry goes back to the driver, which may give it to another process.
  procs["rdma.mmap_free"] = proc(
    "rdma.mmap_free",
    ["entry"],
    [act(ACT.isolate, [r("entry")], { opt: { why: "page" } }), free(ENTRY, r("entry"))],
  );

  const ends = (name: string): boolean => view.ends.includes(name);
  const closes = view.closes.map(closeFdStart);
  const revokers: Start[] = view.revokers.map(({ root, times }) => ({
    name: root.proc,
    proc: root.proc,
    args: argsOf(root),
    when: not(f(F.bound, c(1))),
    times,
    will: "voluntary",
  }));
  const threads: Thread[] = [];
  if (view.buffers > 0) threads.push({ name: "export", actor: "driver", starts: exports });
  if (ends("retire"))
    threads.push({
      name: "retire",
      actor: "driver",
      starts: [
        {
          name: "the driver's object is destroyed",
          proc: "env.retire",
          args: [],
          when: and(f(F.deviceFd, c(1)), not(f(EN.retired, c(1)))),
          times: 1,
          will: "voluntary",
        },
      ],
    });
  if (revokers.length > 0) threads.push({ name: "revoke", actor: "driver", starts: revokers });
  threads.push({
    name: "user",
    actor: "user",
    starts: [...closes, ...(ends("close") ? [closeDeviceStart(disassociates ? "voluntary" : "nudged")] : [])],
  });
  if (view.vma !== "none")
    threads.push(mappingThread(false, view.vma === "fork", disassociates ? "voluntary" : "nudged"));
  if (ends("close"))
    threads.push({
      name: "close",
      actor: "driver",
      starts: [
        {
          name: "release of the uverbs file",
          proc: "rdma.release",
          args: [c(1)],
          when: and(eq(f(F.deviceFile, c(1)), c(0)), f(F.session, c(1))),
          times: 1,
          will: "promised",
        },
      ],
    });
  if (ends("remove"))
    threads.push({
      name: "remove",
      actor: "driver core",
      starts: [{ name: "remove", proc: "env.remove", args: [], when: c(1), times: 1, will: "voluntary" }],
    });
  const everythingCloses =
    ends("close") && view.closes.length === view.buffers && (view.detaches || view.importers.length === 0);
  return {
    classes: classes(set0),
    procs,
    slots: {
      [SLOT.mmapFree]: "rdma.mmap_free",
      ...(view.vma === "none"
        ? {}
        : { [SLOT.open]: "rdma_umap_open", [SLOT.close]: "rdma_umap_close", "ib_device_ops.mmap": "rdma.mmap" }),
    },
    actions: { "rdma.retire": retire },
    threads,
    initial: [],
    // Without disassociation remove() waits for every file, and so for whoever holds one: that is the design of such drivers.
    progress: [
      {
        thread: "remove",
        start: "remove",
        counting: disassociates
          ? (["driver", "promised"] as const)
          : (["driver", "promised", "nudged", "voluntary"] as const),
      },
      { thread: "close", start: "release of the uverbs file", counting: ["driver", "promised"] as const },
      { thread: "retire", start: "the driver's object is destroyed", counting: ["driver", "promised"] as const },
    ].filter((p) => ends(p.thread) && (p.thread !== "remove" || disassociates || everythingCloses)),
  };
}

export const rdma: Contract = {
  id: "rdma",
  title: "RDMA core (uverbs)",
  sources: [
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "ib_uverbs_remove_one",
      says: "With ops.disassociate_ucontext every uverbs file's hardware objects are destroyed before it returns; without it, it waits until every file is closed.",
      versions: ["7.2"],
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "ib_uverbs_free_hw_resources",
      says: "Running commands have ended before the first file is torn down.",
      versions: ["7.2"],
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "uverbs_destroy_ufile_hw",
      says: "Every uobject of the file is destroyed with hw_destroy_rwsem held for writing.",
      versions: ["7.2"],
    },
    {
      file: "drivers/infiniband/core/rdma_core.c",
      fn: "uverbs_uobject_release",
      says: "An fd object's release destroys it only where it can take hw_destroy_rwsem for reading at once.",
      versions: ["7.2"],
    },
    {
      file: "drivers/infiniband/core/rdma_core.c",
      fn: "rdma_alloc_begin_uobject",
      says: "Creation holds hw_destroy_rwsem for reading until commit or abort.",
      versions: ["7.2"],
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "rdma_umap_open",
      says: "A VMA that a fork has made is put on the file's list, or where that can't be, zapped.",
      versions: ["7.2"],
    },
    {
      file: "mm/mmap.c",
      fn: "dup_mmap",
      says: "A copied VMA is opened before its PTEs are copied, so that zapping it in .open does nothing.",
      versions: ["7.2"],
    },
    {
      file: "drivers/base/auxiliary.c",
      fn: "auxiliary_bus_remove",
      says: "An auxiliary child is unbound before its parent's remove returns, so a provider of the parent outlives the child's remove.",
      versions: ["7.2"],
    },
  ],
  requires: [
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "ib_uverbs_remove_one",
      calls: ["ib_uverbs_free_hw_resources"],
      why: "the files of a device that is disassociated are torn down",
      loses: "disassociation",
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "ib_uverbs_remove_one",
      calls: ["wait_for_completion"],
      why: "without disassociation every file is waited for",
      loses: "wait",
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "ib_uverbs_free_hw_resources",
      calls: ["uverbs_disassociate_api_pre"],
      // Not explored without: whoever is late finds no context under hw_destroy_rwsem, and nothing breaks.
      why: "commands end before teardown",
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "ib_uverbs_free_hw_resources",
      calls: ["uverbs_destroy_ufile_hw"],
      why: "every file is torn down",
      loses: "disassociation",
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "uverbs_destroy_ufile_hw",
      calls: ["down_write", "up_write"],
      why: "teardown excludes creation and release",
      loses: "lock of the teardown",
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "uverbs_destroy_ufile_hw",
      calls: ["__uverbs_cleanup_ufile"],
      why: "teardown destroys the objects of a file",
      loses: "destroy callback",
    },
    {
      file: "drivers/infiniband/core/rdma_core.c",
      fn: "destroy_hw_fd_uobject",
      calls: ["->destroy_object"],
      why: "destroying an object calls the driver's callback",
      loses: "destroy callback",
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "ufile_destroy_ucontext",
      calls: ["uverbs_user_mmap_disassociate"],
      why: "teardown zaps what processes have mapped",
      loses: "zap",
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "uverbs_user_mmap_disassociate",
      calls: ["zap_special_vma_range|zap_vma_ptes"],
      why: "teardown zaps what processes have mapped",
      loses: "zap",
    },
    {
      file: "drivers/infiniband/core/uverbs_main.c",
      fn: "ib_uverbs_close",
      calls: ["uverbs_destroy_ufile_hw"],
      why: "closing the file tears down as well",
    },
    {
      file: "drivers/infiniband/core/rdma_core.c",
      fn: "uverbs_uobject_release",
      calls: ["down_read_trylock", "uverbs_destroy_uobject"],
      why: "release may skip the destruction",
    },
  ],
  assumptions: [
    "one uverbs file with one context and one mmap entry, from which every dma-buf is exported",
    "kfree_rcu frees at once",
    "the driver gives up its mmap entry once: on a command, or when its file is torn down",
  ],
  bounds: ["driver"],
  maps: true,
  endings: {
    alone: [["retire"], ["close"], ["remove"]],
    together: [
      ["retire", "close"],
      ["retire", "remove"],
      ["close", "remove"],
    ],
  },
  entries: [
    "uverbs_uobject_put",
    "ib_uverbs_release_file",
    "uverbs_destroy_uobject",
    "uverbs_uobject_release",
    "uverbs_destroy_ufile_hw",
    "uverbs_user_mmap_disassociate",
    "rdma_user_mmap_entry_put",
    "rdma_user_mmap_entry_free",
    "rdma_user_mmap_entry_get_pgoff",
    "rdma_umap_priv_init",
    "rdma_umap_open",
    "rdma_umap_close",
  ],
  scene,
};
