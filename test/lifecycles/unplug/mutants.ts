// Mutants of the unplug model: each takes one statement out of the environment or of a contract, as a change to the scenarios that are built from them.
// Statements are found in the scenarios themselves, so that what is added to the model is mutated without being named here.
import { ABLE } from "../../../server/src/lifecycles/unplug/abilities.ts";
import { BROKEN, F } from "../../../server/src/lifecycles/unplug/actions.ts";
import { PLACE } from "../../../server/src/lifecycles/unplug/importers.ts";
import { HOLDS } from "../../../server/src/lifecycles/unplug/invariants.ts";
import { printE, printIns } from "../../../server/src/model/unplug/print.ts";
import type { Action, Scenario, Start, Will } from "../../../server/src/model/unplug/scenario.ts";
import type { E, Ins, Proc } from "../../../server/src/model/unplug/skeleton.ts";
import { MANY } from "../../../server/src/model/unplug/skeleton.ts";
import { actionChanges } from "./mutant-actions.ts";

export interface Mutant {
  /** "kind place: statement". */
  readonly id: string;
  readonly kind: "invariant" | "violation" | "ability" | "progress" | "action" | "start" | "proc";
  /** It can only take violations away: what is safe stays so. */
  readonly friendly: boolean;
  /** The scenario without the statement; the very same object where it does not have it. */
  apply(s: Scenario): Scenario;
}

const mutant = (kind: Mutant["kind"], what: string, apply: Mutant["apply"]): Mutant => ({
  id: `${kind} ${what}`,
  kind,
  friendly: kind === "invariant" || kind === "violation" || kind === "ability" || kind === "progress",
  apply,
});

const known = new WeakMap<Scenario, ReadonlySet<string>>();

/** The procedures that some start runs, the set's own among them. */
function reached(s: Scenario): ReadonlySet<string> {
  let seen = known.get(s);
  if (seen !== undefined) return seen;
  const procs: Readonly<Record<string, Proc>> = { ...s.set.procs, ...s.procs };
  const out = new Set(s.threads.flatMap((t) => t.starts.map((x) => x.proc)));
  for (const p of out)
    for (const i of procs[p]?.code ?? []) {
      const to = i.op === "call" ? (i.proc ?? s.set.slots[i.slot ?? ""]) : undefined;
      if (to !== undefined) out.add(to);
    }
  seen = out;
  known.set(s, seen);
  return seen;
}

// ---- what is asked for

const invariants = (): Mutant[] =>
  Object.values(HOLDS).map((name) =>
    mutant("invariant", name, (s) => {
      const kept = s.invariants.filter((i) => i.name !== name);
      return kept.length === s.invariants.length ? s : { ...s, invariants: kept };
    }),
  );

/** What actions call violations is let pass. */
const violations = (): Mutant[] =>
  Object.values(BROKEN).map((name) =>
    mutant("violation", name, (s) =>
      everyAction(
        s,
        (action) => (w, call) =>
          action(w, call).map(({ violation, ...rest }) =>
            violation === undefined || violation === name ? rest : { ...rest, violation },
          ),
      ),
    ),
  );

const abilities = (): Mutant[] =>
  Object.values(ABLE).map((id) =>
    mutant("ability", id, (s) => {
      const used = s.threads.some((t) => t.starts.some((x) => x.ability === id)) || !Object.values(ABLE).includes(id);
      return used ? { ...s, abilities: s.abilities.filter((a) => a !== id) } : s;
    }),
  );

// ---- actions

const everyAction = (s: Scenario, change: (action: Action, name: string) => Action): Scenario => ({
  ...s,
  actions: Object.fromEntries(Object.entries(s.actions).map(([name, a]) => [name, change(a, name)])),
});

const oneAction = (s: Scenario, name: string, change: (action: Action) => Action): Scenario => {
  const action = s.actions[name];
  const procs: Readonly<Record<string, Proc>> = { ...s.set.procs, ...s.procs };
  const uses = [...reached(s)].some((p) => procs[p]?.code.some((i) => i.op === "act" && i.act === name));
  return action === undefined || !uses ? s : { ...s, actions: { ...s.actions, [name]: change(action) } };
};

// ---- starts

const conjuncts = (e: E): readonly E[] =>
  e.k === "bin" && e.op === "&&" ? [...conjuncts(e.l), ...conjuncts(e.r)] : [e];
const all = (es: readonly E[]): E =>
  es.reduce<E | undefined>((l, r) => (l === undefined ? r : { k: "bin", op: "&&", l, r }), undefined) ?? {
    k: "c",
    v: 1,
  };
/** What views add so that exploring begins where it matters says nothing of the world. */
const isSetup = (e: E): boolean =>
  (e.k === "f" && e.f === F.published) ||
  (e.k === "bin" && e.op === "!=" && e.l.k === "f" && e.l.f === F.at && e.r.k === "c" && e.r.v === PLACE.outside);
