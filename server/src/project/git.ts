// Git repositories, through plumbing alone: commits as trees, ranges as patches, bases found by blob ids. Index, work tree, refs and object store stay as they are.
import { spawnSync } from "node:child_process";
import path from "node:path";
import type { Incomplete } from "../base/result.ts";
import type { FileId } from "../base/span.ts";
import type { Source } from "../program/program.ts";
import { decode } from "./decode.ts";

/** Blobs read by one process. */
const BATCH = 500;
/** What one git process may print. */
const MAX_OUTPUT = 2 ** 30;
/** Blobs above this are not read, as for files of a tree. */
const MAX_BLOB = 32 << 20;
/** Commits that are tried as a base. */
const MAX_CANDIDATES = 200;

export interface GitCommit {
  readonly id: string;
  readonly source: Source;
}

export interface GitRepository {
  /** A name for it on this machine, for what is kept of it. Trees of different commits may share it: files are known by blob ids. */
  readonly place: string;
  /** The full id of a commit; undefined where there is none of that name. */
  commit(rev: string): string | undefined;
  /** A commit as a tree. */
  open(rev: string): GitCommit | { readonly why: string };
  /** The patches of a range ("a..b"; a lone commit stands for itself and all before it up to where `limit` ends) as a mailbox. */
  range(range: string): { readonly mbox: Buffer; readonly base: string | undefined } | { readonly why: string };
  /** The commit whose files have most of those blobs, the newest of them; undefined where none has any. */
  findBase(wanted: readonly BlobOf[]): { readonly id: string; readonly matched: number } | undefined;
}

/** A file and the (abbreviated) id of what a patch found in it. */
export interface BlobOf {
  readonly path: string;
  readonly blob: string;
}

