import { type Clock, type ControllerEvent, eventOf, type MonotonicMs } from "@portico/card-protocol";
import type { ControllerStore } from "./store/controller-store.ts";
import type { EventTime } from "./store/event-log.ts";
import { RecordingFailed } from "./store/recording-failed.ts";
import type { Spend } from "./store/spent-counters.ts";

/** While the disk refuses, it is asked again this often even when nobody comes. */
const RETRY_MS = 5_000;

/** Why nothing can be recorded, and since when. */
export interface Suspension {
  readonly cause: string;
  readonly since: MonotonicMs;
}

/**
 * Writes events, and remembers when the disk refuses: then nobody is let in, the status says so, and it ends by itself as soon as the disk takes writes again.
 * The two events that tell of it are written when that is possible.
 */
export class Recorder {
  readonly #store: Pick<ControllerStore, "recordDecision" | "events">;
  readonly #clock: Clock;
  readonly #time: () => EventTime;
  #suspension: (Suspension & { denied: number }) | undefined;
  #cancelRetry = (): void => {};

  constructor(store: Pick<ControllerStore, "recordDecision" | "events">, clock: Clock, time: () => EventTime) {
    this.#store = store;
    this.#clock = clock;
    this.#time = time;
  }

  /** Undefined while events are being written. */
  get suspension(): Suspension | undefined {
    return this.#suspension;
  }

  /**
   * Records a decision and spends its pass, both or neither.
   *
   * @returns the event's number, or undefined when the disk refused: then nobody may be let in
   */
  decision(event: ControllerEvent, spend?: Spend): number | undefined {
    return this.#try(() => {
      const seq = this.#store.recordDecision(event, this.#time(), spend);
      return seq;
    });
  }

  /** Records an event. Undefined when the disk refused. */
  event(event: ControllerEvent): number | undefined {
    return this.#try(() => this.#store.events.append(event, this.#time()));
  }

  close(): void {
    this.#cancelRetry();
  }

  #try(write: () => number): number | undefined {
    try {
      if (this.#suspension !== undefined) this.#resume(this.#suspension);
      return write();
    } catch (error) {
      if (!(error instanceof RecordingFailed)) throw error;
      this.#suspend(error);
      return undefined;
    }
  }

  #suspend(failure: RecordingFailed): void {
    if (this.#suspension === undefined) {
      this.#suspension = { cause: `${failure.trouble}: ${failure.message}`, since: this.#clock.monotonic(), denied: 0 };
      this.#retryLater();
    }
    this.#suspension.denied++;
  }

  /** @throws RecordingFailed while the disk still refuses */
  #resume({ cause, since, denied }: Suspension & { denied: number }): void {
    const time = this.#time();
    this.#store.events.append(eventOf("RecordingSuspended", { cause }), time);
    this.#store.events.append(eventOf("RecordingResumed", { outageMs: Math.round(this.#clock.monotonic() - since), denied }), time);
    this.#suspension = undefined;
    this.#cancelRetry();
  }

  #retryLater(): void {
    this.#cancelRetry = this.#clock.after(RETRY_MS, () => {
      if (this.#suspension === undefined) return;
      try {
        this.#resume(this.#suspension);
      } catch (error) {
        if (!(error instanceof RecordingFailed)) throw error;
        this.#retryLater();
      }
    });
  }
}
