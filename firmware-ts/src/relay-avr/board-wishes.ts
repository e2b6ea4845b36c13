import type { MonotonicMs } from "@portico/card-protocol";
import type { DeviceError, DeviceResult } from "../device.ts";
import { unheededRelays } from "../unheeded-relays.ts";
import type { WantedRelay } from "../relay-batch.ts";

/** One wish as a frame of the board. */
export interface BoardOrder {
  readonly command: "on" | "off";
  /** Bit of the relay. */
  readonly relays: number;
  /** 0: not by itself. */
  readonly holdMs: number;
  /** The frame was handed to the wire, for the first time or again. */
  sent(frame: Uint8Array, at: MonotonicMs): void;
  obeyed(at: MonotonicMs): void;
  failed(error: DeviceError, why: string, at: MonotonicMs): void;
}

/** The wished state of every relay of one board: one wish a relay, the newest. */
export interface BoardWishes {
  /** Replaces the relay's wish; whoever waits for the older one is told `Superseded`. */
  wish(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): void;
  /** The oldest wish that is due. */
  next(now: MonotonicMs): BoardOrder | undefined;
  /** When a wish is due again; Infinity while all are obeyed. */
  readonly dueAt: number;
  /** The board told which relays are energised: what differs from a wish is asserted again, but an obeyed pulse never is. */
  compare(energized: number, now: MonotonicMs): void;
  /** Whether a relay stays otherwise than it is told, time after time. */
  isStuck(relay: number): boolean;
  /** Nobody hears them any more: tells everybody who waits. Pulses are dropped, the rest stays wished. */
  fail(error: DeviceError, why: string): void;
  /** Every relay off, as if never obeyed. */
  allOff(): void;
  /** True when every wish is obeyed. */
  readonly isQuiet: boolean;
}

/** A wish that the board does not take, or takes and does not carry out, is asserted again so often. */
const ASSERT_AGAIN_MS = 1_000;
/** How much later than counted here a board has dropped a pulse: its crystal, and the wait for the turn of its millisecond. */
const DROPPED_LATER_MS = 100;

interface Wish {
  readonly relay: number;
  readonly wanted: WantedRelay;
  readonly order: number;
  phase: "wished" | "under-way" | "obeyed";
  dueAt: number;
  sent?: { readonly frame: Uint8Array; readonly at: MonotonicMs };
  /** When the board has dropped an obeyed pulse by itself, at the latest. */
  droppedAt: number;
  settle: ((result: DeviceResult) => void) | undefined;
}

/**
 * Wishes for the relays of one board, all off and believed to be so: what the board tells shows what must be asserted.
 *
 *     wished ──frame──▶ under-way ──its number──▶ obeyed ──the board differs──▶ wished
 *        ▲                 │ silence                    (on and off only)
 *        └─────────────────┴─▶ told; on and off stay wished, a pulse becomes off
 *
 * A frame that is repeated is obeyed once: no hold is ever begun anew by it.
 */
export function boardWishes({ id, relays }: { readonly id: string; readonly relays: number }): BoardWishes {
  let orders = 0;
  const unheeded = unheededRelays();
  /** When each relay was last found to differ. */
  const foundAt: number[] = Array.from({ length: relays }, () => Number.NEGATIVE_INFINITY);
  const wishes: Wish[] = Array.from({ length: relays }, (_, relay) => ({ ...newWish(relay, { kind: "off" }), phase: "obeyed" }));

  function newWish(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): Wish {
    return { relay, wanted, order: orders++, phase: "wished", dueAt: 0, droppedAt: Infinity, settle };
  }

  function wish(relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void): void {
    const older = wishes[relay]!;
    wishes[relay] = newWish(relay, wanted, settle);
    tell(older, { ok: false, error: "Superseded", detail: `${id} relay ${relay}: a newer wish replaced this one` });
  }

  function next(now: MonotonicMs): BoardOrder | undefined {
    const due = wishes.filter(({ phase, dueAt }) => phase === "wished" && dueAt <= now).sort((a, b) => a.order - b.order);
    return due[0] === undefined ? undefined : orderOf(due[0]);
  }

  function orderOf(one: Wish): BoardOrder {
    const { wanted } = one;
    const holdMs = wanted.kind === "pulse" ? Math.ceil(wanted.holdMs) : 0;
    one.phase = "under-way";
    // A newer wish may have taken over: it goes out next, whatever became of this one.
    const isNewest = (): boolean => wishes[one.relay] === one;
    return {
      command: wanted.kind === "off" ? "off" : "on",
      relays: 1 << one.relay,
      holdMs,
      sent: (frame, at) => void (one.sent ??= { frame, at }),
      obeyed(at) {
        if (!isNewest()) return;
        one.phase = "obeyed";
        // Counted from the answer: the board may have taken a repeated frame.
        one.droppedAt = at + holdMs + DROPPED_LATER_MS;
        tell(one, one.sent === undefined ? { ok: true } : { ok: true, sent: one.sent });
      },
      failed(error, why, at) {
        if (isNewest()) giveUp(one, error, why, at + ASSERT_AGAIN_MS);
      },
    };
  }

  function giveUp(one: Wish, error: DeviceError, why: string, dueAt: number): void {
    if (one.wanted.kind === "pulse") wishes[one.relay] = newWish(one.relay, { kind: "off" });
    else {
      one.phase = "wished";
      one.dueAt = dueAt;
    }
    tell(one, { ok: false, error, detail: `${id} relay ${one.relay}: ${why}` });
  }

  return {
    wish,
    next,
    get dueAt() {
      return wishes.reduce((least, { phase, dueAt }) => (phase === "wished" ? Math.min(least, dueAt) : least), Infinity);
    },
    compare(energized, now) {
      for (const one of wishes) {
        if (one.phase !== "obeyed" || (one.wanted.kind === "pulse" && now < one.droppedAt)) continue;
        const isOn = one.wanted.kind === "on";
        const heeds = ((energized >> one.relay) & 1) === (isOn ? 1 : 0);
        unheeded.readBack(one.relay, heeds);
        if (heeds) continue;
        const dueAt = Math.max(now, foundAt[one.relay]! + ASSERT_AGAIN_MS);
        foundAt[one.relay] = dueAt;
        wishes[one.relay] = { ...newWish(one.relay, { kind: isOn ? "on" : "off" }), dueAt };
      }
    },
    isStuck: (relay) => unheeded.isStuck(relay),
    fail(error, why) {
      for (const one of wishes) if (one.phase !== "obeyed" || one.wanted.kind === "pulse") giveUp(one, error, why, 0);
    },
    allOff: () => wishes.forEach(({ relay }) => wish(relay, { kind: "off" })),
    get isQuiet() {
      return wishes.every(({ phase }) => phase === "obeyed");
    },
  };
}

/** Tells the one who waits, once. */
function tell(one: Wish, result: DeviceResult): void {
  const { settle } = one;
  one.settle = undefined;
  settle?.(result);
}
