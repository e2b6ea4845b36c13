import type { Clock, MonotonicMs } from "@portico/card-protocol";

const TURN_EVERY_MS = 2;
/** Less is what a timer takes anyway. */
const STILL_MS_MIN = 5;

/** Watches the loop that the far ends live in: on a laden machine it may stand still, and what they then read or do late is no fault of whoever sent it. */
export class LoopTurns {
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  /** When it turned last, and the time before. */
  #turns: readonly [last: MonotonicMs, before: MonotonicMs];
  #cancel = (): void => {};

  constructor(clock: Pick<Clock, "monotonic" | "after">) {
    this.#clock = clock;
    this.#turns = [clock.monotonic(), clock.monotonic()];
    this.#turn();
  }

  /**
   * How long the loop has stood still until just now, in ms: what is read or done in this turn is at most so late. 0 for what is usual. Counted from the turn
   * before the last: a loop that wakes rings its overdue timers first, so the last one may have been this very moment.
   */
  get stoodStillMs(): number {
    const stillMs = this.#clock.monotonic() - this.#turns[1] - TURN_EVERY_MS;
    return stillMs < STILL_MS_MIN ? 0 : stillMs;
  }

  close(): void {
    this.#cancel();
  }

  #turn(): void {
    this.#turns = [this.#clock.monotonic(), this.#turns[0]];
    this.#cancel = this.#clock.after(TURN_EVERY_MS, () => this.#turn());
  }
}
