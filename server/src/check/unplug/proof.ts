// Proofs: what an exploration says, obligation by obligation, each with the steps whose loss breaks it. Where a defect is known, its obligation is violated and
// the others are looked at in the scenarios that stay safe.
import type { Span } from "../../base/span.ts";
import type { Evidence, Obligation, Proof } from "../../findings/proof.ts";
import { explore } from "../../model/unplug/explore.ts";
import type { E, SkeletonSet } from "../../model/unplug/skeleton.ts";
import type { ObligationId } from "./candidates.ts";
import type { Diagnosis, Kit } from "./diagnose.ts";
import { evidence } from "./evidence.ts";
import type { ObligationResult, StepEvidence } from "./evidence.ts";
import { rolesOf } from "./roles.ts";

export interface ToProve {
  readonly set: SkeletonSet;
  readonly kit: Kit;
  readonly diagnosis: Diagnosis;
  /** Look for the load-bearing steps by exploring without them: costs some explorations a step. */
  readonly deletion: boolean;
  readonly resource: string;
  readonly at: Span;
  readonly fn: string;
  readonly bound: string;
  readonly assumptions: readonly string[];
  readonly contracts: readonly string[];
  /** Why nothing is proved even where the exploration is safe. */
  readonly doubts: readonly string[];
}

/** Which obligation a rule's defect leaves open. */
const OPENS: Readonly<Record<string, ObligationId>> = {
  "provider/not-initialised": "init",
  "provider/unchecked-null": "null",
  "provider/ungated-use": "gated",
  "dma-buf/lock-not-held": "gated",
  "dma-buf/gate-not-closed": "shut",
  "dma-buf/gate-after-invalidate": "shut",
  "dma-buf/not-invalidated": "told",
  "dma-buf/maps-while-isolated": "told",
  "dma-buf/no-fence-wait": "fences",
  "dma-buf/weak-fence-wait": "fences",
  "dma-buf/no-unmap-drain": "drained",
  "dma-buf/uncounted-mapping": "drained",
  "dma-buf/counted-too-short": "drained",
  "dma-buf/drain-under-lock": "drained",
  "dma-buf/drain-never-ends": "drained",
  "dma-buf/revoke-not-idempotent": "drained",
  "dma-buf/unrevocable-importer": "admitted",
  "vma/not-zapped": "cpu",
  "vma/fault-not-gated": "cpu",
  "vma/zap-before-gate": "cpu",
  "vma/maps-while-isolated": "cpu",
  "vma/inherited-untracked": "cpu",
  "dma-buf/outlives-session": "before",
};

export function prove(p: ToProve): Proof {
  const [first, ...more] = p.deletion ? perObligation(p) : [whole(p)];
  return {
    resource: p.resource,
    at: p.at,
    fn: p.fn,
    bound: p.bound,
    assumptions: p.assumptions,
    contracts: p.contracts,
    explored: { states: p.diagnosis.states, explorations: p.diagnosis.explorations },
    obligations: [first ?? whole(p), ...more],
  };
}

/** The verdict in one: without deletion nothing says which step carries what. */
function whole(p: ToProve): Obligation {
  const name = "every user stops before the bound ends";
  const [rule] = p.diagnosis.findings.map((f) => f.rule);
  if (rule !== undefined) return { name, verdict: "violated", evidence: [], rule };
  const [first, ...more] = revocation(p);
  const reason = unproven(p) ?? (first === undefined ? "nothing in C discharges it" : undefined);
  return first === undefined || reason !== undefined
    ? { name, verdict: "not-proven", evidence: [], reason: reason ?? "unfinished" }
    : { name, verdict: "proved", evidence: [first, ...more] };
}

const unproven = (p: ToProve): string | undefined => {
  if (p.diagnosis.verdict === "incomplete") return p.diagnosis.incomplete[0] ?? "unfinished";
  return (
    p.doubts[0] ??
    (maps(p) ? undefined : "no explored scenario gets as far as a mapping: the code that exports was not understood")
  );
};

/** Does any scenario get as far as a mapping? What never happens is safe in vain. */
function maps({ set, kit }: ToProve): boolean {
  const look = kit.explore ?? explore;
  const mapped: E = { k: "f", f: kit.names.fields.mapped, o: { k: "c", v: 1 } };
  const never = { name: "never mapped", holds: { k: "not", e: mapped } as const };
  return kit
    .scenarios(set)
    .some((s) => look({ ...s, invariants: [never], progress: [] }).violation?.what === never.name);
}

function perObligation(p: ToProve): Obligation[] {
  const { findings } = p.diagnosis;
  const kit = findings.length === 0 ? p.kit : soundPart(p.set, p.kit);
  const e = evidence(p.set, kit);
  const doubt = unproven(p);
  return e.obligations.map((o): Obligation => {
    const broken = findings.find((f) => (OPENS[f.rule] ?? "token") === o.id);
    if (broken !== undefined) return { name: o.name, verdict: "violated", evidence: told(o), rule: broken.rule };
    const [first, ...more] = told(o);
    if (o.verdict === "proved" && first !== undefined && doubt === undefined)
      return { name: o.name, verdict: "proved", evidence: [first, ...more] };
    return { name: o.name, verdict: "not-proven", evidence: told(o), reason: doubt ?? o.reason ?? "unfinished" };
  });
}

/** Only the scenarios that are safe as the code stands: what a known defect breaks says nothing about the other obligations. */
function soundPart(set: SkeletonSet, kit: Kit): Kit {
  const safe = kit.scenarios(set).map((s) => (kit.explore ?? explore)(s).verdict === "safe");
  return { ...kit, scenarios: (edited) => kit.scenarios(edited).filter((_, n) => safe[n] === true) };
}

/** Evidence for people: the steps that carry it, or why none needs to. */
function told(o: ObligationResult): Evidence[] {
  const out = distinct(o.evidence.flatMap(stepsOf));
  if (out.length > 0 || o.verdict !== "proved") return out;
  return [{ kind: "contract", text: o.reason ?? o.name, source: "explored without any step of the kind" }];
}

/** Code that was cloned for its arguments says the same twice. */
function distinct(evidence: readonly Evidence[]): Evidence[] {
  const keys = evidence.map((e) => JSON.stringify(e));
  return evidence.filter((_, n) => keys.indexOf(keys[n]!) === n);
}

function stepsOf(e: StepEvidence): Evidence[] {
  return e.steps.map(({ at, fn, text }): Evidence =>
    at?.span === undefined
      ? { kind: "contract", text: `${text}; without it: ${e.breaks}`, source: fn }
      : { kind: "code", text: `${text}; without it: ${e.breaks}`, span: at.span, fn: at.fn ?? fn },
  );
}

/** Where importers are told. */
function revocation({ set, kit }: ToProve): Evidence[] {
  const roles = rolesOf(set, kit.names);
  return [...roles.teardown].flatMap((name) =>
    (set.procs[name]?.code ?? []).flatMap((i): Evidence[] =>
      i.op === "call" && i.proc === kit.names.procs.invalidate && i.at?.span !== undefined
        ? [{ kind: "code", text: i.at.claim ?? "invalidates", span: i.at.span, fn: i.at.fn ?? name }]
        : [],
    ),
  );
}
