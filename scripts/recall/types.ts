// Just enough of C's types for the disguises: struct members, locals, and which struct a member access goes to.
import { body, calls, isMember, walk, type Call, type Fn, type Source } from "./source.ts";
import { argumentRanges, closing, type Token } from "./tokens.ts";

/** A declared name. `tag`: of its struct; `type`: the specifiers as written. Token indices are of the file. */
export interface Declared {
  readonly name: string;
  readonly at: number;
  readonly tag: string | undefined;
  readonly type: string;
  readonly pointers: number;
  readonly bits: boolean;
  /** An array, a pointer to a function or something that a macro declares. */
  readonly odd: boolean;
}

export interface Member extends Declared {
  /** The whole declaration, its semicolon included. */
  readonly first: number;
  readonly last: number;
}

export interface StructDecl {
  readonly tag: string;
  readonly at: number;
  /** The `struct` keyword. */
  readonly keyword: number;
  readonly open: number;
  readonly close: number;
  readonly members: readonly Member[];
  /** Holds something that is not understood. */
  readonly odd: boolean;
}

const QUALIFIERS =
  /^(const|static|volatile|register|extern|inline|__rcu|__user|__iomem|__percpu|__force|__always_unused|__maybe_unused)$/;
const ARITHMETIC = /^(unsigned|signed|int|char|short|long|void|bool|float|double)$/;
const DECLARING = /^(DEFINE_\w+|DECLARE_\w+|LIST_HEAD|HLIST_HEAD|XA_STATE)$/;

/** Names declared by tokens [from, to], a declaration without its semicolon. */
export function declarators(tokens: readonly Token[], from: number, to: number): Declared[] {
  const head = tokens[from];
  if (!head) return [];
  if ((DECLARING.test(head.text) || head.text === "CLASS") && tokens[from + 1]?.text === "(") {
    const [first, second] = argumentRanges(tokens, from + 1, closing(tokens, from + 1));
    const range = head.text === "CLASS" ? second : first;
    const name = range && tokens[range[0]];
    return name?.kind === "ident" && range
      ? [{ name: name.text, at: range[0], tag: "?", type: head.text, pointers: 0, bits: false, odd: true }]
      : [];
  }
  let i = from;
  let tag: string | undefined;
  let named = false;
  for (; i <= to; i++) {
    const token = tokens[i];
    if (token?.kind !== "ident") break;
    if (QUALIFIERS.test(token.text)) continue;
    if (/^(struct|union|enum)$/.test(token.text)) {
      if (named) break;
      named = true;
      const aggregate = token.text !== "enum";
      if (tokens[i + 1]?.kind === "ident") {
        i++;
        if (aggregate) tag = tokens[i]?.text;
      }
      if (tokens[i + 1]?.text === "{") i = closing(tokens, i + 1);
    } else if (/^(__)?typeof(__)?$/.test(token.text) && tokens[i + 1]?.text === "(") {
      named = true;
      i = closing(tokens, i + 1);
    } else if (!named || ARITHMETIC.test(token.text)) named = true;
    else break;
  }
  const type = words(tokens, from, i - 1);
  return splitAt(tokens, i, to).flatMap(([a, b]) => declarator(tokens, a, b, tag, type));
}

function words(tokens: readonly Token[], from: number, to: number): string {
  return tokens
    .slice(from, to + 1)
    .map((t) => t.text)
    .join(" ");
}

function splitAt(tokens: readonly Token[], from: number, to: number): (readonly [number, number])[] {
  const parts: (readonly [number, number])[] = [];
  let start = from;
  for (let i = from; i <= to; i++) {
    const text = tokens[i]?.text ?? "";
    if (text === "(" || text === "[" || text === "{") i = closing(tokens, i);
    else if (text === ",") {
      parts.push([start, i - 1]);
      start = i + 1;
    }
  }
  if (start <= to) parts.push([start, to]);
  return parts;
}

function declarator(
  tokens: readonly Token[],
  from: number,
  to: number,
  tag: string | undefined,
  type: string,
): Declared[] {
  let pointers = 0;
  let i = from;
  while (i <= to && (tokens[i]?.text === "*" || QUALIFIERS.test(tokens[i]?.text ?? ""))) {
    if (tokens[i]?.text === "*") pointers++;
    i++;
  }
  const token = tokens[i];
  if (token?.text === "(" && tokens[i + 1]?.text === "*") {
    const name = tokens[i + 2];
    return name?.kind === "ident"
      ? [{ name: name.text, at: i + 2, tag: undefined, type, pointers: 1, bits: false, odd: true }]
      : [];
  }
  if (token?.kind !== "ident") return [];
  const after = tokens[i + 1]?.text;
  return [
    {
      name: token.text,
      at: i,
      tag,
      type,
      pointers,
      bits: after === ":" && i + 1 <= to,
      odd: after === "[" && i + 1 <= to,
    },
  ];
}

