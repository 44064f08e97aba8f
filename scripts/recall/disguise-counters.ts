// Disguises of the mapping count: struct kref, refcount_t and atomic_t exchanged, with the release callback turned into a test and a call.
import type { Files } from "./checker.ts";
import { ownFiles, ownTypes, plain, privateStructs, type Context, type Disguise, type Disguised } from "./disguise.ts";
import { applyEdits, indentAt, parentOf, type Edit } from "./edit.ts";
import { argumentRanges, closing } from "./tokens.ts";
import { body, read, slice, walk, type Fn, type Source, type Stmt } from "./source.ts";
import { accesses, type Access } from "./types.ts";

export type Counter = "kref" | "refcount" | "atomic";

export const COUNTER_TYPES: Readonly<Record<string, Counter>> = {
  "struct kref": "kref",
  refcount_t: "refcount",
  atomic_t: "atomic",
};

interface Words {
  readonly type: string;
  readonly set: string;
  readonly inc: string;
  readonly dec: string;
  readonly incNotZero: string;
  readonly read: string;
}

const WORDS: Readonly<Record<Exclude<Counter, "kref">, Words>> = {
  refcount: {
    type: "refcount_t",
    set: "refcount_set",
    inc: "refcount_inc",
    dec: "refcount_dec_and_test",
    incNotZero: "refcount_inc_not_zero",
    read: "refcount_read",
  },
  atomic: {
    type: "atomic_t",
    set: "atomic_set",
    inc: "atomic_inc",
    dec: "atomic_dec_and_test",
    incNotZero: "atomic_inc_not_zero",
    read: "atomic_read",
  },
};

/** One use of a member as `callee(&base->member, ...)`. */
export interface MemberCall {
  readonly source: Source;
  readonly fn: Fn;
  readonly access: Access;
  readonly callee: string;
  /** Token indices of the callee, its parentheses and its arguments. */
  readonly at: number;
  readonly close: number;
  readonly args: readonly (readonly [number, number])[];
  /** `base->member` and `base->` as written. */
  readonly place: string;
  readonly base: string;
  /** The whole statement, where it is nothing but this call. */
  readonly stmt: Stmt | undefined;
  readonly parent: Stmt | undefined;
}

/** The call that takes the address of the accessed member as its first argument, or undefined for any other use. */
export function memberCall(source: Source, fn: Fn, access: Access): MemberCall | undefined {
  const { tokens } = source;
  const at = access.from - 3;
  if (tokens[access.from - 1]?.text !== "&" || tokens[access.from - 2]?.text !== "(" || tokens[at]?.kind !== "ident")
    return undefined;
  const close = closing(tokens, at + 1);
  const args = argumentRanges(tokens, at + 1, close);
  if (args[0]?.[1] !== access.at) return undefined;
  const root = body(source, fn);
  const stmt = [...walk(root)].find((s) => s.a === at && s.b === close + 1 && s.kind === "expr");
  return {
    source,
    fn,
    access,
    callee: tokens[at]?.text ?? "",
    at,
    close,
    args,
    stmt,
    place: slice(source, access.from, access.at),
    base: slice(source, access.from, access.at - 1),
    parent: stmt && parentOf(root, stmt),
  };
}

/** The uses of a member in the own files: calls on its address, and the number of other uses. */
export function usesOf(
  files: Files,
  context: Context,
  tag: string,
  member: string,
): { readonly calls: readonly (readonly [path: string, call: MemberCall])[]; readonly others: number } {
  const types = ownTypes(files, context);
  const found: (readonly [string, MemberCall])[] = [];
  let others = 0;
  for (const [path, text] of ownFiles(files, context)) {
    const source = read(text);
    for (const fn of source.functions) {
      for (const access of accesses(source, fn, types)) {
        if (access.name !== member || access.owner !== tag || access.from === access.at) continue;
        const call = memberCall(source, fn, access);
        if (call) found.push([path, call]);
        else others++;
      }
    }
  }
  return { calls: found, others };
}

/** The edit that puts lines of C in the place of a whole statement. */
export function asStatement(call: MemberCall, lines: readonly string[]): Edit {
  const { stmt, source } = call;
  if (!stmt) throw new Error(`${call.callee} is not a statement`);
  const indent = indentAt(source.text, stmt.start);
  if (call.parent?.kind === "block") return { start: stmt.start, end: stmt.end, text: lines.join(`\n${indent}`) };
  return { start: stmt.start, end: stmt.end, text: ["{", ...lines.map((l) => `\t${l}`), "}"].join(`\n${indent}`) };
}

