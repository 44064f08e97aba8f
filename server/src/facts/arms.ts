// Which arm of an #if is taken, and whether a configuration symbol holds. Where nobody says, options are on and everything else is off.

/** What is known of a configuration symbol: on, off, or nothing. */
export type ArmOf = (symbol: string) => boolean | undefined;

/** The arm that is taken, and the symbols that this decided ("CONFIG_X", "!CONFIG_X"); index -1 where none is. */
export interface TakenArm {
  readonly index: number;
  readonly decided: readonly string[];
}

/** Chooses the first arm whose condition holds. A condition without text is an #else. */
export function takeArm(arms: readonly { readonly symbol: string }[], arm: ArmOf): TakenArm {
  const decided: string[] = [];
  for (const [index, { symbol }] of arms.entries()) {
    const text = symbol.trim();
    if (text === "") return { index, decided };
    const taken = holds(text, arm);
    if (taken) {
      if (!decided.includes(text)) decided.push(text);
      return { index, decided };
    }
    if (arms[index + 1] === undefined || /^\w+$/.test(text)) decided.push(negated(text));
  }
  return { index: -1, decided };
}

function negated(text: string): string {
  return text.startsWith("!") && /^!\w+$/.test(text) ? text.slice(1) : /^\w+$/.test(text) ? `!${text}` : `!(${text})`;
}

/** True where the condition of an #if holds: !, &&, ||, brackets, defined(), IS_ENABLED() and numbers over symbols. */
export function holds(condition: string, arm: ArmOf): boolean {
  const whole = arm(condition);
  if (whole !== undefined) return whole;
  const tokens = condition.match(/\w+|&&|\|\||[!()]|[^\s\w]/g) ?? [];
  let at = 0;
  const or = (): boolean => {
    let value = and();
    while (tokens[at] === "||") {
      at++;
      value = and() || value;
    }
    return value;
  };
  const and = (): boolean => {
    let value = not();
    while (tokens[at] === "&&") {
      at++;
      value = not() && value;
    }
    return value;
  };
  const not = (): boolean => {
    let flips = 0;
    while (tokens[at] === "!") {
      flips++;
      at++;
    }
    return primary() !== (flips % 2 === 1);
  };
  const primary = (): boolean => {
    const token = tokens[at++];
    if (token === "(") {
      const value = or();
      if (tokens[at] === ")") at++;
      return value;
    }
    if (token === undefined || !/^\w/.test(token)) return false;
    if (/^\d/.test(token)) return Number.parseInt(token) !== 0;
    if (/^(defined|IS_ENABLED|IS_BUILTIN|IS_MODULE|IS_REACHABLE)$/.test(token)) {
      const bracket = tokens[at] === "(";
      if (bracket) at++;
      const value = symbolHolds(tokens[at++] ?? "", arm);
      if (bracket && tokens[at] === ")") at++;
      return value;
    }
    return symbolHolds(token, arm);
  };
  const value = or();
  // What is left over is arithmetic or a comparison (BITS_PER_LONG == 64), which needs values that nobody has here.
  return at < tokens.length ? /^BITS_PER_LONG == 64$/.test(condition.trim()) : value;
}

function symbolHolds(symbol: string, arm: ArmOf): boolean {
  return arm(symbol) ?? symbol.startsWith("CONFIG_");
}
