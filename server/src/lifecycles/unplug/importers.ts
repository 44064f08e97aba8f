// Importers of a dma-buf: what the core does when they attach, map, unmap and detach (drivers/dma-buf/dma-buf.c), and what they do with the mapping. One thread and one
// attachment for each, and one thread for its hardware, which goes on while the importer waits for a lock.
import type { Action, Start, Thread } from "../../model/unplug/scenario.ts";
import type { Proc } from "../../model/unplug/skeleton.ts";
import { ABLE } from "./abilities.ts";
import { CLS, F, SLOT } from "./actions.ts";
import {
  act,
  and,
  any,
  assertHeld,
  bin,
  c,
  call,
  callSlot,
  countPut,
  eq,
  f,
  isErr,
  link,
  lock,
  loop,
  ne,
  not,
  or,
  proc,
  r,
  ret,
  store,
  unlink,
  unlock,
  when,
} from "./assemble.ts";

/** Starts whose guards bound them are not counted: a count would only multiply states. */
const UNCOUNTED = 1000;

/** Where an importer is. */
export const PLACE = { outside: 0, attached: 1, gone: 2, holding: 3 } as const;

/** Kinds of importers, as numbers in F.kind. model.md calls "dynamic with callback" what is `dynamic` and, where the callback itself unmaps, `inline` here. */
export const KINDS = { static: 1, dynamic: 2, pinned: 3, private: 4, inline: 5 } as const;
export type Kind = keyof typeof KINDS;

/** What the importer's attachment looks like to the exporter. */
const LOOKS: Readonly<Record<Kind, { readonly dynamic: boolean; readonly p2p: boolean; readonly callback: boolean }>> =
  {
    static: { dynamic: false, p2p: false, callback: false },
    dynamic: { dynamic: true, p2p: true, callback: true },
    inline: { dynamic: true, p2p: true, callback: true },
    pinned: { dynamic: true, p2p: true, callback: false },
    private: { dynamic: true, p2p: true, callback: true },
  };

const abilityOf: Readonly<Record<Kind, string | undefined>> = {
  static: ABLE.staticImporter,
  dynamic: undefined,
  inline: ABLE.inline,
  pinned: ABLE.pinned,
  private: ABLE.privateMap,
};

/** The cells that make attachment `a` one of the kind. */
export const importerCells = (kind: Kind, a: number): { field: string; object: number; value: number }[] => [
  { field: F.kind, object: a, value: KINDS[kind] },
  { field: F.peer2peer, object: a, value: LOOKS[kind].p2p ? 1 : 0 },
  { field: F.importerOps, object: a, value: LOOKS[kind].dynamic ? a : 0 },
  { field: F.callback, object: a, value: LOOKS[kind].callback ? 1 : 0 },
];

const isKind = (a: number | undefined, get: (f: string, o: number) => number, ...kinds: Kind[]): boolean =>
  kinds.some((k) => get(F.kind, a ?? 0) === KINDS[k]);

/** dma_buf_get of a file descriptor: a reference, if it is still installed. */
const fget: Action = (w, { args }) => {
  const b = args[0] ?? 0;
  if (w.get(F.fd, b) === 0) return [{ r: 0, text: "(the file descriptor is closed already)" }];
  return [{ writes: [[F.files, b, w.get(F.files, b) + 1]], r: 1, text: "gets the dma-buf by its file descriptor" }];
};

/** The importer has its mapping: its hardware may use it at once, under a fence where the importer is dynamic. */
const hold: Action = (w, { args }) => {
  const [a = 0, b = 0] = args;
  const fenced = isKind(a, (x, o) => w.get(x, o), "dynamic", "inline");
  return [
    {
      writes: [
        [F.at, a, PLACE.holding],
        [F.busy, a, 1],
        [F.fence, a, fenced ? b : 0],
        [F.rounds, a, w.get(F.rounds, a) + 1],
        ...(isKind(a, (x, o) => w.get(x, o), "private") ? [[F.mapped, a, 1] as const] : []),
      ],
      text: fenced ? "starts DMA, a BOOKKEEP fence stands for it" : "starts DMA",
    },
  ];
};

const refused: Action = (w, { args }) => {
  const a = args[0] ?? 0;
  return [{ writes: [[F.rounds, a, w.get(F.rounds, a) + 1]], text: "the mapping is refused" }];
};

