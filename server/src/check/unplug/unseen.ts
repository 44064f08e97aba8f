// What a set does not cover: calls and places that were met and not seen through, and could touch what the skeletons keep.
import { lineStarts, positionAt } from "../../base/span.ts";
import type { Incomplete } from "../../base/result.ts";
import type { FileId, Span } from "../../base/span.ts";
import type { Proc } from "../../model/unplug/skeleton.ts";
import type { Program } from "../../program/program.ts";
import { fieldsIn } from "./classes.ts";
import type { Unseen } from "./context.ts";

/** Bytes around an instruction that count as its place: something unseen there could act on what it acts on. */
const NEAR = 400;

export interface UnseenRequest {
  readonly program: Program;
  readonly procs: ReadonlyMap<string, Proc>;
  readonly met: readonly Unseen[];
  /** Is the struct the family's own or the environment's? */
  readonly own: (tag: string) => boolean;
  /** What is to be said besides, each at its place. */
  readonly also: readonly { readonly span: Span; readonly why: string }[];
}

/** Those of what was met that matter to the procedures, by file and line. */
export function unseen({ program, procs, met, own, also }: UnseenRequest): readonly Incomplete[] {
  const fields = fieldsIn(procs.values());
  const starts = new Map<FileId, readonly number[]>();
  const line = (span: Span): number => {
    let known = starts.get(span.file);
    if (known === undefined) starts.set(span.file, (known = lineStarts(program.source.read(span.file) ?? "")));
    return positionAt(known, span.start).line;
  };
  const out = new Map<string, Incomplete>();
  const add = (span: Span, why: string): void => {
    const n = line(span);
    out.set(`${span.file}\0${n}\0${why}`, { file: span.file, line: n, why });
  };
  for (const u of met) {
    const matters =
      u.about === "*"
        ? covers(procs, u.span)
        : u.about.startsWith("struct ")
          ? own(u.about.slice(7))
          : fields.has(u.about);
    if (matters) add(u.span, u.why);
  }
  for (const { span, why } of also) add(span, why);
  return [...out.values()].sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || (a.why < b.why ? -1 : 1),
  );
}

function covers(procs: ReadonlyMap<string, Proc>, span: Span): boolean {
  for (const p of procs.values()) {
    if (p.span !== undefined && p.span.file === span.file && p.span.start <= span.start && span.end <= p.span.end)
      return true;
    for (const { at } of p.code)
      if (at?.span !== undefined && at.span.file === span.file && Math.abs(at.span.start - span.start) < NEAR)
        return true;
  }
  return false;
}
