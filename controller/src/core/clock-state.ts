import {
  type ControllerEvent,
  eventOf,
  type MonotonicMs,
  sameBytes,
  UNCERTAINTY_MAX_S,
  type UnixSeconds,
  unixSeconds,
  type WallTime,
} from "@portico/card-protocol";

/**
 * The clock of a Pi, which may have none: what time it is, how far that may be off, and who vouches for it.
 *
 * ```
 *                  time frame, NTP beside one, host            time frame
 *   untrusted ───────────────────────────────▶ synchronised ◀────────────── holdover
 *     ▲   │                                        │  u > 1 s                 ▲  │
 *     │   └─battery clock that we know─▶ rtc       └──────────────────────────┘  │
 *     └──────────── u > 300 s, host's clock jumps or falls below the ratchet ────┘
 * ```
 *
 * A pass or a feed's head never sets it. The **ratchet** is the time that has certainly been reached: it rises with monotonic time and time frames alone,
 * and only a time frame or a root-signed reset lowers it. Source: docs/operating.md, Clock.
 */
export interface ClockState {
  /** The clock that runs; undefined: nobody has vouched for one yet. */
  readonly running: RunningClock | undefined;
  readonly ratchet: Mark;
  /** The last time frame, which NTP has to agree with. */
  readonly frame: Mark | undefined;
  /** The time frame that was asked for and has not been answered. */
  readonly asked: { readonly nonce: Uint8Array; readonly at: MonotonicMs } | undefined;
  /** Where a host's clock that jumped has been running evenly from. */
  readonly candidate: Mark | undefined;
  /** What the last event said. */
  readonly told: ClockKind;
}

/** A wall time and when it was that: ms since 1970 and monotonic ms. */
export interface Mark {
  readonly wallMs: number;
  readonly at: MonotonicMs;
}
interface RunningClock extends Mark {
  /** Uncertainty at that moment. */
  readonly uncertaintyS: number;
  /** What it showed before it was set back a little: it stands still until it is there again. */
  readonly floorMs: number;
  readonly source: "network" | "rtc";
}

/** Who vouches for the clock. `synchronised`: u ≤ 1 s; `holdover`: nobody since, u grows; `rtc`: the battery clock carried it over a restart. */
export type ClockKind = "synchronised" | "holdover" | "rtc" | "untrusted";

export interface ClockSettings {
  /** `time-frames`: signed frames set the clock. `system`: the configuration says that the host's clock is kept by NTP or a battery clock. */
  readonly trustedBy: "time-frames" | "system";
  /** `system`: how far the host's clock may be off, 1 or more. */
  readonly uncertaintyS: number;
  /** No clock was ever below it. */
  readonly buildDate: UnixSeconds;
}

/** What is kept, durably, over a reboot. */
export interface ClockRecord {
  readonly ratchet: UnixSeconds;
  /** The clock as it was trusted last. */
  readonly trusted: { readonly now: UnixSeconds; readonly uncertaintyS: number } | undefined;
  /** How far the battery clock was ahead of it then, seconds, negative where it was behind; undefined: there was none, or nothing was trusted. */
  readonly batteryAheadS: number | undefined;
}

export type ClockInput =
  /** A time frame is asked for with this nonce; one that was asked for before is given up. */
  | { readonly kind: "time-request"; readonly nonce: Uint8Array }
  /** A frame whose signature holds. */
  | { readonly kind: "time-frame"; readonly nonce: Uint8Array; readonly now: UnixSeconds }
  /** The host says that NTP keeps its clock. `uncertaintyS`: root distance. */
  | { readonly kind: "ntp"; readonly wallMs: number; readonly uncertaintyS: number }
  /** The host's clock, read at least every {@link READING_LIFE_MS}. Counts where the clock is trusted by `system`. */
  | { readonly kind: "system"; readonly wallMs: number }
  /** A root-signed reset. */
  | { readonly kind: "ratchet-reset"; readonly to: UnixSeconds }
  /** Time has passed; once a minute is enough, only events wait for it. */
  | { readonly kind: "tick" };

/** `keep`: what {@link clockRecord} says must be durable before anything is decided by it. */
export type ClockEffect = { readonly kind: "event"; readonly event: ControllerEvent } | { readonly kind: "keep" };

