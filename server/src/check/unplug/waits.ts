// wait_event(): the condition stands in a loop around the wait. The wait gets it as one expression, so that whoever waits is seen to be blocked until it holds.
import { mapE, successors } from "../../model/unplug/walk.ts";
import { anyIn } from "./tidy.ts";
import { any, c } from "./values.ts";
import type { E, Ins, Proc } from "../../model/unplug/skeleton.ts";

/** Instructions between the head of the loop and the wait; a condition has few. */
const CONDITION = 60;

/** The code with its waits' conditions. A condition that does more than look stays open: the wait then protects nothing. */
export function withConditions(code: readonly Ins[], procs: ReadonlyMap<string, Proc>): Ins[] {
  return code.map((i, index) => (i.op === "await" ? { ...i, e: conditionOf(code, index, procs) } : i));
}

function conditionOf(code: readonly Ins[], wait: number, procs: ReadonlyMap<string, Proc>): E {
  const head = headOf(code, wait);
  if (head === undefined) return any;
  const leads = reaching(code, wait, head);
  const out = (index: number): E | undefined => (index === wait ? c(0) : leads.has(index) ? undefined : c(1));
  return anyIn(formula({ code, out, procs, budget: { left: CONDITION } }, head, new Map()));
}

interface Region {
  readonly code: readonly Ins[];
  /** What the region comes to at an instruction that is not its own. */
  readonly out: (index: number) => E | undefined;
  readonly procs: ReadonlyMap<string, Proc>;
  readonly budget: { left: number };
}

/** What code that only looks comes to, as one expression: its truth. */
function formula(region: Region, index: number, known: ReadonlyMap<string, E>): E {
  const outside = region.out(index);
  if (outside !== undefined) return outside;
  const i = region.code[index];
  if (i === undefined || region.budget.left-- <= 0) return any;
  const now = (e: E): E => anyIn(mapE(e, (n) => (n.k === "r" ? (known.get(n.r) ?? n) : n)));
  switch (i.op) {
    case "let":
      return formula(region, index + 1, new Map([...known, [i.r, now(i.e)]]));
    case "jmp":
      return formula(region, i.to, known);
    case "br":
      return either(now(i.e), formula(region, i.then, known), formula(region, i.else, known));
    case "return":
      return i.e === undefined ? any : now(i.e);
    case "call": {
      const callee = i.proc === undefined ? undefined : region.procs.get(i.proc);
      if (callee === undefined) return any;
      const passed = new Map(callee.params.map((p, n) => [p, now(i.args[n] ?? any)] as const));
      const value = formula({ ...region, code: callee.code, out: () => undefined }, 0, passed);
      return formula(region, index + 1, i.r === undefined ? known : new Map([...known, [i.r, value]]));
    }
    default:
      return any;
  }
}

/** `then` where the test holds, else `otherwise`. */
function either(e: E, then: E, otherwise: E): E {
  const negated: E = e.k === "not" ? e.e : { k: "not", e };
  const both = (op: "&&" | "||", l: E, r: E): E => ({ k: "bin", op, l, r });
  if (then.k === "c") {
    if (otherwise.k === "c") return then.v === otherwise.v ? then : then.v !== 0 ? e : negated;
    return then.v !== 0 ? both("||", e, otherwise) : both("&&", negated, otherwise);
  }
  if (otherwise.k === "c") return otherwise.v !== 0 ? both("||", negated, then) : both("&&", e, then);
  return both("||", both("&&", e, then), both("&&", negated, otherwise));
}

/** Where the loop around the wait begins: where the ways on from the wait come back to it. */
function headOf(code: readonly Ins[], wait: number): number | undefined {
  const seen = new Set<number>();
  let at = wait + 1;
  // Straight on, past the test of how the wait ended: its last arm goes round again.
  while (!seen.has(at)) {
    seen.add(at);
    const i = code[at];
    if (i === undefined) return undefined;
    if (i.op === "jmp") {
      if (i.to <= wait) return i.to;
      at = i.to;
    } else if (i.op === "br") {
      const back = [i.then, i.else].find((t) => t <= wait);
      if (back !== undefined) return back;
      at = i.else;
    } else if (i.op === "let") at++;
    else return undefined;
  }
  return undefined;
}

/** Instructions from which the wait is reached without going round. */
function reaching(code: readonly Ins[], wait: number, head: number): ReadonlySet<number> {
  const out = new Set<number>([wait]);
  for (let changed = true; changed;) {
    changed = false;
    for (const index of code.keys()) {
      if (out.has(index) || index === wait) continue;
      if (!successors(code, index).some((s) => s !== head && out.has(s))) continue;
      out.add(index);
      changed = true;
    }
  }
  return out;
}
