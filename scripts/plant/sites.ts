// Call sites of the DMA API in a tree, and what a planted bug needs to know of one: its function, its statement, its arguments as written.
import type { Source as Tree } from "../../server/src/program/program.ts";
import { parentOf } from "../recall/edit.ts";
import { body, calls, children, read, slice, walk } from "../recall/source.ts";
import type { Call, Fn, Source, Stmt } from "../recall/source.ts";
import { API, MAKES, OUTSIDE } from "./api.ts";
import type { Api, Does } from "./api.ts";

/** A place in a file where the name of an API function is followed by a parenthesis. */
export interface Hit {
  readonly file: string;
  readonly offset: number;
  readonly name: string;
}

const CALL = new RegExp(String.raw`\b(${Object.keys(API).join("|")})\s*\(`, "g");

/** Every hit of the tree, by file and offset. Takes a few seconds. */
export function hitsOf(tree: Tree): readonly Hit[] {
  const hits: Hit[] = [];
  for (const file of tree.files()) {
    if (!file.endsWith(".c") || OUTSIDE.test(file)) continue;
    const text = tree.read(file);
    if (text === undefined || !/\b(ib_)?dma_|skb_frag_dma/.test(text)) continue;
    for (const match of text.matchAll(CALL)) hits.push({ file, offset: match.index, name: match[1] ?? "" });
  }
  return hits;
}

export interface Site extends Hit {
  readonly api: Api;
  readonly source: Source;
  readonly fn: Fn;
  readonly root: Stmt;
  readonly call: Call;
  /** The simple statement that the call stands in, or the if or loop whose head it stands in. */
  readonly stmt: Stmt;
  /** The statement right above. */
  readonly parent: Stmt | undefined;
  /** What names the mapping: the handle, or the list. As written, without blanks, `&` and casts. */
  readonly key: string;
}

/** The site of a hit; undefined where the harness can't read the code around it. */
export function siteOf(tree: Tree, hit: Hit): Site | undefined {
  const text = tree.read(hit.file);
  const api = API[hit.name];
  if (text === undefined || api === undefined) return undefined;
  const source = read(text);
  const fn = source.functions.find((f) => f.start <= hit.offset && hit.offset < f.end);
  if (fn === undefined || fn.conditional) return undefined;
  const root = body(source, fn);
  return sitesIn(source, fn, root, hit.file).find((site) => site.offset === hit.offset);
}

/** The sites of one function, in the order of its text. */
export function sitesIn(source: Source, fn: Fn, root: Stmt, file: string): readonly Site[] {
  return calls(source.tokens, root.a, root.b).flatMap((call) => {
    const api = API[call.name];
    if (api === undefined) return [];
    const stmt = innermost(root, call.at);
    if (stmt === undefined || stmt.opaque) return [];
    const offset = source.tokens[call.at]?.start ?? 0;
    const site = { file, offset, name: call.name, api, source, fn, root, call, stmt, parent: parentOf(root, stmt) };
    const key = keyOf(site);
    return key === undefined ? [] : [{ ...site, key }];
  });
}

function innermost(root: Stmt, at: number): Stmt | undefined {
  let found: Stmt | undefined;
  for (const stmt of walk(root)) if (stmt.a <= at && at <= stmt.b && stmt.kind !== "block") found = stmt;
  return found;
}

/** An argument as written; undefined where there is none. */
export function argument(site: Pick<Site, "source" | "call">, index: number | undefined): string | undefined {
  const range = index === undefined ? undefined : site.call.args[index];
  return range === undefined ? undefined : slice(site.source, range[0], range[1]);
}

/** The offsets of an argument. */
export function argumentAt(
  site: Site,
  index: number | undefined,
): { readonly start: number; readonly end: number } | undefined {
  const range = index === undefined ? undefined : site.call.args[index];
  const [a, b] = range === undefined ? [] : [site.source.tokens[range[0]], site.source.tokens[range[1]]];
  return a === undefined || b === undefined ? undefined : { start: a.start, end: b.end };
}

