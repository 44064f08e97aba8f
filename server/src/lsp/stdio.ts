// Joins the language server to standard input and output.
import { createConnection, ProposedFeatures, TextDocuments } from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { loadParser } from "../syntax/parser.ts";
import type { WasmFiles } from "../syntax/parser.ts";
import { newAnalysis } from "./analysis.ts";
import { serve } from "./server.ts";

/** Serves until the client says exit, which ends the process. */
export function serveStdio(wasm: WasmFiles, version: string): Promise<never> {
  const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
  serve(connection, new TextDocuments(TextDocument), loadParser(wasm).then(newAnalysis), version);
  return new Promise(() => undefined);
}
