// #if arms: leaves those that hold whole statements to the grammar, and masks one consistent choice where arms split a construct.
import { elseSymbol, isGuard, isNeverC, readDirective, symbolOf } from "./conditions.ts";
import type { Overwritable } from "./buffer.ts";
import type { Token } from "./tokens.ts";

/** What an open bracket holds. */
export type Bracket = "block" | "members" | "enumerators" | "initializer" | "parens";

export interface Arms {
  /** The tokens that are left, with the directives that are left to the grammar. */
  readonly live: readonly Token[];
  /** The symbols of the arms that were read where others were masked. */
  readonly assumes: readonly string[];
  /** What the arms that were kept whole hold, and under which symbol; outer arms before inner ones. */
  readonly regions: readonly { readonly start: number; readonly end: number; readonly symbol: string }[];
  /** Directives that are no conditionals: #define, #include, #pragma. All are masked. */
  readonly others: readonly Token[];
}

interface Arm {
  readonly directive: Token;
  readonly symbol: string;
  /** Token indices [from, to) of what the arm holds. */
  readonly from: number;
  readonly to: number;
}

interface Group {
  readonly arms: readonly Arm[];
  readonly endif: Token | undefined;
  /** The index of the token after the #endif. */
  readonly next: number;
}

/**
 * Settles the conditionals among `list`, masking in `out`. In a function (`inFunction`) arms that hold whole statements stay; at file scope
 * arms that hold whole items are all kept, their directives masked.
 */
export function settleArms(list: readonly Token[], out: Overwritable, inFunction: boolean): Arms {
  const live: Token[] = [];
  const assumes: string[] = [];
  const others: Token[] = [];
  const regions: { start: number; end: number; symbol: string }[] = [];
  const open: Bracket[] = [];
  let previous: Token | undefined;

  const blank = (token: Token | undefined): void => {
    if (token !== undefined) out.blank(token.start, token.end);
  };
  const blankAll = (arm: Arm): void => {
    const first = list[arm.from];
    const last = list[arm.to - 1];
    if (arm.to > arm.from && first !== undefined && last !== undefined) out.blank(first.start, last.end);
  };

  const read = (from: number, to: number): void => {
    for (let i = from; i < to;) {
      const token = list[i];
      if (token === undefined) return;
      if (token.kind !== "directive") {
        step(token);
        i++;
        continue;
      }
      if (!/^#\s*if/.test(token.text)) {
        if (!/^#\s*(el|endif)/.test(token.text)) others.push(token);
        blank(token);
        i++;
        continue;
      }
      const group = groupAt(list, i, to);
      settle(group);
      i = group.next;
    }
  };

  const step = (token: Token): void => {
    live.push(token);
    if (token.kind === "op") {
      if (token.text === "(" || token.text === "[") open.push("parens");
      else if (token.text === "{") open.push(braceKind(live, open, inFunction));
      else if (token.text === ")" || token.text === "]" || token.text === "}") open.pop();
    }
    previous = token;
  };

  const settle = (group: Group): void => {
    const context = open.at(-1) ?? (inFunction ? "parens" : "block");
    const possible = group.arms.filter((arm) => !isNeverC(arm.symbol));
    const first = possible[0];
    const keepAll =
      context === "members" || context === "enumerators" || (context === "block" && stands(group, possible));
    for (const arm of group.arms) if (!possible.includes(arm) || (!keepAll && arm !== first)) blankAll(arm);
    const dropped = group.arms.length > possible.length; // an `#if 0` leaves its #else without an alternative
    const grammar = keepAll && context === "block" && inFunction && !dropped;
    if (!grammar) {
      for (const arm of group.arms) blank(arm.directive);
      blank(group.endif);
    }
    if (!keepAll && first !== undefined) assumes.push(first.symbol);
    for (const arm of keepAll ? possible : possible.slice(0, 1)) {
      const end = list[arm.to]?.start ?? arm.directive.end;
      if (keepAll && !isGuard(arm.symbol)) regions.push({ start: arm.directive.end, end, symbol: arm.symbol });
      if (grammar) mark(arm.directive);
      read(arm.from, arm.to);
    }
    if (grammar && group.endif !== undefined) mark(group.endif);
  };

  const mark = (directive: Token): void => {
    live.push(directive);
    for (const comment of directive.text.matchAll(/\/\*[^]*?(\*\/|$)|\/\/.*/g))
      out.blank(directive.start + comment.index, directive.start + comment.index + comment[0].length);
    previous = directive;
  };

  /** True where each arm holds whole statements (or items), and what stands around them does not reach in. */
  const stands = (group: Group, arms: readonly Arm[]): boolean => {
    if (group.endif === undefined || !endsStatement(previous)) return false;
    const after = list[group.next];
    if (after?.kind === "word" && after.text === "else") return false;
    return arms.every((arm) => isWhole(list, arm.from, arm.to));
  };

  read(0, list.length);
  return { live, assumes, regions, others };
}

/** The symbols of the arms around `offset`, in the form of the AST's `config`. */
export function configAt(arms: Arms, offset: number): { config?: readonly string[] } {
  const around = arms.regions.filter((region) => region.start <= offset && offset < region.end);
  return around.length === 0 ? {} : { config: around.map((region) => region.symbol) };
}

function endsStatement(token: Token | undefined): boolean {
  return token === undefined || token.kind === "directive" || /^[;{}:]$/.test(token.text);
}

/** The arms of the #if at `at`, their nested conditionals left inside. Without an #endif the last arm ends at `to`. */
function groupAt(list: readonly Token[], at: number, to: number): Group {
  const arms: Arm[] = [];
  const symbols: string[] = [];
  let directive = list[at];
  let from = at + 1;
  let depth = 0;
  const close = (end: number): void => {
    if (directive === undefined) return;
    const read = readDirective(directive.text);
    const symbol = read.keyword === "else" ? elseSymbol(symbols) : symbolOf(read);
    symbols.push(symbol);
    arms.push({ directive, symbol, from, to: end });
  };
  for (let i = at + 1; i < to; i++) {
    const token = list[i];
    if (token?.kind !== "directive") continue;
    if (/^#\s*if/.test(token.text)) depth++;
    else if (/^#\s*endif/.test(token.text)) {
      if (depth-- > 0) continue;
      close(i);
      return { arms, endif: token, next: i + 1 };
    } else if (depth === 0 && /^#\s*el/.test(token.text)) {
      close(i);
      directive = token;
      from = i + 1;
    }
  }
  close(to);
  return { arms, endif: undefined, next: to };
}

/** True where tokens [from, to) are whole statements: brackets pair up, nothing reaches out at either end. Of nested arms the first counts. */
function isWhole(list: readonly Token[], from: number, to: number): boolean {
  const own = firstArms(list, from, to);
  let depth = 0;
  for (const token of own) {
    if (token.kind !== "op") continue;
    if (/^[([{]$/.test(token.text)) depth++;
    else if (/^[)\]}]$/.test(token.text) && --depth < 0) return false;
  }
  if (depth !== 0) return false;
  const first = own[0];
  const last = own.at(-1);
  if (first === undefined || last === undefined) return true;
  if (first.text === "else" || (first.kind === "op" && /^(\.|->|[,)\]=?:|]|&&|\|\|)$/.test(first.text))) return false;
  return last.kind === "op" && /^[;}:]$/.test(last.text);
}

