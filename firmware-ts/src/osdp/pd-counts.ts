import type { MonotonicMs } from "@portico/card-protocol";
import type { PdCounts } from "./pd.ts";

type Counted = Exclude<keyof PdCounts, "polls" | "pollGapMsMax">;

/** Counts what happens to a PD. */
export interface PdCounting {
  count(what: Counted): void;
  /** A poll goes out. */
  polled(now: MonotonicMs): void;
  now(): PdCounts;
}

/** How long the longest gap between two polls is remembered at least. */
const GAP_WINDOW_MS = 60_000;

/** All zero. */
export function pdCounts(): PdCounting {
  const counts = { polls: 0, commands: 0, answers: 0, repeats: 0, silences: 0, sessions: 0, refusals: 0 };
  let lastPollAt: MonotonicMs | undefined;
  let gaps = { since: 0, longest: 0, before: 0 };
  return {
    count: (what) => void counts[what]++,
    polled(now) {
      counts.polls++;
      if (lastPollAt !== undefined) gaps.longest = Math.max(gaps.longest, now - lastPollAt);
      lastPollAt = now;
      if (now - gaps.since > GAP_WINDOW_MS) gaps = { since: now, longest: 0, before: gaps.longest };
    },
    now: () => ({ ...counts, pollGapMsMax: Math.round(Math.max(gaps.longest, gaps.before)) }),
  };
}