function convert(to: Exclude<Counter, "kref">): (files: Files, context: Context) => Disguised {
  const words = WORDS[to];
  return (files, context) => {
    const edits = new Map<string, Edit[]>();
    const skipped: string[] = [];
    let changes = 0;
    const add = (path: string, edit: Edit): void => {
      edits.set(path, [...(edits.get(path) ?? []), edit]);
      changes++;
    };
    for (const { path, source, decl } of privateStructs(files, context)) {
      for (const member of decl.members) {
        const from = COUNTER_TYPES[member.type];
        if (from === undefined || from === to || member.pointers > 0 || member.odd) continue;
        const { calls, others } = usesOf(files, context, decl.tag, member.name);
        const isCount = calls.some(([, c]) => /_put$|_dec_and_test$/.test(c.callee));
        const each = calls.map(
          ([p, call]) => [p, from === "kref" ? fromKref(call, words) : rewordCall(call, WORDS[from], words)] as const,
        );
        if (others > 0 || !isCount || each.some(([, e]) => e === undefined)) {
          skipped.push(`${decl.tag}.${member.name}: used in a way that is not converted`);
          continue;
        }
        for (const [p, edit] of each) if (edit) add(p, edit);
        add(path, retype(source, member.first, member.at, words.type));
        const releases = new Set(from === "kref" ? calls.flatMap(([, c]) => releaseOf(c)) : []);
        for (const [p, text] of ownFiles(files, context))
          for (const edit of retypeParameters(read(text), releases, words.type)) add(p, edit);
      }
    }
    const next = { ...files };
    for (const [path, list] of edits) next[path] = applyEdits(files[path] ?? "", list);
    return plain(next, changes, skipped);
  };
}

function retype(source: Source, first: number, at: number, type: string): Edit {
  return { start: source.tokens[first]?.start ?? 0, end: source.tokens[at - 1]?.end ?? 0, text: type };
}

function releaseOf(call: MemberCall): string[] {
  const last = call.callee === "kref_put" ? call.args[1] : undefined;
  return last ? [slice(call.source, last[0], last[1])] : [];
}

function fromKref(call: MemberCall, words: Words): Edit | undefined {
  const { tokens } = call.source;
  const start = tokens[call.at]?.start ?? 0;
  const end = tokens[call.close]?.end ?? 0;
  const simple = (text: string): Edit => ({ start, end, text });
  switch (call.callee) {
    case "kref_init":
      return simple(`${words.set}(&${call.place}, 1)`);
    case "kref_get":
      return simple(`${words.inc}(&${call.place})`);
    case "kref_get_unless_zero":
      return simple(`${words.incNotZero}(&${call.place})`);
    case "kref_read":
      return simple(`${words.read}(&${call.place})`);
    case "kref_put": {
      const [release] = releaseOf(call);
      if (release === undefined) return undefined;
      const test = `${words.dec}(&${call.place})`;
      if (!call.stmt) return simple(`(${test} && (${release}(&${call.place}), 1))`);
      return asStatement(call, [`if (${test})`, `\t${release}(&${call.place});`]);
    }
    default:
      return undefined;
  }
}

function rewordCall(call: MemberCall, from: Words, to: Words): Edit | undefined {
  const key = (["set", "inc", "dec", "incNotZero", "read"] as const).find((k) => from[k] === call.callee);
  const callee = call.source.tokens[call.at];
  return key && callee ? { start: callee.start, end: callee.end, text: to[key] } : undefined;
}

/** `release(struct kref *k)` in definitions and prototypes gets the new type. */
function retypeParameters({ tokens }: Source, releases: ReadonlySet<string>, type: string): Edit[] {
  return tokens.flatMap((token, i) => {
    const [open, keyword, tag] = [tokens[i + 1], tokens[i + 2], tokens[i + 3]];
    if (!releases.has(token.text) || open?.text !== "(" || keyword?.text !== "struct" || tag?.text !== "kref")
      return [];
    return [{ start: keyword.start, end: tag.end, text: type }];
  });
}

export const REFCOUNT: Disguise = {
  id: "refcount",
  title: "kref and atomic_t made refcount_t",
  apply: convert("refcount"),
};
export const ATOMIC: Disguise = { id: "atomic", title: "kref and refcount_t made atomic_t", apply: convert("atomic") };
