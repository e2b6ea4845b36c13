import type { Clock, MonotonicMs } from "@portico/card-protocol";
import {
  type BoardFrame,
  encodeHostFrame,
  RELAY_AVR_HOLD_MS_MAX,
  RELAY_AVR_INPUTS_MAX,
  RELAY_AVR_RELAYS_MAX,
  RELAY_AVR_VERSION,
  relayAvrDeframing,
  type ResetCause,
  type WiegandFrame,
} from "../core/relay-avr/frame.ts";
import type { DeviceError, DeviceHealth, DeviceResult, RelayBoard } from "../device.ts";
import { listeners } from "../listeners.ts";
import { afterSilence } from "../silence.ts";
import type { Wire } from "../wire.ts";
import { type BoardOrder, boardWishes } from "./board-wishes.ts";
import { driverClosing } from "../driver-closing.ts";
import { takeWish } from "../taken-wish.ts";
import type { WantedRelay } from "../relay-batch.ts";

export interface RelayAvrBoardOptions {
  readonly id: string;
  /** The board's alone, at {@link RELAY_AVR_BAUD}. */
  readonly wire: Wire;
  readonly clock: Clock;
  /** 1..8. */
  readonly relays: number;
  /** 0..6. */
  readonly inputs: number;
}

/** A relay board with Wiegand readers. */
export interface RelayAvrBoard extends RelayBoard {
  /** Called for each frame of a Wiegand reader, once. */
  onCard(listener: (card: WiegandFrame, at: MonotonicMs) => void): () => void;
}

/** How long a frame's answer may take: 5 ms on the line, as much for a report that goes before it, 16 in a USB adapter. */
const ANSWER_MS = 60;
/** So often a frame is sent before it counts as failed. */
const ATTEMPTS_MAX = 5;
/** Silence of ours, of which the board bears 1,000 ms. */
const BEAT_MS = 250;
/** How often a board that does not answer is greeted. */
const GREET_AGAIN_MS = 250;
/** Two greetings with different numbers: an answer to the second is none that was under way before the first. */
const GREETINGS = 2;
const CLOSING_MS_MAX = 500;
const NOT_YET = "the board has not answered yet";

/**
 * Our relay board for the ATmega328P (`boards/relay-avr`, docs/relay-avr.md).
 *
 * - The board times a pulse to the millisecond and obeys a frame once, however often it is repeated. It drops every relay when it has heard nothing for a
 *   second, so a held level ends with us.
 * - One frame at a time; wishes before reports' acknowledgements before beats. A frame is repeated until its number comes back.
 * - What was never wished is off. Each frame of the board says which relays are energised, and what differs from its wish is asserted again, without end; an
 *   obeyed pulse never is.
 * - Contacts and cards come as numbered reports, which the board repeats until they are acknowledged: each is told once.
 * - A board that was reset, or thought us dead, is greeted first; what it had to report before is void.
 */
