// Planted bugs, fixes and transients in a real repository: each is put down to its patch, and stays with it when patches are squashed, split, reordered, when files are
// renamed between them and code is reindented. What the scan says in memory is what a check of the commits says.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { PlacedFinding } from "../../server/src/findings/report.ts";
import { settle } from "../../server/src/findings/settle.ts";
import { collect } from "../../server/src/cli/collect.ts";
import { engineOf } from "../../server/src/cli/engine.ts";
import { newReviewer } from "../../server/src/cli/reviewer.ts";
import type { Memory } from "../../server/src/check/unplug/remember.ts";
import { openGit } from "../../server/src/project/git.ts";
import { scan } from "../../server/src/review/scan.ts";
import type { Attributed } from "../../server/src/review/attribute.ts";
import { loadParser } from "../../server/src/syntax/parser.ts";
import type { CParser } from "../../server/src/syntax/parser.ts";
import { both, edit, hasGit, repository } from "./repository.ts";
import type { Commit, Repository } from "./repository.ts";

const root = path.resolve(import.meta.dirname, "../..");
const barx = readFileSync(path.join(root, "test/fixtures/demo/sound/barx.c"), "utf8");
const BARX = "drivers/barx/barx.c";
const QUOL = "drivers/quol/quol.c";
const FILES = { [BARX]: barx, [QUOL]: barx.replaceAll("barx", "quol"), "notes.txt": "one\ntwo\nthree\n" };

const FENCES =
  "\tdma_resv_wait_timeout(buf->dmabuf->resv, DMA_RESV_USAGE_BOOKKEEP,\n\t\t\t      false, MAX_SCHEDULE_TIMEOUT);\n";
const DRAIN = "\twait_for_completion(&buf->unmapped);\n";
const CHECK = "\tif (!buf->provider) {\n\t\tret = -EOPNOTSUPP;\n\t\tgoto err_unlock;\n\t}\n";
const SIGNATURE = "static void barx_revoke(struct barx_buf *buf)\n{\n";

const commit = (title: string, change: Commit["change"]): Commit => ({ title, change });
const notes = commit("notes: a line", edit("notes.txt", "two\n", "two\nand more\n"));
const above = commit(
  "barx: a comment above",
  edit(BARX, "#include <linux/dma-buf.h>\n", "/* The first\n * of many.\n */\n#include <linux/dma-buf.h>\n"),
);
const dropFences = commit("barx: fences", edit(BARX, FENCES, ""));
const dropDrain = commit("quol: drain", edit(QUOL, DRAIN, ""));
const addFences = commit(
  "barx: fences again",
  edit(BARX, "\tdma_buf_invalidate_mappings(buf->dmabuf);\n", `\tdma_buf_invalidate_mappings(buf->dmabuf);\n${FENCES}`),
);
const dropCheck = commit("barx: no check", edit(BARX, CHECK, ""));
const rename = commit("barx: another name", (files) => ({
  [BARX]: undefined,
  "drivers/barx/barx-main.c": files[BARX] ?? "",
}));
const inRenamed = ({ title, change }: Commit): Commit =>
  commit(title, (files) => {
    const done = change({ ...files, [BARX]: files["drivers/barx/barx-main.c"] ?? "" });
    return { "drivers/barx/barx-main.c": done[BARX] };
  });
/** Body and comment of the revoker with other white space. */
const reindent = commit("barx: white space", (files) => {
  const text = files[BARX] ?? "";
  const at = text.indexOf(SIGNATURE);
  const end = text.indexOf("\n}\n", at);
  return {
    [BARX]:
      text.slice(0, at) +
      text.slice(at, end).replace(/^\t+/gm, (tabs) => " ".repeat(4 * tabs.length)) +
      text.slice(end),
  };
});

