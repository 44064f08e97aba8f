// Tests that go together: a comparison of a parameter that is made in several places comes out the same in all of them. The machine only remembers the outcome
// of a test for a register that is tested alone, so such a procedure is split by the outcome, or its parameter given the values that matter.
import { LAST_SMALL, c } from "./values.ts";
import { lookAt } from "./look.ts";
import { retarget } from "../../model/unplug/walk.ts";
import type { E, Ins, Proc } from "../../model/unplug/skeleton.ts";

/** A procedure is split by so many tests at most, each of which doubles it. */
const SPLITS = 2;
/** Procedures longer than this are not split. */
const SPLIT_SIZE = 400;
/** A parameter gets so many different values at most. */
const VALUES = 8;

const bare = (e: E): E => (e.k === "not" ? bare(e.e) : e);

/** The code once for each outcome of the tests on parameters that it makes more than once. */
export function split(p: Proc): Proc {
  let code = p.code;
  for (let n = 0; n < SPLITS && code.length <= SPLIT_SIZE; n++) {
    const test = sharedTest(code, p.params);
    if (test === undefined) break;
    const key = JSON.stringify(test);
    const decide = (e: E, outcome: number): E =>
      e.k === "not" ? { k: "not", e: decide(e.e, outcome) } : JSON.stringify(e) === key ? c(outcome) : e;
    const copy = (outcome: number, at: number): Ins[] =>
      code.map((i): Ins => retarget(i.op === "br" ? { ...i, e: decide(i.e, outcome) } : i, (t) => t + at));
    const size = code.length;
    const first: Ins = { op: "br", e: test, then: 1, else: 1 + size };
    code = [first, ...copy(1, 1), ...copy(0, 1 + size)];
  }
  return code === p.code ? p : { ...p, code };
}

function sharedTest(code: readonly Ins[], params: readonly string[]): E | undefined {
  const set = new Set(code.flatMap((i) => lookAt(i).writes ?? []));
  const fixed = (e: E): boolean => {
    if (e.k === "c") return true;
    if (e.k === "r") return params.includes(e.r) && !set.has(e.r);
    if (e.k === "bin") return fixed(e.l) && fixed(e.r);
    return (e.k === "not" || e.k === "err") && fixed(e.e);
  };
  const times = new Map<string, number>();
  for (const [index, i] of code.entries()) {
    if (i.op !== "br" || index === 0) continue;
    const e = bare(i.e);
    // A register that is tested alone is remembered by the machine.
    if (e.k === "r" || e.k === "c" || !fixed(e)) continue;
    const key = JSON.stringify(e);
    const n = (times.get(key) ?? 0) + 1;
    if (n > 1) return e;
    times.set(key, n);
  }
  return undefined;
}

/** Gives parameters that several procedures compare with constants the values around those constants, one after the other. */
export function withValues(
  procs: ReadonlyMap<string, Proc>,
  name: string,
  open: (param: string) => boolean,
): Proc | undefined {
  const p = procs.get(name);
  if (p === undefined) return undefined;
  let code: readonly Ins[] = p.code;
  for (const param of p.params) {
    if (!open(param)) continue;
    const found: number[] = [];
    const tests = comparisons(procs, p, param, found, new Set());
    if (tests < 2) continue;
    const values = [...new Set(found.flatMap((n) => [n - 1, n, n + 1]).filter((n) => n >= 0 && n <= LAST_SMALL))].sort(
      (a, b) => a - b,
    );
    if (values.length > VALUES) continue;
    const arms: Ins[] = values.flatMap((v): Ins[] => [
      { op: "let", r: param, e: c(v) },
      { op: "jmp", to: 1 + 2 * values.length },
    ]);
    const head: Ins = { op: "choose", to: values.map((_, n) => 1 + 2 * n) };
    const offset = 1 + arms.length;
    code = [head, ...arms, ...code.map((i) => retarget(i, (t) => t + offset))];
  }
  return code === p.code ? undefined : { ...p, code: [...code] };
}

/** How often a parameter is compared with a constant, by the procedure or by whom it passes it on to; the constants are appended to `found`. */
function comparisons(
  procs: ReadonlyMap<string, Proc>,
  p: Proc,
  param: string,
  found: number[],
  seen: Set<string>,
): number {
  const key = `${p.name}\0${param}`;
  if (seen.has(key)) return 0;
  seen.add(key);
  let tests = 0;
  const visit = (e: E): void => {
    if (e.k === "not" || e.k === "err") visit(e.e);
    if (e.k !== "bin") return;
    const other = e.l.k === "r" && e.l.r === param ? e.r : e.r.k === "r" && e.r.r === param ? e.l : undefined;
    if (other?.k === "c" && other.v <= LAST_SMALL) {
      tests++;
      found.push(other.v);
    }
    visit(e.l);
    visit(e.r);
  };
  for (const i of p.code) {
    if (i.op === "br" || i.op === "let") visit(i.e);
    if (i.op !== "call" || i.proc === undefined) continue;
    const callee = procs.get(i.proc);
    for (const [n, a] of i.args.entries()) {
      const inner = callee?.params[n];
      if (callee !== undefined && inner !== undefined && a.k === "r" && a.r === param)
        tests += comparisons(procs, callee, inner, found, seen);
    }
  }
  return tests;
}
