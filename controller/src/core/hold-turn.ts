import { eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import type { GuardUse } from "./door-operation.ts";
import { isFreeWay, type Lane, LANE_DIRECTIONS, type LaneDirection, laneRefusal, type LaneSettings, overrulingOfWay } from "./lane.ts";
import { type HoldEnd, holdDue, lockPiece } from "./lane-hold.ts";
import { type LaneTurn, wayId } from "./lane-passage.ts";
import { refusalUnder } from "./overruling.ts";

/** Why a way cannot be held open now; undefined where it can. A passage that waits there is no reason: it goes on within the hold. */
export function holdRefusal(lane: Lane, direction: LaneDirection, settings: LaneSettings): string | undefined {
  if (isFreeWay(lane, direction)) return "the way is free already";
  return laneRefusal({ ...lane, [direction]: { ...lane[direction], passage: undefined } }, direction, settings)?.detail;
}

/** Nothing where nobody would be let in that way, or where it is free already. */
export function startHold(turn: LaneTurn, direction: LaneDirection, at: MonotonicMs, use: GuardUse, forMs: number): void {
  const { lane, settings, events } = turn;
  if (holdRefusal(lane, direction, settings) !== undefined) return;
  const until = monotonicMs(at + forMs);
  lane[direction].hold = { use, until, lockUntil: lockPiece(until, at) };
  events.push(eventOf("LaneHeld", { door: wayId(turn, direction), ...use, forS: Math.round(forMs / 1000) }));
}

/** Ends a hold, where there is one. */
export function endHold(turn: LaneTurn, direction: LaneDirection, cause: HoldEnd): void {
  const side = turn.lane[direction];
  if (side.hold === undefined) return;
  const { station, credential } = side.hold.use;
  side.hold = undefined;
  turn.events.push(eventOf("LaneHoldEnded", { door: wayId(turn, direction), station, credential, cause }));
}

/** Its time is over, or the lock's is. */
export function expireHold(turn: LaneTurn, direction: LaneDirection, at: MonotonicMs): void {
  const { hold } = turn.lane[direction];
  if (hold === undefined || holdDue(hold) > at) return;
  if (hold.until <= at) endHold(turn, direction, "time");
  else turn.lane[direction].hold = { ...hold, lockUntil: lockPiece(hold.until, at) };
}

/** Who blocks or locks down is stronger than who holds open; behind it nothing is held any more. */
export function dropHolds(turn: LaneTurn): void {
  for (const direction of LANE_DIRECTIONS) {
    const { mode, bySchedule, hold } = turn.lane[direction];
    if (hold !== undefined && refusalUnder(mode, bySchedule, overrulingOfWay(turn.lane, direction), false) !== undefined)
      endHold(turn, direction, "superseded");
  }
}
