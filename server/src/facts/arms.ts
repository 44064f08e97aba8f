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
  const asked = new Map<string, boolean>();
  const index = arms.findIndex(({ symbol }) => {
    const own = new Map<string, boolean>();
    const taken = symbol.trim() === "" || evaluate(symbol.trim(), arm, own);
    for (const [name, on] of own) asked.set(name, on);
    return taken;
  });
  return { index, decided: [...asked].map(([symbol, on]) => (on ? symbol : `!${symbol}`)) };
}

/** True where the condition of an #if holds: !, &&, ||, brackets, defined(), IS_ENABLED() and numbers over symbols. */
export function holds(condition: string, arm: ArmOf): boolean {
  return evaluate(condition, arm, new Map());
}

/** Notes every symbol that was asked for, with what it was taken for. */
function evaluate(condition: string, arm: ArmOf, asked: Map<string, boolean>): boolean {
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
      const value = symbolHolds(tokens[at++] ?? "", arm, asked);
      if (bracket && tokens[at] === ")") at++;
      return value;
    }
    return symbolHolds(token, arm, asked);
  };
  const value = or();
  if (at >= tokens.length) return value;
  // What is left over is arithmetic or a comparison, which needs values that nobody has here. A 64-bit build is assumed.
  asked.clear();
  return condition === "BITS_PER_LONG == 64";
}

function symbolHolds(symbol: string, arm: ArmOf, asked: Map<string, boolean>): boolean {
  const on = arm(symbol) ?? symbol.startsWith("CONFIG_");
  if (symbol !== "") asked.set(symbol, on);
  return on;
}
