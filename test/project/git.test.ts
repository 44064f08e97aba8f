// Repositories through plumbing: commits as trees, ranges, bases by blob ids; and that nothing in a repository runs, or is touched.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { chooseBase, firstBlobs } from "../../server/src/cli/base.ts";
import { openGit } from "../../server/src/project/git.ts";
import type { GitRepository } from "../../server/src/project/git.ts";
import { sortMail } from "../../server/src/review/patch.ts";
import type { Patch } from "../../server/src/review/patch.ts";
import type { Series } from "../../server/src/review/series.ts";
import { edit, hasGit, repository } from "../review/repository.ts";
import type { Repository } from "../review/repository.ts";
import { read, split } from "../review/support.ts";

describe("git", function () {
  if (!hasGit()) {
    it("NOT RUN: git is not installed", () => console.error("## NOT RUN: repositories: git is not installed"));
    return;
  }
  const FILES = {
    "d/a.c": "int a;\nint b;\nint c;\n",
    "d/b.h": "int h;\n",
    "d/Makefile": "obj-y += a.o\n",
    "e/ä b.c": "int e;\n",
    "bin.c": "\0\0",
  };
  let repo: Repository;
  let git: GitRepository;
  before(() => {
    repo = repository(FILES);
    repo.branch("work", [
      { title: "one", change: edit("d/a.c", "int b;", "int bb;") },
      { title: "two", change: () => ({ "d/new.c": "int n;\n" }) },
      { title: "From here\n\nFrom me@x Thu Jan  1 00:00:00 1970\nwords", change: edit("d/a.c", "int c;", "int cc;") },
    ]);
    const opened = openGit(repo.folder);
    assert.ok(typeof opened !== "string");
    git = opened;
  });
  after(() => repo?.remove());

  const patches = async (range: string): Promise<readonly Patch[]> => {
    const found = git.range(range);
    assert.ok("mbox" in found, range);
    return Promise.all(split(found.mbox).map(async (bytes) => sortMail(await read(bytes), range).patch));
  };
  const series = (baseCommit: string | undefined): Series => ({ version: 1, total: 1, cover: undefined, patches: [], missing: [], baseCommit, prerequisites: 0, first: 1 }); // prettier-ignore

  it("reads a commit as a tree: C files listed, all plain files readable", () => {
    const tree = git.open("work");
    assert.ok("source" in tree);
    assert.deepEqual(tree.source.files(), ["bin.c", "d/a.c", "d/b.h", "d/new.c", "e/ä b.c"]);
    assert.equal(tree.source.read("d/a.c"), "int a;\nint bb;\nint cc;\n");
    assert.equal(tree.source.read("d/Makefile"), FILES["d/Makefile"]);
    assert.equal(tree.source.read("e/ä b.c"), "int e;\n");
    assert.equal(tree.source.read("bin.c"), undefined);
    assert.equal(tree.source.read("../x"), undefined);
    const seen: string[] = [];
    tree.source.scan?.(tree.source.files(), (file, bytes) => seen.push(`${file} ${bytes.length}`));
    assert.ok(seen.includes("d/new.c 7"));
    const base = git.open("base");
    assert.ok("source" in base);
    assert.notEqual(tree.source.stamp?.("d/a.c"), base.source.stamp?.("d/a.c"));
    assert.equal(tree.source.stamp?.("d/b.h"), base.source.stamp?.("d/b.h"));
  });
  it("gives the patches of a range, in order, with subjects that look like anything", async () => {
    const found = await patches("base..work");
    assert.deepEqual(found.map(({ subject }) => subject.title), ["one", "two", "From here"]); // prettier-ignore
    assert.deepEqual(found.map(({ diff }) => diff.changes.length), [1, 1, 1]); // prettier-ignore
    assert.equal((await patches("work")).length, 1);
  });
  it("says what it does not know", () => {
    assert.deepEqual(git.range("nowhere..work"), { why: "nowhere..work: no such range of commits" });
    assert.deepEqual(git.range("work..base"), { why: "work..base: no commits" });
    assert.deepEqual(git.open("nowhere"), { why: "nowhere: no such commit" });
    assert.equal(typeof openGit(path.join(repo.folder, "nowhere")), "string");
  });
  it("takes no name for an option", () => {
    const file = path.join(repo.folder, "out");
    for (const name of [`--output=${file}`, "--all", "-p", `--exec=touch ${file}`]) {
      assert.equal(git.commit(name), undefined);
      assert.ok("why" in git.open(name));
      assert.ok("why" in git.range(`${name}..work`));
    }
    assert.ok(!existsSync(file));
  });
  it("runs nothing that the repository's configuration names", async () => {
    const mark = path.join(repo.folder, "..", `${path.basename(repo.folder)}-ran`);
    const script = path.join(repo.folder, "run.sh");
    writeFileSync(script, `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    writeFileSync(path.join(repo.folder, ".git/info/attributes"), "*.c diff=evil\n");
    for (const [name, value] of [
      ["core.fsmonitor", script],
      ["diff.external", script],
      ["diff.evil.command", script],
      ["diff.evil.textconv", script],
      ["core.pager", script],
      ["core.sshCommand", script],
      ["diff.noprefix", "true"],
      ["diff.mnemonicPrefix", "true"],
      ["color.ui", "always"],
    ])
      // prettier-ignore
      repo.git("config", name ?? "", value ?? "");
    const found = await patches("base..work");
    assert.deepEqual(found[0]?.diff.changes.map(({ newPath }) => newPath), ["d/a.c"]); // prettier-ignore
    assert.ok(!existsSync(mark));
  });
  it("finds the base by name, by base-commit, by range, and by blob ids", async () => {
    const found = await patches("base..work");
    const last = (await patches("work"))[0];
    assert.ok(last !== undefined);
    const choose = (some: readonly Patch[], base: string | undefined, options = {}, rangeBase?: string): string => {
      const chosen = chooseBase({
        options,
        repository: git,
        patches: some,
        series: [series(base)],
        rangeBase,
        plain: () => undefined,
      });
      return typeof chosen === "string"
        ? chosen
        : `${chosen.name.replace(/[0-9a-f]{12}/, (id) => names.get(id) ?? id)}${chosen.note === undefined ? "" : `: ${chosen.note}`}`;
    };
    const names = new Map(["base", "work", "work~1"].map((name) => [git.commit(name)?.slice(0, 12) ?? "", name]));
    assert.equal(choose(found, undefined, { base: "work~1" }), "commit work~1 (--base)");
    assert.equal(choose(found, git.commit("base")), "commit base (base-commit of the series)");
    assert.equal(choose(found, undefined, {}, "base"), "commit base (where the range begins)");
    assert.equal(choose(found, undefined), "commit base (found by blob ids)");
    assert.match(choose([last], undefined), /^commit (?:work~1|[0-9a-f]{12}) \(found by blob ids\)$/);
    assert.equal(choose(found, "0123456789abcdef0123456789abcdef01234567"), "commit base (found by blob ids): base-commit 0123456789ab is not in the repository"); // prettier-ignore
    const strange = {
      ...last,
      diff: { ...last.diff, changes: last.diff.changes.map((each) => ({ ...each, oldBlob: "0123456" })) },
    };
    assert.equal(
      choose([strange], undefined),
      "commit base (HEAD): no commit has the files that the series was made on",
    );
    assert.deepEqual(firstBlobs(found).map(({ path: file }) => file), ["d/a.c"]); // prettier-ignore
  });
});
