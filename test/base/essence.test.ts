// What is told of a trace: what goes wrong and what is waited for always, the inside of calls that nobody came in between never.
import assert from "node:assert/strict";
import { importances, isTold } from "../../server/src/base/essence.ts";
import type { Step } from "../../server/src/base/trace.ts";

const span = { file: "a.c", start: 0, end: 1 };
const inC = (thread: string, kind: Step["kind"], text: string): Step => ({ actor: "driver", thread, kind, text, span });
const around = (thread: string, kind: Step["kind"], text: string): Step => ({ actor: "driver", thread, kind, text });

const trace: readonly Step[] = [
  around("export", "call", "export begins"),
  inC("export", "store", "buf->revoked = 0"),
  around("export", "environment", "installs the file descriptor"),
  around("remove", "call", "remove begins"),
  around("remove", "environment", "(enters a call)"),
  inC("remove", "store", "buf->revoked = 1"),
  around("map", "call", "map begins"),
  inC("map", "test", "buf->revoked: yes"),
  inC("map", "test", "ret: no"),
  inC("remove", "lock", "takes buf.lock"),
  inC("remove", "unlock", "drops buf.lock"),
  around("remove", "test", "reason: no"),
  inC("remove", "wait", "waits for buf.comp"),
  { actor: "driver", thread: "remove", kind: "violation", text: "never ends" },
];

describe("what a trace tells", () => {
  it("is weighed step by step", () => {
    const telling = importances(trace).flatMap((w, n) => (w === "unimportant" ? [] : [`${w} ${trace[n]?.text}`]));
    assert.deepEqual(telling, [
      "important export begins",
      "important installs the file descriptor",
      "important remove begins",
      "important buf->revoked = 1",
      "important map begins",
      "important takes buf.lock",
      "essential waits for buf.comp",
      "essential never ends",
    ]);
  });
  it("is all of it where it is short", () => {
    const short = trace.slice(0, 12);
    assert.ok(short.every((_, n) => isTold(short)(n)));
    assert.deepEqual([1, 13].map(isTold(trace)), [false, true]);
  });
});