describe("attribution, in a repository", function () {
  this.timeout(300_000);
  if (!hasGit()) {
    it("NOT RUN: git is not installed", () =>
      console.error("## NOT RUN: attribution in a repository: git is not installed"));
    return;
  }
  let repo: Repository;
  let parser: CParser;
  const memory: Memory = new Map();
  const prints = new Map<string, string>();
  before(async () => {
    repo = repository(FILES);
    parser = await loadParser({
      runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
      grammar: path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
    });
  });
  after(() => repo?.remove());

  /** Scans a branch as a range, all but its first `skip` commits, and says what is due to which patch: "dma-buf/no-fence-wait barx transient 2>4". */
  async function told(name: string, commits: readonly Commit[], skip = 0): Promise<readonly string[]> {
    repo.branch(name, commits);
    const before = fingerprintOf(repo.folder);
    const git = openGit(repo.folder);
    assert.ok(typeof git !== "string");
    const range = git.range(`${name}~${commits.length - skip}..${name}`);
    assert.ok("mbox" in range && range.base !== undefined);
    const { mbox } = range;
    const inputs = { files: [{ name, file: false, open: () => once(mbox) }], ordered: true, unread: [] };
    const { chosen } = await collect([inputs], undefined, () => undefined);
    const patches = chosen.flatMap((series) => series.patches);
    assert.equal(patches.length, commits.length - skip);
    const opened = git.open(range.base);
    assert.ok("source" in opened);
    const engine = engineOf(parser);
    const { attributed, sequence } = await scan({
      patches,
      tree: newReviewer(opened.source, engine, parser, { memory }),
      sketched: () => assert.fail("the series applies"),
      severity: () => "error",
      proofs: false,
      progress: () => undefined,
    });
    assert.ok(sequence.steps.every(({ status }) => status === "applied"));
    await agrees(git, name, attributed);
    // Nothing in the repository was touched.
    assert.equal(fingerprintOf(repo.folder), before);
    for (const { finding, status } of attributed) {
      const key = `${finding.finding.rule} ${finding.finding.resource}`;
      if (!prints.has(key)) prints.set(key, finding.fingerprint);
      assert.equal(finding.fingerprint, prints.get(key), `${name}: ${key} (${status}) keeps its fingerprint`);
    }
    return attributed.map(shown).sort();
  }

  /** What git makes of the commits has the findings that the scan says it has. */
  async function agrees(
    git: Exclude<ReturnType<typeof openGit>, string>,
    name: string,
    attributed: readonly Attributed[],
  ): Promise<void> {
    const tip = git.open(name);
    assert.ok("source" in tip);
    const checker = newReviewer(tip.source, engineOf(parser), parser, { memory });
    const files = tip.source.files();
    const report = await checker.check(new Map(), checker.affected(files, checker.read), false);
    const settled = settle(report, { read: checker.read, severity: () => "error" });
    const place = (each: PlacedFinding): string =>
      `${each.file}:${each.line}:${each.column} ${each.finding.rule} ${each.finding.message}`;
    const standing = attributed.filter((each) => each.status !== "fixed" && each.status !== "transient" && each.hidden === undefined); // prettier-ignore
    assert.deepEqual(standing.map(({ finding }) => place(finding)).sort(), settled.findings.map(place).sort()); // prettier-ignore
  }

  const FENCE = "dma-buf/no-fence-wait barx";
  const DRAINED = "dma-buf/no-unmap-drain quol";
  const NULLED = "provider/unchecked-null barx";

  it("puts each finding down to its patch", async () => {
    assert.deepEqual(await told("plain", [above, dropFences, dropDrain, addFences, notes, dropCheck]), [`${FENCE} transient 2>4`, `${DRAINED} new 3`, `${NULLED} new 6`]); // prettier-ignore
  });
  it("follows patches that are squashed", async () => {
    const squashed = commit("squashed", both(above.change, dropFences.change, dropDrain.change));
    assert.deepEqual(await told("squashed", [squashed, addFences, dropCheck]), [`${FENCE} transient 1>2`, `${DRAINED} new 1`, `${NULLED} new 3`]); // prettier-ignore
  });
  it("follows a patch that is split", async () => {
    const first = commit("first half", edit(BARX, FENCES, `\t/* soon gone */\n${FENCES}`));
    const second = commit("second half", edit(BARX, `\t/* soon gone */\n${FENCES}`, ""));
    // A crash comes first: the missing wait can't be seen beside it any more, but nobody has added one.
    assert.deepEqual(await told("split", [first, second, dropDrain, dropCheck]), [`${FENCE} new 2, hidden by 4`, `${DRAINED} new 3`, `${NULLED} new 4`]); // prettier-ignore
  });
  it("follows patches that change places", async () => {
    assert.deepEqual(await told("reordered", [dropDrain, above, dropFences, addFences, dropCheck]), [`${FENCE} transient 3>4`, `${DRAINED} new 1`, `${NULLED} new 5`]); // prettier-ignore
  });
  it("can't see a second defect of a driver that crashes before it", async () => {
    assert.deepEqual(await told("crashing", [dropCheck, dropFences, addFences]), [`${NULLED} new 1`]);
  });
  it("follows a file that is renamed between them: what was there has moved, what comes keeps its name", async () => {
    assert.deepEqual(await told("renamed", [dropFences, rename, inRenamed(addFences), inRenamed(dropCheck)]), [`${FENCE} transient 1>3`, `${NULLED} new 4`]); // prettier-ignore
  });
  it("blames nobody for what was there before, moved or not", async () => {
    assert.deepEqual(await told("there", [dropFences, above, rename, notes], 1), [`${FENCE} moved 2`]);
    assert.deepEqual(await told("still", [dropFences, above], 1), [`${FENCE} pre-existing`]);
  });
  it("says who fixed what was there before", async () => {
    assert.deepEqual(await told("mended", [dropFences, above, addFences], 1), [`${FENCE} fixed 2>2`]);
  });
  it("follows code that is reindented", async () => {
    assert.deepEqual(await told("reindented", [dropFences, reindent, dropCheck]), [
      `${FENCE} new 1, hidden by 3`,
      `${NULLED} new 3`,
    ]);
  });
  it("says nothing of a series that no rule looks at", async () => assert.deepEqual(await told("quiet", [notes]), []));
});

const shown = ({ finding, status, patch, fixedBy, hidden }: Attributed): string =>
  `${finding.finding.rule} ${finding.finding.resource.includes("barx") ? "barx" : "quol"} ${status}${patch === undefined ? "" : ` ${patch}`}${fixedBy === undefined ? "" : `>${fixedBy}`}${hidden === undefined ? "" : `, hidden by ${hidden}`}`;

async function* once(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}

/** Names, sizes and times of everything in a folder, .git included. */
function fingerprintOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const stat = statSync(path.join(folder, name));
      return `${name} ${stat.isDirectory() ? "" : stat.size} ${stat.mtimeMs}`;
    })
    .join("\n");
}
