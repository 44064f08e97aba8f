// Skeletons for people: expressions, instructions and whole procedures as text. Deterministic, so that listings can be compared.
import type { E, Ins, Proc } from "./skeleton.ts";
import { ANY, ERR, MANY } from "./skeleton.ts";

/** A model value. */
export function printValue(v: number): string {
  return v === ANY ? "any" : v === ERR ? "error" : v === MANY ? "many" : String(v);
}

/** A register without the marks that inlining adds ("ret.3" → "ret", "arg.vdev" → "vdev"). */
const printRegister = (r: string): string => r.replace(/^arg\./, "").replace(/\.\d+$/, "");

/** The member of a "struct.field". */
export const member = (f: string): string => f.slice(f.indexOf(".") + 1);

/** An expression, C-like. */
export function printE(e: E): string {
  switch (e.k) {
    case "c":
      return printValue(e.v);
    case "r":
      return printRegister(e.r);
    case "any":
      return "any";
    case "f":
      return `${printE(e.o)}->${member(e.f)}`;
    case "count":
      return `count(${printE(e.o)}->${member(e.f)})`;
    case "empty":
      return `empty(${printE(e.o)}, ${e.f})`;
    case "linked":
      return `linked(${printE(e.o)}->${member(e.f)})`;
    case "live":
      return `live(${e.cls} ${printE(e.o)})`;
    case "pred":
      return `${e.p}(${printE(e.o)})`;
    case "not":
      return `!${printE(e.e)}`;
    case "err":
      return `IS_ERR(${printE(e.e)})`;
    case "bin":
      return `(${printE(e.l)} ${e.op} ${printE(e.r)})`;
  }
}

const result = (r: string | undefined): string => (r === undefined ? "" : `${printRegister(r)} = `);

/** One instruction. Targets are printed as "→ n". */
export function printIns(i: Ins): string {
  const cell = (x: { readonly f: string; readonly o: E }): string => `${printE(x.o)}->${member(x.f)}`;
  switch (i.op) {
    case "let":
      return `${printRegister(i.r)} = ${printE(i.e)}`;
    case "store":
      return `${cell(i)} = ${printE(i.e)}`;
    case "br":
      return `if ${printE(i.e)} → ${i.then} else → ${i.else}`;
    case "jmp":
      return `→ ${i.to}`;
    case "choose":
      return `choose → ${i.to.join(" | ")}`;
    case "switch":
      return `switch ${printE(i.e)} ${i.cases.map(([v, t]) => `${printValue(v)} → ${t}`).join(", ")} default → ${i.default}`;
    case "lock":
      return `${result(i.r)}lock ${cell(i)} (${i.mode}${i.how === "wait" ? "" : `, ${i.how}`})`;
    case "unlock":
      return `unlock ${cell(i)} (${i.mode})`;
    case "assertHeld":
      return `assert held ${cell(i)} (${i.mode})`;
    case "grace":
      return `grace period of ${cell(i)}`;
    case "count":
      return `${result(i.r)}${i.do} ${cell(i)}${i.do === "init" ? ` = ${i.value ?? 1}` : ""}`;
    case "complete":
      return `complete${i.all === true ? " all" : ""} ${cell(i)}`;
    case "reinit":
      return `reinit ${cell(i)}`;
    case "waitDone":
      return `${result(i.r)}wait for ${cell(i)}${i.how === "forever" ? "" : ` (${i.how})`}`;
    case "await":
      return `${result(i.r)}wait until ${printE(i.e)}${i.how === "forever" ? "" : ` (${i.how})`}`;
    case "link":
      return `link ${cell(i)} to ${printE(i.owner)}`;
    case "unlink":
      return `unlink ${cell(i)}${i.init ? " (init)" : ""}`;
    case "next":
      return `${printRegister(i.r)} = next of ${printE(i.owner)} by ${i.f}, none → ${i.done}`;
    case "alloc":
      return `${printRegister(i.r)} = alloc ${i.cls}${i.noFail === true ? " (cannot fail)" : ""}`;
    case "free":
      return `free ${i.cls} ${printE(i.o)}`;
    case "disturb":
      return `disturb ${i.p}(${printE(i.o)})`;
    case "act": {
      const opt = Object.entries(i.opt ?? {}).map(([k, v]) => `${k}: ${String(v)}`);
      return `${result(i.r)}${i.act}(${[...i.args.map(printE), ...opt].join(", ")})`;
    }
    case "call":
      return `${result(i.r)}call ${i.proc ?? `slot ${i.slot ?? "?"}`}(${i.args.map(printE).join(", ")})`;
    case "return":
      return i.e === undefined ? "return" : `return ${printE(i.e)}`;
    case "check":
      return `check ${printE(i.e)} (${i.what})`;
  }
}

/** A procedure as a numbered listing, one instruction per line. */
export function printProc(p: Proc): string {
  const width = String(Math.max(0, p.code.length - 1)).length;
  const lines = p.code.map((i, n) => `  ${String(n).padStart(width)}  ${printIns(i)}`);
  return [`${p.name}(${p.params.join(", ")})`, ...lines].join("\n") + "\n";
}
