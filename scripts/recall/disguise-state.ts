// Disguises of the other two pieces of state: a completion made a wait queue, and a boolean gate made an enumeration.
import type { Files } from "./checker.ts";
import {
  ownFiles,
  ownTypes,
  plain,
  privateStructs,
  type Context,
  type Disguise,
  type Disguised,
  type PrivateStruct,
} from "./disguise.ts";
import { applyEdits, parentOf, removal, type Edit } from "./edit.ts";
import { asStatement, COUNTER_TYPES, usesOf, type Counter, type MemberCall } from "./disguise-counters.ts";
import { body, read, slice, type Fn, type Source } from "./source.ts";
import { accesses, type Member, type Types } from "./types.ts";

class Edits {
  private readonly byPath = new Map<string, Edit[]>();
  count = 0;

  add(path: string, edit: Edit): void {
    this.byPath.set(path, [...(this.byPath.get(path) ?? []), edit]);
    this.count++;
  }

  apply(files: Files): Files {
    const next = { ...files };
    for (const [path, list] of this.byPath) next[path] = applyEdits(files[path] ?? "", list);
    return next;
  }
}

const READ: Readonly<Record<Counter, string>> = { kref: "kref_read", refcount: "refcount_read", atomic: "atomic_read" };

/** How each operation on a completion is written on a wait queue; undefined where it cannot be. */
type Rewrite = (call: MemberCall) => readonly string[] | undefined;

function waits(
  choose: (
    struct: PrivateStruct,
    member: Member,
    files: Files,
    context: Context,
  ) => { rewrite: Rewrite; extra: string } | undefined,
) {
  return (files: Files, context: Context): Disguised => {
    const edits = new Edits();
    const skipped: string[] = [];
    for (const struct of privateStructs(files, context)) {
      for (const member of struct.decl.members) {
        if (member.type !== "struct completion" || member.pointers > 0 || member.odd) continue;
        const { calls, others } = usesOf(files, context, struct.decl.tag, member.name);
        const chosen = choose(struct, member, files, context);
        const lines = calls.map(([path, call]) => [path, call, chosen?.rewrite(call)] as const);
        if (!chosen || others > 0 || calls.length === 0 || lines.some(([, call, l]) => l === undefined || !call.stmt)) {
          skipped.push(`${struct.decl.tag}.${member.name}: used in a way that is not converted`);
          continue;
        }
        for (const [path, call, l] of lines) edits.add(path, statementOrNothing(call, l ?? []));
        const { tokens } = struct.source;
        const [start, end] = [tokens[member.first]?.start ?? 0, tokens[member.last]?.end ?? 0];
        edits.add(struct.path, { start, end, text: `wait_queue_head_t ${member.name};${chosen.extra}` });
      }
    }
    return plain(edits.apply(files), edits.count, skipped);
  };
}

function statementOrNothing(call: MemberCall, lines: readonly string[]): Edit {
  if (lines.length > 0 || !call.stmt) return asStatement(call, lines);
  return removal(call.source.text, call.stmt, parentOf(body(call.source, call.fn), call.stmt));
}

/** The wait is for the count itself. Only where the completion is completed by the release of that count and nowhere else. */
const onCount = waits((struct, member, files, context) => {
  const counter = struct.decl.members.find((m) => COUNTER_TYPES[m.type] !== undefined && m.pointers === 0);
  const kind = counter && COUNTER_TYPES[counter.type];
  if (!counter || !kind) return undefined;
  const completers = usesOf(files, context, struct.decl.tag, member.name).calls.filter(
    ([, c]) => c.callee === "complete",
  );
  const releases = usesOf(files, context, struct.decl.tag, counter.name).calls.flatMap(([, c]) => {
    const last = c.callee === "kref_put" ? c.args[1] : undefined;
    return last ? [slice(c.source, last[0], last[1])] : [];
  });
  if (!completers.every(([, c]) => releases.includes(c.fn.name))) return undefined;
  const rewrite: Rewrite = (call) => {
    switch (call.callee) {
      case "init_completion":
        return [`init_waitqueue_head(&${call.place});`];
      case "complete":
        return [`wake_up(&${call.place});`];
      case "wait_for_completion":
        return [`wait_event(${call.place}, !${READ[kind]}(&${call.base}${counter.name}));`];
      case "reinit_completion":
        return [];
      default:
        return undefined;
    }
  };
  return { rewrite, extra: "" };
});

