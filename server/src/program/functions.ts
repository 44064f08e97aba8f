// Functions: which definition a name means, and its facts, parsed and lowered when they are first asked for.
import type { FileId } from "../base/span.ts";
import { KERNEL_CLASSES, withClassesOf } from "../facts/cleanup.ts";
import type { Classes } from "../facts/cleanup.ts";
import type { FunctionFacts } from "../facts/facts.ts";
import { lowerFunction } from "../facts/lower.ts";
import { splitArguments } from "../syntax/mask.ts";
import { FEW, MAX_FILES_PER_QUESTION, armAt, isTaken, lineOf, refOf } from "./core.ts";
import type { Core } from "./core.ts";
import { distance } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import type { FunctionRef } from "./program.ts";
import { FUNCTION, INVOCATION, MACRO, PROTOTYPE, STATIC } from "./units.ts";
import { byPlace, configOf } from "./view.ts";
import type { Unit } from "./view.ts";

export interface Functions {
  /** The definition that a call of `name` in `from` reaches; `within`: no further than its module, what it includes, and these folders. */
  resolve(name: string, from: FileId, within?: readonly string[]): FunctionRef | undefined;
  definitions(name: string): readonly FunctionRef[];
  facts(ref: FunctionRef): FunctionFacts | undefined;
  /** The function that a unit is, as a reference. */
  ref(unit: Unit): FunctionRef;
}

/** Folders of other machines than the one that is read, and of programs that are no part of the kernel. */
const FAR = /^(tools|scripts|Documentation|usr|samples|rust)\//;

