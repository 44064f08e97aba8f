// Which patch brought a finding, which took it away: findings of the tree before the series and after each patch, matched from state to state.
import type { Status } from "../findings/finding.ts";
import type { PlacedFinding } from "../findings/report.ts";

/** What stands after one patch (or before all of them). */
export interface State {
  readonly findings: readonly PlacedFinding[];
  /** What could not be proved either way in this state: its findings are not gone, they are only not seen. */
  readonly unseen: (finding: PlacedFinding) => boolean;
  /** Whether the patch that led here changes the function that a finding stands in. */
  readonly touched: (finding: PlacedFinding) => boolean;
  /** What a file was called before the series; itself where it was not renamed. */
  readonly origin: (file: string) => string;
}

/** A finding over the states in which it stands. */
export interface Attributed {
  /** As it is in the last state that has it. */
  readonly finding: PlacedFinding;
  /** As it was when it came. */
  readonly first: PlacedFinding;
  readonly status: Status;
  /** The patch, by number from 1, that brought, moved or fixed it. Absent for what was there before and stays where it is. */
  readonly patch?: number;
  readonly fixedBy?: number;
  /** The patch since which it can't be seen: it brought another defect of the same resource, and did not change the function that this one stands in. */
  readonly hidden?: number;
}

interface Chain {
  from: number;
  readonly first: PlacedFinding;
  last: PlacedFinding;
  /** The state in which it is gone; undefined while it stands. */
  gone: number | undefined;
  /** The patch that moved it last. */
  moved: number | undefined;
  hidden: number | undefined;
}

/**
 * Two defects at once can look like a third. A mask is a finding that came when another of its resource went, and went when another came: at `from` and `to`, the
 * states. Whether what came at `to` is due to patch `from` shows where the state `to` is looked at without that patch.
 */
export interface Mask {
  readonly from: number;
  readonly to: number;
}

/** What is found in the state `to` of a mask without the patch `from`; undefined where the patch can't be taken out there. */
export type Unmasked = (mask: Mask) => Promise<readonly PlacedFinding[] | undefined>;

/** Attributes findings: `states[0]` is before the series, `states[k]` after patch k. Patches that were not applied have the state before them. */
export async function attribute(states: readonly State[], unmasked: Unmasked): Promise<readonly Attributed[]> {
  const chains = chainsOf(states);
  const dropped = new Set<Chain>();
  for (const mask of chains) {
    const { from, gone: to } = mask;
    if (from === 0 || to === undefined) continue;
    const same = (chain: Chain): boolean =>
      chain !== mask && chain.first.finding.resource === mask.first.finding.resource;
    const went = chains.filter((chain) => same(chain) && chain.gone === from);
    const came = chains.filter((chain) => same(chain) && chain.from === to);
    if (came.length === 0) continue;
    const without = await unmasked({ from, to });
    if (without === undefined) continue;
    const still = (chain: Chain): boolean =>
      without.some((each) => alike(each, chain.last) || alike(each, chain.first));
    for (const chain of came.filter((each) => !still(each))) {
      chain.from = from;
      dropped.add(mask);
    }
    for (const chain of went.filter((each) => !still(each))) {
      chain.gone = to;
      dropped.add(mask);
    }
  }
  hide(chains, dropped, states);
  return chains.filter((chain) => !dropped.has(chain)).map(verdict);
}

/**
 * One defect can hide another, since a run that has crashed goes no further. What went when another defect of its resource came, by a patch that does not change its
 * function, is not fixed by that: it is hidden until the other goes too.
 */
function hide(chains: readonly Chain[], dropped: Set<Chain>, states: readonly State[]): void {
  for (const chain of chains) {
    if (dropped.has(chain)) continue;
    for (let gone = chain.gone; gone !== undefined;) {
      const since: number = gone;
      const hiding = chains.filter(
        (other) =>
          other !== chain && !dropped.has(other) && other.from === since && resourceOf(other) === resourceOf(chain),
      );
      if (hiding.length === 0 || states[since]?.touched(chain.last) !== false) break;
      const again = chains.find((other) => other.from > since && !dropped.has(other) && alike(other.first, chain.last));
      if (again !== undefined) {
        dropped.add(again);
        chain.last = again.last;
        chain.gone = gone = again.gone;
      } else if (hiding.some((other) => other.gone === undefined)) {
        chain.gone = gone = undefined;
        chain.hidden = since;
      } else {
        const until = Math.max(...hiding.map((other) => other.gone ?? since));
        const between = states.flatMap((state, k) => (k > since && k <= until && state.touched(chain.last) ? [k] : []));
        chain.gone = between[0] ?? until;
        break;
      }
    }
  }
}

