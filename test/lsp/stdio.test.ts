// The language server as an editor runs it: a process, spoken to over its standard input and output, on a copy of the bundled driver.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-languageserver-protocol/node";
import type {
  CodeAction,
  CodeLens,
  Diagnostic,
  Hover,
  MessageConnection,
  PublishDiagnosticsParams,
} from "vscode-languageserver-protocol/node";

const root = path.resolve(import.meta.dirname, "../..");
const WAIT = "\tdma_resv_wait_timeout(buf->dmabuf->resv, DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT);\n";

describe("the language server", function () {
  this.timeout(120_000);
  let dir = "";
  let child: ChildProcess;
  let client: MessageConnection;
  let said: PublishDiagnosticsParams[] = [];
  let uri = "";
  let text = "";

  async function start(): Promise<void> {
    child = spawn(process.execPath, ["--import=tsx", path.join(root, "server/src/cli.ts"), "lsp", "--stdio"], {
      cwd: root,
      stdio: ["pipe", "pipe", "inherit"],
    });
    assert.ok(child.stdout && child.stdin);
    client = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    said = [];
    client.onNotification("textDocument/publishDiagnostics", (p: PublishDiagnosticsParams) => void said.push(p));
    client.onRequest("client/registerCapability", () => null);
    client.onRequest("workspace/codeLens/refresh", () => null);
    client.listen();
    await client.sendRequest("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(dir).href,
      capabilities: {},
    });
    await client.sendNotification("initialized", {});
    const textDocument = { uri, languageId: "c", version: 1, text };
    await client.sendNotification("textDocument/didOpen", { textDocument });
  }

  /** The next diagnostics of the document for which the test holds. */
  async function until(test: (all: readonly Diagnostic[]) => boolean): Promise<readonly Diagnostic[]> {
    for (let n = 0; n < 1000; n++) {
      const last = said.findLast((p) => p.uri === uri);
      if (last !== undefined && test(last.diagnostics)) return last.diagnostics;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return assert.fail("no such diagnostics came");
  }

  const change = (version: number, now: string): Promise<void> =>
    client.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [{ text: now }],
    });

  before(() => {
    dir = mkdtempSync(path.join(tmpdir(), "lifebound-lsp-"));
    const file = path.join(dir, "barx.c");
    copyFileSync(path.join(root, "test/fixtures/demo/buggy/barx.c"), file);
    text = readFileSync(file, "utf8");
    uri = pathToFileURL(file).href;
    return start();
  });
  after(() => {
    client.dispose();
    child.kill();
    rmSync(dir, { recursive: true });
  });

  it("says what is wrong with a document that is opened, with the witness beside it", async () => {
    const [only, ...more] = await until((all) => all.length > 0);
    assert.deepEqual([only?.code, only?.severity, more.length], ["dma-buf/no-fence-wait", 1, 0]);
    assert.equal(text.split("\n")[only?.range.start.line ?? 0]?.trim(), "dma_buf_invalidate_mappings(buf->dmabuf);");
    assert.ok((only?.relatedInformation?.length ?? 0) > 3);
  });

  it("has lenses, a hover, a fix, and the sequence as text", async () => {
    const [finding] = await until((all) => all.length > 0);
    assert.ok(finding);
    const textDocument = { uri };
    const lenses = await client.sendRequest<CodeLens[]>("textDocument/codeLens", { textDocument });
    assert.deepEqual(lenses.map((l) => l.command?.command).sort(), ["lifebound.showProof", "lifebound.showSequence"]);
    const position = { line: finding.range.start.line, character: 4 };
    const hover = await client.sendRequest<Hover>("textDocument/hover", { textDocument, position });
    assert.match(JSON.stringify(hover.contents), /no-fence-wait.*DMA goes on after the driver is gone/);
    const [fix] = await client.sendRequest<CodeAction[]>("textDocument/codeAction", {
      textDocument,
      range: finding.range,
      context: { diagnostics: [finding] },
    });
    assert.match(
      fix?.edit?.changes?.[uri]?.[0]?.newText ?? "",
      /^\t\/\* lifebound: ignore dma-buf\/no-fence-wait REASON \*\/\n$/,
    );
    const show = lenses.find((l) => l.command?.command === "lifebound.showSequence")?.command;
    const shown = await client.sendRequest<string>("workspace/executeCommand", {
      command: show?.command,
      arguments: show?.arguments,
    });
    assert.match(shown, /^!\s*\d+ .*DMA goes on after the driver is gone/m);
    const proof = lenses.find((l) => l.command?.command === "lifebound.showProof")?.command;
    assert.match(proof?.title ?? "", /^driver-bound: violated/);
  });

  it("takes it back when the code is mended, keeps still while it does not parse, and says it again", async () => {
    const at = text.indexOf("\tdma_resv_unlock", text.indexOf("dma_buf_invalidate_mappings("));
    const mended = text.slice(0, at) + WAIT + text.slice(at);
    await change(2, mended);
    await until((all) => all.length === 0);
    const told = said.length;
    await change(3, mended.replace("dma_resv_lock(", "dma_resv_lock((("));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(said.length, told, "nothing is said of what does not parse");
    await change(4, text);
    await until((all) => all.length === 1);
  });

  it("starts again after it was killed", async () => {
    child.kill("SIGKILL");
    client.dispose();
    await start();
    await until((all) => all.length === 1);
  });
});
