// Repairs: templates of the protocol that add one protection to a skeleton set, in fixed order. A violation that goes away when one is applied is what its rule says.
// Repairs know the set's roles only to find where a part belongs and how to word it.
import { insert } from "../../model/unplug/edit.ts";
import type { E, FieldId, Ins } from "../../model/unplug/skeleton.ts";
import { ERR } from "../../model/unplug/skeleton.ts";
import { bufferOf, c, edited, f, fnOf, insertAfter, member, privOf, r } from "./patch.ts";
import type { Repair, Scene } from "./patch.ts";
import { countedGets, countedPuts, drains, failedMaps, patientWaits, waits } from "./repair-count.ts";
import { later, passed } from "./onward.ts";
import { closure, sites } from "./roles.ts";
import type { Op, Site } from "./roles.ts";

/** A wait that may end with fences pending, made one that can't. */
function* strongWaits(s: Scene): Generator<Repair> {
  const strong = { usage: "BOOKKEEP", interruptible: false, timeout: "max" };
  const weak = (i: Op<"act">): boolean =>
    i.act === s.names.acts.waitFences &&
    (i.opt?.["usage"] !== "BOOKKEEP" || i.opt["interruptible"] === true || i.opt["timeout"] !== "max");
  for (const site of sites(s.set, s.roles.teardown, "act", weak)) {
    const { opt } = site.ins;
    const why =
      opt?.["usage"] !== "BOOKKEEP"
        ? `for fences of class ${String(opt?.["usage"])}, which importers' fences are not`
        : opt["interruptible"] === true
          ? "until a signal comes"
          : "only for a time";
    const fn = fnOf(s.set, site.proc, site.ins);
    yield {
      rule: "dma-buf/weak-fence-wait",
      at: site.ins.at,
      fn,
      message: `${fn}() waits ${why}, and goes on while importers may still access the memory`,
      apply: (set) =>
        edited(set, site, (p, n) => ({
          ...p,
          code: p.code.map((i, k) => (k === n ? { ...site.ins, opt: { ...opt, ...strong } } : i)),
        })),
    };
  }
}

function* fenceWaits(s: Scene): Generator<Repair> {
  for (const site of s.roles.invalidations) {
    const waits = ({ ins }: Site): boolean => ins.op === "act" && ins.act === s.names.acts.waitFences;
    if (later(s.set, s.roles.teardown, site).some(waits)) continue;
    const fn = fnOf(s.set, site.proc, site.ins);
    const buffer = site.ins.args[0] ?? c(0);
    yield {
      rule: "dma-buf/no-fence-wait",
      at: site.ins.at,
      fn,
      message: `${fn}() tells importers that their mappings are invalid, but does not wait for the fences of their last accesses`,
      apply: (set) =>
        edited(set, site, (q, n) =>
          insertAfter(q, n, [
            {
              op: "act",
              act: s.names.acts.waitFences,
              args: [buffer],
              opt: { usage: "BOOKKEEP", interruptible: false, timeout: "max" },
            },
          ]),
        ),
    };
  }
}

interface Gate {
  readonly f: FieldId;
  /** A value that shuts it. */
  readonly v: number;
}

/** When the gate is shut: when it is not what the export leaves, or not zero. */
function isShut(s: Scene, gate: Gate, o: E): E {
  const exporting = closure(
    s.set,
    s.set.roots.filter((x) => x.kind === "export").map((x) => x.proc),
  );
  const left = [...sites(s.set, exporting, "store", (i) => i.f === gate.f)].flatMap((x) =>
    x.ins.e.k === "c" ? [x.ins.e.v] : [],
  );
  const open = left[0] ?? 0;
  return open === gate.v
    ? { k: "bin", op: "==", l: f(gate.f, o), r: c(gate.v) }
    : { k: "bin", op: "!=", l: f(gate.f, o), r: c(open) };
}

