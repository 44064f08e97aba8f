// Scenarios of a skeleton set under a contract: the environment's pieces put together, one view of the world at a time.
import type { Action, Scenario, Start, Thread } from "../../model/unplug/scenario.ts";
import type { ClassSpec, E, Ins, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { expressionsOf, nodes } from "../../model/unplug/walk.ts";
import { abilities } from "./abilities.ts";
import { ACT, actions, CLS, ENV, F } from "./actions.ts";
import { and, c, f, free, ne, pred, proc, store } from "./assemble.ts";
import type { Contract, Lost, View } from "./contracts/contract.ts";
import { argsOf, NOTHING_LOST, reaches, rootsOf } from "./contracts/contract.ts";
import type { Kind } from "./importers.ts";
import { PLACE, importerActions, importerCells, importerProcs, importerThreads } from "./importers.ts";
import { idealActions, idealProcs, usesIdeal } from "./ideal.ts";
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
        { id: F.published, kind: "value" },
        { id: F.closed, kind: "value" },
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

const FAULTS = ["vm_operations_struct.fault", "vm_operations_struct.huge_fault"] as const;

/** Does some fault handler of the set insert PTEs? Only such a family has an isolation window. */
export const insertsOnFault = (set: SkeletonSet): boolean =>
  FAULTS.some((slot) => reaches(set, set.slots[slot], (i) => i.op === "act" && i.act === ACT.insertPte));

/** Does the procedure tell importers at all? What only ends an isolation leaves buffers closed and may let the CPU in again. */
const revokes = (set: SkeletonSet, name: string): boolean =>
  reaches(set, name, (i) => i.op === "call" && i.proc === ENV.invalidate);

/** What a fault handler asks of the device that the view's revokers may change: uninterpreted, but for their being asked again. */
function answers(set: SkeletonSet, view: View): E[] {
  const out: E[] = [];
  for (const [p, cls] of Object.entries(set.preds)) {
    if (cls !== set.parts.device) continue;
    const asked = (i: Ins): boolean =>
      expressionsOf(i).some((e) => [...nodes(e)].some((n) => n.k === "pred" && n.p === p));
    const changed = (i: Ins): boolean => i.op === "disturb" && i.p === p;
    if (
      FAULTS.some((slot) => reaches(set, set.slots[slot], asked)) &&
      view.revokers.some((r) => reaches(set, r.root.proc, changed))
    )
      out.push(pred(p, c(1)));
  }
  return out;
}

/** Does the set map its device into processes at all, at mmap time or on a fault? */
export const mapsDevice = (set: SkeletonSet): boolean =>
  Object.keys(set.slots).some((slot) =>
    reaches(set, set.slots[slot], (i) => i.op === "act" && i.act === ACT.insertPte),
  );

/** One scenario: the contract's scene and the environment around it. Procedures that the set brings in C replace the contract's. */
export function scenario(set: SkeletonSet, contract: Contract, view: View, lost: Lost = NOTHING_LOST): Scenario {
  const vmas = view.vma === "none" ? 0 : view.vma === "one" ? 1 : 2;
  const scene = contract.scene(set, view, lost);
  const peer = rootsOf(set, "peer")[0];
  const slots = { ...set.slots, ...scene.slots };
  const procs = {
    ...commonProcs(slots),
    ...importerProcs(peer === undefined ? undefined : set.procs[peer.proc], usesIdeal(set)),
    ...idealProcs(),
    "env.unbind": unbind(set),
    ...scene.procs,
  };
  const probe = rootsOf(set, "probe")[0];
  const importers = view.importers.flatMap((kind, n) =>
    importerThreads(kind, n + 1, {
      target: view.targets[n] ?? view.targets.at(-1) ?? 1,
      rounds: view.rounds,
      detaches: view.detaches,
    }),
  );
  const threads: Thread[] = [
    ...scene.threads,
    ...importers,
    ...Array.from({ length: view.buffers }, (_, n) => releaseThread(n + 1)),
    ...(view.outside === true ? rootsOf(set, "outside") : []).map((root): Thread => ({
      name: root.proc,
      actor: "other driver",
      starts: [{ name: root.proc, proc: root.proc, args: argsOf(root), when: c(1), times: 1, will: "voluntary" }],
    })),
  ];
  const all: Record<string, Action> = {
    ...actions,
    ...importerActions,
    ...userActions,
    ...idealActions,
    ...scene.actions,
  };
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
    threads: waitingForSetup(threads, view),
    abilities: abilities.map((a) => a.id),
    invariants: [
      ...(scene.invariants ?? []),
      ...invariants(set, contract.bounds, size, view.isolation ? { unless: answers(set, view) } : undefined),
    ],
    progress: scene.progress,
    initial: [
      ...view.importers.flatMap((kind, n) => importerCells(kind, n + 1)),
      ...Array.from({ length: vmas }, (_, n) => ({ field: F.vmf, object: n + 1, value: n + 1 })),
      ...scene.initial,
    ],
  };
}

