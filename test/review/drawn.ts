// Texts drawn by a seed: one, one edit of it to make a patch of, and the same text after others have worked on it.

export interface Drawn {
  readonly before: string;
  readonly after: string;
  readonly drifted: string;
}

/** The same for the same seed. */
export function drawn(seed: number): Drawn {
  let state = seed * 2654435761;
  const random = (below: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
  const words = ["if (x)", "\treturn 0;", "}", "", "\tfoo();", "{", "\tlock(l);", "\tunlock(l);"];
  const word = (): string => (random(3) === 0 ? (words[random(words.length)] ?? "") : `\tcall_${random(1000)}(a);`);
  const before = Array.from({ length: 20 + random(60) }, word);
  const edit = (lines: readonly string[], times: number): string[] => {
    const out = [...lines];
    for (let i = 0; i < times; i++) {
      const at = random(out.length + 1);
      const kind = random(3);
      if (kind === 0) out.splice(at, 0, ...Array.from({ length: 1 + random(3) }, word));
      else if (kind === 1) out.splice(at, 1 + random(2));
      else out.splice(at, 1, word());
    }
    return out;
  };
  const after = edit(before, 1 + random(3));
  const drifted = edit(before, random(8));
  const text = (lines: readonly string[]): string => (lines.length === 0 ? "" : `${lines.join("\n")}\n`);
  // An edit that changes nothing makes no patch.
  return { before: text(before), after: text([...after, "end"]), drifted: text(drifted) };
}
