import type { Clock, MonotonicMs } from "@portico/card-protocol";
import type { OutputControl } from "../core/osdp/command.ts";
import { nakText } from "../core/osdp/reply.ts";
import type { DeviceError, DeviceResult } from "../device.ts";
import { unheededRelays } from "../unheeded-relays.ts";
import type { OsdpOrder, OsdpOutcome } from "./pd.ts";

/** One unit of an output's timer. Source: SIA OSDP 2.2 §6.10. */
export const OUTPUT_UNIT_MS = 100;
/** The longest hold that a PD times, in milliseconds: 1 h 49 min. */
export const OUTPUT_HOLD_MS_MAX = 0xffff * OUTPUT_UNIT_MS;

/** What somebody wants of an output. A pulse ends in off. */
export type WantedOutput = "off" | "on" | { readonly holdMs: number };

/** The wished state of every output of one PD. */
export interface OutputWishes {
  /** Replaces the output's wish; whoever waits for the older one is told `Superseded`. */
  wish(output: number, wanted: WantedOutput, settle?: (result: DeviceResult) => void): void;
  next(now: MonotonicMs): OsdpOrder | undefined;
  dueAt(now: MonotonicMs): number;
  /** The PD told which outputs are active: what differs from a wish is asserted again, but an acknowledged pulse never is. */
  compare(active: readonly boolean[], now: MonotonicMs): void;
  /** Whether an output stays otherwise than it is told, time after time. */
  isStuck(output: number): boolean;
  /** Nobody hears them any more: tells everybody who waits. Pulses are dropped, the rest stays wished. */
  fail(error: DeviceError, why: string): void;
  /** Every output off, as if never acknowledged. */
  allOff(): void;
  /** True when every wish is acknowledged. */
  readonly isQuiet: boolean;
}

/** So many outputs that are wished together go out in one command; fewer go one by one. */
const TOGETHER_MIN = 4;
/** Every PD takes a command of this many records: it has about 100 bytes. */
const TOGETHER_MAX = 16;
/** A wish that the PD refuses is asserted again so often. */
const ASSERT_AGAIN_MS = 1_000;
/** A wish that no session takes for so long is told as silence: somebody stands at a door. */
const UNSENT_MS_MAX = 2_000;

interface Wish {
  readonly output: number;
  readonly wanted: WantedOutput;
  readonly order: number;
  readonly wishedAt: MonotonicMs;
  dueAt: number;
  /** `timed`: the pulse runs, and what remains behind it is still to be set to off. */
  phase: "wished" | "under-way" | "timed" | "acknowledged";
  sent?: { readonly frame: Uint8Array; readonly at: MonotonicMs };
  /** When the PD has dropped an acknowledged pulse by itself, at the latest. */
  droppedAt: number;
  settle: ((result: DeviceResult) => void) | undefined;
}

/**
 * Wishes for the outputs of one PD, all off and believed to be so: reading the PD tells what must be asserted.
 *
 *     wished ──OUT──▶ under-way ──answer──▶ acknowledged ──the PD differs──▶ wished
 *        ▲               │ NAK or silence        ▲            (on and off only)
 *        └───────────────┴─▶ told; on and off stay wished, a pulse becomes off
 *
 * A pulse is the PD's own timed operation: it relocks when the panel is dead. An output that was on for good stands behind its pulse as `off-after-timed`, in
 * a second command. The same bytes sent again are carried out once: repeating is the exchange's, and no hold is ever begun anew by it.
 *
 * Four or more that are wished at once go out in one command. A PD that refuses it, or whose answer shows that it has not done all of it, is told one by one.
 */
