// Fingerprints: what makes a finding the same finding after lines were added above it.
import { hash } from "../base/hash.ts";

/**
 * A name for a finding that survives edits elsewhere in the file: rule, file, function, resource and the text of the offending line with its white space
 * evened out. Free of line numbers. Two findings with the same one are told apart by a suffix that `settle` adds.
 */
export function fingerprint(of: {
  readonly rule: string;
  readonly file: string;
  readonly fn: string;
  readonly resource: string;
  readonly line: string;
}): string {
  return hash([of.rule, of.file, of.fn, of.resource, of.line.trim().replace(/\s+/g, " ")].join("\0"));
}