/** The tokens of [from, to) without directives: of each nested conditional, the first arm that any build takes. */
function firstArms(list: readonly Token[], from: number, to: number): Token[] {
  const own: Token[] = [];
  for (let i = from; i < to; i++) {
    const token = list[i];
    if (token === undefined) break;
    if (token.kind !== "directive") own.push(token);
    else if (/^#\s*if/.test(token.text)) {
      const group = groupAt(list, i, to);
      const kept = group.arms.find((arm) => !isNeverC(arm.symbol));
      if (kept !== undefined) own.push(...firstArms(list, kept.from, kept.to));
      i = group.next - 1;
    }
  }
  return own;
}

/** What the `{` just read (the last of `live`) opens, told from what stands before it. */
export function braceKind(live: readonly Token[], open: readonly Bracket[], inFunction: boolean): Bracket {
  const before = live[live.length - 2];
  const outer = open.at(-1);
  if (before === undefined || before.kind === "directive") return outer === "initializer" ? "initializer" : "block";
  if (outer === "initializer") return "initializer";
  if (before.kind === "op") {
    if (before.text === "=" || before.text === "," || before.text === "]") return "initializer";
    if (before.text === "(") return "block"; // ({ ... })
    if (before.text === ")") return isLiteral(live, live.length - 2) ? "initializer" : "block";
    return "block";
  }
  if (before.kind === "word") {
    if (before.text === "else" || before.text === "do") return "block";
    for (let i = live.length - 2; i >= 0 && i > live.length - 8; i--) {
      const token = live[i];
      if (token?.kind !== "word" && !/^[:()]$/.test(token?.text ?? "")) break;
      if (token?.text === "struct" || token?.text === "union") return "members";
      if (token?.text === "enum") return "enumerators";
    }
    return open.length === 0 && !inFunction ? "members" : "block";
  }
  return "block";
}

/** True for the `)` of a compound literal: what stands before its `(` is no name, and no keyword that takes a condition. */
function isLiteral(live: readonly Token[], close: number): boolean {
  let depth = 0;
  for (let i = close; i >= 0; i--) {
    const token = live[i];
    if (token?.kind !== "op") continue;
    if (token.text === ")") depth++;
    else if (token.text === "(" && --depth === 0) {
      const before = live[i - 1];
      if (before === undefined) return false;
      if (before.kind === "word") return before.text === "return";
      return before.kind === "op" && !/^[;{})\]]$/.test(before.text);
    }
  }
  return false;
}
