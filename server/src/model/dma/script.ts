// A sequence of calls as plain text, one a line: declarations in words, calls as in C. What the calls are named, and what their arguments mean, is handed in.
import type { Call, Place } from "./call.ts";
import type { Direction, Memory } from "./state.ts";

export interface ScriptLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly call: Call;
}

export interface ScriptError {
  readonly line: number;
  readonly why: string;
}

/** The arguments of one call, as its signature asks for them. Each takes the next one. */
export interface Arguments {
  /** What stands before the `=`. */
  as(): string;
  device(): string;
  /** Memory with an offset. */
  memory(): Place;
  handle(): Place;
  /** A name that the call fills in: `&h`. */
  out(): string;
  /** A list, an IOVA space, a pool or a provider; `&` before it is the same. */
  thing(kind: "list" | "pool" | "provider"): string;
  /** An IOVA space; the first call that names it declares it. */
  iova(declares?: "declares"): string;
  number(): number;
  direction(): Direction;
  /** Optional, and empty where it is 0. */
  attributes(): readonly string[];
  readonly fails: boolean;
}

/** What the names of a script's calls mean. */
export interface Signatures {
  readonly calls: Readonly<Record<string, (args: Arguments) => Call>>;
  readonly directions: Readonly<Record<string, Direction>>;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Says why a line can't be read; caught where lines are read. */
class Unread extends Error {}

type Kinds = Map<string, "device" | "memory" | "list" | "handle" | "iova" | "pool" | "provider" | "node">;

/** Reads a script. With errors, the lines that could be read are there too. */
export function parseScript(
  text: string,
  signatures: Signatures,
): { readonly lines: readonly ScriptLine[]; readonly errors: readonly ScriptError[] } {
  const known: Kinds = new Map();
  const lines: ScriptLine[] = [];
  const errors: ScriptError[] = [];
  for (const [i, raw] of text.split("\n").entries()) {
    // What a run printed behind a call may stand: `-> 2`.
    const bare = raw.replace(/(#|->).*$/, "").trim();
    if (bare === "") continue;
    try {
      lines.push({ line: i + 1, text: bare, call: lineOf(bare, signatures, known) });
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      errors.push({ line: i + 1, why: error.message });
    }
  }
  return { lines, errors };
}

function lineOf(text: string, signatures: Signatures, known: Kinds): Call {
  const call = /^(?:(\w+)\s*=\s*)?(\w+)\s*\(([^()]*)\)\s*;?\s*(fails)?$/.exec(text);
  if (call === null) return words(text, known);
  const [, as, name = "", inside = "", fails] = call;
  const build = signatures.calls[name];
  if (build === undefined) throw new Unread(`${name}(): no call that the core knows`);
  const given = inside.trim() === "" ? [] : inside.split(",").map((each) => each.trim());
  const reader = new Reader(name, given, as, fails !== undefined, signatures, known);
  const built = build(reader);
  reader.end();
  return built;
}

/** Reads the arguments of one call in their order. */
class Reader implements Arguments {
  private next = 0;
  private named = false;
  private readonly name: string;
  private readonly given: readonly string[];
  private readonly left: string | undefined;
  readonly fails: boolean;
  private readonly signatures: Signatures;
  private readonly known: Kinds;

  constructor(
    name: string,
    given: readonly string[],
    left: string | undefined,
    fails: boolean,
    signatures: Signatures,
    known: Kinds,
  ) {
    this.name = name;
    this.given = given;
    this.left = left;
    this.fails = fails;
    this.signatures = signatures;
    this.known = known;
  }

  private take(what: string): string {
    const found = this.given[this.next++];
    if (found === undefined || found === "")
      throw new Unread(`${this.name}(): argument ${this.next} is missing: ${what}`);
    return found.replace(/^&/, "");
  }

  private of(kind: "device" | "list" | "pool" | "provider" | "iova"): string {
    const name = this.take(`a ${kind}`);
    if (this.known.get(name) !== kind) throw new Unread(`${name}: no ${kind} of that name`);
    return name;
  }

  private place(kind: "memory" | "handle"): Place {
    const text = this.take(kind === "memory" ? "memory" : "a handle");
    const at = /^(\w+)(?:\s*\+\s*(0x[\da-f]+|\d+))?$/i.exec(text);
    const name = at?.[1] ?? "";
    if (this.known.get(name) !== kind) throw new Unread(`${text}: no ${kind} of that name`);
    return { name, plus: Number(at?.[2] ?? 0) };
  }

  as(): string {
    if (this.left === undefined) throw new Unread(`${this.name}(): what it returns needs a name`);
    this.named = true;
    this.known.set(this.left, "handle");
    return this.left;
  }

  device(): string {
    return this.of("device");
  }

  memory(): Place {
    return this.place("memory");
  }

  handle(): Place {
    return this.place("handle");
  }

  out(): string {
    const name = this.take("a name to fill in");
    if (!/^\w+$/.test(name)) throw new Unread(`${name}: no name`);
    this.known.set(name, "handle");
    // The name on the left of a call that fills in a handle is memory.
    if (this.left !== undefined) this.known.set(this.left, "memory");
    return name;
  }

  thing(kind: "list" | "pool" | "provider"): string {
    return this.of(kind);
  }

  iova(declares?: "declares"): string {
    if (declares !== undefined) this.known.set(this.given[this.next]?.replace(/^&/, "") ?? "", "iova");
    return this.of("iova");
  }

  number(): number {
    return numberOf(this.take("a number"));
  }

  direction(): Direction {
    const text = this.take("a direction");
    const found = this.signatures.directions[text];
    if (found === undefined) {
      throw new Unread(`${text}: no direction; there are ${Object.keys(this.signatures.directions).join(", ")}`);
    }
    return found;
  }

  attributes(): readonly string[] {
    if (this.next >= this.given.length) return [];
    const text = this.take("attributes");
    if (text === "0") return [];
    return text.split("|").map((each) => {
      const found = this.signatures.attributes[each.trim()];
      if (found === undefined) throw new Unread(`${each.trim()}: no attribute that the core knows`);
      return found;
    });
  }

  /** Nothing may be left over. */
  end(): void {
    if (this.next < this.given.length) {
      throw new Unread(`${this.name}(): ${this.given.length} arguments, it takes ${this.next}`);
    }
    // A result that the core keeps no name for (a count, a truth) may still be given one: it says so when it runs.
    if (this.left !== undefined && !this.named && !this.known.has(this.left)) this.known.set(this.left, "handle");
  }
}

function numberOf(text: string): number {
  if (!/^(0x[\da-f]+|\d+)$/i.test(text)) throw new Unread(`${text}: not a number`);
  return Number(text);
}

const MEMORIES: readonly Memory[] = ["ram", "pages", "stack", "vmalloc", "rodata", "invalid", "mmio"];

/** What is said in words: what there is, and what code does besides calling the API. */
function words(text: string, known: Kinds): Call {
  const [first = "", ...rest] = text.split(/\s+/);
  const form = FORMS[first];
  if (form === undefined) throw new Unread(`${first}: neither a call nor one of ${Object.keys(FORMS).join(", ")}`);
  return form(new Words(first, rest, known));
}

/** The words of a line, taken one by one. */
class Words {
  private readonly first: string;
  private readonly rest: string[];
  private readonly known: Kinds;

  constructor(first: string, rest: readonly string[], known: Kinds) {
    this.first = first;
    this.rest = [...rest];
    this.known = known;
  }

  declare(kind: "device" | "memory" | "list" | "pool" | "provider" | "node"): string {
    const name = this.rest.shift() ?? "";
    if (!/^\w+$/.test(name)) throw new Unread(`${this.first}: a name is missing`);
    if (this.known.has(name)) throw new Unread(`${name}: there is a ${this.known.get(name)} of that name`);
    this.known.set(name, kind);
    return name;
  }

  of(...kinds: readonly string[]): string {
    const name = this.rest.shift() ?? "";
    const kind = this.known.get(name);
    if (kind === undefined || !kinds.includes(kind))
      throw new Unread(`${name || this.first}: no ${kinds.join(" or ")} of that name`);
    return name;
  }

  memory(name: string): string {
    if (this.known.get(name) !== "memory") throw new Unread(`${name}: no memory of that name`);
    return name;
  }

  number(): number {
    return numberOf(this.rest.shift() ?? "");
  }

  /** Whether the word stands there; it is taken then. */
  word(word: string): boolean {
    const at = this.rest.indexOf(word);
    if (at >= 0) this.rest.splice(at, 1);
    return at >= 0;
  }

  /** What stands after a word, where the word stands there. */
  after<T>(word: string, read: (words: Words) => T): T | undefined {
    const at = this.rest.indexOf(word);
    if (at < 0) return undefined;
    const tail = new Words(word, this.rest.splice(at).slice(1), this.known);
    const found = read(tail);
    this.rest.push(...tail.rest);
    return found;
  }

  all(): readonly string[] {
    return this.rest.splice(0);
  }

  done(call: Call): Call {
    if (this.rest.length > 0) throw new Unread(`${this.first}: not understood: ${this.rest.join(" ")}`);
    return call;
  }
}

const FORMS: Readonly<Record<string, (words: Words) => Call>> = {
  device: (w) => {
    const name = w.declare("device");
    const maxSegment = w.after("max-segment", (tail) => tail.number()) ?? 65_536;
    const boundary = w.after("boundary", (tail) => tail.number()) ?? 2 ** 32;
    const under = w.after("under", (tail) => tail.of("node"));
    const merging = w.word("merging");
    const iommu = !w.word("no-iommu");
    return w.done({
      op: "device",
      name,
      iommu,
      merging,
      maxSegment,
      boundary,
      ...(under === undefined ? {} : { under }),
    });
  },
  buffer: (w) => {
    const name = w.declare("memory");
    const size = w.number();
    const provider = w.after("of", (tail) => tail.of("provider"));
    const pages = w.word("with-pages");
    if (provider !== undefined) {
      return w.done({ op: "buffer", name, size, memory: pages ? "p2p-pages" : "p2p-mmio", provider });
    }
    const memory = MEMORIES.find((each) => w.word(each)) ?? "ram";
    return w.done({ op: "buffer", name, size, memory });
  },
  list: (w) => {
    const name = w.declare("list");
    return { op: "list", name, pieces: w.all().map((text) => pieceOf(text, w)) };
  },
  host: (w) => {
    const name = w.declare("node");
    const allowed = w.word("allowed") ? "any" : w.word("allowed-within") ? "same" : "no";
    return w.done({ op: "host", name, allowed });
  },
  port: (w) => {
    const name = w.declare("node");
    const under = w.after("under", (tail) => tail.of("node"));
    if (under === undefined) throw new Unread(`port ${name}: under what?`);
    return w.done({ op: "port", name, under, redirects: w.word("redirects") });
  },
  "cpu-routes": (w) => w.done({ op: "cpu-routes" }),
  provider: (w) => {
    const name = w.declare("provider");
    const device = w.after("of", (tail) => tail.of("device"));
    if (device === undefined) throw new Unread(`provider ${name}: of what device?`);
    const origin = w.word("pgmap") ? "pgmap" : w.word("driver") ? "driver" : undefined;
    if (origin === undefined) throw new Unread(`provider ${name}: pgmap or driver?`);
    return w.done({ op: "provider", name, device, origin });
  },
  pool: (w) => {
    const name = w.declare("pool");
    const size = w.number();
    const device = w.after("of", (tail) => tail.of("device"));
    if (device === undefined) throw new Unread(`pool ${name}: of what device?`);
    return w.done({ op: "pool", name, device, size });
  },
  give: (w) => w.done({ op: "give", device: w.of("device"), what: { name: w.of("handle", "list", "iova"), plus: 0 } }),
  read: (w) => w.done({ op: "access", buffer: w.of("memory"), write: false }),
  write: (w) => w.done({ op: "access", buffer: w.of("memory"), write: true }),
  keep: (w) => w.done({ op: "keep", what: w.of("handle", "list", "iova") }),
  unbind: (w) => w.done({ op: "unbind", device: w.of("device") }),
  return: (w) => w.done({ op: "return" }),
};

/** `buffer`, `buffer:LENGTH` or `buffer+OFFSET:LENGTH`. */
function pieceOf(text: string, words: Words): { buffer: string; offset: number; length: number } {
  const piece = /^(\w+)(?:\+(\w+))?:(\w+)$/.exec(text);
  if (piece === null) throw new Unread(`${text}: a piece is written buffer:LENGTH or buffer+OFFSET:LENGTH`);
  const [, name = "", offset, length = ""] = piece;
  return { buffer: words.memory(name), offset: offset === undefined ? 0 : numberOf(offset), length: numberOf(length) };
}
