// Violations that say by themselves which rule they break: who touched what, which lock was not held, which PTE was still there.
import type { Executed, ModelViolation } from "../../model/unplug/explore.ts";
import type { Scenario } from "../../model/unplug/scenario.ts";
import type { At, Ins } from "../../model/unplug/skeleton.ts";
import { expressionsOf, nodes } from "../../model/unplug/walk.ts";
import type { Direct } from "./diagnose.ts";
import { fnOf } from "./patch.ts";
import type { Scene } from "./patch.ts";
import { closure, sites } from "./roles.ts";

/** What a fault about an object's life is called by the machine. */
const LIFE: ReadonlySet<string> = new Set([
  "use-after-free",
  "double-free",
  "free-locked",
  "use-before-birth",
  "null-deref",
  "unlink-unlinked",
]);

/** Is that a fault about an object's life? */
export const isLife = (what: string): boolean => LIFE.has(what);

/** The finding, or undefined where repairs must tell. */
export function direct(s: Scene, scenario: Scenario, v: ModelViolation): Direct | undefined {
  const last = v.ran.findLast((x) => x.ins !== undefined);
  const { at, fn } = place(s, scenario, v);
  const said = (
    rule: string,
    message: string,
    where: { readonly at: At | undefined; readonly fn: string } = { at, fn },
  ): Direct => ({ rule, message, ...where, confidence: "proved" });
  switch (s.names.concerns[v.what]) {
    case "init":
      return said("provider/not-initialised", `${fn}() asks for a provider that nothing has set up`);
    case "null": {
      const asked = v.ran.findLast((x) => x.ins?.op === "act" && x.ins.act === s.names.acts.getProvider)?.ins;
      const where = asked?.at?.fn ?? fn;
      return said("provider/unchecked-null", `${where}() keeps a provider that may be NULL`, {
        at: asked?.at ?? at,
        fn: where,
      });
    }
    case "pte":
      return pte(s, scenario, v, said);
    case "provider":
      if (last?.ins?.op === "act" && last.ins.act !== s.names.acts.mapBegin) {
        if (s.set.roots.some((r) => r.kind === "outside" && r.proc === last.start))
          return said(
            "provider/escapes-driver",
            `${fn}() is there for other drivers to call, and uses a provider that nobody takes back before the driver is gone`,
          );
        const tested = v.ran.some((x) => x.thread === last.thread && x.start === last.start && readsGate(s, x.ins));
        return tested || s.roles.gates.size === 0
          ? said(
              "provider/use-after-revoke",
              `${fn}() uses the provider after the driver is gone: nothing that it holds keeps the revocation off`,
            )
          : said("provider/ungated-use", `${fn}() uses the provider without looking at the gate`);
      }
      break;
    case undefined:
    case "mapping":
    case "other":
      break;
  }
  switch (v.what) {
    case "lock-not-held":
    case "unlock-not-held":
      return said("dma-buf/lock-not-held", `${fn}(): ${v.detail}`);
    case "return-holding-lock":
    case "lock-recursion":
      return said("dma-buf/lock-held", `${fn}(): ${v.detail}`);
    case "get-on-zero":
    case "put-below-zero":
      if (last?.ins?.op === "count" && last.ins.f !== s.names.fields.files && unset(s, v, last.ins.f))
        return said(
          "dma-buf/published-early",
          `${fn}() counts a mapping of a buffer that is not set up yet, although its file descriptor is installed`,
        );
      if (last?.ins?.op === "count" && last.ins.f === s.names.fields.files)
        return said(
          "dma-buf/revoke-races-release",
          `${fn}() takes a reference to a buffer whose release may already be running`,
        );
      return undefined;
    default:
      return isLife(v.what) ? life(s, scenario, v, said) : undefined;
  }
}

