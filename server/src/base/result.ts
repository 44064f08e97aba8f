// What is expected to go wrong is a value; what is impossible stops the program.

/** For the default arm of an exhaustive switch. */
export function never(x: never): never {
  throw new Error(`impossible: ${JSON.stringify(x)}`);
}

/** Something that was asked for and could not be seen or understood: a gap in the text or an analysis that was not finished. */
export interface Incomplete {
  readonly file: string;
  /** 1-based; 0 where the whole file is meant. */
  readonly line: number;
  readonly why: string;
}
