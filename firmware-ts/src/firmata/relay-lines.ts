import type { Clock, MonotonicMs } from "@portico/card-protocol";
import { HOLD_EXCESS_MS } from "../core/pulse-hold.ts";
import type { DeviceError, DeviceResult } from "../device.ts";

/** How long a pin's state may take to come back before the wish is written again. Line time is 2 ms at 57,600 baud, a USB adapter may add 16. */
export const REPLY_MS = 100;
/** How often something is written before it counts as failed. */
export const WRITES_MAX = 3;
/** How many questions about one relay may be under way. Two let an off follow an on at once; more would fill the line with states that nobody wishes any more. */
const UNANSWERED_MAX = 2;

/** What relays are wished to do, and what is known of them, on a board that neither times a pulse nor acknowledges a write. */
export interface RelayLines {
  /** The wished state of each relay, now. */
  readonly energized: readonly boolean[];
  /** Every relay was read back as wished since its wish was last written. */
  readonly areConfirmed: boolean;
  /** The newest wish wins: an older one that is not confirmed yet resolves as `Superseded`. `holdMs` makes it a pulse. */
  wish(relay: number, energized: boolean, holdMs: number | undefined): Promise<DeviceResult>;
  /** The board was asked for this relay's pin. */
  asked(relay: number): void;
  /** The board answered: its pin is as wished now, or not. */
  answered(relay: number, isAsWished: boolean): void;
  /** Reads every relay back; one that was found different is written again. Relays whose wish is being written are left alone. */
  readBack(): void;
  /** The board is lost or starts anew: nothing is known any more, wishes that are not confirmed yet fail, pulses are over, levels stay wished. */
  forget(error: DeviceError, detail: string): void;
  /** Ends every pulse now. */
  endPulses(): void;
  /** Lets go of every timer. */
  close(): void;
}

/** The way from wishes to the board. */
export interface RelayLinesBoard {
  /** Why nothing can be written now; undefined while the board is online. */
  readonly trouble: { readonly error: DeviceError; readonly detail: string } | undefined;
  /** Writes a relay and asks for its pin. Returns the frame of the write; undefined when nothing can be written. */
  write(relay: number): Uint8Array | undefined;
  ask(relay: number): void;
}

/** Somebody waits for a wish to be confirmed. */
interface Waiting {
  readonly resolve: (result: DeviceResult) => void;
  writes: number;
  sent?: { readonly frame: Uint8Array; readonly at: MonotonicMs };
}

interface Line {
  energized: boolean;
  /** When a pulse ends at the latest, whatever was lost; undefined while the wish has no end. */
  endsAtLatest: number | undefined;
  cancelEnd: () => void;
  /** Questions that have no answer yet: the answer to the last one counts, earlier ones tell of a state before the wish. */
  unanswered: number;
  /** The newest wish waits for the answer to an older one. */
  isDue: boolean;
  isConfirmed: boolean;
  waiting: Waiting | undefined;
  cancelRetry: () => void;
}

/**
 * Relay lines, all off.
 *
 * A pulse ends `holdMs` after its first frame, or after a repeated one when the board did not confirm the first, but never later than hold +
 * {@link HOLD_EXCESS_MS} from the first. An error answer to a pulse means that the wish is gone, so that no door opens after "please try again"; nor is a
 * pulse resumed after the board was lost. A level stays wished and is written when the board is back.
 */