export function outputWishes({ id, outputs, clock }: { readonly id: string; readonly outputs: number; readonly clock: Clock }): OutputWishes {
  let orders = 0;
  let takesMany = true;
  const unheeded = unheededRelays();
  /** Outputs whose permanent state may be on: a pulse on them does not end in off by itself. */
  const mayBeOn = new Set<number>();
  const wishes: Wish[] = Array.from({ length: outputs }, (_, output) => ({ ...newWish(output, "off"), phase: "acknowledged" }));

  function newWish(output: number, wanted: WantedOutput, settle?: (result: DeviceResult) => void): Wish {
    return { output, wanted, order: orders++, wishedAt: clock.monotonic(), dueAt: 0, phase: "wished", droppedAt: Infinity, settle };
  }

  function wish(output: number, wanted: WantedOutput, settle?: (result: DeviceResult) => void): void {
    const older = wishes[output]!;
    const newer = newWish(output, wanted, settle);
    wishes[output] = newer;
    tell(older, { ok: false, error: "Superseded", detail: `${id} relay ${output}: a newer wish replaced this one` });
    if (settle !== undefined)
      clock.after(UNSENT_MS_MAX, () => {
        if (newer.settle !== undefined && newer.phase === "wished") giveUp(newer, "TimedOut", "the reader did not take commands", clock.monotonic());
      });
  }

  function next(now: MonotonicMs): OsdpOrder | undefined {
    const due = wishes.filter(({ phase, dueAt }) => (phase === "wished" || phase === "timed") && dueAt <= now).sort((a, b) => a.order - b.order);
    if (due.length === 0) return undefined;
    return orderOf(takesMany && due.length >= TOGETHER_MIN ? due.slice(0, TOGETHER_MAX) : due.slice(0, 1));
  }

  function orderOf(those: readonly Wish[]): OsdpOrder {
    const steps = those.map((one) => {
      const isSecondStep = one.phase === "timed";
      one.phase = "under-way";
      const [control, timer] = isSecondStep ? (["off-after-timed", 0] as const) : controlOf(one.wanted);
      if (one.wanted === "on") mayBeOn.add(one.output);
      return { one, isSecondStep, control, timer };
    });
    return {
      command: { kind: "output", records: steps.map(({ one, control, timer }) => ({ output: one.output, control, timer })) },
      sent(frame, at) {
        for (const { one, isSecondStep, timer } of steps) {
          one.sent ??= { frame, at };
          if (!isSecondStep) one.droppedAt = at + (timer + 1) * OUTPUT_UNIT_MS;
        }
      },
      settled(outcome, at) {
        for (const { one, isSecondStep } of steps) {
          // A newer wish has taken over: it goes out next, whatever became of this one.
          if (wishes[one.output] !== one) continue;
          if (steps.length > 1 && isUndone(one, outcome)) oneByOne(one, isSecondStep);
          else conclude(one, outcome, isSecondStep, at);
        }
      },
    };
  }

  /** Many in one command were refused, or the answer shows that this one was left out. */
  function isUndone(one: Wish, outcome: OsdpOutcome): boolean {
    if (outcome.kind !== "replied") return false;
    const { reply } = outcome;
    return reply.kind === "nak" || (reply.kind === "outputStatus" && reply.active[one.output] === (one.wanted === "off"));
  }

  function oneByOne(one: Wish, isSecondStep: boolean): void {
    takesMany = false;
    one.phase = isSecondStep ? "timed" : "wished";
    if (!isSecondStep) delete one.sent;
  }

  function conclude(one: Wish, outcome: OsdpOutcome, isSecondStep: boolean, now: MonotonicMs): void {
    if (outcome.kind === "disconnected") return;
    if (outcome.kind === "silent") return giveUp(one, "TimedOut", "no answer", now);
    if (outcome.reply.kind === "nak") return giveUp(one, "BadReply", nakText(outcome.reply.reason), now);
    if (typeof one.wanted === "object" && !isSecondStep && mayBeOn.has(one.output)) {
      one.phase = "timed";
      return;
    }
    if (one.wanted !== "on") mayBeOn.delete(one.output);
    one.phase = "acknowledged";
    // It is counted from the answer: a PD may have taken a repeated frame.
    one.droppedAt += Math.max(0, now - (one.sent?.at ?? now));
    tell(one, one.sent === undefined ? { ok: true } : { ok: true, sent: one.sent });
  }

  function giveUp(one: Wish, error: DeviceError, why: string, now: MonotonicMs): void {
    if (typeof one.wanted === "object") {
      mayBeOn.add(one.output);
      wishes[one.output] = newWish(one.output, "off");
    } else {
      one.phase = "wished";
      one.dueAt = now + ASSERT_AGAIN_MS;
    }
    tell(one, { ok: false, error, detail: `${id} relay ${one.output}: ${why}` });
  }

  return {
    wish,
    next,
    dueAt: () => wishes.reduce((least, one) => (one.phase === "wished" || one.phase === "timed" ? Math.min(least, one.dueAt) : least), Infinity),
    compare(active, now) {
      for (const one of wishes) {
        if (one.phase !== "acknowledged" || active[one.output] === undefined) continue;
        if (typeof one.wanted === "object" && now < one.droppedAt) continue;
        const wanted = one.wanted === "on" ? "on" : "off";
        const heeds = active[one.output] === (wanted === "on");
        unheeded.readBack(one.output, heeds);
        if (!heeds) wishes[one.output] = newWish(one.output, wanted);
      }
    },
    isStuck: (output) => unheeded.isStuck(output),
    fail(error, why) {
      for (const one of wishes) {
        if (one.phase === "acknowledged") continue;
        wishes[one.output] = newWish(one.output, typeof one.wanted === "object" ? "off" : one.wanted);
        tell(one, { ok: false, error, detail: `${id} relay ${one.output}: ${why}` });
      }
    },
    allOff: () => wishes.forEach((one) => wish(one.output, "off")),
    get isQuiet() {
      return wishes.every(({ phase }) => phase === "acknowledged");
    },
  };
}

function controlOf(wanted: WantedOutput): readonly [OutputControl, number] {
  if (typeof wanted === "object") return ["timed-on", Math.ceil(wanted.holdMs / OUTPUT_UNIT_MS)];
  return [wanted, 0];
}

/** Tells the one who waits, once. */
function tell(one: Wish, result: DeviceResult): void {
  const { settle } = one;
  one.settle = undefined;
  settle?.(result);
}
