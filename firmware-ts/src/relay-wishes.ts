import type { MonotonicMs } from "@portico/card-protocol";
import { laterException, MODBUS_BUSY, modbusExceptionText, PULSE_UNIT_MS, timedPulse, writeCoil, writeCoils, type ModbusRequest } from "./core/modbus-frame.ts";
import { batchAround, type RelayBatch } from "./relay-batch.ts";
import { HOLD_EXCESS_MS, pulseUnits } from "./core/pulse-hold.ts";
import type { DeviceError, DeviceResult } from "./device.ts";
import type { ModbusExchange, ModbusOutcome } from "./modbus-bus.ts";
import { unheededRelays } from "./unheeded-relays.ts";
import type { WantedRelay } from "./relay-batch.ts";

/** The wished state of every relay of one board: one wish per relay, the newest. */
export interface RelayWishes {
  /**
   * Replaces the relay's wish; whoever waits for the older one is told `Superseded`.
   *
   * @param settle  told once how the wish went; absent where nobody waits
   */
  wish(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): void;
  /** The frame that should go out now, if any: fewest attempts first, then in the order of wishing. */
  next(now: MonotonicMs): ModbusExchange | undefined;
  /** When a wish that nobody acknowledged is due again; undefined when none is. */
  readonly dueAt: number | undefined;
  /** The board told which relays are energised: what differs from a wish is asserted again, but an acknowledged pulse never is. */
  compare(energized: readonly boolean[], now: MonotonicMs): void;
  /** Whether a relay stays otherwise than it is told, time after time. */
  isStuck(relay: number): boolean;
  /** The wire closed: tells everybody who waits. Pulses are dropped, the rest stays wished. */
  disconnected(trouble: string): void;
  /** Every relay off, as if never acknowledged. */
  allOff(): void;
  /** True when every wish is acknowledged or given up on until the relays are read back. */
  readonly isQuiet: boolean;
}

const ATTEMPTS_MAX = 3;
/** How often a wish that the board ignores or refuses is asserted again, until it works. */
const ASSERT_AGAIN_MS = 1_000;
/** A board that is busy is asked again so long after it said so, whatever is wished of it. */
export const BUSY_WAIT_MS = 50;
/** A board that is busy for so long is out of order: whoever waits is told. */
export const BUSY_MS_MAX = 1_000;

interface Wish {
  readonly relay: number;
  readonly wanted: WantedRelay;
  readonly order: number;
  attempts: number;
  dueAt: number;
  isAcknowledged: boolean;
  /** Energised together with others, and not timed by the board yet. */
  isHeld: boolean;
  /** Told together with others, and not read back since. */
  isUnproven: boolean;
  /** The first frame of this wish, but for those that the board certainly did not obey. */
  firstSent?: { readonly frame: Uint8Array; readonly at: MonotonicMs };
  /** A frame of this wish found silence, or was accepted without having been done yet. */
  mayHaveActed: boolean;
  /** Since when the board has been busy for this wish, and with which exception. */
  busy?: { readonly since: MonotonicMs; readonly exception: number } | undefined;
  /** When the board has dropped an acknowledged pulse by itself, at the latest. */
  droppedAt: number;
  settle?: ((result: DeviceResult) => void) | undefined;
}

/**
 * Wishes for the relays of one Modbus unit, all off and believed to be so: reading the board tells what must be asserted.
 *
 *     wished ──sent──▶ awaiting answer ──echo──▶ acknowledged ──the board differs──▶ wished
 *        ▲                    │ silence, up to 3 times          (on and off only)
 *        └────────────────────┤ busy, every 50 ms for a second
 *                             └─▶ given up: the caller is told; on and off stay wished, a pulse becomes off
 *
 * An error answer to a pulse means that the wish is gone: off is asserted, and the relay does not energise later.
 *
 * Four or more that are wished at once go out in one frame (function 0F): nobody waits for one relay after another. A pulse that is one of many is energised
 * by it and then gets its own frame, by which the board times it; until then it is ours to drop. Any other pulse goes out alone, timed from the first. A board that does not know the function, or says that it did it and did not, is told one by one.
 */