export function relayLines(count: number, clock: Clock, board: RelayLinesBoard): RelayLines {
  const lines = Array.from({ length: count }, newLine);

  function wish(relay: number, energized: boolean, holdMs: number | undefined): Promise<DeviceResult> {
    const line = lines[relay];
    if (line === undefined) return refused("Unsupported", `relay ${relay} is not there: this board has ${count}`);
    if (holdMs !== undefined && !(holdMs > 0 && holdMs < Infinity)) return refused("Unsupported", `a pulse of ${holdMs} ms`);
    finish(line, { ok: false, error: "Superseded", detail: `relay ${relay}: a newer wish` });
    line.cancelEnd();
    line.endsAtLatest = undefined;
    line.isConfirmed = false;
    const { trouble } = board;
    // A pulse that is refused leaves the level that was wished before it.
    if (trouble !== undefined) {
      if (holdMs === undefined) line.energized = energized;
      return refused(trouble.error, trouble.detail);
    }
    line.energized = energized;
    if (holdMs !== undefined) {
      line.endsAtLatest = clock.monotonic() + holdMs + HOLD_EXCESS_MS;
      endAfter(relay, holdMs);
    }
    return new Promise((resolve) => {
      line.waiting = { resolve, writes: 1 };
      line.cancelRetry = clock.after(REPLY_MS, () => retry(relay, holdMs));
      if (line.unanswered < UNANSWERED_MAX) write(relay);
      else line.isDue = true;
    });
  }

  function retry(relay: number, holdMs: number | undefined): void {
    const line = lines[relay]!;
    line.unanswered = 0;
    if (line.waiting!.writes === WRITES_MAX) {
      finish(line, { ok: false, error: "TimedOut", detail: `relay ${relay}: written ${WRITES_MAX} times, never confirmed` });
      if (line.endsAtLatest !== undefined) endPulse(relay);
      return;
    }
    line.waiting!.writes++;
    // As far as we know the board took none of the earlier frames: the hold counts from this one.
    if (holdMs !== undefined) endAfter(relay, Math.min(holdMs, line.endsAtLatest! - clock.monotonic()));
    line.cancelRetry = clock.after(REPLY_MS, () => retry(relay, holdMs));
    // Last: a wire may break under a write, and then everything is forgotten before it returns.
    write(relay);
  }

  function endAfter(relay: number, delayMs: number): void {
    lines[relay]!.cancelEnd();
    lines[relay]!.cancelEnd = clock.after(delayMs, () => endPulse(relay));
  }

  function endPulse(relay: number): void {
    const line = lines[relay]!;
    dropPulse(line);
    finish(line, { ok: false, error: "TimedOut", detail: `relay ${relay}: the hold ended before the board confirmed it` });
    write(relay);
  }

  function write(relay: number): void {
    const line = lines[relay]!;
    line.isDue = false;
    line.unanswered++;
    const at = clock.monotonic();
    const frame = board.write(relay);
    if (frame !== undefined && line.waiting !== undefined) line.waiting.sent ??= { frame, at };
  }

  return {
    get energized() {
      return lines.map((line) => line.energized);
    },
    get areConfirmed() {
      return lines.every((line) => line.isConfirmed);
    },
    wish,
    asked: (relay) => void lines[relay]!.unanswered++,
    answered(relay, isAsWished) {
      const line = lines[relay]!;
      line.unanswered = Math.max(0, line.unanswered - 1);
      if (line.isDue) return write(relay);
      if (line.unanswered > 0) return;
      if (isAsWished) {
        line.isConfirmed = true;
        finish(line, line.waiting?.sent === undefined ? { ok: true } : { ok: true, sent: line.waiting.sent });
      } else if (line.isConfirmed) {
        // Found different: written again at once, and from then on once a read-back.
        line.isConfirmed = false;
        write(relay);
      }
    },
    readBack() {
      for (const [relay, line] of lines.entries()) {
        if (line.waiting !== undefined) continue;
        line.unanswered = 0;
        if (line.isConfirmed) {
          line.unanswered++;
          board.ask(relay);
        } else write(relay);
      }
    },
    forget(error, detail) {
      for (const line of lines) {
        line.isConfirmed = false;
        line.isDue = false;
        line.unanswered = 0;
        if (line.endsAtLatest !== undefined) dropPulse(line);
        finish(line, { ok: false, error, detail });
      }
    },
    endPulses() {
      for (const [relay, line] of lines.entries()) if (line.endsAtLatest !== undefined) endPulse(relay);
    },
    close() {
      for (const line of lines) {
        line.cancelEnd();
        line.cancelRetry();
      }
    },
  };
}

const newLine = (): Line => ({
  energized: false,
  endsAtLatest: undefined,
  cancelEnd: () => {},
  unanswered: 0,
  isDue: false,
  isConfirmed: false,
  waiting: undefined,
  cancelRetry: () => {},
});

/** A pulse ends in off. */
function dropPulse(line: Line): void {
  line.cancelEnd();
  line.endsAtLatest = undefined;
  line.energized = false;
  line.isConfirmed = false;
}

function finish(line: Line, result: DeviceResult): void {
  line.cancelRetry();
  const { waiting } = line;
  line.waiting = undefined;
  waiting?.resolve(result);
}

async function refused(error: DeviceError, detail: string): Promise<DeviceResult> {
  return { ok: false, error, detail };
}