/** Structs defined at file scope. */
export function structs(source: Source): StructDecl[] {
  const { tokens } = source;
  const found: StructDecl[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const text = tokens[i]?.text ?? "";
    if (text === "struct" && tokens[i + 1]?.kind === "ident" && tokens[i + 2]?.text === "{") {
      const close = closing(tokens, i + 2);
      const { members, odd } = membersOf(tokens, i + 3, close - 1);
      found.push({ tag: tokens[i + 1]?.text ?? "", at: i + 1, keyword: i, open: i + 2, close, members, odd });
      i = close;
    } else if (text === "{" || text === "(") i = closing(tokens, i);
  }
  return found;
}

function membersOf(tokens: readonly Token[], from: number, to: number): { members: Member[]; odd: boolean } {
  const members: Member[] = [];
  let odd = false;
  let first = from;
  for (let i = from; i <= to; i++) {
    const token = tokens[i];
    if (token?.kind === "directive") {
      odd = true;
      first = i + 1;
      continue;
    }
    const text = token?.text ?? "";
    if (text === "(" || text === "[" || text === "{") i = closing(tokens, i);
    else if (text === ";") {
      const open = tokens.slice(first, i).findIndex((t) => t.text === "{");
      if (open >= 0 && tokens[i - 1]?.text === "}") {
        const inner = membersOf(tokens, first + open + 1, i - 2);
        members.push(...inner.members);
        odd = true;
      } else {
        const declared = declarators(tokens, first, i - 1);
        if (declared.length === 0) odd = true;
        members.push(...declared.map((d) => ({ ...d, first, last: i })));
      }
      first = i + 1;
    }
  }
  return { members, odd };
}

/** Parameters and locals of a function, those in nested blocks and loop heads included. */
export function locals(source: Source, fn: Fn): Declared[] {
  const { tokens } = source;
  const found = argumentRanges(tokens, fn.open, fn.close).flatMap(([a, b]) => declarators(tokens, a, b).slice(0, 1));
  for (const stmt of walk(body(source, fn))) {
    if (stmt.kind === "decl") found.push(...declarators(tokens, stmt.a, stmt.b - 1));
    else if (stmt.kind === "loop" && stmt.name === "for" && stmt.head) {
      const [a, b] = stmt.head;
      let end = a;
      while (end < b && tokens[end]?.text !== ";") end++;
      if (tokens[a + 1]?.kind === "ident" || tokens[a + 1]?.text === "*")
        found.push(...declarators(tokens, a, end - 1));
    }
  }
  return found;
}

const TAKES_VALUES =
  /^(W?BUG_ON|WARN_ON(_ONCE)?|IS_ERR(_OR_NULL)?|PTR_ERR(_OR_ZERO)?|ERR_(PTR|CAST)|READ_ONCE|WRITE_ONCE|DIV_ROUND_UP(_ULL)?|ALIGN(_DOWN)?|PAGE_ALIGN(ED)?|IS_ALIGNED|BIT|GENMASK|DEFINE_\w+|XA_STATE)$/;

/**
 * Locals that stand bare in a macro of several arguments: there a name may be a member or part of another name, so it must stay.
 */
export function fixedLocals(source: Source, fn: Fn): Set<string> {
  const { tokens } = source;
  const fixed = new Set<string>();
  for (const call of calls(tokens, fn.bodyOpen, fn.bodyClose)) {
    if (!/^[A-Z][A-Z0-9_]+$/.test(call.name) || call.args.length < 2 || TAKES_VALUES.test(call.name)) continue;
    for (const [a, b] of call.args) if (a === b && tokens[a]?.kind === "ident") fixed.add(tokens[a]?.text ?? "");
  }
  return fixed;
}

/** What is known of the types in a set of files. */
export interface Types {
  readonly structs: ReadonlyMap<string, StructDecl>;
  /** Functions that return a pointer to a struct: name to tag. */
  readonly returns: ReadonlyMap<string, string>;
}

export function typesOf(sources: readonly Source[]): Types {
  const all = new Map<string, StructDecl>();
  const returns = new Map<string, string>();
  for (const source of sources) {
    for (const s of structs(source)) all.set(s.tag, s);
    for (const fn of source.functions) {
      const before = source.tokens.slice(fn.first, fn.nameAt);
      const at = before.findIndex((t) => t.text === "struct");
      const tag = before[at + 1];
      if (at >= 0 && tag && before.some((t) => t.text === "*")) returns.set(fn.name, tag.text);
    }
  }
  return { structs: all, returns };
}

/** One `a->b` or `a.b`: the member's token, the struct it is looked up in (undefined: not known), and where the whole access begins. */
export interface Access {
  readonly at: number;
  readonly name: string;
  readonly owner: string | undefined;
  readonly from: number;
}

