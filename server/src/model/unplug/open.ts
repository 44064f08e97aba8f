// When a buffer is open: the condition on shared state under which the map callback, run alone, can begin a mapping. Found by running the callback symbolically.
import type { UnplugNames } from "./names.ts";
import type { E, Proc, SkeletonSet } from "./skeleton.ts";

/** Paths through the callback, and steps on all of them together; real callbacks need under ten and under a hundred. */
const PATHS = 64;
const STEPS = 4000;

const any: E = { k: "any" };
const c = (v: number): E => ({ k: "c", v });
const not = (e: E): E => ({ k: "not", e });
const bin = (l: E, op: Extract<E, { k: "bin" }>["op"], r: E): E => ({ k: "bin", op, l, r });
const and = (...es: readonly E[]): E => es.reduce((l, r) => bin(l, "&&", r));
const or = (...es: readonly E[]): E => es.reduce((l, r) => bin(l, "||", r));

/** The names that the search needs. */
export type OpenNames = Pick<UnplugNames["slots"], "map"> &
  Pick<UnplugNames["acts"], "mapBegin"> &
  Pick<UnplugNames["fields"], "attDmabuf">;

type Registers = ReadonlyMap<string, E>;
interface Frame {
  readonly proc: Proc;
  readonly pc: number;
  readonly registers: Registers;
  /** Where the caller goes on, and the register that gets the result. */
  readonly caller: { readonly frame: Frame; readonly r: string | undefined } | undefined;
}

const unknown = (e: E): boolean =>
  e.k === "any" ||
  (e.k === "bin" ? unknown(e.l) || unknown(e.r) : "o" in e ? unknown(e.o) : "e" in e ? unknown(e.e) : false);

/**
 * The condition for buffer `b` (an object number), as an expression that scenarios may use where the buffer and its private object are live. Undefined where the
 * callback is absent, loops, or has too many paths. What the callback cannot know from shared state (results of actions, unknown arguments) counts as open.
 */
export function openCondition(set: SkeletonSet, names: OpenNames, b: number): E | undefined {
  const map = set.procs[set.slots[names.map] ?? ""];
  if (map === undefined) return undefined;
  const paths: E[] = [];
  let steps = 0;
  let tooMuch = false;
  const attachment: E = { k: "r", r: "$attachment" };

  const value = (e: E, regs: Registers): E => {
    switch (e.k) {
      case "r":
        return e.r === "$attachment" ? e : (regs.get(e.r) ?? any);
      case "f":
      case "count":
      case "empty":
      case "linked":
      case "pred":
      case "live": {
        const o = value(e.o, regs);
        if (e.k === "f" && e.f === names.attDmabuf && o === attachment) return c(b);
        return unknown(o) || o === attachment ? any : { ...e, o };
      }
      case "not":
      case "err":
        return { ...e, e: value(e.e, regs) };
      case "bin":
        return { ...e, l: value(e.l, regs), r: value(e.r, regs) };
      default:
        return e;
    }
  };

  const walk = (start: Frame, known: readonly E[]): void => {
    let frame = start;
    const conditions = [...known];
    const seen = new Set<number>();
    for (;;) {
      if (tooMuch || ++steps > STEPS || paths.length > PATHS) return void (tooMuch = true);
      const i = frame.proc.code[frame.pc];
      const next = (pc: number, registers = frame.registers): void => void (frame = { ...frame, pc, registers });
      if (i === undefined || i.op === "return") {
        if (frame.caller === undefined) return;
        const { frame: back, r } = frame.caller;
        const result = i?.op === "return" && i.e !== undefined ? value(i.e, frame.registers) : c(0);
        frame = {
          ...back,
          pc: back.pc + 1,
          registers: r === undefined ? back.registers : new Map(back.registers).set(r, result),
        };
        continue;
      }
      const give = (r: string | undefined, e: E): void =>
        next(frame.pc + 1, r === undefined ? frame.registers : new Map(frame.registers).set(r, e));
      switch (i.op) {
        case "let":
          give(i.r, value(i.e, frame.registers));
          break;
        case "br": {
          const e = value(i.e, frame.registers);
          if (unknown(e)) walk({ ...frame, pc: i.then }, conditions);
          else {
            walk({ ...frame, pc: i.then }, [...conditions, e]);
            conditions.push(not(e));
          }
          next(i.else);
          break;
        }
        case "switch": {
          const e = value(i.e, frame.registers);
          for (const [v, to] of i.cases)
            walk({ ...frame, pc: to }, unknown(e) ? conditions : [...conditions, bin(e, "==", c(v))]);
          if (!unknown(e)) for (const [v] of i.cases) conditions.push(bin(e, "!=", c(v)));
          next(i.default);
          break;
        }
        case "jmp":
          if (i.to <= frame.pc && seen.has(i.to)) return void (tooMuch = true);
          seen.add(i.to);
          next(i.to);
          break;
        case "choose":
          for (const to of i.to.slice(1)) walk({ ...frame, pc: to }, conditions);
          next(i.to[0] ?? frame.pc + 1);
          break;
        case "next":
          return void (tooMuch = true);
        case "act":
          if (i.act === names.mapBegin) return void paths.push(conditions.length === 0 ? c(1) : and(...conditions));
          give(i.r, any);
          break;
        case "call": {
          const to = set.procs[i.proc ?? set.slots[i.slot ?? ""] ?? ""];
          if (to === undefined) {
            give(i.r, any);
            break;
          }
          const args = new Map(to.params.map((p, n) => [p, value(i.args[n] ?? any, frame.registers)] as const));
          frame = { proc: to, pc: 0, registers: args, caller: { frame, r: i.r } };
          break;
        }
        default:
          give("r" in i ? i.r : undefined, any);
      }
    }
  };
  walk(
    {
      proc: map,
      pc: 0,
      registers: new Map(map.params.map((p, n) => [p, n === 0 ? attachment : any])),
      caller: undefined,
    },
    [],
  );
  if (tooMuch || paths.length === 0) return undefined;
  return or(...paths);
}