/** The same start of another importer, buffer or VMA is the same statement. */
const general = (text: string): string => text.replace(/\b\d+->/g, "n->").replace(/ \d+\b/g, " n");

const changeStarts = (
  s: Scenario,
  of: (t: string, x: Start) => boolean,
  to: (x: Start) => readonly Start[],
): Scenario => {
  if (!s.threads.some((t) => t.starts.some((x) => of(t.name, x)))) return s;
  return {
    ...s,
    threads: s.threads.map((t) => ({ ...t, starts: t.starts.flatMap((x) => (of(t.name, x) ? to(x) : [x])) })),
  };
};

const OTHER: Readonly<Partial<Record<Will, Will>>> = {
  promised: "voluntary",
  nudged: "voluntary",
  voluntary: "promised",
};

/** Entries of drivers are called after their procedures; what they are differs from set to set, what the contract says of them does not. */
const role = (thread: string, x: Start): string =>
  thread === "export" || thread === "revoke" ? `the driver's ${thread}` : `${general(thread)}, ${general(x.name)}`;

function starts(scenarios: readonly Scenario[]): Mutant[] {
  const out = new Map<string, Mutant>();
  const add = (m: Mutant): void => void (out.has(m.id) || out.set(m.id, m));
  for (const s of scenarios)
    for (const t of s.threads)
      for (const x of t.starts) {
        const who = role(t.name, x);
        const mine = (thread: string, y: Start): boolean => role(thread, y) === who;
        for (const e of conjuncts(x.when)) {
          const text = general(printE(e));
          if (isSetup(e) || text === "1") continue;
          const has = (thread: string, y: Start): boolean =>
            mine(thread, y) && conjuncts(y.when).some((z) => general(printE(z)) === text);
          add(
            mutant("start", `${who}: only while ${text}`, (other) =>
              changeStarts(other, has, (y) => [
                {
                  ...y,
                  when: all(conjuncts(y.when).filter((z) => general(printE(z)) !== text)),
                  times: Math.min(y.times, 3),
                },
              ]),
            ),
          );
        }
        const will = OTHER[x.will];
        if (will !== undefined)
          add({
            ...mutant("start", `${who}: is ${x.will}`, (other) =>
              changeStarts(
                other,
                (th, y) => mine(th, y) && y.will === x.will,
                (y) => [{ ...y, will }],
              ),
            ),
            // One more who may be counted on can only end waits.
            friendly: will === "promised",
          });
        add(mutant("start", `${who}: happens`, (other) => changeStarts(other, mine, () => [])));
      }
  return [...out.values()];
}

function progress(scenarios: readonly Scenario[]): Mutant[] {
  const names = new Set(scenarios.flatMap((s) => s.progress.map((p) => (p.thread === "revoke" ? "revoke" : p.start))));
  return [...names].map((name) =>
    mutant("progress", name, (s) => {
      const kept = s.progress.filter((p) => p.start !== name && p.thread !== name);
      return kept.length === s.progress.length ? s : { ...s, progress: kept };
    }),
  );
}

// ---- procedures of the environment and of the contracts

/** What an instruction guarantees, in words that name a pair of lock and unlock as one; undefined where it is only a means. */
function statement(i: Ins): string | undefined {
  switch (i.op) {
    case "let":
    case "jmp":
    case "br":
    case "switch":
    case "choose":
    case "return":
    case "alloc":
    case "next":
    case "check":
    case "await":
      return undefined;
    case "lock":
    case "unlock":
      return `holds ${i.f} (${i.mode})`;
    case "call":
      return `calls ${i.proc ?? i.slot ?? ""}`;
    default:
      return printIns(i);
  }
}

/** The instruction as if it were not there; a result is what does no harm: a lock got, a count taken. */
function nothing(i: Ins, next: number): Ins {
  if (!("r" in i) || i.r === undefined) return { op: "jmp", to: next };
  const got = (i.op === "lock" && i.how === "try") || (i.op === "count" && i.do === "getUnlessZero");
  const entered = i.op === "act" && (i.act === "user.enter" || i.act === "importer.fget");
  return { op: "let", r: i.r, e: { k: "c", v: got || entered ? 1 : i.op === "waitDone" ? MANY : 0 } };
}

function procs(scenarios: readonly Scenario[]): Mutant[] {
  const out = new Map<string, Mutant>();
  for (const s of scenarios)
    for (const [name, p] of Object.entries(s.procs)) {
      // Diagnosis brings procedures of its own.
      if (name.startsWith("ideal.")) continue;
      // Wrappers of entries are named after what they wrap.
      const place = name.startsWith("env.call.") ? "env.call" : name;
      for (const i of p.code) {
        const what = statement(i);
        const id = `${place}: ${what ?? ""}`;
        if (what === undefined || out.has(id) || (place === "env.call" && i.op === "call" && i.proc === name.slice(9)))
          continue;
        out.set(
          id,
          mutant("proc", id, (other) => withoutStatement(other, place, what)),
        );
      }
    }
  return [...out.values()];
}

