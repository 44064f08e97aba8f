// Evaluating C values in a frame: what is known now stays known, the rest becomes expressions over registers and cells. Nothing is emitted here.
import { readsShared } from "../../model/unplug/walk.ts";
import { fieldInfo, register } from "./context.ts";
import { pointerTo, structType } from "./types.ts";
import { LAST_SMALL, address, any, byteOf, c, expression, fold, number, toE, truth, unknown } from "./values.ts";
import type { Frame } from "./context.ts";
import type { Place, Val } from "./values.ts";
import type { TableFacts, Value } from "../../facts/facts.ts";
import type { E, FieldKind } from "../../model/unplug/skeleton.ts";
import type { TypeRef } from "../../syntax/ast.ts";
import type { FileId } from "../../base/span.ts";

const NOWHERE: Place = { k: "nowhere" };
const INT: TypeRef = { kind: "name", name: "int", pointers: 0, array: false, func: false };
const BOOL: TypeRef = { kind: "name", name: "bool", pointers: 0, array: false, func: false };

/** The value of `v` now. */
export function evaluate(frame: Frame, v: Value): Val {
  switch (v.k) {
    case "num":
      return number(v.value);
    case "str":
    case "sizeof":
      return expression(c(byteOf(1000)), undefined);
    case "name":
      return named(frame, v.name);
    case "temp":
      return frame.temps.get(v.id) ?? expression(register(frame, `t${v.id}`), undefined);
    case "field":
    case "index":
    case "deref":
      return read(frame, placeOf(frame, v));
    case "addr": {
      if (v.e.k === "name" && !frame.locals.has(v.e.name)) {
        const value = named(frame, v.e.name);
        if (value.v.k === "fn") return value;
      }
      return addressOf(placeOf(frame, v.e));
    }
    case "un":
      // -ENODEV is an error, whichever header says which number it is.
      if (v.op === "-" && v.e.k === "name" && /^E[A-Z0-9]+$/.test(v.e.name)) return number(-1, INT);
      return unary(v.op, evaluate(frame, v.e));
    case "bin":
      return binary(v.op, evaluate(frame, v.l), evaluate(frame, v.r));
    case "cast": {
      const inner = evaluate(frame, v.e);
      return v.type.pointers > 0 && frame.world.types.tag(v.type, frame.fn.file) !== undefined
        ? { ...inner, type: v.type }
        : inner;
    }
    case "init":
      return { v: { k: "any" }, type: v.type };
    case "type":
    case "unknown":
      return unknown;
  }
}

export function addressOf(place: Place): Val {
  switch (place.k) {
    case "object":
      return expression(place.o, pointerTo(place.type));
    case "nowhere":
      return unknown;
    case "global":
      return address(place, place.type === undefined ? undefined : pointerTo(place.type));
    case "reg":
    case "parts":
    case "cell":
      return address(place, place.type === undefined ? undefined : pointerTo(place.type));
    case "table":
      return address(place, pointerTo(place.table.type));
  }
}

/** What a name means: a local, a constant, a function, a table. */
function named(frame: Frame, name: string): Val {
  const known = frame.env.get(name);
  if (known !== undefined) return known;
  const local = frame.locals.get(name);
  if (local !== undefined) return read(frame, localPlace(frame, name, local));
  if (name === "NULL" || name === "false") return number(0);
  if (name === "true") return number(1);
  const { program } = frame.world;
  const value = program.constant(name, frame.fn.file);
  if (value !== undefined) return number(value);
  if (program.table(name, frame.fn.file) !== undefined) return unknown;
  if (program.resolve(name, frame.fn.file) !== undefined)
    return { v: { k: "fn", name, file: frame.fn.file }, type: undefined };
  const place = variablePlace(frame, name);
  return place.k === "cell" ? read(frame, place) : unknown;
}

function localPlace(frame: Frame, name: string, type: TypeRef): Place {
  const kind = frame.world.types.kind(type, frame.fn.file);
  if (kind === "struct") return { k: "parts", base: frame.prefix + name, type };
  return { k: "reg", reg: frame.prefix + name, type };
}

