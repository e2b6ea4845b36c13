import { type Clock, type ControllerEvent, type DenyReason, type MonotonicMs, monotonicMs } from "@portico/card-protocol";
import {
  type DenialRepeats,
  type DenialSubject,
  denialsDueAt,
  flushDenials,
  judgeDenial,
  NO_DENIALS,
  recordDenial,
  repeatDenial,
} from "./core/denial-repeats.ts";
import { countRefusal, flushRefusals, NO_REFUSALS, REFUSAL_WAIT_MS, type RefusalCount } from "./core/refusal-count.ts";
import type { Recorder } from "./recorder.ts";

/**
 * How one access point writes down whom it refuses: the first time at once, the same again within a minute as a count, and what has no holding signature as a
 * count alone. So a scanner that is stuck, or somebody who shows card after card, does not fill the log.
 */
export class DenialLog {
  readonly #accessPoint: string;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #recorder: Pick<Recorder, "decision" | "event">;
  #refusals: RefusalCount = NO_REFUSALS;
  #denials: DenialRepeats = NO_DENIALS;
  #cancelRefusals: (() => void) | undefined;
  #cancelDenials: (() => void) | undefined;

  constructor(accessPoint: string, clock: Pick<Clock, "monotonic" | "after">, recorder: Pick<Recorder, "decision" | "event">) {
    this.#accessPoint = accessPoint;
    this.#clock = clock;
    this.#recorder = recorder;
  }

  /** A refusal of which nothing but its reason may be believed. */
  count(reason: DenyReason): void {
    this.#refusals = countRefusal(this.#refusals, reason, this.#clock.monotonic());
    this.#cancelRefusals ??= this.#clock.after(REFUSAL_WAIT_MS, () => {
      this.#cancelRefusals = undefined;
      this.#flushRefusals(this.#clock.monotonic());
    });
  }

  /** A refusal of somebody. Returns its event's number; undefined where it was only counted, or the disk refuses. */
  denied(denial: DenialSubject, event: () => ControllerEvent): number | undefined {
    const becomes = judgeDenial(this.#denials, denial);
    if (becomes === "crowd") this.count(denial.reason);
    if (becomes === "repeat") this.#denials = repeatDenial(this.#denials, denial);
    if (becomes !== "event") return undefined;
    const seq = this.#recorder.decision(event());
    if (seq === undefined) return undefined;
    this.#denials = recordDenial(this.#denials, denial, seq, this.#clock.monotonic());
    this.#watchDenials();
    return seq;
  }

  /** Writes what was only counted so far. */
  close(): void {
    this.abandon();
    this.#flushRefusals(monotonicMs(Number.POSITIVE_INFINITY));
    this.#flushDenials(monotonicMs(Number.POSITIVE_INFINITY));
  }

  /** Without a word. */
  abandon(): void {
    this.#cancelRefusals?.();
    this.#cancelDenials?.();
  }

  #watchDenials(): void {
    const dueAt = denialsDueAt(this.#denials);
    if (dueAt === undefined) return;
    this.#cancelDenials ??= this.#clock.after(Math.max(0, dueAt - this.#clock.monotonic()), () => {
      this.#cancelDenials = undefined;
      this.#flushDenials(this.#clock.monotonic());
      this.#watchDenials();
    });
  }

  #flushRefusals(at: MonotonicMs): void {
    const { count, events } = flushRefusals(this.#refusals, this.#accessPoint, at);
    this.#refusals = count;
    for (const event of events) this.#recorder.event(event);
  }

  #flushDenials(at: MonotonicMs): void {
    const { denials, events } = flushDenials(this.#denials, this.#accessPoint, at);
    this.#denials = denials;
    for (const event of events) this.#recorder.event(event);
  }
}
