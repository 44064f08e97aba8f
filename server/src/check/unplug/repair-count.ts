// Repairs of counting and waiting: the count of mappings, its last put, and the wait for unmaps.
import { insert, move } from "../../model/unplug/edit.ts";
import type { E, FieldId, Ins, Proc, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { bufferOf, c, edited, fnOf, insertAfter, member, privOf, r } from "./patch.ts";
import type { Repair, Scene } from "./patch.ts";
import { nodes, retarget } from "../../model/unplug/walk.ts";
import { after, later, meeting, onward, passed } from "./onward.ts";
import { closure, sites, waitsFor } from "./roles.ts";
import type { Site } from "./roles.ts";

/** Is the counter an atomic_t? Then 0 is a number like any other. */
function loose(set: SkeletonSet, counter: FieldId): { readonly loose?: true } {
  for (const { ins } of sites(set, Object.keys(set.procs), "count", (i) => i.f === counter))
    if (ins.loose === true) return { loose: true };
  return {};
}

/** put; when it was the last, what the code itself does then: complete. */
function lastPut({ set, roles }: Scene, priv: E): Ins[] {
  if (roles.counter === undefined) return [];
  const put: Ins = {
    op: "count",
    do: "put",
    f: roles.counter,
    o: priv,
    r: "repair.last",
    ...loose(set, roles.counter),
  };
  if (roles.completion === undefined) return [put];
  return [put, { op: "br", e: r("repair.last"), then: 2, else: 3 }, { op: "complete", f: roles.completion, o: priv }];
}

/** get after the mapping has begun. */
export function* countedGets(s: Scene): Generator<Repair> {
  const { counter } = s.roles;
  if (counter === undefined) return;
  const gets = [...sites(s.set, s.roles.map, "count", (i) => i.f === counter && i.do !== "put")];
  if (gets.length > 0) return;
  for (const site of sites(s.set, s.roles.map, "act", (i) => i.act === s.names.acts.mapBegin)) {
    const fn = fnOf(s.set, site.proc, site.ins);
    const result = site.ins.r ?? "repair.mapped";
    yield {
      rule: "dma-buf/uncounted-mapping",
      at: site.ins.at,
      fn,
      message: `${fn}() begins a mapping without counting it in ${member(counter)}: the wait for unmaps does not wait for it`,
      apply: (set) =>
        edited(set, site, (p, n) => {
          const named = { ...p, code: p.code.map((i, k) => (k === n ? { ...site.ins, r: result } : i)) };
          return insertAfter(named, n, [
            { op: "br", e: { k: "err", e: r(result) }, then: 2, else: 1 },
            {
              op: "count",
              do: "get",
              f: counter,
              o: privOf(s, bufferOf(s, site.ins.args[0] ?? c(0))),
              ...loose(s.set, counter),
            },
          ]);
        }),
    };
  }
}

/** The put where the mapping that was counted could not be made. */
export function* failedMaps(s: Scene): Generator<Repair> {
  const { counter } = s.roles;
  if (counter === undefined) return;
  if ([...sites(s.set, s.roles.map, "count", (i) => i.f === counter && i.do === "put")].length > 0) return;
  const counted = (i: Ins): boolean => i.op === "count" && i.f === counter && i.do !== "put";
  for (const site of sites(s.set, s.roles.map, "act", (i) => i.act === s.names.acts.mapBegin)) {
    if (!passed(s.set, s.roles.map, site, counted)) continue;
    const fn = fnOf(s.set, site.proc, site.ins);
    const result = site.ins.r ?? "repair.mapped";
    const put = lastPut(s, privOf(s, bufferOf(s, site.ins.args[0] ?? c(0))));
    yield {
      rule: "dma-buf/drain-never-ends",
      at: site.ins.at,
      fn,
      message: `${fn}() counts a mapping in ${member(counter)} before it is made, and keeps the count where it can't be made: the wait for unmaps never ends`,
      apply: (set) =>
        edited(set, site, (p, n) => {
          const named = { ...p, code: p.code.map((i, k) => (k === n ? { ...site.ins, r: result } : i)) };
          const test: Ins = { op: "br", e: { k: "err", e: r(result) }, then: 1, else: put.length + 1 };
          return insertAfter(named, n, [test, ...put.map((i) => retarget(i, (t) => t + 1))]);
        }),
    };
  }
}

/** Waits for unmaps that may give up, made ones that can't. */
export function* patientWaits(s: Scene): Generator<Repair> {
  for (const proc of s.roles.teardown)
    for (const ins of s.set.procs[proc]?.code ?? []) {
      if (
        (ins.op !== "waitDone" && ins.op !== "await") ||
        ins.how === "forever" ||
        ins.how === "try" ||
        !isWait(ins, s)
      )
        continue;
      const fn = fnOf(s.set, proc, ins);
      const patient: Ins = { ...ins, how: "forever" };
      yield {
        rule: "dma-buf/no-unmap-drain",
        at: ins.at,
        fn,
        message: `${fn}() gives up waiting for importers to unmap ${ins.how === "timeout" ? "after a time" : "when a signal comes"}, and goes on`,
        apply: (set) =>
          edited(set, { proc, ins }, (q, n) => ({ ...q, code: q.code.map((i, k) => (k === n ? patient : i)) })),
      };
    }
}

/** The put of a mapping moved behind its end, or added there. */
export function* countedPuts(s: Scene): Generator<Repair> {
  const { counter } = s.roles;
  if (counter === undefined) return;
  const puts = [...sites(s.set, s.roles.unmap, "count", (i) => i.f === counter && i.do === "put")];
  for (const end of sites(s.set, s.roles.unmap, "act", (i) => i.act === s.names.acts.mapEnd)) {
    const p = s.set.procs[end.proc]!;
    const at = p.code.indexOf(end.ins);
    const fn = fnOf(s.set, end.proc, end.ins);
    // The put itself, or a call of a helper that puts.
    const isPut = (i: Ins): boolean =>
      puts.some((put) => put.ins === i) ||
      (i.op === "call" && i.proc !== undefined && puts.some((put) => closure(s.set, [i.proc]).has(put.proc)));
    const first = p.code.slice(0, at).find(isPut);
    const early = first === undefined ? undefined : { ins: first };
    if (early !== undefined)
      yield {
        rule: "dma-buf/counted-too-short",
        at: early.ins.at,
        fn,
        message: `${fn}() puts ${member(counter)} before the mapping has ended: the wait for unmaps may return while it is still there`,
        apply: (set) =>
          edited(set, end, (q, n) => (q.code.includes(early.ins) ? move(q, n, q.code.indexOf(early.ins)) : q)),
      };
    if (puts.length === 0)
      yield {
        rule: "dma-buf/drain-never-ends",
        at: end.ins.at,
        fn,
        message: `${fn}() ends a mapping without putting ${member(counter)}: the wait for unmaps never ends`,
        apply: (set) =>
          edited(set, end, (q, n) => insertAfter(q, n, lastPut(s, privOf(s, bufferOf(s, end.ins.args[0] ?? c(0)))))),
      };
  }
}

/** The put of the reference that the buffer itself has, before the wait; and what makes the next wait work. */
export function* waits(s: Scene): Generator<Repair> {
  const { counter } = s.roles;
  if (counter === undefined) return;
  for (const proc of s.roles.teardown) {
    const p = s.set.procs[proc]!;
    for (const [n, i] of p.code.entries()) {
      if (!waitsFor(i, s.roles)) continue;
      const o = i.op === "waitDone" ? i.o : undefined;
      const fn = fnOf(s.set, proc, i);
      const site: Site = { proc, ins: i };
      const priv = o ?? privateIn(p, counter);
      if (priv === undefined) continue;
      if (!p.code.some((x) => x.op === "count" && x.f === counter && x.do === "put"))
        yield {
          rule: "dma-buf/drain-never-ends",
          at: i.at,
          fn,
          message: `${fn}() waits for ${member(counter)} to reach zero without dropping the reference that it began with`,
          apply: (set) => edited(set, site, (q, k) => insert(q, k, lastPut(s, priv))),
        };
      if (![...after(p, n)].some((k) => isArming(p.code[k], counter)))
        yield {
          rule: "dma-buf/revoke-not-idempotent",
          at: i.at,
          fn,
          message: `${fn}() leaves ${member(counter)} at zero after the wait: a later mapping, or a second revocation, finds it spent`,
          apply: (set) =>
            edited(set, site, (q, k) => {
              // Where the last put spares the wait, the two ways meet behind it.
              const put = q.code.findIndex((x) => x.op === "count" && x.f === counter && x.do === "put");
              return insert(q, (put < 0 ? undefined : meeting(q, put, k)) ?? k + 1, armed(s, counter, priv));
            }),
        };
    }
  }
}

/** The count and its completion as a fresh buffer has them. */
const armed = ({ set, roles }: Scene, counter: FieldId, priv: E): Ins[] => [
  { op: "count", do: "init", f: counter, o: priv, value: 1, ...loose(set, counter) },
  ...(roles.completion === undefined ? [] : [{ op: "reinit" as const, f: roles.completion, o: priv }]),
];

const isArming = (i: Ins | undefined, counter: FieldId): boolean =>
  i?.op === "count" && i.f === counter && i.do === "init";

/** The object whose counter the procedure works on. */
function privateIn(p: Proc, counter: FieldId): E | undefined {
  for (const i of p.code) if (i.op === "count" && i.f === counter) return i.o;
  return undefined;
}

/** A wait for unmaps behind the unlock that follows each invalidation. `under`: the wait that there is runs with the lock held. */
export function* drains(s: Scene, under: Ins | undefined): Generator<Repair> {
  for (const site of s.roles.invalidations) {
    const there = later(s.set, s.roles.teardown, site).filter((x) => isWait(x.ins, s));
    const locked = there.find((x) => x.ins === under);
    if (under === undefined ? there.length > 0 : locked === undefined) continue;
    const places = onward(s.set, s.roles.teardown, site, (i) => i.op === "unlock" && i.f === s.names.fields.resv);
    const where = locked ?? site;
    const fn = fnOf(s.set, where.proc, where.ins);
    yield {
      rule: locked === undefined ? "dma-buf/no-unmap-drain" : "dma-buf/drain-under-lock",
      at: where.ins.at,
      fn,
      message:
        locked === undefined
          ? `${fn}() tells importers that their mappings are invalid, but does not wait until they have unmapped`
          : `${fn}() waits for importers to unmap while it holds the lock that unmapping needs`,
      apply: (set) => {
        const cut = (q: Proc, n: number): Proc => ({
          ...q,
          code: q.code.map((i, k) => (k === n ? ({ op: "jmp", to: n + 1 } as const) : i)),
        });
        const dry = locked === undefined ? set : edited(set, locked, cut);
        return places.reduce(
          (now, place) => edited(now, place, (q, n) => insertAfter(q, n, drained(s, place.ins))),
          dry,
        );
      },
    };
  }
}

/** Waiting until nobody has a mapping. An unmap that has ended the mapping holds the lock until it has put its count. */
function drained(s: Scene, unlock: Ins): Ins[] {
  const buffer = unlock.op === "unlock" ? unlock.o : c(0);
  const resv = { f: s.names.fields.resv, o: buffer, mode: "write" } as const;
  return [
    { op: "act", act: s.names.acts.drained, args: [buffer] },
    { op: "lock", ...resv, how: "wait" },
    { op: "unlock", ...resv },
  ];
}

/** A wait of the teardown that is about the counter, or about something of the private object. */
const isWait = (i: Ins, s: Scene): boolean => {
  if (waitsFor(i, s.roles)) return true;
  const mine = s.set.classes.find((k) => k.name === s.set.parts.private)?.fields ?? [];
  if (i.op === "waitDone") return mine.some((x) => x.id === i.f);
  return i.op === "await" && [...nodes(i.e)].some((n) => "f" in n && mine.some((x) => x.id === n.f));
};
