// A structured way of writing procedures by hand: statements with if, loop and goto, flattened to the instruction list that the machine runs.
// Used by the environment, the contracts and the hand-written skeletons of the tests.
import type { E, FieldId, Ins, LockMode, Proc } from "../../model/unplug/skeleton.ts";

/** One statement. Instructions that name no target are themselves; the others are written as structure. */
export type Stmt =
  | { readonly s: "ins"; readonly ins: Ins }
  | { readonly s: "if"; readonly e: E; readonly then: readonly Stmt[]; readonly else: readonly Stmt[] }
  | { readonly s: "loop"; readonly body: readonly Stmt[] }
  | { readonly s: "each"; readonly r: string; readonly f: FieldId; readonly owner: E; readonly body: readonly Stmt[] }
  | { readonly s: "choose"; readonly arms: readonly (readonly Stmt[])[] }
  | { readonly s: "break" }
  | { readonly s: "continue" }
  | { readonly s: "label"; readonly name: string }
  | { readonly s: "goto"; readonly name: string }
  /** A named stretch, so that tests can change it. */
  | { readonly s: "tag"; readonly name: string; readonly body: readonly Stmt[] };

/** Changes to tagged stretches: name → what stands there instead. */
export type Edits = Readonly<Record<string, readonly Stmt[]>>;

export const c = (v: number): E => ({ k: "c", v });
export const r = (name: string): E => ({ k: "r", r: name });
export const f = (id: FieldId, o: E): E => ({ k: "f", f: id, o });
export const not = (e: E): E => ({ k: "not", e });
export const isErr = (e: E): E => ({ k: "err", e });
export const count = (id: FieldId, o: E): E => ({ k: "count", f: id, o });
export const pred = (p: string, o: E): E => ({ k: "pred", p, o });
export const any: E = { k: "any" };
type BinOp = Extract<E, { k: "bin" }>["op"];
export const bin = (l: E, op: BinOp, right: E): E => ({ k: "bin", op, l, r: right });
export const eq = (l: E, right: E): E => bin(l, "==", right);
export const ne = (l: E, right: E): E => bin(l, "!=", right);
export const and = (...es: readonly E[]): E => es.reduce((l, right) => bin(l, "&&", right));
export const or = (...es: readonly E[]): E => es.reduce((l, right) => bin(l, "||", right));

export const ins = (i: Ins): Stmt => ({ s: "ins", ins: i });
export const set = (reg: string, e: E): Stmt => ins({ op: "let", r: reg, e });
export const store = (id: FieldId, o: E, e: E): Stmt => ins({ op: "store", f: id, o, e });
export const lock = (id: FieldId, o: E, mode: LockMode = "write"): Stmt =>
  ins({ op: "lock", f: id, o, mode, how: "wait" });
export const trylock = (id: FieldId, o: E, mode: LockMode, reg: string): Stmt =>
  ins({ op: "lock", f: id, o, mode, how: "try", r: reg });
export const unlock = (id: FieldId, o: E, mode: LockMode = "write"): Stmt => ins({ op: "unlock", f: id, o, mode });
export const assertHeld = (id: FieldId, o: E, mode: LockMode = "write"): Stmt =>
  ins({ op: "assertHeld", f: id, o, mode });
export const countInit = (id: FieldId, o: E, value = 1): Stmt => ins({ op: "count", do: "init", f: id, o, value });
export const countGet = (id: FieldId, o: E): Stmt => ins({ op: "count", do: "get", f: id, o });
export const countPut = (id: FieldId, o: E, reg?: string): Stmt =>
  ins({ op: "count", do: "put", f: id, o, ...(reg === undefined ? {} : { r: reg }) });
/** atomic_inc and atomic_dec of a plain counter. */
export const atomicGet = (id: FieldId, o: E): Stmt => ins({ op: "count", do: "get", f: id, o, loose: true });
export const atomicPut = (id: FieldId, o: E): Stmt => ins({ op: "count", do: "put", f: id, o, loose: true });
export const countTry = (id: FieldId, o: E, reg: string): Stmt =>
  ins({ op: "count", do: "getUnlessZero", f: id, o, r: reg });
export const complete = (id: FieldId, o: E): Stmt => ins({ op: "complete", f: id, o });
export const reinit = (id: FieldId, o: E): Stmt => ins({ op: "reinit", f: id, o });
export const waitDone = (id: FieldId, o: E): Stmt => ins({ op: "waitDone", f: id, o, how: "forever" });
export const awaitFor = (e: E): Stmt => ins({ op: "await", e, how: "forever" });
export const link = (id: FieldId, o: E, owner: E): Stmt => ins({ op: "link", f: id, o, owner });
export const unlink = (id: FieldId, o: E, init = false): Stmt => ins({ op: "unlink", f: id, o, init });
export const alloc = (cls: string, reg: string): Stmt => ins({ op: "alloc", cls, r: reg });
export const free = (cls: string, o: E): Stmt => ins({ op: "free", cls, o });
export const disturb = (p: string, o: E): Stmt => ins({ op: "disturb", p, o });
export const act = (
  name: string,
  args: readonly E[],
  more: { readonly opt?: Readonly<Record<string, string | number | boolean>>; readonly r?: string } = {},
): Stmt => ins({ op: "act", act: name, args, ...more });
export const call = (proc: string, args: readonly E[], reg?: string): Stmt =>
  ins({ op: "call", proc, args, ...(reg === undefined ? {} : { r: reg }) });