/** The gate's field and its shut value: one that map tests, or one that is stored beside an invalidation. */
function gateOf(s: Scene): Gate | undefined {
  for (const { ins } of sites(s.set, s.roles.teardown, "store", s.roles.closes))
    if (ins.e.k === "c") return { f: ins.f, v: ins.e.v };
  if (s.roles.shut[0] !== undefined) return s.roles.shut[0];
  const mine = new Set(
    s.set.classes.filter((k) => k.name === s.set.parts.private).flatMap((k) => k.fields.map((x) => x.id)),
  );
  const beside = (i: Ins): i is Op<"store"> => i.op === "store" && i.e.k === "c" && i.e.v !== 0 && mine.has(i.f);
  for (const { proc } of s.roles.invalidations)
    for (const i of s.set.procs[proc]!.code) if (beside(i) && i.e.k === "c") return { f: i.f, v: i.e.v };
  for (const { ins } of sites(s.set, s.roles.teardown, "store", beside))
    if (ins.e.k === "c") return { f: ins.f, v: ins.e.v };
  return undefined;
}

const GHOST_GATE = "repair.gate";

/** A gate test at the beginning of map and of functions that other drivers call with an attachment; where nobody stores a gate, one that each invalidation shuts. */
function* gateTests(s: Scene): Generator<Repair> {
  const gate = gateOf(s);
  const doors = [s.set.slots[s.names.slots.map], ...s.set.roots.filter((x) => x.kind === "peer").map((x) => x.proc)];
  for (const proc of doors) {
    const p = proc === undefined ? undefined : s.set.procs[proc];
    const first = p?.params[0];
    if (proc === undefined || p === undefined || first === undefined) continue;
    const test: Ins[] = [
      { op: "br", e: isShut(s, gate ?? { f: GHOST_GATE, v: 1 }, privOf(s, bufferOf(s, r(first)))), then: 1, else: 2 },
      { op: "return", e: c(ERR) },
    ];
    const use = [...sites(s.set, s.roles.map, "act", (i) => i.act === s.names.acts.mapBegin)][0];
    const fn = fnOf(s.set, use !== undefined && s.roles.map.has(proc) ? use.proc : proc);
    yield {
      rule: "provider/ungated-use",
      at: s.roles.map.has(proc) ? use?.ins.at : p.code[0]?.at,
      fn,
      message:
        gate === undefined
          ? `${fn}() hands out the memory whether or not it has been revoked`
          : `${fn}() hands out the memory without testing ${member(gate.f)}, which the revocation sets`,
      apply: (set) => {
        const tested = { ...set, procs: { ...set.procs, [proc]: insert(set.procs[proc] ?? p, 0, test, true) } };
        if (gate !== undefined) return tested;
        const shut = s.roles.invalidations.reduce(
          (now, site) => edited(now, site, (q, n) => insert(q, n, [shutGate(s, site, { f: GHOST_GATE, v: 1 })])),
          tested,
        );
        return {
          ...shut,
          classes: shut.classes.map((k) =>
            k.name === s.set.parts.private ? { ...k, fields: [...k.fields, { id: GHOST_GATE, kind: "value" }] } : k,
          ),
        };
      },
    };
  }
}

const shutGate = (s: Scene, site: Site<Op<"call">>, gate: { readonly f: FieldId; readonly v: number }): Ins => ({
  op: "store",
  f: gate.f,
  o: privOf(s, site.ins.args[0] ?? c(0)),
  e: c(gate.v),
});

function* gateStores(s: Scene): Generator<Repair> {
  const gate = gateOf(s);
  if (gate === undefined || s.roles.gates.size === 0) return;
  for (const site of s.roles.invalidations) {
    const closing = (i: Ins): boolean => i.op === "store" && s.roles.closes(i);
    if (passed(s.set, s.roles.teardown, site, closing)) continue;
    const late = later(s.set, s.roles.teardown, site).find((x) => closing(x.ins));
    const where = late ?? site;
    const fn = fnOf(s.set, where.proc, where.ins);
    yield {
      rule: late === undefined ? "dma-buf/gate-not-closed" : "dma-buf/gate-after-invalidate",
      at: where.ins.at,
      fn,
      message:
        late === undefined
          ? `${fn}() tells importers that their mappings are invalid, but leaves ${member(gate.f)} as it is: they may map again`
          : `${fn}() sets ${member(gate.f)} only after it has dropped the lock under which importers map: they may map again in between`,
      apply: (set) => edited(set, site, (q, n) => insert(q, n, [shutGate(s, site, gate)])),
    };
  }
}

