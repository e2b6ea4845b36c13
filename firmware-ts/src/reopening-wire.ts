import type { Clock, Random } from "@portico/card-protocol";
import { listeners } from "./listeners.ts";
import type { Wire, WireState } from "./wire.ts";

/** One opened line; used once and never opened again. */
export interface Line {
  write(bytes: Uint8Array): void;
  /** Bytes that were written and have not left yet. */
  readonly unsent: number;
  /**
   * Lets go, whether it ever opened or not, and waits for nobody long. Resolves when released; never rejects.
   *
   * @param unsent  what becomes of bytes that have not left yet: `flush` gives them a moment, `drop` does not: their device is gone, or takes none
   */
  close(unsent: "flush" | "drop"): Promise<void>;
}

/** What a line tells. After `lost` nothing that it tells counts. */
export interface LineEvents {
  opened(): void;
  bytes(chunk: Uint8Array): void;
  /** Could not be opened, or broke. @param trouble why, in words for a technician */
  lost(trouble: string): void;
}

export interface ReopeningOptions {
  /** For people and logs. */
  readonly name: string;
  readonly clock: Clock;
  /** Jitter of the back-off. */
  readonly random: Random;
  /**
   * Bytes that the device ignores, written after `idleMs` without a write: finds a line that broke without telling. Off by default: a polled device needs
   * none, and not every scanner has a byte that does nothing.
   */
  readonly heartbeat?: { readonly bytes: Uint8Array; readonly idleMs: number };
  /** For devices that answer: the line is reopened when this long after a write nothing was received. Off by default. 5,000 is usual for relay boards. */
  readonly answerWithinMs?: number;
}

/** The first wait before reopening, and the least at any time. */
const BACK_OFF_MS_MIN = 100;
const BACK_OFF_MS_MAX = 5_000;
/** A line that held this long was good: its next break starts the back-off anew. */
const STABLE_MS = 5_000;
/** More unsent bytes than this show a device that takes nothing any more. A whole second at 115,200 baud. */
const UNSENT_BYTES_MAX = 11_520;

/**
 * A wire over lines that break: always a new line, with full-jitter back-off between 100 ms and a ceiling that doubles up to 5 s.
 *
 * @param openLine  starts to open a line and returns at once; must not call the events before it has returned
 */
export function reopeningWire(options: ReopeningOptions, openLine: (events: LineEvents) => Line): Wire {
  const { name, clock, random, heartbeat, answerWithinMs } = options;
  const byteListeners = listeners<[Uint8Array]>();
  const stateListeners = listeners<[WireState]>();
  const releases = new Set<Promise<void>>();
  let state: WireState = "closed";
  let trouble = "opening";
  let line: Line | undefined;
  let isClosedForGood = false;
  let failures = 0;
  let openedAt = 0;
  let cancelReopening = (): void => {};
  let lastWriteAt = 0;
  let cancelHeartbeat = (): void => {};
  let cancelAnswer: (() => void) | undefined;
  open();

  function open(): void {
    const opened: Line = openLine({
      opened() {
        if (line !== opened) return;
        openedAt = lastWriteAt = clock.monotonic();
        trouble = "";
        watchIdleness();
        become("open");
      },
      bytes(chunk) {
        if (line !== opened || state === "closed") return;
        cancelAnswer?.();
        cancelAnswer = undefined;
        byteListeners.tell(chunk);
      },
      lost(why) {
        if (line === opened) lose(why);
      },
    });
    line = opened;
  }

  function lose(why: string): void {
    release("drop");
    if (state === "open" && clock.monotonic() - openedAt >= STABLE_MS) failures = 0;
    const ceilingMs = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** Math.min(++failures, 10));
    cancelReopening = clock.after(BACK_OFF_MS_MIN + random() * (ceilingMs - BACK_OFF_MS_MIN), open);
    trouble = why;
    become("closed");
  }

  /** Lets go of the line that there is; what it tells from now on does not count. */
  function release(unsent: "flush" | "drop"): void {
    cancelHeartbeat();
    cancelAnswer?.();
    cancelAnswer = undefined;
    if (line === undefined) return;
    const releasing = line.close(unsent).then(() => void releases.delete(releasing));
    releases.add(releasing);
    line = undefined;
  }

  function become(next: WireState): void {
    if (state === next) return;
    state = next;
    stateListeners.tell(next);
  }

  function write(bytes: Uint8Array): boolean {
    if (state === "closed" || line === undefined) return false;
    if (line.unsent > UNSENT_BYTES_MAX) {
      lose(`${name}: the device takes no bytes (${line.unsent} wait)`);
      return false;
    }
    lastWriteAt = clock.monotonic();
    line.write(bytes);
    if (answerWithinMs !== undefined)
      cancelAnswer ??= clock.after(answerWithinMs, () => lose(`${name}: nothing was received for ${answerWithinMs} ms although bytes were sent`));
    return true;
  }

  function watchIdleness(): void {
    if (heartbeat === undefined) return;
    const { bytes, idleMs } = heartbeat;
    cancelHeartbeat = clock.after(lastWriteAt + idleMs - clock.monotonic(), () => {
      if (clock.monotonic() - lastWriteAt >= idleMs) write(bytes);
      if (state === "open") watchIdleness();
    });
  }

  return {
    name,
    get state() {
      return state;
    },
    get trouble() {
      return trouble;
    },
    write,
    onBytes: byteListeners.add,
    onState: stateListeners.add,
    async close() {
      if (!isClosedForGood) {
        isClosedForGood = true;
        cancelReopening();
        // What was written last, every output off, still leaves.
        release("flush");
        trouble = "closed";
        become("closed");
      }
      await Promise.all(releases);
    },
  };
}
