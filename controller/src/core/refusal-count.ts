import { type ControllerEvent, DENY_REASONS, type DenyReason, eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";

/** Scans that an access point refused before a signature held: counted by reason, because nothing that they say may be believed. */
export interface RefusalCount {
  readonly counts: Readonly<Partial<Record<DenyReason, number>>>;
  /** When the counts are written; undefined while there are none. */
  readonly dueAt: MonotonicMs | undefined;
}

export const NO_REFUSALS: RefusalCount = { counts: {}, dueAt: undefined };
/** The first refusal waits so long for others before it is written. */
export const REFUSAL_WAIT_MS = 60_000;

/** One more refusal. */
export function countRefusal(count: RefusalCount, reason: DenyReason, at: MonotonicMs): RefusalCount {
  return { counts: { ...count.counts, [reason]: (count.counts[reason] ?? 0) + 1 }, dueAt: count.dueAt ?? monotonicMs(at + REFUSAL_WAIT_MS) };
}

/** What is to be written now, one event for each reason in the order of precedence; nothing before it is due. At a stop `at` is infinite. */
export function flushRefusals(
  count: RefusalCount,
  accessPoint: string,
  at: MonotonicMs,
): { readonly count: RefusalCount; readonly events: readonly ControllerEvent[] } {
  if (count.dueAt === undefined || at < count.dueAt) return { count, events: [] };
  const events = DENY_REASONS.flatMap((reason) => {
    const refused = count.counts[reason];
    return refused === undefined ? [] : [eventOf("ScansRefused", { accessPoint, reason, count: refused })];
  });
  return { count: NO_REFUSALS, events };
}
