// Does a tree still do what a contract says of it? Each requirement names calls that stand, in that order, in the body of a cited function.
import type { FunctionFacts } from "../../facts/facts.ts";
import type { Program } from "../../program/program.ts";

/** A fact about the framework's own code, as contracts state it (lifecycles/unplug/contracts). */
export interface Requirement {
  readonly file: string;
  readonly fn: string;
  readonly calls: readonly string[];
  readonly why: string;
  /** What the framework does no longer do where this is not met, in the contract's words. */
  readonly loses?: string;
}

export interface Broken {
  readonly requirement: Requirement;
  /** What was found instead, as a sentence. */
  readonly found: string;
}

/** Requirements that the tree does not meet; those whose file the tree does not hold are in `unseen`. */
export function verifyContract(
  requires: readonly Requirement[],
  program: Program,
): { readonly broken: readonly Broken[]; readonly unseen: readonly Requirement[] } {
  const broken: Broken[] = [];
  const unseen: Requirement[] = [];
  for (const requirement of requires) {
    if (program.source.read(requirement.file) === undefined) {
      unseen.push(requirement);
      continue;
    }
    const facts = program.fn(requirement.fn, requirement.file);
    if (facts === undefined) broken.push({ requirement, found: `${requirement.fn}() is not there` });
    else {
      const missing = firstMissing(requirement.calls, callsOf(facts));
      if (missing !== undefined)
        broken.push({
          requirement,
          found: `${requirement.fn}() does not call ${missing.replace(/^->/, "")}() where it should`,
        });
    }
  }
  return { broken, unseen };
}

/** Names called in the body, those of members after "->", in the order of the text. */
function callsOf(facts: FunctionFacts): string[] {
  return facts.blocks
    .flatMap((b) => b.effects)
    .flatMap((e) => {
      if (e.kind !== "call") return [];
      if (e.callee.k === "name") return [{ name: e.callee.name, at: e.span.start }];
      return e.callee.k === "field" ? [{ name: `->${e.callee.name}`, at: e.span.start }] : [];
    })
    .sort((a, b) => a.at - b.at)
    .map((c) => c.name);
}

/** The first of `wanted` that does not follow the ones before it in `calls`. */
function firstMissing(wanted: readonly string[], calls: readonly string[]): string | undefined {
  let at = 0;
  for (const name of wanted) {
    const names = name.split("|");
    const found = calls.findIndex((call, n) => n >= at && names.includes(call));
    if (found < 0) return names[0];
    at = found + 1;
  }
  return undefined;
}