/** A repository, by a folder in it; a string says why it can't be used. Nothing is ever written, fetched or run from its configuration. */
export function openGit(folder: string): GitRepository | string {
  const root = path.resolve(folder);
  const probe = git(root, ["rev-parse", "--git-dir"]);
  if (typeof probe === "string") return `${folder}: ${probe}`;

  const commit = (rev: string): string | undefined => {
    const out = git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${rev}^{commit}`]);
    return typeof out === "string" ? undefined : out.toString("latin1").trim() || undefined;
  };
  const blobsOf = (rev: string, paths: readonly string[]): ReadonlyMap<string, string> => {
    const out = git(root, ["ls-tree", "-r", "-z", "--full-tree", rev, "--", ...paths]);
    return new Map((typeof out === "string" ? [] : entriesOf(out)).map(({ file, id }) => [file, id]));
  };

  return {
    place: `git ${root}`,
    commit,
    open(rev) {
      const id = commit(rev);
      if (id === undefined) return { why: `${rev}: no such commit` };
      const out = git(root, ["ls-tree", "-r", "-z", "--full-tree", id]);
      return typeof out === "string" ? { why: out } : { id, source: sourceOf(root, entriesOf(out)) };
    },
    range(range) {
      const [from, to] = range.includes("..") ? range.split(/\.{2,3}/) : [`${range}^`, range];
      const end = commit(to === undefined || to === "" ? "HEAD" : to);
      const start = commit(from === undefined || from === "" ? "HEAD" : from);
      if (end === undefined || start === undefined) return { why: `${range}: no such range of commits` };
      const list = git(root, ["rev-list", "--reverse", "--no-merges", "--topo-order", `${start}..${end}`]);
      if (typeof list === "string") return { why: list };
      const fork = git(root, ["merge-base", start, end]);
      const ids = list.toString("latin1").trim();
      if (ids === "") return { why: `${range}: no commits` };
      const options = ["--stdin", "--root", "-p", "-M", "--full-index", "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "--pretty=mboxrd"]; // prettier-ignore
      const mbox = git(root, ["diff-tree", ...options], `${ids}\n`);
      if (typeof mbox === "string") return { why: mbox };
      return { mbox, base: typeof fork === "string" ? start : fork.toString("latin1").trim() };
    },
    findBase(wanted) {
      const paths = [...new Set(wanted.map((each) => each.path))];
      if (paths.length === 0) return undefined;
      const revs = git(root, ["rev-list", `--max-count=${MAX_CANDIDATES}`, "--all", "--", ...paths]);
      const head = commit("HEAD");
      const candidates = [
        ...(head === undefined ? [] : [head]),
        ...(typeof revs === "string" ? [] : revs.toString("latin1").split("\n").filter(Boolean)),
      ];
      let best: { id: string; matched: number } | undefined;
      for (const id of candidates) {
        const blobs = blobsOf(id, paths);
        const matched = wanted.filter(({ path: file, blob }) => blobs.get(file)?.startsWith(blob) === true).length;
        if (matched > (best?.matched ?? 0)) best = { id, matched };
        if (matched === wanted.length) break;
      }
      return best;
    },
  };
}

/** Runs git; a string says what it complained about. Nothing from the environment or the repository may make it run, write or fetch anything. */
function git(root: string, args: readonly string[], input?: string): Buffer | string {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) if (!name.startsWith("GIT_")) env[name] = value;
  const ran = spawnSync(
    "git",
    ["--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", ...args],
    {
      cwd: root,
      env: { ...env, LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", GIT_NO_LAZY_FETCH: "1" },
      maxBuffer: MAX_OUTPUT,
      ...(input === undefined ? {} : { input }),
    },
  );
  if (ran.error !== undefined)
    return "code" in ran.error && ran.error.code === "ENOENT" ? "git is not installed" : ran.error.message;
  if (ran.status !== 0)
    return ran.stderr.toString("utf8").trim().split("\n")[0]?.slice(0, 300) || `git ${args[0]} failed`;
  return ran.stdout;
}

interface Entry {
  readonly file: string;
  readonly id: string;
}

/** The plain files of `ls-tree -z`; links and submodules are left out. */
function entriesOf(out: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (const line of out.toString("utf8").split("\0")) {
    const m = /^100\d{3} blob ([0-9a-f]+)\t([^]+)$/.exec(line);
    if (m?.[1] !== undefined && m[2] !== undefined) entries.push({ file: m[2], id: m[1] });
  }
  return entries;
}

/** A commit's files. A file is read together with its folder, since one process costs as much as hundreds of blobs. */
function sourceOf(root: string, entries: readonly Entry[]): Source {
  const ids = new Map(entries.map(({ file, id }) => [file, id]));
  const listed = entries
    .map(({ file }) => file)
    .filter((file) => /\.[ch]$/.test(file) && !file.endsWith(".mod.c"))
    .sort();
  const folders = new Map<string, FileId[]>();
  for (const file of listed) add(folders, folderOf(file), file);
  const texts = new Map<FileId, string | undefined>();
  const problems = new Map<FileId, Incomplete>();

  function fetch(files: readonly FileId[], visit: (file: FileId, bytes: Buffer) => void): void {
    for (let i = 0; i < files.length; i += BATCH) {
      const some = files.slice(i, i + BATCH).filter((file) => ids.has(file));
      if (some.length === 0) continue;
      const out = git(root, ["cat-file", "--batch"], some.map((file) => `${ids.get(file)}\n`).join(""));
      if (typeof out === "string") {
        for (const file of some) problems.set(file, { file, line: 0, why: out });
        continue;
      }
      let at = 0;
      for (const file of some) {
        const end = out.indexOf(10, at);
        const size = Number(/ blob (\d+)$/.exec(out.subarray(at, end).toString("latin1"))?.[1] ?? Number.NaN);
        if (end < 0 || Number.isNaN(size)) break;
        if (size > MAX_BLOB) problems.set(file, { file, line: 0, why: `larger than ${MAX_BLOB >> 20} MiB: not read` });
        else visit(file, out.subarray(end + 1, end + 1 + size));
        at = end + 1 + size + 1;
      }
    }
  }
  function keep(file: FileId, bytes: Buffer): void {
    const decoded = decode(bytes);
    texts.set(file, "text" in decoded ? decoded.text : undefined);
    if ("why" in decoded) problems.set(file, { file, line: 0, why: decoded.why });
  }

  return {
    files: () => listed,
    read(file) {
      if (!ids.has(file)) return undefined;
      if (!texts.has(file)) {
        const beside = /\.[ch]$/.test(file)
          ? (folders.get(folderOf(file)) ?? []).filter((other) => other !== file && !texts.has(other))
          : [];
        fetch([file, ...beside.slice(0, BATCH - 1)], keep);
        if (!texts.has(file)) texts.set(file, undefined);
      }
      return texts.get(file);
    },
    stamp: (file) => ids.get(file),
    scan(files, visit) {
      fetch(files, visit);
    },
    problems: () => [...problems.values()].sort((a, b) => (a.file < b.file ? -1 : 1)),
  };
}

const folderOf = (file: FileId): string => file.slice(0, file.lastIndexOf("/") + 1);

function add(map: Map<string, FileId[]>, key: string, value: FileId): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
