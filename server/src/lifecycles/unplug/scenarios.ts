// Scenarios of a skeleton set under a contract: the environment's pieces put together, one view of the world at a time.
import type { Action, Scenario, Thread } from "../../model/unplug/scenario.ts";
import type { ClassSpec, Root, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { abilities } from "./abilities.ts";
import { ACT, actions, CLS, F } from "./actions.ts";
import { c, free, proc, store } from "./assemble.ts";
import type { Contract, View } from "./contracts/contract.ts";
import { reaches, rootsOf } from "./contracts/contract.ts";
import type { Kind } from "./importers.ts";
import { importerActions, importerCells, importerProcs, importerThreads } from "./importers.ts";
import { invariants } from "./invariants.ts";
import { commonProcs, releaseThread, userActions } from "./user.ts";

/** The environment's classes for so many buffers, importers and VMAs. */
function classes(set: SkeletonSet, buffers: number, importers: number, vmas: number): ClassSpec[] {
  const priv = set.parts.private;
  return [
    {
      name: CLS.buffer,
      tags: ["dma_buf", "file", "dma_resv"],
      count: buffers,
      liveAtStart: 0,
      fields: [
        { id: F.priv, kind: "pointer", ...(priv === undefined ? {} : { to: priv }) },
        { id: F.resv, kind: "lock" },
        { id: F.files, kind: "count" },
      ],
    },
    {
      name: CLS.ghostBuffer,
      tags: [],
      count: buffers,
      liveAtStart: buffers,
      fields: [
        { id: F.fd, kind: "value" },
        { id: F.born, kind: "value" },
      ],
    },
    {
      name: CLS.attachment,
      tags: ["dma_buf_attachment", "dma_buf_attach_ops"],
      count: importers,
      liveAtStart: importers,
      fields: [
        { id: F.attDmabuf, kind: "pointer", to: CLS.buffer },
        { id: F.peer2peer, kind: "value" },
        { id: F.importerOps, kind: "pointer", to: CLS.attachment },
        { id: F.callback, kind: "value" },
        { id: F.node, kind: "link", to: CLS.buffer },
        ...[F.kind, F.at, F.mapped, F.busy, F.fence, F.notified, F.rounds].map((id) => ({
          id,
          kind: "value" as const,
        })),
      ],
    },
    {
      name: CLS.vma,
      tags: ["vm_area_struct", "vm_fault"],
      count: vmas,
      liveAtStart: vmas,
      fields: [
        { id: F.vmaPrivate, kind: "pointer", to: set.parts.device },
        { id: F.mmapLock, kind: "lock" },
        { id: F.vmf, kind: "pointer", to: CLS.vma },
        { id: F.vma, kind: "value" },
        { id: F.pte, kind: "value" },
      ],
    },
    { name: CLS.provider, tags: ["p2pdma_provider"], count: 1, liveAtStart: 1, fields: [], devres: true },
    {
      name: CLS.driver,
      tags: [],
      count: 1,
      liveAtStart: 1,
      fields: [
        { id: F.bound, kind: "value" },
        { id: F.session, kind: "value", initial: 1 },
        { id: F.inited, kind: "value" },
        { id: F.deviceFile, kind: "value", initial: 1 },
        { id: F.deviceFd, kind: "value", initial: 1 },
      ],
    },
  ];
}

/** devres of the device that owns the provider, after remove() has returned (drivers/base/dd.c, device_unbind_cleanup). */
const unbind = (set: SkeletonSet) =>
  proc(
    "env.unbind",
    [],
    [
      store(F.bound, c(1), c(1)),
      free(CLS.provider, c(1)),
      ...set.classes.filter((k) => k.devres === true).map((k) => free(k.name, c(1))),
    ],
  );

/** Does some fault handler of the set insert PTEs? Only such a family has an isolation window. */
export const insertsOnFault = (set: SkeletonSet): boolean =>
  ["vm_operations_struct.fault", "vm_operations_struct.huge_fault"].some((slot) =>
    reaches(set, set.slots[slot], (i) => i.op === "act" && i.act === ACT.insertPte),
  );

/** Does the set map its device into processes at all, at mmap time or on a fault? */
export const mapsDevice = (set: SkeletonSet): boolean =>
  Object.keys(set.slots).some((slot) =>
    reaches(set, set.slots[slot], (i) => i.op === "act" && i.act === ACT.insertPte),
  );

/** One scenario: the contract's scene and the environment around it. Procedures that the set brings in C replace the contract's. */
export function scenario(set: SkeletonSet, contract: Contract, view: View): Scenario {
  const vmas = view.vma === "none" ? 0 : view.vma === "one" ? 1 : 2;
  const scene = contract.scene(set, view);
  const peer = rootsOf(set, "peer")[0];
  const slots = { ...scene.slots, ...set.slots };
  const procs = {
    ...commonProcs(slots),
    ...importerProcs(peer === undefined ? undefined : set.procs[peer.proc]),
    "env.unbind": unbind(set),
    ...scene.procs,
  };
  const probe = rootsOf(set, "probe")[0];
  const importers = view.importers.flatMap((kind, n) =>
    importerThreads(kind, n + 1, { buffers: view.buffers, rounds: view.rounds }),
  );
  const threads: Thread[] = [
    ...scene.threads,
    ...importers,
    ...Array.from({ length: view.buffers }, (_, n) => releaseThread(n + 1)),
  ];
  const all: Record<string, Action> = { ...actions, ...importerActions, ...userActions, ...scene.actions };
  const size = { buffers: view.buffers, importers: view.importers.length, vmas };
  // A set without a probe is taken as set up; with one, the flag starts as what probe leaves behind.
  const inited =
    probe === undefined
      ? 1
      : reaches(set, probe.proc, (i) => i.op === "act" && i.act === ACT.initProvider)
        ? undefined
        : 0;
  return {
    name: `${set.name}: ${view.name}`,
    set: { ...set, slots },
    classes: [
      ...classes(set, size.buffers, size.importers, size.vmas).map((k) =>
        k.name !== CLS.driver
          ? k
          : {
              ...k,
              fields: k.fields.map((x) =>
                x.id !== F.inited
                  ? x
                  : inited === undefined
                    ? { ...x, initial: 0xff, values: [1, 2] }
                    : { ...x, initial: inited },
              ),
            },
      ),
      ...scene.classes,
      ...privates(set, view.buffers),
    ],
    procs: Object.fromEntries(Object.entries(procs).filter(([name]) => set.procs[name] === undefined)),
    actions: all,
    threads,
    abilities: abilities.map((a) => a.id),
    invariants: [...(scene.invariants ?? []), ...invariants(set, contract.bounds, size, view.isolation)],
    progress: scene.progress,
    initial: [
      ...view.importers.flatMap((kind, n) => importerCells(kind, n + 1)),
      ...Array.from({ length: vmas }, (_, n) => ({ field: F.vmf, object: n + 1, value: n + 1 })),
      ...scene.initial,
    ],
  };
}

/** As many private objects as buffers. */
const privates = (set: SkeletonSet, buffers: number): ClassSpec[] =>
  set.classes.filter((k) => k.name === set.parts.private).map((k) => ({ ...k, count: buffers, liveAtStart: 0 }));

const KINDS_WITHOUT_PEER: readonly Kind[] = ["dynamic", "inline", "pinned", "static"];

/** What `buildScenarios` may be asked to leave out. */
export interface Size {
  /** Mappings per importer; default 2. */
  readonly rounds?: number;
  /** Runs of a runtime revoker; default 2. */
  readonly revocations?: number;
}

/**
 * The views in which a set is explored. Together they are the claim "1 device, up to 2 buffers, 2 importers, 2 revocations, 1 VMA with fork"; each leaves out what does
 * not share state with what it looks at.
 */
export function views(set: SkeletonSet, { rounds = 2, revocations = 2 }: Size = {}): View[] {
  const roots = rootsOf(set, "revoke");
  const kinds: readonly Kind[] =
    rootsOf(set, "peer").length > 0 ? [...KINDS_WITHOUT_PEER, "private"] : KINDS_WITHOUT_PEER;
  const each = (root: Root, times: number) => [{ root, times }];
  const base = { buffers: 1, importers: [], rounds, revokers: [], vma: "none", isolation: false } as const;
  const isolated = insertsOnFault(set);
  const out: View[] = [];
  for (const kind of kinds) out.push({ ...base, name: `1 buffer, ${kind} importer`, importers: [kind] });
  for (const root of roots)
    out.push({
      ...base,
      name: `1 buffer, dynamic importer, ${root.proc}`,
      importers: ["dynamic"],
      revokers: each(root, revocations),
    });
  out.push({
    ...base,
    name: "1 buffer, 2 importers",
    importers: ["dynamic", "dynamic"],
    rounds: 1,
    revokers: roots.slice(0, 1).flatMap((r) => each(r, 1)),
  });
  out.push({
    ...base,
    name: "2 buffers, dynamic importer",
    buffers: 2,
    importers: ["dynamic"],
    rounds: 1,
    revokers: roots.slice(0, 1).flatMap((r) => each(r, 1)),
  });
  if (roots.length > 1)
    out.push({
      ...base,
      name: "1 buffer, dynamic importer, every revoker",
      importers: ["dynamic"],
      rounds: 1,
      revokers: roots.map((root) => ({ root, times: 1 })),
    });
  if (isolated)
    for (const root of roots)
      out.push({
        ...base,
        name: `1 buffer, 1 VMA with fork, ${root.proc}`,
        revokers: each(root, revocations),
        vma: "fork",
        isolation: true,
      });
  else if (mapsDevice(set)) out.push({ ...base, name: "1 VMA with fork", buffers: 0, vma: "fork" });
  return out;
}

/** Every scenario of a set under a contract. */
export const buildScenarios = (set: SkeletonSet, contract: Contract, size: Size = {}): Scenario[] =>
  views(set, size).map((view) => scenario(set, contract, view));
