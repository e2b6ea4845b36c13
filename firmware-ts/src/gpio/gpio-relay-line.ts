import type { Clock, MonotonicMs } from "@portico/card-protocol";
import type { GpioLine } from "../core/gpio/gpio-tools.ts";
import type { DeviceError, DeviceResult } from "../device.ts";
import type { EndedTool } from "./ended-tool.ts";
import type { ToolEnd } from "./tool-runner.ts";
import type { WantedRelay } from "../relay-batch.ts";

export interface GpioRelayLineOptions {
  /** For people and logs: `gate relay 0`. */
  readonly name: string;
  readonly clock: Clock;
  /** Has a tool drive the line until it ends. */
  readonly drive: (isActive: boolean, limitMs: number | undefined, ended: (end: ToolEnd) => void) => EndedTool;
  /** Somebody should look whether the line is driven: {@link GpioRelayLine.seen}. */
  readonly onStarted: () => void;
  /** A tool ended that should not have. */
  readonly onTrouble: (trouble: string) => void;
}

/** The line of one relay, and the tool that holds it. */
export interface GpioRelayLine {
  /** Replaces the wish; whoever waits for the older one is told `Superseded`. */
  wish(wanted: WantedRelay, settle?: (result: DeviceResult) => void): void;
  /** From now on tools may be started; what is wished is asserted. */
  allow(): void;
  /** The line as the kernel has it, looked at since `since`. */
  seen(line: GpioLine | undefined, since: MonotonicMs): void;
  /** Nobody obeys: tells whoever waits. A pulse is dropped, the rest stays wished. What holds the line goes on holding it, unless it held a pulse. */
  fail(error: DeviceError, why: string): void;
  /** Some tool has the line, and it is ours. */
  readonly isHeld: boolean;
  /** A tool was started, and nobody has seen yet that it drives the line. */
  readonly isUnseen: boolean;
  /** What is wished is seen. */
  readonly isQuiet: boolean;
  /** Ends its tool, and starts none any more. */
  release(): void;
}

const ATTEMPTS_MAX = 3;
/** A wish that no tool carries out for so long is told as silence: somebody stands at a door. */
const WISH_MS_MAX = 1_000;
/** A tool that neither drives its line nor ends for so long hangs: another takes its place. */
const UNSEEN_MS_MAX = 300;
/** A tool that ended though it should hold a level is started again. */
const AGAIN_MS = 100;

type Level = "off" | "on" | "pulse";

interface Holder {
  readonly tool: EndedTool;
  readonly level: Level;
  readonly startedAt: MonotonicMs;
  /** When it lets go by itself; Infinity: never. */
  readonly limitAt: number;
  isSeen: boolean;
}

/**
 * A relay on a line that a tool holds, one tool at a time, because the kernel gives a line to one program only:
 *
 *     off    held inactive
 *     on     held active
 *     pulse  held active, and ended when the hold is over; twice the hold behind its start it ends by itself, whatever became of us
 *
 * Between two tools the line is nobody's for some milliseconds. A pulse that is prolonged keeps its tool as long as that may last.
 */
