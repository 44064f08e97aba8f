// User space and the kernel's own part around it: exporting, closing file descriptors, the deferred release of a dma-buf, mapping, faulting, forking and unmapping.
import type { Action, Start, Thread, Will } from "../../model/unplug/scenario.ts";
import type { E, Proc } from "../../model/unplug/skeleton.ts";
import { ERR } from "../../model/unplug/skeleton.ts";
import { ABLE } from "./abilities.ts";
import { CLS, F } from "./actions.ts";
import {
  act,
  alloc,
  and,
  any,
  c,
  call,
  callSlot,
  count,
  countInit,
  eq,
  f,
  free,
  lock,
  ne,
  not,
  proc,
  r,
  ret,
  store,
  unlock,
  when,
} from "./assemble.ts";

const UNCOUNTED = 1000;

const closeFd: Action = (w, { args }) => {
  const b = args[0] ?? 0;
  return [
    {
      writes: [
        [F.fd, b, 0],
        [F.files, b, w.get(F.files, b) - 1],
      ],
      text: "closes the dma-buf's file descriptor",
    },
  ];
};

/** Entering a call on the device's file: it holds the file until it returns. */
const enter: Action = (w) =>
  w.get(F.deviceFd, 1) === 0
    ? [{ r: 0, text: "(the device's file descriptor is closed already)" }]
    : [{ writes: [[F.deviceFile, 1, w.get(F.deviceFile, 1) + 1]], r: 1, text: "(enters a call on the device's file)" }];

/** Only the release of the file waits for it, and while the descriptor is open there is another reference: entering does not depend on it. */
const leave: Action = (w) => [
  {
    writes: [[F.deviceFile, 1, w.get(F.deviceFile, 1) - 1]],
    early: true,
    text: "(drops its reference to the device's file)",
  },
];

/** get_file of a copied VMA: the parent's VMA holds the file already. */
const share: Action = (w) => [
  { writes: [[F.deviceFile, 1, w.get(F.deviceFile, 1) + 1]], text: "(the child's VMA holds the device's file)" },
];

const closeDevice: Action = (w) => [
  {
    writes: [
      [F.deviceFd, 1, 0],
      [F.deviceFile, 1, w.get(F.deviceFile, 1) - 1],
    ],
    text: "closes the device",
  },
];

/** The action in which a fork copies PTEs. */
export const COPY_PTES = "user.copyPtes";

/** copy_page_range of fork: the child's PTEs are those of the parent at this instant. */
const copyPtes: Action = (w, { args }) => {
  const [parent = 0, child = 0] = args;
  return [
    {
      writes: [
        [F.vma, child, 1],
        [F.pte, child, w.get(F.pte, parent)],
      ],
      text: "links the child's VMA and copies the PTEs",
    },
  ];
};

export const userActions: Readonly<Record<string, Action>> = {
  "user.closeFd": closeFd,
  "user.enter": enter,
  "user.leave": leave,
  "user.share": share,
  "user.closeDevice": closeDevice,
  [COPY_PTES]: copyPtes,
};

const [b, v] = [r("b"), r("v")];

/** Slots under which families register a fault handler, in the order in which they are looked for. */
const FAULTS = ["vm_operations_struct.fault", "vm_operations_struct.huge_fault"] as const;
/** Slots under which they map. */
const MMAPS = ["vfio_device_ops.mmap", "ib_device_ops.mmap", "file_operations.mmap"] as const;

const first = (slots: Readonly<Record<string, string>>, names: readonly string[]): string =>
  names.find((n) => slots[n] !== undefined) ?? names[0] ?? "";

