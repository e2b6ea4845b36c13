import type { Clock } from "@portico/card-protocol";
import type { DeviceResult, Feedback, Indicator, RelayBoard } from "./device.ts";

/** What hangs on which relay; what is absent is not there. */
export interface RelayIndicatorOptions {
  readonly board: RelayBoard;
  readonly clock: Clock;
  /** Green light. */
  readonly granted?: number;
  /** Red light. */
  readonly denied?: number;
  readonly buzzer?: number;
}

type Lamp = "granted" | "denied" | "buzzer";
interface Step {
  readonly atMs: number;
  readonly lamp: Lamp;
  readonly holdMs: number;
}
interface Pattern {
  readonly steps: readonly Step[];
  /** The pattern starts again after this long, until another feedback comes. */
  readonly everyMs?: number;
}

/** One long green and a beep; one long red and three beeps; for a door that stands open, red and beeps that grow faster; for a lane in alarm long tones. All differ by ear alone. */
const PATTERNS: Readonly<Record<Feedback, Pattern>> = {
  Idle: { steps: [] },
  // A decision is faster than the eye.
  Processing: { steps: [] },
  AccessGranted: {
    steps: [
      { atMs: 0, lamp: "granted", holdMs: 1_500 },
      { atMs: 0, lamp: "buzzer", holdMs: 200 },
    ],
  },
  AccessDenied: {
    steps: [
      { atMs: 0, lamp: "denied", holdMs: 1_500 },
      { atMs: 0, lamp: "buzzer", holdMs: 100 },
      { atMs: 200, lamp: "buzzer", holdMs: 100 },
      { atMs: 400, lamp: "buzzer", holdMs: 100 },
    ],
  },
  DoorPreAlarmWarning: {
    steps: [
      { atMs: 0, lamp: "denied", holdMs: 200 },
      { atMs: 0, lamp: "buzzer", holdMs: 100 },
    ],
    everyMs: 1_000,
  },
  DoorOpenTooLong: {
    steps: [
      { atMs: 0, lamp: "denied", holdMs: 200 },
      { atMs: 0, lamp: "buzzer", holdMs: 200 },
    ],
    everyMs: 400,
  },
  LaneAlarm: {
    steps: [
      { atMs: 0, lamp: "denied", holdMs: 800 },
      { atMs: 0, lamp: "buzzer", holdMs: 800 },
    ],
    everyMs: 1_200,
  },
};

/**
 * Light and buzzer on relays of a board, timed by the board where it can: when we die, they go out by themselves.
 *
 * The newest feedback wins at once; what the older one had lit goes out. A repeating feedback (a door open too long) ends with the next one, `Idle` at the latest.
 * The result tells how the feedback's beginning went, `Superseded` when a newer one came before the board had answered.
 */
export function relayIndicator(options: RelayIndicatorOptions): Indicator {
  const { board, clock } = options;
  const litUntil: Record<Lamp, number> = { granted: 0, denied: 0, buzzer: 0 };
  let cancels: (() => void)[] = [];
  let shown = 0;

  function light({ lamp, holdMs }: Step): Promise<DeviceResult> {
    const relay = options[lamp];
    if (relay === undefined) return Promise.resolve({ ok: true });
    litUntil[lamp] = clock.monotonic() + holdMs;
    return board.pulse(relay, holdMs);
  }

  function start({ steps, everyMs }: Pattern): Promise<DeviceResult>[] {
    cancels = steps.filter(({ atMs }) => atMs > 0).map((step) => clock.after(step.atMs, () => void light(step)));
    if (everyMs !== undefined) cancels.push(clock.after(everyMs, () => void start({ steps, everyMs })));
    return steps.filter(({ atMs }) => atMs === 0).map(light);
  }

  return {
    async indicate(feedback) {
      const mine = ++shown;
      for (const cancel of cancels) cancel();
      const pattern = PATTERNS[feedback];
      const now = clock.monotonic();
      const asked = start(pattern);
      for (const lamp of ["granted", "denied", "buzzer"] as const) {
        const relay = options[lamp];
        const isShown = pattern.steps.some((step) => step.lamp === lamp && step.atMs === 0);
        if (relay === undefined || isShown || litUntil[lamp] <= now) continue;
        litUntil[lamp] = 0;
        asked.push(board.set(relay, false));
      }
      const results = await Promise.all(asked);
      if (mine !== shown) return { ok: false, error: "Superseded", detail: `${board.id}: a newer feedback replaced ${feedback}` };
      return results.find((result) => !result.ok) ?? { ok: true };
    },
  };
}