/** A variable at file scope. One that points to what is bound to the driver is a cell, of the only object of its kind. */
function variablePlace(frame: Frame, name: string): Place {
  const { program, types } = frame.world;
  const kept = types.keeps(name, frame.fn.file);
  return kept === undefined
    ? { k: "global", name, type: program.variable(name, frame.fn.file) }
    : { k: "cell", o: c(1), tag: "global", outer: "global", field: name, type: kept };
}

/** The place that an lvalue names. */
export function placeOf(frame: Frame, v: Value): Place {
  switch (v.k) {
    case "name": {
      const local = frame.locals.get(v.name);
      if (local !== undefined) return localPlace(frame, v.name, local);
      const table = frame.world.program.table(v.name, frame.fn.file);
      if (table === undefined) return variablePlace(frame, v.name);
      return table.entries.length > 0
        ? { k: "table", table, path: [] }
        : { k: "global", name: v.name, type: table.type };
    }
    case "field":
      return member(frame, v.arrow ? pointee(frame, evaluate(frame, v.base)) : placeOf(frame, v.base), v.name);
    case "deref":
      return pointee(frame, evaluate(frame, v.e));
    case "index": {
      const base = placeOf(frame, v.base);
      if (base.k === "table") {
        const i = evaluate(frame, v.index);
        return i.v.k === "num" ? { ...base, path: [...base.path, `[${i.v.n}]`] } : NOWHERE;
      }
      return base.k === "cell" && base.type.array ? base : NOWHERE;
    }
    case "cast":
      return placeOf(frame, v.e);
    case "temp":
      return { k: "reg", reg: `${frame.prefix}t${v.id}`, type: undefined };
    case "init":
    case "num":
    case "str":
    case "addr":
    case "un":
    case "bin":
    case "sizeof":
    case "type":
    case "unknown":
      return NOWHERE;
  }
}

/** What a pointer points to. */
export function pointee(frame: Frame, p: Val): Place {
  if (p.v.k === "at") return p.v.place;
  if (p.v.k === "num" || p.v.k === "fn") return NOWHERE;
  const { types } = frame.world;
  const type = p.type === undefined ? undefined : types.resolve(p.type, frame.fn.file);
  const tag = type === undefined || type.pointers !== 1 ? undefined : types.tag(type, frame.fn.file);
  if (tag === undefined) return NOWHERE;
  const e = p.v.k === "any" ? any : p.v.e;
  // A pointer from nowhere to something of which there is one points to that.
  const o = e.k === "any" && frame.world.instances.get(tag) === 1 ? c(1) : e;
  return { k: "object", o, tag, outer: tag, type: structType(tag) };
}

function member(frame: Frame, base: Place, name: string): Place {
  const { types } = frame.world;
  switch (base.k) {
    case "object": {
      const m = types.member(base.type, name, frame.fn.file);
      if (m === undefined) return NOWHERE;
      const tag = m.tag === "" ? base.tag : m.tag;
      const kind = types.kind(m.decl.type, frame.fn.file);
      if (kind !== "struct")
        return {
          k: "cell",
          o: base.o,
          tag,
          field: name,
          outer: base.outer,
          type: types.resolve(m.decl.type, frame.fn.file),
        };
      const type = types.resolve(m.decl.type, frame.fn.file);
      const inner = type.name === "" ? tag : type.name;
      if (inner !== tag) {
        frame.world.embedded.add(`${tag}>${inner}`);
        if (base.outer !== tag) frame.world.embedded.add(`${base.outer}>${inner}`);
      }
      return { k: "object", o: base.o, tag: inner, outer: base.outer, type };
    }
    case "cell": {
      // The inside of a lock or a count is that lock or count.
      const kind = types.kind(base.type, frame.fn.file);
      return kind === "lock" || kind === "count" || kind === "completion" || kind === "link" ? base : NOWHERE;
    }
    case "parts": {
      const m = types.member(base.type, name, frame.fn.file);
      const part = `${base.base}.${name}`;
      if (m !== undefined && types.kind(m.decl.type, frame.fn.file) === "struct")
        return { k: "parts", base: part, type: m.decl.type };
      return { k: "reg", reg: part, type: m?.decl.type };
    }
    case "table":
      return { ...base, path: [...base.path, name] };
    case "global": {
      const tag = types.tag(base.type, frame.fn.file);
      if (tag === undefined || base.type === undefined) return NOWHERE;
      return member(frame, { k: "object", o: c(1), tag, outer: tag, type: base.type }, name);
    }
    case "reg":
    case "nowhere":
      return NOWHERE;
  }
}

