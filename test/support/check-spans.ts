// Whether a witness shows what it says: each step's span is looked up in the text, and must hold what the step claims, inside the function that it names.
import type { Step } from "../../server/src/base/trace.ts";
import type { Body } from "../../server/src/syntax/bodies.ts";
import { findBodies } from "../../server/src/syntax/bodies.ts";

export interface Unfounded {
  readonly step: Step;
  readonly why: string;
}

/** Calls that change what is passed to them: counts, completions, lists, and stores with a name. */
const CHANGES =
  /kref|refcount|atomic|percpu_ref|complet|list|get|put|init|xa_|xchg|_bit|WRITE_ONCE|store|assign|^move_|splice/;
/** What may follow a place that is stored to; closing brackets and subscripts belong to the place. */
const ASSIGNED = /^\s*(?:\[[^\]]*\]\s*|\)\s*)*(?:=(?!=)|(?:[-+*/%&|^]|<<|>>)=|\+\+|--)/;

/** The steps whose spans do not hold what they say. `read`: a file's text; undefined where there is none. */
export function checkSpans(trace: readonly Step[], read: (file: string) => string | undefined): readonly Unfounded[] {
  const files = new Map<string, { readonly code: string; readonly bodies: readonly Body[] } | undefined>();
  const open = (file: string): { readonly code: string; readonly bodies: readonly Body[] } | undefined => {
    if (!files.has(file)) {
      const text = read(file);
      files.set(file, text === undefined ? undefined : { code: withoutProse(text), bodies: findBodies(text) });
    }
    return files.get(file);
  };
  return trace.flatMap((step) => {
    const { span } = step;
    if (span === undefined) return [];
    const file = open(span.file);
    const why = file === undefined ? `no file ${span.file}` : wrong(step, file.code, file.bodies, span);
    return why === undefined ? [] : [{ step, why }];
  });
}

function wrong(
  { kind, fn, claim }: Step,
  code: string,
  bodies: readonly Body[],
  { start, end }: { readonly start: number; readonly end: number },
): string | undefined {
  if (start < 0 || end > code.length || start >= end) return "the span is not in the file";
  if (!bodies.some((b) => b.name === fn && b.start <= start && end <= b.end))
    return `${fn ?? "nothing"} is not around it`;
  if (claim === undefined) return undefined;
  const places = occurrences(code, claim, start, end);
  if (places.length === 0) return `${claim} does not stand there`;
  if (kind === "call" && !places.some((at) => isCalled(code, at + claim.length))) return `${claim} is not called there`;
  if (kind === "store" && !places.some((at) => isChanged(code, claim, at, start)))
    return `${claim} is neither stored to nor changed there`;
  return undefined;
}

/** The text with comments, strings and characters blanked; offsets stay. */
const withoutProse = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'/g, (m) => m.replace(/[^\n]/g, " "));

function occurrences(code: string, name: string, start: number, end: number): number[] {
  const out: number[] = [];
  const letter = /[A-Za-z0-9_]/;
  for (let at = code.indexOf(name, start); at >= 0 && at + name.length <= end; at = code.indexOf(name, at + 1))
    if (!letter.test(code[at - 1] ?? " ") && !letter.test(code[at + name.length] ?? " ")) out.push(at);
  return out;
}

const isCalled = (code: string, after: number): boolean => /^\s*\(/.test(code.slice(after, after + 80));

function isChanged(code: string, name: string, at: number, start: number): boolean {
  const after = code.slice(at + name.length, at + name.length + 200);
  if (ASSIGNED.test(after) || /(?:\+\+|--)[\w\s.>()*-]*$/.test(code.slice(start, at))) return true;
  if (isCalled(code, at + name.length)) return CHANGES.test(name);
  return callsAround(code, at, start).some((callee) => CHANGES.test(callee));
}

/** The callees whose arguments hold the place, innermost first; those that begin in the span. */
function callsAround(code: string, at: number, start: number): string[] {
  const out: string[] = [];
  let depth = 0;
  for (let i = at - 1; i >= start; i--) {
    if (code[i] === ")") depth++;
    else if (code[i] === "(" && depth > 0) depth--;
    else if (code[i] === "(") {
      const callee = /([A-Za-z_]\w*)\s*$/.exec(code.slice(Math.max(start, i - 80), i))?.[1];
      if (callee !== undefined) out.push(callee);
    }
  }
  return out;
}
