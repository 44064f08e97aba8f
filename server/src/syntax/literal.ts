// The values of C literals.

/** A number's value, or undefined where it is no integer, or one that a double can't hold exactly. */
export function numberValue(text: string): number | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)[uUlL]*$/.exec(text);
  const digits = match?.[2];
  if (digits === undefined) return undefined;
  const octal = /^0[0-7]+$/.test(digits);
  const value = octal ? parseInt(digits, 8) : Number(digits);
  if (!Number.isSafeInteger(value)) return undefined;
  return match?.[1] === "-" ? -value : value;
}

const ESCAPES: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  e: 27,
  "\\": 92,
  "'": 39,
  '"': 34,
};

/** The code of a character literal of one character; undefined for anything else. */
export function charValue(text: string): number | undefined {
  const match = /^(?:L|u8?|U)?'(?:\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)|([^\\']))'$/.exec(text);
  if (match === null) return undefined;
  const plain = match[2];
  if (plain !== undefined) return plain.codePointAt(0);
  const escape = match[1] ?? "";
  if (/^x/.test(escape)) return parseInt(escape.slice(1), 16);
  if (/^[0-7]/.test(escape)) return parseInt(escape, 8);
  return ESCAPES[escape];
}