/** How long an answer to a time request may take, monotonic ms. */
export const TIME_FRAME_WAIT_MS = 2000;
/** How far NTP may be from the last time frame. */
export const NTP_WINDOW_MS = 5000;
/** A reading so young counts as current. */
export const READING_LIFE_MS = 64_000;
/** What a crystal may drift: 100 ppm. */
export const DRIFT = 1e-4;
/** How long a host's clock must run evenly behind a jump. */
export const STEADY_MS = 10_000;
/** More than that between two readings of the host's clock, beside the time that passed, is a jump. */
export const JUMP_MS = 5000;
/** A clock that is found to be ahead by at most so much stands still; by more it is set back, with an event. */
export const STANDS_STILL_S = 2;
/** While the clock is untrusted, passes signed so long behind the ratchet may count. */
export const UNTRUSTED_WINDOW_S = 86_400;

/**
 * The clock at a start.
 *
 * The battery clock goes on from what it was ahead when that was kept. Whoever set it right since then set it to what our time is within that much, so it
 * counts to the uncertainty.
 *
 * @param kept     undefined at the first start: then the ratchet stands at the build date
 * @param battery  the battery clock, where there is one that has not stood still
 */
export function startClock(settings: ClockSettings, kept: ClockRecord | undefined, battery: UnixSeconds | undefined, at: MonotonicMs): ClockState {
  const ratchet = kept?.ratchet ?? settings.buildDate;
  let running: RunningClock | undefined;
  const { trusted, batteryAheadS } = kept ?? {};
  if (settings.trustedBy === "time-frames" && battery !== undefined && trusted !== undefined && batteryAheadS !== undefined) {
    const now = battery - batteryAheadS;
    const uncertaintyS = trusted.uncertaintyS + 1 + Math.abs(batteryAheadS) + (now - trusted.now) * DRIFT; // 1: it tells whole seconds
    if (now >= Math.max(trusted.now, ratchet)) running = { wallMs: now * 1000, at, uncertaintyS, floorMs: 0, source: "rtc" };
  }
  return { running, ratchet: { wallMs: ratchet * 1000, at }, frame: undefined, asked: undefined, candidate: undefined, told: "untrusted" };
}

/** Advances the clock. Pure and total: any input in any state, at a time that is not before the last. */
export function stepClock(
  clock: ClockState,
  input: ClockInput,
  at: MonotonicMs,
  settings: ClockSettings,
): { readonly clock: ClockState; readonly effects: readonly ClockEffect[] } {
  const taken = take(clock, input, at, settings);
  const effects: ClockEffect[] = [];
  const told = clockKind(taken, at);
  if (told !== clock.told || Math.abs((clockMs(taken, at) ?? 0) - (clockMs(clock, at) ?? 0)) > 1000) {
    const wall = wallTime(taken, at);
    const uncertaintyS = wall === "untrusted" ? null : wall.uncertaintyS;
    effects.push({
      kind: "event",
      event: eventOf("ClockChanged", { from: words(clock.told, clockMs(clock, at)), to: words(told, clockMs(taken, at)), uncertaintyS }),
    });
  }
  const [before, after] = [ratchetMs(clock, at), ratchetMs(taken, at)];
  if (after < before)
    effects.push({ kind: "event", event: eventOf("ClockChanged", { from: words("ratchet", before), to: words("ratchet", after), uncertaintyS: null }) });
  if (after !== before) effects.push({ kind: "keep" });
  return { clock: { ...taken, told }, effects };
}

/** The wall clock for decisions. The uncertainty is in whole seconds, rounded up. */
export function wallTime(clock: ClockState, at: MonotonicMs): WallTime {
  const ms = clockMs(clock, at);
  if (clock.running === undefined || ms === undefined) return "untrusted";
  const standsS = (ms - timeOf(clock.running, at)) / 1000;
  return { now: unixSeconds(Math.floor(ms / 1000)), uncertaintyS: Math.ceil(uncertaintyAt(clock.running, at) + standsS) };
}

/** The wall clock in ms since 1970, for the ms of an event; undefined while untrusted. */
export function clockMs({ running }: ClockState, at: MonotonicMs): number | undefined {
  return running === undefined || uncertaintyAt(running, at) > UNCERTAINTY_MAX_S ? undefined : shownBy(running, at);
}

/** Who vouches for the clock now. */
export function clockKind({ running }: ClockState, at: MonotonicMs): ClockKind {
  if (running === undefined) return "untrusted";
  const uncertaintyS = uncertaintyAt(running, at);
  if (uncertaintyS > UNCERTAINTY_MAX_S) return "untrusted";
  if (running.source === "rtc") return "rtc";
  return uncertaintyS <= 1 ? "synchronised" : "holdover";
}

/** What to keep now: durably at each `keep` and at a clean stop, and once an hour. @param battery  as {@link startClock} has it */
export function clockRecord(clock: ClockState, at: MonotonicMs, battery: UnixSeconds | undefined): ClockRecord {
  const wall = wallTime(clock, at);
  const ratchet = unixSeconds(Math.floor(ratchetMs(clock, at) / 1000));
  if (wall === "untrusted") return { ratchet, trusted: undefined, batteryAheadS: undefined };
  return { ratchet, trusted: wall, batteryAheadS: battery === undefined ? undefined : battery - wall.now };
}

