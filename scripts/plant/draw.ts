// Draws sites by seed and plants at them: each operator in turn, at a call site drawn from all of those it may plant at, until enough are planted.
import { applyEdits } from "../recall/edit.ts";
import type { Source as Tree } from "../../server/src/program/program.ts";
import { OPERATORS } from "./operators.ts";
import type { Operator } from "./operators.ts";
import { random, shuffled } from "./random.ts";
import { hitsOf, lastName, makersOf, onErrorPath, reachOf, siteOf, sitesIn } from "./sites.ts";
import type { Hit, Reach, Site } from "./sites.ts";
import { body, type Source } from "../recall/source.ts";

/** A bug that was planted. */
export interface Planted {
  readonly operator: Operator;
  readonly file: string;
  readonly fn: string;
  /** From 1, in the text as it was. */
  readonly line: number;
  readonly reach: Reach;
  readonly error: boolean;
  /** The functions in which a finding of it may stand. */
  readonly fns: readonly string[];
  /** The file with the bug in it. */
  readonly text: string;
}

/** Sites that an operator is tried at before it is given up for this turn. */
const TRIES = 400;

export interface Draw {
  readonly planted: readonly Planted[];
  /** How many call sites there are, and by how many the drawn ones could not be read by the harness. */
  readonly sites: number;
  readonly unread: number;
  /** Operators that found no site to plant at. */
  readonly idle: readonly string[];
}

/** Draws `count` bugs. `only`: ids of operators; all of those given otherwise. */
export function draw(tree: Tree, seed: number, count: number, operators: readonly Operator[] = OPERATORS): Draw {
  const hits = hitsOf(tree);
  const next = random(seed);
  const queues = operators.map((operator) => ({
    operator,
    hits: [
      ...shuffled(
        hits.filter(({ name }) => operator.names.includes(name)),
        next,
      ),
    ],
  }));
  const planted: Planted[] = [];
  const read = new Map<Hit, Site | undefined>();
  const siteAt = (hit: Hit): Site | undefined => {
    if (!read.has(hit)) read.set(hit, siteOf(tree, hit));
    return read.get(hit);
  };
  const empty = new Set<string>();
  while (planted.length < count && empty.size < operators.length) {
    for (const queue of queues) {
      if (planted.length >= count || empty.has(queue.operator.id)) continue;
      const one = plantOne(tree, queue, siteAt);
      if (one === undefined) empty.add(queue.operator.id);
      else planted.push(one);
    }
  }
  const unread = [...read.values()].filter((site) => site === undefined).length;
  const idle = operators.map(({ id }) => id).filter((id) => !planted.some(({ operator }) => operator.id === id));
  return { planted, sites: hits.length, unread, idle };
}

function plantOne(
  tree: Tree,
  queue: { readonly operator: Operator; readonly hits: Hit[] },
  siteAt: (hit: Hit) => Site | undefined,
): Planted | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const hit = queue.hits.shift();
    if (hit === undefined) return undefined;
    const site = siteAt(hit);
    const planted = site === undefined ? undefined : plantAt(tree, queue.operator, site);
    if (planted !== undefined) return planted;
  }
  return undefined;
}

/** Plants at one site; undefined where the operator does not fit it. */
export function plantAt(tree: Tree, operator: Operator, site: Site): Planted | undefined {
  const edits = operator.plant(site);
  if (edits === undefined) return undefined;
  const { source, file, fn } = site;
  const text = applyEdits(source.text, edits);
  if (text === source.text) return undefined;
  const edited = source.functions.filter((each) => edits.some((e) => each.start <= e.start && e.start < each.end));
  return {
    operator,
    file,
    fn: fn.name,
    line: source.text.slice(0, site.offset).split("\n").length,
    reach: operator.local ? "path-local" : reachOf(tree, site),
    error: onErrorPath(site),
    fns: [...new Set([fn.name, ...edited.map(({ name }) => name), ...making(source, site)])],
    text,
  };
}

/** The functions of the file that make what the site's call ends or uses: a leak may be said where it was mapped. */
function making(source: Source, site: Site): readonly string[] {
  const name = lastName(site.key);
  return source.functions.flatMap((fn) => {
    if (!source.text.slice(fn.start, fn.end).includes(name)) return [];
    const sites = sitesIn(source, fn, body(source, fn), site.file);
    return sites.some((other) => makersOf({ ...site, fn, root: other.root }).length > 0) ? [fn.name] : [];
  });
}