/** Telling importers, where the gate is shut (or fences are waited for) and nobody is told. */
function* invalidations(s: Scene): Generator<Repair> {
  for (const proc of s.roles.teardown) {
    const p = s.set.procs[proc]!;
    if (s.roles.invalidations.some((x) => x.proc === proc)) continue;
    const fences = p.code.find((i): i is Op<"act"> => i.op === "act" && i.act === s.names.acts.waitFences);
    const held = p.code.find((i): i is Op<"lock"> => i.op === "lock" && i.f === s.names.fields.resv);
    const shut = p.code.find((i) => i.op === "store" && s.roles.closes(i));
    const anchor = fences ?? (held === undefined ? undefined : (shut ?? held));
    const buffer = fences?.args[0] ?? held?.o;
    if (anchor === undefined || buffer === undefined) continue;
    const fn = fnOf(s.set, proc, anchor);
    const told: Ins = { op: "call", proc: s.names.procs.invalidate, args: [buffer] };
    yield {
      rule: "dma-buf/not-invalidated",
      at: anchor.at,
      fn,
      message: `${fn}() revokes the buffer without telling the importers that have it mapped`,
      apply: (set) =>
        edited(set, { proc, ins: anchor }, (q, n) =>
          anchor === fences ? insert(q, n, [told]) : insertAfter(q, n, [told]),
        ),
    };
  }
}

/** Importers that can't be told are turned away at attach. */
function* admissions(s: Scene): Generator<Repair> {
  const own = s.set.slots[s.names.slots.attach];
  const p = own === undefined ? undefined : s.set.procs[own];
  const door = "repair.attach";
  const fn = own === undefined ? s.set.name : fnOf(s.set, own);
  yield {
    rule: "dma-buf/unrevocable-importer",
    at: p?.code[0]?.at,
    fn,
    message:
      own === undefined
        ? "importers that cannot be told to let go of the memory may attach"
        : `${fn}() lets in importers that cannot be told to let go of the memory`,
    apply: (set) => ({
      ...set,
      slots: { ...set.slots, [s.names.slots.attach]: door },
      procs: {
        ...set.procs,
        [door]: {
          name: door,
          params: ["dmabuf", "att"],
          code: [
            { op: "call", proc: s.names.procs.admit, args: [r("att")], r: "ret" },
            { op: "br", e: r("ret"), then: 3, else: 2 },
            {
              op: "call",
              ...(own === undefined ? { slot: "absent" } : { proc: own }),
              args: [r("dmabuf"), r("att")],
              r: "ret",
            },
            { op: "return", e: r("ret") },
          ],
        },
      },
    }),
  };
}

/** What may be wrong when a violation is about DMA or about the protocol's own counts, the likeliest first. `stuck`: the wait that hangs with the reservation lock held. */
export function repairs(s: Scene, concern: "mapping" | "count" | "hang", stuck: Ins | undefined): Repair[] {
  // Where map looks at a gate at all, it is more likely that nobody shuts it.
  const gate = s.roles.shut.length > 0 ? [...gateStores(s), ...gateTests(s)] : [...gateTests(s), ...gateStores(s)];
  const counts = [...countedGets(s), ...countedPuts(s), ...failedMaps(s)];
  switch (concern) {
    case "mapping":
      return [
        ...strongWaits(s),
        ...fenceWaits(s),
        ...gate,
        ...counts,
        ...patientWaits(s),
        ...drains(s, undefined),
        ...invalidations(s),
        ...waits(s),
        ...admissions(s),
      ];
    case "count":
      return [...gate, ...counts, ...patientWaits(s), ...waits(s), ...drains(s, undefined), ...invalidations(s)];
    case "hang":
      return [
        ...(stuck === undefined ? [] : drains(s, stuck)),
        ...invalidations(s),
        ...counts,
        ...waits(s),
        ...drains(s, undefined),
        ...admissions(s),
        ...gate,
      ];
  }
}
