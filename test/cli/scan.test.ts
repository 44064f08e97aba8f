// `lifebound scan` as a user runs it: every form of input, every way out, on the bundled series.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { lazyCheck } from "../../server/src/cli/engine.ts";
import { wasmFiles } from "../../server/src/cli/facts.ts";
import { run } from "../../server/src/cli/run.ts";
import { scanningOf } from "../../server/src/cli/scanning.ts";
import { ruleList } from "../../server/src/lifecycles/catalogue.ts";
import { findInputs } from "../../server/src/project/inputs.ts";
import { split } from "../review/support.ts";

const root = path.resolve(import.meta.dirname, "../..");
const demo = path.join(root, "test/fixtures/demo");
const series = readFileSync(path.join(demo, "series.mbox"));
const wasm = wasmFiles(path.join(root, "server/src"));
const scanning = scanningOf(wasm, demo);

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function lifebound(args: readonly string[], stdin: Buffer = Buffer.alloc(0), terminal = false): Promise<Ran> {
  let out = "";
  let err = "";
  const inputs = (name: string): ReturnType<typeof findInputs> =>
    findInputs(name, demo, async function* () {
      yield stdin;
    });
  const code = await run(["scan", ...args], {
    version: "1.2.3",
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    terminal,
    open: () => "not asked for",
    check: lazyCheck(wasm),
    scanning: { ...scanning, inputs },
    readText: (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined),
    facts: () => Promise.resolve(undefined),
    models: [],
    rules: ruleList,
    lifecycles: [],
  });
  return { code, out, err };
}

/** Status and finding of each patch of a scan in JSON, in short. */
interface Body {
  readonly findings: readonly { readonly rule: string; readonly status: string; readonly patch?: number; readonly fixedBy?: number; readonly fingerprint: string; readonly confidence: string }[]; // prettier-ignore
  readonly patches: readonly { readonly index: number; readonly status: string; readonly reason?: string }[];
  readonly suppressed: readonly { readonly reason: string }[];
  readonly incomplete: readonly { readonly why: string }[];
  readonly proofs: readonly object[];
  readonly base: string;
  readonly against?: {
    readonly fixed: readonly object[];
    readonly kept: readonly object[];
    readonly added: readonly object[];
  };
}
async function body(args: readonly string[], stdin?: Buffer): Promise<Body> {
  const ran = await lifebound(["--format", "json", ...args], stdin);
  assert.notEqual(ran.out, "", ran.err);
  return JSON.parse(ran.out) as Body;
}
const told = ({ findings }: Body): readonly string[] =>
  findings
    .map((each) => `${each.rule} ${each.status} ${each.patch}${each.fixedBy === undefined ? "" : `>${each.fixedBy}`}`)
    .sort();

const EXPECTED = ["dma-buf/no-fence-wait fixed 3>3", "dma-buf/no-unmap-drain new 2"];

