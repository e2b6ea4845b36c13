import type { UnixSeconds } from "@portico/card-protocol";

const DAY_S = 86_400;
/** So many days back a reader's habits are known by: a month, so that its weekends and a short holiday count. */
const DAYS_KEPT = 28;
/** Before it has been used for so long nothing is known of its habits. */
const KNOWN_AFTER_S = 3 * DAY_S;
/** No silence is shorter: a lecture's length means nothing. */
const SILENCE_MIN_S = 2 * 3600;
/** It is silent when nobody has come for so many times its longest pause. */
const LONGER_THAN = 1.5;

/** How a reader is used. Wall time, so that the log of earlier runs counts too. */
export interface ReaderUse {
  readonly first: UnixSeconds;
  readonly last: UnixSeconds;
  /** The longest pause that ended on each day: day number and seconds, oldest first. */
  readonly pauses: readonly { readonly day: number; readonly longestS: number }[];
}

/** Somebody was read. A time that is not behind the last one changes nothing. */
export function used(use: ReaderUse | undefined, at: UnixSeconds): ReaderUse {
  if (use === undefined) return { first: at, last: at, pauses: [] };
  if (at <= use.last) return use;
  const day = Math.floor(at / DAY_S);
  const pauseS = at - use.last;
  const newest = use.pauses.at(-1);
  const kept = use.pauses.filter((pause) => pause.day > day - DAYS_KEPT && pause.day !== day);
  const longestS = newest?.day === day ? Math.max(newest.longestS, pauseS) : pauseS;
  return { first: use.first, last: at, pauses: [...kept, { day, longestS }] };
}

/** After how many seconds of silence something is likely to be wrong with a reader; undefined while its habits are not known. */
export function silenceLimitS({ first, last, pauses }: ReaderUse): number | undefined {
  if (last - first < KNOWN_AFTER_S) return undefined;
  const longestS = pauses.reduce((longest, pause) => Math.max(longest, pause.longestS), 0);
  return Math.max(SILENCE_MIN_S, LONGER_THAN * longestS);
}

/** True when nobody has come for longer than this reader's own habits explain. */
export function isSilent(use: ReaderUse, now: UnixSeconds): boolean {
  const limitS = silenceLimitS(use);
  return limitS !== undefined && now - use.last > limitS;
}
