// Where everything lies in a packed state: objects with their fields, predicates, the threads' positions and registers, and how often each start has run.
import type { ClassSpec, FieldId, FieldSpec } from "./skeleton.ts";
import { ANY, ERR, MANY } from "./skeleton.ts";
import type { Scenario } from "./scenario.ts";

export const UNBORN = 0;
export const LIVE = 1;
export const FREED = 2;
/** OWNED + t: live, and so far only touched by thread t, which allocated it and has not returned since. Only where accesses are watched (discipline.ts). */
export const OWNED = 16;
export const isLive = (life: number | undefined): boolean => life === LIVE || (life ?? 0) >= OWNED;

/** A start that may run at least this often is not counted. */
export const UNCOUNTED = 200;

export interface LaidClass {
  readonly name: string;
  readonly spec: ClassSpec;
  /** Object n lies at base + (n - 1) * stride; its first byte is UNBORN, LIVE, FREED or OWNED + thread. */
  readonly base: number;
  readonly stride: number;
  readonly count: number;
  readonly fields: readonly LaidField[];
}

export interface LaidField {
  readonly id: FieldId;
  readonly kind: FieldSpec["kind"];
  readonly spec: FieldSpec;
  readonly cls: string;
  /** Offset in the object. A lock: the writer's thread number + 1, then its readers. */
  readonly at: number;
  readonly bytes: number;
  /** A lock that nobody takes in write mode: readers nest, one byte per thread counts how deep. Otherwise one bit per thread. */
  readonly nests: boolean;
  /** What ANY in this field stands for. */
  readonly values: readonly number[];
}

export interface Layout {
  /** Bytes of a state, a multiple of 4. */
  readonly size: number;
  readonly classes: ReadonlyMap<string, LaidClass>;
  readonly fields: ReadonlyMap<FieldId, LaidField>;
  readonly preds: ReadonlyMap<string, { readonly cls: LaidClass; readonly base: number }>;
  /** Two bytes of position (0: idle), then the registers. */
  readonly threads: readonly { readonly pc: number; readonly registers: number; readonly size: number }[];
  /** How often start k has begun; -1: not counted. By the number of the start in the scenario. */
  readonly begun: readonly number[];
}

/** The classes of the scenario and of its set as one list. The scenario's counts win; fields of a class given twice are joined, the scenario's spec first. */
export function joinClasses(scenario: Scenario): readonly ClassSpec[] {
  const out = new Map<string, ClassSpec>();
  for (const c of [...scenario.classes, ...scenario.set.classes]) {
    const had = out.get(c.name);
    if (had === undefined) {
      out.set(c.name, c);
      continue;
    }
    const known = new Set(had.fields.map((f) => f.id));
    out.set(c.name, {
      ...had,
      tags: [...new Set([...had.tags, ...c.tags])],
      fields: [...had.fields, ...c.fields.filter((f) => !known.has(f.id))],
      ...((had.devres ?? c.devres) ? { devres: true } : {}),
    });
  }
  return [...out.values()];
}

/** Lays a state out. `registers`: how many each thread needs. `written`: the locks that somebody takes in write mode. Problems: what makes the scenario unusable. */
export function layOut(
  scenario: Scenario,
  registers: readonly number[],
  written: ReadonlySet<FieldId>,
): { readonly layout: Layout; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const specs = joinClasses(scenario);
  const liveOf = new Map(specs.map((c) => [c.name, c.liveAtStart]));
  const classes = new Map<string, LaidClass>();
  const fields = new Map<FieldId, LaidField>();
  const threads = scenario.threads.length;
  let at = 0;
  for (const spec of specs) {
    const laid: LaidField[] = [];
    let stride = 1;
    for (const f of spec.fields) {
      if (fields.has(f.id)) problems.push(`field ${f.id} is in two classes: ${fields.get(f.id)!.cls} and ${spec.name}`);
      const nests = f.kind === "lock" && !written.has(f.id);
      const bytes = f.kind !== "lock" ? 1 : 1 + (nests ? threads : Math.ceil(threads / 8));
      const values = f.values ?? valuesOf(f, liveOf.get(f.to ?? "") ?? 0);
      const field = { id: f.id, kind: f.kind, spec: f, cls: spec.name, at: stride, bytes, nests, values };
      if (f.kind === "lock" && (f.initial ?? 0) !== 0) problems.push(`lock ${f.id} must start free`);
      fields.set(f.id, field);
      laid.push(field);
      stride += bytes;
    }
    if (spec.liveAtStart > spec.count) problems.push(`class ${spec.name}: more live at the start than there are`);
    classes.set(spec.name, { name: spec.name, spec, base: at, stride, count: spec.count, fields: laid });
    at += stride * spec.count;
  }
  const preds = new Map<string, { readonly cls: LaidClass; readonly base: number }>();
  for (const [p, cls] of Object.entries(scenario.set.preds)) {
    const laid = classes.get(cls);
    if (laid === undefined) problems.push(`predicate ${p} is of ${cls}, which is not a class`);
    else {
      preds.set(p, { cls: laid, base: at });
      at += laid.count;
    }
  }
  const lanes = registers.map((size) => {
    const lane = { pc: at, registers: at + 2, size };
    at += 2 + size;
    return lane;
  });
  const begun = scenario.threads.flatMap((t) => t.starts.map((s) => (s.times >= UNCOUNTED ? -1 : at++)));
  return { layout: { size: (at + 3) & ~3, classes, fields, preds, threads: lanes, begun }, problems };
}

function valuesOf(f: FieldSpec, live: number): readonly number[] {
  const objects = Array.from({ length: live + 1 }, (_, i) => i);
  switch (f.kind) {
    case "value":
      return [0, MANY, ERR];
    case "pointer":
    case "link":
      return f.to === undefined ? [0, MANY] : objects;
    case "count":
    case "completion":
      return [0, MANY];
    case "lock":
      return [0];
  }
}

/** Writes the first state: what is live, every field's initial value, unknown predicates. `bytes` is `layout.size` long and zero. Returns what could not be set. */
export function writeInitial(layout: Layout, scenario: Scenario, bytes: Uint8Array): readonly string[] {
  const problems: string[] = [];
  for (const c of layout.classes.values())
    for (let n = 0; n < c.count; n++) {
      const base = c.base + n * c.stride;
      bytes[base] = n < c.spec.liveAtStart ? LIVE : UNBORN;
      for (const f of c.fields) bytes[base + f.at] = f.spec.initial ?? 0;
    }
  for (const p of layout.preds.values()) bytes.fill(ANY, p.base, p.base + p.cls.count);
  for (const i of scenario.initial) {
    const f = layout.fields.get(i.field);
    const c = f && layout.classes.get(f.cls);
    if (f === undefined || c === undefined || i.object < 1 || i.object > c.count || f.kind === "lock")
      problems.push(`initial value of ${i.field} of object ${i.object}: there is no such cell`);
    else bytes[c.base + (i.object - 1) * c.stride + f.at] = i.value;
  }
  return problems;
}
