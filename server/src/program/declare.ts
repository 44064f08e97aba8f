// One item of file scope, as tokens → rows of the index: variables, types, enumerators, typedefs, prototypes, macro invocations.
import { KEYWORD, KEYWORD_COUNT, VALUE, identEnd, isIdentStart, lexUses, note } from "./lex.ts";
import { enumeration, structure } from "./members.ts";
import type { Item } from "./outline.ts";
import { EXTERN, INITIALISED, INVOCATION, PROTOTYPE, STATIC, TYPEDEF, VARIABLE, addUnit } from "./units.ts";
import type { Units } from "./units.ts";
import { intern } from "./words.ts";
import type { Words } from "./words.ts";

const PAREN = -40;
const BRACE = -123;
const EQUALS = -61;
const COMMA = -44;
const SEMICOLON = -59;
const BRACKET = -91;

interface Context {
  readonly text: string;
  readonly item: Item;
  readonly end: number;
  readonly words: Words;
  readonly units: Units;
  readonly config: number;
}

/** Enters the item that ends at `end`. An item that looks like nothing is left out. */
export function declare(text: string, item: Item, end: number, words: Words, units: Units, config: number): void {
  const c: Context = { text, item, end, words, units, config };
  const { kinds } = item;
  let p = 0;
  let flags = 0;
  let typedef = false;
  for (; p < kinds.length; p++) {
    const k = kinds[p] as number;
    if (k === KEYWORD["static"]) flags |= STATIC;
    else if (k === KEYWORD["extern"]) flags |= EXTERN;
    else if (k === KEYWORD["typedef"]) typedef = true;
    else if (k === KEYWORD["__attribute__"]) p += kinds[p + 1] === PAREN ? 1 : 0;
    else if (isAttribute(c, p) && isKeyword(kinds[p + 1])) continue;
    else if (k !== KEYWORD["const"] && k !== KEYWORD["inline"] && k !== KEYWORD["volatile"]) break;
  }
  const first = kinds[p] ?? SEMICOLON;
  // A star after the bracket makes it the declarator of a pointer: ssize_t (*table[])(...).
  const called =
    isWord(first) && kinds[p + 1] === PAREN && !/^\(\s*\*/.test(text.slice(item.starts[p + 1], item.ends[p + 1]));
  if (called && !typedef) return invocation(c, p, flags);
  let tag = 0;
  let defined = false;
  if (first === KEYWORD["struct"] || first === KEYWORD["union"] || first === KEYWORD["enum"]) {
    const keyword = item.starts[p++] as number;
    // Of two words before the brace the first is an attribute, known or not.
    while (isAttribute(c, p) || (isWord(kinds[p]) && isWord(kinds[p + 1]) && kinds[p + 2] === BRACE))
      p += kinds[p + 1] === PAREN ? 2 : 1;
    if (isWord(kinds[p])) tag = kinds[p++] as number;
    let brace = p;
    while (isAttribute(c, brace)) brace += kinds[brace + 1] === PAREN ? 2 : 1;
    if (kinds[brace] === BRACE) {
      defined = true;
      p = brace + 1;
      const open = item.starts[brace] as number;
      const close = item.ends[brace] as number;
      if (first === KEYWORD["enum"]) enumeration(text, tag, keyword, open, close, words, units, config);
      else structure(text, first === KEYWORD["union"], tag, keyword, open, close, words, units, config);
    }
    if (typedef) return typeName(c, p, tag, true);
    return declarators(c, p, flags, tag, true, defined);
  }
  if (typedef) return typeName(c, p, 0, false);
  declarators(c, p, flags, 0, false, false);
}

function isWord(k: number | undefined): boolean {
  return k !== undefined && k >= KEYWORD_COUNT;
}

function isKeyword(k: number | undefined): boolean {
  return k !== undefined && k >= 0 && k < KEYWORD_COUNT;
}

const ATTRIBUTE =
  /^(__(packed|aligned|attribute__|bitwise|user|iomem|percpu|rcu|force|init|initdata\w*|initconst|exit|exitdata|exit_p|ro_after_init|read_mostly|maybe_unused|always_unused|used|section|ref|refdata|refconst|must_check|printf|scanf|weak|visible|net_\w+|deprecated|noreturn|cold|hot|malloc|designated_init|randomize_layout|no_randomize_layout|counted_by|nonstring|latent_entropy|private|guarded_by|nocast|safe|(dev|cpu|mem)(init|exit)(data|const)?|pure|attribute_const__|alloc_size|noclone|nonnull|kprobes|sched|lockfunc|always_inline|noinline|cacheline_\w+|bpf_\w+)|____cacheline_\w+|__cacheline_\w+|notrace|noinstr|asmlinkage|noinline|fastcall|randomized_struct\w*)$/;

/** A word that says something about a declaration and is neither its type nor its name: __packed, __initdata, __percpu. */
function isAttribute(c: Context, at: number): boolean {
  const k = c.item.kinds[at];
  if (k === KEYWORD["__attribute__"]) return true;
  if (!isWord(k)) return false;
  const start = c.item.starts[at] as number;
  const first = c.text.charCodeAt(start);
  if (first !== 95 && first !== 97 && first !== 110 && first !== 102 && first !== 114) return false; // _ a n f r
  return ATTRIBUTE.test(c.text.slice(start, c.item.ends[at]));
}

/** Adds a unit whose uses have been noted since `from`. */
function add(
  c: Context,
  kind: number,
  flags: number,
  name: number,
  start: number,
  end: number,
  extra: number,
  from: number,
): void {
  addUnit(c.units, kind, flags, name, start, end, extra, from, c.config);
  c.units.uses.from = c.units.uses.length;
}

function invocation(c: Context, at: number, flags: number): void {
  const { starts, ends, kinds } = c.item;
  const from = c.units.uses.length;
  const open = starts[at + 1] as number;
  let argument = 0;
  let i = open + 1;
  while (c.text.charCodeAt(i) <= 32) i++;
  if (isIdentStart(c.text.charCodeAt(i))) argument = intern(c.words, c.text.slice(i, identEnd(c.text, i)));
  // What a symbol is exported with is no use of it.
  if (!c.text.startsWith("EXPORT_SYMBOL", starts[at])) lexUses(c.text, open, c.end, c.words, c.units.uses, undefined);
  const initialised = kinds.includes(EQUALS) ? INITIALISED : 0;
  add(
    c,
    INVOCATION,
    flags | initialised,
    kinds[at] as number,
    starts[0] as number,
    ends.at(-1) ?? c.end,
    argument,
    from,
  );
}

function typeName(c: Context, from: number, tag: number, tagged: boolean): void {
  const { kinds, starts, ends } = c.item;
  let name = -1;
  for (let p = from; p < kinds.length; p++) {
    if (kinds[p] === PAREN) {
      // (*name)(...), (name)(...); a single pair holds the parameters of a function type whose name stood before it.
      const inside = /^\(\s*(?:\w+\s+)*\**\s*(?:\w+\s+)*(\w+)\s*(?:\[[^\]]*\]\s*)?\)$/.exec(
        c.text.slice(starts[p], ends[p]),
      )?.[1];
      if (kinds[p + 1] === PAREN && inside !== undefined) name = intern(c.words, inside);
      break;
    }
    if (isAttribute(c, p)) {
      if (kinds[p + 1] === PAREN) p++;
      continue;
    }
    if (!isWord(kinds[p])) continue;
    name = kinds[p] as number;
    if (tagged) break;
  }
  if (name < 0) return;
  add(c, TYPEDEF, 0, name, starts[0] as number, c.end, tag, c.units.uses.length);
}

