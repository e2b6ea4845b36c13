import { type MonotonicMs, monotonicMs } from "@portico/card-protocol";

/** Somebody with the flag `escort` who was let in last at an access point. */
export interface EscortAhead {
  readonly holder: number;
  /** Their AccessGranted. */
  readonly grantedSeq: number;
  readonly until: MonotonicMs;
}

/** What a decision has to know of an escort. */
export interface EscortFacts {
  readonly isHere: boolean;
  /** In a technician's words. */
  readonly detail: string;
}

/** An escort is let in: whoever needs one may follow within the time. */
export const escortGoes = (holder: number, grantedSeq: number, at: MonotonicMs, withinMs: number): EscortAhead => ({
  holder,
  grantedSeq,
  until: monotonicMs(at + withinMs),
});

/** Nobody passed on that grant: an escort who stayed outside takes nobody in. */
export const escortStayed = (ahead: EscortAhead | undefined, grantedSeq: number): EscortAhead | undefined =>
  ahead?.grantedSeq === grantedSeq ? undefined : ahead;

/** Whether an escort has just gone in front of this holder. Nobody escorts themselves. */
export function escortFacts(ahead: EscortAhead | undefined, holder: number, at: MonotonicMs, withinMs: number): EscortFacts {
  const within = `within ${Math.round(withinMs / 1_000)} s`;
  if (ahead === undefined || at >= ahead.until) return { isHere: false, detail: `an escort has to go in front, ${within}` };
  if (ahead.holder === holder) return { isHere: false, detail: "nobody escorts themselves" };
  return { isHere: true, detail: `behind the escort of grant ${ahead.grantedSeq}` };
}