/** Where the last step stands in the driver's code: inside the environment, the call that led there. */
function place(s: Scene, scenario: Scenario, v: ModelViolation): { readonly at: At | undefined; readonly fn: string } {
  const last = v.ran.findLast((x) => x.ins !== undefined);
  const foreign = (fn: string | undefined): boolean =>
    fn === undefined || (scenario.procs[fn] !== undefined && s.set.procs[fn] === undefined);
  if (last === undefined || !foreign(last.ins?.at?.fn))
    return { at: last?.ins?.at, fn: last?.ins?.at?.fn ?? s.set.name };
  const before = v.ran.findLast((x) => x.thread === last.thread && !foreign(x.ins?.at?.fn))?.ins?.at;
  const fn = before?.fn ?? last.start;
  return { at: s.roles.invalidations.find((x) => x.ins.at?.fn === fn)?.ins.at ?? before, fn };
}

/** Does the instruction look at a gate? */
const readsGate = (s: Scene, i: Ins | undefined): boolean =>
  i !== undefined && expressionsOf(i).some((e) => [...nodes(e)].some((n) => n.k === "f" && s.roles.gates.has(n.f)));

/** Has nobody set the count up so far, although the set does so somewhere? */
function unset(s: Scene, v: ModelViolation, count: string): boolean {
  const arms = (i: Ins | undefined): boolean => i?.op === "count" && i.do === "init" && i.f === count;
  return !v.ran.some((x) => arms(x.ins)) && Object.values(s.set.procs).some((p) => p.code.some(arms));
}

type Said = (rule: string, message: string, where?: { readonly at: At | undefined; readonly fn: string }) => Direct;

/** A PTE is there when none may be: was it never zapped, put back by a fault, or copied by a fork? */
function pte(s: Scene, scenario: Scenario, v: ModelViolation, said: Said): Direct {
  const { zapMapping, zapVma, insertPte, copyPtes, isolate } = s.names.acts;
  const isAct = (x: Executed, ...acts: string[]): boolean => x.ins?.op === "act" && acts.includes(x.ins.act);
  const lastOf = (...acts: string[]): number => v.ran.findLastIndex((x) => isAct(x, ...acts));
  const [zap, filled, copied] = [lastOf(zapMapping, zapVma), lastOf(insertPte), lastOf(copyPtes)];
  const forker = v.ran[copied]?.thread;
  // What ran for the copied VMA, in the forking thread before the copy.
  const opened = v.ran.slice(0, Math.max(0, copied)).findLast((x) => x.thread === forker && isAct(x, zapVma))?.ins?.at;
  if (copied > filled && (opened !== undefined || zap > copied)) {
    const fn = opened?.fn ?? v.ran[copied]?.start ?? s.set.name;
    const what =
      opened === undefined
        ? "a forked process keeps PTEs of the device that the zap has not found"
        : `${fn}() zaps a VMA that a fork has made before its PTEs are copied: the child keeps them, and nobody keeps track of it`;
    return said("vma/inherited-untracked", what, { at: opened, fn });
  }
  const last = v.ran.findLast((x) => x.ins !== undefined);
  // At run time the device is only cut off for a while; what gives its memory back, or ends it, ends a bound.
  const cut = last?.ins?.op === "act" && last.ins.act === isolate ? last.ins.opt?.["why"] : undefined;
  const window =
    cut === "reset" || cut === "power" || scenario.invariants.some((i) => i.name === v.what && i.quiet === true);
  const faults = closure(
    s.set,
    s.names.entrySlots.filter((x) => x.endsWith("fault")).map((x) => s.set.slots[x]),
  );
  const door = [...sites(s.set, faults, "act", (i) => i.act === insertPte)].find(
    (x) => x.ins.at === v.ran[filled]?.ins?.at,
  );
  const revoker = v.ran.findLast((x) => s.set.roots.some((r) => r.kind === "revoke" && r.proc === x.start));
  if (door !== undefined && ((zap >= 0 && filled > zap) || (revoker === undefined && window))) {
    const fn = fnOf(s.set, door.proc, door.ins);
    // A zap that is done before the lock is taken that faults take leaves them time in between.
    const zapper = v.ran[zap];
    const locks = new Set([...sites(s.set, faults, "lock")].map((x) => x.ins.f));
    const late = v.ran
      .slice(zap + 1)
      .some((x) => x.thread === zapper?.thread && x.ins?.op === "lock" && locks.has(x.ins.f));
    if (late) {
      const at = zapper?.ins?.at;
      const where = at?.fn ?? zapper?.start ?? fn;
      return said(
        "vma/zap-before-gate",
        `${where}() zaps before it takes the lock that keeps faults out: a fault in between maps the device again`,
        { at, fn: where },
      );
    }
    const rule = window ? "vma/maps-while-isolated" : "vma/fault-not-gated";
    return said(rule, `${fn}() inserts a PTE although the device is cut off`, { at: door.ins.at, fn });
  }
  if (!window) return said("vma/not-zapped", "processes still have the device mapped when its memory is given back");
  const begins = revoker === undefined ? undefined : s.set.procs[revoker.start];
  const fn = begins?.fn ?? revoker?.start ?? last?.ins?.at?.fn ?? s.set.name;
  const at = begins?.code.find((i) => i.at?.span !== undefined)?.at ?? begins?.code[0]?.at ?? last?.ins?.at;
  return said("vma/maps-while-isolated", `${fn}() cuts the device off while processes have it mapped`, { at, fn });
}

