// A macro expander for what hides behind macros at file scope: function-like and object-like macros, `#`, `##`, __VA_ARGS__ and nesting.
// Pure: definitions come from a lookup, and a macro that it does not know stays as it is.
import type { MacroDef } from "./ast.ts";
import { tokenize } from "./tokens.ts";

/** The definition of a macro, or undefined where there is none (or none that holds in the configuration that is meant). */
export type MacroLookup = (name: string) => Pick<MacroDef, "params" | "body"> | undefined;

export interface Expansion {
  readonly text: string;
  /** The macros that were expanded, each once, in the order in which they were met. */
  readonly expanded: readonly string[];
  /** False where the budget was spent before everything was expanded. */
  readonly complete: boolean;
}

/** Tokens that one expansion may produce. The largest seen in drivers/infiniband's tables of methods have a few thousand. */
export const EXPANSION_BUDGET = 200_000;

interface Piece {
  readonly text: string;
  readonly word: boolean;
  /** A blank stands before it. */
  readonly spaced: boolean;
  /** Macros that may not be expanded here, because this piece came out of them. */
  readonly hidden: ReadonlySet<string>;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Expands every macro in `text` (an invocation with its arguments, an initialiser) until none is left. */
export function expandInvocation(text: string, lookup: MacroLookup, budget: number = EXPANSION_BUDGET): Expansion {
  const state: State = { lookup, left: budget, expanded: new Set() };
  const out = expand(piecesOf(text), state);
  return { text: join(out), expanded: [...state.expanded], complete: state.left > 0 };
}

/** The name that a declarator such as `UVERBS_HANDLER(UVERBS_METHOD_X)` makes; the text itself where it makes none. */
export function expandDeclarator(name: string, lookup: MacroLookup): string {
  const { text } = expandInvocation(name, lookup, 1000);
  const only = text.trim();
  return /^\w+$/.test(only) ? only : name;
}

interface State {
  readonly lookup: MacroLookup;
  left: number;
  readonly expanded: Set<string>;
}

function piecesOf(text: string): Piece[] {
  const { list } = tokenize(text, false);
  let end = 0;
  return list.map((token) => {
    const spaced = token.start > end;
    end = token.end;
    return { text: token.text, word: token.kind === "word", spaced, hidden: NOTHING };
  });
}

function join(pieces: readonly Piece[]): string {
  let out = "";
  for (const piece of pieces) {
    const last = out.at(-1) ?? "";
    // Two words, or two operators that would make a third, must not touch.
    const glue = /\w/.test(last) && /^\w/.test(piece.text);
    const operators = /[-+&|<>=#.]/.test(last) && /^[-+&|<>=#.]/.test(piece.text);
    out += (piece.spaced || glue || operators) && out !== "" ? ` ${piece.text}` : piece.text;
  }
  return out;
}

/** Expands from left to right; what a macro makes is scanned again together with what follows it. */
function expand(input: readonly Piece[], state: State): Piece[] {
  const out: Piece[] = [];
  // The rest of the input, last first, so that an expansion is put back cheaply.
  const rest = [...input].reverse();
  for (let piece = rest.pop(); piece !== undefined; piece = rest.pop()) {
    if (--state.left <= 0) {
      out.push(piece, ...rest.reverse());
      return out;
    }
    const macro = piece.word && !piece.hidden.has(piece.text) ? state.lookup(piece.text) : undefined;
    if (macro === undefined) {
      out.push(piece);
      continue;
    }
    const hidden = new Set([...piece.hidden, piece.text]);
    let args: Piece[][] = [];
    if (macro.params !== undefined) {
      const call = takeArguments(rest);
      if (call === undefined) {
        out.push(piece);
        continue;
      }
      rest.length = call.left;
      args = call.args;
    }
    state.expanded.add(piece.text);
    const made = substitute(macro, args, hidden, state);
    const first = made[0];
    if (first !== undefined) made[0] = { ...first, spaced: piece.spaced };
    for (let i = made.length - 1; i >= 0; i--) {
      const one = made[i];
      if (one !== undefined) rest.push(one);
    }
  }
  return out;
}

/** The arguments of a call whose `(` is on top of `rest`; `left` is how much of `rest` stays. Undefined where there is no whole call. */
function takeArguments(rest: readonly Piece[]): { args: Piece[][]; left: number } | undefined {
  if (rest.at(-1)?.text !== "(") return undefined;
  const args: Piece[][] = [[]];
  let depth = 0;
  for (let i = rest.length - 1; i >= 0; i--) {
    const piece = rest[i];
    if (piece === undefined) break;
    if (/^[([{]$/.test(piece.text) && !piece.word && depth++ === 0) continue;
    if (/^[)\]}]$/.test(piece.text) && !piece.word && --depth === 0) return { args, left: i };
    // Only round brackets protect commas; braces and square ones do not, in C's preprocessor.
    if (piece.text === "," && roundDepth(rest, i) === 1) args.push([]);
    else args.at(-1)?.push(piece);
  }
  return undefined;
}

function roundDepth(rest: readonly Piece[], at: number): number {
  let depth = 0;
  for (let i = rest.length - 1; i > at; i--) {
    const text = rest[i]?.text;
    if (text === "(") depth++;
    else if (text === ")") depth--;
  }
  return depth;
}

/** A macro's body with its parameters replaced: `#x` by its text, neighbours of `##` unexpanded and pasted, others expanded. */
function substitute(
  macro: Pick<MacroDef, "params" | "body">,
  args: readonly Piece[][],
  hidden: ReadonlySet<string>,
  state: State,
): Piece[] {
  const body = piecesOf(macro.body);
  const params = macro.params ?? [];
  const last = params.at(-1) ?? "";
  const variadic = last.endsWith("...");
  const rest = variadic ? variadicName(last) : "";
  const argument = (name: string): Piece[] | undefined => {
    if (variadic && name === rest) return commaJoined(args.slice(params.length - 1));
    const at = params.indexOf(name);
    return at < 0 || macro.params === undefined ? undefined : (args[at] ?? []);
  };
  const out: Piece[] = [];
  for (let i = 0; i < body.length; i++) {
    const piece = body[i];
    if (piece === undefined) break;
    const next = body[i + 1];
    if (piece.text === "#" && macro.params !== undefined && next?.word === true && argument(next.text) !== undefined) {
      out.push({ ...piece, text: stringify(argument(next.text) ?? []), word: false, hidden });
      i++;
      continue;
    }
    if (piece.text === "##") {
      const right = next === undefined ? undefined : (argument(next.text) ?? [{ ...next, hidden }]);
      i++;
      if (right === undefined) continue;
      const comma = out.at(-1)?.text === "," && next?.text === rest && variadic;
      // `, ## args` drops the comma where there are no arguments, and pastes nothing.
      if (comma && right.length === 0) out.pop();
      else if (comma) out.push(...expand(right, state));
      else paste(out, right);
      continue;
    }
    const optional = piece.text === "__VA_OPT__" && variadic ? optionalEnd(body, i) : undefined;
    if (optional !== undefined) {
      if ((argument(rest) ?? []).length > 0) body.splice(i, optional - i + 1, ...body.slice(i + 2, optional));
      else body.splice(i, optional - i + 1);
      i--;
      continue;
    }
    const own = piece.word ? argument(piece.text) : undefined;
    if (own === undefined) {
      out.push({ ...piece, hidden });
      continue;
    }
    const made = next?.text === "##" ? own.map((p) => ({ ...p })) : expand(own, state);
    const first = made[0];
    if (first !== undefined) made[0] = { ...first, spaced: piece.spaced };
    // An empty argument before ## leaves nothing to paste to: a placeholder keeps the neighbours apart.
    if (first === undefined && next?.text === "##") out.push({ text: "", word: false, spaced: piece.spaced, hidden });
    out.push(...made);
  }
  return out.filter((p) => p.text !== "").map((p) => ({ ...p, hidden: union(p.hidden, hidden) }));
}

function variadicName(param: string): string {
  return param === "..." ? "__VA_ARGS__" : param.slice(0, -3).trim();
}

function commaJoined(args: readonly Piece[][]): Piece[] {
  return args.flatMap((arg, i) =>
    i === 0 ? arg : [{ text: ",", word: false, spaced: false, hidden: NOTHING }, ...arg],
  );
}

/** The index of the `)` that ends __VA_OPT__( at `i`. */
function optionalEnd(body: readonly Piece[], i: number): number | undefined {
  let depth = 0;
  for (let k = i + 1; k < body.length; k++) {
    if (body[k]?.text === "(") depth++;
    else if (body[k]?.text === ")" && --depth === 0) return k;
  }
  return undefined;
}

function paste(out: Piece[], right: readonly Piece[]): void {
  const left = out.pop();
  const [first, ...others] = right;
  if (left === undefined || first === undefined) {
    if (left !== undefined) out.push(left);
    out.push(...right);
    return;
  }
  const text = left.text + first.text;
  out.push({ text, word: /^[A-Za-z_]\w*$/.test(text), spaced: left.spaced, hidden: union(left.hidden, first.hidden) });
  out.push(...others);
}

function stringify(pieces: readonly Piece[]): string {
  const text = pieces.map((p, i) => (p.spaced && i > 0 ? " " : "") + p.text).join("");
  return `"${text.replace(/(["\\])/g, "\\$1")}"`;
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a.size === 0 || a === b) return b;
  if (b.size === 0) return a;
  return new Set([...a, ...b]);
}
