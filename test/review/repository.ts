// A throw-away git repository made of commits that are given as edits of files: what a series looks like before it becomes mails.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export const hasGit = (): boolean => spawnSync("git", ["--version"]).status === 0;

/** Texts by path; undefined: the file is gone. */
export type Files = Readonly<Record<string, string | undefined>>;

export interface Commit {
  readonly title: string;
  /** The files that differ after it. */
  readonly change: (files: Readonly<Record<string, string>>) => Files;
}

export interface Repository {
  readonly folder: string;
  git(...args: readonly string[]): string;
  /** Puts a branch with these commits on the first commit; gives back its name. */
  branch(name: string, commits: readonly Commit[]): string;
  remove(): void;
}

/** A repository whose first commit, "base", has these files. */
export function repository(base: Readonly<Record<string, string>>): Repository {
  const folder = mkdtempSync(path.join(os.tmpdir(), "lifebound-repository-"));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  const who = { NAME: "Ann Author", EMAIL: "ann@x.example", DATE: "2026-01-02T03:04:05+0000" };
  const own = Object.fromEntries(["AUTHOR", "COMMITTER"].flatMap((role) => Object.entries(who).map(([k, v]) => [`GIT_${role}_${k}`, v]))); // prettier-ignore
  const git = (...args: readonly string[]): string =>
    execFileSync("git", [...args], { cwd: folder, env: { ...env, ...own, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" }, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] }); // prettier-ignore
  const write = (files: Files): void => {
    for (const [file, text] of Object.entries(files)) {
      const full = path.join(folder, file);
      mkdirSync(path.dirname(full), { recursive: true });
      if (text === undefined) rmSync(full);
      else writeFileSync(full, text);
    }
  };
  const commit = (title: string): void => {
    git("add", "-A");
    git("commit", "-q", "--allow-empty", "-m", title);
  };
  git("init", "-q", "-b", "base");
  write(base);
  commit("base");
  return {
    folder,
    git,
    branch(name, commits) {
      git("checkout", "-q", "-b", name, "base");
      const files: Record<string, string> = { ...base };
      for (const { title, change } of commits) {
        const changed = change(files);
        for (const [file, text] of Object.entries(changed)) {
          if (text === undefined) delete files[file];
          else files[file] = text;
        }
        write(changed);
        commit(title);
      }
      git("checkout", "-q", "base");
      return name;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The edit of one file that replaces a text which must be there. */
export const edit =
  (file: string, from: string, to: string) =>
  (files: Readonly<Record<string, string>>): Files => {
    const text = files[file];
    if (text === undefined || !text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
    return { [file]: text.replace(from, () => to) };
  };

/** Several edits as one. */
export const both =
  (...changes: readonly Commit["change"][]) =>
  (files: Readonly<Record<string, string>>): Files => {
    let now = { ...files };
    const all: Record<string, string | undefined> = {};
    for (const change of changes) {
      const changed = change(now);
      Object.assign(all, changed);
      now = Object.fromEntries(
        Object.entries({ ...now, ...changed }).filter((each): each is [string, string] => each[1] !== undefined),
      );
    }
    return all;
  };