export function relayAvrBoard({ id, wire, clock, relays, inputs }: RelayAvrBoardOptions): RelayAvrBoard {
  if (!(relays >= 1 && relays <= RELAY_AVR_RELAYS_MAX && inputs >= 0 && inputs <= RELAY_AVR_INPUTS_MAX))
    throw new RangeError(`${id}: 1..${RELAY_AVR_RELAYS_MAX} relays and 0..${RELAY_AVR_INPUTS_MAX} inputs`);
  const wishes = boardWishes({ id, relays });
  const deframing = relayAvrDeframing();
  const healths = listeners<[DeviceHealth]>();
  const changes = listeners<[number, boolean]>();
  const cards = listeners<[WiegandFrame, MonotonicMs]>();
  let health: DeviceHealth = { kind: "offline", error: "TimedOut", detail: NOT_YET, since: clock.monotonic() };
  let contacts: readonly boolean[] = [];
  let greetingsLeft = GREETINGS;
  /** Greeted for the first time since the wire opened, or since it was reset: it will answer in some milliseconds, and wishes wait for that. */
  let isAwaited = false;
  let number = 0;
  let seen = 0;
  let isSeenDue = false;
  let saidAt = clock.monotonic();
  let underWay: { readonly frame: Uint8Array; readonly number: number; readonly order: BoardOrder | undefined; attempts: number; isHeard: boolean } | undefined;
  let cancelTimer = (): void => {};
  const closing = driverClosing({
    clock,
    withinMs: CLOSING_MS_MAX,
    askOff() {
      wishes.allOff();
      if (health.kind === "offline") closing.finish();
      else next();
    },
    letGo() {
      cancelTimer();
      for (const stop of stops) stop();
    },
  });

  const stops = [wire.onBytes(receive), wire.onState((state) => (state === "open" ? meet() : disconnected()))];
  if (wire.state === "open") meet();
  else toOffline("Disconnected", wire.trouble);

  function meet(): void {
    isAwaited = true;
    if (health.kind === "offline" && health.error === "Disconnected") health = { ...health, error: "TimedOut", detail: NOT_YET };
    greet();
  }

  function greet(): void {
    deframing.reset();
    greetingsLeft = GREETINGS;
    if (underWay !== undefined) abandon();
    next();
  }

  function abandon(): void {
    cancelTimer();
    underWay = undefined;
  }

  /** Puts the next frame on the line where it is free; otherwise waits for what falls due. */
  function next(): void {
    if (closing.isOver || underWay !== undefined || wire.state === "closed") return;
    cancelTimer();
    const now = clock.monotonic();
    if (greetingsLeft > 0) return say("hello", undefined);
    const order = wishes.next(now);
    if (order !== undefined) return say(order.command, order);
    if (isSeenDue) return say("beat", undefined);
    if (saidAt + BEAT_MS <= now) return say("beat", undefined);
    cancelTimer = clock.after(Math.min(saidAt + BEAT_MS, wishes.dueAt) - now, next);
  }

  function say(command: "beat" | "hello" | "on" | "off", order: BoardOrder | undefined): void {
    number = (number + 1) & 0xff;
    isSeenDue = false;
    const frame = encodeHostFrame({ number, seen, command, relays: order?.relays ?? 0, holdMs: order?.holdMs ?? 0 });
    underWay = { frame, number, order, attempts: 0, isHeard: false };
    attempt(underWay);
  }

  function attempt(mine: NonNullable<typeof underWay>): void {
    mine.attempts++;
    saidAt = clock.monotonic();
    cancelTimer = afterSilence(clock, ANSWER_MS, () => (mine.attempts < ATTEMPTS_MAX ? attempt(mine) : unanswered(mine)));
    mine.order?.sent(mine.frame, saidAt);
    // Last: a wire may break under a write, and then everything is forgotten before it returns.
    wire.write(mine.frame);
  }

  function unanswered({ order, isHeard }: NonNullable<typeof underWay>): void {
    underWay = undefined;
    const now = clock.monotonic();
    if (isHeard) {
      isSeenDue = true;
      order?.failed("BadReply", `the board speaks, but does not obey after ${ATTEMPTS_MAX} attempts`, now);
      return next();
    }
    order?.failed("TimedOut", `no answer after ${ATTEMPTS_MAX} attempts`, now);
    toOffline("TimedOut", "the board does not answer: check its power, the cable, and that the program relay-avr is in it");
    greetingsLeft = GREETINGS;
    wait(next);
  }

  /** A listener may have closed us meanwhile. */
  function wait(then: () => void): void {
    cancelTimer();
    if (!closing.isOver) cancelTimer = clock.after(GREET_AGAIN_MS, then);
  }

  function receive(bytes: Uint8Array): void {
    for (const frame of deframing.push(bytes)) if (!closing.isOver) hear(frame);
  }

  function hear(frame: BoardFrame): void {
    if (underWay !== undefined) underWay.isHeard = true;
    if (frame.version !== RELAY_AVR_VERSION) {
      abandon();
      wait(greet);
      return toOffline("BadReply", `its program speaks version ${frame.version}, not ${RELAY_AVR_VERSION}: write the hex of this release to it`);
    }
    if (frame.isUngreeted && greetingsLeft === 0) {
      toOffline("BadReply", `the board was reset (${causeText(frame.resetCause)}), or had not heard from us for a second: its relays were off`);
      return meet();
    }
    if (frame.isUngreeted) return;
    const isAnswer = underWay !== undefined && frame.number === underWay.number;
    if (greetingsLeft > 0) {
      if (!isAnswer) return;
      abandon();
      greetingsLeft--;
      if (greetingsLeft > 0) return next();
      seen = frame.report;
      take(frame);
      toOnline();
      wishes.compare(frame.relays, clock.monotonic());
      return next();
    }
    if (isAnswer) {
      const { order } = underWay!;
      abandon();
      order?.obeyed(clock.monotonic());
      if (closing.isBegun && wishes.isQuiet) return closing.finish();
    }
    if (frame.report !== seen) take(frame);
    // It says again what was acknowledged, unasked: the acknowledgement was lost.
    else if (!isAnswer && underWay === undefined) isSeenDue = true;
    wishes.compare(frame.relays, clock.monotonic());
    next();
  }

  /** Something to tell; what was reported before stays told. */
  function take(frame: BoardFrame): void {
    seen = frame.report;
    isSeenDue = true;
    const before = contacts;
    contacts = Array.from({ length: inputs }, (_, input) => ((frame.contacts >> input) & 1) === 1);
    if (health.kind === "online") tellContacts(before);
    if (frame.card !== undefined) cards.tell(frame.card, clock.monotonic());
  }

  const tellContacts = (before: readonly boolean[]): void =>
    contacts.forEach((closed, input) => closed !== before[input] && !closing.isOver && changes.tell(input, closed));

  function toOnline(): void {
    if (health.kind === "online") return;
    health = { kind: "online" };
    healths.tell(health);
    tellContacts([]);
  }

  function toOffline(error: DeviceError, detail: string): void {
    isAwaited = false;
    const wasOnline = health.kind === "online";
    const since = wasOnline ? clock.monotonic() : health.kind === "offline" ? health.since : clock.monotonic();
    health = { kind: "offline", error, detail, since };
    contacts = [];
    wishes.fail(error, detail);
    if (closing.isBegun) closing.finish();
    else if (wasOnline) healths.tell(health);
  }

  function disconnected(): void {
    abandon();
    toOffline("Disconnected", wire.trouble);
  }

  const wish = (relay: number, wanted: WantedRelay): Promise<DeviceResult> =>
    takeWish(
      {
        id,
        relays,
        holdMsMax: RELAY_AVR_HOLD_MS_MAX,
        isClosing: () => closing.isBegun,
        unheard: () => (health.kind === "offline" && !isAwaited ? health : undefined),
        put: (...wished) => wishes.wish(...wished),
        next,
      },
      relay,
      wanted,
    );

  return {
    id,
    relays,
    inputs,
    timesPulse: true,
    get health() {
      return health.kind === "offline" && wire.state === "closed" ? { ...health, detail: wire.trouble } : health;
    },
    onHealth: healths.add,
    pulse: (relay, holdMs) => wish(relay, { kind: "pulse", holdMs }),
    set: (relay, energized) => wish(relay, { kind: energized ? "on" : "off" }),
    isStuck: (relay) => wishes.isStuck(relay),
    input: (input) => (health.kind === "online" ? contacts[input] : undefined),
    onInput: changes.add,
    onCard: cards.add,
    close: () => closing.begin(),
  };
}

function causeText({ watchdog, brownOut, external, powerOn }: ResetCause): string {
  if (watchdog) return "by its watchdog: the program hung";
  if (brownOut) return "its supply fell below 4.3 V";
  if (powerOn) return "its power was off";
  return external ? "by its reset pin" : "for no known reason";
}