function declarators(c: Context, from: number, flags: number, tag: number, tagged: boolean, defined: boolean): void {
  const { kinds } = c.item;
  let type = tag;
  // `unsigned long x`: every word is a name; `u32 x`: the first is the type.
  let typed = tagged;
  let p = from;
  for (; p < kinds.length && !typed; p++) {
    if (isKeyword(kinds[p])) {
      if (kinds[p] !== KEYWORD["const"] && kinds[p] !== KEYWORD["volatile"]) typed = true;
    } else if (isWord(kinds[p])) {
      type = kinds[p] as number;
      typed = true;
    } else break;
  }
  while (isKeyword(kinds[p])) p++;
  while (p < kinds.length) {
    let end = p;
    while (end < kinds.length && kinds[end] !== COMMA && kinds[end] !== SEMICOLON) end++;
    declarator(c, p, end, flags, type, defined || tagged);
    p = end + 1;
  }
}

function declarator(c: Context, from: number, to: number, flags: number, type: number, tagged: boolean): void {
  const { kinds, starts, ends } = c.item;
  let equals = from;
  while (equals < to && kinds[equals] !== EQUALS) equals++;
  let name = -1;
  let prototype = false;
  for (let p = from; p < equals; p++) {
    const k = kinds[p] as number;
    if (k === BRACKET && name >= 0) break;
    if (k === PAREN) {
      const inside = /^\(\s*(?:\w+\s+)*\*+\s*(?:\w+\s+)*(\w+)/.exec(c.text.slice(starts[p], ends[p]))?.[1];
      if (name < 0 && inside !== undefined) name = intern(c.words, inside);
      break;
    }
    if (isAttribute(c, p)) {
      if (kinds[p + 1] === PAREN) p++;
      continue;
    }
    if (!isWord(k)) continue;
    const group = kinds[p + 1] === PAREN && p + 1 < equals;
    if (name < 0 || group) name = k;
    if (!group) continue;
    prototype = equals === to;
    // A name that a macro makes keeps its written form.
    if (!prototype) name = intern(c.words, c.text.slice(starts[p], ends[p + 1]).replace(/\s+/g, ""));
    break;
  }
  if (name < 0) return;
  const uses = c.units.uses.length;
  const start = starts[0] as number;
  if (prototype) return add(c, PROTOTYPE, flags, name, start, c.end, type, uses);
  if (tagged) note(c.units.uses, type, VALUE);
  if (equals < to) {
    flags |= INITIALISED;
    lexUses(c.text, starts[equals] as number, ends[to - 1] as number, c.words, c.units.uses, undefined);
  }
  add(c, VARIABLE, flags, name, start, c.end, type, uses);
}