describe("lifebound scan", function () {
  this.timeout(120_000);
  const dir = mkdtempSync(path.join(os.tmpdir(), "lifebound-scan-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const inOrder = split(series).filter((mail) => /^Subject: \[PATCH v2 [1-4]/m.test(mail.toString()));
  const numberOf = (mail: Buffer): string => /PATCH v2 (\d)/.exec(mail.toString())?.[1] ?? "";
  const at = (name: string): string => path.join(dir, name);

  before(() => {
    mkdirSync(at("maildir/cur"), { recursive: true });
    mkdirSync(at("maildir/new"));
    mkdirSync(at("folder"));
    mkdirSync(at("quilt"));
    for (const [i, mail] of inOrder.entries()) {
      writeFileSync(at(`maildir/${i % 2 === 0 ? "cur" : "new"}/${i}.host:2,S`), mail);
      writeFileSync(at(`folder/${numberOf(mail)}.eml`), mail);
      const text = mail.toString();
      writeFileSync(
        at(`quilt/barx-${numberOf(mail)}.diff`),
        `Description: part ${numberOf(mail)}\n\n${text.slice(text.indexOf("diff --git"))}`,
      );
    }
    writeFileSync(
      at("quilt/series"),
      "# in order\nbarx-1.diff\nbarx-2.diff -p1\n\nbarx-3.diff # the fix\nbarx-4.diff\n",
    );
    writeFileSync(at("mbox.gz"), gzipSync(series));
  });

  it("reads a mailbox and puts findings down to patches", async () => {
    const ran = await lifebound(["--tree", "buggy", "series.mbox"]);
    assert.equal(ran.code, 1);
    assert.equal(ran.err, "");
    assert.match(
      ran.out,
      /^2\/4 barx: Don't let slow importers hold up remove\(\): applied\n {2}barx\.c:\d+:\d+: error: .* \[dma-buf\/no-unmap-drain\] \(new\)$/m,
    );
    assert.match(ran.out, /^ {4}patch 2, line 16: -\twait_for_completion\(&buf->unmapped\);$/m);
    assert.match(ran.out, /^4 patches: 4 applied; findings: 1 new, 1 fixed$/m);
  });
  it("reads maildirs, folders of patches, mails, quilt queues, compressed mailboxes and standard input alike", async () => {
    for (const name of ["maildir", "folder", "quilt", "mbox.gz"])
      assert.deepEqual(told(await body(["--tree", "buggy", at(name)])), EXPECTED, name);
    assert.deepEqual(told(await body(["--tree", "buggy", "-"], series)), EXPECTED);
    const files = inOrder.map((mail) => at(`folder/${numberOf(mail)}.eml`));
    assert.deepEqual(told(await body(["--tree", "buggy", ...files])), EXPECTED);
  });
  it("says what is missing, and what no rule has looked at", async () => {
    const found = await body(["--tree", "buggy", at("folder/1.eml"), at("folder/3.eml")]);
    assert.ok(found.incomplete.some(({ why }) => why === "patch 2 of 4 is not there"));
    assert.deepEqual(told(found), ["dma-buf/no-fence-wait fixed 2>2"]);
    assert.deepEqual(told(await body(["--tree", "buggy", at("folder/4.eml")])), []);
  });
  it("does not apply a patch to a tree that has it, and blames it all the same", async () => {
    cpSync(path.join(demo, "buggy"), at("tree"), { recursive: true });
    const { patches } = await body(["--tree", "buggy", "series.mbox"]);
    assert.deepEqual(patches.map(({ status }) => status), ["applied", "applied", "applied", "applied"]); // prettier-ignore
    const { code } = await lifebound(["--tree", "buggy", "--fail-on", "never", "series.mbox"]);
    assert.equal(code, 0);
    const { execFileSync } = await import("node:child_process");
    for (const mail of inOrder.sort((a, b) => (numberOf(a) < numberOf(b) ? -1 : 1)))
      execFileSync("patch", ["-p1", "-s", "-d", at("tree")], { input: mail });
    const there = await body(["--tree", at("tree"), "series.mbox"]);
    assert.deepEqual(there.patches.map(({ status }) => status), ["already-applied", "already-applied", "already-applied", "already-applied"]); // prettier-ignore
    assert.deepEqual(told(there), EXPECTED);
  });
  it("refuses what does not fit, with hunk and base, and goes on", async () => {
    // Only the second patch takes it away for good.
    const text = series.toString();
    const last = text.indexOf("-\twait_for_completion", text.indexOf("Subject: [PATCH v2 2/4]"));
    const spoiled = Buffer.from(
      `${text.slice(0, last)}-\twait_for_something${text.slice(last + "-\twait_for_completion".length)}`,
    );
    const found = await body(["--tree", "buggy", "-"], spoiled);
    assert.deepEqual(found.patches.map(({ status }) => status), ["applied", "refused", "applied", "applied"]); // prettier-ignore
    assert.match(found.patches[1]?.reason ?? "", /^barx\.c: hunk 1 of 1 does not fit/);
    assert.deepEqual(told(found), ["dma-buf/no-fence-wait fixed 3>3"]);
    assert.ok(found.incomplete.some(({ why }) => why === "1 of 4 patches do not apply to it"));
  });
  it("scans on hunks alone where there is no tree or none that fits, and says so", async () => {
    const whole = readFileSync(path.join(demo, "buggy/barx.c"), "utf8");
    const lines = whole.trimEnd().split("\n");
    const created = Buffer.from(
      `From: A <a@x.example>\nSubject: [PATCH] barx: new driver\nMessage-ID: <n@x.example>\n\ndiff --git a/drivers/barx/barx.c b/drivers/barx/barx.c\nnew file mode 100644\n--- /dev/null\n+++ b/drivers/barx/barx.c\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}`).join("\n")}\n`,
    );
    const found = await body(["-"], created);
    assert.deepEqual(told(found), ["dma-buf/no-fence-wait new 1"]);
    assert.equal(found.findings[0]?.confidence, "likely");
    assert.deepEqual(found.proofs, []);
    assert.ok(found.incomplete.some(({ why }) => /only the hunks/.test(why)));
    writeFileSync(at("other.c"), "int x;\n");
    const none = await body(["--tree", dir, "series.mbox"]);
    assert.ok(none.patches.every(({ status }) => status === "refused"));
    assert.ok(none.incomplete.some(({ why }) => /only the hunks/.test(why)));
  });
  it("accepts findings with a reason, and only with one", async () => {
    const { findings } = await body(["--tree", "buggy", "series.mbox"]);
    const print = findings.find(({ status }) => status === "new")?.fingerprint ?? "";
    writeFileSync(at("baseline"), `# accepted\n${print}  hardware does it\n`);
    const found = await body(["--tree", "buggy", "--baseline", at("baseline"), "series.mbox"]);
    assert.deepEqual(found.suppressed.map(({ reason }) => reason), ["hardware does it"]); // prettier-ignore
    assert.equal((await lifebound(["--tree", "buggy", "--baseline", at("baseline"), "series.mbox"])).code, 0);
    writeFileSync(at("baseline"), `${print}\n`);
    const ran = await lifebound(["--tree", "buggy", "--baseline", at("baseline"), "series.mbox"]);
    assert.equal(ran.code, 2);
    assert.match(ran.err, /:1: not a fingerprint and a reason/);
  });
  it("compares with an older version", async () => {
    const older = Buffer.from(series.toString().replaceAll("PATCH v2", "PATCH"));
    writeFileSync(at("v1.mbox"), older);
    const same = await body(["--tree", "buggy", "--against", at("v1.mbox"), "series.mbox"]);
    assert.deepEqual([same.against?.fixed.length, same.against?.kept.length, same.against?.added.length], [0, 1, 0]);
    const less = await body(["--tree", "buggy", "--against", "series.mbox", at("folder/3.eml")]);
    assert.deepEqual([less.against?.fixed.length, less.against?.kept.length, less.against?.added.length], [1, 0, 0]);
  });
  it("takes the newest version, or the one that is asked for", async () => {
    const both = Buffer.concat([
      series,
      Buffer.from(series.toString().replaceAll("PATCH v2", "PATCH v3").replaceAll("barx-v2", "barx-v3")),
    ]);
    const found = await body(["--tree", "buggy", "-"], both);
    assert.ok(found.incomplete.some(({ why }) => /^v2, 4 patches: not scanned \(--revision 2 does\)/.test(why)));
    const ran = await lifebound(["--tree", "buggy", "--revision", "7", "-"], both);
    assert.deepEqual([ran.code, ran.err], [2, "lifebound: no patch in -\n"]);
  });
  it("answers b4 with JSON, and with nothing where there is nothing", async () => {
    const mail = inOrder.find((each) => numberOf(each) === "3") ?? Buffer.alloc(0);
    const results = JSON.parse((await lifebound(["--tree", "buggy", "--format", "b4", "-"], mail)).out) as readonly {
      tool: string;
      status: string;
    }[];
    assert.deepEqual(results.map(({ tool, status }) => `${tool} ${status}`), ["lifebound pass"]); // prettier-ignore
    const cover = split(series)[0] ?? Buffer.alloc(0);
    assert.deepEqual(await lifebound(["--tree", "buggy", "--format", "b4", "-"], cover), {
      code: 0,
      out: "[]\n",
      err: "",
    });
  });
  it("prints every format", async () => {
    for (const format of ["text", "json", "sarif", "reply", "b4", "markdown", "html"])
      assert.match(
        (await lifebound(["--tree", "buggy", "--format", format, "series.mbox"])).out,
        /no-unmap-drain/,
        format,
      );
  });
  it("says what protects what a patch touches, where asked", async () => {
    const { out } = await lifebound(["--tree", "buggy", "--positive", at("folder/3.eml")]);
    assert.match(out, /^ {2}what barx_export\(\) exports, until remove\(\) returns.*\n(?: {4}.*\n){4}\n/m);
  });
  it("shows progress on a terminal and nowhere else", async () => {
    assert.match((await lifebound(["--tree", "buggy", "series.mbox"], undefined, true)).err, /patch 2: 2 of 5/);
  });
  it("leaves with 2 where nothing can be read or is understood", async () => {
    const fails = async (args: readonly string[], message: RegExp, stdin?: Buffer): Promise<void> => {
      const ran = await lifebound(args, stdin);
      assert.equal(ran.code, 2, ran.out + ran.err);
      assert.match(ran.err, message);
    };
    await fails(["nowhere.mbox"], /nowhere\.mbox: no such file or folder/);
    await fails(["-"], /no patch in -/, Buffer.from("hello\n"));
    await fails(["-"], /neither a mail nor a patch/, Buffer.from("\0\0\0"));
    await fails(["--tree", "nowhere", "series.mbox"], /nowhere: no such file/);
    await fails(["--git", dir, "a..b"], /not a git repository|not installed/);
    await fails(["--git", ".", "--tree", ".", "series.mbox"], /exclude each other/);
    await fails(["--revision", "x", "series.mbox"], /not a version/);
    await fails(["--base", "HEAD", "series.mbox"], /--base needs --git/);
  });
  it("follows no name or link out of a quilt queue, and unpacks no bomb", async () => {
    mkdirSync(at("evil"));
    writeFileSync(at("evil/series"), "../folder/1.eml\n/etc/passwd\nlink.diff\n");
    symlinkSync(at("folder/1.eml"), at("evil/link.diff"));
    const ran = await lifebound(["--tree", "buggy", at("evil")]);
    assert.equal(ran.code, 2);
    assert.equal(ran.err.match(/leads out of the queue/g)?.length, 3);
    const bomb = gzipSync(Buffer.alloc(700 << 20), { level: 1 });
    writeFileSync(at("bomb.gz"), bomb);
    assert.match(
      (await lifebound(["--tree", "buggy", at("bomb.gz")])).err,
      /larger than 16 MiB|unpacks to more|neither/,
    );
  });
  it("stops at once when it is told to, and leaves nothing behind", async function () {
    const before = readdirSync(os.tmpdir()).sort();
    const child = spawn(process.execPath, ["--import", "tsx", path.join(root, "server/src/cli.ts"), "scan", "--tree", "buggy", "series.mbox"], { cwd: demo, stdio: ["ignore", "pipe", "pipe"] }); // prettier-ignore
    let out = "";
    child.stdout.on("data", (data: Buffer) => (out += data.toString()));
    setTimeout(() => child.kill("SIGINT"), 700);
    const [, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done) =>
      child.on("exit", (code, by) => done([code, by])),
    );
    assert.equal(signal, "SIGINT");
    assert.equal(out, "");
    assert.deepEqual(readdirSync(os.tmpdir()).filter((name) => name.startsWith("lifebound")).sort(), before.filter((name) => name.startsWith("lifebound"))); // prettier-ignore
  });
});