/** Starts wait until the view's setup has happened: what runs alone is not worth interleaving. Exporting and attaching are the setup. */
function waitingForSetup(threads: readonly Thread[], view: View): Thread[] {
  if (view.setup === "none") return [...threads];
  const published = Array.from({ length: view.buffers }, (_, n) => f(F.published, c(n + 1)));
  const attached =
    view.setup === "attached" ? view.importers.map((_, n) => ne(f(F.at, c(n + 1)), c(PLACE.outside))) : [];
  const after =
    (conditions: readonly E[]) =>
    (start: Start): Start =>
      conditions.length === 0 ? start : { ...start, when: and(...conditions, start.when) };
  return threads.map((t) => {
    if (t.name === "export") return t;
    return {
      ...t,
      starts: t.starts.map((s) => after(s.proc === "env.attach" ? published : [...published, ...attached])(s)),
    };
  });
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
 * The views in which a set is explored. Together they are the claim "1 device, up to 2 buffers, 2 importers, 2 revocations, 1 VMA with fork"; each leaves out what
 * does not share state with what it looks at, and starts where that begins to matter.
 */
export function views(set: SkeletonSet, contract: Contract, { rounds = 2, revocations = 2 }: Size = {}): View[] {
  const roots = rootsOf(set, "revoke");
  const peers = rootsOf(set, "peer").length > 0;
  const kinds: readonly Kind[] = peers ? [...KINDS_WITHOUT_PEER, "private"] : KINDS_WITHOUT_PEER;
  const { alone, together } = contract.endings;
  const base: View = {
    name: "",
    buffers: 1,
    importers: [],
    setup: "attached",
    closes: [],
    targets: [1],
    ends: [],
    detaches: false,
    rounds,
    revokers: [],
    vma: "none",
    isolation: false,
  };
  const out: View[] = [];
  const add = (ends: readonly (readonly string[])[], what: string, more: Partial<View>): void => {
    for (const e of ends) out.push({ ...base, name: `${e.join(" and ")} ${what}`, ends: e, ...more });
  };
  const revoker = (times: number) => roots.map((root) => ({ root, times }));
  // The ending is one more revocation.
  for (const r of revoker(revocations - 1))
    add(alone, `with a dynamic importer, ${r.root.proc}`, { importers: ["dynamic"], revokers: [r] });
  add(alone, "with a dynamic importer", { importers: ["dynamic"] });
  for (const kind of kinds)
    if (kind !== "dynamic") add(together, `with a ${kind} importer`, { importers: [kind], rounds: 1 });
  add(together, "with a dynamic importer", { importers: ["dynamic"], rounds: 1 });
  add(together, "while it is attached", { importers: ["dynamic"], setup: "exported", detaches: true, rounds: 1 });
  add(together, "while it is exported and closed", { setup: "none", closes: [1] });
  add(alone, "while its file is closed", { importers: ["dynamic"], closes: [1], detaches: true, rounds: 1 });
  add(alone, "with 2 importers", { importers: ["dynamic", "dynamic"], rounds: 1 });
  add(alone, "of 2 buffers", { buffers: 2, importers: ["dynamic", "dynamic"], targets: [1, 2], rounds: 1 });
  add(alone, "of 2 buffers, one closed", { buffers: 2, importers: ["dynamic"], targets: [2], closes: [1], rounds: 1 });
  for (const r of revoker(1)) {
    add(alone, `while it is exported and closed, ${r.root.proc}`, { setup: "none", closes: [1], revokers: [r] });
    if (peers)
      add(alone, `with a private importer, ${r.root.proc}`, { importers: ["private"], rounds: 1, revokers: [r] });
    if (insertsOnFault(set))
      add(alone, `with the device mapped, ${r.root.proc}`, {
        setup: "exported",
        revokers: [r],
        vma: "fork",
        isolation: revokes(set, r.root.proc),
      });
  }
  // With revokers the device is mapped in their company; without any, its end alone must deal with the mappings.
  const accompanied = insertsOnFault(set) && roots.length > 0;
  if (!accompanied && (contract.maps === true || mapsDevice(set))) {
    add(together, "with the device mapped", { buffers: 0, vma: "one" });
    add(together, "with the device mapped, and a fork", { buffers: 0, vma: "fork" });
  }
  if (rootsOf(set, "outside").length > 0)
    add(together, "while other drivers call it", { buffers: 0, setup: "none", outside: true });
  return out;
}

/** Every scenario of a set under a contract, without what the framework is seen not to do. */
export const buildScenarios = (
  set: SkeletonSet,
  contract: Contract,
  size: Size = {},
  lost: Lost = NOTHING_LOST,
): Scenario[] => views(set, contract, size).map((view) => scenario(set, contract, view, lost));