export const callSlot = (slot: string, args: readonly E[], reg?: string, absent = 0): Stmt =>
  ins({ op: "call", slot, args, absent, ...(reg === undefined ? {} : { r: reg }) });
export const ret = (e?: E): Stmt => ins(e === undefined ? { op: "return" } : { op: "return", e });
export const when = (e: E, then: readonly Stmt[], otherwise: readonly Stmt[] = []): Stmt => ({
  s: "if",
  e,
  then,
  else: otherwise,
});
export const loop = (...body: readonly Stmt[]): Stmt => ({ s: "loop", body });
/** list_for_each_entry_safe: the next object is looked up by number, so the body may unlink the current one. */
export const each = (reg: string, id: FieldId, owner: E, body: readonly Stmt[]): Stmt => ({
  s: "each",
  r: reg,
  f: id,
  owner,
  body,
});
export const choose = (...arms: readonly (readonly Stmt[])[]): Stmt => ({ s: "choose", arms });
export const brk: Stmt = { s: "break" };
export const cont: Stmt = { s: "continue" };
export const label = (name: string): Stmt => ({ s: "label", name });
export const goto = (name: string): Stmt => ({ s: "goto", name });
export const tag = (name: string, ...body: readonly Stmt[]): Stmt => ({ s: "tag", name, body });

interface Flat {
  readonly code: Ins[];
  readonly labels: Map<string, number>;
  readonly gotos: { at: number; name: string }[];
  readonly used: Set<string>;
}

/**
 * Flattens statements into a procedure. Every instruction gets `at.fn`, the procedure's C function. An edit that names no tag of any procedure is the caller's
 * mistake and shows in `unusedEdits`.
 */
export function proc(
  name: string,
  params: readonly string[],
  body: readonly Stmt[],
  edits: Edits = {},
  seen: Set<string> = new Set(),
): Proc {
  const flat: Flat = { code: [], labels: new Map(), gotos: [], used: seen };
  flatten(body, flat, edits, undefined);
  flat.code.push({ op: "return" });
  for (const { at, name: target } of flat.gotos) {
    const to = flat.labels.get(target);
    if (to === undefined) throw new Error(`${name}: no label ${target}`);
    flat.code[at] = { op: "jmp", to };
  }
  const code = flat.code.map((i): Ins => ({ ...i, at: { fn: name, ...i.at } }));
  return { name, params, code, fn: name };
}

/** Edits that no procedure used. */
export const unusedEdits = (edits: Edits, seen: ReadonlySet<string>): readonly string[] =>
  Object.keys(edits).filter((k) => !seen.has(k));

interface Loop {
  readonly continueTo: number;
  readonly breaks: number[];
}

function flatten(body: readonly Stmt[], out: Flat, edits: Edits, inLoop: Loop | undefined): void {
  const code = out.code;
  const hole = (): number => code.push({ op: "jmp", to: 0 }) - 1;
  const land = (at: number): void => void (code[at] = { op: "jmp", to: code.length });
  for (const s of body) {
    switch (s.s) {
      case "ins":
        code.push(s.ins);
        break;
      case "if": {
        const at = hole();
        flatten(s.then, out, edits, inLoop);
        if (s.else.length === 0) {
          code[at] = { op: "br", e: s.e, then: at + 1, else: code.length };
          break;
        }
        const end = hole();
        code[at] = { op: "br", e: s.e, then: at + 1, else: code.length };
        flatten(s.else, out, edits, inLoop);
        land(end);
        break;
      }
      case "loop":
      case "each": {
        if (s.s === "each") code.push({ op: "let", r: s.r, e: c(0) });
        const start = code.length;
        const here: Loop = { continueTo: start, breaks: [] };
        const head = s.s === "each" ? hole() : -1;
        flatten(s.body, out, edits, here);
        code.push({ op: "jmp", to: start });
        if (s.s === "each") code[head] = { op: "next", r: s.r, f: s.f, owner: s.owner, done: code.length };
        for (const b of here.breaks) land(b);
        break;
      }
      case "choose": {
        const at = hole();
        const starts: number[] = [];
        const ends: number[] = [];
        for (const arm of s.arms) {
          starts.push(code.length);
          flatten(arm, out, edits, inLoop);
          ends.push(hole());
        }
        code[at] = { op: "choose", to: starts };
        for (const e of ends) land(e);
        break;
      }
      case "break":
        inLoop?.breaks.push(hole());
        break;
      case "continue":
        if (inLoop !== undefined) code.push({ op: "jmp", to: inLoop.continueTo });
        break;
      case "label":
        out.labels.set(s.name, code.length);
        break;
      case "goto":
        out.gotos.push({ at: hole(), name: s.name });
        break;
      case "tag":
        out.used.add(s.name);
        flatten(edits[s.name] ?? s.body, out, edits, inLoop);
        break;
    }
  }
}