/** Procedures that every environment has. `slots`: the driver's, for the choice between names of the same callback. */
export function commonProcs(slots: Readonly<Record<string, string>>): Record<string, Proc> {
  return {
    "env.export": proc(
      "env.export",
      ["priv"],
      [
        alloc(CLS.buffer, "b"),
        when(not(b), [ret(c(ERR))]),
        store(F.priv, b, r("priv")),
        countInit(F.files, b),
        store(F.born, b, c(1)),
        ret(b),
      ],
    ),
    // dma_buf_release: the driver's release, then the dma-buf itself.
    "env.release": proc(
      "env.release",
      ["b"],
      [store(F.born, b, c(2)), callSlot("dma_buf_ops.release", [b]), free(CLS.buffer, b), store(F.born, b, c(3))],
    ),
    "env.closeFd": proc("env.closeFd", ["b"], [act("user.closeFd", [b])]),
    "env.closeDevice": proc("env.closeDevice", [], [act("user.closeDevice", [])]),
    "env.mmap": proc(
      "env.mmap",
      ["dev", "v"],
      [
        act("user.enter", [], { r: "in" }),
        when(not(r("in")), [ret()]),
        lock(F.mmapLock, v),
        store(F.vmaPrivate, v, r("dev")),
        callSlot(first(slots, MMAPS), [r("dev"), v], "ret"),
        when(ne(r("ret"), c(0)), [unlock(F.mmapLock, v), act("user.leave", []), ret()]),
        store(F.vma, v, c(1)),
        unlock(F.mmapLock, v),
      ],
    ),
    "env.fault": proc(
      "env.fault",
      ["v"],
      [lock(F.mmapLock, v, "read"), callSlot(first(slots, FAULTS), [v, any]), unlock(F.mmapLock, v, "read")],
    ),
    "env.munmap": proc(
      "env.munmap",
      ["v"],
      [
        lock(F.mmapLock, v),
        store(F.pte, v, c(0)),
        callSlot("vm_operations_struct.close", [v]),
        store(F.vma, v, c(0)),
        unlock(F.mmapLock, v),
        act("user.leave", []),
      ],
    ),
    "env.fork": proc(
      "env.fork",
      ["v", "child"],
      [
        lock(F.mmapLock, v),
        lock(F.mmapLock, r("child")),
        store(F.vmaPrivate, r("child"), f(F.vmaPrivate, v)),
        callSlot("vm_operations_struct.open", [r("child")]),
        act("user.share", []),
        act(COPY_PTES, [v, r("child")]),
        unlock(F.mmapLock, r("child")),
        unlock(F.mmapLock, v),
      ],
    ),
  };
}

/** The worker that runs the deferred release of buffer `n` after its last reference is gone (fput: task work or delayed_fput). */
export const releaseThread = (n: number): Thread => ({
  name: `release ${n}`,
  actor: "dma-buf",
  starts: [
    {
      name: "release",
      proc: "env.release",
      args: [c(n)],
      when: and(eq(f(F.born, c(n)), c(1)), eq(count(F.files, c(n)), c(0))),
      times: UNCOUNTED,
      will: "promised",
    },
  ],
});

export const closeFdStart = (n: number): Start => ({
  name: `close dma-buf ${n}`,
  proc: "env.closeFd",
  args: [c(n)],
  when: f(F.fd, c(n)),
  times: UNCOUNTED,
  will: "voluntary",
});

export const closeDeviceStart = (will: Will, unless?: E): Start => ({
  name: "close the device",
  proc: "env.closeDevice",
  args: [],
  when: unless === undefined ? f(F.deviceFd, c(1)) : and(f(F.deviceFd, c(1)), not(unless)),
  times: UNCOUNTED,
  will,
});

/** The user's address space: VMA 1, and VMA 2 for the child of a fork. `faults`: whether the family has a fault handler that inserts PTEs. */
export function mappingThread(faults: boolean, fork: boolean, will: Will): Thread {
  const exists = (n: number): E => f(F.vma, c(n));
  const both = fork ? [1, 2] : [1];
  const starts: Start[] = [
    {
      name: "mmap",
      proc: "env.mmap",
      args: [c(1), c(1)],
      when: and(f(F.deviceFd, c(1)), not(exists(1))),
      times: 1,
      will: "voluntary",
    },
  ];
  for (const n of both) {
    if (faults)
      starts.push({
        name: `fault ${n}`,
        proc: "env.fault",
        args: [c(n)],
        when: and(exists(n), not(f(F.pte, c(n)))),
        times: UNCOUNTED,
        will: "voluntary",
      });
    starts.push({ name: `munmap ${n}`, proc: "env.munmap", args: [c(n)], when: exists(n), times: UNCOUNTED, will });
  }
  if (fork)
    starts.push({
      name: "fork",
      proc: "env.fork",
      args: [c(1), c(2)],
      when: and(exists(1), not(exists(2))),
      times: 1,
      will: "voluntary",
      ability: ABLE.forks,
    });
  return { name: "process", actor: "user", starts };
}

/** A call on the device's file: runs `inner` while the file is held. */
export const ioctl = (name: string, inner: string, args: readonly E[]): Proc =>
  proc(
    name,
    [],
    [act("user.enter", [], { r: "in" }), when(not(r("in")), [ret()]), call(inner, args), act("user.leave", [])],
  );
