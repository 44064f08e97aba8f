// A lifecycle small enough to check by hand: a door, a draught, and somebody who knocks.
import { bound, call, lifecycle } from "../../server/src/model/lifecycle.ts";

export const door = lifecycle({
  id: "door",
  resource: "door of a cold room",
  sources: ["the fitter's handbook, page 3"],
  world: { open: false, shut: 0, cold: true, away: false },
  phases: {
    shut: { start: true, rest: true },
    open: { owes: "closing" },
    left: { rest: true },
  },
  events: {
    open: {
      actor: "driver",
      to: "device",
      text: "opens",
      at: call("open_door", { door: 0 }),
      does: (w) => ({ ...w, open: true, shut: 0 }),
    },
    close: {
      actor: "driver",
      to: "device",
      text: "closes",
      at: call("close_door", { door: 0 }),
      does: (w) => ({ ...w, open: false, shut: w.shut + 1 }),
    },
    leave: { actor: "driver", text: "leaves", at: bound("scope"), does: (w) => ({ ...w, away: true }) },
    warm: {
      actor: "device",
      text: "gets warm",
      will: "promised",
      when: (w) => w.open && w.away,
      does: (w) => ({ ...w, cold: false }),
    },
    knock: { actor: "user", to: "driver", text: "knocks", will: "voluntary" },
  },
  order: [
    ["shut", "open", "open"],
    ["open", "close", "shut"],
    ["shut", "leave", "left"],
  ],
  forbidden: [
    [["open"], "leave", "left", "door/left-open"],
    [["shut"], "close", "=", "door/shut-twice"],
  ],
  invariants: {
    "it stays cold": (w) => w.cold,
    "it is shut once": (w) => w.shut <= 1,
  },
  story: ["open", "knock", "close", "leave"],
  rules: {
    "door/left-open": {
      title: "The door is left open",
      because: "Warm air comes in.",
      advice: "Close it.",
      severity: "warning",
    },
    "door/shut-twice": {
      title: "The door is shut twice",
      because: "The latch breaks.",
      advice: "Look first.",
      severity: "error",
    },
  },
});