/** The wait is for a flag that the wake-up sets and the wait takes back, as a completion's token is. */
const onFlag = waits((_struct, member) => {
  const flag = `${member.name}_set`;
  const rewrite: Rewrite = (call) => {
    switch (call.callee) {
      case "init_completion":
        return [`init_waitqueue_head(&${call.place});`, `${call.base}${flag} = false;`];
      case "complete":
        return [`${call.base}${flag} = true;`, `wake_up(&${call.place});`];
      case "wait_for_completion":
        return [`wait_event(${call.place}, ${call.base}${flag});`, `${call.base}${flag} = false;`];
      case "reinit_completion":
        return [`${call.base}${flag} = false;`];
      default:
        return undefined;
    }
  };
  return { rewrite, extra: `\n\tbool ${flag};` };
});

// --- a boolean made an enumeration

function enumerate(files: Files, context: Context): Disguised {
  const edits = new Edits();
  const skipped: string[] = [];
  const types = ownTypes(files, context);
  for (const { path, source, decl } of privateStructs(files, context)) {
    for (const member of decl.members) {
      if (!(member.bits || member.type === "bool") || member.odd || member.pointers > 0) continue;
      if (decl.members.some((m) => m !== member && m.first === member.first) || !oneBit(source, member)) {
        skipped.push(`${decl.tag}.${member.name}: not a single boolean`);
        continue;
      }
      if (usedOtherwise(files, context, types, decl.tag, member.name)) {
        skipped.push(`${decl.tag}.${member.name}: changed in place or addressed`);
        continue;
      }
      const stem = `${decl.tag}_${member.name}`;
      const [off, on] = [`${stem.toUpperCase()}_A`, `${stem.toUpperCase()}_B`];
      const { tokens } = source;
      const keyword = tokens[decl.keyword]?.start ?? 0;
      edits.add(path, { start: keyword, end: keyword, text: `enum ${stem}_state {\n\t${off},\n\t${on},\n};\n\n` });
      edits.add(path, {
        start: tokens[member.first]?.start ?? 0,
        end: tokens[member.last]?.end ?? 0,
        text: `enum ${stem}_state ${member.name};`,
      });
      for (const [file, text] of ownFiles(files, context)) {
        const s = read(text);
        for (const fn of s.functions) {
          for (const access of accesses(s, fn, types)) {
            if (access.owner !== decl.tag || access.name !== member.name || access.from === access.at) continue;
            for (const edit of useOfFlag(s, fn, access.from, access.at, off, on)) edits.add(file, edit);
          }
        }
      }
    }
  }
  return plain(edits.apply(files), edits.count, skipped);
}

/** Whether the flag is changed by an operator or its address is taken somewhere. */
function usedOtherwise(files: Files, context: Context, types: Types, tag: string, member: string): boolean {
  return ownFiles(files, context).some(([, text]) => {
    const source = read(text);
    return source.functions.some((fn) =>
      accesses(source, fn, types).some((a) => {
        if (a.owner !== tag || a.name !== member || a.from === a.at) return false;
        const after = source.tokens[a.at + 1]?.text ?? "";
        return /^([-+*/%&|^]|<<|>>)=$|^\+\+$|^--$/.test(after) || source.tokens[a.from - 1]?.text === "&";
      }),
    );
  });
}

function oneBit({ tokens }: Source, member: Member): boolean {
  return !member.bits || tokens[member.at + 2]?.text === "1";
}

function useOfFlag(source: Source, fn: Fn, from: number, at: number, off: string, on: string): Edit[] {
  const { tokens } = source;
  const [before, after] = [tokens[from - 1], tokens[at + 1]];
  const [first, last] = [tokens[from], tokens[at]];
  if (!first || !last) return [];
  if (after?.text === "=") {
    let end = at + 2;
    while (end < fn.bodyClose && tokens[end]?.text !== ";") end++;
    const value = slice(source, at + 2, end - 1);
    const text = /^(true|1)$/.test(value) ? on : /^(false|0)$/.test(value) ? off : `(${value}) ? ${on} : ${off}`;
    return [{ start: tokens[at + 2]?.start ?? 0, end: tokens[end - 1]?.end ?? 0, text }];
  }
  if (before?.text === "!")
    return [
      {
        start: before.start,
        end: last.end,
        text: around(source, from - 1, at, `${slice(source, from, at)} == ${off}`),
      },
    ];
  return [{ start: first.start, end: last.end, text: around(source, from, at, `${slice(source, from, at)} == ${on}`) }];
}

/** Parentheses, where the access is not all there is in its own. */
function around({ tokens }: Source, from: number, at: number, text: string): string {
  return tokens[from - 1]?.text === "(" && tokens[at + 1]?.text === ")" ? text : `(${text})`;
}

export const WAIT_COUNT: Disguise = {
  id: "wait-count",
  title: "completion made wait_event() on the count",
  apply: onCount,
};
export const WAIT_FLAG: Disguise = { id: "wait-flag", title: "completion made wait_event() on a flag", apply: onFlag };
export const ENUM: Disguise = { id: "enum", title: "boolean gate made an enumeration", apply: enumerate };
