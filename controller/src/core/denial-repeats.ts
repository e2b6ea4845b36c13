import { type ControllerEvent, type CredentialId, type DenyReason, eventOf, type MonotonicMs, monotonicMs } from "@portico/card-protocol";

/** A refusal that deserves an event: why, and of whom. */
export interface DenialSubject {
  readonly reason: DenyReason;
  /** The credential, or what the zone's key makes of a card's number. */
  readonly subject: string;
  readonly credential: CredentialId | null;
  /** Which pass it was; undefined for a card, which is the same each time. */
  readonly pass: string | undefined;
}

interface Denied {
  readonly reason: DenyReason;
  readonly credential: CredentialId | null;
  /** The first refusal's event. */
  readonly seq: number;
  /** When the count is written. */
  readonly dueAt: MonotonicMs;
  /** Refusals behind those that have events of their own. */
  readonly count: number;
  /** Passes whose refusals have events of their own. */
  readonly passes: readonly (string | undefined)[];
}

/** Who was refused at one access point a moment ago, by reason and subject. */
export type DenialRepeats = ReadonlyMap<string, Denied>;
export const NO_DENIALS: DenialRepeats = new Map();

/** The same refusal within this time of the first is only counted. */
export const DENIAL_WINDOW_MS = 60_000;
/** Passes that differ are evidence, each with its event: so many of one subject within a window. */
const PASSES_MAX = 8;
/** So many subjects are told apart within a window; nobody fills the log by showing ever other cards. */
const SUBJECTS_MAX = 256;

const keyOf = ({ reason, subject }: DenialSubject): string => `${reason} ${subject}`;

/** What becomes of one more refusal: an event of its own, one more of a count, or, where too many others were refused, only one more scan. */
export function judgeDenial(denials: DenialRepeats, denial: DenialSubject): "event" | "repeat" | "crowd" {
  const known = denials.get(keyOf(denial));
  if (known === undefined) return denials.size < SUBJECTS_MAX ? "event" : "crowd";
  return known.passes.includes(denial.pass) || known.passes.length >= PASSES_MAX ? "repeat" : "event";
}

/** It was recorded as the event `seq`. */
export function recordDenial(denials: DenialRepeats, denial: DenialSubject, seq: number, at: MonotonicMs): DenialRepeats {
  const { reason, credential, pass } = denial;
  const known = denials.get(keyOf(denial)) ?? { reason, credential, seq, dueAt: monotonicMs(at + DENIAL_WINDOW_MS), count: 0, passes: [] };
  return new Map([...denials, [keyOf(denial), { ...known, passes: [...known.passes, pass] }]]);
}

/** It is one more of the same. */
export function repeatDenial(denials: DenialRepeats, denial: DenialSubject): DenialRepeats {
  const known = denials.get(keyOf(denial));
  return known === undefined ? denials : new Map([...denials, [keyOf(denial), { ...known, count: known.count + 1 }]]);
}

/** What is to be written now: of each refusal whose window is over, how often it came again. At a stop `at` is infinite. */
export function flushDenials(
  denials: DenialRepeats,
  accessPoint: string,
  at: MonotonicMs,
): { readonly denials: DenialRepeats; readonly events: readonly ControllerEvent[] } {
  const over = [...denials.values()].filter(({ dueAt }) => at >= dueAt);
  const events = over.flatMap(({ reason, credential, seq, count }) =>
    count === 0 ? [] : [eventOf("DenialRepeated", { accessPoint, reason, credential, deniedSeq: seq, count })],
  );
  return { denials: new Map([...denials].filter(([, { dueAt }]) => at < dueAt)), events };
}

/** When the next window ends; undefined while none is open. */
export function denialsDueAt(denials: DenialRepeats): MonotonicMs | undefined {
  const [first] = denials.values();
  return first?.dueAt;
}