/** The classes whose cells the instruction touches. */
function touched(scenario: Scenario, i: Ins | undefined): Set<string> {
  const fields = new Set<string>();
  const out = new Set<string>();
  if (i === undefined) return out;
  if ("f" in i) fields.add(i.f);
  if (i.op === "free") out.add(i.cls);
  for (const e of expressionsOf(i)) for (const n of nodes(e)) if ("f" in n) fields.add(n.f);
  for (const k of [...scenario.classes, ...scenario.set.classes])
    if (k.fields.some((x) => fields.has(x.id))) out.add(k.name);
  return out;
}

/** An object was touched after its end: by whom, and who ended it, tells the rule. */
function life(s: Scene, scenario: Scenario, v: ModelViolation, said: Said): Direct | undefined {
  const { buffer } = s.names.classes;
  const { device, private: priv } = s.set.parts;
  const last = v.ran.findLast((x) => x.ins !== undefined);
  if (last === undefined) return undefined;
  const fn = last.ins?.at?.fn ?? last.start;
  const of = touched(scenario, last.ins);
  const mine = of.has(buffer) || (priv !== undefined && of.has(priv));
  const exported = v.ran.findIndex((x) => x.ins?.op === "alloc" && x.ins.cls === buffer);
  const exporter = v.ran[exported];
  const later = (test: (i: Ins) => boolean): Executed | undefined =>
    v.ran.find(
      (x, n) =>
        n > exported &&
        x.thread === exporter?.thread &&
        x.start === exporter.start &&
        x.ins !== undefined &&
        test(x.ins),
    );
  const freed = (cls: string | undefined): Executed | undefined =>
    v.ran.findLast((x) => x !== last && x.ins?.op === "free" && x.ins.cls === cls);
  const release = closure(s.set, [s.set.slots[s.names.slots.release]]);
  const inRelease = (x: Executed | undefined): boolean =>
    x !== undefined &&
    scenario.threads.some((t) => t.starts.some((st) => st.name === x.start && reaches(s, scenario, st.proc, release)));
  if (mine && exporter !== undefined && exported >= 0) {
    const own = (x: Executed | undefined): boolean => x?.thread === exporter.thread && x.start === exporter.start;
    if (own(last) && !isFree(last.ins) && !own(freed(priv))) {
      if (later((i) => i.op === "count" && i.do === "put" && i.f === s.names.fields.files))
        return said("dma-buf/use-after-put", `${fn}() touches the buffer after it has dropped its reference`);
      if (later((i) => i.op === "act" && (i.act === s.names.acts.fd || i.act === s.names.acts.fdInstall)))
        return said(
          "dma-buf/use-after-publish",
          `${fn}() touches the buffer after its file descriptor is installed, and so may be closed`,
        );
    }
    const byHand = [freed(priv), isFree(last.ins) ? last : undefined].find(own);
    if (byHand !== undefined) {
      // Where the framework frees it, the driver's last step before.
      const own = v.ran
        .slice(0, v.ran.indexOf(byHand) + 1)
        .findLast((x) => x.thread === byHand.thread && s.set.procs[x.ins?.at?.fn ?? ""] !== undefined);
      const from = own?.ins?.at ?? byHand.ins?.at;
      const where = from?.fn ?? byHand.start;
      return said(
        "dma-buf/unwind-after-export",
        `${where}() frees what the exported buffer's release frees, or touches, as well`,
        { at: from, fn: where },
      );
    }
  }
  // What breaks elsewhere may be what the exporter has stored after it had let go.
  const trespass = mine && last.ins !== undefined ? storedLate(s, v, exported) : undefined;
  if (trespass !== undefined) {
    const [rule, when] = trespass.put
      ? ["dma-buf/use-after-put", "it has dropped its reference"]
      : ["dma-buf/use-after-publish", "its file descriptor is installed"];
    return said(rule, `${trespass.fn}() writes to the buffer after ${when}`, trespass);
  }
  if (inRelease(last) && of.has(device) && !mine)
    return said(
      "dma-buf/release-uses-driver",
      `${fn}() runs when the last reference goes, and touches what the driver has freed`,
    );
  if (mine) {
    const other = inRelease(last)
      ? v.ran.findLast((x) => x.thread !== last.thread && x.ins?.at?.fn !== undefined)
      : last;
    const where = other?.ins?.at?.fn ?? fn;
    return said(
      "dma-buf/revoke-races-release",
      `${where}() works on a buffer whose release runs at the same time: nothing that it holds keeps the buffer there`,
      { at: other?.ins?.at ?? last.ins?.at, fn: where },
    );
  }
  return said("provider/use-after-revoke", `${fn}(): ${v.detail}`);
}

