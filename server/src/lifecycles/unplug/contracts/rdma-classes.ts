// The RDMA core's objects around an exporter: the uverbs device and file, the uobject, the mmap entry and the tracked VMAs; and what they are when a scenario begins.
import type { ClassSpec, SkeletonSet } from "../../../model/unplug/skeleton.ts";
import { CLS } from "../actions.ts";
import { DV, EN, ENTRY, UF, UFILE, UM, UMAP, UO } from "./rdma-core.ts";

/** The classes, joined with the set's own. */
export function classes(set: SkeletonSet): ClassSpec[] {
  const priv = set.parts.private ?? "";
  return [
    {
      name: set.parts.device,
      tags: ["ib_device", "ib_uverbs_device"],
      count: 1,
      liveAtStart: 1,
      fields: [
        { id: DV.refcount, kind: "count", initial: 2 },
        { id: DV.comp, kind: "completion" },
        { id: DV.lists, kind: "lock" },
        { id: DV.srcu, kind: "lock" },
        { id: DV.ibDev, kind: "value", initial: 1 },
      ],
    },
    {
      name: UFILE,
      tags: [UFILE],
      count: 1,
      liveAtStart: 1,
      fields: [
        { id: UF.ref, kind: "count", initial: 1 },
        { id: UF.rwsem, kind: "lock" },
        { id: UF.ucontext, kind: "value", initial: 1 },
        { id: UF.umapLock, kind: "lock" },
        { id: UF.list, kind: "link", to: set.parts.device, initial: 1 },
        { id: UF.device, kind: "pointer", to: set.parts.device, initial: 1 },
      ],
    },
    {
      name: priv,
      tags: ["ib_uobject"],
      count: 2,
      liveAtStart: 0,
      fields: [
        { id: UO.ref, kind: "count" },
        { id: UO.ufile, kind: "pointer", to: UFILE },
        { id: UO.context, kind: "value" },
        { id: UO.object, kind: "pointer", to: CLS.buffer },
        { id: UO.list, kind: "link", to: UFILE },
      ],
    },
    {
      name: ENTRY,
      tags: [ENTRY],
      count: 1,
      liveAtStart: 1,
      fields: [
        { id: EN.ref, kind: "count", initial: 1 },
        { id: EN.removed, kind: "value" },
      ],
    },
    { name: "ib_ucontext", tags: ["ib_ucontext"], count: 1, liveAtStart: 1, fields: [{ id: EN.xaLock, kind: "lock" }] },
    {
      name: "ghost_entry",
      tags: [],
      count: 1,
      liveAtStart: 1,
      fields: [
        { id: EN.retired, kind: "value" },
        { id: EN.inXa, kind: "value", initial: 1 },
      ],
    },
    {
      name: UMAP,
      tags: [UMAP],
      count: 2,
      liveAtStart: 0,
      fields: [
        { id: UM.vma, kind: "pointer", to: CLS.vma },
        { id: UM.entry, kind: "pointer", to: ENTRY },
        { id: UM.list, kind: "link", to: UFILE },
      ],
    },
  ];
}
