// Types that a declaration gives without its body: what a function returns, what a file-scope variable is.
import type { FileId } from "../base/span.ts";
import type { TypeRef } from "../syntax/ast.ts";
import type { Core } from "./core.ts";
import type { Functions } from "./functions.ts";
import type { Lookup } from "./lookup.ts";
import { EXTRA, FUNCTION, MACRO, PROTOTYPE, column } from "./units.ts";
import type { Unit } from "./view.ts";

export interface Signatures {
  /** What the function `name` returns, as `from` knows it. */
  returns(name: string, from: FileId): TypeRef | undefined;
  /** The type of a variable's unit. */
  variable(unit: Unit, name: string): TypeRef | undefined;
}

export function openSignatures(core: Core, lookup: Lookup, functions: Functions): Signatures {
  const types = new Map<string, TypeRef | undefined>();

  function kept(unit: Unit, name: string, read: (text: string) => TypeRef | undefined): TypeRef | undefined {
    const key = `${unit.file}:${unit.start}:${name}`;
    if (!types.has(key)) types.set(key, read(core.view.text(unit.file) ?? ""));
    return types.get(key);
  }

  function header(unit: Unit): TypeRef | undefined {
    return kept(unit, "()", (text) => {
      const end = unit.kind === FUNCTION ? column(unit.index.units, unit.at, EXTRA) : unit.end;
      const declaration = text.slice(unit.start, end).replace(/;\s*$/, "");
      return core.parser.parseText(`${declaration} {}`, unit.start).functions[0]?.returns;
    });
  }

  return {
    returns(name, from) {
      const unit = lookup.visible(name, from, [FUNCTION, PROTOTYPE, MACRO]) ?? lookup.made(from).get(name);
      if (unit !== undefined) return unit.kind === MACRO ? undefined : header(unit);
      const ref = functions.resolve(name, from);
      const found = core.view.units(ref?.file ?? from).find((u) => u.kind === FUNCTION && u.start === ref?.start);
      return found === undefined ? undefined : header(found);
    },
    variable(unit, name) {
      return kept(unit, name, (text) => {
        // The initialiser says nothing about the type but for `[]`, and may be long.
        const all = text.slice(unit.start, unit.end);
        const equals = all.search(/=(?!=)/);
        const declaration = equals < 0 ? all : `${all.slice(0, equals)};`;
        const vars = core.parser.parseText(declaration, unit.start).scope.vars;
        return (
          vars.find((v) => v.name === name)?.type ??
          core.parser.parseText(all, unit.start).scope.vars.find((v) => v.name === name)?.type
        );
      });
    },
  };
}
