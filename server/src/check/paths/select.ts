// Which bodies are looked at: every function that calls the API, in the files asked for. A look through the bytes finds the files; only those are indexed.
import type { FileId } from "../../base/span.ts";
import type { FunctionRef, Program } from "../../program/program.ts";
import type { Protocol } from "./protocol.ts";

/** The files of `paths` that may use the API, sorted. Files that define the API's own tables implement it and are left out. */
export function filesOf(program: Program, protocol: Protocol, paths: readonly FileId[]): readonly FileId[] {
  const { words, implementers } = protocol.vocabulary;
  const wanted = words.map((w) => Buffer.from(w));
  const own = implementers.map((w) => Buffer.from(`struct ${w} `));
  const found: FileId[] = [];
  const visit = (file: FileId, bytes: Buffer): void => {
    if (wanted.some((w) => bytes.includes(w)) && !own.some((w) => bytes.includes(w))) found.push(file);
  };
  const files = paths.filter((f) => f.endsWith(".c"));
  if (program.source.scan !== undefined) program.source.scan(files, visit);
  else for (const file of files) visit(file, Buffer.from(program.source.read(file) ?? ""));
  return found.sort();
}

/** The functions of the files that call the API, by folder, in the order of files and places. */
export function bodiesOf(
  program: Program,
  protocol: Protocol,
  files: readonly FileId[],
): ReadonlyMap<string, readonly FunctionRef[]> {
  const byFolder = new Map<string, FunctionRef[]>();
  for (const ref of program.calling([...protocol.names], files)) {
    // A function by the API's own name is the API.
    if (protocol.names.has(ref.name)) continue;
    const folder = ref.file.slice(0, ref.file.lastIndexOf("/") + 1);
    const list = byFolder.get(folder);
    if (list === undefined) byFolder.set(folder, [ref]);
    else list.push(ref);
  }
  return byFolder;
}
