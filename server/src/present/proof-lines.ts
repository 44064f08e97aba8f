// A proof in five lines of at most 72 columns, as it may stand in a commit message: what lives, what ends it, and which functions keep to it.
import type { PlacedProof } from "../findings/report.ts";

export const PROOF_LINES = 5;
const COLUMNS = 72;

/** Obligations as duties of whoever discharges them. One that is not listed is named in full. */
const DUTIES: readonly (readonly [RegExp, string])[] = [
  [/provider is set up/, "sets the provider up"],
  [/missing provider/, "checks for NULL"],
  [/use is gated/, "tests the gate"],
  [/gate is shut/, "shuts the gate"],
  [/is invalidated$/, "invalidates"],
  [/^fences/, "waits for fences"],
  [/^unmaps/, "waits for unmaps"],
  [/importers that can be revoked/, "admits only revocable importers"],
  [/^CPU mappings/, "keeps CPU mappings out"],
  [/^release/, "keeps release off the driver"],
  [/before the bound ends$/, "ends it in time"],
];

/** Never more than five lines, without line numbers (they would be wrong in the next version). A proof that is none gets its verdict in one line. */
export function proofLines({ proof, verdict, obligations }: PlacedProof): readonly string[] {
  const head = cut(
    `${proof.resource}, until ${proof.bound.replace(/^(?:driver|session): /, "").replace(/; (?:driver|session): /g, ", or ")}:`,
  );
  if (verdict !== "proved") return [head, cut(`  ${verdict.replace("-", " ")}`)];
  const byFunction = new Map<string, Set<string>>();
  for (const { obligation, evidence } of obligations) {
    const duty = DUTIES.find(([name]) => name.test(obligation.name))?.[1] ?? obligation.name;
    // One function for each duty: the first that its evidence names.
    for (const { evidence: each } of evidence) {
      if (each.kind !== "code") continue;
      byFunction.set(each.fn, (byFunction.get(each.fn) ?? new Set()).add(duty));
      break;
    }
  }
  // Who does most for it first; what there is no room for is counted.
  const functions = [...byFunction].sort(([a, x], [b, y]) => y.size - x.size || (a < b ? -1 : 1));
  const room = PROOF_LINES - 2;
  const shown = functions.slice(0, room).map(([fn, duties]) => cut(`  ${fn}(): ${[...duties].join(", ")}`));
  const rest = functions.length > room ? `, ${functions.length - room} more functions` : "";
  const tail = `  ${obligations.length} of ${obligations.length} obligations proved over ${proof.explored.states} states${rest}`;
  return [head, ...shown, cut(tail)];
}

function cut(line: string): string {
  if (line.length <= COLUMNS) return line;
  const short = line.slice(0, COLUMNS - 4);
  return `${short.slice(0, Math.max(short.lastIndexOf(" "), COLUMNS / 2))} ...`;
}
