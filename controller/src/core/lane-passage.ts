import { type ControllerEvent, eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import type { OpenGrant } from "./door.ts";
import { counted, type LaneCount } from "./lane-tally.ts";
import { isEvacuated } from "./overruling.ts";
import { isFreeWay, type Lane, type LaneDirection, type LanePassage, type LaneSettings, type LaneSide, oppositeOf } from "./lane.ts";

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** One step of a lane in the making: its copy to change, and what happened so far. Nothing of it outlives the step. */
export interface LaneTurn {
  readonly lane: Draft<Omit<Lane, LaneDirection>> & Readonly<Record<LaneDirection, Draft<LaneSide>>>;
  readonly events: ControllerEvent[];
  readonly settings: LaneSettings;
}

/** A unit that is not ready for the next of a party is asked again this often. */
const READY_LOOK_MS = 100;

/** Who is let in: on a grant, or on somebody's word (no grant). */
export interface LetIn {
  readonly grant: OpenGrant | undefined;
  readonly extended: boolean;
  readonly partySize: number;
}

/** Lets a party through, or one where no contact counts them: nobody would see how many follow. */
export function release(turn: LaneTurn, direction: LaneDirection, at: MonotonicMs, { grant, extended, partySize }: LetIn): void {
  const { lane, settings } = turn;
  const isSeen = settings.passContact[direction];
  if (!isSeen) count(lane[direction], "unseen");
  if (isFreeWay(lane, direction)) {
    // Nobody has to wait there, so no passage can be told to be this one's.
    if (grant !== undefined) taken(turn, grant);
    return;
  }
  const waitMs = settings.passageTimeMs + (extended ? settings.extendedPassageTimeMs : 0);
  const passage = { grant: isSeen ? grant : undefined, faulted: false, size: partySize, passed: 0, waitMs, nextPulseAt: undefined };
  if (!isSeen && grant !== undefined) taken(turn, grant);
  lane[direction].passage = { ...passage, ...releasedFor(settings, waitMs, isSeen, at) };
}

/** Somebody is seen to pass. */
export function passed(turn: LaneTurn, direction: LaneDirection, at: MonotonicMs): void {
  const { lane, settings, events } = turn;
  const side = lane[direction];
  const door = wayId(turn, direction);
  if (side.passage !== undefined) {
    passedOnGrant(turn, side, side.passage, at);
    return;
  }
  if (isFreeWay(lane, direction)) {
    count(side, isEvacuated(lane) ? "evacuation" : "free");
    return;
  }
  const other = lane[oppositeOf(direction)];
  if (isBefore(at, side.followUntil)) {
    side.followUntil = monotonicMs(at + settings.tailgateTimeMs);
    side.followers += 1;
    count(side, "tailgating");
    events.push(eventOf("Tailgating", { door, direction, count: side.followers }));
  } else if (other.passage !== undefined || isBefore(at, other.followUntil) || isFreeWay(lane, oppositeOf(direction))) {
    count(side, "wrongWay");
    events.push(eventOf("WrongWay", { door }));
  } else {
    count(side, "forced");
    events.push(eventOf("DoorForcedOpen", { door }));
  }
}

function count(side: Draft<LaneSide>, what: LaneCount): void {
  side.tally = counted(side.tally, what);
}

/** The first of a party takes its grant, each but the last makes room for the next, and who comes behind the last is tailgating. */
function passedOnGrant(turn: LaneTurn, side: Draft<LaneSide>, passage: LanePassage, at: MonotonicMs): void {
  const { settings } = turn;
  count(side, "granted");
  if (passage.grant !== undefined && passage.passed === 0) taken(turn, passage.grant);
  const now = { ...passage, passed: passage.passed + 1, faulted: false };
  if (now.passed < now.size) {
    side.passage = { ...now, ...(settings.style === "level" ? releasedFor(settings, now.waitMs, true, at) : pulseLater(settings, now.waitMs, at)) };
    return;
  }
  side.passage = undefined;
  tellParty(turn, now, "complete");
  side.followUntil = monotonicMs(at + settings.tailgateTimeMs);
  side.followers = 0;
}

/** What is due in a passage: its lock secures, the next of a party gets their pulse, or nobody comes any more. */
export function expirePassage(turn: LaneTurn, direction: LaneDirection, at: MonotonicMs): void {
  const { lane, settings } = turn;
  const { passage } = lane[direction];
  if (passage === undefined) return;
  if (passage.released) {
    if (passage.lockUntil <= at) lane[direction].passage = { ...passage, released: false };
  } else if (passage.nextPulseAt !== undefined && passage.nextPulseAt < passage.until) {
    if (passage.nextPulseAt > at) return;
    const isBusy = lane.unit.ready.trouble === true;
    const next = isBusy
      ? { nextPulseAt: monotonicMs(Math.min(at + READY_LOOK_MS, passage.until)) }
      : { nextPulseAt: undefined, ...releasedFor(settings, passage.waitMs, true, at) };
    lane[direction].passage = { ...passage, ...next };
  } else if (passage.until <= at) endPassage(turn, direction, undefined);
}

/** Ends the passage; `cause` undefined: its time is over. */
export function endPassage(turn: LaneTurn, direction: LaneDirection, cause: "superseded" | undefined): void {
  const side = turn.lane[direction];
  const { passage } = side;
  const unseen = side.fault || passage?.faulted === true || side.passing === undefined;
  const why = cause ?? (unseen ? "device" : "timeout");
  side.passage = undefined;
  if (passage?.grant === undefined) return;
  if (passage.passed === 0) notTaken(turn, passage.grant, why);
  else tellParty(turn, passage, why);
}

/** The lock is released from now on: for a pulse, or as long as somebody is waited for. */
function releasedFor(settings: LaneSettings, waitMs: number, isSeen: boolean, at: MonotonicMs): Pick<LanePassage, "released" | "lockUntil" | "until"> {
  const lockUntil = monotonicMs(at + (settings.style === "pulse" ? settings.pulseMs : waitMs));
  const until = isSeen ? monotonicMs(Math.max(lockUntil, at + waitMs) + settings.passLagMs) : lockUntil;
  return { released: true, lockUntil, until };
}

/** The unit turns its arm back before it takes the next pulse. */
function pulseLater({ partyGapMs, passLagMs }: LaneSettings, waitMs: number, at: MonotonicMs): Pick<LanePassage, "released" | "until" | "nextPulseAt"> {
  const nextPulseAt = monotonicMs(at + partyGapMs);
  return { released: false, nextPulseAt, until: monotonicMs(nextPulseAt + waitMs + passLagMs) };
}

function tellParty(turn: LaneTurn, { grant, size, passed: count }: LanePassage, cause: "complete" | "timeout" | "device" | "superseded"): void {
  if (grant === undefined || size < 2) return;
  const { accessPoint, grantedSeq } = grant;
  turn.events.push(eventOf("PartyPassed", { accessPoint, grantedSeq, passed: count, partySize: size, cause }));
}

function taken(turn: LaneTurn, { accessPoint, grantedSeq }: OpenGrant): void {
  turn.events.push(eventOf("AccessTaken", { accessPoint, grantedSeq }));
}

/** Nobody passed on the grant. */
export function notTaken(turn: LaneTurn, { accessPoint, grantedSeq }: OpenGrant, cause: "superseded" | "device" | "timeout"): void {
  turn.events.push(eventOf("AccessNotTaken", { accessPoint, grantedSeq, cause }));
}

/** One way as the events name it. */
export const wayId = ({ settings }: Pick<LaneTurn, "settings">, direction: LaneDirection): string => `${settings.id}/${direction}`;
const isBefore = (at: MonotonicMs, end: MonotonicMs | undefined): boolean => end !== undefined && at < end;
