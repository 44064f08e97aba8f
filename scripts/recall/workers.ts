// A few worker processes that run cases, so that a check over its time budget can be ended and two cores are used.
import { fork, type ChildProcess } from "node:child_process";
import type { Raw } from "./run.ts";

export interface Task {
  readonly index: number;
}

export type Reply = { readonly index: number; readonly raw: Raw } | { readonly ready: true };

/**
 * Runs `count` cases by index in `jobs` processes of `script`, each started with `args`. `budget`: milliseconds for one case; a worker that
 * takes longer is ended and another one goes on. A worker that dies costs the case that it ran. `known`: results that need no run.
 */
export async function runInWorkers(
  script: string,
  args: readonly string[],
  count: number,
  jobs: number,
  budget: number,
  progress: (done: number, index: number, raw: Raw) => void,
  known: readonly (Raw | undefined)[] = [],
): Promise<readonly Raw[]> {
  const raws: Raw[] = [];
  let next = 0;
  let done = 0;
  const skip = (): void => {
    for (let raw = known[next]; raw !== undefined && next < count; raw = known[next]) {
      raws[next++] = raw;
      done++;
    }
  };
  skip();
  const lost = (why: Partial<Raw>): Raw => ({
    answer: undefined,
    disguised: { changes: 0, functions: {}, moved: {}, skipped: [] },
    applies: true,
    ms: budget,
    ...why,
  });
  const runOne = (): Promise<void> =>
    new Promise((resolve) => {
      let current: number | undefined;
      let timer: NodeJS.Timeout | undefined;
      const settle = (index: number, raw: Raw): void => {
        raws[index] = raw;
        current = undefined;
        clearTimeout(timer);
        progress(++done, index, raw);
      };
      const give = (child: ChildProcess): void => {
        if (next >= count) {
          child.kill();
          resolve();
          return;
        }
        const index = next++;
        skip();
        current = index;
        timer = setTimeout(() => {
          settle(index, lost({ overBudget: true }));
          child.removeAllListeners("exit");
          child.kill("SIGKILL");
          start();
        }, budget);
        child.send({ index } satisfies Task);
      };
      const start = (): void => {
        const child = fork(script, args, {
          execArgv: process.execArgv,
          stdio: ["ignore", "inherit", "inherit", "ipc"],
        });
        child.on("message", (reply: Reply) => {
          if ("raw" in reply) settle(reply.index, reply.raw);
          give(child);
        });
        child.on("exit", (code) => {
          if (current === undefined && next >= count) {
            resolve();
            return;
          }
          if (current === undefined) {
            // It died before it could take a case: starting another one would go on for ever.
            while (next < count) {
              settle(next++, lost({ error: `a worker ended with ${code} before it was ready` }));
              skip();
            }
            resolve();
            return;
          }
          settle(current, lost({ error: `the worker ended with ${code}` }));
          start();
        });
      };
      start();
    });
  await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, count)) }, runOne));
  return raws;
}