export function openFunctions(core: Core, lookup: Lookup, arch: string, shared?: Functions): Functions {
  const resolved = new Map<string, FunctionRef | undefined>();
  const lowered = new Map<string, FunctionFacts | undefined>();
  const classes = new Map<FileId, Classes>();
  const folderFiles = new Map<string, readonly FileId[]>();
  const refs = new Map<Unit["index"], Map<number, FunctionRef>>();

  function ref(unit: Unit): FunctionRef {
    let known = refs.get(unit.index);
    if (known === undefined) refs.set(unit.index, (known = new Map<number, FunctionRef>()));
    let made = known.get(unit.at);
    if (made === undefined) known.set(unit.at, (made = refOf(core, unit)));
    return made;
  }

  function resolve(name: string, from: FileId, within?: readonly string[]): FunctionRef | undefined {
    const key = `${name}\n${from}${within === undefined ? "" : `\n${within.join("\n")}`}`;
    if (resolved.has(key)) return resolved.get(key);
    const seen = lookup.visible(name, from, [FUNCTION, MACRO]) ?? lookup.made(from).get(name);
    const unit = seen ?? global(name, from, within);
    const found = unit === undefined || unit.kind === MACRO ? undefined : ref(unit);
    resolved.set(key, found);
    return found;
  }

  /** A definition that other files can call: of the same module, of an exporter, then of whoever has it. */
  function global(name: string, from: FileId, within: readonly string[] | undefined): Unit | undefined {
    for (const module of core.kbuild.modules(from)) {
      for (const file of core.kbuild.filesOf(module)) core.view.entry(file);
    }
    const own = new Set(core.kbuild.modules(from).flatMap((module) => core.kbuild.filesOf(module)));
    const among = (files: ReadonlySet<FileId>): Unit | undefined =>
      nearest(
        core.view.named(name, FUNCTION).filter((u) => files.has(u.file)),
        from,
      );
    const found = among(own);
    if (found !== undefined) return found;
    if (within !== undefined) return nearest(indexedWithin(name, within), from);
    const exporters = core.skim.exporters(name);
    for (const file of exporters) core.view.entry(file);
    const exported = among(new Set(exporters));
    if (exported !== undefined || lookup.visible(name, from, [PROTOTYPE]) === undefined) return exported;
    // Declared, but by no module's exporter: built into the kernel proper. Finding it takes a look through the tree.
    return core.maySearch(name) ? nearest(definedAnywhere(name), from) : undefined;
  }

  /** The functions of that name in the folders. */
  function indexedWithin(name: string, within: readonly string[]): readonly Unit[] {
    const key = within.join("\n");
    let files = folderFiles.get(key);
    if (files === undefined) {
      files = core.skim.files().filter((file) => within.some((folder) => file.startsWith(folder)));
      folderFiles.set(key, files);
    }
    const among = new Set(files.length > FEW ? core.skim.holding(name, files) : files);
    for (const file of among) core.view.entry(file);
    return core.view.named(name, FUNCTION).filter((unit) => among.has(unit.file));
  }

  function nearest(units: readonly Unit[], from: FileId): Unit | undefined {
    const open = units.filter((unit) => (unit.flags & STATIC) === 0 && isTaken(core, unit));
    const rank = (unit: Unit): number =>
      (FAR.test(unit.file) && !FAR.test(from) ? 1000 : 0) +
      (unit.file.startsWith("arch/") && !unit.file.startsWith(`arch/${arch}/`) ? 500 : 0) +
      (isWeak(unit) ? 100 : 0) +
      distance(unit.file, from);
    return [...open].sort((a, b) => rank(a) - rank(b) || byPlace(a, b))[0];
  }

  function isWeak(unit: Unit): boolean {
    return /\b__weak\b/.test(core.view.text(unit.file)?.slice(unit.start, unit.start + 120) ?? "");
  }

  /** Indexes every file that holds the name and gives the definitions. */
  function definedAnywhere(name: string): readonly Unit[] {
    const files = core.skim.holding(name);
    if (files.length > MAX_FILES_PER_QUESTION)
      core.missed(
        "",
        0,
        `definitions of ${name}: ${files.length} files hold it, ${MAX_FILES_PER_QUESTION} were looked at`,
      );
    for (const file of files.slice(0, MAX_FILES_PER_QUESTION)) core.view.entry(file);
    return core.view.named(name, FUNCTION);
  }

  function definitions(name: string): readonly FunctionRef[] {
    return definedAnywhere(name)
      .filter((unit) => isTaken(core, unit))
      .map(ref);
  }

  function facts(of: FunctionRef): FunctionFacts | undefined {
    const key = `${of.file}:${of.start}`;
    if (lowered.has(key)) return lowered.get(key);
    const found =
      shared !== undefined && core.source.overlay?.changed.has(of.file) !== true ? shared.facts(of) : lower(of);
    lowered.set(key, found);
    return found;
  }

  function lower(of: FunctionRef): FunctionFacts | undefined {
    const text = core.view.text(of.file);
    if (text === undefined) return undefined;
    const parsed = core.parser.parseText(text.slice(of.start, of.end), of.start);
    const def = parsed.functions[0];
    if (def === undefined) {
      core.missed(of.file, lineOf(text, of.start), `${of.name}: the parser finds no function here`);
      return undefined;
    }
    const unit = core.view.units(of.file).find((u) => u.kind === FUNCTION && u.start === of.start);
    const config = unit === undefined ? [] : configOf(unit);
    const named = { ...def, name: of.name, ...(config.length > 0 ? { config } : {}) };
    return lowerFunction(named, {
      file: of.file,
      text,
      arm: armAt(core, of.file, of.start),
      classes: classesOf(of.file),
    });
  }

  /** Cleanup classes that the file defines, or a file that it includes itself. */
  function classesOf(file: FileId): Classes {
    const known = classes.get(file);
    if (known !== undefined) return known;
    const direct = (core.view.entry(file)?.includes ?? []).map((spec) => core.includes.resolve(file, spec, file));
    const invocations = [...new Set([...direct, file])].flatMap((at) => (at === undefined ? [] : defines(at)));
    const found = invocations.length === 0 ? KERNEL_CLASSES : withClassesOf(KERNEL_CLASSES, invocations);
    classes.set(file, found);
    return found;
  }

  function defines(file: FileId): readonly { readonly macro: string; readonly args: readonly string[] }[] {
    return core.view
      .units(file)
      .filter((unit) => unit.kind === INVOCATION && /^DEFINE_(LOCK_)?(GUARD|FREE|CLASS)/.test(unit.name))
      .map((unit) => {
        const text = core.view.text(file)?.slice(unit.start, unit.end) ?? "";
        const open = text.indexOf("(");
        return { macro: unit.name, args: splitArguments(text.slice(open + 1, text.lastIndexOf(")"))) };
      });
  }

  return { resolve, definitions, facts, ref };
}
