import type { MonotonicMs } from "@portico/card-protocol";

/** When something happened, the newest times alone, oldest first. */
export type Times = readonly MonotonicMs[];

/** So often within so long is too often. */
export interface OftenRule {
  readonly count: number;
  readonly withinMs: number;
}
/** A contact that a door or a hand moves changes a few times a minute. */
export const CHATTERING: OftenRule = { count: 20, withinMs: 10_000 };
/** A door that stood open too long ten times within an hour is held, not forgotten. */
export const HELD_OFTEN: OftenRule = { count: 10, withinMs: 3_600_000 };

/** It happened once more. */
export const happened = (times: Times, at: MonotonicMs, { count }: OftenRule): Times => [...times, at].slice(-count);

/** True while it has happened as often as the rule says, within its time. */
export const isTooOften = (times: Times, at: MonotonicMs, { count, withinMs }: OftenRule): boolean => times.length === count && at - times[0]! <= withinMs;
