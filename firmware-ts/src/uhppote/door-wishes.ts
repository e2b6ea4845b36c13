import type { MonotonicMs } from "@portico/card-protocol";
import type { DoorSetting, UhppoteReply, UhppoteStatus } from "../core/uhppote/reply.ts";
import type { DoorControl, UhppoteRequest } from "../core/uhppote/request.ts";
import { encodeRequest } from "../core/uhppote/request.ts";
import type { DeviceError, DeviceResult } from "../device.ts";
import { unheededRelays } from "../unheeded-relays.ts";
import type { WantedRelay } from "../relay-batch.ts";

/** The longest hold that a board times, in milliseconds. */
export const UHPPOTE_HOLD_MS_MAX = 255_000;

/** What became of a question. */
export type UhppoteOutcome = { readonly kind: "replied"; readonly reply: UhppoteReply } | { readonly kind: "silent" };

/** One question of a wish. */
export interface DoorOrder {
  readonly request: UhppoteRequest;
  sent(at: MonotonicMs): void;
  settled(outcome: UhppoteOutcome, at: MonotonicMs): void;
}

/** The wished state of every relay of one board: one wish a door, the newest. */
export interface DoorWishes {
  /** Replaces the relay's wish; whoever waits for the older one is told `Superseded`. */
  wish(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): void;
  next(now: MonotonicMs): DoorOrder | undefined;
  /** When a wish is due again; Infinity while all are obeyed. */
  readonly dueAt: number;
  /** How the board has a door set, as it says. What differs from a wish is asserted again. */
  found(setting: DoorSetting, now: MonotonicMs): void;
  /** What the board does now. What differs from a wish is asserted again, but an obeyed pulse never is, nor what the board does for its own button or fire. */
  compare(status: UhppoteStatus, now: MonotonicMs): void;
  /** The board opened this door for its exit button: it is left alone as long as that lasts. */
  opensByItself(relay: number, now: MonotonicMs): void;
  /** Nobody hears them any more: tells everybody who waits. Pulses are dropped, the rest stays wished. */
  fail(error: DeviceError, why: string): void;
  /** Every relay off, as if never obeyed. */
  allOff(): void;
  /** True when every wish is obeyed. */
  readonly isQuiet: boolean;
  /** A relay stays otherwise than it is told, time after time. */
  isStuck(relay: number): boolean;
}

const ATTEMPTS_MAX = 3;
/** A wish that the board does not take, or takes and does not carry out, is asserted again so often. */
const ASSERT_AGAIN_MS = 1_000;
/** How much later than counted here a board has closed a door: its seconds are not ours. */
const CLOSED_LATER_MS = 1_500;
/** The factory's, for a door that was never set. */
const DELAY_S = 3;
/** A question may be under way for so long. */
const UNDER_WAY_MS = 60;

interface Door {
  /** As the board has it; undefined: not known, because nobody answered. */
  control: DoorControl | undefined;
  delayS: number;
  mayBeEnergized: boolean;
  /** The board opens it by itself, for its button, until then. */
  ownUntil: number;
  /** When it was last found to differ. */
  foundAt: number;
}

interface Wish {
  readonly relay: number;
  readonly wanted: WantedRelay;
  readonly order: number;
  /** `unsure`: it was asked to open and nobody answered; whether it did is to be looked at. */
  phase: "wished" | "unsure" | "obeyed";
  attempts: number;
  dueAt: number;
  openedAt: MonotonicMs | undefined;
  sent?: { readonly frame: Uint8Array; readonly at: MonotonicMs };
  /** When the board has closed an obeyed pulse by itself, at the latest. */
  closedAt: number;
  settle: ((result: DeviceResult) => void) | undefined;
}

/**
 * Wishes for the doors of one board, all off and believed to be so: what the board says shows what must be asserted.
 *
 *     off    held shut, then controlled: that ends an opening that runs, and leaves the board's own button at work
 *     on     held open
 *     pulse  controlled with the hold as its delay, where that is not so yet; then open
 *
 * Nothing in the protocol tells a repeated command from a new one. So a door that may have opened is looked at before it is asked again, and one that is open
 * though nobody wished it, because a doubled datagram came late, is shut as soon as the board says so.
 */
