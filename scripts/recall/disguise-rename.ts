// Disguise: every private identifier gets a name that says nothing. Functions, struct tags and members, static variables, locals, labels.
import type { Files } from "./checker.ts";
import { ownFiles, ownTypes, privateStructs, type Context, type Disguise, type Disguised } from "./disguise.ts";
import { applyEdits, type Edit } from "./edit.ts";
import { body, isMember, read, walk, type Fn, type Source } from "./source.ts";
import { argumentRanges, closing, tokenize, type Token } from "./tokens.ts";
import { accesses, fixedLocals, locals, structs, type Types } from "./types.ts";

const WORDS = (
  "alder birch cedar dogwood elder fir gorse hazel ilex juniper kapok larch maple nutmeg oak pine quince rowan spruce teak ulmus " +
  "vine willow yew aster basil clover daisy erica fern"
).split(" ");

/** Names that say nothing, in a fixed order, never one that is taken. */
function coiner(taken: ReadonlySet<string>): () => string {
  let n = 0;
  return () => {
    for (;;) {
      const name = `${WORDS[n % WORDS.length] ?? "x"}_${Math.floor(n / WORDS.length) + 1}`;
      n++;
      if (!taken.has(name)) return name;
    }
  };
}

interface Names {
  readonly functions: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  /** tag.member to new name. */
  readonly members: ReadonlyMap<string, string>;
  readonly variables: ReadonlyMap<string, string>;
}

/** Names that a macro at file scope may build from its arguments: DEVICE_ATTR_RO(x) needs x_show. */
function pasted(source: Source): string[] {
  const inFunctions = source.functions;
  const words: string[] = [];
  source.tokens.forEach((token, i) => {
    if (token.kind !== "ident" || source.tokens[i + 1]?.text !== "(") return;
    if (inFunctions.some((f) => i >= f.first && i <= f.bodyClose)) return;
    for (const [a, b] of argumentRanges(source.tokens, i + 1, closing(source.tokens, i + 1))) {
      const word = a === b ? source.tokens[a] : undefined;
      if (word?.kind === "ident") words.push(word.text);
    }
  });
  return words;
}

function exported(source: Source): string[] {
  return source.tokens.flatMap((token, i) =>
    /^EXPORT_SYMBOL/.test(token.text) ? [source.tokens[i + 2]?.text ?? ""] : [],
  );
}

/** Variables at file scope that are static, with those that a DEFINE_ macro makes left alone. */
function staticVariables(source: Source): string[] {
  const { tokens, functions } = source;
  const found: string[] = [];
  let first = 0;
  for (let i = 0; i < tokens.length; i++) {
    const fn = functions.find((f) => f.bodyOpen === i);
    if (fn) {
      i = fn.bodyClose;
      first = i + 1;
      continue;
    }
    const text = tokens[i]?.text ?? "";
    if (tokens[i]?.kind === "directive" || text === ";") first = i + 1;
    else if (text === "{" || text === "(") i = closing(tokens, i);
    const name = tokens[i];
    const after = tokens[i + 1]?.text ?? "";
    if (name?.kind !== "ident" || !/^(=|;|\[)$/.test(after) || isMember(tokens, i)) continue;
    const before = tokens.slice(first, i);
    if (before[0]?.text === "static" && before.length > 1 && !before.some((t) => t.text === "=")) found.push(name.text);
  }
  return found;
}

function chooseNames(files: Files, context: Context, types: Types, skipped: string[]): Names {
  const own = ownFiles(files, context).map(([, text]) => read(text));
  const words = new Set(own.flatMap((s) => s.tokens.filter((t) => t.kind === "ident").map((t) => t.text)));
  const coin = coiner(new Set([...words, ...context.foreign]));
  const keep = new Set(own.flatMap(exported));
  const glue = own.flatMap(pasted);
  const isGlued = (name: string): boolean =>
    glue.some((w) => name !== w && (name.startsWith(`${w}_`) || name.endsWith(`_${w}`)));
  const functions = new Map<string, string>();
  for (const source of own) {
    for (const fn of source.functions) {
      if (fn.name.includes("(") || functions.has(fn.name) || keep.has(fn.name) || isGlued(fn.name)) continue;
      if (fn.static ? !isShared(fn, own) : !context.foreign.has(fn.name)) functions.set(fn.name, coin());
    }
  }
  const variables = new Map<string, string>();
  for (const name of own.flatMap(staticVariables)) {
    if (!keep.has(name) && !isGlued(name) && !functions.has(name) && !variables.has(name)) variables.set(name, coin());
  }
  const tags = new Map<string, string>();
  const members = new Map<string, string>();
  const seen = own.map((source) => source.functions.flatMap((fn) => accesses(source, fn, types)));
  for (const { decl } of privateStructs(files, context)) {
    const bare = own.some((s) =>
      s.tokens.some((t, i) => t.text === decl.tag && s.tokens[i - 1]?.text !== "struct" && !isMember(s.tokens, i)),
    );
    if (bare) {
      skipped.push(`struct ${decl.tag}: also named without "struct"`);
      continue;
    }
    tags.set(decl.tag, coin());
    if (decl.odd) {
      skipped.push(`members of struct ${decl.tag}: not all understood`);
      continue;
    }
    for (const member of decl.members) {
      const unclear = own.some(
        (s, k) =>
          s.tokens.some((t) => t.text === decl.tag) &&
          (seen[k]?.some((a) => a.name === member.name && a.owner === undefined) ||
            designates(s, decl.tag, member.name)),
      );
      if (unclear) skipped.push(`${decl.tag}.${member.name}: an access could not be typed`);
      else members.set(`${decl.tag}.${member.name}`, coin());
    }
  }
  return { functions, tags, members, variables };
}

/** `.member =` in a file that initialises the struct in place. */
function designates({ tokens, text }: Source, tag: string, member: string): boolean {
  if (!new RegExp(`struct\\s+${tag}\\s*(?:\\w+\\s*=\\s*\\{|\\)\\s*\\{)`).test(text)) return false;
  return tokens.some(
    (t, i) => t.text === member && tokens[i - 1]?.text === "." && /^[{,]$/.test(tokens[i - 2]?.text ?? ""),
  );
}

/** A static function in a header may be used by files that are not the family's. */
function isShared(fn: Fn, own: readonly Source[]): boolean {
  return fn.inline && own.filter((s) => s.functions.some((f) => f.name === fn.name)).length > 1;
}

function renameFile(source: Source, names: Names, types: Types): readonly [string, number] {
  const { tokens } = source;
  const to = new Map<number, string>();
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== "ident" || isMember(tokens, i)) continue;
    const before = tokens[i - 1]?.text;
    const name = before === "struct" || before === "union" ? names.tags.get(token.text) : fileScope(token.text, names);
    if (name !== undefined) to.set(i, name);
  }
  for (const decl of structs(source)) {
    for (const member of decl.members) {
      const name = names.members.get(`${decl.tag}.${member.name}`);
      if (name !== undefined) to.set(member.at, name);
    }
  }
  for (const fn of source.functions) renameInside(source, fn, names, types, to);
  const edits: Edit[] = [...to].flatMap(([i, text]) => {
    const token = tokens[i];
    return token ? [{ start: token.start, end: token.end, text }] : [];
  });
  for (const token of tokens) if (token.kind === "directive") edits.push(...inDirective(source.text, token, names));
  return [applyEdits(source.text, edits), edits.length];
}

