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
  /** Decisions that were refused because of it. */
  readonly denied: number;
}

/** What a recorder writes to. */
export type RecordingStore = Pick<ControllerStore, "recordDecision" | "events" | "database">;

/**
 * Writes events, and remembers when the disk refuses: then nobody is let in, the status says so, and it ends by itself as soon as the disk takes writes again.
 * The two events that tell of it are written then, in front of whatever is written next.
 */
export class Recorder {
  readonly #store: RecordingStore;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #time: () => EventTime;
  #suspension: Suspension | undefined;
  #cancelRetry = (): void => {};

  constructor(store: RecordingStore, clock: Pick<Clock, "monotonic" | "after">, time: () => EventTime) {
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
    const seq = this.attempt(() => this.#store.recordDecision(event, this.#time(), spend));
    if (seq === undefined && this.#suspension !== undefined) this.#suspension = { ...this.#suspension, denied: this.#suspension.denied + 1 };
    return seq;
  }

  /** Records an event; durable when it returns where the event is an operator's. Undefined when the disk refused. */
  event(event: ControllerEvent): number | undefined {
    return this.attempt(() => this.#store.events.append(event, this.#time()));
  }

  /** Any other write to the store. Undefined when the disk refused; nothing was written then. */
  attempt<T>(write: () => T): T | undefined {
    try {
      if (this.#suspension !== undefined) this.#resume(this.#suspension);
      return write();
    } catch (error) {
      if (!(error instanceof RecordingFailed)) throw error;
      this.#suspend(error);
      return undefined;
    }
  }

  close(): void {
    this.#cancelRetry();
  }

  #suspend(failure: RecordingFailed): void {
    if (this.#suspension !== undefined) return;
    this.#suspension = { cause: `${failure.trouble}: ${failure.message}`, since: this.#clock.monotonic(), denied: 0 };
    this.#retryLater();
  }

  /** @throws RecordingFailed while the disk still refuses */
  #resume({ cause, since, denied }: Suspension): void {
    const time = this.#time();
    const outageMs = Math.round(this.#clock.monotonic() - since);
    this.#store.database.transaction("quick", () => {
      this.#store.events.append(eventOf("RecordingSuspended", { cause }), time);
      this.#store.events.append(eventOf("RecordingResumed", { outageMs, denied }), time);
    });
    this.#suspension = undefined;
    this.#cancelRetry();
  }

  #retryLater(): void {
    this.#cancelRetry = this.#clock.after(RETRY_MS, () => {
      this.attempt(() => undefined);
      if (this.#suspension !== undefined) this.#retryLater();
    });
  }
}
