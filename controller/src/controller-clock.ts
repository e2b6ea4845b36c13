import { type Clock, type ControllerEvent, type UnixSeconds, unixSeconds, type WallTime } from "@portico/card-protocol";
import {
  type ClockInput,
  clockKind,
  type ClockKind,
  clockMs,
  type ClockRecord,
  clockRecord,
  type ClockSettings,
  type ClockState,
  type Mark,
  startClock,
  stepClock,
  untrustedWindow,
  wallTime,
} from "./core/clock-state.ts";
import type { EventTime } from "./store/event-log.ts";

export interface ControllerClockOptions {
  /** Monotonic time and timers. */
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** The host's wall clock, ms since 1970; nobody vouches for it but the settings. */
  readonly hostWallMs: () => number;
  readonly settings: ClockSettings;
  /** What the battery clock shows; undefined: there is none that has not stood still. Asked at the start and whenever something is kept. */
  readonly batteryClock: () => UnixSeconds | undefined;
  /** What was kept over the last restart. */
  readonly kept: ClockRecord | undefined;
  /** Makes a record durable before anything is decided by it. */
  readonly keep: (record: ClockRecord) => void;
  readonly onEvent: (event: ControllerEvent) => void;
}

/** The host's clock is read this often; a step of it is noticed within. */
const READING_MS = 10_000;
/** What is kept is renewed this often, so that a power cut costs the ratchet no more. */
const KEEP_MS = 3_600_000;

/** The clock that a controller decides by: who vouches for it, how far it may be off, and what outlives a restart. */
export class ControllerClock implements Clock {
  readonly #options: ControllerClockOptions;
  #state: ClockState;
  #keptAt: number;
  #cancel = (): void => {};

  constructor(options: ControllerClockOptions) {
    this.#options = options;
    const at = options.clock.monotonic();
    this.#state = startClock(options.settings, options.kept, options.batteryClock(), at);
    this.#keptAt = at;
  }

  /** Begins to read the host's clock. Its first events go to `onEvent`. */
  start(): void {
    this.#read();
  }

  monotonic = (): ReturnType<Clock["monotonic"]> => this.#options.clock.monotonic();
  after = (delayMs: number, callback: () => void, isUrgent?: boolean): (() => void) => this.#options.clock.after(delayMs, callback, isUrgent);
  wall = (): WallTime => wallTime(this.#state, this.monotonic());

  get kind(): ClockKind {
    return clockKind(this.#state, this.monotonic());
  }

  /** The last time frame that was believed. */
  get frame(): Mark | undefined {
    return this.#state.frame;
  }

  /** Signing times that may count while the clock is untrusted. */
  get untrustedWindow(): { readonly from: UnixSeconds; readonly until: UnixSeconds } {
    return untrustedWindow(this.#state, this.monotonic());
  }

  /** When an event happens. */
  eventTime = (): EventTime => {
    const wallMs = clockMs(this.#state, this.monotonic());
    if (wallMs === undefined) return { at: null, ms: 0 };
    const ms = Math.floor(wallMs);
    return { at: unixSeconds(Math.floor(ms / 1000)), ms: ms % 1000 };
  };

  /** A time frame is asked for with this nonce, 16 bytes. One that was asked for before is given up. */
  timeRequested(nonce: Uint8Array): void {
    this.#step({ kind: "time-request", nonce });
  }

  /** The time of a frame whose signature holds; believed where it answers the nonce in time. */
  timeFrame(nonce: Uint8Array, now: UnixSeconds): void {
    this.#step({ kind: "time-frame", nonce, now });
  }

  /** Stops reading and keeps nothing. */
  abandon(): void {
    this.#cancel();
  }

  /** Stops reading and keeps what is known. */
  close(): void {
    this.#cancel();
    this.#keep();
  }

  #keep(): void {
    this.#options.keep(clockRecord(this.#state, this.monotonic(), this.#options.batteryClock()));
  }

  #step(input: ClockInput): void {
    const { clock, settings, onEvent } = this.#options;
    const step = stepClock(this.#state, input, clock.monotonic(), settings);
    this.#state = step.clock;
    for (const effect of step.effects) {
      if (effect.kind === "keep") this.#keep();
      else onEvent(effect.event);
    }
  }

  #read(): void {
    const { clock, hostWallMs } = this.#options;
    const at = clock.monotonic();
    this.#step({ kind: "system", wallMs: hostWallMs() });
    if (at - this.#keptAt >= KEEP_MS) {
      this.#keptAt = at;
      this.#keep();
    }
    this.#cancel = clock.after(READING_MS, () => this.#read());
  }
}
