// One function along all of its paths: a worklist over ⟨block, state⟩. States whose resources are in different phases never merge.
import type { FunctionFacts, Terminator, Value } from "../../facts/facts.ts";
import { boundArguments } from "../../facts/macros.ts";
import type { Span } from "../../base/span.ts";
import { call } from "./calls.ts";
import type { Calls } from "./calls.ts";
import { decide } from "./events.ts";
import { addressOf, newFrame, tempAddress, valueOf } from "./frame.ts";
import type { Frame } from "./frame.ts";
import { NEG, POS, ZERO, learn, truth } from "./knowledge.ts";
import { MAX_SPLIT, MAX_STATES, MAX_VISITS, MAX_WORK } from "./limits.ts";
import {
  copyState,
  forget,
  forgetRound,
  handOver,
  isLocal,
  keep,
  merge,
  newState,
  sameState,
  signatureOf,
  write,
} from "./state.ts";
import type { State } from "./state.ts";
import { shapeOf } from "./shape.ts";
import { rootOf } from "./term.ts";
import type { Term, Terms } from "./term.ts";

export interface Ending {
  readonly state: State;
  readonly value: Term | undefined;
  readonly span: Span;
}

export interface Run {
  readonly fn: FunctionFacts;
  readonly endings: readonly Ending[];
  /** Why not all paths were walked; undefined where they were. */
  readonly cut: string | undefined;
  readonly visits: number;
}

/** What happens to values on the way that the settlement wants to hear of. */
export interface Listener {
  stored(f: Frame, s: State, at: Term, value: Term, place: Value, span: Span): void;
}

interface Node {
  /** Signature → the state that stands for all with it, and what each way in brought last. */
  readonly states: Map<string, { state: State; readonly ways: Map<string, State> }>;
}

