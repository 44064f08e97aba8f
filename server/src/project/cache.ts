// A folder of our own for what is costly to compute again: under the XDG cache, never inside a kernel tree. Losing it loses only time.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** Raised whenever the form of anything in the cache changes: older entries are then not found. */
export const CACHE_VERSION = 1;

export interface Cache {
  /** The bytes stored under `name`, or undefined. Never throws. */
  load(name: string): Uint8Array | undefined;
  /** Stores bytes, whole or not at all (a reader never sees half a file). Returns why it could not, or undefined. */
  store(name: string, bytes: readonly Uint8Array[]): string | undefined;
  /** Where the entries are, for people. */
  readonly folder: string;
}

/** The cache of one tree: entries of different trees, and of different versions of this program, do not meet. */
export function openCache(treeRoot: string, environment: Readonly<Record<string, string | undefined>>): Cache {
  const xdg = environment["XDG_CACHE_HOME"];
  const home = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(os.homedir(), ".cache");
  const key = createHash("sha256").update(treeRoot).digest("hex").slice(0, 16);
  const folder = path.join(home, "lifebound", `v${CACHE_VERSION}`, key);
  return {
    folder,
    load(name) {
      try {
        return readFileSync(path.join(folder, name));
      } catch {
        return undefined;
      }
    },
    store(name, bytes) {
      const temporary = path.join(folder, `.${name}.${process.pid}`);
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(temporary, "");
        for (const part of bytes) writeFileSync(temporary, part, { flag: "a" });
        renameSync(temporary, path.join(folder, name));
        return undefined;
      } catch (error) {
        discard(temporary);
        return error instanceof Error ? error.message : String(error);
      }
    },
  };
}

/** A cache that keeps nothing, for --no-cache and for read-only places. */
export const noCache: Cache = { folder: "", load: () => undefined, store: () => undefined };

function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // What kept it from being written keeps it from being removed.
  }
}
