import { bytesToHex, LOCK_RULES, RULES_NOT_KEPT, sameBytes } from "@portico/card-protocol";
import type { RoomLock, RoomLockResult } from "@portico/firmware-ts";
import type { LockConfiguration, LockReach } from "../configuration/lock-configuration.ts";
import { NO_CARD_KEY } from "../locks/card-keys.ts";
import type { KeptDenySet } from "../store/deny-set-store.ts";
import type { DenySetRow, LockLogRow, RoomLockRow, RuleNotKeptRow } from "./lock-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import type { Asked } from "./control-server.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

const LOG_ROWS = 16;

/** Room locks, as a technician in front of one asks. Nothing here moves a bolt: that is a door's access. */
export function lockAnswers({
  configuration,
  locks,
  clock,
}: ControlParts): AnswersTo<
  "GET /v1/room-locks" | "POST /v1/room-locks/:id/test" | "GET /v1/room-locks/:id/log" | "POST /v1/room-locks/:id/list" | "POST /v1/room-locks/deny-set"
> {
  const rowOf = ({ params }: Asked): LockConfiguration => {
    const row = configuration.locks.find(({ id }) => id === params["id"]);
    if (row !== undefined) return row;
    const known = configuration.locks.map(({ id }) => id).join(", ");
    throw new Refusal(404, "There is no such room lock", params["id"]!.slice(0, 64), known === "" ? "Add a [[lock]] to portico.toml." : `Use one of ${known}.`);
  };
  const reached = (asked: Asked): RoomLock => {
    const { id } = rowOf(asked);
    const lock = locks.driver(id);
    if (lock === undefined) throw new Refusal(409, "Nobody reaches this lock from here", `lock ${id}`, "Carry its list to it: portico lock carry.");
    return lock;
  };
  const tell = ({ id, zone, reach }: LockConfiguration): RoomLockRow => {
    const lock = locks.driver(id);
    const state = lock?.lastState;
    const wall = clock.wall();
    const keeper = locks.keeper(id)!;
    const [content, wishes] = [keeper.lists.content(), locks.wishes(id)];
    const { last } = keeper;
    const standing = locks.standing(id);
    const pinKey = locks.pinKey(id);
    return {
      id,
      zone: zone ?? null,
      protocol: reach.protocol,
      health: lock?.health.kind ?? "offline",
      detail: lock === undefined ? "its list is carried to it" : lock.health.kind === "online" ? "" : lock.health.detail,
      bolt: state?.bolt ?? null,
      batteryPercent: state?.batteryPercent ?? null,
      clockOffS: state?.clock === undefined || wall === "untrusted" || last.kind === "never" || last.at === null ? null : state.clock - last.at,
      lockedOutS: state?.lockedOutS ?? null,
      listVersion: state?.listVersion ?? null,
      denyVersion: state?.denyVersion ?? null,
      cardKeyGeneration: state === undefined ? null : state.cardKeyGeneration === NO_CARD_KEY ? 0 : state.cardKeyGeneration,
      pins: state?.pins.length ?? null,
      fingers: state?.fingers.length ?? null,
      wanted:
        content === undefined || wishes === undefined
          ? null
          : { people: new Set(content.rows.map(({ holder }) => holder)).size, left: content.left, pins: wishes.pins.length, fingers: wishes.fingers.length },
      listMade: standing.listVersion === 0 ? null : standing.listVersion,
      listUntil: standing.listUntil === 0 ? null : standing.listUntil,
      isListDue: keeper.lists.isDue() ?? null,
      look: last.kind,
      lookAt: last.kind === "never" ? null : last.at,
      lookDetail: last.kind === "never" ? "" : last.detail,
      pinKey: pinKey === undefined ? null : bytesToHex(pinKey),
      notKept: notKeptAt(reach),
      isOtherKey: pinKey !== undefined && wishes?.publicKey !== undefined && !sameBytes(wishes.publicKey, pinKey),
    };
  };
  return {
    "GET /v1/room-locks": () => ({
      site: configuration.site.id,
      controller: configuration.controller.id,
      agreementKey: bytesToHex(locks.publicKey),
      signingKey: bytesToHex(locks.signingKey),
      denySet: denySetRow(locks.denySets.last),
      locks: configuration.locks.map(tell),
    }),
    "POST /v1/room-locks/:id/test": async (asked) => {
      const lock = reached(asked);
      const told = await lock.state();
      if (!told.ok) throw troubleOf(lock.id, told);
      locks.keeper(lock.id)!.poke();
      return tell(rowOf(asked));
    },
    "GET /v1/room-locks/:id/log": async (asked) => {
      const lock = reached(asked);
      const after = Number(asked.query.get("after") ?? "0");
      if (!Number.isInteger(after) || after < 0) throw new Refusal(400, "This is no row of a log", "after", "Send a whole number, 0 for the beginning.");
      const page = await lock.readAudit(after, LOG_ROWS);
      if (!page.ok) throw troubleOf(lock.id, page);
      return page.rows.map(({ seq, at, event, way, holder, number, refusal }): LockLogRow => ({ row: seq, at: at ?? null, event, way: way ?? null, holder: holder === 0 ? null : holder, number, refusal: refusal ?? null })); // prettier-ignore
    },
    "POST /v1/room-locks/:id/list": (asked) => {
      const { id } = rowOf(asked);
      const made = locks.keeper(id)!.lists.handOut();
      if (made === undefined)
        throw new Refusal(
          409,
          "No list can be made for this lock now",
          `lock ${id}`,
          "See that the zone's list is here and the time is known: portico status.",
        );
      return { lock: id, version: made.version, people: made.people, validUntil: made.validUntil, record: bytesToHex(made.record) };
    },
    "POST /v1/room-locks/deny-set": () => {
      const newest = locks.denySets.newest();
      switch (newest.kind) {
        case "set":
          return { denySet: { ...denySetRow(newest.set)!, record: bytesToHex(newest.set.record) } };
        case "none":
          return { denySet: null };
        case "unknown":
          throw new Refusal(409, "No deny set can be made now", "room locks", "See that the zones' lists are here and the time is known: portico status.");
        case "unrecorded":
          throw notRecordedRefusal("deny set");
      }
    },
  };
}

const denySetRow = (set: KeptDenySet | undefined): Omit<DenySetRow, "record"> | null =>
  set === undefined ? null : { version: set.version, issued: set.issued, denied: set.denied, left: set.left };

const notKeptAt = (reach: LockReach): readonly RuleNotKeptRow[] =>
  reach.protocol === "ttlock" ? LOCK_RULES.map((rule) => ({ rule, ...RULES_NOT_KEPT.ttlock[rule], isAccepted: reach.accepts.includes(rule) })) : [];

function troubleOf(id: string, result: Extract<RoomLockResult, { readonly ok: false }>): Refusal {
  const what = result.error === "Refused" ? `${result.refusal}: ${result.detail}` : `${result.error}: ${result.detail}`;
  return new Refusal(result.error === "Refused" || result.error === "Unsupported" ? 409 : 503, "The lock does not answer as asked", `lock ${id}: ${what}`, "See that it is in reach, and its batteries."); // prettier-ignore
}
