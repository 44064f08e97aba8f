// Puts a program together: the one constructor of the interface in program.ts.
import type { FileId } from "../base/span.ts";
import type { ArmOf } from "../facts/arms.ts";
import type { CParser } from "../syntax/parser.ts";
import type { TypeRef } from "../syntax/ast.ts";
import { expandInvocation } from "../syntax/expand.ts";
import { openCalled } from "./called.ts";
import { configuration } from "./configuration.ts";
import { missedList } from "./core.ts";
import type { Core, Under } from "./core.ts";
import { openDeclarations } from "./declarations.ts";
import type { Declarations } from "./declarations.ts";
import { openFunctions } from "./functions.ts";
import type { Functions } from "./functions.ts";
import { openIncludes } from "./includes.ts";
import type { Includes } from "./includes.ts";
import type { Index } from "./index.ts";
import { openKbuild } from "./kbuild.ts";
import type { Kbuild } from "./kbuild.ts";
import { openLookup } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import type { Program, Source } from "./program.ts";
import { openSignatures } from "./signatures.ts";
import { openSkim } from "./skim.ts";
import type { Skim } from "./skim.ts";
import { openTables, variableUnit } from "./slots.ts";
import type { Tables } from "./slots.ts";
import { openTargets } from "./targets.ts";
import { openUses } from "./uses.ts";
import { openView } from "./view.ts";
import type { View } from "./view.ts";

export interface ProgramOptions {
  /** What is known of configuration symbols; asked first. Options are on where nobody says otherwise. */
  readonly arm?: ArmOf;
  /** Files whose Makefiles say which options are on (the family that is looked at). */
  readonly family?: readonly FileId[];
  /** The architecture whose headers and options are read. */
  readonly arch?: string;
  /** The program of the source under an overlay, made with the same options: what it found serves for all files that the overlay does not change. */
  readonly over?: Program;
  /** An index from the cache, for this source. */
  readonly stored?: Index;
}

/** What an overlay's program takes over from its base's. */
interface Parts {
  readonly view: View;
  readonly skim: Skim;
  readonly kbuild: Kbuild;
  readonly includes: Includes;
  readonly functions: Functions;
  readonly lookup: Lookup;
  readonly declarations: Declarations;
  readonly tables: Tables;
}

const partsOf = new WeakMap<Program, Parts>();

/** The index behind a program, for the cache. An overlay's has only the files that it changes. */
export function indexOf(program: Program): Index | undefined {
  return partsOf.get(program)?.view.own;
}

/** The program that `source` holds. Nothing is read before it is asked for. Not to be used once `parser` is deleted. */
export function createProgram(source: Source, parser: CParser, options: ProgramOptions = {}): Program {
  const arch = options.arch ?? "x86";
  const base =
    options.over !== undefined && source.overlay?.base === options.over.source ? partsOf.get(options.over) : undefined;
  const changed = base === undefined ? undefined : source.overlay?.changed;
  // Headers, parts of other files, and files that come or go change what others mean; any other .c file is only itself.
  const alone = (file: FileId): boolean =>
    file.endsWith(".c") &&
    [source, options.over?.source].every((s) => s?.read(file) !== undefined) &&
    base?.skim.siblings(file).length === 0;
  const light =
    base !== undefined && changed !== undefined && [...changed].every(alone) ? { base, changed } : undefined;
  const under = <T>(part: (parts: Parts) => T): Under<T> | undefined =>
    light === undefined ? undefined : { base: part(light.base), changed: light.changed };
  const view = openView(source, base?.view, options.stored);
  const kbuild = light?.base.kbuild ?? openKbuild((file) => source.read(file));
  const implied = new Set((options.family ?? []).flatMap((file) => kbuild.implied(file)));
  const core: Core = {
    source,
    parser,
    view,
    kbuild,
    skim: openSkim(source, light?.base.skim),
    includes: openIncludes(
      view,
      kbuild,
      arch,
      under((parts) => parts.includes),
    ),
    arm: configuration(arch, implied, options.arm),
    ...missedList(),
    expand: (text, from) => expand(text, from),
  };
  const lookup = openLookup(
    core,
    under((parts) => parts.lookup),
  );
  const declarations = openDeclarations(
    core,
    lookup,
    under((parts) => parts.declarations),
  );
  const functions = openFunctions(core, lookup, arch, light?.base.functions);
  const tables = openTables(
    core,
    lookup,
    declarations,
    under((parts) => parts.tables),
  );
  const uses = openUses(core, lookup, functions);
  const targets = openTargets(core, declarations, functions, tables, uses, () => program);
  const called = openCalled(core, functions);
  const signatures = openSignatures(core, lookup, functions);

  function expand(text: string, from: FileId): string | undefined {
    const expansion = expandInvocation(text, (name) => declarations.macro(name, from));
    return expansion.complete ? expansion.text : undefined;
  }

  function variable(name: string, from: FileId): TypeRef | undefined {
    const unit = variableUnit(core, lookup, name, from);
    return unit === undefined ? undefined : signatures.variable(unit, name);
  }

  const program: Program = {
    source,
    fn(name, from) {
      const ref = functions.resolve(name, from);
      return ref === undefined ? undefined : functions.facts(ref);
    },
    resolve: functions.resolve,
    definitions: functions.definitions,
    facts: functions.facts,
    callers: uses.callers,
    calling: called.calling,
    calls: called.calls,
    mentions: uses.mentions,
    fieldUses: uses.fieldUses,
    knowers: uses.knowers,
    struct: declarations.struct,
    typedef: declarations.typedef,
    field: declarations.field,
    variable,
    returns: signatures.returns,
    macro: declarations.macro,
    constant: declarations.constant,
    tables: targets.tables,
    table: tables.named,
    slots: targets.slots,
    targets: targets.targets,
    entries: (table) =>
      tables.entries(table).flatMap(({ struct, slot, value }) => {
        const name =
          value.k === "addr" && value.e.k === "name" ? value.e.name : value.k === "name" ? value.name : undefined;
        const fn = name === undefined ? undefined : functions.resolve(name, table.file);
        return fn === undefined ? [] : [{ struct, slot, fn }];
      }),
    expand,
    exported: (name) => core.skim.exporters(name).length > 0,
    kbuild: (file) => ({ implied: kbuild.implied(file), modules: kbuild.modules(file) }),
    moduleFiles: (module) => kbuild.filesOf(module).filter((file) => core.includes.exists(file)),
    index(files) {
      for (const file of files) view.entry(file);
    },
    incomplete: () => [...(source.problems?.() ?? []), ...core.missedSoFar()],
  };
  partsOf.set(program, {
    view,
    skim: core.skim,
    kbuild,
    includes: core.includes,
    functions,
    lookup,
    declarations,
    tables,
  });
  return program;
}
