// A function's facts as a listing for people: numbered blocks, one effect a line with its line number, and where each block leads.
import { lineStarts, positionAt } from "../base/span.ts";
import { printDeclaration, printPath, printValue } from "./text.ts";
import type { Effect, FunctionFacts, StructFacts, TableFacts, Terminator, Value } from "./facts.ts";
import type { Span } from "../base/span.ts";

/** The flow graph of `f`. `text` is the file that its spans count in. Lines end in "\n"; no two runs differ. */
export function printFacts(f: FunctionFacts, text: string): string {
  const starts = lineStarts(text);
  const lineOf = (span: Span): number => positionAt(starts, span.start).line;
  const params = f.params.map((p) => printDeclaration(p.type, p.name)).join(", ");
  const lines = [
    `${f.static ? "static " : ""}${printDeclaration(f.returns, f.name)}(${params})`,
    `  ${f.file}:${lineOf(f.span)}-${positionAt(starts, f.span.end).line}`,
  ];
  const note = (title: string, items: readonly string[]): void => {
    if (items.length > 0) lines.push(`  ${title}: ${items.join(", ")}`);
  };
  note(
    "locals",
    f.locals.map((l) => `${l.static ? "static " : ""}${printDeclaration(l.type, l.name)}`),
  );
  note(
    "annotations",
    f.annotations.map((a) => `${a.name}(${a.args.join(", ")})`),
  );
  note("arms", f.arms);
  for (const [number, block] of f.blocks.entries()) {
    lines.push(`B${number}:`);
    for (const effect of block.effects) lines.push(row(lineOf(effect.span), printEffect(effect)));
    const line = block.end.kind === "goto" ? undefined : lineOf(block.end.span);
    lines.push(row(line, printTerminator(block.end)));
  }
  for (const g of f.gaps) lines.push(row(lineOf(g.span), `! ${g.why}: ${oneLine(g.text)}`));
  return lines.map((line) => `${line}\n`).join("");
}

function row(line: number | undefined, text: string): string {
  return `${(line === undefined ? "" : String(line)).padStart(7)}  ${text}`;
}

/** One effect: "t1 = f(a, &b->c)", "p->x = 0", "decl struct foo * p", "gap: why: text". */
export function printEffect(effect: Effect): string {
  switch (effect.kind) {
    case "call": {
      const result = effect.result === undefined ? "" : `t${effect.result} = `;
      const callee = printValue(effect.callee);
      const target = effect.callee.k === "name" || effect.callee.k === "field" ? callee : `(${callee})`;
      const args = effect.args.map(printValue).join(", ");
      return `${result}${target}(${args})${effect.implicit ? "   [at the scope's end]" : ""}`;
    }
    case "assign":
      return `${printValue(effect.to)} = ${printValue(effect.value)}`;
    case "decl":
      return `decl ${printDeclaration(effect.type, effect.name)}`;
    case "gap":
      return `gap: ${effect.why}: ${oneLine(effect.text)}`;
  }
}

/** Where a block leads: "if ret < 0 -> B2 else B3". */
export function printTerminator(end: Terminator): string {
  switch (end.kind) {
    case "goto":
      return `-> B${end.to}`;
    case "branch":
      return `if ${printValue(end.cond)} -> B${end.then} else B${end.else}`;
    case "each":
      return `each ${end.macro}(${end.args.map(printValue).join(", ")}) -> B${end.body} done B${end.done}`;
    case "switch": {
      const cases = end.cases.map(
        (c) => `${printValue(c.low)}${c.high === undefined ? "" : ` ... ${printValue(c.high)}`} -> B${c.to}`,
      );
      return `switch ${printValue(end.value)}: ${[...cases, `default -> B${end.default}`].join(", ")}`;
    }
    case "return":
      if (end.stops) return "stop";
      return end.value === undefined ? "return" : `return ${printValue(end.value)}`;
  }
}

const LONG = 100;

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > LONG ? `${line.slice(0, LONG)}...` : line;
}

/** A table's entries, one a line: "  .driver.pm = &foo_pm". */
export function printTable(table: TableFacts): string {
  const lines = [`${table.static ? "static " : ""}${printDeclaration(table.type, table.name)}`];
  for (const { path, value } of table.entries) lines.push(`  ${printPath(path)} = ${printTableValue(value)}`.trimEnd());
  return lines.map((line) => `${line}\n`).join("");
}

function printTableValue(value: Value): string {
  return value.k === "unknown" ? `? ${value.why}` : printValue(value);
}

/** A struct's fields with their types, one a line; anonymous members have no name. */
export function printStruct(struct: StructFacts): string {
  const fields = struct.fields.map((f) => `  ${printDeclaration(f.type, f.name)}`.trimEnd());
  return [struct.tag, ...fields].map((line) => `${line}\n`).join("");
}
