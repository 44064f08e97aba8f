// Golden files: text that was looked at once and may then change only on purpose. UPDATE=1 writes them; the diff is the review.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const tests = path.resolve(import.meta.dirname, "..");

/** Compares with a file below test/, or writes it where UPDATE=1 is set. A missing file is a failure, never a pass. */
export function golden(file: string, actual: string): void {
  const full = path.join(tests, file);
  if (process.env["UPDATE"] === "1") {
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, actual);
    return;
  }
  assert.ok(existsSync(full), `no golden ${file}: look at the output, then write it with UPDATE=1`);
  assert.equal(actual, readFileSync(full, "utf8"), `${file} differs: UPDATE=1 rewrites it`);
}
