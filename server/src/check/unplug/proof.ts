// Proofs: what a safe exploration says, obligation by obligation. Until deletion has shown which step discharges what, the whole is one obligation.
import type { Span } from "../../base/span.ts";
import type { Evidence, Proof } from "../../findings/proof.ts";
import type { SkeletonSet } from "../../model/unplug/skeleton.ts";
import type { Diagnosis, Kit } from "./diagnose.ts";
import { rolesOf } from "./roles.ts";

export interface ToProve {
  readonly set: SkeletonSet;
  readonly kit: Kit;
  readonly diagnosis: Diagnosis;
  /** Look for the load-bearing steps by exploring without them: costs an exploration a step. */
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

export function prove(p: ToProve): Proof {
  const base = {
    resource: p.resource,
    at: p.at,
    fn: p.fn,
    bound: p.bound,
    assumptions: p.assumptions,
    contracts: p.contracts,
    explored: { states: p.diagnosis.states, explorations: p.diagnosis.explorations },
  };
  const name = "every user stops before the bound ends";
  const d = p.diagnosis;
  const [rule] = d.findings.map((f) => f.rule);
  if (rule !== undefined) return { ...base, obligations: [{ name, verdict: "violated", evidence: [], rule }] };
  const [first, ...more] = revocation(p);
  const reason =
    d.verdict !== "safe"
      ? d.incomplete[0]
      : (p.doubts[0] ?? (first === undefined ? "nothing in C discharges it" : undefined));
  if (first === undefined || reason !== undefined)
    return { ...base, obligations: [{ name, verdict: "not-proven", evidence: [], reason: reason ?? "unfinished" }] };
  return { ...base, obligations: [{ name, verdict: "proved", evidence: [first, ...more] }] };
}

/** Where importers are told and waited for. */
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
