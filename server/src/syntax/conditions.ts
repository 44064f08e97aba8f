// What a preprocessor condition says, as one short symbol: "CONFIG_X", "!CONFIG_X", or the condition's own text where it is more than that.

/** The directive's keyword and the rest of its line, comments removed and continuations joined. */
export interface Directive {
  readonly keyword: string;
  readonly rest: string;
}

/** Reads a directive's text, from its `#` to the end of its (continued) line. A text that is no directive gives an empty keyword. */
export function readDirective(text: string): Directive {
  const match = /^#[ \t]*([A-Za-z_]*)([\s\S]*)$/.exec(text);
  if (match === null) return { keyword: "", rest: "" };
  const joined = (match[2] ?? "").replace(/\\\r?\n/g, " ");
  return { keyword: match[1] ?? "", rest: withoutComments(joined).trim() };
}

/** Each comment becomes a blank; literals keep what looks like one. */
function withoutComments(text: string): string {
  if (!text.includes("/")) return text;
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\*[^]*?(?:\*\/|$)|\/\/.*/g,
    (_, literal?: string) => literal ?? " ",
  );
}

/** The symbol of an `#if`, `#ifdef`, `#ifndef`, `#elif`, `#elifdef` or `#elifndef`. IS_ENABLED(X), defined(X) and X are one symbol. */
export function symbolOf(directive: Directive): string {
  const { keyword, rest } = directive;
  const name = /^\w*/.exec(rest)?.[0] ?? "";
  if (keyword === "ifdef" || keyword === "elifdef") return name;
  if (keyword === "ifndef" || keyword === "elifndef") return negate(name);
  return simplify(rest.replace(/\s+/g, " "));
}

/** The symbol under which none of `symbols` holds: what `#else` means after those arms. */
export function elseSymbol(symbols: readonly string[]): string {
  return symbols.map(negate).join(" && ");
}

/** "X" ↔ "!X"; anything longer is put in brackets. */
export function negate(symbol: string): string {
  if (/^!\w+$/.test(symbol)) return symbol.slice(1);
  return /^\w+$/.test(symbol) ? `!${symbol}` : `!(${symbol})`;
}

/** True for a condition that no build takes as C: `#if 0`, and the arms meant for the assembler. */
export function isNeverC(symbol: string): boolean {
  return symbol === "0" || symbol === "!1" || symbol === "__ASSEMBLY__" || symbol === "__ASSEMBLER__";
}

/** True for the symbol of an include guard's `#ifndef`, which says nothing about a configuration. */
export function isGuard(symbol: string): boolean {
  return (
    /^!(?!CONFIG_)_*[A-Z]\w*_H_*(INCLUDED)?_*$/i.test(symbol) ||
    symbol === "!__ASSEMBLY__" ||
    symbol === "!__ASSEMBLER__"
  );
}

function simplify(condition: string): string {
  const match = /^(!?) ?\(? ?(?:(?:IS_ENABLED|IS_BUILTIN|IS_REACHABLE|defined) ?\(? ?)?(\w+) ?\)? ?\)?$/.exec(
    condition,
  );
  if (match === null) return condition;
  return (match[1] ?? "") + (match[2] ?? "");
}
