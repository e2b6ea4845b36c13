import { isDenied, isListed, type LockRefusal, type LockWay, type MonotonicMs } from "@portico/card-protocol";
import { clockOf, type LockMemory, type LockTrust, NO_TRIES, secondsLeft, withRow, withWrongTry } from "./lock-memory.ts";

/** So long a bolt stays drawn that was drawn at the lock itself. */
export const HOLD_BY_ITSELF_MS = 5_000;
const BATTERY_DEAD_PERCENT = 5;
const LOCK_OUT_MS = 60_000;
const LOCK_OUT_MS_MAX = 900_000;

/** A lock after something, and what it says. */
export interface Turned {
  readonly memory: LockMemory;
  readonly refusal: LockRefusal | undefined;
}

export const refusing = (memory: LockMemory, refusal: LockRefusal): Turned => ({ memory, refusal });
export const done = (memory: LockMemory): Turned => ({ memory, refusal: undefined });

/** Draws the bolt, and writes by what; or writes why it did not. */
export function drawBolt(
  memory: LockMemory,
  now: MonotonicMs,
  by: { readonly way: LockWay; readonly holder: number; readonly number?: number },
  holdMs: number = HOLD_BY_ITSELF_MS,
): Turned {
  if (memory.batteryPercent < BATTERY_DEAD_PERCENT) return refused(memory, now, by, "BatteryDead");
  if (memory.isMechanismStuck) return refusing(withRow(refused({ ...memory, bolt: "jammed" }, now, by, "BoltJammed").memory, now, { event: "BoltJammed" }), "BoltJammed"); // prettier-ignore
  const opened = withRow(memory, now, { event: "Opened", ...by });
  return done({ ...opened, bolt: "unlocked", openUntil: (now + holdMs) as MonotonicMs });
}

/** Throws it: tried with whatever the battery still gives. */
export function throwBolt(memory: LockMemory, now: MonotonicMs): Turned {
  if (!memory.isMechanismStuck) return done({ ...memory, bolt: "locked", openUntil: undefined });
  return refusing(withRow({ ...memory, bolt: "jammed", openUntil: undefined }, now, { event: "BoltJammed" }), "BoltJammed");
}

/** What time does: a bolt that has been drawn long enough is thrown. */
export const boltByTime = (memory: LockMemory, now: MonotonicMs): LockMemory =>
  memory.openUntil !== undefined && now >= memory.openUntil ? throwBolt(memory, now).memory : memory;

/** Something shown or typed at the lock itself, by somebody whom the list names or not. */
export function openByList(
  memory: LockMemory,
  now: MonotonicMs,
  trust: LockTrust,
  by: { readonly way: LockWay; readonly holder: number },
  asked: { readonly holder: number } | { readonly credential: Uint8Array },
): Turned {
  const at = clockOf(memory, now);
  if (at === undefined) return refused(memory, now, by, "ClockUnset");
  const isOut = memory.denySet !== undefined && isDenied(memory.denySet.value, asked, trust.sha256);
  if (isOut || memory.list === undefined || !isListed(memory.list.value, at, asked)) return refused(memory, now, by, "HolderNotListed");
  return drawBolt(memory, now, by);
}

function refused(memory: LockMemory, now: MonotonicMs, by: { readonly way: LockWay; readonly holder: number }, refusal: LockRefusal): Turned {
  return refusing(withRow(memory, now, { event: "Refused", way: by.way, holder: by.holder, refusal }), refusal);
}

/** Digits at the keypad, ended by its key. */
export function typePin(memory: LockMemory, now: MonotonicMs, trust: LockTrust, digits: string): Turned {
  if (secondsLeft(memory.keypad, now) > 0) return refusing(memory, "LockedOut");
  const holder = [...memory.pins].find(([, pin]) => pin === digits)?.[0];
  if (holder !== undefined) return openByList({ ...memory, keypad: NO_TRIES }, now, trust, { way: "pin", holder }, { holder });
  const keypad = withWrongTry(memory.keypad, now, LOCK_OUT_MS, LOCK_OUT_MS_MAX);
  const wrong = withRow({ ...memory, keypad }, now, { event: "Refused", way: "pin", refusal: "HolderNotListed" });
  const closedS = secondsLeft(keypad, now);
  return refusing(closedS > 0 ? withRow(wrong, now, { event: "LockedOut", number: closedS }) : wrong, "HolderNotListed");
}

/** A finger, outside of an enrolment. */
export function layFinger(memory: LockMemory, now: MonotonicMs, trust: LockTrust, template: string): Turned {
  const found = [...memory.fingers.values()].find((finger) => finger.template === template);
  if (found === undefined) return refused(memory, now, { way: "finger", holder: 0 }, "HolderNotListed");
  return openByList(memory, now, trust, { way: "finger", holder: found.holder }, { holder: found.holder });
}

/** A card at the lock's own reader. */
export function holdCard(memory: LockMemory, now: MonotonicMs, trust: LockTrust, number: Uint8Array): Turned {
  const token = memory.cardKey === undefined ? undefined : trust.cardToken(memory.cardKey.key, number);
  const same = (proof: Uint8Array): boolean => token !== undefined && proof.length === token.length && proof.every((byte, at) => byte === token[at]);
  for (const { holder, credentials } of memory.list?.value.rows ?? [])
    for (const { id, proof } of credentials) if (same(proof)) return openByList(memory, now, trust, { way: "card", holder }, { credential: id });
  return refused(memory, now, { way: "card", holder: 0 }, "HolderNotListed");
}