/** The value that stands in a place. */
export function read(frame: Frame, place: Place): Val {
  switch (place.k) {
    case "reg": {
      const name = place.reg.slice(frame.prefix.length);
      const known = frame.env.get(name);
      if (known !== undefined) return known;
      const from = frame.env.get(`from ${name}`)?.from;
      const type = frame.env.get(`type ${name}`)?.type ?? place.type;
      return { v: { k: "e", e: { k: "r", r: place.reg } }, type, ...(from === undefined ? {} : { from }) };
    }
    case "cell":
      return readCell(frame, place);
    case "table":
      return tableValue(frame, place.table, place.path);
    case "object":
    case "parts":
    case "global":
      return { v: { k: "any" }, type: place.type };
    case "nowhere":
      return unknown;
  }
}

function readCell(frame: Frame, place: Place & { readonly k: "cell" }): Val {
  const { vocabulary, types } = frame.world;
  const written = `${place.tag}.${place.field}`;
  const id = vocabulary.renamed.get(written) ?? written;
  const alias = vocabulary.aliases.get(id);
  if (alias !== undefined) return expression(place.o, structType(alias, 1));
  const from = { o: place.o, tag: place.tag, field: id };
  // Structs that stand everywhere and are nobody's object: what is in them is not followed.
  if (vocabulary.generic.has(place.tag))
    return { v: vocabulary.nonnull.has(id) ? { k: "e", e: c(byteOf(1000)) } : { k: "any" }, type: place.type, from };
  if (id === vocabulary.exporter.opsField)
    return { ...address({ k: "table", table: frame.world.ops, path: [] }, place.type), from };
  const kind = types.kind(place.type, frame.fn.file);
  const kept = vocabulary.fields.get(id);
  if (kind === "function" && kept === undefined) {
    const t = frame.world.targets(place.tag, place.field);
    if (t.fns.length === 0) return number(0, place.type);
    return expression(t.mayBeNull ? any : c(byteOf(1000)), place.type);
  }
  const simple: FieldKind = kept?.kind ?? (kind === "pointer" ? "pointer" : "value");
  const info = fieldInfo(frame.world, place.tag, id.slice(place.tag.length + 1), simple, place.outer);
  if (kind === "array") info.array = true;
  if (simple === "pointer") info.to ??= kept?.to ?? types.tag(place.type, frame.fn.file);
  if (vocabulary.nonnull.has(id)) return { ...expression(c(byteOf(1000)), place.type), from };
  if (place.o.k === "any") return { v: { k: "any" }, type: place.type, from };
  return { ...expression({ k: "f", f: id, o: place.o }, place.type), from };
}

/** An entry of a constant table; zero where the table says nothing. */
export function tableValue(frame: Frame, table: TableFacts, path: readonly string[]): Val {
  const key = path.join("\0");
  const entry = table.entries.find((e) => e.path.join("\0") === key);
  if (entry !== undefined) return constantOf(frame, entry.value, table.file);
  const inside = table.entries.some((e) => e.path.join("\0").startsWith(`${key}\0`));
  return inside ? unknown : number(0);
}

function constantOf(frame: Frame, v: Value, file: FileId): Val {
  const { program } = frame.world;
  if (v.k === "num") return number(v.value);
  if (v.k === "cast") return constantOf(frame, v.e, file);
  if (v.k === "un" && v.op === "-") return unary("-", constantOf(frame, v.e, file));
  const name = v.k === "name" ? v.name : v.k === "addr" && v.e.k === "name" ? v.e.name : undefined;
  if (name === undefined) return unknown;
  if (name === "NULL") return number(0);
  const n = program.constant(name, file);
  if (n !== undefined) return number(n);
  const table = program.table(name, file);
  if (table !== undefined) return address({ k: "table", table, path: [] }, pointerTo(table.type));
  return program.resolve(name, file) !== undefined ? { v: { k: "fn", name, file }, type: undefined } : unknown;
}