/** The signing times that may count while the clock is untrusted, at access points that accept the emergency group then. */
export function untrustedWindow(clock: ClockState, at: MonotonicMs): { readonly from: UnixSeconds; readonly until: UnixSeconds } {
  const from = Math.floor(ratchetMs(clock, at) / 1000);
  return { from: unixSeconds(from), until: unixSeconds(from + UNTRUSTED_WINDOW_S) };
}

function take(clock: ClockState, input: ClockInput, at: MonotonicMs, settings: ClockSettings): ClockState {
  switch (input.kind) {
    case "time-request":
      return { ...clock, asked: { nonce: input.nonce, at } };
    case "time-frame": {
      const { asked } = clock;
      if (asked === undefined || !sameBytes(asked.nonce, input.nonce)) return clock;
      const tookMs = at - asked.at;
      if (tookMs > TIME_FRAME_WAIT_MS) return { ...clock, asked: undefined };
      // It was signed at some moment of the wait, in some moment of its second.
      const frame: Mark = { wallMs: input.now * 1000 + 500 + tookMs / 2, at };
      // Within the second that it names, and the wait, it says nothing against what had been reached.
      const isBelow = ratchetMs(clock, at) > (input.now + 1) * 1000 + tookMs;
      const ratchet: Mark = { wallMs: isBelow ? input.now * 1000 : Math.max(input.now * 1000, ratchetMs(clock, at)), at };
      const running = settled(clock.running, frame, 0.5 + tookMs / 2000, at);
      return { ...clock, running, frame, asked: undefined, candidate: undefined, ratchet };
    }
    case "ntp":
      if (clock.frame === undefined || Math.abs(input.wallMs - timeOf(clock.frame, at)) > NTP_WINDOW_MS) return clock;
      return { ...clock, running: settled(clock.running, { wallMs: input.wallMs, at }, input.uncertaintyS, at) };
    case "system":
      return settings.trustedBy === "system" ? readHost(clock, { wallMs: input.wallMs, at }, settings) : clock;
    case "ratchet-reset":
      return { ...clock, ratchet: { wallMs: input.to * 1000, at } };
    case "tick":
  }
  return clock;
}

/** The configuration vouches for the host's clock as long as it runs evenly and not below the ratchet; behind a jump it has to show that it does. */
function readHost(clock: ClockState, reading: Mark, settings: ClockSettings): ClockState {
  const { at } = reading;
  const reached = reading.wallMs >= ratchetMs(clock, at);
  const running = (): RunningClock => settled(clock.running, reading, settings.uncertaintyS, at);
  if (clock.candidate !== undefined) {
    if (Math.abs(reading.wallMs - timeOf(clock.candidate, at)) > JUMP_MS) return { ...clock, candidate: reading };
    return reached && at - clock.candidate.at >= STEADY_MS ? { ...clock, candidate: undefined, running: running() } : clock;
  }
  const jumped = clock.running !== undefined && Math.abs(reading.wallMs - timeOf(clock.running, at)) > JUMP_MS;
  if (jumped || !reached) return { ...clock, running: undefined, candidate: reading };
  return { ...clock, running: running() };
}

/** The clock that a source sets. For a little it is not turned back but stands still until it is right. */
function settled(running: RunningClock | undefined, reading: Mark, uncertaintyS: number, at: MonotonicMs): RunningClock {
  const plain: RunningClock = { ...reading, uncertaintyS, floorMs: 0, source: "network" };
  if (running === undefined) return plain;
  const aheadS = (shownBy(running, at) - reading.wallMs) / 1000;
  return aheadS > 0 && aheadS <= STANDS_STILL_S ? { ...plain, floorMs: shownBy(running, at) } : plain;
}

function uncertaintyAt(running: RunningClock, at: MonotonicMs): number {
  return running.uncertaintyS + (Math.max(0, at - running.at - READING_LIFE_MS) / 1000) * DRIFT;
}

const shownBy = (running: RunningClock, at: MonotonicMs): number => Math.max(running.floorMs, timeOf(running, at));
const timeOf = (mark: Mark, at: MonotonicMs): number => mark.wallMs + (at - mark.at);
const ratchetMs = (clock: ClockState, at: MonotonicMs): number => timeOf(clock.ratchet, at);
const words = (what: string, wallMs: number | undefined): string => (wallMs === undefined ? what : `${what} ${new Date(wallMs).toISOString()}`);