/** The fields that the step looks at, itself or by way of registers that its thread has loaded from them. */
function readBy(v: ModelViolation, last: Executed): ReadonlySet<string> {
  const fields = new Set<string>();
  const registers = new Set<string>();
  for (const x of v.ran.slice(0, v.ran.indexOf(last) + 1).toReversed()) {
    if (x.thread !== last.thread || x.start !== last.start || x.ins === undefined) continue;
    const loads = x.ins.op === "let" && registers.has(x.ins.r);
    if (x !== last && !loads) continue;
    for (const e of expressionsOf(x.ins))
      for (const n of nodes(e))
        if (n.k === "f") fields.add(n.f);
        else if (n.k === "r") registers.add(n.r);
  }
  return fields;
}

/** The last store to a buffer or what is behind it, to a cell that the last step looks at, by whom has exported it and let it go since: dropped its reference, or published it. */
function storedLate(
  s: Scene,
  v: ModelViolation,
  exported: number,
): { readonly at: At | undefined; readonly fn: string; readonly put: boolean } | undefined {
  const exporter = v.ran[exported];
  const last = v.ran.findLast((x) => x.ins !== undefined);
  if (exporter === undefined || last === undefined) return undefined;
  const next = v.ran.findIndex((x, n) => n > exported && x.thread === exporter.thread && x.ins === undefined);
  const own = v.ran.slice(exported + 1, next < 0 ? undefined : next).filter((x) => x.thread === exporter.thread);
  const isPut = (x: Executed): boolean =>
    x.ins?.op === "count" && x.ins.do === "put" && x.ins.f === s.names.fields.files;
  const isOut = (x: Executed): boolean =>
    x.ins?.op === "act" && (x.ins.act === s.names.acts.fd || x.ins.act === s.names.acts.fdInstall);
  const gone = own.findIndex((x) => isPut(x) || isOut(x));
  const read = readBy(v, last);
  const late = gone < 0 ? [] : own.slice(gone + 1);
  const isDriver = (x: Executed): boolean => s.set.procs[x.ins?.at?.fn ?? ""] !== undefined;
  const store = late.findLast((x) => x.ins?.op === "store" && read.has(x.ins.f) && isDriver(x));
  if (store === undefined) return undefined;
  const at = store.ins?.at;
  return { at, fn: at?.fn ?? store.start, put: own.slice(0, own.indexOf(store)).some(isPut) };
}

const isFree = (i: Ins | undefined): boolean => i?.op === "free";

/** Does the start's procedure, the environment's or the set's, come to one of the given procedures? */
function reaches(s: Scene, scenario: Scenario, proc: string, procs: ReadonlySet<string>): boolean {
  const all = { ...s.set, procs: { ...scenario.procs, ...s.set.procs }, slots: scenario.set.slots };
  for (const p of closure(all, [proc])) if (procs.has(p)) return true;
  return false;
}