/** The importer's side of unmap is done. A private importer's own mapping ends here. */
const drop: Action = (w, { args }) => {
  const a = args[0] ?? 0;
  const own = isKind(a, (x, o) => w.get(x, o), "private");
  return [
    {
      writes: [
        [F.at, a, PLACE.attached],
        [F.notified, a, 0],
        ...(own ? [[F.mapped, a, 0] as const, [F.busy, a, 0] as const] : []),
      ],
      text: "has no mapping any more",
    },
  ];
};

const signal: Action = (_, { args }) => {
  const a = args[0] ?? 0;
  return [
    {
      writes: [
        [F.busy, a, 0],
        [F.fence, a, 0],
      ],
      text: "DMA ends; its fence, if any, signals",
    },
  ];
};

const leave: Action = (_, { args }) => {
  const a = args[0] ?? 0;
  return [
    {
      writes: [
        [F.at, a, PLACE.gone],
        [F.attDmabuf, a, 0],
      ],
      text: "has no attachment any more",
    },
  ];
};

/**
 * Every importer of buffer b that has a callback is told. Those that unmap inside it are returned one by one, for the driver's unmap to be called; a private one
 * has taken its addresses out of the IOMMU when its callback returns. 0: everybody knows.
 */
const notify: Action = (w, { args }) => {
  const b = args[0] ?? 0;
  const writes: [string, number, number][] = [];
  let next = 0;
  for (let a = 1; a <= w.objects(CLS.attachment); a++) {
    if (w.get(F.attDmabuf, a) !== b || w.get(F.at, a) !== PLACE.holding || w.get(F.callback, a) === 0) continue;
    if (isKind(a, (x, o) => w.get(x, o), "private"))
      writes.push([F.mapped, a, 0], [F.busy, a, 0], [F.at, a, PLACE.attached]);
    else if (isKind(a, (x, o) => w.get(x, o), "inline")) {
      writes.push([F.busy, a, 0], [F.fence, a, 0]);
      next ||= a;
    } else writes.push([F.notified, a, 1]);
  }
  return [
    {
      writes,
      r: next,
      text: next === 0 ? "tells every importer that has a callback" : "calls an importer back, which unmaps at once",
    },
  ];
};

export const importerActions: Readonly<Record<string, Action>> = {
  "importer.fget": fget,
  "importer.hold": hold,
  "importer.refused": refused,
  "importer.drop": drop,
  "importer.signal": signal,
  "importer.leave": leave,
  "importer.notify": notify,
};

const [a, b] = [r("a"), r("b")];
/** Kinds that are pinned before they map: static ones by the core (dma_buf_pin_on_map), the others by themselves. */
const pins = or(...(["static", "pinned", "private"] as const).map((k) => eq(f(F.kind, a), c(KINDS[k]))));

/** Procedures of importers; `peer`: the exported function through which private importers get addresses. */
export function importerProcs(peer: Proc | undefined, ideal: boolean): Record<string, Proc> {
  const map = [
    lock(F.resv, b),
    ...(ideal ? [when(f(F.closed, b), [act("importer.refused", [a]), unlock(F.resv, b), ret()])] : []),
    when(pins, [
      callSlot(SLOT.pin, [a], "p"),
      when(ne(r("p"), c(0)), [act("importer.refused", [a]), unlock(F.resv, b), ret()]),
    ]),
    when(
      eq(f(F.kind, a), c(KINDS.private)),
      [
        peer === undefined ? act("importer.refused", [a]) : call(peer.name, [a, any], "s"),
        when(ne(r("s"), c(0)), [act("importer.refused", [a])], [act("importer.hold", [a, b])]),
      ],
      [
        callSlot(SLOT.map, [a, any], "s"),
        when(or(isErr(r("s")), not(r("s"))), [act("importer.refused", [a])], [act("importer.hold", [a, b])]),
      ],
    ),
    when(and(pins, ne(f(F.at, a), c(PLACE.holding))), [callSlot(SLOT.unpin, [a])]),
    unlock(F.resv, b),
  ];
  return {
    "env.attach": proc(
      "env.attach",
      ["a", "b"],
      [
        act("importer.fget", [b], { r: "got" }),
        when(not(r("got")), [ret()]),
        store(F.attDmabuf, a, b),
        callSlot(SLOT.attach, [b, a], "ret"),
        when(ne(r("ret"), c(0)), [act("importer.leave", [a]), countPut(F.files, b), ret()]),
        lock(F.resv, b),
        link(F.node, a, b),
        store(F.at, a, c(PLACE.attached)),
        unlock(F.resv, b),
      ],
    ),
    "env.map": proc("env.map", ["a", "b"], map),
    "env.unmap": proc(
      "env.unmap",
      ["a", "b"],
      [
        lock(F.resv, b),
        when(eq(f(F.at, a), c(PLACE.holding)), [
          when(ne(f(F.kind, a), c(KINDS.private)), [callSlot(SLOT.unmap, [a, any, any])]),
          act("importer.drop", [a]),
          when(pins, [callSlot(SLOT.unpin, [a])]),
        ]),
        unlock(F.resv, b),
      ],
    ),
    "env.detach": proc(
      "env.detach",
      ["a", "b"],
      [
        lock(F.resv, b),
        unlink(F.node, a),
        unlock(F.resv, b),
        callSlot(SLOT.detach, [b, a]),
        act("importer.leave", [a]),
        countPut(F.files, b),
      ],
    ),
    "env.signal": proc("env.signal", ["a"], [act("importer.signal", [a])]),
    "env.invalidate": proc(
      "env.invalidate",
      ["b"],
      [
        assertHeld(F.resv, b),
        loop(
          act("importer.notify", [b], { r: "i" }),
          when(not(r("i")), [ret()]),
          callSlot(SLOT.unmap, [r("i"), any, any]),
          act("importer.drop", [r("i")]),
        ),
      ],
    ),
  };
}