const resourceOf = (chain: Chain): string => chain.first.finding.resource;

const alike = (a: PlacedFinding, b: PlacedFinding): boolean =>
  a.fingerprint === b.fingerprint ||
  (a.finding.rule === b.finding.rule && a.finding.fn === b.finding.fn && a.finding.resource === b.finding.resource);

function chainsOf(states: readonly State[]): readonly Chain[] {
  const chains: Chain[] = [];
  let open: Chain[] = [];
  for (const [k, state] of states.entries()) {
    const before = states[k - 1];
    const pairs = before === undefined ? new Map<Chain, PlacedFinding>() : match(open, state, before);
    const taken = new Set(pairs.values());
    const still: Chain[] = [];
    for (const chain of open) {
      const now = pairs.get(chain);
      if (now !== undefined) {
        if (hasMoved(chain.last, now, before, state)) chain.moved = k;
        chain.last = now;
        still.push(chain);
      } else if (state.unseen(chain.last)) still.push(chain);
      else chain.gone = k;
    }
    for (const finding of state.findings) {
      if (taken.has(finding)) continue;
      const chain: Chain = {
        from: k,
        first: finding,
        last: finding,
        gone: undefined,
        moved: undefined,
        hidden: undefined,
      };
      chains.push(chain);
      still.push(chain);
    }
    open = still;
  }
  return chains;
}

function verdict({ from, first, last, gone, moved, hidden }: Chain): Attributed {
  const both = { finding: last, first, ...(hidden === undefined ? {} : { hidden }) };
  if (from === 0 && gone !== undefined) return { ...both, status: "fixed", patch: gone, fixedBy: gone };
  if (from === 0)
    return moved === undefined ? { ...both, status: "pre-existing" } : { ...both, status: "moved", patch: moved };
  if (gone === undefined) return { ...both, status: "new", patch: from };
  return { ...both, status: "transient", patch: from, fixedBy: gone };
}

/** In another file or function than before; that lines above it came or went is no move. */
const hasMoved = (a: PlacedFinding, b: PlacedFinding, before: State | undefined, after: State): boolean =>
  (before?.origin(a.file) ?? a.file) !== after.origin(b.file) || a.file !== b.file || a.finding.fn !== b.finding.fn;

/** From what tells most to what tells least; each finding is matched once, and a key only where it is the only one on both sides. */
function match(open: readonly Chain[], state: State, before: State): ReadonlyMap<Chain, PlacedFinding> {
  const pairs = new Map<Chain, PlacedFinding>();
  const keys: readonly ((each: PlacedFinding, origin: (file: string) => string) => string)[] = [
    (each) => each.fingerprint,
    (each, origin) => [each.finding.rule, origin(each.file), each.finding.fn, each.finding.resource].join("\0"),
    (each, origin) => [each.finding.rule, origin(each.file), each.finding.fn, squeeze(each.code)].join("\0"),
    (each, origin) => [each.finding.rule, origin(each.file), squeeze(each.code)].join("\0"),
    (each) => [each.finding.rule, each.finding.fn, squeeze(each.code)].join("\0"),
    (each) => [each.finding.rule, each.finding.resource, squeeze(each.code)].join("\0"),
  ];
  const left = new Set(state.findings);
  for (const key of keys) {
    const now = new Map<string, PlacedFinding[]>();
    for (const each of left) add(now, key(each, state.origin), each);
    const then = new Map<string, Chain[]>();
    for (const chain of open) if (!pairs.has(chain)) add(then, key(chain.last, before.origin), chain);
    for (const [name, chains] of then) {
      const found = now.get(name) ?? [];
      const [chain] = chains;
      const [finding] = found;
      if (chain === undefined || finding === undefined || chains.length !== 1 || found.length !== 1) continue;
      pairs.set(chain, finding);
      left.delete(finding);
    }
  }
  return pairs;
}

const squeeze = (code: string): string => code.trim().replace(/\s+/g, " ");

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
