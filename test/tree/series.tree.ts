// On real data: planted bugs in a slice of a real tree, patch by patch and as git applies them; real series from the lists; real patch queues against git and patch(1).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { treeVersion } from "../../scripts/recall/tree.ts";
import { collect } from "../../server/src/cli/collect.ts";
import type { Collected } from "../../server/src/cli/collect.ts";
import { engineOf } from "../../server/src/cli/engine.ts";
import { newReviewer } from "../../server/src/cli/reviewer.ts";
import type { PlacedFinding } from "../../server/src/findings/report.ts";
import { settle } from "../../server/src/findings/settle.ts";
import { openGit } from "../../server/src/project/git.ts";
import { findInputs } from "../../server/src/project/inputs.ts";
import { openTree } from "../../server/src/project/tree.ts";
import { applyPatch } from "../../server/src/review/apply.ts";
import { MAX_FUZZ } from "../../server/src/review/hunks.ts";
import { applySeries } from "../../server/src/review/sequence.ts";
import { scan } from "../../server/src/review/scan.ts";
import { sketch } from "../../server/src/review/sketch.ts";
import { loadParser } from "../../server/src/syntax/parser.ts";
import { edit, hasGit, repository } from "../review/repository.ts";
import type { Commit } from "../review/repository.ts";

const root = path.resolve(import.meta.dirname, "../..");
const tree = process.env["LIFEBOUND_TREE"] ?? "";
const BUF = "drivers/vfio/pci/vfio_pci_dmabuf.c";

const notRun = (what: string, why: string): void => {
  it(`NOT RUN: ${what}`, () => console.error(`################ NOT RUN: ${what}: ${why} ################`));
};
const read = async (name: string): Promise<Collected> =>
  collect([findInputs(name, "/", () => { throw new Error("no standard input"); })], undefined, () => undefined); // prettier-ignore

/** Every .c, .h and Makefile below some folders of the tree. */
function slice(folders: readonly string[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const folder of folders)
    for (const entry of readdirSync(path.join(tree, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile() && /\.[ch]$|^(?:Makefile|Kconfig)$/.test(entry.name)) {
        const file = path.join(path.relative(tree, entry.parentPath), entry.name);
        files[file] = readFileSync(path.join(tree, file), "utf8");
      }
  return files;
}

describe(`a series on Linux ${treeVersion(tree)}`, function () {
  this.timeout(900_000);
  if (!hasGit()) return notRun("planted bugs in a real tree", "git is not installed");
  const wait = /\t\t\tdma_resv_wait_timeout\(priv->dmabuf->resv,[^;]*;\n/;
  const drain = "\t\t\t\twait_for_completion(&priv->comp);\n";
  const invalidate = "\t\t\tdma_buf_invalidate_mappings(priv->dmabuf);\n";
  const line = (file: string): Commit => ({
    title: `a comment in ${file}`,
    change: (files) => ({ [file]: `/* a comment */\n${files[file] ?? ""}` }),
  });

  it("puts planted bugs down to their patches, and says what a check of the commits says", async () => {
    const files = slice(["drivers/vfio", "include/linux", "drivers/dma-buf"]);
    const waiting = wait.exec(files[BUF] ?? "")?.[0] ?? assert.fail("the wait is not there");
    const repo = repository(files);
    try {
      const commits: readonly Commit[] = [
        line("drivers/vfio/vfio_main.c"),
        { title: "drop the wait", change: edit(BUF, waiting, "") },
        line("drivers/vfio/pci/vfio_pci_intrs.c"),
        line("drivers/vfio/pci/vfio_pci_rdwr.c"),
        line("drivers/vfio/virqfd.c"),
        { title: "wait again", change: edit(BUF, invalidate, invalidate + waiting) },
        line("drivers/vfio/vfio_iommu_type1.c"),
        line("drivers/vfio/pci/vfio_pci_core.c"),
        { title: "drop the drain", change: edit(BUF, drain, "") },
        line("drivers/vfio/pci/vfio_pci_igd.c"),
      ];
      repo.branch("work", commits);
      const git = openGit(repo.folder);
      assert.ok(typeof git !== "string");
      const range = git.range("base..work");
      const [base, tip] = [git.open("base"), git.open("work")];
      assert.ok("mbox" in range && "source" in base && "source" in tip);
      const { mbox } = range;
      const open = async function* (): AsyncIterable<Buffer> {
        yield mbox;
      };
      const { chosen } = await collect(
        [{ files: [{ name: "work", file: false, open }], ordered: true, unread: [] }],
        undefined,
        () => undefined,
      );
      const parser = await loadParser({
        runtime: path.join(root, "node_modules/web-tree-sitter/web-tree-sitter.wasm"),
        grammar: path.join(root, "grammars/kernel-c/tree-sitter-kernel_c.wasm"),
      });
      const memory = new Map();
      const started = process.cpuUsage().user;
      const { attributed } = await scan({
        patches: chosen.flatMap((series) => series.patches),
        tree: newReviewer(base.source, engineOf(parser), parser, { memory }),
        sketched: () => assert.fail("it applies"),
        severity: () => "error",
        proofs: false,
        progress: () => undefined,
      });
      console.log(
        `      ten patches, from a cold start: ${Math.round((process.cpuUsage().user - started) / 1e5) / 10} s of a processor`,
      );
      const brought = attributed.filter(({ status }) => status !== "pre-existing");
      assert.deepEqual(brought.map(({ finding, status, patch, fixedBy }) => `${finding.finding.rule} ${status} ${patch} ${fixedBy ?? ""}`.trim()).sort(), ["dma-buf/no-fence-wait transient 2 6", "dma-buf/no-unmap-drain new 9"]); // prettier-ignore
      const checker = newReviewer(tip.source, engineOf(parser), parser, { memory });
      const report = await checker.check(new Map(), checker.affected([BUF], checker.read), false);
      const settled = settle(report, { read: checker.read, severity: () => "error" });
      const place = (each: PlacedFinding): string => `${each.file}:${each.line} ${each.finding.rule}`;
      const standing = attributed.filter(({ status }) => status === "new" || status === "pre-existing");
      assert.deepEqual(settled.findings.map(place).sort(), standing.map(({ finding }) => place(finding)).sort());
    } finally {
      repo.remove();
    }
  });
});

describe("real series", function () {
  this.timeout(300_000);
  const folder = process.env["LIFEBOUND_SERIES"];
  if (folder === undefined || !existsSync(folder))
    return notRun("real series from the lists", "LIFEBOUND_SERIES names no folder of mailboxes");
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".mbox")))
    it(`${name}: every patch once and in order, and nothing else`, async () => {
      const { chosen, left, passed, unread, mails } = await read(path.join(folder, name));
      assert.deepEqual(unread, []);
      assert.deepEqual(left, []);
      assert.equal(chosen.length, 1);
      const [series] = chosen;
      assert.ok(series !== undefined);
      assert.deepEqual(series.patches.map(({ subject }) => subject.number), Array.from({ length: series.total ?? 0 }, (_, i) => i + 1)); // prettier-ignore
      assert.ok(series.cover !== undefined);
      assert.deepEqual([...new Set(passed.map(({ kind }) => kind))].sort(), ["cover", "reply"]);
      assert.equal(passed.length + series.patches.length, mails);
      for (const { diff } of series.patches) assert.deepEqual(diff.problems, []);
      const diffs = series.patches.map(({ diff }) => diff);
      const { texts } = sketch(diffs);
      const { steps } = applySeries(diffs, (file) => texts.get(file));
      assert.deepEqual(steps.filter(({ status }) => status !== "applied").map(({ reason }) => reason), []); // prettier-ignore
    });
});