export interface ImporterOptions {
  /** The buffer that it attaches to. */
  readonly target: number;
  readonly detaches: boolean;
  /** How often it maps in all. */
  readonly rounds: number;
}

/** The threads of importer `i`: what its driver does, and its hardware. */
export function importerThreads(kind: Kind, i: number, { target, detaches, rounds }: ImporterOptions): Thread[] {
  const at = (place: number) => eq(f(F.at, c(i)), c(place));
  const quiet = not(f(F.busy, c(i)));
  const told = f(F.notified, c(i));
  const args = [c(i), f(F.attDmabuf, c(i))];
  const ability = abilityOf[kind];
  const own = { actor: `importer ${i}`, ...(ability === undefined ? {} : { ability }) };
  const starts: Start[] = [
    {
      name: "attach",
      proc: "env.attach",
      args: [c(i), c(target)],
      when: and(at(PLACE.outside), f(F.fd, c(target))),
      times: UNCOUNTED,
      will: "voluntary",
      ...own,
    },
  ];
  starts.push({
    name: "map",
    proc: "env.map",
    args,
    when: and(at(PLACE.attached), eq(f(F.rounds, c(i)), c(0))),
    times: UNCOUNTED,
    will: "voluntary",
    ...own,
  });
  if (rounds > 1)
    starts.push({
      name: "map again",
      proc: "env.map",
      args,
      when: and(at(PLACE.attached), quiet, ne(f(F.rounds, c(i)), c(0)), bin(f(F.rounds, c(i)), "<", c(rounds))),
      times: UNCOUNTED,
      will: "voluntary",
      ...own,
      ability: ABLE.remap,
    });
  // Once told, an importer with a callback unmaps in bounded time; otherwise it unmaps when it likes, if ever.
  starts.push({
    name: "unmap, as told",
    proc: "env.unmap",
    args,
    when: and(at(PLACE.holding), told, quiet),
    times: UNCOUNTED,
    will: "promised",
    ...own,
  });
  starts.push({
    name: "unmap",
    proc: "env.unmap",
    args,
    when: and(at(PLACE.holding), not(told), quiet),
    times: UNCOUNTED,
    will: "voluntary",
    ...own,
  });
  if (kind === "dynamic")
    starts.push({
      name: "unmap early",
      proc: "env.unmap",
      args,
      when: and(at(PLACE.holding), told, f(F.busy, c(i))),
      times: UNCOUNTED,
      will: "voluntary",
      ...own,
      ability: ABLE.unmapEarly,
    });
  if (detaches)
    starts.push({
      name: "detach",
      proc: "env.detach",
      args,
      when: and(at(PLACE.attached), quiet),
      times: UNCOUNTED,
      will: "voluntary",
      ...own,
    });
  const hardware: Start = {
    name: "signal",
    proc: "env.signal",
    args: [c(i)],
    when: f(F.busy, c(i)),
    times: UNCOUNTED,
    // A fence signals in bounded time (Documentation/driver-api/dma-buf.rst, DMA fences); hardware without one stops when its owner likes.
    will: kind === "dynamic" || kind === "inline" ? "promised" : "voluntary",
  };
  return [
    { name: `importer ${i}`, actor: `importer ${i}`, starts },
    { name: `importer ${i} hardware`, actor: `importer ${i}`, starts: [hardware] },
  ];
}
