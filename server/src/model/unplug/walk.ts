// Walking skeleton code: the expressions and jump targets of an instruction, read or replaced. Shared by linking, simplifying, editing and printing.
import type { E, Ins } from "./skeleton.ts";

/** The expression with `f` applied bottom-up to every node. */
export function mapE(e: E, f: (e: E) => E): E {
  switch (e.k) {
    case "c":
    case "r":
    case "any":
      return f(e);
    case "f":
    case "count":
    case "empty":
    case "linked":
    case "pred":
    case "live":
      return f({ ...e, o: mapE(e.o, f) });
    case "not":
    case "err":
      return f({ ...e, e: mapE(e.e, f) });
    case "bin":
      return f({ ...e, l: mapE(e.l, f), r: mapE(e.r, f) });
  }
}

/** Every node of the expression, outermost first. */
export function* nodes(e: E): Generator<E> {
  yield e;
  if ("o" in e) yield* nodes(e.o);
  else if (e.k === "not" || e.k === "err") yield* nodes(e.e);
  else if (e.k === "bin") {
    yield* nodes(e.l);
    yield* nodes(e.r);
  }
}

/** Does the node itself look at shared state? */
export const isShared = (e: E): boolean => "o" in e;

/** Does the expression look at shared state anywhere? */
export function readsShared(e: E): boolean {
  for (const n of nodes(e)) if (isShared(n)) return true;
  return false;
}

/** The registers that the expression reads. */
export function registersOf(e: E): string[] {
  const out: string[] = [];
  for (const n of nodes(e)) if (n.k === "r") out.push(n.r);
  return out;
}

/** The instruction with every expression in it replaced. Registers that it writes stay. */
export function mapExpressions(i: Ins, f: (e: E) => E): Ins {
  switch (i.op) {
    case "let":
    case "br":
    case "switch":
    case "check":
    case "await":
      return { ...i, e: f(i.e) };
    case "store":
      return { ...i, o: f(i.o), e: f(i.e) };
    case "lock":
    case "unlock":
    case "assertHeld":
    case "grace":
    case "count":
    case "complete":
    case "reinit":
    case "waitDone":
    case "unlink":
    case "free":
    case "disturb":
      return { ...i, o: f(i.o) };
    case "link":
      return { ...i, o: f(i.o), owner: f(i.owner) };
    case "next":
      return { ...i, owner: f(i.owner) };
    case "act":
    case "call":
      return { ...i, args: i.args.map(f) };
    case "return":
      return i.e === undefined ? i : { ...i, e: f(i.e) };
    case "jmp":
    case "choose":
    case "alloc":
      return i;
  }
}

/** The instruction's expressions, in the order in which they are evaluated. */
export function expressionsOf(i: Ins): E[] {
  const out: E[] = [];
  mapExpressions(i, (e) => {
    out.push(e);
    return e;
  });
  return out;
}

/** The register that the instruction writes, if any. */
export function written(i: Ins): string | undefined {
  return "r" in i ? i.r : undefined;
}

/** The registers that the instruction reads. */
export function used(i: Ins): string[] {
  const out = expressionsOf(i).flatMap(registersOf);
  if (i.op === "next") out.push(i.r);
  return out;
}

/** The instruction with register names replaced, read and written ones. */
export function renameRegisters(i: Ins, name: (r: string) => string): Ins {
  const moved = mapExpressions(i, (e) => mapE(e, (n) => (n.k === "r" ? { k: "r", r: name(n.r) } : n)));
  return "r" in moved && moved.r !== undefined ? { ...moved, r: name(moved.r) } : moved;
}

/** Where the instruction may jump, besides falling to the next one. */
export function targets(i: Ins): readonly number[] {
  switch (i.op) {
    case "jmp":
      return [i.to];
    case "br":
      return [i.then, i.else];
    case "choose":
      return i.to;
    case "switch":
      return [...i.cases.map((c) => c[1]), i.default];
    case "next":
      return [i.done];
    default:
      return [];
  }
}

/** The instruction with its jump targets replaced. */
export function retarget(i: Ins, to: (target: number) => number): Ins {
  switch (i.op) {
    case "jmp":
      return { ...i, to: to(i.to) };
    case "br":
      return { ...i, then: to(i.then), else: to(i.else) };
    case "choose":
      return { ...i, to: i.to.map(to) };
    case "switch":
      return { ...i, cases: i.cases.map(([v, t]) => [v, to(t)] as const), default: to(i.default) };
    case "next":
      return { ...i, done: to(i.done) };
    default:
      return i;
  }
}

/** Does control fall to the next instruction? */
export function falls(i: Ins): boolean {
  return i.op !== "jmp" && i.op !== "br" && i.op !== "choose" && i.op !== "switch" && i.op !== "return";
}

/** The instructions that may run after the one at `index`. An index past the end is the procedure's end. */
export function successors(code: readonly Ins[], index: number): readonly number[] {
  const i = code[index];
  if (i === undefined) return [];
  return falls(i) ? [index + 1, ...targets(i)] : targets(i);
}
