// A proof in five lines of at most 72 columns, as it may stand in a commit message: what lives, what ends it, and which functions keep to it.
import type { PlacedProof } from "../findings/report.ts";

export const PROOF_LINES = 5;
const COLUMNS = 72;

/** Never more than five lines, without line numbers (they would be wrong in the next version). A proof that is none gets its verdict in one line. */
export function proofLines({ proof, verdict, obligations }: PlacedProof): readonly string[] {
  const head = cut(`${proof.resource}: bound to ${proof.bound}`);
  if (verdict !== "proved") return [head, cut(`  ${verdict.replace("-", " ")}`)];
  const byFunction = new Map<string, string[]>();
  for (const { evidence } of obligations) {
    for (const { evidence: each } of evidence) {
      if (each.kind !== "code") continue;
      const texts = byFunction.get(each.fn) ?? [];
      const text = each.text.replace(/; without it:.*$/, "");
      if (!texts.includes(text)) texts.push(text);
      byFunction.set(each.fn, texts);
    }
  }
  // Who does most for it first; what there is no room for is counted.
  const functions = [...byFunction].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  const room = PROOF_LINES - 2;
  const shown = functions.slice(0, room).map(([fn, texts]) => cut(`  ${fn}(): ${texts.join("; ")}`));
  const rest = functions.length > room ? `, ${functions.length - room} more functions` : "";
  const tail = `  ${obligations.length} of ${obligations.length} obligations proved over ${proof.explored.states} states${rest}`;
  return [head, ...shown, cut(tail)];
}

function cut(line: string): string {
  if (line.length <= COLUMNS) return line;
  const short = line.slice(0, COLUMNS - 4);
  return `${short.slice(0, Math.max(short.lastIndexOf(" "), COLUMNS / 2))} ...`;
}