/** What the call's result is assigned to. */
export function assigned(site: Pick<Site, "source" | "call" | "stmt">): string | undefined {
  const { tokens } = site.source;
  if (tokens[site.call.at - 1]?.text !== "=") return undefined;
  let a = site.call.at - 2;
  while (a > site.stmt.a && !/^[;{},(]$/.test(tokens[a - 1]?.text ?? ";")) a--;
  const text = slice(site.source, a, site.call.at - 2);
  return site.stmt.kind === "decl" ? /(\w+)\s*$/.exec(text)?.[1] : text;
}

const bare = (text: string | undefined): string | undefined =>
  text
    ?.replace(/\s+/g, "")
    .replace(/^\((?:dma_addr_t|void\*)\)/, "")
    .replace(/^&/, "")
    .replace(/^(?:le\d+_to_cpu|be\d+_to_cpu|dma_unmap_addr)\((.*)\)$/, (_, inside: string) =>
      inside.replace(",", "->"),
    );

function keyOf(site: Omit<Site, "key">): string | undefined {
  const { api } = site;
  if (api.list !== undefined) return bare(argument(site, api.list));
  return bare(api.handle === undefined ? assigned(site) : argument(site, api.handle));
}

/** The last name of a key: the field or the variable that holds the handle. */
export const lastName = (key: string): string => /(\w+)(?:\[[^\]]*\])*$/.exec(key)?.[1] ?? key;

/** The calls of the function that make what the site's call ends or uses: by the same expression, else by the same last name. */
export function makersOf(site: Site): readonly Site[] {
  const makers = sitesIn(site.source, site.fn, site.root, site.file).filter(
    (other) =>
      makes(site.api.does).includes(other.api.does) &&
      (other.api.does !== "iova" || other.name === "dma_iova_try_alloc"),
  );
  const same = makers.filter(({ key }) => key === site.key);
  return same.length > 0 ? same : makers.filter(({ key }) => lastName(key) === lastName(site.key));
}

/** As makersOf(), over all functions of the file. */
export function makersNear(site: Site): readonly Site[] {
  const near = makersOf(site);
  if (near.length > 0) return near;
  const name = lastName(site.key);
  return site.source.functions.flatMap((fn) => {
    if (fn.conditional || !site.source.text.slice(fn.start, fn.end).includes(name)) return [];
    return makersOf({ ...site, fn, root: body(site.source, fn) });
  });
}

/** The one call that makes what the site uses, by the same expression, where the function assigns that nowhere else. */
export function onlyMaker(site: Site): Site | undefined {
  const makers = makersOf(site).filter(({ key }) => key === site.key);
  const text = site.source.text.slice(site.fn.start, site.fn.end).replace(/\s+/g, "");
  const assignments = text.split(`${site.key}=`).filter((after, i) => i > 0 && !after.startsWith("=")).length;
  return makers.length === 1 && assignments <= 1 ? makers[0] : undefined;
}

const makes = (does: Does): readonly Does[] => MAKES[does];

export type Reach = "path-local" | "cross-function" | "escaped";

/**
 * How far the checker must look: path-local, where the function itself makes the mapping; cross-function, where another function of the folder
 * puts one into a field, a table or a variable of that name; escaped, where the harness sees nobody who does.
 */
export function reachOf(tree: Tree, site: Site): Reach {
  if (makersOf(site).length > 0) return "path-local";
  const name = lastName(site.key);
  const folder = site.file.slice(0, site.file.lastIndexOf("/") + 1);
  const makers = Object.keys(API).filter((each) => makes(site.api.does).includes(API[each]?.does ?? "test"));
  const stores = new RegExp(
    site.api.handle === undefined || site.api.does === "unmap" || site.api.does === "sync" || site.api.does === "test"
      ? String.raw`\b${name}(?:\[[^\]]*\])*\s*=\s*(?:cpu_to_\w+\()?(?:${makers.join("|")})\b|dma_unmap_addr_set\([^;]*\b${name}\b`
      : String.raw`\b(?:${makers.join("|")})\s*\([^;]*\b${name}\b`,
  );
  const near = (tree.files() as readonly string[]).filter(
    (file) => file.startsWith(folder) && file.indexOf("/", folder.length) < 0 && /\.[ch]$/.test(file),
  );
  const lists = new RegExp(String.raw`\b(?:${makers.join("|")})\s*\([^;]*\b${name}\b`);
  const found = near.some((file) => {
    const text = tree.read(file) ?? "";
    return (site.api.list === undefined ? stores : lists).test(text);
  });
  return found ? "cross-function" : "escaped";
}

/** Whether the statement stands where a function gives up: behind a label, or in an arm that ends in a return or a goto. */
export function onErrorPath({ root, stmt }: Site): boolean {
  const labels = (root.stmts ?? []).filter(({ kind }) => kind === "label");
  if (labels.some((label) => label.b < stmt.a)) return true;
  for (const each of walk(root)) {
    if (each.kind !== "if") continue;
    const arm = [each.body, each.else].find((part) => part !== undefined && part.a <= stmt.a && stmt.b <= part.b);
    const last = arm === undefined ? undefined : (children(arm).at(-1) ?? arm);
    if (last !== undefined && (last.kind === "return" || last.kind === "goto")) return true;
  }
  return false;
}
