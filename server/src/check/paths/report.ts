// Findings from defects: the message, the resource by name, and the path as a witness, pruned to what leads to the defect.
import type { Step, Witness } from "../../base/trace.ts";
import type { FileId, Span } from "../../base/span.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Rule } from "../../model/lifecycle.ts";
import type { Defect } from "./events.ts";
import { spell } from "./frame.ts";
import { MAX_STEPS } from "./limits.ts";
import type { Resource, Trace } from "./state.ts";

/** Text of a file; for conditions as written. */
export type Read = (file: FileId) => string | undefined;

/** What is said of a defect in `fn`. */
export function findingOf(defect: Defect, fn: string, rule: Rule, read: Read): Finding {
  const { resource } = defect;
  return {
    rule: rule.id,
    resource: `${resource.name}() of ${nameOf(resource)}`,
    confidence: "proved",
    at: defect.span,
    fn,
    message: messageOf(defect),
    because: rule.because,
    advice: rule.advice,
    witness: witnessOf(defect, read),
    assumptions: [],
    contracts: [],
    abilities: [],
  };
}

/** The buffer, the list or the handle, as the C calls it. */
function nameOf(r: Resource): string {
  if (r.label !== undefined) return r.label;
  for (const role of ["buffer", "page", "list", "state", "cpu", "handle"]) {
    const term = r.roles.get(role);
    if (term === undefined || term.k === "op") continue;
    return spell(term);
  }
  const [cell] = r.cells;
  return cell === undefined ? r.spec.noun : spell(cell).replace(/^&/, "");
}

function messageOf({ rule, resource, role, api }: Defect): string {
  const what = nameOf(resource);
  const made = `${resource.name}()`;
  const values = role === undefined ? "" : `: ${spell(role.was)} at ${made}, ${spell(role.is)} at ${api}()`;
  switch (rule.slice(rule.indexOf("/") + 1)) {
    case "leak":
    case "iova-leak":
      return `${what} from ${made} is still ${resource.spec.noun === "coherent memory" || resource.spec.noun === "pool block" ? "allocated" : "mapped"} on this way out, and nobody undoes it`;
    case "double-unmap":
      return `${what} is released a second time by ${api}()`;
    case "unmap-of-error":
      return `${api}() is called for ${what} although ${made} failed on this path`;
    case "unchecked-mapping":
      return `the result of ${made} of ${what} is used without a test for failure`;
    case "sync-unmapped":
      return `${api}() of ${what} after it was unmapped`;
    case "use-after-unmap":
      return `the handle of ${what} is used after it was unmapped`;
    case "free-while-mapped":
      return `${what} is freed while ${made} still has it mapped`;
    case "wrong-unmap":
      return `${what} from ${made} is released by ${api}(), which is for another kind`;
    case "size-mismatch":
      return `${what} is released with another size${values}`;
    case "address-mismatch":
      return `${what} is released by another address than ${made} returned${role === undefined ? "" : `: ${spell(role.is).replace(spell(role.was), "what it returned")}`}`;
    case "direction-mismatch":
    case "sync-direction":
      return `${what} is ${rule.endsWith("sync-direction") ? "synced" : "unmapped"} with another direction${values}`;
    case "sg-nents":
      return `${what} is unmapped with the count that ${made} returned, not with the one it was given${role === undefined ? "" : ` (${spell(role.was)})`}`;
    case "sync-nents":
      return `${what} is synced with the count that ${made} returned, not with the one it was given`;
    case "resource-of-ram":
      return `${made} maps ${what}, which is RAM`;
    case "iova-order":
      return `${api}() of ${what}, which is no longer there or not in that order`;
    case "stack-memory":
      return `${made} maps ${what}, which is on the stack`;
    case "vmalloc-memory":
      return `${made} maps ${what}, which is vmalloc() memory`;
    case "rodata-memory":
      return `${made} maps a string literal`;
    default:
      return `${what}: ${api}()`;
  }
}

function witnessOf(defect: Defect, read: Read): Witness {
  const { resource } = defect;
  const chain: Trace[] = [];
  for (let t: Trace | undefined = defect.trace; t !== undefined; t = t.prev) chain.push(t);
  chain.reverse();
  const first = chain.findIndex((t) => t.about === resource.id);
  const kept = chain.filter(
    (t, i) => t.about === resource.id || (i > first && (t.kind === "test" || t.about === undefined)),
  );
  const shown = kept.length > MAX_STEPS ? [...kept.slice(0, 2), ...kept.slice(kept.length - MAX_STEPS + 2)] : kept;
  const made = shown.findIndex((t) => t.about === resource.id);
  const steps = shown.map((t, i): Step => {
    const last = i === shown.length - 1;
    const text = last ? lastText(defect, t) : t.kind === "test" ? `${excerpt(read, t.span)} ${t.text}` : t.text;
    return {
      actor: "driver",
      kind: last ? "violation" : t.kind,
      text,
      span: t.span,
      fn: t.fn,
      ...(t.kind === "call" && t.about !== undefined ? { to: "DMA core" } : {}),
      ...(t.claim === undefined || t.claim === "" ? {} : { claim: t.claim }),
      ...(last && made >= 0 && made < i ? { cites: [made] } : {}),
    };
  });
  const [head, ...rest] = steps;
  return head === undefined
    ? [{ actor: "driver", kind: "violation", text: messageOf(defect), span: defect.span }]
    : [head, ...rest];
}

function lastText(defect: Defect, t: Trace): string {
  if (t.text !== "") return t.text;
  return /leak$/.test(defect.rule) ? `returns; the ${defect.resource.spec.noun} is lost` : messageOf(defect);
}

const LONGEST = 60;

/** What stands at a place, on one line. */
function excerpt(read: Read, span: Span): string {
  const text = (read(span.file)?.slice(span.start, span.end) ?? "").replace(/\s+/g, " ").trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text === "" ? "a condition" : text;
}
