import type { Clock, MonotonicMs } from "@portico/card-protocol";
import { findReply, type ModbusReply, type ModbusRequest } from "./core/modbus-frame.ts";
import { afterSilence } from "./silence.ts";
import type { Wire } from "./wire.ts";

/** How an exchange ended. `disconnected`: the wire closed under it. */
export type ModbusOutcome = { readonly kind: "replied"; readonly reply: ModbusReply } | { readonly kind: "timed-out" } | { readonly kind: "disconnected" };

/** A question that a unit's driver wants to put on the line. */
export interface ModbusExchange {
  readonly request: ModbusRequest;
  /** The frame was handed to the wire. */
  sent(at: MonotonicMs): void;
  /** Once, after `sent`. */
  settled(outcome: ModbusOutcome, at: MonotonicMs): void;
}

/** The driver of one unit on the line. */
export interface ModbusUnit {
  /**
   * What it wants on the line now; asked whenever the line is free, so nothing waits in a queue to become stale. Looks only: what is returned may not be sent.
   *
   * @param urgent  true: relay commands, which overtake; false: polls
   */
  next(urgent: boolean): ModbusExchange | undefined;
}

/** One Modbus RTU line with any number of units; one exchange at a time. */
export interface ModbusBus {
  readonly wire: Wire;
  readonly clock: Clock;
  /** Puts a unit on the line. Returns the function that takes it off. */
  join(unit: ModbusUnit): () => void;
  /** A unit has something to send. Where the line is free it is written within this call. */
  wake(): void;
}

export interface ModbusBusOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  /** How long to wait for an answer; default 100 ms. A board at 9,600 baud needs 20 and takes up to 50 to answer. */
  readonly replyTimeoutMs?: number;
  /** Silence between frames; see {@link frameSilenceMs}. Default 1.75 ms; 0 behind a gateway that keeps it itself. */
  readonly silenceMs?: number;
}

const REPLY_TIMEOUT_MS = 100;
/** A line that never falls silent is noisy: after this long a frame goes out all the same, and its CRC must do. */
const SILENCE_WAIT_MS_MAX = 20;
/** The longest frame. Source: Modbus over Serial Line V1.02 §2.5.1. */
const FRAME_BYTES_MAX = 256;

/** The silence that separates two frames: 3.5 characters of 11 bits, never under 1.75 ms. Source: Modbus over Serial Line V1.02 §2.5.1.1. */
export const frameSilenceMs = (baud: number): number => Math.max(1.75, (3.5 * 11 * 1000) / baud);

/**
 * A Modbus RTU line. Answers are found in whatever noise stands around them; answers that come late or belong to something else are passed over.
 *
 * Priority: relay commands of any unit before polls of any unit, units in turn. A command that is wished while an answer is awaited goes out as soon as that
 * answer has come or failed to come.
 */
export function modbusBus({ wire, clock, replyTimeoutMs = REPLY_TIMEOUT_MS, silenceMs = 1.75 }: ModbusBusOptions): ModbusBus {
  let units: readonly ModbusUnit[] = [];
  let current: { readonly exchange: ModbusExchange; received: Uint8Array; readonly cancelTimeout: () => void } | undefined;
  let lastHeardAt = Number.NEGATIVE_INFINITY;
  let waitingSince: MonotonicMs | undefined;
  let cancelWaiting: (() => void) | undefined;

  wire.onBytes((bytes) => {
    lastHeardAt = clock.monotonic();
    if (current === undefined) return;
    current.received = joined(current.received, bytes);
    const reply = findReply(current.exchange.request, current.received);
    if (reply !== undefined) settle({ kind: "replied", reply });
  });
  wire.onState((state) => {
    if (state === "open") return wake();
    stopWaiting();
    settle({ kind: "disconnected" });
  });

  function settle(outcome: ModbusOutcome): void {
    if (current === undefined) return;
    const { exchange, cancelTimeout } = current;
    cancelTimeout();
    current = undefined;
    exchange.settled(outcome, clock.monotonic());
    wake();
  }

  function wake(): void {
    if (current !== undefined || wire.state === "closed") return;
    const found = mostUrgent();
    if (found === undefined) return stopWaiting();
    const now = clock.monotonic();
    waitingSince ??= now;
    const freeAt = Math.min(lastHeardAt + silenceMs, waitingSince + SILENCE_WAIT_MS_MAX);
    if (now >= freeAt) send(found.unit, found.exchange, now);
    else {
      cancelWaiting?.();
      cancelWaiting = clock.after(freeAt - now, wake, found.isUrgent);
    }
  }

  function stopWaiting(): void {
    cancelWaiting?.();
    cancelWaiting = waitingSince = undefined;
  }

  function mostUrgent(): { readonly unit: ModbusUnit; readonly exchange: ModbusExchange; readonly isUrgent: boolean } | undefined {
    for (const isUrgent of [true, false])
      for (const unit of units) {
        const exchange = unit.next(isUrgent);
        if (exchange !== undefined) return { unit, exchange, isUrgent };
      }
    return undefined;
  }

  function send(unit: ModbusUnit, exchange: ModbusExchange, now: MonotonicMs): void {
    stopWaiting();
    units = [...units.filter((other) => other !== unit), unit];
    if (!wire.write(exchange.request.frame)) return;
    const cancelTimeout = afterSilence(clock, replyTimeoutMs, () => settle({ kind: "timed-out" }));
    current = { exchange, received: new Uint8Array(), cancelTimeout };
    exchange.sent(now);
  }

  return {
    wire,
    clock,
    join(unit) {
      units = [...units, unit];
      return () => void (units = units.filter((other) => other !== unit));
    },
    wake,
  };
}

/** What was received so far, at most two frames long. */
function joined(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (before.length === 0) return bytes;
  const both = new Uint8Array(before.length + bytes.length);
  both.set(before);
  both.set(bytes, before.length);
  return both.subarray(-2 * FRAME_BYTES_MAX);
}