/** A member named bare, as an argument of container_of() and its like. */
const BY_TYPE: Readonly<Record<string, readonly [type: number, member: number]>> = {
  container_of: [1, 2],
  container_of_const: [1, 2],
  list_entry: [1, 2],
  list_first_entry: [1, 2],
  list_last_entry: [1, 2],
  list_first_entry_or_null: [1, 2],
  hlist_entry: [1, 2],
  rb_entry: [1, 2],
  offsetof: [0, 1],
  offsetofend: [0, 1],
  sizeof_field: [0, 1],
  typeof_member: [0, 1],
};
const BY_POINTER: Readonly<Record<string, readonly [pointer: number, member: number]>> = {
  list_for_each_entry: [0, 2],
  list_for_each_entry_safe: [0, 3],
  list_for_each_entry_reverse: [0, 2],
  list_for_each_entry_continue: [0, 2],
  list_for_each_entry_continue_reverse: [0, 2],
  list_for_each_entry_from: [0, 2],
  list_for_each_entry_from_reverse: [0, 2],
  list_for_each_entry_rcu: [0, 2],
  list_for_each_entry_safe_reverse: [0, 3],
  list_next_entry: [0, 1],
  list_prev_entry: [0, 1],
  list_entry_is_head: [0, 2],
  hlist_for_each_entry: [0, 2],
  hlist_for_each_entry_safe: [0, 3],
  llist_for_each_entry: [0, 2],
  llist_for_each_entry_safe: [0, 3],
  rbtree_postorder_for_each_entry_safe: [0, 3],
  struct_size: [0, 1],
  flex_array_size: [0, 1],
  kfree_rcu: [0, 1],
  kzalloc_flex: [0, 1],
  kvmalloc_flex: [0, 1],
  kmalloc_flex: [0, 1],
  xa_for_each_range: [0, 99],
};

/** Every member access of a function, with those named bare in macros. */
export function accesses(source: Source, fn: Fn, types: Types): Access[] {
  const { tokens } = source;
  const vars = new Map(locals(source, fn).map((d) => [d.name, d.tag ?? "?"]));
  const found: Access[] = [];
  const chain = (from: number, at: number, start: string | undefined): void => {
    let owner = start;
    for (let i = at; i < fn.bodyClose;) {
      const text = tokens[i]?.text;
      if (text === "[") i = closing(tokens, i) + 1;
      else if ((text === "->" || text === ".") && tokens[i + 1]?.kind === "ident") {
        const name = tokens[i + 1]?.text ?? "";
        found.push({ at: i + 1, name, owner, from });
        owner = owner === undefined ? undefined : memberTag(types, owner, name);
        i += 2;
      } else return;
    }
  };
  for (let i = fn.bodyOpen + 1; i < fn.bodyClose; i++) {
    const token = tokens[i];
    const after = tokens[i + 1]?.text ?? "";
    if (token?.kind === "ident" && !isMember(tokens, i) && /^(->|\.|\[)$/.test(after))
      chain(i, i + 1, vars.get(token.text));
    else if (token?.text === ")" && /^(->|\.)$/.test(after)) {
      const open = opening(tokens, i, fn.bodyOpen);
      const callee = tokens[open - 1];
      chain(callee?.kind === "ident" ? open - 1 : open, i + 1, resultTag(tokens, types, vars, open, i));
    }
  }
  for (const call of calls(tokens, fn.bodyOpen, fn.bodyClose)) {
    const bare = bareMember(tokens, call, vars);
    if (bare) found.push(bare);
  }
  return found;
}

function memberTag(types: Types, owner: string, name: string): string | undefined {
  const member = types.structs.get(owner)?.members.find((m) => m.name === name);
  return member ? (member.tag ?? "?") : undefined;
}

function opening(tokens: readonly Token[], close: number, floor: number): number {
  for (let i = close - 1, depth = 1; i > floor; i--) {
    if (tokens[i]?.text === ")") depth++;
    else if (tokens[i]?.text === "(" && --depth === 0) return i;
  }
  return floor;
}

function resultTag(
  tokens: readonly Token[],
  types: Types,
  vars: ReadonlyMap<string, string>,
  open: number,
  close: number,
): string | undefined {
  const callee = tokens[open - 1];
  if (callee?.kind === "ident") {
    const form = BY_TYPE[callee.text];
    const range = form && argumentRanges(tokens, open, close)[form[0]];
    if (range) return tokens.slice(range[0], range[1] + 1).find((t) => t.kind === "ident" && t.text !== "struct")?.text;
    return types.returns.get(callee.text);
  }
  const inside = tokens.slice(open + 1, close);
  const cast = inside.findIndex((t) => t.text === "struct");
  if (cast >= 0) return inside[cast + 1]?.text;
  const name = inside.find((t) => t.kind === "ident");
  return inside.length <= 3 && name ? vars.get(name.text) : undefined;
}

function bareMember(tokens: readonly Token[], call: Call, vars: ReadonlyMap<string, string>): Access | undefined {
  const byType = BY_TYPE[call.name];
  const byPointer = BY_POINTER[call.name];
  const form = byType ?? byPointer;
  const of = form && call.args[form[0]];
  const member = form && call.args[form[1]];
  if (!of || !member || tokens[member[0]]?.kind !== "ident") return undefined;
  const names = tokens
    .slice(of[0], of[1] + 1)
    .filter((t) => t.kind === "ident" && t.text !== "struct" && t.text !== "const");
  const name = names[0]?.text ?? "";
  const owner = byType ? name : vars.get(name);
  return { at: member[0], name: tokens[member[0]]?.text ?? "", owner, from: member[0] };
}