function unary(op: "!" | "-" | "~", v: Val): Val {
  if (op === "!") {
    const known = truth(v);
    if (known !== undefined) return number(known ? 0 : 1, BOOL);
    const e = toE(v);
    if (e.k === "any") return expression(any, BOOL);
    return expression(e.k === "not" ? e.e : { k: "not", e }, BOOL);
  }
  if (v.v.k === "num") return number(op === "-" ? -v.v.n : -v.v.n - 1, v.type);
  return { v: { k: "any" }, type: v.type };
}

const COMPARE = new Set(["==", "!=", "<", "<=", ">", ">="]);

function binary(op: string, l: Val, right: Val): Val {
  if (l.v.k === "num" && right.v.k === "num") {
    const n = fold(op, l.v.n, right.v.n);
    return n === undefined ? unknown : number(n);
  }
  if (!COMPARE.has(op)) {
    // A mask over nothing is nothing; the rest of arithmetic is not followed.
    const zero = (v: Val): boolean => v.v.k === "num" && v.v.n === 0;
    if (op === "&" && (zero(l) || zero(right))) return number(0);
    const e = arithmetic(op, l, right);
    return e === undefined ? { v: { k: "any" }, type: l.type } : expression(e, l.type);
  }
  const equality = op === "==" || op === "!=";
  if (equality) {
    const same = sameAddress(l, right);
    if (same !== undefined) return number(Number(same === (op === "==")), BOOL);
  }
  return expression(compare(op, toE(l), toE(right)), BOOL);
}

/** A number that is kept in memory may be counted with, or have bits set: `x->n + 1`, `x->flags | 4`, `x->flags & ~4`. Locals that count are not followed. */
function arithmetic(op: string, l: Val, right: Val): E | undefined {
  if (l.v.k === "num" && l.v.n > 0 && op !== "-") return arithmetic(op, right, l);
  if (l.v.k !== "e" || right.v.k !== "num" || !readsShared(l.v.e) || l.type?.pointers !== 0) return undefined;
  const { e } = l.v;
  const { n } = right.v;
  const small = (x: number): boolean => x > 0 && x <= LAST_SMALL;
  if (op === "&" && n < 0 && small(-n - 1)) {
    const mask = c(-n - 1);
    return { k: "bin", op: "-", l: { k: "bin", op: "|", l: e, r: mask }, r: mask };
  }
  if (!small(n)) return undefined;
  return op === "+" || op === "-" || op === "&" || op === "|" ? { k: "bin", op, l: e, r: c(n) } : undefined;
}

/** Are two addresses the same? Undefined where that is not known now. */
function sameAddress(l: Val, right: Val): boolean | undefined {
  if (l.v.k === "num" && l.v.n === 0) return truth(right) === true ? false : undefined;
  if (right.v.k === "num" && right.v.n === 0) return truth(l) === true ? false : undefined;
  if (l.v.k === "fn" && right.v.k === "fn") return l.v.name === right.v.name;
  if (l.v.k !== "at" || right.v.k !== "at") return undefined;
  const [a, b] = [l.v.place, right.v.place];
  if (a.k === "table" && b.k === "table")
    return a.table.name === b.table.name && a.table.file === b.table.file && a.path.join() === b.path.join();
  return undefined;
}

/** Comparisons with zero in the forms that the machine refines registers by. */
function compare(op: string, l: E, right: E): E {
  if (l.k === "any" || right.k === "any") return any;
  if (right.k === "c" && right.v === 0) {
    if (op === "!=") return l;
    if (op === "==") return l.k === "not" ? l.e : { k: "not", e: l };
    if (op === "<") return { k: "err", e: l };
    if (op === ">=") return { k: "not", e: { k: "err", e: l } };
  }
  if (l.k === "c" && l.v === 0 && (op === "==" || op === "!=")) return compare(op, right, l);
  if (op === "==" || op === "!=" || op === "<" || op === "<=" || op === ">" || op === ">=")
    return { k: "bin", op, l, r: right };
  return any;
}
