// What each action of the unplug environment says, as changes that take it away: outcomes that never happen, cells that are not written.
import { F } from "../../../server/src/lifecycles/unplug/actions.ts";
import type { Action, Outcome } from "../../../server/src/model/unplug/scenario.ts";
import { ERR, MANY } from "../../../server/src/model/unplug/skeleton.ts";

/** Outcomes that an action no longer has: what may go wrong does not. */
const NEVER: readonly (readonly [action: string, says: string, gone: (o: Outcome) => boolean])[] = [
  ["fd", "may find no descriptor left", (o) => o.r === ERR],
  ["mapBegin", "may fail", (o) => o.r === ERR],
  ["initProvider", "may find P2PDMA unsupported", (o) => o.r === ERR],
  ["getProvider", "may give NULL", (o) => o.r === 0],
  ["insertPte", "may fail", (o) => o.r === ERR],
  ["waitFences", "may time out", (o) => o.r === 0],
  ["waitFences", "may be interrupted", (o) => o.r === ERR],
];

/** What an action no longer writes. */
const SILENT: readonly (readonly [action: string, field: string])[] = [
  ["zapMapping", F.pte],
  ["zapVma", F.pte],
  ["fd", F.published],
  ["importer.fget", F.files],
  ["importer.hold", F.busy],
  ["importer.hold", F.fence],
  ["importer.hold", F.mapped],
  ["importer.drop", F.notified],
  ["importer.drop", F.mapped],
  ["importer.drop", F.busy],
  ["importer.leave", F.attDmabuf],
  ["importer.notify", F.notified],
  ["importer.notify", F.busy],
  ["importer.notify", F.fence],
  ["importer.notify", F.mapped],
  ["user.closeFd", F.files],
  ["user.enter", F.deviceFile],
  ["user.leave", F.deviceFile],
  ["user.share", F.deviceFile],
  ["user.closeDevice", F.deviceFile],
  ["user.copyPtes", F.pte],
  ["user.copyPtes", F.vma],
];

export interface ActionChange {
  readonly name: string;
  /** What it no longer does. */
  readonly says: string;
  readonly change: (action: Action) => Action;
  /** It can only take violations away. */
  readonly friendly: boolean;
}

const act = (name: string, says: string, change: (action: Action) => Action, friendly = false): ActionChange => ({
  name,
  says,
  change,
  friendly,
});

/** Every action with one of its effects or outcomes gone. */
export const actionChanges: readonly ActionChange[] = [
  ...NEVER.map(([name, says, gone]) =>
    act(
      name,
      says,
      (action) => (w, call) => {
        const some = action(w, call);
        const left = some.filter((o) => o.violation !== undefined || !gone(o));
        // A wait that does not give up waits; anything else ends in some way.
        return left.length > 0 || name === "waitFences" ? left : some;
      },
      true,
    ),
  ),
  ...SILENT.map(([name, field]) =>
    act(
      name,
      `writes ${field}`,
      (action) => (w, call) =>
        action(w, call).map((o) => ({ ...o, writes: (o.writes ?? []).filter(([f]) => f !== field) })),
    ),
  ),
  act("waitFences", "waits for fences", () => () => [{ r: MANY }]),
  act(
    "waitFences",
    "weaker classes do not cover importers' fences",
    (action) => (w, call) => action(w, { ...call, opt: { ...call.opt, usage: "BOOKKEEP" } }),
  ),
  act(
    "user.enter",
    "fails once the descriptor is closed",
    (action) => (w, call) => action({ ...w, get: (f, n) => (f === F.deviceFd ? 1 : w.get(f, n)) }, call),
  ),
  act(
    "importer.fget",
    "fails once the descriptor is closed",
    (action) => (w, call) => action({ ...w, get: (f, n) => (f === F.fd ? 1 : w.get(f, n)) }, call),
  ),
  act("rdma.retire", "happens once", () => () => [{ r: 1 }]),
];
