// The language server: documents in, diagnostics, lenses, hovers, fixes and commands out. A check of a document's folder runs when typing pauses; what comes of a
// text that has been edited since is dropped, and a text that does not parse for a moment keeps what was said before.
import { TextDocumentSyncKind } from "vscode-languageserver";
import type { Connection, Diagnostic, TextDocuments } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { SettledReport } from "../findings/report.ts";
import type { Analysis, Located } from "./analysis.ts";
import { answer, COMMANDS, diagnosticsOf, fixesOf, hoverOf, lensesOf } from "./show.ts";
import type { Shown } from "./show.ts";

/** Milliseconds without a key before a check begins. */
const PAUSE = 150;

interface Folder {
  readonly where: Located;
  report: SettledReport;
  /** URIs that diagnostics were sent for. */
  readonly told: Set<string>;
}

/** Serves a connection until it ends. `analysis` may still be loading. */
export function serve(
  connection: Connection,
  documents: TextDocuments<TextDocument>,
  loading: Promise<Analysis>,
  version: string,
): void {
  const folders = new Map<string, Folder>();
  const waiting = new Map<string, NodeJS.Timeout>();
  let running: Promise<void> = Promise.resolve();
  const keyOf = (where: Located): string => `${where.tree.root}\0${where.folder}`;

  connection.onInitialize(() => ({
    serverInfo: { name: "lifebound", version },
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      codeLensProvider: { resolveProvider: false },
      hoverProvider: true,
      codeActionProvider: { codeActionKinds: ["quickfix"] },
      executeCommandProvider: { commands: Object.values(COMMANDS) },
    },
  }));

  documents.onDidChangeContent(({ document }) => {
    clearTimeout(waiting.get(document.uri));
    waiting.set(
      document.uri,
      setTimeout(() => {
        // One at a time: the next begins with the texts as they are then.
        running = running
          .then(() => look(document.uri))
          .catch((error: unknown) => connection.console.error(String(error)));
      }, PAUSE),
    );
  });

  async function look(uri: string): Promise<void> {
    const analysis = await loading;
    const document = documents.get(uri);
    const where = document === undefined ? undefined : analysis.locate(uri);
    if (document === undefined || where === undefined) return;
    const { version: seen } = document;
    const known = folders.get(keyOf(where));
    if (known !== undefined && !analysis.understands(document.getText())) return;
    const texts: Record<string, string> = {};
    for (const open of documents.all()) {
      const at = analysis.locate(open.uri);
      if (at?.tree === where.tree) texts[at.file] = open.getText();
    }
    const report = await analysis.check(where, texts);
    if (documents.get(uri)?.version !== seen) return;
    const folder: Folder = { where, report, told: known?.told ?? new Set() };
    folders.set(keyOf(where), folder);
    await tell(analysis, folder);
  }

  async function tell(analysis: Analysis, folder: Folder): Promise<void> {
    const { where, report, told } = folder;
    const now = new Map<string, Diagnostic[]>();
    for (const file of new Set([where.file, ...report.findings.map((f) => f.file)])) {
      const shown = shownOf(analysis, where, file);
      if (shown !== undefined) now.set(shown.uriOf(file), diagnosticsOf(report, shown));
    }
    for (const uri of told) if (!now.has(uri)) now.set(uri, []);
    for (const [uri, diagnostics] of now) {
      if (diagnostics.length > 0) told.add(uri);
      else told.delete(uri);
      await connection.sendDiagnostics({ uri, diagnostics });
    }
    await connection.sendRequest("workspace/codeLens/refresh").catch(() => undefined);
  }

  function shownOf(analysis: Analysis, { tree }: Located, file: string): Shown | undefined {
    const uriOf = (name: string): string => analysis.uriOf(tree, name);
    const text = documents.get(uriOf(file))?.getText() ?? tree.read(file);
    return text === undefined ? undefined : { file, text, uriOf };
  }

  /** What is known of a document, or the given answer where nothing is. */
  async function known<T>(uri: string, none: T, use: (folder: Folder, shown: Shown) => T): Promise<T> {
    const analysis = await loading;
    const where = analysis.locate(uri);
    const folder = where === undefined ? undefined : folders.get(keyOf(where));
    const shown = where === undefined ? undefined : shownOf(analysis, where, where.file);
    return folder === undefined || shown === undefined ? none : use(folder, shown);
  }

  connection.onCodeLens(({ textDocument: { uri } }) =>
    known(uri, [], ({ report }, shown) => lensesOf(report, shown, uri)),
  );
  connection.onHover(({ textDocument: { uri }, position }) =>
    known(uri, null, ({ report }, shown) => hoverOf(report, shown, position.line) ?? null),
  );
  connection.onCodeAction(({ textDocument: { uri }, context }) => {
    const document = documents.get(uri);
    return document === undefined ? [] : fixesOf(uri, document.getText(), context.diagnostics);
  });
  connection.onExecuteCommand(({ command, arguments: args }) => {
    const [uri, key] = (args ?? []).map(String);
    return known(uri ?? "", null, ({ report }) => answer(report, command, key ?? "") ?? null);
  });
  documents.listen(connection);
  connection.listen();
}
