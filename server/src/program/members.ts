// What stands between the braces of a type → rows of the index: enumerators, types defined inside, and which structs a struct contains.
import { literalEnd } from "../syntax/scan.ts";
import { FIELD, VALUE, commentEnd, identEnd, isIdentStart, note } from "./lex.ts";
import { ENUM, ENUMERATOR, STRUCT, UNION, addUnit } from "./units.ts";
import type { Units } from "./units.ts";
import { intern } from "./words.ts";
import type { Words } from "./words.ts";

/** Enters an enum whose braces are [open, close), and its enumerators (each with the whole enum as its range). */
export function enumeration(
  text: string,
  tag: number,
  start: number,
  open: number,
  close: number,
  words: Words,
  units: Units,
  config: number,
): void {
  const from = units.uses.length;
  addUnit(units, ENUM, 0, tag, start, close, 0, from, config);
  for (const [nameStart, nameEnd] of enumerators(text, open, close))
    addUnit(units, ENUMERATOR, 0, intern(words, text.slice(nameStart, nameEnd)), start, close, 0, from, config);
}

/** The names between the braces [open, close): each identifier that follows the brace or a comma. */
function* enumerators(text: string, open: number, close: number): Iterable<readonly [number, number]> {
  let nest = 0;
  let expected = true;
  for (let i = open + 1; i < close - 1;) {
    const ch = text.charCodeAt(i);
    if (ch === 47 && commentEnd(text, i) > i) i = commentEnd(text, i);
    else if (ch === 34 || ch === 39) i = literalEnd(text, i, ch);
    else if (ch === 35) {
      const newline = text.indexOf("\n", i);
      i = newline < 0 ? close : newline;
    } else if (isIdentStart(ch)) {
      const end = identEnd(text, i);
      if (expected) yield [i, end];
      expected = false;
      i = end;
    } else {
      if (ch === 40 || ch === 123) nest++;
      else if (ch === 41 || ch === 125) nest--;
      else if (ch === 44 && nest === 0) expected = true;
      i++;
    }
  }
}

/**
 * Enters a struct or union whose braces are [open, close), and the types that are defined inside it. Its uses are the tags of its
 * members: VALUE where it contains one, FIELD where it only points to one.
 */
export function structure(
  text: string,
  union: boolean,
  tag: number,
  start: number,
  open: number,
  close: number,
  words: Words,
  units: Units,
  config: number,
): void {
  const from = units.uses.length;
  const members =
    /\/\*[\s\S]*?\*\/|\/\/.*|\b(struct|union|enum)\s+([A-Za-z_]\w*)?\s*([*{]?)|\bstruct_group_tagged\(\s*(\w+)/g;
  const inner: { readonly keyword: string; readonly tag: number; readonly start: number; readonly open: number }[] = [];
  const groups: { readonly tag: number; readonly start: number }[] = [];
  members.lastIndex = open;
  for (let m = members.exec(text); m !== null && m.index < close; m = members.exec(text)) {
    const [, keyword, name, next, group] = m;
    if (group !== undefined) groups.push({ tag: intern(words, group), start: m.index });
    if (keyword === undefined) continue;
    const member = name === undefined ? 0 : intern(words, name);
    if (next === "{") inner.push({ keyword, tag: member, start: m.index, open: members.lastIndex - 1 });
    else if (keyword !== "enum") note(units.uses, member, next === "*" ? FIELD : VALUE);
  }
  addUnit(units, STRUCT, union ? UNION : 0, tag, start, close, 0, from, config);
  units.uses.from = units.uses.length;
  // struct_group_tagged(tag, name, members) declares the tag as well.
  for (const group of groups)
    addUnit(
      units,
      STRUCT,
      0,
      group.tag,
      group.start,
      matching(text, group.start, close, 40),
      0,
      units.uses.length,
      config,
    );
  for (const t of inner) {
    const end = matchingBrace(text, t.open, close);
    if (t.keyword === "enum") enumeration(text, t.tag, t.start, t.open, end, words, units, config);
    else if (t.tag !== 0)
      addUnit(units, STRUCT, t.keyword === "union" ? UNION : 0, t.tag, t.start, end, 0, units.uses.length, config);
  }
}

/** One past the brace that closes the one at `open`, but no further than `limit`. */
export function matchingBrace(text: string, open: number, limit: number): number {
  return matching(text, open, limit, 123);
}

/** One past what closes the first bracket of kind `bracket` ("(" or "{") from `from` on, but no further than `limit`. */
export function matching(text: string, from: number, limit: number, bracket: 40 | 123): number {
  const closing = bracket === 40 ? 41 : 125;
  let nest = 0;
  for (let i = from; i < limit; i++) {
    const ch = text.charCodeAt(i);
    if (ch === 47 && commentEnd(text, i) > i) i = commentEnd(text, i) - 1;
    else if (ch === 34 || ch === 39) i = literalEnd(text, i, ch) - 1;
    else if (ch === bracket) nest++;
    else if (ch === closing && --nest === 0) return i + 1;
  }
  return limit;
}