export function gpioRelayLine({ name, clock, drive, onStarted, onTrouble }: GpioRelayLineOptions): GpioRelayLine {
  let wanted: WantedRelay = { kind: "off" };
  /** When a pulse is over. */
  let pulseEndAt = Infinity;
  let settle: ((result: DeviceResult) => void) | undefined;
  let holder: Holder | undefined;
  let isAllowed = false;
  let isReleased = false;
  let attempts = 0;
  let cancelWait = (): void => {};
  let cancelPulse = (): void => {};
  let cancelAgain = (): void => {};

  function wish(next: WantedRelay, settled?: (result: DeviceResult) => void): void {
    tell({ ok: false, error: "Superseded", detail: `${name}: a newer wish replaced this one` });
    wanted = next;
    settle = settled;
    attempts = 0;
    cancelPulse();
    pulseEndAt = next.kind === "pulse" ? clock.monotonic() + next.holdMs : Infinity;
    if (settled !== undefined) cancelWait = clock.after(WISH_MS_MAX, () => giveUp("TimedOut", "no tool has driven the line"));
    step();
  }

  function step(): void {
    if (isReleased) return holder?.tool.end();
    if (!isAllowed) return;
    const now = clock.monotonic();
    if (holder === undefined) return start(now);
    if (holder.tool.isEnding) return;
    const fits = holder.level === wanted.kind && (wanted.kind !== "pulse" || holder.limitAt >= pulseEndAt);
    if (!fits) return holder.tool.end();
    if (holder.isSeen) obeyed();
  }

  function start(now: MonotonicMs): void {
    cancelAgain();
    const level = wanted.kind;
    // Counted from now: the hold begins when the line is driven.
    if (wanted.kind === "pulse") pulseEndAt = now + wanted.holdMs;
    const limitMs = wanted.kind === "pulse" ? 2 * wanted.holdMs : undefined;
    const tool = drive(level !== "off", limitMs, (end) => ended(end));
    holder = { tool, level, startedAt: now, limitAt: now + (limitMs ?? Infinity), isSeen: false };
    onStarted();
  }

  function ended(end: ToolEnd): void {
    const { tool, level, isSeen } = holder!;
    holder = undefined;
    if (tool.isEnding || isReleased) return step();
    // A pulse ends once, however it does.
    if (level === "pulse" && isSeen) {
      pulseOver();
      return;
    }
    attempts++;
    onTrouble(end.trouble);
    if (!isAllowed) return;
    if (attempts >= ATTEMPTS_MAX && settle !== undefined) return giveUp("BadReply", end.trouble === "" ? "the tool that holds the line ended" : end.trouble);
    cancelAgain();
    cancelAgain = clock.after(AGAIN_MS, step);
  }

  function pulseOver(): void {
    cancelPulse();
    if (wanted.kind === "pulse") wanted = { kind: "off" };
    step();
  }

  function obeyed(): void {
    attempts = 0;
    if (wanted.kind === "pulse") {
      cancelPulse();
      cancelPulse = clock.after(Math.max(0, pulseEndAt - clock.monotonic()), pulseOver);
    }
    tell({ ok: true });
  }

  function giveUp(error: DeviceError, why: string): void {
    if (wanted.kind === "pulse") wanted = { kind: "off" };
    cancelPulse();
    tell({ ok: false, error, detail: `${name}: ${why}` });
    step();
  }

  function tell(result: DeviceResult): void {
    cancelWait();
    const waiting = settle;
    settle = undefined;
    waiting?.(result);
  }

  return {
    wish,
    allow() {
      isAllowed = true;
      step();
    },
    seen(line, since) {
      if (holder === undefined || holder.tool.isEnding || holder.isSeen || holder.startedAt > since) return;
      if (line?.isOutput === true && line.consumer !== undefined) {
        holder.isSeen = true;
        step();
      } else if (since - holder.startedAt > UNSEEN_MS_MAX) holder.tool.end();
    },
    fail(error, why) {
      isAllowed = false;
      cancelAgain();
      cancelPulse();
      const wasPulse = wanted.kind === "pulse";
      if (wasPulse) wanted = { kind: "off" };
      if (holder?.level === "pulse") holder.tool.end();
      if (settle !== undefined) tell({ ok: false, error, detail: `${name}: ${why}` });
    },
    get isHeld() {
      return holder !== undefined;
    },
    get isUnseen() {
      return holder !== undefined && !holder.isSeen && !holder.tool.isEnding;
    },
    get isQuiet() {
      return holder !== undefined && holder.isSeen && !holder.tool.isEnding && holder.level === wanted.kind;
    },
    release() {
      isReleased = true;
      cancelAgain();
      cancelPulse();
      cancelWait();
      holder?.tool.end();
    },
  };
}
