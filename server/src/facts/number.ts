// C's integer and character constants as numbers. Knows no types: a suffix is dropped, not obeyed.

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  e: 27,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};

/**
 * The value of an integer constant (decimal, octal, hexadecimal, binary, with suffixes) or a character constant.
 * Undefined for a floating constant and for anything else. Above 2^53 the nearest double stands for it.
 */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed.includes("'")) return parseCharacter(trimmed);
  const match = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)([uUlLzZ]*|[uU]?[wW][bB])$/.exec(trimmed);
  const digits = match?.[1];
  if (digits === undefined) return undefined;
  if (/^0[xXbB]/.test(digits)) return Number(digits);
  if (digits.length > 1 && digits.startsWith("0"))
    return /^[0-7]+$/.test(digits) ? Number(`0o${digits.slice(1)}`) : undefined;
  return Number(digits);
}

/** 'a', '\n', '\x1b', '\033', L'x'; several characters pack into an int, as GCC does. */
function parseCharacter(text: string): number | undefined {
  const match = /^(?:u8|[LuU])?'((?:[^'\\]|\\.)+)'$/s.exec(text);
  const inside = match?.[1];
  if (inside === undefined) return undefined;
  let value = 0;
  for (const part of inside.match(/\\x[0-9a-fA-F]+|\\[0-7]{1,3}|\\.|[^\\]/gsu) ?? []) {
    value = value * 256 + characterCode(part);
  }
  return value;
}

function characterCode(part: string): number {
  if (!part.startsWith("\\")) return part.codePointAt(0) ?? 0;
  const rest = part.slice(1);
  if (/^x[0-9a-fA-F]/.test(rest)) return Number.parseInt(rest.slice(1), 16);
  if (/^[0-7]/.test(rest)) return Number.parseInt(rest, 8);
  return ESCAPES[rest] ?? rest.codePointAt(0) ?? 0;
}