function fileScope(word: string, names: Names): string | undefined {
  return names.functions.get(word) ?? names.variables.get(word);
}

function renameInside(source: Source, fn: Fn, names: Names, types: Types, to: Map<number, string>): void {
  const { tokens } = source;
  const members = accesses(source, fn, types);
  const bare = new Set(members.filter((a) => a.from === a.at).map((a) => a.at));
  const inMacros = new Set(
    tokens
      .filter((t) => t.kind === "directive")
      .flatMap((t) => tokenize(t.text, 0, t.text.length, true).map((x) => x.text)),
  );
  const fresh = new Map<string, string>();
  const words = new Set(tokens.slice(fn.first, fn.bodyClose).map((t) => t.text));
  let n = 0;
  const coin = (prefix: string): string => {
    let name;
    do name = `${prefix}${++n}`;
    while (words.has(name));
    return name;
  };
  const callable = new Set<string>();
  const fixed = fixedLocals(source, fn);
  for (const { name, odd } of locals(source, fn)) {
    if (odd) callable.add(name);
    if (!inMacros.has(name) && !fixed.has(name) && !fresh.has(name)) fresh.set(name, coin("v"));
  }
  const labels = new Map<string, string>();
  for (const stmt of walk(body(source, fn))) {
    if (stmt.kind === "label" && stmt.name !== undefined) labels.set(stmt.name, coin("l"));
  }
  for (let i = fn.open; i < fn.bodyClose; i++) {
    const token = tokens[i];
    if (token?.kind !== "ident" || isMember(tokens, i) || bare.has(i)) continue;
    const before = tokens[i - 1]?.text ?? "";
    if (/^(struct|union|enum)$/.test(before)) continue;
    const isMacro = tokens[i + 1]?.text === "(" && !callable.has(token.text);
    const local = isMacro ? undefined : fresh.get(token.text);
    const label = labels.get(token.text);
    if (label !== undefined && (before === "goto" || tokens[i + 1]?.text === ":") && before !== "?") to.set(i, label);
    else if (local !== undefined) to.set(i, local);
  }
  for (const access of members) {
    const name = access.owner === undefined ? undefined : names.members.get(`${access.owner}.${access.name}`);
    if (name !== undefined) to.set(access.at, name);
  }
}

function inDirective(text: string, directive: Token, names: Names): Edit[] {
  if (!/^#\s*define/.test(directive.text)) return [];
  const inner = tokenize(text, directive.start + 1, directive.end, true);
  return inner.flatMap((token, i) => {
    if (token.kind !== "ident" || isMember(inner, i)) return [];
    const name = inner[i - 1]?.text === "struct" ? names.tags.get(token.text) : fileScope(token.text, names);
    return name === undefined ? [] : [{ start: token.start, end: token.end, text: name }];
  });
}

function rename(files: Files, context: Context): Disguised {
  const skipped: string[] = [];
  const types = ownTypes(files, context);
  const names = chooseNames(files, context, types, skipped);
  const next: Record<string, string> = { ...files };
  let changes = 0;
  for (const [path, text] of ownFiles(files, context)) {
    const [changed, count] = renameFile(read(text), names, types);
    next[path] = changed;
    changes += count;
  }
  const functions = Object.fromEntries([...names.functions].map(([old, name]) => [name, [old]]));
  return { files: next, changes, functions, moved: {}, skipped };
}

export const RENAME: Disguise = { id: "rename", title: "every private identifier renamed", apply: rename };
