// Where patches come from: mailboxes, maildirs, mail and patch files, folders of them, quilt queues, standard input. Gives bytes; knows nothing of mail.
import { createReadStream, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { createGunzip } from "node:zlib";
import type { Incomplete } from "../base/result.ts";

/** Files above this are not read to their end. */
export const MAX_INPUT_BYTES = 2 ** 31;
/** What a compressed file may grow to. */
export const MAX_UNPACKED_BYTES = 2 ** 29;
/** Files of one folder. */
export const MAX_ENTRIES = 100_000;
const CHUNK = 1 << 20;

export interface InputFile {
  /** As the user named it, or as it is called in the folder that was named. */
  readonly name: string;
  /** A patch by its place: in a quilt queue, or a file of that name ending. Mail tags don't matter then. */
  readonly file: boolean;
  open(): AsyncIterable<Buffer>;
}

export interface Inputs {
  readonly files: readonly InputFile[];
  /** The order of the files is that of the patches. */
  readonly ordered: boolean;
  readonly unread: readonly Incomplete[];
}

/** Finds what a name stands for, without reading it. "-" is `stdin`. Never throws. */
export function findInputs(asked: string, cwd: string, stdin: () => AsyncIterable<Buffer>): Inputs {
  const none = (why: string): Inputs => ({ files: [], ordered: false, unread: [{ file: asked, line: 0, why }] });
  if (asked === "-")
    return { files: [{ name: "standard input", file: false, open: stdin }], ordered: false, unread: [] };
  const full = path.resolve(cwd, asked);
  const stat = statSync(full, { throwIfNoEntry: false });
  if (stat === undefined) return none("no such file or folder");
  try {
    if (stat.isDirectory()) return folder(full);
  } catch (error) {
    return none(error instanceof Error ? error.message : String(error));
  }
  // A pipe is what `<(command)` gives.
  if (!stat.isFile() && !stat.isFIFO() && !stat.isCharacterDevice()) return none("not a file");
  return { files: [input(asked, full, isPatchName(asked))], ordered: false, unread: [] };
}

const isPatchName = (name: string): boolean => /\.(?:patch|diff)$/i.test(name);

function folder(full: string): Inputs {
  const is = (name: string): boolean =>
    lstatSync(path.join(full, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (lstatSync(path.join(full, "series"), { throwIfNoEntry: false })?.isFile() === true) return quilt(full);
  if (is("cur") && is("new")) {
    const names = ["cur", "new"].flatMap((sub) => entries(path.join(full, sub)).map((name) => `${sub}/${name}`));
    names.sort((a, b) => order(path.basename(a), path.basename(b)));
    return { files: names.map((name) => input(name, path.join(full, name), false)), ordered: false, unread: [] };
  }
  const names = entries(full).filter((name) => /\.(?:patch|diff|eml|mbox|mbx|mbox\.gz)$/i.test(name));
  names.sort(order);
  return {
    files: names.map((name) => input(name, path.join(full, name), isPatchName(name))),
    ordered: false,
    unread: [],
  };
}

/** Plain files only: a link may lead anywhere. */
const entries = (full: string): string[] =>
  readdirSync(full, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .slice(0, MAX_ENTRIES)
    .map(({ name }) => name);

/** 2.patch before 10.patch. */
function order(a: string, b: string): number {
  const parts = (name: string): readonly string[] => name.match(/\d+|\D+/g) ?? [];
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i] ?? "", right[i] ?? ""];
    const numbers = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : 0;
    if (numbers !== 0) return numbers;
    if (x !== y) return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

/** A quilt queue: `series` names the patches in order, with `#` comments and options behind the name. Names that lead out of the folder are not followed. */
function quilt(full: string): Inputs {
  const files: InputFile[] = [];
  const unread: Incomplete[] = [];
  const root = realpathSync(full);
  for (const line of readFileSync(path.join(full, "series"), "utf8").split("\n").slice(0, MAX_ENTRIES)) {
    const name =
      line
        .replace(/(?:^|\s)#.*$/, "")
        .trim()
        .split(/\s/)[0] ?? "";
    if (name === "") continue;
    const target = path.resolve(root, name);
    const miss = (why: string): void => void unread.push({ file: name.slice(0, 200), line: 0, why });
    if (!inside(root, target)) miss("a name that leads out of the queue: not followed");
    else if (!(statSync(target, { throwIfNoEntry: false })?.isFile() ?? false)) miss("no such file in the queue");
    else if (!inside(root, realpathSync(target))) miss("a link that leads out of the queue: not followed");
    else files.push(input(name, target, true));
  }
  return { files, ordered: true, unread };
}

const inside = (root: string, target: string): boolean =>
  target.startsWith(root.endsWith(path.sep) ? root : root + path.sep);

function input(name: string, full: string, file: boolean): InputFile {
  return { name, file, open: () => (/\.gz$/i.test(full) ? unpacked(full) : limited(full)) };
}

async function* limited(full: string): AsyncIterable<Buffer> {
  let size = 0;
  for await (const chunk of createReadStream(full, { highWaterMark: CHUNK })) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_INPUT_BYTES) throw new Error(`larger than ${MAX_INPUT_BYTES >>> 20} MiB: the rest is not read`);
    yield chunk;
  }
}

async function* unpacked(full: string): AsyncIterable<Buffer> {
  let size = 0;
  const packed = createReadStream(full);
  const gunzip = createGunzip({ chunkSize: CHUNK });
  packed.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const chunk of packed.pipe(gunzip)) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.length;
      if (size > MAX_UNPACKED_BYTES)
        throw new Error(`unpacks to more than ${MAX_UNPACKED_BYTES >> 20} MiB: the rest is not read`);
      yield chunk;
    }
  } finally {
    packed.destroy();
    gunzip.destroy();
  }
}
