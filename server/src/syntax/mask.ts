// Masks what the grammar can't take, same length, so that offsets stay true: comments, split #if arms, headers with unknown attributes, macros without
// semicolons. Names that are written over are read back from the original text.
import type { Annotation, Gap } from "./ast.ts";
import { settleArms } from "./arms.ts";
import { overwritable } from "./buffer.ts";
import type { Overwritable } from "./buffer.ts";
import { isAnnotation, isTypeName, NOISE_CALLS, NOISE_WORDS, TYPE_WORDS } from "./dialect.ts";
import { headerAt } from "./header.ts";
import type { Header } from "./header.ts";
import { maskStatements } from "./mask-statements.ts";
import { tokenize } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/** A function's text, ready for the grammar. */
export interface MaskedFunction {
  readonly text: string;
  /** The function's name as the header gives it; undefined where the chunk has no header that can be read. */
  readonly header: Header | undefined;
  readonly annotations: readonly Annotation[];
  readonly assumes: readonly string[];
  /** Directives that are no conditionals (#define, #pragma). */
  readonly directives: readonly Token[];
  readonly gaps: readonly Gap[];
}

/** Masks one function: `chunk` begins with its declaration, its body opens at `bodyStart`. Offsets in the result are the chunk's. */
export function maskFunction(chunk: string, bodyStart: number): MaskedFunction {
  const out = overwritable(chunk);
  const { list, comments } = tokenize(chunk);
  for (const [start, end] of comments) out.blank(start, end);
  const arms = settleArms(list, out, true);
  const header = headerAt(chunk, 0, bodyStart);
  const annotations = header === undefined ? [] : maskHeader(chunk, header, bodyStart, out);
  const inBody = arms.live.filter((token) => token.start >= bodyStart);
  const gaps = maskStatements(chunk, inBody, out);
  return { text: out.toString(), header, annotations, assumes: arms.assumes, directives: arms.others, gaps };
}

/** Writes a header the grammar knows over the one that is there: one type, the name, the parameters. Gives the annotations it takes away. */
function maskHeader(chunk: string, header: Header, bodyStart: number, out: Overwritable): Annotation[] {
  const [paramsStart, paramsEnd] = header.params;
  const annotations: Annotation[] = [];
  const word = (i: number): string => {
    const piece = header.pieces[i];
    return piece?.kind === "word" ? chunk.slice(piece.start, piece.end) : "";
  };
  const group = (i: number): string => {
    const piece = header.pieces[i];
    return piece?.kind === "group" ? chunk.slice(piece.start + 1, piece.end - 1) : "";
  };
  header.pieces.forEach((piece, i) => {
    if (piece.kind !== "word" || !isAnnotation(word(i)) || header.pieces[i + 1]?.kind !== "group") return;
    annotations.push({ name: word(i), args: splitArguments(group(i + 1)) });
  });
  if (isMacroHeader(chunk, header)) {
    out.replace(0, bodyStart, "a b()");
    return annotations;
  }
  out.blank(paramsEnd, bodyStart);
  maskSpecifiers(header, word, out);
  const between = chunk.slice(header.nameStart, paramsStart);
  const call = between.indexOf("(");
  // UVERBS_HANDLER(X)(params): the macro's argument goes, its name stays.
  if (call > 0) out.blank(header.nameStart + call, paramsStart);
  return annotations;
}

/** True where one macro stands for type, name and parameters: SYSCALL_DEFINE3(read, ...). */
function isMacroHeader(chunk: string, header: Header): boolean {
  return header.macro && header.name !== chunk.slice(header.nameStart, header.params[0]).trim();
}

/** Leaves one base type among the words before the name, and blanks attributes. */
function maskSpecifiers(header: Header, word: (i: number) => string, out: Overwritable): void {
  const unknown: number[] = [];
  let based = false;
  for (let i = 0; i < header.pieces.length; i++) {
    const piece = header.pieces[i];
    if (piece === undefined || piece.start >= header.nameStart) break;
    if (piece.kind === "group") {
      if (/^(typeof|__typeof__|__typeof|typeof_member)$/.test(word(i - 1))) based = true;
      else out.blank(piece.start, piece.end);
      continue;
    }
    if (piece.kind !== "word") continue;
    const text = word(i);
    if (/^(struct|union|enum)$/.test(text)) {
      based = true;
      // Attributes may stand between the keyword and the tag.
      while (isNoise(word(i + 1)) && header.pieces[i + 2]?.kind === "word") {
        const noise = header.pieces[++i];
        if (noise !== undefined) out.blank(noise.start, noise.end);
      }
      i++;
    } else if (TYPE_WORDS.has(text)) based = true;
    else if (
      /^(static|inline|extern|const|volatile|typeof|__typeof__|__typeof|typeof_member|__inline|__inline__)$/.test(text)
    )
      continue;
    else if (isNoise(text) || header.pieces[i + 1]?.kind === "group") out.blank(piece.start, piece.end);
    else unknown.push(i);
  }
  const plain = unknown.filter((i) => !word(i).startsWith("__"));
  const type = based ? undefined : (unknown.find((i) => isTypeName(word(i))) ?? plain[0] ?? unknown.at(-1));
  for (const i of unknown) {
    const piece = header.pieces[i];
    if (i !== type && piece !== undefined) out.blank(piece.start, piece.end);
  }
}

function isNoise(text: string): boolean {
  return NOISE_WORDS.has(text) || NOISE_CALLS.has(text) || isAnnotation(text);
}

/** The arguments of a macro as written: split at commas outside brackets and literals, blanks squeezed. No text gives no argument. */
export function splitArguments(text: string): string[] {
  const { list } = tokenize(text);
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (const token of list) {
    if (token.kind !== "op") continue;
    if (/^[([{]$/.test(token.text)) depth++;
    else if (/^[)\]}]$/.test(token.text)) depth--;
    else if (token.text === "," && depth === 0) {
      out.push(text.slice(start, token.start));
      start = token.end;
    }
  }
  out.push(text.slice(start));
  if (out.length === 1 && text.trim() === "") return [];
  return out.map((arg) => arg.replace(/\s+/g, " ").trim());
}