export function relayWishes({ id, unit, relays }: { readonly id: string; readonly unit: number; readonly relays: number }): RelayWishes {
  let orders = 0;
  const unheeded = unheededRelays();
  /** The board asked to be left alone until then. */
  let busyUntil = Number.NEGATIVE_INFINITY;
  let takesBatches = true;
  const wishes: Wish[] = Array.from({ length: relays }, (_, relay) => ({ ...newWish(relay, { kind: "off" }), isAcknowledged: true }));

  function newWish(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): Wish {
    return {
      relay,
      wanted,
      order: orders++,
      attempts: 0,
      dueAt: 0,
      isAcknowledged: false,
      isHeld: false,
      isUnproven: false,
      mayHaveActed: false,
      droppedAt: Infinity,
      settle,
    };
  }

  function wish(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): void {
    const older = wishes[relay]!;
    wishes[relay] = newWish(relay, wanted, settle);
    tell(older, { ok: false, error: "Superseded", detail: `${id} relay ${relay}: a newer wish replaced this one` });
  }

  function next(now: MonotonicMs): ModbusExchange | undefined {
    if (now < busyUntil) return undefined;
    // Asked with every poll, nearly always for nothing: no list is made.
    let first: Wish | undefined;
    for (const one of wishes) if (!one.isAcknowledged && one.dueAt <= now && (first === undefined || compareUrgency(one, first) < 0)) first = one;
    if (first === undefined) return undefined;
    const batch = takesBatches ? batchAround(wishes, first, now) : undefined;
    if (batch !== undefined) return batchExchange(batch);
    const units = unitsOf(first, now);
    if (first.wanted.kind === "pulse" && units === undefined) {
      if (first.busy === undefined) giveUp(first, "TimedOut", "no answer before the hold was over", now);
      else giveUp(first, "BadReply", `${modbusExceptionText(first.busy.exception)} until the hold was over`, now);
      return next(now);
    }
    return exchangeOf(first, units ?? 0);
  }

  function unitsOf({ wanted, firstSent }: Wish, now: MonotonicMs): number | undefined {
    return wanted.kind === "pulse" ? pulseUnits(wanted.holdMs, firstSent && now - firstSent.at) : undefined;
  }

  function exchangeOf(one: Wish, units: number): ModbusExchange {
    const request: ModbusRequest = one.wanted.kind === "pulse" ? timedPulse(unit, one.relay, units) : writeCoil(unit, one.relay, one.wanted.kind === "on");
    return {
      request,
      sent(at) {
        one.firstSent ??= { frame: request.frame, at };
        one.droppedAt = at + units * PULSE_UNIT_MS + HOLD_EXCESS_MS;
      },
      settled(outcome, now) {
        const later = outcome.kind === "replied" ? laterException(outcome.reply) : undefined;
        if (later !== undefined) return wait(one, later, now);
        // A newer wish has taken over: it goes out next, whatever became of this frame.
        if (wishes[one.relay] === one) conclude(one, outcome, now);
      },
    };
  }

  function batchExchange({ first, levels, members }: RelayBatch<Wish>): ModbusExchange {
    const request = writeCoils(unit, first, levels);
    return {
      request,
      sent(at) {
        for (const one of members) one.firstSent ??= { frame: request.frame, at };
      },
      settled(outcome, now) {
        const later = outcome.kind === "replied" ? laterException(outcome.reply) : undefined;
        if (later !== undefined) {
          for (const one of members.slice(1)) noteBusy(one, later);
          return wait(members[0]!, later, now);
        }
        if (outcome.kind === "replied" && outcome.reply.kind === "exception") {
          takesBatches = false;
          for (const one of members) delete one.firstSent;
          return;
        }
        // Newer wishes have taken over their relays: they go out next, whatever became of this frame.
        for (const one of members) if (wishes[one.relay] === one) concludeTogether(one, outcome, now);
      },
    };
  }

  function concludeTogether(one: Wish, outcome: ModbusOutcome, now: MonotonicMs): void {
    one.isUnproven = true;
    if (one.wanted.kind !== "pulse" || outcome.kind !== "replied") return conclude(one, outcome, now);
    one.isHeld = true;
    one.mayHaveActed = true;
  }

  function conclude(one: Wish, outcome: ModbusOutcome, now: MonotonicMs): void {
    if (outcome.kind === "disconnected") return;
    if (outcome.kind === "replied" && outcome.reply.kind === "written") {
      one.isAcknowledged = true;
      return tell(one, one.firstSent === undefined ? { ok: true } : { ok: true, sent: one.firstSent });
    }
    if (outcome.kind === "replied" && outcome.reply.kind === "exception") return giveUp(one, "BadReply", modbusExceptionText(outcome.reply.code), now);
    one.attempts++;
    one.mayHaveActed = true;
    const mayRepeat = one.attempts < ATTEMPTS_MAX && (one.wanted.kind !== "pulse" || unitsOf(one, now) !== undefined);
    if (!mayRepeat) giveUp(one, "TimedOut", `no answer after ${one.attempts} ${one.attempts === 1 ? "attempt" : "attempts"}`, now);
  }

  /** Busy is a state of the whole board: one wish finds it out, all of them wait, and each of them for a second at most. */
  function wait(tried: Wish, exception: number, now: MonotonicMs): void {
    busyUntil = now + BUSY_WAIT_MS;
    noteBusy(tried, exception);
    for (const one of wishes) {
      if (one.isAcknowledged) continue;
      one.busy = { since: one.busy?.since ?? now, exception };
      if (now - one.busy.since >= BUSY_MS_MAX) giveUp(one, "BadReply", `${modbusExceptionText(exception)}, for ${BUSY_MS_MAX} ms`, now);
    }
  }

  /** A hold begins with the first frame that the board may have obeyed. */
  function noteBusy(one: Wish, exception: number): void {
    if (exception !== MODBUS_BUSY) one.mayHaveActed = true;
    if (!one.mayHaveActed) delete one.firstSent;
  }

  function giveUp(one: Wish, error: DeviceError, why: string, now: MonotonicMs): void {
    if (one.wanted.kind === "pulse") wishes[one.relay] = newWish(one.relay, { kind: "off" });
    else {
      one.attempts = ATTEMPTS_MAX;
      one.busy = undefined;
      one.dueAt = now + ASSERT_AGAIN_MS;
    }
    tell(one, { ok: false, error, detail: `${id} relay ${one.relay}: ${why}` });
  }

  function compare(energized: readonly boolean[], now: MonotonicMs): void {
    for (const one of wishes) {
      if (!one.isAcknowledged) continue;
      if (one.wanted.kind === "pulse" && now < one.droppedAt) continue;
      const wanted: WantedRelay = one.wanted.kind === "on" ? one.wanted : { kind: "off" };
      const heeds = energized[one.relay] === (wanted.kind === "on");
      unheeded.readBack(one.relay, heeds);
      if (!heeds && one.isUnproven) takesBatches = false;
      one.isUnproven = false;
      if (!heeds) wishes[one.relay] = newWish(one.relay, wanted);
    }
  }

  function disconnected(trouble: string): void {
    for (const one of wishes) {
      if (one.isAcknowledged) continue;
      wishes[one.relay] = newWish(one.relay, one.wanted.kind === "pulse" ? { kind: "off" } : one.wanted);
      tell(one, { ok: false, error: "Disconnected", detail: `${id} relay ${one.relay}: ${trouble}` });
    }
  }

  return {
    wish,
    next,
    compare,
    isStuck: (relay) => unheeded.isStuck(relay),
    disconnected,
    allOff: () => wishes.forEach((one) => wish(one.relay, { kind: "off" })),
    get dueAt() {
      return wishes.reduce<number | undefined>(
        (least, one) => (one.isAcknowledged ? least : Math.min(least ?? Infinity, Math.max(one.dueAt, busyUntil))),
        undefined,
      );
    },
    get isQuiet() {
      return wishes.every((one) => one.isAcknowledged || one.attempts >= ATTEMPTS_MAX);
    },
  };
}

/** Fewest attempts first; what is energised already and only wants its time stands behind what is not; then in the order of wishing. */
const compareUrgency = (a: Wish, b: Wish): number => a.attempts - b.attempts || Number(a.isHeld) - Number(b.isHeld) || a.order - b.order;

/** Tells the one who waits, once. */
function tell(one: Wish, result: DeviceResult): void {
  const { settle } = one;
  one.settle = undefined;
  settle?.(result);
}