describe("real patch queues", function () {
  this.timeout(600_000);
  const [folder, stable] = [process.env["LIFEBOUND_PATCHES"], process.env["LIFEBOUND_STABLE_TREE"]];
  if (folder === undefined || stable === undefined)
    return notRun(
      "real patch queues",
      "LIFEBOUND_PATCHES (a folder of quilt queues) and LIFEBOUND_STABLE_TREE are not set",
    );
  const opened = openTree(stable);
  assert.ok("source" in opened);
  const text = (file: string): string | undefined => opened.source.read(file);
  for (const queue of readdirSync(folder).filter((each) => existsSync(path.join(folder, each, "series"))))
    it(`${queue}: each patch alone fares as with git and patch(1)`, async () => {
      const { chosen, unread } = await read(path.join(folder, queue));
      assert.deepEqual(unread, []);
      const patches = chosen.flatMap((series) => series.patches);
      const counts: Record<string, number> = {};
      const wrong: string[] = [];
      for (const { diff, source } of patches) {
        const file = path.join(folder, queue, source);
        const run = (program: string, args: readonly string[]): boolean =>
          spawnSync(program, [...args], { cwd: stable }).status === 0;
        const fates = (forward: boolean, back: boolean): string => (forward ? "applied" : back ? "there" : "refused");
        const git = fates(run("git", ["apply", "--check", file]), run("git", ["apply", "--check", "-R", file]));
        const gnu = (more: readonly string[]): boolean =>
          run("patch", ["-p1", "--dry-run", "-f", "-s", `-F${MAX_FUZZ}`, ...more, "-i", file]);
        const patch = fates(gnu([]), gnu(["-R"]));
        const ours = (fuzz: number): string =>
          fates(applyPatch(diff, text, { fuzz }).ok, applyPatch(diff, text, { fuzz, reverse: true }).ok);
        const status = applySeries([diff], text).steps[0]?.status ?? "";
        counts[status] = (counts[status] ?? 0) + 1;
        if (ours(0) !== git || ours(MAX_FUZZ) !== patch)
          wrong.push(`${source}: git ${git}, ours ${ours(0)}; patch ${patch}, ours ${ours(MAX_FUZZ)}`);
      }
      const order = applySeries(patches.map(({ diff }) => diff), text).steps; // prettier-ignore
      const inOrder = [...new Set(order.map(({ status }) => status))].map(
        (status) => `${status} ${order.filter((step) => step.status === status).length}`,
      );
      console.log(`      ${patches.length} patches; alone: ${JSON.stringify(counts)}; in order: ${inOrder.join(", ")}`);
      for (const { status, reason } of order) assert.ok(status !== "refused" || reason !== "");
      assert.deepEqual(wrong, []);
    });
});
