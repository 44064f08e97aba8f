// Progress on a terminal: one line that is written over, never in a pipe.
import type { Progress } from "../check/check.ts";

export interface Meter {
  readonly progress: Progress;
  /** Takes the line away. */
  done(): void;
  /** What was being done last, for the message of an internal error. */
  last(): string;
}

const CLEAR = "\r\u001b[K";

/** A meter that writes when a hundredth more is done, or every hundred things where the whole is not known. */
export function meter(write: (text: string) => void, terminal: boolean): Meter {
  let shown = "";
  let doing = "";
  return {
    progress: (what, done, total) => {
      doing = what;
      const step = total > 0 ? Math.floor((100 * done) / total) : Math.floor(done / 100);
      const key = `${what} ${step}`;
      if (!terminal || key === shown) return;
      shown = key;
      write(`${CLEAR}${what}: ${total > 0 ? `${done} of ${total}` : done}`);
    },
    done: () => {
      if (shown !== "") write(CLEAR);
      shown = "";
    },
    last: () => doing,
  };
}
