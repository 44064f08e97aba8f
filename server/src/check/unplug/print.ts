// Prints a skeleton set for people: one procedure after another, an instruction a line.
import type { E, Ins, Proc, SkeletonSet } from "../../model/unplug/skeleton.ts";
import { ANY, ERR, MANY } from "../../model/unplug/skeleton.ts";
import { targets } from "../../model/unplug/walk.ts";

/** The whole set. Ends with a newline; the same set gives the same text. */
export function printSkeleton(set: SkeletonSet): string {
  const out: string[] = [`set ${set.name}`];
  out.push(`  device ${set.parts.device}, buffer ${set.parts.buffer}, private ${set.parts.private ?? "-"}`);
  for (const k of set.classes) {
    out.push(
      `class ${k.name} × ${k.count}${k.liveAtStart > 0 ? `, ${k.liveAtStart} live` : ""} (${k.tags.join(", ")})`,
    );
    for (const f of k.fields)
      out.push(
        `  ${f.kind} ${f.id}${f.to === undefined ? "" : ` → ${f.to}`}${f.initial === undefined ? "" : ` = ${value(f.initial)}`}`,
      );
  }
  for (const [name, cls] of Object.entries(set.preds)) out.push(`pred ${name}(${cls})`);
  for (const [slot, proc] of Object.entries(set.slots)) out.push(`slot ${slot} = ${proc}`);
  for (const r of set.roots) out.push(`root ${r.kind} ${r.proc}(${r.params.join(", ")}) via ${r.via}`);
  for (const p of Object.values(set.procs)) out.push("", printProc(p));
  return `${out.join("\n")}\n`;
}

/** One procedure; targets are line numbers, and lines that are jumped to carry theirs. */
export function printProc(p: Proc): string {
  const jumped = new Set(p.code.flatMap((i) => [...targets(i)]));
  const lines = p.code.map((i, n) => `${jumped.has(n) ? String(n).padStart(4) : "    "}  ${printIns(i, n)}`);
  return [`${p.name}(${p.params.join(", ")})`, ...lines].join("\n");
}

const value = (v: number): string => (v === MANY ? "many" : v === ERR ? "err" : v === ANY ? "any" : String(v));

export function printE(e: E): string {
  switch (e.k) {
    case "c":
      return value(e.v);
    case "r":
      return e.r;
    case "f":
      return `${printE(e.o)}→${e.f}`;
    case "not":
      return `!${wrapped(e.e)}`;
    case "err":
      return `err(${printE(e.e)})`;
    case "bin":
      return `${wrapped(e.l)} ${e.op} ${wrapped(e.r)}`;
    case "count":
      return `count(${printE(e.o)}→${e.f})`;
    case "empty":
      return `empty(${e.f} of ${printE(e.o)})`;
    case "linked":
      return `linked(${printE(e.o)}→${e.f})`;
    case "live":
      return `live(${e.cls} ${printE(e.o)})`;
    case "pred":
      return `${e.p}(${printE(e.o)})`;
    case "any":
      return "any";
  }
}

const wrapped = (e: E): string => (e.k === "bin" ? `(${printE(e)})` : printE(e));

const result = (r: string | undefined): string => (r === undefined ? "" : `${r} = `);

function printIns(i: Ins, n: number): string {
  const cell = (f: string, o: E): string => `${printE(o)}→${f}`;
  /** Where control goes; the next line is not named. */
  const go = (t: number): string => (t === n + 1 ? "↓" : String(t));
  switch (i.op) {
    case "let":
      return `${i.r} = ${printE(i.e)}`;
    case "store":
      return `${cell(i.f, i.o)} = ${printE(i.e)}`;
    case "br":
      return `if ${printE(i.e)} ${go(i.then)} else ${go(i.else)}`;
    case "jmp":
      return `goto ${i.to}`;
    case "choose":
      return `choose ${i.to.map(go).join(" | ")}`;
    case "switch":
      return `switch ${printE(i.e)} ${i.cases.map(([v, t]) => `${value(v)}: ${go(t)}`).join(", ")}, else ${go(i.default)}`;
    case "lock":
      return `${result(i.r)}lock ${i.mode}${i.how === "wait" ? "" : ` ${i.how}`} ${cell(i.f, i.o)}`;
    case "unlock":
      return `unlock ${i.mode} ${cell(i.f, i.o)}`;
    case "assertHeld":
      return `assert held ${i.mode} ${cell(i.f, i.o)}`;
    case "grace":
      return `grace ${cell(i.f, i.o)}`;
    case "count":
      return `${result(i.r)}${i.do}${i.value === undefined ? "" : ` ${i.value}`} ${cell(i.f, i.o)}`;
    case "complete":
      return `complete${i.all === true ? " all" : ""} ${cell(i.f, i.o)}`;
    case "reinit":
      return `reinit ${cell(i.f, i.o)}`;
    case "waitDone":
      return `${result(i.r)}wait ${i.how} ${cell(i.f, i.o)}`;
    case "await":
      return `${result(i.r)}await ${i.how} ${printE(i.e)}`;
    case "link":
      return `link ${cell(i.f, i.o)} to ${printE(i.owner)}`;
    case "unlink":
      return `unlink${i.init ? " init" : ""} ${cell(i.f, i.o)}`;
    case "next":
      return `${i.r} = next ${i.f} of ${printE(i.owner)} done ${go(i.done)}`;
    case "alloc":
      return `${i.r} = alloc ${i.cls}`;
    case "free":
      return `free ${i.cls} ${printE(i.o)}`;
    case "disturb":
      return `disturb ${i.p}(${printE(i.o)})`;
    case "act":
      return `${result(i.r)}act ${i.act}(${i.args.map(printE).join(", ")})${i.opt === undefined ? "" : ` ${JSON.stringify(i.opt)}`}`;
    case "call":
      return `${result(i.r)}call ${i.proc ?? i.slot ?? "?"}(${i.args.map(printE).join(", ")})`;
    case "return":
      return i.e === undefined ? "return" : `return ${printE(i.e)}`;
    case "check":
      return `check ${i.what}: ${printE(i.e)}`;
  }
}