/** Walks a function. The budget cuts it short, and says so. */
export function run(C: Calls, fn: FunctionFacts, listener?: Listener): Run {
  const { T } = C;
  const f = newFrame(T, fn);
  const nodes: Node[] = fn.blocks.map(() => ({ states: new Map() }));
  const queue: { block: number; signature: string }[] = [];
  const queued = new Set<string>();
  const shape = shapeOf(fn, (block) => releasedIn(C, f, block));
  fn.blocks.forEach(({ effects }, b) => {
    if (shape.inLoop(b)) for (const e of effects) if (e.kind === "call") f.looped.add(e.span.start);
  });
  const endings: Ending[] = [];
  const ended = new Map<string, number>();
  let cut: string | undefined;
  let visits = 0;
  let work = 0;

  function enqueue(block: number, signature: string): void {
    const key = `${block} ${signature}`;
    if (queued.has(key)) return;
    queued.add(key);
    queue.push({ block, signature });
  }

  /** `way`: where the path comes from. What it brought before is replaced; only a loop's head keeps what it had. */
  function arrive(block: number, s: State, way: string, from: number): void {
    const node = nodes[block];
    if (node === undefined) return;
    const over = shape.leaves(from, block);
    if (over.size > 0)
      s.resources = s.resources.filter(
        (r) => !over.has(r.spec.model.id) || !(r.stored || r.cells.length > 0 || r.spec.lent),
      );
    const head = shape.heads.has(block);
    if (head) {
      forgetRound(T, block, s);
      // What another round releases is another one.
      if (way !== "entry" && s.resources.some((r) => r.foreign)) s.resources = s.resources.filter((r) => !r.foreign);
    }
    const signature = signatureOf(s);
    const known = node.states.get(signature);
    if (known === undefined) {
      if (node.states.size >= MAX_STATES) {
        cut = `more than ${MAX_STATES} combinations of phases`;
        return;
      }
      node.states.set(signature, { state: s, ways: new Map([[way, s]]) });
      enqueue(block, signature);
      return;
    }
    if (head) {
      if (merge(T, block, known.state, s)) enqueue(block, signature);
      return;
    }
    known.ways.set(way, s);
    const [one, ...others] = known.ways.values();
    if (one === undefined) return;
    const all = others.length === 0 ? one : copyState(one);
    for (const other of others) merge(T, block, all, copyState(other));
    if (sameState(all, known.state)) return;
    known.state = all;
    enqueue(block, signature);
  }

  const first = newState();
  fn.params.forEach((p, i) => {
    if (p.name !== "") first.env.set(T.local(p.name, f.key), T.param(i, p.name));
  });
  arrive(0, first, "entry", -1);
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    queued.delete(`${at.block} ${at.signature}`);
    if (++visits > MAX_VISITS || work > MAX_WORK) {
      cut = `more than ${MAX_VISITS} steps`;
      break;
    }
    const known = nodes[at.block]?.states.get(at.signature)?.state;
    const block = fn.blocks[at.block];
    if (known === undefined || block === undefined) continue;
    let states: readonly State[] = [copyState(known)];
    for (const effect of block.effects) {
      work += states.length;
      if (states.length > MAX_SPLIT) states = together(T, -1 - effect.span.start, states);
      states = states.flatMap((s): readonly State[] => {
        switch (effect.kind) {
          case "call":
            return call(C, f, s, effect);
          case "assign":
            assign(C, f, s, effect.to, effect.value, effect.span, listener);
            return [s];
          case "decl":
            forget(T, s, T.local(effect.name, f.key), "new");
            return [s];
          case "gap":
            // Whatever it mentions may have been done.
            s.resources = [];
            return [s];
        }
      });
    }
    states.forEach((s, n) => leave(s, block.end, at.block, `${at.block} ${n} ${at.signature}`));
  }
  return { fn, endings, cut, visits };

  function leave(s: State, end: Terminator, block: number, way: string): void {
    switch (end.kind) {
      case "goto":
        return arrive(end.to, s, way, block);
      case "branch": {
        const cond = valueOf(f, s, end.cond);
        const known = truth(s.facts, cond);
        for (const [holds, to, other] of [
          [true, end.then, end.else],
          [false, end.else, end.then],
        ] as const) {
          if (known === !holds) continue;
          // A loop that counts from zero is taken to run at least once: that there is nothing to do is no way to lose anything.
          if (!holds && known === undefined && shape.heads.has(block) && isFirstRound(cond)) continue;
          const t = copyState(s);
          if (!assume(C, t, cond, holds)) continue;
          if (known === undefined) {
            decided(t, end.span, holds);
            if (!isOutcome(cond)) doubt(t, to, other);
          }
          arrive(to, t, `${way} ${holds}`, block);
        }
        return;
      }
      case "switch": {
        const value = valueOf(f, s, end.value);
        const rest = copyState(s);
        let open = true;
        for (const [n, one] of end.cases.entries()) {
          const t = copyState(s);
          if (one.high === undefined) {
            const test = T.bin("==", value, valueOf(f, s, one.low));
            if (!assume(C, t, test, true)) continue;
            if (open && !assume(C, rest, test, false)) open = false;
          }
          arrive(one.to, t, `${way} ${n}`, block);
        }
        if (open) arrive(end.default, rest, `${way} default`, block);
        return;
      }
      case "each": {
        const inside = copyState(s);
        for (const at of boundArguments(end.macro)) {
          const arg = end.args[at];
          const place = arg === undefined ? undefined : addressOf(f, inside, arg);
          if (place !== undefined) inside.env.set(place, T.op(`each ${f.key} ${block} ${place.id}`, "element"));
        }
        const round = T.op(`round ${block}`, "");
        if (inside.env.has(round)) forgetElements(inside, block);
        inside.env.set(round, round);
        arrive(end.body, inside, `${way} body`, block);
        arrive(end.done, s, `${way} done`, block);
        return;
      }
      case "return": {
        if (end.stops === true) return;
        const value = end.value === undefined ? undefined : valueOf(f, s, end.value);
        const key = `${end.span.start} ${signatureOf(s)} ${value?.id ?? 0}`;
        const before = ended.get(key);
        if (before === undefined) {
          ended.set(key, endings.length);
          endings.push({ state: s, value, span: end.span });
        } else endings[before] = { state: s, value, span: end.span };
        return;
      }
    }
  }

  /**
   * A release stands behind a condition that says nothing that is known here, and the path goes on together: the condition tells whether there
   * is anything to release. So where it is skipped there may be nothing, and where it is not, what failed may not be meant.
   */
  function doubt(s: State, to: number, other: number): void {
    const skipped = shape.guarded(other, to);
    const entered = shape.guarded(to, other);
    if (skipped.size === 0 && entered.size === 0) return;
    s.resources = s.resources.filter((r) => {
      const kind = r.spec.model.id;
      if (skipped.has(kind)) return false;
      return !(entered.has(kind) && r.cells.length > 0 && r.phase !== "mapped" && r.phase !== "live");
    });
  }

  /** In the next round of an iterator its variable is another element: what hangs on the one before has no name any more. */
  function forgetElements(s: State, block: number): void {
    const prefix = `each ${f.key} ${block} `;
    for (const [at, value] of [...s.env]) {
      if (isElement(at, prefix)) s.env.delete(at);
      else if (value.k !== "op" && isElement(value, prefix)) s.env.set(at, T.op(`before ${at.id}`, "earlier"));
    }
    for (const fact of [...s.facts.keys()]) if (isElement(fact, prefix)) s.facts.delete(fact);
    s.resources = s.resources.filter((r) => ![...r.roles.values()].some((t) => isElement(t, prefix)));
  }

  function decided(s: State, span: Span, holds: boolean): void {
    s.trace = { prev: s.trace, kind: "test", text: holds ? "holds" : "does not hold", span, fn: fn.name };
  }
}