function withoutStatement(s: Scenario, place: string, what: string): Scenario {
  const changed = Object.entries(s.procs).filter(
    ([name, p]) =>
      (name === place || (place === "env.call" && name.startsWith("env.call."))) &&
      p.code.some((i) => statement(i) === what),
  );
  if (!changed.some(([name]) => reached(s).has(name))) return s;
  const without = (p: Proc): Proc => ({
    ...p,
    code: p.code.map((i, n) => (statement(i) === what ? { ...nothing(i, n + 1), ...(i.at ? { at: i.at } : {}) } : i)),
  });
  return { ...s, procs: { ...s.procs, ...Object.fromEntries(changed.map(([name, p]) => [name, without(p)])) } };
}

// ---- statements that are more than one instruction

/** vfio_device_fops_release: the registration is put first, and the session ends afterwards. */
const early: Mutant = mutant("proc", "vfio.release: the registration is put after the session has ended", (s) => {
  const p = s.procs["vfio.release"];
  if (p === undefined) return s;
  const put = p.code.find((i) => i.op === "call" && i.proc === "vfio_device_put_registration");
  if (put === undefined) return s;
  const rest = p.code.filter((i) => i !== put);
  return { ...s, procs: { ...s.procs, "vfio.release": { ...p, code: [put, ...rest] } } };
});

/** A VMA does not hold the device's file. */
const unpinned: Mutant = mutant("proc", "env.mmap: a VMA holds the device's file", (s) => {
  const without = ["env.mmap", "env.munmap", "env.fork"].reduce(
    (x, place) =>
      ["in = user.enter()", "user.leave()", "user.share()"].reduce((y, what) => withoutStatement(y, place, what), x),
    s,
  );
  return s.threads.some((t) => t.name === "process") ? without : s;
});

/** Nobody but remove() holds a registration to begin with: the open file has none. */
const fileless: Mutant = mutant("proc", "vfio: an open file has a registration", (s) => {
  const p = s.procs["vfio.release"];
  if (p === undefined) return s;
  const alone = withoutStatement(s, "vfio.release", "calls vfio_device_put_registration");
  return { ...alone, initial: [...s.initial, { field: "vfio_device.refcount", object: 1, value: 1 }] };
});

/** Statements that stand in for one another: one alone may go, all together not. */
const TOGETHER: readonly (readonly [says: string, statements: readonly (readonly [place: string, what: string])[]])[] =
  [
    [
      "a release happens once",
      [
        ["env.release", "b->born = 2"],
        ["env.release", "b->born = 3"],
      ],
    ],
    [
      "rdma: nothing is made after the teardown",
      [
        ["rdma.remove", "dev->ib_dev = 0"],
        ["uverbs_destroy_ufile_hw", "ufile->ucontext = 0"],
      ],
    ],
    [
      "rdma: nobody maps while the teardown runs",
      [
        ["rdma.mmap", "holds ib_uverbs_device.disassociate_srcu (read)"],
        ["rdma.mmap", "holds ib_uverbs_file.hw_destroy_rwsem (read)"],
      ],
    ],
    [
      "vfio: a device leaves its set, under the set's lock, before it is freed",
      [
        ["vfio_put_device", "holds vfio_device_set.lock (write)"],
        ["vfio_put_device", "unlink dev->dev_set_list (init)"],
      ],
    ],
    [
      "mmap_lock is held",
      ["env.mmap", "env.munmap", "env.fork", "env.fault", "uverbs_user_mmap_disassociate"].flatMap((place) =>
        ["write", "read"].map((mode) => [place, `holds ${F.mmapLock} (${mode})`] as const),
      ),
    ],
  ];

const together = (): Mutant[] =>
  TOGETHER.map(([says, statements]) =>
    mutant("proc", says, (s) => statements.reduce((x, [place, what]) => withoutStatement(x, place, what), s)),
  );

/** Every mutant of what the scenarios say. Those that change none of them are left out; none has the id of another. */
export function mutants(scenarios: readonly Scenario[]): readonly Mutant[] {
  const list = [
    ...invariants(),
    ...violations(),
    ...abilities(),
    ...progress(scenarios),
    ...actionChanges.map(({ name, says, change, friendly }) => ({
      ...mutant("action", `${name}: ${says}`, (s) => oneAction(s, name, change)),
      friendly,
    })),
    ...starts(scenarios),
    early,
    unpinned,
    fileless,
    ...together(),
    ...procs(scenarios),
  ];
  return list;
}
