// Violations that say by themselves which rule they break: who touched what, which lock was not held, which PTE was still there.
import type { Executed, ModelViolation } from "../../model/unplug/explore.ts";
import type { Scenario } from "../../model/unplug/scenario.ts";
import type { At, Ins } from "../../model/unplug/skeleton.ts";
import { expressionsOf, nodes } from "../../model/unplug/walk.ts";
import type { Direct } from "./diagnose.ts";
import type { Scene } from "./patch.ts";
import { closure } from "./roles.ts";

/** What a fault about an object's life is called by the machine. */
const LIFE: ReadonlySet<string> = new Set([
  "use-after-free",
  "double-free",
  "free-locked",
  "use-before-birth",
  "null-deref",
  "unlink-unlinked",
]);

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
    case undefined:
    case "mapping":
    case "provider":
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
      if (last?.ins?.op === "count" && last.ins.f === s.names.fields.files)
        return said(
          "dma-buf/revoke-races-release",
          `${fn}() takes a reference to a buffer whose release may already be running`,
        );
      return undefined;
    default:
      return LIFE.has(v.what) ? life(s, scenario, v, said) : undefined;
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

type Said = (rule: string, message: string, where?: { readonly at: At | undefined; readonly fn: string }) => Direct;

function pte(s: Scene, scenario: Scenario, v: ModelViolation, said: Said): Direct {
  const { zapMapping, zapVma, insertPte } = s.names.acts;
  const isAct = (x: Executed, ...acts: string[]): boolean => x.ins?.op === "act" && acts.includes(x.ins.act);
  const zap = v.ran.findLastIndex((x) => isAct(x, zapMapping, zapVma));
  const filled = v.ran.findLastIndex((x) => isAct(x, insertPte));
  const past = scenario.invariants.some((i) => i.name === v.what && i.quiet !== true);
  const revoker = [...v.ran].reverse().find((x) => s.set.roots.some((r) => r.kind === "revoke" && r.proc === x.start));
  const begins = revoker === undefined ? undefined : s.set.procs[revoker.start];
  const door = v.ran[filled]?.ins?.at;
  if ((zap >= 0 && filled > zap) || (revoker === undefined && door !== undefined && !past)) {
    const fn = door?.fn ?? "";
    return said(
      past ? "vma/fault-not-gated" : "vma/maps-while-isolated",
      `${fn}() inserts a PTE although the device is cut off`,
      { at: door, fn },
    );
  }
  const fn = begins?.fn ?? revoker?.start ?? v.ran.at(-1)?.ins?.at?.fn ?? s.set.name;
  const at = begins?.code.find((i) => i.at?.span !== undefined)?.at ?? begins?.code[0]?.at ?? v.ran.at(-1)?.ins?.at;
  return past
    ? said("vma/not-zapped", `PTEs of the device are still there when the driver is gone`, { at, fn })
    : said("vma/maps-while-isolated", `${fn}() cuts the device off while processes have it mapped`, { at, fn });
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
    if (last.thread === exporter.thread && last.start === exporter.start && !isFree(last.ins)) {
      if (later((i) => i.op === "count" && i.do === "put" && i.f === s.names.fields.files))
        return said("dma-buf/use-after-put", `${fn}() touches the buffer after it has dropped its reference`);
      if (later((i) => i.op === "act" && (i.act === s.names.acts.fd || i.act === s.names.acts.fdInstall)))
        return said(
          "dma-buf/use-after-publish",
          `${fn}() touches the buffer after its file descriptor is installed, and so may be closed`,
        );
    }
    const byHand = [freed(priv), isFree(last.ins) ? last : undefined].find(
      (x) => x?.thread === exporter.thread && x.start === exporter.start,
    );
    if (byHand !== undefined) {
      const where = byHand.ins?.at?.fn ?? byHand.start;
      return said(
        "dma-buf/unwind-after-export",
        `${where}() frees what the exported buffer's release frees, or touches, as well`,
        { at: byHand.ins?.at, fn: where },
      );
    }
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

const isFree = (i: Ins | undefined): boolean => i?.op === "free";

/** Does the start's procedure, the environment's or the set's, come to one of the given procedures? */
function reaches(s: Scene, scenario: Scenario, proc: string, procs: ReadonlySet<string>): boolean {
  const all = { ...s.set, procs: { ...scenario.procs, ...s.set.procs }, slots: scenario.set.slots };
  for (const p of closure(all, [proc])) if (procs.has(p)) return true;
  return false;
}