/** States that came apart within a block, one for each signature again. */
function together(T: Terms, key: number, states: readonly State[]): readonly State[] {
  const found = new Map<string, State>();
  for (const s of states) {
    const signature = signatureOf(s);
    const same = found.get(signature);
    if (same === undefined) found.set(signature, s);
    else merge(T, key, same, s);
  }
  return [...found.values()];
}

/** A test of what a call just returned says how that call went, not whether there is anything to release. */
function isOutcome(cond: Term): boolean {
  if (cond.k === "un") return isOutcome(cond.e);
  if (cond.k === "bin") return (cond.r.k === "num" && isOutcome(cond.l)) || (cond.l.k === "num" && isOutcome(cond.r));
  return cond.k === "op" && cond.name.endsWith("()");
}

/** `0 < n`. */
const isFirstRound = (cond: Term): boolean =>
  cond.k === "bin" && cond.op === "<" && cond.l.k === "num" && cond.l.value === 0 && cond.r.k !== "num";

function isElement(t: Term, prefix: string): boolean {
  if (t.k === "op") return t.key.startsWith(prefix);
  switch (t.k) {
    case "faddr":
      return isElement(t.base, prefix);
    case "iaddr":
      return isElement(t.base, prefix) || isElement(t.index, prefix);
    case "load":
      return isElement(t.at, prefix);
    case "un":
      return isElement(t.e, prefix);
    case "bin":
      return isElement(t.l, prefix) || isElement(t.r, prefix);
    case "pure":
      return t.args.some((a) => isElement(a, prefix));
    default:
      return false;
  }
}

/** Learns the condition; false where the path can't be. Resources whose test that decides move on. */
function assume(C: Calls, s: State, cond: Term, holds: boolean): boolean {
  if (holds && isMisaligned(s, cond)) return false;
  if (!learn(s.facts, cond, holds ? NEG | POS : ZERO)) return false;
  if (holds && isPending(C, cond)) s.resources = s.resources.map((r) => ({ ...r, escaped: true }));
  decide(C, s);
  return true;
}

/** What the API allocates begins on a page: code that looks at low bits of the address finds none. */
function isMisaligned(s: State, cond: Term): boolean {
  if (cond.k !== "bin" || (cond.op !== "&" && cond.op !== "%")) return false;
  return s.resources.some((r) => r.spec.out !== undefined && r.roles.get("cpu") === cond.l);
}

/** A call that says it goes on by itself (-EINPROGRESS) has taken what it was given. */
function isPending(C: Calls, cond: Term): boolean {
  if (cond.k !== "bin" || cond.op !== "==") return false;
  return [cond.l, cond.r].some(
    (t) => t.k === "un" && t.op === "-" && t.e.k === "sym" && C.protocol.vocabulary.pending.includes(t.e.name),
  );
}

function assign(
  C: Calls,
  f: Frame,
  s: State,
  to: Value,
  value: Value,
  span: Span,
  listener: Listener | undefined,
): void {
  const { T } = C;
  const what = valueOf(f, s, value);
  if (to.k === "temp") {
    s.env.set(tempAddress(f, to.id), what);
    if (f.results.has(to.id)) handOver(s, what);
    return;
  }
  const at = addressOf(f, s, to);
  if (at === undefined) return;
  if (value.k === "init") {
    forget(T, s, at, `init ${span.start}`);
    for (const { path, value: part } of value.entries) {
      const place = path.reduce<Term>(
        (base, step) => (step.startsWith("[") ? T.iaddr(base, T.op(step, step)) : T.faddr(base, step)),
        at,
      );
      keep(T, s, place, valueOf(f, s, part));
    }
    return;
  }
  // A struct is copied with what it holds.
  const from = value.k === "deref" || value.k === "name" ? addressOf(f, s, value) : undefined;
  if (from !== undefined && isLocal(from) && !isLocal(at))
    s.resources = s.resources.map((r) => (r.cells.some((c) => rootOf(c) === from) ? { ...r, stored: true } : r));
  if (value.k === "unknown") return forget(T, s, at, `unknown ${span.start}`);
  if (at.k === "var") s.env.set(at, what);
  else {
    write(T, s, at, what);
    listener?.stored(f, s, at, what, to, span);
  }
  keep(T, s, at, what);
}

/** The kinds of which a block releases something, or calls what uses the API at all. */
function releasedIn(C: Calls, f: Frame, block: number): ReadonlySet<string> {
  const found = new Set<string>();
  for (const e of f.fn.blocks[block]?.effects ?? []) {
    if (e.kind !== "call") continue;
    const name = e.callee.k === "name" ? e.callee.name : undefined;
    if (name === undefined) continue;
    const acts = C.protocol.acts.get(name);
    for (const a of acts ?? []) if (a.event === a.spec.release) found.add(a.spec.model.id);
    if (acts === undefined && C.callee(name, f)?.uses === true)
      for (const spec of C.protocol.vocabulary.specs) found.add(spec.model.id);
  }
  return found;
}
