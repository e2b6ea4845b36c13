import type { MonotonicMs } from "@portico/card-protocol";
import type { ReceivedFrame } from "./frame.ts";
import { REPLY } from "./reply.ts";

/** A PD begins its answer within this long. Source: SIA OSDP 2.2 §5.7. */
export const OSDP_REPLY_MS = 200;
/** A PD without an answer for so long is off line, for both sides. Source: SIA OSDP 2.2 §5.7. */
export const OSDP_OFFLINE_MS = 8_000;
/** A PD that is busy is asked again so long after it said so. */
const BUSY_WAIT_MS = 50;
/** A PD that was silent so often in a row is asked again less eagerly: each silence costs the others on the line 200 ms. */
const EAGER_SENDS = 3;
const RELUCTANT_WAIT_MS = 300;

/** A command that was sent and not yet answered. */
interface Outstanding {
  /** Sent again as they are: a PD that knows them repeats its answer, and carries nothing out twice. */
  readonly bytes: Uint8Array;
  readonly sequence: number;
  readonly firstSentAt: MonotonicMs;
  readonly sends: number;
  readonly patienceMs: number;
  /** When it may be sent again. */
  readonly dueAt: number;
  /** True while an answer may come. */
  readonly isAwaiting: boolean;
}

/** One PD's exchange: at most one command outstanding. */
export interface Exchange {
  /** Of the next command; 0 tells the PD to start afresh. */
  readonly sequence: number;
  readonly outstanding?: Outstanding;
  /** When it last answered; undefined where it is off line. */
  readonly answeredAt?: MonotonicMs;
}

/** What became of the outstanding command. `again` the same bytes are due again · `given-up` the sequence starts afresh · `offline` so does the PD. */
export type ExchangeTurn = "again" | "given-up" | "offline";

/**
 * A PD that never answered.
 *
 *            begun                 answer with the command's sequence
 *     free ────────▶ awaiting ──────────────────────────────────────▶ free, next sequence: 0 1 2 3 1 2 3 …
 *                     │    ▲
 *      200 ms silent, │    │ the same bytes again: a lost answer is repeated, a lost command is not carried out twice
 *      BUSY, NAK 1    ▼    │
 *                    again ─┘
 *                     │ longer than the command's patience, or NAK 4: it is given up     ▶ free, sequence 0
 *                     └ 8 s since the last answer: the PD is off line                    ▶ free, sequence 0
 *
 * BUSY is no answer: a PD that says nothing else for 8 s is off line.
 */
export const NEW_EXCHANGE: Exchange = { sequence: 0 };

/**
 * The command is going on the line for the first time.
 *
 * @param patienceMs  how long it is sent again before it is given up; Infinity: until the PD is off line. Giving up a poll may lose what the PD was about
 *                    to tell, so polls are not given up
 */
export const begunExchange = (exchange: Exchange, bytes: Uint8Array, patienceMs: number, now: MonotonicMs): Exchange => ({
  ...exchange,
  outstanding: { bytes, sequence: exchange.sequence, firstSentAt: now, sends: 1, patienceMs, dueAt: now, isAwaiting: true },
});

/** The same bytes are going on the line again. */
export function resentExchange(exchange: Exchange): Exchange {
  const { outstanding } = exchange;
  return outstanding === undefined ? exchange : { ...exchange, outstanding: { ...outstanding, sends: outstanding.sends + 1, isAwaiting: true } };
}

/** No answer came in time, or one that could not be read. */
export function unansweredExchange(exchange: Exchange, now: MonotonicMs): { readonly exchange: Exchange; readonly turn: ExchangeTurn } {
  const { outstanding } = exchange;
  return again(exchange, now, outstanding !== undefined && outstanding.sends >= EAGER_SENDS ? RELUCTANT_WAIT_MS : 0);
}

/**
 * A frame came from the PD.
 *
 * @returns `stray` nobody asked for it, or it answers an older command: it changes nothing · `answered` it is the answer; the session judges what it says
 */
export function heardExchange(
  exchange: Exchange,
  frame: ReceivedFrame,
  now: MonotonicMs,
): { readonly exchange: Exchange; readonly turn: ExchangeTurn | "stray" | "answered" } {
  const { outstanding } = exchange;
  if (outstanding === undefined || !outstanding.isAwaiting) return { exchange, turn: "stray" };
  // A busy PD answers with sequence 0 whatever it was asked with, and without a security block. Source: SIA OSDP 2.2 §7.19.
  if (frame.code === REPLY.busy && (frame.sequence === 0 || frame.sequence === outstanding.sequence)) return again(exchange, now, BUSY_WAIT_MS);
  if (frame.sequence !== outstanding.sequence) return isNak(frame, 4) ? restarted(exchange, now) : { exchange, turn: "stray" };
  if (isNak(frame, 1)) return again(exchange, now, 0);
  if (isNak(frame, 4)) return restarted(exchange, now);
  return { exchange: { sequence: nextSequence(outstanding.sequence), answeredAt: now }, turn: "answered" };
}

/** Starts afresh from sequence 0 without a word: the wire broke, or the session did. */
export const restartedExchange = ({ answeredAt }: Exchange): Exchange => ({ sequence: 0, ...(answeredAt === undefined ? {} : { answeredAt }) });

/** True where the PD has answered within 8 s. */
export const isAlive = ({ answeredAt }: Exchange, now: MonotonicMs): boolean => answeredAt !== undefined && now - answeredAt < OSDP_OFFLINE_MS;

/** 0 is followed by 1, 3 by 1. */
const nextSequence = (sequence: number): number => (sequence % 3) + 1;

/** NAKs in clear: those under a MAC are the session's to read. */
const isNak = ({ code, payload, mac }: ReceivedFrame, reason: number): boolean => code === REPLY.nak && mac === undefined && payload[0] === reason;

function again(exchange: Exchange, now: MonotonicMs, waitMs: number): { readonly exchange: Exchange; readonly turn: ExchangeTurn } {
  const { outstanding } = exchange;
  if (!isAlive(exchange, now)) return { exchange: NEW_EXCHANGE, turn: "offline" };
  if (outstanding === undefined || now - outstanding.firstSentAt >= outstanding.patienceMs) return { exchange: restartedExchange(exchange), turn: "given-up" };
  return { exchange: { ...exchange, outstanding: { ...outstanding, dueAt: now + waitMs, isAwaiting: false } }, turn: "again" };
}

const restarted = (exchange: Exchange, now: MonotonicMs): { readonly exchange: Exchange; readonly turn: ExchangeTurn } => ({
  exchange: { sequence: 0, answeredAt: now },
  turn: exchange.outstanding === undefined ? "again" : "given-up",
});