export function doorWishes({ id, serial, relays }: { readonly id: string; readonly serial: number; readonly relays: number }): DoorWishes {
  let orders = 0;
  const unheeded = unheededRelays();
  const doors: Door[] = Array.from({ length: relays }, () => ({ control: undefined, delayS: DELAY_S, mayBeEnergized: false, ownUntil: 0, foundAt: -Infinity }));
  const wishes: Wish[] = Array.from({ length: relays }, (_, relay) => ({ ...newWish(relay, { kind: "off" }), phase: "obeyed" }));

  function newWish(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): Wish {
    return { relay, wanted, order: orders++, phase: "wished", attempts: 0, dueAt: 0, openedAt: undefined, closedAt: Infinity, settle };
  }

  function wish(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): void {
    const older = wishes[relay]!;
    wishes[relay] = newWish(relay, wanted, settle);
    tell(older, { ok: false, error: "Superseded", detail: `${id} relay ${relay}: a newer wish replaced this one` });
  }

  function next(now: MonotonicMs): DoorOrder | undefined {
    const one = wishes.filter(({ phase, dueAt }) => phase !== "obeyed" && dueAt <= now).sort((a, b) => a.attempts - b.attempts || a.order - b.order)[0];
    if (one === undefined) return undefined;
    const request = requestOf(one, now);
    if (request === "too-late") {
      giveUp(one, "TimedOut", "no answer before the hold was over", now);
      return next(now);
    }
    if (request === "nothing") {
      obeyed(one, now);
      return next(now);
    }
    return orderOf(one, request);
  }

  function requestOf(one: Wish, now: MonotonicMs): UhppoteRequest | "nothing" | "too-late" {
    const { relay, wanted } = one;
    const own = doors[relay]!;
    const set = (control: DoorControl, delayS = own.delayS): UhppoteRequest => ({ kind: "setDoor", door: relay + 1, control, delayS });
    if (wanted.kind === "on") return own.control === "normally-open" ? "nothing" : set("normally-open");
    if (wanted.kind === "off") {
      if (own.mayBeEnergized) return set("normally-closed");
      return own.control === "controlled" ? "nothing" : set("controlled");
    }
    if (one.phase === "unsure") return { kind: "status" };
    if (one.openedAt !== undefined && now + UNDER_WAY_MS > one.openedAt + wanted.holdMs) return "too-late";
    const delayS = Math.ceil(wanted.holdMs / 1000);
    return own.control === "controlled" && own.delayS === delayS ? { kind: "open", door: relay + 1 } : set("controlled", delayS);
  }

  function orderOf(one: Wish, request: UhppoteRequest): DoorOrder {
    const own = doors[one.relay]!;
    return {
      request,
      sent(at) {
        one.sent ??= { frame: encodeRequest(serial, request), at };
        if (request.kind === "open") one.openedAt ??= at;
        if (request.kind === "open" || (request.kind === "setDoor" && request.control === "normally-open")) own.mayBeEnergized = true;
      },
      settled(outcome, at) {
        // What the board is known to do counts for a newer wish, too.
        const isAnswered = outcome.kind === "replied" && learn(own, request, outcome.reply);
        if (wishes[one.relay] === one) conclude(one, request, outcome, isAnswered, at);
      },
    };
  }

  /** @returns false where the answer is not to this question */
  function learn(own: Door, request: UhppoteRequest, reply: UhppoteReply): boolean {
    if (request.kind !== "setDoor") return reply.kind === request.kind;
    if (reply.kind !== "setDoor" || reply.door !== request.door || reply.control !== request.control || reply.delayS !== request.delayS) {
      own.control = undefined;
      return false;
    }
    own.control = reply.control;
    own.delayS = reply.delayS;
    if (reply.control === "normally-closed") own.mayBeEnergized = false;
    return true;
  }

  function conclude(one: Wish, request: UhppoteRequest, outcome: UhppoteOutcome, isAnswered: boolean, now: MonotonicMs): void {
    const own = doors[one.relay]!;
    if (!isAnswered) {
      if (request.kind === "setDoor") own.control = undefined;
      if (request.kind === "open") one.phase = "unsure";
      if (++one.attempts < ATTEMPTS_MAX) return;
      if (outcome.kind === "replied") return giveUp(one, "BadReply", "the board answers with another setting of the door", now);
      return giveUp(one, "TimedOut", `no answer after ${ATTEMPTS_MAX} attempts`, now);
    }
    const { reply } = outcome as Extract<UhppoteOutcome, { kind: "replied" }>;
    if (reply.kind === "status") {
      if (reply.isEnergized[one.relay] === true) return obeyed(one, now);
      one.phase = "wished";
    }
    if (reply.kind !== "open") return;
    if (reply.isDone) return obeyed(one, now);
    // Somebody else may have set the door: it is looked at anew.
    own.control = undefined;
    if (++one.attempts >= ATTEMPTS_MAX) giveUp(one, "BadReply", "the board refuses to open the door", now);
  }

  function obeyed(one: Wish, now: MonotonicMs): void {
    one.phase = "obeyed";
    if (one.wanted.kind === "pulse") one.closedAt = now + Math.ceil(one.wanted.holdMs / 1000) * 1000 + CLOSED_LATER_MS;
    tell(one, one.sent === undefined ? { ok: true } : { ok: true, sent: one.sent });
  }

  function giveUp(one: Wish, error: DeviceError, why: string, now: MonotonicMs): void {
    if (one.wanted.kind === "pulse") wishes[one.relay] = newWish(one.relay, { kind: "off" });
    else {
      one.attempts = 0;
      one.dueAt = now + ASSERT_AGAIN_MS;
    }
    tell(one, { ok: false, error, detail: `${id} relay ${one.relay}: ${why}` });
  }

  /** The wish is meant anew, once a second at most. */
  function again(relay: number, now: MonotonicMs): void {
    const own = doors[relay]!;
    const dueAt = Math.max(now, own.foundAt + ASSERT_AGAIN_MS);
    own.foundAt = dueAt;
    wishes[relay] = { ...newWish(relay, wishes[relay]!.wanted.kind === "on" ? { kind: "on" } : { kind: "off" }), dueAt };
  }

  function compareDoor(relay: number, isEnergized: boolean, isLeftAlone: boolean, now: MonotonicMs): void {
    const own = doors[relay]!;
    const one = wishes[relay]!;
    if (one.phase !== "obeyed") {
      if (isEnergized) own.mayBeEnergized = true;
      return;
    }
    if (one.wanted.kind === "pulse" && now < one.closedAt) return;
    const isMeant = one.wanted.kind === "on";
    if (!isEnergized) own.mayBeEnergized = false;
    const heeds = isEnergized === isMeant || (isEnergized && (isLeftAlone || now < own.ownUntil));
    unheeded.readBack(relay, heeds);
    if (heeds) return;
    if (isEnergized) own.mayBeEnergized = true;
    else own.control = undefined;
    again(relay, now);
  }

  return {
    wish,
    next,
    get dueAt() {
      return wishes.reduce((least, { phase, dueAt }) => (phase === "obeyed" ? least : Math.min(least, dueAt)), Infinity);
    },
    found({ door, control, delayS }, now) {
      const own = doors[door - 1];
      const one = wishes[door - 1];
      if (own === undefined || one === undefined) return;
      Object.assign(own, { control, delayS });
      if (one.phase !== "obeyed" || (one.wanted.kind === "pulse" && now < one.closedAt)) return;
      if (control !== (one.wanted.kind === "on" ? "normally-open" : "controlled")) again(one.relay, now);
    },
    compare: (status, now) => wishes.forEach(({ relay }) => compareDoor(relay, status.isEnergized[relay] === true, status.isFire, now)),
    opensByItself(relay, now) {
      const own = doors[relay];
      if (own !== undefined) own.ownUntil = now + own.delayS * 1000 + CLOSED_LATER_MS;
    },
    fail(error, why) {
      for (const one of wishes) {
        if (one.phase === "obeyed" && one.wanted.kind !== "pulse") continue;
        wishes[one.relay] = newWish(one.relay, one.wanted.kind === "on" ? { kind: "on" } : { kind: "off" });
        tell(one, { ok: false, error, detail: `${id} relay ${one.relay}: ${why}` });
      }
    },
    allOff() {
      for (const one of wishes) wish(one.relay, { kind: "off" });
    },
    get isQuiet() {
      return wishes.every(({ phase }) => phase === "obeyed");
    },
    isStuck: (relay) => unheeded.isStuck(relay),
  };
}

/** Tells the one who waits, once. */
function tell(one: Wish, result: DeviceResult): void {
  const { settle } = one;
  one.settle = undefined;
  settle?.(result);
}
